"""What is begun before anything is imported: loading the graphics driver.

The driver (with software rendering, a compiler of its own) takes about as long to load
as everything that Python imports, and needs no Python. The window waits for both.
"""

from __future__ import annotations

import _thread
import ctypes
import os


def load_driver() -> None:
    """Begin to load the driver beside the imports; without a display there is nothing to do."""
    if os.environ.get("DISPLAY"):
        _thread.start_new_thread(_load, ())


def _load() -> None:
    try:
        egl = ctypes.CDLL("libEGL.so.1")
    except OSError:
        return  # The window will say what is missing.
    egl.eglGetDisplay.restype = ctypes.c_void_p
    egl.eglGetDisplay.argtypes = [ctypes.c_void_p]
    egl.eglInitialize.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    egl.eglInitialize(egl.eglGetDisplay(None), None, None)

"""What must be said to Kivy before it is imported, so that it is safe for the public.

Kivy would read arguments, write a configuration, keep a hundred log files, open a
settings panel on F1 and quit on Escape. None of that may happen in a hall.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from kiosk.panel import Panel

ASSETS = Path(__file__).resolve().parent / "assets"

ENVIRONMENT = {
    "KIVY_NO_ARGS": "1",
    "KIVY_NO_CONFIG": "1",
    "KIVY_NO_FILELOG": "1",
    "KIVY_LOG_MODE": "PYTHON",
    "KIVY_IMAGE": "sdl2",
    "KIVY_TEXT": "sdl2",
    "KIVY_WINDOW": "sdl2",
    "KIVY_AUDIO": "sdl2",
    "KIVY_CLIPBOARD": "dummy",
    "SDL_VIDEO_X11_FORCE_EGL": "1",
    "SDL_VIDEO_ALLOW_SCREENSAVER": "0",
    "SDL_HINT_GRAB_KEYBOARD": "0",
}

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""Numbers of glibc's mallopt(3)."""


def headless() -> bool:
    """Whether there is no display to open a window on."""
    return not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def prepare(panel: Panel, windowed: bool, offscreen: bool) -> None:
    """Set environment and Kivy's configuration. Call before anything imports a window.

    Args:
        panel: gives the window its size in pixels.
        windowed: keep borders and cursor, for a developer's desk.
        offscreen: draw into memory with real pixels, no display needed.
    """
    os.environ.update(ENVIRONMENT)
    if offscreen:
        os.environ["SDL_VIDEODRIVER"] = "offscreen"
        os.environ["SDL_AUDIODRIVER"] = "dummy"
    _return_memory()
    import kivy

    # An own, empty style file: the framework's widgets and their rules are not used.
    kivy.kivy_data_dir = str(ASSETS / "kivy")
    from kivy.config import Config

    inter = str(ASSETS / "fonts" / "Inter-Regular.ttf")
    settings = {
        "kivy": {
            "default_font": str(["Inter", inter, inter, inter, inter]),
            "exit_on_escape": "0",
            "keyboard_mode": "",
            "pause_on_minimize": "0",
            "window_icon": "",
        },
        "graphics": {
            "width": str(panel.width),
            "height": str(panel.height),
            "multisamples": "0",
            "maxfps": "60",
            "resizable": "0",
            "allow_screensaver": "0",
            "show_cursor": "1" if windowed else "0",
            "borderless": "0" if windowed else "1",
            "position": "auto" if windowed else "custom",
            "left": "0",
            "top": "0",
        },
    }
    for section, values in settings.items():
        for key, value in values.items():
            Config.set(section, key, value)
    # Exactly one source of touches. SDL turns a finger into the mouse; a second
    # provider would report every tap twice.
    Config.remove_section("input")
    Config.add_section("input")
    Config.set("input", "mouse", "mouse,disable_multitouch")
    Config.remove_section("modules")
    Config.add_section("modules")


def _return_memory() -> None:
    """Ask the allocator to give freed pictures back to the system."""
    try:
        libc = ctypes.CDLL(None)
        libc.mallopt(M_ARENA_MAX, 2)
        libc.mallopt(M_TRIM_THRESHOLD, 128 * 1024)
        libc.mallopt(M_MMAP_THRESHOLD, 128 * 1024)
    except (OSError, AttributeError):
        return  # Another C library: its defaults will do.

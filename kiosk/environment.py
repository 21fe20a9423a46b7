"""What must be said to Kivy before it is imported, so that it is safe for the public.

Kivy would read arguments, write a configuration, keep a hundred log files, open a
settings panel on F1 and quit on Escape. None of that may happen in a hall.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import sys
from pathlib import Path
from types import ModuleType

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
    # A request to end is the service manager's: it ends the kiosk and asks no window.
    "SDL_NO_SIGNAL_HANDLERS": "1",
    # No keyboard layouts to compose letters from, and no session bus to look for.
    "XCOMPOSEFILE": "/dev/null",
    "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
}

FONTS = (ASSETS / "fonts" / "Inter-Regular.ttf", ASSETS / "fonts" / "Inter-SemiBold.ttf")
NEEDED = (*FONTS, ASSETS / "icons" / "icons.ttf", ASSETS / "icons" / "icons.json")
"""Files without which no screen can be drawn."""


class AssetError(Exception):
    """A file of the installation is missing; the message names it and what to do."""


def check_assets() -> None:
    """Make sure that every needed file is there.

    Raises:
        AssetError: one is not.
    """
    for path in NEEDED:
        if not path.is_file():
            raise AssetError(f"{path}: the file is missing. Install the kiosk again.")


def fonts() -> tuple[str, str]:
    """Regular and bold font: ours, else whichever of ours is there, else the framework's own."""
    there = [str(path) for path in FONTS if path.is_file()]
    if not there:
        import kivy

        there = [str(Path(kivy.__file__).parent / "data" / "fonts" / "Roboto-Regular.ttf")]
    return there[0], there[-1]


M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""Numbers of glibc's mallopt(3)."""


def headless() -> bool:
    """Whether there is no display to open a window on."""
    return not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def prepare(panel: Panel, windowed: bool, offscreen: bool, data: Path | None = None) -> None:
    """Set environment and Kivy's configuration. Call before anything imports a window.

    Args:
        panel: gives the window its size in pixels.
        windowed: keep borders and cursor, for a developer's desk.
        offscreen: draw into memory with real pixels, no display needed.
        data: the kiosk's folder; the graphics driver keeps its compiled programs there
            instead of in a home. They are the same for every visit.
    """
    os.environ.update(ENVIRONMENT)
    if data is not None:
        os.environ["MESA_SHADER_CACHE_DIR"] = str(data / "shaders")
    if offscreen:
        os.environ["SDL_VIDEODRIVER"] = "offscreen"
        os.environ["SDL_AUDIODRIVER"] = "dummy"
    _return_memory()
    _import_clock()
    import kivy

    # An own, empty style file: the framework's widgets and their rules are not used.
    kivy.kivy_data_dir = str(ASSETS / "kivy")
    from kivy.config import Config

    regular, _ = fonts()
    settings = {
        "kivy": {
            "default_font": str(["Inter", *[regular] * 4]),
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


def _import_clock() -> None:
    """Import Kivy's clock without what it asks for and the kiosk never uses.

    It names asyncio, and it starts a process to find the C library. Both together are a
    tenth of the time to the first page.
    """
    if "kivy.clock" in sys.modules:
        return
    absent = ModuleType("asyncio")
    absent.wait_for = absent.Event = None  # type: ignore[attr-defined]
    find, known = ctypes.util.find_library, sys.modules.get("asyncio")
    ctypes.util.find_library = {"c": "libc.so.6"}.get  # type: ignore[assignment]
    sys.modules["asyncio"] = absent
    try:
        import kivy.clock  # noqa: F401
    finally:
        ctypes.util.find_library = find
        del sys.modules["asyncio"]
        if known is not None:
            sys.modules["asyncio"] = known


def _return_memory() -> None:
    """Ask the allocator to give freed pictures back to the system."""
    try:
        libc = ctypes.CDLL(None)
        libc.mallopt(M_ARENA_MAX, 2)
        libc.mallopt(M_TRIM_THRESHOLD, 128 * 1024)
        libc.mallopt(M_MMAP_THRESHOLD, 128 * 1024)
    except (OSError, AttributeError):
        return  # Another C library: its defaults will do.

"""Nothing moves, nothing runs: the event loop waits for a finger instead of polling.

Kivy wakes sixty times a second to see whether something happened. Here the clock's
rest between two frames is a wait for SDL's next event, which ends at once when a
finger lands. While a screen is being read the kiosk wakes four times a second.
"""

from __future__ import annotations

import ctypes
from pathlib import Path

from kivy.clock import Clock

QUIET_SECONDS = 0.4
"""After so long without a frame or a touch the loop begins to sleep deeply."""

DEEP_MILLISECONDS = 250
"""Longest sleep: the grain of timers while nothing moves."""

_HALF_TICK = 0.004


def _loaded_sdl() -> ctypes.CDLL | None:
    """The SDL library that Kivy has already loaded into this process."""
    try:
        maps = Path("/proc/self/maps").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    for line in maps.splitlines():
        path = line.split(maxsplit=5)[-1]
        if "libSDL2-" in path and ".so" in path:
            try:
                return ctypes.CDLL(path)
            except OSError:
                return None
    return None


def rest_until_touched(window: object) -> bool:
    """Replace the clock's rest by a wait for the next event.

    Returns:
        Whether it could be done; if not, Kivy polls as it always did.
    """
    sdl = _loaded_sdl()
    if sdl is None:
        return False
    wait = sdl.SDL_WaitEventTimeout
    wait.argtypes = [ctypes.c_void_p, ctypes.c_int]
    last = [Clock.time()]
    woken = [False]

    def moved(*_: object) -> None:
        last[0] = Clock.time()

    window.bind(on_flip=moved, on_motion=moved, on_touch_down=moved)

    def idle() -> None:
        """Sleep until an event, at most until the next frame is due."""
        clock = Clock
        now = clock.time()
        since = now - last[0]
        if since >= QUIET_SECONDS and not window.canvas.needs_redraw:
            timeout = DEEP_MILLISECONDS
        else:
            timeout = max(0, int((1.0 / 60 - (now - clock._last_tick) - _HALF_TICK) * 1000))
        # The event that ended one rest is read after it and handed on in the next round:
        # that round must not rest, or a tap would wait for a frame.
        woken[0] = not woken[0] and bool(timeout) and bool(wait(None, timeout))
        if woken[0]:
            last[0] = clock.time()
        current = clock.time()
        clock._dt = current - clock._last_tick
        clock._last_tick = current
        return current

    Clock.idle = idle
    return True

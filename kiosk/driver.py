"""Drives the real app by injected touches and reads its real pixels.

The tour, the previews and the touch tests all stand on this: the same window, the
same event loop and the same touch path as a finger, without a display.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from kivy.base import EventLoop
from kivy.core.window import Window
from kivy.graphics.opengl import (
    GL_PACK_ALIGNMENT,
    GL_RGB,
    GL_UNSIGNED_BYTE,
    glFinish,
    glPixelStorei,
    glReadPixels,
)
from kivy.input.motionevent import MotionEvent

from kiosk.app import Kiosk, KioskApp
from kiosk.widgets.node import Node
from kiosk.widgets.press import Pressable, pressables

_numbers = count(1)


class Finger(MotionEvent):
    """One injected touch."""

    def __init__(self, x: float, y: float, button: str = "left") -> None:
        super().__init__(
            "finger", next(_numbers), [x / Window.width, y / Window.height], is_touch=True, type_id="touch"
        )
        self.button = button

    def depack(self, args: list[float]) -> None:
        """Positions are shares of the window, as every provider sends them."""
        self.sx, self.sy = args
        self.profile = ["pos", "button"]
        super().depack(args)


class Driver:
    """Runs one kiosk's event loop a step at a time."""

    def __init__(self, kiosk: Kiosk) -> None:
        self.kiosk = kiosk
        self.app = KioskApp(kiosk)
        self.app._run_prepare()
        self.settle()

    def settle(self, seconds: float = 0.0, until: Callable[[], bool] | None = None) -> None:
        """Run the loop: a few frames, then for a time or until something holds."""
        for _ in range(3):
            self._step()
        end = time.monotonic() + seconds
        while time.monotonic() < end and not (until is not None and until()):
            self._step()
        while self.kiosk.screen is not None and not self.kiosk.screen.scroll.complete:
            self._step()
        self._step()

    def _step(self) -> None:
        EventLoop.idle()

    def touch(self, x: float, y: float) -> None:
        """Press and let go at a point, in window pixels."""
        finger = self.down(x, y)
        self.up(finger)
        self.settle()

    def down(self, x: float, y: float, button: str = "left") -> Finger:
        """A finger lands."""
        finger = Finger(x, y, button)
        EventLoop.post_dispatch_input("begin", finger)
        self._step()
        return finger

    def move(self, finger: Finger, x: float, y: float) -> None:
        """The finger slides."""
        finger.move([x / Window.width, y / Window.height])
        EventLoop.post_dispatch_input("update", finger)
        self._step()

    def up(self, finger: Finger) -> None:
        """The finger leaves."""
        EventLoop.post_dispatch_input("end", finger)
        self._step()

    def controls(self) -> list[Pressable]:
        """Every control on the glass."""
        return list(pressables(self.kiosk.screen)) if self.kiosk.screen is not None else []

    def find(self, spoken: str) -> Pressable:
        """The control of that spoken name (or of its beginning, up to a colon), scrolled into view."""
        screen = self.kiosk.screen
        assert screen is not None
        for _ in range(60):
            for control in self.controls():
                named = control.spoken == spoken or control.spoken.startswith(f"{spoken}: ")
                if named and self._visible(control):
                    return control
            if not screen.scroll.below:
                break
            screen.scroll.page(1)
            self.settle()
        raise LookupError(f"no control {spoken!r} on the screen {screen.route.screen!r}")

    def _visible(self, control: Pressable) -> bool:
        x, y = middle(control)
        scroll = self.kiosk.screen.scroll
        inside = any(parent is scroll for parent in _parents(control))
        return not inside or (scroll.y < y < scroll.top and scroll.x < x < scroll.right)

    def press(self, spoken: str) -> None:
        """Touch the control of that spoken name, as a finger would."""
        self.touch(*middle(self.find(spoken)))

    def pixels(self) -> bytes:
        """The glass as RGB rows, bottom row first."""
        Window.canvas.ask_update()
        Window.dispatch("on_draw")
        glFinish()
        glPixelStorei(GL_PACK_ALIGNMENT, 1)
        return bytes(glReadPixels(0, 0, Window.width, Window.height, GL_RGB, GL_UNSIGNED_BYTE))

    def picture(self, path: Path) -> Path:
        """Save what is on the glass as a PNG."""
        from kiosk.png import write_png

        path.parent.mkdir(parents=True, exist_ok=True)
        write_png(path, Window.width, Window.height, self.pixels())
        return path

    def close(self) -> None:
        """Take the app down so that another can start in the same process."""
        if self.kiosk.screen is not None:
            self.kiosk.screen.leave()
        self.app.dispatch("on_stop")
        Window.remove_widget(self.kiosk.glass)
        type(self.app)._running_app = None


def middle(control: Node) -> tuple[float, float]:
    """The centre of a part in window pixels."""
    x, y = control.to_window(control.x, control.y)
    return x + control.width / 2, y + control.height / 2


def _parents(control: Node) -> list[Node]:
    found = []
    parent = control.parent
    while parent is not None and parent is not parent.parent:
        found.append(parent)
        parent = parent.parent
    return found

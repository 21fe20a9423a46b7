"""What a finger can press, and the one place that decides what it pressed.

Rules (EN 301 549 and two studies of public touch screens): a control acts on
release inside itself and a slide off cancels; a second touch on the same control
within 300 ms is ignored; a second finger changes nothing; half of the gap belongs
to the control. The quick exit alone acts on touch-down.

What an operator needs and a traveller must not meet by chance opens to a finger that rests
for five seconds on a part that does not look like a control.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from kivy.graphics import BorderImage, Color, Rectangle
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from kiosk.theme import Colour, Style
from kiosk.widgets.boxes import Column, Row
from kiosk.widgets.ground import ground
from kiosk.widgets.node import RADIUS, Node

if TYPE_CHECKING:
    from kivy.input import MotionEvent

    from kiosk.widgets.scroll import Scroll

DEBOUNCE_SECONDS = 0.3
SLACK = 1.5
"""Millimetres around a control that still belong to it."""

SHADE = 0.14

HOLD_SECONDS = 5.0


class Pressable:
    """Mixin: a part that acts when pressed.

    ``leads_to`` is the route that a release opens; knowing it at touch-down lets
    the next screen be drawn while the finger is still on the glass. Where ``opens``
    is off, the release's own handler goes there, perhaps in another ``language``;
    ``step`` takes the place of the current page. ``spoken`` is the name that a
    voice will read.
    """

    leads_to = ObjectProperty(None, allownone=True)
    opens = BooleanProperty(True)
    step = BooleanProperty(False)
    language = StringProperty("")
    at_once = BooleanProperty(False)
    off = BooleanProperty(False)
    spoken = StringProperty("")
    rounded = BooleanProperty(True)

    def __init__(self, **kwargs: object) -> None:
        self.register_event_type("on_release")
        self._shade: tuple[Colour, int] | None = None
        super().__init__(**kwargs)

    def on_release(self) -> None:
        """Event: the control was pressed and let go inside itself."""

    def press_shade(self, style: Style) -> None:
        """Know how a press will show; call at the end of ``place``."""
        self.canvas.after.clear()
        red, green, blue, _ = style.colour("press")
        self._shade = ((red, green, blue, SHADE), style.px(RADIUS) if self.rounded else 0)

    def shade(self, pressed: bool) -> None:
        """Darken or lighten."""
        self.canvas.after.clear()
        if not pressed or self._shade is None:
            return
        colour, radius = self._shade
        with self.canvas.after:
            if radius:
                Color(1, 1, 1, 1)
                texture = ground(radius, 0, colour, None)
                BorderImage(texture=texture, pos=self.pos, size=self.size, border=(radius + 1,) * 4)
            else:
                Color(*colour)
                Rectangle(pos=self.pos, size=self.size)


class Holdable:
    """Mixin: a part that opens ``held_opens`` to a finger that rests on it long enough.

    A tap, a slide or a drag does nothing, and nothing shows while the finger rests.
    """

    held_opens = ObjectProperty(None, allownone=True)


class PressRow(Pressable, Row):
    """A pressable row, at least 20 mm high."""

    def fit(self, style: Style, width: int) -> int:
        return max(style.px(20), super().fit(style, width))

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        self.press_shade(style)


class PressColumn(Pressable, Column):
    """A pressable column, at least 20 mm high."""

    def fit(self, style: Style, width: int) -> int:
        return max(style.px(20), super().fit(style, width))

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        self.press_shade(style)


def pressables(node: Node) -> Iterator[Pressable]:
    """Every control below a part, in reading order."""
    if isinstance(node, Pressable):
        yield node
    for child in node.children[::-1]:
        yield from pressables(child)


class Touch:
    """Turns touches into presses and drags.

    Args:
        now: a clock in seconds, handed in so that tests need not wait.
        on_down: called with the control at touch-down (to prepare its route).
        on_press: called with the control when it acts.
        on_cancel: called when the finger slid off the control.
    """

    def __init__(
        self,
        now: Callable[[], float],
        on_down: Callable[[Pressable], None],
        on_press: Callable[[Pressable], None],
        on_cancel: Callable[[], None],
    ) -> None:
        self._now = now
        self._on_down = on_down
        self._on_press = on_press
        self._on_cancel = on_cancel
        self._active: object | None = None
        self._control: Pressable | None = None
        self._scroll: Scroll | None = None
        self._last: tuple[Pressable, float] | None = None
        self._resting: tuple[Holdable, float] | None = None

    @property
    def control(self) -> Pressable | None:
        """The control that the finger rests on."""
        return self._control

    @property
    def busy(self) -> bool:
        """Whether a finger is on the glass."""
        return self._active is not None

    def held(self) -> Holdable | None:
        """The part that a finger has rested on for long enough."""
        if self._resting is None or self._now() - self._resting[1] < HOLD_SECONDS:
            return None
        part, self._resting = self._resting[0], None
        return part

    def forget(self) -> None:
        """Drop a touch in progress: the screen below it is gone."""
        if self._control is not None:
            self._control.shade(False)
        self._control = self._scroll = self._last = self._resting = None

    def down(self, root: Node, touch: MotionEvent, slack: float, ready: bool = True) -> None:
        """A finger lands on ``root``."""
        if self._active is not None or touch.button not in (None, "left"):
            return
        self._active = touch.uid
        control = _hit(root, touch.x, touch.y, slack)
        scroll = _scroll_at(root, touch.x, touch.y)
        if control is not None and control.at_once:
            self._act(control)
            return
        self._scroll = scroll
        if scroll is not None:
            scroll.hold(touch.y, self._now())
        if control is None:
            part = _holdable_at(root, touch.x, touch.y)
            self._resting = (part, self._now()) if part is not None else None
        if control is None or control.off or not ready or self._bounces(control):
            return
        self._control = control
        control.shade(True)
        self._on_down(control)

    def move(self, touch: MotionEvent, slack: float) -> None:
        """The finger slides."""
        if touch.uid != self._active:
            return
        scrolls = self._scroll is not None and self._scroll.drag(touch.y, self._now())
        if self._resting is not None and (scrolls or not _inside(self._resting[0], touch.x, touch.y, 0)):
            self._resting = None
        if self._control is not None and (scrolls or not _inside(self._control, touch.x, touch.y, slack)):
            self._let_go(self._control)

    def _let_go(self, control: Pressable) -> None:
        """The finger is off the control: nothing will happen."""
        control.shade(False)
        self._control = None
        self._on_cancel()

    def up(self, touch: MotionEvent, slack: float) -> None:
        """The finger leaves."""
        if touch.uid != self._active:
            return
        self._active = self._resting = None
        control, scroll = self._control, self._scroll
        self._scroll = None
        if scroll is not None:
            scroll.let_go(self._now())
        if control is None:
            return
        if not _inside(control, touch.x, touch.y, slack):
            self._let_go(control)
            return
        control.shade(False)
        self._control = None
        self._act(control)

    def _act(self, control: Pressable) -> None:
        self._last = (control, self._now())
        self._on_press(control)

    def _bounces(self, control: Pressable) -> bool:
        return (
            self._last is not None
            and self._last[0] is control
            and self._now() - self._last[1] < DEBOUNCE_SECONDS
        )


def _inside(control: Node, x: float, y: float, slack: float) -> bool:
    left, bottom = control.to_window(control.x, control.y)
    return (
        left - slack <= x <= left + control.width + slack
        and bottom - slack <= y <= bottom + control.height + slack
    )


def _hit(root: Node, x: float, y: float, slack: float) -> Pressable | None:
    """The control under a point; inside beats near."""
    found = [
        control for control in pressables(root) if _inside(control, x, y, slack) and _reachable(control, x, y)
    ]
    for control in reversed(found):
        if _inside(control, x, y, 0):
            return control
    return found[-1] if found else None


def _holdable_at(root: Node, x: float, y: float) -> Holdable | None:
    parts = (part for part in root.walk(restrict=True) if isinstance(part, Holdable))
    return next((part for part in parts if _inside(part, x, y, 0) and _reachable(part, x, y)), None)


def _scroll_at(root: Node, x: float, y: float) -> Scroll | None:
    from kiosk.widgets.scroll import Scroll

    for widget in root.walk(restrict=True):
        if isinstance(widget, Scroll) and widget.collide_point(x, y):
            return widget
    return None


def _reachable(control: Node, x: float, y: float) -> bool:
    """Whether no scroll area clips the control away at that point."""
    from kiosk.widgets.scroll import Scroll

    parent = control.parent
    while parent is not None and parent is not control.get_parent_window():
        if isinstance(parent, Scroll) and not parent.collide_point(x, y):
            return False
        parent = parent.parent
    return True

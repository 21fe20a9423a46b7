"""A scroll area that keeps only near parts alive.

One tall text is a black box beyond the largest texture of a weak graphics chip,
and a list that recycles mixed parts loses them. Here every part is measured once,
and only those within half a screen of the view are placed and drawn; the others
give their textures back. Measuring goes on after the first screenful, a few
milliseconds a frame, so a long article opens as fast as a short one.

Nothing needs a drag: ``page`` moves by most of a screen.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from kivy.clock import Clock
from kivy.graphics import PopMatrix, PushMatrix, ScissorPop, ScissorPush, Translate
from kivy.properties import NumericProperty

from kiosk.theme import Style
from kiosk.widgets.node import Node

DRAG_MILLIMETRES = 4
"""A finger that moves further than this scrolls and presses nothing."""

AHEAD = 0.5
"""Screens above and below the view that stay drawn."""

SLICE_SECONDS = 0.004
"""Time a frame for measuring what is still out of sight."""

FRICTION = 4.0
"""Share of its speed that a flick loses per second, as an exponent."""

SLOW = 40
"""Pixels per second at which a flick ends."""


class Scroll(Node):
    """Items below each other, seen through a window.

    ``gap`` is millimetres between items. ``changed`` is called when the view
    moved or the end became known.
    """

    gap = NumericProperty(6)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.items: list[Node] = []
        self.changed: Callable[[], None] = lambda: None
        self.offset = 0.0
        self.held = False
        """While set, measuring waits: the screen is drawn, but not seen yet."""
        self._tops: list[int] = []
        self._next_top = 0
        self._style: Style | None = None
        self._measuring = None
        self._flick = None
        self._held: tuple[float, float] | None = None
        self._dragging = False
        self._track: list[tuple[float, float]] = []
        with self.canvas.before:
            self._scissor = ScissorPush(x=0, y=0, width=1, height=1)
            PushMatrix()
            self._shift = Translate(0, 0)
        with self.canvas.after:
            PopMatrix()
            ScissorPop()

    # -- layout

    def fill(self, items: list[Node]) -> None:
        """Show these items from the top."""
        self.clear_widgets()
        self.items = items
        self._tops = []
        self._next_top = 0
        self.offset = 0.0

    def parts(self) -> list[Node]:
        return self.items

    def fit(self, style: Style, width: int) -> int:
        return 0

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        share = self.offset / self.reach if self._tops and self.reach else 0.0
        self._style = style
        self._scissor.x, self._scissor.y = x, y
        self._scissor.width, self._scissor.height = width, height
        self.clear_widgets()
        self._tops, self._next_top = [], 0
        self._stop_flick()
        self._measure(2 * height)
        if share:
            self._measure(None)
        self.offset = share * self.reach
        self._show()
        self._measure_later()

    def _measure(self, until: float | None) -> None:
        assert self._style is not None
        gap = self._style.px(self.gap)
        while len(self._tops) < len(self.items) and (until is None or self._next_top < until):
            item = self.items[len(self._tops)]
            self._tops.append(self._next_top)
            self._next_top += item.fit(self._style, int(self.width)) + gap

    def _measure_later(self) -> None:
        if len(self._tops) < len(self.items) and self._measuring is None:
            self._measuring = Clock.schedule_interval(self._measure_some, 0)

    def _measure_some(self, _elapsed: float) -> bool | None:
        if self.held:
            return None
        end = perf_counter() + SLICE_SECONDS
        while len(self._tops) < len(self.items) and perf_counter() < end:
            self._measure(self._next_top + 1)
        if len(self._tops) < len(self.items):
            return None
        self._measuring = None
        self.changed()
        return False

    @property
    def complete(self) -> bool:
        """Whether every item has been measured."""
        return len(self._tops) == len(self.items)

    @property
    def content_height(self) -> int:
        """Pixels of what has been measured so far."""
        gap = self._style.px(self.gap) if self._style else 0
        return max(0, self._next_top - gap)

    @property
    def reach(self) -> float:
        """How far the view can move, in pixels."""
        return max(0.0, self.content_height - self.height)

    @property
    def below(self) -> bool:
        """Whether there is more under the view."""
        return not self.complete or self.offset < self.reach - 1

    @property
    def above(self) -> bool:
        """Whether there is more over the view."""
        return self.offset > 1

    def _show(self) -> None:
        """Place what is near, drop what is far."""
        assert self._style is not None
        self._shift.y = round(self.offset)
        first, last = self.offset - AHEAD * self.height, self.offset + (1 + AHEAD) * self.height
        gap = self._style.px(self.gap)
        for index, top in enumerate(self._tops):
            item = self.items[index]
            bottom = (self._tops[index + 1] if index + 1 < len(self._tops) else self._next_top) - gap
            near = bottom >= first and top <= last
            if near and item.parent is None:
                self.add_widget(item)
                item.place(
                    self._style,
                    int(self.x),
                    int(self.y + self.height - bottom),
                    int(self.width),
                    bottom - top,
                )
            elif not near and item.parent is not None:
                self.remove_widget(item)

    def to_parent(self, x: float, y: float, **kwargs: object) -> tuple[float, float]:
        """Children stand in content coordinates; the window sees them shifted."""
        return x, y + round(self.offset)

    def to_local(self, x: float, y: float, **kwargs: object) -> tuple[float, float]:
        return x, y - round(self.offset)

    # -- movement

    def move_to(self, offset: float) -> None:
        """Put the view ``offset`` pixels below the top, within reach."""
        if self._style is None:
            return
        if not self.complete:
            self._measure(offset + 2.5 * self.height)
        self.offset = min(max(0.0, offset), self.reach)
        self._show()
        self.changed()

    def go_to_share(self, share: float) -> None:
        """Put the view at a share of its reach, from 0 to 1."""
        self._measure(None)
        self.move_to(share * self.reach)

    def page(self, direction: int) -> None:
        """Move by most of a screen; 1 is down."""
        self._stop_flick()
        self.move_to(self.offset + direction * 0.8 * self.height)

    def hold(self, y: float, now: float) -> None:
        """A finger lands."""
        self._stop_flick()
        self._held = (y, self.offset)
        self._dragging = False
        self._track = [(now, y)]

    def drag(self, y: float, now: float) -> bool:
        """The finger moves; ``True`` once it scrolls."""
        if self._held is None or self._style is None:
            return False
        start, offset = self._held
        if not self._dragging and abs(y - start) >= self._style.px(DRAG_MILLIMETRES):
            self._dragging = True
        if self._dragging:
            self._track = [(when, where) for when, where in self._track if now - when < 0.1] + [(now, y)]
            self.move_to(offset + y - start)
        return self._dragging

    def let_go(self, now: float) -> None:
        """The finger leaves; a quick one flicks."""
        track, self._track, self._held = self._track, [], None
        if not self._dragging or len(track) < 2 or now - track[-1][0] > 0.1:
            return
        elapsed = track[-1][0] - track[0][0]
        speed = (track[-1][1] - track[0][1]) / elapsed if elapsed > 0 else 0.0
        if abs(speed) > SLOW:
            self._speed = speed
            self._flick = Clock.schedule_interval(self._glide, 0)

    def _glide(self, elapsed: float) -> bool | None:
        before = self.offset
        self.move_to(self.offset + self._speed * elapsed)
        self._speed *= pow(2.718281828, -FRICTION * elapsed)
        if abs(self._speed) < SLOW or self.offset == before:
            self._flick = None
            return False
        return None

    def _stop_flick(self) -> None:
        if self._flick is not None:
            self._flick.cancel()
            self._flick = None

    def rest(self) -> None:
        """Stop everything that moves: the screen is leaving."""
        self._stop_flick()
        self._held = None
        if self._measuring is not None:
            self._measuring.cancel()
            self._measuring = None

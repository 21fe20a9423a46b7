"""The base of every part: measured, placed and drawn in one pass.

Kivy's own layouts settle over several frames. A tap here has to change the screen
in the next frame, and a picture of a page has to be the same every time, so parts
are laid out by two plain calls from the top down:

``fit(style, width)``
    how high the part is at that width; no drawing.
``place(style, x, y, width, height)``
    take that rectangle (pixels, origin bottom left) and draw.

Calling ``place`` again with another style redraws the part: large text, high
contrast and another panel are only another style.
"""

from __future__ import annotations

from kivy.graphics import Color, Line, Rectangle, SmoothRoundedRectangle
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from kiosk.theme import Style

RADIUS = 3
"""Corner radius in millimetres."""

EDGE = 0.5
"""Width of an outline in millimetres."""


class Node(Widget):
    """A part of a screen.

    ``grow`` asks a column for the height, or a row for the width, that is left
    over. ``wide`` fixes the width in millimetres inside a row.
    """

    grow = BooleanProperty(False)
    wide = NumericProperty(0)

    def parts(self) -> list[Node]:
        """Children in reading order."""
        return self.children[::-1]

    def fit(self, style: Style, width: int) -> int:
        """Height in pixels at ``width`` pixels."""
        return 0

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        """Take a rectangle and draw."""
        self.pos = (x, y)
        self.size = (width, height)


class Surface(Node):
    """A part with a ground: ``fill`` and ``edge`` are colour tokens or empty."""

    fill = StringProperty("")
    edge = StringProperty("")

    def paint(self, style: Style, rounded: bool = True) -> None:
        """Draw the ground and the outline under the children."""
        self.canvas.before.clear()
        radius = style.px(RADIUS) if rounded else 0
        with self.canvas.before:
            if self.edge:
                Color(*style.colour(self.edge))
                _box(self.x, self.y, self.width, self.height, radius)
            if self.fill:
                inset = style.px(EDGE) if self.edge else 0
                Color(*style.colour(self.fill))
                _box(
                    self.x + inset,
                    self.y + inset,
                    self.width - 2 * inset,
                    self.height - 2 * inset,
                    max(0, radius - inset),
                )

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        self.paint(style)


def _box(x: float, y: float, width: float, height: float, radius: float) -> None:
    if radius:
        SmoothRoundedRectangle(pos=(x, y), size=(width, height), radius=[radius] * 4)
    else:
        Rectangle(pos=(x, y), size=(width, height))


class Gap(Node):
    """Empty height of ``tall`` millimetres."""

    tall = NumericProperty(0)

    def fit(self, style: Style, width: int) -> int:
        return style.px(self.tall)


class Rule(Node):
    """A thin line across."""

    def fit(self, style: Style, width: int) -> int:
        return style.px(EDGE)

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        self.canvas.clear()
        with self.canvas:
            Color(*style.colour("line"))
            Line(points=[x, y + height / 2, x + width, y + height / 2], width=max(1.0, height / 2))

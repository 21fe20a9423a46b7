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

from kivy.graphics import BorderImage, Color, Line
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from kiosk.theme import Style
from kiosk.widgets.ground import ground

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

    def drop(self) -> None:
        """Give pictures and parts back at once; the part is not used again."""
        for part in self.parts():
            part.drop()
        self.clear_widgets()
        for canvas in (self.canvas.before, self.canvas, self.canvas.after):
            canvas.clear()


class Surface(Node):
    """A part with a ground: ``fill`` and ``edge`` are colour tokens or empty."""

    fill = StringProperty("")
    edge = StringProperty("")

    def paint(self, style: Style) -> None:
        """Draw the ground and the outline under the children, as one stretched picture."""
        self.canvas.before.clear()
        if not (self.fill or self.edge):
            return
        radius, edge = style.px(RADIUS), style.px(EDGE) if self.edge else 0
        texture = ground(
            radius,
            edge,
            style.colour(self.fill) if self.fill else None,
            style.colour(self.edge) if self.edge else None,
        )
        with self.canvas.before:
            Color(1, 1, 1, 1)
            BorderImage(texture=texture, pos=self.pos, size=self.size, border=(radius + 1,) * 4)

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        self.paint(style)


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

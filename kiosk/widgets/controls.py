"""Buttons, tiles, chips, the woven band, and the bar that empties."""

from __future__ import annotations

from kivy.graphics import Color, Rectangle
from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from kiosk.theme import Style, colour
from kiosk.widgets.node import Node, Surface
from kiosk.widgets.press import Pressable, PressColumn, PressRow
from kiosk.widgets.words import Flag, Icon, Words


class IconButton(Pressable, Surface):
    """A square control with a picture; ``side`` is millimetres."""

    icon = StringProperty("")
    side = NumericProperty(20)
    ink = StringProperty("ink")
    on = BooleanProperty(False)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._picture = Icon(plain=True)
        self.add_widget(self._picture)
        self.wide = self.side

    def fit(self, style: Style, width: int) -> int:
        return style.px(self.side)

    def least_width(self, style: Style) -> int:
        """Width in pixels."""
        return style.px(self.side)

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        self.fill, self.edge = ("lake", "lake_edge") if self.on else ("mist", "mist_edge")
        super().place(style, x, y, width, height)
        self._picture.name = self.icon
        self._picture.tall = self.side * 0.55
        self._picture.ink = self._picture.tint = "on_lake" if self.on else "ink"
        self._picture.place(style, x, y, width, height)
        self.press_shade(style)


class WordButton(PressRow):
    """A wide control: picture and words. ``look`` is a colour token."""

    text = StringProperty("")
    icon = StringProperty("")
    look = StringProperty("lake")
    role = StringProperty("button")

    def __init__(self, **kwargs: object) -> None:
        super().__init__(pad=3, gap=4, **kwargs)
        self._icon = Icon(tall=12, wide=12, plain=True)
        self._words = Words()

    def _fill(self) -> None:
        self.clear_widgets()
        if self.icon:
            self._icon.name = self.icon
            self._icon.ink = self._icon.tint = f"on_{self.look}"
            self.add_widget(self._icon)
        self._words.text, self._words.role = self.text, self.role
        self._words.ink = f"on_{self.look}"
        self.add_widget(self._words)
        self.fill, self.edge = self.look, f"{self.look}_edge"
        self.spoken = self.text

    def fit(self, style: Style, width: int) -> int:
        self._fill()
        return super().fit(style, width)

    def least_width(self, style: Style) -> int:
        """Width of picture and longest word in pixels."""
        self._fill()
        return self._words.least_width(style) + style.px(6 + (15 if self.icon else 0))


class Tile(PressColumn):
    """Picture over word: the main way in."""

    text = StringProperty("")
    icon = StringProperty("")
    iso = StringProperty("")
    note = StringProperty("")

    def __init__(self, **kwargs: object) -> None:
        super().__init__(pad=5, gap=3, **kwargs)
        self.fill, self.edge = "mist", "mist_edge"
        self.spoken = self.text
        if self.iso:
            self.add_widget(Flag(iso=self.iso, tall=24))
        elif self.icon:
            self.add_widget(Icon(name=self.icon, tall=26, centred=False))
        self._words = Words(text=self.text, role="tile", ink="on_mist")
        self.add_widget(self._words)
        if self.note:
            self.add_widget(Words(text=self.note, role="note", ink="on_mist"))

    def fit(self, style: Style, width: int) -> int:
        return max(style.px(44), super().fit(style, width))

    def least_width(self, style: Style) -> int:
        """Width of the longest word in pixels."""
        return self._words.least_width(style) + style.px(10)


class NameTile(PressColumn):
    """A language in its own name."""

    text = StringProperty("")
    current = BooleanProperty(False)
    tall = NumericProperty(30)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(pad=5, **kwargs)
        look = "apricot" if self.current else "mist"
        self.fill, self.edge = look, f"{look}_edge"
        self.spoken = self.text
        self._words = Words(text=self.text, role="title", ink=f"on_{look}", align="center")
        self.add_widget(self._words)

    def fit(self, style: Style, width: int) -> int:
        return max(style.px(self.tall), super().fit(style, width))

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        inner = width - style.px(10)
        tall = self._words.fit(style, inner)
        self._words.place(style, x + style.px(5), y + (height - tall) // 2, inner, tall)

    def least_width(self, style: Style) -> int:
        """Width of the name in pixels."""
        return self._words.least_width(style) + style.px(10)


class Band(Node):
    """The woven band: an ikat step pattern, drawn for this product.

    A lozenge that climbs in steps, in two tones, with the soft shifted edge that
    resist dyeing leaves. ``tone`` is a colour code, ``tall`` millimetres.
    """

    tall = NumericProperty(10)
    tone = StringProperty("#0E4A5A")
    STEPS = (1, 2, 4, 6, 7, 6, 4, 2, 1)

    def fit(self, style: Style, width: int) -> int:
        return style.px(self.tall)

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        self.canvas.clear()
        base = (0.0, 0.0, 0.0, 1.0) if style.contrast else colour(self.tone)
        thread = style.colour("apricot")
        pale = style.colour("paper" if style.contrast else "sand")
        unit = height / 11
        repeat = unit * 18
        with self.canvas:
            Color(*base)
            Rectangle(pos=(x, y), size=(width, height))
            for index in range(int(width / repeat) + 2):
                centre = x + index * repeat
                self._lozenge(centre, y + height / 2, unit, 1.0, thread, (x, width))
                self._lozenge(centre, y + height / 2, unit, 0.45, base, (x, width))
                self._lozenge(centre + repeat / 2, y + height / 2, unit, 0.5, pale, (x, width))

    def _lozenge(self, centre, middle, unit, scale, shade, limits) -> None:
        Color(*shade)
        left, width = limits
        step = unit * scale
        for column, steps in enumerate(self.STEPS):
            start = centre + (column - len(self.STEPS) / 2) * step
            shift = (column % 2) * unit * 0.25
            one, two = max(left, start), min(left + width, start + step)
            if two > one:
                tall = steps * step * 1.3
                Rectangle(pos=(one, middle - tall / 2 + shift), size=(two - one, tall))


class Countdown(Node):
    """A bar that empties: ``share`` from 1 to 0."""

    share = NumericProperty(1.0)

    def fit(self, style: Style, width: int) -> int:
        return style.px(4)

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        self.canvas.clear()
        edge = max(1, style.px(0.5))
        self._full = width - 2 * edge
        with self.canvas:
            Color(*style.colour("line"))
            Rectangle(pos=(x, y), size=(width, height))
            Color(*style.colour("ground"))
            Rectangle(pos=(x + edge, y + edge), size=(width - 2 * edge, height - 2 * edge))
            Color(*style.colour("apricot"))
            self._bar = Rectangle(pos=(x + edge, y + edge), size=(self._full * self.share, height - 2 * edge))

    def on_share(self, _widget: Node, share: float) -> None:
        if hasattr(self, "_bar"):
            self._bar.size = (self._full * max(0.0, share), self._bar.size[1])

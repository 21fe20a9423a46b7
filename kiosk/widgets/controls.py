"""Buttons, tiles, chips, the woven band, and the bar that empties."""

from __future__ import annotations

from collections.abc import Iterator

from kivy.graphics import Color, Rectangle
from kivy.graphics.texture import Texture
from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from kiosk.theme import Colour, Style, colour
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
    """A wide control: picture and words. ``look`` is a colour token, ``tall`` the least height in mm."""

    text = StringProperty("")
    icon = StringProperty("")
    look = StringProperty("lake")
    role = StringProperty("button")
    tall = NumericProperty(20)

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
        return max(style.px(self.tall), super().fit(style, width))

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
        pale = style.colour("paper" if style.contrast else "sand")
        texture = Texture.create(size=(width, height), colorfmt="rgb")
        texture.mag_filter = texture.min_filter = "nearest"
        pixels = weave(width, height, (base, style.colour("apricot"), pale))
        texture.blit_buffer(pixels, colorfmt="rgb", bufferfmt="ubyte")
        with self.canvas:
            Color(1, 1, 1, 1)
            Rectangle(texture=texture, pos=(x, y), size=(width, height))


def weave(width: int, height: int, threads: tuple[Colour, Colour, Colour]) -> bytes:
    """The band's pixels, RGB, bottom row first.

    Args:
        width: pixels of the band.
        height: pixels of the band.
        threads: colours of ground, figure and small figure.
    """
    base, figure, small = (bytes(round(255 * part) for part in shade[:3]) for shade in threads)
    unit = height / 11
    repeat = round(unit * 18)
    # One lozenge at each end of the repeat, a small one in its middle.
    lozenges = (
        (0, unit, figure),
        (repeat, unit, figure),
        (0, unit * 0.45, base),
        (repeat, unit * 0.45, base),
        (repeat / 2, unit * 0.5, small),
    )
    spans = [span for lozenge in lozenges for span in _steps(*lozenge, height / 2, unit, repeat)]
    rows = []
    for y in range(height):
        row = bytearray(base * repeat)
        for left, right, bottom, top, shade in spans:
            if bottom <= y < top:
                row[3 * left : 3 * right] = shade * (right - left)
        rows.append((bytes(row) * (width // repeat + 1))[: 3 * width])
    return b"".join(rows)


def _steps(
    centre: float, step: float, shade: bytes, middle: float, unit: float, repeat: int
) -> Iterator[tuple[int, int, int, int, bytes]]:
    """The columns of one lozenge as left, right, bottom, top and colour."""
    for column, steps in enumerate(Band.STEPS):
        start = centre + (column - len(Band.STEPS) / 2) * step
        left, right = max(0, round(start)), min(repeat, round(start + step))
        low = middle - steps * step * 0.65 + (column % 2) * unit * 0.25
        if right > left:
            yield left, right, round(low), round(low + steps * step * 1.3), shade


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

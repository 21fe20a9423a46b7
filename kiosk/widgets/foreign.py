"""A text in the script of a destination: other fonts, other line breaks, right to left.

The text engine draws letters from left to right, whatever they are. So lines are broken
here, and each line of a right-to-left text is turned round. Arabic comes already joined
(``content.common_pages.shaped``); numbers do not stand in these texts.
"""

from __future__ import annotations

from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, Rectangle
from kivy.properties import NumericProperty, StringProperty

from kiosk.environment import FONTS
from kiosk.theme import CAPITAL, Style
from kiosk.widgets.node import Node
from kiosk.widgets.words import ASSETS

RIGHT_TO_LEFT = frozenset({"ar", "he"})
WITHOUT_SPACES = frozenset({"ja"})
NOT_FIRST = "。、，．」）"
"""Signs that never begin a line (JIS X 4051)."""

LINE = 1.45


def font_of(language: str) -> str:
    """The font file for a language: its own small one, else the kiosk's."""
    own = ASSETS / "fonts" / f"officer-{language}.ttf"
    return str(own if own.is_file() else FONTS[1])


SIZES = (36, 30, 25, 21, 18, 15, 12, 9)
"""Capital heights in millimetres that a text is tried in: few, so that fonts stay few."""


class Foreign(Node):
    """A text in ``language`` as large as fits: capitals at most ``capital``, all at most ``tall`` mm."""

    text = StringProperty("")
    language = StringProperty("")
    capital = NumericProperty(36)
    tall = NumericProperty(220)
    ink = StringProperty("on_card")

    def _label(self, size: int, text: str) -> CoreLabel:
        return CoreLabel(text=text, font_size=size, font_name=font_of(self.language), color=(1, 1, 1, 1))

    def _width(self, size: int, text: str) -> int:
        return int(self._label(size, text).get_extents(text)[0])

    def set(self, style: Style, width: int) -> tuple[int, list[str]]:
        """Font size in pixels, and the lines in reading order."""
        for capital in SIZES:
            size = style.px(capital / CAPITAL)
            lines = self._lines(size, width)
            fits = all(self._width(size, line) <= width for line in lines)
            if capital <= self.capital and fits and len(lines) * size * LINE <= style.px(self.tall):
                break
        return size, lines

    def _lines(self, size: int, width: int) -> list[str]:
        joined = "" if self.language in WITHOUT_SPACES else " "
        pieces = list(self.text) if self.language in WITHOUT_SPACES else self.text.split()
        lines: list[str] = []
        for piece in pieces:
            longer = f"{lines[-1]}{joined}{piece}" if lines else piece
            if lines and (self._width(size, longer) <= width or piece in NOT_FIRST):
                lines[-1] = longer
            else:
                lines.append(piece)
        return lines

    def fit(self, style: Style, width: int) -> int:
        size, lines = self.set(style, width)
        return len(lines) * round(size * LINE)

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        self.canvas.clear()
        turned = self.language in RIGHT_TO_LEFT
        size, lines = self.set(style, width)
        step, top = round(size * LINE), y + height
        with self.canvas:
            Color(*style.colour(self.ink))
            for line in lines:
                label = self._label(size, line[::-1] if turned else line)
                label.refresh()
                texture = label.texture
                texture.mag_filter = texture.min_filter = "nearest"
                top -= step
                left = x + width - texture.width if turned else x
                spot = (left, top + (step - texture.height) // 2)
                Rectangle(texture=texture, pos=spot, size=texture.size)

"""Text, icons and pictures."""

from __future__ import annotations

import json
import re
from functools import cache

from kivy.core.image import Image as CoreImage
from kivy.core.text import Label as CoreLabel
from kivy.core.text import LabelBase
from kivy.core.text.markup import MarkupLabel
from kivy.graphics import Color, Rectangle
from kivy.properties import BooleanProperty, NumericProperty, OptionProperty, StringProperty

from kiosk.environment import ASSETS, fonts
from kiosk.theme import ROLES, Style
from kiosk.widgets.node import Node

FONT = "Inter"
ICON_FONT = str(ASSETS / "icons" / "icons.ttf")
TINT = 0.22
"""Opacity of the filled part of an icon."""


def register_fonts() -> None:
    """Make Inter known to Kivy. Call once, before the first text is set."""
    regular, bold = fonts()
    LabelBase.register(FONT, regular, fn_bold=bold)


@cache
def icon_codes() -> dict[str, list[int]]:
    """Code points of each icon: the tint, then the line."""
    return json.loads((ASSETS / "icons" / "icons.json").read_text(encoding="ascii"))


_IN_NUMBER = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
"""The space inside 3 605: a line never ends there. Telephone numbers may be broken."""

CLOSING, OPENING = ".,;:!?…»”)", "(«“"
"""Signs that must not be torn from the bold words beside them at the end of a line."""


def _markup(text: str) -> str:
    plain = text.replace("&", "&amp;").replace("[", "&bl;").replace("]", "&br;")
    pieces = plain.split("**")
    for index in range(1, len(pieces) - 1, 2):
        rest = pieces[index + 1].lstrip(CLOSING)
        pieces[index] += pieces[index + 1][: len(pieces[index + 1]) - len(rest)]
        before = pieces[index - 1].rstrip(OPENING)
        pieces[index] = pieces[index - 1][len(before) :] + pieces[index]
        pieces[index - 1], pieces[index + 1] = before, rest
    return "".join(f"[b]{piece}[/b]" if index % 2 else piece for index, piece in enumerate(pieces))


def set_text(style: Style, role: str, text: str, width: int | None, align: str = "left") -> CoreLabel:
    """Lay a text out; ``.content_size`` or ``.render()`` gives its pixels, ``.refresh()`` draws it."""
    kind = ROLES[role]
    options = {
        "font_size": style.font_size(role),
        "font_name": FONT,
        "bold": kind.bold,
        "line_height": style.line_height(role),
        "text_size": (width, None),
        "halign": align,
        "color": (1, 1, 1, 1),
    }
    if role != "digits":
        text = _IN_NUMBER.sub("\u00a0", text)
    if "**" in text and not kind.bold:
        return MarkupLabel(text=_markup(text), **options)
    return CoreLabel(text=text, **options)


class Words(Node):
    """A text. ``role`` is a type token, ``ink`` a colour token."""

    text = StringProperty("")
    role = StringProperty("body")
    ink = StringProperty("ink")
    align = OptionProperty("left", options=("left", "center", "right"))
    measure = NumericProperty(0)
    """Longest line in millimetres; 0 is no limit."""

    def __init__(self, **kwargs: object) -> None:
        self._set: tuple[tuple[Style, str, str, int, str], CoreLabel, int] | None = None
        super().__init__(**kwargs)

    def _limit(self, style: Style, width: int) -> int:
        return min(width, style.px(self.measure)) if self.measure else width

    def _lay(self, style: Style, width: int) -> tuple[CoreLabel, int]:
        width = self._limit(style, width)
        key = (style, self.text, self.role, width, self.align)
        if self._set is None or self._set[0] != key:
            label = set_text(style, self.role, self.text, width, self.align)
            self._set = (key, label, int(label.render()[1]) if self.text else 0)
        return self._set[1], self._set[2]

    def fit(self, style: Style, width: int) -> int:
        return self._lay(style, width)[1]

    def drop(self) -> None:
        self._set = None
        super().drop()

    def least_width(self, style: Style) -> int:
        """Width of the longest word in pixels."""
        return longest_word(style, self.role, self.text)

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        self.canvas.clear()
        if not self.text:
            return
        label, tall = self._lay(style, width)
        if label.texture is None:
            label.refresh()
            label.texture.mag_filter = label.texture.min_filter = "nearest"
        texture = label.texture
        with self.canvas:
            Color(*style.colour(self.ink))
            Rectangle(
                texture=texture, pos=(x, y + (height - tall) // 2 + tall - texture.height), size=texture.size
            )


@cache
def _word_width(size: int, bold: bool, word: str) -> int:
    label = CoreLabel(text=word, font_size=size, font_name=FONT, bold=bold)
    return int(label.get_extents(word)[0])


def longest_word(style: Style, role: str, text: str) -> int:
    """Width in pixels of the widest word of a text."""
    words = text.replace("**", "").split()
    size, bold = style.font_size(role), ROLES[role].bold
    return max((_word_width(size, bold, word) for word in words), default=0)


def forget_words() -> None:
    """Drop measured words: the end of a visit leaves no text behind."""
    _word_width.cache_clear()


class Icon(Node):
    """A pictogram of ``tall`` millimetres in the colours ``ink`` and ``tint``."""

    name = StringProperty("")
    tall = NumericProperty(12)
    ink = StringProperty("ink")
    tint = StringProperty("tint")
    centred = BooleanProperty(True)
    plain = BooleanProperty(False)
    """Only the line, without the filled part: for signs such as arrows."""

    def fit(self, style: Style, width: int) -> int:
        return style.px(self.tall)

    def least_width(self, style: Style) -> int:
        """Width in pixels."""
        return style.px(self.tall)

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        self.canvas.clear()
        if not self.name:
            return
        size = style.px(self.tall)
        left = x + (width - size) // 2 if self.centred else x
        with self.canvas:
            layers = list(zip(icon_codes()[self.name], (self.tint, self.ink), (TINT, 1.0), strict=True))
            for code, token, opacity in layers[1:] if self.plain else layers:
                texture = glyph(size, code)
                red, green, blue, _ = style.colour(token)
                Color(red, green, blue, opacity)
                Rectangle(
                    texture=texture,
                    pos=(left + (size - texture.width) // 2, y + (height - texture.height) // 2),
                    size=texture.size,
                )


@cache
def glyph(size: int, code: int):
    """White texture of one icon glyph, ``size`` pixels an em. Says nothing of a visit."""
    label = CoreLabel(text=chr(code), font_size=size, font_name=ICON_FONT, color=(1, 1, 1, 1))
    label.refresh()
    label.texture.mag_filter = label.texture.min_filter = "nearest"
    return label.texture


class Flag(Node):
    """A country's flag, ``tall`` millimetres, with a thin edge."""

    iso = StringProperty("")
    tall = NumericProperty(9)

    def fit(self, style: Style, width: int) -> int:
        return style.px(self.tall)

    def least_width(self, style: Style) -> int:
        """Width in pixels: flags are four by three."""
        return style.px(self.tall) * 4 // 3

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        self.canvas.clear()
        tall = style.px(self.tall)
        texture = flag_texture(self.iso, tall)
        if texture is None:
            return
        wide = tall * 4 // 3
        bottom = y + (height - tall) // 2
        edge = max(1, style.px(0.25))
        with self.canvas:
            Color(*style.colour("line"))
            Rectangle(pos=(x - edge, bottom - edge), size=(wide + 2 * edge, tall + 2 * edge))
            Color(1, 1, 1, 1)
            Rectangle(texture=texture, pos=(x, bottom), size=(wide, tall))


@cache
def flag_texture(iso: str, tall: int):
    """Texture of a flag, at least ``tall`` pixels high; ``None`` where none is shipped."""
    heights = sorted(int(folder.name) for folder in (ASSETS / "flags").iterdir() if folder.name.isdigit())
    height = next((one for one in heights if one >= tall), heights[-1])
    path = ASSETS / "flags" / str(height) / f"{iso}.png"
    if not path.is_file():
        return None
    texture = CoreImage(str(path), nocache=True).texture
    if height == tall:
        texture.mag_filter = texture.min_filter = "nearest"
    return texture

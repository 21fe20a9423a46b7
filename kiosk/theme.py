"""Colour and type tokens, and the style that they make on one panel.

A screen never names a colour or a pixel. It names a token (``ink``, ``body``), and
``Style`` turns tokens into numbers for one panel, one palette and one text size.
Contrasts stand in LOOK order: every text pair here is at least 7:1 and every
edge at least 3:1 (``tests/kiosk/test_theme.py`` measures them).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kiosk.panel import Panel

CAPITAL = 1490 / 2048
"""Capital height of Inter as a share of its font size (OS/2 table)."""

NATURAL_LINE = (1984 + 494) / 2048
"""Line height that Inter has by itself, as a share of its font size."""

Colour = tuple[float, float, float, float]


def colour(code: str) -> Colour:
    """``#RRGGBB`` as four shares from 0 to 1."""
    return (int(code[1:3], 16) / 255, int(code[3:5], 16) / 255, int(code[5:7], 16) / 255, 1.0)


@dataclass(frozen=True, slots=True)
class Role:
    """How one kind of text is set.

    ``capital`` is the height of a capital letter in millimetres, ``line`` the
    distance of lines as a multiple of the font size. ``grows`` tells whether
    large text multiplies it.
    """

    capital: float
    bold: bool
    line: float
    grows: bool = False


ROLES: Mapping[str, Role] = {
    "display": Role(12, True, 1.21),
    "title": Role(9, True, 1.25),
    "subtitle": Role(7.4, True, 1.3, grows=True),
    "body": Role(7.4, False, 1.5, grows=True),
    "tile": Role(7.4, False, 1.25, grows=True),
    "button": Role(7.4, True, 1.25),
    "label": Role(5, False, 1.3),
    "note": Role(5, False, 1.4, grows=True),
    "digits": Role(14, True, 1.21),
}

LARGE = 1.5
"""What large text multiplies the roles that grow by."""

LIGHT: Mapping[str, str] = {
    "ground": "#FBFAF6",
    "ink": "#16242E",
    "quiet": "#44525C",
    "lake": "#0E4A5A",
    "on_lake": "#FFFFFF",
    "lake_edge": "#0E4A5A",
    "mist": "#E9F1EE",
    "on_mist": "#16242E",
    "mist_edge": "#6E7C85",
    "apricot": "#F4B860",
    "on_apricot": "#16242E",
    "apricot_edge": "#B4621F",
    "sand": "#FFF3DC",
    "on_sand": "#5A3A00",
    "sand_edge": "#B4621F",
    "garden": "#1F5F3F",
    "on_garden": "#FFFFFF",
    "garden_edge": "#1F5F3F",
    "leaf": "#E4F0E6",
    "on_leaf": "#16242E",
    "leaf_edge": "#1F5F3F",
    "card": "#FFFFFF",
    "on_card": "#16242E",
    "card_edge": "#6E7C85",
    "line": "#6E7C85",
    "tint": "#2B8C8A",
    "press": "#16242E",
    "paper": "#FFFFFF",
    "code": "#000000",
}

CONTRAST: Mapping[str, str] = {
    "ground": "#000000",
    "ink": "#FFFFFF",
    "quiet": "#FFFFFF",
    "lake": "#000000",
    "on_lake": "#FFFFFF",
    "lake_edge": "#7FD1E8",
    "mist": "#000000",
    "on_mist": "#FFFFFF",
    "mist_edge": "#FFFFFF",
    "apricot": "#FFD54A",
    "on_apricot": "#000000",
    "apricot_edge": "#FFD54A",
    "sand": "#000000",
    "on_sand": "#FFFFFF",
    "sand_edge": "#FFD54A",
    "garden": "#000000",
    "on_garden": "#FFFFFF",
    "garden_edge": "#FFFFFF",
    "leaf": "#000000",
    "on_leaf": "#FFFFFF",
    "leaf_edge": "#FFFFFF",
    "card": "#000000",
    "on_card": "#FFFFFF",
    "card_edge": "#FFFFFF",
    "line": "#FFFFFF",
    "tint": "#FFFFFF",
    "press": "#FFFFFF",
    "paper": "#FFFFFF",
    "code": "#000000",
}


@dataclass(frozen=True, slots=True)
class Style:
    """Tokens resolved for one panel and what the traveller switched on.

    ``large`` is large text, ``contrast`` the high-contrast palette, ``low`` low
    reach. Equal styles draw equal pixels.
    """

    panel: Panel
    large: bool = False
    contrast: bool = False
    low: bool = False

    def px(self, millimetres: float) -> int:
        """Pixels that are at least so many millimetres."""
        return self.panel.px(millimetres)

    def colour(self, token: str) -> Colour:
        """The colour of a token, as shares from 0 to 1."""
        return colour((CONTRAST if self.contrast else LIGHT)[token])

    def font_size(self, role: str) -> int:
        """Font size in pixels that gives the role its capital height."""
        return self.panel.px(self.capital(role) / CAPITAL)

    def capital(self, role: str) -> float:
        """Capital height of a role in millimetres, large text included."""
        kind = ROLES[role]
        return kind.capital * (LARGE if self.large and kind.grows else 1.0)

    def line_height(self, role: str) -> float:
        """Line distance as the multiple of Inter's own line that text engines want."""
        return ROLES[role].line / NATURAL_LINE


def contrast_ratio(one: Colour, other: Colour) -> float:
    """Contrast of two opaque colours, 1 to 21 (WCAG 2.2, relative luminance)."""

    def luminance(shade: Colour) -> float:
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shade[:3]
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)

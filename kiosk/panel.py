"""The glass: millimetres to pixels.

Every size in the product is said in millimetres, because a finger and an eye do
not know pixels. A panel profile holds the resolution and the density of one
kind of glass, and ``Panel.px`` is the only place where the two meet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Panel:
    """One kind of glass.

    ``width`` and ``height`` are pixels, ``density`` is pixels per millimetre.
    """

    name: str
    width: int
    height: int
    density: float

    def px(self, millimetres: float) -> int:
        """Pixels that are at least so many millimetres."""
        return math.ceil(millimetres * self.density - 1e-9)

    @property
    def landscape(self) -> bool:
        """Whether the panel is wider than high."""
        return self.width > self.height


PANELS = {
    panel.name: panel
    for panel in (
        Panel("21.5-portrait", 1080, 1920, 4.03),
        Panel("21.5-landscape", 1920, 1080, 4.03),
        Panel("32-portrait", 1080, 1920, 2.71),
        Panel("32-landscape", 1920, 1080, 2.71),
        Panel("15.6-landscape", 1920, 1080, 5.58),
    )
}
"""The panels that were drawn for, by the name that ``kiosk.toml`` uses."""

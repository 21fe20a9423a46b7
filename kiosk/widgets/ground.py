"""Grounds of cards and buttons, baked once: a small picture whose middle is stretched.

A rounded rectangle with an outline, drawn as shapes, costs a software renderer three
times as much as one picture stretched over the same pixels.
"""

from __future__ import annotations

from functools import cache

from kivy.graphics.texture import Texture

from kiosk.theme import Colour

SAMPLES = 4
"""Samples a pixel and direction at a rounded corner."""


@cache
def ground(radius: int, edge: int, fill: Colour | None, line: Colour | None) -> Texture:
    """A square with rounded corners, just large enough to be stretched from its middle.

    Cached: it tells of tokens, never of a visit.

    Args:
        radius: of the corner, pixels.
        edge: width of the outline, pixels.
        fill: colour inside; ``None`` leaves it clear.
        line: colour of the outline; ``None`` draws none.
    """
    corner = radius + 1
    side = 2 * corner + 1
    quarter = [[_pixel(x, y, radius, edge, fill, line) for x in range(corner)] for y in range(corner)]
    index = [*range(corner), corner - 1, *range(corner - 1, -1, -1)]
    pixels = b"".join(quarter[y][x] for y in index for x in index)
    texture = Texture.create(size=(side, side), colorfmt="rgba")
    texture.mag_filter = texture.min_filter = "nearest"
    texture.blit_buffer(pixels, colorfmt="rgba", bufferfmt="ubyte")
    return texture


def _pixel(x: int, y: int, radius: int, edge: int, fill: Colour | None, line: Colour | None) -> bytes:
    """One pixel of the lower left corner, averaged over its samples."""
    inside = outline = 0
    for row in range(SAMPLES):
        for column in range(SAMPLES):
            dx = max(0.0, radius - (x + (column + 0.5) / SAMPLES))
            dy = max(0.0, radius - (y + (row + 0.5) / SAMPLES))
            distance = (dx * dx + dy * dy) ** 0.5 if radius else 0.0
            if distance > radius:
                continue
            at_edge = (
                distance > radius - edge
                or x + (column + 0.5) / SAMPLES < edge
                or y + (row + 0.5) / SAMPLES < edge
            )
            if line is not None and at_edge:
                outline += 1
            else:
                inside += 1
    shares = [(line, outline), (fill, inside)]
    alpha = sum(colour[3] * count for colour, count in shares if colour is not None)
    if not alpha:
        return bytes(4)
    mixed = [
        sum(colour[part] * colour[3] * count for colour, count in shares if colour is not None) / alpha
        for part in range(3)
    ]
    return bytes(round(255 * part) for part in (*mixed, alpha / SAMPLES**2))

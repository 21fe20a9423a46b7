"""Containers: column, row, grid, card. They only divide a rectangle."""

from __future__ import annotations

from kivy.properties import BooleanProperty, NumericProperty

from kiosk.theme import Style
from kiosk.widgets.node import Node, Surface


class Column(Surface):
    """Parts below each other. ``gap`` and ``pad`` are millimetres."""

    gap = NumericProperty(0)
    pad = NumericProperty(0)

    def fit(self, style: Style, width: int) -> int:
        inner = width - 2 * style.px(self.pad)
        parts = self.parts()
        heights = sum(part.fit(style, inner) for part in parts)
        return heights + style.px(self.gap) * max(0, len(parts) - 1) + 2 * style.px(self.pad)

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        pad, gap = style.px(self.pad), style.px(self.gap)
        inner = width - 2 * pad
        parts = self.parts()
        heights = [part.fit(style, inner) for part in parts]
        spare = height - 2 * pad - gap * max(0, len(parts) - 1) - sum(heights)
        growing = [part for part in parts if part.grow]
        top = y + height - pad
        for part, tall in zip(parts, heights, strict=True):
            if part.grow and spare > 0:
                tall += spare // len(growing)
            part.place(style, x + pad, top - tall, inner, tall)
            top -= tall + gap


class Row(Surface):
    """Parts beside each other, centred on the row's height or level with its top.

    A part takes ``wide`` millimetres, or shares what is left when it has none.
    """

    gap = NumericProperty(0)
    pad = NumericProperty(0)
    level = BooleanProperty(False)

    def widths(self, style: Style, width: int) -> list[int]:
        """Width of each part in pixels."""
        parts = self.parts()
        gap, pad = style.px(self.gap), style.px(self.pad)
        fixed = [style.px(part.wide) if part.wide else 0 for part in parts]
        free = sum(1 for part in parts if not part.wide) or 1
        spare = width - 2 * pad - sum(fixed) - gap * max(0, len(parts) - 1)
        return [taken or max(1, spare // free) for taken in fixed]

    def fit(self, style: Style, width: int) -> int:
        tall = [
            part.fit(style, wide) for part, wide in zip(self.parts(), self.widths(style, width), strict=True)
        ]
        return max(tall, default=0) + 2 * style.px(self.pad)

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        pad, gap = style.px(self.pad), style.px(self.gap)
        left = x + pad
        for part, wide in zip(self.parts(), self.widths(style, width), strict=True):
            tall = height - 2 * pad if part.grow else part.fit(style, wide)
            bottom = y + height - pad - tall if self.level else y + (height - tall) // 2
            part.place(style, left, bottom, wide, tall)
            left += wide + gap


class Grid(Node):
    """Equal parts in as many columns as fit without breaking a word.

    ``least`` is the least width of a part in millimetres, ``most`` the greatest
    number of columns, ``gap`` the space between in millimetres. Parts of one row
    are equally high.
    """

    least = NumericProperty(44)
    most = NumericProperty(2)
    gap = NumericProperty(5)

    def columns(self, style: Style, width: int) -> int:
        """How many columns ``width`` pixels carry."""
        parts = self.parts()
        for count in range(min(int(self.most), max(1, len(parts))), 1, -1):
            wide = self._wide(style, width, count)
            if wide < style.px(self.least):
                continue
            if all(part.least_width(style) <= wide for part in parts):
                return count
        return 1

    def _wide(self, style: Style, width: int, count: int) -> int:
        return (width - style.px(self.gap) * (count - 1)) // count

    def _rows(self, style: Style, width: int) -> tuple[int, list[tuple[list[Node], int]]]:
        count = self.columns(style, width)
        wide = self._wide(style, width, count)
        parts = self.parts()
        rows = [parts[start : start + count] for start in range(0, len(parts), count)]
        return wide, [(row, max(part.fit(style, wide) for part in row)) for row in rows]

    def fit(self, style: Style, width: int) -> int:
        _, rows = self._rows(style, width)
        return sum(tall for _, tall in rows) + style.px(self.gap) * max(0, len(rows) - 1)

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        gap = style.px(self.gap)
        wide, rows = self._rows(style, width)
        top = y + height
        for row, tall in rows:
            for index, part in enumerate(row):
                part.place(style, x + index * (wide + gap), top - tall, wide, tall)
            top -= tall + gap

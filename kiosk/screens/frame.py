"""What every screen has: bar, tools, quick exit, page buttons, help strip.

Portrait, top to bottom: bar, content, page buttons, help strip. Landscape puts the
same parts side by side: content left, a rail with tools and help right. Low
reach brings everything into the lower 300 mm of a tall panel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.theme import Style
from kiosk.visit import Route
from kiosk.widgets.boxes import Column, Row
from kiosk.widgets.controls import Band, IconButton, WordButton
from kiosk.widgets.node import Node, Rule, Surface
from kiosk.widgets.press import PressRow
from kiosk.widgets.scroll import Scroll
from kiosk.widgets.words import Icon, Words

if TYPE_CHECKING:
    from content.library import ArticleView, ContactView, OfferView, SignsView
    from kiosk.app import Kiosk

MARGIN = 10
LOW_REACH = 300
EXIT = 26
RAIL = 86
RAIL_DENSE = 72


class Screen(Node):
    """A full screen.

    Subclasses set ``title`` and ``items`` in ``__init__`` and may set ``help``
    (a contact for the strip), ``head`` (parts above the scroll area), ``tone``
    (the band), ``tools``, ``private`` (hidden at once when idle) and ``counts_as``.
    """

    title = ""
    back = True
    tools = True
    language_button = True
    tone = ""
    band_tall = 8
    private = False
    counts_as: tuple[str, ...] = ()
    """Cells that a visit adds to which had this screen open, see ``kiosk.counts``."""
    measure = 330
    """Longest line in millimetres: sixty characters of body text."""

    def __init__(self, kiosk: Kiosk, route: Route) -> None:
        super().__init__()
        self.kiosk = kiosk
        self.route = route
        self.help: ContactView | None = None
        self.items: list[Node] = []
        self.head: list[Node] = []
        self.foot: list[Node] = []
        self.scroll = Scroll()
        self.scroll.changed = self._paging
        self.build()
        self.scroll.fill(self.items)
        self._frame()

    def build(self) -> None:
        """Make the parts of this screen."""

    def said(self, message: str) -> str:
        """A word of the kiosk in the visit's language."""
        return self.kiosk.said(message)

    # -- the parts around the content

    def _frame(self) -> None:
        said = self.said
        visit = self.kiosk.visit
        self.exit = IconButton(icon="x", side=EXIT, at_once=True, spoken=said("Quick exit"))
        self.exit.bind(on_release=lambda *_: self.kiosk.quick_exit())
        self.back_button = IconButton(
            icon="arrow-left",
            side=22,
            spoken=said("Go back"),
            leads_to=self.kiosk.below(self.route),
            opens=False,
        )
        self.back_button.bind(on_release=lambda *_: self.kiosk.back())
        self.toggles = [
            self._toggle("large", "text-aa", said("Large text"), visit.large),
            self._toggle("contrast", "circle-half", said("High contrast"), visit.contrast),
        ]
        if self.kiosk.low_reach_helps:
            self.toggles.append(self._toggle("low", "arrow-line-down", said("Low reach"), visit.low))
        self.language = IconButton(
            icon="translate", side=22, spoken=said("Other language"), leads_to=Route("language")
        )
        self.band = Band(tone=self.tone, tall=self.band_tall) if self.tone else None
        self.up = WordButton(text=said("Up"), icon="caret-up", look="mist", role="label")
        self.down = WordButton(text=said("More below"), icon="caret-down", look="lake", role="label")
        self.up.bind(on_release=lambda *_: self.scroll.page(-1))
        self.down.bind(on_release=lambda *_: self.scroll.page(1))
        self.strip = help_strip(self) if self.help is not None else None

    def _toggle(self, name: str, icon: str, spoken: str, on: bool) -> IconButton:
        button = IconButton(icon=icon, side=20, spoken=spoken, on=on)
        button.bind(on_release=lambda *_: self.kiosk.toggle(name))
        return button

    # -- layout

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        self._style = style
        self.clear_widgets()
        frame = height
        if style.low and not style.panel.landscape:
            frame = min(height, style.px(LOW_REACH))
        if style.panel.landscape:
            self._place_landscape(style, x, y, width, frame)
        else:
            self._place_portrait(style, x, y, width, frame)
        if frame < height:
            self._fill_above(style, x, y + frame, width, height - frame)

    def _put(self, part: Node, style: Style, x: int, y: int, width: int, height: int) -> None:
        if part.parent is None:
            self.add_widget(part)
        part.place(style, x, y, width, height)

    def _fill_above(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        band = Band(tone=self.tone or "#0E4A5A", tall=16)
        self._put(band, style, x, y + height - style.px(16), width, style.px(16))

    def _bar_parts(self, tools: bool) -> list[Node]:
        parts: list[Node] = [self.back_button] if self.back else []
        parts.append(Node())
        if tools:
            parts += self.toggles
        if self.language_button:
            parts.append(self.language)
        return [*parts, self.exit]

    def _place_portrait(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        margin = style.px(MARGIN)
        inner = width - 2 * margin
        top = y + height
        if self.band is not None:
            tall = self.band.fit(style, width)
            self._put(self.band, style, x, top - tall, width, tall)
            top -= tall
        top -= style.px(6)
        self._bar(style, x + margin, top, inner)
        top -= style.px(EXIT) + style.px(6)
        bottom = y + style.px(6)
        if self.strip is not None:
            tall = self.strip.fit(style, width - 2 * style.px(5))
            self._put(self.strip, style, x + style.px(5), bottom - style.px(1), width - 2 * style.px(5), tall)
            bottom += tall + style.px(4)
        self._content(style, x + margin, bottom, inner, top - bottom)

    def _bar(self, style: Style, x: int, top: int, width: int) -> None:
        """Back at the left, tools, language and quick exit at the right end."""
        tall = style.px(EXIT)
        gap = style.px(4)
        right = x + width
        for part in reversed(self._bar_parts(self.tools)):
            if part is self.back_button:
                side = style.px(part.side)
                self._put(part, style, x, top - (tall + side) // 2, side, side)
            elif isinstance(part, IconButton):
                side = style.px(part.side)
                right -= side
                self._put(part, style, right, top - (tall + side) // 2, side, side)
                right -= gap

    def _place_landscape(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        margin = style.px(MARGIN)
        rail = style.px(RAIL if style.panel.density < 5 else RAIL_DENSE)
        left = x + width - rail - style.px(5)
        top = y + height
        if self.band is not None:
            tall = self.band.fit(style, width)
            self._put(self.band, style, x, top - tall, width, tall)
            top -= tall
        self._rail(style, left, y + style.px(6), rail, top - style.px(6) - (y + style.px(6)))
        start = x + margin
        if self.back:
            side = style.px(22)
            self._put(self.back_button, style, start, top - style.px(6) - side, side, side)
            start += side + style.px(6)
        inner = min(left - style.px(8) - start, style.px(self.measure))
        self._content(style, start, y + style.px(6), inner, top - y - style.px(12))

    def _rail(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        """Quick exit top right, the other tools beside and below it, help at the foot."""
        gap = style.px(4)
        top, right = y + height, x + width
        side = style.px(EXIT)
        self._put(self.exit, style, right - side, top - side, side, side)
        if self.language_button:
            small = style.px(22)
            self._put(
                self.language, style, right - side - gap - small, top - (side + small) // 2, small, small
            )
        row = top - side - gap - style.px(20)
        if self.tools:
            left = right
            for toggle in reversed(self.toggles):
                small = style.px(20)
                left -= small
                self._put(toggle, style, left, row, small, small)
                left -= gap
        if self.strip is not None:
            tall = self.strip.fit(style, width)
            self._put(self.strip, style, x, y, width, tall)

    def _content(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        """Head, scroll area, page buttons and foot between two edges."""
        top = y + height
        for part in self.head:
            tall = part.fit(style, width)
            self._put(part, style, x, top - tall, width, tall)
            top -= tall + style.px(5)
        for part in reversed(self.foot):
            tall = part.fit(style, width)
            self._put(part, style, x, y, width, tall)
            y += tall + style.px(5)
        if not self.items:
            return
        full = top - y
        self._put(self.scroll, style, x, y, width, full)
        self._area = (x, y, width, full)
        if self.scroll.below or self.scroll.above:
            row = style.px(20)
            lift = row + style.px(4)
            self._put(self.scroll, style, x, y + lift, width, full - lift)
            half = (width - style.px(5)) // 2
            for button, left in ((self.up, x), (self.down, x + half + style.px(5))):
                button.fit(style, half)
                self._put(button, style, left, y, half, row)
            self._paging()

    def _paging(self) -> None:
        """Show each page button only where it leads somewhere."""
        for button, useful in ((self.up, self.scroll.above), (self.down, self.scroll.below)):
            button.off = not useful
            button.opacity = 1 if useful else 0

    def leave(self) -> None:
        """The screen goes away: nothing moves on, and its pictures are given back."""
        self.scroll.rest()
        self.drop()

    def tick(self, _elapsed: float) -> None:
        """Called once a second while shown, for screens that count down."""


def help_strip(screen: Screen) -> Node:
    """Name, number, hours of the first help contact, and its code."""
    contact = screen.help
    assert contact is not None
    said = screen.said
    kiosk = screen.kiosk
    strip = PressRow(pad=4, gap=5, spoken=contact.name, leads_to=Route("code", contact=contact.id))
    strip.fill, strip.edge = "mist", "mist_edge"
    text = Column(gap=1)
    text.add_widget(Words(text=contact.name, role="label", ink="on_mist"))
    text.add_widget(Words(text=contact.phone_display, role="digits", ink="on_mist"))
    hours = kiosk.hours(contact)
    if hours:
        text.add_widget(Words(text=hours, role="label", ink="on_mist"))
    if kiosk.settings.panel.landscape:
        column = Column(gap=3)
        column.add_widget(text)
        row = Row(gap=3)
        row.add_widget(Icon(name="qr-code", tall=14, wide=14, ink="on_mist", tint="on_mist"))
        row.add_widget(Words(text=said("Show the code"), role="label", ink="on_mist"))
        column.add_widget(row)
        strip.add_widget(column)
        return strip
    strip.add_widget(Icon(name="phone-call", tall=18, wide=18, ink="on_mist"))
    strip.add_widget(text)
    code = Column(gap=1, wide=52)
    code.add_widget(Icon(name="qr-code", tall=18, ink="on_mist", tint="on_mist"))
    code.add_widget(Words(text=said("Show the code"), role="label", ink="on_mist", align="center"))
    strip.add_widget(code)
    return strip


def card(*parts: Node, look: str = "card", pad: float = 5, gap: float = 3) -> Column:
    """Parts on one ground."""
    column = Column(pad=pad, gap=gap)
    column.fill, column.edge = look, f"{look}_edge"
    for part in parts:
        column.add_widget(part)
    return column


def beside(*parts: Node, gap: float = 4, level: bool = False) -> Row:
    """Parts beside each other; ``level`` puts them level with the top."""
    row = Row(gap=gap, level=level)
    for part in parts:
        row.add_widget(part)
    return row


def provenance(screen: Screen, page: ArticleView | SignsView | OfferView) -> list[Node]:
    """When a page's sources were read, whether that is long ago, and which they are."""
    kiosk, said = screen.kiosk, screen.said
    read_on = kiosk.library.format_date(page.verified_on, kiosk.visit.language)
    dates = [said("Sources read on {date}.").format(date=read_on)]
    if kiosk.today() > page.review_by:
        dates.append(said("This page is past its check date. Ask before you rely on it."))
    column = Column(gap=2)
    column.add_widget(Words(text=" ".join(dates), role="note", ink="quiet"))
    sources = f"{said('Sources')}: {', '.join(page.sources)}"
    column.add_widget(Words(text=sources, role="note", ink="quiet"))
    return [Rule(), column]


__all__ = ["MARGIN", "Screen", "Surface", "beside", "card", "help_strip", "provenance"]

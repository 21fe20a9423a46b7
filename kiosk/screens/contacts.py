"""Contacts: people who help, by kind, own embassy first. Without a destination: help at home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.screens.frame import Screen, beside
from kiosk.theme import Style
from kiosk.visit import Route
from kiosk.widgets.boxes import Column
from kiosk.widgets.controls import WordButton
from kiosk.widgets.node import Node, Surface
from kiosk.widgets.press import PressRow
from kiosk.widgets.words import Icon, Words

if TYPE_CHECKING:
    from content.library import ContactView

KIND_ICONS = {
    "emergency": "siren",
    "trafficking": "hand-heart",
    "consulate": "bank",
    "labour": "briefcase",
    "migration_authority": "stamp",
    "health": "first-aid-kit",
    "women": "gender-female",
    "child": "baby",
    "ngo": "handshake",
}


class ContactsScreen(Screen):
    """Every contact that the traveller's passport is meant for."""

    counts_as = ("help_card",)

    def build(self) -> None:
        kiosk, visit, said = self.kiosk, self.kiosk.visit, self.said
        iso = self.route.destination
        if iso:
            guide = kiosk.library.guide(iso, visit.language, visit.passport)
            contacts = kiosk.library.contacts(iso, visit.language, visit.passport)
            self.tone = guide.tone
            title = f"{said('Useful numbers')}: {guide.name}"
        else:
            contacts = kiosk.library.origin_contacts(visit.passport, visit.language)
            title = f"{said('Help in my own country')}: {kiosk.passport_name(visit.passport)}"
        self.head = [Words(text=title, role="title")]
        kind = ""
        for contact in contacts:
            if contact.kind != kind:
                kind = contact.kind
                self.items.append(
                    beside(
                        Icon(name=KIND_ICONS[kind], tall=11, wide=11),
                        Words(text=kiosk.kind_name(kind), role="subtitle"),
                    )
                )
            self.items.append(contact_card(self, contact))
        if iso:
            self.help = guide.help
            self._help_at_home(any(one.kind == "consulate" for one in contacts))
        if not contacts:
            self.items.append(Words(text=said("We have no number that is sure. Ask at your embassy.")))
        if not iso:
            self.items.insert(
                0,
                WordButton(
                    text=f"{said('Passport')}: {kiosk.passport_name(visit.passport)}",
                    icon="user-circle",
                    look="mist",
                    leads_to=Route("passport"),
                ),
            )

    def _help_at_home(self, consulate: bool) -> None:
        """Numbers at home that can be rung from abroad; all the more where no embassy is listed."""
        kiosk, visit = self.kiosk, self.kiosk.visit
        home = kiosk.library.origin_contacts(visit.passport, visit.language)
        reachable = [one for one in home if one.dial_from in ("abroad", "both") or one.phone.startswith("+")]
        if not reachable:
            return
        if not consulate:
            self.items.append(
                Words(
                    text=self.said("No number here is for your passport. Here is help at home."), role="note"
                )
            )
        self.items.append(
            beside(
                Icon(name="house-line", tall=11, wide=11),
                Words(text=self.said("Help in my own country"), role="subtitle"),
            )
        )
        self.items += [contact_card(self, one) for one in reachable]


def contact_card(screen: Screen, contact: ContactView) -> Node:
    """One contact as one control: what one should know before ringing, and its code."""
    kiosk, said = screen.kiosk, screen.said
    words = Column(gap=3)
    words.add_widget(Words(text=contact.name, ink="on_card"))
    words.add_widget(Words(text=contact.phone_display, role="digits", ink="on_card"))
    facts = kiosk.contact_facts(contact)
    if facts:
        words.add_widget(Words(text="  ·  ".join(facts), role="note", ink="on_card"))
    if contact.note:
        words.add_widget(Words(text=contact.note, role="note", ink="on_card"))
    if contact.marked:
        words.add_widget(not_confirmed(screen))
    checked = said("Source read on {date}").format(
        date=kiosk.library.format_date(contact.verified_on, kiosk.visit.language)
    )
    note = kiosk.fallback_note(contact.language, kiosk.visit.language)
    words.add_widget(Words(text=" · ".join(filter(None, (checked, note))), role="note", ink="on_card"))
    return CodeCard(words, said("Show the code"), contact)


class CodeCard(PressRow):
    """A contact's words, and at the right the way to its code; below where there is no room."""

    SIDE = 46

    def __init__(self, words: Column, call: str, contact: ContactView) -> None:
        super().__init__(
            pad=5,
            gap=5,
            spoken=f"{call}: {contact.name}",
            leads_to=Route("code", contact=contact.id),
        )
        self.fill, self.edge = "card", "card_edge"
        self._words = words
        self._sign = Icon(name="qr-code", tall=24, ink="lake_edge", tint="lake_edge")
        self._call = Words(text=call, role="label", ink="on_card", align="center")
        self._code = Column(gap=1, wide=self.SIDE)
        self._code.add_widget(self._sign)
        self._code.add_widget(self._call)
        self.add_widget(words)
        self.add_widget(self._code)

    def _beside(self, style: Style, width: int) -> bool:
        """Whether no word breaks beside the code."""
        inner = width - style.px(self.SIDE) - 2 * style.px(self.pad) - style.px(self.gap)
        texts = [part for part in self._words.walk(restrict=True) if isinstance(part, Words)]
        return max(text.least_width(style) for text in texts) + style.px(13) <= inner

    def fit(self, style: Style, width: int) -> int:
        if self._beside(style, width):
            return super().fit(style, width)
        inner = width - 2 * style.px(self.pad)
        parts = self._words.fit(style, inner) + self._code.fit(style, inner)
        return parts + style.px(self.gap) + 2 * style.px(self.pad)

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        if self._beside(style, width):
            super().place(style, x, y, width, height)
            return
        Surface.place(self, style, x, y, width, height)
        pad = style.px(self.pad)
        inner = width - 2 * pad
        tall = self._code.fit(style, inner)
        self._code.place(style, x + pad, y + pad, inner, tall)
        above = y + pad + tall + style.px(self.gap)
        self._words.place(style, x + pad, above, inner, y + height - pad - above)
        self.press_shade(style)


def not_confirmed(screen: Screen, ink: str = "on_card") -> Node:
    """The mark of what nobody has confirmed yet: a sign and words."""
    return beside(
        Icon(name="warning-circle", tall=7, wide=7, ink=ink, tint=ink),
        Words(text=screen.said("Not yet confirmed"), role="note", ink=ink),
        gap=2,
    )

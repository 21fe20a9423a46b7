"""Contacts: people who help, by kind, own embassy first. Without a destination: help at home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.screens.frame import Screen, beside, card
from kiosk.visit import Route
from kiosk.widgets.controls import WordButton
from kiosk.widgets.node import Node
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


def contact_card(screen: Screen, contact: ContactView) -> Node:
    """One contact: name, digits, what one should know before ringing, its code."""
    kiosk, said = screen.kiosk, screen.said
    parts: list[Node] = [Words(text=contact.name, ink="on_card")]
    parts.append(Words(text=contact.phone_display, role="digits", ink="on_card"))
    facts = kiosk.contact_facts(contact)
    if facts:
        parts.append(Words(text="  ·  ".join(facts), role="note", ink="on_card"))
    if contact.note:
        parts.append(Words(text=contact.note, role="note", ink="on_card"))
    if contact.marked:
        parts.append(not_confirmed(screen))
    checked = said("Source read on {date}").format(
        date=kiosk.library.format_date(contact.verified_on, kiosk.visit.language)
    )
    note = kiosk.fallback_note(contact.language, kiosk.visit.language)
    parts.append(Words(text=" · ".join(filter(None, (checked, note))), role="note", ink="on_card"))
    parts.append(
        WordButton(
            text=said("Show the code"),
            icon="qr-code",
            look="lake",
            leads_to=Route("code", contact=contact.id),
        )
    )
    return card(*parts)


def not_confirmed(screen: Screen) -> Node:
    """The mark of what nobody has confirmed yet: sign and words, on sand."""
    return card(
        beside(
            Icon(name="warning-circle", tall=7, wide=7, ink="on_sand", tint="on_sand"),
            Words(text=screen.said("Not yet confirmed"), role="note", ink="on_sand"),
            gap=2,
        ),
        look="sand",
        pad=2,
    )

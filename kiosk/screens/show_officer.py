"""Show this to an officer: a list of requests in the traveller's own language."""

from __future__ import annotations

from kiosk.screens.frame import Screen, card
from kiosk.visit import Route
from kiosk.widgets.controls import WordButton
from kiosk.widgets.words import Words


class ShowOfficerScreen(Screen):
    """Each request leads to its large card."""

    counts_as = ("topic_s/officer",)

    def build(self) -> None:
        kiosk, visit = self.kiosk, self.kiosk.visit
        iso = self.route.destination
        page = kiosk.library.officer(iso, visit.language)
        guide = kiosk.library.guide(iso, visit.language, visit.passport)
        self.tone, self.help = guide.tone, guide.help
        self.items = [Words(text=page.title, role="title"), Words(text=page.lead, ink="quiet")]
        note = kiosk.fallback_note(page.language, visit.language)
        if note:
            self.items.append(card(Words(text=note, role="note", ink="on_sand"), look="sand", pad=3))
        self.items += [
            WordButton(
                text=one.text,
                icon="chat-text",
                look="mist",
                leads_to=Route("officer_card", destination=iso, article=one.id),
            )
            for one in page.cards
        ]

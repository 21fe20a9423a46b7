"""Signs of forced labour as plain cards: pictogram, a few words, a sentence."""

from __future__ import annotations

from kiosk.screens.frame import Screen, beside, card, provenance
from kiosk.visit import Route
from kiosk.widgets.boxes import Column
from kiosk.widgets.controls import WordButton
from kiosk.widgets.words import Icon, Words


class SignsScreen(Screen):
    """The cards, and where to find a number."""

    counts_as = ("topic_s/signs",)

    def build(self) -> None:
        kiosk, visit = self.kiosk, self.kiosk.visit
        page = kiosk.library.signs(visit.language)
        self.private = True
        self.items = [Words(text=page.title, role="title"), Words(text=page.lead, ink="quiet")]
        note = kiosk.fallback_note(page.language, visit.language)
        if note:
            self.items.append(card(Words(text=note, role="note", ink="on_sand"), look="sand", pad=3))
        for sign in page.cards:
            words = Column(gap=1)
            words.add_widget(Words(text=sign.title, role="subtitle", ink="on_card"))
            words.add_widget(Words(text=sign.text, ink="on_card"))
            picture = Icon(name=sign.icon, tall=24, wide=26, ink="on_card")
            self.items.append(card(beside(picture, words, gap=5)))
        iso = self.route.destination
        self.items.append(
            WordButton(
                text=self.said("Useful numbers") if iso else self.said("Help in my own country"),
                icon="phone-call",
                look="lake",
                leads_to=Route("contacts", destination=iso),
            )
        )
        self.items += provenance(self, page)
        if iso:
            guide = kiosk.library.guide(iso, visit.language, visit.passport)
            self.tone, self.help = guide.tone, guide.help

"""One request in very large type, for an officer to read; the traveller's words below it."""

from __future__ import annotations

from kiosk.screens.frame import Screen, beside, card
from kiosk.widgets.foreign import Foreign
from kiosk.widgets.words import Icon, Words

FIRST, SECOND = 0.5, 0.16
"""Shares of the panel's height for the language that officers read, and for a second one."""


class OfficerCardScreen(Screen):
    """The request on white, nothing else that could be read instead."""

    counts_as = ("topic_s/officer",)

    def build(self) -> None:
        kiosk, visit = self.kiosk, self.kiosk.visit
        page = kiosk.library.officer(self.route.destination, visit.language)
        asked = next(one for one in page.cards if one.id == self.route.article)
        first, *others = asked.shown
        panel = kiosk.settings.panel
        high = panel.height / panel.density
        self.items = [
            card(Foreign(text=first.text, language=first.language, tall=FIRST * high), pad=8),
            *(
                card(Foreign(text=one.text, language=one.language, capital=12, tall=SECOND * high), pad=6)
                for one in others
            ),
            Words(text=asked.text, ink="quiet"),
            beside(
                Icon(name="camera", tall=12, wide=14),
                Words(text=self.said("You can take a photo of this page."), role="note"),
            ),
        ]

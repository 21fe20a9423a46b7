"""Destinations: where one is going, flag and name in one's own language."""

from __future__ import annotations

from kiosk.screens.frame import Screen
from kiosk.visit import Route
from kiosk.widgets.boxes import Grid
from kiosk.widgets.controls import Tile, WordButton
from kiosk.widgets.words import Words


class DestinationsScreen(Screen):
    """A tile for every destination that the library holds."""

    tone = "#0E4A5A"

    def build(self) -> None:
        visit = self.kiosk.visit
        self.head = [Words(text=self.said("Where are you going?"), role="title")]
        grid = Grid(most=3 if self.kiosk.settings.panel.landscape else 2)
        for card in self.kiosk.destinations():
            grid.add_widget(
                Tile(
                    text=card.name,
                    iso=card.iso,
                    note=self.kiosk.fallback_note(card.language, visit.language),
                    leads_to=Route("guide", destination=card.iso),
                )
            )
        home = WordButton(
            text=self.said("Help in my own country"),
            icon="house-line",
            look="mist",
            leads_to=Route("contacts"),
        )
        offer = self.kiosk.library.offer(visit.language)
        signs = self.kiosk.library.signs(visit.language)
        common = [
            WordButton(text=page.title, icon=icon, look="mist", leads_to=Route(screen))
            for page, icon, screen in ((offer, "list-checks", "check_offer"), (signs, "eye", "signs"))
            if page is not None
        ]
        about = WordButton(text=self.said("What is this?"), icon="info", look="mist", leads_to=Route("about"))
        self.items = [grid, *common, home, about]

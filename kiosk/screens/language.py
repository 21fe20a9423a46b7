"""Language: change it anywhere and keep the place."""

from __future__ import annotations

from kiosk.screens.frame import Screen
from kiosk.widgets.boxes import Grid
from kiosk.widgets.controls import NameTile
from kiosk.widgets.words import Words


class LanguageScreen(Screen):
    """The languages again; the place is kept underneath."""

    language_button = False

    def build(self) -> None:
        kiosk = self.kiosk
        self.head = [Words(text=self.said("Other language"), role="title")]
        grid = Grid(most=2, least=60)
        for language in kiosk.languages():
            tile = NameTile(text=language.endonym, tall=44, current=language.code == kiosk.visit.language)
            tile.language, tile.opens, tile.leads_to = language.code, False, kiosk.below(self.route)
            tile.bind(on_release=lambda tile: kiosk.change_language(tile.language))
            grid.add_widget(tile)
        self.items = [grid]

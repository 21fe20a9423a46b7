"""Start: one greeting that changes its language, and the languages in their own names."""

from __future__ import annotations

from kiosk.screens.frame import Screen
from kiosk.visit import Route
from kiosk.widgets.boxes import Grid
from kiosk.widgets.controls import NameTile, WordButton
from kiosk.widgets.words import Words

GREETING_SECONDS = 8

HIGH = 220
"""Millimetres of a panel from which on tiles may be taller than they must."""


class StartScreen(Screen):
    """The languages. Nothing is assumed about who stands here."""

    back = False
    language_button = False
    tone = "#0E4A5A"
    band_tall = 20

    def build(self) -> None:
        languages = self.kiosk.languages()
        self._greetings = [language.greeting for language in languages]
        self._seconds = 0.0
        self.greeting = Words(text=self._greetings[0], role="display")
        panel = self.kiosk.settings.panel
        wide, high = panel.landscape, panel.height / panel.density
        tall = 44 if high < HIGH else 62 if wide else 84
        grid = Grid(most=3 if wide else 2, least=60, gap=6)
        for language in languages:
            tile = NameTile(text=language.endonym, tall=tall, leads_to=Route("destinations"))
            tile.language, tile.opens = language.code, False
            tile.bind(on_release=lambda tile: self.kiosk.choose_language(tile.language))
            grid.add_widget(tile)
        about = WordButton(text=self.said("What is this?"), icon="info", look="mist", leads_to=Route("about"))
        self.head = [self.greeting]
        self.items = [
            Words(text=self.kiosk.airport_name(), role="label", ink="quiet"),
            grid,
            about,
        ]

    def tick(self, elapsed: float) -> None:
        self._seconds += elapsed
        if self._seconds >= GREETING_SECONDS and self._greetings:
            self._seconds = 0.0
            self._greetings.append(self._greetings.pop(0))
            self.greeting.text = self._greetings[0]
            place = self.greeting
            place.place(self._style, int(place.x), int(place.y), int(place.width), int(place.height))

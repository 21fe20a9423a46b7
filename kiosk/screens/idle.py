"""Idle: an opaque page with a bar that empties. One touch anywhere stays."""

from __future__ import annotations

from kiosk.screens.frame import Screen
from kiosk.screens.neutral import Curtain
from kiosk.theme import Style
from kiosk.widgets.controls import Countdown, WordButton
from kiosk.widgets.words import Icon, Words


class IdleScreen(Screen):
    """Asks whether somebody is still there. Nothing of the page below shows."""

    back = False
    tools = False
    language_button = False

    def build(self) -> None:
        self._left = self.kiosk.settings.idle_countdown_seconds
        self.bar = Countdown()
        stay = WordButton(text=self.said("I am still here"), icon="hand", look="lake")
        stay.bind(on_release=lambda *_: self.kiosk.stay())
        finish = WordButton(text=self.said("Finish"), icon="check", look="mist")
        finish.bind(on_release=lambda *_: self.kiosk.finish())
        self.curtain = Curtain(spoken=self.said("I am still here"))
        self.curtain.bind(on_release=lambda *_: self.kiosk.stay())
        self.items = [
            Icon(name="hand", tall=30, centred=False),
            Words(text=self.said("Are you still here?"), role="display"),
            Words(text=self.said("Touch the screen to stay on your page.")),
            self.bar,
            stay,
            finish,
        ]

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        # Under the buttons: a touch beside them stays as well.
        self.remove_widget(self.curtain)
        self.add_widget(self.curtain, index=len(self.children))
        self.curtain.place(style, x, y, width, height)

    def tick(self, elapsed: float) -> None:
        self._left -= elapsed
        self.bar.share = self._left / self.kiosk.settings.idle_countdown_seconds
        if self._left <= 0:
            self.kiosk.finish()

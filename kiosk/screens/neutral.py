"""The neutral page: what a quick exit leaves on the glass. It tells nothing.

It is the same page that waits for the next traveller, so nobody can tell why it
is shown.
"""

from __future__ import annotations

from kiosk.screens.frame import Screen
from kiosk.theme import Style
from kiosk.visit import START
from kiosk.widgets.controls import Band
from kiosk.widgets.node import Node
from kiosk.widgets.press import Pressable
from kiosk.widgets.words import Icon, Words

TONE = "#0E4A5A"


class Curtain(Pressable, Node):
    """The whole glass as one control."""

    rounded = False

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        self.press_shade(style)


class NeutralScreen(Screen):
    """A greeting and the airport's name. Any touch begins."""

    def build(self) -> None:
        self.greeting = Words(text="   ".join(self.kiosk.greetings()[:1]), role="display", align="center")
        self.airport = Words(text=self.kiosk.airport_name(), role="body", align="center")
        self.plane = Icon(name="airplane-takeoff", tall=60)
        self.hand = Icon(name="hand-pointing", tall=24)
        self.curtain = Curtain(leads_to=START, spoken=self.said("Begin"))

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        Node.place(self, style, x, y, width, height)
        self._style = style
        self.clear_widgets()
        self._put(Band(tone=TONE), style, x, y + height - style.px(20), width, style.px(20))
        self._put(Band(tone=TONE), style, x, y, width, style.px(20))
        middle = y + height // 2
        margin = style.px(20)
        inner = width - 2 * margin
        shown = (
            (self.plane, 30, 60),
            (self.greeting, -2, None),
            (self.airport, -24, None),
            (self.hand, -60, 24),
        )
        for part, centre, tall in shown:
            pixels = style.px(tall) if tall else part.fit(style, inner)
            self._put(
                part,
                style,
                x + margin,
                middle + style.px(abs(centre)) * (1 if centre > 0 else -1) - pixels // 2,
                inner,
                pixels,
            )
        self._put(self.curtain, style, x, y, width, height)

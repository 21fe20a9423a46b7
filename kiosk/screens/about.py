"""About: what is counted, how old this is, who wrote it.

A finger that rests on the title for five seconds opens the service screen.
"""

from __future__ import annotations

from kiosk.screens.frame import Screen, beside, card
from kiosk.visit import Route
from kiosk.widgets.press import Holdable
from kiosk.widgets.words import Icon, Words


class Title(Holdable, Words):
    """A title with a door behind it."""


class AboutScreen(Screen):
    """Plain words about the kiosk itself."""

    tone = "#0E4A5A"

    def build(self) -> None:
        kiosk, said = self.kiosk, self.said
        info = kiosk.library.info()
        newest = kiosk.library.format_date(info.newest, kiosk.visit.language)
        self.head = [Title(text=said("What is this?"), role="title", held_opens=Route("service"))]
        self.items = [
            Words(
                text=said(
                    "This screen tells you what to know before you work abroad. It is free and for everybody."
                )
            ),
            self._point(
                "shield-check",
                said("Nothing about you stays here"),
                said(
                    "We do not ask your name. What you read is not written down and not sent. "
                    "When you finish, everything is wiped."
                ),
            ),
            self._point(
                "question",
                said("What we count"),
                said("Nothing yet. If that changes, each thing that is counted will stand on this page."),
            ),
            self._point(
                "calendar-check",
                said("How old this is"),
                said("Sources last read: {date}.").format(date=newest)
                + " "
                + said("Rules change. Each page shows its date."),
            ),
            self._point(
                "translate",
                said("Languages"),
                said("The translations are drafts. A native speaker has not checked them yet."),
            ),
        ]

    def _point(self, icon: str, title: str, text: str) -> card:
        return card(
            beside(
                Icon(name=icon, tall=12, wide=12, ink="on_card"),
                Words(text=title, role="subtitle", ink="on_card"),
            ),
            Words(text=text, ink="on_card"),
        )

"""Guide: "Before you board" first, then the topics as picture and word."""

from __future__ import annotations

from kiosk.screens.frame import Screen, beside
from kiosk.visit import Route
from kiosk.widgets.boxes import Column, Grid
from kiosk.widgets.controls import Tile, WordButton
from kiosk.widgets.press import PressRow
from kiosk.widgets.words import Flag, Icon, Words

TOPIC_ICONS = {
    "before_you_go": "airplane-takeoff",
    "entry_registration": "stamp",
    "work_permit": "identification-card",
    "contract_pay": "signature",
    "housing": "house-line",
    "health": "first-aid-kit",
    "money": "money-wavy",
    "family": "users-three",
    "rights_police": "scales",
    "danger_signs": "eye",
    "getting_help": "lifebuoy",
    "return_home": "suitcase-rolling",
}


class GuideScreen(Screen):
    """One destination."""

    def build(self) -> None:
        kiosk, visit = self.kiosk, self.kiosk.visit
        guide = kiosk.library.guide(self.route.destination, visit.language, visit.passport)
        self.tone = guide.tone
        self.help = guide.help
        iso = guide.iso
        name = Words(text=guide.name, role="display")
        self.head = [beside(Flag(iso=iso, tall=12, wide=17), name, gap=5)]
        first, *others = guide.articles
        passport = WordButton(
            text=f"{self.said('Passport')}: {kiosk.passport_name(visit.passport)}",
            icon="user-circle",
            look="mist",
            leads_to=Route("passport"),
        )
        hero = PressRow(
            pad=6, gap=6, spoken=first.title, leads_to=Route("article", destination=iso, article=first.id)
        )
        hero.fill, hero.edge = "apricot", "apricot_edge"
        words = Column(gap=2)
        words.add_widget(Words(text=first.title, role="title", ink="on_apricot"))
        words.add_widget(Words(text=first.lead, role="body", ink="on_apricot"))
        hero.add_widget(Icon(name="airplane-takeoff", tall=26, wide=26, ink="on_apricot", tint="on_apricot"))
        hero.add_widget(words)
        grid = Grid(most=3 if kiosk.settings.panel.landscape else 2)
        for card in others:
            grid.add_widget(
                Tile(
                    text=card.title,
                    icon=TOPIC_ICONS[card.topic],
                    note=kiosk.fallback_note(card.language, visit.language),
                    leads_to=Route("article", destination=iso, article=card.id),
                )
            )
        grid.add_widget(
            Tile(
                text=self.said("Useful numbers"),
                icon="phone-call",
                leads_to=Route("contacts", destination=iso),
            )
        )
        finish = WordButton(text=self.said("Finish"), icon="check", look="garden")
        finish.bind(on_release=lambda *_: kiosk.finish())
        self.items = [passport, hero, grid, finish]

"""Guide: "Before you board" first, then the topics as picture and word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kiosk import speaking
from kiosk.screens.frame import Screen, beside, card
from kiosk.visit import Route
from kiosk.widgets.boxes import Column, Grid
from kiosk.widgets.controls import Tile, WordButton
from kiosk.widgets.node import Node
from kiosk.widgets.press import PressRow
from kiosk.widgets.words import Flag, Icon, Words

if TYPE_CHECKING:
    from content.library import GuideView, NoticeView

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
        self.counts_as = (f"country/{iso}",)
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
        for one in others:
            grid.add_widget(
                Tile(
                    text=one.title,
                    icon=TOPIC_ICONS[one.topic],
                    note=kiosk.fallback_note(one.language, visit.language),
                    leads_to=Route("article", destination=iso, article=one.id),
                )
            )
        for text, icon, screen in self._further(iso):
            grid.add_widget(Tile(text=text, icon=icon, leads_to=Route(screen, destination=iso)))
        finish = WordButton(text=self.said("Finish"), icon="check", look="garden")
        finish.bind(on_release=lambda *_: kiosk.finish())
        self.items = [passport, *self._notices(iso), hero, grid, *self._gaps(guide), finish]

    def _further(self, iso: str) -> Iterator[tuple[str, str, str]]:
        """What every destination has: words, picture and screen of a tile."""
        library, language = self.kiosk.library, self.kiosk.visit.language
        yield self.said("Useful numbers"), "phone-call", "contacts"
        if signs := library.signs(language):
            yield signs.title, "eye", "signs"
        if offer := library.offer(language):
            yield offer.title, "list-checks", "check_offer"
        if officer := library.officer(iso, language):
            yield officer.title, "chat-text", "show_officer"

    def _notices(self, iso: str) -> list[Node]:
        kiosk, visit = self.kiosk, self.kiosk.visit
        found = kiosk.library.notices(iso, visit.language, visit.passport, kiosk.today())
        return [self._notice(one) for one in found]

    def _notice(self, notice: NoticeView) -> Node:
        kiosk, language = self.kiosk, self.kiosk.visit.language
        day = kiosk.library.format_date(notice.until, language)
        note = kiosk.fallback_note(notice.language, language)
        words = Column(gap=2)
        words.add_widget(Words(text=notice.text, ink="on_sand"))
        until = " · ".join(filter(None, (self.said("Until {date}").format(date=day), note)))
        words.add_widget(Words(text=until, role="note", ink="on_sand"))
        sign = Icon(name="bell-ringing", tall=16, wide=18, ink="on_sand", tint="on_sand")
        return card(beside(sign, words), look="sand")

    def _gaps(self, guide: GuideView) -> list[Node]:
        """Topics without a page: said openly, with whom to ask instead."""
        known = {one.topic for one in guide.articles}
        missing = [self.said(name) for topic, name in speaking.TOPICS.items() if topic not in known]
        if not missing:
            return []
        told = self.said("We have no sure facts about: {topics}.").format(topics=", ".join(missing))
        asked = self.said("Ask one of the useful numbers.")
        return [Words(text=f"{told} {asked}", role="note", ink="quiet")]

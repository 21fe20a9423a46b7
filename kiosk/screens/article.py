"""Article: typed blocks, sources and date at the end, neighbours below."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kiosk.counts import topic_cell
from kiosk.screens.contacts import contact_card, not_confirmed
from kiosk.screens.frame import Screen, beside, card, provenance
from kiosk.screens.guide import TOPIC_ICONS
from kiosk.visit import Route
from kiosk.widgets.boxes import Column, Grid
from kiosk.widgets.controls import WordButton
from kiosk.widgets.node import Node
from kiosk.widgets.words import Icon, Words

if TYPE_CHECKING:
    from content.library import BlockView


class ArticleScreen(Screen):
    """One page of a guide, for one passport, in one language."""

    def build(self) -> None:
        kiosk, visit, said = self.kiosk, self.kiosk.visit, self.said
        iso, name = self.route.destination, self.route.article
        self.article = kiosk.library.article(iso, name, visit.language, visit.passport)
        guide = kiosk.library.guide(iso, visit.language, visit.passport)
        self.tone = guide.tone
        self.help = guide.help
        self.private = self.article.risk == "sensitive"
        self.counts_as = (f"country/{iso}", topic_cell(self.article.topic, self.article.risk))
        self.items = [self._heading()]
        note = kiosk.fallback_note(self.article.language, visit.language)
        if note:
            self.items.append(card(Words(text=note, role="note", ink="on_sand"), look="sand", pad=3))
        for block in self.article.blocks:
            self.items.extend(self._block(block))
        self.items += provenance(self, self.article)
        self.items.append(self._neighbours([card.id for card in guide.articles]))
        finish = WordButton(text=said("Finish"), icon="check", look="garden")
        finish.bind(on_release=lambda *_: kiosk.finish())
        self.items.append(finish)

    def _heading(self) -> Node:
        words = Column(gap=2)
        words.add_widget(Words(text=self.article.title, role="title"))
        words.add_widget(Words(text=self.article.lead, ink="quiet"))
        icon = Icon(name=TOPIC_ICONS[self.article.topic], tall=30, wide=30)
        return beside(icon, words, gap=5)

    def _block(self, block: BlockView) -> list[Node]:
        parts = self._makers()[block.kind](block)
        if block.marked and parts:
            parts.append(not_confirmed(self, "quiet"))
        return parts

    def _makers(self) -> dict[str, Callable[[BlockView], list[Node]]]:
        return {
            "paragraph": self._paragraph,
            "heading": self._subheading,
            "steps": self._steps,
            "bullets": self._bullets,
            "warning": self._warning,
            "do_dont": self._do_dont,
            "contact": self._contact,
            "phrase": self._phrase,
            "image": self._image,
        }

    def _paragraph(self, block: BlockView) -> list[Node]:
        return [Words(text=block.text)]

    def _subheading(self, block: BlockView) -> list[Node]:
        return [Words(text=block.text, role="subtitle")]

    def _steps(self, block: BlockView) -> list[Node]:
        return [
            beside(
                Words(text=f"{number}", role="subtitle", ink="lake_edge", wide=13),
                Words(text=text),
                gap=2,
                level=True,
            )
            for number, text in enumerate(block.items, 1)
        ]

    def _bullets(self, block: BlockView) -> list[Node]:
        return [
            beside(
                Icon(name="caret-right", tall=13, wide=9, ink="lake_edge", plain=True),
                Words(text=text),
                gap=2,
                level=True,
            )
            for text in block.items
        ]

    def _warning(self, block: BlockView) -> list[Node]:
        return [
            card(
                beside(
                    Icon(name="hand-palm", tall=14, wide=14, ink="on_sand", tint="on_sand"),
                    Words(text=block.text, ink="on_sand"),
                    gap=5,
                ),
                look="sand",
            )
        ]

    def _do_dont(self, block: BlockView) -> list[Node]:
        grid = Grid(most=2, least=100)
        sides = (
            (self.said("Do"), "check-circle", "leaf", block.do),
            (self.said("Do not"), "x-circle", "sand", block.dont),
        )
        for title, icon, look, items in sides:
            if not items:
                continue
            ink = f"on_{look}"
            head = beside(
                Icon(name=icon, tall=10, wide=10, ink=ink, tint=ink),
                Words(text=title, role="subtitle", ink=ink),
            )
            grid.add_widget(SideCard(head, *(Words(text=text, ink=ink) for text in items), look=look))
        return [grid]

    def _contact(self, block: BlockView) -> list[Node]:
        return [contact_card(self, block.contact)] if block.contact else []

    def _phrase(self, block: BlockView) -> list[Node]:
        return [
            card(
                Words(text=block.say or "", role="title", ink="on_card"),
                Words(text=block.text, ink="on_card"),
            )
        ]

    def _image(self, block: BlockView) -> list[Node]:
        return [card(Words(text=block.text, role="note", ink="on_card"))]

    def _neighbours(self, order: list[str]) -> Node:
        place = order.index(self.route.article)
        grid = Grid(most=2, least=80)
        for step, text, icon in (
            (-1, self.said("Previous"), "caret-left"),
            (1, self.said("Next"), "caret-right"),
        ):
            if 0 <= place + step < len(order):
                route = Route("article", self.route.destination, order[place + step])
                button = WordButton(text=text, icon=icon, look="mist", leads_to=route)
                button.step = True
                grid.add_widget(button)
        return grid


class SideCard(Column):
    """One side of do and do not; knows its longest word, so that no word is broken."""

    def __init__(self, *parts: Node, look: str) -> None:
        super().__init__(pad=5, gap=3)
        self.fill, self.edge = look, f"{look}_edge"
        for part in parts:
            self.add_widget(part)

    def least_width(self, style) -> int:
        """Width in pixels below which a word would break."""
        words = [part for part in self.walk(restrict=True) if isinstance(part, Words)]
        return max(part.least_width(style) for part in words) + style.px(10)

"""Check a job offer: eight questions, one at a time, ending in advice and a number.

The answers live in the visit that is on the screen. They are not stored, not counted and
not sent, and they go as soon as the check is left. That a check was opened is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.screens.contacts import contact_card
from kiosk.screens.frame import Screen, beside, card, provenance
from kiosk.widgets.boxes import Grid
from kiosk.widgets.controls import Countdown, WordButton
from kiosk.widgets.node import Node
from kiosk.widgets.words import Icon, Words

if TYPE_CHECKING:
    from content.library import OfferView, QuestionView

UNKNOWN = "unknown"


class CheckOfferScreen(Screen):
    """One question, or what follows from the answers."""

    private = True
    counts_as = ("topic/check_offer",)

    def build(self) -> None:
        kiosk, visit = self.kiosk, self.kiosk.visit
        page = kiosk.library.offer(visit.language)
        self.items = [Words(text=page.title, role="title")]
        note = kiosk.fallback_note(page.language, visit.language)
        if note:
            self.items.append(card(Words(text=note, role="note", ink="on_sand"), look="sand", pad=3))
        done = len(visit.answers)
        if done < len(page.questions):
            self.items += self._question(page, page.questions[done], done)
        else:
            self.items += self._result(page)
        if self.route.destination:
            guide = kiosk.library.guide(self.route.destination, visit.language, visit.passport)
            self.tone = guide.tone

    def _question(self, page: OfferView, question: QuestionView, done: int) -> list[Node]:
        said, kiosk = self.said, self.kiosk
        total = len(page.questions)
        bar = Countdown(share=(done + 1) / total)
        counted = said("Question {number} of {total}").format(number=done + 1, total=total)
        parts: list[Node] = [
            Words(text=f"{counted}  ·  {said('Your answers are not kept.')}", role="note", ink="quiet"),
            bar,
            beside(Icon(name=question.icon, tall=34, wide=36), Words(text=question.question, role="title")),
        ]
        for answer, word, icon in (
            ("yes", said("Yes"), "check"),
            ("no", said("No"), "x"),
            (UNKNOWN, said("I do not know"), "question"),
        ):
            button = WordButton(text=word, icon=icon, look="mist", tall=32)
            button.bind(on_release=lambda _button, answer=answer: kiosk.answer(answer))
            parts.append(button)
        if done:
            previous = WordButton(text=said("Previous"), icon="caret-left", look="card", role="label")
            previous.bind(on_release=lambda *_: kiosk.take_back())
            parts.append(previous)
        return parts

    def _result(self, page: OfferView) -> list[Node]:
        said, kiosk = self.said, self.kiosk
        answers = kiosk.visit.answers
        care = [
            question
            for question, answer in zip(page.questions, answers, strict=True)
            if answer != question.good
        ]
        look = "sand" if care else "leaf"
        ink = f"on_{look}"
        text = page.something_found if care else page.nothing_found
        sign = Icon(name="hand-palm" if care else "check-circle", tall=18, wide=20, ink=ink, tint=ink)
        parts: list[Node] = [card(beside(sign, Words(text=text, role="subtitle", ink=ink)), look=look)]
        parts += [
            card(
                beside(
                    Icon(name=question.icon, tall=18, wide=20, ink="on_card"),
                    Words(text=question.advice, ink="on_card"),
                )
            )
            for question in care
        ]
        contact = kiosk.ask_at_home()
        if contact is not None:
            parts += [Words(text=page.ask, role="subtitle"), contact_card(self, contact)]
        again = WordButton(text=said("Start again"), icon="arrow-counter-clockwise", look="mist")
        again.bind(on_release=lambda *_: kiosk.ask_again())
        finish = WordButton(text=said("Finish"), icon="check", look="garden")
        finish.bind(on_release=lambda *_: kiosk.finish())
        buttons = Grid(most=2, least=80)
        buttons.add_widget(again)
        buttons.add_widget(finish)
        return [*parts, buttons, *provenance(self, page)]

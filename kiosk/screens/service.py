"""Service: which release is here, what the agent does, what is wrong. For an operator.

Opens to a finger that rests on the title of the page about the kiosk. Says nothing about
visits. While it is open it reads again every second.
"""

from __future__ import annotations

import re
from datetime import datetime

from kiosk import __version__, speaking
from kiosk.screens.frame import Screen, beside, card
from kiosk.theme import Style
from kiosk.upkeep import Activated, Memory, Step, Upkeep, read_upkeep
from kiosk.widgets.boxes import Column, Grid
from kiosk.widgets.controls import Countdown
from kiosk.widgets.node import Node
from kiosk.widgets.words import Icon, Words

NOTHING = "—"
"""Where there is nothing to tell, in every language."""


class Fact(Column):
    """A name and what stands behind it; knows its longest word."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__(gap=1)
        self._words = (
            Words(text=name, role="note", ink="quiet"),
            Words(text=f"**{value}**", role="note", ink="on_card"),
        )
        for words in self._words:
            self.add_widget(words)

    def least_width(self, style: Style) -> int:
        """Width in pixels below which a word would break."""
        return max(words.least_width(style) for words in self._words)


class ServiceScreen(Screen):
    """Trouble first, then what happens now, then the facts."""

    tone = "#0E4A5A"

    def build(self) -> None:
        self.head = [Words(text=self.said("State of this kiosk"), role="title")]
        self._known = read_upkeep(self.kiosk.settings.data)
        self._clock = self._now()
        self.items = self._cards()

    def tick(self, _elapsed: float) -> None:
        known, clock = read_upkeep(self.kiosk.settings.data, self._known), self._now()
        if known == self._known and clock == self._clock:
            return
        self._known, self._clock = known, clock
        share = self.scroll.offset / self.scroll.reach if self.scroll.reach else 0.0
        before, self.items = self.items, self._cards()
        self.scroll.fill(self.items)
        for item in before:
            item.drop()
        self.place(self._style, int(self.x), int(self.y), int(self.width), int(self.height))
        self.scroll.go_to_share(share)

    # -- the parts

    def _cards(self) -> list[Node]:
        known, memory = self._known, self._known.memory
        cards = [self._state(memory)]
        if known.step is not None and not (memory.trouble and known.step.doing.startswith(speaking.STOPPED)):
            cards.append(self._progress(known.step))
        return [*cards, self._facts(known)]

    def _state(self, memory: Memory) -> Node:
        """What is wrong, or that nothing is."""
        said = self.said
        if not memory.there:
            return self._sign("info", "mist", said("No agent has run on this kiosk yet."))
        if not memory.readable:
            return self._sign("warning", "sand", said("What the agent noted cannot be read."))
        if memory.trouble or memory.reason:
            name = speaking.TROUBLES.get(memory.reason, speaking.TROUBLES["error"])
            return self._sign("warning", "sand", said(name), memory.trouble)
        return self._sign("check-circle", "leaf", said("No trouble"))

    def _sign(self, icon: str, look: str, title: str, text: str = "") -> Node:
        ink = f"on_{look}"
        words = Column(gap=2)
        words.add_widget(Words(text=title, role="subtitle", ink=ink))
        if text:
            words.add_widget(Words(text=text, role="note", ink=ink))
        return card(beside(Icon(name=icon, tall=14, wide=14, ink=ink, tint=ink), words, gap=5), look=look)

    def _progress(self, step: Step) -> Node:
        """What the agent does; the bar, the bytes, the rate and the time while bytes come."""
        said = self.said
        parts: list[Node] = [Words(text=self._doing(step.doing), role="subtitle", ink="on_card")]
        if step.total:
            amount = said("{done} of {total}").format(
                done=self._size(step.done), total=self._size(step.total)
            )
            told = [f"{100 * step.done // step.total} %", amount]
            if step.rate and not step.quiet:
                told.append(said("{size} a second").format(size=self._size(step.rate)))
            if step.left is not None and not step.quiet:
                told.append(said("{time} left").format(time=self._duration(step.left)))
            parts.append(Countdown(share=step.done / step.total))
            parts.append(Words(text="  ·  ".join(told), role="note", ink="on_card"))
            if step.quiet:
                quiet = said("Nothing has come for {time}.").format(time=self._duration(step.quiet))
                parts.append(Words(text=quiet, role="note", ink="on_card"))
        return card(*parts)

    def _doing(self, doing: str) -> str:
        """The agent's words in the visit's language, as far as they are known."""
        if doing.startswith(speaking.STOPPED):
            reason = doing.removeprefix(speaking.STOPPED)
            return self.said(speaking.TROUBLES.get(reason, speaking.TROUBLES["error"]))
        number = re.search(r"\d+", doing)
        known = speaking.STEPS.get(" ".join(re.sub(r"\d+", " ", doing).split()))
        if known is None:
            return doing
        return self.said(known).format(number=number.group() if number else "")

    def _facts(self, known: Upkeep) -> Node:
        said, memory = self.said, known.memory
        day = self._day(memory.day) if memory.day is not None else ""
        spent = f"{self._size(memory.spent)}, {day}" if day else NOTHING
        grid = Grid(most=3 if self.kiosk.settings.panel.landscape else 2, least=80, gap=6)
        for name, value in (
            (said("Release"), self._release(memory)),
            (said("Signed"), self._moment(memory.signed_at, NOTHING)),
            (said("Clock of this kiosk"), self._moment(self._clock)),
            (said("Asked last"), self._moment(memory.asked)),
            (said("Last success"), self._moment(memory.last_success)),
            (said("Fetched"), spent),
            (said("Free on the disk"), self._size(known.free) if known.free is not None else NOTHING),
            (said("Software"), __version__),
            (said("Airport"), self.kiosk.airport_name()),
        ):
            grid.add_widget(Fact(name, value))
        return card(grid)

    def _release(self, memory: Memory) -> str:
        """Number and channel of what is shown, and what waits behind it."""
        said = self.said
        shown = self._shown(memory)
        newest = memory.activations[0] if memory.activations else None
        text = said("Not from the centre")
        if shown is not None:
            text = said("{number}, channel {channel}").format(number=shown.release, channel=shown.channel)
        if newest is not None and newest != shown:
            waits = said("Release {number} shows as soon as nobody is here.").format(number=newest.release)
            text = f"{text}. {waits}"
        return text

    def _shown(self, memory: Memory) -> Activated | None:
        shelf = self.kiosk.shelf
        if shelf is None:
            return memory.activations[0] if memory.activations else None
        return next((one for one in memory.activations if one.number == shelf.shown.number), None)

    # -- words for numbers and times

    def _now(self) -> datetime:
        """The kiosk's clock, to the minute."""
        return datetime.now().astimezone().replace(second=0, microsecond=0)

    def _moment(self, moment: datetime | None, without: str = "") -> str:
        if moment is None:
            return without or self.said("Never")
        local = moment.astimezone()
        return f"{self._day(local)}, {local:%H:%M}"

    def _day(self, day) -> str:
        return self.kiosk.library.format_date(day, self.kiosk.visit.language)

    def _size(self, count: float) -> str:
        """Bytes in whole units: no language has to say how it writes a fraction."""
        said = self.said
        if count < 10_000_000:
            return said("{number} KB").format(number=-(-int(count) // 1_000))
        if count < 10_000_000_000:
            return said("{number} MB").format(number=int(count) // 1_000_000)
        return said("{number} GB").format(number=int(count) // 1_000_000_000)

    def _duration(self, seconds: float) -> str:
        said = self.said
        if seconds < 90:
            return said("{number} s").format(number=int(seconds))
        if seconds < 5400:
            return said("{number} min").format(number=round(seconds / 60))
        return said("{number} h").format(number=round(seconds / 3600))

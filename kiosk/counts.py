"""Anonymous counts: a visit's contribution -> the open bucket -> a sealed batch.

Promises: *nothing of a visit remains*, and *counts neither vanish nor double*. What is
counted is visits in which something happened, never taps or paths. A visit adds at most 1
to a cell; the list of what it added lives in memory and dies with it. The disk is written
only after ten further visits and an hour, all cells at once. Sensitive cells start from
noise, so that not even a thief of the disk learns of one visit.

Everything here is plain Python; the store is handed in.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

from content.library import Library
from kiosk.noise import discrete_laplace
from sync.batches import Batch, batch_body

log = logging.getLogger(__name__)

LEAST_VISITS = 10
"""Visits that a bucket needs to be sealed, and that must end between two writes."""

LEAST_SECONDS = 3600.0
"""Between two writes."""

LOOK_SECONDS = 3.0
"""A page that was open for less was passed by."""

NOISE_SCALE = 2
LONGEST = {"day": 7, "week": 28}
"""Days after which a bucket that stays below ten visits is given up."""

OTHER = "other"

MOST = {"lang": 1, "country": 2, "topic": 4, "used": 2, "daypart": 1, "length": 1}
"""Cells of one kind that a visit may add to; twelve with ``visit``, which is one."""

MOST_SENSITIVE = 3

DAYPARTS = ("00-06", "06-12", "12-18", "18-24")
LENGTHS = ((60, "under-1"), (180, "1-3"), (600, "3-10"), (float("inf"), "over-10"))
"""Seconds of a visit, and what it is called."""

USED = ("large_text", "high_contrast", "low_reach")
TOPICS = ("check_offer",)
SENSITIVE_TOPICS = ("signs", "officer")

WEEKLY = ("daypart", "length", "help_card", "hotline_code", "topic_s")
SENSITIVE = ("help_card", "hotline_code", "topic_s")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every cell that there is, by period, sorted. Nothing else is ever counted."""

    day: tuple[str, ...]
    week: tuple[str, ...]

    def cells(self, period: str) -> tuple[str, ...]:
        """The cells of a period's bucket."""
        return self.day if period == "day" else self.week


def vocabulary_of(library: Library) -> Vocabulary:
    """The cells for a release: its languages, destinations, topics and contacts."""
    countries = [card.iso for card in library.destinations("en")]
    topics, sensitive = set(TOPICS), set(SENSITIVE_TOPICS)
    for topic, risk in library.topics():
        (sensitive if risk == "sensitive" else topics).add(topic)
    day = ["visit", *_cells("lang", (one.code for one in library.languages())), *_cells("country", countries)]
    day += [*_cells("topic", topics), *(f"used/{name}" for name in USED)]
    week = [
        *(f"daypart/{name}" for name in DAYPARTS),
        *(f"length/{name}" for _, name in LENGTHS),
        "help_card",
    ]
    week += [*_cells("topic_s", sensitive), *_cells("hotline_code", library.contact_ids())]
    return Vocabulary(tuple(sorted(day)), tuple(sorted(week)))


def _cells(kind: str, values: Iterable[str]) -> list[str]:
    return [f"{kind}/{value}" for value in {*values, OTHER}]


def topic_cell(topic: str, risk: str) -> str:
    """The cell of an article, by its topic and whether it could harm its reader."""
    return f"topic_s/{topic}" if risk == "sensitive" else f"topic/{topic}"


def kind_of(cell: str) -> str:
    """``lang`` of ``lang/uz``."""
    return cell.partition("/")[0]


@dataclass(slots=True)
class Contribution:
    """What the visit that goes on will add. It lives in memory and nowhere else."""

    _languages: dict[str, float] = field(default_factory=dict)
    _seen: dict[str, None] = field(default_factory=dict)
    _seconds: float = 0.0
    _off: bool = False

    def note(self, language: str, cells: Iterable[str], seconds: float) -> None:
        """A screen was open.

        Args:
            language: the visit's language at the time; empty before one was chosen.
            cells: what the screen counts as.
            seconds: how long it was open.
        """
        self._seconds += seconds
        if language:
            self._languages[language] = self._languages.get(language, 0.0) + seconds
        for cell in cells:
            if seconds >= LOOK_SECONDS or kind_of(cell) in ("used", "country"):
                self._seen[cell] = None

    def discard(self) -> None:
        """An operator's visit is none."""
        self._off = True

    def cells(self, hour: int) -> frozenset[str]:
        """What the visit adds, each cell once, within the caps; empty if nothing happened.

        Args:
            hour: of the day, local, 0 to 23.
        """
        if self._off or not self._languages:
            return frozenset()
        language = max(self._languages, key=lambda code: self._languages[code])
        length = next(name for most, name in LENGTHS if self._seconds < most)
        chosen = ["visit", f"lang/{language}", f"daypart/{DAYPARTS[hour // 6]}", f"length/{length}"]
        left = {**MOST, "sensitive": MOST_SENSITIVE}
        for cell in self._seen:
            kind = "sensitive" if kind_of(cell) in SENSITIVE else kind_of(cell)
            if left.get(kind, 0) > 0 and kind not in ("lang", "daypart", "length"):
                left[kind] -= 1
                chosen.append(cell)
        return frozenset(chosen)


@dataclass(slots=True)
class Bucket:
    """Counts of a period that is still open."""

    period: str
    number: int
    start: date
    cells: dict[str, int]
    end: date
    days: int = 0

    @property
    def visits(self) -> int:
        """How many visits are in it. A week has no cell for that, but a part of the day for each."""
        if self.period == "day":
            return self.cells.get("visit", 0)
        return sum(count for cell, count in self.cells.items() if kind_of(cell) == "daypart")


class CountStore(Protocol):
    """Where counts lie; see ``kiosk.count_store``. Every method raises ``OSError`` where it fails."""

    def load(self, period: str) -> Bucket | None:
        """The open bucket as it was last written."""

    def number(self, period: str) -> int:
        """The number of a period's next new bucket."""

    def write(self, buckets: Iterable[Bucket]) -> None:
        """Write these open buckets, all cells of each, at once."""

    def seal(self, bucket: Bucket, body: bytes) -> None:
        """The bucket becomes a batch, and its number is used, at once."""

    def batches(self) -> list[Batch]:
        """Sealed and not yet sent."""


class Counts:
    """The open buckets of one kiosk.

    Args:
        store: where they are written; ``None`` counts nothing at all.
        vocabulary: every cell.
        today: the day that it is at least, changing at three in the morning.
        now: a clock in seconds that never jumps.
        noise: one draw for a sensitive cell.
    """

    def __init__(
        self,
        store: CountStore | None,
        vocabulary: Vocabulary,
        today: Callable[[], date],
        now: Callable[[], float],
        noise: Callable[[], int] = lambda: discrete_laplace(NOISE_SCALE, secrets.randbelow),
    ) -> None:
        self._store = store
        self._vocabulary = vocabulary
        self._today = today
        self._now = now
        self._noise = noise
        self._finished = 0
        self._written = self._tried = now()
        self._open: dict[str, Bucket] = {}
        if store is not None:
            for period in ("day", "week"):
                self._open[period] = self._load(period) or self._new(period)

    @property
    def on(self) -> bool:
        """Whether anything is counted."""
        return self._store is not None

    def use(self, vocabulary: Vocabulary) -> None:
        """Another release: its new cells come with the next bucket, until then they are ``other``."""
        self._vocabulary = vocabulary

    def add(self, cells: frozenset[str]) -> None:
        """A visit is over; this is what it adds."""
        if self._store is None or not cells:
            return
        for bucket in self._open.values():
            for cell in {self._known(bucket, cell) for cell in cells} - {""}:
                bucket.cells[cell] += 1
        self._finished += 1
        self.tick()

    def tick(self) -> None:
        """Write or seal what is due. To be called now and then while nobody is at the screen."""
        if self._store is None:
            return
        try:
            for period, bucket in list(self._open.items()):
                if self._is_over(bucket):
                    self._close(period, bucket)
            if self._finished >= LEAST_VISITS and self._now() - self._written >= LEAST_SECONDS:
                self._store.write(self._open[period] for period in sorted(self._open))
                self._note_written()
        except OSError as error:
            # Counts wait in memory; a traveller never waits for them. Once an hour is enough to say so.
            if self._now() - self._tried >= LEAST_SECONDS:
                self._tried = self._now()
                log.error("Counts cannot be written (%s). They wait in memory.", error)

    def _note_written(self) -> None:
        self._finished, self._written = 0, self._now()

    def _known(self, bucket: Bucket, cell: str) -> str:
        """The bucket's cell for this; empty if it belongs into another period."""
        if (kind_of(cell) in WEEKLY) != (bucket.period == "week"):
            return ""
        if cell in bucket.cells:
            return cell
        other = f"{kind_of(cell)}/{OTHER}"
        return other if other in bucket.cells else ""

    def _load(self, period: str) -> Bucket | None:
        assert self._store is not None
        try:
            return self._store.load(period)
        except OSError as error:
            log.error("Counts cannot be read (%s). They begin anew.", error)
            return None

    def _new(self, period: str) -> Bucket:
        assert self._store is not None
        cells = {
            cell: self._noise() if kind_of(cell) in SENSITIVE else 0
            for cell in self._vocabulary.cells(period)
        }
        today = self._today()
        return Bucket(period, self._store.number(period), today, cells, today)

    def _is_over(self, bucket: Bucket) -> bool:
        today = self._today()
        if today == bucket.end:
            return False
        # Any other day will do, also an earlier one: a clock that was set back loses no count.
        if bucket.period == "week" and _monday(today) == _monday(bucket.start):
            bucket.end = max(bucket.end, today)
            return False
        bucket.days += 1
        if bucket.visits < LEAST_VISITS and bucket.days < LONGEST[bucket.period]:
            bucket.end = today
            if bucket.visits == 0 or today < bucket.start:
                bucket.start = today
            return False
        return True

    def _close(self, period: str, bucket: Bucket) -> None:
        assert self._store is not None
        cells: Mapping[str, int] | None = bucket.cells if bucket.visits >= LEAST_VISITS else None
        start, end = sorted((bucket.start, bucket.end))
        body = batch_body(period, bucket.number, start, end, cells)
        self._store.seal(bucket, body)
        self._open[period] = self._new(period)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())

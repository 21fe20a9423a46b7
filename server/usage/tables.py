"""The tables of a period: what was counted where, and which of it is shown.

A table holds the counts of one kind of cell at one place over one span of days: a kiosk's
week, an airport's week, four weeks of all airports. A table that has parts is their sum.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from server.usage.vocabulary import THRESHOLD, VISIT, rounded

KIOSK, AIRPORT, ALL = "kiosk", "airport", "all"

OTHER = ("other", "")
"""The label of what was folded."""

Label = tuple[str, str]
"""``("named", "uz")`` or ``OTHER``: one number of a table."""


def named(value: str) -> Label:
    """The label of a value that is shown by its name."""
    return ("named", value)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where and when: a level, its airport and kiosk (or empty), the first day, whole weeks."""

    level: str
    airport: str
    kiosk: str
    first_day: date
    weeks: int

    @property
    def last_day(self) -> date:
        """The last day of the span."""
        return self.first_day + timedelta(days=7 * self.weeks - 1)

    def __str__(self) -> str:
        """For messages: ``kiosk tas-1 at TAS, 2026-11-23, 1 week``."""
        where = {KIOSK: f"kiosk {self.kiosk} at {self.airport}", AIRPORT: f"airport {self.airport}"}
        weeks = "1 week" if self.weeks == 1 else f"{self.weeks} weeks"
        return f"{where.get(self.level, 'all airports')}, {weeks} from {self.first_day}"


@dataclass(slots=True, eq=False)
class Table:
    """Counts by value, and which of them are shown.

    Attributes:
        place: where and when.
        kind: the kind of its cells.
        counts: by value, zeros included; a value that is not in it cannot occur there.
        parts: the tables whose sum this is; none for the finest.
        visits: the tables of visits that together hold the same visits; none if unknown.
        frozen: published before, nothing can be hidden any more.
        shown: values that are shown by name.
        other: what is not shown by name is shown as one sum.
        closed: that sum is hidden for the sake of another table.
    """

    place: Place
    kind: str
    counts: dict[str, int]
    parts: list[Table] = field(default_factory=list)
    visits: list[Table] = field(default_factory=list)
    frozen: bool = False
    shown: set[str] = field(default_factory=set)
    other: bool = False
    closed: bool = False

    @property
    def folded(self) -> list[str]:
        """The values that are not shown by name."""
        return [value for value in self.counts if value not in self.shown]

    @property
    def rest(self) -> int:
        """The sum of what is folded."""
        return sum(self.counts[value] for value in self.folded)

    def published(self) -> dict[Label, int]:
        """What a reader gets, rounded."""
        numbers = {named(value): rounded(self.counts[value]) for value in sorted(self.shown)}
        if self.other:
            numbers[OTHER] = rounded(self.rest)
        return numbers

    def show(self, labels: Iterable[Label]) -> None:
        """Take over what was published before."""
        labels = set(labels)
        self.shown = {value for name, value in labels if name == "named"}
        self.other = OTHER in labels
        self.frozen = True


def total_of(parts: list[Table], place: Place, kind: str) -> Table:
    """The sum of tables of one kind."""
    counts: dict[str, int] = {}
    for part in parts:
        for value, count in part.counts.items():
            counts[value] = counts.get(value, 0) + count
    return Table(place, kind, counts, parts=list(parts))


def by_threshold(table: Table) -> None:
    """Show what is ten or more, and the rest as a sum. Alone this does not protect anybody."""
    table.shown = {value for value, count in table.counts.items() if count >= THRESHOLD}
    table.other = table.kind != VISIT and table.rest >= THRESHOLD

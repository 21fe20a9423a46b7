"""What is known of a kiosk's days: the sums of its batches, and how many days they cover."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from server.usage.database import Database, as_day
from server.usage.places import Stay
from server.usage.vocabulary import KINDS, SENSITIVE, kind_of, value_of


@dataclass(slots=True)
class Count:
    """What arrived in time for one kiosk, airport or fleet and one span of days.

    Attributes:
        cells: general counts by kind and value, zeros included.
        sensitive: sums by cell, and how many draws of noise are in each.
        days: days of the span.
        counted: those that some batch covers.
    """

    cells: dict[str, dict[str, int]] = field(default_factory=dict)
    sensitive: dict[str, tuple[int, int]] = field(default_factory=dict)
    days: int = 0
    counted: int = 0

    def add(self, cell: str, number: int, draws: int) -> None:
        """One more cell."""
        kind = kind_of(cell)
        if kind in KINDS:
            values = self.cells.setdefault(kind, {})
            values[value_of(cell)] = values.get(value_of(cell), 0) + number
        elif kind in SENSITIVE:
            before = self.sensitive.get(cell, (0, 0))
            self.sensitive[cell] = (before[0] + number, before[1] + draws)

    def include(self, other: Count) -> None:
        """Add what another kiosk or airport has."""
        for kind, values in other.cells.items():
            for value, number in values.items():
                self.add(f"{kind}/{value}", number, 0)
        for cell, (number, draws) in other.sensitive.items():
            self.add(cell, number, draws)
        self.days += other.days
        self.counted += other.counted


def count(database: Database, stays: Iterable[Stay], first: date, last: date, deadline: date) -> Count:
    """What a kiosk counted in a span while it stood at one airport.

    A batch belongs to the day on which it starts.

    Args:
        database: to read.
        stays: of one kiosk at one airport.
        first: day of the span.
        last: day of the span.
        deadline: what came later stays out.
    """
    found = Count()
    for stay in stays:
        begin, end = max(first, stay.first_day), min(last, stay.last_day)
        if begin > end:
            continue
        for cell, number, draws in database.query(
            "SELECT cell, sum(n), count(*) FROM raw_counts"
            " WHERE kiosk = ? AND first_day BETWEEN ? AND ? AND received <= ? GROUP BY cell ORDER BY cell",
            stay.kiosk,
            begin,
            end,
            deadline,
        ):
            found.add(cell, int(number), draws)
        found.days += (end - begin).days + 1
        found.counted += _covered(database, stay.kiosk, begin, end, deadline)
    return found


def _covered(database: Database, kiosk: str, begin: date, end: date, deadline: date) -> int:
    days: set[date] = set()
    for start, stop in database.query(
        "SELECT first_day, last_day FROM raw_batch WHERE kiosk = ? AND period = 'day'"
        " AND first_day <= ? AND last_day >= ? AND received <= ?",
        kiosk,
        end,
        begin,
        deadline,
    ):
        day, stop = max(begin, as_day(start)), min(end, as_day(stop))
        while day <= stop:
            days.add(day)
            day += timedelta(days=1)
    return len(days)

"""Which kiosk stands at which airport, and the one grid on which each airport is shown.

A grid is one week or four. It holds for whole blocks of four weeks, the same blocks
everywhere, because a weekly and a four-weekly table of the same days would tell more
together than either does. The past does not move: what is released stays as it was placed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from server.usage.database import Database, as_day
from server.usage.errors import PlaceError

ANCHOR = date(2024, 1, 1)
"""A Monday on which a block began."""

BLOCK_WEEKS = 4
BLOCK = timedelta(weeks=BLOCK_WEEKS)

ONLINE_CUTOFF, STICK_CUTOFF = 10, 35
"""Days after its end that a period waits for batches over the network, and by courier."""

_NAME = re.compile(r"[A-Za-z0-9-]{2,20}")
_KIOSK = re.compile(r"[a-z0-9-]{3,40}")


@dataclass(frozen=True, slots=True)
class Stay:
    """A kiosk at an airport, from a day to a day."""

    kiosk: str
    airport: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Airport:
    """How an airport is shown in a block."""

    name: str
    weeks: int
    cutoff: int

    def deadline(self, last_day: date) -> date:
        """The last day on which batches of a period that ended then are still taken in."""
        return last_day + timedelta(days=self.cutoff)


def block_of(day: date) -> date:
    """The first day of the block that holds a day."""
    return day - (day - ANCHOR) % BLOCK


def set_airport(database: Database, name: str, since: date, weeks: int, cutoff: int = ONLINE_CUTOFF) -> None:
    """Say how an airport is shown, from the block that holds ``since``.

    Args:
        database: where.
        name: of the airport, as it is shown.
        since: a day; the grid holds from the first day of its block.
        weeks: 1 or 4. Four where weekly tables would show less than 70 % by name.
        cutoff: days to wait after the end of a period.

    Raises:
        PlaceError: it cannot be so, or tables of that time are released.
    """
    if not _NAME.fullmatch(name):
        raise PlaceError("An airport's name must be 2 to 20 letters, digits and -.")
    if weeks not in (1, BLOCK_WEEKS) or not 1 <= cutoff <= 60:
        raise PlaceError("The grid must be 1 or 4 weeks, the cut-off 1 to 60 days.")
    first = block_of(since)
    _check_open(database, first)
    with database.transaction():
        database.run("DELETE FROM place_airport WHERE airport = ? AND since = ?", name, first)
        database.insert("place_airport", [(name, first, weeks, cutoff)])


def place_kiosk(database: Database, kiosk: str, airport: str, since: date) -> None:
    """Say where a kiosk stands from a day on.

    Raises:
        PlaceError: there is no such airport then, or tables of that time are released.
    """
    if not _KIOSK.fullmatch(kiosk):
        raise PlaceError("The kiosk's name must be 3 to 40 of a-z, 0-9 and -.")
    if not database.query("SELECT 1 FROM place_airport WHERE airport = ? AND since <= ?", airport, since):
        raise PlaceError(f"There is no airport {airport} on {since}. Add it first, from that day or earlier.")
    _check_open(database, since)
    with database.transaction():
        database.run("DELETE FROM place_kiosk WHERE kiosk = ? AND since = ?", kiosk, since)
        database.insert("place_kiosk", [(kiosk, since, airport)])


def _check_open(database: Database, since: date) -> None:
    last = max((end for end in _released_ends(database)), default=None)
    if last is not None and since <= last:
        raise PlaceError(f"Tables up to {last} are released. Give a later day.")


def _released_ends(database: Database) -> Iterator[date]:
    rows = database.query("SELECT DISTINCT weeks, max(first_day) FROM release_table GROUP BY weeks")
    return (as_day(first) + timedelta(days=7 * weeks - 1) for weeks, first in rows)


def stays_of(database: Database) -> list[Stay]:
    """Where every kiosk stood and stands."""
    rows = database.query("SELECT kiosk, since, airport FROM place_kiosk ORDER BY kiosk, since")
    stays = []
    for number, (kiosk, since, airport) in enumerate(rows):
        last = date.max
        if number + 1 < len(rows) and rows[number + 1][0] == kiosk:
            last = as_day(rows[number + 1][1]) - timedelta(days=1)
        stays.append(Stay(kiosk, airport, as_day(since), last))
    return stays


def airports_in(database: Database, block: date) -> dict[str, Airport]:
    """The airports that there are in a block, by name."""
    rows = database.query(
        "SELECT airport, weeks, cutoff FROM place_airport WHERE since <= ? ORDER BY airport, since", block
    )
    return {name: Airport(name, weeks, cutoff) for name, weeks, cutoff in rows}

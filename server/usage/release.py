"""Publish the tables of the periods that are over, once and for ever.

*Nothing is published that the attack can see through, and nothing published ever changes.*

A period of an airport is due when its cut-off has passed; the tables of all airports are due
when the last airport's are. Due tables of a span are decided together, tried together with
everything that is published of the same block of four weeks, and written in one transaction,
or not at all. Batches that came after the cut-off stay out; how many days stand behind a
table is published with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from server.usage.attack import attack
from server.usage.batch import FORMAT
from server.usage.counting import Count, count
from server.usage.database import Database, Row, as_day
from server.usage.errors import ReleaseError
from server.usage.places import BLOCK, BLOCK_WEEKS, Airport, Stay, airports_in, block_of, stays_of
from server.usage.protect import protect
from server.usage.tables import AIRPORT, ALL, KIOSK, Label, Place, Table, total_of
from server.usage.vocabulary import KINDS, THRESHOLD, VISIT, kind_of, noise_deviation, rounded, value_of

KEPT = timedelta(weeks=13)
"""Raw counts are deleted so long after the last table that needs them."""

LONGEST_KEPT = timedelta(weeks=52)
"""Raw counts of days that no release reaches are deleted so long after they came."""

TOTAL, ABOUT = "total", "about"
"""Labels of a table's sum, and of a number that carries noise."""


@dataclass(slots=True)
class Span:
    """The tables of some days, and the places among them that are to be frozen now."""

    tables: dict[tuple[Place, str], Table] = field(default_factory=dict)
    due: dict[Place, Count] = field(default_factory=dict)

    def put(self, table: Table) -> None:
        """One more table."""
        self.tables[table.place, table.kind] = table

    def find(self, kind: str, places: Iterable[Place]) -> list[Table]:
        """The tables of a kind at these places, where there are any."""
        return [self.tables[place, kind] for place in places if (place, kind) in self.tables]


def release(database: Database, today: date) -> list[Place]:
    """Publish everything that is due.

    Returns:
        The places that were frozen now.

    Raises:
        ReleaseError: the tables of some span are not safe; they were not published, others were.
        DatabaseError: the database failed; what was not written whole was not written.
    """
    made: list[Place] = []
    failures: list[str] = []
    for first_day, stays in _blocks(database, today):
        try:
            _Block(database, first_day, stays, today).release(made)
        except ReleaseError as error:
            failures.append(str(error))
    if failures:
        raise ReleaseError("\n".join(failures))
    return made


def purge(database: Database, today: date) -> int:
    """Empty the batches that no table needs any more, and forget their hashes; how many.

    Keys stay, so that a batch that comes once more is not counted once more.
    """
    horizon = date.min
    for first_day, _ in _blocks(database, today):
        rows = database.query(
            "SELECT released FROM release_table WHERE level = ? AND first_day = ? AND weeks = ?",
            ALL,
            first_day,
            BLOCK_WEEKS,
        )
        if not rows or as_day(rows[0][0]) + KEPT > today:
            break
        horizon = first_day + BLOCK - timedelta(days=1)
    with database.transaction():
        emptied = database.run(
            "UPDATE raw_batch SET body = '', sha256 = '' WHERE (first_day <= ? OR received <= ?)"
            " AND sha256 <> '' AND format = ?",
            horizon,
            today - LONGEST_KEPT,
            FORMAT,
        )
        database.run("DELETE FROM raw_conflict WHERE received <= ?", today - KEPT)
    database.forget()
    return emptied


def _blocks(database: Database, today: date) -> Iterable[tuple[date, list[Stay]]]:
    """Every block since a kiosk was placed first, with the stays in it."""
    stays = stays_of(database)
    first = block_of(min((stay.first_day for stay in stays), default=today))
    while first <= today:
        last = first + BLOCK - timedelta(days=1)
        inside = [stay for stay in stays if stay.first_day <= last and stay.last_day >= first]
        if inside:
            yield first, inside
        first += BLOCK


class _Block:
    """Four weeks: their weekly spans, then the span of all four."""

    def __init__(self, database: Database, first_day: date, stays: Sequence[Stay], today: date) -> None:
        self._database = database
        self._first = first_day
        self._stays = stays
        self._today = today
        present = {stay.airport for stay in stays}
        airports = airports_in(database, first_day)
        self._airports = {name: one for name, one in airports.items() if name in present}
        self._weekly = all(one.weeks == 1 for one in self._airports.values())
        self._mondays = [first_day + timedelta(weeks=week) for week in range(BLOCK_WEEKS)]
        self._all = Place(ALL, "", "", first_day, BLOCK_WEEKS)
        self._frozen = _frozen(database, first_day, first_day + BLOCK)

    def release(self, made: list[Place]) -> None:
        """Publish what is due of this block, and say what was frozen."""
        if self._all in self._frozen:
            return
        month = Span()
        for monday in self._mondays:
            week = self._week(monday)
            made += self._publish(week)
            # The four weeks stand the attack together with each of their weeks.
            month.tables.update(week.tables)
        self._add_month(month)
        made += self._publish(month)

    def _week(self, monday: date) -> Span:
        """The tables of the airports on a weekly grid, and of all airports if every one is."""
        span = Span()
        counts = {}
        for airport in self._airports.values():
            place = Place(AIRPORT, airport.name, "", monday, 1)
            if airport.weeks == 1 and self._is_over(place, airport):
                counts[place] = self._add_airport(span, place, airport)
        if self._weekly and self._all_over(monday + timedelta(days=6)):
            self._add_all(span, Place(ALL, "", "", monday, 1), counts, counts)
        return span

    def _add_month(self, span: Span) -> None:
        """Four weeks: coarse kinds of every airport, and fine kinds where they are not weekly."""
        counts = {}
        for airport in self._airports.values():
            place = Place(AIRPORT, airport.name, "", self._first, BLOCK_WEEKS)
            if self._is_over(place, airport):
                counts[place] = self._add_airport(span, place, airport)
        if self._all_over(self._all.last_day):
            weeks = [place for place, _ in span.tables if place.level == AIRPORT and place.weeks == 1]
            fine = {} if self._weekly else dict.fromkeys([*counts, *weeks])
            self._add_all(span, self._all, counts, fine)

    def _is_over(self, place: Place, airport: Airport) -> bool:
        return airport.deadline(place.last_day) < self._today

    def _all_over(self, last_day: date) -> bool:
        return all(one.deadline(last_day) < self._today for one in self._airports.values())

    def _add_airport(self, span: Span, place: Place, airport: Airport) -> Count:
        """An airport's tables with those of its kiosks; what it counted in all."""
        fine = place.weeks == airport.weeks
        whole = Count()
        kiosks: list[Place] = []
        for kiosk in sorted({stay.kiosk for stay in self._stays if stay.airport == place.airport}):
            stays = [stay for stay in self._stays if (stay.kiosk, stay.airport) == (kiosk, place.airport)]
            deadline = airport.deadline(place.last_day)
            found = count(self._database, stays, place.first_day, place.last_day, deadline)
            whole.include(found)
            if fine and found.days:
                own = Place(KIOSK, place.airport, kiosk, place.first_day, place.weeks)
                kiosks.append(own)
                self._add_kiosk(span, own, found)
        for kind in KINDS.values():
            if kind.fine and fine and (parts := span.find(kind.name, kiosks)):
                span.put(total_of(parts, place, kind.name))
            elif not kind.fine and place.weeks == BLOCK_WEEKS and kind.name in whole.cells:
                table = Table(place, kind.name, whole.cells[kind.name])
                span.put(table)
        visits = self._visits(span, place)
        for kind in KINDS.values():
            for table in span.find(kind.name, [place]) if not kind.fine else ():
                table.visits = visits
        self._mark(span, place, whole)
        return whole

    def _add_kiosk(self, span: Span, place: Place, found: Count) -> None:
        for kind, values in found.cells.items():
            if KINDS[kind].fine:
                span.put(Table(place, kind, values))
        visits = span.find(VISIT, [place])
        for kind in found.cells:
            for table in span.find(kind, [place]) if kind != VISIT else ():
                table.visits = visits
        self._mark(span, place, found)

    def _visits(self, span: Span, place: Place) -> list[Table]:
        """The tables that hold the visits of an airport's four weeks."""
        if place.weeks == BLOCK_WEEKS and (own := span.find(VISIT, [place])):
            return own
        return span.find(VISIT, [Place(AIRPORT, place.airport, "", day, 1) for day in self._mondays])

    def _add_all(
        self, span: Span, place: Place, counts: Mapping[Place, Count], fine: Iterable[Place]
    ) -> None:
        """The sum of all airports; of fine kinds, of the places that ``fine`` names."""
        whole = Count()
        for found in counts.values():
            whole.include(found)
        fine = list(fine)
        for kind in KINDS.values():
            if parts := span.find(kind.name, fine if kind.fine else counts):
                span.put(total_of(parts, place, kind.name))
        self._mark(span, place, whole)

    def _mark(self, span: Span, place: Place, found: Count) -> None:
        if place not in self._frozen and found.days:
            span.due[place] = found

    def _publish(self, span: Span) -> list[Place]:
        """Decide, attack, write. Afterwards the tables are frozen."""
        tables = list(span.tables.values())
        for table in tables:
            if table.place in self._frozen and not table.frozen:
                table.show(self._frozen[table.place].get(table.kind, {}))
        if not span.due:
            return []
        protect(tables)
        rows = [row for table in tables if not table.frozen for row in _rows(table)]
        self._audit(tables, rows)
        rows += [row for place, found in span.due.items() for row in _about(place, found)]
        marks = [
            (*_where(place), self._today, found.days, found.counted) for place, found in span.due.items()
        ]
        with self._database.transaction():
            self._database.insert("release_table", marks)
            self._database.insert("release_cell", rows)
        for table in tables:
            table.frozen = True
        return sorted(span.due)

    def _audit(self, tables: Sequence[Table], rows: Sequence[Row]) -> None:
        """Try the attack on exactly what would be written, beside what was published before."""
        sights: dict[tuple[Place, str], dict[Label, int]] = {}
        for *where, kind, label, value, number in rows:
            if label != TOTAL:
                sights.setdefault((Place(*where), kind), {})[label, value] = number
        for table in tables:
            if table.frozen:
                sights[table.place, table.kind] = dict(self._frozen_sight(table))
        seen = [sights.pop((table.place, table.kind), {}) for table in tables]
        if any(sights.values()):
            raise ReleaseError(f"Numbers of no table were to be published. {NOTHING}")
        for found in attack(tables, seen, only_one=True):
            raise ReleaseError(f"{found}. {NOTHING}")

    def _frozen_sight(self, table: Table) -> Mapping[Label, int]:
        if table.place in self._frozen:
            return self._frozen[table.place].get(table.kind, {})
        return table.published()


NOTHING = "Nothing of its span is published."


def _where(place: Place) -> Row:
    return (place.level, place.airport, place.kiosk, place.first_day, place.weeks)


def _rows(table: Table) -> list[Row]:
    """What a table publishes: its numbers, and their sum."""
    where = (*_where(table.place), table.kind)
    numbers = table.published()
    rows: list[Row] = [(*where, *label, number) for label, number in numbers.items()]
    if numbers and table.kind != VISIT:
        rows.append((*where, TOTAL, "", sum(numbers.values())))
    return rows


def _about(place: Place, found: Count) -> list[Row]:
    """Sensitive cells of all kiosks over four weeks, where the noise leaves something to see."""
    if place.level != ALL or place.weeks != BLOCK_WEEKS:
        return []
    rows: list[Row] = []
    for cell, (number, draws) in found.sensitive.items():
        if number >= max(THRESHOLD, 3 * noise_deviation(draws)):
            rows.append((*_where(place), kind_of(cell), ABOUT, value_of(cell), rounded(number)))
    return rows


def _frozen(database: Database, first: date, end: date) -> dict[Place, dict[str, dict[Label, int]]]:
    """What is published of a block: numbers by place, kind and label."""
    found: dict[Place, dict[str, dict[Label, int]]] = {}
    for level, airport, kiosk, day, weeks in database.query(
        "SELECT level, airport, kiosk, first_day, weeks FROM release_table"
        " WHERE first_day >= ? AND first_day < ?",
        first,
        end,
    ):
        found[Place(level, airport, kiosk, as_day(day), weeks)] = {}
    for level, airport, kiosk, day, weeks, kind, label, value, number in database.query(
        "SELECT level, airport, kiosk, first_day, weeks, kind, label, value, n FROM release_cell"
        " WHERE first_day >= ? AND first_day < ? AND label NOT IN (?, ?)",
        first,
        end,
        TOTAL,
        ABOUT,
    ):
        kinds = found[Place(level, airport, kiosk, as_day(day), weeks)]
        kinds.setdefault(kind, {})[label, value] = number
    return found

"""Fleets with random traffic, as tables of one week."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date

from server.usage.tables import AIRPORT, ALL, KIOSK, Place, Table, total_of
from server.usage.vocabulary import VISIT

MONDAY = date(2026, 11, 23)
LANGUAGES, TOPICS, USED = 20, 40, 3


def spread(chance: random.Random, values: int, draws: int) -> list[int]:
    """Few values are frequent, many are rare (Zipf)."""
    return chance.choices(range(values), [1 / (rank + 1) ** 1.1 for rank in range(values)], k=draws)


def kiosk_tables(chance: random.Random, place: Place, visits: int) -> list[Table]:
    """What one kiosk counts in a week of so many visits."""
    all_visits = Table(place, VISIT, {"": visits})
    lang = Table(place, "lang", dict.fromkeys((f"l{n}" for n in range(LANGUAGES)), 0))
    topic = Table(place, "topic", dict.fromkeys((f"t{n}" for n in range(TOPICS)), 0))
    used = Table(place, "used", dict.fromkeys((f"u{n}" for n in range(USED)), 0))
    favourite = list(range(LANGUAGES))
    chance.shuffle(favourite)
    for value in spread(chance, LANGUAGES, visits):
        lang.counts[f"l{favourite[value] if chance.random() < 0.3 else value}"] += 1
    for _ in range(visits):
        for value in set(spread(chance, TOPICS, chance.randint(0, 4))):
            topic.counts[f"t{value}"] += 1
        if chance.random() < 0.1:
            used.counts[f"u{chance.randrange(USED)}"] += 1
    for table in (lang, topic, used):
        table.visits = [all_visits]
    return [all_visits, lang, topic, used]


def fleet(
    chance: random.Random, airports: int, kiosks: Callable[[random.Random], int], visits: int
) -> list[Table]:
    """All tables of a week: of kiosks, airports, and all airports."""
    made: list[Table] = []
    sums: dict[str, list[Table]] = {}
    for airport in range(airports):
        name = f"A{airport}"
        parts: dict[str, list[Table]] = {}
        for kiosk in range(kiosks(chance)):
            place = Place(KIOSK, name, f"{name.lower()}-{kiosk}", MONDAY, 1)
            number = max(10, int(chance.gammavariate(2, visits / 2)))
            for table in kiosk_tables(chance, place, number):
                parts.setdefault(table.kind, []).append(table)
        for kind, tables in parts.items():
            whole = total_of(tables, Place(AIRPORT, name, "", MONDAY, 1), kind)
            made += [*tables, whole]
            sums.setdefault(kind, []).append(whole)
    made += [total_of(tables, Place(ALL, "", "", MONDAY, 1), kind) for kind, tables in sums.items()]
    return made

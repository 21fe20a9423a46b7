"""Nothing of a visit remains, and counts neither vanish nor double: the kiosk's side."""

from __future__ import annotations

import json
import math
import random
import re
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.count_store import SqliteCounts
from kiosk.counts import LEAST_SECONDS, LEAST_VISITS, Contribution, Counts, Vocabulary, kind_of, vocabulary_of
from kiosk.noise import discrete_laplace
from sync.batches import LENGTH
from tests.kiosk.app import library

VOCABULARY = Vocabulary(
    day=(
        *("country/KZ", "country/RU", "country/other", "lang/en", "lang/other", "lang/uz"),
        *("topic/check_offer", "topic/housing", "topic/other", "used/large_text", "visit"),
    ),
    week=(
        *("daypart/00-06", "daypart/06-12", "daypart/12-18", "daypart/18-24", "help_card"),
        *("hotline_code/other", "hotline_code/ru-emergency"),
        *("length/1-3", "length/3-10", "length/over-10", "length/under-1"),
        *("topic_s/danger_signs", "topic_s/other", "topic_s/signs"),
    ),
)


class Desk:
    """A kiosk's counts with a calendar and a clock to set, and noise that is none."""

    def __init__(self, folder: Path, noise: Callable[[], int] = lambda: 0) -> None:
        self.path = folder / "counts.sqlite"
        self.day = date(2026, 11, 25)
        self.seconds = 0.0
        self.noise = noise
        self.counts = self.start()

    def start(self) -> Counts:
        """Switch the kiosk on."""
        store = SqliteCounts(self.path, epoch=lambda: "00" * 8)
        self.counts = Counts(store, VOCABULARY, lambda: self.day, lambda: self.seconds, self.noise)
        return self.counts

    def visits(self, *visits: frozenset[str]) -> None:
        """Visits end, one after another."""
        for one in visits:
            self.counts.add(one)

    def hour_later(self) -> None:
        """Time enough for a write."""
        self.seconds += LEAST_SECONDS
        self.counts.tick()

    def sealed(self) -> list[dict[str, object]]:
        """The batches' values."""
        return [json.loads(batch.body) for batch in SqliteCounts(self.path).batches()]


def visit(*cells: str, language: str = "uz") -> frozenset[str]:
    """A visit's cells."""
    return frozenset({"visit", f"lang/{language}", "daypart/06-12", "length/1-3", *cells})


PLAIN = visit("country/RU")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# -- A9.5 minimum


def test_nine_visits_leave_nothing_on_the_disk(desk: Desk) -> None:
    desk.visits(*[PLAIN] * (LEAST_VISITS - 1))
    desk.hour_later()
    desk.day += timedelta(days=1)
    desk.counts.tick()
    assert not desk.path.exists() and desk.sealed() == []


def test_the_tenth_visit_opens_the_gate(desk: Desk) -> None:
    desk.visits(*[PLAIN] * 9)
    desk.day += timedelta(days=1)
    desk.counts.tick()
    assert desk.sealed() == []
    desk.visits(PLAIN)
    assert not desk.path.exists(), "the bucket that runs on is of this day now"
    desk.day += timedelta(days=1)
    desk.counts.tick()
    (batch,) = desk.sealed()
    assert batch["period"] == "day" and batch["cells"]["visit"] == 10
    assert (batch["start"], batch["end"]) == ("2026-11-25", "2026-11-26")


def test_two_writes_are_ten_visits_and_an_hour_apart(desk: Desk) -> None:
    desk.visits(*[PLAIN] * 15)
    assert not desk.path.exists(), "not an hour yet"
    desk.hour_later()
    first = desk.path.read_bytes()
    desk.visits(*[PLAIN] * 9)
    desk.hour_later()
    assert desk.path.read_bytes() == first, "nine more are too few"
    desk.visits(PLAIN)
    second = desk.path.read_bytes()
    assert second != first
    desk.visits(*[PLAIN] * 30)
    assert desk.path.read_bytes() == second, "not an hour yet"


def test_the_time_of_the_file_says_the_day_at_most(desk: Desk) -> None:
    desk.visits(*[PLAIN] * 10)
    desk.hour_later()
    assert desk.path.stat().st_mtime % 86400 == 0


# -- A9.2 and A9.3 order and pairing

CHOICES = st.lists(
    st.sets(
        st.sampled_from(
            ["country/RU", "country/KZ", "topic/housing", "help_card", "topic_s/signs", "used/large_text"]
        ),
        max_size=4,
    ),
    min_size=10,
    max_size=40,
)


def files_of(histories: list[list[frozenset[str]]]) -> list[tuple[bytes, list[bytes]]]:
    """What each history leaves on the disk: the file, and the bodies of its batches."""
    found = []
    for history in histories:
        folder = Path(tempfile.mkdtemp())
        try:
            desk = Desk(folder)
            desk.visits(*history)
            desk.hour_later()
            written = desk.path.read_bytes()
            desk.day += timedelta(days=7)
            desk.counts.tick()
            bodies = [batch.body for batch in SqliteCounts(desk.path).batches()]
            found.append((written + desk.path.read_bytes(), bodies))
        finally:
            shutil.rmtree(folder)
    return found


@settings(deadline=None, max_examples=25)
@given(CHOICES, st.randoms(use_true_random=False))
def test_any_order_of_visits_leaves_the_same_bytes(chosen: list[set[str]], chance: random.Random) -> None:
    history = [visit(*cells) for cells in chosen]
    shuffled = history[:]
    chance.shuffle(shuffled)
    first, second = files_of([history, shuffled])
    assert first == second


@settings(deadline=None, max_examples=25)
@given(CHOICES, st.randoms(use_true_random=False))
def test_who_did_what_with_what_leaves_no_trace(chosen: list[set[str]], chance: random.Random) -> None:
    """The same totals, other people: each cell is dealt anew among the visits."""
    history = [set(cells) for cells in chosen]
    dealt: list[set[str]] = [set() for _ in history]
    for cell in sorted({cell for cells in history for cell in cells}):
        for index in chance.sample(range(len(history)), sum(cell in cells for cells in history)):
            dealt[index].add(cell)
    first, second = files_of([[visit(*cells) for cells in one] for one in (history, dealt)])
    assert first == second


# -- A9.4 sensitivity


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "uz", "en"]),
            st.lists(st.sampled_from([*VOCABULARY.day, *VOCABULARY.week]), max_size=5),
            st.floats(0, 400),
        ),
        max_size=60,
    ),
    st.integers(0, 23),
)
def test_a_thousand_taps_add_at_most_one_to_a_cell_and_twelve_in_all(
    screens: list[tuple[str, list[str], float]], hour: int
) -> None:
    contribution = Contribution()
    for language, cells, seconds in screens * 17:
        contribution.note(language, cells, seconds)
    cells = contribution.cells(hour)
    kinds = Counter(kind_of(cell) for cell in cells)
    sensitive = sum(kinds[kind] for kind in ("help_card", "hotline_code", "topic_s"))
    assert len(cells) - sensitive <= 12 and sensitive <= 3
    assert kinds["lang"] <= 1 and kinds["country"] <= 2 and kinds["topic"] <= 4 and kinds["used"] <= 2
    if not any(language for language, _, _ in screens):
        assert not cells


def test_a_page_that_was_passed_by_is_not_counted() -> None:
    contribution = Contribution()
    contribution.note("uz", ["topic/housing"], 2.9)
    contribution.note("uz", ["topic_s/signs"], 3.0)
    assert {cell for cell in contribution.cells(8) if kind_of(cell).startswith("topic")} == {"topic_s/signs"}


def test_the_language_is_the_one_that_was_used_longest() -> None:
    contribution = Contribution()
    contribution.note("en", [], 10)
    contribution.note("uz", [], 30)
    contribution.note("en", [], 15)
    assert "lang/uz" in contribution.cells(8) and "lang/en" not in contribution.cells(8)


def test_an_operators_visit_is_not_counted() -> None:
    contribution = Contribution()
    contribution.note("uz", ["country/RU"], 30)
    contribution.discard()
    assert contribution.cells(8) == frozenset()


# -- A9.6 noise

DRAWS = 100_000


def test_the_noise_has_exactly_the_law_that_is_claimed() -> None:
    """Chi-square against P(k) = tanh(1/2b) exp(-|k|/b), b = 2; the random source is seeded here."""
    chance = random.Random(20261125)
    drawn = Counter(discrete_laplace(2, chance.randrange) for _ in range(DRAWS))
    head = (1 - math.exp(-0.5)) / (1 + math.exp(-0.5))
    expected = {k: DRAWS * head * math.exp(-abs(k) / 2) for k in range(-12, 13)}
    square = sum((drawn[k] - expected[k]) ** 2 / expected[k] for k in expected)
    assert square < 52.6, square  # the 99.95th percentile for 25 cells


def test_one_event_more_changes_no_likelihood_by_more_than_is_claimed() -> None:
    chance = random.Random(7)
    five = Counter(5 + discrete_laplace(2, chance.randrange) for _ in range(DRAWS))
    six = Counter(6 + discrete_laplace(2, chance.randrange) for _ in range(DRAWS))
    worst = 0.0
    for value in five.keys() & six.keys():
        if min(five[value], six[value]) >= 500:
            error = 3 * math.sqrt(1 / five[value] + 1 / six[value])
            worst = max(worst, abs(math.log(five[value] / six[value])) - error)
    assert worst <= 0.5, worst


def test_noise_is_drawn_once_for_a_bucket_and_no_true_count_is_kept(tmp_path: Path) -> None:
    draws = iter(range(100, 200))
    desk = Desk(tmp_path, noise=lambda: next(draws))
    desk.visits(*[visit("help_card")] * 10)
    desk.hour_later()
    desk.start()
    desk.visits(*[visit("help_card")] * 5)
    desk.day += timedelta(days=7)
    desk.counts.tick()
    (week,) = (one for one in desk.sealed() if one["period"] == "week")
    assert week["cells"]["help_card"] == 100 + 15, "one draw, before and after the restart"
    assert all(
        week["cells"][cell] >= 100 for cell in week["cells"] if kind_of(cell) in ("hotline_code", "topic_s")
    )
    day = next(one for one in desk.sealed() if one["period"] == "day")
    assert "help_card" not in day["cells"]


def test_the_noise_comes_from_the_systems_random_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kiosk import counts

    asked = []
    real = counts.secrets.randbelow
    monkeypatch.setattr(counts.secrets, "randbelow", lambda top: asked.append(top) or real(top))
    Counts(SqliteCounts(tmp_path / "c"), VOCABULARY, date.today, lambda: 0.0)
    assert len(asked) >= sum(
        kind_of(cell) in ("help_card", "hotline_code", "topic_s") for cell in VOCABULARY.week
    )


# -- A9.1 schema

FORBIDDEN = re.compile(
    r"(^|_)(visit_id|sess\w*|uuid|ts|time\w*|seq\w*|path|ip|mac|user\w*|query|text|stamp)($|_)"
)


def test_the_tables_have_no_place_for_a_visit(desk: Desk) -> None:
    desk.visits(*[PLAIN] * 10)
    desk.hour_later()
    connection = sqlite3.connect(desk.path)
    tables = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall())
    assert set(tables) == {"book", "bucket", "counts", "sealed"}
    for name, sql in tables.items():
        assert "WITHOUT ROWID" in sql and "AUTOINCREMENT" not in sql.upper(), name
        for column in connection.execute(f"PRAGMA table_info({name})").fetchall():
            assert not FORBIDDEN.search(column[1]), column
            assert column[2] in ("TEXT", "INTEGER", "BLOB")
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
    connection.close()
    assert [path.name for path in desk.path.parent.iterdir()] == ["counts.sqlite"]


def test_every_cell_is_there_from_the_start(desk: Desk) -> None:
    desk.visits(*[PLAIN] * 10)
    desk.hour_later()
    connection = sqlite3.connect(desk.path)
    cells = [row[0] for row in connection.execute("SELECT cell FROM counts").fetchall()]
    assert sorted(cells) == sorted([*VOCABULARY.day, *VOCABULARY.week])
    assert {len(row[0]) for row in connection.execute("SELECT n FROM counts").fetchall()} == {8}
    connection.close()


def test_what_was_sealed_is_overwritten_on_the_disk(desk: Desk) -> None:
    desk.visits(*[visit("country/KZ")] * 10)
    desk.hour_later()
    assert b"country/KZ" in desk.path.read_bytes()
    desk.day += timedelta(days=7)
    desk.counts.tick()
    connection = sqlite3.connect(desk.path)
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("DELETE FROM sealed")
    connection.commit()
    connection.close()
    assert b"country/KZ" not in desk.path.read_bytes()


# -- A9.9 wire, as far as the kiosk decides it


def test_a_quiet_day_and_a_busy_one_look_the_same(tmp_path: Path) -> None:
    lengths = set()
    for name, number in (("a", 10), ("b", 1000)):
        (tmp_path / name).mkdir()
        desk = Desk(tmp_path / name)
        desk.visits(*[PLAIN] * number)
        desk.day += timedelta(days=7)
        desk.counts.tick()
        lengths |= {len(batch.body) for batch in SqliteCounts(desk.path).batches()}
    (tmp_path / "c").mkdir()
    desk = Desk(tmp_path / "c")
    desk.visits(PLAIN)
    for _ in range(40):
        desk.day += timedelta(days=1)
        desk.counts.tick()
    lengths |= {len(batch.body) for batch in SqliteCounts(desk.path).batches()}
    assert lengths == {LENGTH}


def test_a_bucket_that_stays_small_tells_only_that(desk: Desk) -> None:
    desk.visits(*[PLAIN] * 3)
    for _ in range(8):
        desk.day += timedelta(days=1)
        desk.counts.tick()
    (batch,) = desk.sealed()
    assert batch["below"] is True and batch["cells"] == {}


# -- clocks, restarts, disks


def test_a_clock_that_jumps_both_ways_loses_no_visit(desk: Desk) -> None:
    total = 0
    for jump in (0, 4000, -8000, 4000, 1, -1, 30, -365, 365 * 11, -365 * 11):
        desk.day += timedelta(days=jump)
        desk.counts.tick()
        desk.visits(*[PLAIN] * 12)
        total += 12
    desk.day += timedelta(days=1)
    desk.counts.tick()
    days = [one for one in desk.sealed() if one["period"] == "day"]
    assert sum(one["cells"]["visit"] for one in days) == total
    assert [one["number"] for one in days] == list(range(1, len(days) + 1)), "no number twice, no gap"
    assert all(one["start"] <= one["end"] for one in days)


def test_a_restart_goes_on_from_what_was_written(desk: Desk) -> None:
    desk.visits(*[PLAIN] * 12)
    desk.hour_later()
    desk.visits(*[PLAIN] * 5)
    desk.start()
    desk.visits(*[PLAIN] * 10)
    desk.day += timedelta(days=1)
    desk.counts.tick()
    assert desk.sealed()[0]["cells"]["visit"] == 22, "the five after the last write are lost, and only they"


def test_a_full_disk_costs_no_count_and_no_traveller(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> None:
        raise OSError("no space left")

    for name in ("write", "seal"):
        monkeypatch.setattr(SqliteCounts, name, full)
    desk.visits(*[PLAIN] * 20)
    desk.hour_later()
    desk.day += timedelta(days=1)
    desk.visits(*[PLAIN] * 20)
    monkeypatch.undo()
    desk.counts.tick()
    assert desk.sealed()[0]["cells"]["visit"] == 40


def test_a_damaged_file_begins_a_new_epoch(desk: Desk) -> None:
    desk.visits(*[PLAIN] * 10)
    desk.hour_later()
    desk.path.write_bytes(b"garbage" * 1000)
    desk.start()
    desk.visits(*[PLAIN] * 10)
    desk.day += timedelta(days=1)
    desk.counts.tick()
    assert desk.sealed()[0]["cells"]["visit"] == 10
    assert desk.path.with_name("counts.sqlite.broken").exists()


def test_two_installations_never_share_a_key(tmp_path: Path) -> None:
    epochs = set()
    today = [date(2026, 11, 25)]
    for name in ("a", "b"):
        store = SqliteCounts(tmp_path / name / "counts.sqlite")
        counts = Counts(store, VOCABULARY, lambda: today[0], lambda: 0.0)
        for _ in range(10):
            counts.add(PLAIN)
        today[0] += timedelta(days=1)
        counts.tick()
        epochs |= {batch.epoch for batch in store.batches()}
    assert len(epochs) == 2 and all(re.fullmatch("[0-9a-f]{16}", epoch) for epoch in epochs)


def test_a_new_release_in_the_middle_of_a_bucket_counts_as_other(desk: Desk) -> None:
    desk.visits(*[PLAIN] * 10)
    desk.counts.use(Vocabulary((*VOCABULARY.day, "country/JP"), VOCABULARY.week))
    desk.visits(visit("country/JP"))
    desk.day += timedelta(days=1)
    desk.counts.tick()
    assert desk.sealed()[0]["cells"]["country/other"] == 1
    desk.visits(*[visit("country/JP")] * 10)
    desk.day += timedelta(days=1)
    desk.counts.tick()
    assert desk.sealed()[1]["cells"]["country/JP"] == 10


def test_switched_off_nothing_is_counted_at_all(tmp_path: Path) -> None:
    counts = Counts(None, VOCABULARY, date.today, lambda: 0.0)
    counts.add(PLAIN)
    counts.tick()
    assert not counts.on and list(tmp_path.iterdir()) == []


def test_the_vocabulary_of_the_guides_that_ship() -> None:
    vocabulary = vocabulary_of(library())
    assert {"visit", "country/RU", "country/other", "lang/uz-Cyrl", "topic/housing"} <= set(vocabulary.day)
    assert {"help_card", "topic_s/danger_signs", "hotline_code/ru-police", "topic_s/signs"} & set(
        vocabulary.week
    )
    assert not any(kind_of(cell) in ("help_card", "hotline_code", "topic_s") for cell in vocabulary.day)
    assert len(json.dumps(dict.fromkeys(vocabulary.week, -10_000))) < LENGTH - 200, "a body fits its length"

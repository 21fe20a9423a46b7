"""The release job: what it publishes, when, and that it publishes nothing where it is not sure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from server.usage import release as job
from server.usage.database import Database, as_day
from server.usage.errors import DatabaseError, PlaceError, ReleaseError
from server.usage.ingest import Outcome, receive
from server.usage.places import block_of, place_kiosk, set_airport
from server.usage.release import purge, release
from server.usage.tables import Place, Table, by_threshold
from server.usage.vocabulary import noise_deviation
from tests.server.batches import EPOCH, send, sums, visits
from tests.server.fleets import kiosk_tables

BLOCK = date(2026, 11, 2)
MONDAYS = [BLOCK + timedelta(weeks=week) for week in range(4)]
AFTER_WEEK = BLOCK + timedelta(days=6 + 11)
AFTER_BLOCK = BLOCK + timedelta(days=27 + 11)


def test_the_block_of_these_tests_is_one():
    assert block_of(BLOCK) == BLOCK and block_of(BLOCK + timedelta(days=27)) == BLOCK


def open_airports(
    database: Database, kiosks: dict[str, Sequence[str]], weeks: int = 1, cutoff: int = 10
) -> None:
    """Airports with their kiosks, since the block began."""
    for name, ones in kiosks.items():
        set_airport(database, name, BLOCK, weeks, cutoff)
        for kiosk in ones:
            place_kiosk(database, kiosk, name, BLOCK)


def week_of(database: Database, kiosk: str, monday: date, **cells: int) -> None:
    """All counts of a week in one batch of its Monday, and six quiet days."""
    number = (monday - BLOCK).days // 7 * 7 + 1
    send(database, visits(**cells), kiosk, f"day-{number}", monday)
    for day in range(1, 7):
        send(database, None, kiosk, f"day-{number + day}", monday + timedelta(days=day))


def table(
    database: Database, where: str, monday: date = BLOCK, weeks: int = 1, at: str = ""
) -> dict[str, int]:
    """What is published of a place: ``lang/uz`` and so on; ``lang+`` is the rest, ``lang=`` the sum."""
    level = "all" if where == "" else "kiosk" if "-" in where else "airport"
    rows = database.query(
        "SELECT kind, label, value, n, airport, kiosk FROM release_cell"
        " WHERE level = ? AND first_day = ? AND weeks = ?",
        level,
        monday,
        weeks,
    )
    marks = {"named": "/", "other": "+", "total": "=", "about": "~"}
    return {
        f"{kind}{marks[label]}{value}".rstrip("/"): number
        for kind, label, value, number, airport, kiosk in rows
        if where in (airport, kiosk) and at in ("", airport)
    }


def test_a_week_is_published_after_its_cut_off_and_at_every_level(database: Database):
    open_airports(database, {"TAS": ["tas-1", "tas-2"], "SKD": ["skd-1"]})
    week_of(database, "tas-1", BLOCK, number=60, lang_uz=31, lang_ru=14, lang_tg=15)
    week_of(database, "tas-2", BLOCK, number=51, lang_uz=21, lang_ru=14, lang_tg=16)
    week_of(database, "skd-1", BLOCK, number=70, lang_uz=32, lang_ru=22, lang_tg=16)
    assert release(database, AFTER_WEEK - timedelta(days=1)) == []
    made = release(database, AFTER_WEEK)
    assert [(one.level, one.airport, one.kiosk) for one in made if one.first_day == BLOCK] == [
        ("airport", "SKD", ""),
        ("airport", "TAS", ""),
        ("all", "", ""),
        ("kiosk", "SKD", "skd-1"),
        ("kiosk", "TAS", "tas-1"),
        ("kiosk", "TAS", "tas-2"),
    ]
    assert table(database, "tas-1") == {
        "visit": 60,
        "lang/uz": 30,
        "lang/ru": 15,
        "lang/tg": 15,
        "lang=": 60,
    }
    assert table(database, "TAS") == {
        "visit": 110,
        "lang/uz": 50,
        "lang/ru": 30,
        "lang/tg": 30,
        "lang=": 110,
    }
    assert table(database, "")["visit"] == 180 and table(database, "")["lang/uz"] == 85
    assert database.query(
        "SELECT days, counted FROM release_table WHERE kiosk = 'tas-1' AND first_day = ?", BLOCK
    ) == [(7, 7)]


def everything(database: Database) -> list[Any]:
    """All that is released, in an order."""
    rows = database.query("SELECT * FROM release_table") + database.query("SELECT * FROM release_cell")
    return sorted(map(str, rows))


def test_what_is_published_never_changes_and_what_came_late_stays_out(database: Database):
    open_airports(database, {"TAS": ["tas-1"]})
    week_of(database, "tas-1", BLOCK, number=60, lang_uz=31, lang_ru=29)
    late = visits(500, lang_uz=500)
    send(database, late, bucket="day-90", start=BLOCK, received=BLOCK + timedelta(days=6 + 11))
    assert release(database, AFTER_WEEK)
    before = everything(database)
    assert table(database, "tas-1")["visit"] == 60
    send(database, late, bucket="day-91", start=BLOCK, received=AFTER_WEEK)
    for days in range(3):
        assert release(database, AFTER_WEEK + timedelta(days=days)) == []
    assert everything(database) == before
    assert release(database, AFTER_BLOCK)
    assert set(before) < set(everything(database))
    # The same whether the job ran in time or weeks later.
    assert table(database, "tas-1")["visit"] == 60


def test_a_job_that_slept_publishes_what_it_would_have(database: Database):
    open_airports(database, {"TAS": ["tas-1"]})
    for monday in MONDAYS:
        week_of(database, "tas-1", monday, number=60, lang_uz=31, lang_ru=29, country_RU=22, country_KZ=14)
    send(database, visits(500), bucket="day-91", start=BLOCK, received=AFTER_WEEK)
    made = release(database, AFTER_BLOCK + timedelta(days=200))
    assert {(one.level, one.weeks) for one in made} >= {
        ("kiosk", 1),
        ("airport", 1),
        ("airport", 4),
        ("all", 4),
    }
    assert [table(database, "tas-1", monday)["visit"] for monday in MONDAYS] == [60] * 4
    assert table(database, "TAS", weeks=4) == {"country/RU": 90, "country/KZ": 55, "country=": 145}


def test_a_gap_is_published_with_the_table(database: Database):
    open_airports(database, {"TAS": ["tas-1", "tas-2"]})
    send(database, visits(40), "tas-1", "day-1", BLOCK, days=2)
    send(database, visits(40), "tas-1", "day-3", BLOCK + timedelta(days=5))
    release(database, AFTER_WEEK)
    rows = database.query(
        "SELECT level, kiosk, days, counted FROM release_table WHERE first_day = ? ORDER BY level, kiosk",
        BLOCK,
    )
    assert rows == [
        ("airport", "", 14, 3),
        ("all", "", 14, 3),
        ("kiosk", "tas-1", 7, 3),
        ("kiosk", "tas-2", 7, 0),
    ]


def test_four_weeks_are_one_table_where_the_grid_says_so(database: Database):
    open_airports(database, {"TAS": ["tas-1", "tas-2"]}, weeks=4)
    for monday in MONDAYS:
        for kiosk in ("tas-1", "tas-2"):
            week_of(database, kiosk, monday, number=14, lang_uz=8, lang_ru=6)
    assert release(database, AFTER_BLOCK - timedelta(days=1)) == []
    made = release(database, AFTER_BLOCK)
    assert {one.weeks for one in made} == {4} and len(made) == 4
    assert table(database, "tas-1", weeks=4) == {"visit": 55, "lang/uz": 30, "lang/ru": 25, "lang=": 55}
    assert table(database, "", weeks=4)["visit"] == 110


def test_one_grid_for_each_kind_and_never_both(database: Database):
    """One airport by the week, one by four: all airports together only by four."""
    open_airports(database, {"TAS": ["tas-1"]}, weeks=1)
    open_airports(database, {"SKD": ["skd-1"]}, weeks=4)
    for monday in MONDAYS:
        for kiosk in ("tas-1", "skd-1"):
            week_of(database, kiosk, monday, number=60, lang_uz=31, lang_ru=29, country_RU=22, country_KZ=17)
    release(database, AFTER_BLOCK)
    spans = database.query(
        "SELECT DISTINCT level, airport, weeks, kind FROM release_cell WHERE label = 'named'"
        " ORDER BY 1, 2, 3, 4"
    )
    assert spans == [
        ("airport", "SKD", 4, "country"),
        ("airport", "SKD", 4, "lang"),
        ("airport", "SKD", 4, "visit"),
        ("airport", "TAS", 1, "lang"),
        ("airport", "TAS", 1, "visit"),
        ("airport", "TAS", 4, "country"),
        ("all", "", 4, "country"),
        ("all", "", 4, "lang"),
        ("all", "", 4, "visit"),
        ("kiosk", "SKD", 4, "lang"),
        ("kiosk", "SKD", 4, "visit"),
        ("kiosk", "TAS", 1, "lang"),
        ("kiosk", "TAS", 1, "visit"),
    ]
    assert table(database, "", weeks=4)["visit"] == 480


def test_all_airports_wait_for_the_slowest_stick(database: Database):
    open_airports(database, {"TAS": ["tas-1"]}, cutoff=10)
    open_airports(database, {"SKD": ["skd-1"]}, cutoff=35)
    for kiosk in ("tas-1", "skd-1"):
        week_of(database, kiosk, BLOCK, number=60, lang_uz=31, lang_ru=29)
    assert {one.airport for one in release(database, AFTER_WEEK)} == {"TAS"}
    made = release(database, BLOCK + timedelta(days=6 + 36))
    assert [(one.level, one.airport) for one in made if (one.first_day, one.weeks) == (BLOCK, 1)] == [
        ("airport", "SKD"),
        ("all", ""),
        ("kiosk", "SKD"),
    ]
    assert table(database, "")["visit"] == 120


def test_a_kiosk_that_moves_counts_at_each_airport_for_its_days(database: Database):
    open_airports(database, {"TAS": ["kiosk-1", "tas-2"], "SKD": ["skd-1"]})
    place_kiosk(database, "kiosk-1", "SKD", BLOCK + timedelta(days=3))
    send(database, visits(40, lang_uz=20, lang_ru=20), "kiosk-1", "day-1", BLOCK, days=3)
    send(database, visits(25, lang_uz=13, lang_ru=12), "kiosk-1", "day-2", BLOCK + timedelta(days=3))
    week_of(database, "tas-2", BLOCK, number=60, lang_uz=31, lang_ru=29)
    week_of(database, "skd-1", BLOCK, number=30, lang_uz=15, lang_ru=15)
    release(database, AFTER_WEEK)
    assert table(database, "kiosk-1", at="TAS")["visit"] == 40
    assert table(database, "kiosk-1", at="SKD")["visit"] == 25
    assert (table(database, "TAS")["visit"], table(database, "SKD")["visit"]) == (100, 55)
    rows = database.query(
        "SELECT airport, days, counted FROM release_table WHERE kiosk = 'kiosk-1' AND first_day = ?", BLOCK
    )
    assert sorted(rows) == [("SKD", 4, 1), ("TAS", 3, 3)]


def test_a_kiosk_cannot_be_moved_out_of_a_released_week(database: Database):
    open_airports(database, {"TAS": ["tas-1"], "SKD": ["skd-1"]})
    week_of(database, "tas-1", BLOCK, number=60, lang_uz=31, lang_ru=29)
    release(database, AFTER_WEEK)
    with pytest.raises(PlaceError, match="released"):
        place_kiosk(database, "tas-1", "SKD", BLOCK + timedelta(days=2))
    with pytest.raises(PlaceError, match="released"):
        set_airport(database, "TAS", BLOCK, 4)
    place_kiosk(database, "tas-1", "SKD", AFTER_WEEK)
    with pytest.raises(PlaceError, match="no airport"):
        place_kiosk(database, "tas-1", "NOWHERE", AFTER_WEEK)


def test_a_vocabulary_that_changes_in_the_middle_of_a_week(database: Database):
    open_airports(database, {"TAS": ["tas-1", "tas-2"]})
    for kiosk in ("tas-1", "tas-2"):
        send(database, visits(60, topic_old=30, topic_pay=25), kiosk, "day-1", BLOCK)
        newer = visits(40, topic_pay=25, topic_brand_new=22, newkind_x=15)
        send(database, newer, kiosk, "day-2", BLOCK + timedelta(days=3))
    release(database, AFTER_WEEK)
    expected = {"topic/old": 30, "topic/pay": 50, "topic/brand_new": 20, "topic=": 100, "visit": 100}
    assert table(database, "tas-1") == expected
    assert sums(database)["tas-1", "newkind/x"] == 15
    assert not database.query("SELECT 1 FROM release_cell WHERE kind = 'newkind'")


def test_sensitive_cells_are_shown_for_all_kiosks_and_only_above_their_noise(database: Database):
    kiosks = [f"tas-{number}" for number in range(5)]
    open_airports(database, {"TAS": kiosks[:3], "SKD": kiosks[3:]})
    for number, kiosk in enumerate(kiosks):
        week_of(database, kiosk, BLOCK, number=60, lang_uz=31, lang_ru=29)
        for week, monday in enumerate(MONDAYS):
            cells = {"daypart/06-12": 30, "daypart/12-18": 30, "length/1-3": 60, "help_card": 4 - number % 2}
            cells |= {"hotline_code/uz-1": 1, "topic_s/signs": -2}
            send(database, cells, kiosk, f"week-{week + 1}", monday, days=7)
    release(database, AFTER_BLOCK)
    rows = database.query("SELECT level, weeks, kind, value, n FROM release_cell WHERE label = 'about'")
    # 20 draws have a deviation of 12.5: 72 stands above three of them, 20 does not.
    assert 3 * noise_deviation(20) == pytest.approx(37.6, abs=0.1)
    assert rows == [("all", 4, "help_card", "", 70)]
    sensitive = "('help_card', 'hotline_code', 'topic_s')"
    assert not database.query(f"SELECT 1 FROM release_cell WHERE level <> 'all' AND kind IN {sensitive}")
    assert table(database, "TAS", weeks=4)["daypart/06-12"] == 360


def test_the_deviation_of_the_noise_is_that_of_the_kiosks_law():
    """P(k) = tanh(1/4) exp(-|k|/2), summed."""
    import math

    exact = math.sqrt(sum(k * k * math.tanh(0.25) * math.exp(-abs(k) / 2) for k in range(-200, 201)))
    assert noise_deviation(1) == pytest.approx(exact) == pytest.approx(2.80, abs=0.005)
    assert noise_deviation(300) == pytest.approx(48.5, abs=0.5)


def fill(database: Database, seed: int, kiosks: int = 2) -> None:
    """Two airports with a random week."""
    chance = random.Random(seed)
    names = {"TAS": [f"tas-{n}" for n in range(kiosks)], "SKD": [f"skd-{n}" for n in range(kiosks)]}
    open_airports(database, names)
    for ones in names.values():
        for kiosk in ones:
            made = kiosk_tables(chance, Place("kiosk", "", kiosk, BLOCK, 1), chance.randint(150, 400))
            cells = {f"{one.kind}/{value}".rstrip("/"): n for one in made for value, n in one.counts.items()}
            send(database, cells, kiosk, "day-1", BLOCK)


def threshold_only(tables: Sequence[Table]) -> None:
    """What most dashboards do."""
    for one in tables:
        if not one.frozen:
            by_threshold(one)


def test_random_fleets_are_published_and_stand_the_attack(lite: Database):
    fill(lite, 1)
    assert release(lite, AFTER_WEEK)
    assert len(table(lite, "")) > 10 and len(table(lite, "tas-0")) > 5
    for number, label in lite.query("SELECT n, label FROM release_cell"):
        assert number % 5 == 0 and number >= 10, label


def test_without_protection_nothing_is_published_and_the_cell_is_named(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    fill(database, 1)
    monkeypatch.setattr(job, "protect", threshold_only)
    with pytest.raises(
        ReleaseError, match=r"^(topic|lang|used)/\w+ of .* can be told from nobody. Nothing of its"
    ):
        release(database, AFTER_WEEK)
    assert everything(database) == []
    monkeypatch.undo()
    assert release(database, AFTER_WEEK)


@pytest.mark.parametrize("sabotage", ["a number more", "a number changed", "a number of no table"])
def test_what_is_written_is_what_was_attacked(lite: Database, monkeypatch: pytest.MonkeyPatch, sabotage: str):
    fill(lite, 2)
    true = job._rows

    def rows(one: Table) -> list[Any]:
        made = true(one)
        if one.place.level == "kiosk" and one.kind == "topic":
            where = (*job._where(one.place), one.kind)
            if sabotage == "a number more":
                hidden = min(value for value in one.folded if 0 < one.counts[value] < 10)
                made.append((*where, "named", hidden, 10))
            elif sabotage == "a number changed":
                made[0] = (*made[0][:-1], made[0][-1] + 10)
            else:
                made.append((*where[:-1], "newkind", "named", "x", 15))
        return made

    monkeypatch.setattr(job, "_rows", rows)
    with pytest.raises(ReleaseError):
        release(lite, AFTER_WEEK)
    assert everything(lite) == []


def test_a_span_that_fails_holds_up_no_other_block(lite: Database, monkeypatch: pytest.MonkeyPatch):
    fill(lite, 1)
    next_block = BLOCK + timedelta(weeks=4)
    week_of(lite, "tas-0", next_block, number=60, lang_uz=31, lang_ru=29)
    true = job.protect

    def half(tables: Sequence[Table]) -> None:
        (threshold_only if tables and tables[0].place.first_day < next_block else true)(tables)

    monkeypatch.setattr(job, "protect", half)
    with pytest.raises(ReleaseError, match="told from nobody"):
        release(lite, next_block + timedelta(days=17))
    assert {as_day(row[0]) for row in lite.query("SELECT first_day FROM release_table")} == {next_block}


def test_a_solver_that_gives_up_publishes_nothing(lite: Database, monkeypatch: pytest.MonkeyPatch):
    fill(lite, 1)
    from server.usage import attack

    true = attack.linprog

    def giving_up(*arguments: Any, **options: Any) -> Any:
        result = true(*arguments, **options)
        result.status = 1
        return result

    monkeypatch.setattr(attack, "linprog", giving_up)
    with pytest.raises(ReleaseError, match="could not be tried"):
        release(lite, AFTER_WEEK)
    assert everything(lite) == []


def test_four_weeks_stand_the_attack_together_with_their_weeks(
    lite: Database, monkeypatch: pytest.MonkeyPatch
):
    """The parts of the day sum to the visits of four weeks, of which each week is known."""
    seen: list[int] = []
    true = job.attack

    def watched(tables: Sequence[Table], *rest: Any, **options: Any) -> Any:
        seen.append(len({one.place.first_day for one in tables if one.place.weeks == 1}))
        return true(tables, *rest, **options)

    monkeypatch.setattr(job, "attack", watched)
    open_airports(lite, {"TAS": ["tas-1", "tas-2"]})
    for week, monday in enumerate(MONDAYS):
        for kiosk in ("tas-1", "tas-2"):
            week_of(lite, kiosk, monday, number=60, lang_uz=31, lang_ru=29)
            cells = {"daypart/06-12": 33, "daypart/12-18": 27}
            send(lite, cells, kiosk, f"week-{week + 1}", monday, days=7)
    release(lite, AFTER_BLOCK)
    assert seen == [1, 1, 1, 1, 4]
    assert table(lite, "TAS", weeks=4) == {"daypart/06-12": 265, "daypart/12-18": 215, "daypart=": 480}


def test_raw_counts_go_thirteen_weeks_after_their_release(database: Database):
    open_airports(database, {"TAS": ["tas-1"]})
    for monday in (*MONDAYS, BLOCK + timedelta(weeks=4)):
        week_of(database, "tas-1", monday, number=60, lang_uz=31, lang_ru=29)
    send(database, visits(77), bucket="day-1", start=BLOCK, received=BLOCK + timedelta(days=1))
    assert len(database.query("SELECT 1 FROM raw_conflict")) == 1
    release(database, AFTER_BLOCK)
    before = everything(database)
    day = AFTER_BLOCK + timedelta(weeks=13)
    assert purge(database, day - timedelta(days=1)) == 0
    assert purge(database, day) == 28 and purge(database, day) == 0
    assert sums(database) == {("tas-1", "visit"): 60, ("tas-1", "lang/uz"): 31, ("tas-1", "lang/ru"): 29}
    assert database.query("SELECT 1 FROM raw_conflict") == []
    assert len(database.query("SELECT 1 FROM raw_batch WHERE sha256 = ''")) == 28
    # What comes once more is known for ever, and changes nothing.
    again = send(database, visits(60, lang_uz=31, lang_ru=29), bucket="day-1", start=BLOCK)
    assert again.outcome == Outcome.SAME
    release(database, day)
    assert set(before) < set(everything(database))
    assert [table(database, "tas-1", monday)["visit"] for monday in MONDAYS] == [60] * 4


def test_nothing_of_raw_counts_stays_in_the_files(lite: Database, tmp_path: Path):
    open_airports(lite, {"TAS": ["tas-1"]})
    for day in range(7):
        cells = visits(60, **{f"canary_cell-{number}": 31 for number in range(400)})
        send(lite, cells, bucket=f"day-{day + 1}", start=BLOCK + timedelta(days=day))
    files = [tmp_path / f"lite.sqlite{end}" for end in ("", "-wal")]
    lite.query("PRAGMA wal_checkpoint")
    assert all(b"canary/cell" in path.read_bytes() for path in files)
    release(lite, AFTER_BLOCK)
    purge(lite, AFTER_BLOCK + timedelta(weeks=13))
    assert not any(b"canary/cell" in path.read_bytes() for path in files)


def test_raw_counts_that_no_release_reaches_go_after_a_year(database: Database):
    send(database, visits(60), kiosk="nowhere", start=BLOCK)
    receive(database, "nowhere", EPOCH, "day-2", b'{"format": 2}', BLOCK)
    assert purge(database, BLOCK + timedelta(weeks=52)) == 0
    assert purge(database, BLOCK + timedelta(weeks=52, days=1)) == 1
    # But what waits for a newer centre waits.
    assert database.query("SELECT body FROM raw_batch ORDER BY bucket") == [("",), ('{"format": 2}',)]


def test_two_jobs_at_once_publish_once(lite: Database, monkeypatch: pytest.MonkeyPatch):
    fill(lite, 1)
    true = job.protect

    def overtaken(tables: Sequence[Table]) -> None:
        monkeypatch.setattr(job, "protect", true)
        release(lite, AFTER_WEEK)
        true(tables)

    monkeypatch.setattr(job, "protect", overtaken)
    with pytest.raises(DatabaseError):
        release(lite, AFTER_WEEK)
    assert len(lite.query("SELECT 1 FROM release_table")) == 7


@pytest.mark.parametrize(
    ("weeks", "cutoff", "name"), [(2, 10, "TAS"), (1, 0, "TAS"), (1, 90, "TAS"), (1, 10, "T S")]
)
def test_an_airport_that_cannot_be_so(lite: Database, weeks: int, cutoff: int, name: str):
    with pytest.raises(PlaceError):
        set_airport(lite, name, BLOCK, weeks, cutoff)


def test_nothing_counted_nothing_published(database: Database):
    assert release(database, AFTER_BLOCK) == [] and purge(database, AFTER_BLOCK) == 0
    open_airports(database, {"TAS": ["tas-1"]})
    made = release(database, AFTER_WEEK)
    assert {one.level for one in made} == {"kiosk", "airport", "all"}
    assert database.query("SELECT 1 FROM release_cell") == []
    assert database.query("SELECT DISTINCT counted FROM release_table") == [(0,)]

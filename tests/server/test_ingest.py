"""Counts neither vanish nor double, on SQLite and on PostgreSQL."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.usage.database import Database, Postgres, Sqlite, open_database
from server.usage.errors import DatabaseError
from server.usage.ingest import Outcome, alarms, import_files, losses, receive
from server.usage.places import place_kiosk, set_airport
from tests.server.batches import DAY, EPOCH, body, pad, send, sums, visits

OTHER_EPOCH = "fedcba9876543210"


def test_the_same_bytes_again_are_taken_once(database: Database):
    cells = visits(31, lang_uz=12, lang_ru=0)
    assert send(database, cells).outcome == Outcome.NEW
    assert send(database, cells).outcome == Outcome.SAME
    assert send(database, cells, received=DAY + timedelta(days=60)).outcome == Outcome.SAME
    assert sums(database) == {("tas-1", "visit"): 31, ("tas-1", "lang/uz"): 12, ("tas-1", "lang/ru"): 0}


def test_other_bytes_under_a_key_are_an_alarm_and_change_nothing(database: Database):
    send(database, visits(31))
    for _ in range(2):
        assert send(database, visits(32)).outcome == Outcome.OTHER_BYTES
    assert sums(database) == {("tas-1", "visit"): 31}
    assert send(database, visits(31)).outcome == Outcome.SAME
    (kept,) = database.query("SELECT kiosk, bucket, body FROM raw_conflict")
    assert kept[:2] == ("tas-1", "day-1") and '"visit": 32' in kept[2]
    assert [line for line in alarms(database) if "other bytes came for day-1" in line]


def test_one_byte_of_padding_more_is_other_bytes(database: Database):
    one = body(cells=visits(31))
    receive(database, "tas-1", EPOCH, "day-1", one, DAY)
    answer = receive(database, "tas-1", EPOCH, "day-1", one + b" " * 16_384, DAY)
    assert answer.outcome == Outcome.OTHER_BYTES


def test_cells_that_nobody_knows_are_kept(database: Database):
    cells = {"visit": 10, "topic/new-one": 4, "new_kind/x": -3, "weather": 5}
    assert send(database, cells).outcome == Outcome.NEW
    assert sums(database) == {("tas-1", cell): number for cell, number in cells.items()}


def test_a_kiosk_that_was_imaged_anew_counts_on_in_another_epoch(database: Database):
    send(database, visits(31))
    assert send(database, visits(12), epoch=OTHER_EPOCH).outcome == Outcome.NEW
    assert sums(database) == {("tas-1", "visit"): 43}


def test_a_batch_of_a_newer_kiosk_is_kept_whole(database: Database):
    text = b'{"format": 2, "vector": [3, 1, 4.5], "name": "\xd1\x83"}'
    answer = receive(database, "tas-1", EPOCH, "day-1", pad(text), DAY)
    assert answer.outcome == Outcome.NEW and "newer" in answer.note and "not counted" in answer.note
    assert receive(database, "tas-1", EPOCH, "day-1", pad(text), DAY).outcome == Outcome.SAME
    assert send(database, visits(31)).outcome == Outcome.OTHER_BYTES
    assert database.query("SELECT body FROM raw_batch") == [(text.decode(),)]
    assert sums(database) == {} and losses(database) == []
    assert "tas-1: 1 batches up to format 2 wait for a newer centre" in alarms(database)


def test_a_bad_batch_leaves_nothing(database: Database):
    assert receive(database, "tas-1", EPOCH, "day-1", b"{}", DAY).outcome == Outcome.BAD
    assert receive(database, "../etc", EPOCH, "day-1", body(), DAY).outcome == Outcome.BAD
    for table in ("raw_batch", "raw_counts", "raw_conflict"):
        assert database.query(f"SELECT count(*) FROM {table}") == [(0,)]


def test_a_name_written_with_escapes_is_the_same_cell(database: Database):
    text = body(cells=visits(31, lang_uz=12)).rstrip().replace(b"lang/uz", b"l\\u0061ng\\/uz")
    text = text.replace(b'"cells"', b'"c\\u0065lls"').replace(b'"visit"', b'"\\u0076isit"')
    assert b"\\" in text
    assert receive(database, "tas-1", EPOCH, "day-1", pad(text), DAY).outcome == Outcome.NEW
    assert sums(database) == {("tas-1", "visit"): 31, ("tas-1", "lang/uz"): 12}


def test_missing_numbers_are_a_loss_until_they_come(database: Database):
    for number in (9, 2, 3, 12):
        send(database, visits(31), bucket=f"day-{number}", start=DAY + timedelta(days=number))
    send(database, None, bucket="week-2")
    send(database, visits(31), bucket="day-1", epoch=OTHER_EPOCH)
    days, weeks = losses(database)
    assert (days.count, days.missing) == (8, ((1, 1), (4, 8), (10, 11)))
    assert str(days) == f"tas-1 {EPOCH}: 8 day batches missing: 1, 4-8, 10-11"
    assert weeks.missing == ((1, 1),)
    for number in (11, 1, 4, 10, 5, 6, 7, 8):
        send(database, visits(31), bucket=f"day-{number}", start=DAY + timedelta(days=number))
    assert losses(database) == [weeks]


def test_a_number_out_of_all_proportion_is_one_hole(database: Database):
    send(database, visits(31), bucket="day-9999999")
    (loss,) = losses(database)
    assert loss.count == 9_999_998 and len(loss.missing) == 1


def test_clocks_that_are_wrong_and_kiosks_that_stand_nowhere_are_told(database: Database):
    send(database, visits(31), received=DAY - timedelta(days=1))
    send(database, visits(31), kiosk="nowhere")
    set_airport(database, "TAS", DAY, 1)
    place_kiosk(database, "tas-1", "TAS", DAY)
    assert alarms(database) == [
        "tas-1: 1 batches ended after they came; its clock is wrong",
        "nowhere: 1 batches of days at no airport; place the kiosk",
    ]


def test_a_stick_brings_the_same_batches_through_the_same_door(database: Database, tmp_path: Path):
    stick = tmp_path / "stick"
    (stick / "folder.json").mkdir(parents=True)
    send(database, visits(31))
    for name, data in {
        f"tas-1.{EPOCH}.day-1.json": body(cells=visits(31)),
        f"tas-1.{EPOCH}.day-2.json": body(number=2, cells=visits(14)),
        f"tas-1.{EPOCH}.day-3.json": body(number=2, cells=visits(14)),
        f"tas-2.{EPOCH}.day-1.json": b" " * 300_000,
        "notes.json": b"{}",
        "readme.txt": b"hello",
    }.items():
        (stick / name).write_bytes(data)
    for first in (True, False):
        found = {name: answer.outcome for name, answer in import_files(database, stick, DAY)}
        assert found == {
            f"tas-1.{EPOCH}.day-1.json": Outcome.SAME,
            f"tas-1.{EPOCH}.day-2.json": Outcome.NEW if first else Outcome.SAME,
            f"tas-1.{EPOCH}.day-3.json": Outcome.BAD,
            f"tas-2.{EPOCH}.day-1.json": Outcome.BAD,
            "notes.json": Outcome.BAD,
        }
    assert sums(database) == {("tas-1", "visit"): 45}
    assert len(list(stick.iterdir())) == 7


def test_twelve_hands_with_one_batch_count_it_once(reopen: Callable[[], Database]):
    databases = [reopen() for _ in range(12)]
    databases[0].create()
    outcomes: list[Outcome] = []
    start = threading.Barrier(12)

    def hand(database: Database) -> None:
        start.wait()
        for number in range(1, 6):
            cells = visits(20 + number, lang_uz=number)
            outcomes.append(send(database, cells, bucket=f"day-{number}").outcome)

    hands = [threading.Thread(target=hand, args=(one,)) for one in databases]
    for one in hands:
        one.start()
    for one in hands:
        one.join()
    assert Counter(outcomes) == {Outcome.NEW: 5, Outcome.SAME: 55}
    assert sums(databases[0]) == {("tas-1", "visit"): 115, ("tas-1", "lang/uz"): 15}


CELLS = st.dictionaries(
    st.sampled_from(["lang/uz", "lang/ru", "topic/pay", "new_kind", "help_card"]), st.integers(0, 90)
)
BATCHES = st.dictionaries(
    st.tuples(st.sampled_from(["tas-1", "tas-2"]), st.sampled_from([EPOCH, OTHER_EPOCH]), st.integers(1, 9)),
    st.tuples(st.integers(10, 99), CELLS),
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=BATCHES, chance=st.randoms(use_true_random=False))
def test_any_order_any_repeats_and_lost_answers_give_the_sums(
    database: Database, batches: dict, chance: random.Random
):
    database.run("DELETE FROM raw_batch")
    waiting = {key: body(number=key[2], cells={"visit": n, **more}) for key, (n, more) in batches.items()}
    sealed: Counter[tuple[str, str]] = Counter()
    for (kiosk, _, _), (number, more) in batches.items():
        for cell, count in {"visit": number, **more}.items():
            sealed[kiosk, cell] += count
    while waiting:
        kiosk, epoch, number = key = chance.choice(sorted(waiting))
        answer = receive(database, kiosk, epoch, f"day-{number}", waiting[key], DAY)
        assert answer.outcome in (Outcome.NEW, Outcome.SAME)
        if chance.random() < 0.6:  # otherwise the answer was lost
            del waiting[key]
    assert +sealed == +Counter(sums(database))


def test_a_site_hands_in_its_own_connection(address: str):
    """In the middle of somebody else's transaction, which fails."""
    open_database(address).create()
    if address.startswith("postgresql"):
        connection = psycopg.connect(address, autocommit=True)
        database: Database = Postgres(connection)
    else:
        connection = sqlite3.connect(address, isolation_level=None)
        database = Sqlite(connection)
    with pytest.raises(ZeroDivisionError), database.transaction():
        assert send(database, visits(31)).outcome == Outcome.NEW
        raise ZeroDivisionError
    assert sums(database) == {}
    assert send(database, visits(31)).outcome == Outcome.NEW
    connection.close()


def test_a_database_that_is_gone_is_said_so(database: Database):
    database.close()
    with pytest.raises(DatabaseError):
        send(database, visits(31))
    with pytest.raises(DatabaseError):
        losses(database)


@pytest.mark.parametrize("address", ["postgresql://nobody@127.0.0.1:1/none", "/dev/null/usage.sqlite"])
def test_a_database_that_cannot_be_opened_is_said_so(address: str):
    with pytest.raises(DatabaseError, match="cannot be opened"):
        open_database(address)

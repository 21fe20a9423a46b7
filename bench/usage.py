"""Counts at the centre: batches a second, beside a bare INSERT of the same bytes.

Both sides wait for the disk after each batch. The receiver checks the body and every cell in
it, hashes it, and writes it under its key with its days; the bare INSERT puts the body into
one row as it came.
"""

from __future__ import annotations

import shutil
import sqlite3
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import psycopg

from server.usage.database import Database, open_database
from server.usage.ingest import Outcome, receive
from sync.batches import batch_body
from tests.server.cluster import cluster

EPOCH = "0123456789abcdef"
DAY = date(2026, 11, 25)
BATCHES = 200
ROUNDS = 7
GOAL = 0.60

TABLE = "CREATE TABLE bare (kiosk TEXT, epoch TEXT, bucket TEXT, body {}, PRIMARY KEY (kiosk, epoch, bucket))"
INSERT = "INSERT INTO bare VALUES (?, ?, ?, ?)"

Send = Callable[[str, bytes], None]


def run(folder: Path, say: Callable[[str], None] = print) -> None:
    """Measure SQLite (WAL, synchronous FULL) and PostgreSQL (synchronous commit); print a table.

    Args:
        folder: for the SQLite file; PostgreSQL takes a temporary folder.
        say: where lines go.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    bodies = _bodies()
    say(f"{'batches a second, one at a time':34}{'receiver':>10}{'INSERT':>9}{'ratio':>8}   goal")
    database = open_database(str(folder / "usage.sqlite"))
    database.create()
    bare = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = FULL")
    bare.execute(TABLE.format("BLOB") + " WITHOUT ROWID")
    _measure("SQLite", database, _bare_sqlite(bare), bodies, say)
    bare.close()
    database.close()
    with cluster(safe=True) as one:
        address = one.make()
        database = open_database(address)
        database.create()
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(TABLE.format("BYTEA").encode())
            _measure("PostgreSQL", database, _bare_postgres(connection), bodies, say)
        database.close()


def _bodies() -> list[bytes]:
    """A day's cells with the vocabulary of a whole fleet, zeros included."""
    names = ["visit"]
    for kind, values in (("lang", 20), ("country", 60), ("topic", 40), ("used", 3)):
        names += [f"{kind}/{kind[0]}{number}" for number in range(values)]
    bodies = []
    for number in range(1, BATCHES + 1):
        cells = {
            name: 10 + number if name == "visit" else number * place % 7 for place, name in enumerate(names)
        }
        day = DAY + timedelta(days=number)
        bodies.append(batch_body("day", number, day, day, cells))
    return bodies


def _bare_sqlite(connection: sqlite3.Connection) -> Send:
    def send(kiosk: str, body: bytes) -> None:
        connection.execute(INSERT, (kiosk, EPOCH, f"day-{len(body)}", body))

    return send


def _bare_postgres(connection: psycopg.Connection[tuple[object, ...]]) -> Send:
    sql = INSERT.replace("?", "%s").encode()

    def send(kiosk: str, body: bytes) -> None:
        connection.execute(sql, (kiosk, EPOCH, f"day-{len(body)}", body))

    return send


def _measure(
    name: str, database: Database, bare: Send, bodies: list[bytes], say: Callable[[str], None]
) -> None:
    """A batch here, a batch there, so that both meet the same disk and the same neighbours."""
    ours, theirs = [], []
    for number in range(ROUNDS + 1):
        kiosk = f"kiosk-{number}"
        times = [0.0, 0.0]
        for place, body in enumerate(bodies, 1):
            start = time.perf_counter()
            answer = receive(database, kiosk, EPOCH, f"day-{place}", body, DAY)
            middle = time.perf_counter()
            bare(f"{kiosk}-{place}", body)
            times[0] += middle - start
            times[1] += time.perf_counter() - middle
            assert answer.outcome == Outcome.NEW, answer.note
        if number:  # the first round is for warming up
            ours.append(BATCHES / times[0])
            theirs.append(BATCHES / times[1])
    ratio = statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
    one, other = statistics.median(ours), statistics.median(theirs)
    say(f"{name:34}{one:>10.0f}{other:>9.0f}{ratio:>8.2f}   >= {GOAL:.2f}")


if __name__ == "__main__":
    run(Path(__file__).resolve().parent.parent / "out" / "bench-usage")

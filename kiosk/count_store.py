"""Where counts lie on the kiosk: ``counts.sqlite``.

Promise: *the file is the same whatever the order in which things happened.* Its tables have
no row numbers and no times, every cell is there from the start and takes eight bytes for
ever, there is no write-ahead log, and what is deleted is overwritten. So the file follows
from the totals and nothing else does from the file.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from kiosk.counts import Bucket
from sync.batches import Batch, blur_times, bucket_name

SCHEMA = """
CREATE TABLE IF NOT EXISTS book (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bucket (period TEXT PRIMARY KEY, number INTEGER NOT NULL, start TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counts (period TEXT, cell TEXT, n BLOB NOT NULL, PRIMARY KEY (period, cell))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sealed (bucket TEXT PRIMARY KEY, epoch TEXT NOT NULL, body BLOB NOT NULL)
    WITHOUT ROWID;
"""


class SqliteCounts:
    """The counts of one kiosk. The file is opened for each call and closed again.

    Args:
        path: ``counts.sqlite``; it is made when something is first written.
        epoch: makes the random name of an installation.
    """

    def __init__(self, path: Path, epoch: Any = lambda: secrets.token_hex(8)) -> None:
        self.path = path
        self._epoch = epoch

    def load(self, period: str) -> Bucket | None:
        """The open bucket as it was last written."""
        if not self.path.exists():
            return None
        with self._open() as database:
            head = database.execute("SELECT number, start FROM bucket WHERE period = ?", (period,)).fetchone()
            if head is None:
                return None
            rows = database.execute("SELECT cell, n FROM counts WHERE period = ?", (period,)).fetchall()
        start = date.fromisoformat(head[1])
        return Bucket(period, head[0], start, {cell: _whole(value) for cell, value in rows}, start)

    def number(self, period: str) -> int:
        """The number of a period's next new bucket."""
        if not self.path.exists():
            return 1
        with self._open() as database:
            return int(_book(database, f"next_{period}", "1"))

    def write(self, buckets: Iterable[Bucket]) -> None:
        """Write these open buckets, all cells of each, at once."""
        with self._open() as database, _at_once(database):
            for bucket in buckets:
                _put(database, bucket)

    def seal(self, bucket: Bucket, body: bytes) -> None:
        """The bucket becomes a batch, and its number is used, at once."""
        with self._open() as database, _at_once(database):
            epoch = _book(database, "epoch", "") or self._epoch()
            database["book"].upsert_all(
                [
                    {"name": "epoch", "value": epoch},
                    {"name": f"next_{bucket.period}", "value": str(bucket.number + 1)},
                ],
                pk="name",
            )
            name = bucket_name(bucket.period, bucket.number)
            # Not insert: the library looks for the row's number afterwards, and there is none.
            database["sealed"].upsert({"bucket": name, "epoch": epoch, "body": body}, pk="bucket")
            database["counts"].delete_where("period = ?", [bucket.period])
            database["bucket"].delete_where("period = ?", [bucket.period])

    def batches(self) -> list[Batch]:
        """Sealed and not yet sent, the oldest first."""
        if not self.path.exists():
            return []
        with self._open() as database:
            rows = database.execute("SELECT epoch, bucket, body FROM sealed").fetchall()
        found = [Batch(*row) for row in rows]
        return sorted(
            found, key=lambda one: (one.bucket.partition("-")[0], int(one.bucket.partition("-")[2]))
        )

    @contextlib.contextmanager
    def _open(self) -> Iterator[Any]:
        # Kept out of the module's head: the kiosk's start waits for nothing that it needs an hour later.
        import sqlite_utils

        connection: sqlite3.Connection | None = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=5)
            connection.executescript("PRAGMA secure_delete = ON; PRAGMA synchronous = EXTRA;")
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT;")
            yield sqlite_utils.Database(connection)
        except sqlite3.OperationalError as error:
            raise OSError(f"{self.path}: {error}") from error
        except sqlite3.DatabaseError as error:
            self._set_aside()
            raise OSError(f"{self.path}: is no database any more ({error}); it is set aside") from error
        finally:
            if connection is not None:
                connection.close()
                blur_times(self.path)

    def _set_aside(self) -> None:
        """A file that cannot be read makes room for a new epoch."""
        with contextlib.suppress(OSError):
            os.replace(self.path, self.path.with_name(f"{self.path.name}.broken"))


@contextlib.contextmanager
def _at_once(database: Any) -> Iterator[None]:
    """One transaction that holds the file from its start: who reads first and writes then may be
    turned away at once while the agent works on the same file."""
    database.conn.execute("BEGIN IMMEDIATE")
    with database.atomic():
        yield
    database.conn.commit()


def _book(database: Any, name: str, default: str) -> str:
    row = database.execute("SELECT value FROM book WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row is not None else default


def _put(database: Any, bucket: Bucket) -> None:
    head = {"period": bucket.period, "number": bucket.number, "start": bucket.start.isoformat()}
    database["bucket"].upsert(head, pk="period")
    rows = (
        {"period": bucket.period, "cell": cell, "n": _eight_bytes(bucket.cells[cell])}
        for cell in sorted(bucket.cells)
    )
    database["counts"].upsert_all(rows, pk=("period", "cell"))


def _eight_bytes(value: int) -> bytes:
    """A count in the same room for every value."""
    return value.to_bytes(8, "big", signed=True)


def _whole(value: bytes) -> int:
    return int.from_bytes(value, "big", signed=True)

"""The receiver's one door: *counts neither vanish nor double*.

A batch is taken exactly once, by its key. Key and counts are one row, so an answer that was
lost on the way, a batch that comes again by stick, or a process that dies at any moment
changes no sum. What is answered as taken is on the disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path

from server.usage.batch import FORMAT, LONGEST, Key, read_batch
from server.usage.database import Database, as_day
from server.usage.errors import BatchError

_FILE = re.compile(r"([^.]*)\.([^.]*)\.([^.]*)\.json")

_TAKE = (
    "INSERT INTO raw_batch (kiosk, epoch, bucket, sha256, format, period, number, first_day, last_day,"
    " below, received, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)


class Outcome(Enum):
    """What became of a batch; the value is the HTTP status."""

    NEW = 201
    SAME = 200
    OTHER_BYTES = 409
    BAD = 400


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told: what became of it, and a sentence."""

    outcome: Outcome
    note: str


def receive(database: Database, kiosk: str, epoch: str, bucket: str, body: bytes, today: date) -> Answer:
    """Take a batch.

    Args:
        database: where it goes.
        kiosk: of the key, as are ``epoch`` and ``bucket``.
        body: as it was sent.
        today: the day on which it came.

    Raises:
        DatabaseError: nothing was written; the kiosk is to try again later.
    """
    try:
        key = Key(kiosk, epoch, bucket)
        batch = read_batch(key, body)
    except BatchError as error:
        return Answer(Outcome.BAD, str(error))
    where = (key.kiosk, key.epoch, key.bucket)
    days = (batch.start, batch.end, batch.below, today)
    if database.run(_TAKE, *where, batch.sha256, batch.format, key.period, key.number, *days, batch.body):
        if batch.newer:
            note = f"Format {batch.format} is newer than this centre. Kept whole, not counted yet."
            return Answer(Outcome.NEW, note)
        return Answer(Outcome.NEW, "Taken.")
    found = database.query(
        "SELECT sha256 FROM raw_batch WHERE kiosk = ? AND epoch = ? AND bucket = ?", *where
    )
    # The hash goes with the counts, 13 weeks after their release; then any bytes are too late.
    if found[0][0] in (batch.sha256, ""):
        return Answer(Outcome.SAME, "Taken before.")
    database.run(
        "INSERT INTO raw_conflict (kiosk, epoch, bucket, sha256, received, body)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        *where,
        batch.sha256,
        today,
        batch.body,
    )
    return Answer(Outcome.OTHER_BYTES, "Other bytes were taken under this key before. Nothing was changed.")


def import_files(database: Database, folder: Path, today: date) -> Iterator[tuple[str, Answer]]:
    """Take the batches that a courier brings, each through the same door. The files stay.

    Args:
        database: where they go.
        folder: with files named ``<kiosk>.<epoch>.<bucket>.json``; others are left alone.
        today: the day.

    Yields:
        The name of each file that ends in ``.json``, and what became of it.

    Raises:
        DatabaseError: the rest of the files were not taken; the same stick may be read again.
        OSError: the folder or a file cannot be read.
    """
    for path in sorted(folder.iterdir()):
        if path.suffix != ".json" or not path.is_file():
            continue
        parts = _FILE.fullmatch(path.name)
        if parts is None:
            yield path.name, Answer(Outcome.BAD, "The name must be like KIOSK.EPOCH.BUCKET.json.")
        elif path.stat().st_size > LONGEST:
            yield path.name, Answer(Outcome.BAD, f"The file has more than {LONGEST:,} bytes.")
        else:
            yield path.name, receive(database, parts[1], parts[2], parts[3], path.read_bytes(), today)


@dataclass(frozen=True, slots=True)
class Loss:
    """Numbers that never came, though later ones did.

    Attributes:
        kiosk: whose, and of which epoch and period.
        epoch: random for each installation.
        period: ``day`` or ``week``.
        missing: first and last number of each hole.
    """

    kiosk: str
    epoch: str
    period: str
    missing: tuple[tuple[int, int], ...]

    @property
    def count(self) -> int:
        """How many batches are missing."""
        return sum(last - first + 1 for first, last in self.missing)

    def __str__(self) -> str:
        """One line for whoever watches."""
        holes = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in self.missing)
        return f"{self.kiosk} {self.epoch}: {self.count} {self.period} batches missing: {holes}"


def losses(database: Database) -> list[Loss]:
    """Holes in the numbers of each kiosk, epoch and period, as of now: what is late fills its hole."""
    rows = database.query(
        "SELECT kiosk, epoch, period, before + 1, number - 1 FROM (SELECT kiosk, epoch, period, number,"
        " LAG(number, 1, 0) OVER (PARTITION BY kiosk, epoch, period ORDER BY number) AS before"
        " FROM raw_batch) AS steps WHERE number > before + 1 ORDER BY 1, 2, 3, 4"
    )
    holes: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
    for kiosk, epoch, period, first, last in rows:
        holes.setdefault((kiosk, epoch, period), []).append((first, last))
    return [Loss(*where, tuple(missing)) for where, missing in holes.items()]


def alarms(database: Database) -> list[str]:
    """What somebody should look into, a line each: losses, conflicts, newer formats, strays."""
    found = [str(loss) for loss in losses(database)]
    for kiosk, epoch, bucket, day in database.query(
        "SELECT kiosk, epoch, bucket, received FROM raw_conflict ORDER BY 1, 2, 3, 4"
    ):
        found.append(f"{kiosk} {epoch}: other bytes came for {bucket} on {as_day(day)}")
    for kiosk, number, form in database.query(
        "SELECT kiosk, count(*), max(format) FROM raw_batch WHERE format > ? GROUP BY kiosk ORDER BY kiosk",
        FORMAT,
    ):
        found.append(f"{kiosk}: {number} batches up to format {form} wait for a newer centre")
    for kiosk, number in database.query(
        "SELECT kiosk, count(*) FROM raw_batch WHERE last_day > received GROUP BY kiosk ORDER BY kiosk"
    ):
        found.append(f"{kiosk}: {number} batches ended after they came; its clock is wrong")
    for kiosk, number in database.query(
        "SELECT kiosk, count(*) FROM raw_batch WHERE NOT EXISTS (SELECT 1 FROM place_kiosk"
        " WHERE place_kiosk.kiosk = raw_batch.kiosk AND since <= first_day) AND first_day IS NOT NULL"
        " GROUP BY kiosk ORDER BY kiosk"
    ):
        found.append(f"{kiosk}: {number} batches of days at no airport; place the kiosk")
    return found

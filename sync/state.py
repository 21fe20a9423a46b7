"""What a kiosk must not forget: which release is shown, and how new the newest thing was that it saw.

Promise: *old or new, never between*, and *old releases are not replayed*. One SQLite
file, every commit forced to the disk. An activation and the floors that belong to it are
one transaction. The kiosk's screen reads the same file and writes nothing.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sync.errors import DamagedError, SpaceError

SCHEMA = """
CREATE TABLE IF NOT EXISTS floor (role TEXT PRIMARY KEY, version INTEGER NOT NULL, keys TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS activation (number INTEGER PRIMARY KEY AUTOINCREMENT, record TEXT NOT NULL);
"""

MOMENT = "%Y-%m-%dT%H:%M:%SZ"

ADVICE = "Free the disk or mend its rights."

EXTRA = 3
"""``PRAGMA synchronous``: as FULL, and the folder is forced as well once the journal is gone."""


@dataclass(frozen=True, slots=True)
class Activation:
    """A release as it was put on this kiosk.

    ``number`` counts activations and names the folder ``releases/<number>``; ``release``
    is the publisher's number; ``base`` the version of the targets up to which everything
    is here; the rest are hashes of what the library was built from.
    """

    number: int
    channel: str
    release: int
    base: int
    catalogue: str
    withdrawn: str
    manifests: Mapping[str, str]
    digest: str = ""

    def value(self) -> dict[str, Any]:
        """As it is written, without its number."""
        return {
            "channel": self.channel,
            "release": self.release,
            "base": self.base,
            "catalogue": self.catalogue,
            "withdrawn": self.withdrawn,
            "manifests": dict(self.manifests),
            "digest": self.digest,
        }


Floors = Mapping[str, tuple[int, str]]
"""By role: the highest version seen, and the keys that it was signed under."""


class State:
    """The agent's memory.

    Args:
        path: ``state.sqlite``.
        connect: opens the database; tests hand in one whose disk loses writes.

    Raises:
        SpaceError: it cannot be read or written; so do all methods.
        DamagedError: it is no sound database any more; so do all methods.
    """

    def __init__(self, path: Path, connect: Callable[[Path], Any] | None = None) -> None:
        self.path = path
        self._connection = (connect or _connect)(path)
        try:
            self._connection.execute(f"PRAGMA synchronous = {EXTRA}")
            self._connection.execute("PRAGMA journal_mode = DELETE").fetchall()
            for statement in SCHEMA.strip().splitlines():
                self._connection.execute(statement)
            verdict = self._connection.execute("PRAGMA integrity_check(1)").fetchall()[0][0]
        except sqlite3.OperationalError as error:
            self._connection.close()
            raise SpaceError(f"{path}: cannot be written ({error}). {ADVICE}") from error
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise DamagedError(f"{path}: is no database any more ({error}).") from error
        if verdict != "ok":
            self._connection.close()
            raise DamagedError(f"{path}: is damaged ({verdict}).")

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Any]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk has SQLite roll back by itself; that there is nothing left to roll
                # back is not what an operator must hear.
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError as error:
            raise SpaceError(f"{self.path}: cannot be written ({error}). {ADVICE}") from error
        except sqlite3.DatabaseError as error:
            raise DamagedError(f"{self.path}: is damaged ({error}).") from error

    def _rows(self, question: str, *values: object) -> list[Any]:
        try:
            return list(self._connection.execute(question, values).fetchall())
        except sqlite3.OperationalError as error:
            raise SpaceError(f"{self.path}: cannot be read ({error}). {ADVICE}") from error
        except sqlite3.DatabaseError as error:
            raise DamagedError(f"{self.path}: is damaged ({error}).") from error

    # -- what is shown

    def active(self) -> Activation | None:
        """The newest activation."""
        found = self.activations(1)
        return found[0] if found else None

    def activations(self, most: int = 2) -> list[Activation]:
        """The last activations, newest first."""
        rows = self._rows("SELECT number, record FROM activation ORDER BY number DESC LIMIT ?", most)
        return [Activation(number=row[0], **json.loads(row[1])) for row in rows]

    def next_number(self) -> int:
        """The folder of the next activation; numbers are never used again."""
        row = self._rows("SELECT seq FROM sqlite_sequence WHERE name = 'activation'")
        return int(row[0][0]) + 1 if row else 1

    def activate(self, activation: Activation, floors: Floors, signed_at: datetime) -> None:
        """Make a release the one that is shown, and raise the floors, at once or not at all."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO activation (number, record) VALUES (?, ?)",
                (activation.number, json.dumps(activation.value(), sort_keys=True)),
            )
            connection.execute(
                "DELETE FROM activation WHERE number NOT IN "
                "(SELECT number FROM activation ORDER BY number DESC LIMIT 2)"
            )
            _raise_floors(connection, floors, signed_at)

    def set_base(self, number: int, base: int) -> None:
        """The active release is also what version ``base`` of the targets says."""
        active = self.active()
        if active is None or active.number != number or active.base >= base:
            return
        record = json.dumps({**active.value(), "base": base}, sort_keys=True)
        with self._transaction() as connection:
            connection.execute("UPDATE activation SET record = ? WHERE number = ?", (record, number))

    # -- floors

    def floors(self) -> dict[str, tuple[int, str]]:
        """The highest versions seen, by role."""
        rows = self._rows("SELECT role, version, keys FROM floor")
        return {row[0]: (row[1], row[2]) for row in rows}

    def raise_floors(self, floors: Floors, signed_at: datetime) -> None:
        """Remember versions and the time of signing; neither ever sinks under the same keys."""
        known = self.floors()
        if all(known.get(role) == one for role, one in floors.items()) and signed_at <= self.signed_at():
            return
        with self._transaction() as connection:
            _raise_floors(connection, floors, signed_at)

    def signed_at(self) -> datetime:
        """The latest moment that this kiosk knows to be past, UTC."""
        text = self.note("signed_at")
        return datetime.strptime(text, MOMENT).replace(tzinfo=UTC) if text else datetime.fromtimestamp(0, UTC)

    def raise_time(self, moment: datetime) -> None:
        """Know a later moment to be past."""
        if moment > self.signed_at():
            with self._transaction() as connection:
                _note(connection, "signed_at", moment.strftime(MOMENT))

    # -- notes: last trouble, bytes of the day

    def note(self, name: str) -> str:
        """A note, empty if there is none."""
        rows = self._rows("SELECT value FROM note WHERE name = ?", name)
        return str(rows[0][0]) if rows else ""

    def write_notes(self, notes: Mapping[str, str]) -> None:
        """Write notes that differ from what is written."""
        fresh = {name: value for name, value in notes.items() if self.note(name) != value}
        if fresh:
            with self._transaction() as connection:
                for name, value in fresh.items():
                    _note(connection, name, value)


def _connect(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return sqlite3.connect(path, isolation_level=None, timeout=30)
    except (sqlite3.Error, OSError) as error:
        raise SpaceError(f"{path}: cannot be opened ({error}). {ADVICE}") from error


def _note(connection: Any, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (name, value))


def _raise_floors(connection: Any, floors: Floors, signed_at: datetime) -> None:
    for role, (version, keys) in floors.items():
        # Other keys mean that the root has changed them: then versions may begin again, as
        # TUF wants it for the recovery from a stolen key. The root's own never do.
        connection.execute(
            "INSERT INTO floor VALUES (?, ?, ?) ON CONFLICT (role) DO UPDATE SET "
            "version = CASE WHEN keys = excluded.keys OR role = 'root' "
            "THEN max(version, excluded.version) ELSE excluded.version END, keys = excluded.keys",
            (role, version, keys),
        )
    rows = connection.execute("SELECT value FROM note WHERE name = 'signed_at'").fetchall()
    moment = signed_at.strftime(MOMENT)
    if not rows or rows[0][0] < moment:
        _note(connection, "signed_at", moment)

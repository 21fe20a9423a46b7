"""A database connection with the few words that this package says to it.

``Sqlite`` and ``Postgres`` wrap a connection that somebody else opened, a web framework for
one; ``open_database`` opens one with the durability that an answered batch needs. SQL is
written once, with ``?`` for a value; where the two differ, there is a method.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from server.usage import schema
from server.usage.errors import DatabaseError

if TYPE_CHECKING:
    import psycopg

Row = tuple[Any, ...]

BUSY_SECONDS = 20


class Database(Protocol):
    """What the functions of this package need. Every method raises ``DatabaseError`` where it fails."""

    def create(self) -> None:
        """Make the tables (and roles) that are not there."""

    def query(self, sql: str, *values: object) -> list[Row]:
        """The rows of a question."""

    def run(self, sql: str, *values: object) -> int:
        """Do something; how many rows it touched."""

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """Many rows into a table, columns in their order."""

    def transaction(self) -> AbstractContextManager[None]:
        """All of it or nothing."""

    def forget(self) -> None:
        """Overwrite what was deleted, as far as the database lets its user."""

    def close(self) -> None:
        """Let the connection go."""


def open_database(address: str) -> Database:
    """Open a database so that what was answered survives a power cut.

    Args:
        address: ``postgresql://...``, or the path of an SQLite file.

    Raises:
        DatabaseError: it cannot be opened.
    """
    if address.startswith(("postgresql://", "postgres://")):
        return _open_postgres(address)
    try:
        Path(address).parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            address, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")
    except (sqlite3.Error, OSError) as error:
        raise DatabaseError(f"The database {address} cannot be opened: {error}.") from error
    return Sqlite(connection)


def _open_postgres(address: str) -> Database:
    import psycopg

    try:
        connection = psycopg.connect(address, autocommit=True, connect_timeout=BUSY_SECONDS)
        connection.execute("SET synchronous_commit = on")
        connection.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
    except psycopg.Error as error:
        raise DatabaseError(f"The database cannot be opened: {error}") from error
    return Postgres(connection)


class Sqlite:
    """An SQLite connection in autocommit mode (``isolation_level=None``)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def create(self) -> None:
        """Make the tables that are not there."""
        for statement in schema.sqlite_schema():
            self.run(statement)

    def query(self, sql: str, *values: object) -> list[Row]:
        """The rows of a question."""
        with _sqlite_errors():
            return self._connection.execute(sql, _plain(values)).fetchall()

    def run(self, sql: str, *values: object) -> int:
        """Do something; how many rows it touched."""
        with _sqlite_errors():
            return self._connection.execute(sql, _plain(values)).rowcount

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """Many rows into a table."""
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            with _sqlite_errors():
                self._connection.executemany(
                    f"INSERT INTO {table} VALUES ({marks})", [_plain(row) for row in rows]
                )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing; inside somebody else's transaction a part of it."""
        with _sqlite_errors():
            inner = self._connection.in_transaction
        self.run("SAVEPOINT usage" if inner else "BEGIN IMMEDIATE")
        try:
            yield
            self.run("RELEASE usage" if inner else "COMMIT")
        except BaseException:
            # A full disk has ended the transaction by itself.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO usage" if inner else "ROLLBACK")
            raise

    def forget(self) -> None:
        """``secure_delete`` overwrites pages; the log of old pages is emptied here."""
        self.query("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()


class Postgres:
    """A psycopg connection in autocommit mode."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self._connection = connection

    def create(self) -> None:
        """Make the tables and roles that are not there."""
        with self.transaction():
            for statement in (*schema.postgres_schema(), *schema.postgres_roles()):
                self.run(statement)

    def query(self, sql: str, *values: object) -> list[Row]:
        """The rows of a question."""
        with _postgres_errors():
            return self._connection.execute(_marks(sql), values).fetchall()

    def run(self, sql: str, *values: object) -> int:
        """Do something; how many rows it touched."""
        with _postgres_errors():
            return self._connection.execute(_marks(sql), values or None).rowcount

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """Many rows into a table."""
        if rows:
            marks = ", ".join(["%s"] * len(rows[0]))
            with _postgres_errors(), self._connection.cursor() as cursor:
                cursor.executemany(_marks(f"INSERT INTO {table} VALUES ({marks})"), rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing."""
        with _postgres_errors(), self._connection.transaction():
            yield

    def forget(self) -> None:
        """PostgreSQL's own cleaner does it, in its time."""

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()


def _plain(values: Iterable[object]) -> list[Any]:
    return [value.isoformat() if isinstance(value, date) else value for value in values]


def _marks(sql: str) -> Any:
    """psycopg's type for SQL is one for literals; this package builds its SQL from nothing else."""
    return sql.replace("?", "%s").encode()


@contextmanager
def _sqlite_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise DatabaseError(f"The database says: {error}.") from error


@contextmanager
def _postgres_errors() -> Iterator[None]:
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise DatabaseError(f"The database says: {str(error).strip()}") from error


def as_day(value: object) -> date:
    """A day as a database gave it: PostgreSQL a date, SQLite its text."""
    return date.fromisoformat(str(value))

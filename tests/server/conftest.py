"""What the tests of the centre share: a real PostgreSQL, and both databases, empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.usage.database import Database, open_database
from tests.server.cluster import Cluster, cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL for all tests."""
    with cluster() as one:
        yield one


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new database, of each sort in turn."""
    if request.param == "sqlite":
        return str(tmp_path / "usage.sqlite")
    made: Cluster = request.getfixturevalue("postgres")
    return made.make()


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    """The same, open and with its tables."""
    one = open_database(address)
    one.create()
    yield one
    one.close()


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Database]:
    """SQLite alone, for what does not touch the differences."""
    one = open_database(str(tmp_path / "lite.sqlite"))
    one.create()
    yield one
    one.close()


@pytest.fixture
def reopen(address: str) -> Iterator[Callable[[], Database]]:
    """More connections to the same database."""
    opened: list[Database] = []

    def one() -> Database:
        opened.append(open_database(address))
        return opened[-1]

    yield one
    for database in opened:
        database.close()

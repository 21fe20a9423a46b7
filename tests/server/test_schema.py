"""The databases hold nothing that tells of a visit, and roles reach what they need."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

import psycopg
import pytest

from server.usage import schema
from server.usage.database import Database, open_database
from server.usage.ingest import Outcome, alarms, receive
from server.usage.release import purge, release
from tests.server.batches import DAY, EPOCH, body, send, sums, visits
from tests.server.cluster import Cluster

WHERE = {"level": "text", "airport": "text", "kiosk": "text", "first_day": "date", "weeks": "integer"}
KEY = {"kiosk": "text", "epoch": "text", "bucket": "text"}
COLUMNS = {
    "raw_batch": {
        **KEY,
        "sha256": "text",
        "format": "integer",
        "period": "text",
        "number": "integer",
        "first_day": "date",
        "last_day": "date",
        "below": "boolean",
        "received": "date",
        "body": "text",
    },
    "raw_counts": {
        **KEY,
        "period": "text",
        "first_day": "date",
        "received": "date",
        "cell": "text",
        "n": "bigint",
    },
    "raw_conflict": {**KEY, "sha256": "text", "received": "date", "body": "text"},
    "place_airport": {"airport": "text", "since": "date", "weeks": "integer", "cutoff": "integer"},
    "place_kiosk": {"kiosk": "text", "since": "date", "airport": "text"},
    "release_table": {**WHERE, "released": "date", "days": "integer", "counted": "integer"},
    "release_cell": {**WHERE, "kind": "text", "label": "text", "value": "text", "n": "bigint"},
}
FORBIDDEN = re.compile(
    r"(^|_)(visit_?id|visitor|sess(ion)?|uuid|ts|time|timestamp|hour|seq|path|ip|addr(ess)?|mac|user|agent"
    r"|query|text)(_|$)"
)


def columns_of(address: str) -> dict[str, dict[str, str]]:
    """Every column of every table that there is, with its type."""
    found: dict[str, dict[str, str]] = {}
    if address.startswith("postgresql"):
        with psycopg.connect(address) as connection:
            rows = connection.execute(
                "SELECT table_name, column_name, data_type FROM information_schema.columns"
                " WHERE table_schema = 'public'"
            ).fetchall()
        for table, column, kind in rows:
            found.setdefault(table, {})[column] = kind
        return found
    connection = sqlite3.connect(address)
    for (table,) in connection.execute(
        "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
    ).fetchall():
        for _, column, kind, *_ in connection.execute(f"PRAGMA table_info({table})"):
            # What a view computes has no type here.
            found.setdefault(table, {})[column] = kind.lower() or COLUMNS[table][column]
    connection.close()
    return found


def test_every_column_is_on_the_list_and_none_is_finer_than_a_day(database: Database, address: str):
    assert columns_of(address) == COLUMNS
    names = {column for columns in COLUMNS.values() for column in columns}
    assert not [name for name in names if FORBIDDEN.search(name)]
    for name in ("visit_id", "created_ts", "remote_ip", "user_agent", "start_time"):
        assert FORBIDDEN.search(name)


def test_no_row_is_numbered_in_the_order_in_which_it_came(database: Database, address: str):
    if address.startswith("postgresql"):
        assert database.query("SELECT count(*) FROM pg_class WHERE relkind = 'S'") == [(0,)]
        identities = "SELECT count(*) FROM information_schema.columns WHERE is_identity = 'YES'"
        assert database.query(identities) == [(0,)]
        return
    for (sql,) in database.query("SELECT sql FROM sqlite_schema WHERE type = 'table'"):
        assert sql.endswith("WITHOUT ROWID") and "AUTOINCREMENT" not in sql.upper()


def test_making_it_twice_changes_nothing(database: Database, address: str):
    send(database, visits(31))
    before = columns_of(address)
    database.create()
    assert columns_of(address) == before and sums(database) == {("tas-1", "visit"): 31}


def test_sqlite_refuses_to_change_what_is_released(lite: Database):
    lite.run("INSERT INTO release_table VALUES ('all', '', '', '2026-11-02', 4, '2026-12-10', 28, 28)")
    lite.run("INSERT INTO release_cell VALUES ('all', '', '', '2026-11-02', 4, 'visit', 'named', '', 30)")
    for statement in (
        "UPDATE release_cell SET n = 35",
        "DELETE FROM release_cell",
        "UPDATE release_table SET days = 3",
        "DELETE FROM release_table",
    ):
        with pytest.raises(Exception, match="never changed"):
            lite.run(statement)


@pytest.fixture
def logins(postgres: Cluster) -> Iterator[dict[str, Database]]:
    """A database, and a connection for each role that logs in as somebody of its own."""
    address = postgres.make()
    owner = open_database(address)
    owner.create()
    send(owner, visits(31, lang_uz=12))
    opened = {"owner": owner}
    name = address.split("/")[3].split("?")[0]
    for role in (schema.INGEST_ROLE, schema.RELEASE_ROLE, schema.DASHBOARD_ROLE):
        owner.run(f"CREATE ROLE {name}_{role} LOGIN IN ROLE {role}")
        opened[role] = open_database(postgres.address(name, f"{name}_{role}"))
    yield opened
    for one in opened.values():
        one.close()


def denied(database: Database, *statements: str) -> None:
    """Each of these is refused."""
    for statement in statements:
        with pytest.raises(Exception, match="permission denied"):
            database.run(statement)


def test_the_dashboard_reads_what_is_released_and_nothing_else(logins: dict[str, Database]):
    dashboard = logins[schema.DASHBOARD_ROLE]
    for table in schema.RELEASE:
        dashboard.query(f"SELECT * FROM {table}")
        denied(dashboard, f"DELETE FROM {table}", f"INSERT INTO {table} SELECT * FROM {table}")
    denied(dashboard, "SELECT * FROM raw_counts", "SELECT sum(n) FROM raw_counts")
    for table in (*schema.RAW, *schema.PLACE):
        denied(dashboard, f"SELECT * FROM {table}", f"SELECT count(*) FROM {table}", f"DELETE FROM {table}")
    denied(dashboard, "SET ROLE usage_release", "SET ROLE usage_ingest", "CREATE TABLE mine (n integer)")
    tables = "SELECT table_name FROM information_schema.table_privileges WHERE privilege_type = 'SELECT'"
    assert {name for (name,) in dashboard.query(f"{tables} AND table_schema = 'public'")} == set(
        schema.RELEASE
    )


def test_the_receiver_only_inserts(logins: dict[str, Database]):
    ingest = logins[schema.INGEST_ROLE]
    assert send(ingest, visits(14), bucket="day-2").outcome == Outcome.NEW
    assert send(ingest, visits(14), bucket="day-2").outcome == Outcome.SAME
    assert send(ingest, visits(15), bucket="day-2").outcome == Outcome.OTHER_BYTES
    assert sums(logins["owner"])["tas-1", "visit"] == 45
    newer = b'{"format": 2}'
    assert receive(ingest, "tas-1", EPOCH, "day-3", newer, DAY).outcome == Outcome.NEW
    denied(ingest, "SELECT * FROM raw_counts", "SELECT sum(n) FROM raw_counts")
    for table in schema.RAW:
        denied(ingest, f"SELECT * FROM {table}", f"DELETE FROM {table}", f"UPDATE {table} SET kiosk = 'x'")
    for table in (*schema.RELEASE, *schema.PLACE):
        denied(ingest, f"SELECT * FROM {table}", f"DELETE FROM {table}")
    denied(ingest, "SELECT first_day FROM raw_batch", "SELECT body FROM raw_batch")


def test_the_release_job_changes_nothing_that_it_released(logins: dict[str, Database]):
    job = logins[schema.RELEASE_ROLE]
    assert release(job, DAY) == [] and purge(job, DAY) == 0 and alarms(job)
    for table in schema.RELEASE:
        denied(job, f"DELETE FROM {table}", f"UPDATE {table} SET weeks = 1")
    denied(job, "INSERT INTO raw_batch SELECT * FROM raw_batch", "UPDATE raw_batch SET kiosk = 'x'")
    denied(job, "DELETE FROM raw_batch", "UPDATE place_kiosk SET airport = 'X'")


def test_quiet_and_busy_days_weigh_the_same():
    busy = {
        "visit": 1000,
        **{f"topic/{n}": 900 + n for n in range(60)},
        **{f"lang/{n}": 50 for n in range(40)},
    }
    assert {len(body()), len(body(cells=visits(10))), len(body(cells=busy))} == {16_384}

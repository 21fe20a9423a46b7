"""The tables of the database, for SQLite and PostgreSQL, and who may do what with them.

======================== ==============================================================
table                    holds
======================== ==============================================================
``raw_batch``            the key of every batch that was ever accepted, and its days
``raw_counts``           what an accepted batch counted; deleted 13 weeks after release
``raw_newer``            bodies of newer formats, whole
``raw_conflict``         other bytes under a key that is taken: an alarm
``place_airport``        grid and cut-off of an airport, from a day on
``place_kiosk``          the airport of a kiosk, from a day on
``release_table``        which tables are frozen, and how many days stand behind them
``release_cell``         their numbers
======================== ==============================================================

No column is finer than a day, none numbers rows in the order in which they came, and none
says where a batch came from but for the kiosk's name.
"""

from __future__ import annotations

RAW = ("raw_batch", "raw_counts", "raw_newer", "raw_conflict")
PLACE = ("place_airport", "place_kiosk")
RELEASE = ("release_table", "release_cell")

_KEY = "kiosk TEXT NOT NULL, epoch TEXT NOT NULL, bucket TEXT NOT NULL"
_WHERE = (
    "level TEXT NOT NULL, airport TEXT NOT NULL, kiosk TEXT NOT NULL,"
    " first_day {day} NOT NULL, weeks INTEGER NOT NULL"
)

TABLES = {
    "raw_batch": _KEY + ", sha256 TEXT NOT NULL, format INTEGER NOT NULL, period TEXT NOT NULL,"
    " number INTEGER NOT NULL, first_day {day}, last_day {day}, below {flag} NOT NULL,"
    " received {day} NOT NULL, PRIMARY KEY (kiosk, epoch, bucket)",
    "raw_counts": _KEY + ", cell TEXT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (kiosk, epoch, bucket, cell)",
    "raw_newer": _KEY + ", body {bytes} NOT NULL, PRIMARY KEY (kiosk, epoch, bucket)",
    "raw_conflict": _KEY + ", sha256 TEXT NOT NULL, received {day} NOT NULL, body {bytes} NOT NULL,"
    " PRIMARY KEY (kiosk, epoch, bucket, sha256)",
    "place_airport": "airport TEXT NOT NULL, since {day} NOT NULL, weeks INTEGER NOT NULL,"
    " cutoff INTEGER NOT NULL, PRIMARY KEY (airport, since)",
    "place_kiosk": "kiosk TEXT NOT NULL, since {day} NOT NULL, airport TEXT NOT NULL,"
    " PRIMARY KEY (kiosk, since)",
    "release_table": _WHERE + ", released {day} NOT NULL, days INTEGER NOT NULL, counted INTEGER NOT NULL,"
    " PRIMARY KEY (level, airport, kiosk, first_day, weeks)",
    "release_cell": _WHERE + ", kind TEXT NOT NULL, label TEXT NOT NULL, value TEXT NOT NULL,"
    " n BIGINT NOT NULL, PRIMARY KEY (level, airport, kiosk, first_day, weeks, kind, label, value)",
}

INGEST_ROLE, RELEASE_ROLE, DASHBOARD_ROLE = "usage_ingest", "usage_release", "usage_dashboard"


def sqlite_schema() -> list[str]:
    """Statements that make what is not there. What is released cannot be changed."""
    types = {"day": "DATE", "flag": "BOOLEAN", "bytes": "BLOB"}
    made = [
        f"CREATE TABLE IF NOT EXISTS {name} ({columns.format(**types)}) WITHOUT ROWID"
        for name, columns in TABLES.items()
    ]
    for name in RELEASE:
        for event in ("UPDATE", "DELETE"):
            made.append(
                f"CREATE TRIGGER IF NOT EXISTS {name}_{event.lower()} BEFORE {event} ON {name}"
                " BEGIN SELECT RAISE(ABORT, 'what is released is never changed'); END"
            )
    return made


def postgres_schema() -> list[str]:
    """Statements that make what is not there. Texts are compared as bytes, as in SQLite."""
    types = {"day": "DATE", "flag": "BOOLEAN", "bytes": "BYTEA"}
    made = []
    for name, columns in TABLES.items():
        columns = columns.format(**types).replace(" TEXT ", ' TEXT COLLATE "C" ')
        made.append(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
    return made


def postgres_roles() -> list[str]:
    """Statements that make three roles without login and give each what it needs.

    A login gets one of them with ``GRANT usage_dashboard TO somebody``. The receiver's role
    only inserts; to tell the same bytes from others it sees the key and hash of a batch.
    Nobody but the owner can change or delete what is released.
    """
    made = [
        f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN;"
        " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        for role in (INGEST_ROLE, RELEASE_ROLE, DASHBOARD_ROLE)
    ]
    every = ", ".join(TABLES)
    raw, place, release = ", ".join(RAW), ", ".join(PLACE), ", ".join(RELEASE)
    made += [
        f"REVOKE ALL ON {every} FROM PUBLIC, {INGEST_ROLE}, {RELEASE_ROLE}, {DASHBOARD_ROLE}",
        f"GRANT INSERT ON {raw} TO {INGEST_ROLE}",
        f"GRANT SELECT (kiosk, epoch, bucket, sha256) ON raw_batch TO {INGEST_ROLE}",
        f"GRANT SELECT ON {raw}, {place} TO {RELEASE_ROLE}",
        f"GRANT DELETE ON raw_counts, raw_conflict TO {RELEASE_ROLE}",
        f"GRANT UPDATE (sha256) ON raw_batch TO {RELEASE_ROLE}",
        f"GRANT SELECT, INSERT ON {release} TO {RELEASE_ROLE}",
        f"GRANT SELECT ON {release} TO {DASHBOARD_ROLE}",
    ]
    return made

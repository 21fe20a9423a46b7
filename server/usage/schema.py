"""The tables of the database, for SQLite and PostgreSQL, and who may do what with them.

======================== ==============================================================
table                    holds
======================== ==============================================================
``raw_batch``            every batch that was ever taken: its key, its days, and its
                         body, which goes 13 weeks after release
``raw_counts`` (a view)  the same, a row for each cell, of the format that is understood
``raw_conflict``         other bytes under a key that is taken: an alarm
``place_airport``        grid and cut-off of an airport, from a day on
``place_kiosk``          the airport of a kiosk, from a day on
``release_table``        which tables are frozen, and how many days stand behind them
``release_cell``         their numbers
======================== ==============================================================

A batch is one row: key and counts cannot be written apart, and what a newer kiosk sends is
kept whole. No column is finer than a day, none numbers rows in the order in which they came,
and none says where a batch came from but for the kiosk's name.
"""

from __future__ import annotations

RAW = ("raw_batch", "raw_conflict")
COUNTS = "raw_counts"
PLACE = ("place_airport", "place_kiosk")
RELEASE = ("release_table", "release_cell")

_KEY = "kiosk TEXT NOT NULL, epoch TEXT NOT NULL, bucket TEXT NOT NULL"
_WHERE = (
    "level TEXT NOT NULL, airport TEXT NOT NULL, kiosk TEXT NOT NULL,"
    " first_day DATE NOT NULL, weeks INTEGER NOT NULL"
)

TABLES = {
    "raw_batch": _KEY + ", sha256 TEXT NOT NULL, format INTEGER NOT NULL, period TEXT NOT NULL,"
    " number INTEGER NOT NULL, first_day DATE, last_day DATE, below BOOLEAN NOT NULL,"
    " received DATE NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kiosk, epoch, bucket)",
    "raw_conflict": _KEY + ", sha256 TEXT NOT NULL, received DATE NOT NULL, body TEXT NOT NULL,"
    " PRIMARY KEY (kiosk, epoch, bucket, sha256)",
    "place_airport": "airport TEXT NOT NULL, since DATE NOT NULL, weeks INTEGER NOT NULL,"
    " cutoff INTEGER NOT NULL, PRIMARY KEY (airport, since)",
    "place_kiosk": "kiosk TEXT NOT NULL, since DATE NOT NULL, airport TEXT NOT NULL,"
    " PRIMARY KEY (kiosk, since)",
    "release_table": _WHERE + ", released DATE NOT NULL, days INTEGER NOT NULL, counted INTEGER NOT NULL,"
    " PRIMARY KEY (level, airport, kiosk, first_day, weeks)",
    "release_cell": _WHERE + ", kind TEXT NOT NULL, label TEXT NOT NULL, value TEXT NOT NULL,"
    " n BIGINT NOT NULL, PRIMARY KEY (level, airport, kiosk, first_day, weeks, kind, label, value)",
}

_HEAD = "SELECT kiosk, epoch, bucket, period, first_day, received, key AS cell,"
_UNDERSTOOD = "CASE WHEN format = 1 AND body <> ''"

INGEST_ROLE, RELEASE_ROLE, DASHBOARD_ROLE = "usage_ingest", "usage_release", "usage_dashboard"


def sqlite_schema() -> list[str]:
    """Statements that make what is not there. What is released cannot be changed."""
    made = [
        f"CREATE TABLE IF NOT EXISTS {name} ({columns}) WITHOUT ROWID" for name, columns in TABLES.items()
    ]
    cells = f"json_each({_UNDERSTOOD} THEN body ELSE '{{}}' END, '$.cells')"
    made.append(f"CREATE VIEW IF NOT EXISTS {COUNTS} AS {_HEAD} value AS n FROM raw_batch, {cells}")
    for name in RELEASE:
        for event in ("UPDATE", "DELETE"):
            made.append(
                f"CREATE TRIGGER IF NOT EXISTS {name}_{event.lower()} BEFORE {event} ON {name}"
                " BEGIN SELECT RAISE(ABORT, 'what is released is never changed'); END"
            )
    return made


def postgres_schema() -> list[str]:
    """Statements that make what is not there. Texts are compared as bytes, as in SQLite."""
    made = []
    for name, columns in TABLES.items():
        columns = columns.replace(" TEXT ", ' TEXT COLLATE "C" ')
        made.append(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
    cells = f"json_each_text({_UNDERSTOOD} THEN body::json -> 'cells' END)"
    made.append(f"CREATE OR REPLACE VIEW {COUNTS} AS {_HEAD} value::bigint AS n FROM raw_batch, {cells}")
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
    every = ", ".join((*TABLES, COUNTS))
    raw, place, release = ", ".join(RAW), ", ".join(PLACE), ", ".join(RELEASE)
    made += [
        f"REVOKE ALL ON {every} FROM PUBLIC, {INGEST_ROLE}, {RELEASE_ROLE}, {DASHBOARD_ROLE}",
        f"GRANT INSERT ON {raw} TO {INGEST_ROLE}",
        f"GRANT SELECT (kiosk, epoch, bucket, sha256) ON raw_batch TO {INGEST_ROLE}",
        f"GRANT SELECT ON {raw}, {COUNTS}, {place} TO {RELEASE_ROLE}",
        f"GRANT DELETE ON raw_conflict TO {RELEASE_ROLE}",
        f"GRANT UPDATE (sha256, body) ON raw_batch TO {RELEASE_ROLE}",
        f"GRANT SELECT, INSERT ON {release} TO {RELEASE_ROLE}",
        f"GRANT SELECT ON {release} TO {DASHBOARD_ROLE}",
    ]
    return made

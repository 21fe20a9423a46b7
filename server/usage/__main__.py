"""``python -m server.usage``: receive counts, look for losses, publish tables."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from server.usage.database import Database, open_database
from server.usage.errors import UsageError
from server.usage.ingest import Outcome, alarms, import_files
from server.usage.places import ONLINE_CUTOFF, place_kiosk, set_airport

ROOT = Path(__file__).resolve().parent.parent.parent
DATABASE = ROOT / "out" / "centre" / "usage.sqlite"

EPILOG = "What is counted and what nobody can learn: docs/privacy.md."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 is success, 1 something that must be mended."""
    chosen = _parser().parse_args(arguments)
    try:
        database = open_database(chosen.database)
        try:
            return int(chosen.run(database, chosen))
        finally:
            database.close()
    except (UsageError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m server.usage", description="Receive counts and publish tables.", epilog=EPILOG
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, text: str, run: object) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text, epilog=EPILOG)
        command.add_argument(
            "--database",
            default=str(DATABASE),
            metavar="ADDRESS",
            help="postgresql://... or the path of an SQLite file (%(default)s)",
        )
        command.add_argument("--today", type=date.fromisoformat, metavar="DAY", help="instead of today")
        command.set_defaults(run=run)
        return command

    add("init", "make the tables, and on PostgreSQL the roles, that are not there", _init)
    serve = add("serve", "receive batches over bare HTTP, for tests and a desk", _serve)
    serve.add_argument("--host", default="127.0.0.1", help="to listen on (%(default)s)")
    serve.add_argument("--port", type=int, default=8090, help="0 takes a free one (%(default)s)")
    take = add("import", "take the batches that a courier brings; the files stay", _import)
    take.add_argument("folder", type=Path, help="with KIOSK.EPOCH.BUCKET.json files")
    place = add("place", "say where a kiosk stands, and how its airport is shown", _place)
    place.add_argument("kiosk", help="the kiosk's name")
    place.add_argument("airport", help="the airport's name")
    place.add_argument("--since", type=date.fromisoformat, metavar="DAY", help="from this day on (today)")
    place.add_argument(
        "--weeks", type=int, choices=(1, 4), help="the airport's grid, if it changes or is new"
    )
    place.add_argument(
        "--cutoff",
        type=int,
        default=ONLINE_CUTOFF,
        metavar="DAYS",
        help="with --weeks: how long to wait for batches (%(default)s; by stick 35)",
    )
    add("release", "publish the tables that are due, and empty old batches", _release)
    add("gaps", "numbers that never came, other bytes, newer formats, strays", _gaps)
    return parser


def _day(chosen: argparse.Namespace) -> date:
    return chosen.today or datetime.now(UTC).date()


def _init(database: Database, chosen: argparse.Namespace) -> int:
    database.create()
    print("The tables are there.")
    return 0


def _serve(database: Database, chosen: argparse.Namespace) -> int:
    from server.usage.serve import Receiver

    database.create()
    where = (chosen.host, chosen.port)
    server = Receiver(where, lambda: open_database(chosen.database), today=lambda: _day(chosen))
    print(f"Receiving on http://{chosen.host}:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    finally:
        server.server_close()
    return 0


def _import(database: Database, chosen: argparse.Namespace) -> int:
    bad = 0
    for name, answer in import_files(database, chosen.folder, _day(chosen)):
        bad += answer.outcome in (Outcome.BAD, Outcome.OTHER_BYTES)
        print(f"{name}: {answer.note}")
    return 1 if bad else 0


def _place(database: Database, chosen: argparse.Namespace) -> int:
    since = chosen.since or _day(chosen)
    with database.transaction():
        if chosen.weeks:
            set_airport(database, chosen.airport, since, chosen.weeks, chosen.cutoff)
        place_kiosk(database, chosen.kiosk, chosen.airport, since)
    print(f"{chosen.kiosk} stands at {chosen.airport} from {since} on.")
    return 0


def _release(database: Database, chosen: argparse.Namespace) -> int:
    from server.usage.release import purge, release

    made = release(database, _day(chosen))
    for place in made:
        print(f"Published: {place}")
    emptied = purge(database, _day(chosen))
    print(f"{len(made)} places published, {emptied} old batches emptied.")
    return 0


def _gaps(database: Database, chosen: argparse.Namespace) -> int:
    found = alarms(database)
    print("\n".join(found) or "Nothing is missing.")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())

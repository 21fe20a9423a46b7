"""What an operator is told on the service screen: release, agent, disk. Nothing about anybody.

Reads ``state.sqlite`` and ``progress.json``, which the agent writes, and writes nothing.
Whatever stands in them, or stands there half, is something that can be shown.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from kiosk.releases import SHORT_PATIENCE, STATE

PROGRESS = "progress.json"

MOST_BYTES = 65_536
"""More than that is no note of progress."""

MOST_SIGNS = 600
"""Of a text that somebody else wrote."""

STALE_SECONDS = 120
"""A transfer that has told nothing for so long stands still."""

_FULL = 2**53
"""Counts above this are rubbish."""


@dataclass(frozen=True, slots=True)
class Activated:
    """A release as the agent put it up; ``number`` is its folder's, ``release`` the publisher's."""

    number: int
    release: str
    channel: str


@dataclass(frozen=True, slots=True)
class Memory:
    """What the agent remembers. Times are ``None`` if never; ``there`` says whether it ever ran.

    ``trouble`` is the last one in the agent's words, ``reason`` the one word for it; ``spent``
    are the bytes that it fetched on ``day``.
    """

    there: bool = False
    readable: bool = True
    activations: tuple[Activated, ...] = ()
    signed_at: datetime | None = None
    asked: datetime | None = None
    last_success: datetime | None = None
    reason: str = ""
    trouble: str = ""
    day: date | None = None
    spent: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """Where the agent stands: bytes, bytes a second, seconds.

    ``quiet`` is how long ago it said so, in whole minutes and once that is long.
    """

    doing: str
    done: int = 0
    total: int = 0
    rate: float = 0.0
    left: float | None = None
    quiet: float = 0.0


@dataclass(frozen=True, slots=True)
class Upkeep:
    """All of it at one moment. ``free`` is bytes of disk, ``None`` where nobody can tell.

    Two are equal if a screen would show the same.
    """

    memory: Memory
    step: Step | None
    free: int | None


def read_upkeep(data: Path, before: Upkeep | None = None) -> Upkeep:
    """What can be said now.

    Args:
        data: the folder that kiosk and agent share.
        before: what was read last; its memory stands while the agent is just writing.
    """
    known = before.memory if before is not None else Memory()
    return Upkeep(_memory(data / STATE, known), _step(data / PROGRESS), _free(data))


def _free(data: Path) -> int | None:
    """Free bytes, to the megabyte, and to the gigabyte where there are many."""
    try:
        free = shutil.disk_usage(data).free
    except OSError:
        return None
    grain = 1_000_000 if free < 10_000_000_000 else 1_000_000_000
    return free // grain * grain


def _memory(path: Path, known: Memory) -> Memory:
    if not path.is_file():
        return Memory()
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=SHORT_PATIENCE)
        try:
            notes = connection.execute("SELECT name, value FROM note").fetchall()
            rows = connection.execute(
                "SELECT number, record FROM activation ORDER BY number DESC LIMIT 2"
            ).fetchall()
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            return replace(known, there=True)
        return Memory(there=True, readable=False)
    return _remembered({str(name): str(value) for name, value in notes}, rows)


def _remembered(notes: Mapping[str, str], rows: list[Any]) -> Memory:
    day, _, spent = notes.get("spent", "").partition(" ")
    return Memory(
        there=True,
        activations=tuple(_activated(*row) for row in rows),
        signed_at=_moment(notes.get("signed_at", "")),
        asked=_moment(notes.get("asked", "")),
        last_success=_moment(notes.get("last_success", "")),
        reason=_plain(notes.get("reason", "")),
        trouble=_plain(notes.get("trouble", "")),
        day=_day(day),
        spent=int(spent) if spent.isascii() and spent.isdecimal() and len(spent) < 16 else 0,
    )


def _activated(number: int, record: Any) -> Activated:
    value = _read_json(record)
    release, channel = value.get("release", ""), value.get("channel", "")
    return Activated(number, _plain(str(release))[:20], _plain(str(channel))[:20])


def _step(path: Path) -> Step | None:
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
        quiet = max(0.0, time.time() - path.stat().st_mtime)
    except OSError:
        return None
    value = _read_json(text)
    doing = value.get("doing")
    if not isinstance(doing, str) or not doing.strip():
        return None
    done, total = _count(value.get("done")), _count(value.get("total"))
    left = value.get("left")
    return Step(
        doing=_plain(doing),
        done=min(done, total),
        total=total,
        rate=float(_count(value.get("rate"))),
        left=None if left is None else float(_count(left)),
        quiet=quiet // 60 * 60 if quiet >= STALE_SECONDS else 0.0,
    )


def _read_json(text: Any) -> dict[str, Any]:
    """An object, empty if it is none."""
    try:
        value = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _count(value: Any) -> int:
    """A number from 0 on; 0 for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if 0 <= value < _FULL else 0


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if 1970 <= moment.year < 9000 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _plain(text: str) -> str:
    """One line without control signs, not too long for a screen."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= MOST_SIGNS else f"{line[: MOST_SIGNS - 1]}…"

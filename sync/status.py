"""What an operator is told of one kiosk's content. Read only; says nothing about anybody."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sync.progress import PROGRESS, size

NEVER = "never"


@dataclass(frozen=True, slots=True)
class Status:
    """What is here. Times are as the agent noted them, empty if never."""

    channel: str = ""
    release: int = 0
    folder: int = 0
    signed_at: str = ""
    asked: str = ""
    last_success: str = ""
    reason: str = ""
    trouble: str = ""
    spent: str = ""
    doing: str = ""

    def lines(self, data: Path) -> Iterator[str]:
        """One line for each thing."""
        shown = f"{self.release} ({self.channel}), in releases/{self.folder}" if self.folder else "none"
        yield f"release      {shown}"
        yield f"signed       {self.signed_at or NEVER}"
        yield f"asked        {self.asked or NEVER}"
        yield f"last success {self.last_success or NEVER}"
        yield f"trouble      {f'{self.reason}: {self.trouble}' if self.trouble else 'none'}"
        day, _, spent = self.spent.partition(" ")
        yield f"bytes        {f'{size(int(spent))} on {day}' if spent else 'none yet'}"
        try:
            yield f"disk         {size(shutil.disk_usage(data).free)} free"
        except OSError as error:
            yield f"disk         cannot be read ({error.strerror})"
        if self.doing:
            yield f"last step    {self.doing}"


def read_status(data: Path) -> Status:
    """What ``state.sqlite`` and ``progress.json`` say; empty where there is nothing."""
    notes: dict[str, str] = {}
    record: dict[str, object] = {}
    number = 0
    path = data / "state.sqlite"
    if path.exists():
        try:
            notes, row = _memory(path)
            if row is not None:
                number, record = row[0], json.loads(row[1])
        except (sqlite3.Error, ValueError) as error:
            notes = {"reason": "damaged", "trouble": f"{path}: cannot be read ({error})."}
    try:
        doing = str(json.loads((data / PROGRESS).read_bytes())["doing"])
    except (OSError, ValueError, KeyError, TypeError):
        doing = ""
    release = record.get("release", 0)
    return Status(
        channel=str(record.get("channel", "")),
        release=release if isinstance(release, int) else 0,
        folder=number,
        signed_at=notes.get("signed_at", ""),
        asked=notes.get("asked", ""),
        last_success=notes.get("last_success", ""),
        reason=notes.get("reason", ""),
        trouble=notes.get("trouble", ""),
        spent=notes.get("spent", ""),
        doing=doing,
    )


def _memory(path: Path) -> tuple[dict[str, str], tuple[int, str] | None]:
    try:
        return _ask(f"{path.resolve().as_uri()}?mode=ro")
    except sqlite3.OperationalError:
        journal = path.with_name(f"{path.name}-journal")
        if not journal.exists():
            raise
        # The power went in the middle of a write, and only the agent may finish it: ask a copy.
        with tempfile.TemporaryDirectory() as folder:
            for one in (path, journal):
                shutil.copy(one, folder)
            return _ask((Path(folder) / path.name).as_uri())


def _ask(address: str) -> tuple[dict[str, str], tuple[int, str] | None]:
    connection = sqlite3.connect(address, uri=True)
    try:
        notes = dict(connection.execute("SELECT name, value FROM note").fetchall())
        newest = "SELECT number, record FROM activation ORDER BY number DESC LIMIT 1"
        return notes, connection.execute(newest).fetchone()
    finally:
        connection.close()

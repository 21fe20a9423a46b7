"""Sealed counts on their way to the centre.

Promise: *counts neither vanish nor double.* A batch stays here until the centre says that
it has it, and the centre knows a batch by its key, so sending twice counts once. Batches go
at a random moment of the hours after they were found, by timer and never by use. What
goes over the line is the same length for every day.
"""

from __future__ import annotations

import json
import logging
import random
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import requests

from sync.batches import Batch, blur_times
from sync.disk import Disk
from sync.errors import SpaceError
from sync.state import State

log = logging.getLogger(__name__)

WINDOW = 6 * 3600.0
"""Seconds within which a batch is sent once it was found."""

RETRY = 1800.0
"""Seconds until a batch that the centre could not take is tried again, with jitter."""

TIMEOUT = (10.0, 30.0)
TAKEN = (200, 201)


class Outbox:
    """The table ``sealed`` of ``counts.sqlite``, which the kiosk fills.

    Args:
        path: the file; where there is none, nothing was counted yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def batches(self) -> list[Batch]:
        """What is to be sent, the oldest first.

        Raises:
            SpaceError: the file cannot be read.
        """
        if not self.path.exists():
            return []
        try:
            connection = sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)
            try:
                there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sealed'").fetchone()
                rows = (
                    connection.execute("SELECT epoch, bucket, body FROM sealed").fetchall() if there else []
                )
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise SpaceError(f"{self.path}: cannot be read ({error}).") from error
        return sorted((Batch(*row) for row in rows), key=_age)

    def forget(self, batch: Batch) -> None:
        """The centre has it.

        Raises:
            SpaceError: the file cannot be written; the batch will be sent again.
        """
        try:
            connection = sqlite3.connect(self.path, isolation_level=None, timeout=30)
            try:
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute("PRAGMA synchronous = EXTRA")
                connection.execute(
                    "DELETE FROM sealed WHERE epoch = ? AND bucket = ?", (batch.epoch, batch.bucket)
                )
            finally:
                connection.close()
                blur_times(self.path)
        except sqlite3.Error as error:
            raise SpaceError(f"{self.path}: cannot be written ({error}).") from error

    def export(self, folder: Path, kiosk: str) -> int:
        """Copy every batch onto a stick. They stay here until the centre has them.

        Returns:
            How many there are.

        Raises:
            SpaceError: the stick cannot be written.
        """
        batches = self.batches()
        try:
            for batch in batches:
                name = f"{kiosk}.{batch.epoch}.{batch.bucket}.json"
                Disk().write_whole(folder / name, batch.body)
                blur_times(folder / name)
        except OSError as error:
            raise SpaceError(f"{folder}: cannot be written ({error}). Take another stick.") from error
        return len(batches)


class Sender:
    """Sends what is due.

    Args:
        outbox: the batches.
        address: the centre's ``.../api/v1``.
        kiosk: this kiosk's name at the centre.
        token: what the centre knows it by; empty where it asks for none.
        uptime: a clock in seconds that never jumps.
        chance: a number from 0 to 1.
    """

    def __init__(
        self,
        outbox: Outbox,
        address: str,
        kiosk: str,
        token: str = "",
        uptime: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._outbox = outbox
        self._address = address.rstrip("/")
        self._kiosk = kiosk
        self._uptime = uptime
        self._chance = chance
        self._due: dict[tuple[str, str], float] = {}
        self._session = requests.Session()
        self._session.headers.clear()
        self._session.headers.update({"User-Agent": "safe-airports-kiosk", "Accept-Encoding": "identity"})
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def send_due(self, state: State) -> int:
        """Send what is due; how many batches the centre took.

        Args:
            state: where the outcome is noted for ``status``.

        Raises:
            SpaceError: the batches cannot be read or taken off.
        """
        taken = 0
        refused = set(json.loads(state.note("counts_refused") or "[]"))
        now = self._uptime()
        for batch in self._outbox.batches():
            key = (batch.epoch, batch.bucket)
            name = f"{batch.epoch}/{batch.bucket}"
            if name in refused:
                continue
            due = self._due.setdefault(key, now + self._chance() * WINDOW)
            if now < due:
                continue
            trouble = self._send(batch)
            if not trouble:
                self._outbox.forget(batch)
                self._due.pop(key, None)
                taken += 1
            elif trouble.startswith("409"):
                # The centre has other bytes under this key. Sending on would change nothing.
                refused.add(name)
                log.error("Counts %s: the centre has another batch under this key. Tell the centre.", name)
                state.write_notes({"counts_refused": json.dumps(sorted(refused))})
            else:
                log.warning("Counts %s: %s; they are sent again.", name, trouble)
                self._due[key] = now + RETRY * (0.5 + self._chance())
            state.write_notes({"counts_trouble": trouble})
        return taken

    def next_due(self) -> float:
        """Seconds until something is due; infinite if nothing waits."""
        return min((due - self._uptime() for due in self._due.values()), default=float("inf"))

    def _send(self, batch: Batch) -> str:
        """Send one batch; why it was not taken, empty if it was."""
        url = f"{self._address}/kiosks/{self._kiosk}/counts/{batch.epoch}/{batch.bucket}"
        headers = {"Content-Type": "application/json"}
        try:
            answer = self._session.put(
                url, data=batch.body, headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.exceptions.RequestException as error:
            return f"nobody answers ({type(error).__name__})"
        return "" if answer.status_code in TAKEN else f"{answer.status_code} from the centre"


def _age(batch: Batch) -> tuple[str, int]:
    period, _, number = batch.bucket.partition("-")
    return period, int(number) if number.isdigit() else 0

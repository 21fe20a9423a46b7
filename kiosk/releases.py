"""Which release the kiosk shows.

Promises: *the kiosk always answers*, and *old or new, never between*. The release that the
agent activated is shown; where it does not open, the one before it; where the agent's memory
is missing or cannot be read, the newest whole folder. A lock on the library says that a
screen shows it: the agent takes no such release away.

The agent's memory, ``state.sqlite``, is only ever read here.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from content.library import Library, LibraryError

log = logging.getLogger(__name__)

STATE = "state.sqlite"
LIBRARY = "library.sqlite"

PATIENCE = 1.0
"""Seconds that the start waits for an agent that is just writing."""

SHORT_PATIENCE = 0.05
"""The same while the screen is on: it looks again soon."""

TRIES = 10
PAUSE_SECONDS = 0.02
"""For a lock: the agent holds its own only for the moment of looking."""

_Mark = tuple[int, int, int]
"""What a file looks like from outside: it differs after every commit."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release that is open; ``number`` is its folder's. Its lock is held until ``close``."""

    number: int
    library: Library
    _hold: int | None = None

    def close(self) -> None:
        """Let the file and the lock go."""
        self.library.close()
        if self._hold is not None:
            os.close(self._hold)


def open_active(data: Path) -> Release:
    """Open the release that is to be shown, and hold it.

    Raises:
        LibraryError: no release can be opened; the message names each one that
            was tried and what to do.
    """
    try:
        active = _activations(data, PATIENCE)
    except (sqlite3.Error, OSError) as error:
        log.error("%s: cannot be read (%s). The newest whole release is shown.", data / STATE, error)
        active = []
    troubles = []
    for number in dict.fromkeys([*active, *_folders(data)]):
        try:
            return _open(data, number)
        except LibraryError as error:
            log.error("%s The release before it is shown.", error)
            troubles.append(str(error))
    if not troubles:
        troubles.append(f"{data / 'releases'}: there is no release.")
    raise LibraryError(" ".join(troubles) + " Run: make run, or import a release.")


def is_any_whole(data: Path) -> bool:
    """Whether there is anything to show by now, for a kiosk that had nothing. Logs nothing."""
    for number in _folders(data):
        try:
            _open(data, number).close()
        except LibraryError:
            continue
        return True
    return False


class Shelf:
    """The releases of one kiosk: which is shown, and whether another one is due.

    Args:
        data: the folder that kiosk and agent share.

    Raises:
        LibraryError: as ``open_active``.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self._seen: _Mark | None = None
        self.shown = open_active(data)

    def newer(self) -> Release | None:
        """Another release that is active by now, opened and held; ``None`` if there is none.

        Costs one look at a file's date while the agent wrote nothing. A release that cannot
        be opened is passed over, and not tried again before the agent's memory changes.
        """
        mark = _mark(self._data / STATE)
        if mark is None or mark == self._seen:
            return None
        try:
            active = _activations(self._data, SHORT_PATIENCE)
        except (sqlite3.Error, OSError):
            return None  # It is being written, or it is damaged: then what is shown stays.
        self._seen = mark
        for number in active:
            if number == self.shown.number:
                return None
            try:
                return _open(self._data, number)
            except LibraryError as error:
                log.error("%s What is shown stays.", error)
        return None

    def show(self, release: Release) -> None:
        """From now on this one is shown; the one before it is let go."""
        before, self.shown = self.shown, release
        before.close()


def _mark(path: Path) -> _Mark | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_ino, state.st_mtime_ns, state.st_size


def _activations(data: Path, patience: float) -> list[int]:
    """What the agent activated, newest first; empty where none has run.

    Raises:
        sqlite3.Error, OSError: its memory cannot be read.
    """
    path = data / STATE
    if not path.exists():
        return []
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=patience)
    try:
        rows = connection.execute("SELECT number FROM activation ORDER BY number DESC LIMIT 2").fetchall()
    finally:
        connection.close()
    return [int(row[0]) for row in rows]


def _folders(data: Path) -> list[int]:
    """Every release's folder, newest first."""
    releases = data / "releases"
    return sorted((int(one.name) for one in releases.glob("*") if one.name.isdecimal()), reverse=True)


def _open(data: Path, number: int) -> Release:
    path = data / "releases" / str(number) / LIBRARY
    hold = _hold(path)
    try:
        return Release(number, Library.open(path), hold)
    except LibraryError:
        if hold is not None:
            os.close(hold)
        raise


def _hold(path: Path) -> int | None:
    """A shared lock on a library; ``None`` where the file or the disk lets nobody lock it.

    Raises:
        LibraryError: the release is being taken away.
    """
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return None  # Opening the library says what is wrong.
    for _ in range(TRIES):
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(PAUSE_SECONDS)
        except OSError as error:
            log.warning("%s: cannot be locked (%s).", path, error)
            break
        else:
            break
    else:
        os.close(handle)
        raise LibraryError(f"{path}: another program holds it.")
    # The name may have gone to another file, or away, between opening and locking.
    if _mark(path) != _mark_of(handle):
        os.close(handle)
        raise LibraryError(f"{path}: is being taken away.")
    return handle


def _mark_of(handle: int) -> _Mark:
    state = os.fstat(handle)
    return state.st_ino, state.st_mtime_ns, state.st_size

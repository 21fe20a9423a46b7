"""How far an update is: for a terminal, a log, and the service screen.

The service screen reads ``progress.json``. It says how many bytes of content are here
and how fast they come, and nothing about anybody.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

PROGRESS = "progress.json"
EVERY = 1.0
"""Seconds between two notes of progress."""


@dataclass(frozen=True, slots=True)
class Step:
    """A moment of an update. ``left`` is seconds, ``None`` while nobody can tell."""

    doing: str
    done: int
    total: int
    rate: float
    left: float | None

    def __str__(self) -> str:
        """One line for an operator."""
        if not self.total:
            return self.doing
        share = min(100, self.done * 100 // self.total)
        line = f"{self.doing}: {share} %, {size(self.done)} of {size(self.total)}, {size(self.rate)}/s"
        return line if self.left is None else f"{line}, {duration(self.left)} left"


def size(count: float) -> str:
    """Bytes as people read them: ``1.4 MB``."""
    for unit in ("B", "KB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} MB"


def duration(seconds: float) -> str:
    """Seconds as people read them: ``4 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.0f} h"


class Progress:
    """Counts bytes and tells about it at most once a second.

    Args:
        tell: told each step.
        now: a clock in seconds that never jumps.
    """

    def __init__(
        self, tell: Callable[[Step], None] = lambda _step: None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell = tell
        self._now = now
        self._guard = threading.Lock()
        self._doing = ""
        self._done = self._total = self._moved = 0
        self._start = self._told = now()

    def begin(self, doing: str, total: int = 0, done: int = 0) -> None:
        """Something starts; ``total`` bytes are to come, ``done`` of them are here."""
        with self._guard:
            self._doing, self._total, self._done, self._moved = doing, total, done, 0
            self._start = self._told = self._now()
        self._tell(self.step())

    def add(self, count: int) -> None:
        """So many bytes more."""
        with self._guard:
            self._done += count
            self._moved += count
            due = self._now() - self._told >= EVERY
            if due:
                self._told = self._now()
        if due:
            self._tell(self.step())

    def step(self) -> Step:
        """Where things stand."""
        elapsed = self._now() - self._start
        rate = self._moved / elapsed if elapsed > 0 else 0.0
        left = (self._total - self._done) / rate if rate > 0 and self._total else None
        return Step(self._doing, self._done, self._total, rate, None if left is None else max(0.0, left))


def to_file(data: Path) -> Callable[[Step], None]:
    """Leave each step where the service screen looks. It is no loss if a step is lost."""

    def tell(step: Step) -> None:
        path = data / PROGRESS
        fresh = path.with_name(f"{PROGRESS}.new")
        try:
            fresh.write_text(json.dumps(asdict(step)), encoding="utf-8")
            os.replace(fresh, path)
        except OSError:
            return  # A full disk is told by whoever writes what matters.

    return tell


def to_terminal(step: Step) -> None:
    """One line that is written over while somebody looks, and line by line into a file."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{step}", end="", file=sys.stderr, flush=True)
    else:
        print(step, file=sys.stderr, flush=True)

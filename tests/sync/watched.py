"""A pack store that holds a publisher to its word and kills it when told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sync.packstore import FolderStore

CHANGES = ("metadata/timestamp.json", "bundle/")
"""What may be written over; everything else is for ever."""


class KilledError(BaseException):
    """The process ends here. (No ``except Exception`` holds it up.)"""


class Watched:
    """A folder's store that notes each write, holds the immutable to their word, and ends when told.

    Args:
        folder: where it writes.
        steps: writes and removals until the end; the next one does not happen any more.
    """

    def __init__(self, folder: Path, steps: float = float("inf")) -> None:
        self._real = FolderStore(folder)
        self.left = steps
        self.log: list[str] = []

    def _step(self, name: str) -> None:
        if self.left <= 0:
            raise KilledError(name)
        self.left -= 1
        self.log.append(name)

    def get(self, name: str) -> bytes | None:
        return self._real.get(name)

    def put_once(self, name: str, data: bytes) -> None:
        assert not name.startswith(CHANGES), f"{name} changes"
        there = self.get(name)
        assert there in (None, data), f"{name} would be written over"
        if there is None:
            self._step(name)
            self._real.put_once(name, data)

    def put(self, name: str, data: bytes) -> None:
        assert name.startswith(CHANGES), f"{name} is for ever"
        self._step(name)
        self._real.put(name, data)

    def names(self, prefix: str) -> Iterator[str]:
        return self._real.names(prefix)

    def remove(self, name: str) -> None:
        assert name.startswith(CHANGES), f"{name} is for ever"
        self._step(f"- {name}")
        self._real.remove(name)

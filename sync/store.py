"""Content-addressed files on the kiosk: packs, media, manifests, by sha256.

Promise: *what lies under a hash has that hash, whenever the power went.* Files are
staged under other names; ``settle`` forces all of them to the disk, renames them, and
forces each folder once. ``read`` compares the hash every time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from sync.disk import Disk
from sync.errors import DamagedError
from sync.manifest import sha256


class Store:
    """Files under ``folder/<2>/<sha256>``.

    Args:
        folder: where they live; it is made when needed.
        disk: how files are written.
    """

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._staging = folder / "staging"
        self._disk = disk
        self._staged: dict[str, Path] = {}
        self._renamed: set[Path] = set()
        """Folders with new names that the disk has not been asked to hold yet."""
        self._guard = threading.Lock()

    def path(self, digest: str) -> Path:
        """Where a file lies, or would."""
        return self._folder / digest[:2] / digest

    def has(self, digest: str) -> bool:
        """Whether a file is here, settled or staged."""
        return digest in self._staged or self.path(digest).is_file()

    def read(self, digest: str) -> bytes:
        """A file's bytes.

        Raises:
            DamagedError: it is missing, or its bytes are not those of its name.
        """
        path = self._staged.get(digest) or self.path(digest)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise DamagedError(f"{path}: cannot be read ({error.strerror}).") from error
        if sha256(data) != digest:
            raise DamagedError(f"{path}: the disk gives other bytes than were written.")
        return data

    def stage(self, digest: str, data: bytes) -> None:
        """Take in a file whose hash the caller has compared. It is not safe before ``settle``.

        Raises:
            OSError: the disk is full or cannot be written.
        """
        if self.has(digest):
            return
        self._disk.make_folder(self._staging)
        path = self._staging / digest
        with self._disk.create(path) as file:
            self._disk.write(file, data)
        with self._guard:
            self._staged[digest] = path

    def settle(self) -> None:
        """Make everything that was staged safe. After an error it may be called again.

        Raises:
            OSError: the disk is full or cannot be written.
        """
        for digest, path in list(self._staged.items()):
            try:
                with path.open("rb+") as file:
                    self._disk.sync(file)
            except OSError:
                # What the disk has refused once it may lose in silence later: it comes again.
                del self._staged[digest]
                raise
        for digest, path in list(self._staged.items()):
            final = self.path(digest)
            self._disk.make_folder(final.parent)
            self._disk.replace(path, final)
            del self._staged[digest]
            self._renamed.add(final.parent)
        for folder in sorted(self._renamed):
            self._disk.sync_folder(folder)
            self._renamed.remove(folder)

    def forget(self, digest: str) -> None:
        """Drop a file that turned out to be damaged."""
        self._disk.remove(self.path(digest))

    def sweep(self, kept: Iterable[str]) -> int:
        """Remove every file but these, and what a killed run left staged.

        Returns:
            How many files went.
        """
        wanted = set(kept)
        gone = 0
        for path in self._files():
            if path.name not in wanted:
                self._disk.remove(path)
                gone += 1
        for path in self._staging.glob("*"):
            if path not in self._staged.values():
                self._disk.remove(path)
        return gone

    def scrub(self) -> list[str]:
        """Hash every file again; the names of the damaged ones, which are removed."""
        damaged = []
        for path in self._files():
            try:
                self.read(path.name)
            except DamagedError:
                damaged.append(path.name)
                self._disk.remove(path)
        return damaged

    def _files(self) -> Iterator[Path]:
        yield from sorted(path for path in self._folder.glob("??/*") if path.is_file())

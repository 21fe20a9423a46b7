"""Files that survive a power cut.

Promise: *a file that is under its final name is whole.* A file is written under
another name, forced to the disk, renamed, and its folder is forced, in this order.
Every operation that matters passes through ``Disk``, so that tests can record them,
stop after any of them, and enumerate what a power cut could leave behind.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO


class Disk:
    """The few operations that the agent's files are made of."""

    def create(self, path: Path) -> BinaryIO:
        """Open a file for writing; what stood there is emptied."""
        return path.open("wb")

    def write(self, file: BinaryIO, data: bytes) -> None:
        """Append bytes; they may be in no safe place yet."""
        file.write(data)

    def sync(self, file: BinaryIO) -> None:
        """Have the disk itself hold a file's bytes before going on."""
        file.flush()
        os.fsync(file.fileno())

    def sync_folder(self, folder: Path) -> None:
        """Have the disk itself hold a folder's names before going on."""
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def replace(self, old: Path, new: Path) -> None:
        """Give a file or folder its final name."""
        os.replace(old, new)

    def remove(self, path: Path) -> None:
        """Remove a file; one that is not there is fine."""
        path.unlink(missing_ok=True)

    def make_folder(self, folder: Path) -> None:
        """Make a folder and have its parents hold the name."""
        if folder.is_dir():
            return
        self.make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        self.sync_folder(folder.parent)

    def write_whole(self, path: Path, data: bytes) -> None:
        """Write a small file whole or not at all, durably.

        Raises:
            OSError: nothing was written; what stood at ``path`` stands there still.
        """
        self.make_folder(path.parent)
        unfinished = path.with_name(f".{path.name}.new")
        try:
            with self.create(unfinished) as file:
                self.write(file, data)
                self.sync(file)
            self.replace(unfinished, path)
        except BaseException:
            self.remove(unfinished)
            raise
        self.sync_folder(path.parent)

"""A disk for SQLite that loses what was not forced, and that can be full.

    platter = Platter("name")
    connection = platter.connect(Path("state.sqlite"))
    platter.cut_after(7)              # the power goes at the eighth write, sync or removal
    ...                               # every call fails from there on
    platter.save(folder)              # what a random one of all possible cuts has left

Writes stay in memory until ``xSync``. A cut keeps each of those that wait, drops it, or
tears it into sectors of which some are kept. Names are given and taken by the folder,
which is forced with a new journal's first sync and where SQLite asks for it on removal.
"""

# ruff: noqa: N802 - SQLite's own names

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import apsw

SECTOR = 512

Result = TypeVar("Result")


class _File:
    """A file's bytes: safe ones, those that readers see, and the writes between the two."""

    def __init__(self, data: bytes = b"") -> None:
        self.safe = data
        self.live = bytearray(data)
        self.waiting: list[tuple[int, bytes]] = []
        """Where and what; ``-1`` before a length is a cutting off."""

    def write(self, offset: int, data: bytes) -> None:
        _put(self.live, offset, data)
        self.waiting.append((offset, data))

    def truncate(self, length: int) -> None:
        del self.live[length:]
        self.waiting.append((-1, length.to_bytes(8, "big")))

    def sync(self) -> None:
        self.safe = bytes(self.live)
        self.waiting.clear()

    def after_cut(self, chance: random.Random) -> bytes:
        data = bytearray(self.safe)
        share = chance.choice((0.0, 0.2, 0.5, 0.8, 1.0))
        for offset, piece in self.waiting:
            fate = chance.random()
            if offset < 0:
                if fate < share:
                    del data[int.from_bytes(piece, "big") :]
            elif fate < share * 0.7:
                _put(data, offset, piece)
            elif fate < share:
                for start in range(0, len(piece), SECTOR):
                    if chance.random() < 0.5:
                        _put(data, offset + start, piece[start : start + SECTOR])
        return bytes(data)


def _put(data: bytearray, offset: int, piece: bytes) -> None:
    if len(data) < offset:
        data.extend(bytes(offset - len(data)))
    data[offset : offset + len(piece)] = piece


class Platter(apsw.VFS):
    """One folder's files in memory.

    Args:
        name: of this disk among SQLite's; each needs its own.
        seed: of what a cut keeps.
    """

    def __init__(self, name: str, seed: int = 0) -> None:
        super().__init__(name, "")
        self.name = name
        self.chance = random.Random(seed)
        self.names: dict[str, _File] = {}
        self.safe_names: dict[str, _File] = {}
        self._waiting: list[tuple[str, _File | None]] = []
        self._left = self._room = float("inf")
        self.dead = False
        self.steps = 0

    # -- what a test does

    def connect(self, path: Path) -> Connection:
        """As ``State`` opens its database."""
        return Connection(path, self.name)

    def cut_after(self, steps: int) -> None:
        """The power goes after so many more steps."""
        self._left = steps

    def full_after(self, steps: float) -> None:
        """The disk takes so many more writes that make a file longer."""
        self._room = steps

    def save(self, folder: Path) -> None:
        """Have the power go, if it is not gone, and lay out what is left."""
        self.dead = True
        names = dict(self.safe_names)
        share = self.chance.choice((0.0, 0.5, 1.0))
        for name, file in self._waiting:
            if self.chance.random() < share:
                names.pop(name, None) if file is None else names.__setitem__(name, file)
        for name, file in names.items():
            (folder / name).write_bytes(file.after_cut(self.chance))

    def load(self, folder: Path) -> None:
        """Switch on again with what is in a folder."""
        self.names = {path.name: _File(path.read_bytes()) for path in folder.iterdir()}
        self.safe_names = dict(self.names)
        self._waiting.clear()
        self._left = self._room = float("inf")
        self.dead = False

    # -- what SQLite does

    def step(self, longer: bool = False) -> None:
        """One more step, unless the power is gone or the disk is full."""
        if self.dead or self._left <= 0:
            self.dead = True
            raise apsw.IOError("the power is gone")
        self._left -= 1
        self.steps += 1
        if longer:
            self._room -= 1
            if self._room < 0:
                raise apsw.FullError("no space left")

    def sync_names(self) -> None:
        """Force the folder."""
        self.safe_names = dict(self.names)
        self._waiting.clear()

    def xFullPathname(self, name: str) -> str:
        return name

    def xAccess(self, pathname: str, _flags: int) -> bool:
        return Path(pathname).name in self.names

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.step()
        name = Path(filename).name
        if self.names.pop(name, None) is None:
            raise apsw.IOError(f"{name}: is not there")
        self._waiting.append((name, None))
        if syncdir:
            self.step()
            self.sync_names()

    def xOpen(self, name: Any, flags: list[int]) -> _Handle:
        if name is None:
            return _Handle(self, _File(), private=True)
        base = Path(name.filename() if isinstance(name, apsw.URIFilename) else name).name
        file = self.names.get(base)
        journal = False
        if file is None:
            if not flags[0] & apsw.SQLITE_OPEN_CREATE:
                raise apsw.CantOpenError(f"{base}: is not there")
            self.step(longer=True)
            file = self.names[base] = _File()
            self._waiting.append((base, file))
            journal = bool(flags[0] & apsw.SQLITE_OPEN_MAIN_JOURNAL)
        flags[1] = flags[0]
        return _Handle(self, file, sync_names=journal)


class _Handle:
    """An open file of a platter. There is one process, so locks are always had."""

    def __init__(
        self, platter: Platter, file: _File, private: bool = False, sync_names: bool = False
    ) -> None:
        self._platter = platter
        self._file = file
        self._private = private
        self._sync_names = sync_names

    def xRead(self, amount: int, offset: int) -> bytes:
        if self._platter.dead:
            raise apsw.IOError("the power is gone")
        return bytes(self._file.live[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:
        if not self._private:
            try:
                self._platter.step(longer=offset + len(data) > self.xFileSize())
            except apsw.IOError:
                # The write during which the power goes may have come through in part.
                self._file.write(offset, bytes(data))
                raise
        self._file.write(offset, bytes(data))

    def xTruncate(self, size: int) -> None:
        if not self._private:
            self._platter.step()
        self._file.truncate(size)

    def xSync(self, _flags: int) -> None:
        if self._private:
            return
        self._platter.step()
        self._file.sync()
        if self._sync_names:
            self._sync_names = False
            self._platter.step()
            self._platter.sync_names()

    def xFileSize(self) -> int:
        return len(self._file.live)

    def xLock(self, _level: int) -> None:
        return

    def xUnlock(self, _level: int) -> None:
        return

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, _op: int, _pointer: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return SECTOR

    def xDeviceCharacteristics(self) -> int:
        # What SQLite's own driver says of any disk: a write changes no bytes beside its own.
        return int(apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE)

    def xClose(self) -> None:
        return


_WRITING = (
    apsw.FullError,
    apsw.IOError,
    apsw.CantOpenError,
    apsw.ReadOnlyError,
    apsw.BusyError,
    apsw.SQLError,
)
"""What Python's own driver calls an ``OperationalError``."""


class Connection:
    """An apsw connection in the shape, and with the errors, of Python's own driver."""

    def __init__(self, path: Path, vfs: str) -> None:
        self._connection = _mapped(lambda: apsw.Connection(str(path), vfs=vfs))

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> _Cursor:
        return _Cursor(_mapped(lambda: self._connection.execute(statement, values)))

    def close(self) -> None:
        _mapped(self._connection.close)


class _Cursor:
    def __init__(self, cursor: apsw.Cursor) -> None:
        self._cursor = cursor

    def fetchall(self) -> list[tuple[Any, ...]]:
        return _mapped(self._cursor.fetchall)


def _mapped(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except _WRITING as error:
        raise sqlite3.OperationalError(str(error)) from error
    except apsw.Error as error:
        raise sqlite3.DatabaseError(str(error)) from error

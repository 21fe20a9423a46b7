"""What a power cut could leave of a folder.

    with Recorder(folder) as log:
        disk.write_whole(folder / "a", b"new")
        log.promise("written")
    for state in states(log):
        state.put(scratch)

While a recorder is open, every change of names and every ``fsync`` below its folder is
noted, whoever makes it. The model is the weakest that POSIX allows: bytes are safe once
their file was forced, names once their folder was. Of the rest any part may be there: a
file's bytes as they were, in full, half or none; each name given, taken or not; a rename
within one folder at once, one between two folders in two steps that may come apart.
"""

from __future__ import annotations

import functools
import itertools
import os
import random
import stat
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = 0
"""The number of the recorder's own folder."""

WATCHED = ("mkdir", "unlink", "rmdir", "link", "symlink", "remove")


@contextmanager
def in_memory(otherwise: Path) -> Iterator[Path]:
    """A folder where forcing costs nothing, for what is not to survive anything."""
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if os.access(shm, os.W_OK) else otherwise) as folder:
        yield Path(folder)


@dataclass(frozen=True)
class Names:
    """One change of a folder's names that happens at once or not at all."""

    folder: int
    gone: str | None = None
    given: str | None = None
    node: int = -1
    safe: bool = False


@dataclass(frozen=True)
class Bytes:
    """What a file holds from now on; a symbolic link holds where it leads."""

    node: int
    data: bytes


@dataclass(frozen=True)
class Forced:
    """A file's bytes, or a folder's names, are safe."""

    node: int


@dataclass(frozen=True)
class Promised:
    """The code under test has said that something is done."""

    what: str


Step = Names | Bytes | Forced | Promised
Tree = dict[str, bytes | None]
"""By its path: a file's bytes, ``None`` for a folder."""


class Recorder:
    """Notes what happens below a folder.

    Args:
        folder: what is there at first counts as safe.
        ignored: names of files that are nobody's concern.
        safe: names of files that are safe the moment they change: SQLite forces them itself.
    """

    def __init__(self, folder: Path, ignored: Iterable[str] = (), safe: Iterable[str] = ()) -> None:
        self.folder = folder
        self.steps: list[Step] = []
        self._ignored = frozenset(ignored)
        self._safe = frozenset(safe)
        self._nodes: dict[int, int] = {folder.stat().st_ino: ROOT}
        """Our number of each inode that is there now."""
        self._names: dict[int, dict[str, int]] = {ROOT: {}}
        self._bytes: dict[int, bytes] = {}
        self._count = ROOT
        self._guard = threading.RLock()
        self._real: dict[str, Any] = {}
        self._look()
        for node in [*self._bytes, *self._names]:
            self.steps.append(Forced(node))
        self.start = len(self.steps)

    def __enter__(self) -> Recorder:
        for name in (*WATCHED, "replace", "rename", "fsync"):
            self._real[name] = getattr(os, name)
        for name in WATCHED:
            setattr(os, name, functools.partial(self._around, self._real[name]))
        for name in ("replace", "rename"):
            setattr(os, name, functools.partial(self._rename, self._real[name]))
        os.fsync = self._fsync
        return self

    def __exit__(self, *_error: object) -> None:
        for name, function in self._real.items():
            setattr(os, name, function)

    def promise(self, what: str) -> None:
        """From here on a cut may not take this away."""
        with self._guard:
            self._look()
            self.steps.append(Promised(what))

    # -- what is called instead of the system

    def _around(self, call: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        with self._guard:
            self._look()
            try:
                return call(*arguments, **more)
            finally:
                self._look()

    def _rename(self, call: Callable[..., Any], old: Any, new: Any, **more: Any) -> None:
        with self._guard:
            self._look()
            before, after = self._place(Path(old)), self._place(Path(new))
            call(old, new, **more)
            if before is not None and after is not None and before[0] == after[0]:
                folder = before[0]
                node = self._names[folder].pop(before[1])
                self._names[folder][after[1]] = node
                self.steps.append(Names(folder, before[1], after[1], node))
            self._look()

    def _fsync(self, handle: Any) -> None:
        with self._guard:
            self._look()
            self._real["fsync"](handle)
            number = handle if isinstance(handle, int) else handle.fileno()
            node = self._nodes.get(os.fstat(number).st_ino)
            if node is not None:
                self.steps.append(Forced(node))

    def _place(self, path: Path) -> tuple[int, str] | None:
        """The folder's number and the name, if a path is below our folder."""
        if not path.absolute().is_relative_to(self.folder):
            return None
        node = self._nodes.get(path.parent.stat().st_ino)
        return None if node is None or path.name not in self._names[node] else (node, path.name)

    # -- finding out what has changed

    def _look(self) -> None:
        """Note what has changed since the last look, as changes that nothing binds together."""
        there: dict[int, int] = {self.folder.stat().st_ino: ROOT}
        self._look_into(self.folder, ROOT, there)
        self._nodes = there

    def _look_into(self, folder: Path, node: int, there: dict[int, int]) -> None:
        names = self._names[node]
        found: dict[str, int] = {}
        for entry in sorted(os.scandir(folder), key=lambda one: one.name):
            if entry.name in self._ignored:
                continue
            about = entry.stat(follow_symlinks=False)
            one = there.get(about.st_ino, self._nodes.get(about.st_ino, -1))
            if one < 0:
                self._count += 1
                one = self._count
            there[about.st_ino] = self._nodes[about.st_ino] = one
            found[entry.name] = one
            new = names.get(entry.name) != one
            if stat.S_ISDIR(about.st_mode):
                self._names.setdefault(one, {})
            else:
                linked = stat.S_ISLNK(about.st_mode)
                data = os.readlink(entry.path).encode() if linked else Path(entry.path).read_bytes()
                if linked:
                    data = b"->" + data
                if self._bytes.get(one) != data:
                    self._bytes[one] = data
                    self.steps.append(Bytes(one, data))
                    if linked or entry.name in self._safe:
                        self.steps.append(Forced(one))
            if new:
                self.steps.append(Names(node, None, entry.name, one, entry.name in self._safe))
            if stat.S_ISDIR(about.st_mode):
                self._look_into(Path(entry.path), one, there)
        for name in names.keys() - found.keys():
            self.steps.append(Names(node, name))
        self._names[node] = found


@dataclass
class State:
    """What one cut leaves, and what had been promised before it."""

    step: int
    tree: Tree
    promised: tuple[str, ...]

    def put(self, folder: Path) -> Path:
        """Lay it out in an empty folder."""
        for path, data in self.tree.items():
            place = folder / path
            if data is None:
                place.mkdir()
            elif data.startswith(b"->"):
                place.symlink_to(data[2:].decode())
            else:
                place.write_bytes(data)
        return folder


@dataclass
class _Disk:
    """The disk at one step: what is safe, and what is on its way."""

    safe_bytes: dict[int, bytes] = field(default_factory=dict)
    live_bytes: dict[int, bytes] = field(default_factory=dict)
    safe_names: dict[int, dict[str, int]] = field(default_factory=dict)
    waiting: dict[int, list[Names]] = field(default_factory=dict)
    promised: list[str] = field(default_factory=list)

    def take(self, step: Step) -> None:
        """Go one step on."""
        if isinstance(step, Names) and step.safe:
            _apply(self.safe_names.setdefault(step.folder, {}), step)
        elif isinstance(step, Names):
            self.waiting.setdefault(step.folder, []).append(step)
        elif isinstance(step, Bytes):
            self.live_bytes[step.node] = step.data
        elif isinstance(step, Promised):
            self.promised.append(step.what)
        else:
            names = self.safe_names.setdefault(step.node, {})
            for change in self.waiting.pop(step.node, []):
                _apply(names, change)
            if step.node in self.live_bytes:
                self.safe_bytes[step.node] = self.live_bytes[step.node]

    def choices(self) -> tuple[list[Names], list[tuple[int, tuple[bytes, ...]]]]:
        """What a cut decides: each change of names, and the bytes of each file that is not safe."""
        changes = [change for waiting in self.waiting.values() for change in waiting]
        files = []
        for node, live in self.live_bytes.items():
            safe = self.safe_bytes.get(node, b"")
            if live != safe:
                start = len(safe) if live.startswith(safe) else 0
                half = live[: start + (len(live) - start) // 2]
                files.append((node, tuple(dict.fromkeys((safe, live, half, b"")))))
        return changes, files

    def tree(self, applied: Iterable[Names], chosen: dict[int, bytes]) -> Tree:
        """What is there after a cut that decided so."""
        names = {folder: dict(one) for folder, one in self.safe_names.items()}
        for change in applied:
            _apply(names.setdefault(change.folder, {}), change)
        found: Tree = {}
        self._walk("", ROOT, names, chosen, found, ())
        return found

    def _walk(
        self,
        path: str,
        folder: int,
        names: dict[int, dict[str, int]],
        chosen: dict[int, bytes],
        found: Tree,
        above: tuple[int, ...],
    ) -> None:
        for name, node in sorted(names.get(folder, {}).items()):
            place = f"{path}{name}"
            if node in self.live_bytes:
                found[place] = chosen.get(node, self.live_bytes[node])
            elif node not in above:
                found[place] = None
                self._walk(f"{place}/", node, names, chosen, found, (*above, node))


def _apply(names: dict[str, int], change: Names) -> None:
    if change.gone is not None:
        names.pop(change.gone, None)
    if change.given is not None:
        names[change.given] = change.node


def states(log: Recorder, most: int = 3000, seed: int = 1) -> Iterator[State]:
    """Every state that a cut at any step could leave, each once.

    Where one step leaves more than ``most``, so many are drawn, the plainest among them.
    """
    chance = random.Random(seed)
    disk = _Disk()
    seen: set[tuple[Any, ...]] = set()
    for number, step in enumerate(log.steps):
        disk.take(step)
        if number + 1 < log.start:
            continue
        changes, files = disk.choices()
        for applied, contents in _decisions(changes, files, most, chance):
            tree = disk.tree(applied, contents)
            key = (len(disk.promised), *tree.items())
            if key not in seen:
                seen.add(key)
                yield State(number, tree, tuple(disk.promised))


def _decisions(
    changes: list[Names], files: list[tuple[int, tuple[bytes, ...]]], most: int, chance: random.Random
) -> Iterator[tuple[list[Names], dict[int, bytes]]]:
    nodes = [node for node, _ in files]
    count = 2 ** len(changes)
    for _, options in files:
        count *= len(options)
    if count <= most:
        for kept in itertools.product((False, True), repeat=len(changes)):
            applied = [change for change, keep in zip(changes, kept, strict=True) if keep]
            for contents in itertools.product(*(options for _, options in files)):
                yield applied, dict(zip(nodes, contents, strict=True))
        return
    # All names and no bytes is what careless code meets first; then all, and nothing.
    yield changes, {node: options[0] for node, options in files}
    yield changes, {node: options[1] for node, options in files}
    yield [], {node: options[0] for node, options in files}
    for _ in range(most - 3):
        share = chance.choice((0.1, 0.5, 0.9))
        applied = [change for change in changes if chance.random() < share]
        yield applied, {node: chance.choice(options) for node, options in files}

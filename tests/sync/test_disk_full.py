"""A full disk at every step, a database that cannot grow, a folder that may not be written."""

from __future__ import annotations

import contextlib
import errno
import functools
import math
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from sync import errors
from sync.disk import Disk
from sync.manifest import sha256
from sync.state import Activation, State
from sync.status import read_status
from sync.store import Store
from tests.content.tree import REPOSITORY
from tests.sync.centre import CHANNEL, TODAY, Centre, Clock, Kiosk, Line
from tests.sync.drops_writes import Platter
from tests.sync.power import in_memory

ADVICE = "Free the disk"

LIMITS = (0, 1, 100, 511, 512, 2000, 4095, 4096, 9000, 20_000, 32_000)
"""Bytes that a file may have."""


class FullDisk(Disk):
    """Has no room from the n-th step on, or at the n-th step only; nothing is forced, for speed.

    Args:
        left: so many steps succeed.
        once: whether there is room again right after.
    """

    def __init__(self, left: int, once: bool = False) -> None:
        self._left = left
        self._once = once
        self.told = False
        """Whether somebody has met the full disk."""

    def _full(self) -> bool:
        self._left -= 1
        full = self._left == -1 if self._once else self._left < 0
        self.told = self.told or full
        return full

    def _step(self, path: Path) -> None:
        if self._full():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    def create(self, path: Path) -> BinaryIO:
        self._step(path)
        return super().create(path)

    def write(self, file: BinaryIO, data: bytes) -> None:
        if self._full():
            super().write(file, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), file.name)
        super().write(file, data)

    def sync(self, file: BinaryIO) -> None:
        if self._full():
            # The kernel drops what it could not write, and the next ``fsync`` finds nothing wrong.
            os.truncate(file.name, 0)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), file.name)
        file.flush()

    def sync_folder(self, folder: Path) -> None:
        self._step(folder)

    def replace(self, old: Path, new: Path) -> None:
        self._step(new)
        super().replace(old, new)

    def make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            self._step(folder)
        super().make_folder(folder)


@pytest.fixture
def ram(tmp_path: Path) -> Iterator[Path]:
    with in_memory(tmp_path) as folder:
        yield folder


@dataclass
class Airport:
    """A centre with one release more than a kiosk has, and copies of that kiosk."""

    centre: Centre
    line: Line
    kiosk: Kiosk
    before: tuple[int, str]
    after: tuple[int, str] = (0, "")

    def copy(self, folder: Path, **more: Any) -> Kiosk:
        """Another kiosk that is as far."""
        if self.kiosk.data.exists():
            shutil.copytree(self.kiosk.data, folder, symlinks=True)
        folder.mkdir(exist_ok=True)
        return Kiosk(folder, self.centre.root, CHANNEL, Clock(self.centre.clock.moment), more)


@contextlib.contextmanager
def an_airport(centre: Centre, fresh: bool = False) -> Iterator[Airport]:
    """The kiosk has two releases, so that the third sends one of them away; 20 kB have to come."""
    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        if not fresh:
            kiosk.update(line)
            centre.publish(media={"RU": {"map.png": b"map"}})
            kiosk.update(line)
        before = kiosk.state() if not fresh else (0, "")
        centre.edit()
        centre.publish(media={"RU": {"map.png": b"map", "sea.png": os.urandom(20_000)}})
        airport = Airport(centre, line, kiosk, before)
        whole = airport.copy(centre.folder / "whole")
        assert whole.update(line).activated
        airport.after = whole.state()
        yield airport


def finishes(kiosk: Kiosk, airport: Airport) -> None:
    """There is room again: the next run brings the release, and everything is whole."""
    kiosk.more = {}
    kiosk.update(airport.line)
    assert kiosk.state() == airport.after
    with kiosk.open() as update:
        assert update.scrub() == []
    assert not list(kiosk.data.glob("releases/*.new")) and not list(kiosk.data.glob("blobs/staging/*"))


@pytest.mark.parametrize(
    ("fresh", "once", "stride"), [(False, False, 1), (False, True, 1), (True, False, 2), (True, True, 3)]
)
def test_no_room_at_any_step_of_an_update(
    centre: Centre, ram: Path, fresh: bool, once: bool, stride: int
) -> None:
    with an_airport(centre, fresh) as airport:
        for step in range(0, 1000, stride):
            disk = FullDisk(step, once)
            kiosk = airport.copy(ram / f"{step}", disk=disk, workers=1)
            try:
                kiosk.update(airport.line)
            except errors.SpaceError as error:
                assert ADVICE in str(error)
                status = read_status(kiosk.data)
                assert (status.reason, status.trouble) == ("disk", str(error)), step
                new = status.release == airport.after[0]
            else:
                assert not disk.told, f"nobody was told of step {step}"
                break
            if not new and fresh:
                # A kiosk without a memory remembers a release that was already in its place.
                new = (kiosk.data / "releases/1").exists()
            assert kiosk.state() == (airport.after if new else airport.before), step
            finishes(kiosk, airport)
            assert read_status(kiosk.data).reason == ""
            shutil.rmtree(kiosk.data)
    assert step > (150 if fresh else 80)


def test_a_store_that_was_full_goes_on_without_a_restart(ram: Path) -> None:
    files = [f"pack {number}".encode() * 50 for number in range(4)]
    for step in range(100):
        disk = FullDisk(step, once=True)
        store = Store(ram / f"{step}", disk)
        met = False
        for _ in range(2):
            try:
                for data in files:
                    store.stage(sha256(data), data)
                    assert store.read(sha256(data)) == data
                store.settle()
            except OSError:
                assert not met
                met = True
        assert [store.read(sha256(data)) for data in files] == files, step
        assert store.scrub() == [] and not list((ram / f"{step}/staging").iterdir()), step
        if not disk.told:
            break
    assert step > 15


def test_a_release_that_is_too_large_is_told_in_bytes_before_anything_comes(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    with an_airport(centre) as airport:
        monkeypatch.setattr("sync.update.SPARE", 1 << 60)
        airport.line.asked.clear()
        with pytest.raises(errors.SpaceError, match=r"needs .* MB, .* MB are free\. Free the disk\."):
            airport.kiosk.update(airport.line)
        assert not any("/blobs/" in path or "/delta/" in path for path in airport.line.asked)
        assert airport.kiosk.state() == airport.before
        monkeypatch.undo()
        finishes(airport.kiosk, airport)


# -- a real disk that is full


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of three megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(place)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {made.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_disk_that_is_really_full(
    centre: Centre, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page by page less room, and no plan that would notice it beforehand."""
    monkeypatch.setattr("sync.update.SPARE", -(1 << 40))
    with an_airport(centre) as airport:
        told: Counter[str] = Counter()
        for pages in range(1000):
            kiosk = airport.copy(small_disk / "kiosk", workers=1)
            filler = small_disk / "filler"
            filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - 4096 * pages))
            assert shutil.disk_usage(small_disk).free == 4096 * pages
            try:
                kiosk.update(airport.line)
            except errors.SpaceError as error:
                assert ADVICE in str(error), pages
                status = read_status(kiosk.data)
                assert status.release == airport.before[0]
                assert not status.reason or (status.reason, status.trouble) == ("disk", str(error))
                told[status.reason] += 1
            else:
                break
            filler.unlink()
            assert kiosk.state() == airport.before
            finishes(kiosk, airport)
            shutil.rmtree(kiosk.data)
        assert kiosk.state() == airport.after
        assert told["disk"] > 5 and told[""] > 5, "where a note fits, it is there"
        assert pages > 20


@pytest.mark.parametrize("place", ["blobs/staging", "blobs/ab", "releases/9.new"])
def test_what_an_earlier_update_left_behind_does_not_keep_the_next_one_out(
    centre: Centre, small_disk: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """A release that never came, or was killed, has filled the disk; nobody is there to free it."""
    monkeypatch.setattr("sync.update.SPARE", 0)
    with an_airport(centre) as airport:
        kiosk = airport.copy(small_disk / "kiosk", workers=1)
        (kiosk.data / place).mkdir(parents=True, exist_ok=True)
        left = kiosk.data / place / ("ab" * 32)
        left.write_bytes(bytes(shutil.disk_usage(small_disk).free - 50_000))
        kiosk.update(airport.line)
        assert kiosk.state() == airport.after
        assert not left.exists()


# -- files that may not grow


@contextlib.contextmanager
def files_of_at_most(count: int) -> Iterator[None]:
    """No file of this process may become longer than so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("fresh", [False, True], ids=["second", "fresh"])
def test_files_that_may_not_grow(centre: Centre, ram: Path, fresh: bool) -> None:
    """What is longer than the limit fails in the middle of a write, with another error than a full disk."""
    with an_airport(centre, fresh) as airport:
        whole = centre.folder / "whole"
        largest = (whole / f"releases/{read_status(whole).folder}/library.sqlite").stat().st_size
        assert largest > 32_000
        for count in (*LIMITS, largest - 4096, largest - 1):
            kiosk = airport.copy(ram / f"{count}", workers=1)
            with files_of_at_most(count), pytest.raises(errors.SpaceError, match=ADVICE):
                kiosk.update(airport.line)
            status = read_status(kiosk.data)
            # The note needs no more room than the memory has already.
            assert status.reason == "disk" or count < 32_000, count
            assert kiosk.state() == airport.before
            finishes(kiosk, airport)
            shutil.rmtree(kiosk.data)
        kiosk = airport.copy(ram / "enough", workers=1)
        with files_of_at_most(largest + 100_000):
            kiosk.update(airport.line)
        assert kiosk.state() == airport.after


@pytest.mark.parametrize("count", [200, 30_000])
def test_the_agent_says_what_to_do_and_ends_with_one(centre: Centre, ram: Path, count: int) -> None:
    with an_airport(centre) as airport:
        kiosk = airport.copy(ram / "kiosk")
        config = ram / "kiosk.toml"
        (ram / "root.json").write_bytes(centre.root)
        config.write_text(
            f'[agent]\nroot = "root.json"\nservers = ["{airport.line.address}"]\n', encoding="utf-8"
        )
        command = [sys.executable, "-m", "sync", "update", "--once"]
        command += ["--config", str(config), "--data", str(kiosk.data)]
        limit = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (count, count))
        run = functools.partial(subprocess.run, command, capture_output=True, text=True, cwd=REPOSITORY)
        # The centre's clock is this machine's from here on: its signatures are good today.
        centre.clock.moment = datetime.now(UTC)
        centre.publisher().resign(renew=True)
        done = run(preexec_fn=limit)
        assert done.returncode == 1 and ADVICE in done.stderr and "Traceback" not in done.stderr, done.stderr
        assert read_status(kiosk.data).release == airport.before[0]
        done = run()
        assert done.returncode == 0, done.stderr
        assert read_status(kiosk.data).release == airport.after[0]


# -- a database that cannot grow


def test_the_memory_is_whole_after_a_full_disk_at_any_write(ram: Path) -> None:
    def remember(state: State, number: int) -> None:
        hashes = dict.fromkeys(("common", "RU", "KR", "AE"), f"{number:064x}")
        new = Activation(number, CHANNEL, number, number, f"{number:064x}", "0" * 64, hashes)
        floors = dict.fromkeys(("root", "timestamp", "snapshot", "targets"), (number, "aaaa"))
        state.activate(new, floors, TODAY + timedelta(days=number))

    def known(state: State) -> tuple[int, int, str]:
        active = state.active()
        assert active is not None
        return active.number, state.floors()["root"][0], state.note("signed_at")

    platter = Platter("fills")
    state = State(Path("state.sqlite"), platter.connect)
    remember(state, 1)
    for writes in range(100):
        before = known(state)
        platter.full_after(writes)
        try:
            remember(state, before[0] + 1)
        except errors.SpaceError as error:
            assert "no space left" in str(error) or "full" in str(error), error
            assert ADVICE in str(error)
            assert known(state) == before
            with pytest.raises(errors.SpaceError):
                state.write_notes({"trouble": "x" * writes + "y"})
        else:
            break
        platter.full_after(math.inf)
        state.write_notes({"trouble": "y"})
        remember(state, before[0] + 1)
        assert known(state)[:2] == (before[0] + 1, before[0] + 1)
    assert writes > 5
    state.close()
    platter.unregister()


def test_a_memory_that_cannot_be_read_is_named() -> None:
    """A dying card gives errors for reads, too; that must not end the agent's loop."""
    platter = Platter("dies")
    state = State(Path("state.sqlite"), platter.connect)
    state.write_notes({"trouble": "none"})
    platter.cut_after(0)
    with pytest.raises(errors.SpaceError):
        state.write_notes({"trouble": "many"})
    for question in (state.active, state.floors, state.signed_at, state.next_number):
        with pytest.raises(errors.SpaceError, match=r"cannot be read.*Free the disk or mend its rights"):
            question()
    state.close()
    platter.unregister()


def test_a_memory_that_may_not_grow_is_named(centre: Centre, ram: Path) -> None:
    """SQLite's own limit, through its own driver, in a whole update."""

    def no_growth(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None)
        # Small pages, so that a new activation does not fit where the old ones are.
        connection.execute("PRAGMA page_size = 512")
        connection.execute("VACUUM")
        connection.execute("PRAGMA max_page_count = 1").fetchall()
        return connection

    with an_airport(centre) as airport:
        kiosk = airport.copy(ram / "kiosk", connect=no_growth)
        with pytest.raises(errors.SpaceError, match=r"disk is full.*Free the disk"):
            kiosk.update(airport.line)
        kiosk.more = {}
        assert kiosk.state() == airport.before
        finishes(kiosk, airport)


# -- a folder that may not be written


def as_nobody(work: Callable[[], object]) -> str:
    """What an error said, in a process without rights; empty if there was none."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = "the process ended"
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            work()
            said = ""
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        finally:
            os.write(writing, said.encode()[:4000])
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    return said


def test_a_folder_that_may_not_be_written_is_named(centre: Centre, ram: Path) -> None:
    ram.chmod(0o755)
    with an_airport(centre) as airport:
        for closed in ("", "blobs", "releases", "metadata", "state.sqlite", "agent.lock"):
            not_to_be_written(airport, ram / f"without {closed}", closed)


def not_to_be_written(airport: Airport, data: Path, closed: str) -> None:
    """One kiosk without the right to write a file, or a folder with all that is in it."""
    kiosk = airport.copy(data, workers=1)
    everything = [kiosk.data, *kiosk.data.rglob("*")]
    for path in everything:
        os.chown(path, 65534, 65534, follow_symlinks=False) if os.getuid() == 0 else None
    shut = [path for path in everything if path.is_relative_to(kiosk.data / closed)]
    for path in shut:
        if not path.is_symlink():
            path.chmod(0o555 if path.is_dir() else 0o444)
    said = as_nobody(lambda: kiosk.update(airport.line))
    assert said.startswith("SpaceError: ") and str(kiosk.data) in said, said
    assert "Free the disk" in said or "end the folder's rights" in said, said
    assert read_status(kiosk.data).release == airport.before[0]
    if closed in ("blobs", "releases", "metadata"):
        assert read_status(kiosk.data).reason == "disk"
    assert as_nobody(lambda: list(read_status(kiosk.data).lines(kiosk.data))) == ""
    for path in shut:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert as_nobody(lambda: finishes(kiosk, airport)) == ""


def test_a_file_in_a_folders_place_is_named(centre: Centre, ram: Path) -> None:
    with an_airport(centre) as airport:
        for name in ("", "blobs", "releases", "metadata", "incoming"):
            kiosk = airport.copy(ram / f"without {name}", workers=1)
            place = kiosk.data / name
            if place.exists():
                place.rename(ram / "aside")
            place.write_bytes(b"a file")
            with pytest.raises(errors.SpaceError, match=r"Free the disk|end the folder's rights") as caught:
                kiosk.update(airport.line)
            assert str(place) in str(caught.value)
            assert read_status(kiosk.data).reason == ("disk" if name else "")
            place.unlink()
            if (ram / "aside").exists():
                (ram / "aside").rename(place)
            assert kiosk.state() == airport.before
            finishes(kiosk, airport)
        # The other way round: a folder in a file's place.
        kiosk = airport.copy(ram / "memory")
        (kiosk.data / "state.sqlite").unlink()
        (kiosk.data / "state.sqlite").mkdir()
        with pytest.raises(errors.SpaceError, match=r"state\.sqlite.*Free the disk or mend its rights"):
            kiosk.update(airport.line)
        (kiosk.data / "state.sqlite").rmdir()
        assert kiosk.state() == airport.before
        finishes(kiosk, airport)


def test_a_damaged_memory_on_a_full_disk_is_named(centre: Centre, ram: Path) -> None:
    """It cannot even be set aside."""
    with an_airport(centre) as airport:
        kiosk = airport.copy(ram / "kiosk", disk=FullDisk(0))
        (kiosk.data / "state.sqlite").write_bytes(b"garbage" * 1000)
        with pytest.raises(errors.SpaceError, match=ADVICE):
            kiosk.update(airport.line)
        kiosk.more = {}
        assert kiosk.state() == airport.before, "remembered from the releases"
        finishes(kiosk, airport)


class ReadOnlyDisk(Disk):
    """What a kernel makes of a dying card: it can be read, and nothing else."""

    def remove(self, path: Path) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))


def test_a_damaged_file_that_cannot_be_removed_is_named(centre: Centre, ram: Path) -> None:
    with an_airport(centre) as airport:
        kiosk = airport.copy(ram / "kiosk", disk=ReadOnlyDisk())
        blob = next((kiosk.data / "blobs").glob("??/*"))
        blob.write_bytes(b"rotten")
        with kiosk.open() as update, pytest.raises(errors.SpaceError, match=ADVICE):
            update.scrub()
        assert kiosk.state() == airport.before
        assert read_status(kiosk.data).reason == "disk"

"""Deaths to order: a process that ends at its n-th step or is killed, and a server apart from it.

child = Child(lambda: die_at(7, False, work))
assert child.wait() == DEAD
look(kiosk)

Every process here is forked before any thread of the test runs, works in silence, and ends
by ``os._exit`` or a signal, so that nothing of the test runner is ever torn down twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
import signal
import socket
import sqlite3
import tempfile
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar

from content.library import Library
from content.model import Content
from content.packs import language_values, make_packs
from content.release import write_library
from content.withdrawn import Withdrawn
from kiosk.releases import open_active
from sync.disk import Disk
from sync.errors import PublishError
from sync.manifest import read_manifest, sha256
from sync.publish import Publisher
from sync.repository import Public
from sync.state import Activation
from sync.status import read_status
from tests.sync import centre
from tests.sync.centre import Centre, Fault, FaultyHandler, Kiosk, Line

DEAD = 86
"""The exit code of a process that ended where it was told to."""

BROKEN = 87
"""The exit code of a process that met an error which nobody expects."""

CALLS = ("replace", "rename", "fsync", "unlink", "remove", "rmdir", "symlink", "link", "mkdir", "chmod")
"""Functions of ``os`` that are steps, whoever calls them."""

WRITES = ("COMMIT", "CREATE", "INSERT", "UPDATE", "DELETE")
"""Statements that are steps of the agent's memory."""


RAM = Path("/dev/shm")
"""Who dies leaves the same on every disk, so these tests need not wait for a slow one."""


@contextmanager
def quick_centre(template: Path) -> Iterator[Centre]:
    """A centre in memory, where there is any."""
    with tempfile.TemporaryDirectory(dir=RAM if os.access(RAM, os.W_OK) else None) as folder:
        yield Centre(Path(folder) / "centre", template)


# -- processes


class Child:
    """A forked process that does one thing.

    Args:
        work: its last word is the process's exit code: 0, ``DEAD``, or ``BROKEN`` with ``trouble``.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        self._told, telling = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            code = BROKEN
            try:
                os.close(self._told)
                work()
                code = 0
            except BaseException:
                os.write(telling, traceback.format_exc().encode()[-60_000:])
            finally:
                os._exit(code)
        os.close(telling)
        self.trouble = ""

    def kill(self) -> None:
        """What a power switch does to a process."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """The exit code, or minus the signal that ended it."""
        with os.fdopen(self._told, "rb") as told:
            _, status = os.waitpid(self.pid, 0)
            self.trouble = told.read().decode()
        return os.waitstatus_to_exitcode(status)


LANES = 2
"""Processes that share one test's work: there are two cores where it runs."""

Result = TypeVar("Result")


def in_lanes(work: Callable[[int], Result]) -> list[Result]:
    """Do a work once in each lane, all at the same time; what they returned."""
    lanes = []
    for lane in range(LANES):
        near, far = Pipe(duplex=False)
        lanes.append((Child(lambda lane=lane, far=far: far.send(work(lane))), near))  # type: ignore[misc]
        far.close()
    results = []
    for _, near in lanes:
        with contextlib.suppress(EOFError), near:
            results.append(near.recv())
    codes = [child.wait() for child, _ in lanes]
    assert codes == [0] * LANES, "".join(child.trouble for child, _ in lanes)
    return results


class FarLine:
    """A ``Line`` in a process of its own, so that others can be forked while it serves.

    Args:
        folder: what it serves.
        make: its faults, made in its own process.
    """

    def __init__(self, folder: Path, make: Callable[[], FaultMix] | None = None) -> None:
        self._pipe, far = Pipe()
        self._child = Child(lambda: self._serve(folder, make, far))
        far.close()
        self.address: str = self._pipe.recv()

    def _serve(self, folder: Path, make: Callable[[], FaultMix] | None, pipe: Connection) -> None:
        self._pipe.close()
        line = Line(folder)
        mix = make() if make is not None else None
        if mix is not None:
            line.faults = mix
        pipe.send(line.address)
        try:
            while True:
                asked = pipe.recv()
                if asked == "heal":
                    line.faults = lambda _path: None
                pipe.send((line.sent, len(line.asked), dict(mix.met) if mix is not None else {}))
        except EOFError:
            return

    def report(self, ask: str = "report") -> tuple[int, int, dict[str, int]]:
        """Bytes of bodies that were sent, requests, and which faults met how many of them."""
        self._pipe.send(ask)
        sent, asked, met = self._pipe.recv()
        return sent, asked, met

    def heal(self) -> None:
        """No more faults."""
        self.report("heal")

    def close(self) -> None:
        """Pull the plug."""
        self._pipe.close()
        self._child.kill()
        self._child.wait()


@contextmanager
def far_line(folder: Path, make: Callable[[], FaultMix] | None = None) -> Iterator[FarLine]:
    """A server of its own for a while."""
    line = FarLine(folder, make)
    try:
        yield line
    finally:
        line.close()


# -- faults of the line


ENDLESS = 60_000
"""Bytes of an endless body that are enough to see that nobody waits for its end."""


def endless(handler: FaultyHandler, data: bytes) -> bool:
    """A body that does not end where the file does."""
    handler.close_connection = True
    handler.start(200, Connection="close")
    handler.write(data)
    for _ in range(ENDLESS // 10_000):
        handler.write(b"\0" * 10_000)
    return True


FAULTS = {
    "cut": 10,
    "stall": 2,
    "ignored Range": 2,
    "wrong Range": 8,
    "portal": 2,
    "endless": 2,
    "gzip": 2,
    "flip": 2,
    "500": 2,
    "408": 2,
}
"""What can happen to a request, and how often. A wrong Range only meets who asks for one."""


class FaultMix:
    """A fault for some of the requests, by a seed. ``met`` counts those that answered.

    Args:
        seed: of the choice.
        share: of requests that meet one.
    """

    def __init__(self, seed: str, share: float) -> None:
        self._random = random.Random(seed)
        self._share = share
        self.met: Counter[str] = Counter()
        self._faults: dict[str, Fault] = {
            "cut": self._cut,
            "stall": centre.stalls(0.05),
            "ignored Range": centre.ignores_range,
            "wrong Range": centre.wrong_range,
            "portal": centre.portal,
            "endless": endless,
            "gzip": centre.packed_and_cut,
            "flip": centre.flipped,
            "500": centre.status(500),
            "408": centre.status(408),
        }

    def __call__(self, _path: str) -> Fault | None:
        return self._answer if self._random.random() < self._share else None

    def _answer(self, handler: FaultyHandler, data: bytes) -> bool:
        likely = {**FAULTS, "wrong Range": FAULTS["wrong Range"] if handler.asked_from() else 0}
        name = self._random.choices(list(likely), list(likely.values()))[0]
        answered = self._faults[name](handler, data)
        self.met[name] += answered
        return answered

    def _cut(self, handler: FaultyHandler, data: bytes) -> bool:
        rest = len(data) - handler.asked_from()
        return centre.cut_after(self._random.randrange(max(1, rest)))(handler, data)


# -- death at a step


class Steps:
    """Counts what a process does to its disk and to the network.

    Args:
        last: the step at which the process ends; 0 is never.
        after: whether that step is still done.
        told: where the steps' names are written, one a line.
    """

    def __init__(self, last: int, after: bool, told: BinaryIO | None = None) -> None:
        self._last = last
        self._after = after
        self._told = told
        self._count = 0
        self._guard = threading.Lock()
        self.previous = ""

    def step(self, name: str, call: Callable[[], Any], half: Callable[[], object] | None = None) -> Any:
        """Do one thing, or end before, after, or in the ``half`` of it."""
        with self._guard:
            self._count += 1
            mine = self._count == self._last
            self.previous = name
        if self._told is not None:
            self._told.write(f"{name}\n".encode())
            self._told.flush()
        if mine and not self._after:
            if half is not None:
                half()
            os._exit(DEAD)
        try:
            return call()
        finally:
            if mine:
                os._exit(DEAD)

    def install(self) -> None:
        """Make every such call of this process a step. There is no way back."""
        for name in CALLS:
            setattr(os, name, self._counted(name, getattr(os, name)))
        real_connect = socket.socket.connect
        setattr(  # noqa: B010
            socket.socket,
            "connect",
            lambda one, address: self.step("connect", lambda: real_connect(one, address)),
        )
        steps = self

        def create(disk: Disk, path: Path) -> BinaryIO:
            file: BinaryIO = steps.step("create", lambda: path.open("wb"))
            return file

        def write(disk: Disk, file: BinaryIO, data: bytes) -> None:
            def some(part: bytes) -> None:
                file.write(part)
                file.flush()

            if steps.previous == "write":
                file.write(data)  # In how many pieces an answer comes is chance.
            else:
                steps.step("write", lambda: some(data), lambda: some(data[: len(data) // 2]))

        setattr(Disk, "create", create)  # noqa: B010
        setattr(Disk, "write", write)  # noqa: B010

    def _counted(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *some, **named: self.step(name, lambda: real(*some, **named))

    def connect(self, path: Path) -> Any:
        """The agent's memory, whose writing statements are steps as well."""
        return _Counted(sqlite3.connect(path, isolation_level=None, timeout=30), self)


class _Counted:
    """A connection that tells of its writes."""

    def __init__(self, real: sqlite3.Connection, steps: Steps) -> None:
        self._real = real
        self._steps = steps

    def execute(self, sql: str, *values: Any) -> Any:
        word = sql.split()[0]
        if word not in WRITES:
            return self._real.execute(sql, *values)
        return self._steps.step(f"sql {word.lower()}", lambda: self._real.execute(sql, *values))

    def close(self) -> None:
        self._real.close()


Work = Callable[[Steps], object]
"""What dies. It is given the steps to hand on to what it opens."""


def die_at(last: int, after: bool, work: Work) -> Child:
    """A process that ends at one step of its work."""

    def run() -> None:
        steps = Steps(last, after)
        steps.install()
        work(steps)

    return Child(run)


def steps_of(work: Work) -> list[str]:
    """The names of all steps of a work that is let live."""
    with tempfile.TemporaryFile() as told:

        def run() -> None:
            steps = Steps(0, False, told)
            steps.install()
            work(steps)

        child = Child(run)
        code = child.wait()
        assert code == 0, child.trouble
        told.seek(0)
        return told.read().decode().splitlines()


# -- what is left


class Look(NamedTuple):
    """What a kiosk holds.

    ``release`` and ``digest`` are the agent's, ``screen`` is the digest of the library that the
    screen opens, and ``base`` the version of the signed targets that all of it comes from.
    """

    release: int
    digest: str
    screen: str
    base: int


def look(kiosk: Kiosk) -> Look:
    """What a kiosk holds right now, before and after its agent has opened it. All of it must be whole.

    Raises:
        AssertionError: something is half.
        LibraryError: a library cannot be opened.
        SyncError: the agent cannot start.
    """
    journal = (kiosk.data / "state.sqlite-journal").exists()
    told = read_status(kiosk.data)
    screen = on_screen(kiosk)
    release, digest = kiosk.state()
    # Who only reads cannot undo a commit that was cut off; the agent does when it starts, and it
    # remembers from the releases themselves where there is no memory yet.
    if not journal and told.folder:
        assert told.release == release, f"status says {told.release}, the agent {release}"
    for path in (kiosk.data / "blobs").glob("??/*"):
        assert sha256(path.read_bytes()) == path.name, f"{path.name}: holds other bytes than its name says"
    with kiosk.open() as update:
        active = update.state.active()
    if active is not None:
        _check_files(kiosk.data, active)
    root = kiosk.data / "metadata/root.json"
    assert root.exists() or not root.is_symlink(), "the trusted root leads nowhere"
    return Look(release, digest, screen, active.base if active is not None else 0)


NOTHING = Look(0, "", "", 0)
"""A kiosk that has nothing yet."""

AHEAD = "is not of what is public now"
"""What ``verify`` says of a bundle that a killed publisher put up before its timestamp."""


def check_public(publisher: Publisher, public: Public | None) -> bool:
    """Look at every file that is public; ``False`` if nothing is yet.

    Raises:
        PublishError: one is missing or not as it was signed.
    """
    if public is None or public.targets is None:
        return False
    try:
        publisher.verify()
    except PublishError as error:
        if AHEAD not in str(error):
            raise
    return True


def on_screen(kiosk: Kiosk) -> str:
    """The digest of the library that the screen opens, empty if there is none at all."""
    if not _numbers(kiosk.data):
        return ""
    shown = open_active(kiosk.data)
    try:
        return shown.library.info().digest
    finally:
        shown.close()


def _check_files(data: Path, active: Activation) -> None:
    for home, digest in active.manifests.items():
        manifest = read_manifest((data / "blobs" / digest[:2] / digest).read_bytes())
        for name, entry in manifest.media.items():
            medium = data / "releases" / str(active.number) / "media" / home / name
            assert sha256(medium.read_bytes()) == entry.sha256, f"{medium} is not what was signed"
        for entry in manifest.entries():
            assert (data / "blobs" / entry.sha256[:2] / entry.sha256).exists(), f"{entry.sha256} is gone"


def leftovers(data: Path) -> list[str]:
    """What a killed run left and the next one should have taken away."""
    kept = {str(one) for one in sorted(_numbers(data))[-2:]}
    found = []
    for path in data.rglob("*"):
        name = path.relative_to(data).as_posix()
        unfinished = name.endswith((".new", ".going", ".part", ".etag", "-journal"))
        staged = path.parent.name == "staging"
        release = path.parent.name == "releases" and path.name not in kept
        if unfinished or staged or release:
            found.append(name)
    return sorted(found)


def _numbers(data: Path) -> list[int]:
    return [int(path.name) for path in (data / "releases").glob("*") if path.name.isdigit()]


def digest_of(content: Content, withdrawn: Sequence[Withdrawn] = ()) -> str:
    """The digest of the library that a desk builds of this content: what kiosks must come to."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "library.sqlite"
        write_library(language_values(content), make_packs(content), path, withdrawn)
        library = Library.open(path)
        try:
            return library.info().digest
        finally:
            library.close()


def copy_to(saved: Path, place: Path) -> None:
    """Put a folder back as it was saved; links stay links."""
    shutil.rmtree(place, ignore_errors=True)
    if saved.exists():
        shutil.copytree(saved, place, symlinks=True)


def fingerprint(folder: Path) -> str:
    """What a folder holds, as one short text."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        whole.update(path.relative_to(folder).as_posix().encode())
        if path.is_symlink():
            whole.update(os.readlink(path).encode())
        elif path.is_file():
            data = path.read_bytes()
            whole.update(f" {len(data)} ".encode() + data)
    return whole.hexdigest()

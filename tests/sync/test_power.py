"""The power goes at every step: each state that a disk could be left in, and a database that loses writes."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from sync import errors
from sync.disk import Disk
from sync.errors import DamagedError
from sync.manifest import read_manifest, sha256
from sync.release import RECORD, Releases
from sync.state import Activation
from sync.state import State as MemoryState
from sync.status import read_status
from sync.store import Store
from tests.sync.centre import CHANNEL, TODAY, Centre, Clock, Kiosk
from tests.sync.drops_writes import Platter
from tests.sync.power import Recorder, State, Tree, in_memory, states

FILES = [f"pack {number} ".encode() * 40 for number in range(6)]
OLD, NEW = FILES[:4], FILES[2:]

IGNORED = ("agent.lock", "progress.json")


@pytest.fixture
def ram(tmp_path: Path) -> Iterator[Path]:
    with in_memory(tmp_path) as folder:
        yield folder


# -- careless disks: each forgets one thing


class NoSync(Disk):
    """Takes it that bytes are safe once they were written."""

    def sync(self, file: BinaryIO) -> None:
        file.flush()


class NoFolderSync(Disk):
    """Takes it that names are safe once they were given."""

    def sync_folder(self, folder: Path) -> None:
        return


class Careless(NoSync, NoFolderSync):
    """Forces nothing. Quick, where nothing is to survive."""


class RenameFirst(Disk):
    """Gives the final name first and forces the bytes after."""

    def write_whole(self, path: Path, data: bytes) -> None:
        self.make_folder(path.parent)
        unfinished = path.with_name(f".{path.name}.new")
        with self.create(unfinished) as file:
            self.write(file, data)
            file.flush()
            self.replace(unfinished, path)
            self.sync(file)
        self.sync_folder(path.parent)


class InPlace(Disk):
    """Writes over what stands there."""

    def write_whole(self, path: Path, data: bytes) -> None:
        self.make_folder(path.parent)
        with self.create(path) as file:
            self.write(file, data)
            self.sync(file)
        self.sync_folder(path.parent)


class RenameFirstStore(Store):
    """Settles in the wrong order."""

    def settle(self) -> None:
        for digest, path in self._staged.items():
            final = self.path(digest)
            self._disk.make_folder(final.parent)
            self._disk.replace(path, final)
            with final.open("rb+") as file:
                self._disk.sync(file)
            self._disk.sync_folder(final.parent)
        self._staged.clear()


# -- write_whole


def record_write_whole(folder: Path, disk: Disk) -> Recorder:
    """Old bytes, then new ones, then a file in a folder that is not there yet."""
    folder.mkdir()
    (folder / "seen").write_bytes(b"old, and somewhat longer than the new one")
    with Recorder(folder) as log:
        disk.write_whole(folder / "seen", b"new")
        log.promise("new")
        disk.write_whole(folder / "a" / "b" / "deep", b"first")
        log.promise("deep")
    return log


def broken_write_whole(state: State) -> str:
    """What of the promise does not hold."""
    seen, deep = state.tree.get("seen"), state.tree.get("a/b/deep")
    if seen not in (b"old, and somewhat longer than the new one", b"new"):
        return "neither old nor new"
    if deep not in (None, b"first"):
        return "not whole"
    if ("new" in state.promised and seen != b"new") or ("deep" in state.promised and deep is None):
        return "promised and gone"
    return ""


def test_a_small_file_is_old_or_new_wherever_the_power_went(tmp_path: Path) -> None:
    left = list(states(record_write_whole(tmp_path / "disk", Disk())))
    assert not [broken for state in left if (broken := broken_write_whole(state))]
    assert {state.tree["seen"] for state in left} >= {b"new"}
    assert any(state.tree["seen"] != b"new" for state in left), "some cuts leave the old bytes"
    assert len(left) >= 12


@pytest.mark.parametrize(
    ("careless", "accident"),
    [
        (NoSync, "neither old nor new"),
        (RenameFirst, "neither old nor new"),
        (InPlace, "neither old nor new"),
        (NoFolderSync, "promised and gone"),
    ],
)
def test_a_careless_write_is_found(tmp_path: Path, careless: type[Disk], accident: str) -> None:
    log = record_write_whole(tmp_path / "disk", careless())
    assert accident in {broken_write_whole(state) for state in states(log)}


# -- the store


def record_store(folder: Path, make: Callable[[Path, Disk], Store], disk: Disk) -> Recorder:
    """A first update, a second one, and the garbage of the first."""
    folder.mkdir()
    with Recorder(folder) as log:
        use_store(make(folder / "blobs", disk), OLD)
        log.promise("old")
        store = make(folder / "blobs", disk)
        use_store(store, NEW)
        log.promise("new")
        store.sweep(sha256(data) for data in NEW)
    return log


def use_store(store: Store, files: list[bytes]) -> None:
    """Take in files and make them safe."""
    for data in files:
        store.stage(sha256(data), data)
    store.settle()


def broken_store(state: State) -> str:
    """What of the store's promise does not hold."""
    here = dict(blobs(state.tree))
    if any(sha256(data) != name for name, data in here.items()):
        return "another file than its name says"
    kept = NEW if "new" in state.promised else OLD if "old" in state.promised else []
    return "promised and gone" if any(sha256(data) not in here for data in kept) else ""


def blobs(tree: Tree) -> Iterator[tuple[str, bytes]]:
    """Files under their final names."""
    for path, data in tree.items():
        if path.startswith("blobs/") and "/staging/" not in path and data is not None:
            yield path.rpartition("/")[2], data


def test_what_lies_under_a_hash_has_that_hash_wherever_the_power_went(ram: Path) -> None:
    left = list(states(record_store(ram / "disk", Store, Disk())))
    assert not Counter(broken for state in left if (broken := broken_store(state)))
    assert {len(dict(blobs(state.tree))) for state in left} == set(range(7))
    assert len(left) > 300
    # The real class says the same of what is really on a disk, and goes on from there.
    for number, state in enumerate(left[:: len(left) // 150]):
        (ram / f"{number}").mkdir()
        store = Store(state.put(ram / f"{number}") / "blobs", Disk())
        assert store.scrub() == []
        use_store(store, FILES)
        store.sweep(sha256(data) for data in FILES)
        assert [store.read(sha256(data)) for data in FILES] == FILES
        assert not list((ram / f"{number}/blobs/staging").glob("*"))


class Killed(BaseException):
    """The process is gone; what it did is still on its way to the disk."""


class Kill(Disk):
    """Ends the process before its n-th step."""

    def __init__(self, left: int) -> None:
        self.left = left

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed

    def write(self, file: BinaryIO, data: bytes) -> None:
        self._step()
        super().write(file, data)

    def sync(self, file: BinaryIO) -> None:
        self._step()
        super().sync(file)

    def sync_folder(self, folder: Path) -> None:
        self._step()
        super().sync_folder(folder)

    def replace(self, old: Path, new: Path) -> None:
        self._step()
        super().replace(old, new)


def test_a_killed_run_and_then_a_power_cut_leave_no_lie_in_the_store(ram: Path) -> None:
    """What the killed run had not forced is still not forced when the next one builds on it."""
    for kill in range(1000):
        folder = ram / f"{kill}"
        folder.mkdir()
        with Recorder(folder) as log:
            try:
                use_store(Store(folder / "blobs", Kill(kill)), OLD)
            except Killed:
                ended = False
            else:
                ended = True
            use_store(Store(folder / "blobs", Disk()), NEW)
        accidents = {broken_store(state) for state in states(log, most=300)}
        assert "another file than its name says" not in accidents, f"killed before step {kill}"
        if ended:
            break
    assert kill > 15


@pytest.mark.parametrize(
    ("make", "disk", "accident"),
    [
        (Store, NoSync, "another file than its name says"),
        (RenameFirstStore, Disk, "another file than its name says"),
        (Store, NoFolderSync, "promised and gone"),
    ],
)
def test_a_careless_store_is_found(ram: Path, make: type[Store], disk: type[Disk], accident: str) -> None:
    log = record_store(ram / "disk", make, disk())
    assert accident in {broken_store(state) for state in states(log)}


# -- a release's folder


def record_release(centre: Centre, disk: Disk, make: type[Releases] = Releases) -> tuple[Recorder, Kiosk]:
    """Beside release 1 another folder is built, again over one that a killed run left, and 1 goes."""
    centre.publish(media={"RU": {"map.png": os.urandom(5000), "sea.png": os.urandom(5000)}})
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
    with kiosk.open() as update:
        active = update.state.active()
        assert active is not None
        manifests = {
            home: read_manifest(update.store.read(digest)) for home, digest in active.manifests.items()
        }
    shutil.copytree(kiosk.data / "releases/1", kiosk.data / "releases/2.new")
    (kiosk.data / "releases/2.new" / RECORD).write_bytes(b"{")
    with Recorder(kiosk.data, IGNORED) as log:
        releases = make(kiosk.data / "releases", Store(kiosk.data / "blobs", disk), disk)
        releases.build(2, manifests, (), {"release": 1})
        log.promise("built")
        releases.sweep([2])
    return log, kiosk


def release(tree: Tree, number: int) -> Tree:
    """What stands under a release's final name."""
    start = f"releases/{number}"
    return {path[len(start) :]: data for path, data in tree.items() if f"{path}/".startswith(f"{start}/")}


def broken_release(state: State, whole: dict[int, Tree]) -> str:
    """What of the promise of releases does not hold."""
    for number, tree in whole.items():
        if release(state.tree, number) not in ({}, tree):
            return f"{number} is not whole"
    if "built" in state.promised and not release(state.tree, 2):
        return "promised and gone"
    if "built" not in state.promised and not release(state.tree, 1):
        return "the old one is gone"
    return ""


def wholes(log: Recorder) -> dict[int, Tree]:
    """Release 1 as it was at first, and 2 as it is in the end."""
    left = list(states(log, most=3))
    return {1: release(left[0].tree, 1), 2: release(left[-1].tree, 2)}


def test_a_release_under_its_final_name_is_whole_wherever_the_power_went(centre: Centre, ram: Path) -> None:
    log, _ = record_release(centre, Disk())
    whole = wholes(log)
    assert {"/library.sqlite", "/release.json", "/media/RU/map.png", "/media/RU/sea.png"} <= whole[2].keys()
    left = list(states(log))
    assert not Counter(broken for state in left if (broken := broken_release(state, whole)))
    assert any(not release(state.tree, 2) for state in left)
    assert any(not release(state.tree, 1) for state in left), "some cuts come after the old one went"
    # The real class says the same of what is really on a disk.
    for number, state in enumerate(left[:: len(left) // 60]):
        (ram / f"{number}").mkdir()
        disk = Disk()
        folder = state.put(ram / f"{number}")
        releases = Releases(folder / "releases", Store(folder / "blobs", disk), disk)
        here = {one for one in (1, 2) if release(state.tree, one)}
        assert {one for one, _ in releases.records()} == here and all(releases.is_whole(one) for one in here)


class RemovesAtOnce(Releases):
    """Removes a folder file by file under its final name."""

    def _remove(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)


class RemovesInHaste(Releases):
    """Renames first, as it should, and does not wait for the disk."""

    def _remove(self, folder: Path) -> None:
        if folder.exists():
            self._disk.replace(folder, folder.with_name(f".{folder.name}.going"))
            shutil.rmtree(folder.with_name(f".{folder.name}.going"))


@pytest.mark.parametrize(
    ("make", "disk", "accident"),
    [
        (Releases, NoSync, "2 is not whole"),
        (Releases, NoFolderSync, "promised and gone"),
        (RemovesAtOnce, Disk, "1 is not whole"),
        (RemovesInHaste, Disk, "1 is not whole"),
    ],
)
def test_a_careless_release_is_found(
    centre: Centre, make: type[Releases], disk: type[Disk], accident: str
) -> None:
    log, _ = record_release(centre, disk(), make)
    whole = wholes(log)
    assert accident in {broken_release(state, whole) for state in states(log, most=500)}


# -- the whole update


def record_update(centre: Centre, kiosk: Kiosk, **more: Any) -> Recorder:
    """One update, every step of it; what SQLite commits counts as safe, see below."""
    kiosk.data.mkdir(exist_ok=True)
    with centre.line() as line, Recorder(kiosk.data, IGNORED, safe=["state.sqlite"]) as log:
        kiosk.more = {"workers": 1, **more}
        assert kiosk.update(line).activated
        log.promise("activated")
    return log


@pytest.mark.parametrize("fresh", [True, False], ids=["fresh", "second"])
def test_an_update_is_old_or_new_wherever_the_power_went(centre: Centre, ram: Path, fresh: bool) -> None:
    """Laid out on a real disk, opened as the agent opens it, and then brought to an end."""
    picture = os.urandom(3000)
    centre.publish(media={"RU": {"map.png": picture}})
    kiosk = centre.kiosk()
    if not fresh:
        with centre.line() as line:
            kiosk.update(line)
        new = centre.edit()
        centre.publish(media={"RU": {"map.png": picture, "sea.png": picture[::-1]}})
    before = kiosk.state() if not fresh else (0, "")
    log = record_update(centre, kiosk)
    after = kiosk.state()
    left = list(states(log, most=40))
    chance = random.Random(2)
    switch = next(n for n, state in enumerate(left) if release(state.tree, 1 if fresh else 2)) - 5
    chosen = [*chance.sample(left[:switch], 20), *chance.sample(left[switch:], 20), left[-1]]
    seen: Counter[bool] = Counter()
    with centre.line() as line:
        for number, state in enumerate(chosen):
            folder = ram / f"{number}"
            folder.mkdir(parents=True)
            cut = Kiosk(state.put(folder), centre.root, CHANNEL, Clock(centre.clock.moment))
            cut.more = {"disk": Careless()}
            for name, data in blobs(state.tree):
                assert sha256(data) == name
            shown = cut.state()
            assert shown == after if "activated" in state.promised else shown in (before, after), state.step
            seen[shown == after] += 1
            cut.update(line)
            assert cut.state() == after
            assert fresh or cut.reads() == new
            for one in folder.glob("releases/[0-9]*/media/RU/map.png"):
                assert one.read_bytes() == picture
            shutil.rmtree(folder)
    assert seen[True] > 5 and seen[False] > 5, seen


def test_a_fresh_kiosks_folder_is_there_for_good_once_it_shows_something(centre: Centre) -> None:
    """The folder's own name, too, must have been forced."""
    centre.publish()
    land = centre.folder / "land"
    land.mkdir()
    kiosk = centre.kiosk("land/data/kiosk", workers=1)
    with centre.line() as line, Recorder(land, IGNORED, safe=["state.sqlite"]) as log:
        kiosk.update(line)
        log.promise("activated")
    left = [state for state in states(log, most=40) if state.promised]
    assert left and all("data/kiosk/state.sqlite" in state.tree for state in left)


# -- what the kiosk must not forget

Work = Callable[[MemoryState], None]


def works(chance: random.Random, state: MemoryState) -> Iterator[Work]:
    """What an agent writes, in no order; each is one transaction or none."""
    hashes = {home: f"{chance.getrandbits(256):064x}" for home in ("common", "RU", "KR", "AE", "DE")}
    version = 1
    while True:
        version += chance.randrange(3)
        keys = chance.choice(("aaaa", "bbbb"))
        roles = ("root", "timestamp", "snapshot", "targets")
        floors = {role: (version + n, keys if role != "root" else "cccc") for n, role in enumerate(roles)}
        moment = TODAY + timedelta(minutes=version)
        number = state.next_number()
        new = Activation(number, CHANNEL, version, version, f"{version:064x}", "0" * 64, hashes, "d" * 64)
        trouble = {"trouble": "x" * chance.choice((10, 300, 5000)), "reason": f"r{version}"}
        yield chance.choice(
            (
                lambda one: one.activate(new, floors, moment),  # noqa: B023 - used before the next round
                lambda one: one.activate(new, floors, moment),  # noqa: B023
                lambda one: one.raise_floors(floors, moment),  # noqa: B023
                lambda one: one.write_notes(trouble),  # noqa: B023
                lambda one: one.set_base(number - 1, version),  # noqa: B023
                lambda one: one.raise_time(moment),  # noqa: B023
            )
        )


class Reference:
    """What a memory that never fails would hold."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.state = MemoryState(Path("reference"), lambda _path: self.connection)

    def holds(self) -> str:
        return "\n".join(self.connection.iterdump())

    def follow(self, path: Path) -> None:
        """Go on from what a database holds; it must be sound."""
        with contextlib.closing(sqlite3.connect(path)) as other:
            if other.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
                raise DamagedError(f"{path}: is not sound")
            other.backup(self.connection)


def cut_database(folder: Path, cuts: int, name: str) -> Counter[str]:
    """So many power cuts, each somewhere in some transactions; how the database came out of them."""
    chance = random.Random(4)
    found: Counter[str] = Counter()
    platter, reference = Platter(name, seed=5), Reference()
    (folder / "0").mkdir(parents=True)
    for cut in range(1, cuts + 1):
        if cut % 10 == 0:
            # A new kiosk: the cut may come before there is a database.
            platter.load(folder / "0")
            reference = Reference()
        platter.cut_after(chance.randrange(150))
        before = reference.holds()
        allowed = {before}
        with contextlib.suppress(errors.SpaceError, DamagedError, sqlite3.OperationalError):
            state = MemoryState(Path("state.sqlite"), platter.connect)
            allowed = {before := reference.holds()}
            for work in works(chance, reference.state):
                work(reference.state)
                allowed.add(reference.holds())
                work(state)
                allowed = {before := reference.holds()}
                found["acknowledged"] += 1
        place = folder / f"{cut}"
        place.mkdir()
        platter.save(place)
        try:
            # The real driver reads what is really on a disk.
            MemoryState(place / "state.sqlite").close()
            reference.follow(place / "state.sqlite")
            fate = "kept" if (now := reference.holds()) in allowed else "lost"
            found["in flight"] += fate == "kept" and now != before
        except (DamagedError, sqlite3.DatabaseError):
            fate = "corrupt"
        found[fate] += 1
        if fate != "kept":
            shutil.rmtree(place)
            place.mkdir()
            reference = Reference()
        platter.load(place)
    platter.unregister()
    return found


def test_an_acknowledged_activation_outlives_every_power_cut(ram: Path) -> None:
    found = cut_database(ram / "cuts", 400, "careful")

    assert found["kept"] == 400, found
    assert found["acknowledged"] > 800 and found["in flight"] > 5, found


def test_the_status_can_be_read_before_the_agent_has_tidied_up(ram: Path) -> None:
    """A cut in the middle of a write leaves a journal; whoever may only read must see through it."""
    told = Counter()
    for cut in range(100):
        platter = Platter("cut", seed=cut)
        state = MemoryState(Path("state.sqlite"), platter.connect)
        for release in (1, 2):
            new = Activation(release, CHANNEL, release, release, "c", "w", {})
            platter.cut_after(cut if release == 2 else 1000)
            with contextlib.suppress(errors.SpaceError):
                state.activate(new, {"root": (release, "k")}, TODAY)
        ended = not platter.dead
        (ram / f"{cut}").mkdir()
        platter.save(ram / f"{cut}")
        platter.unregister()
        told[(ram / f"{cut}/state.sqlite-journal").exists()] += 1
        status = read_status(ram / f"{cut}")
        assert (status.trouble, status.channel) == ("", CHANNEL) and status.release in (1, 2), cut
        if ended:
            break
    assert ended and told[True] > 5 and told[False] > 5, told


@pytest.mark.parametrize(
    ("synchronous", "accident"), [(0, "corrupt"), (1, "lost"), (2, "lost")], ids=["OFF", "NORMAL", "FULL"]
)
def test_with_less_care_a_database_loses_something(
    ram: Path, monkeypatch: pytest.MonkeyPatch, synchronous: int, accident: str
) -> None:
    monkeypatch.setattr("sync.state.EXTRA", synchronous)
    found = cut_database(ram / "cuts", 100, f"careless-{synchronous}")
    assert found[accident], found

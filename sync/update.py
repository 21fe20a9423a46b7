"""One update: refresh, plan, fetch, verify, build, activate, collect garbage.

Promises: *old or new, never between*; *only the publisher's words*; *the kiosk always
answers*. Whatever happens here, the release that is shown stays until another one is
whole, signed, built and read through; then one transaction makes the change. A stick, the
installer and the network come through the same door.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tuf.api.exceptions import RepositoryError

from content.library import FORMAT
from content.withdrawn import Withdrawn
from sync.bundle import Bundle
from sync.changes import describe
from sync.delta import apply_delta, expand
from sync.disk import Disk
from sync.download import Downloader, Meter
from sync.errors import (
    BusyError,
    DamagedError,
    NetworkError,
    NotPublishedError,
    RefusedError,
    SpaceError,
    SyncError,
    TrustError,
    UnreachableError,
)
from sync.manifest import (
    CATALOGUE,
    SIGNED_AT,
    WITHDRAWN,
    Catalogue,
    Entry,
    Manifest,
    blob_name,
    bundle_name,
    delta_name,
    read_catalogue,
    read_manifest,
    read_withdrawn,
    sha256,
    target_name,
)
from sync.progress import Progress, size
from sync.release import Releases, check_whole, missing
from sync.source import LARGEST_TARGET, BundleFirst, FromBundle, FromNetwork, Source
from sync.state import MOMENT, Activation, State
from sync.store import Store
from sync.trust import Seen, Trust

log = logging.getLogger(__name__)

LARGEST_BUNDLE = 256 << 20
SPARE = 4 << 20
"""Bytes of the disk that an update leaves alone."""

LIBRARY_SHARE = 2
"""A library is smaller than so many times its packs."""

MakeDownloader = Callable[[str, Path, Disk, Meter, Progress], Downloader]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an update did. ``changes`` are lines for an operator."""

    activated: bool
    channel: str
    release: int
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A release as it is signed, with what its hashes are."""

    catalogue: Catalogue
    manifests: Mapping[str, Manifest]
    withdrawn: tuple[Withdrawn, ...]
    catalogue_hash: str
    withdrawn_hash: str
    manifest_hashes: Mapping[str, str]

    @property
    def name(self) -> str:
        """What is refused when this is refused."""
        return f"{self.catalogue_hash}:{self.withdrawn_hash}:{FORMAT}"


class Update:
    """Brings releases to one kiosk. One process at a time; use it as a context.

    Args:
        data: the kiosk's folder.
        root: the root that this kiosk was given, as bytes.
        channel: ``stable`` or ``pilot``.
        clock: the system's idea of now, UTC; it may be wrong.
        progress: told of bytes.
        disk: how files are written.
        workers: transfers at the same time.
        connect: opens the memory's database, see ``State``.

    Raises:
        BusyError: another process does this already.
        SpaceError: the folder cannot be written.
    """

    def __init__(
        self,
        data: Path,
        root: bytes,
        channel: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        progress: Progress | None = None,
        disk: Disk | None = None,
        workers: int = 4,
        connect: Callable[[Path], Any] | None = None,
    ) -> None:
        self.data = data
        self.channel = channel
        self._root = root
        self._clock = clock
        self._progress = progress or Progress()
        self._disk = disk or Disk()
        self._workers = workers
        self._lock = _lock(data / "agent.lock", self._disk)
        self.store = Store(data / "blobs", self._disk)
        self.releases = Releases(data / "releases", self.store, self._disk)
        try:
            self.state = self._open_state(connect)
        except BaseException as error:
            os.close(self._lock)
            if isinstance(error, OSError):
                raise self._unwritable(error) from error
            raise

    def __enter__(self) -> Update:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let others have the folder."""
        self.state.close()
        os.close(self._lock)

    # -- the three doors

    def over_network(
        self, servers: Sequence[str], meter: Meter | None = None, make: MakeDownloader = Downloader
    ) -> Outcome:
        """Look for a new release on these servers, the first that answers.

        Raises:
            SyncError: what was shown is shown still; the reason is also in ``status``.
        """
        trouble: SyncError = NetworkError("No server is named in the settings: [agent] servers = [...].")
        if not servers:
            self._note_trouble(trouble)
        meter = meter or Meter()
        for server in servers:
            try:
                return self._told(lambda server=server: self._from_server(server, meter, make))  # type: ignore[misc]
            except NetworkError as error:
                log.warning("%s", error)
                trouble = error
        raise trouble

    def from_stick(self, path: Path) -> Outcome:
        """Take a release from a bundle in a file. Raises as ``over_network``."""
        return self._told(lambda: self._from_file(path, factory=False))

    def from_factory(self, path: Path) -> Outcome | None:
        """Take the installer's release, if this kiosk has none yet. Raises as ``over_network``."""
        if self.state.active() is not None:
            return None
        return self._told(lambda: self._from_file(path, factory=True))

    def _told(self, work: Callable[[], Outcome]) -> Outcome:
        """Do it; leave the reason where ``status`` finds it."""
        try:
            outcome = work()
        except OSError as error:
            trouble = self._unwritable(error)
            self._note_trouble(trouble)
            raise trouble from error
        except SyncError as error:
            self._note_trouble(error)
            raise
        done = self._clock().strftime(MOMENT)
        with contextlib.suppress(SpaceError):
            self.state.write_notes({"trouble": "", "reason": "", "last_success": done})
        return outcome

    def _unwritable(self, error: OSError) -> SpaceError:
        return SpaceError(f"{self.data}: cannot be written ({error}). Free the disk.")

    def _note_trouble(self, error: SyncError) -> None:
        self._progress.begin(f"stopped: {error.reason}")
        with contextlib.suppress(SyncError):
            self.state.write_notes({"trouble": str(error), "reason": error.reason})

    def _from_file(self, path: Path, factory: bool) -> Outcome:
        try:
            bundle = Bundle(path)
        except OSError as error:
            raise DamagedError(
                f"{path}: cannot be read ({error.strerror}). Copy it onto the stick again."
            ) from error
        if not bundle.whole:
            raise DamagedError(f"{path}: the file is cut off. Copy it onto the stick again.")
        now = max(self.now(), self.state.signed_at())
        if factory:
            # There is nothing older to fall back to, and an installer may lie on a shelf for
            # longer than a signature lives: it is judged as on the day it was signed.
            now = max(self.state.signed_at(), _stated_time(bundle))
        return self._apply(FromBundle(bundle), now)

    def _from_server(self, server: str, meter: Meter, make: MakeDownloader) -> Outcome:
        meter.add(0)  # The day's bytes may be used up already.
        downloader = make(server, self.data / "incoming", self._disk, meter, self._progress)
        network = FromNetwork(downloader)
        active = self.state.active()
        base = active.base if active is not None and active.channel == self.channel else 0
        self._progress.begin("asking the centre")
        name = bundle_name(self.channel, base)
        path = self._bundle(downloader, name)
        if path is not None:
            try:
                outcome = self._apply(BundleFirst(FromBundle(Bundle(path)), network), self.now())
            except (TrustError, DamagedError) as error:
                # A bundle is only a hint: whatever is wrong with it, the files themselves decide.
                log.info("The bundle is of no use (%s); asking for file by file.", error)
                downloader.drop(name)
            else:
                downloader.drop(name)
                return outcome
        return self._apply(network, self.now())

    def _bundle(self, downloader: Downloader, name: str) -> Path | None:
        try:
            return downloader.bundle(name, LARGEST_BUNDLE)
        except UnreachableError:
            raise
        except NetworkError as error:
            log.info("%s Asking for file by file.", error)
            return None

    def now(self) -> datetime:
        """What time it is at least: the later of the clock and the newest signed time."""
        return max(self._clock(), self.state.signed_at())

    # -- the way through

    def _apply(self, source: Source, now: datetime) -> Outcome:
        trust = Trust(
            self.data / "metadata", self._root, source.metadata, self.state.floors(), now, self._disk
        )
        seen = trust.refresh()
        self.state.raise_floors(seen.floors, seen.signed_at)
        active = self.state.active()
        withdrawn, withdrawn_hash = self._withdrawn(trust, source)
        try:
            wanted = self._wanted(trust, source, withdrawn, withdrawn_hash)
            if active is not None and self._is_active(active, wanted):
                self._sweep()
                self.state.set_base(active.number, seen.targets)
                self._progress.begin("up to date")
                return Outcome(False, self.channel, wanted.catalogue.release)
            self._refuse_again(wanted)
            if active is not None and missing(wanted.manifests, self.store):
                self._withdraw_first(active, withdrawn, withdrawn_hash, seen)
            self._fetch(wanted, active, source)
        except (SyncError, OSError):
            # What cannot come must not hold up what must go.
            if active is not None:
                self._withdraw_first(active, withdrawn, withdrawn_hash, seen)
            raise
        return self._activate(wanted, seen)

    def _target(self, trust: Trust, source: Source, name: str) -> tuple[bytes, str]:
        info = trust.target(name)
        if info is None:
            raise NotPublishedError(f"Nothing is published on channel {self.channel!r} ({name}).")
        digest = info.hashes.get("sha256", "")
        if info.length > LARGEST_TARGET:
            raise TrustError(f"{name}: {info.length} bytes are more than this kiosk takes.")
        if self.store.has(digest):
            with contextlib.suppress(DamagedError):
                return self.store.read(digest), digest
            self.store.forget(digest)
        folder, _, base = f"targets/{name}".rpartition("/")
        place = f"{folder}/{digest}.{base}"
        for last in (False, True):
            data = source.file(place, info.length)
            try:
                info.verify_length_and_hashes(data)
            except RepositoryError as error:
                source.drop(place)
                if last:
                    raise TrustError(f"{place}: is not what was signed ({error}).") from error
            else:
                break
        self.store.stage(digest, data)
        source.drop(place)
        return data, digest

    def _withdrawn(self, trust: Trust, source: Source) -> tuple[tuple[Withdrawn, ...], str]:
        data, digest = self._target(trust, source, WITHDRAWN)
        return read_withdrawn(data), digest

    def _wanted(
        self, trust: Trust, source: Source, withdrawn: tuple[Withdrawn, ...], withdrawn_hash: str
    ) -> Wanted:
        data, digest = self._target(trust, source, target_name(self.channel, CATALOGUE))
        catalogue = read_catalogue(data)
        if catalogue.channel != self.channel:
            raise TrustError(f"The catalogue is of channel {catalogue.channel!r}, not {self.channel!r}.")
        if catalogue.format != FORMAT:
            raise RefusedError(
                f"Release {catalogue.release} is for kiosks that read format {catalogue.format}; this one "
                f"reads {FORMAT}. Update the kiosk's software."
            )
        manifests, hashes = {}, {}
        for home in catalogue.homes:
            data, hashes[home] = self._target(trust, source, target_name(self.channel, home))
            manifests[home] = read_manifest(data)
        return Wanted(catalogue, manifests, withdrawn, digest, withdrawn_hash, hashes)

    def _is_active(self, active: Activation, wanted: Wanted) -> bool:
        return (
            active.channel == self.channel
            and active.catalogue == wanted.catalogue_hash
            and active.withdrawn == wanted.withdrawn_hash
            and not missing(wanted.manifests, self.store)
            and self.releases.is_whole(active.number)
        )

    def _refuse_again(self, wanted: Wanted) -> None:
        name, _, reason = self.state.note("refused").partition(" ")
        if name == wanted.name:
            raise RefusedError(f"Release {wanted.catalogue.release} was refused before: {reason}")

    # -- plan and fetch

    def _fetch(self, wanted: Wanted, active: Activation | None, source: Source) -> None:
        before = self._entries(active)
        jobs: dict[str, tuple[Entry, Entry | None]] = {}
        for home, manifest in wanted.manifests.items():
            for name, entry in (*manifest.packs.items(), *manifest.media.items()):
                if not self.store.has(entry.sha256):
                    jobs[entry.sha256] = (entry, before.get(f"{home}/{name}"))
        if not jobs:
            return
        self._check_space(wanted, [entry for entry, _ in jobs.values()])
        total = sum(_cheapest(entry, old) for entry, old in jobs.values())
        release = f"release {wanted.catalogue.release}"
        self._progress.begin(f"fetching {release}", total)
        with ThreadPoolExecutor(self._workers) as pool:
            running = [pool.submit(self._bring, entry, old, source) for entry, old in jobs.values()]
            try:
                for one in running:
                    one.result()
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                # What came is good and stays for the next time.
                self.store.settle()
                raise

    def _bring(self, entry: Entry, old: Entry | None, source: Source) -> None:
        """One pack or medium into the store, by the smallest way that leads there."""
        ways: list[tuple[str, int, bytes | None]] = []
        delta = dict(entry.deltas).get(old.sha256[:16]) if old is not None else None
        if old is not None and delta is not None and self.store.has(old.sha256):
            with contextlib.suppress(DamagedError):
                ways.append((delta_name(old.sha256, entry.sha256), delta, self.store.read(old.sha256)))
        ways.append((blob_name(entry.sha256), entry.stored, None))
        trouble: SyncError | None = None
        for name, length, base in ways:
            # Three times: a bundle may have it wrong, and what waited from an earlier day as well.
            for _ in range(3):
                try:
                    data = source.file(name, length)
                except NotPublishedError as error:
                    trouble = error
                    break
                content = _unpacked(entry, data, base)
                source.drop(name)
                if content is not None:
                    self.store.stage(entry.sha256, content)
                    return
                trouble = TrustError(f"{name}: is not what was signed.")
        assert trouble is not None
        raise trouble

    def _check_space(self, wanted: Wanted, entries: Sequence[Entry]) -> None:
        packs = sum(entry.length for one in wanted.manifests.values() for entry in one.packs.values())
        needed = sum(entry.length for entry in entries) + LIBRARY_SHARE * packs + SPARE
        free = shutil.disk_usage(self.data).free
        if free < needed:
            # What earlier updates left behind goes first; nobody else is there to free the disk.
            self._sweep(wanted)
            free = shutil.disk_usage(self.data).free
        if free < needed:
            raise SpaceError(
                f"{self.data}: the update needs {size(needed)}, {size(free)} are free. Free the disk."
            )

    # -- activate

    def _activate(self, wanted: Wanted, seen: Seen) -> Outcome:
        self._progress.begin(f"building release {wanted.catalogue.release}")
        self.store.settle()
        check_whole(wanted.manifests, self.store)
        before = self.state.active()
        activation = Activation(
            number=self._next_number(),
            channel=self.channel,
            release=wanted.catalogue.release,
            base=seen.targets,
            catalogue=wanted.catalogue_hash,
            withdrawn=wanted.withdrawn_hash,
            manifests=wanted.manifest_hashes,
        )
        try:
            self._put_up(activation, wanted.manifests, wanted.withdrawn, seen)
        except RefusedError as error:
            self.state.write_notes({"refused": f"{wanted.name} {error}"})
            raise
        changes = describe(self._manifests(before), wanted.manifests, self.store)
        for line in changes:
            log.info("%s", line)
        self._sweep()
        self._progress.begin(f"release {wanted.catalogue.release} is here")
        return Outcome(True, self.channel, wanted.catalogue.release, tuple(changes))

    def _withdraw_first(
        self, active: Activation, withdrawn: tuple[Withdrawn, ...], withdrawn_hash: str, seen: Seen
    ) -> None:
        """Take withdrawn contacts off the release that is shown, before anything else comes."""
        now = self.state.active()
        if now is None or now.withdrawn == withdrawn_hash or now.channel != active.channel:
            return
        try:
            self.store.settle()
            manifests = self._manifests(now)
            check_whole(manifests, self.store)
            fresh = replace(now, number=self._next_number(), withdrawn=withdrawn_hash)
            self._put_up(fresh, manifests, withdrawn, seen)
        except (SyncError, OSError) as error:
            log.error("Withdrawn contacts could not be taken off: %s", error)
            return
        log.info("Withdrawn: %s", ", ".join(one.id for one in withdrawn) or "nothing any more")

    def _put_up(
        self,
        activation: Activation,
        manifests: Mapping[str, Manifest],
        withdrawn: tuple[Withdrawn, ...],
        seen: Seen,
    ) -> None:
        record = {
            **activation.value(),
            "floors": {role: list(one) for role, one in seen.floors.items()},
            "signed_at": seen.signed_at.strftime(MOMENT),
        }
        digest = self.releases.build(activation.number, manifests, withdrawn, record)
        self.state.activate(replace(activation, digest=digest), seen.floors, seen.signed_at)

    def _next_number(self) -> int:
        # Folders count, too: one that has lost its memory may be on the screen.
        folders = (int(path.name) for path in self.releases.folder.glob("*") if path.name.isdigit())
        return max(self.state.next_number(), max(folders, default=0) + 1)

    # -- what is here

    def _manifests(self, activation: Activation | None) -> dict[str, Manifest]:
        """The manifests of an activation, as far as the store still has them."""
        found = {}
        for home, digest in (activation.manifests if activation is not None else {}).items():
            with contextlib.suppress(DamagedError):
                found[home] = read_manifest(self.store.read(digest))
        return found

    def _entries(self, activation: Activation | None) -> dict[str, Entry]:
        return {
            f"{home}/{name}": entry
            for home, manifest in self._manifests(activation).items()
            for name, entry in (*manifest.packs.items(), *manifest.media.items())
        }

    def _sweep(self, wanted: Wanted | None = None) -> None:
        """Keep what is shown, what was shown before, and what is wanted next; the rest goes."""
        activations = self.state.activations()
        kept: set[str] = set()
        for one in activations:
            kept |= {one.catalogue, one.withdrawn, *one.manifests.values()}
            kept |= {entry.sha256 for entry in self._entries(one).values()}
        if wanted is not None:
            kept |= {wanted.catalogue_hash, wanted.withdrawn_hash, *wanted.manifest_hashes.values()}
            kept |= {entry.sha256 for one in wanted.manifests.values() for entry in one.entries()}
        self.store.settle()
        self.store.sweep(kept)
        self.releases.sweep([one.number for one in activations])
        if wanted is None:
            shutil.rmtree(self.data / "incoming", ignore_errors=True)

    def servers(self) -> tuple[str, ...]:
        """Where the release that is shown says that the centre is; empty if it says nothing."""
        active = self.state.active()
        if active is None:
            return ()
        with contextlib.suppress(DamagedError):
            return read_catalogue(self.store.read(active.catalogue)).servers
        return ()

    def scrub(self) -> list[str]:
        """Hash every file again and look at the release that is shown.

        Returns:
            What was damaged, in words; the next update brings it anew.

        Raises:
            SpaceError: the folder cannot be written.
        """
        try:
            return self._scrub()
        except OSError as error:
            trouble = self._unwritable(error)
            self._note_trouble(trouble)
            raise trouble from error

    def _scrub(self) -> list[str]:
        found = [f"{digest}: damaged, fetched again at the next update" for digest in self.store.scrub()]
        active = self.state.active()
        if active is not None and not self.releases.is_whole(active.number):
            found.append(f"release {active.release}: the library is damaged")
            manifests = self._manifests(active)
            with contextlib.suppress(SyncError):
                check_whole(manifests, self.store)
                withdrawn = read_withdrawn(self.store.read(active.withdrawn))
                seen = Seen(self.state.floors(), self.state.signed_at(), active.base)
                self._put_up(replace(active, number=self._next_number()), manifests, withdrawn, seen)
                found[-1] += " and was built again"
        return found

    # -- memory

    def _open_state(self, connect: Callable[[Path], Any] | None) -> State:
        path = self.data / "state.sqlite"
        try:
            state = State(path, connect)
        except DamagedError as error:
            log.error("%s It is set aside, and remembered from the releases themselves.", error)
            for name in (path.name, f"{path.name}-journal"):
                with contextlib.suppress(FileNotFoundError):
                    self._disk.replace(path.with_name(name), path.with_name(f"{name}.broken"))
            state = State(path, connect)
        if state.active() is None:
            self._remember(state)
        return state

    def _remember(self, state: State) -> None:
        """Read from the newest whole release what a lost memory held."""
        for number, record in self.releases.records():
            try:
                floors = {role: (int(one[0]), str(one[1])) for role, one in record.pop("floors").items()}
                signed_at = datetime.strptime(record.pop("signed_at"), MOMENT).replace(tzinfo=UTC)
                activation = Activation(number=number, **record)
            except (KeyError, TypeError, ValueError, AttributeError, IndexError):
                continue
            state.activate(activation, floors, signed_at)
            return


def _unpacked(entry: Entry, data: bytes, base: bytes | None) -> bytes | None:
    """The content of a pack or medium; ``None`` if these bytes do not lead to it."""
    try:
        if base is not None:
            content = apply_delta(base, data, entry.length)
        else:
            content = expand(data, entry.length) if entry.stored != entry.length else data
    except DamagedError:
        return None
    return content if sha256(content) == entry.sha256 else None


def _cheapest(entry: Entry, old: Entry | None) -> int:
    delta = dict(entry.deltas).get(old.sha256[:16]) if old is not None else None
    return delta if delta is not None else entry.stored


def _stated_time(bundle: Bundle) -> datetime:
    """When a bundle says that it was signed; the signature is compared right after."""
    try:
        value = json.loads(bundle.head.texts["metadata/timestamp.json"])["signed"][SIGNED_AT]
        return datetime.strptime(value, MOMENT).replace(tzinfo=UTC)
    except (KeyError, TypeError, ValueError):
        return datetime.fromtimestamp(0, UTC)


def _lock(path: Path, disk: Disk) -> int:
    try:
        disk.make_folder(path.parent)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise SpaceError(
            f"{path}: cannot be written ({error.strerror}). Free the disk or mend the folder's rights."
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise BusyError(
            f"{path.parent}: an agent is at work here already. Wait for it, or stop it."
        ) from None
    return handle

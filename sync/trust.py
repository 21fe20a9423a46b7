"""Signed metadata: refreshed, judged, remembered.

Promise: *only the publisher's words; old releases are not replayed.* The TUF client
workflow is python-tuf's. Around it stand what it leaves to its user: the trusted root is
handed in, files are forced to the disk, versions are held against floors that outlive the
cache, and expiry is judged at the later of the clock and the newest signed time.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tuf.api import exceptions as tuf
from tuf.api.metadata import Root, TargetFile
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from sync.disk import Disk
from sync.errors import ExpiredError, NetworkError, NotPublishedError, ReplayError, TrustError
from sync.manifest import SIGNED_AT
from sync.state import MOMENT, Floors

BASE = "tuf:///"

GOVERNORS = {
    "root": ("root",),
    "timestamp": ("timestamp",),
    "snapshot": ("snapshot",),
    "targets": ("targets", "snapshot"),
}
"""Whose keys a role's floor hangs on: when a root changes them, versions may begin again.

It is the snapshot that says which targets are today's, so new snapshot keys, too, let the
targets begin again (TUF 1.0, 5.3.11: recovery after a thief has counted versions up).
"""

Fetch = Callable[[str, int], bytes]
"""Gives a metadata file by its name (``timestamp.json``), at most so many bytes.

Raises ``NotPublishedError`` where there is none, ``NetworkError`` where nobody answers.
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a refresh has established."""

    floors: Floors
    signed_at: datetime
    targets: int


class _Source(FetcherInterface):
    """Hands the client's questions to ``Fetch``."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch_one = fetch

    def _fetch(self, url: str) -> Iterator[bytes]:
        raise NotImplementedError(url)

    def download_bytes(self, url: str, max_length: int) -> bytes:
        """One metadata file. (Not through a temporary file, as the library would.)"""
        try:
            data = self._fetch_one(url.removeprefix(BASE), max_length)
        except NotPublishedError as error:
            raise tuf.DownloadHTTPError(str(error), 404) from error
        if len(data) > max_length:
            raise tuf.DownloadLengthMismatchError(f"{url.removeprefix(BASE)}: more than {max_length} bytes")
        return data


class _Updater(Updater):
    """The library's client with files that survive a power cut."""

    disk: Disk

    def _persist_file(self, filename: str, data: bytes) -> None:
        self.disk.write_whole(Path(filename), data)

    def _update_root_symlink(self) -> None:
        link = Path(self._dir) / "root.json"
        wanted = os.path.join("root_history", f"{self._trusted_set.root.version}.root.json")
        if link.is_symlink() and os.readlink(link) == wanted:
            return
        # The library removes the old link first; a cut between the two would leave none.
        fresh = link.with_name("root.json.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(wanted)
        self.disk.replace(fresh, link)
        self.disk.sync_folder(link.parent)


class Trust:
    """One refresh of signed metadata. Make a new one for each.

    Args:
        folder: where verified metadata is kept; only one process may use it at a time.
        root: the root that this kiosk was given, as bytes.
        fetch: where metadata comes from.
        floors: the highest versions seen.
        now: what time it is at least, UTC: the later of the clock and the newest signed time.
        disk: how files are written.

    Raises:
        TrustError: the given root is none.
        OSError: the folder cannot be written.
    """

    def __init__(
        self, folder: Path, root: bytes, fetch: Fetch, floors: Floors, now: datetime, disk: Disk
    ) -> None:
        self._floors = floors
        self._now = now
        disk.make_folder(folder)
        updater = type("Updater", (_Updater,), {"disk": disk})
        try:
            self._updater: Updater = updater(
                metadata_dir=str(folder),
                metadata_base_url=BASE,
                fetcher=_Source(fetch),
                config=UpdaterConfig(prefix_targets_with_hash=True),
                bootstrap=root,
            )
        except (tuf.RepositoryError, ValueError) as error:
            raise TrustError(f"The root that this kiosk was given is none: {error}") from error
        # The one place where the library's idea of "now" is set; it has no public name for it.
        self._updater._trusted_set.reference_time = now

    def refresh(self) -> Seen:
        """Bring the metadata up to date.

        Raises:
            NetworkError: nobody answers.
            ExpiredError: signatures have ended.
            ReplayError: it is older than what was seen before.
            TrustError: a signature, hash, length or version is wrong.
            OSError: the folder cannot be written.
        """
        with _translated(self._now):
            self._updater.refresh()
        seen = self._seen()
        for role, (version, keys) in seen.floors.items():
            floor, floor_keys = self._floors.get(role, (0, keys))
            if version < floor and (keys == floor_keys or role == "root"):
                raise ReplayError(f"{role} {version} is older than {floor}, which this kiosk has seen.")
        return seen

    @property
    def consistent(self) -> bool:
        """Whether the names of published files begin with their hash."""
        return bool(self._updater._trusted_set.root.consistent_snapshot)

    def _seen(self) -> Seen:
        trusted = self._updater._trusted_set
        root = trusted.root
        versions = {
            "root": root.version,
            "timestamp": trusted.timestamp.version,
            "snapshot": trusted.snapshot.version,
            "targets": trusted.targets.version,
        }
        floors = {role: (version, _keys(root, GOVERNORS[role])) for role, version in versions.items()}
        stated = trusted.timestamp.unrecognized_fields.get(SIGNED_AT, "")
        try:
            signed_at = datetime.strptime(stated, MOMENT).replace(tzinfo=UTC)
        except (TypeError, ValueError):
            signed_at = datetime.fromtimestamp(0, UTC)
        return Seen(floors, signed_at, trusted.targets.version)

    def target(self, name: str) -> TargetFile | None:
        """What is signed about a target; ``None`` if there is no such target.

        Raises:
            As ``refresh``.
        """
        with _translated(self._now):
            return self._updater.get_targetinfo(name)


def _keys(root: Root, roles: Iterable[str]) -> str:
    """The ids of the keys that these roles have, in one line."""
    return ",".join(sorted({name for role in roles for name in root.roles[role].keyids}))


@contextlib.contextmanager
def _translated(now: datetime) -> Iterator[None]:
    """The library's errors in this package's words."""
    try:
        yield
    except tuf.ExpiredMetadataError as error:
        raise ExpiredError(
            f"{error}. Either the centre has stopped signing, or this clock is wrong: by it, or by what "
            f"was signed before, today is {now:%Y-%m-%d} or later."
        ) from error
    except tuf.BadVersionNumberError as error:
        raise ReplayError(f"{str(error).rstrip('.')}.") from error
    except (tuf.RepositoryError, tuf.DownloadLengthMismatchError) as error:
        raise TrustError(f"{str(error).rstrip('.')}.") from error
    except tuf.DownloadHTTPError as error:
        raise NotPublishedError(f"{error}") from error
    except tuf.DownloadError as error:
        raise NetworkError(f"{error}") from error

"""The agent's trust by hand, so that a public suite of client tests can judge it.

    python -m sync tuf-client --metadata-dir D init ROOT
    python -m sync tuf-client --metadata-dir D --metadata-url U refresh
    python -m sync tuf-client --metadata-dir D --metadata-url U --target-name N
                              --target-base-url B --target-dir T download

Exit code 0 or 1. Several names are fetched in turn, up to the first that fails. Metadata goes
through the same ``Trust`` and ``Downloader`` as on a kiosk, floors included; they lie beside
the metadata in ``floor.sqlite``.
"""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import TargetFile

from sync.disk import Disk
from sync.download import Downloader, Meter
from sync.errors import SyncError, TrustError
from sync.progress import Progress
from sync.state import State
from sync.trust import Trust

ROOT = "trusted_root"
"""The given root; no metadata's name, so that nothing on the way can be taken for it."""

NEEDED = {
    "init": ("root",),
    "refresh": ("metadata_url",),
    "download": ("metadata_url", "target_name", "target_base_url", "target_dir"),
}
"""What each action must be told beside the folder of the metadata."""

_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def add_arguments(parser: ArgumentParser) -> None:
    """What this command is told."""
    parser.add_argument(
        "--metadata-dir", type=Path, required=True, metavar="D", help="folder of the metadata"
    )
    parser.add_argument("--metadata-url", metavar="U", help="where metadata is fetched")
    parser.add_argument(
        "--target-name", action="append", default=[], metavar="N", help="several are fetched in turn"
    )
    parser.add_argument("--target-base-url", metavar="B", help="where targets are fetched")
    parser.add_argument("--target-dir", type=Path, metavar="T", help="folder of the targets")
    parser.add_argument("action", choices=("init", "refresh", "download"), help="what to do")
    parser.add_argument("root", nargs="?", type=Path, metavar="ROOT", help="for init: the trusted root")


def run(chosen: Namespace) -> int:
    """Do it; 0 is success."""
    missing = [name for name in NEEDED[chosen.action] if not getattr(chosen, name)]
    if missing:
        names = ("ROOT" if name == "root" else "--" + name.replace("_", "-") for name in missing)
        print(f"{chosen.action} needs {', '.join(names)}.", file=sys.stderr)
        return 1
    try:
        if chosen.action == "init":
            return _init(chosen)
        return _work(chosen)
    except (SyncError, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1


def _init(chosen: Namespace) -> int:
    data = chosen.root.read_bytes()
    disk = Disk()

    def nothing(name: str, _most: int) -> bytes:
        raise TrustError(name)

    Trust(chosen.metadata_dir, data, nothing, {}, datetime.now(UTC), disk)
    disk.write_whole(chosen.metadata_dir / ROOT, data)
    return 0


def _work(chosen: Namespace) -> int:
    disk = Disk()
    state = State(chosen.metadata_dir / "floor.sqlite")
    try:
        root = (chosen.metadata_dir / ROOT).read_bytes()
        source = _downloader(chosen.metadata_url, chosen.metadata_dir, disk)
        now = max(datetime.now(UTC), state.signed_at())
        trust = Trust(chosen.metadata_dir, root, source.small, state.floors(), now, disk)
        seen = trust.refresh()
        state.raise_floors(seen.floors, seen.signed_at)
        if chosen.action == "download":
            targets = _downloader(chosen.target_base_url, chosen.target_dir / ".parts", disk)
            for name in chosen.target_name:
                _download(trust, name, targets, chosen.target_dir, disk)
    finally:
        state.close()
    return 0


def _downloader(url: str, folder: Path, disk: Disk) -> Downloader:
    return Downloader(url, folder, disk, Meter(), Progress(), sleep=lambda _seconds: None)


def _download(trust: Trust, name: str, source: Downloader, folder: Path, disk: Disk) -> None:
    info = trust.target(name)
    if info is None:
        raise TrustError(f"{name}: there is no such target.")
    final = folder / quote(name, "")
    if final.exists() and _is_target(info, final.read_bytes()):
        return
    place = _place(name, next(iter(info.hashes.values())) if trust.consistent else "")
    data = source.file(place, info.length)
    source.drop(place)
    if not _is_target(info, data):
        raise TrustError(f"{name}: is not what was signed.")
    disk.write_whole(final, data)


def _place(name: str, digest: str) -> str:
    """Where a target is, below the base: its name is a piece of a URL (TUF 1.0, TARGETPATH).

    What may not stand in a path is escaped; what is escaped already stays as it is.
    """
    base, slash, last = name.rpartition("/")
    place = f"{base}{slash}{digest}.{last}" if digest else name
    return quote(_LONE_PERCENT.sub("%25", place), safe="/%!$&'()*+,;=:@~")


def _is_target(info: TargetFile, data: bytes) -> bool:
    try:
        info.verify_length_and_hashes(data)
    except RepositoryError:
        return False
    return True

"""A release on a kiosk: packs in the store -> a folder with library and media.

Promise: *old or new, never between.* The folder is built under another name, read from
end to end as the screen will read it, forced to the disk, and only then renamed. Nothing
in it is ever written again.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from content.library import FORMAT, Library, LibraryError
from content.release import write_library
from content.withdrawn import Withdrawn
from sync.disk import Disk
from sync.errors import DamagedError, RefusedError, SpaceError
from sync.manifest import LANGUAGES, Manifest
from sync.store import Store

LIBRARY = "library.sqlite"
RECORD = "release.json"


class Releases:
    """The folders ``releases/<number>`` of one kiosk.

    Args:
        folder: where they are.
        store: the packs and media.
        disk: how files are written.
    """

    def __init__(self, folder: Path, store: Store, disk: Disk) -> None:
        self.folder = folder
        self._store = store
        self._disk = disk

    def build(
        self,
        number: int,
        manifests: Mapping[str, Manifest],
        withdrawn: Sequence[Withdrawn],
        record: Mapping[str, Any],
    ) -> str:
        """Build a release's folder; nothing shows it yet.

        Returns:
            The library's digest.

        Raises:
            DamagedError: a pack in the store is not what its hash says.
            RefusedError: the packs make no library that this kiosk can read.
            SpaceError: the disk is full or cannot be written.
        """
        unfinished = self.folder / f"{number}.new"
        final = self.folder / str(number)
        try:
            self._remove(unfinished)
            self._remove(final)
            self._disk.make_folder(unfinished)
            library = unfinished / LIBRARY
            packs = self._packs(manifests)
            languages = packs.pop(LANGUAGES)
            try:
                write_library(languages["languages"], packs, library, withdrawn)
                digest = prove(library)
            except (KeyError, TypeError, ValueError, AttributeError, sqlite3.Error, LibraryError) as error:
                self._remove(unfinished)
                raise RefusedError(f"The packs make no library of format {FORMAT}: {error!r}.") from error
            self._media(unfinished, manifests)
            library.chmod(0o444)
            self._disk.write_whole(unfinished / RECORD, json.dumps({**record, "digest": digest}).encode())
            self._disk.sync_folder(unfinished)
            self._disk.replace(unfinished, final)
            self._disk.sync_folder(self.folder)
        except OSError as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise SpaceError(f"{unfinished}: cannot be written ({error}). Free the disk.") from error
        return digest

    def _packs(self, manifests: Mapping[str, Manifest]) -> dict[str, Any]:
        packs = {}
        for home, manifest in manifests.items():
            for name, entry in manifest.packs.items():
                try:
                    packs[f"{home}/{name}"] = json.loads(self._store.read(entry.sha256))
                except ValueError as error:
                    raise RefusedError(f"The pack {home}/{name} is no JSON: {error}.") from error
        if LANGUAGES not in packs:
            raise RefusedError(f"The release has no pack {LANGUAGES}.")
        return packs

    def _media(self, folder: Path, manifests: Mapping[str, Manifest]) -> None:
        for home, manifest in manifests.items():
            for name, entry in manifest.media.items():
                place = folder / "media" / home
                self._disk.make_folder(place)
                self._store.read(entry.sha256)
                os.link(self._store.path(entry.sha256), place / name)
                self._disk.sync_folder(place)

    def is_whole(self, number: int) -> bool:
        """Whether a release's library opens and is as it was built."""
        try:
            Library.open(self.folder / str(number) / LIBRARY).close()
        except LibraryError:
            return False
        return True

    def sweep(self, kept: Sequence[int]) -> None:
        """Remove every release but these, unless a screen still holds it open."""
        for path in self.folder.glob("*"):
            if path.name in {str(number) for number in kept} or _is_held(path / LIBRARY):
                continue
            self._remove(path)

    def records(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """What the folders say of themselves, newest first: for a kiosk that lost its memory."""
        numbers = sorted(
            (int(path.name) for path in self.folder.glob("*") if path.name.isdigit()), reverse=True
        )
        for number in numbers:
            try:
                record = json.loads((self.folder / str(number) / RECORD).read_bytes())
            except (OSError, ValueError):
                continue
            if isinstance(record, dict) and self.is_whole(number):
                yield number, record

    def _remove(self, folder: Path) -> None:
        """Take a folder away. Its name goes first, so that no half of it is ever found."""
        if not folder.exists():
            return
        going = folder.with_name(f".{folder.name}.going")
        shutil.rmtree(going, ignore_errors=True)
        self._disk.replace(folder, going)
        self._disk.sync_folder(folder.parent)
        shutil.rmtree(going, ignore_errors=True)


def prove(path: Path) -> str:
    """Read a library from end to end as a kiosk does; its digest.

    Raises:
        LibraryError, KeyError, TypeError, ValueError: something in it cannot be read.
    """
    library = Library.open(path)
    try:
        for language in library.languages():
            code = language.code
            origins = [origin.iso for origin in library.origins(code)]
            for origin in origins:
                library.origin_contacts(origin, code)
            for card in library.destinations(code):
                library.contacts(card.iso, code, "")
                library.officer(card.iso, code)
                for passport in origins:
                    guide = library.guide(card.iso, code, passport)
                for article in guide.articles if origins else ():
                    library.article(card.iso, article.id, code, origins[0])
            library.signs(code)
            library.offer(code)
        if not library.languages():
            raise ValueError("there is no language in it")
        return library.info().digest
    finally:
        library.close()


def _is_held(library: Path) -> bool:
    """Whether a screen holds a lock on a library that it shows."""
    try:
        with library.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def missing(manifests: Mapping[str, Manifest], store: Store) -> list[str]:
    """Hashes of a release's files that the store does not have."""
    entries = (entry for manifest in manifests.values() for entry in manifest.entries())
    return [entry.sha256 for entry in entries if not store.has(entry.sha256)]


def check_whole(manifests: Mapping[str, Manifest], store: Store) -> None:
    """Make sure that every file of a release is here.

    Raises:
        DamagedError: some are not.
    """
    if gone := missing(manifests, store):
        raise DamagedError(f"{len(gone)} files of the release are not here.")

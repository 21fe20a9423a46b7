"""Content -> a signed release.

    release = Publisher(repository).publish(content, "pilot")

Publishing is a pure function from the model to files, then signing. The same content
twice is no second release. What a file of a release is called follows from its bytes, so
a run that was killed costs nothing but time: the next one finds its files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from content.library import FORMAT
from content.model import Content
from content.packs import language_values, make_packs
from content.withdrawn import Withdrawn
from sync.bundle import Head, holds, read_head, with_head, write_bundle
from sync.delta import apply_delta, compress, expand, make_delta
from sync.errors import DamagedError, PublishError
from sync.manifest import (
    CATALOGUE,
    LANGUAGES,
    WITHDRAWN,
    Catalogue,
    Entry,
    Manifest,
    blob_name,
    bundle_name,
    canonical,
    delta_name,
    read_catalogue,
    read_manifest,
    read_withdrawn,
    sha256,
    target_name,
    write_withdrawn,
)
from sync.repository import Public, Repository, consistent

KEPT = 6
"""Older releases that deltas and bundles lead from."""

Media = Mapping[str, Mapping[str, bytes]]
"""By home (``RU``, ``common``) and name: pictures and voices."""


@dataclass(frozen=True, slots=True)
class Release:
    """What a publisher's run did. ``changed`` names destinations whose files changed."""

    channel: str
    number: int
    changed: tuple[str, ...]
    new: bool


@dataclass(frozen=True, slots=True)
class Stand:
    """What a channel holds at one version of the targets."""

    catalogue: Catalogue | None
    manifests: Mapping[str, Manifest]
    raw: Mapping[str, bytes]

    def entries(self) -> dict[str, Entry]:
        """Every file by home and name: ``RU/ky``."""
        return {
            f"{home}/{name}": entry
            for home, manifest in self.manifests.items()
            for part in (manifest.packs, manifest.media)
            for name, entry in part.items()
        }


EMPTY = Stand(None, {}, {})


def release_packs(content: Content) -> dict[str, bytes]:
    """Every pack's bytes by its name, ``common/languages`` among them."""
    packs = {name: canonical(value) for name, value in make_packs(content).items()}
    names = {one.code: one.name for one in content.languages}
    packs[LANGUAGES] = canonical({"languages": language_values(content), "names": names})
    return packs


class Publisher:
    """Publishes, reverts, withdraws and signs again.

    Args:
        repository: signed metadata over a pack store.
        say: told what is done, one line each.
    """

    def __init__(self, repository: Repository, say: Callable[[str], None] = lambda _line: None) -> None:
        self._repository = repository
        self._store = repository.store
        self._say = say

    # -- what an operator of the centre asks for

    def publish(
        self,
        content: Content,
        channel: str,
        media: Media | None = None,
        servers: Sequence[str] = (),
    ) -> Release:
        """Publish content to a channel.

        Args:
            content: what ``read_content`` returned, judged by the lint before.
            channel: ``pilot`` or ``stable``.
            media: pictures and voices.
            servers: where kiosks ask from now on; empty keeps what is said now.

        Raises:
            PublishError: what was public is public still.
        """
        public, stand = self._stand(channel)
        manifests = self._manifests(release_packs(content), media or {}, stand, self._past(public, stand))
        return self._release(channel, public, stand, manifests, servers)

    def promote(self, source: str, channel: str) -> Release:
        """Give a channel exactly what another one has: what was tried on *pilot*."""
        public, stand = self._stand(channel)
        _, other = self._stand(source)
        if other.catalogue is None:
            raise PublishError(f"There is nothing on {source} to promote. Publish there first.")
        return self._release(channel, public, stand, other.raw, other.catalogue.servers)

    def revert(self, channel: str, number: int) -> Release:
        """Publish what an older release of a channel held, as a new release."""
        public, stand = self._stand(channel)
        if stand.catalogue is None:
            raise PublishError(f"{channel} has no release yet. Publish there first.")
        known = ", ".join(map(str, (*stand.catalogue.history, stand.catalogue.release)))
        try:
            older = self._stand_at(channel, number, public)
        except (PublishError, DamagedError) as error:
            raise PublishError(
                f"Release {number} cannot be brought back ({error}) The last ones are: {known}."
            ) from error
        if older.catalogue is None or older.catalogue.release != number:
            raise PublishError(f"{number} is no release of {channel}. Its last releases: {known}.")
        return self._release(channel, public, stand, older.raw, older.catalogue.servers)

    def withdraw(self, contacts: Sequence[Withdrawn], back: Sequence[str] = ()) -> tuple[Withdrawn, ...]:
        """Take contacts off every screen, on all channels, before any guide is edited.

        Args:
            contacts: they are added to the list.
            back: ids that may be shown again.

        Returns:
            The whole list.
        """
        public = self._public()
        targets = self._files(public)
        known = {one.id: one for one in self.withdrawn()} | {one.id: one for one in contacts}
        for name in back:
            if name not in known:
                raise PublishError(f"{name} was not withdrawn. Withdrawn are: {', '.join(known) or 'none'}.")
            del known[name]
        listed = tuple(sorted(known.values(), key=lambda one: one.id))
        targets[WITHDRAWN] = write_withdrawn(listed)
        self._commit(targets)
        return listed

    def withdrawn(self) -> tuple[Withdrawn, ...]:
        """What is withdrawn now."""
        public = self._public()
        if public.targets is None or WITHDRAWN not in public.targets.targets:
            return ()
        return read_withdrawn(self._repository.target(WITHDRAWN, public.targets))

    def resign(self, renew: bool = False) -> Public:
        """Sign again what is public, so that kiosks go on to trust it. To be run every day."""
        return self._commit(None, renew)

    def verify(self) -> tuple[int, int]:
        """Look at every file that kiosks could ask for.

        Returns:
            How many there are, and their bytes.

        Raises:
            PublishError: one is missing or not as it was signed; the message names it.
        """
        public = self._public()
        sizes: dict[str, int] = {}
        for name, data in self._files(public).items():
            sizes[name] = len(data)
            manifest = _read_target(name, data)
            for entry in manifest.entries() if manifest is not None else ():
                self.blob(entry)
                sizes[blob_name(entry.sha256)] = entry.stored
        for channel in _channels(public):
            _, stand = self._stand(channel)
            bases = [entry for one in self._past(public, stand) for entry in one.entries().values()]
            for entry in stand.entries().values():
                self._verify_deltas(entry, bases)
                sizes |= {delta_name(base, entry.sha256): size for base, size in entry.deltas}
        texts = {"metadata/timestamp.json": self._store.get("metadata/timestamp.json") or b""}
        for name, head, payload in self._parcels(public, texts) if public.targets is not None else ():
            bundle = self._store.get(name)
            if bundle is not None and not holds(bundle, head, payload()):
                raise PublishError(
                    f"{name}: is not of what is public now. Remove it and run: python -m sync resign."
                )
            sizes |= {name: len(bundle)} if bundle is not None else {}
        return len(sizes), sum(sizes.values())

    def _verify_deltas(self, entry: Entry, bases: Iterable[Entry]) -> None:
        known = {base.sha256[:16]: base for base in bases}
        for base, size in entry.deltas:
            name = delta_name(base, entry.sha256)
            data = self._needed(name)
            if len(data) != size:
                raise PublishError(f"{name}: has {len(data)} bytes instead of {size}.")
            try:
                leads = base not in known or (
                    sha256(apply_delta(self.blob(known[base]), data, entry.length)) == entry.sha256
                )
            except DamagedError as error:
                raise PublishError(f"{name}: {error}") from error
            if not leads:
                raise PublishError(f"{name}: does not lead to its pack.")

    # -- what is there

    def _public(self) -> Public:
        public = self._repository.public()
        if public is None:
            raise PublishError("There is no root yet. Name it: python -m sync publish --root root.json.")
        return public

    def _stand(self, channel: str) -> tuple[Public, Stand]:
        public = self._public()
        version = public.targets.version if public.targets is not None else 0
        return public, self._stand_at(channel, version, public)

    def _stand_at(self, channel: str, version: int, public: Public) -> Stand:
        if version == 0 or public.targets is None:
            return EMPTY
        targets = public.targets
        if version != targets.version:
            targets = self._repository.targets_of(version, public.root.signed)
        name = target_name(channel, CATALOGUE)
        if name not in targets.targets:
            return EMPTY
        catalogue = read_catalogue(self._repository.target(name, targets))
        raw = {home: self._repository.target(target_name(channel, home), targets) for home in catalogue.homes}
        return Stand(catalogue, {home: read_manifest(data) for home, data in raw.items()}, raw)

    def _stood_at(self, channel: str, version: int, public: Public) -> Stand:
        """As ``_stand_at``; nothing where that version is not (or no more) to be read."""
        try:
            return self._stand_at(channel, version, public)
        except (PublishError, DamagedError):
            return EMPTY

    def _past(self, public: Public, stand: Stand) -> list[Stand]:
        """The channel's last releases, newest first."""
        if stand.catalogue is None:
            return []
        older = stand.catalogue.history[:-KEPT:-1] if KEPT > 1 else ()
        return [stand, *(self._stand_at(stand.catalogue.channel, number, public) for number in older)]

    def _files(self, public: Public) -> dict[str, bytes]:
        if public.targets is None:
            return {}
        return {name: self._repository.target(name, public.targets) for name in public.targets.targets}

    def blob(self, entry: Entry) -> bytes:
        """A published pack's or medium's content.

        Raises:
            PublishError: it is missing or damaged in the store.
        """
        name = blob_name(entry.sha256)
        data = self._needed(name)
        try:
            content = expand(data, entry.length) if entry.stored != entry.length else data
        except DamagedError as error:
            raise PublishError(f"{name}: {error}") from error
        if sha256(content) != entry.sha256:
            raise PublishError(f"{name}: holds other bytes than its name says.")
        return content

    def _needed(self, name: str) -> bytes:
        data = self._store.get(name)
        if data is None:
            raise PublishError(f"{name}: is named but missing. Publish from a copy of the store.")
        return data

    # -- files

    def _manifests(
        self, packs: Mapping[str, bytes], media: Media, stand: Stand, past: Sequence[Stand]
    ) -> dict[str, bytes]:
        """Every manifest's bytes. One whose files did not change is the one that is public."""
        homes = sorted({name.partition("/")[0] for name in packs} | set(media))
        return {home: self._manifest(home, packs, media.get(home, {}), stand, past) for home in homes}

    def _manifest(
        self,
        home: str,
        packs: Mapping[str, bytes],
        media: Mapping[str, bytes],
        stand: Stand,
        past: Sequence[Stand],
    ) -> bytes:
        own = {name.partition("/")[2]: data for name, data in packs.items() if name.startswith(f"{home}/")}
        now = stand.manifests.get(home)
        if now is not None and _hashes(own) == _kept(now.packs) and _hashes(media) == _kept(now.media):
            return stand.raw[home]
        known = {entry.sha256: entry for one in past for entry in one.entries().values()}
        entries = {}
        for name, data in sorted(own.items()):
            older = [one.manifests[home].packs.get(name) for one in past if home in one.manifests]
            entries[name] = self._pack(data, known, [entry for entry in older if entry is not None])
        pictures = {}
        for name, data in sorted(media.items()):
            # Pictures and sound are packed already.
            pictures[name] = Entry(sha256(data), len(data), len(data))
            self._store.put_once(blob_name(pictures[name].sha256), data)
        return canonical(Manifest(home, entries, pictures).value())

    def _pack(self, data: bytes, known: Mapping[str, Entry], older: Sequence[Entry]) -> Entry:
        digest = sha256(data)
        if digest in known:
            entry = replace(known[digest], deltas=())
        else:
            stored = self._store.get(blob_name(digest))
            if stored is None:
                # By its length alone a kiosk tells a packed file from a plain one.
                stored = min(data, compress(data), key=len)
                self._store.put_once(blob_name(digest), stored)
            entry = Entry(digest, len(data), len(stored))
        deltas: dict[str, int] = {}
        for base in older:
            if base.sha256 == digest or base.sha256[:16] in deltas:
                continue
            name = delta_name(base.sha256, digest)
            delta = self._store.get(name) or make_delta(self.blob(base), data)
            # One that saves less than a third is not worth a file.
            if len(delta) * 3 < entry.stored * 2:
                self._store.put_once(name, delta)
                deltas[base.sha256[:16]] = len(delta)
        return replace(entry, deltas=tuple(deltas.items()))

    # -- releases

    def _release(
        self,
        channel: str,
        public: Public,
        stand: Stand,
        manifests: Mapping[str, bytes],
        servers: Sequence[str],
    ) -> Release:
        before = stand.catalogue
        asked = tuple(servers) or (before.servers if before is not None else ())
        changed = tuple(
            home for home in sorted({*manifests, *stand.raw}) if manifests.get(home) != stand.raw.get(home)
        )
        if before is not None and not changed and asked == before.servers and before.format == FORMAT:
            self._commit(None)
            return Release(channel, before.release, (), new=False)
        number = self._repository.next_version("targets")
        history = (*before.history, before.release)[-KEPT:] if before is not None else ()
        catalogue = Catalogue(
            channel=channel,
            release=number,
            format=FORMAT,
            homes=tuple(sorted(manifests)),
            history=history,
            root=public.root.signed.version,
            servers=asked,
        )
        targets = {
            name: data for name, data in self._files(public).items() if not name.startswith(f"{channel}/")
        }
        targets.setdefault(WITHDRAWN, write_withdrawn(()))
        targets[target_name(channel, CATALOGUE)] = canonical(catalogue.value())
        for home, data in manifests.items():
            targets[target_name(channel, home)] = data
        self._commit(targets)
        return Release(channel, number, changed, new=True)

    def _commit(self, files: Mapping[str, bytes] | None, renew: bool = False) -> Public:
        for name, data in (files or {}).items():
            try:
                _read_target(name, data)
            except DamagedError as error:
                raise PublishError(f"{name}: no kiosk could read it ({error}). Mend that.") from error
        public = self._repository.commit(files, self._bundles, renew)
        self._tidy(public)
        return public

    # -- bundles

    def _bundles(self, public: Public, texts: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
        """Every bundle that leads to what is about to be public."""
        for name, head, payload in self._parcels(public, texts):
            old = self._store.get(name) if head.base == 0 else None
            if old is not None and _payload_is(old, head):
                yield name, with_head(old, head)
            else:
                yield name, write_bundle(head, payload())
            self._say(f"{name}: {sum(size for _, size in head.files):,} bytes of files")

    def _parcels(
        self, public: Public, texts: Mapping[str, bytes]
    ) -> Iterator[tuple[str, Head, Callable[[], Iterable[bytes]]]]:
        """Each bundle's name, head and files."""
        assert public.targets is not None
        for channel in _channels(public):
            stand = self._stand_at(channel, public.targets.version, public)
            for base in self._bases(public):
                before = self._stood_at(channel, base, public)
                if base and before.catalogue is None:
                    continue  # No kiosk of this channel can come from there.
                yield bundle_name(channel, base), *self._parcel(public, stand, before, texts, base)

    def _bases(self, public: Public) -> list[int]:
        """The versions that bundles lead from: today's, the last few, nothing.

        Today's first: a kiosk that took the new release from the second one already finds
        it, even if the run ends in between.
        """
        assert public.targets is not None
        pattern = ".targets.json"
        used = {
            int(name.removeprefix("metadata/").removesuffix(pattern))
            for name in self._store.names("metadata/")
            if name.endswith(pattern)
        }
        older = sorted(version for version in used if version < public.targets.version)
        return [public.targets.version, *older[: -KEPT - 1 : -1], 0]

    def _parcel(
        self, public: Public, stand: Stand, before: Stand, fresh: Mapping[str, bytes], base: int
    ) -> tuple[Head, Callable[[], Iterable[bytes]]]:
        assert public.targets is not None and stand.catalogue is not None
        targets, channel = public.targets, stand.catalogue.channel
        texts = {"metadata/timestamp.json": fresh["metadata/timestamp.json"]}
        names = [f"metadata/{public.snapshot}.snapshot.json"]
        if base != targets.version:
            names.append(f"metadata/{targets.version}.targets.json")
        for name in names:
            texts[name] = fresh.get(name) or self._needed(name)
        newest = public.root.signed.version
        known = before.catalogue.root if before.catalogue is not None else 0
        texts |= self._repository.roots_after(max(1, known))
        for home, data in stand.raw.items():
            if before.raw.get(home) != data:
                self._add_target(texts, public, target_name(channel, home))
        if before.catalogue != stand.catalogue:
            self._add_target(texts, public, target_name(channel, CATALOGUE))
        if base != targets.version:
            self._add_target(texts, public, WITHDRAWN)
        files = self._parcel_files(stand.entries(), before.entries())
        head = Head(
            channel=channel,
            base=base,
            release=stand.catalogue.release,
            texts=texts,
            absent=(f"metadata/{newest + 1}.root.json",),
            files=tuple(files),
        )
        return head, lambda: (self._needed(name) for name, _ in files)

    def _add_target(self, texts: dict[str, bytes], public: Public, name: str) -> None:
        assert public.targets is not None
        info = public.targets.targets[name]
        texts[consistent(name, info.hashes["sha256"])] = self._repository.target(name, public.targets)

    @staticmethod
    def _parcel_files(now: Mapping[str, Entry], before: Mapping[str, Entry]) -> list[tuple[str, int]]:
        """Packs and media that are new since then, each in its smallest form."""
        had = {entry.sha256 for entry in before.values()}
        files: dict[str, int] = {}
        for name, entry in now.items():
            if entry.sha256 in had:
                continue
            old = before.get(name)
            delta = dict(entry.deltas).get(old.sha256[:16]) if old is not None else None
            if old is not None and delta is not None:
                files[delta_name(old.sha256, entry.sha256)] = delta
            else:
                files[blob_name(entry.sha256)] = entry.stored
        return list(files.items())

    def _tidy(self, public: Public) -> None:
        """Bundles from releases that are too old go; kiosks then fetch file by file."""
        kept = {str(base) for base in self._bases(public)}
        for name in list(self._store.names("bundle/")):
            if name.rpartition("from-")[2] not in kept:
                self._store.remove(name)


def _read_target(name: str, data: bytes) -> Manifest | None:
    """Read a target as a kiosk will; the manifest if it is one.

    Raises:
        DamagedError: no kiosk could.
    """
    if name == WITHDRAWN:
        read_withdrawn(data)
    elif name.endswith(f"/{CATALOGUE}.json"):
        read_catalogue(data)
    else:
        return read_manifest(data)
    return None


def _channels(public: Public) -> list[str]:
    targets = public.targets.targets if public.targets is not None else ()
    return sorted({name.partition("/")[0] for name in targets} - {WITHDRAWN})


def _hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: sha256(data) for name, data in files.items()}


def _kept(entries: Mapping[str, Entry]) -> dict[str, str]:
    return {name: entry.sha256 for name, entry in entries.items()}


def _payload_is(bundle: bytes, head: Head) -> bool:
    """Whether an existing bundle holds exactly the files of another head."""
    try:
        return read_head(bundle).files == head.files
    except DamagedError:
        return False

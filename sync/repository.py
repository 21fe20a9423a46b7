"""Signed metadata over a pack store.

Promise: *a kill at any point leaves a repository that every kiosk can read.* Everything
new is written under new names first; the timestamp, one small file, comes last and makes
it so. A version number that a killed run has used is never used again. There is one
writer at a time.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization import DeserializationError

from sync.errors import PublishError
from sync.keys import COMPACT, Keyring, missing_signatures, read_root
from sync.manifest import SIGNED_AT
from sync.packstore import PackStore

LIVES = {"targets": timedelta(days=90), "snapshot": timedelta(days=30), "timestamp": timedelta(days=14)}
"""How long signatures are good. The timestamp is signed every day; alarm at half of these."""

One = TypeVar("One", Root, Targets, Snapshot, Timestamp)


def consistent(name: str, digest: str) -> str:
    """A target's name in the pack store: ``targets/stable/<sha256>.RU.json``."""
    folder, _, base = f"targets/{name}".rpartition("/")
    return f"{folder}/{digest}.{base}"


@dataclass(frozen=True, slots=True)
class Public:
    """What is public: the versions of all roles, and the targets."""

    root: Metadata[Root]
    targets: Targets | None
    snapshot: int
    timestamp: int
    signed_at: str = ""


class Repository:
    """Reads, signs and writes metadata.

    Args:
        store: where it is published.
        keys: the private keys at hand.
        now: the clock, UTC.
    """

    def __init__(self, store: PackStore, keys: Keyring, now: Callable[[], datetime]) -> None:
        self.store = store
        self._keys = keys
        self._now = now
        self._read_targets: dict[str, bytes] = {}
        self._foreign: set[str] = set()
        """Roles whose public metadata today's root does not accept any more."""

    # -- reading

    def public(self) -> Public | None:
        """What is public now, every signature verified; ``None`` if nothing is.

        Raises:
            PublishError: something that is public is not as it was signed.
        """
        root = self._newest_root()
        if root is None:
            return None
        data = self.store.get("metadata/timestamp.json")
        if data is None:
            return Public(root, None, 0, 0)
        self._foreign.clear()
        timestamp = self._read("timestamp.json", data, root.signed, Timestamp)
        number = timestamp.snapshot_meta.version
        snapshot = self._verified(f"{number}.snapshot.json", root.signed, Snapshot)
        targets = self.targets_of(snapshot.meta["targets.json"].version, root.signed)
        signed_at = str(timestamp.unrecognized_fields.get(SIGNED_AT, ""))
        return Public(root, targets, number, timestamp.version, signed_at)

    def targets_of(self, version: int, root: Root) -> Targets:
        """The targets of one version, signed by the keys of today or of their own time.

        Raises:
            PublishError: they are missing or not as they were signed.
        """
        return self._verified(f"{version}.targets.json", root, Targets)

    def target(self, name: str, targets: Targets) -> bytes:
        """A target's bytes, as they were signed.

        Raises:
            PublishError: they are missing or not as they were signed.
        """
        info = targets.targets[name]
        place = consistent(name, info.hashes["sha256"])
        if place in self._read_targets:
            return self._read_targets[place]
        data = self.store.get(place)
        if data is None:
            raise PublishError(f"{place}: is signed but missing. Publish from a copy of the store.")
        try:
            info.verify_length_and_hashes(data)
        except RepositoryError as error:
            raise PublishError(f"{place}: {error}") from error
        self._read_targets[place] = data
        return data

    def roots_after(self, version: int) -> dict[str, bytes]:
        """Every published root newer than ``version``, by its name."""
        found = {}
        while (data := self.store.get(f"metadata/{version + 1}.root.json")) is not None:
            version += 1
            found[f"metadata/{version}.root.json"] = data
        return found

    def _older_roots(self, version: int) -> Iterator[bytes]:
        for number in range(version - 1, 0, -1):
            if (data := self.store.get(f"metadata/{number}.root.json")) is not None:
                yield data

    def _newest_root(self) -> Metadata[Root] | None:
        newest: Metadata[Root] | None = None
        for name, data in self.roots_after(0).items():
            root = read_root(data, name)
            try:
                (newest or root).signed.verify_delegate("root", root.signed_bytes, root.signatures)
                root.signed.verify_delegate("root", root.signed_bytes, root.signatures)
            except RepositoryError as error:
                raise PublishError(f"{name}: {error}") from error
            newest = root
        return newest

    def _verified(self, name: str, root: Root, kind: type[One]) -> One:
        data = self.store.get(f"metadata/{name}")
        if data is None:
            raise PublishError(f"metadata/{name}: is missing. Publish from a copy of the store.")
        return self._read(name, data, root, kind)

    def _read(self, name: str, data: bytes, root: Root, kind: type[One]) -> One:
        """A role's metadata. A key that was rotated out still vouches for what it signed before:
        that is the publisher's own store. Kiosks are stricter, so it is signed anew at once.
        """
        try:
            metadata = Metadata.from_bytes(data)
        except (DeserializationError, RepositoryError) as error:
            raise PublishError(f"metadata/{name}: {error}") from error
        if not isinstance(metadata.signed, kind):
            raise PublishError(f"metadata/{name}: holds {metadata.signed.type}.")
        try:
            root.verify_delegate(kind.type, metadata.signed_bytes, metadata.signatures)
        except RepositoryError as error:
            self._foreign.add(kind.type)
            for older in self._older_roots(root.version):
                with contextlib.suppress(RepositoryError):
                    signed = read_root(older, name).signed
                    signed.verify_delegate(kind.type, metadata.signed_bytes, metadata.signatures)
                    break
            else:
                raise PublishError(f"metadata/{name}: {error}") from error
        return metadata.signed

    # -- writing

    def start(self, root: bytes) -> None:
        """Publish a root: the first one, or the next one after a rotation.

        Raises:
            PublishError: it does not follow the one that is public, or lacks signatures.
        """
        draft = read_root(root, "root")
        public = self.store.get(f"metadata/{draft.signed.version}.root.json")
        if public is not None:
            if public != root:
                raise PublishError(f"root {draft.signed.version}: another one of this version is public.")
            return
        newest = self._newest_root()
        before = newest.signed if newest is not None else None
        follows = newest.signed.version + 1 if newest is not None else 1
        if draft.signed.version != follows:
            raise PublishError(f"root {draft.signed.version}: the next one is {follows}.")
        if missing := missing_signatures(draft, before):
            raise PublishError(
                f"root {draft.signed.version}: {missing} more signature(s) of root keys needed."
            )
        self.store.put_once(f"metadata/{draft.signed.version}.root.json", root)

    def next_version(self, role: str) -> int:
        """A version of a role that no run has used yet."""
        pattern = re.compile(rf"metadata/(\d+)\.{role}\.json")
        used = (pattern.fullmatch(name) for name in self.store.names("metadata/"))
        return max((int(found[1]) for found in used if found), default=0) + 1

    def commit(
        self,
        files: Mapping[str, bytes] | None,
        bundles: Callable[[Public, Mapping[str, bytes]], Iterable[tuple[str, bytes]]],
        renew: bool = False,
    ) -> Public:
        """Sign and publish.

        Args:
            files: all targets of the new release by name, or ``None`` for a new signature only.
            bundles: makes the bundles from what is about to be public and its new metadata.
            renew: sign targets and snapshot again, too, even if they are good for long.

        Returns:
            What is public now.

        Raises:
            PublishError: a key is missing or the store fails; what was public is public still.
        """
        before = self.public()
        if before is None:
            raise PublishError("There is no root yet. Publish one: python -m sync publish --root root.json.")
        texts: dict[str, bytes] = {}
        now = self._now().astimezone(UTC).replace(microsecond=0)
        targets, snapshot = before.targets, before.snapshot
        if files is not None:
            targets = Targets(version=self.next_version("targets"), expires=now + LIVES["targets"])
            for name, data in sorted(files.items()):
                info = TargetFile.from_data(name, data, ["sha256"])
                self.store.put_once(consistent(name, info.hashes["sha256"]), data)
                targets.targets[name] = info
        elif targets is None:
            raise PublishError("Nothing is published yet. Run: python -m sync publish.")
        elif renew or self._must_renew("targets", targets.version) or _old(targets, now):
            targets = Targets.from_dict(targets.to_dict())
            targets.version, targets.expires = self.next_version("targets"), now + LIVES["targets"]
        if targets is not before.targets:
            texts[f"metadata/{targets.version}.targets.json"] = self._sign(targets, before.root.signed)
        if texts or renew or self._snapshot_is_old(before, now):
            snapshot = self.next_version("snapshot")
            signed = Snapshot(version=snapshot, expires=now + LIVES["snapshot"])
            signed.meta["targets.json"] = MetaFile(targets.version)
            texts[f"metadata/{snapshot}.snapshot.json"] = self._sign(signed, before.root.signed)
        stamp = Timestamp(
            version=max(self.next_version("timestamp"), before.timestamp + 1),
            expires=now + LIVES["timestamp"],
            snapshot_meta=MetaFile(snapshot),
            unrecognized_fields={SIGNED_AT: now.strftime("%Y-%m-%dT%H:%M:%SZ")},
        )
        after = Public(before.root, targets, snapshot, stamp.version)
        last = self._sign(stamp, before.root.signed)
        for name, data in texts.items():
            self.store.put_once(name, data)
        # A bundle shows this timestamp before timestamp.json does, so its number is taken
        # from now on, whatever happens to this run.
        self.store.put_once(f"metadata/{stamp.version}.timestamp.json", last)
        texts["metadata/timestamp.json"] = last
        for name, data in bundles(after, texts):
            self.store.put(name, data)
        self.store.put("metadata/timestamp.json", last)
        return after

    def _must_renew(self, role: str, version: int) -> bool:
        """Whether kiosks may refuse a role as it is public.

        Its key is another one by now; or a run that was killed has used higher numbers, which
        kiosks may know from its bundles.
        """
        return role in self._foreign or self.next_version(role) > version + 1

    def _snapshot_is_old(self, before: Public, now: datetime) -> bool:
        if before.snapshot == 0 or self._must_renew("snapshot", before.snapshot):
            return True
        return _old(self._verified(f"{before.snapshot}.snapshot.json", before.root.signed, Snapshot), now)

    def _sign(self, signed: Targets | Snapshot | Timestamp, root: Root) -> bytes:
        metadata: Metadata[Any] = Metadata(cast(Any, signed))
        signers = self._keys.signers(root, signed.type)
        if len(signers) < root.roles[signed.type].threshold:
            raise PublishError(f"The {signed.type} key is not at hand. Name its folder with --keys.")
        for signer in signers:
            metadata.sign(signer, append=True)
        return metadata.to_bytes(COMPACT)


def _old(signed: Targets | Snapshot, now: datetime) -> bool:
    """Whether half of a signature's life is over."""
    return signed.expires - now < LIVES[signed.type] / 2

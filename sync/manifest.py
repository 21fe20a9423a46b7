"""Names and hashes: what a release consists of.

Promise: *only the publisher's words.* The catalogue, the manifests and the withdrawn
list are TUF targets; packs and media hang below a manifest by their sha256. Whatever
is read here was signed, and is judged all the same: a name that is no name never
becomes a path.

=================================== ================================================
name in the pack store              what it is
=================================== ================================================
``metadata/timestamp.json`` ...     TUF metadata
``targets/stable/<sha256>.RU.json`` a TUF target: catalogue, manifest, withdrawn list
``blobs/<2>/<sha256>``              a pack (compressed) or a medium, for ever the same
``delta/<old16>-<new16>``           what changed between two packs
``bundle/stable/from-<n>``          one file that brings a kiosk from release n to now
=================================== ================================================
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from content.withdrawn import Withdrawn
from sync.errors import DamagedError

CHANNELS = ("pilot", "stable")
CATALOGUE = "catalogue"
WITHDRAWN = "withdrawn.json"
COMMON = "common"
LANGUAGES = f"{COMMON}/languages"

SIGNED_AT = "x-signed-at"
"""Field of the TUF timestamp: when it was signed, for kiosks whose clock is dead."""

LARGEST = 1 << 30
"""Bytes of the largest file that a manifest may name."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_BASE = re.compile(r"[0-9a-f]{16}")
_HOME = re.compile(r"[A-Z]{2}|common")
_PACK = re.compile(r"[A-Za-z][A-Za-z-]{1,15}")
_MEDIUM = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}(\.[a-z0-9]{1,5})?")


def canonical(value: Any) -> bytes:
    """JSON that is the same bytes for the same value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha256(data: bytes) -> str:
    """A hash as it stands in names, 64 letters."""
    return hashlib.sha256(data).hexdigest()


def blob_name(digest: str) -> str:
    """Where a pack or medium is published."""
    return f"blobs/{digest[:2]}/{digest}"


def delta_name(old: str, new: str) -> str:
    """Where a delta is published."""
    return f"delta/{old[:16]}-{new[:16]}"


def bundle_name(channel: str, base: int) -> str:
    """Where the bundle for kiosks of release ``base`` is published; 0 is for a kiosk that has nothing."""
    return f"bundle/{channel}/from-{base}"


def target_name(channel: str, home: str) -> str:
    """A catalogue's or manifest's name among the TUF targets."""
    return f"{channel}/{home}.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file: hash and length of its content, and its length as it is stored and sent."""

    sha256: str
    length: int
    stored: int
    deltas: tuple[tuple[str, int], ...] = ()
    """For each older pack (first 16 letters of its hash) the bytes of the delta from it."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of one destination, or of what all share. Packs by their part of the name: ``ky``."""

    home: str
    packs: Mapping[str, Entry]
    media: Mapping[str, Entry] = field(default_factory=dict)

    def value(self) -> dict[str, Any]:
        """As it is written."""
        return {
            "home": self.home,
            "packs": {name: _entry_value(entry) for name, entry in self.packs.items()},
            "media": {name: _entry_value(entry) for name, entry in self.media.items()},
        }

    def entries(self) -> list[Entry]:
        """Every file."""
        return [*self.packs.values(), *self.media.values()]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a channel's release is.

    ``release`` is the version of the TUF targets that first held it; ``history`` names
    the releases before it, newest last; ``format`` is the library's; ``root`` the
    version of the root at the time; ``servers`` where the agent asks from now on, empty
    for no change.
    """

    channel: str
    release: int
    format: int
    homes: tuple[str, ...]
    history: tuple[int, ...]
    root: int
    servers: tuple[str, ...] = ()

    def value(self) -> dict[str, Any]:
        """As it is written."""
        return {
            "channel": self.channel,
            "release": self.release,
            "format": self.format,
            "homes": list(self.homes),
            "history": list(self.history),
            "root": self.root,
            "servers": list(self.servers),
        }


def _entry_value(entry: Entry) -> dict[str, Any]:
    value: dict[str, Any] = {"sha256": entry.sha256, "length": entry.length}
    if entry.stored != entry.length:
        value["stored"] = entry.stored
    if entry.deltas:
        value["deltas"] = dict(entry.deltas)
    return value


def read_manifest(data: bytes) -> Manifest:
    """A manifest from its bytes.

    Raises:
        DamagedError: it is none; the message says why.
    """
    value = _object(data, "manifest")
    try:
        home = _name(value["home"], _HOME)
        packs = {_name(name, _PACK): _entry(one) for name, one in value["packs"].items()}
        media = {_name(name, _MEDIUM): _entry(one) for name, one in value.get("media", {}).items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedError(f"not a manifest: {error}") from error
    return Manifest(home, packs, media)


def read_catalogue(data: bytes) -> Catalogue:
    """A catalogue from its bytes.

    Raises:
        DamagedError: it is none; the message says why.
    """
    value = _object(data, "catalogue")
    try:
        if value["channel"] not in CHANNELS:
            raise ValueError(f"channel {value['channel']!r}")
        servers = tuple(value.get("servers", ()))
        if not all(isinstance(one, str) and one.startswith(("http://", "https://")) for one in servers):
            raise ValueError("servers are no addresses")
        return Catalogue(
            channel=value["channel"],
            release=_count(value["release"]),
            format=_count(value["format"]),
            homes=tuple(_name(one, _HOME) for one in value["homes"]),
            history=tuple(_count(one) for one in value["history"]),
            root=_count(value["root"]),
            servers=servers,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedError(f"not a catalogue: {error}") from error


def write_withdrawn(contacts: Sequence[Withdrawn]) -> bytes:
    """The withdrawn list as it is published."""
    ordered = sorted(contacts, key=lambda one: one.id)
    return canonical({"withdrawn": [{"id": one.id, "phone": one.phone} for one in ordered]})


def read_withdrawn(data: bytes) -> tuple[Withdrawn, ...]:
    """The withdrawn list from its bytes.

    Raises:
        DamagedError: it is none; the message says why.
    """
    value = _object(data, "withdrawn list")
    try:
        return tuple(Withdrawn(str(one["id"]), str(one["phone"])) for one in value["withdrawn"])
    except (KeyError, TypeError) as error:
        raise DamagedError(f"not a withdrawn list: {error}") from error


def _object(data: bytes, what: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"not a {what}: {error}") from error
    if not isinstance(value, dict):
        raise DamagedError(f"not a {what}: it is no JSON object")
    return value


def _name(value: Any, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"{value!r} is no name")
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value


def _length(value: Any) -> int:
    if _count(value) > LARGEST:
        raise ValueError(f"{value} bytes are too many")
    return int(value)


def _entry(value: Any) -> Entry:
    length = _length(value["length"])
    deltas = value.get("deltas", {})
    return Entry(
        sha256=_name(value["sha256"], _SHA256),
        length=length,
        stored=_length(value.get("stored", length)),
        deltas=tuple((_name(base, _BASE), _length(size)) for base, size in deltas.items()),
    )

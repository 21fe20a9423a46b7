"""One file that brings a kiosk from a release to now: over the network in one request, or on a stick.

A bundle needs no trust. It is a parcel of files that are published one by one as well;
whoever opens it judges each by signature and hash, exactly as if it had come alone. So a
bundle that was cut, swapped or made up can only be useless. One that was cut is still
good for the files that are whole in it.

Layout: ``SAFEAIR1``, the length of the head (4 bytes, big-endian), the head (JSON, zstd),
and the files of the head's list one after another, as they are stored.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sync.delta import compress, expand_some
from sync.errors import DamagedError
from sync.manifest import canonical

MAGIC = b"SAFEAIR1"
START = len(MAGIC) + 4

LARGEST_HEAD = 4 << 20
"""Bytes that a head may have, unpacked."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a bundle holds.

    ``texts`` are metadata and targets by their name in the pack store; ``absent`` are
    names that are not published (the next root); ``files`` are packs, deltas and media
    with their lengths, in the order in which they follow.
    """

    channel: str
    base: int
    release: int
    texts: Mapping[str, bytes]
    absent: tuple[str, ...] = ()
    files: tuple[tuple[str, int], ...] = field(default=())


def write_bundle(head: Head, payload: Iterable[bytes]) -> bytes:
    """A bundle as one piece of bytes; ``payload`` in the order of ``head.files``."""
    value = {
        "channel": head.channel,
        "base": head.base,
        "release": head.release,
        "texts": {name: text.decode() for name, text in head.texts.items()},
        "absent": list(head.absent),
        "files": [list(one) for one in head.files],
    }
    packed = compress(canonical(value))
    return b"".join([MAGIC, len(packed).to_bytes(4, "big"), packed, *payload])


def with_head(bundle: bytes, head: Head) -> bytes:
    """The same files under another head: what a new signature does to a bundle.

    Raises:
        DamagedError: the old bundle is none.
    """
    start = START + _head_length(bundle[:START], "bundle")
    return write_bundle(head, [bundle[start:]])


def holds(bundle: bytes, head: Head, payload: Iterable[bytes]) -> bool:
    """Whether a bundle has this head and these files."""
    try:
        start = START + _head_length(bundle[:START], "bundle")
        return read_head(bundle) == head and bundle[start:] == b"".join(payload)
    except DamagedError:
        return False


class Bundle:
    """A bundle on disk, whole or not yet.

    Raises:
        DamagedError: it is no bundle, or not even its head is whole.
        OSError: the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(START)
            packed = file.read(min(_head_length(start, path.name), LARGEST_HEAD + 1))
        self.head = _read_head(start, packed, path.name)
        self._places: dict[str, tuple[int, int]] = {}
        place = START + len(packed)
        for name, size_of_one in self.head.files:
            if place + size_of_one <= size:
                self._places[name] = (place, size_of_one)
            place += size_of_one
        self.length = place
        self.whole = size == place

    def read(self, name: str, length: int) -> bytes | None:
        """A file, or ``None`` if it is not (wholly) here with this length."""
        place = self._places.get(name)
        if place is None or place[1] != length:
            return None
        with self._path.open("rb") as file:
            file.seek(place[0])
            data = file.read(length)
        return data if len(data) == length else None


def read_head(bundle: bytes) -> Head:
    """The head of a bundle in memory.

    Raises:
        DamagedError: it is no bundle.
    """
    length = _head_length(bundle[:START], "bundle")
    return _read_head(bundle[:START], bundle[START : START + length], "bundle")


def _head_length(start: bytes, where: str) -> int:
    if len(start) < START or start[: len(MAGIC)] != MAGIC:
        raise DamagedError(f"{where}: not a bundle")
    return int.from_bytes(start[len(MAGIC) :], "big")


def _read_head(start: bytes, packed: bytes, where: str) -> Head:
    if _head_length(start, where) > LARGEST_HEAD:
        raise DamagedError(f"{where}: not a bundle (its head would be too long)")
    if len(packed) != _head_length(start, where):
        raise DamagedError(f"{where}: the bundle is cut off in its head")
    try:
        value: dict[str, Any] = json.loads(expand_some(packed, LARGEST_HEAD))
        files = tuple((str(one), int(size)) for one, size in value["files"])
        if any(size < 0 for _, size in files):
            raise ValueError("a length is negative")
        return Head(
            channel=str(value["channel"]),
            base=int(value["base"]),
            release=int(value["release"]),
            texts={str(key): text.encode() for key, text in value["texts"].items()},
            absent=tuple(str(one) for one in value["absent"]),
            files=files,
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise DamagedError(f"{where}: the bundle's head cannot be read ({error})") from error

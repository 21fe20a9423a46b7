"""Where an update's files come from: a bundle, the network, or a bundle before the network."""

from __future__ import annotations

from typing import Protocol

from sync.bundle import Bundle
from sync.download import Downloader
from sync.errors import NetworkError, NotPublishedError

LARGEST_TARGET = 1 << 20
"""Bytes that a catalogue, manifest or withdrawn list may have."""


class Source(Protocol):
    """Gives files by their name in the pack store. None of them is trusted."""

    def metadata(self, name: str, most: int) -> bytes:
        """``timestamp.json`` and the like.

        Raises:
            NotPublishedError: there is none here.
            NetworkError: nobody answers.
        """

    def file(self, name: str, length: int) -> bytes:
        """Anything whose length is signed. Raises as ``metadata``."""

    def drop(self, name: str) -> None:
        """What came was not what was signed: forget it."""


class FromBundle:
    """A bundle on a stick, or one that came over the network."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._dropped: set[str] = set()

    def metadata(self, name: str, most: int) -> bytes:
        place = f"metadata/{name}"
        text = self._bundle.head.texts.get(place)
        if text is None:
            raise NotPublishedError(f"The bundle holds no {place}.")
        return text[: most + 1]

    def says_absent(self, name: str) -> bool:
        """Whether the bundle says that there is no such file anywhere."""
        return f"metadata/{name}" in self._bundle.head.absent

    def file(self, name: str, length: int) -> bytes:
        text = self._bundle.head.texts.get(name)
        data = text if text is not None else self._bundle.read(name, length)
        if data is None or name in self._dropped:
            raise NotPublishedError(f"The bundle holds no {name}.")
        return data

    def drop(self, name: str) -> None:
        self._dropped.add(name)


class FromNetwork:
    """One server's pack store."""

    def __init__(self, downloader: Downloader) -> None:
        self._downloader = downloader

    def metadata(self, name: str, most: int) -> bytes:
        return self._downloader.small(f"metadata/{name}", most)

    def file(self, name: str, length: int) -> bytes:
        return self._downloader.file(name, length)

    def drop(self, name: str) -> None:
        self._downloader.drop(name)


class BundleFirst:
    """What the bundle has is taken from it; the network is asked for the rest."""

    def __init__(self, bundle: FromBundle, network: FromNetwork) -> None:
        self._bundle = bundle
        self._network = network

    def metadata(self, name: str, most: int) -> bytes:
        try:
            return self._bundle.metadata(name, most)
        except NotPublishedError:
            if self._bundle.says_absent(name):
                raise
        return self._network.metadata(name, most)

    def file(self, name: str, length: int) -> bytes:
        try:
            return self._bundle.file(name, length)
        except NetworkError:
            return self._network.file(name, length)

    def drop(self, name: str) -> None:
        # What the bundle gave is dropped first; the network may have it right.
        self._bundle.drop(name)
        self._network.drop(name)

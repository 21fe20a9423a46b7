"""A whole centre in a folder, a line that breaks as told, and a kiosk at its end.

centre = Centre(tmp_path)
centre.publish()
with centre.line() as line:
    kiosk = centre.kiosk()
    kiosk.update(line)
    line.faults = cut_after(1000)
"""

from __future__ import annotations

import functools
import gzip
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from content.library import Library
from content.model import Content
from content.source import read_content
from sync.download import Downloader, Meter
from sync.keys import Keyring, init_keys
from sync.packstore import FolderStore, PackStore
from sync.publish import Media, Publisher, Release
from sync.repository import Repository
from sync.serve import Handler, etag_of, make_server
from sync.update import Outcome, Update
from tests.content.tree import Tree

TODAY = datetime(2026, 11, 25, 12, tzinfo=UTC)
CHANNEL = "stable"
PAY = "guides/RU/articles/pay.yaml"


@functools.cache
def _template(folder: Path) -> Path:
    """A content folder and keys, made once for a whole run and copied for each test."""
    desk = Tree(folder)
    # The centre publishes what the lint accepts; here only the paths matter.
    init_keys(folder / "keys", TODAY)
    return desk.root.parent


class Clock:
    """A clock that a test sets."""

    def __init__(self, moment: datetime = TODAY) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **parts: float) -> None:
        """Let time go by."""
        self.moment += timedelta(**parts)


class Centre:
    """Guides, keys and a pack store."""

    def __init__(self, folder: Path, template: Path, store: PackStore | None = None) -> None:
        self.folder = folder
        shutil.copytree(template, folder / "desk", symlinks=True)
        self.desk = folder / "desk" / "content"
        self.clock = Clock()
        self.public = folder / "public"
        self.store = store or FolderStore(self.public)
        self.keys = folder / "desk" / "keys"
        self.root = (self.keys / "root.json").read_bytes()
        self._edits = 0

    def repository(self) -> Repository:
        """Signed metadata with every key at hand."""
        repository = Repository(self.store, Keyring.read([self.keys]), self.clock)
        repository.start(self.root)
        return repository

    def publisher(self) -> Publisher:
        """As the centre would have it."""
        return Publisher(self.repository())

    def content(self) -> Content:
        """What is on the desk."""
        return read_content(self.desk)[0]

    def publish(
        self, channel: str = CHANNEL, media: Media | None = None, servers: tuple[str, ...] = ()
    ) -> Release:
        """Publish what is on the desk; a minute goes by."""
        self.clock.advance(minutes=1)
        return self.publisher().publish(self.content(), channel, media, servers)

    def edit(self) -> str:
        """Change one paragraph in English; its new text."""
        self._edits += 1
        path = self.desk / PAY
        text = path.read_text(encoding="utf-8")
        start = text.index("    text: Pay the fee")
        line = f"    text: Pay the fee of **5 000** roubles within 90 days, edition {self._edits}."
        path.write_text(text[:start] + line + text[text.index("\n", start) :], encoding="utf-8")
        return line.partition("text: ")[2]

    @contextmanager
    def line(self, folder: Path | None = None) -> Iterator[Line]:
        """A server on loopback with faults to order."""
        line = Line(folder or self.public)
        try:
            yield line
        finally:
            line.close()

    def kiosk(self, name: str = "kiosk", channel: str = CHANNEL, **more: Any) -> Kiosk:
        """A kiosk that knows this centre's root and this clock."""
        return Kiosk(self.folder / name, self.root, channel, Clock(self.clock.moment), more)


@dataclass
class Kiosk:
    """A kiosk's folder and what its screen would say."""

    data: Path
    root: bytes
    channel: str
    clock: Clock
    more: dict[str, Any] = field(default_factory=dict)
    meter: Meter = field(default_factory=Meter)

    def open(self) -> Update:
        """As the agent opens it."""
        return Update(self.data, self.root, self.channel, self.clock, **self.more)

    def update(self, *lines: Line | str, limit: float = float("inf")) -> Outcome:
        """One update over the network, without waiting between attempts."""
        self.meter = Meter(limit)
        addresses = [line if isinstance(line, str) else line.address for line in lines]
        with self.open() as update:
            return update.over_network(addresses, self.meter, hasty)

    def take(self, bundle: Path) -> Outcome:
        """A stick."""
        with self.open() as update:
            return update.from_stick(bundle)

    def state(self) -> tuple[int, str]:
        """Release and digest of what a screen shows; it must be whole."""
        with self.open() as update:
            active = update.state.active()
            if active is None:
                return 0, ""
            number, release = active.number, active.release
        library = Library.open(self.data / "releases" / str(number) / "library.sqlite")
        try:
            digest = library.info().digest
        finally:
            library.close()
        assert digest == active.digest, "the screen shows other bytes than were activated"
        return release, digest

    def reads(self, language: str = "en", article: str = "pay") -> str:
        """The first paragraph of an article, as the screen has it."""
        with self.open() as update:
            active = update.state.active()
            assert active is not None
        library = Library.open(self.data / "releases" / str(active.number) / "library.sqlite")
        try:
            return library.article("RU", article, language, "UZ").blocks[0].text
        finally:
            library.close()

    def reason(self) -> str:
        """The one word that ``status`` has for the last trouble."""
        with self.open() as update:
            return update.state.note("reason")


def hasty(*arguments: Any) -> Downloader:
    """A downloader that does not wait between attempts, nor long for a byte."""
    return Downloader(*arguments, sleep=lambda _seconds: None, chance=lambda: 0.5, timeout=(2.0, 2.0))


Fault = Callable[["FaultyHandler", bytes], bool]
"""Answers in its own way and says True, or says False and lets the file be sent."""

Faults = Callable[[str], Fault | None]
"""Which fault meets which request, by its path."""


class Line:
    """A server on loopback. ``asked`` are the paths, ``sent`` the bytes of bodies."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        self.sent = 0
        self.faults: Faults = lambda _path: None
        line = self

        class Bound(FaultyHandler):
            owner = line

        self._server: ThreadingHTTPServer = make_server(folder, "127.0.0.1", 0, Bound)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Pull the plug."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class FaultyHandler(Handler):
    """The real server, unless a fault answers first."""

    owner: Line
    timeout = 5

    def answer(self, body: bool) -> None:
        self.owner.asked.append(self.path)
        fault = self.owner.faults(self.path)
        data = self.find()
        if fault is not None and fault(self, data if data is not None else b""):
            return
        super().answer(body)

    def send(self, status: int, heads: dict[str, str], data: bytes, body: bool) -> None:
        super().send(status, heads, data, body)
        self.owner.sent += len(data)

    def write(self, data: bytes) -> None:
        """Send bytes as they are and count them."""
        self.wfile.write(data)
        self.owner.sent += len(data)

    def start(self, status: int, **heads: str | int) -> None:
        """Send a head of one's own."""
        self.send_response(status)
        for key, value in heads.items():
            self.send_header(key.replace("_", "-"), str(value))
        self.end_headers()

    def asked_from(self) -> int:
        """Where the client wants to go on."""
        return int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-") or 0)


def only(piece: str, fault: Fault) -> Faults:
    """A fault for every request whose path holds ``piece``."""
    return lambda path: fault if piece in path else None


def once(faults: Faults) -> Faults:
    """Faults that meet each path one time."""
    met: set[str] = set()

    def choose(path: str) -> Fault | None:
        if path in met:
            return None
        met.add(path)
        return faults(path)

    return choose


def cut_after(count: int) -> Fault:
    """The connection dies after so many bytes of a body."""

    def fault(handler: FaultyHandler, data: bytes) -> bool:
        first = handler.asked_from()
        rest = data[first:]
        if len(rest) <= count:
            return False
        handler.close_connection = True
        part = {"Content_Range": f"bytes {first}-{len(data) - 1}/{len(data)}"} if first else {}
        heads = {"ETag": etag_of(data), "Content_Length": len(rest), "Connection": "close", **part}
        handler.start(206 if first else 200, **heads)
        handler.write(rest[:count])
        return True

    return fault


def status(code: int, **heads: str) -> Fault:
    """An answer without a file."""

    def fault(handler: FaultyHandler, _data: bytes) -> bool:
        handler.start(code, Content_Length=0, **heads)
        return True

    return fault


def portal(handler: FaultyHandler, _data: bytes) -> bool:
    """A login page for whatever is asked."""
    page = b"<!DOCTYPE html><html><title>Airport Wi-Fi</title><body>Please sign in.</body></html>"
    handler.start(200, Content_Type="text/html", Content_Length=len(page))
    handler.write(page)
    return True


def ignores_range(handler: FaultyHandler, data: bytes) -> bool:
    """200 and the whole file, whatever part was asked for."""
    handler.start(200, Content_Length=len(data))
    handler.write(data)
    return True


def wrong_range(handler: FaultyHandler, data: bytes) -> bool:
    """Another part than was asked for."""
    first = handler.asked_from()
    if not first:
        return False
    rest = data[first - 1 :]
    handler.start(
        206, Content_Range=f"bytes {first - 1}-{len(data) - 1}/{len(data)}", Content_Length=len(rest)
    )
    handler.write(rest)
    return True


def endless(handler: FaultyHandler, data: bytes) -> bool:
    """A body that has no end (60 MB are enough to tell)."""
    handler.close_connection = True
    handler.start(200, Connection="close")
    try:
        handler.write(data)
        for _ in range(1000):
            handler.write(b"\0" * 60_000)
    except OSError:
        pass  # The client has had enough, as it should.
    return True


def packed_and_cut(handler: FaultyHandler, data: bytes) -> bool:
    """A proxy that packs, and dies in the middle."""
    packed = gzip.compress(data)[:-10]
    handler.start(200, Content_Encoding="gzip", Content_Length=len(packed))
    handler.write(packed)
    return True


def flipped(handler: FaultyHandler, data: bytes) -> bool:
    """One bit is another one."""
    if not data:
        return False
    middle = len(data) // 2
    data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
    handler.start(200, Content_Length=len(data))
    handler.write(data)
    return True


def stalls(seconds: float) -> Fault:
    """Not one byte for a while, then nothing."""

    def fault(handler: FaultyHandler, data: bytes) -> bool:
        handler.close_connection = True
        handler.start(200, Content_Length=len(data) or 1000, Connection="close")
        handler.wfile.flush()
        threading.Event().wait(seconds)
        return True

    return fault

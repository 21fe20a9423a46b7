"""A server on loopback that counts every byte both ways, and connections that die."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any

from sync.serve import Handler, etag_of, make_server


@dataclass(frozen=True, slots=True)
class Traffic:
    """What went over a line. ``bodies`` is ``None`` where a tool does not tell them from the rest."""

    bytes: int
    requests: int
    bodies: int | None = None

    @property
    def payload(self) -> int:
        """Bytes without heads, as far as they are known."""
        return self.bytes if self.bodies is None else self.bodies


class Line:
    """A folder on loopback. Counts lines, heads and bodies, of questions and of answers.

    Args:
        folder: what is served.
        life: gives each new connection the bytes after which it dies.
        hidden: paths that begin so are not there.
    """

    def __init__(
        self, folder: Path, life: Callable[[], float] = lambda: float("inf"), hidden: str = "\0"
    ) -> None:
        self.life, self.hidden = life, hidden
        self._guard = threading.Lock()
        self._bytes = self._requests = self._bodies = 0
        self._server = make_server(folder, "127.0.0.1", 0, type("Bound", (_Counting,), {"line": self}))
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(self, count: int = 0, asked: int = 0, bodies: int = 0) -> None:
        """Something went over."""
        with self._guard:
            self._bytes += count
            self._requests += asked
            self._bodies += bodies

    def take(self) -> Traffic:
        """What went over since the last time."""
        with self._guard:
            traffic = Traffic(self._bytes, self._requests, self._bodies)
            self._bytes = self._requests = self._bodies = 0
        return traffic


class _Wire:
    """The way to the client, which may break."""

    def __init__(self, file: Any, line: Line) -> None:
        self._file, self._line, self._left = file, line, line.life()

    def write(self, data: bytes) -> int:
        part = data[: int(min(len(data), self._left))]
        self._left -= len(part)
        self._line.add(len(part))
        self._file.write(part)
        if len(part) < len(data):
            raise ConnectionResetError("the line broke")
        return len(part)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class _Counting(Handler):
    """The pack store's server, with what zsync needs besides: several ranges in one answer."""

    line: Line
    disable_nagle_algorithm = True
    timeout = 20

    def setup(self) -> None:
        super().setup()
        self.wfile = _Wire(self.wfile, self.line)  # type: ignore[assignment]

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        heads = sum(len(key) + len(value) + 4 for key, value in self.headers.items())
        self.line.add(len(self.requestline) + heads + 4, asked=1)
        return True

    def find(self) -> bytes | None:
        return None if self.path.startswith(self.line.hidden) else super().find()

    def answer(self, body: bool) -> None:
        data, asked = self.find(), self.headers.get("Range", "")
        if data is not None and self._has(data):
            self.send(304, {"ETag": etag_of(data)}, b"", body)
        elif data is not None and "," in asked:
            self._parts(data, asked.removeprefix("bytes=").split(","), body)
        else:
            super().answer(body)

    def _has(self, data: bytes) -> bool:
        return self.headers.get("If-None-Match") == etag_of(data) or (
            self.headers.get("If-Modified-Since", "") == self._date() != ""
        )

    def _date(self) -> str:
        """The day of a file, for zsync, which knows no ETag."""
        path = self.folder / self.path.lstrip("/")
        return formatdate(path.stat().st_mtime, usegmt=True) if path.suffix == ".zsync" else ""

    def _parts(self, data: bytes, ranges: Iterable[str], body: bool) -> None:
        answer = []
        for one in ranges:
            first, last = (int(number) for number in one.split("-"))
            last = min(last, len(data) - 1)
            head = f"\r\n--cut\r\nContent-Range: bytes {first}-{last}/{len(data)}\r\n\r\n"
            answer += [head.encode(), data[first : last + 1]]
        heads = {"Content-Type": "multipart/byteranges; boundary=cut"}
        self.send(206, heads, b"".join([*answer, b"\r\n--cut--\r\n"]), body)

    def send(self, status: int, heads: dict[str, str], data: bytes, body: bool) -> None:
        self.line.add(bodies=len(data) if body else 0)
        date = self._date() if status == 200 else ""
        super().send(status, {**heads, "Last-Modified": date} if date else heads, data, body)

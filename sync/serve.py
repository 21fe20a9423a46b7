"""A pack store over HTTP, for a desk and for tests: ranges, ETags, nothing else.

At the centre any web server or bucket does this.
"""

from __future__ import annotations

import hashlib
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def etag_of(data: bytes) -> str:
    """What tells one version of a file from another."""
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD with files below ``folder``."""

    protocol_version = "HTTP/1.1"
    server_version = "PackStore"
    disable_nagle_algorithm = True
    """A head and its file are two writes; the second must not wait until the first is acknowledged."""

    folder: Path

    def do_GET(self) -> None:
        """A file, or a part of it."""
        self.answer(body=True)

    def do_HEAD(self) -> None:
        """What ``do_GET`` would say, without the file."""
        self.answer(body=False)

    def answer(self, body: bool) -> None:
        """Find the file and send it."""
        data = self.find()
        if data is None:
            self.send(404, {}, b"There is no such file.\n", body)
            return
        etag = etag_of(data)
        heads = {"ETag": etag, "Accept-Ranges": "bytes", "Cache-Control": "no-cache"}
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        if asked is None or self.headers.get("If-Range", etag) != etag:
            self.send(200, heads, data, body)
            return
        first, last = int(asked[1]), min(int(asked[2] or len(data) - 1), len(data) - 1)
        if first > last:
            self.send(416, {"Content-Range": f"bytes */{len(data)}"}, b"", body)
            return
        heads["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
        self.send(206, heads, data[first : last + 1], body)

    def find(self) -> bytes | None:
        """The file that a path names; ``None`` for one that leads out of the folder, too."""
        name = unquote(urlsplit(self.path).path).lstrip("/")
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder.resolve()) or not path.is_file():
            return None
        return path.read_bytes()

    def send(self, status: int, heads: dict[str, str], data: bytes, body: bool) -> None:
        """One whole answer."""
        self.send_response(status)
        for key, value in heads.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Who asked for what is nobody's business."""


class _Server(ThreadingHTTPServer):
    """Many kiosks at a time; one that hangs up is no event."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Connections that die are what this is for."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def make_server(folder: Path, host: str, port: int, handler: type[Handler] = Handler) -> ThreadingHTTPServer:
    """A server that is not started yet; port 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """
    return _Server((host, port), type("Handler", (handler,), {"folder": folder}))

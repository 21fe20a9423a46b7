"""The receiver over bare HTTP, for tests and a desk; a web framework mounts ``receive`` itself.

One route: ``PUT /api/v1/kiosks/<kiosk>/counts/<epoch>/<bucket>``. It keeps no log, and
nothing of the connection: no address, no agent, no time.

====== =========================================================================
status means
====== =========================================================================
201    taken; also a newer format, kept whole
200    the same bytes were taken before
400    not a batch, or not this one; 411 and 413 without or with too much length
401    no token; 403 not this kiosk's
409    other bytes were taken under this key
503    the database failed; nothing was written, the kiosk is to try again
====== =========================================================================
"""

from __future__ import annotations

import json
import queue
import re
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from server.usage.batch import LONGEST
from server.usage.database import Database
from server.usage.errors import DatabaseError
from server.usage.ingest import receive

Authorise = Callable[[str, str], bool]
"""Whether a bearer token is that of a kiosk."""

_PATH = re.compile(r"/api/v1/kiosks/([^/]*)/counts/([^/]*)/([^/]*)")
_BEARER = re.compile(r"Bearer ([!-~]+)")


def _today() -> date:
    return datetime.now(UTC).date()


class Receiver(ThreadingHTTPServer):
    """Many kiosks at a time, each request with a database connection of its own.

    Args:
        address: host and port; port 0 takes a free one.
        connect: opens a database.
        authorise: the judge of tokens; ``None`` asks for none.
        today: the day.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        connect: Callable[[], Database],
        authorise: Authorise | None = None,
        today: Callable[[], date] = _today,
    ) -> None:
        super().__init__(address, _Handler)
        self.authorise = authorise
        self._connect = connect
        self._today = today
        self._idle: queue.SimpleQueue[Database] = queue.SimpleQueue()

    def take(self, kiosk: str, epoch: str, bucket: str, body: bytes) -> tuple[int, str]:
        """Receive a batch; status and sentence."""
        try:
            database = self._borrow()
        except DatabaseError:
            return 503, "The database cannot be reached. Try again later."
        try:
            answer = receive(database, kiosk, epoch, bucket, body, self._today())
        except DatabaseError:
            # Whatever state the connection is in, the next batch gets a fresh one.
            database.close()
            return 503, "The database failed, nothing was written. Try again later."
        self._idle.put(database)
        return answer.outcome.value, answer.note

    def _borrow(self) -> Database:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return self._connect()

    def handle_error(self, request: object, client_address: object) -> None:
        """A kiosk that hangs up is no event."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def server_close(self) -> None:
        """Let the port and the database connections go."""
        super().server_close()
        while not self._idle.empty():
            self._idle.get_nowait().close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Receiver"
    sys_version = ""
    timeout = 30
    disable_nagle_algorithm = True
    server: Receiver

    def do_PUT(self) -> None:
        """Take a batch."""
        parts = _PATH.fullmatch(self.path)
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"[0-9]{1,12}", length):
            self._refuse(411, "The length is missing.")
        elif int(length) > LONGEST:
            self._refuse(413, f"The body must have at most {LONGEST:,} bytes.")
        elif parts is None:
            self._refuse(404, "There is nothing here.")
        elif refused := self._judge(parts[1]):
            self._refuse(*refused)
        else:
            body = self.rfile.read(int(length))
            if len(body) < int(length):
                # Cut off in the middle: nobody is left to hear an answer.
                self.close_connection = True
                return
            self._answer(*self.server.take(parts[1], parts[2], parts[3], body))

    def _judge(self, kiosk: str) -> tuple[int, str] | None:
        if self.server.authorise is None:
            return None
        token = _BEARER.fullmatch(self.headers.get("Authorization", ""))
        if token is None:
            return 401, "A token is missing."
        if not self.server.authorise(kiosk, token[1]):
            return 403, "This token is not this kiosk's."
        return None

    def _refuse(self, status: int, note: str) -> None:
        """Answer without having read the body; what follows on this line cannot be told apart."""
        self.close_connection = True
        self._answer(status, note)

    def _answer(self, status: int, note: str) -> None:
        data = json.dumps({"note": note}).encode() + b"\n"
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        if status == 503:
            self.send_header("Retry-After", "60")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Who sent what and when is nobody's business."""

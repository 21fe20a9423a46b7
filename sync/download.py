"""Resumable transfer over HTTP.

Nothing here is trusted: what comes is held to the length that was signed, and whoever
asked compares the hash. A connection that dies costs only the bytes that were on the way.
A network that answers in the centre's place (a login page, a proxy that packs or
redirects) is told apart from a centre that has no such file.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, TypeVar

import requests
import urllib3

from sync.disk import Disk
from sync.errors import LimitError, NetworkError, NotPublishedError, UnreachableError
from sync.progress import Progress

Result = TypeVar("Result")

CHUNK = 1 << 16
TIMEOUT = (10.0, 30.0)
"""Seconds to connect, and without a byte."""

SLOW_SECONDS = 60
SLOW_BYTES = 1024
"""Fewer bytes in so many seconds are a connection that is held open to block us."""

TRIES = 5
"""Attempts in a row without a step forward."""

FORWARD = 1024
"""Bytes that are a step forward."""

AGENT = "safe-airports-kiosk"
AGAIN = (408, 425, 429, 500, 502, 503, 504)
"""Answers that may be another one next time; every other error is final."""

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_TIME_TROUBLE = re.compile(r"not yet valid|has expired", re.IGNORECASE)


class _CutError(Exception):
    """The transfer ended early; it can go on. ``wait`` is what the server asked for, in seconds."""

    def __init__(self, message: str, wait: float = 0, kind: type[NetworkError] = NetworkError) -> None:
        super().__init__(message)
        self.wait = wait
        self.kind = kind


class _WholeError(Exception):
    """What is here is all there is."""


class Meter:
    """Counts what goes over the line, and stops it at the day's limit.

    Args:
        left: bytes that may still be used today.
    """

    def __init__(self, left: float = float("inf")) -> None:
        self.left = left
        self.bytes = 0
        self.requests = 0
        self._guard = threading.Lock()

    def add(self, count: int, requests: int = 0) -> None:
        """So many bytes went over the line.

        Raises:
            LimitError: that was the last of today.
        """
        with self._guard:
            self.bytes += count
            self.requests += requests
            self.left -= count
            if self.left < 0:
                raise LimitError("The bytes of this day are used up; the update goes on tomorrow.")


class Downloader:
    """Fetches files of one pack store.

    Args:
        server: its address.
        folder: where unfinished files wait, for days if need be.
        disk: how files are written.
        meter: counts the bytes of the day.
        progress: told of every byte of content.
        sleep: waits so many seconds.
        chance: a number from 0 to 1, for the jitter.
    """

    def __init__(
        self,
        server: str,
        folder: Path,
        disk: Disk,
        meter: Meter,
        progress: Progress,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
        timeout: tuple[float, float] = TIMEOUT,
    ) -> None:
        self.server = server.rstrip("/")
        self._folder = folder
        self._disk = disk
        self._meter = meter
        self._progress = progress
        self._sleep = sleep
        self._chance = chance
        self._timeout = timeout
        self._sessions = threading.local()

    # -- what is asked for

    def small(self, name: str, most: int) -> bytes:
        """A small file whose length is not known, at most ``most`` bytes.

        Raises:
            NotPublishedError: there is none.
            NetworkError: nobody answers, or somebody else does, or it is longer.
            LimitError: the day's bytes are used up.
        """

        def attempt() -> bytes:
            data = bytearray()
            with self._ask(name, {}) as answer:
                for chunk in self._body(answer):
                    data += chunk
                    if len(data) > most:
                        raise NetworkError(f"{self._url(name)}: more than {most} bytes.")
            _refuse_page(name, data[:64])
            return bytes(data)

        return self._patiently(name, attempt, lambda: 0)

    def file(self, name: str, length: int) -> bytes:
        """A file of a known length. What came before a cut is kept for next time.

        Raises:
            As ``small``; ``OSError`` where the disk is full.
        """
        if length == 0:
            return b""  # There is nothing to ask for.
        part = self._part(name)
        self._disk.make_folder(self._folder)
        if _size(part) > length:
            self._disk.remove(part)

        def attempt() -> bytes:
            if _size(part) < length:
                self._go_on(name, part, length)
            return part.read_bytes()

        return self._patiently(name, attempt, lambda: _size(part))

    def drop(self, name: str) -> None:
        """Forget what came of a file: it was not what was signed, or it is in the store."""
        self._disk.remove(self._part(name))
        self._disk.remove(self._tag(name))

    def bundle(self, name: str, most: int) -> Path | None:
        """A file that changes from time to time, as far as it comes.

        Returns:
            Where it lies, whole or cut off; ``None`` if there is none.

        Raises:
            NetworkError: not one byte of it came.
        """
        part, tag = self._part(name), self._tag(name)
        self._disk.make_folder(self._folder)

        def attempt() -> None:
            have = _size(part)
            etag = tag.read_text(encoding="utf-8") if have and tag.exists() else ""
            asked = {"Range": f"bytes={have}-", "If-Range": etag} if etag else {}
            with self._ask(name, asked) as answer:
                total = int(answer.headers.get("Content-Length") or -1)
                if answer.status_code == 206:
                    first, _, total = _content_range(answer, name)
                    # Some services know no If-Range and send a part of another version.
                    if first != have or answer.headers.get("ETag", etag) != etag:
                        self.drop(name)
                        raise _CutError("another part was sent than was asked for")
                    file: BinaryIO = part.open("ab")
                else:
                    file, have = self._disk.create(part), 0
                    tag.write_text(answer.headers.get("ETag") or "", encoding="utf-8")
                if total > most:
                    raise NetworkError(f"{self._url(name)}: {total} bytes are more than this kiosk takes.")
                with file:
                    for chunk in self._body(answer):
                        self._disk.write(file, chunk)
                        have += len(chunk)
                        if have > most:
                            raise NetworkError(f"{self._url(name)}: more than {most} bytes.")
            if have < total:
                raise _CutError(f"ended after {have} of {total} bytes")

        try:
            self._patiently(name, attempt, lambda: _size(part))
        except _WholeError:
            return part
        except NotPublishedError:
            self.drop(name)
            return None
        except NetworkError:
            if not _size(part):
                raise
        return part

    # -- one attempt

    def _go_on(self, name: str, part: Path, length: int) -> None:
        have = _size(part)
        with self._ask(name, {"Range": f"bytes={have}-"} if have else {}) as answer:
            if answer.status_code == 206:
                if _content_range(answer, name) != (have, length - 1, length):
                    self._disk.remove(part)
                    raise _CutError("another part was sent than was asked for")
                file: BinaryIO = part.open("ab")
            else:
                stated = answer.headers.get("Content-Length")
                if stated is not None and int(stated) != length:
                    raise NetworkError(
                        f"{self._url(name)}: {stated} bytes instead of {length}. "
                        "Something on the way answers in the centre's place."
                    )
                file, have = self._disk.create(part), 0
            with file:
                for chunk in self._body(answer):
                    # An endless answer ends here.
                    chunk = chunk[: length - have]
                    self._disk.write(file, chunk)
                    have += len(chunk)
                    self._progress.add(len(chunk))
                    if have == length:
                        return
        raise _CutError(f"ended after {have} of {length} bytes")

    def _patiently(self, name: str, attempt: Callable[[], Result], here: Callable[[], int]) -> Result:
        """Try again after a cut, from where it stood, until no step forward is made."""
        tries, before = 0, here()
        while True:
            try:
                return attempt()
            except _CutError as cut:
                if here() - before >= FORWARD:
                    tries, before = 0, here()
                tries += 1
                if tries >= TRIES:
                    raise cut.kind(f"{self._url(name)}: {cut}, {tries} times in a row.") from cut
                self._sleep(max(cut.wait, (2 ** (tries - 1)) * (0.5 + self._chance())))

    # -- HTTP

    def _url(self, name: str) -> str:
        return f"{self.server}/{name}"

    def _part(self, name: str) -> Path:
        return self._folder / f"{name.replace('/', '_')}.part"

    def _tag(self, name: str) -> Path:
        return self._folder / f"{name.replace('/', '_')}.etag"

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._sessions, "one", None)
        if session is None:
            session = self._sessions.one = requests.Session()
            session.headers.clear()
            session.headers.update({"User-Agent": AGENT, "Accept-Encoding": "identity"})
        return session

    def _ask(self, name: str, headers: Mapping[str, str]) -> requests.Response:
        """The head of an answer that can be used: 200 or 206."""
        url = self._url(name)
        try:
            answer = self._session().get(
                url, headers=dict(headers), stream=True, allow_redirects=False, timeout=self._timeout
            )
        except requests.exceptions.SSLError as error:
            if _TIME_TROUBLE.search(str(error)):
                raise NetworkError(
                    f"{url}: the certificate is not good at the time that this clock shows. Set the clock."
                ) from error
            raise NetworkError(f"{url}: no safe connection ({_short(error)}).") from error
        except requests.exceptions.RequestException as error:
            raise _CutError(f"no connection ({_short(error)})", kind=UnreachableError) from error
        self._meter.add(_weight(answer), requests=1)
        status = answer.status_code
        if status in (200, 206):
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                answer.close()
                raise NetworkError(f"{url}: something on the way packs the answers anew.")
            return answer
        self._drain(answer)
        if status in (404, 410, 403):
            # A bucket whose names may not be listed says 403 for what is not there.
            raise NotPublishedError(f"{url}: there is no such file ({status}).")
        if status == 416:
            if answer.headers.get("Content-Range", "") == f"bytes */{_size(self._part(name))}":
                raise _WholeError
            self.drop(name)
            raise _CutError("the part that was asked for does not exist")
        if status in AGAIN:
            raise _CutError(f"the centre answers {status}", _seconds(answer.headers.get("Retry-After")))
        if 300 <= status < 400:
            raise NetworkError(f"{url}: the network sends us elsewhere ({status}). Is there a login page?")
        raise NetworkError(f"{url}: the centre answers {status}.")

    def _body(self, answer: requests.Response) -> Iterator[bytes]:
        """The bytes of an answer as they come. Too slow is as bad as cut."""
        start, since = time.monotonic(), 0
        try:
            while chunk := answer.raw.read1(CHUNK, decode_content=False):
                # The chunk is written before the day's limit can end the transfer.
                yield chunk
                self._meter.add(len(chunk))
                since += len(chunk)
                if time.monotonic() - start > SLOW_SECONDS:
                    if since < SLOW_BYTES:
                        raise _CutError(f"only {since} bytes in {SLOW_SECONDS} seconds")
                    start, since = time.monotonic(), 0
        except (urllib3.exceptions.HTTPError, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
                raise
            raise _CutError(f"the connection broke ({_short(error)})") from error

    def _drain(self, answer: requests.Response) -> None:
        """Read a short answer to its end, so that the connection serves on."""
        try:
            if int(answer.headers.get("Content-Length") or CHUNK) < CHUNK:
                self._meter.add(len(answer.raw.read(CHUNK, decode_content=False)))
        except (urllib3.exceptions.HTTPError, OSError, ValueError):
            answer.close()
        else:
            answer.close() if "Content-Length" not in answer.headers else answer.raw.release_conn()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _content_range(answer: requests.Response, name: str) -> tuple[int, int, int]:
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if found is None:
        raise NetworkError(f"{name}: a part was sent that does not say which.")
    return int(found[1]), int(found[2]), int(found[3])


def _refuse_page(name: str, start: bytes | bytearray) -> None:
    if start.lstrip().startswith(b"<"):
        raise NetworkError(f"{name}: the network shows a page of its own. Is there a login page?")


def _weight(answer: requests.Response) -> int:
    """About how many bytes question and answer's head were."""
    heads = [*answer.headers.items(), *answer.request.headers.items()]
    return (
        sum(len(str(key)) + len(str(value)) + 4 for key, value in heads) + len(answer.request.url or "") + 30
    )


def _seconds(value: str | None) -> float:
    return min(30.0, float(value)) if value is not None and value.isdigit() else 0.0


def _short(error: BaseException) -> str:
    """The innermost words of an error that wraps others."""
    while error.__cause__ is not None or error.__context__ is not None:
        inner = error.__cause__ or error.__context__
        if inner is None or inner is error:
            break
        error = inner
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__

"""Over a line that breaks: a batch is counted once, or the kiosk knows that it was not."""

from __future__ import annotations

import http.client
import json
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server.usage.database import Database, Postgres, open_database
from server.usage.errors import DatabaseError
from server.usage.serve import Receiver
from tests.server.batches import DAY, EPOCH, LENGTH, body, pad, sums, visits

PATH = f"/api/v1/kiosks/tas-1/counts/{EPOCH}/day-1"
TOKENS = {"tas-1": "one", "tas-2": "two"}


@contextmanager
def serving(receiver: Receiver) -> Iterator[Receiver]:
    """A receiver that answers."""
    thread = threading.Thread(target=receiver.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield receiver
    receiver.shutdown()
    receiver.server_close()
    thread.join()


@pytest.fixture
def receiver(address: str, database: Database) -> Iterator[Receiver]:
    with serving(Receiver(("127.0.0.1", 0), lambda: open_database(address), today=lambda: DAY)) as one:
        yield one


def put(
    receiver: Receiver, data: bytes, path: str = PATH, method: str = "PUT", **heads: str
) -> tuple[int, str]:
    """One request on a connection of its own; status and note."""
    line = http.client.HTTPConnection("127.0.0.1", receiver.server_port, timeout=30)
    try:
        line.request(method, path, data, {name.replace("_", "-"): value for name, value in heads.items()})
        answer = line.getresponse()
        text = answer.read()
        if answer.status == 501:
            return 501, ""
        assert "Date" not in answer.headers and "Server" not in answer.headers
        return answer.status, json.loads(text)["note"]
    finally:
        line.close()


def test_what_became_of_a_batch_is_the_status(receiver: Receiver):
    data = body(cells=visits(31, lang_uz=12))
    assert put(receiver, data) == (201, "Taken.")
    assert put(receiver, data) == (200, "Taken before.")
    assert put(receiver, body(cells=visits(32)))[0] == 409
    assert put(receiver, body(number=2, cells=visits(31))) == (400, "The number is not that of the address.")
    assert put(receiver, pad(b"\x00")) == (400, "The body is not JSON, or a name stands twice in it.")
    status, note = put(receiver, b'{"format": 7}', PATH.replace("day-1", "day-2"))
    assert status == 201 and "Kept whole" in note


def test_many_batches_go_over_one_connection(receiver: Receiver):
    line = http.client.HTTPConnection("127.0.0.1", receiver.server_port, timeout=30)
    for number in range(1, 6):
        line.request("PUT", PATH.replace("day-1", f"day-{number}"), body(number=number, cells=visits(10)))
        answer = line.getresponse()
        assert (answer.status, answer.read()) == (201, b'{"note": "Taken."}\n')
    line.close()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/v1/kiosks/tas-1/counts",
        PATH + "/",
        "/release",
        "/api/v1/kiosks/a/b/counts/c/d",
    ],
)
def test_there_is_one_route_and_nothing_to_read(receiver: Receiver, path: str):
    assert put(receiver, body(cells=visits(31)), path)[0] == 404
    for method in ("GET", "HEAD", "POST", "DELETE"):
        assert put(receiver, b"", PATH, method)[0] == 501


def test_a_key_that_is_none_is_a_bad_request(receiver: Receiver):
    for path in (PATH.replace("tas-1", "..%2f"), PATH.replace("day-1", "day-0"), PATH + "?x=1"):
        assert put(receiver, body(cells=visits(31)), path)[0] == 400


def test_a_body_without_end_is_not_read(receiver: Receiver):
    assert put(receiver, b"", Content_Length="262145")[0] == 413
    assert put(receiver, b"", Content_Length="99999999999999")[0] == 411
    assert put(receiver, b"", Content_Length="-1")[0] == 411
    with socket.create_connection(("127.0.0.1", receiver.server_port), timeout=30) as line:
        line.sendall(f"PUT {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert line.recv(100).startswith(b"HTTP/1.1 411")


def test_a_line_cut_anywhere_never_counts_twice(receiver: Receiver, database: Database):
    chance = random.Random(7)
    for number in range(1, 13):
        data = body(number=number, cells=visits(31, lang_uz=12))
        path = PATH.replace("day-1", f"day-{number}")
        head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        # Some are cut in the head, most in the body, and every third after its last byte.
        cut = chance.randrange(1, len(head + data)) if number % 3 else len(head + data)
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", receiver.server_port), timeout=30) as line:
                line.sendall((head + data)[:cut])
        if number % 3:
            assert database.query("SELECT count(*) FROM raw_batch WHERE number = ?", number) == [(0,)]
        assert put(receiver, data, path)[0] in ((201,) if number % 3 else (200, 201))
        assert put(receiver, data, path)[0] == 200
    assert sums(database) == {("tas-1", "visit"): 31 * 12, ("tas-1", "lang/uz"): 12 * 12}


def test_a_body_cut_in_its_padding_is_not_the_body(receiver: Receiver, database: Database):
    for number, data in enumerate((body(cells=visits(31)) + b" " * LENGTH, pad(b'{"format": 2}')), 1):
        path = PATH.replace("day-1", f"day-{number}")
        head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", receiver.server_port), timeout=30) as line:
            line.sendall((head + data)[: len(head) + (LENGTH if number == 1 else 100)])
            line.shutdown(socket.SHUT_WR)
            assert line.recv(100) == b""
        assert put(receiver, data, path)[0] == 201
    assert database.query("SELECT count(*) FROM raw_conflict") == [(0,)]


def test_a_token_opens_one_kiosk(lite: Database, tmp_path: Path):
    def judge(kiosk: str, token: str) -> bool:
        return TOKENS.get(kiosk) == token

    address = str(tmp_path / "lite.sqlite")
    with serving(Receiver(("127.0.0.1", 0), lambda: open_database(address), judge, lambda: DAY)) as one:
        data = body(cells=visits(31))
        assert put(one, data)[0] == 401
        assert put(one, data, Authorization="Basic one")[0] == 401
        assert put(one, data, Authorization="Bearer two")[0] == 403
        assert put(one, data, PATH.replace("tas-1", "tas-9"), Authorization="Bearer one")[0] == 403
        assert sums(lite) == {}
        assert put(one, data, Authorization="Bearer one")[0] == 201


def test_a_full_disk_is_try_again_and_nothing_is_half_written(tmp_path: Path):
    address = str(tmp_path / "full.sqlite")
    empty = open_database(address)
    empty.create()
    pages = [empty.query("PRAGMA page_count")[0][0] + 4]
    empty.close()

    def connect() -> Database:
        database = open_database(address)
        database.query(f"PRAGMA max_page_count = {pages[0]}")
        return database

    with serving(Receiver(("127.0.0.1", 0), connect, today=lambda: DAY)) as one:
        cells = {"visit": 99, **{f"topic/{n}": n for n in range(200)}}
        statuses = {}
        for number in range(1, 9):
            path = PATH.replace("day-1", f"day-{number}")
            statuses[number] = put(one, body(number=number, cells=cells), path)[0]
        assert set(statuses.values()) == {201, 503}
        pages[0] = 10_000
        for number in range(1, 9):
            path = PATH.replace("day-1", f"day-{number}")
            # Connections that failed are not used again.
            answers = [put(one, body(number=number, cells=cells), path)[0] for _ in range(2)]
            assert answers[1] in (200, 201)
    counted = sums(open_database(address))
    assert counted["tas-1", "visit"] == 99 * 8 and counted["tas-1", "topic/199"] == 199 * 8


def test_a_database_that_comes_back_is_used_again(
    postgres, address: str, receiver: Receiver, database: Database
):
    if not isinstance(database, Postgres):
        pytest.skip("SQLite does not go away")
    assert put(receiver, body(cells=visits(31)))[0] == 201
    postgres.do(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        " AND pid <> pg_backend_pid()"
    )
    path = PATH.replace("day-1", "day-2")
    assert put(receiver, body(number=2, cells=visits(12)), path)[0] == 503
    assert put(receiver, body(number=2, cells=visits(12)), path)[0] == 201
    assert sums(open_database(address)) == {("tas-1", "visit"): 43}


def test_a_database_that_cannot_be_reached_is_try_again(lite: Database):
    def connect() -> Database:
        raise DatabaseError("no route")

    with serving(Receiver(("127.0.0.1", 0), connect, today=lambda: DAY)) as one:
        line = http.client.HTTPConnection("127.0.0.1", one.server_port, timeout=30)
        line.request("PUT", PATH, body(cells=visits(31)))
        answer = line.getresponse()
        assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
        assert b"no route" not in answer.read()
        line.close()


def test_nothing_is_logged(receiver: Receiver, capfd: pytest.CaptureFixture[str], tmp_path: Path):
    before = set(tmp_path.iterdir())
    for number in range(1, 30):
        put(
            receiver,
            body(number=number, cells=visits(31, lang_uz=12)),
            PATH.replace("day-1", f"day-{number}"),
        )
    put(receiver, b"rubbish")
    put(receiver, b"", "/nowhere", "GET")
    with socket.create_connection(("127.0.0.1", receiver.server_port), timeout=30) as line:
        line.sendall(b"\x16\x03\x01 rubbish\r\n\r\n")
        line.recv(1000)
    with socket.create_connection(("127.0.0.1", receiver.server_port), timeout=30) as line:
        line.sendall(f"PUT {PATH} HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf".encode())
    assert capfd.readouterr() == ("", "")
    assert {path.name.partition("-")[0] for path in set(tmp_path.iterdir()) - before} <= {"usage.sqlite"}

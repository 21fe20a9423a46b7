"""Counts neither vanish nor double: the way from the kiosk to the centre, the kiosk's side."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kiosk.count_store import SqliteCounts
from kiosk.counts import Bucket
from sync import errors
from sync.agent import Agent
from sync.batches import LENGTH, batch_body
from sync.outbox import WINDOW, Outbox, Sender
from sync.settings import AgentSettings, read_agent_settings
from sync.state import State
from sync.status import read_status

DAY = date(2026, 11, 25)


class Receiver:
    """A centre that keeps what it is given; ``answer`` may be set to another one."""

    def __init__(self) -> None:
        self.taken: dict[str, bytes] = {}
        self.asked: list[tuple[str, int, str]] = []
        self.answer = 0
        self.drops = 0.0
        self._chance = random.Random(1)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.asked.append((self.path, len(body), self.headers.get("Authorization", "")))
                status = receiver.answer or receiver.take(self.path, body)
                if receiver._chance.random() < receiver.drops:
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_arguments: None  # type: ignore[method-assign]
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/api/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def take(self, path: str, body: bytes) -> int:
        """201 for a new key, 200 for the same again, 409 for another body."""
        known = self.taken.setdefault(path, body)
        if known != body:
            return 409
        return 200 if [asked for asked in self.asked if asked[0] == path][1:] else 201

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.close()


class Desk:
    """A kiosk with sealed counts and a clock."""

    def __init__(self, folder: Path, receiver: Receiver, chance: float = 0.5, token: str = "") -> None:
        self.path = folder / "counts.sqlite"
        self.store = SqliteCounts(self.path, epoch=lambda: "ab" * 8)
        self.outbox = Outbox(self.path)
        self.state = State(folder / "state.sqlite")
        self.seconds = 0.0
        self.sender = Sender(
            self.outbox, receiver.address, "tas-1", token, lambda: self.seconds, lambda: chance
        )

    def seal(self, *visits: int) -> None:
        """Days go by."""
        for count in visits:
            number = self.store.number("day")
            cells = {"visit": count, "lang/uz": count}
            self.store.seal(
                Bucket("day", number, DAY, cells, DAY), batch_body("day", number, DAY, DAY, cells)
            )

    def later(self, seconds: float) -> int:
        """Send what is due by then."""
        self.seconds += seconds
        return self.sender.send_due(self.state)


@pytest.fixture
def desk(tmp_path: Path, receiver: Receiver) -> Iterator[Desk]:
    one = Desk(tmp_path, receiver)
    yield one
    one.state.close()


def test_nothing_was_counted_yet(desk: Desk, receiver: Receiver) -> None:
    assert desk.later(0) == 0 and desk.later(WINDOW) == 0 and receiver.asked == []
    assert not desk.path.exists(), "asking makes no file"


def test_a_batch_goes_at_a_random_moment_and_is_deleted_once_it_is_taken(
    desk: Desk, receiver: Receiver
) -> None:
    desk.seal(31)
    assert desk.later(0) == 0 and receiver.asked == []
    assert desk.later(WINDOW / 2 - 1) == 0
    assert desk.sender.next_due() == pytest.approx(1)
    assert desk.later(1) == 1
    (asked,) = receiver.asked
    assert asked[:2] == (f"/api/v1/kiosks/tas-1/counts/{'ab' * 8}/day-1", LENGTH)
    assert desk.outbox.batches() == []
    assert b"lang/uz" not in desk.path.read_bytes(), "what is deleted is overwritten"


def test_every_moment_lies_in_the_window(tmp_path: Path, receiver: Receiver) -> None:
    for chance in (0.0, 0.999):
        folder = tmp_path / str(chance)
        folder.mkdir()
        desk = Desk(folder, receiver, chance)
        desk.seal(12)
        desk.later(0)
        assert 0 <= max(0.0, min(desk.sender.next_due(), WINDOW)) <= WINDOW
        desk.later(WINDOW)
        assert desk.outbox.batches() == []
        desk.state.close()


@pytest.mark.parametrize("answer", [500, 503, 429, 400, 401, 404, 302])
def test_whatever_the_centre_answers_the_batch_waits(desk: Desk, receiver: Receiver, answer: int) -> None:
    desk.seal(12)
    receiver.answer = answer
    desk.later(0)
    desk.later(WINDOW)
    assert len(desk.outbox.batches()) == 1 and len(receiver.asked) == 1
    desk.later(1)
    assert len(receiver.asked) == 1, "not again at once"
    assert str(answer) in desk.state.note("counts_trouble")
    receiver.answer = 0
    assert desk.later(3600) == 1 and desk.state.note("counts_trouble") == ""


def test_an_answer_that_is_lost_counts_once(desk: Desk, receiver: Receiver) -> None:
    desk.seal(*range(10, 30))
    receiver.drops = 0.4
    desk.later(0)
    for _ in range(60):
        desk.later(WINDOW)
    assert desk.outbox.batches() == []
    assert len(receiver.taken) == 20 < len(receiver.asked)


def test_another_batch_under_the_same_key_is_an_alarm_and_overwrites_nothing(
    desk: Desk, receiver: Receiver
) -> None:
    desk.seal(12)
    path = f"/api/v1/kiosks/tas-1/counts/{'ab' * 8}/day-1"
    receiver.taken[path] = b"another"
    desk.later(0)
    desk.later(WINDOW)
    desk.later(WINDOW)
    assert len(receiver.asked) == 1, "sending on would change nothing"
    assert len(desk.outbox.batches()) == 1 and receiver.taken[path] == b"another"
    assert "day-1" in desk.state.note("counts_refused")
    desk.seal(13)
    desk.later(0)
    assert desk.later(WINDOW) == 1, "the next ones go on"


def test_a_centre_that_is_away_for_a_year_loses_nothing(desk: Desk, receiver: Receiver) -> None:
    receiver.answer = 503
    for _ in range(30):
        desk.seal(11)
        desk.later(WINDOW)
    receiver.answer = 0
    for _ in range(3):
        desk.later(WINDOW)
    assert len(receiver.taken) == 30


def test_the_token_goes_along(tmp_path: Path, receiver: Receiver) -> None:
    desk = Desk(tmp_path, receiver, token="secret")
    desk.seal(12)
    desk.later(0)
    desk.later(WINDOW)
    assert receiver.asked[0][2] == "Bearer secret"
    desk.state.close()


def test_counts_leave_by_a_stick_and_stay_until_the_centre_has_them(desk: Desk, tmp_path: Path) -> None:
    desk.seal(12, 13)
    assert desk.outbox.export(tmp_path / "stick", "tas-1") == 2
    files = sorted((tmp_path / "stick").iterdir())
    assert [path.name for path in files] == [f"tas-1.{'ab' * 8}.day-{n}.json" for n in (1, 2)]
    assert {len(path.read_bytes()) for path in files} == {LENGTH}
    assert all(path.stat().st_mtime % 86400 == 0 for path in files)
    assert len(desk.outbox.batches()) == 2
    (tmp_path / "full").write_text("")
    with pytest.raises(errors.SpaceError, match="another stick"):
        desk.outbox.export(tmp_path / "full", "tas-1")


def test_a_damaged_file_of_counts_is_named_and_stops_no_update(tmp_path: Path, receiver: Receiver) -> None:
    (tmp_path / "counts.sqlite").write_bytes(b"garbage" * 500)
    with pytest.raises(errors.SpaceError, match="counts"):
        Outbox(tmp_path / "counts.sqlite").batches()
    (tmp_path / "root.json").write_bytes(b"{}")
    settings = AgentSettings(tmp_path, tmp_path / "root.json", kiosk="tas-1", counts=receiver.address)
    assert Agent(settings).cycle() > 0


def test_the_agent_sends_within_its_rounds(tmp_path: Path, receiver: Receiver) -> None:
    desk = Desk(tmp_path, receiver)
    desk.state.close()
    desk.seal(12)
    (tmp_path / "root.json").write_bytes(b"{}")
    settings = AgentSettings(tmp_path, tmp_path / "root.json", kiosk="tas-1", counts=receiver.address)
    agent = Agent(settings, uptime=lambda: desk.seconds, chance=lambda: 0.5)
    pause = agent.cycle()
    for _ in range(400):
        desk.seconds += pause
        pause = agent.cycle()
        if receiver.taken:
            break
    assert desk.seconds <= WINDOW and len(receiver.taken) == 1
    assert read_status(tmp_path).reason == "network", (
        "there is no server for releases, and counts went all the same"
    )


def test_the_kiosk_writes_while_the_agent_sends(desk: Desk, receiver: Receiver) -> None:
    """Two processes share the file; here two threads hammer on it."""
    stop = threading.Event()
    troubles: list[Exception] = []

    def write() -> None:
        try:
            for _ in range(60):
                desk.seal(11)
        except Exception as error:
            troubles.append(error)
        stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not stop.is_set():
        desk.later(WINDOW)
    writer.join()
    for _ in range(3):
        desk.later(WINDOW)
    assert not troubles and len(receiver.taken) == 60 and desk.outbox.batches() == []


def test_the_agent_opens_no_column_for_a_visit(desk: Desk) -> None:
    desk.seal(12)
    connection = sqlite3.connect(desk.path)
    columns = [column[1] for column in connection.execute("PRAGMA table_info(sealed)").fetchall()]
    connection.close()
    assert columns == ["bucket", "epoch", "body"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('counts = "https://x/api/v1"', "Give the name"),
        ('counts = "https://x"\nkiosk = "Tas 1"', "Give the name"),
        ('counts = "http://centre.example/api/v1"\nkiosk = "tas-1"', "https"),
    ],
)
def test_wrong_settings_of_counts_are_named(tmp_path: Path, lines: str, message: str) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(f"[agent]\n{lines}\n", encoding="utf-8")
    with pytest.raises(errors.SettingsError, match=message):
        read_agent_settings(path, tmp_path, tmp_path / "root.json")

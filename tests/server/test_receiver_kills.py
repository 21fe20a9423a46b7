"""kill -9 of the receiver at random: what it acknowledged is counted, once, and nothing else is."""

from __future__ import annotations

import http.client
import random
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

from server.usage.database import Database, open_database
from tests.server.batches import EPOCH, body

ROOT = Path(__file__).resolve().parent.parent.parent
KILLS = 60
HANDS = 4
DROPPED = 0.15
"""Answers that the kiosk never hears."""


class Mortal:
    """A receiver process that is killed and started again, on one port."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.port = 0
        self.process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "server.usage", "serve", "--database", self._address]
        command += ["--port", str(self.port)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        self.port = int(process.stdout.readline().rpartition(":")[2])
        return process

    def die(self) -> None:
        """In the middle of whatever it does."""
        self.process.kill()
        self.process.communicate()

    def rise(self) -> None:
        """Another process in its place."""
        self.process = self._start()


class Hand(threading.Thread):
    """A kiosk that seals and sends until it is told to stop, and then sends what is left."""

    def __init__(self, number: int, port: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._chance = random.Random(number)
        self._kiosk = f"kiosk-{number}"
        self._port = port
        self._stop_sealing = stop
        self.sealed = 0
        self.answers: Counter[str] = Counter()
        self.sums: Counter[str] = Counter()

    def run(self) -> None:
        while not self._stop_sealing.is_set():
            self.sealed += 1
            cells = {"visit": self._chance.randint(10, 99)}
            cells |= {f"topic/{n}": self._chance.randint(0, 9) for n in range(80)}
            self.sums.update(cells)
            data = body(number=self.sealed, cells=cells)
            while self._send(data) not in (200, 201):
                self._stop_sealing.wait(0.01)

    def _send(self, data: bytes) -> int:
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            line.request("PUT", f"/api/v1/kiosks/{self._kiosk}/counts/{EPOCH}/day-{self.sealed}", data)
            if self._chance.random() < DROPPED:
                self.answers["dropped"] += 1
                return 0
            status = line.getresponse().status
            self.answers[str(status)] += 1
            return status
        except (OSError, http.client.HTTPException):
            self.answers["broken"] += 1
            return 0
        finally:
            line.close()


def test_acknowledged_is_counted_whenever_the_receiver_dies(database: Database, address: str):
    receiver = Mortal(address)
    stop = threading.Event()
    hands = [Hand(number, receiver.port, stop) for number in range(HANDS)]
    chance = random.Random(3)
    for hand in hands:
        hand.start()
    try:
        for _ in range(KILLS):
            stop.wait(chance.uniform(0.0, 0.12))
            receiver.die()
            receiver.rise()
        stop.set()
        for hand in hands:
            hand.join(60)
            assert not hand.is_alive()
    finally:
        stop.set()
        receiver.die()
    acknowledged = {f"kiosk-{number}": hand.sealed for number, hand in enumerate(hands)}
    answers = sum((hand.answers for hand in hands), Counter())
    print(f"{KILLS} kills, {sum(acknowledged.values())} batches acknowledged, {dict(answers)}")
    assert answers["broken"] > KILLS / 2 and answers["200"] > 0 and answers["409"] == answers["400"] == 0
    counted = open_database(address)
    assert dict(counted.query("SELECT kiosk, count(*) FROM raw_batch GROUP BY kiosk")) == acknowledged
    for number, hand in enumerate(hands):
        rows = counted.query(
            "SELECT cell, sum(n) FROM raw_counts WHERE kiosk = ? GROUP BY cell", f"kiosk-{number}"
        )
        assert {cell: int(n) for cell, n in rows} == dict(hand.sums)
    assert counted.query("SELECT count(*) FROM raw_conflict") == [(0,)]
    counted.close()

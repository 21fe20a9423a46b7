"""The screen: the kiosk beside Chromium in kiosk mode, on the same pages.

Both run at 1080x1920 on virtual displays of their own and are measured in turn, so that
what else the machine does falls on both. What each page must look like is learned in a
first round that is not timed; after that a step ends when exactly that picture stands.
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench.display import Display, Program

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT = 1080, 1920
IDLE_SECONDS = 10
SCROLL_SECONDS = 4

CHROMIUM = (
    "chromium --kiosk --no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run --disable-extensions --noerrdialogs --disable-quic "
    f"--window-size={WIDTH},{HEIGHT} --window-position=0,0 --user-data-dir={{home}}"
)


@dataclass
class Measured:
    """What was measured of one program, one value a round; times in milliseconds."""

    start: list[float] = field(default_factory=list)
    memory_start: list[float] = field(default_factory=list)
    memory_tour: list[float] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)
    taps: list[float] = field(default_factory=list)
    article: list[float] = field(default_factory=list)
    scroll: list[float] = field(default_factory=list)
    scroll_cpu: list[float] = field(default_factory=list)


class Contender:
    """One program, its display and what each of its pages looks like."""

    def __init__(self, name: str, command: list[str], place: Display, steps: list[dict]) -> None:
        self.name, self.place, self.steps = name, place, steps
        self._command = command
        self._first = b""
        self._wanted: list[bytes] = []
        self.measured = Measured()

    def program(self) -> Program:
        """The program, not started yet."""
        return Program(self._command, self.place.name, {})

    def learn(self, pictures: Path) -> None:
        """Walk once without timing and remember every picture."""
        with self.program():
            blank = self.place.sample()
            end = time.monotonic() + 20
            while self.place.sample() == blank and time.monotonic() < end:
                time.sleep(0.05)
            self._first = self.place.settled(1.5)
            self.place.picture(pictures / f"{self.name}-start.png")
            for number, step in enumerate(self.steps):
                self.place.tap(step["x"], step["y"])
                self._wanted.append(self.place.settled(0.8))
                self.place.picture(pictures / f"{self.name}-{number}-{step['name'].replace(' ', '-')}.png")
        pages = {step["page"]: look for step, look in zip(self.steps, self._wanted, strict=True)}
        if len(set(pages.values())) < len(pages):
            raise RuntimeError(f"{self.name}: two pages look alike; look at {pictures}.")

    def round(self) -> None:
        """Start it, tap through every page twice, scroll, rest."""
        measured = self.measured
        with self.program() as program:
            measured.start.append(1000 * self.place.wait_for(self._first, program.started))
            time.sleep(1.5)
            measured.memory_start.append(program.memory())
            for turn in range(2):
                for step, wanted in zip(self.steps, self._wanted, strict=True):
                    released = self.place.tap(step["x"], step["y"])
                    took = 1000 * self.place.wait_for(wanted, released)
                    if step["name"] == "long article":
                        if turn == 0:
                            measured.article.append(took)
                    else:
                        measured.taps.append(took)
                    time.sleep(0.35)
            time.sleep(1.0)
            measured.memory_tour.append(program.memory())
            self._scroll(program)
            self._rest(program)

    def _scroll(self, program: Program) -> None:
        for step in self.steps[:5]:
            if step["name"] not in ("article", "back to guide"):
                self.place.tap(step["x"], step["y"])
                self.place.settled(0.5)
        before = program.cpu()
        seen = self.place.wheel(WIDTH // 2, HEIGHT // 2, SCROLL_SECONDS)
        self.place.settled()
        self.measured.scroll.append(seen / SCROLL_SECONDS)
        self.measured.scroll_cpu.append(1000 * (program.cpu() - before) / max(1, seen))

    def _rest(self, program: Program) -> None:
        # What a program still does after a touch (the kiosk collects its rubbish) is not rest.
        time.sleep(5.0)
        before = program.cpu()
        time.sleep(IDLE_SECONDS)
        self.measured.idle.append(100 * (program.cpu() - before) / IDLE_SECONDS)


def run(folder: Path, rounds: int, say: Callable[[str], None] = print) -> list[dict]:
    """Measure both programs; prints the table and returns its rows.

    Raises:
        RuntimeError: a program never showed its pages.
    """
    subprocess.run(
        [sys.executable, "-m", "bench.pages", str(folder)], cwd=ROOT, check=True, capture_output=True
    )
    steps = json.loads((folder / "steps.json").read_text(encoding="ascii"))
    kiosk = [sys.executable, str(ROOT / "main.py"), "run", "--config", str(folder / "kiosk.toml")]
    rival = [*CHROMIUM.split(), (folder / "rival" / "index.html").as_uri()]
    with ExitStack() as stack:
        contenders = [
            Contender(name, command, stack.enter_context(Display(number, WIDTH, HEIGHT)), steps)
            for name, command, number in (("kiosk", kiosk, 81), ("chromium", rival, 82))
        ]
        for contender in contenders:
            contender.learn(folder / "seen")
        for number in range(rounds):
            for contender in contenders:
                contender.round()
            say(f"  round {number + 1} of {rounds}")
    rows = list(_rows(*(contender.measured for contender in contenders)))
    for line in table(rows):
        say(line)
    return rows


def _rows(kiosk: Measured, rival: Measured):
    for title, part, statistic, unit, goal in (
        ("cold start to first page", "start", statistics.median, "ms", "<= 0.50"),
        ("memory (PSS) on the start page", "memory_start", statistics.median, "MB", "<= 0.35"),
        ("memory (PSS) after a tour", "memory_tour", statistics.median, "MB", "<= 0.45"),
        ("tap to new page, median", "taps", statistics.median, "ms", "<= 1.00"),
        ("tap to new page, p90", "taps", p90, "ms", ""),
        ("first open of a 2,000-word article", "article", statistics.median, "ms", "<= 1.00"),
        ("scrolling that article, pictures a second", "scroll", statistics.median, "", ">= 1.00"),
        ("scrolling, processor a picture", "scroll_cpu", statistics.median, "ms", ""),
        ("idle, share of a core", "idle", statistics.median, "%", "kiosk <= 0.3"),
    ):
        one, other = statistic(getattr(kiosk, part)), statistic(getattr(rival, part))
        yield {"title": title, "kiosk": one, "rival": other, "unit": unit, "goal": goal}


def p90(values: list[float]) -> float:
    """The value that nine of ten do not exceed."""
    return sorted(values)[math.ceil(0.9 * len(values)) - 1]


def table(rows: list[dict]) -> list[str]:
    """The rows as a table for people."""
    lines = ["", f"{'':44}{'kiosk':>10}{'Chromium':>10}{'ratio':>8}   goal"]
    for row in rows:
        ratio = row["kiosk"] / row["rival"] if row["rival"] else math.nan
        values = "".join(f"{row[name]:8.1f}{row['unit']:>2}" for name in ("kiosk", "rival"))
        lines.append(f"{row['title']:44}{values}{ratio:8.2f}   {row['goal']}")
    return lines

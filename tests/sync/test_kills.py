"""Old or new, never between: agents and publishers killed at random, over a line that lies.

``KILLS_SEED`` and ``KILLS`` (of agents; a quarter as many publishers die) change the run.
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from content.model import Content
from content.withdrawn import Withdrawn
from sync import errors
from sync.keys import init_keys
from sync.progress import PROGRESS, Progress, to_file
from sync.publish import Media
from sync.status import read_status
from tests.content.tree import REPOSITORY
from tests.sync import faults
from tests.sync.centre import CHANNEL, Centre, Kiosk
from tests.sync.faults import Child, FarLine, FaultMix, Look, far_line

SEED = int(os.environ.get("KILLS_SEED", "20261125"))
AGENTS = int(os.environ.get("KILLS", "400"))
PUBLISHERS = (AGENTS + 3) // 4
PROGRAMS = 18
"""Agents that are killed as the programs that they are, not as forks of this one."""

SHARE = 0.3
"""Of the requests that meet a fault."""

KILLED = -9
LISTED = (Withdrawn("ru-labour", "88007000600"),)


@dataclass
class Watch:
    """Knows every release that was ever handed to a publisher, and judges what a kiosk holds."""

    centre: Centre
    bad: list[str] = field(default_factory=list)
    activated: int = 0
    before: Look = faults.NOTHING
    _published: dict[int, Content] = field(default_factory=dict)
    _digests: dict[int, set[str]] = field(default_factory=dict)

    def expect(self, content: Content) -> None:
        """This is about to be published. The release will have this number, if it becomes one."""
        number = self.centre.repository().next_version("targets")
        self._published[number] = content
        self._digests.pop(number, None)

    def digests(self, release: int) -> set[str]:
        """What libraries of a release may say of themselves."""
        if release not in self._digests and release in self._published:
            content = self._published[release]
            self._digests[release] = {faults.digest_of(content, listed) for listed in ((), LISTED)}
        return self._digests.get(release, set())

    def judge(self, kiosk: Kiosk, where: str) -> bool:
        """Old or new, whole, never older; or it is noted. Whether it is new."""
        try:
            left = faults.look(kiosk)
            self._compare(left)
        except Exception as error:
            self.bad.append(f"{where}: {type(error).__name__}: {error}")
            return False
        new = left.digest != self.before.digest or left.release != self.before.release
        self.activated += new
        self.before = left
        return new

    def _compare(self, left: Look) -> None:
        held = self.before
        # By the version that was signed: a release that its publisher did not live to make
        # public may be taken from a bundle, and what is public is signed again after it.
        assert left.base >= held.base, f"targets {left.base} after {held.base}"
        assert left.release or not held.release, "there was a release"
        if left.release:
            known = self.digests(left.release)
            assert left.digest in known, f"release {left.release} was published with other content"
        if left.screen != left.digest:
            known = set().union(*map(self.digests, self._published))
            assert left.screen in known, "the screen shows what nobody published"

    def judge_public(self, where: str) -> None:
        """What is public is there, all of it; or it is noted."""
        try:
            faults.check_public(self.centre.publisher(), self.centre.repository().public())
        except Exception as error:
            self.bad.append(f"{where}: {type(error).__name__}: {error}")


@dataclass
class Desk:
    """Has something new to publish, time and again."""

    watch: Watch
    chance: random.Random
    pictures: int = 0

    def work(self) -> Callable[[], object]:
        """What the next publisher does."""
        centre = self.watch.centre
        centre.clock.advance(minutes=1)
        kind = self.chance.choices(("edit", "picture", "withdraw", "sign"), (6, 2, 2, 1))[0]
        if not (centre.public / "metadata/timestamp.json").exists():
            kind = "edit"  # Nothing is public yet: there is nothing to sign or to take back.
        if kind == "sign":
            return lambda: centre.publisher().resign()
        if kind == "withdraw":
            back = [one.id for one in centre.publisher().withdrawn()]
            return lambda: centre.publisher().withdraw(() if back else LISTED, back)
        self.pictures += kind == "picture"
        centre.edit()
        content, media = centre.content(), self.media()
        self.watch.expect(content)
        return lambda: centre.publisher().publish(content, CHANNEL, media)

    def media(self) -> Media:
        """A picture that changes at times."""
        return {"RU": {"map.png": random.Random(self.pictures).randbytes(30_000)}}


class Aim:
    """When to kill: any moment of a life, whose length is learnt from those who died and those who did not.

    Args:
        share: of lives that are aimed at; the rest are let live.
        seconds: a first guess.
        birth: the part at the beginning of a life that is left alone.
    """

    def __init__(self, chance: random.Random, share: float, seconds: float, birth: float = 0) -> None:
        self._chance = chance
        self._share = share
        self._seconds = seconds
        self._birth = birth

    def due(self) -> float | None:
        """Seconds after its start, ``None`` for never."""
        if self._chance.random() >= self._share:
            return None
        return self._chance.uniform(self._birth, 1) * self._seconds

    def learn(self, due: float | None, died: bool) -> None:
        """Three of four that are aimed at should die; then all of a life is hit, its end as well."""
        if due is not None:
            self._seconds *= 1.02 if died else 0.94


def end(children: Sequence[tuple[Child | Program, float | None]]) -> list[int]:
    """Kill each child after so many seconds, ``None`` lets it live; their exit codes."""
    start = time.monotonic()
    doomed = [(due, child) for child, due in children if due is not None]
    for due, child in sorted(doomed, key=lambda one: one[0]):
        time.sleep(max(0.0, start + due - time.monotonic()))
        child.kill()
    return [child.wait() for child, _ in children]


def update(kiosk: Kiosk, line: FarLine) -> None:
    """What an agent does. Trouble on the line is daily life; any other is none of it."""
    try:
        kiosk.update(line.address)
    except errors.ExpiredError:
        raise
    except (errors.NetworkError, errors.TrustError):
        return


class Storm:
    """Kills, and goes on where the killed ones stopped."""

    def __init__(self, centre: Centre, line: FarLine, quiet: FarLine, seed: int) -> None:
        self.centre, self.line, self.quiet, self.seed = centre, line, quiet, seed
        self.chance = random.Random(seed)
        self.watch = Watch(centre)
        self.desk = Desk(self.watch, self.chance)
        self.kiosk, self.twin = centre.kiosk("kiosk"), centre.kiosk("twin")
        self.kiosk.more["progress"] = Progress(to_file(self.kiosk.data))
        self.rounds = 0
        self.kills: Counter[str] = Counter()
        self.phases: Counter[str] = Counter()
        self.agents, self.publishers = Aim(self.chance, 0.85, 0.05), Aim(self.chance, 0.4, 0.05)

    def rage(self) -> None:
        """Until enough are dead. The limit is for a machine that is too busy to kill in time."""
        agents, publishers = -(-AGENTS // faults.LANES), -(-PUBLISHERS // faults.LANES)
        while self.kills["agent"] < agents or self.kills["publisher"] < publishers:
            self.rounds += 1
            assert self.rounds < 10 * agents, f"too few die: {self.kills}"
            self._round(f"seed {self.seed}, round {self.rounds}")

    def _round(self, where: str) -> None:
        chance = self.chance
        children: list[tuple[Child, float | None]] = []
        codes: list[int] = []
        (self.kiosk.data / PROGRESS).unlink(missing_ok=True)
        if chance.random() < 0.7:
            children.append((Child(self.desk.work()), self.publishers.due()))
            if chance.random() < 0.7:
                codes += end(children)  # Else both are at work together.
        children.append((Child(lambda: update(self.kiosk, self.line)), self.agents.due()))
        codes += end(children[len(codes) :])
        aims = (self.publishers, self.agents)[-len(codes) :]
        for aim, (_, due), code in zip(aims, children, codes, strict=True):
            aim.learn(due, code == KILLED)
        self.watch.bad += [f"{where}: {one.trouble}" for one, _ in children if one.trouble]
        if codes[-1] == KILLED:
            self.kills["agent"] += 1
            self.phases[read_status(self.kiosk.data).doing.partition(" ")[0] or "starting"] += 1
        if KILLED in codes[:-1]:
            self.kills["publisher"] += 1
            self.watch.judge_public(where)
        if self.watch.judge(self.kiosk, where):
            # The same without kills and lies; a bundle may be ahead of its timestamp.
            with contextlib.suppress(errors.ReplayError):
                self.twin.update(self.quiet.address)

    def calm(self) -> int:
        """The publisher lives, the line is mended: one run brings it all. The newest release."""
        self.centre.edit()
        content = self.centre.content()
        self.watch.expect(content)
        newest = self.centre.publish(media=self.desk.media())
        self.centre.publisher().verify()
        self.line.heal()
        digest = faults.digest_of(content, self.centre.publisher().withdrawn())
        for kiosk, line in ((self.kiosk, self.line), (self.twin, self.quiet)):
            kiosk.update(line.address)
            assert faults.look(kiosk)[:3] == (newest.number, digest, digest)
            assert kiosk.reason() == ""
            assert faults.leftovers(kiosk.data) == []
            assert not kiosk.update(line.address).activated
        self.watch.judge(self.kiosk, "at the end")
        return newest.number


@dataclass(frozen=True)
class Log:
    """What is told of a storm; two are added up."""

    rounds: int
    kills: Counter[str]
    phases: Counter[str]
    met: Counter[str]
    asked: int
    sent: int
    needed: int
    releases: int
    activated: int
    bad: tuple[str, ...]

    def __add__(self, other: Log) -> Log:
        return Log(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def __str__(self) -> str:
        return (
            f"kills: KILLS_SEED={SEED} KILLS={AGENTS}, {self.rounds} rounds\n"
            f"  {self.kills['agent']} agents ({told(self.phases)}), {self.kills['publisher']} publishers\n"
            f"  {self.asked} requests; of them met: {told(self.met)}\n"
            f"  {self.releases} releases, {self.activated} activations, {len(self.bad)} bad states\n"
            f"  {self.sent:,} bytes sent, {self.needed:,} needed without kills and faults: "
            f"{self.sent / self.needed:.2f}x"
        )


def test_hundreds_of_kills_at_random_and_a_line_that_lies(
    template: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = faults.in_lanes(lambda lane: _storm(template, SEED + lane))
    log = one + other
    with capsys.disabled():
        print(f"\n{log}", end="")
    assert log.bad == (), f"{len(log.bad)} bad states, the first: {log.bad[0]}"
    assert log.kills["agent"] >= AGENTS and log.kills["publisher"] >= PUBLISHERS
    assert log.activated > AGENTS / 10, "an agent that never comes to its end shows nothing"
    assert set(log.met) == set(faults.FAULTS), "every fault met somebody"


def _storm(template: Path, seed: int) -> Log:
    with (
        faults.quick_centre(template) as centre,
        far_line(centre.public, lambda: FaultMix(str(seed), SHARE)) as line,
        far_line(centre.public) as quiet,
    ):
        storm = Storm(centre, line, quiet, seed)
        storm.rage()
        newest = storm.calm()
        watch = storm.watch
        sent, asked, met = line.report()
        needed = quiet.report()[0]
    counts = storm.kills, storm.phases, Counter(met)
    return Log(storm.rounds, *counts, asked, sent, needed, newest, watch.activated, tuple(watch.bad))


def told(counts: Mapping[str, int]) -> str:
    """Counts in one line, the largest first."""
    return ", ".join(f"{count} {name}" for name, count in Counter(counts).most_common())


# -- the programs themselves


class Program:
    """``python -m sync``, to be killed."""

    def __init__(self, *arguments: str | Path) -> None:
        command = [sys.executable, "-m", "sync", *map(str, arguments)]
        self._process = subprocess.Popen(
            command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        self.trouble = ""

    def kill(self) -> None:
        """As ``Child.kill``."""
        self._process.kill()

    def wait(self) -> int:
        """As ``Child.wait``."""
        _, told = self._process.communicate()
        code = self._process.returncode
        self.trouble = "" if code in (0, KILLED) else told
        return code


def test_the_programs_themselves_are_killed(template: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(SEED)
    with faults.quick_centre(template) as centre, far_line(centre.public) as line:
        # Programs have the system's clock.
        centre.clock.moment = datetime.now(UTC)
        centre.keys = centre.folder / "keys"
        centre.root = init_keys(centre.keys, centre.clock()).read_bytes()
        kiosk = centre.kiosk()
        toml = centre.folder / "kiosk.toml"
        toml.write_text(
            f'data = "{kiosk.data}"\n[agent]\nroot = "{centre.keys / "root.json"}"\n'
            f'servers = ["{line.address}"]\nchannel = "{CHANNEL}"\n',
            encoding="utf-8",
        )
        watch = Watch(centre)
        desk = Desk(watch, chance)
        kinds = ("agent", "publisher")
        kills: Counter[str] = Counter()

        def publish() -> None:
            centre.edit()
            watch.expect(centre.content())
            centre.publish(media=desk.media())

        def agent() -> Program:
            return Program("update", "--once", "--config", toml)

        def publisher() -> Program:
            common = ("--store", centre.public, "--keys", centre.keys)
            back = [one.id for one in centre.publisher().withdrawn()]
            listed = ("--give-back", *back) if back else ("--withdraw", LISTED[0].id)
            return Program("publish", *common, "--content", centre.desk, *listed)

        publish()
        aims = []
        for make in (agent, publisher):
            start = time.monotonic()
            program = make()
            assert program.wait() == 0, program.trouble
            # The first half is Python's own start.
            aims.append(Aim(chance, 1, time.monotonic() - start, birth=0.5))
        watch.judge(kiosk, "before")
        rounds = 0
        while kills["agent"] < PROGRAMS or kills["publisher"] < PROGRAMS // 3:
            rounds += 1
            assert rounds < 10 * PROGRAMS, f"too few die: {kills}"
            publish()
            programs = [(agent(), aims[0].due())]
            if kills["publisher"] < PROGRAMS // 3:
                programs.append((publisher(), aims[1].due()))
            codes = end(programs)
            where = f"seed {SEED}, round {rounds}"
            for kind, aim, (program, due), code in zip(kinds, aims, programs, codes, strict=False):
                aim.learn(due, code == KILLED)
                kills[kind] += code == KILLED
                watch.bad += [f"{where}: {program.trouble}"] if program.trouble else []
            watch.judge_public(where)
            watch.judge(kiosk, where)
        publish()
        program = agent()
        assert program.wait() == 0, program.trouble
        watch.judge(kiosk, "at the end")
        digest = faults.digest_of(centre.content(), centre.publisher().withdrawn())
        assert watch.before.digest == watch.before.screen == digest
        assert faults.leftovers(kiosk.data) == []
    with capsys.disabled():
        print(f"\nprograms: {kills['agent']} agents and {kills['publisher']} publishers killed, ", end="")
        print(f"{watch.activated} activations, {len(watch.bad)} bad states", end="")
    assert watch.bad == [], f"{len(watch.bad)} bad states, the first: {watch.bad[0]}"

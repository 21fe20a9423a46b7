"""Old or new, never between: agents and publishers that end at every step that they make."""

from __future__ import annotations

import contextlib
import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from content.withdrawn import Withdrawn
from sync import errors
from sync.progress import Progress, to_file
from sync.publish import Media, Publisher
from sync.update import Outcome
from tests.sync import faults
from tests.sync.centre import CHANNEL, Centre, Kiosk
from tests.sync.faults import DEAD, FarLine, Steps, far_line

LISTED = Withdrawn("ru-labour", "88007000600")

State = tuple[int, str]
"""Release and digest."""

NOTHING: State = (0, "")


def picture(seed: int) -> Media:
    """One medium of a release."""
    return {"RU": {"map.png": random.Random(seed).randbytes(20_000)}}


def hold(centre: Centre, name: str = "kiosk") -> Kiosk:
    """A kiosk that does one thing after the other, and tells of it as the agent does."""
    kiosk = centre.kiosk(name, workers=1)
    kiosk.more["progress"] = Progress(to_file(kiosk.data), now=lambda: 0.0)
    return kiosk


@dataclass
class Tally:
    """One line of the table: what was found after the deaths at all steps of one work."""

    name: str
    kinds: Counter[str]
    deaths: int = 0
    found: Counter[str] = field(default_factory=Counter)
    distinct: int = 0

    def __add__(self, other: Tally) -> Tally:
        """The same work's deaths in another lane."""
        deaths, distinct = self.deaths + other.deaths, self.distinct + other.distinct
        return Tally(self.name, self.kinds, deaths, self.found + other.found, distinct)

    def __str__(self) -> str:
        found = ", ".join(f"{count} {name}" for name, count in self.found.items())
        return (
            f"{self.name}: {self.kinds.total()} steps, {self.deaths} deaths: {found}; "
            f"{self.distinct} different leavings, all recovered"
        )


def die_everywhere(
    name: str, lane: int, work: faults.Work, places: dict[Path, Path], judge: Callable[[bool], str]
) -> Tally:
    """Let a work die before and after each of its steps, and judge what it leaves.

    Args:
        name: of the work.
        lane: which share of the steps is looked at here.
        work: what dies.
        places: folders that it changes, and copies of what they were.
        judge: looks, recovers, and says in a word what it found. What was found once need
            not be judged again: the disk is all that a dead process leaves.
    """

    def restore() -> None:
        for place, saved in places.items():
            faults.copy_to(saved, place)

    steps = _count(work, restore)
    tally = Tally(name, Counter(steps))
    known: dict[str, str] = {}
    for number, kind in enumerate(steps, 1):
        if number // 10 % faults.LANES != lane:
            continue
        for after in (False, True):
            restore()
            child = faults.die_at(number, after, work)
            where = f"{name}, {'after' if after else 'before'} step {number}, {kind}"
            assert child.wait() == DEAD, f"{where}: {child.trouble or 'was not reached'}"
            left = "".join(faults.fingerprint(place) for place in places)
            if left not in known:
                try:
                    known[left] = judge(len(known) % 2 == 1)
                except Exception as error:
                    raise AssertionError(f"{where}: {error}") from error
            tally.found[known[left]] += 1
            tally.deaths += 1
    tally.distinct = len(known)
    restore()
    child = faults.die_at(len(steps) + 1, False, work)
    assert child.wait() == 0, f"{name}: {child.trouble or 'there are more steps than were counted'}"
    return tally


def _count(work: faults.Work, restore: Callable[[], None]) -> list[str]:
    """The work's steps, the same in two runs: on a machine that is too busy a server may come late."""
    before: list[str] = []
    for _ in range(5):
        restore()
        steps = faults.steps_of(work)
        if steps == before:
            return steps
        before = steps
    raise AssertionError("no two runs make the same steps")


# -- the agent


@dataclass
class Way:
    """How a kiosk comes from one state to another."""

    kiosk: Kiosk
    work: Callable[[], object]
    recover: Callable[[], Outcome]
    states: dict[State, str]
    new: State


def by_bundle(centre: Centre, line: FarLine) -> Way:
    """From release 1 to release 2 in one request."""
    return _next(centre, line)


def file_by_file(centre: Centre, line: FarLine) -> Way:
    """From release 1 to release 2 where no bundle is to be had."""
    way = _next(centre, line)
    shutil.rmtree(centre.public / "bundle")
    return way


def _next(centre: Centre, line: FarLine) -> Way:
    kiosk = hold(centre)
    old = _publish(centre, 1)
    kiosk.update(line.address)
    centre.edit()
    new = _publish(centre, 2)
    return Way(
        kiosk,
        lambda: kiosk.update(line.address),
        lambda: kiosk.update(line.address),
        {old: "old", new: "new"},
        new,
    )


def from_nothing(centre: Centre, line: FarLine) -> Way:
    """The first release of a kiosk that was switched on for the first time."""
    kiosk = hold(centre)
    new = _publish(centre, 1)
    return Way(
        kiosk,
        lambda: kiosk.update(line.address),
        lambda: kiosk.update(line.address),
        {NOTHING: "nothing", new: "new"},
        new,
    )


def by_stick(centre: Centre, line: FarLine) -> Way:
    """From release 1 to release 2 on a stick, without any network."""
    way = _next(centre, line)
    stick = centre.folder / "stick"
    shutil.copy(centre.public / "bundle" / CHANNEL / "from-0", stick)
    way.work = lambda: way.kiosk.take(stick)
    way.recover = lambda: way.kiosk.take(stick)
    return way


def withdrawn_first(centre: Centre, line: FarLine) -> Way:
    """A contact goes off the screen while the release that follows cannot come."""
    kiosk = hold(centre)
    content = centre.content()
    old = _publish(centre, 1)
    kiosk.update(line.address)
    centre.publisher().withdraw([LISTED])
    without = (old[0], faults.digest_of(content, [LISTED]))
    centre.edit()
    release = centre.publish(media=picture(2))
    new = (release.number, faults.digest_of(centre.content(), [LISTED]))
    hidden = [centre.public / name for name in ("bundle", "blobs", "delta")]
    away = centre.folder / "away"
    shutil.copytree(centre.public, away)
    for folder in hidden:
        shutil.rmtree(folder)

    def work() -> None:
        with contextlib.suppress(errors.NetworkError):
            kiosk.update(line.address)

    def recover() -> Outcome:
        shutil.copytree(away, centre.public, dirs_exist_ok=True)
        try:
            return kiosk.update(line.address)
        finally:
            for folder in hidden:
                shutil.rmtree(folder)

    return Way(kiosk, work, recover, {old: "old", without: "old without the contact"}, new)


def meanwhile(centre: Centre) -> State:
    """What the centre publishes next, in a folder of its own, for a kiosk that comes back late."""
    now = centre.folder / "now"
    shutil.copytree(centre.public, now)
    centre.edit()
    later = _publish(centre, 3)
    centre.public.rename(centre.folder / "later")
    now.rename(centre.public)
    return later


def _publish(centre: Centre, seed: int) -> State:
    release = centre.publish(media=picture(seed))
    return release.number, faults.digest_of(centre.content())


@pytest.mark.parametrize("make", [by_bundle, file_by_file, from_nothing, by_stick, withdrawn_first])
def test_an_agent_that_dies_at_any_step_leaves_old_or_new(
    template: Path, make: Callable[[Centre, FarLine], Way], capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = faults.in_lanes(lambda lane: _agent_deaths(make, template, lane))
    tally = one + other
    assert tally.deaths == 2 * tally.kinds.total()
    assert len(tally.found) == 2, "both sides of the change were seen"
    assert {"replace", "fsync", "unlink", "mkdir", "link", "sql commit"} <= set(tally.kinds)
    assert ("connect" in tally.kinds) == (make is not by_stick)
    with capsys.disabled():
        print(f"\n{tally}", end="")


def _agent_deaths(make: Callable[[Centre, FarLine], Way], template: Path, lane: int) -> Tally:
    with (
        faults.quick_centre(template) as quick,
        far_line(quick.public) as line,
        far_line(quick.folder / "later") as line_later,
    ):
        way = make(quick, line)
        kiosk = way.kiosk
        later = meanwhile(quick) if make is not withdrawn_first else None
        digests = {digest for _, digest in way.states}

        def work(steps: Steps) -> None:
            kiosk.more["connect"] = steps.connect
            way.work()

        def judge(odd: bool) -> str:
            left = faults.look(kiosk)
            state = (left.release, left.digest)
            assert state in way.states, f"{state} is neither old nor new"
            assert left.screen in digests, "the screen shows neither old nor new"
            recover, new = way.recover, way.new
            if odd and later is not None:
                recover, new = (lambda: kiosk.update(line_later.address)), later
            recover()
            assert faults.look(kiosk)[:3] == (*new, new[1]), "the next run does not finish"
            assert faults.leftovers(kiosk.data) == []
            assert kiosk.reason() == ""
            assert not recover().activated, "what is here comes again"
            return way.states[state]

        saved = quick.folder / "saved"
        faults.copy_to(kiosk.data, saved)
        return die_everywhere(_name(make), lane, work, {kiosk.data: saved}, judge)


def _name(make: Callable[..., object]) -> str:
    return make.__name__.replace("_", " ")


# -- the publisher


def first_release(centre: Centre) -> Callable[[Publisher], object]:
    """The very first release, with the root."""
    content = centre.content()
    return lambda publisher: publisher.publish(content, CHANNEL, picture(1))


def next_release(centre: Centre) -> Callable[[Publisher], object]:
    """One paragraph and one picture."""
    _publish(centre, 1)
    centre.edit()
    content = centre.content()
    return lambda publisher: publisher.publish(content, CHANNEL, picture(2))


def withdrawal(centre: Centre) -> Callable[[Publisher], object]:
    """A contact that has to go."""
    _publish(centre, 1)
    return lambda publisher: publisher.withdraw([LISTED])


def new_signatures(centre: Centre) -> Callable[[Publisher], object]:
    """What is done every day."""
    _publish(centre, 1)
    return lambda publisher: publisher.resign(renew=True)


@pytest.mark.parametrize("make", [first_release, next_release, withdrawal, new_signatures])
def test_a_publisher_that_dies_at_any_step_leaves_what_every_kiosk_can_read(
    template: Path,
    make: Callable[[Centre], Callable[[Publisher], object]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    one, other = faults.in_lanes(lambda lane: _publisher_deaths(make, template, lane))
    tally = one + other
    assert tally.deaths == 2 * tally.kinds.total()
    assert len(tally.found) == (1 if make is new_signatures else 2), "both sides of the change were seen"
    assert {"replace", "fsync"} <= set(tally.kinds)
    with capsys.disabled():
        print(f"\n{tally}", end="")


def _publisher_deaths(
    make: Callable[[Centre], Callable[[Publisher], object]], template: Path, lane: int
) -> Tally:
    with faults.quick_centre(template) as quick, far_line(quick.public) as line:
        before = quick.content()
        act = make(quick)
        now = quick.content()
        quick.edit()
        later = quick.content()
        near, fresh = hold(quick, "near"), hold(quick, "fresh")
        if make is not first_release:
            near.update(line.address)
        saved = {place: quick.folder / f"saved-{place.name}" for place in (quick.public, near.data)}
        for place, copy in saved.items():
            faults.copy_to(place, copy)
        old = near.state()
        becomes: dict[Callable[..., object], State] = {
            first_release: (1, faults.digest_of(now)),
            next_release: (2, faults.digest_of(now)),
            withdrawal: (1, faults.digest_of(before, [LISTED])),
            new_signatures: old,
        }
        new = becomes[make]
        ends: dict[tuple[bool, tuple[Withdrawn, ...]], str] = {
            (odd, listed): faults.digest_of(later if odd else now, listed)
            for odd in (False, True)
            for listed in ((), (LISTED,))
        }
        start = quick.clock.moment
        quick.clock.advance(minutes=1)

        def judge(odd: bool) -> str:
            faults.copy_to(saved[near.data], near.data)
            shutil.rmtree(fresh.data, ignore_errors=True)
            quick.clock.moment = start + timedelta(minutes=2)
            for kiosk in (near, fresh):
                with contextlib.suppress(errors.NotPublishedError):
                    kiosk.update(line.address)
                left = faults.look(kiosk)
                assert (left.release, left.digest) in (old, new, NOTHING)
                assert left.screen == left.digest
            found = near.state()
            assert found != NOTHING or old == NOTHING
            if faults.check_public(quick.publisher(), quick.repository().public()):
                assert fresh.state() != NOTHING, "something is public, and a new kiosk does not get it"
            # Again: the same, or what the editors have written since.
            release = quick.publisher().publish(later if odd else now, CHANNEL, picture(3 if odd else 2))
            digest = ends[odd, quick.publisher().withdrawn()]
            quick.publisher().verify()
            for kiosk in (near, fresh):
                kiosk.update(line.address)
                assert faults.look(kiosk)[:3] == (release.number, digest, digest)
                assert kiosk.reason() == ""
            return "new" if found == new else "old"

        places = {quick.public: saved[quick.public]}
        return die_everywhere(_name(make), lane, lambda _steps: act(quick.publisher()), places, judge)

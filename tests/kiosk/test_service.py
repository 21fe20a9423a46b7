"""The service screen: behind a door that no traveller finds by chance, and true whatever the agent left."""

from __future__ import annotations

import ast
import dataclasses
import json
import os
import re
import sqlite3
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk import __version__, speaking
from kiosk.upkeep import MOST_SIGNS, Memory, Step, read_upkeep
from kiosk.visit import NEUTRAL, START, Route
from sync import progress
from sync.state import Activation, State
from tests.kiosk.app import ROOT
from tests.kiosk.test_flows import texts
from tests.kiosk.test_releases import shelve

SERVICE = Route("service")
TROUBLE = "http://centre.example/stable: the network sends us elsewhere (302). Is there a login page?"


def remember(data: Path, *releases: int, **notes: str) -> None:
    """What an agent leaves: activations in further folders, and notes."""
    state = State(data / "state.sqlite")
    for release in releases:
        activation = Activation(state.next_number(), "pilot", release, 1, "", "", {})
        state.activate(activation, {}, datetime(2026, 11, 24, 6, 40, tzinfo=UTC))
    state.write_notes(notes)
    state.close()


def tell(data: Path, doing: str, done: int = 0, total: int = 0, rate: float = 0.0, left: float | None = None):
    """The agent's own note of progress."""
    progress.to_file(data)(progress.Step(doing, done, total, rate, left))


@pytest.fixture
def data(driver, tmp_path) -> Iterator[Path]:
    """A folder of the agent's, for the kiosk on the glass."""
    kept = driver.kiosk.settings
    driver.kiosk.settings = dataclasses.replace(kept, data=tmp_path)
    yield tmp_path
    driver.kiosk.settings = kept


def about(driver) -> tuple[float, float]:
    """The page about the kiosk is open; a point on its title."""
    from kiosk.driver import middle

    driver.press("English")
    driver.press("What is this?")
    return middle(driver.kiosk.screen.head[0])


def hold(driver, clock, seconds: float) -> None:
    """Time goes by in ticks, as on a kiosk."""
    for _ in range(10):
        clock.seconds += seconds / 10
        driver.kiosk._tick(0)


def bold(driver) -> list[str]:
    """Every text, each once."""
    return list(dict.fromkeys(text.replace("**", "") for text in texts(driver)))


def open_service(driver) -> list[str]:
    driver.press("English")
    driver.kiosk.go(SERVICE)
    driver.settle()
    return bold(driver)


def tick(driver, clock) -> list[str]:
    clock.seconds += 1
    driver.kiosk._tick(0)
    driver.settle()
    return bold(driver)


# -- the door


def test_five_seconds_on_the_title_open_it_and_back_leads_to_where_one_was(driver, clock):
    finger = driver.down(*about(driver))
    hold(driver, clock, 4.9)
    assert driver.kiosk.visit.route == Route("about")
    hold(driver, clock, 0.2)
    assert driver.kiosk.visit.route == SERVICE
    driver.up(finger)
    assert driver.kiosk.visit.route == SERVICE
    driver.press("Go back")
    assert driver.kiosk.visit.route == Route("about")


def test_taps_a_slide_a_second_finger_and_a_finger_elsewhere_do_not_open_it(driver, clock):
    x, y = about(driver)
    for _ in range(12):
        driver.touch(x, y)
        hold(driver, clock, 1)
    hold(driver, clock, 8)
    finger = driver.down(x, y)
    driver.move(finger, x, y - 200)
    driver.move(finger, x, y)
    hold(driver, clock, 8)
    driver.up(finger)
    first = driver.down(20, 900)
    second = driver.down(x, y)
    hold(driver, clock, 8)
    driver.up(second)
    driver.up(first)
    for point in ((x, y - 150), (540, 900)):
        finger = driver.down(*point)
        hold(driver, clock, 8)
        driver.up(finger)
    assert driver.kiosk.visit.route == Route("about")


def test_nothing_shows_while_a_finger_rests_on_the_title(driver):
    x, y = about(driver)
    before = driver.pixels()
    finger = driver.down(x, y)
    driver.settle()
    assert driver.pixels() == before
    driver.up(finger)


def test_no_other_screen_has_such_a_door(driver):
    from kiosk.screens import SCREENS
    from kiosk.widgets.press import Holdable

    routes = {"code": Route("code", contact="ru-emergency-112")}
    routes |= {name: Route(name, "RU", "before") for name in ("article", "guide", "contacts", "signs")}
    routes |= {name: Route(name, "RU") for name in ("check_offer", "show_officer")}
    routes["officer_card"] = Route("officer_card", "RU", "doctor")
    for name in SCREENS:
        screen = driver.kiosk._build(routes.get(name, Route(name)))
        doors = [part for part in screen.walk(restrict=True) if isinstance(part, Holdable)]
        assert len(doors) == (name == "about"), name
        screen.leave()


def test_idle_asks_here_too_and_the_quick_exit_wipes(driver, clock, data):
    open_service(driver)
    clock.seconds += 61
    driver.kiosk._tick(0)
    assert driver.kiosk.screen.route == Route("idle")
    driver.touch(540, 300)
    assert driver.kiosk.screen.route == SERVICE
    driver.press("Quick exit")
    assert driver.kiosk.visit.route == NEUTRAL


# -- what stands on it


def test_release_trouble_and_progress_stand_on_it(driver, data):
    remember(
        data,
        41,
        42,
        reason="network",
        trouble=TROUBLE,
        asked="2026-11-25T09:12:00Z",
        last_success="2026-11-24T21:03:00Z",
        spent="2026-11-25 1482113",
    )
    tell(data, "fetching release 43", 3_214_000, 4_870_000, 86_400.0, 190.0)
    shown = open_service(driver)
    for text in (
        "The centre cannot be reached",
        TROUBLE,
        "Fetching release 43",
        "65 %  ·  3214 KB of 4870 KB  ·  87 KB a second  ·  3 min left",
        "42, channel pilot",
        "Tashkent airport",
        __version__,
        "1483 KB, 25 November 2026",
        *(
            f"{moment.day} November 2026, {moment:%H:%M}"
            for moment in (
                datetime(2026, 11, 24, 6, 40, tzinfo=UTC).astimezone(),
                datetime(2026, 11, 25, 9, 12, tzinfo=UTC).astimezone(),
                datetime(2026, 11, 24, 21, 3, tzinfo=UTC).astimezone(),
            )
        ),
    ):
        assert text in shown, text
    free = os.statvfs(data).f_bavail * os.statvfs(data).f_frsize
    assert any(text == f"{free // 10**9} GB" or text == f"{free // 10**6} MB" for text in shown)
    bar = next(part for part in driver.kiosk.screen.walk(restrict=True) if type(part).__name__ == "Countdown")
    assert abs(bar._bar.size[0] / bar._full - 3214 / 4870) < 0.01


def test_a_kiosk_without_an_agent_says_so(driver, data):
    shown = open_service(driver)
    assert "No agent has run on this kiosk yet." in shown
    assert "Not from the centre" in shown and "Never" in shown


def test_no_trouble_is_said_as_well(driver, data):
    remember(data, 7, last_success="2026-11-24T21:03:00Z")
    tell(data, "up to date")
    shown = open_service(driver)
    assert "No trouble" in shown and "Up to date" in shown and "7, channel pilot" in shown


def test_it_follows_the_agent_second_by_second_and_keeps_the_place(driver, clock, data):
    driver.kiosk.toggle("large")
    remember(data, 42, reason="disk", trouble=TROUBLE * 6)
    tell(data, "fetching release 43", 1_000_000, 4_000_000, 10_000.0, 300.0)
    assert any("25 %" in text for text in open_service(driver))
    screen = driver.kiosk.screen
    screen.scroll.page(1)
    place = screen.scroll.offset
    assert place > 0
    tell(data, "fetching release 43", 2_000_000, 4_000_000, 10_000.0, 200.0)
    assert any("50 %" in text for text in tick(driver, clock))
    assert driver.kiosk.screen is screen and abs(screen.scroll.offset - place) < 3
    remember(data, 43, reason="", trouble="")
    tell(data, "release 43 is here")
    shown = tick(driver, clock)
    assert "Release 43 is here" in shown and "No trouble" in shown
    assert not any("50 %" in text for text in shown)


def test_it_does_not_draw_anew_while_nothing_changes(driver, clock, data, monkeypatch):
    monkeypatch.setattr("kiosk.upkeep._free", lambda _data: 5_000_000)
    remember(data, 42)
    tell(data, "fetching release 43", 1_000_000, 4_000_000)
    open_service(driver)
    items = driver.kiosk.screen.items
    clock.seconds += 1
    minute = driver.kiosk.screen._clock
    driver.kiosk.screen._now = lambda: minute
    driver.kiosk._tick(0)
    assert driver.kiosk.screen.items is items


def test_a_press_that_began_before_a_change_still_counts(driver, clock, data):
    from kiosk.driver import middle

    tell(data, "fetching release 43", 1_000_000, 4_000_000)
    open_service(driver)
    finger = driver.down(*middle(driver.find("Go back")))
    for _ in range(4):
        driver._step()
    tell(data, "fetching release 43", 2_000_000, 4_000_000)
    clock.seconds += 1
    driver.kiosk._tick(0)
    driver.up(finger)
    driver.settle()
    assert driver.kiosk.screen.route == Route("destinations")


def test_a_transfer_that_stands_still_says_so_and_promises_no_time(driver, data):
    tell(data, "fetching release 43", 1_000_000, 4_000_000, 10_000.0, 300.0)
    long_ago = time.time() - 600
    os.utime(data / "progress.json", (long_ago, long_ago))
    shown = open_service(driver)
    assert "Nothing has come for 10 min." in shown
    assert not any("left" in text or "a second" in text for text in shown)


def test_what_waits_behind_the_shown_release_is_named(driver, data):
    from kiosk.releases import Shelf

    shelve(data, 1)
    remember(data, 41)
    driver.kiosk.shelf = Shelf(data)
    try:
        remember(data, 42)
        assert "41, channel pilot. Release 42 shows as soon as nobody is here." in open_service(driver)
    finally:
        driver.kiosk.shelf.shown.close()
        driver.kiosk.shelf = None


@pytest.mark.parametrize("language", ["ru", "uz", "uz-Cyrl", "ky", "tk"])
def test_it_speaks_the_visits_language(driver, data, language):
    remember(data, 42, reason="clock", trouble="The metadata has ended.")
    tell(data, "building release 43")
    driver.kiosk.choose_language(language)
    driver.kiosk.go(SERVICE)
    shown = bold(driver)
    english = [
        text
        for text in shown
        if re.search(r"\b(the|of|is|here|release|trouble|never|clock|signed|asked)\b", text, re.IGNORECASE)
    ]
    assert english == ["The metadata has ended."], english
    assert not any("{" in text for text in shown)


def test_it_tells_the_same_before_and_after_somebody_was_here(driver, clock, data, monkeypatch):
    monkeypatch.setattr("kiosk.upkeep._free", lambda _data: 5_000_000)
    remember(data, 42)
    minute = datetime(2026, 11, 25, 12, tzinfo=UTC)

    def told() -> list[str]:
        open_service(driver)
        driver.kiosk.screen._now = lambda: minute
        shown = tick(driver, clock)
        driver.kiosk.finish()
        driver.settle()
        return shown

    before = told()
    driver.press("Русский")
    driver.press("Россия")
    driver.press("Здоровье")
    driver.kiosk.finish()
    assert told() == before
    assert driver.kiosk.visit.trail == [START]


# -- what an agent may leave


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"{",
        b'{"doing": "fetching release 43", "done": 12',
        b"[1, 2]",
        b"null",
        b'{"doing": 5}',
        b'{"doing": "   "}',
        b"\xff\xfe\x00rubbish",
        b"[" * 60_000,
        b'{"doing": "' + b"x" * 100_000 + b'"}',
    ],
)
def test_progress_that_is_half_or_rubbish_is_left_out(tmp_path, rubbish):
    (tmp_path / "progress.json").write_bytes(rubbish)
    assert read_upkeep(tmp_path).step is None


@pytest.mark.parametrize(
    "wrong", ["-5", "NaN", "Infinity", '"many"', "null", "[]", "true", "1e300", "9" * 400]
)
def test_a_number_that_is_none_is_nought(tmp_path, wrong):
    text = f'{{"doing": "fetching", "done": {wrong}, "total": {wrong}, "rate": {wrong}, "left": {wrong}}}'
    (tmp_path / "progress.json").write_text(text)
    step = read_upkeep(tmp_path).step
    assert step is not None
    assert dataclasses.replace(step, left=None) == Step("fetching") and not step.left


def test_more_bytes_than_there_are_fill_the_bar_and_no_more(tmp_path):
    (tmp_path / "progress.json").write_text(json.dumps({"doing": "fetching", "done": 9, "total": 3}))
    step = read_upkeep(tmp_path).step
    assert step is not None and (step.done, step.total) == (3, 3)


def test_no_progress_and_no_agent_is_nothing_to_say(tmp_path):
    known = read_upkeep(tmp_path)
    assert known.step is None and known.memory == Memory() and known.free
    assert read_upkeep(tmp_path / "missing").free is None


@pytest.mark.parametrize("rubbish", [b"", b"no database" * 1000])
def test_a_memory_that_cannot_be_read_is_said_and_shown(driver, data, rubbish):
    (data / "state.sqlite").write_bytes(rubbish)
    assert "What the agent noted cannot be read." in open_service(driver)


def test_notes_that_make_no_sense_are_no_time_and_no_bytes(tmp_path):
    remember(
        tmp_path,
        7,
        asked="yesterday",
        last_success="0001-01-01T00:00:00Z",
        spent="2026-13-40 many",
        reason="odd\x00",
        trouble="one\n\ttwo " + "x" * 5000,
    )
    connection = sqlite3.connect(tmp_path / "state.sqlite")
    connection.execute("UPDATE activation SET record = '{'")
    connection.commit()
    connection.close()
    memory = read_upkeep(tmp_path).memory
    assert (memory.asked, memory.last_success, memory.day, memory.spent) == (None, None, None, 0)
    assert memory.reason == "odd" and memory.trouble.startswith("one two x")
    assert len(memory.trouble) == MOST_SIGNS
    assert [(one.number, one.release, one.channel) for one in memory.activations] == [(1, "", "")]


def test_while_the_agent_writes_what_was_read_last_stands(tmp_path):
    remember(tmp_path, 7)
    known = read_upkeep(tmp_path)
    writer = sqlite3.connect(tmp_path / "state.sqlite", isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    start = time.monotonic()
    assert read_upkeep(tmp_path, known).memory == known.memory
    assert read_upkeep(tmp_path).memory == Memory(there=True)
    assert time.monotonic() - start < 0.5


# -- the agent's words, read from its own source


def begun() -> set[str]:
    """Every step that the agent tells, numbers and reasons as one sign."""
    found = set()
    for path in (ROOT / "sync").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") != "begin" or not node.args:
                continue
            text = ast.unparse(node.args[0])
            found.add(re.sub(r"\{[^}]*\}", "7", text.removeprefix("f").strip("'\"")))
    return found


def test_every_step_that_the_agent_tells_is_known_here(driver, data):
    steps = begun()
    assert len(steps) >= 6
    screen = driver.kiosk._build(SERVICE)
    for step in steps:
        step = step.replace("fetching 7", "fetching release 7")
        assert step.startswith(speaking.STOPPED) or screen._doing(step) != step, step


def test_every_reason_of_the_agent_is_a_sentence_here():
    tree = ast.parse((ROOT / "sync" / "errors.py").read_text(encoding="utf-8"))
    reasons = {
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "reason"
    }
    assert len(reasons) > 8
    # Nothing is published on a kiosk.
    assert reasons - {"publish"} <= set(speaking.TROUBLES)


def test_the_version_on_the_screen_is_the_products():
    product = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert product["project"]["version"] == __version__

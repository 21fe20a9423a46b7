"""A release changes only while nobody uses the screen, whole or not at all.

A real centre publishes, a real agent fetches over a real line, and the real kiosk shows it.
"""

from __future__ import annotations

import fcntl
import gc
import logging
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from content.library import LibraryError
from content.packs import language_values, make_packs
from content.release import write_library
from kiosk.releases import Shelf, open_active
from kiosk.visit import NEUTRAL, START, Route
from sync.disk import Disk
from sync.release import Releases
from sync.state import Activation, State
from sync.store import Store
from tests.kiosk.app import LIBRARY, library
from tests.kiosk.test_flows import texts
from tests.kiosk.test_fresh_visitor import files_of
from tests.sync.centre import TODAY, Centre, Kiosk, Line, _template


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _template(tmp_path_factory.mktemp("template"))


@dataclass
class Hall:
    """A kiosk on the glass, the agent beside it, the centre behind it."""

    driver: object
    clock: object
    centre: Centre
    agent: Kiosk
    line: Line

    @property
    def kiosk(self):
        return self.driver.kiosk

    def publish(self) -> str:
        """A new release is active on this kiosk; the text that is new in it."""
        text = self.centre.edit()
        self.centre.publish()
        assert self.agent.update(self.line).activated
        return text

    def wait(self, seconds: float) -> None:
        """Nobody touches anything."""
        self.clock.seconds += seconds
        self.kiosk._tick(0)
        self.driver.settle()

    def read(self) -> list[str]:
        """What a traveller finds on the page about pay."""
        self.driver.press("English")
        self.driver.press("Russia")
        self.driver.press("Contract and pay")
        return texts(self.driver)

    def path(self, number: int) -> Path:
        return self.agent.data / "releases" / str(number) / "library.sqlite"


@pytest.fixture
def hall(driver, clock, tmp_path, template) -> Iterator[Hall]:
    centre = Centre(tmp_path, template)
    centre.publish()
    with centre.line() as line:
        agent = centre.kiosk()
        agent.update(line)
        kiosk = driver.kiosk
        kiosk.shelf = Shelf(agent.data)
        kiosk._take(kiosk.shelf.shown.library)
        kiosk.finish()
        kiosk._last_look = clock()
        driver.settle()
        try:
            yield Hall(driver, clock, centre, agent, line)
        finally:
            shown, kiosk.shelf = kiosk.shelf.shown, None
            kiosk._take(library())
            kiosk.finish()
            shown.close()


def held(path: Path) -> bool:
    """Whether somebody holds a lock on a file, as the agent asks it."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_a_release_that_comes_while_nobody_is_here_is_shown_within_half_a_minute(hall):
    old, text = hall.kiosk.screen, hall.publish()
    hall.wait(29)
    assert hall.kiosk.screen is old and hall.kiosk.shelf.shown.number == 1
    hall.wait(2)
    assert hall.kiosk.shelf.shown.number == 2 and hall.kiosk.visit.trail == [START]
    assert held(hall.path(2)) and not held(hall.path(1))
    assert text.replace("**", "") in [one.replace("**", "") for one in hall.read()]


def test_nothing_changes_under_somebody_who_reads_and_the_next_one_gets_the_new_text(hall):
    before = hall.read()
    pixels = hall.driver.pixels()
    text = hall.publish()
    hall.wait(31)
    assert texts(hall.driver) == before and hall.driver.pixels() == pixels
    hall.wait(31)
    assert hall.kiosk.screen.route == Route("idle") and hall.kiosk.shelf.shown.number == 1
    hall.driver.touch(540, 300)
    assert texts(hall.driver) == before
    hall.kiosk.finish()
    hall.driver.settle()
    hall.wait(31)
    assert hall.kiosk.shelf.shown.number == 2
    assert text in hall.read()


def test_a_choice_on_the_first_page_is_a_visit_too(hall):
    hall.driver.press("Yuqori kontrast")
    hall.publish()
    hall.wait(31)
    assert hall.kiosk.shelf.shown.number == 1


def test_a_finger_that_rests_on_the_glass_is_somebody(hall):
    hall.publish()
    finger = hall.driver.down(540, 60)
    hall.wait(40)
    assert hall.kiosk.shelf.shown.number == 1
    hall.driver.up(finger)
    hall.wait(2)
    assert hall.kiosk.shelf.shown.number == 1
    hall.wait(31)
    assert hall.kiosk.shelf.shown.number == 2


def test_the_page_after_a_quick_exit_is_nobodys(hall):
    hall.read()
    hall.driver.press("Quick exit")
    text = hall.publish()
    hall.wait(31)
    assert hall.kiosk.shelf.shown.number == 2 and hall.kiosk.visit.route == NEUTRAL
    assert hall.kiosk.screen.route == NEUTRAL
    hall.driver.touch(540, 900)
    assert hall.kiosk.visit.route == START
    assert text in hall.read()


def test_a_release_that_is_read_outlives_two_newer_ones(hall):
    before = hall.read()
    hall.publish()
    text = hall.publish()
    assert hall.path(1).is_file() and held(hall.path(1))
    hall.driver.press("Go back")
    hall.driver.press("Contract and pay")
    assert texts(hall.driver) == before
    hall.kiosk.finish()
    hall.wait(31)
    assert hall.kiosk.shelf.shown.number == 3
    assert text in hall.read()
    hall.agent.update(hall.line)
    assert not hall.path(1).exists() and hall.path(2).is_file()


def test_a_broken_release_leaves_the_old_one_and_is_tried_once(hall, caplog):
    hall.publish()
    broken = hall.path(2)
    broken.chmod(0o644)
    broken.write_bytes(broken.read_bytes()[: broken.stat().st_size // 2])
    for _ in range(3):
        hall.wait(31)
    assert hall.kiosk.shelf.shown.number == 1
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1 and str(broken) in errors[0].getMessage()
    assert any("edition" not in text and "roubles" in text for text in hall.read())
    hall.kiosk.finish()
    text = hall.publish()
    hall.wait(31)
    assert hall.kiosk.shelf.shown.number == 3
    assert text in hall.read()


@pytest.mark.parametrize(("missing", "error"), [("guides", "IndexError"), ("a colour", "ValueError")])
def test_a_release_that_opens_and_cannot_be_drawn_leaves_the_old_one(hall, caplog, missing, error):
    content = hall.centre.content()
    packs = make_packs(content)
    for name in list(packs):
        if missing == "guides" and not name.startswith("common/"):
            del packs[name]
        elif name.startswith("RU/"):
            packs[name]["guide"]["tone"] = "#no one"
    write_library(language_values(content), packs, hall.path(2))
    activate(hall.agent.data, 2)
    hall.kiosk.quick_exit()
    hall.driver.settle()
    before = hall.driver.pixels()
    hall.wait(31)
    assert f"Release 2 cannot be shown ({error})" in caplog.text
    assert hall.kiosk.shelf.shown.number == 1 and not held(hall.path(2))
    assert hall.driver.pixels() == before
    hall.driver.touch(540, 900)
    hall.read()


def test_a_language_that_a_release_brings_or_drops_is_on_the_first_page(hall):
    languages = hall.centre.desk / "languages.toml"
    kept = languages.read_text(encoding="utf-8")
    start = kept.index("[tk]")
    end = kept.find("\n[", start)
    end = len(kept) if end < 0 else end + 1
    turkmen = kept[start:end]
    # Kazakh, which has no words of its own on the kiosk, instead of Turkmen.
    kazakh = turkmen.replace("[tk]", "[kk]").replace("Türkmençe", "Qazaqsha")
    assert 'fallback = ["ru", "en"]' in kazakh
    languages.write_text(kept[:start] + kazakh + kept[end:], encoding="utf-8")
    assert "Türkmençe" in names(hall)
    hall.publish()
    hall.wait(31)
    assert "Türkmençe" not in names(hall)
    hall.driver.press("Qazaqsha")
    assert hall.kiosk.said("Go back") == "Назад"
    hall.kiosk.finish()
    languages.write_text(kept, encoding="utf-8")
    hall.publish()
    hall.wait(31)
    assert [one.code for one in hall.kiosk.languages()] == list(hall.kiosk.settings.languages)
    hall.driver.press("Türkmençe")
    assert hall.kiosk.said("Go back") == "Yza"


def names(hall: Hall) -> list[str]:
    return [control.spoken for control in hall.driver.controls()]


def test_what_is_kept_for_good_does_not_grow_over_twelve_releases(hall):
    sizes = []
    for number in range(2, 14):
        hall.path(number).parent.mkdir()
        shutil.copy(hall.path(1), hall.path(number))
        activate(hall.agent.data, number)
        hall.wait(31)
        assert hall.kiosk.shelf.shown.number == number
        sizes.append(gc.get_freeze_count())
    print(sizes)
    assert sizes[-1] < sizes[2] + 200, sizes


# -- without a window


def activate(data: Path, *numbers: int) -> None:
    """What the agent notes when it puts a release up."""
    state = State(data / "state.sqlite")
    for number in numbers:
        state.activate(Activation(number, "stable", number, 1, "", "", {}), {}, TODAY)
    state.close()


def shelve(data: Path, *numbers: int) -> None:
    """Whole releases in their folders."""
    for number in numbers:
        folder = data / "releases" / str(number)
        folder.mkdir(parents=True)
        shutil.copy(LIBRARY, folder / "library.sqlite")


def shown(data: Path) -> int:
    release = open_active(data)
    release.close()
    return release.number


def test_the_active_release_is_shown_and_not_a_newer_folder_that_nobody_activated(tmp_path):
    shelve(tmp_path, 1, 2, 3)
    assert shown(tmp_path) == 3
    activate(tmp_path, 1, 2)
    assert shown(tmp_path) == 2


def test_where_the_active_release_is_broken_the_one_before_it_is_shown(tmp_path, caplog):
    shelve(tmp_path, 1, 2, 3, 4)
    activate(tmp_path, 2, 3)
    path = tmp_path / "releases" / "3" / "library.sqlite"
    path.write_bytes(b"rubbish")
    assert shown(tmp_path) == 2
    assert str(path) in caplog.text
    shutil.rmtree(tmp_path / "releases" / "2")
    assert shown(tmp_path) == 4


@pytest.mark.parametrize("state", ["empty", "rubbish", "no table", "nothing active", "folder"])
def test_an_agents_memory_that_says_nothing_leaves_the_newest_whole_release(tmp_path, state):
    shelve(tmp_path, 1, 2)
    path = tmp_path / "state.sqlite"
    if state == "empty":
        path.touch()
    elif state == "rubbish":
        path.write_bytes(b"no database" * 1000)
    elif state == "no table":
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE other (one)")
        connection.close()
    elif state == "nothing active":
        State(path).close()
    else:
        path.mkdir()
    shelf = Shelf(tmp_path)
    assert shelf.shown.number == 2
    assert shelf.newer() is None and shelf.newer() is None
    shelf.shown.close()


def test_a_power_cut_in_the_middle_of_the_agents_writing_leaves_a_release_to_show(tmp_path):
    desk, data = tmp_path / "desk", tmp_path / "data"
    shelve(desk, 1, 2)
    activate(desk, 1)
    connection = sqlite3.connect(desk / "state.sqlite", isolation_level=None)
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("BEGIN IMMEDIATE")
    for number in range(2, 40):
        connection.execute("INSERT INTO activation VALUES (?, ?)", (number, "x" * 5000))
    assert (desk / "state.sqlite-journal").stat().st_size > 0
    shutil.copytree(desk, data)
    connection.close()
    shelf = Shelf(data)
    assert shelf.shown.number == 2
    assert shelf.newer() is None
    State(data / "state.sqlite").close()  # The agent starts and mends its memory.
    other = shelf.newer()
    assert other is not None and other.number == 1


def test_the_screen_waits_for_no_agent_that_is_just_writing(tmp_path):
    shelve(tmp_path, 1, 2)
    activate(tmp_path, 1)
    shelf = Shelf(tmp_path)
    activate(tmp_path, 2)
    writer = sqlite3.connect(tmp_path / "state.sqlite", isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    start = time.monotonic()
    assert shelf.newer() is None
    assert time.monotonic() - start < 0.3
    writer.execute("ROLLBACK")
    other = shelf.newer()
    assert other is not None and other.number == 2


def test_a_release_that_is_shown_is_not_taken_away_and_goes_once_it_is_let_go(tmp_path):
    shelve(tmp_path, 1, 2, 3)
    disk = Disk()
    agent = Releases(tmp_path / "releases", Store(tmp_path / "store", disk), disk)
    activate(tmp_path, 1)
    release = open_active(tmp_path)
    agent.sweep([2, 3])
    assert release.library.destinations("en") and (tmp_path / "releases" / "1").is_dir()
    release.close()
    agent.sweep([2, 3])
    assert not (tmp_path / "releases" / "1").exists()


def test_looking_for_a_release_writes_nothing(tmp_path):
    shelve(tmp_path, 1, 2)
    activate(tmp_path, 1)
    before, times = files_of(tmp_path), [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*"))]
    shelf = Shelf(tmp_path)
    assert shelf.newer() is None
    shelf.shown.close()
    assert files_of(tmp_path) == before
    assert [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*"))] == times


def test_while_the_agent_writes_nothing_a_look_is_one_look_at_a_date(tmp_path, monkeypatch):
    shelve(tmp_path, 1)
    activate(tmp_path, 1)
    shelf = Shelf(tmp_path)
    assert shelf.newer() is None
    opened = []
    monkeypatch.setattr("kiosk.releases.sqlite3.connect", lambda *_, **__: opened.append(1))
    start = time.perf_counter()
    for _ in range(100):
        assert shelf.newer() is None
    assert not opened and (time.perf_counter() - start) / 100 < 0.001
    shelf.shown.close()


def test_a_release_that_is_just_being_taken_away_is_not_shown(tmp_path):
    shelve(tmp_path, 1, 2)
    path = tmp_path / "releases" / "2" / "library.sqlite"
    with path.open("rb") as agent:
        fcntl.flock(agent, fcntl.LOCK_EX)
        assert shown(tmp_path) == 1
    assert shown(tmp_path) == 2


def test_every_release_that_was_tried_is_in_the_message(tmp_path):
    shelve(tmp_path, 1, 2)
    activate(tmp_path, 1)
    for number in (1, 2):
        (tmp_path / "releases" / str(number) / "library.sqlite").write_bytes(b"rubbish")
    with pytest.raises(LibraryError) as error:
        open_active(tmp_path)
    text = str(error.value)
    assert text.count("library.sqlite: not a whole library") == 2 and "make run" in text

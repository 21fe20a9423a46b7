"""After a visit, however it ended, nothing tells what one person did."""

from __future__ import annotations

import gc
import logging
import os
from pathlib import Path

import pytest

SECRET = "Someone keeps your passport"
"""A sentence of a sensitive page: the one that must be gone."""


def texts_alive() -> list[str]:
    """Every text of every live part and laid-out label in the process."""
    from kivy.core.text import LabelBase

    from kiosk.widgets.words import Words

    gc.collect()
    found = []
    for thing in gc.get_objects():
        if issubclass(type(thing), Words):
            found.append(thing.text)
        elif issubclass(type(thing), LabelBase):
            found.append(str(thing._text))
    return found


def files_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file below a folder."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and ".git" not in path.parts:
            state = path.stat()
            found[str(path)] = (state.st_size, state.st_mtime_ns)
    return found


def visit_something_sensitive(driver) -> None:
    driver.press("English")
    driver.press("Russia")
    driver.press("Large text")
    driver.press("High contrast")
    driver.press("Signs to notice")
    assert any(SECRET in text for text in texts_alive())
    driver.press("Go back")
    driver.press("Useful numbers")
    driver.press("Show the code")


@pytest.mark.parametrize("ending", ["finish", "idle", "quick exit"])
def test_nothing_of_a_visit_remains(driver, clock, caplog, tmp_path, ending):
    from kivy.cache import Cache

    caplog.set_level(logging.DEBUG)
    home = Path(os.environ["HOME"])
    written = (
        {**files_of(Path.cwd() / "out" / "data"), **files_of(home / ".kivy")}
        if (home / ".kivy").exists()
        else files_of(Path.cwd() / "out" / "data")
    )
    visit_something_sensitive(driver)
    if ending == "finish":
        driver.press("Finish")
    elif ending == "quick exit":
        driver.press("Quick exit")
    else:
        clock.seconds += 61
        driver.kiosk._tick(0)
        clock.seconds += 21
        driver.kiosk._tick(0)
    driver.settle(0.3)

    alive = texts_alive()
    assert not any(SECRET in text for text in alive)
    assert not any("112" in text for text in alive)
    assert not any("Russia" in text for text in alive)
    kiosk = driver.kiosk
    assert kiosk._next is None and kiosk._under is None
    assert (kiosk.visit.large, kiosk.visit.contrast, kiosk.visit.low) == (False, False, False)
    assert kiosk.visit.language == kiosk.languages()[0].code
    assert kiosk.visit.passport == kiosk.settings.passport
    for category in ("kv.texture", "kv.image", "kv.lang", "kv.shader"):
        stored = str(Cache._objects.get(category, {}))
        assert SECRET not in stored and "Russia" not in stored
    log = " ".join(record.getMessage() for record in caplog.records)
    assert SECRET not in log and "Russia" not in log and "RU" not in log.split()
    after = files_of(Path.cwd() / "out" / "data")
    assert {name: state for name, state in written.items() if "/out/data/" in name} == after


def test_live_parts_do_not_grow_over_twenty_visits(driver):
    from kiosk.widgets.node import Node

    def count() -> int:
        gc.collect()
        return sum(issubclass(type(thing), Node) for thing in gc.get_objects())

    sizes = []
    for _ in range(20):
        driver.press("English")
        driver.press("Russia")
        driver.press("Health")
        driver.kiosk.finish()
        driver.settle()
        sizes.append(count())
    assert sizes[-1] <= sizes[3], sizes

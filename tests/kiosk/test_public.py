"""The real program on a real X server, treated as a hall treats it: every key, chord and button.

The probe is the benchmark's: it presses through the X server and looks at its pixels.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from Xlib import X
from Xlib.ext import xtest

from bench.display import Display, Program
from tests.kiosk.app import LIBRARY, ROOT

SHIFT, CONTROL, ALT, SUPER = 50, 37, 64, 133
"""Key codes of the modifiers on every PC keyboard under X."""

CHORDS = [(), (CONTROL,), (ALT,), (SUPER,), (SHIFT,), (CONTROL, ALT), (CONTROL, SHIFT), (ALT, SHIFT)]


@pytest.fixture(scope="module")
def place() -> Iterator[Display]:
    with Display(93, 1080, 1920) as opened:
        yield opened


def environment(place: Display, home: Path) -> dict[str, str]:
    """A real display, whatever other tests of this process set, and a home of its own."""
    return {
        "DISPLAY": place.name,
        "SDL_VIDEODRIVER": "x11",
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
    }


def start(place: Display, home: Path, *arguments: str) -> Program:
    """The kiosk as it is started in a hall, with a home of its own to see what it writes."""
    command = [sys.executable, str(ROOT / "main.py"), "run", *arguments]
    return Program(command, place.name, environment(place, home))


def other_page(place: Display, *before: bytes) -> bytes:
    """Wait for a page that is none of these, and for its last frame. A busy machine starts slowly."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if place.sample() not in before and (shown := place.settled(1.5)) not in before:
            return shown
        time.sleep(0.1)
    raise AssertionError("nothing else was shown")


def test_no_key_chord_or_button_does_anything_and_nothing_is_written(place, tmp_path):
    blank = place.sample()
    with start(place, tmp_path) as kiosk:
        shown = other_page(place, blank)
        for chord in CHORDS:
            for modifier in chord:
                xtest.fake_input(place._x, X.KeyPress, modifier)
            for code in range(9, 255):
                if code in (SHIFT, CONTROL, ALT, SUPER):
                    continue
                xtest.fake_input(place._x, X.KeyPress, code)
                xtest.fake_input(place._x, X.KeyRelease, code)
            for modifier in chord:
                xtest.fake_input(place._x, X.KeyRelease, modifier)
            place._x.sync()
        xtest.fake_input(place._x, X.MotionNotify, x=540, y=700)
        for button in (2, 3, 8, 9):
            xtest.fake_input(place._x, X.ButtonPress, button)
            xtest.fake_input(place._x, X.ButtonRelease, button)
        place._x.sync()
        time.sleep(1)
        assert kiosk._process is not None and kiosk._process.poll() is None, "a key ended the kiosk"
        assert _same_page(place, shown)
        # And it still answers: a finger on a language leads away from the start.
        place.tap(270, 700)
        assert place.settled() != shown
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def _same_page(place: Display, shown: bytes) -> bool:
    """The start page changes its greeting every eight seconds; it comes round again."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if place.sample() == shown:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(
    ("name", "broken", "says"),
    [
        ("settings", 'airport = "atlantis"\n', "atlantis"),
        ("no settings", None, "the file is missing"),
        ("no guides", 'airport = "tashkent"\ndata = "nothing"\n', "there is no release"),
    ],
)
def test_what_is_broken_is_one_message_and_a_page_with_help(place, tmp_path, name, broken, says):
    settings = tmp_path / "kiosk.toml"
    if broken is not None:
        settings.write_text(broken)
    errors = tmp_path / "errors"
    blank = place.sample()
    with errors.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "main.py"), "run", "--config", str(settings)],
            env={**os.environ, **environment(place, tmp_path)},
            stderr=stream,
        )
        try:
            end = time.monotonic() + 20
            while place.sample() == blank and time.monotonic() < end:
                time.sleep(0.05)
            assert place.settled() != blank, "nothing was shown"
            assert process.poll() is None, errors.read_text()
        finally:
            process.terminate()
            process.wait()
    text = errors.read_text()
    assert says in text and str(settings.parent) in text
    assert "Traceback" not in text


def test_guides_that_come_after_the_start_are_shown_without_anybodys_help(place, tmp_path):
    settings = tmp_path / "kiosk.toml"
    settings.write_text('airport = "tashkent"\ndata = "data"\n')
    blank = place.sample()
    with start(place, tmp_path, "--config", str(settings)) as kiosk:
        without = other_page(place, blank)
        shutil.copytree(LIBRARY.parent, tmp_path / "data" / "releases" / "1")
        shown = other_page(place, without, blank)
        assert kiosk._process is not None and kiosk._process.poll() is None
        place.tap(270, 700)
        assert place.settled() not in (shown, without)


@pytest.mark.parametrize("missing", ["fonts/Inter-SemiBold.ttf", "icons/icons.ttf", "icons/icons.json"])
def test_a_missing_font_is_one_message_and_a_page_with_help(place, tmp_path, missing):
    tree = tmp_path / "product"
    for folder in ("kiosk", "content", "locales"):
        ignored = shutil.ignore_patterns("__pycache__", "guides", "facts", "origins")
        shutil.copytree(ROOT / folder, tree / folder, ignore=ignored)
    shutil.copy(ROOT / "main.py", tree)
    (tree / "kiosk.toml").write_text(f'airport = "tashkent"\ndata = "{ROOT / "out" / "data"}"\n')
    (tree / "kiosk" / "assets" / missing).unlink()
    errors = tmp_path / "errors"
    blank = place.sample()
    with errors.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, str(tree / "main.py"), "run"],
            env={**os.environ, **environment(place, tmp_path)},
            stderr=stream,
        )
        try:
            end = time.monotonic() + 20
            while place.sample() == blank and time.monotonic() < end:
                time.sleep(0.05)
            assert place.settled() != blank, errors.read_text()
            assert process.poll() is None, errors.read_text()
        finally:
            process.terminate()
            process.wait()
    text = errors.read_text()
    assert Path(missing).name in text and "Traceback" not in text

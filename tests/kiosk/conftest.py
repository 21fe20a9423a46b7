"""The real app on a real window for the touch tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kiosk.app import ROOT, library, open_window, settings


class Clock:
    """Seconds that a test can move on."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture(scope="session")
def clock() -> Clock:
    """The kiosk's clock."""
    return Clock()


@pytest.fixture(scope="session")
def running(clock: Clock) -> Iterator[object]:
    """One driver for the whole run: a process has one window."""
    open_window()
    from kiosk.app import make_kiosk
    from kiosk.driver import Driver

    kiosk = make_kiosk(settings(), library(), ROOT / "locales")
    kiosk._now = clock
    kiosk.touch._now = clock
    kiosk._last_touch = kiosk._last_tick = clock()
    driver = Driver(kiosk)
    yield driver
    driver.close()


@pytest.fixture
def driver(running: object, clock: Clock) -> Iterator[object]:
    """The driver at the start of a fresh visit."""
    clock.seconds += 10
    running.kiosk.finish()
    running.settle()
    yield running
    clock.seconds += 10
    running.kiosk.finish()
    running.settle()

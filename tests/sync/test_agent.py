"""The loop around updates: limits, pauses, first start, time, settings."""

from __future__ import annotations

import dataclasses
import os
from datetime import timedelta
from pathlib import Path

import pytest

from sync import errors
from sync.agent import FIRST_PAUSE, LONGEST_PAUSE, Agent
from sync.settings import AgentSettings, in_window, read_agent_settings
from sync.status import read_status
from tests.sync.centre import CHANNEL, Centre, Clock, Line, hasty


class Uptime:
    """Seconds since the device was switched on."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def settings_of(centre: Centre, *lines: Line, **more: object) -> AgentSettings:
    """What a kiosk of this centre is told."""
    root = centre.folder / "root.json"
    root.write_bytes(centre.root)
    servers = tuple(line.address for line in lines)
    return dataclasses.replace(AgentSettings(centre.folder / "kiosk", root, servers, CHANNEL), **more)


def agent_of(settings: AgentSettings, clock: Clock, uptime: Uptime | None = None) -> Agent:
    """An agent whose jitter is none."""
    return Agent(settings, clock, uptime or Uptime(), chance=lambda: 0.5, make=hasty)


def test_a_round_brings_the_release_and_the_next_one_rests(centre: Centre) -> None:
    centre.publish()
    with centre.line() as line:
        agent = agent_of(settings_of(centre, line, every_minutes=60), centre.clock)
        assert agent.cycle() == 3600
        assert centre.kiosk().state()[0] == 1
        status = read_status(centre.folder / "kiosk")
        assert (status.release, status.channel, status.trouble) == (1, CHANNEL, "")
        assert status.spent.startswith("2026-11-25 ") and int(status.spent.split()[1]) > 1000


def test_pauses_grow_and_end(centre: Centre) -> None:
    uptime = Uptime()
    agent = agent_of(settings_of(centre, servers=("http://127.0.0.1:9",)), centre.clock, uptime)
    agent.update = _raises(errors.NetworkError("nobody answers"))  # type: ignore[method-assign]
    pauses = []
    for _ in range(8):
        pauses.append(agent.cycle())
        uptime.seconds += pauses[-1]
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE


def _raises(error: Exception):  # type: ignore[no-untyped-def]
    def work() -> None:
        raise error

    return work


def test_two_kiosks_do_not_come_back_in_the_same_second(centre: Centre) -> None:
    pauses = set()
    for chance in (0.0, 0.3, 0.9):
        agent = Agent(settings_of(centre), centre.clock, Uptime(), chance=lambda chance=chance: chance)  # type: ignore[misc]
        pauses.add(agent.cycle())
    assert len(pauses) == 3


def test_the_days_limit_holds_over_rounds_and_ends_with_the_day(centre: Centre) -> None:
    centre.publish(media={"RU": {"map.png": os.urandom(400_000)}})
    with centre.line() as line:
        agent = agent_of(settings_of(centre, line, daily_bytes=150_000), centre.clock)
        with pytest.raises(errors.LimitError):
            agent.update()
        line.asked.clear()
        with pytest.raises(errors.LimitError):
            agent.update()
        assert line.asked == [], "the second round of the day has nothing left"
        for _ in range(4):
            centre.clock.advance(days=1)
            try:
                agent.update()
                break
            except errors.LimitError:
                continue
    assert centre.kiosk().state()[0] == 1


def test_outside_its_window_the_agent_asks_nobody(centre: Centre) -> None:
    centre.publish()
    with centre.line() as line:
        local = centre.clock().astimezone()
        start, end = (local + timedelta(hours=1)).time(), (local + timedelta(hours=2)).time()
        uptime = Uptime()
        agent = agent_of(settings_of(centre, line, window=(start, end)), centre.clock, uptime)
        agent.cycle()
        assert line.asked == []
        centre.clock.advance(hours=1, minutes=30)
        uptime.seconds += 5400
        agent.cycle()
        assert line.asked


def test_the_first_start_takes_the_installers_release_without_a_network(centre: Centre) -> None:
    centre.publish()
    settings = settings_of(centre, factory=centre.public / "bundle/stable/from-0")
    settings = dataclasses.replace(settings, servers=("http://127.0.0.1:9",))
    agent = agent_of(settings, Clock(centre.clock() + timedelta(days=700)))
    with pytest.raises(errors.NetworkError):
        agent.update()
    assert centre.kiosk().state()[0] == 1


def test_a_kiosk_without_a_line_has_no_trouble(centre: Centre) -> None:
    centre.publish()
    settings = settings_of(centre, factory=centre.public / "bundle/stable/from-0")
    assert agent_of(settings, centre.clock).update().release == 1
    assert read_status(centre.folder / "kiosk").trouble == ""


def test_a_broken_installer_does_not_keep_the_network_out(centre: Centre) -> None:
    centre.publish()
    broken = centre.folder / "factory"
    broken.write_bytes(b"SAFEAIR1garbage")
    with centre.line() as line:
        agent = agent_of(settings_of(centre, line, factory=broken), centre.clock)
        assert agent.update().activated


def test_uptime_counts_where_the_clock_stands_still(centre: Centre) -> None:
    """A frozen centre and a dead clock: old signatures end all the same."""
    centre.publish()
    uptime = Uptime()
    with centre.line() as line:
        clock = Clock(centre.clock().replace(year=2000))
        agent = agent_of(settings_of(centre, line), clock, uptime)
        agent.update()
        for _ in range(15):
            uptime.seconds += 24 * 3600
            try:
                agent.update()
            except errors.ExpiredError:
                break
        else:
            pytest.fail("a frozen centre was believed for ever")
        centre.clock.advance(days=16)
        centre.publisher().resign()
        agent.update()


def test_a_week_later_everything_is_hashed_again(centre: Centre) -> None:
    centre.publish()
    with centre.line() as line:
        agent = agent_of(settings_of(centre, line), centre.clock)
        agent.update()
        blob = max((centre.folder / "kiosk/blobs").glob("??/*"), key=lambda path: path.stat().st_size)
        good = blob.read_bytes()
        blob.write_bytes(b"\0" * len(good))
        centre.clock.advance(days=6)
        agent.update()
        assert blob.read_bytes() != good
        centre.clock.advance(days=2)
        agent.update()
        assert blob.read_bytes() == good


def test_a_signed_address_comes_first_and_locks_nobody_out(centre: Centre) -> None:
    with centre.line() as old, centre.line() as new:
        centre.publish(servers=(new.address,))
        agent = agent_of(settings_of(centre, old), centre.clock)
        agent.update()
        old.asked.clear()
        agent.update()
        assert new.asked and not old.asked
        centre.publish(servers=("http://127.0.0.1:9",))
        agent.update()
        centre.edit()
        centre.publish()
        assert agent.update().activated, "the settings' address serves on"


def test_a_stopped_agent_ends(centre: Centre) -> None:
    agent = agent_of(settings_of(centre), centre.clock)
    agent.stop()
    agent.run()


def test_the_status_of_a_kiosk_that_has_nothing(tmp_path: Path) -> None:
    lines = list(read_status(tmp_path).lines(tmp_path))
    assert lines[0].endswith("none") and "trouble      none" in lines
    (tmp_path / "state.sqlite").write_bytes(b"garbage" * 100)
    (tmp_path / "progress.json").write_text("[", encoding="utf-8")
    assert read_status(tmp_path).reason == "damaged"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[agent]\nserver = 'x'", "'server' is not known"),
        ("[agent]\nservers = 'https://x'", "wrong type"),
        ("[agent]\nservers = ['ftp://x']", "Begin it with https"),
        ("[agent]\nchannel = 'beta'", "pilot, stable"),
        ("[agent]\nevery_minutes = 0", "outside 1 to"),
        ("[agent]\nevery_minutes = true", "wrong type"),
        ("[agent]\nwindow = '1-5'", "01:00-05:00"),
        ("[agent]\nwindow = 'night'", "01:00-05:00"),
        ("agent = 5", "no table"),
        ("[agent\n", "cannot be read"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_write(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(errors.SettingsError, match=message) as caught:
        read_agent_settings(path, tmp_path, tmp_path / "root.json")
    assert str(path) in str(caught.value)


def test_settings_that_say_little(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text('airport = "manas"\ndata = "d"\n[agent]\nwindow = "23:00-05:00"\n', encoding="utf-8")
    settings = read_agent_settings(path, tmp_path / "other", tmp_path / "root.json")
    assert settings.data == tmp_path / "d" and settings.channel == "stable" and not settings.servers
    assert settings.window is not None and in_window(settings.window, settings.window[0])
    assert not in_window(settings.window, settings.window[1])


def test_a_lost_root_is_named(centre: Centre) -> None:
    settings = settings_of(centre)
    settings.root.unlink()
    with pytest.raises(errors.SettingsError, match="trusted root cannot be read"):
        agent_of(settings, centre.clock).update()

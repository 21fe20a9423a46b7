"""``python -m sync`` by hand: every command, what it says, and what its exit code tells a timer."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from sync.__main__ import _on_stick, _parser, main
from sync.bundle import Bundle
from sync.errors import SettingsError
from sync.manifest import read_manifest
from sync.packstore import FolderStore
from sync.settings import read_agent_settings
from tests.sync.centre import PAY

ROOT = Path(__file__).resolve().parents[2]
CONTACT = "ru-labour"


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


class Desk:
    """Guides that are good today, keys, a store and a kiosk; commands run in this process."""

    def __init__(self, folder: Path, template: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capture = capture
        shutil.copytree(template / "content", folder / "content", symlinks=True)
        shutil.copytree(template / "kiosk", folder / "kiosk", symlinks=True)
        self.content = folder / "content"
        self.keys = folder / "keys"
        self.store = folder / "store"
        self.data = folder / "data"
        self.config = folder / "kiosk.toml"
        self._date()
        self.configure()

    def _date(self) -> None:
        """The lint judges by today's date, so the guides are of yesterday."""
        today = date.today()
        days = {"2026-11-2[234]": today - timedelta(days=1), "2027-0[25]-2[12]": today + timedelta(days=60)}
        for path in self.content.rglob("*.yaml"):
            text = path.read_text(encoding="utf-8")
            for old, new in days.items():
                text = re.sub(old, new.isoformat(), text)
            path.write_text(text, encoding="utf-8")

    def configure(self, channel: str = "pilot", **more: object) -> None:
        """Write the kiosk's settings."""
        lines = [
            f'data = "{self.data}"',
            "[agent]",
            f'channel = "{channel}"',
            f'root = "{self.keys}/root.json"',
        ]
        lines += [f"{key} = {json.dumps(value)}" for key, value in more.items()]
        self.config.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def run(self, *arguments: object) -> Said:
        """A command as ``main`` gets it; usage errors end with 2, as in a shell."""
        self._capture.readouterr()
        try:
            code = main([str(one) for one in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        said = self._capture.readouterr()
        return Said(code, said.out, said.err)

    def init(self) -> Said:
        """The key ceremony."""
        return self.run("keys", "init", self.keys)

    def publish(self, *more: object) -> Said:
        """Publish what is on the desk."""
        return self.run(
            "publish", "--store", self.store, "--keys", self.keys, "--content", self.content, *more
        )

    def centre(self, command: str, *more: object) -> Said:
        """``resign`` or ``verify``."""
        return self.run(command, "--store", self.store, "--keys", self.keys, *more)

    def kiosk(self, command: str, *more: object) -> Said:
        """A command of the kiosk."""
        return self.run(command, "--config", self.config, *more)

    def edit(self, edition: int) -> None:
        """Change one article in every language; the lint accepts it."""
        path = self.folder / "content" / PAY
        text = path.read_text(encoding="utf-8")
        day = date.today() + timedelta(days=60 - edition)
        path.write_text(re.sub("review_by: .*", f"review_by: {day}", text), encoding="utf-8")

    def files(self) -> set[str]:
        """What is published."""
        return set(FolderStore(self.store).names(""))


@pytest.fixture
def desk(tmp_path: Path, template: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A desk with keys, nothing published yet."""
    made = Desk(tmp_path, template, capsys)
    assert made.init().code == 0
    return made


# -- help


def _walk(parser: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.Action]]:
    for action in parser._actions:
        yield name, action
        if isinstance(action, argparse._SubParsersAction):
            for command, inner in action.choices.items():
                yield from _walk(inner, f"{name} {command}".strip())


def test_every_command_and_every_option_has_a_help_text() -> None:
    commands, options = [], []
    for name, action in _walk(_parser()):
        if isinstance(action, argparse._SubParsersAction):
            listed = {one.dest: one.help for one in action._choices_actions}
            assert set(listed) == set(action.choices), f"{name}: a command without help"
            assert all(listed.values()), name
            commands += [f"{name} {one}".strip() for one in action.choices]
        else:
            assert action.help, f"{name}: {'/'.join(action.option_strings) or action.dest}"
            options.append((name, action.dest))
    assert set(commands) == {
        "keys", "keys init", "keys rotate", "keys sign", "publish", "resign", "verify", "serve", "agent",
        "update", "import-usb", "status", "scrub", "tuf-client",
    }  # fmt: skip
    assert len(options) > 40


@pytest.mark.parametrize("command", ["", *("keys init", "keys rotate", "publish", "import-usb", "scrub")])
def test_help_is_printed_and_ends_with_0(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*command.split(), "--help"])
    assert end.value.code == 0
    assert "usage: python -m sync" in capsys.readouterr().out


@pytest.mark.parametrize(
    "line",
    [
        "",
        "keys",
        "nonsense",
        "publish --channel beta",
        "publish --revert-to one",
        "publish --promote pilot --revert-to 1",
        "publish --servers centre.example",
        "update --server centre.example",
        "import-usb",
        "keys sign next.json",
    ],
)
def test_a_wrong_command_line_ends_with_2_and_the_usage(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(line.split())
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("usage: python -m sync")


# -- keys


def test_keys_init_says_what_to_do_with_the_keys(
    tmp_path: Path, template: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path, template, capsys)
    said = desk.init()
    assert said.code == 0
    assert "root.json: give it to every kiosk" in said.out and "three places" in said.out
    assert stat.S_IMODE((desk.keys / "root-1.pem").stat().st_mode) == 0o600
    again = desk.init()
    assert again.code == 1 and "never overwritten" in again.err and again.out == ""


def test_a_lost_key_is_exchanged_by_hand(desk: Desk, tmp_path: Path) -> None:
    """Draft, two signatures from two drawers, publish; each step says what comes next."""
    assert desk.publish().code == 0
    drawers = []
    for number in (1, 2, 3):
        drawers.append(tmp_path / f"drawer-{number}")
        drawers[-1].mkdir()
        (desk.keys / f"root-{number}.pem").rename(drawers[-1] / f"root-{number}.pem")
    draft, root = tmp_path / "next.json", desk.keys / "root.json"
    said = desk.run("keys", "rotate", "timestamp", "--root", root, "--out", draft, "--keys", desk.keys)
    assert said.code == 0 and "the draft of root 2" in said.out and "keys sign" in said.out
    (desk.keys / "timestamp.pem").unlink()
    said = desk.run("keys", "sign", draft, "--root", root, "--keys", drawers[0])
    assert said.code == 0 and "1 more signature(s) needed" in said.out
    said = desk.centre("resign", "--root", draft)
    assert said.code == 1 and "1 more signature(s)" in said.err
    said = desk.run("keys", "sign", draft, "--root", root, "--keys", drawers[2])
    assert said.code == 0 and "complete" in said.out and f"resign --root {draft}" in said.out
    said = desk.centre("resign", "--root", draft)
    assert (said.code, said.out) == (0, "Signed again: timestamp 2, snapshot 1.\n")
    assert desk.centre("resign", "--root", draft).code == 0, "a timer may name it every day"
    assert desk.centre("resign", "--root", root).code == 0, "or still the first one"
    assert desk.centre("verify").code == 0


def test_a_draft_that_cannot_be_written_costs_no_key(desk: Desk, tmp_path: Path) -> None:
    root = desk.keys / "root.json"
    before = {path.name: path.read_bytes() for path in desk.keys.iterdir()}
    taken = tmp_path / "taken.json"
    taken.write_text("a draft with a signature from far away")
    for out, words in (
        (tmp_path / "none" / "next.json", "cannot be written"),
        (taken, "exists already"),
        (root, "exists"),
    ):
        said = desk.run("keys", "rotate", "targets", "--root", root, "--out", out, "--keys", desk.keys)
        assert said.code == 1 and words in said.err, said
    said = desk.run(
        "keys", "rotate", "mirror", "--root", root, "--out", tmp_path / "next.json", "--keys", desk.keys
    )
    assert said.code == 1 and "is no role" in said.err and not (tmp_path / "next.json").exists()
    said = desk.run(
        "keys", "rotate", "root", "--root", root, "--out", tmp_path / "next.json", "--keys", desk.keys
    )
    assert said.code == 1 and "say which key goes" in said.err
    assert {path.name: path.read_bytes() for path in desk.keys.iterdir()} == before
    assert taken.read_text().startswith("a draft")


def test_signing_what_is_no_draft_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    root = desk.keys / "root.json"
    said = desk.run("keys", "sign", tmp_path / "none.json", "--root", root, "--keys", desk.keys)
    assert said.code == 1 and "none.json: cannot be read" in said.err
    first, second = tmp_path / "2.json", tmp_path / "3.json"
    desk.run("keys", "rotate", "expiry", "--root", root, "--out", first, "--keys", desk.keys)
    desk.run("keys", "rotate", "expiry", "--root", first, "--out", second, "--keys", desk.keys)
    before = second.read_bytes()
    said = desk.run("keys", "sign", second, "--root", root, "--keys", desk.keys)
    assert said.code == 1 and "root 3 does not follow root 1" in said.err
    assert second.read_bytes() == before


# -- the centre


def test_pilot_is_published_and_the_same_again_is_no_release(desk: Desk) -> None:
    said = desk.publish()
    assert (said.code, said.out, said.err) == (0, "Release 1 on pilot: RU, common changed.\n", "")
    said = desk.publish()
    assert said.code == 0 and "Release 1 on pilot stands: nothing changed. It was signed again." in said.out
    desk.edit(2)
    assert "Release 2 on pilot: RU changed." in desk.publish().out
    assert "Release 3 on pilot: settings changed." in desk.publish("--servers", "https://centre.example").out


def test_stable_wants_confirmed_contacts_or_a_word_that_it_is_a_demonstration(desk: Desk) -> None:
    said = desk.publish("--channel", "stable")
    assert said.code == 1 and said.out == ""
    assert "contacts.yaml" in said.err and "Nothing was published" in said.err
    assert not any(name.startswith(("metadata/timestamp", "bundle/", "blobs/")) for name in desk.files())
    said = desk.publish("--channel", "stable", "--allow-unconfirmed")
    assert said.code == 0 and "Release 1 on stable" in said.out
    assert desk.publish("--channel", "stable").code == 1, "the word is needed each time"


def test_guides_with_a_mistake_are_not_published(desk: Desk) -> None:
    path = desk.content / "guides/RU/articles/pay.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("within 90 days", "within 91 days"), encoding="utf-8"
    )
    said = desk.publish()
    assert said.code == 1 and re.search(r"pay\.yaml:\d+.*error", said.err) and "Mend them first" in said.err


def test_a_content_folder_that_is_not_there_is_named(desk: Desk, tmp_path: Path) -> None:
    said = desk.run("publish", "--store", desk.store, "--keys", desk.keys, "--content", tmp_path / "none")
    assert said.code == 1 and "none" in said.err and "Traceback" not in said.err
    assert not any(name.startswith("bundle/") for name in desk.files())


def test_an_empty_content_folder_does_not_empty_every_kiosk(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    desk.publish()
    said = desk.run("publish", "--store", desk.store, "--keys", desk.keys, "--content", tmp_path / "empty")
    assert said.code == 1 and "Nothing was published" in said.err


def test_promote_revert_and_withdraw_by_hand(desk: Desk) -> None:
    desk.publish()
    assert (
        "Release 2 on stable: RU, common changed."
        in desk.publish("--channel", "stable", "--promote", "pilot").out
    )
    desk.edit(2)
    assert "Release 3 on pilot" in desk.publish().out
    said = desk.publish("--channel", "pilot", "--revert-to", "1")
    assert (said.code, said.out) == (0, "Release 4 on pilot: RU changed.\n")
    for number in ("0", "99"):
        said = desk.publish("--channel", "pilot", "--revert-to", number)
        assert said.code == 1 and number in said.err and "1, 3, 4" in said.err, said
    said = desk.publish("--withdraw", CONTACT)
    assert (said.code, said.out) == (0, f"Withdrawn on all channels: {CONTACT}.\n")
    assert desk.publish("--give-back", CONTACT).out == "Withdrawn on all channels: none.\n"
    said = desk.publish("--give-back", CONTACT)
    assert said.code == 1 and "was not withdrawn" in said.err
    for name in ("nobody", "ru-silent"):
        said = desk.publish("--withdraw", name)
        assert said.code == 1 and f"{name} is no contact with a number" in said.err
    said = desk.publish("--promote", "pilot", "--channel", "stable", "--servers", "https://centre.example")
    assert said.code == 1 and "--servers" in said.err


def test_a_number_that_stays_under_another_name_is_told(desk: Desk) -> None:
    """Two countries may list one line; withdrawing one of them leaves the other on the screen."""
    facts = desk.content / "facts/origin-uz.yaml"
    facts.write_text(
        facts.read_text(encoding="utf-8").replace('phone: "103"', 'phone: "88007000600"'), encoding="utf-8"
    )
    desk.publish()
    said = desk.publish("--withdraw", CONTACT)
    assert said.code == 0 and "88007000600 is also the number of uz-ambulance" in said.out
    assert "also the number" not in desk.publish("--withdraw", CONTACT, "uz-ambulance").out


def test_media_travel_and_names_that_cannot_are_told(desk: Desk) -> None:
    folder = desk.content / "media" / "RU"
    folder.mkdir(parents=True)
    (folder / "map.png").write_bytes(b"map" * 99)
    (folder / ".DS_Store").write_bytes(b"of the desk")
    said = desk.publish()
    assert said.code == 0, said
    names = [name for name in desk.files() if name.endswith(".RU.json")]
    assert [list(read_manifest((desk.store / name).read_bytes()).media) for name in names] == [["map.png"]]
    (folder / "Stadtplan neu.png").write_bytes(b"map")
    said = desk.publish()
    assert said.code == 1 and "'Stadtplan neu.png' is no name" in said.err


def test_keys_or_root_that_are_not_there_are_named(desk: Desk, tmp_path: Path) -> None:
    said = desk.run("publish", "--store", desk.store, "--keys", tmp_path / "none", "--content", desk.content)
    assert said.code == 1 and "keys init" in said.err
    (desk.keys / "root.json").rename(tmp_path / "root.json")
    said = desk.publish()
    assert said.code == 1 and "--root root.json" in said.err
    assert desk.publish("--root", tmp_path / "root.json").code == 0
    said = desk.run("publish", "--store", "ftp://host/x", "--keys", desk.keys)
    assert said.code == 1 and "PACK_STORE" in said.err


def test_the_store_of_the_environment_is_used(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PACK_STORE", str(tmp_path / "elsewhere"))
    assert desk.run("publish", "--keys", desk.keys, "--content", desk.content).code == 0
    assert (tmp_path / "elsewhere/metadata/timestamp.json").exists()
    monkeypatch.setenv("PACK_STORE", "")
    said = desk.run("publish", "--keys", desk.keys, "--content", desk.content)
    assert said.code == 1 and "PACK_STORE is empty" in said.err


def test_verify_names_what_is_damaged_and_needs_no_key(desk: Desk, tmp_path: Path) -> None:
    desk.publish()
    said = desk.run("verify", "--store", desk.store, "--keys", tmp_path / "none")
    assert said.code == 0 and re.fullmatch(
        r"\d+ files, [\d.]+ .?B: all there, all as they were signed\.\n", said.out
    )
    for pattern in ("blobs/*/*", "targets/pilot/*.RU.json", "bundle/pilot/from-0", "metadata/1.targets.json"):
        path = next(desk.store.glob(pattern))
        good = path.read_bytes()
        path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        said = desk.run("verify", "--store", desk.store)
        assert said.code == 1 and path.name in said.err and said.out == "", pattern
        path.write_bytes(good)
    assert desk.run("verify", "--store", desk.store).code == 0


def test_verify_writes_nothing_into_a_store_that_was_mistyped(desk: Desk, tmp_path: Path) -> None:
    said = desk.run("verify", "--store", tmp_path / "mistyped", "--keys", desk.keys)
    assert said.code == 1 and "no root" in said.err
    assert not (tmp_path / "mistyped").exists()


# -- the kiosk


@contextlib.contextmanager
def served(folder: Path, how: int = signal.SIGINT) -> Iterator[str]:
    """``serve`` as a process, started with SIGINT ignored as a shell starts its background jobs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sync", "serve", str(folder), "--port", "0"],
        cwd=ROOT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert str(folder) in line
        yield line.split()[0]
        process.send_signal(how)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_server_stops_when_it_is_asked_to(desk: Desk, how: int) -> None:
    desk.publish()
    with served(desk.store, how) as address:
        assert address.startswith("http://127.0.0.1:")


def test_serve_update_status_and_scrub(desk: Desk) -> None:
    desk.publish()
    said = desk.kiosk("status")
    assert said.code == 0 and "release      none" in said.out and "last success never" in said.out
    with served(desk.store) as address:
        said = desk.kiosk("update", "--once", "--server", address)
        assert said.code == 0, said
        assert re.match(r"Release 1 \(pilot\) is here\.\n[\d.]+ .?B in 1 requests\.\n", said.out)
        assert "asking the centre" in said.err and "building release 1" in said.err, (
            "progress for an operator"
        )
        assert "asking" not in said.out
        desk.edit(2)
        desk.publish()
        desk.configure(servers=[address])
        said = desk.kiosk("update")
        assert "Release 2 (pilot) is here.\n  Russia, English: 1 article changed\n" in said.out
        said = desk.kiosk("update")
        assert said.code == 0 and "Release 2 (pilot) was here already." in said.out
    said = desk.kiosk("status")
    assert re.search(r"^release      2 \(pilot\), in releases/2$", said.out, re.MULTILINE)
    assert re.search(r"^trouble      none$", said.out, re.MULTILINE)
    assert desk.kiosk("scrub").out == "Every file is as it was written.\n"
    blob = max((desk.data / "blobs").glob("??/*"), key=lambda path: path.stat().st_size)
    blob.write_bytes(b"\0" * 9)
    said = desk.kiosk("scrub")
    assert said.code == 1 and blob.name in said.out and "1 damaged." in said.out
    said = desk.kiosk("status", "--data", desk.folder / "other")
    assert said.code == 0 and "release      none" in said.out


def test_an_update_that_fails_says_why_and_ends_with_1(desk: Desk) -> None:
    said = desk.kiosk("update")
    assert said.code == 1 and "No server is named in the settings" in said.err
    desk.publish()
    empty = desk.folder / "empty"
    empty.mkdir()
    with served(empty) as address:
        said = desk.kiosk("update", "--server", address)
    assert said.code == 1 and "there is no such file (404)" in said.err and said.out == ""
    said = desk.kiosk("status")
    assert "trouble      missing: " in said.out
    (desk.keys / "root.json").rename(desk.folder / "root.json")
    said = desk.kiosk("update")
    assert said.code == 1 and "the trusted root cannot be read" in said.err


def test_a_second_agent_is_told_that_one_is_at_work(desk: Desk) -> None:
    import fcntl

    desk.data.mkdir()
    with (desk.data / "agent.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in ("update", "scrub"):
            said = desk.kiosk(command)
            assert said.code == 1 and "at work here already" in said.err


def test_a_stick_is_taken_from_its_folder_or_file(desk: Desk) -> None:
    desk.publish()
    stick = desk.folder / "stick"
    stick.mkdir()
    said = desk.kiosk("import-usb", stick)
    assert said.code == 1 and "no release for pilot here" in said.err and "pilot.bundle" in said.err
    shutil.copy(desk.store / "bundle/pilot/from-0", stick / "pilot.bundle")
    said = desk.kiosk("import-usb", stick)
    assert said.code == 0 and said.out.startswith("Release 1 (pilot) is here.")
    assert "building release 1" in said.err
    desk.edit(2)
    desk.publish()
    said = desk.kiosk("import-usb", desk.store / "bundle/pilot/from-1")
    assert said.code == 0 and "Release 2 (pilot) is here." in said.out and "Russia, English" in said.out
    said = desk.kiosk("import-usb", stick / "pilot.bundle")
    assert said.code == 1 and said.err.strip() and said.out == "", "an older stick"
    desk.edit(3)
    desk.publish()
    said = desk.kiosk("import-usb", desk.store)
    assert said.code == 0 and "Release 3" in said.out, "a stick with all of the centre on it"
    (stick / "song.mp3").write_bytes(b"ID3" + bytes(99))
    said = desk.kiosk("import-usb", stick / "song.mp3")
    assert said.code == 1 and "song.mp3: not a bundle" in said.err
    said = desk.kiosk("import-usb", desk.folder / "nowhere")
    assert said.code == 1 and "nowhere: there is no release" in said.err


def test_a_stick_for_the_other_channel_is_refused_with_words(desk: Desk) -> None:
    desk.publish()
    desk.configure("stable")
    said = desk.kiosk("import-usb", desk.store / "bundle/pilot/from-0")
    assert said.code == 1 and "stable" in said.err
    with pytest.raises(Exception, match="stable"):
        _on_stick(desk.store / "bundle/pilot", "stable")


def test_the_agent_works_until_it_is_told_to_stop(desk: Desk) -> None:
    desk.publish()
    with served(desk.store) as address:
        desk.configure(servers=[address])
        process = subprocess.Popen(
            [sys.executable, "-m", "sync", "agent", "--config", str(desk.config)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            end = time.monotonic() + 60
            while "release      1 (pilot)" not in desk.kiosk("status").out:
                assert process.poll() is None and time.monotonic() < end
                time.sleep(0.1)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
            process.communicate()
    assert (process.returncode, out) == (0, "")
    assert "Release 1 is on the screen." in err


def test_serve_says_what_it_cannot_serve(desk: Desk, tmp_path: Path) -> None:
    said = desk.run("serve", tmp_path / "none")
    assert said.code == 1 and "none: there is no such folder" in said.err
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = desk.run("serve", tmp_path, "--port", port)
        assert said.code == 1 and f"127.0.0.1:{port}: cannot be served" in said.err
    said = desk.run("serve", tmp_path, "--port", "99999")
    assert said.code == 1 and "99999: cannot be served" in said.err


# -- settings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[agent", "cannot be read"),
        ("agent = 1", "agent is no table"),
        ("[agent]\nserver = 'x'", "'server' is not known. Use: servers"),
        ("[agent]\nservers = 'https://a'", "wrong type"),
        ("[agent]\nservers = ['centre.example']", "is no address"),
        ("[agent]\nservers = [1]", "is no address"),
        ("[agent]\nchannel = 'beta'", "Use one of: pilot, stable"),
        ("[agent]\nevery_minutes = 0.1", "outside 1 to"),
        ("[agent]\nevery_minutes = true", "wrong type"),
        ("[agent]\nevery_minutes = nan", "outside"),
        ("[agent]\ndaily_megabytes = inf", "outside"),
        ("[agent]\nwindow = '1 to 5'", "Write it as"),
        ("[agent]\nwindow = '01:00'", "Write it as"),
        ("[agent]\nwindow = '25:00-26:00'", "Write it as"),
        ("[agent]\nwindow = '01:00Z-05:00Z'", "Write it as"),
        ("[agent]\nwindow = '05:00-05:00'", "window"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"kiosk\.toml") as error:
        read_agent_settings(path, tmp_path, tmp_path)
    assert words in str(error.value)


def test_settings_are_told_from_the_folder_of_their_file(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(
        'data = "here"\n[agent]\nroot = "root.json"\nfactory = "/opt/factory.bundle"\n', encoding="utf-8"
    )
    settings = read_agent_settings(path, Path("/other"), Path("/other"))
    assert settings.data == tmp_path / "here" and settings.root == tmp_path / "root.json"
    assert settings.factory == Path("/opt/factory.bundle")


def test_a_settings_file_that_is_named_must_be_there(desk: Desk, tmp_path: Path) -> None:
    said = desk.run("status", "--config", tmp_path / "kisok.toml")
    assert said.code == 1 and "kisok.toml: there is no such file" in said.err
    desk.config.write_text("[agent]\nchannel = 'beta'\n", encoding="utf-8")
    said = desk.kiosk("update")
    assert said.code == 1 and "kiosk.toml" in said.err and "beta" in said.err


def test_the_whole_of_it_runs_as_a_program(desk: Desk) -> None:
    """Once without any help of this process: exit codes and streams are those of a shell."""

    def shell(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sync", *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, "PACK_STORE": str(desk.store)},
            capture_output=True,
            text=True,
        )

    done = shell("publish", "--keys", desk.keys, "--content", desk.content)
    assert (done.returncode, done.stderr) == (0, "") and "Release 1 on pilot" in done.stdout
    assert Bundle(desk.store / "bundle/pilot/from-0").whole
    done = shell("import-usb", desk.store, "--config", desk.config)
    assert done.returncode == 0 and "Release 1 (pilot) is here." in done.stdout and done.stderr
    done = shell("publish", "--keys", desk.folder / "none")
    assert done.returncode == 1 and "Traceback" not in done.stderr and "keys init" in done.stderr

"""``python -m sync tuf-client`` as a process of its own: what a suite of client tests may expect of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from sync.keys import COMPACT, Keyring, init_keys, read_root, rotate_key
from sync.packstore import FolderStore
from sync.repository import Repository
from tests.sync.centre import Centre, Clock, Fault, FaultyHandler, Line, flipped, once, only, portal

ROOT = Path(__file__).resolve().parents[2]
FILES = {"one.txt": b"The first file.", "in/a/folder/two.txt": b"The second file."}


class Client:
    """A folder of metadata, a folder of targets, and the command."""

    def __init__(self, centre: Centre) -> None:
        self.root = centre.folder / "given.json"
        self.root.write_bytes(centre.root)
        self.metadata = centre.folder / "client" / "metadata"
        self.targets = centre.folder / "client" / "targets"
        self.said = ""

    def run(self, *words: str | Path) -> int:
        """The exit code; ``said`` is what stood on the terminal."""
        command = [sys.executable, "-m", "sync", "tuf-client", *map(str, words)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
        self.said = done.stdout + done.stderr
        assert "Traceback" not in self.said, self.said
        return done.returncode

    def init(self) -> int:
        return self.run("--metadata-dir", self.metadata, "init", self.root)

    def refresh(self, line: Line) -> int:
        url = f"{line.address}/metadata/"
        return self.run("--metadata-url", url, "--metadata-dir", self.metadata, "refresh")

    def download(self, line: Line, *names: str) -> int:
        where = ["--metadata-url", f"{line.address}/metadata/", "--metadata-dir", self.metadata]
        wanted = [word for name in names for word in ("--target-name", name)]
        to = ["--target-base-url", f"{line.address}/targets/", "--target-dir", self.targets]
        return self.run(*where, *wanted, *to, "download")

    def have(self) -> dict[str, bytes]:
        """Every file below the folder of targets, unfinished ones included."""
        found = (path for path in self.targets.rglob("*") if path.is_file())
        return {str(path.relative_to(self.targets)): path.read_bytes() for path in found}

    def knows(self) -> dict[str, bytes]:
        """The metadata that it holds to be true."""
        return {path.name: path.read_bytes() for path in self.metadata.glob("*.json")}


@pytest.fixture
def today(centre: Centre) -> Centre:
    """A centre that lives now, as the processes do, with keys of its own."""
    centre.clock = Clock(datetime.now(UTC))
    shutil.rmtree(centre.keys)
    centre.root = init_keys(centre.keys, centre.clock()).read_bytes()
    return centre


@pytest.fixture
def client(today: Centre) -> Client:
    """A client that was given the centre's root."""
    client = Client(today)
    assert client.init() == 0, client.said
    return client


def publish(centre: Centre, files: Mapping[str, bytes]) -> None:
    """Sign these targets and no others."""
    centre.repository().commit(files, lambda *_: ())


def paths(line: Line, piece: str) -> list[str]:
    """What was asked for, as far as it holds ``piece``."""
    return [path for path in line.asked if piece in path]


def test_a_first_start_without_a_network_asks_nobody(today: Centre) -> None:
    publish(today, FILES)
    client = Client(today)
    with today.line() as line:
        url = f"{line.address}/metadata/"
        words = ("--metadata-url", url, "--metadata-dir", client.metadata, "init", client.root)
        assert client.run(*words) == 0, client.said
        assert line.asked == []
    assert client.knows() == {"root.json": today.root}


def test_a_forged_first_root_is_not_taken(today: Centre) -> None:
    client = Client(today)
    client.root.write_bytes(today.root.replace(b'"version":1', b'"version":7'))
    assert client.init() == 1
    publish(today, FILES)
    with today.line() as line:
        assert client.refresh(line) == 1
        assert line.asked == []


def test_a_second_refresh_asks_only_what_can_be_new(today: Centre, client: Client) -> None:
    publish(today, FILES)
    with today.line() as line:
        assert client.refresh(line) == 0, client.said
        news = ["/metadata/2.root.json", "/metadata/timestamp.json"]
        assert line.asked == [*news, "/metadata/1.snapshot.json", "/metadata/1.targets.json"]
        line.asked.clear()
        assert client.refresh(line) == 0, client.said
        assert line.asked == news
    public = today.public / "metadata"
    assert client.knows() == {
        "root.json": (public / "1.root.json").read_bytes(),
        "timestamp.json": (public / "timestamp.json").read_bytes(),
        "snapshot.json": (public / "1.snapshot.json").read_bytes(),
        "targets.json": (public / "1.targets.json").read_bytes(),
    }


def test_what_is_here_does_not_come_twice_and_what_has_changed_comes_anew(
    today: Centre, client: Client
) -> None:
    publish(today, FILES)
    here = {quote(name, ""): data for name, data in FILES.items()}
    with today.line() as line:
        assert client.download(line, *FILES, "one.txt") == 0, client.said
        assert client.have() == here
        assert len(paths(line, "/targets/")) == 2
        line.asked.clear()
        assert client.download(line, *FILES) == 0, client.said
        assert paths(line, "/targets/") == []
        publish(today, {**FILES, "one.txt": b"The first file, corrected."})
        assert client.download(line, *FILES) == 0, client.said
        assert len(paths(line, "/targets/")) == 1
        assert client.have() == {**here, "one.txt": b"The first file, corrected."}
        (client.targets / "one.txt").write_bytes(b"The first file, corruptedx")
        assert client.download(line, "one.txt") == 0, client.said
        assert client.have() == {**here, "one.txt": b"The first file, corrected."}


def test_a_name_that_nobody_has_signed_ends_the_run(today: Centre, client: Client) -> None:
    publish(today, FILES)
    with today.line() as line:
        assert client.download(line, "one.txt", "three.txt", "in/a/folder/two.txt") == 1
    assert "three.txt" in client.said
    assert client.have() == {"one.txt": FILES["one.txt"]}


def longer(handler: FaultyHandler, data: bytes) -> bool:
    """The file, and then some, without a word on the length."""
    handler.close_connection = True
    handler.start(200, Connection="close")
    handler.write(data + b" And more.")
    return True


def other(handler: FaultyHandler, data: bytes) -> bool:
    """As many bytes, none of them signed."""
    handler.start(200, Content_Length=len(data))
    handler.write(b"x" * len(data))
    return True


@pytest.mark.parametrize("fault", [flipped, other, portal])
def test_a_tampered_target_never_gets_its_name(today: Centre, client: Client, fault: Fault) -> None:
    publish(today, FILES)
    with today.line() as line:
        line.faults = once(only("/targets/", fault))
        assert client.download(line, "one.txt") == 1
        assert client.have() == {}, "what was refused must not lie about"
        assert client.download(line, "one.txt") == 0, client.said
    assert client.have() == {"one.txt": FILES["one.txt"]}


def test_what_is_longer_than_signed_is_cut_at_the_signed_length(today: Centre, client: Client) -> None:
    publish(today, FILES)
    with today.line() as line:
        line.faults = only("/targets/", longer)
        assert client.download(line, "one.txt") == 0, client.said
    assert client.have() == {"one.txt": FILES["one.txt"]}


def test_a_replayed_timestamp_is_refused_with_and_without_the_cache(today: Centre, client: Client) -> None:
    publish(today, FILES)
    shutil.copytree(today.public, today.folder / "old")
    publish(today, {"one.txt": b"News."})
    with today.line() as line:
        assert client.refresh(line) == 0, client.said
    before = client.knows()
    with today.line(today.folder / "old") as line:
        assert client.refresh(line) == 1
        assert "ReplayError" in client.said
        assert client.knows() == before
        for name in ("timestamp.json", "snapshot.json", "targets.json"):
            (client.metadata / name).unlink()
        assert client.download(line, "one.txt") == 1
        assert "ReplayError" in client.said
    assert client.have() == {}


def test_metadata_that_has_expired_is_refused(today: Centre, client: Client) -> None:
    today.clock.advance(days=-20)
    publish(today, FILES)
    with today.line() as line:
        assert client.download(line, "one.txt") == 1
        assert "ExpiredError" in client.said
        assert client.knows() == {"root.json": today.root}
        assert client.have() == {}
        # The centre signs again, and all is well.
        today.clock.advance(days=20)
        publish(today, FILES)
        assert client.download(line, "one.txt") == 0, client.said


@pytest.mark.parametrize(("changed", "code"), [(("timestamp", "snapshot"), 0), (("timestamp",), 1)], ids=str)
def test_only_new_snapshot_keys_let_the_targets_begin_again(
    today: Centre, client: Client, changed: tuple[str, ...], code: int
) -> None:
    for _ in range(3):
        publish(today, FILES)
    with today.line() as line:
        assert client.refresh(line) == 0, client.said
    for path in client.metadata.glob("[st]*.json"):
        path.unlink()  # Not the library's memory is in question here, but our own.
    today.store = FolderStore(today.folder / "again")
    repository = today.repository()
    root = read_root(today.root, "root")
    for role in changed:
        draft = rotate_key(root, role, today.keys, today.clock())
        Keyring.read([today.keys]).sign(draft, (root.signed, draft.signed))
        repository.start(draft.to_bytes(COMPACT))
        root = draft
    # Snapshots go on counting; it is the targets that are at 1 again.
    today.store.put_once("metadata/8.snapshot.json", b"")
    Repository(today.store, Keyring.read([today.keys]), today.clock).commit(FILES, lambda *_: ())
    with today.line(today.folder / "again") as line:
        assert client.refresh(line) == code, client.said
    assert ("ReplayError: targets 1 is older than 3" in client.said) == bool(code)


def test_words_that_are_missing_are_named(today: Centre) -> None:
    client = Client(today)
    folder = ("--metadata-dir", client.metadata)
    assert client.run(*folder, "init") == 1
    assert "ROOT" in client.said
    assert client.run(*folder, "init", today.folder / "nowhere.json") == 1
    assert "nowhere.json" in client.said
    assert client.run(*folder, "refresh") == 1
    assert "--metadata-url" in client.said
    assert client.run(*folder, "--metadata-url", "http://127.0.0.1:9/", "download") == 1
    assert "--target-name" in client.said and "--target-dir" in client.said
    # Nobody has given it a root yet.
    assert client.run(*folder, "--metadata-url", "http://127.0.0.1:9/", "refresh") == 1
    assert "trusted_root" in client.said


def test_names_with_odd_characters_are_files_like_others(today: Centre, client: Client) -> None:
    names = ["50% off & more?.txt", "a b/#1 + ü.txt", "Паспорт/«виза»;x=1.txt", "<&>\"'[]{}|\\^`~.txt"]
    files = {name: name.encode() for name in names}
    publish(today, files)
    with today.line() as line:
        assert client.download(line, *names) == 0, client.said
    assert client.have() == {quote(name, ""): data for name, data in files.items()}


def test_a_name_that_is_escaped_already_is_not_escaped_twice(today: Centre, client: Client) -> None:
    publish(today, {"a%20b.txt": b"A name is a piece of a URL."})
    (stored,) = (today.public / "targets").glob("*.txt")
    stored.rename(stored.with_name(stored.name.replace("%20", " ")))
    with today.line() as line:
        assert client.download(line, "a%20b.txt") == 0, client.said
    assert client.have() == {"a%2520b.txt": b"A name is a piece of a URL."}


class Careless(FolderStore):
    """Keeps what climbs out of it under another name."""

    def put_once(self, name: str, data: bytes) -> None:
        super().put_once(name.replace("..", "up"), data)


def test_a_name_that_climbs_stays_in_its_folder(today: Centre, client: Client) -> None:
    def answer(handler: FaultyHandler, _data: bytes) -> bool:
        handler.start(200, Content_Length=4)
        handler.write(b"Out!")
        return True

    today.store = Careless(today.public)
    publish(today, {"../../outside.txt": b"Out!"})
    before = {path for path in today.folder.rglob("*outside*") if path.is_file()}
    with today.line() as line:
        line.faults = only("outside", answer)
        assert client.download(line, "../../outside.txt") == 0, client.said
    here = client.targets / "..%2F..%2Foutside.txt"
    assert {path for path in today.folder.rglob("*outside*") if path.is_file()} - before == {here}


def test_an_empty_target_is_a_target(today: Centre, client: Client) -> None:
    publish(today, {"empty.txt": b""})
    with today.line() as line:
        assert client.download(line, "empty.txt") == 0, client.said
    assert client.have() == {"empty.txt": b""}

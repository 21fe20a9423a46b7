"""Publishing: a pure function, then signatures; the timestamp last; a kill at any point costs only time."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from content.withdrawn import Withdrawn, names_number, without
from sync import errors
from sync.bundle import Bundle, Head, read_head, write_bundle
from sync.delta import apply_delta, compress, expand, expand_some, make_delta
from sync.manifest import (
    CATALOGUE,
    Catalogue,
    Entry,
    Manifest,
    blob_name,
    bundle_name,
    canonical,
    delta_name,
    read_catalogue,
    read_manifest,
    read_withdrawn,
    sha256,
    target_name,
    write_withdrawn,
)
from sync.packstore import FolderStore, PackStore
from sync.publish import KEPT, Publisher
from sync.repository import LIVES
from tests.sync.centre import CHANNEL, TODAY, Centre, Kiosk
from tests.sync.watched import CHANGES, KilledError, Watched

ROOT = Path(__file__).resolve().parents[2]


def files(store: PackStore) -> dict[str, bytes]:
    """Everything that is published."""
    return {name: store.get(name) or b"" for name in store.names("")}


def signed(centre: Centre, name: str) -> dict[str, Any]:
    """The signed part of published metadata."""
    value: dict[str, Any] = json.loads(centre.store.get(f"metadata/{name}.json") or b"")["signed"]
    return value


def manifest_of(centre: Centre, home: str = "RU", channel: str = CHANNEL, version: int = 0) -> Manifest:
    """A manifest as it is public, or as a version of the targets has it."""
    version = (
        version
        or signed(centre, f"{signed(centre, 'timestamp')['meta']['snapshot.json']['version']}.snapshot")[
            "meta"
        ]["targets.json"]["version"]
    )
    return read_manifest(target_of(centre, target_name(channel, home), version))


def target_of(centre: Centre, name: str, version: int) -> bytes:
    """A target's bytes at a version of the targets."""
    digest = signed(centre, f"{version}.targets")["targets"][name]["hashes"]["sha256"]
    folder, _, base = f"targets/{name}".rpartition("/")
    data = centre.store.get(f"{folder}/{digest}.{base}")
    assert data is not None
    return data


def add_destination(centre: Centre, iso: str = "KZ", name: str = "Kazakhstan") -> None:
    """A second guide on the desk."""
    shutil.copytree(centre.desk / "guides/RU", centre.desk / f"guides/{iso}")
    guide = centre.desk / f"guides/{iso}/guide.yaml"
    text = guide.read_text(encoding="utf-8")
    text = text.replace("destination: RU", f"destination: {iso}").replace("name: Russia", f"name: {name}")
    guide.write_text(text, encoding="utf-8")


# -- a pure function


def test_the_same_guides_give_the_same_bytes_everywhere(
    centre: Centre, tmp_path: Path, template: Path
) -> None:
    """Names and bytes, metadata included: in another folder, and by a process with other hash seeds."""
    script = (
        "import sys; from pathlib import Path; from tests.sync.centre import Centre\n"
        "centre = Centre(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "centre.publish(media={'RU': {'b.png': b'b' * 99, 'a.png': b'a' * 99}})\n"
        "centre.edit(); centre.publish(); centre.publish('pilot')\n"
    )
    other = tmp_path / "other"
    other.mkdir()
    process = subprocess.run(
        [sys.executable, "-c", script, str(other), str(template)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    centre.publish(media={"RU": {"a.png": b"a" * 99, "b.png": b"b" * 99}})
    centre.edit()
    centre.publish()
    centre.publish("pilot")
    mine, others = files(centre.store), files(FolderStore(other / "public"))
    assert len(mine) > 40 and list(mine) == list(others)
    assert [name for name in mine if mine[name] != others[name]] == []


def test_publishing_twice_is_no_second_release(centre: Centre) -> None:
    first = centre.publish()
    before = files(centre.store)
    again = centre.publish()
    assert (again.number, again.new, again.changed) == (first.number, False, ())
    after = files(centre.store)
    assert {name for name in after if before.get(name) != after[name]} == {
        "metadata/2.timestamp.json",
        "metadata/timestamp.json",
        bundle_name(CHANNEL, 0),
        bundle_name(CHANNEL, 1),
    }


def test_a_destination_that_did_not_change_is_not_written_again(centre: Centre) -> None:
    add_destination(centre)
    centre.publish()
    before = {name: (centre.public / name).stat() for name in files(centre.store)}
    kept = target_of(centre, target_name(CHANNEL, "KZ"), 1)
    centre.edit()
    release = centre.publish()
    assert release.changed == ("RU",)
    changed = target_of(centre, target_name(CHANNEL, "RU"), 2)
    assert target_of(centre, target_name(CHANNEL, "KZ"), 2) == kept
    for name, was in before.items():
        now = (centre.public / name).stat()
        if not name.startswith(CHANGES):
            assert (now.st_ino, now.st_mtime_ns) == (was.st_ino, was.st_mtime_ns), name
    fresh = {
        name for name in files(centre.store) if name not in before and name.startswith(("targets/", "blobs/"))
    }
    assert {name.rpartition(".")[0].rpartition(".")[2] for name in fresh if name.startswith("targets/")} == {
        "RU",
        CATALOGUE,
    }
    own = {blob_name(entry.sha256) for entry in manifest_of(centre).packs.values()}
    assert {name for name in fresh if name.startswith("blobs/")} <= own
    # Made anew, it would forget a delta from a release that is too old by now.
    guide = centre.desk / "guides/KZ/guide.yaml"
    text = guide.read_text(encoding="utf-8")
    for number in range(KEPT):
        guide.write_text(text.replace("#2F5D8A", f"#2F5D8{number}"), encoding="utf-8")
        assert centre.publish().changed == ("KZ",)
    assert target_of(centre, target_name(CHANNEL, "RU"), 2 + KEPT) == changed
    assert b'"deltas"' in changed


def test_nothing_that_is_public_is_ever_written_over_and_the_timestamp_comes_last(centre: Centre) -> None:
    """``Watched`` fails on the first; the order of all the rest is looked at here."""
    watched = centre.store = Watched(centre.public)
    order = ("blobs/", "delta/", "targets/", "metadata/", "bundle/", "metadata/timestamp.json")

    def runs() -> Iterator[Callable[[], object]]:
        yield centre.publish
        centre.edit()
        yield centre.publish
        yield lambda: centre.publish("pilot", {"RU": {"map.png": b"map"}}, ("https://centre.example",))
        yield lambda: centre.publisher().promote("pilot", CHANNEL)
        yield lambda: centre.publisher().withdraw([Withdrawn("ru-labour", "88007000600")])
        yield lambda: centre.publisher().revert(CHANNEL, 1)
        yield lambda: centre.publisher().resign()
        yield lambda: centre.publisher().resign(renew=True)

    for number, run in enumerate(runs()):
        centre.clock.advance(minutes=1)
        watched.log.clear()
        run()
        written = [name for name in watched.log if not name.startswith("- ")]
        gone = [name for name in watched.log if name.startswith("- ")]
        assert watched.log == written + gone, "what goes, goes when the new is public"
        assert written[-1] == "metadata/timestamp.json" and written.count("metadata/timestamp.json") == 1, (
            number
        )
        kinds = [
            max(i for i, kind in enumerate(order) if name.startswith(kind))
            for name in written
            if not name.endswith("root.json")
        ]
        # A pack's delta follows the pack, and then comes the next pack.
        assert [max(1, kind) for kind in kinds] == sorted(max(1, kind) for kind in kinds), (number, written)
    centre.publisher().verify()


# -- deltas and bundles


def test_deltas_lead_from_the_last_six_releases_and_from_no_older_one(centre: Centre) -> None:
    packs: list[Entry] = []
    contents: list[bytes] = []
    for _ in range(9):
        centre.publish()
        packs.append(manifest_of(centre).packs["en"])
        contents.append(centre.publisher().blob(packs[-1]))
        centre.edit()
    offered = dict(packs[-1].deltas)
    assert (
        set(offered) == {entry.sha256[:16] for entry in packs[-1 - KEPT : -1]} and len(offered) == KEPT == 6
    )
    for entry, old in zip(packs[:-1], contents, strict=False):
        if entry.sha256[:16] in offered:
            delta = centre.store.get(delta_name(entry.sha256, packs[-1].sha256))
            assert delta is not None and len(delta) == offered[entry.sha256[:16]] < packs[-1].stored * 2 / 3
            assert apply_delta(old, delta, packs[-1].length) == contents[-1]


def test_a_kiosk_of_six_releases_ago_needs_only_a_delta(centre: Centre) -> None:
    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
        for _ in range(KEPT):
            new = centre.edit()
            centre.publish()
        shutil.rmtree(centre.public / "bundle")
        line.asked.clear()
        assert kiosk.update(line).activated and kiosk.reads() == new
        assert any(path.startswith("/delta/") for path in line.asked)
        assert not any(path.startswith("/blobs/") for path in line.asked)


def test_a_pack_that_has_little_of_the_old_one_is_sent_whole(centre: Centre) -> None:
    """A delta that saves less than a third is not worth a file."""
    publisher = centre.publisher()
    old, new = (b"".join(os.urandom(2000).hex().encode() for _ in range(2)) for _ in range(2))
    first = publisher._pack(old, {}, [])
    second = publisher._pack(new, {}, [first])
    assert second.deltas == () and centre.store.get(delta_name(first.sha256, second.sha256)) is None


@pytest.mark.parametrize("data", [b"", b"{}", b"x" * 17, bytes(range(100)), b"bbbbabababaaabaaabbab"])
def test_a_pack_that_does_not_get_smaller_is_still_the_pack(centre: Centre, data: bytes) -> None:
    """Whoever unpacks tells a packed file from a plain one by its length alone."""
    publisher = centre.publisher()
    assert publisher.blob(publisher._pack(data, {}, [])) == data


def _history(centre: Centre) -> list[Kiosk]:
    """Seven releases of two destinations and a picture; a kiosk that stayed at each."""
    add_destination(centre)
    kiosks = []
    for number in range(7):
        media = {"RU": {"map.png": b"map" * 999, **({"new.png": b"new" * 999} if number > 3 else {})}}
        centre.publish(media=media)
        kiosks.append(centre.kiosk(f"at-{number + 1}"))
        kiosks[-1].take(centre.public / bundle_name(CHANNEL, 0))
        centre.edit()
    return kiosks


def test_a_bundle_holds_exactly_what_differs(centre: Centre) -> None:
    """Nothing that the kiosk has, all that it lacks: it needs no network at all."""
    kiosks = _history(centre)
    wanted = {
        f"{home}/{name}": entry
        for home in ("RU", "KZ", "common")
        for name, entry in _entries(centre, home).items()
    }
    for number, kiosk in enumerate([*kiosks, centre.kiosk("fresh")], 1):
        base = number if number <= len(kiosks) else 0
        had = {
            f"{home}/{name}": entry
            for home in ("RU", "KZ", "common")
            for name, entry in (_entries(centre, home, base) if base else {}).items()
        }
        bundle = Bundle(centre.public / bundle_name(CHANNEL, base))
        assert bundle.whole and (bundle.head.channel, bundle.head.base, bundle.head.release) == (
            CHANNEL,
            base,
            7,
        )
        expected = {}
        for name, entry in wanted.items():
            if entry.sha256 in {one.sha256 for one in had.values()}:
                continue
            deltas = dict(entry.deltas)
            old = had.get(name)
            if old is not None and old.sha256[:16] in deltas:
                expected[delta_name(old.sha256, entry.sha256)] = deltas[old.sha256[:16]]
            else:
                expected[blob_name(entry.sha256)] = entry.stored
        assert dict(bundle.head.files) == expected and len(bundle.head.files) == len(expected)
        for name, length in bundle.head.files:
            assert bundle.read(name, length) == centre.store.get(name)
        for name, text in bundle.head.texts.items():
            assert centre.store.get(name) == text, name
        texts = set(bundle.head.texts)
        homes = {
            home
            for home in ("RU", "KZ", "common")
            if not base or _entries(centre, home) != _entries(centre, home, base)
        }
        assert {
            name.rpartition("/")[2].split(".", 1)[1] for name in texts if name.startswith("targets/stable")
        } == {f"{home}.json" for home in (homes | {CATALOGUE} if base != 7 else set())}
        assert bundle.head.absent == ("metadata/2.root.json",)
        outcome = kiosk.take(centre.public / bundle_name(CHANNEL, base))
        assert outcome.activated == (base != 7) and kiosk.state()[0] == 7


def _entries(centre: Centre, home: str, version: int = 0) -> dict[str, Entry]:
    manifest = manifest_of(centre, home, version=version)
    return {**manifest.packs, **manifest.media}


def test_bundles_of_releases_that_are_too_old_go(centre: Centre) -> None:
    for _ in range(10):
        centre.publish()
        centre.edit()
    bases = {int(name.rpartition("-")[2]) for name in centre.store.names("bundle/")}
    assert bases == {0, *range(10 - KEPT, 11)}


# -- a publisher that dies


def _published(centre: Centre) -> dict[str, bytes]:
    """What a kiosk can see: the timestamp, the bundles, the root."""
    return {name: data for name, data in files(centre.store).items() if name.startswith(CHANGES)}


def test_a_publisher_that_dies_at_any_step_leaves_old_or_new(centre: Centre) -> None:
    """The run ends before each of its writes; whatever comes after, each kiosk reads old or new and goes on.

    A bundle shows the new metadata before the timestamp does. A kiosk that has seen it
    must not be told less by the next run, be it a new release, the old guides again, or
    only the daily signature.
    """
    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
        old = kiosk.reads()
        shutil.copytree(centre.public, centre.folder / "public-1")
        shutil.copytree(centre.desk, centre.folder / "desk-1", symlinks=True)
        shutil.copytree(kiosk.data, centre.folder / "kiosk-1")
        visible = _published(centre)
        new = centre.edit()
        shutil.copytree(centre.desk, centre.folder / "desk-2", symlinks=True)
        watched = Watched(centre.public)
        centre.store = watched
        centre.publish()
        steps = len(watched.log)
        seen: dict[str, int] = {"old": 0, "new": 0}
        for step in range(steps):
            for after in ("publish", "old guides", "resign"):
                shutil.rmtree(centre.public)
                shutil.copytree(centre.folder / "public-1", centre.public)
                shutil.rmtree(kiosk.data)
                shutil.copytree(centre.folder / "kiosk-1", kiosk.data)
                _desk(centre, "desk-2")
                centre.store = Watched(centre.public, step)
                with pytest.raises(KilledError):
                    centre.publish()
                centre.store = Watched(centre.public)
                if _published(centre) == visible:
                    # No kiosk can tell; it only remains to see that the next run gets through.
                    seen["old"] += 1
                    if step % 4 == 0:
                        assert centre.publish().new
                        kiosk.update(line)
                        assert kiosk.reads() == new
                        centre.publisher().verify()
                    break
                kiosk.update(line)
                shown = kiosk.reads()
                assert shown in (old, new)
                # It finds a bundle for where it stands now, and is told of no replay.
                assert not kiosk.update(line).activated
                seen["old" if shown == old else "new"] += 1
                if after == "old guides":
                    _desk(centre, "desk-1")
                if after == "resign":
                    centre.clock.advance(days=1)
                    centre.publisher().resign()
                else:
                    centre.publish()
                kiosk.update(line)
                fresh = centre.kiosk(f"fresh-{step}-{after}")
                fresh.update(line)
                wanted = {"publish": {new}, "old guides": {old}, "resign": {old, new}}[after]
                assert {kiosk.reads(), fresh.reads()} <= wanted and kiosk.reads() == fresh.reads(), (
                    step,
                    after,
                )
                assert kiosk.reason() == ""
                centre.publisher().verify()
        assert min(seen.values()) > 2, f"{seen} in {steps} steps"


def _desk(centre: Centre, name: str) -> None:
    shutil.rmtree(centre.desk)
    shutil.copytree(centre.folder / name, centre.desk, symlinks=True)


def test_a_number_that_a_killed_run_has_used_is_not_used_again(centre: Centre) -> None:
    centre.publish()
    centre.edit()
    watched = centre.store = Watched(centre.public)
    copy = centre.folder / "copy"
    shutil.copytree(centre.public, copy)
    centre.publish()
    steps = watched.log.index("metadata/2.timestamp.json") + 1
    shutil.rmtree(centre.public)
    shutil.copytree(copy, centre.public)
    centre.store = Watched(centre.public, steps)
    with pytest.raises(KilledError):
        centre.publish()
    used = files(centre.store)
    assert "metadata/2.targets.json" in used and "metadata/2.snapshot.json" in used
    centre.store = Watched(centre.public)
    assert centre.publish().number == 3
    after = files(centre.store)
    assert all(after[name] == data for name, data in used.items() if not name.startswith(CHANGES))
    assert signed(centre, "timestamp")["version"] == 3
    assert signed(centre, "timestamp")["meta"]["snapshot.json"]["version"] == 3


# -- signing again


def test_half_of_a_life_renews_and_bundles_stay_readable(centre: Centre) -> None:
    centre.publish()
    kiosk, fresh = centre.kiosk(), centre.kiosk("fresh")
    kiosk.take(centre.public / bundle_name(CHANNEL, 0))
    versions = []
    for _ in range(7):
        centre.clock.advance(days=8)
        kiosk.clock.moment = fresh.clock.moment = centre.clock.moment
        public = centre.publisher().resign()
        assert public.targets is not None
        versions.append((public.targets.version, public.snapshot, public.timestamp))
        for name in list(centre.store.names("bundle/")):
            bundle = Bundle(centre.public / name)
            assert bundle.whole and bundle.head.release == 1
            assert bundle.head.texts["metadata/timestamp.json"] == centre.store.get("metadata/timestamp.json")
        with centre.line() as line:
            assert not kiosk.update(line).activated
            assert len(line.asked) == 1, line.asked
            line.asked.clear()
        expires = datetime.strptime(
            signed(centre, f"{public.snapshot}.snapshot")["expires"], "%Y-%m-%dT%H:%M:%SZ"
        )
        assert expires.replace(tzinfo=UTC) - centre.clock.moment >= LIVES["snapshot"] / 2
    assert [one[0] for one in versions] == [1, 1, 1, 1, 1, 2, 2], "targets at 45 of 90 days"
    assert [one[1] for one in versions] == [1, 2, 2, 3, 3, 4, 4], "snapshot at 15 of 30 days"
    assert [one[2] for one in versions] == [2, 3, 4, 5, 6, 7, 8]
    assert fresh.take(centre.public / bundle_name(CHANNEL, 0)).activated
    assert kiosk.state() == fresh.state()
    new = centre.edit()
    centre.publish()
    kiosk.take(centre.public / bundle_name(CHANNEL, 2))
    assert kiosk.reads() == new


def test_a_renewal_changes_the_head_of_a_bundle_and_none_of_its_files(centre: Centre) -> None:
    centre.publish()
    before = centre.store.get(bundle_name(CHANNEL, 0)) or b""
    centre.clock.advance(days=1)
    centre.publisher().resign(renew=True)
    after = centre.store.get(bundle_name(CHANNEL, 0)) or b""
    head = read_head(before)
    payload = sum(size for _, size in head.files)
    assert read_head(after).files == head.files
    assert after[-payload:] == before[-payload:]
    assert read_head(after).texts.keys() != head.texts.keys()


# -- revert, promote, withdraw, servers, media


def test_what_cannot_be_done_is_said_with_what_can(centre: Centre) -> None:
    publisher = centre.publisher()
    with pytest.raises(errors.PublishError, match=r"Nothing is published yet\. Run: python -m sync publish"):
        publisher.resign()
    with pytest.raises(errors.PublishError, match=r"nothing on pilot to promote\. Publish there first"):
        publisher.promote("pilot", CHANNEL)
    centre.publish()
    centre.edit()
    centre.publish()
    for number in (0, 3, 99):
        with pytest.raises(
            errors.PublishError, match=rf"{number} (is no release of stable|cannot be .*missing).*: 1, 2"
        ):
            centre.publisher().revert(CHANNEL, number)
    with pytest.raises(errors.PublishError, match="pilot has no release"):
        centre.publisher().revert("pilot", 1)
    with pytest.raises(errors.PublishError, match=r"nobody was not withdrawn\. Withdrawn are: none"):
        centre.publisher().withdraw([], ["nobody"])
    centre.publisher().withdraw([Withdrawn("ru-labour", "88007000600")])
    with pytest.raises(errors.PublishError, match="Withdrawn are: ru-labour"):
        centre.publisher().withdraw([], ["nobody"])


def test_a_store_without_a_root_says_so(centre: Centre) -> None:
    from sync.keys import Keyring
    from sync.repository import Repository

    publisher = Publisher(Repository(centre.store, Keyring.read([centre.keys]), centre.clock))
    for act in (publisher.resign, publisher.verify, lambda: publisher.publish(centre.content(), CHANNEL)):
        with pytest.raises(errors.PublishError, match="no root yet"):
            act()


def test_a_key_that_is_not_at_hand_is_named_before_anything_is_public(centre: Centre) -> None:
    centre.publish()
    before = _published(centre)
    for role in ("timestamp", "snapshot", "targets"):
        (centre.keys / f"{role}.pem").rename(centre.folder / "away")
        centre.edit()
        with pytest.raises(errors.PublishError, match=f"The {role} key is not at hand"):
            centre.publish()
        (centre.folder / "away").rename(centre.keys / f"{role}.pem")
        assert _published(centre) == before
    assert centre.publish().new


def test_a_revert_takes_the_addresses_back_and_promote_brings_them(centre: Centre) -> None:
    centre.publish(servers=("https://one.example",))
    centre.edit()
    centre.publish(servers=("https://two.example",))
    centre.edit()
    centre.publish()
    assert _catalogue(centre).servers == ("https://two.example",), "no address is no change"
    centre.publisher().revert(CHANNEL, 1)
    assert _catalogue(centre).servers == ("https://one.example",)
    centre.publish("pilot", servers=("https://three.example",))
    centre.publisher().promote("pilot", CHANNEL)
    assert _catalogue(centre).servers == ("https://three.example",)


def _catalogue(centre: Centre, channel: str = CHANNEL) -> Catalogue:
    public = centre.repository().public()
    assert public is not None and public.targets is not None
    return read_catalogue(target_of(centre, target_name(channel, CATALOGUE), public.targets.version))


@pytest.mark.parametrize(
    "servers", [("centre.example",), ("ftp://centre.example",), ("https://ok.example", "")]
)
def test_an_address_that_no_kiosk_could_use_is_not_published(
    centre: Centre, servers: tuple[str, ...]
) -> None:
    """Signed once, it would stop every kiosk, and the publisher as well."""
    centre.publish()
    before = files(centre.store)
    with pytest.raises(errors.PublishError, match="servers are no addresses"):
        centre.publish(servers=servers)
    assert _published(centre).items() <= before.items()
    centre.edit()
    assert centre.publish().new


@pytest.mark.parametrize(
    ("home", "name"), [("RU", "Map.PNG"), ("RU", ".hidden"), ("ru", "map.png"), ("RU", "a b.png")]
)
def test_a_medium_whose_name_no_kiosk_takes_is_not_published(centre: Centre, home: str, name: str) -> None:
    centre.publish()
    before = files(centre.store)
    with pytest.raises(errors.PublishError, match="is no name"):
        centre.publish(media={home: {name: b"picture"}})
    assert _published(centre).items() <= before.items()
    centre.edit()
    assert centre.publish().new


def test_media_come_and_go_with_releases(centre: Centre) -> None:
    kiosk = centre.kiosk()
    with centre.line() as line:
        centre.publish(media={"RU": {"map.png": b"one"}, "common": {"sign.ogg": b"sound"}})
        kiosk.update(line)
        assert (kiosk.data / "releases/1/media/common/sign.ogg").read_bytes() == b"sound"
        centre.publish(media={"RU": {"map.png": b"two"}})
        kiosk.update(line)
    assert (kiosk.data / "releases/2/media/RU/map.png").read_bytes() == b"two"
    assert not (kiosk.data / "releases/2/media/common").exists()


def test_withdrawing_before_the_first_release_holds_from_the_start(centre: Centre) -> None:
    centre.publisher().withdraw([Withdrawn("ru-labour", "88007000600")])
    assert centre.publish().number == 2
    assert [one.id for one in centre.publisher().withdrawn()] == ["ru-labour"]
    kiosk = centre.kiosk()
    kiosk.take(centre.public / bundle_name(CHANNEL, 0))
    assert kiosk.state()[0] == 2


def test_a_withdrawal_is_kept_by_every_later_run(centre: Centre) -> None:
    listed = (Withdrawn("ru-labour", "88007000600"),)
    centre.publish()
    centre.publisher().withdraw(listed)
    centre.edit()
    centre.publish()
    centre.publish("pilot")
    centre.publisher().promote("pilot", CHANNEL)
    centre.publisher().revert(CHANNEL, 1)
    centre.publisher().resign(renew=True)
    assert centre.publisher().withdrawn() == listed


# -- a store that is damaged


def _damage(path: Path, how: str) -> None:
    data = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "cut":
        path.write_bytes(data[:-1])
    else:
        middle = len(data) // 2
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])


@pytest.mark.parametrize("how", ["missing", "cut", "flipped"])
def test_verify_names_each_damaged_file(centre: Centre, how: str) -> None:
    """Every file that a kiosk of today could ask for, one after another."""
    centre.publish(media={"RU": {"map.png": b"map" * 99}})
    centre.edit()
    centre.publish(media={"RU": {"map.png": b"map" * 99}})
    centre.publisher().verify()
    names = [
        "metadata/timestamp.json",
        "metadata/2.snapshot.json",
        "metadata/2.targets.json",
        *(
            blob_name(entry.sha256)
            for entry in [*_entries(centre, "RU").values(), *_entries(centre, "common").values()]
        ),
        *(name for name in centre.store.names("targets/") if _is_public(centre, name)),
        *centre.store.names("delta/"),
        *(centre.store.names("bundle/") if how != "missing" else ()),
    ]
    assert len(names) > 25
    for name in dict.fromkeys(names):
        if name == "metadata/timestamp.json" and how == "missing":
            continue  # As if nothing had ever been public.
        path = centre.public / name
        good = path.read_bytes()
        _damage(path, how)
        with pytest.raises(errors.SyncError, match=name.rpartition("/")[2]):
            centre.publisher().verify()
        path.write_bytes(good)
    centre.publisher().verify()


def _is_public(centre: Centre, name: str) -> bool:
    digest = name.rpartition("/")[2].partition(".")[0]
    return any(one["hashes"]["sha256"] == digest for one in signed(centre, "2.targets")["targets"].values())


def test_a_folder_that_cannot_be_written_is_named(centre: Centre, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = FolderStore(tmp_path / "file")
    for act in (
        lambda: store.put("a/b", b""),
        lambda: store.put_once("a/b", b""),
        lambda: store.get("a/b"),
        lambda: store.remove("a/b"),
    ):
        with pytest.raises(errors.PublishError, match="file"):
            act()


# -- bytes that anybody may have written

few = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(st.binary(max_size=3000), st.binary(max_size=3000), st.binary(max_size=500))
@example(b"", b"", b"")
@example(b"", b"x" * 99, b"")
def test_a_delta_leads_from_the_old_to_the_new(old: bytes, new: bytes, tail: bytes) -> None:
    for before, after in ((old, new), (old, old + tail), (old + tail, old)):
        assert apply_delta(before, make_delta(before, after), len(after)) == after
        assert expand(compress(after), len(after)) == after == expand_some(compress(after), len(after))


@few
@given(st.data())
def test_a_delta_from_elsewhere_is_refused_or_gives_bytes_of_the_length_that_was_signed(
    data: st.DataObject,
) -> None:
    old = data.draw(st.binary(max_size=300))
    good = make_delta(old, old + b"and more")
    bad = data.draw(st.one_of(st.binary(max_size=300), _mutated(good)))
    length = data.draw(st.integers(0, 400))
    with contextlib.suppress(errors.DamagedError):
        assert len(apply_delta(old, bad, length)) == length


def _mutated(good: bytes) -> st.SearchStrategy[bytes]:
    """The same bytes with a few others in some place."""

    def mutate(place: int, gone: int, put: bytes) -> bytes:
        place %= len(good) + 1
        return good[:place] + put + good[place + gone :]

    return st.builds(mutate, st.integers(0, 1 << 20), st.integers(0, 4), st.binary(max_size=4))


_odd = st.sampled_from([-1, (1 << 30) + 1, 1 << 70, "..", "../evil", "a/b", "", "a" * 64, "a" * 99])
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | _odd,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=9,
)

_A, _B = sha256(b"a"), sha256(b"b")
GOOD_MANIFEST = Manifest("RU", {"ky": Entry(_A, 9, 5, ((_B[:16], 3),))}, {"map.png": Entry(_B, 7, 7)})
GOOD_CATALOGUE = Catalogue("stable", 7, 3, ("RU", "common"), (5, 6), 1, ("https://centre.example",))
GOOD_WITHDRAWN = (Withdrawn("ru-labour", "88007000600"),)
GOOD_HEAD = Head(
    "stable", 1, 2, {"metadata/timestamp.json": b"{}"}, ("metadata/2.root.json",), (("delta/a-b", 3),)
)

READERS: dict[str, tuple[Callable[[bytes], Any], bytes]] = {
    "manifest": (read_manifest, canonical(GOOD_MANIFEST.value())),
    "catalogue": (read_catalogue, canonical(GOOD_CATALOGUE.value())),
    "withdrawn": (read_withdrawn, write_withdrawn(GOOD_WITHDRAWN)),
}


def test_what_is_written_is_what_is_read() -> None:
    assert read_manifest(READERS["manifest"][1]) == GOOD_MANIFEST
    assert read_catalogue(READERS["catalogue"][1]) == GOOD_CATALOGUE
    assert read_withdrawn(READERS["withdrawn"][1]) == GOOD_WITHDRAWN
    assert read_head(write_bundle(GOOD_HEAD, [b"abc"])) == GOOD_HEAD


@pytest.mark.parametrize("kind", READERS)
@settings(few, max_examples=300)
@given(st.data())
def test_no_bytes_break_a_reader(kind: str, data: st.DataObject) -> None:
    """Any bytes, good ones with a mistake, any JSON, and good JSON with another value in one place."""
    read, good = READERS[kind]
    raw = data.draw(
        st.one_of(
            st.binary(max_size=200), _mutated(good), _json.map(_dumps), _swapped(json.loads(good)).map(_dumps)
        )
    )
    try:
        value = read(raw)
    except errors.DamagedError as error:
        assert str(error).startswith("not a ")
        return
    _valid(value)


def _dumps(value: Any) -> bytes:
    return json.dumps(value).encode()


def _swapped(value: Any) -> st.SearchStrategy[Any]:
    """A JSON value with another one in one of its places."""
    if isinstance(value, dict) and value:
        return st.one_of(
            _json,
            *(_swapped(inner).map(lambda new, key=key: {**value, key: new}) for key, inner in value.items()),
            *(st.just({k: v for k, v in value.items() if k != key}) for key in value),
            st.sampled_from(["..", "../evil", "a/b", "/", ""]).map(
                lambda name: {name if key == min(value) else key: inner for key, inner in value.items()}
            ),
        )
    if isinstance(value, list) and value:
        places = (
            _swapped(inner).map(lambda new, at=at: [*value[:at], new, *value[at + 1 :]])
            for at, inner in enumerate(value)
        )
        return st.one_of(_json, *places)
    return _json


def _valid(value: Any) -> None:
    """What was read can be trusted to be of its type, and no name of it leads out of a folder."""
    if isinstance(value, Manifest):
        for name, entry in {**value.packs, **value.media}.items():
            assert Path(name).name == name not in (".", "..")
            assert len(entry.sha256) == 64 and int(entry.sha256, 16) >= 0
            for size in (entry.length, entry.stored, *dict(entry.deltas).values()):
                assert type(size) is int and 0 <= size <= 1 << 30
            assert all(len(base) == 16 and int(base, 16) >= 0 for base, _ in entry.deltas)
        assert Path(value.home).name == value.home
        assert read_manifest(canonical(value.value())) == value
    elif isinstance(value, Catalogue):
        assert all(Path(home).name == home for home in value.homes)
        assert all(
            type(one) is int and one >= 0 for one in (value.release, value.format, value.root, *value.history)
        )
        assert all(one.startswith(("http://", "https://")) for one in value.servers)
    else:
        assert all(isinstance(one.id, str) and isinstance(one.phone, str) for one in value)


def _bundle_of(value: Any) -> bytes:
    packed = compress(_dumps(value))
    return b"SAFEAIR1" + len(packed).to_bytes(4, "big") + packed + b"abc"


def _head_value() -> Any:
    bundle = write_bundle(GOOD_HEAD, [])
    return json.loads(expand_some(bundle[12:], 1 << 20))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to write bundles to."""
    return tmp_path_factory.mktemp("bundle") / "bundle"


@settings(few, max_examples=300)
@given(
    raw=st.one_of(
        st.binary(max_size=200),
        _mutated(write_bundle(GOOD_HEAD, [b"abc"])),
        _swapped(_head_value()).map(_bundle_of),
    )
)
@example(raw=_bundle_of({**_head_value(), "files": [["delta/a-b", float("inf")]]}))
@example(raw=_bundle_of({**_head_value(), "base": float("-inf")}))
@example(raw=_bundle_of({**_head_value(), "files": [["delta/a-b", 1 << 70]]}))
@example(raw=b"SAFEAIR1" + b"\xff" * 4)
def test_no_bytes_break_a_bundle(place: Path, raw: bytes) -> None:
    place.write_bytes(raw)
    try:
        bundle = Bundle(place)
    except errors.DamagedError:
        with pytest.raises(errors.DamagedError):
            read_head(raw)
        return
    assert bundle.head == read_head(raw)
    for name, length in bundle.head.files:
        assert length >= 0
        data = bundle.read(name, length)
        assert data is None or len(data) == length
        assert bundle.read(name, length + 1) is None
    assert all(isinstance(text, bytes) for text in bundle.head.texts.values())


# -- withdrawn contacts

_ids = st.sampled_from(["ru-labour", "ru-emergency", "uz-ambulance", "ru-embassy-uz"])
_phones = st.sampled_from(["88007000600", "112", "+74992300076", "1577-1366", "*1345", "103"])
_texts = st.lists(
    st.one_of(
        st.sampled_from(["Call", "within 90 days.", "Pay 5 000 roubles"]),
        _phones,
        st.sampled_from(["8 800 700-06-00", "+7 499 230-00-76", "8 (499) 230 00 76", "1 5 7 7 1366"]),
    ),
    max_size=4,
).map(" ".join)


def _block(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    base = {
        "id": st.text("abc", min_size=1, max_size=3),
        "kind": st.just(kind),
        "passports": st.just([]),
        "marked": st.booleans(),
    }
    parts: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "paragraph": {"text": _texts},
        "bullets": {"items": st.lists(_texts, min_size=1, max_size=3)},
        "do_dont": {
            "do": st.lists(_texts, min_size=1, max_size=2),
            "dont": st.lists(_texts, min_size=1, max_size=2),
        },
        "contact": {"contact": _ids},
    }
    return st.fixed_dictionaries({**base, **parts[kind]})


_contact = st.fixed_dictionaries({"id": _ids, "phone": _phones, "note": st.none() | _texts})
_blocks = st.lists(
    st.sampled_from(["paragraph", "bullets", "do_dont", "contact"]).flatmap(_block), max_size=4
)
_guides = st.fixed_dictionaries(
    {
        "guide": st.fixed_dictionaries({"name": st.just("Russia"), "help": st.lists(_ids, max_size=3)}),
        "contacts": st.lists(_contact, max_size=3),
        "articles": st.lists(st.fixed_dictionaries({"id": st.just("pay"), "blocks": _blocks}), max_size=2),
    }
)
_commons = st.fixed_dictionaries(
    {
        "origins": st.lists(
            st.fixed_dictionaries({"iso": st.just("UZ"), "contacts": st.lists(_contact, max_size=3)}),
            max_size=2,
        ),
        "pages": st.none(),
    }
)


@settings(few, max_examples=300)
@given(pack=_guides | _commons, withdrawn=st.lists(st.builds(Withdrawn, _ids, _phones), max_size=3))
def test_no_withdrawn_id_or_number_is_left_behind(pack: dict[str, Any], withdrawn: list[Withdrawn]) -> None:
    before = json.dumps(pack)
    home = "RU" if "guide" in pack else "common"
    left = without(pack, withdrawn, home)
    assert json.dumps(pack) == before, "the pack itself is not changed"
    ids = {one.id for one in withdrawn}
    contacts = [
        *left.get("contacts", ()),
        *(one for origin in left.get("origins", ()) for one in origin["contacts"]),
    ]
    assert not ids & {one["id"] for one in contacts}
    assert not ids & set(left.get("guide", {}).get("help", ()))
    texts = [one["note"] for one in left.get("contacts", ()) if one["note"]]
    for origin in left.get("origins", ()):
        for note in (one["note"] for one in origin["contacts"] if one["note"]):
            assert not any(one.is_named(note, origin["iso"]) for one in withdrawn)
    blocks = [block for article in left.get("articles", ()) for block in article["blocks"]]
    for block in blocks:
        assert block.get("contact") not in ids
        texts += [block[part] for part in ("text",) if part in block]
        lists = [block[side] for side in ("items", "do", "dont") if side in block]
        assert not lists or any(lists), "a block of nothing is no block"
        texts += [text for one in lists for text in one]
    for one in withdrawn:
        assert not any(one.is_named(text, home) for text in texts)
    if not withdrawn:
        assert left == pack


def test_a_short_number_of_one_country_is_a_quantity_in_another() -> None:
    """999 of one country leaves a sentence about 999 roubles of another one alone."""
    block = {"id": "a", "kind": "paragraph", "text": "Call 999, or pay 100."}
    pack = {"guide": {"help": []}, "contacts": [], "articles": [{"id": "pay", "blocks": [block]}]}
    gone = [Withdrawn("gb-police", "999")]
    assert without(pack, gone, "RU")["articles"][0]["blocks"] == [block]
    assert without(pack, gone, "GB")["articles"][0]["blocks"] == []
    abroad = [Withdrawn("uz-consular", "+998712335002")]
    block["text"] = "Call +998 71 233 50 02."
    assert without(pack, abroad, "GB")["articles"][0]["blocks"] == []


@few
@given(pack=_guides, withdrawn=st.lists(st.builds(Withdrawn, _ids, _phones), min_size=1, max_size=3))
def test_what_names_no_withdrawn_number_stays(pack: dict[str, Any], withdrawn: list[Withdrawn]) -> None:
    left = without(pack, withdrawn, "RU")
    phones = [one.phone for one in withdrawn]
    ids = {one.id for one in withdrawn}
    for article, kept in zip(pack["articles"], left["articles"], strict=True):
        for block in article["blocks"]:
            strings = [
                block.get("text", ""),
                *(text for side in ("items", "do", "dont") for text in block.get(side, ())),
            ]
            named = any(names_number(text, phone) for text in strings for phone in phones)
            if not named and block.get("contact") not in ids:
                assert block in kept["blocks"]
    assert [one["id"] for one in left["contacts"]] == [
        one["id"] for one in pack["contacts"] if one["id"] not in ids
    ]


def test_the_clock_of_the_tests_is_one_day_within_every_life() -> None:
    """The simulator itself: what is signed today is good tomorrow."""
    assert timedelta(days=1) < min(LIVES.values()) and TODAY.tzinfo is UTC

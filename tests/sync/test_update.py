"""Old or new, never between; only the publisher's words: one update, through every door."""

from __future__ import annotations

import json
import logging
import os
import shutil
import stat
from pathlib import Path

import pytest

from content.withdrawn import Withdrawn
from sync import errors
from sync.bundle import Bundle
from sync.manifest import bundle_name
from sync.update import Update
from tests.sync.centre import (
    CHANNEL,
    PAY,
    Centre,
    cut_after,
    endless,
    flipped,
    ignores_range,
    once,
    only,
    packed_and_cut,
    portal,
    stalls,
    status,
    wrong_range,
)


def test_a_fresh_kiosk_takes_the_release_in_one_request(centre: Centre) -> None:
    release = centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        outcome = kiosk.update(line)
        assert (outcome.activated, outcome.release) == (True, release.number)
        assert line.asked == ["/bundle/stable/from-0"]
        assert kiosk.reads() == "Pay the fee of **5 000** roubles within 90 days."
        line.asked.clear()
        outcome = kiosk.update(line)
        assert not outcome.activated
        assert line.asked == [f"/bundle/stable/from-{release.number}"]
        assert kiosk.meter.bytes < 1000 and kiosk.meter.requests == 1


def test_one_paragraph_costs_one_small_request(centre: Centre) -> None:
    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
        new = centre.edit()
        centre.publish()
        line.asked.clear()
        outcome = kiosk.update(line)
        assert outcome.activated and kiosk.reads() == new
        assert len(line.asked) == 1 and kiosk.meter.bytes < 5000
        assert "Russia, English: 1 article changed" in outcome.changes


def test_without_bundles_the_same_comes_file_by_file(centre: Centre) -> None:
    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
        new = centre.edit()
        centre.publish()
        line.faults = only("/bundle/", status(404))
        line.asked.clear()
        assert kiosk.update(line).activated
        assert kiosk.reads() == new
        assert any(path.startswith("/delta/") for path in line.asked), line.asked
        assert not any(path.startswith("/blobs/") for path in line.asked), "a delta was offered"


def test_what_is_shown_before_stays_until_all_is_here(centre: Centre) -> None:
    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
        before = kiosk.state()
        centre.edit()
        centre.publish()
        line.faults = lambda path: (
            status(500) if "/bundle/" in path or "/delta/" in path or "/blobs/" in path else None
        )
        with pytest.raises(errors.NetworkError):
            kiosk.update(line)
        assert kiosk.state() == before
        assert kiosk.reason() == "network"
        line.faults = lambda _path: None
        assert kiosk.update(line).activated
        assert kiosk.reason() == ""


def test_a_kiosk_that_was_away_for_long_comes_back(centre: Centre) -> None:
    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
        for _ in range(9):
            new = centre.edit()
            centre.publish()
        assert not (centre.public / bundle_name(CHANNEL, 1)).exists(), "old bundles go"
        assert kiosk.update(line).activated
        assert kiosk.reads() == new


@pytest.mark.parametrize(
    "fault",
    [cut_after(300), status(503), ignores_range, wrong_range, flipped, packed_and_cut, portal, endless],
    ids=lambda fault: getattr(fault, "__qualname__", "").split(".")[0],
)
def test_a_bad_line_costs_time_and_nothing_else(centre: Centre, fault) -> None:  # type: ignore[no-untyped-def]
    """Each file comes wrong once; the update is whole in the end."""
    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
        before = kiosk.state()
        new = centre.edit()
        centre.publish()
        line.faults = once(lambda _path: fault)
        for _ in range(30):
            try:
                if kiosk.update(line).activated:
                    break
            except errors.SyncError as error:
                assert not isinstance(error, errors.RefusedError)
                assert kiosk.state() == before
        assert kiosk.reads() == new


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (portal, "network"),
        (status(302, Location="http://login.example/"), "network"),
        (packed_and_cut, "network"),
        (stalls(3), "network"),
        (flipped, "trust"),
        (status(404), "missing"),
    ],
)
def test_a_line_that_is_always_bad_is_named(centre: Centre, fault, reason: str) -> None:  # type: ignore[no-untyped-def]
    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
        before = kiosk.state()
        centre.edit()
        centre.publish()
        line.faults = lambda _path: fault
        with pytest.raises(errors.SyncError):
            kiosk.update(line)
        assert kiosk.state() == before
        assert kiosk.reason() == reason


def test_a_cut_is_taken_up_where_it_was(centre: Centre) -> None:
    picture = os.urandom(300_000)
    centre.publish(media={"RU": {"map.png": picture}})
    kiosk = centre.kiosk(workers=1)
    with centre.line() as line:
        needed = (centre.public / "bundle/stable/from-0").stat().st_size
        line.faults = lambda _path: cut_after(20_000)
        assert kiosk.update(line).activated
        assert line.sent <= needed * 1.1, f"{line.sent} of {needed}"
    assert (kiosk.data / "releases/1/media/RU/map.png").read_bytes() == picture


def test_a_cut_survives_a_restart_of_the_agent(centre: Centre) -> None:
    """Every day a little: what came before the limit is not asked for again."""
    picture = os.urandom(300_000)
    centre.publish(media={"RU": {"map.png": picture}})
    kiosk = centre.kiosk(workers=1)
    needed = (centre.public / "bundle/stable/from-0").stat().st_size
    days = used = 0
    with centre.line() as line:
        line.faults = lambda _path: cut_after(30_000)
        for days in range(20):  # noqa: B007 - how many it took is looked at below
            try:
                kiosk.update(line, limit=40_000)
                break
            except errors.LimitError:
                used += kiosk.meter.bytes
        used += kiosk.meter.bytes
    assert kiosk.state()[0] == 1
    assert days > 3 and used <= needed * 1.1, f"{used} of {needed} in {days} days"


def test_a_replayed_centre_is_refused(centre: Centre) -> None:
    centre.publish()
    shutil.copytree(centre.public, centre.folder / "old")
    centre.edit()
    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
    before = kiosk.state()
    with centre.line(centre.folder / "old") as line:
        with pytest.raises(errors.ReplayError):
            kiosk.update(line)
        # A power cut may empty the cache of metadata; the floors remember.
        for path in (kiosk.data / "metadata").glob("*.json"):
            if not path.is_symlink():
                path.write_bytes(b"")
        with pytest.raises(errors.ReplayError):
            kiosk.update(line)
        shutil.rmtree(kiosk.data / "metadata")
        with pytest.raises(errors.ReplayError):
            kiosk.update(line)
    assert kiosk.state() == before
    assert kiosk.reason() == "replay"


def test_another_publisher_is_refused(centre: Centre, template: Path, tmp_path: Path) -> None:
    from sync.keys import init_keys

    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
    before = kiosk.state()
    thief = Centre(tmp_path / "thief", template)
    shutil.rmtree(thief.keys)
    thief.root = init_keys(thief.keys, thief.clock()).read_bytes()
    thief.edit()
    thief.publish()
    with thief.line() as line, pytest.raises(errors.TrustError):
        kiosk.update(line)
    bundle = thief.public / "bundle/stable/from-0"
    with pytest.raises(errors.TrustError):
        kiosk.take(bundle)
    assert kiosk.state() == before


def test_mixed_files_of_two_releases_are_refused(centre: Centre) -> None:
    """The newest timestamp over an older snapshot's bytes, and packs under each other's names."""
    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
        before = kiosk.state()
        centre.edit()
        centre.publish()
        for path in (centre.public / "bundle").rglob("from-*"):
            path.unlink()
        names = sorted(path.name for path in (centre.public / "metadata").glob("*.snapshot.json"))
        shutil.copy(centre.public / "metadata" / names[0], centre.public / "metadata" / names[-1])
        with pytest.raises(errors.TrustError):
            kiosk.update(line)
        assert kiosk.state() == before


def test_signatures_that_have_ended_stop_updates_and_never_the_screen(centre: Centre) -> None:
    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
        before = kiosk.state()
        kiosk.clock.advance(days=15)
        with pytest.raises(errors.ExpiredError, match="clock is wrong"):
            kiosk.update(line)
        assert kiosk.state() == before and kiosk.reason() == "clock"
        centre.clock.advance(days=15)
        centre.publisher().resign()
        kiosk.update(line)
        assert kiosk.reason() == ""


def test_a_stick_brings_the_same_release_through_the_same_door(centre: Centre) -> None:
    centre.publish()
    by_line, by_stick = centre.kiosk("line"), centre.kiosk("stick")
    with centre.line() as line:
        by_line.update(line)
    outcome = by_stick.take(centre.public / "bundle/stable/from-0")
    assert outcome.activated and by_stick.state() == by_line.state()
    with pytest.raises(errors.DamagedError, match="cut off"):
        whole = (centre.public / "bundle/stable/from-0").read_bytes()
        (centre.folder / "cut").write_bytes(whole[:-1])
        by_stick.take(centre.folder / "cut")
    with pytest.raises(errors.DamagedError, match="not a bundle"):
        (centre.folder / "song.mp3").write_bytes(b"ID3" + bytes(1000))
        by_stick.take(centre.folder / "song.mp3")


def test_an_old_stick_is_refused(centre: Centre) -> None:
    centre.publish()
    shutil.copy(centre.public / "bundle/stable/from-0", centre.folder / "old")
    centre.edit()
    centre.publish()
    kiosk = centre.kiosk()
    kiosk.take(centre.public / "bundle/stable/from-0")
    before = kiosk.state()
    with pytest.raises(errors.ReplayError):
        kiosk.take(centre.folder / "old")
    assert kiosk.state() == before


def test_the_installers_release_may_have_lain_on_a_shelf(centre: Centre) -> None:
    centre.publish()
    bundle = centre.public / "bundle/stable/from-0"
    kiosk = centre.kiosk()
    kiosk.clock.advance(days=400)
    with kiosk.open() as update:
        with pytest.raises(errors.ExpiredError):
            update.from_stick(bundle)
        assert update.from_factory(bundle) is not None
        assert update.from_factory(bundle) is None, "only a kiosk without content takes it"
    assert kiosk.state()[0] == 1


def test_a_withdrawn_contact_goes_first(centre: Centre) -> None:
    """The list outranks packs: it is applied although the new packs cannot come."""
    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
        release, _ = kiosk.state()
        centre.publisher().withdraw([Withdrawn("ru-labour", "88007000600")])
        centre.edit()
        centre.publish()
        line.faults = lambda path: (
            status(500) if "/blobs/" in path or "/delta/" in path or "/bundle/" in path else None
        )
        with pytest.raises(errors.NetworkError):
            kiosk.update(line)
        assert kiosk.state()[0] == release, "still the old packs"
        assert "ru-labour" not in _contacts(kiosk)
        line.faults = lambda _path: None
        kiosk.update(line)
        assert kiosk.state()[0] > release
        assert "ru-labour" not in _contacts(kiosk)
        centre.publisher().withdraw([], ["ru-labour"])
        kiosk.update(line)
        assert "ru-labour" in _contacts(kiosk)


def _contacts(kiosk) -> set[str]:  # type: ignore[no-untyped-def]
    from content.library import Library

    with kiosk.open() as update:
        active = update.state.active()
    library = Library.open(kiosk.data / "releases" / str(active.number) / "library.sqlite")
    try:
        return {one.id for one in library.contacts("RU", "en", "UZ")}
    finally:
        library.close()


def test_revert_is_a_new_release_of_old_packs(centre: Centre) -> None:
    first = centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
        old = kiosk.reads()
        centre.edit()
        centre.publish()
        kiosk.update(line)
        assert kiosk.reads() != old
        third = centre.publisher().revert(CHANNEL, first.number)
        assert third.number > first.number and third.new
        kiosk.update(line)
        assert kiosk.reads() == old and kiosk.state()[0] == third.number


def test_channels_are_apart_and_pilot_is_promoted(centre: Centre) -> None:
    centre.publish("stable")
    stable, pilot = centre.kiosk("s", "stable"), centre.kiosk("p", "pilot")
    new = centre.edit()
    centre.publish("pilot")
    with centre.line() as line:
        stable.update(line)
        pilot.update(line)
        assert pilot.reads() == new != stable.reads()
        centre.publisher().promote("pilot", "stable")
        stable.update(line)
        assert stable.reads() == new


def test_a_channel_without_a_release_is_named(centre: Centre) -> None:
    centre.publish("stable")
    kiosk = centre.kiosk(channel="pilot")
    with centre.line() as line, pytest.raises(errors.NotPublishedError, match="pilot"):
        kiosk.update(line)


def test_a_release_for_other_kiosks_is_refused_once_and_named(centre: Centre, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
        before = kiosk.state()
        centre.edit()
        monkeypatch.setattr("sync.publish.FORMAT", 99)
        centre.publish()
        with pytest.raises(errors.RefusedError, match="format 99"):
            kiosk.update(line)
        assert kiosk.state() == before and kiosk.reason() == "refused"


def test_a_release_that_makes_no_library_is_not_tried_again_and_again(centre: Centre, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from sync import publish

    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
        before = kiosk.state()
        real = publish.make_packs

        def broken(content):  # type: ignore[no-untyped-def]
            packs = real(content)
            del packs["RU/en"]["articles"][0]["lead"]
            return packs

        monkeypatch.setattr(publish, "make_packs", broken)
        centre.publish()
        with pytest.raises(errors.RefusedError, match="lead"):
            kiosk.update(line)
        line.sent = 0
        with pytest.raises(errors.RefusedError, match="refused before"):
            kiosk.update(line)
        assert kiosk.state() == before
        monkeypatch.setattr(publish, "make_packs", real)
        centre.edit()
        centre.publish()
        assert kiosk.update(line).activated


def test_the_address_of_the_centre_can_be_changed_by_a_release(centre: Centre) -> None:
    with centre.line() as old, centre.line() as new:
        centre.publish(servers=(new.address,))
        kiosk = centre.kiosk()
        kiosk.update(old)
        with kiosk.open() as update:
            assert update.servers() == (new.address,)


def test_a_second_server_answers_where_the_first_is_down(centre: Centre) -> None:
    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        assert kiosk.update("http://127.0.0.1:9", line).activated


def test_two_agents_do_not_work_in_one_folder(centre: Centre) -> None:
    kiosk = centre.kiosk()
    with kiosk.open(), pytest.raises(errors.BusyError, match="already"):
        kiosk.open()


def test_the_days_bytes_are_a_limit_and_no_loss(centre: Centre) -> None:
    centre.publish(media={"RU": {"map.png": os.urandom(200_000)}})
    kiosk = centre.kiosk()
    with centre.line() as line:
        with pytest.raises(errors.LimitError, match="tomorrow"):
            kiosk.update(line, limit=100_000)
        assert kiosk.reason() == "limit"
        kiosk.update(line, limit=150_000)
    assert kiosk.state()[0] == 1


def test_a_kiosk_that_lost_its_memory_remembers_from_its_releases(centre: Centre) -> None:
    centre.publish()
    shutil.copytree(centre.public, centre.folder / "old")
    centre.edit()
    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
    before = kiosk.state()
    (kiosk.data / "state.sqlite").write_bytes(b"not a database" * 100)
    assert kiosk.state() == before
    shutil.rmtree(kiosk.data / "metadata")
    with centre.line(centre.folder / "old") as line, pytest.raises(errors.ReplayError):
        kiosk.update(line)
    assert kiosk.state() == before


def test_a_damaged_pack_is_found_and_comes_again(centre: Centre) -> None:
    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
        blob = max((kiosk.data / "blobs").rglob("??/*"), key=lambda path: path.stat().st_size)
        blob.write_bytes(b"\0" * blob.stat().st_size)
        with kiosk.open() as update:
            assert len(update.scrub()) == 1
        kiosk.update(line)
        with kiosk.open() as update:
            assert update.scrub() == []


def test_a_damaged_library_is_built_again_from_its_packs(centre: Centre) -> None:
    centre.publish()
    kiosk = centre.kiosk()
    with centre.line() as line:
        kiosk.update(line)
    before = kiosk.reads()
    path = kiosk.data / "releases/1/library.sqlite"
    assert not path.stat().st_mode & stat.S_IWUSR, "nobody writes to a library"
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with kiosk.open() as update:
        assert "built again" in update.scrub()[0]
    assert kiosk.reads() == before


def test_what_is_not_shown_any_more_goes(centre: Centre) -> None:
    kiosk = centre.kiosk()
    with centre.line() as line:
        for _ in range(4):
            centre.edit()
            centre.publish()
            kiosk.update(line)
    assert sorted(path.name for path in (kiosk.data / "releases").iterdir()) == ["3", "4"]
    with kiosk.open() as update:
        named = {
            entry.sha256 for one in update.state.activations() for entry in update._entries(one).values()
        }
    packs = {path.name for path in (kiosk.data / "blobs").glob("??/*")}
    assert named <= packs
    assert len(packs - named) <= 2 * 4, "catalogue, withdrawn list and manifests of two releases"


def test_a_release_that_a_screen_holds_open_is_kept(centre: Centre) -> None:
    import fcntl

    kiosk = centre.kiosk()
    with centre.line() as line:
        centre.publish()
        kiosk.update(line)
        with (kiosk.data / "releases/1/library.sqlite").open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_SH)
            for _ in range(3):
                centre.edit()
                centre.publish()
                kiosk.update(line)
            assert (kiosk.data / "releases/1/library.sqlite").exists()
        kiosk.update(line)
        assert not (kiosk.data / "releases/1").exists()


def test_a_new_language_and_a_new_destination_are_told_in_words(centre: Centre, caplog) -> None:  # type: ignore[no-untyped-def]
    caplog.set_level(logging.INFO)
    kiosk = centre.kiosk()
    with centre.line() as line:
        centre.publish()
        kiosk.update(line)
        toml = centre.desk / "languages.toml"
        text = toml.read_text(encoding="utf-8")
        start = text.index("[tk]")
        toml.write_text(
            text + "\n" + text[start:].replace("[tk]", "[tg]").replace("Turkmen", "Tajik"), encoding="utf-8"
        )
        shutil.copytree(centre.desk / "guides/RU", centre.desk / "guides/KZ")
        guide = centre.desk / "guides/KZ/guide.yaml"
        guide.write_text(
            guide.read_text(encoding="utf-8")
            .replace("destination: RU", "destination: KZ")
            .replace("name: Russia", "name: Kazakhstan"),
            encoding="utf-8",
        )
        centre.publish()
        outcome = kiosk.update(line)
    assert "New destination: Kazakhstan" in outcome.changes
    assert "New language: Tajik" in outcome.changes
    assert "New language: Tajik" in caplog.text


def test_an_unreadable_folder_is_named(centre: Centre, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.SpaceError, match="cannot be written"):
        Update(tmp_path / "file" / "data", centre.root, CHANNEL)


def test_a_bundle_of_lies_is_only_useless(centre: Centre) -> None:
    """Names that lead out of the folder, wrong lengths, a head that is a bomb."""
    from sync.bundle import Head, write_bundle
    from sync.delta import compress

    centre.publish()
    kiosk = centre.kiosk()
    good = Bundle(centre.public / "bundle/stable/from-0")
    texts = dict(good.head.texts)
    evil = Head("stable", 0, 1, {**texts, "../../../etc/passwd": b"x"}, (), (("blobs/../../../evil", 4),))
    path = centre.folder / "evil"
    path.write_bytes(write_bundle(evil, [b"evil"]))
    with pytest.raises(errors.SyncError):
        kiosk.take(path)
    bomb = compress(b" " * (64 << 20))
    path.write_bytes(b"SAFEAIR1" + len(bomb).to_bytes(4, "big") + bomb)
    with pytest.raises(errors.DamagedError, match="more than"):
        kiosk.take(path)
    assert kiosk.state() == (0, "")
    assert not list(centre.folder.rglob("passwd"))
    with centre.line() as line:
        shutil.copy(path, centre.public / "bundle/stable/from-0")
        assert kiosk.update(line).activated, "file by file"


def test_a_manifest_with_bad_names_never_becomes_a_path() -> None:
    from sync.manifest import read_manifest

    digest = "a" * 64
    for packs in (
        {"../x": {}},
        {"ky": {"sha256": "../" + digest, "length": 1}},
        {"ky": {"sha256": digest, "length": -1}},
    ):
        with pytest.raises(errors.DamagedError):
            read_manifest(json.dumps({"home": "RU", "packs": packs}).encode())
    for home in ("../RU", "ru", "RU/..", "common/x"):
        with pytest.raises(errors.DamagedError):
            read_manifest(json.dumps({"home": home, "packs": {}}).encode())
    media = {"..": {"sha256": digest, "length": 1}}
    with pytest.raises(errors.DamagedError):
        read_manifest(json.dumps({"home": "RU", "packs": {}, "media": media}).encode())


def test_the_desk_is_where_the_edit_is(centre: Centre) -> None:
    """The simulator itself: an edit changes the file that the tests think of."""
    before = (centre.desk / PAY).read_text(encoding="utf-8")
    assert centre.edit() in (centre.desk / PAY).read_text(encoding="utf-8") != before

"""Keys are made once, exchanged in the open, and a key that is out of force signs nothing."""

from __future__ import annotations

import contextlib
import json
import shutil
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from securesystemslib.signer import Signer
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

from sync import errors
from sync.keys import (
    COMPACT,
    PASSPHRASE,
    ROLES,
    ROOT_LIFE,
    Keyring,
    init_keys,
    missing_signatures,
    read_root,
    rotate_key,
    write_key,
)
from sync.repository import Public, Repository
from tests.sync.centre import CHANNEL, TODAY, Centre
from tests.sync.watched import KilledError, Watched

NAMES = ("root-1", "root-2", "root-3", "targets", "snapshot", "timestamp")


def root_of(path: Path) -> Metadata[Root]:
    """A root in a file."""
    return read_root(path.read_bytes(), path.name)


def drawer(folder: Path, *keys: Path) -> Path:
    """A folder with nothing but these keys: what somebody takes out of a drawer."""
    folder.mkdir(parents=True, exist_ok=True)
    for key in keys:
        shutil.copy(key, folder)
    return folder


class Ceremony:
    """Exchanges keys of a centre as ``docs/releases.md`` has it: draft, two signatures, publish."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre

    @property
    def root(self) -> Metadata[Root]:
        """The root that is in force."""
        public = self.centre.repository().public()
        assert public is not None
        return public.root

    def draft(self, role: str, lost: str = "") -> Metadata[Root]:
        """The next root, unsigned; its new key is in the centre's folder."""
        return rotate_key(self.root, role, self.centre.keys, self.centre.clock(), lost)

    def sign(self, draft: Metadata[Root], *names: str) -> int:
        """Each key in a folder of its own, one after another; how many are missing after that."""
        for name in names:
            keys = drawer(self.centre.folder / f"drawer-{name}", self.centre.keys / f"{name}.pem")
            Keyring.read([keys]).sign(draft, (self.root.signed, draft.signed))
        return missing_signatures(draft, self.root.signed)

    def publish(self, draft: Metadata[Root]) -> Public:
        """``resign --root``."""
        self.centre.repository().start(draft.to_bytes(COMPACT))
        return self.centre.publisher().resign()

    def rotate(self, role: str) -> Public:
        """All of it."""
        draft = self.draft(role)
        assert self.sign(draft, "root-1", "root-3") == 0
        return self.publish(draft)


@pytest.fixture
def ceremony(centre: Centre) -> Ceremony:
    """A centre that has published, and its keys."""
    centre.publish()
    return Ceremony(centre)


# -- files


def test_the_ceremony_leaves_six_keys_that_only_their_owner_reads(tmp_path: Path) -> None:
    path = init_keys(tmp_path / "keys", TODAY)
    assert sorted(one.name for one in path.parent.iterdir()) == sorted(
        [*(f"{name}.pem" for name in NAMES), "root.json"]
    )
    for name in NAMES:
        assert stat.S_IMODE((path.parent / f"{name}.pem").stat().st_mode) == 0o600
    root = root_of(path).signed
    assert (root.version, root.consistent_snapshot, root.expires) == (1, True, TODAY + ROOT_LIFE)
    assert {role: (len(root.roles[role].keyids), root.roles[role].threshold) for role in ROLES} == {
        "root": (3, 2),
        "targets": (1, 1),
        "snapshot": (1, 1),
        "timestamp": (1, 1),
    }
    assert len(root.keys) == 6 and len(root_of(path).signatures) == 3
    assert missing_signatures(root_of(path), None) == 0
    assert b"PRIVATE" not in path.read_bytes()


def test_keys_are_never_written_over(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    init_keys(folder, TODAY)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(errors.PublishError, match="never overwritten"):
        init_keys(folder, TODAY)
    with pytest.raises(errors.PublishError, match="never overwritten"):
        write_key(folder / "targets.pem")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_second_ceremony_does_not_start_where_the_root_keys_have_left(tmp_path: Path) -> None:
    """They are in three drawers, as they should be; ``root.json`` is what every kiosk trusts."""
    folder = tmp_path / "keys"
    init_keys(folder, TODAY)
    for path in folder.glob("*.pem"):
        path.rename(drawer(tmp_path / path.stem) / path.name)
    before = (folder / "root.json").read_bytes()
    with pytest.raises(errors.PublishError, match=r"root\.json: exists already"):
        init_keys(folder, TODAY)
    assert [path.name for path in folder.iterdir()] == ["root.json"]
    assert (folder / "root.json").read_bytes() == before


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.PublishError, match="file/keys"):
        init_keys(tmp_path / "file" / "keys", TODAY)


def test_a_passphrase_opens_what_it_has_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSPHRASE, "eight words")
    root = root_of(init_keys(tmp_path / "keys", TODAY))
    for name in NAMES:
        assert b"ENCRYPTED" in (tmp_path / "keys" / f"{name}.pem").read_bytes()
    ring = Keyring.read([tmp_path / "keys"])
    assert [len(ring.signers(root.signed, role)) for role in ROLES] == [3, 1, 1, 1]
    for wrong in ("other words", None):
        monkeypatch.setenv(PASSPHRASE, wrong) if wrong else monkeypatch.delenv(PASSPHRASE)
        with pytest.raises(errors.PublishError, match=rf"root-1\.pem: .*{PASSPHRASE}"):
            Keyring.read([tmp_path / "keys"])
    init_keys(tmp_path / "open", TODAY)
    assert b"ENCRYPTED" not in (tmp_path / "open" / "targets.pem").read_bytes()
    monkeypatch.setenv(PASSPHRASE, "eight words")
    with pytest.raises(errors.PublishError, match=rf"{PASSPHRASE}, or must be used without it"):
        Keyring.read([tmp_path / "open"])


def test_a_key_that_is_exchanged_is_encrypted_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSPHRASE, "eight words")
    root = root_of(init_keys(tmp_path / "keys", TODAY))
    rotate_key(root, "targets", tmp_path / "keys", TODAY)
    fresh = tmp_path / "keys" / "targets-v2.pem"
    assert b"ENCRYPTED" in fresh.read_bytes() and stat.S_IMODE(fresh.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "data", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_file_that_is_no_key_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "odd.pem").write_bytes(data)
    with pytest.raises(errors.PublishError, match=r"odd\.pem: not a key"):
        Keyring.read([tmp_path])
    with pytest.raises(errors.PublishError, match="there is no such folder"):
        Keyring.read([tmp_path / "none"])


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"signed": {"_type": "root"}, "signatures": []}'])
def test_a_file_that_is_no_root_is_named(data: bytes) -> None:
    with pytest.raises(errors.PublishError, match=r"next\.json: not a root"):
        read_root(data, "next.json")


def test_metadata_of_another_role_is_no_root(ceremony: Ceremony) -> None:
    data = ceremony.centre.store.get("metadata/timestamp.json") or b""
    with pytest.raises(errors.PublishError, match=r"next\.json: not a root"):
        read_root(data, "next.json")


# -- exchange


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "root", "expiry"])
def test_a_draft_needs_two_root_keys_and_kiosks_follow(ceremony: Ceremony, role: str) -> None:
    centre = ceremony.centre
    kiosk = centre.kiosk()
    kiosk.take(centre.public / "bundle/stable/from-0")
    old = ceremony.root.signed
    centre.clock.advance(days=20)
    draft = ceremony.draft(role, lost=old.roles["root"].keyids[1] if role == "root" else "")
    assert draft.signed.version == 2 and draft.signed.expires == centre.clock() + ROOT_LIFE
    assert ceremony.sign(draft) == 2
    assert ceremony.sign(draft, "targets", "timestamp") == 2, "they are no root keys"
    assert ceremony.sign(draft, "root-1") == 1
    assert ceremony.sign(draft, "root-1") == 1, "twice the same is one"
    with pytest.raises(errors.PublishError, match=r"root 2: 1 more signature\(s\)"):
        ceremony.publish(draft)
    assert ceremony.root.signed.version == 1
    kept = next(
        name for name in ("root-2", "root-3") if _id(centre, name) in draft.signed.roles["root"].keyids
    )
    assert ceremony.sign(draft, kept) == 0
    public = ceremony.publish(draft)
    assert public.root.signed.version == 2
    fresh = (centre.keys / f"{role}-v2.pem").exists()
    assert fresh == (role != "expiry")
    for one in ROLES:
        same = old.roles[one].keyids == public.root.signed.roles[one].keyids
        assert same == (one != role), one
    kiosk.clock.moment = centre.clock.moment
    with centre.line() as line:
        kiosk.update(line)
        new = centre.edit()
        centre.publish()
        kiosk.update(line)
    assert kiosk.reads() == new and kiosk.reason() == ""
    floors = _floors(kiosk)
    assert floors["root"] == 2


def _id(centre: Centre, name: str) -> str:
    keys = drawer(centre.folder / f"drawer-{name}", centre.keys / f"{name}.pem")
    (found,) = Keyring.read([keys])._signers
    return found


def _floors(kiosk) -> dict[str, int]:  # type: ignore[no-untyped-def]
    with kiosk.open() as update:
        return {role: version for role, (version, _) in update.state.floors().items()}


@pytest.mark.parametrize("bundles", [True, False])
@pytest.mark.parametrize("roles", [("timestamp", "snapshot"), ("targets", "timestamp"), ("root", "targets")])
def test_a_kiosk_that_was_away_through_two_exchanges_follows(
    ceremony: Ceremony, roles: tuple[str, str], bundles: bool
) -> None:
    centre = ceremony.centre
    kiosk, fresh = centre.kiosk(), centre.kiosk("fresh")
    kiosk.take(centre.public / "bundle/stable/from-0")
    for role in roles:
        centre.clock.advance(days=3)
        lost = _id(centre, "root-2") if role == "root" else ""
        draft = ceremony.draft(role, lost)
        assert ceremony.sign(draft, "root-1", "root-3") == 0
        ceremony.publish(draft)
        new = centre.edit()
        centre.publish()
    kiosk.clock.moment = fresh.clock.moment = centre.clock.moment
    if not bundles:
        shutil.rmtree(centre.public / "bundle")
    with centre.line() as line:
        assert kiosk.update(line).activated
        assert fresh.update(line).activated, "the installer's root is the first one"
        assert (len(line.asked) == 2) == bundles
    assert kiosk.reads() == fresh.reads() == new
    assert _floors(kiosk)["root"] == 3
    centre.publisher().verify()
    centre.publisher().revert(CHANNEL, 1)


def test_one_root_key_alone_changes_nothing_on_a_kiosk(ceremony: Ceremony) -> None:
    """The thief has a root key and the server: the kiosk counts the signatures itself."""
    centre = ceremony.centre
    kiosk = centre.kiosk()
    kiosk.take(centre.public / "bundle/stable/from-0")
    before = kiosk.state()
    draft = ceremony.draft("timestamp")
    assert ceremony.sign(draft, "root-1") == 1
    centre.store.put("metadata/2.root.json", draft.to_bytes(COMPACT))
    shutil.rmtree(centre.public / "bundle")
    with centre.line() as line, pytest.raises(errors.TrustError):
        kiosk.update(line)
    assert kiosk.state() == before and kiosk.reason() == "trust" and _floors(kiosk)["root"] == 1
    with pytest.raises(errors.PublishError, match=r"2\.root\.json"):
        centre.publisher().resign()


def test_a_root_key_that_was_revoked_counts_no_more(ceremony: Ceremony) -> None:
    centre = ceremony.centre
    draft = ceremony.draft("root", _id(centre, "root-2"))
    assert ceremony.sign(draft, "root-1", "root-2") == 1, "the old root agrees; of the new one only one key"
    assert ceremony.sign(draft, "root-3") == 0
    ceremony.publish(draft)
    after = ceremony.draft("expiry")
    assert ceremony.sign(after, "root-1", "root-2") == 1
    with pytest.raises(errors.PublishError, match=r"root 3: 1 more signature\(s\)"):
        ceremony.publish(after)
    assert ceremony.sign(after, "root-3") == 0
    assert ceremony.publish(after).root.signed.version == 3


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_signatures_of_a_revoked_key_are_refused_by_kiosks(ceremony: Ceremony, role: str) -> None:
    """The thief has the old key of one role, and for the test's sake today's keys of all others."""
    centre = ceremony.centre
    kiosk, fresh = centre.kiosk(), centre.kiosk("fresh")
    with centre.line() as line:
        kiosk.update(line)
        stolen = drawer(centre.folder / "stolen", centre.keys / f"{role}.pem")
        ceremony.rotate(role)
        (centre.keys / f"{role}.pem").unlink()
        centre.edit()
        centre.publish()
        kiosk.update(line)
        before = kiosk.state()
        shutil.rmtree(centre.public / "bundle")
        (thief,) = Keyring.read([stolen])._signers.values()
        _forge(centre, role, thief)
        for one in (kiosk, fresh):
            with pytest.raises(errors.TrustError):
                one.update(line)
            assert one.reason() == "trust"
    assert kiosk.state() == before and fresh.state() == (0, "")


def _forge(centre: Centre, role: str, thief: Signer) -> None:
    """New metadata of all three roles, one of them signed by ``thief``, all others in order."""
    keys = Keyring.read([centre.keys])
    public = centre.repository().public()
    assert public is not None and public.targets is not None
    stamp = Metadata[Timestamp].from_bytes(centre.store.get("metadata/timestamp.json") or b"")
    snap = Metadata[Snapshot].from_bytes(centre.store.get(f"metadata/{public.snapshot}.snapshot.json") or b"")
    aims = Metadata[Targets].from_bytes(
        centre.store.get(f"metadata/{public.targets.version}.targets.json") or b""
    )
    for one in (stamp, snap, aims):
        one.signed.version += 10
        one.signatures.clear()
    snap.signed.meta["targets.json"].version = aims.signed.version
    stamp.signed.snapshot_meta.version = snap.signed.version
    for one, name in (
        (aims, f"{aims.signed.version}.targets"),
        (snap, f"{snap.signed.version}.snapshot"),
        (stamp, "timestamp"),
    ):
        signers = [thief] if one.signed.type == role else keys.signers(public.root.signed, one.signed.type)
        for signer in signers:
            one.sign(signer, append=True)
        assert len(one.signatures) == 1
        centre.store.put(f"metadata/{name}.json", one.to_bytes(COMPACT))


def test_the_forger_of_these_tests_would_be_believed_with_todays_keys(ceremony: Ceremony) -> None:
    """The simulator itself: it is the key that is refused above, and nothing else."""
    centre = ceremony.centre
    kiosk = centre.kiosk()
    shutil.rmtree(centre.public / "bundle")
    (good,) = Keyring.read([drawer(centre.folder / "good", centre.keys / "targets.pem")])._signers.values()
    _forge(centre, "targets", good)
    with centre.line() as line:
        assert kiosk.update(line).activated
    assert _floors(kiosk)["targets"] == 11


def test_a_draft_that_skips_a_version_is_refused(ceremony: Ceremony) -> None:
    first = ceremony.draft("expiry")
    draft = rotate_key(first, "expiry", ceremony.centre.keys, TODAY)
    Keyring.read([ceremony.centre.keys]).sign(draft, (first.signed, draft.signed))
    assert draft.signed.version == 3 and len(draft.signatures) == 3
    with pytest.raises(errors.PublishError, match="root 3 does not follow root 1"):
        missing_signatures(draft, ceremony.root.signed)
    with pytest.raises(errors.PublishError, match="root 3: the next one is 2"):
        ceremony.publish(draft)
    assert ceremony.root.signed.version == 1


def test_two_different_drafts_of_one_version_are_not_both_published(ceremony: Ceremony) -> None:
    one, other = ceremony.draft("expiry"), ceremony.draft("timestamp")
    for draft in (one, other):
        assert ceremony.sign(draft, "root-1", "root-2") == 0
    ceremony.publish(one)
    ceremony.publish(one)
    ceremony.centre.repository().start(ceremony.centre.root)
    assert ceremony.root.signed.version == 2, "a root that is public already is no trouble, old or new"
    with pytest.raises(errors.PublishError, match="root 2: another one of this version is public"):
        ceremony.publish(other)


def test_another_ceremonys_root_does_not_take_over_a_store(ceremony: Ceremony, tmp_path: Path) -> None:
    path = init_keys(tmp_path / "thief", TODAY)
    with pytest.raises(errors.PublishError, match="root 1: another one of this version is public"):
        Repository(ceremony.centre.store, Keyring.read([path.parent]), lambda: TODAY).start(path.read_bytes())


def test_what_cannot_be_exchanged_is_said_with_what_can(ceremony: Ceremony) -> None:
    folder = ceremony.centre.keys
    before = sorted(folder.iterdir())
    root = ceremony.root
    with pytest.raises(errors.PublishError, match=r"'mirror' is no role\. Use one of: root, targets"):
        rotate_key(root, "mirror", folder, TODAY)
    for lost in ("", "0" * 64, "not an id"):
        with pytest.raises(errors.PublishError, match=r"say which key goes: [0-9a-f]{64}, [0-9a-f]{64}, "):
            rotate_key(root, "root", folder, TODAY, lost)
    assert sorted(folder.iterdir()) == before, "no key was made for nothing"


def test_an_exchange_that_is_killed_goes_on_with_the_next_run(ceremony: Ceremony) -> None:
    """Between the new root and what it signs kiosks may refuse what they find, and show what they have."""
    centre = ceremony.centre
    kiosk = centre.kiosk()
    kiosk.take(centre.public / "bundle/stable/from-0")
    draft = ceremony.draft("targets")
    assert ceremony.sign(draft, "root-1", "root-2") == 0
    shutil.copytree(centre.public, centre.folder / "before")
    shutil.copytree(kiosk.data, centre.folder / "kiosk-before")
    before = kiosk.state()
    centre.store = Watched(centre.public)
    ceremony.publish(draft)
    steps = len(centre.store.log)
    assert steps >= 6
    for step in range(1, steps):
        for folder, copy in ((centre.public, "before"), (kiosk.data, "kiosk-before")):
            shutil.rmtree(folder)
            shutil.copytree(centre.folder / copy, folder)
        centre.store = Watched(centre.public, step)
        with pytest.raises(KilledError):
            ceremony.publish(draft)
        with centre.line() as line:
            with contextlib.suppress(errors.TrustError):
                kiosk.update(line)
            assert kiosk.state() == before
            centre.store = Watched(centre.public)
            ceremony.publish(draft)
            kiosk.update(line)
            assert kiosk.state() == before and kiosk.reason() == "" and _floors(kiosk)["root"] == 2
            new = centre.edit()
            centre.publish()
            kiosk.update(line)
            assert kiosk.reads() == new


def test_a_root_that_ends_is_renewed_in_time(ceremony: Ceremony) -> None:
    """A year without ``rotate expiry``: nothing new comes, the screen goes on; the renewal mends it."""
    centre = ceremony.centre
    kiosk = centre.kiosk()
    kiosk.take(centre.public / "bundle/stable/from-0")
    before = kiosk.state()
    centre.clock.advance(days=ROOT_LIFE / timedelta(days=1) + 1)
    kiosk.clock.moment = centre.clock.moment
    centre.publisher().resign()
    with centre.line() as line:
        with pytest.raises(errors.ExpiredError):
            kiosk.update(line)
        assert kiosk.state() == before and kiosk.reason() == "clock"
        ceremony.rotate("expiry")
        new = centre.edit()
        centre.publish()
        assert kiosk.update(line).activated and kiosk.reads() == new


def test_signatures_are_ed25519_and_roots_are_small(ceremony: Ceremony) -> None:
    data = json.loads(ceremony.centre.root)
    assert {key["scheme"] for key in data["signed"]["keys"].values()} == {"ed25519"}
    assert len(ceremony.centre.root) < 3000

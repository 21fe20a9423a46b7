"""Releases: what an update costs on the line, beside a full download, rsync, zsync and casync.

Everything happens: a centre publishes, a server on loopback counts every byte both ways,
a kiosk updates; each rival's own program brings the same old packs to the same new ones,
and what it made is compared with what should be there. Where a rival has settings, the
one that needed the fewest bytes counts.

Ours comes with signed metadata, theirs with none; where rivals are told which packs
changed, our payload alone stands beside theirs.
"""

from __future__ import annotations

import functools
import os
import random
import re
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from bench.line import Line, Traffic
from bench.rivals import TOOLS, Rivals
from content.model import BlockKind, Content
from content.packs import language_values, make_packs
from content.phones import is_showable
from content.release import build_library, write_library
from content.source import read_content
from sync.bundle import Head, read_head
from sync.delta import compress
from sync.disk import Disk
from sync.download import Downloader, Meter
from sync.keys import Keyring, init_keys
from sync.manifest import bundle_name, canonical
from sync.packstore import FolderStore
from sync.publish import KEPT, Media, Publisher, release_packs
from sync.release import prove
from sync.repository import Repository
from sync.update import Outcome, Update

ROOT = Path(__file__).resolve().parent.parent
CHANNEL = "stable"
EDITED = ("RU", "ky")
"""Destination and language of the paragraph."""
NEW_DESTINATION = "IL"
NEW_LANGUAGE = "tk"

MEGABYTE = 1_000_000
MEDIA = 12
MEDIUM = 3 * MEGABYTE // 2
"""Random bytes that stand for pictures and voices: so many files of so many bytes."""
ROUNDS = 5
"""Activations and copies, in turn; the median counts."""

Say = Callable[[str], None]

# -- edits


@dataclass(frozen=True, slots=True)
class Case:
    """A change: ``before`` becomes what the repository holds.

    ``goal`` is at most so many bytes and requests, signed metadata and heads included.
    ``first``: there were no releases before. Else there were as many as deltas lead from.
    """

    title: str
    before: Content | None
    goal: tuple[int, int] | None = None
    first: bool = False


def cases(content: Content) -> list[Case]:
    """The five changes, and a number that changes in every language."""
    return [
        Case("no change", content, (1000, 1)),
        Case("one paragraph, one language", with_paragraph(content), (5000, 2)),
        Case("one number, all languages", with_number(content, KEPT + 1)),
        Case("a new destination", without_destination(content), first=True),
        Case("a new language", without_language(content), first=True),
        Case("a cold start", None),
    ]


def with_paragraph(content: Content) -> Content:
    """The longest translated paragraph of a guide is not written yet: every word of it is new."""
    iso, language = EDITED
    home = (f"guides/{iso}", language)
    catalogue = content.translations[home]
    guide = next(one for one in content.guides if one.iso == iso)
    names = [
        block.text.context
        for article in guide.articles
        for block in article.blocks
        if block.kind is BlockKind.PARAGRAPH and block.text is not None and block.text.context in catalogue
    ]
    longest = max(names, key=lambda name: len(catalogue[name].text))
    entry = catalogue[longest]
    older = {**catalogue, longest: replace(entry, text="...")}
    return replace(content, translations={**content.translations, home: older})


def with_number(content: Content, shift: int) -> Content:
    """One number of a destination has other last digits, in every language."""
    guide = next(one for one in content.guides if one.iso == EDITED[0])
    numbers = [(one, one.fact.phone or "") for one in guide.contacts if is_showable(one.fact)]
    contact, phone = next((one, phone) for one, phone in numbers if phone.startswith("+"))
    older = replace(contact.fact, phone=f"{phone[:-2]}{(int(phone[-2:]) + 7 * shift) % 100:02}")
    contacts = tuple(replace(one, fact=older) if one is contact else one for one in guide.contacts)
    edited = replace(guide, contacts=contacts)
    return replace(content, guides=tuple(edited if one is guide else one for one in content.guides))


def without_destination(content: Content) -> Content:
    """The last destination is not there yet."""
    iso, common = NEW_DESTINATION, content.common
    others = {key: value for key, value in common.officer_languages.items() if key != iso}
    notices = tuple(one for one in common.notices if one.destination != iso)
    return replace(
        content,
        guides=tuple(one for one in content.guides if one.iso != iso),
        translations={key: one for key, one in content.translations.items() if key[0] != f"guides/{iso}"},
        common=replace(common, officer_languages=others, notices=notices),
    )


def without_language(content: Content) -> Content:
    """The last language is not there yet."""
    return replace(
        content,
        languages=tuple(one for one in content.languages if one.code != NEW_LANGUAGE),
        translations={key: one for key, one in content.translations.items() if key[1] != NEW_LANGUAGE},
    )


# -- ours


class _Fleeting(Disk):
    """What the centre of a benchmark writes need not outlive a power cut. Kiosks have the real thing."""

    def sync(self, file: BinaryIO) -> None:
        pass

    def sync_folder(self, folder: Path) -> None:
        pass


class Centre:
    """A pack store with keys of its own."""

    def __init__(self, folder: Path, keys: Path) -> None:
        self.public = folder
        self.root = (keys / "root.json").read_bytes()
        store = FolderStore(folder, _Fleeting())
        repository = Repository(store, Keyring.read([keys]), lambda: datetime.now(UTC))
        repository.start(self.root)
        self.publisher = Publisher(repository)

    def publish(self, content: Content, media: Media | None = None) -> None:
        """A release."""
        self.publisher.publish(content, CHANNEL, media)

    def update(self, data: Path, line: Line, meter: Meter | None = None) -> Outcome:
        """A kiosk takes what is public; it does not wait between attempts."""
        with Update(data, self.root, CHANNEL) as update:
            hasty = functools.partial(Downloader, sleep=lambda _seconds: None)
            return update.over_network([line.address], meter, hasty)

    def digest(self, data: Path) -> str:
        """Of the library that a kiosk shows."""
        with Update(data, self.root, CHANNEL) as update:
            active = update.state.active()
            return active.digest if active is not None else ""

    def bundle(self, base: int) -> bytes:
        """What a kiosk of release ``base`` is given."""
        return (self.public / bundle_name(CHANNEL, base)).read_bytes()


@dataclass(frozen=True, slots=True)
class Ours:
    """One update of a kiosk: traffic, what its own meter says, and the bundle that it took."""

    traffic: Traffic
    meter: Meter
    bundle: bytes

    @property
    def payload(self) -> int:
        """Bytes of packs and deltas, without metadata."""
        return sum(size for _, size in read_head(self.bundle).files)


class Desk:
    """Measures our updates: publish as it was, bring a kiosk there, publish as it is, and count.

    Args:
        content: what the repository holds.
        folder: where stores and kiosks are; ``folder/keys`` holds keys.
    """

    def __init__(self, content: Content, folder: Path) -> None:
        self._content, self._folder = content, folder
        self._old = Centre(folder / "old", folder / "keys")
        build_library(content, folder / "wanted.sqlite")
        self._wanted = prove(folder / "wanted.sqlite")
        # Every language of the edited destination has a past, so its manifest lists deltas.
        for shift in range(1, KEPT + 1):
            self._old.publish(with_number(content, shift))

    def measure(self, case: Case) -> Ours:
        """One update of a kiosk."""
        centre, data = self._old, self._folder / "kiosk"
        if case.first:
            centre = Centre(self._folder / case.title, self._folder / "keys")
        if case.first or case.before is None:
            data = self._folder / f"{case.title}-kiosk"
        with Line(centre.public) as line:
            base = 0
            if case.before is not None:
                centre.publish(case.before)
                base = centre.update(data, line).release
            centre.publish(self._content)
            line.take()
            meter = Meter()
            outcome = centre.update(data, line, meter)
            traffic = line.take()
        if outcome.activated == (case.before is self._content):
            raise RuntimeError(f"{case.title}: the kiosk did not do what it was measured for.")
        if centre.digest(data) != self._wanted:
            raise RuntimeError(f"{case.title}: the kiosk shows another release.")
        return Ours(traffic, meter, centre.bundle(base))


def parts(bundle: bytes) -> Iterator[tuple[str, int, int]]:
    """What a bundle consists of: name, bytes, and bytes that it adds to the packed head."""
    head = read_head(bundle)
    before = 0
    for count, (name, text) in enumerate(head.texts.items(), 1):
        packed = len(compress(canonical(_value(head, count))))
        short = re.sub(r"[0-9a-f]{64}\.", "", name)
        yield short, len(text), packed - before
        before = packed
    for name, size in head.files:
        yield name[:40], size, size


def _value(head: Head, count: int) -> dict[str, Any]:
    texts = {name: text.decode() for name, text in list(head.texts.items())[:count]}
    return {"texts": texts, "absent": list(head.absent), "files": [list(one) for one in head.files]}


# -- what is printed


def run(folder: Path, say: Say = print) -> None:
    """Measure everything; prints tables."""
    shutil.rmtree(folder, ignore_errors=True)
    init_keys(folder / "keys", datetime.now(UTC))
    content, _ = read_content(ROOT / "content")
    run_edits(content, folder, say)
    media = random_media()
    run_cuts(content, media, folder, say)
    run_activation(content, media, folder, say)
    shutil.rmtree(folder)


def run_edits(content: Content, folder: Path, say: Say) -> None:
    """Bytes and requests of every case, ours and theirs."""
    after = release_packs(content)
    lacking = [name for name, programs in TOOLS.items() if not all(map(shutil.which, programs))]
    for name in lacking:
        say(f"  {name} is not measured: its program is missing. Type: apt-get install {name}")
    whole: list[tuple[Case, list[Traffic | None]]] = []
    told: list[tuple[Case, list[Traffic | None]]] = []
    ours: dict[str, Ours] = {}
    desk = Desk(content, folder)
    with Rivals(folder / "rivals") as rivals:
        for case in cases(content):
            one = desk.measure(case)
            before = release_packs(case.before) if case.before is not None else {}
            ways = [None if name in lacking else getattr(rivals, name) for name in TOOLS]
            whole.append((case, [one.traffic, *(way and way(before, after) for way in ways)]))
            changed = {name: data for name, data in after.items() if before.get(name) != data}
            if changed and before:
                older = {name: before[name] for name in changed if name in before}
                payload = Traffic(one.payload, one.traffic.requests)
                told.append((case, [payload, *(way and way(older, changed) for way in ways)]))
            ours[case.title] = one
    weight = sum(map(len, after.values()))
    say(f"{len(after)} packs, {weight:,} bytes of JSON; bytes that an update takes (and requests)")
    _table("heads included, signed metadata in ours", whole, lambda one: one.bytes, say)
    _table("told what changed, payload alone", told, lambda one: one.payload, say)
    _detail(ours, whole, say)


def _table(
    title: str, rows: Sequence[tuple[Case, list[Traffic | None]]], weigh: Callable[[Traffic], int], say: Say
) -> None:
    names = ("ours", "full, zstd", "rsync -z", "zsync -z", "casync")
    say("")
    say(f"{title:42}" + "".join(f"{name:>14}" for name in names))
    for case, found in rows:
        cells = ("-" if one is None else f"{weigh(one):,} ({one.requests})" for one in found)
        say(f"{case.title:42}" + "".join(f"{cell:>14}" for cell in cells))


def _detail(ours: Mapping[str, Ours], whole: Sequence[tuple[Case, list[Traffic | None]]], say: Say) -> None:
    say("")
    for case, _ in whole:
        one = ours[case.title]
        line = f"{case.title}: {one.traffic.bodies:,} bytes of bodies, {one.payload:,} of them payload; "
        line += f"the kiosk's own meter {one.meter.bytes:,} ({one.meter.requests})"
        if case.goal is not None:
            most, requests_ = case.goal
            met = one.traffic.bytes <= most and one.traffic.requests <= requests_
            line += f"; goal <= {most:,} ({requests_}): {'met' if met else 'MISSED'}"
        say(line)
    for case, _ in whole:
        if case.goal is not None:
            say(f"the bundle of {case.title!r}, bytes raw and as they count in it:")
            for name, raw, packed in parts(ours[case.title].bundle):
                say(f"    {name:44}{raw:>8,}{packed:>8,}")


def random_media() -> Media:
    """Pictures and voices, as far as a line can tell."""
    source = random.Random(4)
    return {EDITED[0]: {f"medium-{number}.opus": source.randbytes(MEDIUM) for number in range(MEDIA)}}


def run_cuts(content: Content, media: Media, folder: Path, say: Say) -> None:
    """A cold start with media over connections that die."""
    centre = Centre(folder / "cuts", folder / "keys")
    centre.publish(content, media)
    source = random.Random(4)
    lives = {
        "every megabyte": lambda: float(MEGABYTE),
        "at random, a megabyte on average": lambda: source.expovariate(1 / MEGABYTE),
    }
    say("")
    say(f"A cold start with {MEDIA * MEDIUM / 1e6:.0f} MB of media over connections that die:")
    for door, hidden in (("one bundle", "\0"), ("file by file", "/bundle/")):
        needed = _sent(centre, folder / "kiosk-cuts", {"hidden": hidden})
        for how, life in lives.items():
            sent = _sent(centre, folder / "kiosk-cuts", {"hidden": hidden, "life": life})
            ratio = sent.bytes / needed.bytes
            say(
                f"  {door}, {how}: {sent.bytes:,} bytes sent, {needed.bytes:,} needed, "
                f"{sent.requests} requests for {needed.requests}: ratio {ratio:.4f}, goal <= 1.1: "
                f"{'met' if ratio <= 1.1 else 'MISSED'}"
            )


def _sent(centre: Centre, data: Path, how: Mapping[str, Any]) -> Traffic:
    with Line(centre.public, **how) as line:
        if not centre.update(data, line).activated:
            raise RuntimeError("The kiosk has no release after all.")
        traffic = line.take()
    shutil.rmtree(data)
    return traffic


def run_activation(content: Content, media: Media, folder: Path, say: Say) -> None:
    """A release whose files are all here, against a copy of them and the library alone."""
    say("")
    say(f"Activation of a full release whose files are in the store, median of {ROUNDS}:")
    for title, more in (
        ("the guides", {}),
        (f"the guides and {MEDIA * MEDIUM / 1e6:.0f} MB of media", media),
    ):
        place = folder / f"activation-{len(more)}"
        centre = Centre(place / "public", folder / "keys")
        centre.publish(content, more)
        stick = centre.public / bundle_name(CHANNEL, 0)
        with Update(place / "full", centre.root, CHANNEL) as update:
            update.from_stick(stick)
        blobs = sorted((place / "full" / "blobs").glob("??/*"))
        languages, packs = language_values(content), make_packs(content)
        times: dict[str, list[float]] = {"activation": [], "copy": [], "library": []}
        for number in range(ROUNDS):
            data = place / f"kiosk-{number}"
            shutil.copytree(place / "full" / "blobs", data / "blobs", copy_function=os.link)
            with Update(data, centre.root, CHANNEL) as update, _timed(times["activation"]):
                update.from_stick(stick)
            with _timed(times["copy"]):
                _copy(blobs, place / f"copy-{number}")
            with _timed(times["library"]):
                write_library(languages, packs, place / f"library-{number}.sqlite")
        activation, copy, library = map(statistics.median, times.values())
        ratio = statistics.median(
            one / (two + three) for one, two, three in zip(*times.values(), strict=True)
        )
        say(
            f"  {title}: {activation:.2f} s; copy {copy:.2f} s + library {library:.2f} s: "
            f"ratio {ratio:.2f}, goal <= 2: {'met' if ratio <= 2 else 'MISSED'}"
        )


@contextmanager
def _timed(times: list[float]) -> Iterator[None]:
    start = time.perf_counter()
    yield
    times.append(time.perf_counter() - start)


def _copy(files: Sequence[Path], folder: Path) -> None:
    """Copy a store's files and have the disk hold them."""
    folders = set()
    for path in files:
        place = folder / path.parent.name
        place.mkdir(parents=True, exist_ok=True)
        folders.add(place)
        with (place / path.name).open("wb") as file:
            file.write(path.read_bytes())
            file.flush()
            os.fsync(file.fileno())
    for place in folders:
        handle = os.open(place, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)

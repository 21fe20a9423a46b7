"""One release as the kiosk reads it: a read-only SQLite file.

Promise: *old or new, never between.* The file is built whole by
``content.release`` and never written again. Every question is answered by one or
two indexed look-ups, and which language stands in for a missing one was decided
when the file was built.

Imports nothing but the standard library: the kiosk's start waits for it.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from content.errors import ContentError

FORMAT = 3
"""Version of the tables; a kiosk refuses a file of another one."""

CHECKSUM_AT = 68
"""Where the checksum stands: SQLite's ``application_id``, which it leaves to us."""


class LibraryError(ContentError):
    """A library cannot be opened; the message names the file and what to do."""


@dataclass(frozen=True, slots=True)
class LanguageInfo:
    """A language as the kiosk needs it."""

    code: str
    endonym: str
    script: str
    direction: str
    greeting: str
    fallback: tuple[str, ...]
    date: str
    months: tuple[str, ...]
    font: str


@dataclass(frozen=True, slots=True)
class DestinationCard:
    """A destination's tile; ``language`` is the one that ``name`` is really in."""

    iso: str
    name: str
    language: str
    tone: str


@dataclass(frozen=True, slots=True)
class OriginCard:
    """A country that travellers leave."""

    iso: str
    name: str


@dataclass(frozen=True, slots=True)
class ContactView:
    """A contact in one language. ``phone`` is dialled, ``phone_display`` is read."""

    id: str
    kind: str
    name: str
    phone: str
    phone_display: str
    dial_from: str
    always: bool
    hours: str | None
    languages: tuple[str, ...]
    free: bool | None
    note: str | None
    marked: bool
    verified_on: date
    review_by: date
    language: str
    url: str | None
    address: str | None
    passports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArticleCard:
    """An article's tile."""

    id: str
    topic: str
    title: str
    lead: str
    language: str
    risk: str


@dataclass(frozen=True, slots=True)
class GuideView:
    """A guide's first page for one passport."""

    iso: str
    name: str
    tone: str
    articles: tuple[ArticleCard, ...]
    help: ContactView | None


@dataclass(frozen=True, slots=True)
class BlockView:
    """A block; ``marked`` says that one of its facts is not confirmed."""

    id: str
    kind: str
    text: str
    items: tuple[str, ...]
    do: tuple[str, ...]
    dont: tuple[str, ...]
    say: str | None
    say_language: str | None
    image: str | None
    contact: ContactView | None
    marked: bool


@dataclass(frozen=True, slots=True)
class ArticleView:
    """An article for one passport; ``sources`` are host names."""

    id: str
    iso: str
    topic: str
    title: str
    lead: str
    language: str
    risk: str
    verified_on: date
    review_by: date
    sources: tuple[str, ...]
    blocks: tuple[BlockView, ...]


@dataclass(frozen=True, slots=True)
class SignCard:
    """One sign of forced labour."""

    icon: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class SignsView:
    """The cards of signs, whole in one language."""

    title: str
    lead: str
    language: str
    verified_on: date
    review_by: date
    sources: tuple[str, ...]
    cards: tuple[SignCard, ...]


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One question; ``good`` is the answer, yes or no, that needs no care."""

    id: str
    icon: str
    question: str
    good: str
    advice: str


@dataclass(frozen=True, slots=True)
class OfferView:
    """The offer check, whole in one language."""

    title: str
    lead: str
    language: str
    verified_on: date
    review_by: date
    sources: tuple[str, ...]
    questions: tuple[QuestionView, ...]
    nothing_found: str
    something_found: str
    ask: str


@dataclass(frozen=True, slots=True)
class OfficerText:
    """A request as an officer reads it.

    ``text`` of a right-to-left language is shaped (letters joined) and in reading
    order: whoever draws it breaks it into lines and turns each line round.
    """

    language: str
    direction: str
    text: str


@dataclass(frozen=True, slots=True)
class OfficerCard:
    """A request in the traveller's language, and for officers of one destination."""

    id: str
    text: str
    shown: tuple[OfficerText, ...]


@dataclass(frozen=True, slots=True)
class OfficerView:
    """The requests for one destination; ``language`` is the traveller's side."""

    title: str
    lead: str
    language: str
    cards: tuple[OfficerCard, ...]


@dataclass(frozen=True, slots=True)
class NoticeView:
    """An urgent notice, to be shown to the end of the day ``until``."""

    text: str
    language: str
    until: date


@dataclass(frozen=True, slots=True)
class LibraryInfo:
    """What a library holds; ``newest`` is the day its youngest source was read."""

    format: int
    digest: str
    guides: int
    articles: int
    newest: date


class Library:
    """Answers the kiosk's questions about one release. Open it with ``open``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        rows = connection.execute("SELECT value FROM language ORDER BY position")
        self._languages = tuple(_language(json.loads(row[0])) for row in rows)
        self._by_code = {language.code: language for language in self._languages}

    @classmethod
    def open(cls, path: Path) -> Library:
        """Open a library file for reading.

        Raises:
            LibraryError: the file is missing, is no library, is damaged, or is
                of another format.
        """
        try:
            # immutable: the file never changes once it is there, so SQLite takes no locks
            # and a read-only disk will do.
            uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
            connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        except (sqlite3.Error, OSError):
            raise LibraryError(f"{path}: there is no library here. Build or fetch it.") from None
        try:
            _check(connection, path)
            return cls(connection)
        except (sqlite3.Error, OSError, ValueError, KeyError, TypeError) as error:
            connection.close()
            raise LibraryError(f"{path}: not a whole library: {error}. Build or fetch it again.") from None

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def languages(self) -> tuple[LanguageInfo, ...]:
        """Languages in the order of ``languages.toml``."""
        return self._languages

    def format_date(self, day: date, language: str) -> str:
        """A date in words, always with the month's name.

        Raises:
            KeyError: there is no such language.
        """
        form = self._by_code[language]
        return form.date.format(day=day.day, month=form.months[day.month - 1], year=day.year)

    def info(self) -> LibraryInfo:
        """What this library holds."""
        value = json.loads(self._connection.execute("SELECT value FROM info").fetchone()[0])
        value["newest"] = date.fromisoformat(value["newest"])
        return LibraryInfo(**value)

    def destinations(self, language: str) -> tuple[DestinationCard, ...]:
        """Every destination, by its code."""
        rows = self._connection.execute(
            "SELECT iso, value FROM guide WHERE language = ? ORDER BY iso", (language,)
        )
        return tuple(
            DestinationCard(iso, value["name"], value["language"], value["tone"])
            for iso, value in ((row[0], json.loads(row[1])) for row in rows)
        )

    def origins(self, language: str) -> tuple[OriginCard, ...]:
        """Every country that travellers leave."""
        rows = self._connection.execute(
            "SELECT iso, name FROM origin WHERE language = ? ORDER BY position", (language,)
        )
        return tuple(OriginCard(*row) for row in rows)

    def guide(self, iso: str, language: str, passport: str) -> GuideView:
        """A guide's first page.

        Raises:
            KeyError: there is no such destination or language.
        """
        value = self._one("SELECT value FROM guide WHERE iso = ? AND language = ?", iso, language)
        rows = self._connection.execute(
            "SELECT id, value FROM card WHERE iso = ? AND language = ? ORDER BY position", (iso, language)
        )
        cards = tuple(ArticleCard(id=row[0], **json.loads(row[1])) for row in rows)
        helpers = (self._contact(name, language, f"guides/{iso}") for name in value["help"])
        first = next((one for one in helpers if _meant_for(passport, one.passports)), None)
        return GuideView(iso, value["name"], value["tone"], cards, first)

    def article(self, iso: str, name: str, language: str, passport: str) -> ArticleView:
        """An article with the blocks that are meant for a passport.

        Raises:
            KeyError: there is no such article or language.
        """
        value = self._one(
            "SELECT value FROM article WHERE iso = ? AND id = ? AND language = ?", iso, name, language
        )
        return ArticleView(
            id=name,
            iso=iso,
            topic=value["topic"],
            title=value["title"],
            lead=value["lead"],
            language=value["language"],
            risk=value["risk"],
            verified_on=date.fromisoformat(value["verified_on"]),
            review_by=date.fromisoformat(value["review_by"]),
            sources=tuple(value["sources"]),
            blocks=tuple(
                self._block(block, language, f"guides/{iso}")
                for block in value["blocks"]
                if _meant_for(passport, block["passports"])
            ),
        )

    def _block(self, block: dict[str, Any], language: str, home: str) -> BlockView:
        return BlockView(
            id=block["id"],
            kind=block["kind"],
            text=block.get("text", ""),
            items=tuple(block.get("items", ())),
            do=tuple(block.get("do", ())),
            dont=tuple(block.get("dont", ())),
            say=block.get("say"),
            say_language=block.get("say_language"),
            image=block.get("image"),
            contact=self._contact(block["contact"], language, home) if "contact" in block else None,
            marked=block["marked"],
        )

    def contact(self, name: str, language: str) -> ContactView:
        """One contact.

        Raises:
            KeyError: there is no such contact or language.
        """
        return self._contact(name, language, "")

    def _contact(self, name: str, language: str, home: str) -> ContactView:
        """A contact in the words of ``home`` if it stands there, else of the first place that has it."""
        query = "SELECT value FROM contact WHERE id = ? AND language = ? ORDER BY home <> ?, home LIMIT 1"
        return _contact(self._one(query, name, language, home))

    def contacts(self, iso: str, language: str, passport: str) -> tuple[ContactView, ...]:
        """A destination's contacts for a passport.

        The traveller's own consulates first, then emergency, then the other kinds.
        """
        return self._contacts(f"guides/{iso}", language, passport)

    def origin_contacts(self, iso: str, language: str) -> tuple[ContactView, ...]:
        """Help at home."""
        return self._contacts(f"origins/{iso}", language, iso)

    def _contacts(self, home: str, language: str, passport: str) -> tuple[ContactView, ...]:
        rows = self._connection.execute(
            "SELECT value FROM contact WHERE home = ? AND language = ? ORDER BY position", (home, language)
        )
        found = (_contact(json.loads(row[0])) for row in rows)
        return tuple(one for one in found if _meant_for(passport, one.passports))

    def topics(self) -> tuple[tuple[str, str], ...]:
        """Every topic that an article has, with that article's risk, sorted."""
        rows = self._connection.execute("SELECT value FROM card")
        found = {(value["topic"], value["risk"]) for value in (json.loads(row[0]) for row in rows)}
        return tuple(sorted(found))

    def contact_ids(self) -> tuple[str, ...]:
        """Every contact, sorted."""
        rows = self._connection.execute("SELECT DISTINCT id FROM contact ORDER BY id")
        return tuple(row[0] for row in rows)

    def signs(self, language: str) -> SignsView | None:
        """The signs of forced labour; ``None`` where the release has none.

        Raises:
            KeyError: there is no such language.
        """
        value = self._common(language)["signs"]
        if value is None:
            return None
        cards = tuple(SignCard(**card) for card in value.pop("cards"))
        return SignsView(cards=cards, **_dated(value))

    def offer(self, language: str) -> OfferView | None:
        """The offer check; ``None`` where the release has none.

        Raises:
            KeyError: there is no such language.
        """
        value = self._common(language)["offer"]
        if value is None:
            return None
        questions = tuple(QuestionView(**question) for question in value.pop("questions"))
        return OfferView(questions=questions, **_dated(value))

    def officer(self, iso: str, language: str) -> OfficerView | None:
        """Requests to an officer of a destination; ``None`` where there are none.

        Raises:
            KeyError: there is no such language.
        """
        value = self._common(language)["officer"]
        shown = self._connection.execute("SELECT value FROM officer WHERE iso = ?", (iso,)).fetchone()
        if value is None or shown is None:
            return None
        texts = json.loads(shown[0])
        cards = tuple(
            OfficerCard(one["id"], one["text"], tuple(OfficerText(**text) for text in texts[one["id"]]))
            for one in value["cards"]
        )
        return OfficerView(value["title"], value["lead"], value["language"], cards)

    def notices(self, iso: str, language: str, passport: str, today: date) -> tuple[NoticeView, ...]:
        """What is urgent for a destination and passport on a day.

        Raises:
            KeyError: there is no such language.
        """
        return tuple(
            NoticeView(one["text"], one["language"], date.fromisoformat(one["until"]))
            for one in self._common(language)["notices"]
            if one["destination"] == iso
            and _meant_for(passport, one["passports"])
            and today <= date.fromisoformat(one["until"])
        )

    def _common(self, language: str) -> Any:
        return self._one("SELECT value FROM common WHERE language = ?", language)

    def _one(self, query: str, *key: str) -> Any:
        row = self._connection.execute(query, key).fetchone()
        if row is None:
            raise KeyError(" ".join(key))
        return json.loads(row[0])


def checksum(path: Path) -> bytes:
    """CRC-32 of a library but for the four bytes that hold it, big-endian."""
    with path.open("rb") as file:
        value = zlib.crc32(file.read(CHECKSUM_AT))
        file.seek(CHECKSUM_AT + 4)
        while chunk := file.read(1 << 20):
            value = zlib.crc32(chunk, value)
    return value.to_bytes(4, "big")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file of another format and one that is not as it was built.

    SQLite's own check sees only the shape of the file; a torn sector inside a text
    could change a telephone number, so every byte counts.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != FORMAT:
        raise ValueError(f"its format is {version}, this kiosk reads {FORMAT}")
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise ValueError(f"it is damaged ({verdict})")
    stated = connection.execute("PRAGMA application_id").fetchone()[0]
    if stated.to_bytes(4, "big", signed=True) != checksum(path):
        raise ValueError("it is damaged (checksum)")


def _meant_for(passport: str, passports: Sequence[str]) -> bool:
    """Whether a piece is for a passport; one that names none is for everybody."""
    return not passports or passport in passports


def _dated(value: dict[str, Any]) -> dict[str, Any]:
    for key in ("verified_on", "review_by"):
        value[key] = date.fromisoformat(value[key])
    value["sources"] = tuple(value["sources"])
    return value


def _language(value: dict[str, Any]) -> LanguageInfo:
    for key in ("fallback", "months"):
        value[key] = tuple(value[key])
    return LanguageInfo(**value)


def _contact(value: dict[str, Any]) -> ContactView:
    for key in ("languages", "passports"):
        value[key] = tuple(value[key])
    for key in ("verified_on", "review_by"):
        value[key] = date.fromisoformat(value[key])
    return ContactView(**value)

"""Builds the library: the model of all guides -> one SQLite file.

The same content gives the same bytes, wherever and whenever it is built. The file
appears whole or not at all: it is written under another name, forced to disk and
then renamed.

What a kiosk would have to decide again and again is decided here: which language
stands in for a missing one, how a number is grouped, in which order contacts are
listed. Only the passport is left to the moment of reading.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from content.common_pages import CommonPages, hosts, officer_texts
from content.library import CHECKSUM_AT, FORMAT, checksum
from content.model import Article, Block, Confidence, Contact, ContactKind, Content, Guide
from content.phones import group_digits, is_showable
from content.translator import Translator

SCHEMA = """
CREATE TABLE info (value TEXT NOT NULL);
CREATE TABLE language (position INTEGER PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE origin (language TEXT, position INTEGER, iso TEXT NOT NULL, name TEXT NOT NULL,
                     PRIMARY KEY (language, position)) WITHOUT ROWID;
CREATE TABLE guide (language TEXT, iso TEXT, value TEXT NOT NULL,
                    PRIMARY KEY (language, iso)) WITHOUT ROWID;
CREATE TABLE card (iso TEXT, language TEXT, position INTEGER, id TEXT NOT NULL, value TEXT NOT NULL,
                   PRIMARY KEY (iso, language, position)) WITHOUT ROWID;
CREATE TABLE article (iso TEXT, id TEXT, language TEXT, value TEXT NOT NULL,
                      PRIMARY KEY (iso, id, language)) WITHOUT ROWID;
CREATE TABLE contact (id TEXT, language TEXT, home TEXT, position INTEGER, value TEXT NOT NULL,
                      PRIMARY KEY (id, language, home)) WITHOUT ROWID;
CREATE TABLE common (language TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE officer (iso TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX contact_home ON contact (home, language, position);
"""

INFERRED = "language list inferred"
"""What a note of the facts files says when a contact's languages are a guess."""

ALWAYS = "24/7"
"""How the facts files write "round the clock"."""

_LANGUAGE_PARTS = ("code", "endonym", "script", "direction", "greeting", "fallback", "date", "months", "font")

_FIRST_KINDS = (ContactKind.CONSULATE, ContactKind.EMERGENCY)
_KIND_ORDER = (*_FIRST_KINDS, *(kind for kind in ContactKind if kind not in _FIRST_KINDS))

Row = tuple[str, tuple[Any, ...]]
"""A table's name and the values of one row."""


def build_library(content: Content, path: Path) -> None:
    """Write the library of ``content`` to ``path``.

    Raises:
        OSError: the folder cannot be written; what stood at ``path`` stands there still.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    try:
        _write(content, unfinished)
        _seal(unfinished)
        _force(unfinished)
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _force(path.parent)


def _write(content: Content, path: Path) -> None:
    try:
        connection = sqlite3.connect(path)
    except sqlite3.Error as error:
        raise OSError(f"{path}: cannot be written ({error}).") from error
    try:
        # A page size of our own, so that the bytes do not hang on SQLite's default.
        connection.executescript(
            f"PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA user_version = {FORMAT}; {SCHEMA}"
        )
        digest = hashlib.sha256()
        for table, row in _rows(content):
            digest.update(json.dumps([table, row], ensure_ascii=False).encode())
            connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        connection.execute("INSERT INTO info VALUES (?)", (_info(content, digest.hexdigest()),))
        connection.commit()
    finally:
        connection.close()


def _seal(path: Path) -> None:
    """Note the checksum of all other bytes, for the kiosk to compare when it opens the file."""
    value = checksum(path)
    with path.open("r+b") as file:
        file.seek(CHECKSUM_AT)
        file.write(value)


def _force(path: Path) -> None:
    """Have the disk itself hold a file or a folder's names before going on."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _info(content: Content, digest: str) -> str:
    articles = [article for guide in content.guides for article in guide.articles]
    contacts = [contact for guide in content.guides for contact in guide.contacts]
    contacts += [contact for origin in content.origins for contact in origin.contacts]
    days = [article.verified_on for article in articles] + [contact.verified_on for contact in contacts]
    return _compact(
        {
            "format": FORMAT,
            "digest": digest,
            "guides": len(content.guides),
            "articles": len(articles),
            "newest": max(days).isoformat() if days else "1970-01-01",
        }
    )


def _rows(content: Content) -> Iterator[Row]:
    for position, language in enumerate(content.languages):
        yield "language", (position, _compact({part: getattr(language, part) for part in _LANGUAGE_PARTS}))
    for language in content.languages:
        builder = _Builder(content, language.code)
        yield from builder.origins()
        for guide in content.guides:
            yield from builder.guide(guide)
        yield (
            "common",
            (language.code, _compact(CommonPages(builder.translator, content, language.code).value())),
        )
    for iso, value in officer_texts(content).items():
        yield "officer", (iso, _compact(value))


class _Builder:
    """The rows of everything, as somebody who chose ``language`` is shown it."""

    def __init__(self, content: Content, language: str) -> None:
        self.content = content
        self.language = language
        self.translator = Translator(content)
        self.at_home = {
            contact.id
            for origin in content.origins
            for contact in origin.contacts
            if is_showable(contact.fact)
        }

    def origins(self) -> Iterator[Row]:
        """The countries that travellers leave, and help there."""
        for position, origin in enumerate(self.content.origins):
            shown = self.translator.choose("origins", self.language, [origin.name])
            name = self.translator.text("origins", shown, origin.name)
            yield "origin", (self.language, position, origin.iso, name)
            yield from self._contacts("origins", f"origins/{origin.iso}", origin.contacts)

    def guide(self, guide: Guide) -> Iterator[Row]:
        """One destination with its articles and contacts."""
        home = f"guides/{guide.iso}"
        shown = self.translator.choose(home, self.language, [guide.name])
        listed = {contact.id for contact in guide.contacts if is_showable(contact.fact)} | self.at_home
        value = {
            "name": self.translator.text(home, shown, guide.name),
            "language": shown,
            "tone": guide.tone,
            "help": [name for name in guide.help if name in listed],
        }
        yield "guide", (self.language, guide.iso, _compact(value))
        yield from self._contacts(home, home, guide.contacts)
        for position, article in enumerate(guide.articles):
            card, body = self._article(home, article, listed)
            yield "card", (guide.iso, self.language, position, article.id, _compact(card))
            yield "article", (guide.iso, article.id, self.language, _compact({**card, **body}))

    def _article(
        self, home: str, article: Article, listed: set[str]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        # All passports' texts count: nobody may find half of a page in another language.
        shown = self.translator.choose(home, self.language, article.texts())
        card = {
            "topic": article.topic,
            "title": self.translator.text(home, shown, article.title),
            "lead": self.translator.text(home, shown, article.lead),
            "language": shown,
            "risk": article.risk,
        }
        # A contact that may not be shown takes its block along.
        blocks = [block for block in article.blocks if block.contact is None or block.contact in listed]
        body = {
            "verified_on": article.verified_on.isoformat(),
            "review_by": article.review_by.isoformat(),
            "sources": hosts(self.content, (name for block in article.blocks for name in block.facts)),
            "blocks": [self._block(home, shown, block) for block in blocks],
        }
        return card, body

    def _marked(self, name: str) -> bool:
        one = self.content.facts.get(name) or self.content.contact_facts.get(name)
        return one is None or one.confidence is not Confidence.HIGH

    def _block(self, home: str, shown: str, block: Block) -> dict[str, Any]:
        value: dict[str, Any] = {
            "id": block.id,
            "kind": block.kind,
            "passports": block.passports,
            "marked": any(self._marked(name) for name in block.facts),
        }
        if block.text is not None:
            value["text"] = self.translator.text(home, shown, block.text)
        for side, texts in (("items", block.items), ("do", block.do), ("dont", block.dont)):
            if texts:
                value[side] = [self.translator.text(home, shown, text) for text in texts]
        for part in ("say", "say_language", "image", "contact"):
            if getattr(block, part) is not None:
                value[part] = getattr(block, part)
        return value

    def _contacts(self, home: str, place: str, contacts: tuple[Contact, ...]) -> Iterator[Row]:
        showable = [contact for contact in contacts if is_showable(contact.fact)]
        ordered = sorted(showable, key=lambda contact: _KIND_ORDER.index(contact.fact.kind))
        for position, contact in enumerate(ordered):
            value = _compact(self._contact(home, contact))
            yield "contact", (contact.id, self.language, place, position, value)

    def _contact(self, home: str, contact: Contact) -> dict[str, Any]:
        fact = contact.fact
        shown = self.translator.choose(home, self.language, contact.texts())
        said = {text.context: self.translator.text(home, shown, text) for text in contact.texts()}
        return {
            "id": contact.id,
            "kind": fact.kind,
            "name": said[contact.name.context],
            "phone": fact.phone,
            "phone_display": group_digits(fact.phone or "", fact.country),
            "dial_from": fact.dial_from,
            "always": fact.hours == ALWAYS,
            "hours": said[contact.hours.context] if contact.hours else None,
            # A guessed language is never promised on the screen (facts/README.md).
            "languages": () if INFERRED in (fact.note or "").lower() else fact.languages,
            "free": fact.free,
            "note": said[contact.note.context] if contact.note else None,
            "marked": contact.marked,
            "verified_on": contact.verified_on.isoformat(),
            "review_by": contact.review_by.isoformat(),
            "language": shown,
            "url": fact.url,
            "address": fact.address,
            "passports": contact.passports,
        }

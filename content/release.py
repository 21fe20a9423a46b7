"""Builds the library: the model of all guides -> one SQLite file.

The same content gives the same bytes, wherever and whenever it is built. The file
appears whole or not at all: it is written under another name, forced to disk and
then renamed.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import phonenumbers

from content.library import FORMAT
from content.model import (
    Article,
    Block,
    Confidence,
    Contact,
    ContactKind,
    Content,
    Guide,
    Text,
    Translation,
)

SCHEMA = """
CREATE TABLE info (value TEXT NOT NULL);
CREATE TABLE language (position INTEGER PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE origin (iso TEXT, language TEXT, position INTEGER, name TEXT NOT NULL,
                     PRIMARY KEY (language, iso)) WITHOUT ROWID;
CREATE TABLE guide (iso TEXT, language TEXT, value TEXT NOT NULL,
                    PRIMARY KEY (language, iso)) WITHOUT ROWID;
CREATE TABLE article (iso TEXT, language TEXT, position INTEGER, id TEXT, card TEXT NOT NULL,
                      body TEXT NOT NULL, PRIMARY KEY (iso, language, position)) WITHOUT ROWID;
CREATE UNIQUE INDEX article_id ON article (iso, id, language);
CREATE TABLE contact (id TEXT, language TEXT, home TEXT, position INTEGER, value TEXT NOT NULL,
                      PRIMARY KEY (id, language)) WITHOUT ROWID;
CREATE INDEX contact_home ON contact (home, language, position);
"""

INFERRED = "Language list inferred"
"""What a note of the facts files says when a contact's languages are a guess."""

KIND_ORDER = (
    ContactKind.EMERGENCY,
    ContactKind.CONSULATE,
    *(kind for kind in ContactKind if kind not in (ContactKind.EMERGENCY, ContactKind.CONSULATE)),
)


class Translator:
    """Finds each text in a language, or along its fallback chain."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._chains = {one.code: (one.code, *one.fallback) for one in content.languages}

    def _catalogue(self, home: str, language: str) -> Mapping[str, Translation]:
        return self._content.translations.get((home, language), {})

    def has(self, home: str, language: str, texts: Iterable[Text]) -> bool:
        """Whether all of these texts are translated from today's English."""
        if language == "en":
            return True
        catalogue = self._catalogue(home, language)
        return all(
            (entry := catalogue.get(text.context)) is not None and entry.made_from == text.source
            for text in texts
        )

    def choose(self, home: str, language: str, texts: Iterable[Text]) -> str:
        """The first language of the chain that has all of these texts."""
        texts = list(texts)
        chain = self._chains[language]
        return next((one for one in chain if self.has(home, one, texts)), "en")

    def text(self, home: str, language: str, text: Text) -> str:
        """One text in a language that has it."""
        return text.source if language == "en" else self._catalogue(home, language)[text.context].text


def build_library(content: Content, path: Path) -> None:
    """Write the library of ``content`` to ``path``.

    Raises:
        OSError: the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    connection = sqlite3.connect(unfinished)
    try:
        connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA user_version = {FORMAT}; {SCHEMA}")
        digest = hashlib.sha256()
        for statement, row in _rows(content):
            digest.update(json.dumps([statement, row], ensure_ascii=False).encode())
            connection.execute(statement, row)
        connection.execute("INSERT INTO info VALUES (?)", (_info(content, digest.hexdigest()),))
        connection.commit()
    finally:
        connection.close()
    _force(unfinished)
    os.replace(unfinished, path)
    _force(path.parent)


def _force(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _info(content: Content, digest: str) -> str:
    days = [article.verified_on for guide in content.guides for article in guide.articles]
    return _compact(
        {
            "format": FORMAT,
            "digest": digest,
            "guides": len(content.guides),
            "articles": len(days),
            "newest": max(days).isoformat() if days else "1970-01-01",
        }
    )


def _rows(content: Content) -> Iterator[tuple[str, tuple[Any, ...]]]:
    translator = Translator(content)
    for position, language in enumerate(content.languages):
        value = asdict(language)
        for build_only in ("alphabet", "plural", "generated_from", "keyboard", "voice"):
            del value[build_only]
        yield "INSERT INTO language VALUES (?, ?)", (position, _compact(value))
    for language in content.languages:
        code = language.code
        for position, origin in enumerate(content.origins):
            shown = translator.choose("origins", code, [origin.name])
            name = translator.text("origins", shown, origin.name)
            yield "INSERT INTO origin VALUES (?, ?, ?, ?)", (origin.iso, code, position, name)
            yield from _contacts(translator, "origins", f"origins/{origin.iso}", code, origin.contacts)
        for guide in content.guides:
            yield from _guide(content, translator, guide, code)


def _guide(
    content: Content, translator: Translator, guide: Guide, code: str
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    home = f"guides/{guide.iso}"
    shown = translator.choose(home, code, [guide.name])
    value = {
        "name": translator.text(home, shown, guide.name),
        "language": shown,
        "tone": guide.tone,
        "help": guide.help,
    }
    yield "INSERT INTO guide VALUES (?, ?, ?)", (guide.iso, code, _compact(value))
    yield from _contacts(translator, home, home, code, guide.contacts)
    for position, article in enumerate(guide.articles):
        card, body = _article(content, translator, home, code, article)
        row = (guide.iso, code, position, article.id, _compact(card), _compact(body))
        yield "INSERT INTO article VALUES (?, ?, ?, ?, ?, ?)", row


def _article(
    content: Content, translator: Translator, home: str, code: str, article: Article
) -> tuple[dict[str, Any], dict[str, Any]]:
    shown = translator.choose(home, code, article.texts())

    def say(text: Text) -> str:
        return translator.text(home, shown, text)

    facts = [content.facts[name] for block in article.blocks for name in block.facts if name in content.facts]
    hosts = dict.fromkeys(_host(source) for fact in facts for source in fact.sources)
    card = {
        "topic": article.topic,
        "title": say(article.title),
        "lead": say(article.lead),
        "language": shown,
        "risk": article.risk,
    }
    body = {
        "verified_on": article.verified_on.isoformat(),
        "review_by": article.review_by.isoformat(),
        "sources": list(hosts),
        "blocks": [_block(content, block, say) for block in article.blocks],
    }
    return card, body


def _block(content: Content, block: Block, say: Any) -> dict[str, Any]:
    value: dict[str, Any] = {
        "id": block.id,
        "kind": block.kind,
        "for": block.passports,
        "marked": any(
            content.facts[name].confidence is not Confidence.HIGH
            for name in block.facts
            if name in content.facts
        ),
    }
    if block.text is not None:
        value["text"] = say(block.text)
    for side in ("items", "do", "dont"):
        texts = getattr(block, side)
        if texts:
            value[side] = [say(text) for text in texts]
    for part in ("say", "say_language", "image", "contact"):
        if getattr(block, part) is not None:
            value[part] = getattr(block, part)
    return value


def _contacts(
    translator: Translator, home: str, place: str, code: str, contacts: tuple[Contact, ...]
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    shown_ones = [one for one in contacts if one.fact.phone is not None]
    ordered = sorted(shown_ones, key=lambda one: KIND_ORDER.index(one.fact.kind))
    for position, contact in enumerate(ordered):
        shown = translator.choose(home, code, contact.texts())
        value = _contact(contact, shown, lambda text, shown=shown: translator.text(home, shown, text))
        row = (contact.id, code, place, position, _compact(value))
        yield "INSERT INTO contact VALUES (?, ?, ?, ?, ?)", row


def _contact(contact: Contact, shown: str, say: Any) -> dict[str, Any]:
    fact = contact.fact
    assert fact.phone is not None
    return {
        "id": contact.id,
        "kind": fact.kind,
        "name": say(contact.name),
        "phone": fact.phone,
        "phone_display": group_digits(fact.phone),
        "dial_from": fact.dial_from,
        "always": fact.hours == "24/7",
        "hours": say(contact.hours) if contact.hours is not None else None,
        # A guessed language is never promised on the screen (facts/README.md).
        "languages": () if INFERRED in (fact.note or "") else fact.languages,
        "free": fact.free,
        "note": say(contact.note) if contact.note is not None else None,
        "marked": contact.marked,
        "verified_on": contact.verified_on.isoformat(),
        "review_by": contact.review_by.isoformat(),
        "language": shown,
        "url": fact.url,
        "address": fact.address,
        "passports": contact.passports,
    }


def group_digits(phone: str) -> str:
    """A number as people read it: in groups, digits unchanged.

    International numbers as their country writes them; long national ones in
    groups of four, or as 8 800 700 06 00 when they begin with a trunk 8; short
    codes stay whole.
    """
    if phone.startswith("+"):
        try:
            parsed = phonenumbers.parse(phone)
        except phonenumbers.NumberParseException:
            return phone
        shown = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        return shown.replace("-", " ")
    if len(phone) == 11 and phone.startswith("8"):
        return " ".join((phone[0], phone[1:4], phone[4:7], phone[7:9], phone[9:]))
    if len(phone) == 8:
        return f"{phone[:4]} {phone[4:]}"
    return phone


def _host(source: str) -> str:
    return (urlsplit(source).hostname or source).removeprefix("www.")

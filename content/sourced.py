"""Reads ``facts/*.yaml``: the only home of facts, numbers and opening hours."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path

from content.model import PASSPORTS, Confidence, ContactFact, ContactKind, Fact, Topic
from content.nodes import Notes, Skip, Value, read_yaml


class Reach(StrEnum):
    """From where a number can be dialled."""

    LOCAL = "local"
    ABROAD = "abroad"
    BOTH = "both"
    UNKNOWN = "unknown"


EVERYBODY = "all"


UNKNOWN = "unknown"
EVERYBODY = "all"


class FactFiles:
    """What the facts files say, by id. An id stands once over all of them."""

    def __init__(self, notes: Notes) -> None:
        self.facts: dict[str, Fact] = {}
        self.contacts: dict[str, ContactFact] = {}
        self._notes = notes

    def read(self, path: Path, name: str) -> None:
        """Take in one file; its mistakes become findings."""
        root = read_yaml(path, name, self._notes)
        if root is None:
            return
        try:
            form = root.form(("country", "retrieved"), ("contacts", "facts"))
            country = form.read("country", Value.text, "")
            retrieved = form.read("retrieved", Value.day, date.min)
            contacts = form.read("contacts", Value.entries, ())
            facts = form.read("facts", Value.entries, ())
        except Skip:
            return
        for entry in contacts:
            try:
                contact = _contact(entry, country, retrieved)
                self.contacts[self._fresh(entry, contact.id)] = contact
            except Skip:
                continue
        for entry in facts:
            try:
                fact = _fact(entry, country, retrieved)
                self.facts[self._fresh(entry, fact.id)] = fact
            except Skip:
                continue

    def _fresh(self, entry: Value, name: str) -> str:
        if name in self.facts or name in self.contacts:
            raise entry.fail(f"the id {name!r} stands twice in facts/.", "Give it another id.")
        return name


def _contact(entry: Value, country: str, retrieved: date) -> ContactFact:
    form = entry.form(_CONTACT, ("messenger",))
    contact = ContactFact(
        id=form.read("id", Value.identifier, ""),
        country=country,
        kind=form.read("kind", lambda value: value.choice(ContactKind), ContactKind.NGO),
        name=form.read("name", Value.text, ""),
        phone=form.read("phone", Value.optional, None),
        dial_from=form.read("dial_from", lambda value: value.choice(Reach), Reach.UNKNOWN).value,
        hours=form.read("hours", Value.optional, None) or UNKNOWN,
        languages=form.read("languages", Value.texts, ()),
        free=form.read("free", _free, None),
        url=form.read("url", Value.optional, None),
        address=form.read("address", Value.optional, None),
        sources=form.read("source", _sources, ()),
        source_date=form.read("source_date", Value.optional, None),
        confidence=form.read("confidence", lambda value: value.choice(Confidence), Confidence.LOW),
        note=form.read("note", Value.optional, None),
        retrieved=retrieved,
        place=entry.place,
    )
    form.check()
    return contact


def _fact(entry: Value, country: str, retrieved: date) -> Fact:
    form = entry.form(_FACT, ("note",))
    fact = Fact(
        id=form.read("id", Value.identifier, ""),
        country=country,
        topic=form.read("topic", lambda value: value.choice(Topic), Topic.GETTING_HELP),
        applies_to=form.read("applies_to", _citizenships, ()),
        text=form.read("text", Value.text, ""),
        sources=form.read("source", _sources, ()),
        source_date=form.read("source_date", Value.optional, None),
        confidence=form.read("confidence", lambda value: value.choice(Confidence), Confidence.LOW),
        retrieved=retrieved,
        place=entry.place,
    )
    form.check()
    return fact


_CONTACT = (
    *("id", "kind", "name", "phone", "dial_from", "hours", "languages", "free", "url", "address"),
    *("source", "source_date", "confidence", "note"),
)
_FACT = ("id", "topic", "applies_to", "text", "source", "source_date", "confidence")


def _free(value: Value) -> bool | None:
    words = {"true": True, "false": False, UNKNOWN: None}
    word = value.scalar()
    if word not in words:
        raise value.fail(f"{word!r} is not known.", f"Use one of: {', '.join(words)}.")
    return words[word]


def _sources(value: Value) -> tuple[str, ...]:
    sources = value.texts()
    if not sources:
        raise value.fail("there is no source.", "Name the page that was read.")
    return sources


def _citizenships(value: Value) -> tuple[str, ...]:
    return tuple(entry.member((*PASSPORTS, EVERYBODY)) for entry in value.entries())

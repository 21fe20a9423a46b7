"""Reads ``guides/``, ``origins/``, ``common/``, ``facts/`` and ``languages.toml`` into the model.

    content, findings = read_content(Path("content"))

Nothing is raised for what a person wrote: every mistake is a finding with file,
line and fix, the broken piece is left out, and all the others are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from content.articles import NO_TEXT, passports, read_article, text
from content.common import read_common
from content.findings import Finding
from content.languages import read_languages
from content.model import PASSPORTS, Article, Contact, ContactFact, Content, Guide, Origin, Place
from content.nodes import Notes, Skip, Value, read_yaml
from content.po import read_translations
from content.sourced import FactFiles

TONE = re.compile(r"#[0-9A-Fa-f]{6}")


def read_content(root: Path) -> tuple[Content, list[Finding]]:
    """Everything under ``root``, and what is wrong with it.

    Args:
        root: the folder that holds ``languages.toml``, ``facts``, ``guides`` and
            ``origins``.

    Returns:
        The model without its broken pieces, and the findings in file order. A
        finding's file is told from the folder above ``root``: ``content/...``.
    """
    root = root.resolve()
    notes = Notes()
    files = FactFiles(notes)
    languages = read_languages(root / "languages.toml", f"{root.name}/languages.toml", notes)
    for path in sorted((root / "facts").glob("*.yaml")):
        files.read(path, path.relative_to(root.parent).as_posix())
    reader = _Reader(root, notes, files.contacts)
    content = Content(
        guides=reader.guides(),
        origins=reader.origins(),
        languages=languages,
        facts=files.facts,
        contact_facts=files.contacts,
        translations=read_translations(root, languages, notes),
        common=read_common(root, notes),
    )
    return content, sorted(notes.found, key=lambda one: (one.place.file, one.place.line))


class _Reader:
    """Reads guides and origins against the contacts of the facts files."""

    def __init__(self, root: Path, notes: Notes, contacts: Mapping[str, ContactFact]) -> None:
        self.root = root
        self.notes = notes
        self.contact_facts = contacts

    def guides(self) -> tuple[Guide, ...]:
        """Every destination, by its code."""
        folders = sorted(path for path in (self.root / "guides").glob("*") if path.is_dir())
        found = (self._guide(folder) for folder in folders)
        return tuple(guide for guide in found if guide is not None)

    def origins(self) -> tuple[Origin, ...]:
        """Every origin, in the order of ``PASSPORTS``."""
        found: dict[str, Origin] = {}
        for path in sorted((self.root / "origins").glob("*.yaml")):
            origin = self._origin(path)
            if origin is not None:
                found[origin.iso] = origin
        return tuple(sorted(found.values(), key=lambda one: PASSPORTS.index(one.iso)))

    def _open(self, path: Path) -> Value | None:
        return read_yaml(path, self._name(path), self.notes)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root.parent).as_posix()

    def _guide(self, folder: Path) -> Guide | None:
        root = self._open(folder / "guide.yaml")
        if root is None:
            return None
        try:
            form = root.form(("destination", "name", "tone", "help", "articles"))
            iso = form.read("destination", lambda value: _folder_name(value, folder), folder.name)
            order = form.read("articles", Value.identifiers, ())
            articles = self._articles(folder / "articles", order, form.broken)
            contacts = self._contacts_file(folder / "contacts.yaml")
            guide = Guide(
                iso=iso,
                name=form.read("name", lambda value: text(value, "guide/name"), NO_TEXT),
                tone=form.read("tone", _tone, ""),
                help=form.read("help", Value.identifiers, ()),
                articles=articles,
                contacts=contacts,
                place=root.place,
            )
            form.check()
        except Skip:
            return None
        return guide

    def _articles(self, folder: Path, order: tuple[str, ...], broken: bool) -> tuple[Article, ...]:
        for path in sorted(folder.glob("*.yaml")):
            if path.stem not in order and not broken:
                fix = f"Add {path.stem} to 'articles' in guide.yaml, or delete the file."
                self.notes.add(Place(self._name(path), 1), "schema", "no guide lists this article.", fix)
        found = (self._article(folder, name) for name in order)
        return tuple(article for article in found if article is not None)

    def _article(self, folder: Path, name: str) -> Article | None:
        root = self._open(folder / f"{name}.yaml")
        try:
            return None if root is None else read_article(root, name)
        except Skip:
            return None

    def _origin(self, path: Path) -> Origin | None:
        root = self._open(path)
        if root is None:
            return None
        try:
            form = root.form(("origin", "name", "contacts"))
            iso = form.read("origin", lambda value: value.member(PASSPORTS), "")
            if iso and iso != path.stem:
                raise form.fields["origin"].fail("the origin is not the file's name.", f"Write {path.stem}.")
            origin = Origin(
                iso=iso,
                name=form.read("name", lambda value: text(value, f"{iso}/name"), NO_TEXT),
                contacts=self._contacts(form.read("contacts", Value.entries, ())),
                place=root.place,
            )
            form.check()
        except Skip:
            return None
        return origin

    def _contacts_file(self, path: Path) -> tuple[Contact, ...]:
        root = self._open(path)
        if root is None:
            return ()
        try:
            return self._contacts(root.form(("contacts",)).read("contacts", Value.entries, ()))
        except Skip:
            return ()

    def _contacts(self, entries: Sequence[Value]) -> tuple[Contact, ...]:
        found: dict[str, Contact] = {}
        for entry in entries:
            try:
                contact = self._contact(entry)
                if contact.id in found:
                    raise entry.fail(f"{contact.id!r} stands twice.", "Keep one of the two.")
                found[contact.id] = contact
            except Skip:
                continue
        return tuple(found.values())

    def _contact(self, entry: Value) -> Contact:
        form = entry.form(
            ("id", "name", "verified_on", "review_by"), ("hours", "note", "for", "confirmed_on")
        )
        fact = form.read("id", self._contact_fact, None)
        if fact is None:
            raise Skip
        context = f"contacts/{fact.id}"
        contact = Contact(
            id=fact.id,
            name=form.read("name", lambda value: text(value, f"{context}.name"), NO_TEXT),
            hours=form.read("hours", lambda value: text(value, f"{context}.hours"), None),
            note=form.read("note", lambda value: text(value, f"{context}.note"), None),
            passports=form.read("for", passports, ()),
            verified_on=form.read("verified_on", Value.day, date.min),
            review_by=form.read("review_by", Value.day, date.min),
            confirmed_on=form.read("confirmed_on", Value.day, None),
            fact=fact,
            place=entry.place,
        )
        form.check()
        return contact

    def _contact_fact(self, value: Value) -> ContactFact:
        name = value.identifier()
        if name not in self.contact_facts:
            raise value.fail(f"{name!r} is not a contact of facts/.", "Use the id of a contact in facts/.")
        return self.contact_facts[name]


def _folder_name(value: Value, folder: Path) -> str:
    iso = value.text()
    if iso != folder.name:
        raise value.fail(f"{iso!r} is not the folder's name.", f"Write {folder.name}.")
    return iso


def _tone(value: Value) -> str:
    tone = value.text()
    if not TONE.fullmatch(tone):
        raise value.fail(f"{tone!r} is not a colour.", 'Write it as "#2F5D8A".')
    return tone

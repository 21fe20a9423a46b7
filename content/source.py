"""Reads ``guides/``, ``origins/``, ``facts/`` and ``languages.toml`` into the model.

    content, findings = read_content(Path("content"))

Nothing is raised for what a person wrote: every mistake is a finding with file,
line and fix, the broken piece is left out, and all the others are read.
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

from content.findings import Finding
from content.model import (
    PASSPORTS,
    Article,
    Block,
    BlockKind,
    Confidence,
    Contact,
    ContactFact,
    ContactKind,
    Content,
    Fact,
    Guide,
    Language,
    Origin,
    Place,
    Risk,
    Text,
    Topic,
)
from content.nodes import Notes, Skip, Value, read_yaml
from content.po import read_translations

RESERVED = ("title", "lead")
"""Words that cannot be block ids, because they name parts of an article."""


def read_content(root: Path) -> tuple[Content, list[Finding]]:
    """Everything under ``root``, and what is wrong with it.

    Args:
        root: the folder that holds ``languages.toml``, ``facts``, ``guides`` and
            ``origins``.

    Returns:
        The model without its broken pieces, and the findings in file order.
    """
    notes = Notes()
    reader = _Reader(root, notes)
    languages = reader.languages()
    reader.facts()
    guides = tuple(reader.guide(folder) for folder in sorted((root / "guides").glob("*")) if folder.is_dir())
    origins = [reader.origin(path) for path in sorted((root / "origins").glob("*.yaml"))]
    content = Content(
        guides=tuple(guide for guide in guides if guide is not None),
        origins=tuple(
            sorted((one for one in origins if one is not None), key=lambda one: PASSPORTS.index(one.iso))
        ),
        languages=languages,
        facts=reader.fact_by_id,
        contact_facts=reader.contact_by_id,
        translations=read_translations(root, languages, notes),
    )
    return content, sorted(notes.found, key=lambda one: (one.place.file, one.place.line))


class _Reader:
    """Holds what is known so far while one content folder is read."""

    def __init__(self, root: Path, notes: Notes) -> None:
        self.root = root
        self.notes = notes
        self.fact_by_id: dict[str, Fact] = {}
        self.contact_by_id: dict[str, ContactFact] = {}

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root.parent).as_posix()

    # -- languages and facts

    def languages(self) -> tuple[Language, ...]:
        path = self.root / "languages.toml"
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            self.notes.add(Place(self._name(path), 1), "schema", f"cannot be read: {error}.", "Mend the file.")
            return ()
        languages = []
        for code, table in tables.items():
            try:
                languages.append(
                    Language(
                        code=code,
                        direction=table.get("direction", "ltr"),
                        months=tuple(table["months"]),
                        alphabet=frozenset(table["alphabet"]),
                        fallback=tuple(table["fallback"]),
                        **{name: table[name] for name in _LANGUAGE_TEXTS},
                        **{name: table.get(name) for name in ("generated_from", "keyboard", "voice")},
                    )
                )
            except (KeyError, TypeError) as error:
                self.notes.add(
                    Place(self._name(path), 1), "schema", f"[{code}] lacks {error}.", "Add the field."
                )
        return tuple(languages)

    def facts(self) -> None:
        for path in sorted((self.root / "facts").glob("*.yaml")):
            root = read_yaml(path, self._name(path), self.notes)
            if root is None:
                continue
            try:
                head = root.record(("country", "retrieved"), ("contacts", "facts"))
                country, retrieved = head["country"].text(), head["retrieved"].day()
            except Skip:
                continue
            for entry in _each(head.get("contacts")):
                self._contact_fact(entry, country, retrieved)
            for entry in _each(head.get("facts")):
                self._fact(entry, country, retrieved)

    def _fact(self, entry: Value, country: str, retrieved: date) -> None:
        try:
            fields = entry.record(
                ("id", "topic", "applies_to", "text", "source", "source_date", "confidence"), ("note",)
            )
            name = fields["id"].identifier()
            if name in self.fact_by_id:
                raise entry.fail(f"the fact {name!r} stands twice.", "Give it another id.")
            self.fact_by_id[name] = Fact(
                id=name,
                country=country,
                topic=fields["topic"].choice(Topic, list(Topic)),
                applies_to=tuple(str(one) for one in fields["applies_to"].plain()),
                text=fields["text"].text(),
                sources=tuple(fields["source"].plain()),
                source_date=_optional(fields["source_date"]),
                confidence=fields["confidence"].choice(Confidence, list(Confidence)),
                retrieved=retrieved,
                place=entry.place,
            )
        except Skip:
            return

    def _contact_fact(self, entry: Value, country: str, retrieved: date) -> None:
        try:
            fields = entry.record(_CONTACT_FACT)
            name = fields["id"].identifier()
            if name in self.contact_by_id:
                raise entry.fail(f"the contact {name!r} stands twice.", "Give it another id.")
            free = fields["free"].plain()
            self.contact_by_id[name] = ContactFact(
                id=name,
                country=country,
                kind=fields["kind"].choice(ContactKind, list(ContactKind)),
                name=fields["name"].text(),
                phone=_optional(fields["phone"]),
                dial_from=fields["dial_from"].text(),
                hours=fields["hours"].text(),
                languages=tuple(fields["languages"].plain()),
                free=free if isinstance(free, bool) else None,
                url=_optional(fields["url"]),
                address=_optional(fields["address"]),
                sources=tuple(fields["source"].plain()),
                source_date=_optional(fields["source_date"]),
                confidence=fields["confidence"].choice(Confidence, list(Confidence)),
                note=_optional(fields["note"]),
                retrieved=retrieved,
                place=entry.place,
            )
        except Skip:
            return

    # -- guides and origins

    def guide(self, folder: Path) -> Guide | None:
        """One destination's folder."""
        root = read_yaml(folder / "guide.yaml", self._name(folder / "guide.yaml"), self.notes)
        if root is None:
            return None
        try:
            fields = root.record(("destination", "name", "tone", "help", "articles"))
            iso = fields["destination"].text()
            if iso != folder.name:
                raise fields["destination"].fail(
                    f"{iso!r} is not the folder's name.", f"Write {folder.name}."
                )
            order = [(entry, entry.identifier()) for entry in fields["articles"].items()]
            name = Text("guide/name", fields["name"].text(), fields["name"].place)
            tone, helpers = fields["tone"].text(), [entry.identifier() for entry in fields["help"].items()]
        except Skip:
            return None
        articles = [self._article(folder / "articles" / f"{one}.yaml", one) for _, one in order]
        listed = {f"{one}.yaml" for _, one in order}
        for path in sorted((folder / "articles").glob("*.yaml")):
            if path.name not in listed:
                self.notes.add(
                    Place(self._name(path), 1),
                    "schema",
                    "the article is not listed.",
                    f"Add {path.stem} to articles in guide.yaml.",
                )
        return Guide(
            iso=iso,
            name=name,
            tone=tone,
            help=tuple(helpers),
            articles=tuple(article for article in articles if article is not None),
            contacts=self._contacts_file(folder / "contacts.yaml"),
            place=root.place,
        )

    def origin(self, path: Path) -> Origin | None:
        """One origin's file."""
        root = read_yaml(path, self._name(path), self.notes)
        if root is None:
            return None
        try:
            fields = root.record(("origin", "name", "contacts"))
            iso = fields["origin"].choice(_passport, list(PASSPORTS))
            return Origin(
                iso=iso,
                name=Text(f"{iso}/name", fields["name"].text(), fields["name"].place),
                contacts=self._contacts(fields["contacts"]),
                place=root.place,
            )
        except Skip:
            return None

    def _contacts_file(self, path: Path) -> tuple[Contact, ...]:
        root = read_yaml(path, self._name(path), self.notes)
        if root is None:
            return ()
        try:
            return self._contacts(root.record(("contacts",))["contacts"])
        except Skip:
            return ()

    def _contacts(self, entries: Value) -> tuple[Contact, ...]:
        found: dict[str, Contact] = {}
        for entry in _each(entries):
            try:
                contact = self._contact(entry)
                if contact.id in found:
                    raise entry.fail(f"{contact.id!r} stands twice.", "Keep one of the two.", "block-id")
                found[contact.id] = contact
            except Skip:
                continue
        return tuple(found.values())

    def _contact(self, entry: Value) -> Contact:
        fields = entry.record(
            ("id", "name", "verified_on", "review_by"), ("hours", "note", "for", "confirmed_on")
        )
        name = fields["id"].identifier()
        fact = self.contact_by_id.get(name)
        if fact is None:
            raise fields["id"].fail(f"{name!r} is not a contact of facts/.", "Use an id of content/facts.")

        def text(part: str) -> Text | None:
            if part not in fields:
                return None
            return Text(f"contacts/{name}.{part}", fields[part].text(), fields[part].place)

        return Contact(
            id=name,
            name=Text(f"contacts/{name}.name", fields["name"].text(), fields["name"].place),
            hours=text("hours"),
            note=text("note"),
            passports=_passports(fields.get("for")),
            verified_on=fields["verified_on"].day(),
            review_by=fields["review_by"].day(),
            confirmed_on=fields["confirmed_on"].day() if "confirmed_on" in fields else None,
            fact=fact,
            place=entry.place,
        )

    # -- articles

    def _article(self, path: Path, name: str) -> Article | None:
        root = read_yaml(path, self._name(path), self.notes)
        if root is None:
            return None
        try:
            fields = root.record(_ARTICLE)
            if fields["id"].identifier() != name:
                raise fields["id"].fail("the id is not the file's name.", f"Write {name}.", "block-id")
            return Article(
                id=name,
                topic=fields["topic"].choice(Topic, list(Topic)),
                title=Text(f"{name}/title", fields["title"].text(), fields["title"].place),
                lead=Text(f"{name}/lead", fields["lead"].text(), fields["lead"].place),
                risk=fields["risk"].choice(Risk, list(Risk)),
                verified_on=fields["verified_on"].day(),
                review_by=fields["review_by"].day(),
                blocks=self._blocks(name, fields["blocks"]),
                place=root.place,
            )
        except Skip:
            return None

    def _blocks(self, article: str, entries: Value) -> tuple[Block, ...]:
        found: dict[str, Block] = {}
        for entry in _each(entries):
            try:
                block = self._block(article, entry)
                if block.id in found or block.id in RESERVED:
                    raise entry.fail(f"the block id {block.id!r} is taken.", "Give another id.", "block-id")
                found[block.id] = block
            except Skip:
                continue
        return tuple(found.values())

    def _block(self, article: str, entry: Value) -> Block:
        fields = entry.fields()
        if "kind" not in fields or "id" not in fields:
            raise entry.fail("a block needs id and kind.", "Add the field.")
        kind = fields["kind"].choice(BlockKind, list(BlockKind))
        needs, may = _BLOCK_FIELDS[kind]
        fields = entry.record(("id", "kind", *needs), ("for", "facts", *may))
        name = fields["id"].identifier()
        context = f"{article}/{name}"

        def items(field: str, prefix: str = "") -> tuple[Text, ...]:
            if field not in fields:
                return ()
            return tuple(
                Text(f"{context}.{prefix}{key}", value.text(), value.place)
                for key, value in fields[field].fields().items()
            )

        return Block(
            id=name,
            kind=kind,
            place=entry.place,
            text=Text(context, fields["text"].text(), fields["text"].place) if "text" in fields else None,
            items=items("items"),
            do=items("do", "do."),
            dont=items("dont", "dont."),
            contact=fields["contact"].identifier() if "contact" in fields else None,
            say=fields["say"].text() if "say" in fields else None,
            say_language=fields["say_language"].text() if "say_language" in fields else None,
            image=fields["image"].text() if "image" in fields else None,
            facts=tuple(one.identifier() for one in _each(fields.get("facts"))),
            passports=_passports(fields.get("for")),
        )


_LANGUAGE_TEXTS = ("endonym", "script", "plural", "date", "font", "greeting")

_CONTACT_FACT = (
    *("id", "kind", "name", "phone", "dial_from", "hours", "languages", "free", "messenger", "url"),
    *("address", "source", "source_date", "confidence", "note"),
)

_ARTICLE = ("id", "topic", "title", "lead", "risk", "verified_on", "review_by", "blocks")

_BLOCK_FIELDS: dict[BlockKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    BlockKind.PARAGRAPH: (("text",), ()),
    BlockKind.HEADING: (("text",), ()),
    BlockKind.STEPS: (("items",), ()),
    BlockKind.BULLETS: (("items",), ()),
    BlockKind.WARNING: (("text",), ()),
    BlockKind.DO_DONT: ((), ("do", "dont")),
    BlockKind.CONTACT: (("contact",), ()),
    BlockKind.PHRASE: (("say", "say_language", "text"), ()),
    BlockKind.IMAGE: (("image", "text"), ()),
}


def _each(entries: Value | None) -> list[Value]:
    if entries is None:
        return []
    try:
        return entries.items()
    except Skip:
        return []


def _optional(value: Value) -> str | None:
    plain = value.plain()
    return None if plain is None else str(plain)


def _passport(value: str) -> str:
    if value not in PASSPORTS:
        raise ValueError(value)
    return value


def _passports(entries: Value | None) -> tuple[str, ...]:
    return tuple(one.choice(_passport, list(PASSPORTS)) for one in _each(entries))

"""Reads one article: its head, and its blocks with their stable ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from content.model import PASSPORTS, Article, Block, BlockKind, Place, Risk, Text, Topic
from content.nodes import Form, Skip, Value

RESERVED_BLOCKS = ("title", "lead")
"""Words that cannot be block ids, because they name parts of an article."""

RESERVED_ARTICLES = ("guide", "contacts")
"""Words that cannot be article ids, because their contexts name something else."""


NO_TEXT = Text("", "", Place("", 1))
"""Stands in for a text that could not be read; a piece that holds it is left out."""


def read_article(root: Value, name: str) -> Article:
    """The article of the file ``<name>.yaml``; broken blocks are left out.

    Raises:
        Skip: the head is broken; findings say how.
    """
    form = root.form(_HEAD)
    if form.read("id", Value.identifier, name) != name:
        raise form.fields["id"].fail("the id is not the file's name.", f"Write {name}.", "block-id")
    if name in RESERVED_ARTICLES:
        raise root.fail(f"{name!r} cannot be an article's id.", "Give file and id another name.", "block-id")
    blocks = _blocks(name, form.read("blocks", Value.entries, ()))
    article = Article(
        id=name,
        topic=form.read("topic", lambda value: value.choice(Topic), Topic.GETTING_HELP),
        title=form.read("title", lambda value: text(value, f"{name}/title"), NO_TEXT),
        lead=form.read("lead", lambda value: text(value, f"{name}/lead"), NO_TEXT),
        risk=form.read("risk", lambda value: value.choice(Risk), Risk.SENSITIVE),
        verified_on=form.read("verified_on", Value.day, date.min),
        review_by=form.read("review_by", Value.day, date.min),
        blocks=blocks,
        place=root.place,
    )
    form.check()
    return article


def text(value: Value, context: str) -> Text:
    """A translatable text and where it stands."""
    return Text(context, value.text(), value.place)


def passports(value: Value) -> tuple[str, ...]:
    """Whom a piece is for."""
    found = tuple(entry.member(PASSPORTS) for entry in value.entries())
    if not found:
        raise value.fail("'for' names nobody.", "Name passports, or delete the line: then it is for all.")
    return found


def _blocks(article: str, entries: Sequence[Value]) -> tuple[Block, ...]:
    found: dict[str, Block] = {}
    for entry in entries:
        try:
            block = _block(article, entry)
            if block.id in found:
                raise entry.fail(f"the block id {block.id!r} stands twice.", "Give another id.", "block-id")
            found[block.id] = block
        except Skip:
            continue
    return tuple(found.values())


def _block(article: str, entry: Value) -> Block:
    fields = entry.fields()
    if "kind" not in fields:
        raise entry.fail("the block has no kind.", f"Add 'kind:' and one of: {', '.join(BlockKind)}.")
    kind = fields["kind"][1].choice(BlockKind)
    needs, may = _FIELDS[kind]
    form = entry.form(("id", "kind", *needs), ("for", "facts", *may))
    name = form.read("id", Value.identifier, "")
    if name in RESERVED_BLOCKS:
        raise form.fields["id"].fail(f"{name!r} cannot be a block's id.", "Give another id.", "block-id")
    if kind is BlockKind.DO_DONT and not {"do", "dont"} & form.fields.keys():
        raise entry.fail("the block has neither do nor dont.", "Add 'do:' or 'dont:' with items.")
    context = f"{article}/{name}"
    block = Block(
        id=name,
        kind=kind,
        place=entry.place,
        text=form.read("text", lambda value: text(value, context), None),
        items=_items(form, "items", context),
        do=_items(form, "do", f"{context}.do"),
        dont=_items(form, "dont", f"{context}.dont"),
        contact=form.read("contact", Value.identifier, None),
        say=form.read("say", Value.text, None),
        say_language=form.read("say_language", Value.text, None),
        image=form.read("image", Value.text, None),
        facts=form.read("facts", Value.identifiers, ()),
        passports=form.read("for", passports, ()),
    )
    form.check()
    return block


def _items(form: Form, side: str, context: str) -> tuple[Text, ...]:
    def read(value: Value) -> tuple[Text, ...]:
        pairs = list(value.fields("block-id").values())
        if not pairs:
            raise value.fail("there are no items.", "Write 'item-id: text' lines.")
        return tuple(text(item, f"{context}.{key.identifier()}") for key, item in pairs)

    return form.read(side, read, ())


_HEAD = ("id", "topic", "title", "lead", "risk", "verified_on", "review_by", "blocks")

_FIELDS: dict[BlockKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
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
"""By kind, the fields that a block must have and those that it may have."""

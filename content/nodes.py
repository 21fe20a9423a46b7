"""YAML with line numbers: a thin reader over PyYAML's node tree.

Every problem becomes a finding with file and line, the broken piece is skipped,
and reading goes on: a person who writes guides sees all of their mistakes at once.

    entry.form(("id", "name"), ("note",))   a mapping, its keys checked
    form.read("name", Value.text, "")       one field, or the stand-in and ``form.broken``
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import yaml  # type: ignore[import-untyped, unused-ignore]

from content.findings import Finding
from content.model import Place

Parsed = TypeVar("Parsed")
Absent = TypeVar("Absent")
Choice = TypeVar("Choice", bound=StrEnum)

IDENTIFIER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
TEXT_TAG = "tag:yaml.org,2002:str"
NULL_TAG = "tag:yaml.org,2002:null"

# The C parser reads all facts in a third of a second; the Python one takes several.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Skip(Exception):
    """A piece cannot be read; its finding has been noted."""


@dataclass
class Notes:
    """Findings as they come up."""

    found: list[Finding] = field(default_factory=list)

    def add(self, place: Place, rule: str, message: str, fix: str) -> None:
        """Note one finding."""
        self.found.append(Finding(place, rule, message, fix))


class Value:
    """One YAML node that knows its file and line.

    The readers (``text``, ``day``, ...) note a finding and raise ``Skip`` when the
    node is something else.
    """

    def __init__(self, node: yaml.Node, file: str, notes: Notes) -> None:
        self.node = node
        self.file = file
        self.notes = notes

    @property
    def place(self) -> Place:
        """Where the node starts."""
        return Place(self.file, self.node.start_mark.line + 1)

    @property
    def empty(self) -> bool:
        """Whether the node is ``null``."""
        return bool(self.node.tag == NULL_TAG)

    def fail(self, message: str, fix: str, rule: str = "schema") -> Skip:
        """Note a finding here; raise what it returns."""
        self.notes.add(self.place, rule, message, fix)
        return Skip()

    def scalar(self) -> str:
        """A single value as it is written, whatever its type."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.fail("one value is expected here.", "Write one text, in quotes if it holds ': '.")
        return str(self.node.value).strip()

    def text(self) -> str:
        """A text on one line that is not empty and whose bold marks pair up."""
        value = self.scalar()
        if not value or self.empty:
            raise self.fail("the text is empty.", "Write the text or delete the line.")
        if self.node.tag != TEXT_TAG:
            # Unquoted, 0102 is the number 66 and NO is false: never guess.
            raise self.fail(f"{value} is not a text.", f'Put it in quotes: "{value}".')
        if "\n" in value:
            raise self.fail("the text has a line break.", "Write it on one line, or begin it with >.")
        if value.count("**") % 2:
            raise self.fail("a bold mark is not closed.", "Put ** before and after the bold words.")
        return value

    def optional(self) -> str | None:
        """A text, or ``None`` where ``null`` stands."""
        return None if self.empty else self.text()

    def identifier(self) -> str:
        """A short stable id."""
        value = self.scalar()
        if not IDENTIFIER.fullmatch(value):
            raise self.fail(
                f"{value!r} is not an id.", "Use small letters, digits and single hyphens.", "block-id"
            )
        return value

    def day(self) -> date:
        """A date, YYYY-MM-DD."""
        value = self.scalar()
        try:
            if not DAY.fullmatch(value):
                raise ValueError
            return date.fromisoformat(value)
        except ValueError:
            raise self.fail(f"{value!r} is not a date.", "Write it as 2026-11-23.") from None

    def choice(self, kind: type[Choice]) -> Choice:
        """One word of a closed list."""
        return kind(self.member(tuple(kind)))

    def member(self, words: tuple[str, ...]) -> str:
        """One of these words."""
        value = self.scalar()
        if value not in words:
            raise self.fail(f"{value!r} is not known.", f"Use one of: {', '.join(words)}.")
        return value

    def entries(self) -> Sequence[Value]:
        """The values of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.fail("a list is expected here.", "Write [a, b] or lines that begin with '- '.")
        return [Value(node, self.file, self.notes) for node in self.node.value]

    def texts(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(entry.text() for entry in self.entries())

    def identifiers(self) -> tuple[str, ...]:
        """A list of ids, none twice."""
        found: list[str] = []
        for entry in self.entries():
            name = entry.identifier()
            if name in found:
                raise entry.fail(f"{name!r} stands twice.", "Keep one of the two.", "block-id")
            found.append(name)
        return tuple(found)

    def fields(self, rule: str = "schema") -> dict[str, tuple[Value, Value]]:
        """Key and value by name; a key that stands twice is a finding of ``rule``."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.fail("fields are expected here.", "Write 'key: value' lines.")
        fields: dict[str, tuple[Value, Value]] = {}
        for key_node, node in self.node.value:
            key = Value(key_node, self.file, self.notes)
            name = key.scalar()
            if name in fields:
                raise key.fail(f"{name!r} stands twice.", "Keep one of the two.", rule)
            fields[name] = (key, Value(node, self.file, self.notes))
        return fields

    def form(self, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> Form:
        """Fields of a known kind; unknown and missing ones are findings."""
        form = Form(self, {})
        for name, (key, value) in self.fields().items():
            form.fields[name] = value
            if name not in required and name not in optional:
                key.fail(f"{name!r} is not a field here.", f"Use: {', '.join(required + optional)}.")
                form.broken = True
        for name in required:
            if name not in form.fields:
                rule = "review-date" if name in ("verified_on", "review_by") else "schema"
                self.fail(f"{name!r} is missing.", f"Add the line '{name}: ...'.", rule)
                form.broken = True
        return form


@dataclass
class Form:
    """A mapping being read field by field, so that all of its mistakes are found."""

    value: Value
    fields: dict[str, Value]
    broken: bool = False

    def read(self, name: str, how: Callable[[Value], Parsed], absent: Absent) -> Parsed | Absent:
        """A field, or ``absent``; a field that cannot be read marks the form as broken."""
        if name not in self.fields:
            return absent
        try:
            return how(self.fields[name])
        except Skip:
            self.broken = True
            return absent

    def check(self) -> None:
        """Leave the piece out if a field of it was broken.

        Raises:
            Skip: it was.
        """
        if self.broken:
            raise Skip


def read_yaml(path: Path, name: str, notes: Notes) -> Value | None:
    """The root of a YAML file, or ``None`` with a finding."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        message = "the file is missing." if missing else f"cannot be read: {error.strerror}."
        notes.add(Place(name, 1), "schema", message, "Add the file.")
        return None
    except UnicodeDecodeError as error:
        notes.add(Place(name, 1), "schema", f"not UTF-8: {error.reason}.", "Save the file as UTF-8.")
        return None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        notes.add(
            Place(name, mark.line + 1 if mark else 1),
            "schema",
            f"not YAML: {problem}.",
            "Check the indentation; put texts that hold ': ' or begin with a mark in quotes.",
        )
        return None
    if node is None:
        notes.add(Place(name, 1), "schema", "the file is empty.", "Write the file or delete it.")
        return None
    return Value(node, name, notes)

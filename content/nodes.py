"""YAML with line numbers: a thin reader over PyYAML's node tree.

Every problem becomes a finding with file and line, the broken piece is skipped,
and reading goes on: a person who writes guides sees all of their mistakes at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import yaml

from content.findings import Finding
from content.model import Place

Parsed = TypeVar("Parsed")

IDENTIFIER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

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
    """One YAML node that knows its file and line."""

    def __init__(self, node: yaml.Node, file: str, notes: Notes) -> None:
        self.node = node
        self.file = file
        self.notes = notes

    @property
    def place(self) -> Place:
        """Where the node starts."""
        return Place(self.file, self.node.start_mark.line + 1)

    def fail(self, message: str, fix: str, rule: str = "schema") -> Skip:
        """Note a finding here; raise what it returns."""
        self.notes.add(self.place, rule, message, fix)
        return Skip()

    def plain(self) -> Any:
        """The node as Python values."""
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_object(self.node, deep=True)  # type: ignore[no-untyped-call]
        except (yaml.YAMLError, ValueError, TypeError) as error:
            raise self.fail(f"not a value: {error}", "Put the text in quotes.") from None

    def text(self) -> str:
        """A text that is not empty and whose bold marks pair up."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.fail("a text is expected here.", "Write one text, in quotes if it holds ': '.")
        value = str(self.node.value).strip()
        if not value:
            raise self.fail("the text is empty.", "Write the text or delete the line.")
        if value.count("**") % 2:
            raise self.fail("a bold mark is not closed.", "Put ** before and after the bold words.")
        return value

    def identifier(self) -> str:
        """A short stable id."""
        value = self.text()
        if not IDENTIFIER.fullmatch(value):
            raise self.fail(
                f"{value!r} is not an id.", "Use small letters, digits and single hyphens.", "block-id"
            )
        return value

    def day(self) -> date:
        """A date, YYYY-MM-DD."""
        value = self.text()
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.fail(f"{value!r} is not a date.", "Write it as 2026-11-23.", "review-date") from None

    def choice(self, allowed: Callable[[str], Parsed], names: Iterator[str] | list[str]) -> Parsed:
        """One of a closed list."""
        value = self.text()
        try:
            return allowed(value)
        except ValueError:
            raise self.fail(f"{value!r} is not known.", f"Use one of: {', '.join(names)}.") from None

    def items(self) -> list[Value]:
        """The values of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.fail("a list is expected here.", "Write [a, b] or lines that begin with '- '.")
        return [Value(node, self.file, self.notes) for node in self.node.value]

    def fields(self) -> dict[str, Value]:
        """The fields of a mapping; a key that stands twice is a finding."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.fail("fields are expected here.", "Write 'key: value' lines.")
        fields: dict[str, Value] = {}
        for key, node in self.node.value:
            name = str(key.value)
            if name in fields:
                self.notes.add(
                    Place(self.file, key.start_mark.line + 1),
                    "schema",
                    f"{name!r} stands twice.",
                    "Keep one of the two.",
                )
                continue
            fields[name] = Value(node, self.file, self.notes)
        return fields

    def record(self, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Value]:
        """Fields of a known kind: none unknown, none missing."""
        fields = self.fields()
        for name, value in fields.items():
            if name not in required and name not in optional:
                value.notes.add(
                    value.place,
                    "schema",
                    f"{name!r} is not a field here.",
                    f"Use: {', '.join(required + optional)}.",
                )
        missing = [name for name in required if name not in fields]
        if missing:
            raise self.fail(f"missing: {', '.join(missing)}.", "Add the field.")
        return fields


def read_yaml(path: Path, name: str, notes: Notes) -> Value | None:
    """The root of a YAML file, or ``None`` with a finding."""
    try:
        with path.open(encoding="utf-8") as file:
            node = yaml.compose(file, Loader=_Loader)
    except FileNotFoundError:
        notes.add(Place(name, 1), "schema", "the file is missing.", "Add the file.")
        return None
    except UnicodeDecodeError as error:
        notes.add(Place(name, 1), "schema", f"not UTF-8: {error.reason}.", "Save the file as UTF-8.")
        return None
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        notes.add(
            Place(name, mark.line + 1 if mark else 1),
            "schema",
            f"not YAML: {problem}.",
            "Put texts that hold ': ' or begin with a mark in quotes.",
        )
        return None
    if node is None:
        notes.add(Place(name, 1), "schema", "the file is empty.", "Write the file or delete it.")
        return None
    return Value(node, name, notes)

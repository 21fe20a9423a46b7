"""Reads ``languages.toml``: one table per language, English first."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from content.model import Language, Place
from content.nodes import Notes

_TEXTS = ("endonym", "script", "plural", "date", "font", "greeting", "alphabet")
_LISTS = ("months", "fallback")
_NUMBERS = ("longest_word", "longest_sentence")
_OPTIONAL = ("name", "direction", "generated_from", "keyboard", "voice", "common_words", *_NUMBERS)


def read_languages(path: Path, name: str, notes: Notes) -> tuple[Language, ...]:
    """Every language in file order; a broken table is a finding and left out.

    Args:
        path: the file.
        name: the file as findings call it.
        notes: where findings go.
    """
    try:
        source = path.read_text(encoding="utf-8")
        tables = tomllib.loads(source)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        line = re.search(r"line (\d+)", str(error))
        notes.add(
            Place(name, int(line[1]) if line else 1), "schema", f"cannot be read: {error}.", "Mend the file."
        )
        return ()
    places = {code: Place(name, _line(source, code)) for code in tables}
    good = {code for code in tables if _sound(code, tables, places[code], notes)}
    return tuple(_language(code, table, places[code]) for code, table in tables.items() if code in good)


def _line(source: str, code: str) -> int:
    """tomllib keeps no lines: look for the table's head."""
    for number, line in enumerate(source.splitlines(), 1):
        if line.strip().replace('"', "") == f"[{code}]":
            return number
    return 1


def _sound(code: str, tables: dict[str, Any], place: Place, notes: Notes) -> bool:
    table = tables[code]
    if not isinstance(table, dict):
        notes.add(place, "schema", f"{code!r} is no table.", f"Write [{code}] and its fields below it.")
        return False
    before = len(notes.found)
    for field in (*_TEXTS, *_LISTS):
        kind = list if field in _LISTS else str
        if not isinstance(table.get(field), kind):
            notes.add(place, "schema", f"[{code}] lacks {field!r}.", f"Add {field} = ...")
    for field in table:
        if field not in (*_TEXTS, *_LISTS, *_OPTIONAL):
            notes.add(place, "schema", f"{field!r} is not a field of a language.", "Delete it.")
        elif field in _NUMBERS and not (type(table[field]) is int and table[field] > 0):
            notes.add(place, "schema", f"{field!r} is not a number.", "Write a whole number above 0.")
        elif field in _OPTIONAL and field not in _NUMBERS and not isinstance(table[field], str):
            notes.add(place, "schema", f"{field!r} is not a text.", "Put it in quotes.")
    if len(notes.found) == before:
        _relations(code, table, tables, place, notes)
    return len(notes.found) == before


def _relations(code: str, table: dict[str, Any], tables: dict[str, Any], place: Place, notes: Notes) -> None:
    if len(table["months"]) != 12 or not all(isinstance(month, str) for month in table["months"]):
        notes.add(place, "schema", f"[{code}] has no twelve months.", "Write the twelve names.")
    for other in (*table["fallback"], table.get("generated_from", code)):
        if other not in tables:
            notes.add(place, "schema", f"{other!r} is not a language here.", "Name one of this file.")
    try:
        table["date"].format(day=1, month="", year=2026)
    except (KeyError, IndexError, ValueError):
        notes.add(place, "schema", "date is no pattern.", "Use {day}, {month} and {year} only.")


def _language(code: str, table: dict[str, Any], place: Place) -> Language:
    return Language(
        code=code,
        endonym=table["endonym"],
        script=table["script"],
        direction=table.get("direction", "ltr"),
        plural=table["plural"],
        date=table["date"],
        months=tuple(table["months"]),
        alphabet=frozenset(table["alphabet"]),
        font=table["font"],
        greeting=table["greeting"],
        fallback=tuple(table["fallback"]),
        generated_from=table.get("generated_from"),
        keyboard=table.get("keyboard"),
        voice=table.get("voice"),
        common_words=frozenset(table.get("common_words", "").split()),
        longest_word=table.get("longest_word", 24),
        longest_sentence=table.get("longest_sentence", 20),
        name=table.get("name", table["endonym"]),
        place=place,
    )

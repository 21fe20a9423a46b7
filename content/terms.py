"""Reads a glossary: the standard word of each term in one language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from content.nodes import Notes, Skip, Value, read_yaml


@dataclass(frozen=True, slots=True)
class Term:
    """A term: its English, the word to use, and the stems of which a good text holds one."""

    english: str
    use: str
    stems: tuple[str, ...]


def read_glossary(path: Path, name: str, notes: Notes) -> Mapping[str, Term]:
    """Terms by their English in lower case, the longest first.

    Args:
        path: ``glossary/<language>.yaml``.
        name: the file as findings call it.
        notes: where findings go.
    """
    root = read_yaml(path, name, notes)
    found: dict[str, Term] = {}
    try:
        if root is None:
            return {}
        form = root.form(("language", "state", "terms"))
        for entry in form.read("terms", Value.entries, ()):
            term = _term(entry)
            if term.english in found:
                raise entry.fail(f"{term.english!r} stands twice.", "Keep one of the two.")
            found[term.english] = term
    except Skip:
        return {}
    return dict(sorted(found.items(), key=lambda pair: (-len(pair[0]), pair[0])))


def _term(entry: Value) -> Term:
    form = entry.form(("en", "use", "stems"))
    term = Term(
        english=form.read("en", Value.text, "").lower(),
        use=form.read("use", Value.text, ""),
        stems=form.read("stems", Value.texts, ()),
    )
    form.check()
    return term

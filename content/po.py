"""Translations: PO files beside the guides, and the script that is generated.

A PO entry's ``msgctxt`` is the text's context, its ``msgid`` the English that it
was made from, and its comment the state. Uzbek Cyrillic has no file of its own
unless somebody overrides a generated text.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polib

from content.model import Language, Place, State, Translation
from content.nodes import Notes

Catalogue = Mapping[str, Translation]


def homes(root: Path) -> dict[str, Path]:
    """Every folder that holds PO files, by its home (``guides/RU``, ``origins``)."""
    guides = {f"guides/{path.name}": path for path in sorted((root / "guides").glob("*")) if path.is_dir()}
    return {**guides, "origins": root / "origins"}


def read_translations(
    root: Path, languages: tuple[Language, ...], notes: Notes
) -> dict[tuple[str, str], Catalogue]:
    """Every catalogue by (home, language code), generated ones included."""
    found: dict[tuple[str, str], Catalogue] = {}
    for home, folder in homes(root).items():
        for language in languages:
            path = folder / f"{language.code}.po"
            name = path.relative_to(root.parent).as_posix()
            entries = _read(path, name, notes) if path.is_file() else {}
            if language.generated_from is not None:
                source = found.get((home, language.generated_from), {})
                entries = {**_generate(source), **entries}
            found[(home, language.code)] = entries
    return found


def _read(path: Path, name: str, notes: Notes) -> dict[str, Translation]:
    try:
        catalogue = polib.pofile(str(path), encoding="utf-8")
    except (OSError, ValueError) as error:
        notes.add(Place(name, 1), "schema", f"not a PO file: {error}.", "Mend the line or export it again.")
        return {}
    found: dict[str, Translation] = {}
    for entry in catalogue:
        if entry.obsolete:
            continue
        place = Place(name, entry.linenum or 1)
        context = entry.msgctxt or ""
        if not context:
            notes.add(place, "schema", "the entry has no msgctxt.", "Add the text's context.")
            continue
        if context in found:
            notes.add(place, "schema", f"{context!r} stands twice.", "Keep one of the two.")
            continue
        if not entry.msgstr:
            continue
        words = (entry.comment + "\n" + entry.tcomment).split()
        state = next((state for state in State if state.value in words), None)
        if state is None:
            notes.add(
                place, "state", "the entry has no state.", "Add a comment line: # machine-draft"
            )
            state = State.MACHINE_DRAFT
        found[context] = Translation(context, entry.msgid, entry.msgstr, state, place)
    return found


def _generate(source: Catalogue) -> dict[str, Translation]:
    """The other script of a language: same state, same place, transliterated text."""
    from content.transliterate import to_cyrillic

    return {
        context: Translation(context, one.made_from, to_cyrillic(one.text), one.state, one.place)
        for context, one in source.items()
    }

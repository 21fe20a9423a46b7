"""Translations: PO files beside the guides, and the script that is generated.

A PO entry's ``msgctxt`` is the text's context, its ``msgid`` the English that it
was made from, and its comment the state. Uzbek Cyrillic has no file of its own
unless somebody overrides a generated text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import polib  # type: ignore[import-untyped, unused-ignore]

from content.model import Language, Place, State, Translation
from content.nodes import Notes

Catalogue = Mapping[str, Translation]

SOURCE_LANGUAGE = "en"

_LINE = re.compile(r'|#.*|((msgctxt|msgid|msgid_plural|msgstr(\[\d+\])?)\s*)?".*"')


def homes(root: Path) -> dict[str, Path]:
    """Every folder that holds PO files, by its home (``guides/RU``, ``origins``, ``common``)."""
    guides = {f"guides/{path.name}": path for path in sorted((root / "guides").glob("*")) if path.is_dir()}
    return {**guides, "origins": root / "origins", "common": root / "common"}


def read_translations(
    root: Path, languages: tuple[Language, ...], notes: Notes
) -> dict[tuple[str, str], Catalogue]:
    """Every catalogue by (home, language code), generated ones included."""
    translated = [language for language in languages if language.code != SOURCE_LANGUAGE]
    codes = [language.code for language in translated]
    # A language whose table is broken is still a language.
    sure = not any(one.place.file == f"{root.name}/languages.toml" for one in notes.found)
    found: dict[tuple[str, str], Catalogue] = {}
    for home, folder in homes(root).items():
        files = {path.stem: path for path in sorted(folder.glob("*.po"))}
        for code, path in files.items():
            name = path.relative_to(root.parent).as_posix()
            if code in codes:
                found[home, code] = read_catalogue(path, name, notes)
            elif sure:
                notes.add(
                    Place(name, 1),
                    "schema",
                    f"{code!r} is not a language that is translated into.",
                    f"Name the file after one of: {', '.join(codes)}.",
                )
        for language in translated:
            own = found.get((home, language.code), {})
            if language.generated_from is not None:
                own = {**_generate(found.get((home, language.generated_from), {})), **own}
            found[home, language.code] = own
    return found


def read_catalogue(path: Path, name: str, notes: Notes) -> dict[str, Translation]:
    """The usable entries of one PO file by context; what is wrong becomes a finding."""
    try:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            # polib takes the first and last sign of a line for quotes, whatever they are.
            if not _LINE.fullmatch(line.strip()):
                fix = 'Write it as msgstr "text", or "text" for a further line.'
                notes.add(Place(name, number), "schema", "the line is no part of an entry.", fix)
        catalogue = polib.pofile(str(path), encoding="utf-8")
    # polib answers a broken file with whatever its parser stumbles over.
    except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        stated = re.search(r"line (\d+)", str(error))
        message = str(error).replace(str(path), name)
        place = Place(name, int(stated[1]) if stated else 1)
        notes.add(place, "schema", f"not a PO file: {message}.", "Mend the line or export the file again.")
        return {}
    found: dict[str, Translation] = {}
    for entry in catalogue:
        if entry.obsolete:
            continue
        translation = _entry(entry, Place(name, entry.linenum or 1), found, notes)
        if translation is not None:
            found[translation.context] = translation
    return found


def _entry(
    entry: polib.POEntry, place: Place, known: Mapping[str, Translation], notes: Notes
) -> Translation | None:
    """One entry; ``None`` where it cannot be used or has no text yet."""
    context = entry.msgctxt or ""
    if not context:
        notes.add(place, "schema", "the entry has no msgctxt.", "Add the text's context, as in pay/title.")
    elif entry.msgid_plural:
        notes.add(place, "schema", f"{context!r} has plural forms.", "Guides have none: write one msgstr.")
    elif context in known:
        notes.add(place, "schema", f"{context!r} stands twice.", "Keep one of the two.")
    elif entry.msgstr.count("**") % 2:
        notes.add(place, "schema", "a bold mark is not closed.", "Put ** before and after the bold words.")
    elif entry.msgstr.strip():
        return Translation(context, entry.msgid, entry.msgstr.strip(), _state(entry, place, notes), place)
    return None


def _state(entry: polib.POEntry, place: Place, notes: Notes) -> State:
    """The state that the comment names; where it names none, the lowest one."""
    lines = [line.strip() for line in f"{entry.tcomment}\n{entry.comment}".splitlines()]
    stated = [state for state in State if state.value in lines]
    if entry.fuzzy:
        notes.add(place, "state", "the entry is fuzzy.", "Look at it again, then delete the word fuzzy.")
    elif len(stated) != 1:
        words = ", ".join(State)
        message = "the entry has no state." if not stated else "the entry has two states."
        notes.add(place, "state", message, f"Write one of these as a comment line above it: {words}.")
    return stated[0] if len(stated) == 1 and not entry.fuzzy else State.MACHINE_DRAFT


def _generate(source: Catalogue) -> dict[str, Translation]:
    """The other script of a language: same state, same place, transliterated text."""
    # Kept out of the module's head: only languages that are generated need the lexicon.
    from content.transliterate import to_cyrillic

    return {
        context: Translation(context, one.made_from, to_cyrillic(one.text), one.state, one.place)
        for context, one in source.items()
    }

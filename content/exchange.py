"""Translations for people: PO files to and from Poedit, Weblate or any other editor.

    python -m content export-po FOLDER --language ky
    python -m content import-po FOLDER

Export writes one standard PO a home and language: every English text, the translation
where there is one, *fuzzy* with the previous English where the English moved on, the state
and the English file's line as comments. Import takes such files back: an entry whose
English is today's and that is not fuzzy replaces ours; an edited text becomes *translated*
unless its state says *reviewed*. Nothing that ours has is lost: what is refused is told.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polib  # type: ignore[import-untyped, unused-ignore]

from content.model import Content, Language, State, Text, Translation
from content.po import SOURCE_LANGUAGE, homes
from content.rules.case import Case

WRAP = 100


def catalogue_name(home: str, code: str) -> str:
    """The exported file's name: ``guides-RU.ky.po``."""
    return f"{home.replace('/', '-')}.{code}.po"


def export_po(content: Content, case: Case, folder: Path, codes: Sequence[str]) -> Iterator[Path]:
    """Write a PO for each home and language; yields the files.

    Args:
        content: what ``read_content`` returned.
        case: the same, as the lint sees it.
        folder: where the files go; it is made.
        codes: languages; empty means all that are translated by hand.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for language in content.languages:
        if language.code == SOURCE_LANGUAGE or (codes and language.code not in codes):
            continue
        if language.generated_from is not None and not codes:
            continue
        for home, texts in case.homes.items():
            path = folder / catalogue_name(home, language.code)
            known = content.translations.get((home, language.code), {})
            save(_new(language, [_entry(text, known.get(text.context)) for text in texts]), path)
            yield path


def _entry(text: Text, known: Translation | None) -> polib.POEntry:
    entry = polib.POEntry(
        msgctxt=text.context,
        msgid=text.source,
        occurrences=[(text.place.file, str(text.place.line))],
    )
    if known is None:
        return entry
    entry.msgstr = known.text
    entry.tcomment = known.state.value
    if known.made_from != text.source:
        entry.flags.append("fuzzy")
        entry.previous_msgctxt = text.context
        entry.previous_msgid = known.made_from
    return entry


def _new(language: Language, entries: Sequence[polib.POEntry]) -> polib.POFile:
    catalogue = polib.POFile(wrapwidth=WRAP)
    catalogue.metadata = {
        "Project-Id-Version": "safe-airports-kiosk",
        "Language": language.code,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": language.plural,
    }
    catalogue.extend(entries)
    return catalogue


def save(catalogue: polib.POFile, path: Path) -> None:
    """Write a PO whole or not at all.

    Raises:
        OSError: the folder cannot be written; what stood at ``path`` stands there still.
    """
    unfinished = path.with_name(f".{path.name}.new")
    try:
        catalogue.save(str(unfinished))
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


@dataclass
class Taken:
    """What an import did with one file, or would do."""

    file: str
    changed: int = 0
    same: int = 0
    refused: list[str] = field(default_factory=list)


def import_po(
    content: Content, case: Case, root: Path, files: Sequence[Path], dry_run: bool
) -> Iterator[Taken]:
    """Take edited PO files back into ``root``; yields what was done with each.

    Args:
        content: what ``read_content`` returned.
        case: the same, as the lint sees it.
        root: the content folder.
        files: PO files named as ``export_po`` names them.
        dry_run: only say what would change.
    """
    languages = {one.code: one for one in content.languages if one.code != SOURCE_LANGUAGE}
    names = {catalogue_name(home, code): (home, code) for home in case.homes for code in languages}
    for path in files:
        taken = Taken(path.name)
        if path.name not in names:
            taken.refused.append("the name is none that export-po writes, such as guides-RU.ky.po")
            yield taken
            continue
        home, code = names[path.name]
        known = dict(content.translations.get((home, code), {}))
        try:
            edited = polib.pofile(str(path), encoding="utf-8")
        except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
            taken.refused.append(f"not a PO file: {str(error).replace(str(path), path.name)}")
            yield taken
            continue
        texts = {text.context: text for text in case.homes[home]}
        own = {context for context, one in known.items() if one.place.file.endswith(f"/{code}.po")}
        fresh = _merge(edited, texts, known, taken, own)
        if taken.changed and not dry_run:
            target = homes(root)[home] / f"{code}.po"
            # A generated text stays generated; only what somebody wrote stands in a file.
            kept = [text for text in texts.values() if text.context in own]
            save(_new(languages[code], [_ours(text, fresh[text.context]) for text in kept]), target)
        yield taken


def _merge(
    edited: polib.POFile,
    texts: dict[str, Text],
    known: dict[str, Translation],
    taken: Taken,
    own: set[str],
) -> dict[str, tuple[str, str, State]]:
    """English, text and state of every entry after the import, by context; ``own`` grows."""
    fresh = {
        context: (one.made_from, one.text, one.state) for context, one in known.items() if context in texts
    }
    for entry in edited:
        context = entry.msgctxt or ""
        if entry.obsolete or not entry.msgstr.strip():
            continue
        refused = _refusal(entry, texts)
        if refused:
            taken.refused.append(f"line {entry.linenum}: {context or 'no msgctxt'}: {refused}")
            continue
        before = fresh.get(context)
        text = entry.msgstr.strip()
        state = _state(entry, before, text)
        if before == (entry.msgid, text, state):
            taken.same += 1
            continue
        fresh[context] = (entry.msgid, text, state)
        own.add(context)
        taken.changed += 1
    return fresh


def _refusal(entry: polib.POEntry, texts: dict[str, Text]) -> str:
    """Why an entry cannot be taken; empty if it can."""
    if entry.msgctxt not in texts:
        return "there is no such text"
    if entry.fuzzy:
        return "still fuzzy: look at it again and take the mark away"
    if entry.msgid != texts[entry.msgctxt].source:
        return f"made from other English; it is now {texts[entry.msgctxt].source!r}"
    if entry.msgstr.count("**") % 2:
        return "a bold mark is not closed"
    if "\n" in entry.msgstr.strip():
        return "the text has a line break"
    return ""


def _state(entry: polib.POEntry, before: tuple[str, str, State] | None, text: str) -> State:
    """The state that the comment names; a text that a person changed is no machine's draft."""
    lines = f"{entry.tcomment}\n{entry.comment}".split()
    stated = next((state for state in State if state.value in lines), None)
    edited = before is None or before[1] != text or before[0] != entry.msgid
    if edited and stated in (None, State.MACHINE_DRAFT):
        return State.TRANSLATED
    return stated or (before[2] if before is not None else State.TRANSLATED)


def _ours(text: Text, value: tuple[str, str, State]) -> polib.POEntry:
    made_from, said, state = value
    return polib.POEntry(msgctxt=text.context, msgid=made_from, msgstr=said, tcomment=state.value)

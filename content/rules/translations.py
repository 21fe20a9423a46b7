"""Rules of the PO files: nothing missing, outdated or left over; numbers unchanged."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from content.findings import Finding
from content.model import Language, Place
from content.po import SOURCE_LANGUAGE
from content.rules.case import Case, Shown
from content.rules.numbers import numbers

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def completeness(case: Case) -> Iterator[Finding]:
    """missing-translation, outdated-translation, orphan-translation."""
    for home in case.homes:
        for language in case.content.languages:
            if language.code != SOURCE_LANGUAGE:
                yield from _catalogue(case, home, language)


def _catalogue(case: Case, home: str, language: Language) -> Iterator[Finding]:
    file = case.file(f"{home}/{language.code}.po")
    entries = case.content.translations.get((home, language.code), {})
    own = {context: entry for context, entry in entries.items() if entry.place.file == file}
    texts = {text.context: text for text in case.homes[home]}
    if language.generated_from is None:
        yield from _missing(case, home, language, file)
    for context, entry in own.items():
        if context in texts and entry.made_from != texts[context].source:
            yield Finding(
                entry.place,
                "outdated-translation",
                f"{context}: the English is now {texts[context].source!r}.",
                "Look at the text again and put the new English into msgid.",
            )
        elif context not in texts and not _unread(case, home):
            yield Finding(
                entry.place,
                "orphan-translation",
                f"{context!r} names no text of {home}.",
                "Correct msgctxt, or delete the entry.",
            )


def _missing(case: Case, home: str, language: Language, file: str) -> Iterator[Finding]:
    entries = case.content.translations.get((home, language.code), {})
    texts = case.homes[home]
    if texts and not entries:
        message = f"none of the {len(texts)} texts is translated into {language.code}."
        yield Finding(Place(file, 1), "missing-translation", message, "Write the file.")
        return
    for text in texts:
        if text.context not in entries:
            yield Finding(
                text.place,
                "missing-translation",
                f"{text.context} has no text in {language.code}.",
                f"Add the entry to {file}.",
            )


def _unread(case: Case, home: str) -> bool:
    """Whether a source of this home is broken, so that absent texts say nothing."""
    folder = case.file(home) + "/"
    return any(one.place.file.startswith(folder) and not one.place.file.endswith(".po") for one in case.found)


def placeholders(case: Case) -> Iterator[Finding]:
    """Bold, {names} and numbers are the same in a translation and in its English."""
    for one in case.shown:
        if not one.english:
            yield from _marks(one)


def _marks(one: Shown) -> Iterator[Finding]:
    english, own = one.made_from, one.value
    if Counter(_PLACEHOLDER.findall(english)) != Counter(_PLACEHOLDER.findall(own)):
        yield one.finding(
            "placeholders", f"{one.text.context}: other {{names}} than in English.", "Keep each as it is."
        )
    if english.count("**") != own.count("**"):
        yield one.finding(
            "placeholders", f"{one.text.context}: bold marks differ from English.", "Mark the same words."
        )
    want, have = Counter(numbers(english)), Counter(numbers(own))
    if want != have:
        lacks, adds = ", ".join((want - have).elements()), ", ".join((have - want).elements())
        yield one.finding(
            "placeholders",
            f"{one.text.context}: numbers differ from English (lacks: {lacks or '-'}; adds: {adds or '-'}).",
            "Write the numbers of the English text, as digits.",
        )

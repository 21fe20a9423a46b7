"""Rules of letters: each language in its own alphabet, every sign in the font."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from content.findings import Finding
from content.model import Language, Place
from content.phones import group_digits
from content.rules.case import Case, Shown

WORDS_FILE = "allowed_words.toml"
FONTS = ("Inter-Regular.ttf", "Inter-SemiBold.ttf")

TURNED, TUTUQ = "\u02bb", "\u02bc"
_LOOKALIKES = re.compile("['`\u00b4\u2018\u2019]")
_WORD = re.compile(r"[^\W\d_]+")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_SCRIPTS = {"Latn": "LATIN", "Cyrl": "CYRILLIC"}


def alphabets(case: Case) -> Iterator[Finding]:
    """letters, script: own alphabet, own script, never two scripts in a word."""
    try:
        words = case.word_lists(WORDS_FILE)
    except (OSError, ValueError) as error:
        yield Finding(
            Place(case.file(WORDS_FILE), 1), "letters", f"cannot be read: {error}.", "Mend the file."
        )
        return
    common = words.get("common", {}).get("words", [])
    allowed = {
        language.code: _whole_words([*common, *words.get(language.code, {}).get("words", [])])
        for language in case.content.languages
    }
    for one in case.shown:
        yield from _letters(one, allowed[one.language.code])


def _whole_words(words: Iterable[str]) -> re.Pattern[str]:
    """Any of these words, the longest first, not as a part of another word."""
    each = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{each or '(?!)'})(?!\w)")


def _letters(one: Shown, allowed: re.Pattern[str]) -> Iterator[Finding]:
    rest = allowed.sub(" ", _PLACEHOLDER.sub(" ", one.plain))
    if TURNED in one.language.alphabet and (mark := _LOOKALIKES.search(rest)):
        yield one.finding(
            "letters",
            f"{mark[0]!r} (U+{ord(mark[0]):04X}) is no letter of {one.language.code}.",
            f"Write {TURNED} (U+02BB) after o and g, {TUTUQ} (U+02BC) elsewhere.",
        )
    words = _WORD.findall(rest)
    mixed = next((word for word in words if len(_scripts(word)) > 1), None)
    if mixed is not None:
        spelled = ", ".join(f"{letter} {_script(letter).lower()}" for letter in dict.fromkeys(mixed))
        yield one.finding(
            "letters", f"{mixed!r} mixes two scripts ({spelled}).", "Type the word again in one."
        )
    elif not one.english:
        yield from _own_letters(one, words)


def _own_letters(one: Shown, words: list[str]) -> Iterator[Finding]:
    own = _SCRIPTS.get(one.language.script, one.language.script.upper())
    scripts = [_script(letter) for word in words for letter in word if _script(letter)]
    if scripts and scripts.count(own) * 2 < len(scripts):
        yield one.finding(
            "script",
            f"the text is not in the {own.capitalize()} script of {one.language.code}.",
            "Translate it, or put it into the right file.",
        )
        return
    for word in words:
        strange = dict.fromkeys(letter for letter in word.lower() if letter not in one.language.alphabet)
        if strange:
            names = ", ".join(f"{letter} (U+{ord(letter):04X})" for letter in strange)
            yield one.finding(
                "letters",
                f"{word!r} has letters that {one.language.code} does not have: {names}.",
                f"Write it in {one.language.code}, or add a name that stays as it is to {WORDS_FILE}.",
            )
            return


def _scripts(word: str) -> set[str]:
    return {_script(letter) for letter in word} - {""}


@cache
def _script(letter: str) -> str:
    """LATIN, CYRILLIC ...; empty for signs that every script uses."""
    name = unicodedata.name(letter, "").partition(" ")[0]
    return "" if name in ("MODIFIER", "") else name


def glyphs(case: Case) -> Iterator[Finding]:
    """The kiosk's fonts hold every sign that is shown."""
    folder = case.root.resolve().parent / "kiosk" / "assets" / "fonts"
    missing = [name for name in FONTS if not (folder / name).is_file()]
    if missing:
        place = Place(f"kiosk/assets/fonts/{missing[0]}", 1)
        yield Finding(place, "glyphs", "the font is missing.", "Put the kiosk's fonts there.")
        return
    known = frozenset.intersection(*(font_signs(folder / name) for name in FONTS))
    for place, value in _shown_strings(case):
        strange = dict.fromkeys(sign for sign in value if sign not in known)
        if strange:
            names = ", ".join(f"{sign!r} (U+{ord(sign):04X})" for sign in strange)
            yield Finding(place, "glyphs", f"the font has no {names}.", "Write it with other signs.")


@cache
def font_signs(font: Path) -> frozenset[str]:
    """Every sign that a font file holds."""
    # Imported here: only this rule needs a font reader.
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped, unused-ignore]

    with TTFont(font, lazy=True) as opened:
        return frozenset(chr(code) for code in opened.getBestCmap())


def _shown_strings(case: Case) -> Iterator[tuple[Place, str]]:
    for one in case.shown:
        yield one.place, one.plain
    for language in case.content.languages:
        yield language.place, _language_signs(language)
    for _, article in case.articles:
        yield from ((block.place, block.say) for block in article.blocks if block.say is not None)
    for _, contact in case.contacts:
        fact = contact.fact
        phone = group_digits(fact.phone, fact.country) if fact.phone else ""
        yield contact.place, f"{phone}{fact.url or ''}{fact.address or ''}"


def _language_signs(language: Language) -> str:
    return "".join((language.endonym, language.greeting, *language.months, language.date))

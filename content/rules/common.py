"""Rules of the common pages: facts behind them, pictures, and what an officer can read."""

from __future__ import annotations

import json
from collections.abc import Iterator

from content.common_pages import officer_texts
from content.findings import Finding
from content.model import Confidence, Fact, Notice, Place, Question, Sign, Text
from content.po import SOURCE_LANGUAGE
from content.rules.case import Case
from content.rules.letters import font_signs
from content.rules.trust import strange_numbers

FEWEST_PHRASES = 10


def facts(case: Case) -> Iterator[Finding]:
    """block-fact: signs, questions and notices say what their facts say."""
    common = case.content.common
    pieces: tuple[Sign | Question | Notice, ...] = (*common.signs, *common.questions, *common.notices)
    for one in pieces:
        cited: list[Fact] = []
        for name in one.facts:
            fact = case.content.facts.get(name)
            if fact is None:
                yield _about(one, f"{name!r} is not in facts/.", "Name a fact that exists.")
            elif fact.confidence is Confidence.LOW:
                yield _about(one, f"{name} has confidence low.", "Leave it out until it is confirmed.")
            else:
                cited.append(fact)
        if not one.facts:
            yield _about(one, "it names no fact.", "Add 'facts: [...]' with ids of facts/.")
        for text in _texts(one):
            if len(cited) == len(one.facts):
                yield from strange_numbers(text, cited)


def _texts(one: Sign | Question | Notice) -> tuple[Text, ...]:
    if isinstance(one, Sign):
        return (one.title, one.text)
    return (one.question, one.advice) if isinstance(one, Question) else (one.text,)


def _about(one: Sign | Question | Notice, message: str, fix: str) -> Finding:
    return Finding(one.place, "block-fact", f"{one.id}: {message}", fix)


def pictures(case: Case) -> Iterator[Finding]:
    """icon: every sign and question has a pictogram that the kiosk holds."""
    path = case.root.resolve().parent / "kiosk" / "assets" / "icons" / "icons.json"
    common = case.content.common
    pieces: tuple[Sign | Question, ...] = (*common.signs, *common.questions)
    if not pieces:
        return
    try:
        known = json.loads(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        place = Place("kiosk/assets/icons/icons.json", 1)
        yield Finding(place, "icon", f"cannot be read: {error}.", "Put the kiosk's icons there.")
        return
    for one in pieces:
        if one.icon not in known:
            yield Finding(one.place, "icon", f"{one.id}: there is no icon {one.icon!r}.", "Name another one.")


def officers(case: Case) -> Iterator[Finding]:
    """officer: each destination's officers can read every request, in letters that are shipped."""
    common = case.content.common
    if not common.phrases:
        return
    place = Place(case.file("common/officer.yaml"), 1)
    if len(common.phrases) < FEWEST_PHRASES:
        message = f"{len(common.phrases)} requests; {FEWEST_PHRASES} are the least."
        yield Finding(place, "officer", message, "Write more cards.")
    for guide in case.content.guides:
        if guide.iso not in common.officer_languages:
            message = f"no language is named for officers of {guide.iso}."
            yield Finding(place, "officer", message, f"Add '{guide.iso}: [...]' to 'languages'.")
    for iso, languages in common.officer_languages.items():
        for code in languages:
            yield from _requests(case, place, iso, code)
    yield from _letters(case, place)


def _requests(case: Case, place: Place, iso: str, code: str) -> Iterator[Finding]:
    common = case.content.common
    if code == SOURCE_LANGUAGE:
        return
    catalogue = common.officer.get(code) or case.content.translations.get(("common", code), {})
    for phrase in common.phrases:
        entry = catalogue.get(phrase.context)
        if entry is None or entry.made_from != phrase.source:
            why = "is not translated" if entry is None else "is made from other English"
            message = f"{phrase.context} {why} in {code}, which officers of {iso} read."
            yield Finding(place, "officer", message, f"Write it in common/officer/{code}.po.")


def _letters(case: Case, place: Place) -> Iterator[Finding]:
    folder = case.root.resolve().parent / "kiosk" / "assets" / "fonts"
    missing: dict[str, set[str]] = {}
    for cards in officer_texts(case.content).values():
        for text in (one for texts in cards.values() for one in texts):
            own = folder / f"officer-{text['language']}.ttf"
            font = own if own.is_file() else folder / "Inter-SemiBold.ttf"
            if font.is_file():
                strange = set(text["text"]) - font_signs(font) - {" "}
                missing.setdefault(text["language"], set()).update(strange)
    for code, signs in missing.items():
        if signs:
            names = ", ".join(f"U+{ord(sign):04X}" for sign in sorted(signs))
            fix = "Cut the font again: build/assets.py --noto."
            yield Finding(place, "glyphs", f"the font for {code} has no {names}.", fix)


def until(case: Case) -> Iterator[Finding]:
    """notice: a notice that nobody sees any more is to be deleted."""
    known = {guide.iso for guide in case.content.guides}
    for notice in case.content.common.notices:
        if notice.destination not in known:
            message = f"{notice.id}: there is no guide {notice.destination}."
            yield Finding(notice.place, "notice", message, "Name a destination of guides/.")
        if notice.until < case.today:
            message = f"{notice.id}: its last day {notice.until} is past."
            yield Finding(notice.place, "notice", message, "Delete it.", "warning")

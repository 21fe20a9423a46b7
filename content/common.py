"""Reads ``common/``: signs, offer check, requests to an officer, notices.

Every file may be absent; what is there is read like a guide: each mistake is a finding
with file, line and fix, and the rest is read all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TypeVar

from content.articles import NO_TEXT, passports, text
from content.model import Common, Notice, Question, Sheet, Sign, Text
from content.nodes import Form, Notes, Skip, Value, read_yaml
from content.po import Catalogue, read_catalogue

HOME = "common"
RESULTS = ("none", "some", "ask")
ANSWERS = ("yes", "no")

Piece = TypeVar("Piece", Sign, Question, Notice)

_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_PAGE = ("title", "lead", "verified_on", "review_by")


def read_common(root: Path, notes: Notes) -> Common:
    """Everything below ``root/common``."""
    folder = root / HOME
    signs = _open(folder / "signs.yaml", root, notes, (*_PAGE, "facts", "cards"))
    offer = _open(folder / "offer.yaml", root, notes, (*_PAGE, "questions", "results"))
    officer = _open(folder / "officer.yaml", root, notes, ("title", "lead", "languages", "cards"))
    notices = _open(folder / "notices.yaml", root, notes, ("notices",))
    return Common(
        signs_page=_sheet(signs, "signs"),
        signs=_pieces(signs, "cards", _sign),
        offer_page=_sheet(offer, "offer"),
        questions=_pieces(offer, "questions", _question),
        results=_results(offer),
        officer_title=_word(officer, "title"),
        officer_lead=_word(officer, "lead"),
        phrases=_phrases(officer),
        officer_languages=_officer_languages(officer),
        officer=_officer(folder / "officer", root, notes),
        notices=_pieces(notices, "notices", _notice),
    )


def _open(path: Path, root: Path, notes: Notes, fields: tuple[str, ...]) -> Form | None:
    if not path.exists():
        return None
    value = read_yaml(path, path.relative_to(root.parent).as_posix(), notes)
    try:
        return None if value is None else value.form(fields)
    except Skip:
        return None


def _sheet(form: Form | None, name: str) -> Sheet | None:
    if form is None:
        return None
    sheet = Sheet(
        title=form.read("title", lambda value: text(value, f"{name}/title"), NO_TEXT),
        lead=form.read("lead", lambda value: text(value, f"{name}/lead"), NO_TEXT),
        verified_on=form.read("verified_on", Value.day, date.min),
        review_by=form.read("review_by", Value.day, date.min),
        place=form.value.place,
    )
    return None if NO_TEXT in (sheet.title, sheet.lead) else sheet


def _pieces(form: Form | None, name: str, how: Callable[[Value], Piece]) -> tuple[Piece, ...]:
    """The list under ``name``, without its broken pieces; an id stands once."""
    found: dict[str, Piece] = {}
    for entry in form.read(name, Value.entries, ()) if form is not None else ():
        try:
            piece = how(entry)
            if piece.id in found:
                raise entry.fail(f"{piece.id!r} stands twice.", "Give another id.", "block-id")
            found[piece.id] = piece
        except Skip:
            continue
    return tuple(found.values())


def _sign(entry: Value) -> Sign:
    form = entry.form(("id", "icon", "title", "text", "facts"))
    name = form.read("id", Value.identifier, "")
    sign = Sign(
        id=name,
        icon=form.read("icon", Value.identifier, ""),
        title=form.read("title", lambda value: text(value, f"signs/{name}.title"), NO_TEXT),
        text=form.read("text", lambda value: text(value, f"signs/{name}.text"), NO_TEXT),
        facts=form.read("facts", Value.identifiers, ()),
        place=entry.place,
    )
    form.check()
    return sign


def _question(entry: Value) -> Question:
    form = entry.form(("id", "icon", "question", "good", "advice", "facts"))
    name = form.read("id", Value.identifier, "")
    question = Question(
        id=name,
        icon=form.read("icon", Value.identifier, ""),
        question=form.read("question", lambda value: text(value, f"offer/{name}.question"), NO_TEXT),
        good=form.read("good", lambda value: value.member(ANSWERS), "no"),
        advice=form.read("advice", lambda value: text(value, f"offer/{name}.advice"), NO_TEXT),
        facts=form.read("facts", Value.identifiers, ()),
        place=entry.place,
    )
    form.check()
    return question


def _notice(entry: Value) -> Notice:
    form = entry.form(("id", "destination", "until", "text", "facts", "verified_on"), ("for",))
    name = form.read("id", Value.identifier, "")
    notice = Notice(
        id=name,
        destination=form.read("destination", _country, ""),
        until=form.read("until", Value.day, date.min),
        text=form.read("text", lambda value: text(value, f"notices/{name}"), NO_TEXT),
        facts=form.read("facts", Value.identifiers, ()),
        passports=form.read("for", passports, ()),
        verified_on=form.read("verified_on", Value.day, date.min),
        place=entry.place,
    )
    form.check()
    return notice


def _country(value: Value) -> str:
    code = value.text()
    if not _COUNTRY.fullmatch(code):
        raise value.fail(f"{code!r} is not a country.", "Write its two capitals, as in KR.")
    return code


def _word(form: Form | None, name: str) -> Text | None:
    return None if form is None else form.read(name, lambda value: text(value, f"officer/{name}"), None)


def _results(form: Form | None) -> Mapping[str, Text]:
    def read(value: Value) -> dict[str, Text]:
        inner = value.form(RESULTS)
        found = {
            name: inner.read(name, lambda one, name=name: text(one, f"offer/results.{name}"), None)  # type: ignore[misc]
            for name in RESULTS
        }
        return {name: one for name, one in found.items() if one is not None}

    return {} if form is None else form.read("results", read, {})


def _phrases(form: Form | None) -> tuple[Text, ...]:
    def read(value: Value) -> tuple[Text, ...]:
        pairs = value.fields("block-id").values()
        return tuple(text(one, f"officer/{key.identifier()}") for key, one in pairs)

    return () if form is None else form.read("cards", read, ())


def _officer_languages(form: Form | None) -> Mapping[str, tuple[str, ...]]:
    def read(value: Value) -> dict[str, tuple[str, ...]]:
        return {_country(key): _codes(one) for key, one in value.fields().values()}

    return {} if form is None else form.read("languages", read, {})


def _codes(value: Value) -> tuple[str, ...]:
    codes = tuple(entry.text() for entry in value.entries())
    if not codes or not all(_LANGUAGE.fullmatch(code) for code in codes):
        raise value.fail("languages are expected here.", "Write their codes, as in [kk, ru].")
    return codes


def _officer(folder: Path, root: Path, notes: Notes) -> Mapping[str, Catalogue]:
    """The requests in languages that only officers read, by language."""
    return {
        path.stem: read_catalogue(path, path.relative_to(root.parent).as_posix(), notes)
        for path in sorted(folder.glob("*.po"))
    }

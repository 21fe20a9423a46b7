"""Common pages: what is read, what the lint says of them, and what the library answers."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.checks import check_content
from content.common_pages import officer_texts, shaped
from content.library import Library
from content.nodes import Notes
from content.release import build_library
from content.source import read_content
from content.terms import read_glossary

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 25)

OFFICERS = {"RU": "ru", "KZ": "kk", "TR": "tr", "KR": "ko", "AE": "ar", "SA": "ar", "QA": "ar"}
OFFICERS |= {"PL": "pl", "DE": "de", "GB": "en", "JP": "ja", "IL": "he"}
"""The twelve destinations, and what an officer there reads."""


@pytest.fixture(scope="module")
def shipped() -> Path:
    return ROOT / "content"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, shipped: Path) -> Library:
    path = tmp_path_factory.mktemp("library") / "library.sqlite"
    build_library(read_content(shipped)[0], path)
    return Library.open(path)


def test_twelve_destinations_of_nine_to_twelve_articles(library: Library) -> None:
    cards = library.destinations("en")
    assert {card.iso for card in cards} == OFFICERS.keys()
    for card in cards:
        articles = library.guide(card.iso, "en", "UZ").articles
        assert 9 <= len(articles) <= 12, card.iso
        assert articles[0].topic == "before_you_go"


def test_every_page_is_whole_in_every_language(library: Library) -> None:
    for language in library.languages():
        signs, offer = library.signs(language.code), library.offer(language.code)
        assert signs is not None and len(signs.cards) == 11 and signs.language == language.code
        assert offer is not None and len(offer.questions) == 8 and offer.language == language.code
        for card in library.destinations(language.code):
            officer = library.officer(card.iso, language.code)
            assert officer is not None and len(officer.cards) >= 10
            assert officer.language == language.code
            for article in library.guide(card.iso, language.code, "UZ").articles:
                assert article.language == language.code, (card.iso, article.id)


def test_officers_read_their_own_language(library: Library) -> None:
    for iso, code in OFFICERS.items():
        view = library.officer(iso, "uz")
        assert view is not None
        for card in view.cards:
            assert card.shown[0].language == code and card.shown[0].text
            assert card.shown[0].direction == ("rtl" if code in ("ar", "he") else "ltr")


def test_arabic_letters_are_joined_and_stay_in_reading_order() -> None:
    joined = shaped("ar", "محام")
    assert joined != "محام" and len(joined) == 4
    assert all("\ufe70" <= letter <= "\ufefc" for letter in joined)
    assert shaped("he", "עורך דין") == "עורך דין"


def test_notices_end_with_their_day(library: Library) -> None:
    assert library.notices("DE", "en", "UZ", date(2027, 3, 31))
    assert not library.notices("DE", "en", "UZ", date(2027, 4, 1))
    assert not library.notices("RU", "en", "UZ", TODAY)


@pytest.fixture
def copy(tmp_path: Path, shipped: Path) -> Path:
    """The common pages and facts alone, to be broken; fonts and icons beside them."""
    root = tmp_path / "content"
    for name in ("common", "facts", "glossary"):
        shutil.copytree(shipped / name, root / name)
    for name in ("languages.toml", "allowed_words.toml", "forbidden.toml"):
        shutil.copy(shipped / name, root / name)
    for folder in ("guides", "origins"):
        (root / folder).mkdir()
    (tmp_path / "kiosk").symlink_to(ROOT / "kiosk")
    return root


@pytest.mark.parametrize(
    ("file", "old", "new", "rule"),
    [
        ("signs.yaml", "facts: [ae-ilo11, qa-danger]", "facts: [no-such-fact]", "block-fact"),
        ("signs.yaml", "facts: [ae-ilo11, qa-danger]", "facts: []", "block-fact"),
        ("signs.yaml", "icon: bed", "icon: no-such-picture", "icon"),
        ("signs.yaml", "far more hours than agreed", "99 hours", "block-fact"),
        ("signs.yaml", "review_by: 2027-05-22", "review_by: 2029-05-22", "review-date"),
        ("offer.yaml", 'good: "yes"', "good: maybe", "schema"),
        ("officer.yaml", "JP: [ja]", "JP: [zz]", "officer"),
        ("officer.yaml", "doctor: I need a doctor.", "doctor: I need help.", "officer"),
        ("officer/ja.po", "医", "\u2603", "glyphs"),
        ("notices.yaml", "until: 2027-03-31", "until: 2026-01-31", "notice"),
        ("notices.yaml", "14.60", "14.90", "block-fact"),
        ("ky.po", 'msgid "Pay held back"', 'msgid "Pay"', "outdated-translation"),
    ],
)
def test_a_broken_page_is_told_with_its_rule(copy: Path, file: str, old: str, new: str, rule: str) -> None:
    path = copy / "common" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    content, found = read_content(copy)
    told = check_content(content, copy, TODAY, found=found)
    assert rule in {one.rule for one in told if one.place.file.startswith("content/common")}, told


def test_an_officer_card_that_is_not_translated_takes_the_destination_out(copy: Path) -> None:
    (copy / "common" / "officer" / "ja.po").unlink()
    content, _ = read_content(copy)
    assert "JP" not in officer_texts(content) and "KR" in officer_texts(content)


def test_a_seventh_language_is_data_alone(copy: Path, tmp_path: Path) -> None:
    """Tajik: a table, and a PO file. Nothing else is touched."""
    languages = copy / "languages.toml"
    table = """
[tg]
endonym = "Тоҷикӣ"
script = "Cyrl"
plural = "nplurals=1; plural=0;"
date = "{day} {month} {year}"
months = ["январ", "феврал", "март", "апрел", "май", "июн", "июл", "август", "сентябр", "октябр",
          "ноябр", "декабр"]
alphabet = "абвгғдеёжзиӣйкқлмнопрстуӯфхҳчҷшъэюя"
font = "Inter"
fallback = ["ru", "en"]
greeting = "Роҳи сафед"
"""
    languages.write_text(languages.read_text(encoding="utf-8") + table, encoding="utf-8")
    po = (copy / "common" / "ru.po").read_text(encoding="utf-8")
    (copy / "common" / "tg.po").write_text(po.replace("Language: ru", "Language: tg"), encoding="utf-8")
    content, found = read_content(copy)
    assert found == []
    path = tmp_path / "library.sqlite"
    build_library(content, path)
    library = Library.open(path)
    assert [one.code for one in library.languages()][-1] == "tg"
    signs = library.signs("tg")
    assert signs is not None and signs.language == "tg"


def test_a_language_without_its_page_falls_back_and_says_so(copy: Path, tmp_path: Path) -> None:
    (copy / "common" / "ky.po").unlink()
    content, _ = read_content(copy)
    build_library(content, tmp_path / "library.sqlite")
    signs = Library.open(tmp_path / "library.sqlite").signs("ky")
    assert signs is not None and signs.language == "ru"


GARBAGE = st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode()))


@settings(max_examples=120, deadline=None)
@given(
    data=GARBAGE,
    cut=st.integers(0, 4000),
    name=st.sampled_from(["signs.yaml", "offer.yaml", "officer.yaml", "ru.po", "officer/ja.po"]),
)
def test_whatever_a_file_holds_the_reader_answers(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, cut: int, name: str
) -> None:
    """A located finding or a valid model, never a traceback."""
    root = tmp_path_factory.mktemp("garbage") / "content"
    shutil.copytree(ROOT / "content" / "common", root / "common")
    for folder in ("guides", "origins", "facts"):
        (root / folder).mkdir()
    shutil.copy(ROOT / "content" / "languages.toml", root)
    path = root / "common" / name
    good = path.read_bytes()
    path.write_bytes(good[:cut] + data + good[cut:])
    _, found = read_content(root)
    assert all(one.place.line >= 1 and one.fix for one in found)


@pytest.mark.parametrize(
    "text", ["", "terms: 3", "language: ru\nstate: x\nterms:\n  - {en: a}\n", "- a", "\x00"]
)
def test_a_broken_glossary_is_findings(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ru.yaml"
    path.write_text(text, encoding="utf-8")
    notes = Notes()
    assert read_glossary(path, "glossary/ru.yaml", notes) == {}
    assert notes.found

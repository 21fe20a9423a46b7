"""One source, two scripts: how well our rules turn Uzbek Latin into Cyrillic."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.transliterate import LOOKALIKES, canonical, to_cyrillic

PAIRS = tomllib.loads(Path(__file__).with_name("uzbek_pairs.toml").read_text(encoding="utf-8"))

LATIN_WORDS = st.text("abdefghijklmnopqrstuvxyzʻʼ ", max_size=40)


def wrong_words(part: str) -> tuple[list[tuple[str, str]], int]:
    """(got, wanted) of each wrong word, and how many words there are."""
    wrong, count = [], 0
    for latin, cyrillic in PAIRS[part]["pairs"]:
        got, wanted = to_cyrillic(latin).split(), cyrillic.split()
        assert len(got) == len(wanted), latin
        count += len(wanted)
        wrong += [(one, other) for one, other in zip(got, wanted, strict=True) if one != other]
    return wrong, count


@pytest.mark.parametrize(("part", "size"), [("development", 30), ("held_out", 20)])
def test_at_least_95_percent_of_words_are_right(part: str, size: int) -> None:
    assert len(PAIRS[part]["pairs"]) == size
    wrong, count = wrong_words(part)
    assert len(wrong) <= 0.05 * count, f"{part}: {len(wrong)} of {count} words: {wrong}"


@pytest.mark.parametrize("mark", sorted(LOOKALIKES))
def test_every_mark_that_people_type_gives_the_same_cyrillic(mark: str) -> None:
    assert to_cyrillic(f"O{mark}zbekiston, ma{mark}lumot, g{mark}oya") == "Ўзбекистон, маълумот, ғоя"


def test_capitals_stay_capitals() -> None:
    assert to_cyrillic("SHARTNOMA, Shartnoma, shartnoma, CHOʻL") == "ШАРТНОМА, Шартнома, шартнома, ЧЎЛ"


@pytest.mark.parametrize(
    "kept",
    [
        "{number} {days}",
        "https://example.org/yo",
        "help@example.org",
        "E-9",
        "TOPIK",
        "WhatsApp",
        "+998 71 200-00-00",
    ],
)
def test_what_is_no_uzbek_word_goes_through(kept: str) -> None:
    assert to_cyrillic(kept) == kept
    assert to_cyrillic(f"Qoʻngʻiroq: {kept}") == f"Қўнғироқ: {kept}"


@given(LATIN_WORDS)
def test_no_latin_letter_is_left(text: str) -> None:
    assert not any("a" <= letter <= "z" for letter in to_cyrillic(text))


@given(st.text(max_size=60))
def test_whatever_comes_in_cyrillic_stays_and_twice_is_once(text: str) -> None:
    once = to_cyrillic(text)
    assert to_cyrillic(once) == once
    assert canonical(canonical(text)) == canonical(text)


@given(st.lists(LATIN_WORDS, max_size=5))
def test_lines_do_not_touch_each_other(lines: list[str]) -> None:
    assert to_cyrillic("\n".join(lines)) == "\n".join(map(to_cyrillic, lines))

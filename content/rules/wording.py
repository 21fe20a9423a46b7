"""Rules of words: short sentences, short neutral titles, no promise and no blame."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from content.findings import Finding
from content.model import Place
from content.rules.case import Case, Shown

FORBIDDEN_FILE = "forbidden.toml"

AVERAGE_SENTENCE = 12
LONGEST_TITLE_ENGLISH = 28
LONGEST_TITLE = 36

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"»”)]*\s+")
_WORD = re.compile(r"[^\W_]+(?:[-'’ʻʼ.,:/][^\W_]+)*")


def sentences(text: str) -> list[int]:
    """The number of words of every sentence."""
    counts = (len(_WORD.findall(sentence)) for sentence in _SENTENCE_END.split(text))
    return [count for count in counts if count]


def sentence_length(case: Case) -> Iterator[Finding]:
    """Nobody reads long sentences standing with luggage."""
    lengths: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for one in case.shown:
        if one.generated or one.part == "title":
            continue
        counts = sentences(one.plain)
        article = one.text.context.partition("/")[0]
        if article not in ("guide", "contacts") and one.home.startswith("guides/"):
            lengths[one.home, article, one.language.code] += counts
        longest = one.language.longest_sentence
        if max(counts, default=0) > longest:
            yield one.finding(
                "sentence-length",
                f"a sentence of {max(counts)} words; {longest} is the most.",
                "Make two sentences of it.",
                "error" if one.english else "warning",
            )
    for (home, article, code), counts in lengths.items():
        average = sum(counts) / max(len(counts), 1)
        if average > AVERAGE_SENTENCE:
            yield Finding(
                Place(case.file(f"{home}/articles/{article}.yaml"), 1),
                "sentence-length",
                f"{average:.1f} words a sentence in {code}; {AVERAGE_SENTENCE} is the aim.",
                "Say one idea a sentence.",
                "warning",
            )


@dataclass(frozen=True)
class Forbidden:
    """What a language must not say: nowhere, in titles and names, in titles alone."""

    phrases: re.Pattern[str]
    stems: re.Pattern[str]
    titles: re.Pattern[str]


def words(case: Case) -> Iterator[Finding]:
    """titles: their length and words; phrases that are forbidden anywhere."""
    try:
        tables = case.word_lists(FORBIDDEN_FILE)
    except (OSError, ValueError) as error:
        place = Place(case.file(FORBIDDEN_FILE), 1)
        yield Finding(place, "titles", f"cannot be read: {error}.", "Mend the file.")
        return
    forbidden = {}
    for language in case.content.languages:
        table = tables.get(language.code, {})
        lists = (_starts(table.get(key, [])) for key in ("phrases", "stems", "titles"))
        forbidden[language.code] = Forbidden(*lists)
    for one in case.shown:
        yield from _title_length(one)
        yield from _forbidden(one, forbidden[one.language.code])


def _starts(stems: list[str]) -> re.Pattern[str]:
    """Any of these at the start of a word, whatever follows."""
    each = "|".join(re.escape(stem).replace(r"\ ", r"\s+") for stem in stems)
    return re.compile(rf"(?<!\w)(?:{each or '(?!)'})", re.IGNORECASE)


def _title_length(one: Shown) -> Iterator[Finding]:
    longest = LONGEST_TITLE_ENGLISH if one.english else LONGEST_TITLE
    if one.part == "title" and len(one.value) > longest:
        yield one.finding(
            "titles", f"the title has {len(one.value)} signs; {longest} fit.", "Say it in fewer words."
        )


def _forbidden(one: Shown, forbidden: Forbidden) -> Iterator[Finding]:
    if found := forbidden.phrases.search(one.plain):
        yield one.finding("titles", f"{found[0]!r} promises or blames.", "Say what to do instead.")
    seen = None
    if one.part in ("title", "lead", "name"):
        seen = forbidden.stems.search(one.plain)
    if seen is None and one.part in ("title", "lead"):
        seen = forbidden.titles.search(one.plain)
    if seen is not None:
        yield one.finding(
            "titles",
            f"{seen[0]!r} stands in a {one.part}, where somebody may look on.",
            "Choose a neutral word.",
        )

"""Rules of reading: the right language, the glossary's words, no long words, nothing twice."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache

from content.findings import Finding
from content.model import PASSPORTS, Article, Block, Language
from content.nodes import Notes
from content.rules.case import Case, Shown
from content.terms import Term, read_glossary
from content.transliterate import to_cyrillic

FEWEST_WORDS = 6
"""A shorter text tells too little to know its language."""

READ_PER_MINUTE = 110
"""Words that a slow reader takes in a minute, standing."""

LONGEST_READING = 5
"""Minutes that a traveller has for one page."""

REPEATED = 8
"""From so many words on a text that stands twice is noise."""

_WORD = re.compile(r"[^\W\d_]+(?:[ʻʼ’'][^\W\d_]+)*")
_SITE = re.compile(r"\w+(?:\.\w+)+")
_BROKEN_AT = re.compile(r"[-/.@]")


def wrong_language(case: Case) -> Iterator[Finding]:
    """language: a text whose small words are those of another language."""
    own = {language.code: language.common_words for language in case.content.languages}
    counts = Counter(word for words in own.values() for word in words)
    telling = {code: {word for word in words if counts[word] == 1} for code, words in own.items()}
    for one in case.shown:
        words = [word.lower() for word in _WORD.findall(one.plain)]
        if len(words) < FEWEST_WORDS:
            continue
        hits = {code: sum(word in known for word in words) for code, known in telling.items()}
        best = max(hits, key=lambda code: hits[code])
        if best != one.language.code and hits[best] >= 2 and hits[best] > 2 * hits[one.language.code]:
            yield one.finding(
                "language",
                f"{one.text.context}: this looks like {best}, not {one.language.code}.",
                "Put the right text here.",
            )


def word_length(case: Case) -> Iterator[Finding]:
    """word-length: no word that large text would have to break."""
    for one in case.shown:
        limit = one.language.longest_word
        words = (part for word in one.plain.split() for part in _BROKEN_AT.split(word))
        long = next((word for word in words if len(word.strip("“”«»„,;:!?()")) > limit), None)
        if long is not None:
            yield one.finding(
                "word-length",
                f"{long!r} has {len(long)} letters; {limit} fit in large text.",
                "Say it in shorter words.",
                "warning",
            )


def glossary(case: Case) -> Iterator[Finding]:
    """glossary: a term of the product is said in the word that the glossary names."""
    for language in case.content.languages:
        terms = _terms(case, language)
        if isinstance(terms, list):
            yield from terms
            continue
        for one in case.shown:
            if one.language.code == language.code and not one.english:
                yield from _term_findings(one, terms)


def _terms(case: Case, language: Language) -> Mapping[str, Term] | list[Finding]:
    """Terms by their English, longest first; findings where the file cannot be read."""
    code = language.generated_from or language.code
    path = case.root / "glossary" / f"{code}.yaml"
    if not path.exists():
        return {}
    notes = Notes()
    terms = read_glossary(path, case.file(f"glossary/{code}.yaml"), notes)
    if notes.found:
        return notes.found if language.generated_from is None else []
    if language.generated_from is not None:
        terms = {
            english: Term(term.english, to_cyrillic(term.use), tuple(map(to_cyrillic, term.stems)))
            for english, term in terms.items()
        }
    return terms


def _term_findings(one: Shown, terms: Mapping[str, Term]) -> Iterator[Finding]:
    english, own = _SITE.sub(" ", one.made_from.replace("**", "")).lower(), one.plain.lower()
    for name, term in terms.items():
        rest = _english(name).sub(" ", english)
        if rest == english:
            continue
        # What a longer term has taken is not looked at again: work permit, permit.
        english = rest
        if not any(stem.lower() in own for stem in term.stems):
            yield one.finding(
                "glossary",
                f"{one.text.context}: {name!r} is {term.use!r} in {one.language.code}.",
                "Use the glossary's word, or add the stem of a good other one to it.",
                "warning",
            )


@cache
def _english(term: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(term)}(?:s|es)?\b")


def reading_time(case: Case) -> Iterator[Finding]:
    """reading-time: a page that nobody can read in the time that is left."""
    for _, article in case.articles:
        for passport in PASSPORTS:
            words = _words_for(article, passport)
            minutes = words / READ_PER_MINUTE
            if minutes > LONGEST_READING:
                yield Finding(
                    article.place,
                    "reading-time",
                    f"{article.id}: {passport} reads {words} words, {minutes:.0f} minutes.",
                    "Keep what protects, move the rest to another page.",
                    "warning",
                )
                break


def _words_for(article: Article, passport: str) -> int:
    shown = (one for one in article.blocks if not one.passports or passport in one.passports)
    return sum(len(text.source.split()) for block in shown for text in block.texts())


def repetition(case: Case) -> Iterator[Finding]:
    """duplicate: the same long text twice in a guide, for the same traveller."""
    for guide in case.content.guides:
        seen: dict[str, list[tuple[Article, Block]]] = defaultdict(list)
        for article in guide.articles:
            for block in article.blocks:
                for text in block.texts():
                    if len(text.source.split()) < REPEATED:
                        continue
                    for other, earlier in seen[text.source]:
                        if _share(block, earlier):
                            yield Finding(
                                text.place,
                                "duplicate",
                                f"{article.id}/{block.id}: stands in {other.id}/{earlier.id} too.",
                                "Say it once, where it is looked for.",
                                "warning",
                            )
                            break
                    seen[text.source].append((article, block))


def _share(one: Block, other: Block) -> bool:
    """Whether somebody sees both blocks."""
    return bool(set(one.passports or PASSPORTS) & set(other.passports or PASSPORTS))

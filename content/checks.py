"""The release lint: what must be mended before travellers may read it.

    content, found = read_content(root)
    findings = check_content(content, root, date.today(), found=found)

A rule is a function from a ``Case`` to findings; each names file, line, rule and
fix. The rules are in ``content.rules``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

from content.findings import Finding
from content.model import Content
from content.rules import common, letters, quality, reach, translations, trust, wording
from content.rules.case import Case

RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    translations.completeness,
    translations.placeholders,
    trust.block_facts,
    trust.phones,
    trust.hours,
    trust.review_dates,
    trust.confirmed,
    letters.alphabets,
    letters.glyphs,
    wording.sentence_length,
    wording.words,
    reach.help_strip,
    reach.coverage,
    reach.never_empty,
    common.facts,
    common.pictures,
    common.officers,
    common.until,
    quality.wrong_language,
    quality.word_length,
    quality.glossary,
    quality.reading_time,
    quality.repetition,
)


def check_content(
    content: Content,
    root: Path,
    today: date,
    release: bool = False,
    found: Sequence[Finding] = (),
) -> list[Finding]:
    """Judge content by every rule.

    Args:
        content: what ``read_content`` returned.
        root: the folder that it was read from; word lists are there too.
        today: the day by which review dates are judged.
        release: hold the stricter rules of a release for real use.
        found: the reader's findings; they are part of the result.

    Returns:
        All findings in the order of file, line and rule, each once.
    """
    case = Case(content, root, today, release, found)
    findings = {*found, *(finding for rule in RULES for finding in rule(case))}
    return sorted(findings, key=lambda one: (one.place.file, one.place.line, one.rule, one.message))

"""Digits in texts: the numbers they make, and what looks like something to dial."""

from __future__ import annotations

import re
from collections.abc import Iterator

# 1,500 and 1 500 and 1.500 are one number: languages group thousands differently.
# 14.60 and 14,60 are one number too, and not two.
_NUMBER = re.compile(
    r"(?<!\d)\d{1,3}(?:[ ,.\u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?(?!\d)"
    r"|(?<![\d.,:])\d+[.,]\d{1,2}(?![\d.,:]?\d)|\d+"
)
_DECIMAL = re.compile(r"[.,](\d{1,2})$")
_GROUPED = re.compile(r"\d{1,3}(?:[ ,.\u00a0\u202f]\d{3})+")
_DIALLED = re.compile(r"[+*#]\s?\d[\d ()\u00a0-]*|\d[\d ()\u00a0-]{5,}\d")
_YEARS = re.compile(r"(19|20)\d\d[ -]+(19|20)\d\d|\d{4}-\d\d-\d\d")
_CALLED = re.compile(
    r"\b(?:call|dial|ring)\s+(?:the\s+)?(?:number\s+)?([*#]?\d{2,6})\b(?![.,:]\d)", re.IGNORECASE
)
_UNIT = re.compile(r"\s+(?:hours?|days?|minutes?|weeks?|months?|times?)\b", re.IGNORECASE)

SHORTEST = 7
"""From this many digits on, a sequence looks like a telephone number."""


def numbers(text: str) -> list[str]:
    """Every number of a text without its separators and leading zeros."""
    return [_plain(found) for found in _NUMBER.findall(text)]


def _plain(found: str) -> str:
    decimal = _DECIMAL.search(found)
    whole = _digits(found[: decimal.start()] if decimal else found).lstrip("0") or "0"
    return f"{whole}.{decimal[1].ljust(2, '0')}" if decimal else whole


def dialled(text: str) -> Iterator[str]:
    """Every piece of a text that looks like a telephone number, as it is written."""
    for match in _DIALLED.finditer(text):
        piece = match[0].strip(" -()\u00a0")
        marked = piece[:1] in "+*#"
        if _YEARS.fullmatch(piece) or not (marked or len(_digits(piece)) >= SHORTEST):
            continue
        yield piece


def called(text: str) -> Iterator[str]:
    """Short codes that an English text tells its reader to call."""
    for match in _CALLED.finditer(text):
        if not _UNIT.match(text, match.end()):
            yield match[1]


def is_amount(piece: str) -> bool:
    """Whether a piece that looks dialled may be an amount such as 10 000 000."""
    return _GROUPED.fullmatch(piece) is not None and not piece.startswith("0")


def to_dial(text: str) -> str:
    """A number without what only helps the eye: its digits, ``+``, ``*`` and ``#``."""
    return re.sub(r"[^\d+*#]", "", text)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)

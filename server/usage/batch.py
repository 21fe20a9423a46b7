"""A batch as it arrives: its key, its body, and what is wrong with it.

A body is a JSON object padded with spaces to a multiple of 16,384 bytes::

    {"format": 1, "period": "day", "number": 12, "start": "2026-11-25", "end": "2026-11-25",
     "below": false, "cells": {"visit": 31, "lang/uz": 12, "country/RU": 9}}

``below`` says that the bucket stayed under ten visits; then there are no cells. A body of a
newer format is not read: it is kept whole until a newer centre can.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn

from server.usage.errors import BatchError
from server.usage.vocabulary import KINDS, THRESHOLD, VISIT, kind_of

FORMAT = 1
LENGTH = 16_384
"""A body's length is a multiple of this."""

LONGEST = 262_144
"""No body is longer."""

MOST = 1_000_000
"""No cell is larger, nor smaller than its negative."""

PERIODS = ("day", "week")
FIELDS = {"format", "period", "number", "start", "end", "below", "cells"}
FIRST_DAY = date(2020, 1, 1)

_KIOSK = re.compile(r"[a-z0-9-]{3,40}")
_EPOCH = re.compile(r"[0-9a-f]{16}")
_BUCKET = re.compile(r"(day|week)-([1-9][0-9]{0,6})")
_CELL = re.compile(r"[a-z][a-z0-9_]{0,30}(/[!#-\[\]-~]{1,60})?")


@dataclass(frozen=True, slots=True)
class Key:
    """What names a batch for ever: the kiosk, its epoch, and the bucket within it."""

    kiosk: str
    epoch: str
    bucket: str

    def __post_init__(self) -> None:
        """Refuse a key that no kiosk has.

        Raises:
            BatchError: a part of it is not as it should be.
        """
        _check(_KIOSK.fullmatch(self.kiosk), "The kiosk's name must be 3 to 40 of a-z, 0-9 and -.")
        _check(_EPOCH.fullmatch(self.epoch), "The epoch must be 16 of 0-9 and a-f.")
        _check(_BUCKET.fullmatch(self.bucket), "The bucket must be like day-12 or week-3, counted from 1.")

    @property
    def period(self) -> str:
        """``day`` or ``week``."""
        return self.bucket.partition("-")[0]

    @property
    def number(self) -> int:
        """From 1, without gaps for each kiosk, epoch and period."""
        return int(self.bucket.partition("-")[2])


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that was understood, or one of a newer format.

    Attributes:
        key: its key.
        sha256: of the body as it was sent, in hex.
        body: the body as text, without the padding.
        format: 1, or the newer format.
        start: the first day; ``None`` in a newer format, as ``end``.
        end: the last day.
        below: the bucket stayed under ten visits.
        cells: counts by cell; empty if ``below`` or newer.
    """

    key: Key
    sha256: str
    body: str
    format: int
    start: date | None
    end: date | None
    below: bool
    cells: dict[str, int]

    @property
    def newer(self) -> bool:
        """This centre cannot read it."""
        return self.format > FORMAT


def read_batch(key: Key, body: bytes) -> Batch:
    """Understand a body.

    Args:
        key: what it was sent under.
        body: as it was sent, padding and all.

    Raises:
        BatchError: it is not a batch, or not this one.
    """
    _check(0 < len(body) <= LONGEST, f"The body must have 1 to {LONGEST:,} bytes.")
    text, value = _read(body.rstrip(b" "))
    sha256 = hashlib.sha256(body).hexdigest()
    version = _whole(value.get("format"), "format", 1, MOST)
    if version > FORMAT:
        return Batch(key, sha256, text, version, None, None, False, {})
    _check(len(body) % LENGTH == 0, f"The body must be padded to a multiple of {LENGTH:,} bytes.")
    _check(value.keys() == FIELDS, f"The fields must be {', '.join(sorted(FIELDS))}.")
    _check(value["period"] == key.period, "The period is not that of the address.")
    number = _whole(value["number"], "number", 1, 9_999_999)
    _check(number == key.number, "The number is not that of the address.")
    start, end = _day(value["start"], "start"), _day(value["end"], "end")
    _check(start <= end, "The end is before the start.")
    below, cells = value["below"], _cells(value["cells"])
    _check(isinstance(below, bool), "below must be true or false.")
    _check(bool(cells) != below, "A batch has cells, or it is below and has none.")
    if not below:
        _check_visits(key.period, cells)
    if "\\" in text:
        # Databases do not agree on names that are written with escapes.
        text = json.dumps(value)
    return Batch(key, sha256, text, version, start, end, below, cells)


def _check(right: object, message: str) -> None:
    if not right:
        raise BatchError(message)


def _read(body: bytes) -> tuple[str, dict[str, Any]]:
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_pairs, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BatchError("The body is not JSON, or a name stands twice in it.") from error
    if not isinstance(value, dict):
        raise BatchError("The body must be a JSON object.")
    return text, value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name stands twice")
    return value


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _whole(value: object, name: str, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise BatchError(f"{name} must be a whole number from {least:,} to {most:,}.")
    return value


def _day(value: object, name: str) -> date:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = date.min
        if day >= FIRST_DAY:
            return day
    raise BatchError(f"{name} must be a day since {FIRST_DAY} like 2026-11-25.")


def _cells(value: object) -> dict[str, int]:
    if not isinstance(value, dict):
        raise BatchError("cells must be a JSON object.")
    well_named = _CELL.fullmatch
    for cell, count in value.items():
        if not well_named(cell):
            raise BatchError("A cell's name must be like visit or lang/uz, in plain letters.")
        if type(count) is not int or not 0 <= count <= MOST:
            _whole(count, f"The cell {cell}", 0 if kind_of(cell) in KINDS else -MOST, MOST)
    return value


def _check_visits(period: str, cells: dict[str, int]) -> None:
    """Under ten visits a batch says so, and nothing else."""
    counts = [n for cell, n in cells.items() if kind_of(cell) == (VISIT if period == "day" else "daypart")]
    _check(not counts or sum(counts) >= THRESHOLD, "Under ten visits a batch must be below, without cells.")

"""Bodies that no kiosk sends: each is refused in a sentence, none is half taken."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.usage.batch import LONGEST, Key, read_batch
from server.usage.errors import BatchError
from tests.server.batches import DAY, EPOCH, LENGTH, body, pad, visits

KEY = Key("tas-1", EPOCH, "day-1")
WEEK = Key("tas-1", EPOCH, "week-3")


def test_a_day_is_understood():
    batch = read_batch(KEY, body(cells=visits(31, lang_uz=12, country_RU=9)))
    assert (batch.start, batch.end, batch.below) == (DAY, DAY, False)
    assert batch.cells == {"visit": 31, "lang/uz": 12, "country/RU": 9}


def test_a_week_may_carry_noise_below_zero_and_cells_that_nobody_knows():
    cells = {
        "daypart/06-12": 14,
        "length/1-3": 14,
        "help_card": -2,
        "hotline_code/gb-msh": 3,
        "new_kind/x": -4,
    }
    batch = read_batch(WEEK, body("week", 3, cells))
    assert batch.cells == cells


def test_a_bucket_below_ten_visits_tells_nothing_else():
    assert read_batch(KEY, body()).below
    for cells, below in ((visits(9), False), (visits(31), True), ({}, False)):
        with pytest.raises(BatchError, match="below"):
            read_batch(KEY, body(cells=cells, below=below))
    with pytest.raises(BatchError, match="ten visits"):
        read_batch(WEEK, body("week", 3, {"daypart/00-06": 4, "daypart/06-12": 5, "help_card": 1}))


@pytest.mark.parametrize(
    "more",
    [
        {"period": "week"},
        {"number": 2},
        {"number": True},
        {"number": 1.0},
        {"number": "1"},
        {"start": "2026-11-26", "end": "2026-11-25"},
        {"start": "2026-11-31"},
        {"start": "20261125"},
        {"start": "2026-11-25T10:00"},
        {"start": "1970-01-01"},
        {"start": None},
        {"below": 0},
        {"cells": []},
        {"cells": {"visit": 12.5}},
        {"cells": {"visit": True}},
        {"cells": {"visit": "12"}},
        {"cells": {"visit": -12}},
        {"cells": {"visit": 1_000_001}},
        {"cells": {"visit": 12, "lang/uz": {"x": 1}}},
        {"cells": {"visit": 12, "": 1}},
        {"cells": {"visit": 12, "lang/уз": 1}},
        {"cells": {"visit": 12, "lang/u z": 1}},
        {"cells": {"visit": 12, 'lang/"': 1}},
        {"cells": {"visit": 12, "lang/\\": 1}},
        {"cells": {"visit": 12, "lang/\x00": 1}},
        {"cells": {"visit": 12, "lang/" + "u" * 61: 1}},
        {"format": 0},
        {"format": "1"},
        {"format": None},
        {"when": "10:42"},
    ],
    ids=str,
)
def test_a_field_that_is_wrong(more: dict[str, Any]):
    read_batch(KEY, body(cells=visits(31)))
    with pytest.raises(BatchError):
        read_batch(KEY, body(**{"cells": visits(31), **more}))


def test_a_body_of_the_wrong_size():
    text = body(cells=visits(31)).rstrip()
    for wrong in (b"", text, pad(text)[:-1], pad(text) + b" ", b" " * LENGTH, text.ljust(LONGEST + LENGTH)):
        with pytest.raises(BatchError):
            read_batch(KEY, wrong)


@pytest.mark.parametrize(
    "text", [b"[" * 15_000, b"1" * 9000, b'{"format": NaN}', b'{"format": 1e400}', b"\xff\xfe"]
)
def test_json_that_breaks_readers(text: bytes):
    with pytest.raises(BatchError):
        read_batch(KEY, pad(text))


def test_a_name_that_stands_twice_is_not_the_last_of_the_two():
    with pytest.raises(BatchError, match="twice"):
        read_batch(
            KEY, pad(body(cells=visits(31)).rstrip().replace(b'"visit": 31', b'"visit": 31, "visit": 32'))
        )


@pytest.mark.parametrize(
    "parts",
    [
        ("ab", EPOCH, "day-1"),
        ("Tas-1", EPOCH, "day-1"),
        ("tas_1", EPOCH, "day-1"),
        ("a" * 41, EPOCH, "day-1"),
        ("tas-1\n", EPOCH, "day-1"),
        ("tas-1", EPOCH.upper(), "day-1"),
        ("tas-1", EPOCH[1:], "day-1"),
        ("tas-1", EPOCH, "day-0"),
        ("tas-1", EPOCH, "day-01"),
        ("tas-1", EPOCH, "day--1"),
        ("tas-1", EPOCH, "day-12345678"),
        ("tas-1", EPOCH, "day-\u0661"),
        ("tas-1", EPOCH, "month-1"),
        ("tas-1", EPOCH, "day-1\n"),
    ],
    ids=str,
)
def test_a_key_that_no_kiosk_has(parts: tuple[str, str, str]):
    with pytest.raises(BatchError):
        Key(*parts)


def test_a_newer_format_is_whatever_it_is():
    batch = read_batch(KEY, b'{"format": 2, "vector": [1, 2, 3.5]}')
    assert (batch.newer, batch.cells, batch.start) == (True, {}, None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FIELDS = st.dictionaries(
    st.sampled_from(["format", "period", "number", "start", "end", "below", "cells", "x"]),
    JSON | st.sampled_from([1, "day", "2026-11-25", True, {"visit": 12}]),
)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200)
    | JSON.map(lambda v: json.dumps(v).encode())
    | FIELDS.map(lambda v: json.dumps(v).encode())
)
def test_garbage_is_refused_in_a_sentence(text: bytes):
    try:
        batch = read_batch(KEY, pad(text))
    except BatchError as error:
        assert str(error).endswith(".") and len(str(error)) < 200
    else:
        assert batch.newer or (isinstance(batch.start, date) and sum(batch.cells.values()) >= 0)

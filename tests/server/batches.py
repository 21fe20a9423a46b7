"""Batches as a kiosk sends them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from server.usage.database import Database
from server.usage.ingest import Answer, receive

EPOCH = "0123456789abcdef"
DAY = date(2026, 11, 25)
LENGTH = 16_384


def body(period: str = "day", number: int = 1, cells: dict[str, int] | None = None, **more: Any) -> bytes:
    """A body, padded; ``more`` replaces or adds fields."""
    start = more.pop("start", DAY)
    value = {
        "format": 1,
        "period": period,
        "number": number,
        "start": str(start),
        "end": str(more.pop("end", start)),
        "below": cells is None,
        "cells": cells or {},
        **more,
    }
    return pad(json.dumps(value).encode())


def pad(text: bytes) -> bytes:
    """To the next multiple of 16,384."""
    return text.ljust(-(-len(text) // LENGTH) * LENGTH)


def visits(number: int, **more: int) -> dict[str, int]:
    """Cells of a day: ``visits(12, lang_uz=5)``."""
    return {"visit": number, **{name.replace("_", "/", 1): count for name, count in more.items()}}


def send(
    database: Database,
    cells: dict[str, int] | None,
    kiosk: str = "tas-1",
    bucket: str = "day-1",
    start: date = DAY,
    days: int = 1,
    received: date | None = None,
    epoch: str = EPOCH,
) -> Answer:
    """A batch through the door, the day after it ended."""
    period, _, number = bucket.partition("-")
    end = start + timedelta(days=days - 1)
    made = body(period, int(number), cells, start=start, end=end)
    return receive(database, kiosk, epoch, bucket, made, received or end + timedelta(days=1))


def sums(database: Database) -> dict[tuple[str, str], int]:
    """What is counted, by kiosk and cell."""
    rows = database.query("SELECT kiosk, cell, sum(n) FROM raw_counts GROUP BY kiosk, cell")
    return {(kiosk, cell): int(number) for kiosk, cell, number in rows}

"""A batch: a sealed bucket of counts as it is sent.

A body is JSON padded with spaces to a fixed length, so that a quiet day and a busy one
look the same on the wire. It names days, never hours, and holds totals of at least ten
visits. Its key is (kiosk, epoch, bucket): the epoch is random for each installation, the
bucket is ``day-12``, the twelfth day's bucket of this epoch. Numbers without a gap let
the centre see that something was lost.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

FORMAT = 1
LENGTH = 16_384
"""A body's length is a multiple of this, in bytes."""

PERIODS = ("day", "week")


@dataclass(frozen=True, slots=True)
class Batch:
    """A sealed bucket: its key within a kiosk's epoch, and its body."""

    epoch: str
    bucket: str
    body: bytes


def bucket_name(period: str, number: int) -> str:
    """``day-12``."""
    return f"{period}-{number}"


def batch_body(period: str, number: int, start: date, end: date, cells: Mapping[str, int] | None) -> bytes:
    """What is sent of a bucket.

    Args:
        period: ``day`` or ``week``.
        number: from 1, without gaps, for each period of an epoch.
        start: the first day.
        end: the last day.
        cells: every cell of the vocabulary, zeros included; ``None`` for a bucket that
            stayed below ten visits and tells only that.
    """
    value = {
        "format": FORMAT,
        "period": period,
        "number": number,
        "start": start.isoformat(),
        "end": end.isoformat(),
        "below": cells is None,
        "cells": dict(cells or {}),
    }
    text = json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
    return text.ljust(-(-len(text) // LENGTH) * LENGTH)


def blur_times(path: Path) -> None:
    """Let a file's own times say the day at most."""
    day = time.time() // 86400 * 86400
    with contextlib.suppress(OSError):
        os.utime(path, (day, day))

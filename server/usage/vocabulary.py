"""What is counted, how finely it may be shown, and which cells carry noise.

A cell is ``kind`` or ``kind/value``: ``visit``, ``lang/uz``, ``help_card``. Cells of a kind
that is not listed here are kept as they come and never shown; values of a listed kind are
free, so that a new language or topic needs no new centre.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

VISIT = "visit"

THRESHOLD = 10
"""Nothing smaller is shown, zero included."""

STEP = 5
"""What is shown is a multiple of this, the nearest one."""

NOISE_SCALE = 2
"""Of the discrete Laplace draw at which a kiosk starts each sensitive cell."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of general cell.

    Attributes:
        name: before the slash.
        fine: shown for each kiosk and on the airport's grid; otherwise for each airport
            and four weeks.
        most: how many of its cells one visit adds to.
        whole: every visit adds to exactly ``most`` of them, so that they sum to the visits.
    """

    name: str
    fine: bool
    most: int
    whole: bool = False


KINDS = {
    kind.name: kind
    for kind in (
        Kind(VISIT, fine=True, most=1, whole=True),
        Kind("lang", fine=True, most=1, whole=True),
        Kind("topic", fine=True, most=4),
        Kind("used", fine=True, most=2),
        Kind("country", fine=False, most=2),
        Kind("daypart", fine=False, most=1, whole=True),
        Kind("length", fine=False, most=1, whole=True),
    )
}

SENSITIVE = ("help_card", "hotline_code", "topic_s")
"""Kinds that arrive with noise and are shown for all kiosks together, as about so many."""


def kind_of(cell: str) -> str:
    """``lang`` of ``lang/uz``."""
    return cell.partition("/")[0]


def value_of(cell: str) -> str:
    """``uz`` of ``lang/uz``; empty for a kind without values."""
    return cell.partition("/")[2]


def rounded(number: int) -> int:
    """The nearest multiple of five."""
    return STEP * math.floor(number / STEP + 0.5)


def noise_deviation(draws: int) -> float:
    """The standard deviation of a sum of so many draws of the noise."""
    share = math.exp(-1 / NOISE_SCALE)
    return math.sqrt(draws * 2 * share) / (1 - share)

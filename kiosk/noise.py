"""Discrete Laplace noise, exactly, from the system's random source.

The law is P(k) proportional to exp(-|k| / scale). No floating point takes part, so no
digit of a float can betray the true count.

Source: Canonne, Kamath, Steinke, "The Discrete Gaussian for Differential Privacy" (2020),
algorithms 1 and 2.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

Below = Callable[[int], int]
"""A uniform whole number from 0 to below its argument."""


def discrete_laplace(scale: int, below: Below = secrets.randbelow) -> int:
    """One draw.

    Args:
        scale: a whole number above 0; the standard deviation is about 1.4 times it.
        below: the random source.
    """
    while True:
        remainder = below(scale)
        if not _exp(remainder, scale, below):
            continue
        whole = 0
        while _exp(1, 1, below):
            whole += 1
        size = remainder + scale * whole
        negative = below(2) == 1
        # Nought has no sign: it would come twice as often as it should.
        if not (negative and size == 0):
            return -size if negative else size


def _exp(numerator: int, denominator: int, below: Below) -> bool:
    """True with probability exp(-numerator / denominator), for a fraction from 0 to 1."""
    step = 1
    while below(denominator * step) < numerator:
        step += 1
    return step % 2 == 1

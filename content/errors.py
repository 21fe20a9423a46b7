"""The errors of this package."""

from __future__ import annotations


class ContentError(Exception):
    """Base of every error that this package raises on purpose."""

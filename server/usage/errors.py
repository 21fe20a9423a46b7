"""The errors of this package. Each message says what, where and what to do."""

from __future__ import annotations


class UsageError(Exception):
    """Base of every error that this package raises on purpose."""


class BatchError(UsageError):
    """A batch that no kiosk sends: its key or its body is wrong. Nothing of it was kept."""


class DatabaseError(UsageError):
    """The database did not do it; nothing was changed. The same may be tried again."""


class PlaceError(UsageError):
    """A kiosk or an airport cannot be placed so."""


class ReleaseError(UsageError):
    """A table was not published."""

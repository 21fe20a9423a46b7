"""The errors of this package. Each message says what, where and what to do."""

from __future__ import annotations


class SyncError(Exception):
    """Base of every error that this package raises on purpose.

    ``reason`` is one word for the status page and for the centre.
    """

    reason = "error"


class NetworkError(SyncError):
    """The centre cannot be reached, or something on the way answers in its place."""

    reason = "network"


class UnreachableError(NetworkError):
    """Not even a connection."""


class NotPublishedError(NetworkError):
    """The centre answers that there is no such file."""

    reason = "missing"


class TrustError(SyncError):
    """Not the publisher's words: a signature, a hash or a length is wrong."""

    reason = "trust"


class ReplayError(TrustError):
    """Older than what this kiosk has already seen."""

    reason = "replay"


class ExpiredError(TrustError):
    """Signatures have ended: the centre does not sign any more, or this clock is wrong."""

    reason = "clock"


class DamagedError(SyncError):
    """A file here is not what its name says."""

    reason = "damaged"


class SpaceError(SyncError):
    """The disk cannot hold the release, or cannot be written at all."""

    reason = "disk"


class LimitError(SyncError):
    """The day's bytes are used up; the rest comes tomorrow."""

    reason = "limit"


class RefusedError(SyncError):
    """A release that is signed and whole but that this kiosk cannot show."""

    reason = "refused"


class BusyError(SyncError):
    """Another process does the same work here already."""

    reason = "busy"


class SettingsError(SyncError):
    """A setting cannot be used."""

    reason = "settings"


class PublishError(SyncError):
    """Nothing was published."""

    reason = "publish"

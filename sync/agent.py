"""The loop: look for a release, note the day's bytes, hash everything weekly, sleep.

Runs beside the kiosk for ever. Trouble is logged, left for ``status``, and tried again
after a pause that grows and is never the same twice, so that a thousand kiosks do not
come back in the same second.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sync.download import Downloader, Meter
from sync.errors import BusyError, DamagedError, SettingsError, SyncError
from sync.outbox import Outbox, Sender
from sync.progress import Progress, to_file
from sync.settings import AgentSettings, in_window
from sync.state import MOMENT
from sync.update import MakeDownloader, Outcome, Update

log = logging.getLogger(__name__)

SCRUB_DAYS = 7
FIRST_PAUSE = 60.0
LONGEST_PAUSE = 1800.0
"""Seconds after the first trouble, and at most."""


class Agent:
    """One kiosk's agent.

    Args:
        settings: what it is told.
        now: the system's clock, UTC; it may be wrong.
        uptime: a clock in seconds that never jumps.
        chance: a number from 0 to 1, for the jitter.
        make: makes the downloader for a server.
    """

    def __init__(
        self,
        settings: AgentSettings,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        uptime: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        make: MakeDownloader = Downloader,
    ) -> None:
        self.settings = settings
        self._make = make
        self._now = now
        self._uptime = uptime
        self._chance = chance
        self._stop = threading.Event()
        self._troubles = 0
        self._since = uptime()
        self._sender: Sender | None = None
        self._update_at = uptime()

    def stop(self) -> None:
        """End the loop at its next step."""
        self._stop.set()

    def run(self) -> None:
        """Work until stopped."""
        while not self._stop.is_set():
            self._stop.wait(self.cycle())

    def cycle(self) -> float:
        """What is due now; seconds until something is due again."""
        now = self._uptime()
        if in_window(self.settings.window, self._now().astimezone().time()):
            try:
                self.send_counts()
            except SyncError as error:
                log.warning("%s: %s", error.reason, error)
        if now >= self._update_at:
            self._update_at = now + self._round()
        due = self._update_at - now
        return due if self._sender is None else max(1.0, min(due, self._sender.next_due()))

    def _round(self) -> float:
        """One update, if it is the time of day for it; seconds until the next."""
        try:
            if in_window(self.settings.window, self._now().astimezone().time()):
                outcome = self.update()
                if outcome.activated:
                    log.info("Release %s is on the screen.", outcome.release)
        except SyncError as error:
            log.warning("%s: %s", error.reason, error)
            self._troubles += 1
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (self._troubles - 1))
            return pause * (0.5 + self._chance())
        self._troubles = 0
        return self.settings.every_minutes * 60 * (0.75 + self._chance() / 2)

    def update(self) -> Outcome:
        """One update from the first server that answers.

        Raises:
            SyncError: the release that was shown is shown still.
        """
        with self.open() as update:
            self.first_start(update)
            self._keep_time(update)
            self._scrub(update)
            servers = self._servers(update)
            active = update.state.active()
            if not servers and active is not None:
                # A kiosk without a line lives on sticks; that is no trouble.
                return Outcome(False, active.channel, active.release)
            meter = Meter(self._left(update))
            try:
                return update.over_network(servers, meter, self._make)
            finally:
                self._note_bytes(update, meter)

    def send_counts(self) -> int:
        """Send the counts that are due; how many batches the centre took.

        Raises:
            SyncError: they wait here still.
        """
        settings = self.settings
        if not settings.counts:
            return 0
        if self._sender is None:
            outbox = Outbox(settings.data / "counts.sqlite")
            self._sender = Sender(
                outbox, settings.counts, settings.kiosk, self._token(), self._uptime, self._chance
            )
        with self.open() as update:
            return self._sender.send_due(update.state)

    def _token(self) -> str:
        if self.settings.token is None:
            return ""
        try:
            return self.settings.token.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{self.settings.token}: cannot be read ({error.strerror}).") from error

    def open(self, progress: Progress | None = None) -> Update:
        """The kiosk's folder, locked. Raises as ``Update``."""
        try:
            root = self.settings.root.read_bytes()
        except OSError as error:
            raise SettingsError(
                f"{self.settings.root}: the trusted root cannot be read ({error.strerror}). Install it again."
            ) from error
        progress = progress or Progress(to_file(self.settings.data))
        return Update(self.settings.data, root, self.settings.channel, self._now, progress)

    def first_start(self, update: Update) -> None:
        """The installer's release, on the very first start."""
        bundle = self.settings.factory
        if bundle is None or not bundle.exists():
            return
        try:
            outcome = update.from_factory(bundle)
        except BusyError:
            raise
        except SyncError as error:
            log.error("The installer's release cannot be used: %s", error)
        else:
            if outcome is not None:
                log.info("Release %s of the installer is on the screen.", outcome.release)

    def _keep_time(self, update: Update) -> None:
        """A clock that stands still must not make old signatures good for ever: uptime counts."""
        elapsed, self._since = self._uptime() - self._since, self._uptime()
        known = update.state.signed_at()
        if known.timestamp() > 0 and elapsed > 0:
            update.state.raise_time(known + timedelta(seconds=elapsed))

    def _scrub(self, update: Update) -> None:
        last = update.state.note("scrubbed")
        today = update.now().strftime("%Y-%m-%d")
        # A day that has not come yet was noted by a clock that was ahead.
        if last and timedelta(0) <= _day(today) - _day(last) < timedelta(days=SCRUB_DAYS):
            return
        if last:
            for line in update.scrub():
                log.warning("%s", line)
        update.state.write_notes({"scrubbed": today})

    def _servers(self, update: Update) -> tuple[str, ...]:
        """The signed addresses first, the settings' behind them: a mistake there locks nobody out."""
        signed = update.servers()
        return (*signed, *(one for one in self.settings.servers if one not in signed))

    def _left(self, update: Update) -> int:
        day, _, spent = update.state.note("spent").partition(" ")
        today = update.now().strftime("%Y-%m-%d")
        return self.settings.daily_bytes - (int(spent) if day == today else 0)

    def _note_bytes(self, update: Update, meter: Meter) -> None:
        today = update.now().strftime("%Y-%m-%d")
        spent = self.settings.daily_bytes - int(meter.left)
        try:
            update.state.write_notes({"spent": f"{today} {spent}", "asked": self._now().strftime(MOMENT)})
        except (SyncError, DamagedError) as error:
            log.warning("%s", error)


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text)

"""Which library the kiosk shows.

Promise: *the kiosk always answers.* The newest release that opens is shown; a
broken one is passed over with a message, and the one before it serves on.
"""

from __future__ import annotations

import logging
from pathlib import Path

from content.library import Library, LibraryError

log = logging.getLogger(__name__)


def open_newest(data: Path) -> Library:
    """Open the newest whole release under ``data/releases/<n>/library.sqlite``.

    Raises:
        LibraryError: no release can be opened; the message names each one that
            was tried and what to do.
    """
    releases = data / "releases"
    numbered = sorted(
        (folder for folder in releases.glob("*") if folder.name.isdigit()),
        key=lambda folder: int(folder.name),
        reverse=True,
    )
    troubles = []
    for folder in numbered:
        try:
            return Library.open(folder / "library.sqlite")
        except LibraryError as error:
            log.error("%s The release before it is shown.", error)
            troubles.append(str(error))
    if not troubles:
        troubles.append(f"{releases}: there is no release.")
    raise LibraryError(" ".join(troubles) + " Run: make run, or import a release.")

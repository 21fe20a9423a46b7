"""Starts the real kiosk in this process, offscreen, once; tests drive it by touches."""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path

from content.library import Library
from kiosk.environment import prepare
from kiosk.panel import PANELS
from kiosk.settings import Settings, read_settings

ROOT = Path(__file__).resolve().parent.parent.parent
LIBRARY = ROOT / "out" / "data" / "releases" / "1" / "library.sqlite"


@cache
def settings(panel: str = "21.5-portrait") -> Settings:
    """The settings that ship, on a given panel."""
    read = read_settings(ROOT / "kiosk.toml", ROOT / "out" / "data")
    return dataclasses.replace(read, panel=PANELS[panel])


@cache
def library() -> Library:
    """The library of the guides that ship; `make test` builds it."""
    return Library.open(LIBRARY)


def open_window(panel: str = "21.5-portrait") -> None:
    """Prepare Kivy for real pixels without a display."""
    prepare(PANELS[panel], windowed=False, offscreen=True)

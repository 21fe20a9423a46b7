"""The library: how long the guides take to read, judge and build, and what they weigh."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from content.checks import check_content
from content.release import build_library
from content.source import read_content

ROOT = Path(__file__).resolve().parent.parent


def run(folder: Path, say: Callable[[str], None] = print) -> None:
    """Read, judge and build the guides that ship; print seconds and bytes."""
    start = time.perf_counter()
    content, found = read_content(ROOT / "content")
    read = time.perf_counter()
    check_content(content, ROOT / "content", date.today(), found=found)
    checked = time.perf_counter()
    path = folder / "library.sqlite"
    build_library(content, path)
    built = time.perf_counter()
    sources = sum(
        one.stat().st_size for one in (ROOT / "content").rglob("*") if one.suffix in (".yaml", ".po")
    )
    say(f"read {read - start:.2f} s, check {checked - read:.2f} s, build {built - checked:.2f} s")
    say(f"library {path.stat().st_size:,} bytes from {sources:,} bytes of YAML and PO")

"""``make bench``: the kiosk beside its rivals, in one run."""

from __future__ import annotations

import argparse
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _library(_rounds: int) -> None:
    from bench import library

    print("The library: the guides that ship")
    library.run(ROOT / "out" / "bench-library")


def _releases(_rounds: int) -> None:
    from bench import releases

    print("Releases: what an update costs, beside a full download, rsync, zsync and casync")
    releases.run(ROOT / "out" / "bench-releases")


def _screen(rounds: int) -> None:
    from bench import screen

    print("The screen: the kiosk and Chromium in kiosk mode, in turn, under Xvfb at 1080x1920")
    screen.run(ROOT / "out" / "bench", rounds)


# Each part imports what it needs itself: releases are measured without a display, too.
PARTS = {"library": _library, "releases": _releases, "screen": _screen}


def main() -> int:
    """Run the benchmarks and print their tables."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure the kiosk beside its rivals."
    )
    parser.add_argument(
        "--rounds", type=int, default=5, help="how often each program of the screen is started and walked"
    )
    parser.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS), help="these parts alone")
    chosen = parser.parse_args()
    for name, part in PARTS.items():
        if name in chosen.only:
            part(chosen.rounds)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

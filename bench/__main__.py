"""``make bench``: the kiosk beside its rivals, in one run."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench import library, screen

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run the benchmarks and print their tables."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure the kiosk beside its rivals."
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each program is started and walked")
    chosen = parser.parse_args()
    print("The library: the guides that ship")
    library.run(ROOT / "out" / "bench-library")
    print("The screen: the kiosk and Chromium in kiosk mode, in turn, under Xvfb at 1080x1920")
    screen.run(ROOT / "out" / "bench", chosen.rounds)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""The sweep on every panel that is drawn for. Each panel needs its own window, so its own process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.kiosk.app import ROOT


@pytest.mark.parametrize("panel", ["21.5-portrait", "32-portrait", "15.6-landscape", "21.5-landscape"])
def test_sweep_finds_no_fault(panel):
    done = subprocess.run(
        [sys.executable, "-m", "tests.kiosk.sweep", panel],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert " pages, 0 faults" in done.stdout


@pytest.mark.parametrize("breakage", ["small", "near", "pale", "clipped"])
def test_the_sweep_sees_what_is_wrong(breakage):
    """A sweep that finds nothing proves nothing unless it finds these."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.kiosk.broken_sweep", breakage],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    expected = {"small": "px", "near": "apart", "pale": "contrast", "clipped": "clipped"}[breakage]
    assert done.returncode == 1, done.stderr[-1000:]
    assert expected in done.stdout

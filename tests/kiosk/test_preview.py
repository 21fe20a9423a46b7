"""Previews: any page as a picture, from the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PIL import Image

from tests.kiosk.app import ROOT


def preview(out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "main.py", "preview", "--out", str(out), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_every_combination_is_one_picture_of_the_panels_size(tmp_path):
    done = preview(tmp_path, "--article", "before", "pay", "--language", "en", "uz-Cyrl", "--passport", "KG")
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in tmp_path.glob("*.png"))
    assert names == [f"RU-{page}-{code}-KG.png" for page in ("before", "pay") for code in ("en", "uz-Cyrl")]
    assert [str(tmp_path / name) for name in names] == sorted(done.stdout.split())
    pictures = [Image.open(tmp_path / name) for name in names]
    assert {picture.size for picture in pictures} == {(1080, 1920)}
    assert len({picture.tobytes() for picture in pictures}) == 4


def test_modes_panel_and_further_screenfuls(tmp_path):
    arguments = ["--article", "entry", "--large", "--contrast", "--panel", "21.5-landscape", "--whole"]
    assert preview(tmp_path, *arguments).returncode == 0
    first = Image.open(tmp_path / "RU-entry-en-UZ-large-contrast.png")
    assert first.size == (1920, 1080) and first.getpixel((5, 1000)) == (0, 0, 0)
    assert (tmp_path / "RU-entry-en-UZ-large-contrast-3.png").is_file()


def test_what_is_not_there_is_a_clear_message(tmp_path):
    for arguments, says in (
        (["--article", "no-such-page"], "has no page 'no-such-page'. Choose one of: before, entry"),
        (["--destination", "XX"], "no destination 'XX'"),
        (["--language", "fr"], "no language 'fr'"),
    ):
        done = preview(tmp_path, *arguments)
        assert done.returncode == 1 and says in done.stderr and "Traceback" not in done.stderr

"""The house keeps its own rules."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import polib
import pytest

from kiosk.catalogues import template

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def tracked() -> list[Path]:
    return [ROOT / name for name in run("git", "ls-files").splitlines() if (ROOT / name).is_file()]


def test_make_help_and_readme_list_the_same_targets():
    helped = set(re.findall(r"^make ([a-z-]+)", run("make", "-s", "help"), re.MULTILINE))
    readme = set(re.findall(r"^\| `make ([a-z-]+)`", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert helped == readme
    assert {"run", "test", "help"} <= helped


@pytest.mark.parametrize("name", ["run", "dev"])
def test_packages_are_pinned_with_hashes_and_name_no_address(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    entries = re.findall(r"^[A-Za-z][^\n]*==", text, re.MULTILINE)
    assert len(entries) == len(re.findall(r"^[A-Za-z]", text, re.MULTILINE)) >= 6
    for entry in re.split(r"\n(?=[A-Za-z])", text)[1:]:
        assert "--hash=sha256:" in entry, entry[:40]
    assert "://" not in text and "--index" not in text and "--find-links" not in text


@pytest.mark.parametrize(
    "command",
    [["main.py"], ["-m", "content"], ["-m", "sync"], ["-m", "kiosk.catalogues"]],
    ids=lambda command: command[-1],
)
def test_every_command_has_help_and_stands_in_the_docs(command):
    listed = run(sys.executable, *command, "--help")
    commands = re.findall(r"^    ([a-z-]+) {2,}\S", listed, re.MULTILINE)
    assert commands
    docs = (ROOT / "docs" / "commands.md").read_text()
    for name in commands:
        assert f"python {' '.join(command)} {name}" in docs
        assert run(sys.executable, *command, name, "--help")


def test_every_decision_is_in_the_index():
    index = (ROOT / "docs" / "decisions" / "README.md").read_text()
    for path in (ROOT / "docs" / "decisions").glob("0*.md"):
        assert f"({path.name})" in index


def test_licences_stand_beside_what_they_cover():
    for name in ("fonts/OFL.txt", "icons/LICENSE", "flags/LICENSE"):
        assert (ROOT / "kiosk" / "assets" / name).read_text()


def test_no_file_names_a_machine_or_a_registry():
    parts = [("/wo", "rk/"), ("/ro", "ot/"), ("py", "pi.org"), ("python", "hosted"), ("npm", "js.")]
    wanted = re.compile("|".join(re.escape(one + two) for one, two in parts))
    for path in tracked():
        if path.suffix not in (".png", ".ttf") and "facts" not in path.parts:
            assert not wanted.search(path.read_text(encoding="utf-8")), path


def test_every_word_of_the_kiosk_is_in_every_catalogue():
    words = {entry.msgid for entry in template()}
    assert len(words) > 60
    for path in (ROOT / "locales").glob("*/LC_MESSAGES/kiosk.po"):
        known = {entry.msgid for entry in polib.pofile(str(path)) if entry.msgstr}
        assert words <= known, (path, words - known)


def test_the_status_in_the_docs_is_what_the_command_says():
    table = run(sys.executable, "-m", "content", "status", "--markdown").strip()
    assert table in (ROOT / "docs" / "status.md").read_text(encoding="utf-8")

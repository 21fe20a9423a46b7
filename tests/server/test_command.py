"""The command line: a desk does with it what a site does with functions."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from server.usage.__main__ import main
from tests.server.batches import EPOCH, body, visits

MONDAY = date(2026, 11, 2)


def test_from_an_empty_database_to_a_table(address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def do(command: str, *more: str, fails: bool = False) -> str:
        assert main([command, "--database", address, *more]) == (1 if fails else 0)
        return capsys.readouterr().out

    assert do("init") == do("init") == "The tables are there.\n"
    place = ("TAS", "--weeks", "1", "--cutoff", "10", "--since", "2026-11-02")
    assert "tas-1 stands at TAS from 2026-11-02 on." in do("place", "tas-1", *place)
    do("place", "tas-2", "TAS", "--since", "2026-11-02")
    for kiosk in ("tas-1", "tas-2"):
        made = body(number=1, cells=visits(60, lang_uz=31, lang_ru=29), start=MONDAY)
        (tmp_path / f"{kiosk}.{EPOCH}.day-1.json").write_bytes(made)
    today = ("--today", "2026-11-12")
    assert do("import", str(tmp_path), *today).count("Taken.") == 2
    assert do("import", str(tmp_path), *today).count("Taken before.") == 2
    assert do("gaps", *today) == "Nothing is missing.\n"
    assert do("release", *today) == "0 places published, 0 old batches emptied.\n"
    out = do("release", "--today", "2026-11-19")
    assert "Published: kiosk tas-1 at TAS, 1 week from 2026-11-02" in out
    assert "Published: all airports, 1 week from 2026-11-02" in out and "4 places published" in out
    (tmp_path / f"tas-1.{EPOCH}.day-4.json").write_bytes(body(number=4, start=MONDAY))
    (tmp_path / f"tas-1.{EPOCH}.day-1.json").write_bytes(body(number=1, start=MONDAY))
    assert "Other bytes" in do("import", str(tmp_path), *today, fails=True)
    out = do("gaps", fails=True)
    assert "2 day batches missing: 2-3" in out and "other bytes came for day-1 on 2026-11-12" in out


def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    address = str(tmp_path / "usage.sqlite")
    assert main(["init", "--database", address]) == 0
    for command in (["place", "tas-1", "TAS"], ["import", str(tmp_path / "none")]):
        assert main([command[0], "--database", address, *command[1:]]) == 1
        assert re.fullmatch(r"[^\n]+\n", capsys.readouterr().err)
    assert main(["gaps", "--database", "/dev/null/x"]) == 1
    assert "cannot be opened" in capsys.readouterr().err

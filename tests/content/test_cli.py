"""The commands: what they print, what they return, what they refuse."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from content.__main__ import main
from content.library import Library
from tests.content.tree import REPOSITORY, Tree

PAY = "guides/RU/articles/pay.yaml"


def test_check_of_a_good_folder(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--root", str(tree.root), "--today", "2026-11-24"]) == 0
    assert capsys.readouterr().out == "1 guide, 2 articles, 6 languages: 0 errors, 0 warnings.\n"


def test_check_prints_place_rule_and_fix(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    tree.replace("guides/RU/ru.po", 'msgid "Keep your passport."', 'msgid "Keep it."')
    assert main(["check", "--root", str(tree.root), "--today", "2026-11-24"]) == 1
    first, last = capsys.readouterr().out.splitlines()
    line = tree.entry("guides/RU/ru.po", "pay/rules.do.keep")
    assert re.fullmatch(rf"content/guides/RU/ru\.po:{line}: error: outdated-translation: .+ Fix: .+", first)
    assert last.endswith("1 error, 0 warnings.")


def test_warnings_alone_are_no_failure(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    late = ["check", "--root", str(tree.root), "--today", "2027-03-01"]
    assert main(late) == 0
    assert "review-date" in capsys.readouterr().out
    assert main([*late, "--release"]) == 1


def test_build_writes_a_library(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    out = tree.root.parent / "out" / "library.sqlite"
    assert main(["build", str(out), "--root", str(tree.root)]) == 0
    assert re.search(r"library\.sqlite: \d+ KiB", capsys.readouterr().out)
    assert Library.open(out).info().guides == 1


def test_build_refuses_a_broken_folder(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    tree.replace(PAY, "kind: warning", "kind: alarm")
    out = tree.root.parent / "library.sqlite"
    assert main(["build", str(out), "--root", str(tree.root)]) == 1
    said = capsys.readouterr().err
    assert f"content/{PAY}:{tree.line(PAY, 'kind: alarm')}: error: schema" in said
    assert "Nothing was built: 1 error." in said and not out.exists()


def test_build_does_not_mind_what_only_travellers_would(tree: Tree) -> None:
    tree.path("guides/RU/tk.po").unlink()
    assert main(["build", str(tree.root.parent / "x.sqlite"), "--root", str(tree.root)]) == 0


def test_build_into_a_place_that_cannot_be(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", str(tree.path(PAY) / "x.sqlite"), "--root", str(tree.root)]) == 1
    assert "Nothing was built" in capsys.readouterr().err


def test_status_counts_each_home_and_language(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    tree.replace("guides/RU/ru.po", 'msgid "Keep your passport."', 'msgid "Keep it."')
    tree.path("origins/tk.po").unlink()
    assert main(["status", "--root", str(tree.root)]) == 0
    head, guide, origins, legend = capsys.readouterr().out.splitlines()
    assert head.split() == ["home", "texts", "ru", "uz", "uz-Cyrl", "ky", "tk"]
    texts = int(guide.split()[1])
    assert guide.split()[2:] == [f"{texts - 1}/1/0/0", *[f"{texts}/0/0/0"] * 4]
    assert origins.split() == ["origins", "2", *["2/0/0/0"] * 4, "0/0/2/0"]
    assert legend == "translated/outdated/missing/reviewed"


@pytest.mark.parametrize(
    "arguments", [["check", "--today", "tomorrow"], ["check", "--root", "/no/such/folder"], ["build"], []]
)
def test_wrong_arguments_are_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    assert leaving.value.code == 2
    assert "usage: python -m content" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["check"], ["build"], ["status"]])
def test_every_command_has_help(command: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "content", *command, "--help"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "usage: python -m content" in run.stdout
    assert all(len(line) > 20 for line in run.stdout.splitlines() if line.startswith("  --"))

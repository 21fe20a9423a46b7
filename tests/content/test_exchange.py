"""PO files go out to people and come back; nothing is lost, and nothing stale gets in."""

from __future__ import annotations

from pathlib import Path

import polib  # type: ignore[import-untyped, unused-ignore]
import pytest

from content.__main__ import main
from tests.content.tree import Tree

RU = "guides/RU/ru.po"


def exported(tree: Tree, tmp_path: Path, *languages: str) -> Path:
    folder = tmp_path / "po"
    wanted = ["--language", *languages] if languages else []
    assert main(["export-po", str(folder), "--root", str(tree.root), *wanted]) == 0
    return folder


def entry(catalogue: polib.POFile, context: str) -> polib.POEntry:
    return next(one for one in catalogue if one.msgctxt == context)


def test_what_goes_out_and_comes_back_unchanged_changes_nothing(tree: Tree, tmp_path: Path) -> None:
    folder = exported(tree, tmp_path)
    before = {path: path.read_bytes() for path in tree.root.rglob("*.po")}
    assert main(["import-po", str(folder), "--root", str(tree.root)]) == 0
    assert {path: path.read_bytes() for path in tree.root.rglob("*.po")} == before


def test_an_outdated_text_goes_out_fuzzy_with_the_english_before(tree: Tree, tmp_path: Path) -> None:
    tree.replace("guides/RU/articles/pay.yaml", "keep: Keep your passport.", "keep: Keep it yourself.")
    catalogue = polib.pofile(str(exported(tree, tmp_path, "ru") / "guides-RU.ru.po"))
    one = entry(catalogue, "pay/rules.do.keep")
    assert one.fuzzy and one.previous_msgid == "Keep your passport."
    assert one.msgid == "Keep it yourself." and one.msgstr


def test_a_corrected_text_comes_back_as_translated(tree: Tree, tmp_path: Path) -> None:
    folder = exported(tree, tmp_path, "ru")
    path = folder / "guides-RU.ru.po"
    catalogue = polib.pofile(str(path))
    entry(catalogue, "pay/rules.do.keep").msgstr = "Паспорт держите у себя."
    catalogue.save()
    assert main(["import-po", str(folder), "--root", str(tree.root)]) == 0
    back = entry(polib.pofile(str(tree.path(RU))), "pay/rules.do.keep")
    assert back.msgstr == "Паспорт держите у себя." and back.tcomment == "translated"


def test_a_dry_run_writes_nothing(tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = exported(tree, tmp_path, "ru")
    path = folder / "guides-RU.ru.po"
    catalogue = polib.pofile(str(path))
    entry(catalogue, "pay/rules.do.keep").msgstr = "Другое слово."
    catalogue.save()
    before = tree.path(RU).read_bytes()
    assert main(["import-po", str(folder), "--root", str(tree.root), "--dry-run"]) == 0
    assert tree.path(RU).read_bytes() == before
    assert "guides-RU.ru.po: 1 would change" in capsys.readouterr().out


def test_what_cannot_be_taken_is_told_and_the_rest_is_taken(
    tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = exported(tree, tmp_path, "ru")
    path = folder / "guides-RU.ru.po"
    catalogue = polib.pofile(str(path))
    entry(catalogue, "pay/rules.do.keep").msgid = "Some older English."
    entry(catalogue, "pay/title").flags.append("fuzzy")
    entry(catalogue, "pay/lead").msgstr = "Новая строка."
    catalogue.save()
    (folder / "shopping.po").write_text("", encoding="utf-8")
    (folder / "origins.ru.po").write_bytes(b'msgid "\xff')
    assert main(["import-po", str(folder), "--root", str(tree.root)]) == 1
    said = capsys.readouterr().out
    assert "made from other English" in said and "still fuzzy" in said
    assert "shopping.po: 0 changed" in said and "not a PO file" in said
    assert entry(polib.pofile(str(tree.path(RU))), "pay/lead").msgstr == "Новая строка."
    assert entry(polib.pofile(str(tree.path(RU))), "pay/title").msgstr


def test_a_generated_script_keeps_only_what_somebody_wrote(tree: Tree, tmp_path: Path) -> None:
    folder = exported(tree, tmp_path, "uz-Cyrl")
    path = folder / "guides-RU.uz-Cyrl.po"
    catalogue = polib.pofile(str(path))
    entry(catalogue, "pay/title").msgstr = "Шартнома"
    catalogue.save()
    assert main(["import-po", str(folder), "--root", str(tree.root)]) == 0
    written = polib.pofile(str(tree.path("guides/RU/uz-Cyrl.po")))
    assert [one.msgctxt for one in written] == ["pay/title"]


def test_status_as_a_page_and_as_a_table(
    tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "status.html"
    assert main(["status", "--root", str(tree.root), "--html", str(page)]) == 0
    assert "<table>" in page.read_text(encoding="utf-8") and "script" not in page.read_text(encoding="utf-8")
    assert main(["status", "--root", str(tree.root), "--markdown"]) == 0
    assert "| guides/RU |" in capsys.readouterr().out

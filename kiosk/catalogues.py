"""The catalogues of the kiosk's own words: extract, update, compile.

    python -m kiosk.catalogues extract   code -> locales/kiosk.pot
    python -m kiosk.catalogues update    kiosk.pot -> locales/<language>/LC_MESSAGES/kiosk.po
    python -m kiosk.catalogues compile   kiosk.po -> kiosk.mo, Uzbek Cyrillic generated

PO files are kept, MO files are made. Needs polib; the kiosk itself reads the MO
files with the standard library.
"""

from __future__ import annotations

import argparse
import ast
import sys
from pathlib import Path

import polib

from content.transliterate import to_cyrillic

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "locales"
TEMPLATE = LOCALES / "kiosk.pot"
GENERATED = {"uz-Cyrl": "uz"}
"""Languages that are transliterated from another one."""

MARKS = {"said", "N_"}
"""Calls whose first argument is a word of the kiosk."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="python -m kiosk.catalogues", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, function, text in (
        ("extract", extract, "collect the kiosk's words from the code"),
        ("update", update, "bring the new words into every catalogue"),
        ("compile", compile_all, "make the files that the kiosk reads"),
    ):
        commands.add_parser(name, help=text).set_defaults(run=function)
    parser.parse_args(arguments).run()
    return 0


def words_of(source: str) -> list[tuple[int, str]]:
    """Line and text of every word that a Python file marks."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0]
        if name in MARKS and isinstance(first, ast.Constant) and isinstance(first.value, str):
            found.append((first.lineno, first.value))
    return found


def template() -> polib.POFile:
    """Every word of the kiosk, with where it stands."""
    catalogue = polib.POFile(wrapwidth=100)
    catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Content-Transfer-Encoding": "8bit"}
    places: dict[str, list[tuple[str, str]]] = {}
    for path in sorted((ROOT / "kiosk").rglob("*.py")):
        for line, text in words_of(path.read_text(encoding="utf-8")):
            places.setdefault(text, []).append((path.relative_to(ROOT).as_posix(), str(line)))
    for text in sorted(places):
        catalogue.append(polib.POEntry(msgid=text, occurrences=places[text]))
    return catalogue


def extract() -> None:
    """Write the template."""
    template().save(str(TEMPLATE))


def update() -> None:
    """Merge the template into every catalogue; what is no longer used goes."""
    fresh = template()
    for path in sorted(LOCALES.glob("*/LC_MESSAGES/kiosk.po")):
        catalogue = polib.pofile(str(path), wrapwidth=100)
        known = {entry.msgid: entry for entry in catalogue}
        catalogue.clear()
        for word in fresh:
            entry = known.get(word.msgid) or polib.POEntry(msgid=word.msgid)
            catalogue.append(entry)
        catalogue.save(str(path))


def compile_all() -> None:
    """Write every MO file."""
    for path in sorted(LOCALES.glob("*/LC_MESSAGES/kiosk.po")):
        polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))
    for code, source in GENERATED.items():
        catalogue = polib.pofile(str(LOCALES / source / "LC_MESSAGES" / "kiosk.po"))
        own = LOCALES / code / "LC_MESSAGES" / "kiosk.po"
        overrides = {entry.msgid: entry.msgstr for entry in polib.pofile(str(own))} if own.is_file() else {}
        for entry in catalogue:
            entry.msgstr = overrides.get(entry.msgid) or to_cyrillic(entry.msgstr)
        catalogue.metadata["Language"] = code
        own.parent.mkdir(parents=True, exist_ok=True)
        catalogue.save_as_mofile(str(own.with_suffix(".mo")))


if __name__ == "__main__":
    sys.exit(main())

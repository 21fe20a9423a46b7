"""The content tools: ``python -m content check | build | status | export-po | import-po``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from content.checks import check_content
from content.exchange import export_po, import_po
from content.findings import Finding
from content.model import Content
from content.release import build_library
from content.rules.case import Case
from content.source import read_content
from content.status import as_html, as_lines, as_markdown, matrix

HERE = Path(__file__).resolve().parent

EPILOG = "Start with: python -m content check. How guides are written: content/README.md."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 is success, 1 means that something must be mended."""
    chosen = _parser().parse_args(arguments)
    return int(chosen.run(chosen))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m content", description="Check, count and build the guides.", epilog=EPILOG
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--root", type=_folder, default=HERE, metavar="FOLDER", help="the content folder (default: this one)"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser(
        "check",
        parents=[common],
        help="say what is wrong, with file, line and fix",
        description="Judge all content by the rules of a release. Exit code 1 if there is an error.",
    )
    check.add_argument(
        "--today", type=_day, metavar="YYYY-MM-DD", help="judge review dates as on this day (default: today)"
    )
    check.add_argument(
        "--release",
        action="store_true",
        help="judge as for real use: pages past their review and unconfirmed contacts are errors",
    )
    check.set_defaults(run=_check)
    build = commands.add_parser(
        "build",
        parents=[common],
        help="write the library that a kiosk reads",
        description="Write one SQLite file; nothing is written while a source file is broken.",
    )
    build.add_argument("library", type=Path, metavar="OUT.sqlite", help="the file to write")
    build.set_defaults(run=_build)
    status = commands.add_parser(
        "status",
        parents=[common],
        help="count what is translated, outdated and missing",
        description="One line for each guide and for what all share, one column for each language.",
    )
    shape = status.add_mutually_exclusive_group()
    shape.add_argument("--html", type=Path, metavar="FILE", help="write a page for the browser instead")
    shape.add_argument("--markdown", action="store_true", help="print a table for the docs")
    status.set_defaults(run=_status)
    export = commands.add_parser(
        "export-po",
        parents=[common],
        help="write PO files for Poedit or Weblate",
        description="One standard PO a home and language; what moved on is fuzzy, with the English before.",
    )
    export.add_argument("folder", type=Path, metavar="FOLDER", help="where the files go")
    export.add_argument("--language", nargs="*", default=[], metavar="CODE", help="only these languages")
    export.set_defaults(run=_export)
    taken = commands.add_parser(
        "import-po",
        parents=[common],
        help="take edited PO files back",
        description="Exit code 1 if an entry was refused; all others are taken.",
    )
    taken.add_argument("folder", type=Path, metavar="FOLDER", help="the folder of the edited files")
    taken.add_argument("--dry-run", action="store_true", help="only say what would change")
    taken.set_defaults(run=_import)
    return parser


def _folder(value: str) -> Path:
    path = Path(value)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{value} is not a folder")
    return path


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value} is not a date; write it as 2026-11-23") from None


def _check(chosen: argparse.Namespace) -> int:
    content, found = read_content(chosen.root)
    findings = check_content(content, chosen.root, chosen.today or date.today(), chosen.release, found)
    for finding in findings:
        print(finding)
    print(_summary(content, findings))
    return 1 if any(finding.severity == "error" for finding in findings) else 0


def _summary(content: Content, findings: Sequence[Finding]) -> str:
    errors = sum(finding.severity == "error" for finding in findings)
    articles = sum(len(guide.articles) for guide in content.guides)
    return (
        f"{_count(len(content.guides), 'guide')}, {_count(articles, 'article')}, "
        f"{_count(len(content.languages), 'language')}: "
        f"{_count(errors, 'error')}, {_count(len(findings) - errors, 'warning')}."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _build(chosen: argparse.Namespace) -> int:
    content, found = read_content(chosen.root)
    # A missing state says nothing about the text itself; everything else left a piece out.
    broken = [finding for finding in found if finding.severity == "error" and finding.rule != "state"]
    for finding in broken:
        print(finding, file=sys.stderr)
    if broken:
        errors = _count(len(broken), "error")
        print(f"Nothing was built: {errors}. Mend them, then build again.", file=sys.stderr)
        return 1
    try:
        build_library(content, chosen.library)
    except OSError as error:
        print(f"Nothing was built: {error}. Choose a folder that can be written.", file=sys.stderr)
        return 1
    print(f"{chosen.library}: {chosen.library.stat().st_size / 1024:.0f} KiB, {_summary(content, ())}")
    return 0


def _status(chosen: argparse.Namespace) -> int:
    content, found = read_content(chosen.root)
    codes, rows = matrix(content, Case(content, chosen.root, date.min, False))
    if chosen.html:
        chosen.html.parent.mkdir(parents=True, exist_ok=True)
        chosen.html.write_text(as_html(codes, rows), encoding="utf-8")
        print(chosen.html)
        return 0
    for line in (as_markdown if chosen.markdown else as_lines)(codes, rows):
        print(line)
    if found:
        print(f"{_count(len(found), 'finding')} in the files: run check.")
    return 0


def _export(chosen: argparse.Namespace) -> int:
    content, _ = read_content(chosen.root)
    known = {language.code for language in content.languages}
    strange = [code for code in chosen.language if code not in known]
    if strange:
        print(
            f"There is no language {strange[0]!r}. Choose from: {', '.join(sorted(known))}.", file=sys.stderr
        )
        return 1
    case = Case(content, chosen.root, date.min, False)
    try:
        for path in export_po(content, case, chosen.folder, chosen.language):
            print(path)
    except OSError as error:
        print(
            f"{chosen.folder}: cannot be written ({error.strerror}). Choose another folder.", file=sys.stderr
        )
        return 1
    return 0


def _import(chosen: argparse.Namespace) -> int:
    content, _ = read_content(chosen.root)
    case = Case(content, chosen.root, date.min, False)
    files = sorted(chosen.folder.glob("*.po"))
    if not files:
        print(f"{chosen.folder}: there is no PO file. Name the folder of export-po.", file=sys.stderr)
        return 1
    refused = 0
    for taken in import_po(content, case, chosen.root, files, chosen.dry_run):
        verb = "would change" if chosen.dry_run else "changed"
        print(f"{taken.file}: {taken.changed} {verb}, {taken.same} the same, {len(taken.refused)} refused")
        for why in taken.refused:
            print(f"  {why}")
        refused += len(taken.refused)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())

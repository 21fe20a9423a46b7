"""The content tools: ``python -m content check | build | status``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from content.checks import check_content
from content.findings import Finding
from content.model import Content
from content.po import SOURCE_LANGUAGE
from content.release import build_library
from content.rules.case import Case
from content.source import read_content
from content.translator import Translator

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
        description="One line for each guide and one for the origins, one column for each language.",
    )
    status.set_defaults(run=_status)
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
    for line in status_lines(content, chosen.root):
        print(line)
    if found:
        print(f"{_count(len(found), 'finding')} in the files: run check.")
    return 0


def status_lines(content: Content, root: Path) -> list[str]:
    """Home x language: texts that are translated / outdated / missing."""
    translator = Translator(content)
    codes = [language.code for language in content.languages if language.code != SOURCE_LANGUAGE]
    lines = ["home".ljust(12) + "texts".rjust(7) + "".join(code.rjust(14) for code in codes)]
    for home, texts in Case(content, root, date.min, False).homes.items():
        cells = []
        for code in codes:
            known = translator.catalogue(home, code)
            current = sum(translator.has(home, code, [text]) for text in texts)
            missing = sum(text.context not in known for text in texts)
            cells.append(f"{current}/{len(texts) - current - missing}/{missing}".rjust(14))
        lines.append(home.ljust(12) + str(len(texts)).rjust(7) + "".join(cells))
    lines.append("translated/outdated/missing")
    return lines


if __name__ == "__main__":
    sys.exit(main())

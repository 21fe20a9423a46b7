"""The content tools: ``python -m content check | build | status``."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from content.checks import check_content
from content.model import Content
from content.release import build_library
from content.source import read_content
from content.translator import Translator

HERE = Path(__file__).resolve().parent


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 is success, 1 means that something must be mended."""
    chosen = _parser().parse_args(arguments)
    return int(chosen.run(chosen))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m content", description="Check and build the guides.")
    parser.add_argument("--root", type=Path, default=HERE, help="the content folder (default: this one)")
    commands = parser.add_subparsers(required=True, metavar="command")
    check = commands.add_parser("check", help="say what is wrong, with file, line and fix")
    check.add_argument(
        "--today", type=date.fromisoformat, default=None, help="judge review dates as on this day"
    )
    check.add_argument("--release", action="store_true", help="hold the stricter rules of a real release")
    check.set_defaults(run=_check)
    build = commands.add_parser("build", help="write the library that a kiosk reads")
    build.add_argument("library", type=Path, help="the file to write, such as library.sqlite")
    build.set_defaults(run=_build)
    status = commands.add_parser("status", help="what is translated, outdated and missing")
    status.set_defaults(run=_status)
    return parser


def _check(chosen: argparse.Namespace) -> int:
    content, findings = read_content(chosen.root)
    findings += check_content(content, chosen.root, chosen.today or date.today(), chosen.release)
    for finding in sorted(findings, key=lambda one: (one.place.file, one.place.line, one.rule)):
        print(finding)
    errors = sum(1 for finding in findings if finding.severity == "error")
    articles = sum(len(guide.articles) for guide in content.guides)
    print(
        f"{len(content.guides)} guides, {articles} articles, {len(content.languages)} languages: "
        f"{errors} errors, {len(findings) - errors} warnings"
    )
    return 1 if errors else 0


def _build(chosen: argparse.Namespace) -> int:
    content, findings = read_content(chosen.root)
    for finding in findings:
        print(finding, file=sys.stderr)
    if findings:
        print("Nothing was built: mend the findings above first.", file=sys.stderr)
        return 1
    build_library(content, chosen.library)
    print(f"{chosen.library}: {chosen.library.stat().st_size / 1024:.0f} KiB")
    return 0


def _status(chosen: argparse.Namespace) -> int:
    content, _ = read_content(chosen.root)
    for line in status_lines(content):
        print(line)
    return 0


def status_lines(content: Content) -> list[str]:
    """Home x language: translated + outdated + missing, of all texts."""
    translator = Translator(content)
    codes = [language.code for language in content.languages if language.code != "en"]
    lines = ["home".ljust(12) + "texts".rjust(7) + "".join(code.rjust(14) for code in codes)]
    rows = [(f"guides/{guide.iso}", list(guide.texts())) for guide in content.guides]
    rows.append(("origins", [text for origin in content.origins for text in origin.texts()]))
    for home, texts in rows:
        cells = []
        for code in codes:
            known = content.translations.get((home, code), {})
            current = sum(translator.has(home, code, [text]) for text in texts)
            missing = sum(text.context not in known for text in texts)
            cells.append(f"{current}+{len(texts) - current - missing}+{missing}".rjust(14))
        lines.append(home.ljust(12) + str(len(texts)).rjust(7) + "".join(cells))
    lines.append("(translated + outdated + missing)")
    return lines


if __name__ == "__main__":
    sys.exit(main())

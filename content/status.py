"""How far the translations are: a matrix of homes and languages, for three readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from content.model import Content, State
from content.po import SOURCE_LANGUAGE
from content.rules.case import Case
from content.translator import Translator

LEGEND = "translated/outdated/missing/reviewed"


@dataclass(frozen=True, slots=True)
class Cell:
    """Texts of one home in one language. ``translated`` holds the reviewed ones too."""

    translated: int
    outdated: int
    missing: int
    reviewed: int

    def __str__(self) -> str:
        return f"{self.translated}/{self.outdated}/{self.missing}/{self.reviewed}"


@dataclass(frozen=True, slots=True)
class Row:
    """One home: a destination, the origins, or what all share."""

    home: str
    texts: int
    cells: tuple[Cell, ...]


def matrix(content: Content, case: Case) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """The languages, and a row for each home."""
    translator = Translator(content)
    codes = tuple(language.code for language in content.languages if language.code != SOURCE_LANGUAGE)
    rows = []
    for home, texts in case.homes.items():
        cells = []
        for code in codes:
            known = translator.catalogue(home, code)
            current = [text for text in texts if translator.has(home, code, [text])]
            missing = sum(text.context not in known for text in texts)
            reviewed = sum(known[text.context].state is State.REVIEWED for text in current)
            cells.append(Cell(len(current), len(texts) - len(current) - missing, missing, reviewed))
        rows.append(Row(home, len(texts), tuple(cells)))
    return codes, tuple(rows)


def as_lines(codes: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """For a terminal."""
    lines = ["home".ljust(12) + "texts".rjust(7) + "".join(code.rjust(16) for code in codes)]
    for row in rows:
        cells = "".join(str(cell).rjust(16) for cell in row.cells)
        lines.append(row.home.ljust(12) + str(row.texts).rjust(7) + cells)
    return [*lines, LEGEND]


def as_markdown(codes: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """For the docs."""
    lines = [f"| home | texts | {' | '.join(codes)} |", "| --- " * (len(codes) + 2) + "|"]
    lines += [f"| {row.home} | {row.texts} | {' | '.join(map(str, row.cells))} |" for row in rows]
    return [*lines, "", f"Each cell: {LEGEND}."]


def as_html(codes: Sequence[str], rows: Sequence[Row]) -> str:
    """For an editor's browser: one file, no script, nothing fetched."""
    head = "".join(f"<th scope=col>{escape(code)}</th>" for code in codes)
    body = "".join(
        f"<tr><th scope=row>{escape(row.home)}</th><td>{row.texts}</td>"
        + "".join(_html_cell(cell, row.texts) for cell in row.cells)
        + "</tr>"
        for row in rows
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Translations</title>'
        "<style>body{font:16px/1.5 sans-serif;margin:2rem;color:#16242e;background:#fbfaf6}"
        "table{border-collapse:collapse}th,td{padding:.4rem .8rem;border:1px solid #6e7c85;text-align:left}"
        ".whole{background:#e4f0e6}.part{background:#fff3dc}.none{background:#fff}</style>"
        f"<h1>Translations</h1><p>Each cell: {LEGEND}.</p>"
        f"<table><tr><th scope=col>home</th><th scope=col>texts</th>{head}</tr>{body}</table></html>\n"
    )


def _html_cell(cell: Cell, texts: int) -> str:
    look = "whole" if cell.translated == texts else "none" if cell.missing == texts else "part"
    word = {"whole": "whole", "none": "nothing yet", "part": "in part"}[look]
    return f'<td class="{look}">{cell}<br><small>{word}</small></td>'

"""Builds the library: packs -> one SQLite file.

    build_library(content, path)                 # from the guides, at an editor's desk
    write_library(languages, packs, path)        # from packs, on a kiosk

Both ways give the same bytes, wherever and whenever the file is built. It appears
whole or not at all: it is written under another name, forced to disk and then renamed.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from content.library import CHECKSUM_AT, FORMAT, checksum
from content.withdrawn import Withdrawn, without

if TYPE_CHECKING:
    from content.model import Content

SCHEMA = """
CREATE TABLE info (value TEXT NOT NULL);
CREATE TABLE language (position INTEGER PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE origin (language TEXT, position INTEGER, iso TEXT NOT NULL, name TEXT NOT NULL,
                     PRIMARY KEY (language, position)) WITHOUT ROWID;
CREATE TABLE guide (language TEXT, iso TEXT, value TEXT NOT NULL,
                    PRIMARY KEY (language, iso)) WITHOUT ROWID;
CREATE TABLE card (iso TEXT, language TEXT, position INTEGER, id TEXT NOT NULL, value TEXT NOT NULL,
                   PRIMARY KEY (iso, language, position)) WITHOUT ROWID;
CREATE TABLE article (iso TEXT, id TEXT, language TEXT, value TEXT NOT NULL,
                      PRIMARY KEY (iso, id, language)) WITHOUT ROWID;
CREATE TABLE contact (id TEXT, language TEXT, home TEXT, position INTEGER, value TEXT NOT NULL,
                      PRIMARY KEY (id, language, home)) WITHOUT ROWID;
CREATE TABLE common (language TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE officer (iso TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX contact_home ON contact (home, language, position);
"""

Row = tuple[str, tuple[Any, ...]]
"""A table's name and the values of one row."""

_CARD = ("topic", "title", "lead", "language", "risk")


def build_library(content: Content, path: Path) -> None:
    """Write the library of ``content`` to ``path``.

    Raises:
        OSError: the folder cannot be written; what stood at ``path`` stands there still.
    """
    # Kept out of the module's head: a kiosk builds from packs and reads no guides.
    from content.packs import language_values, make_packs

    write_library(language_values(content), make_packs(content), path)


def write_library(
    languages: Sequence[Mapping[str, Any]],
    packs: Mapping[str, Mapping[str, Any]],
    path: Path,
    withdrawn: Sequence[Withdrawn] = (),
) -> None:
    """Write the library of these packs to ``path``.

    Args:
        languages: as in the catalogue, see ``content.packs.language_values``.
        packs: every pack by its name, see ``content.packs``.
        path: the file to write.
        withdrawn: contacts that no screen may show any more, whatever the packs say.

    Raises:
        OSError: the folder cannot be written; what stood at ``path`` stands there still.
        KeyError, TypeError, ValueError: a pack is not what ``content.packs`` makes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    try:
        _write(_rows(languages, packs, withdrawn), unfinished)
        _seal(unfinished)
        _force(unfinished)
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _force(path.parent)


def _write(rows: Iterator[Row], path: Path) -> None:
    try:
        connection = sqlite3.connect(path)
    except sqlite3.Error as error:
        raise OSError(f"{path}: cannot be written ({error}).") from error
    try:
        # A page size of our own, so that the bytes do not hang on SQLite's default.
        connection.executescript(
            f"PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA user_version = {FORMAT}; {SCHEMA}"
        )
        digest = hashlib.sha256()
        info = _Info()
        for table, row in rows:
            digest.update(json.dumps([table, row], ensure_ascii=False).encode())
            connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
            info.note(table, row)
        connection.execute("INSERT INTO info VALUES (?)", (info.value(digest.hexdigest()),))
        connection.commit()
    except sqlite3.OperationalError as error:
        # A full disk: SQLite's own error is none that callers of files expect.
        raise OSError(f"{path}: cannot be written ({error}).") from error
    finally:
        connection.close()


def _seal(path: Path) -> None:
    """Note the checksum of all other bytes, for the kiosk to compare when it opens the file."""
    value = checksum(path)
    with path.open("r+b") as file:
        file.seek(CHECKSUM_AT)
        file.write(value)


def _force(path: Path) -> None:
    """Have the disk itself hold a file or a folder's names before going on."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


class _Info:
    """What a library says of itself, gathered while its rows go by."""

    def __init__(self) -> None:
        self._guides: set[str] = set()
        self._articles: set[tuple[str, str]] = set()
        self._newest = "1970-01-01"

    def note(self, table: str, row: tuple[Any, ...]) -> None:
        """Take one row into account."""
        if table == "guide":
            self._guides.add(row[1])
        elif table == "article":
            self._articles.add((row[0], row[1]))
        if table in ("article", "contact"):
            self._newest = max(self._newest, json.loads(row[-1])["verified_on"])

    def value(self, digest: str) -> str:
        """The row of table ``info``."""
        return _compact(
            {
                "format": FORMAT,
                "digest": digest,
                "guides": len(self._guides),
                "articles": len(self._articles),
                "newest": self._newest,
            }
        )


def _rows(
    languages: Sequence[Mapping[str, Any]],
    packs: Mapping[str, Mapping[str, Any]],
    withdrawn: Sequence[Withdrawn],
) -> Iterator[Row]:
    for position, language in enumerate(languages):
        yield "language", (position, _compact(language))
    guides = sorted({name.partition("/")[0] for name in packs} - {"common"})
    for language in languages:
        code = language["code"]
        common = without(packs[f"common/{code}"], withdrawn, "common")
        for position, origin in enumerate(common["origins"]):
            yield "origin", (code, position, origin["iso"], origin["name"])
            yield from _contacts(code, f"origins/{origin['iso']}", origin["contacts"])
        for iso in guides:
            yield from _guide(code, iso, without(packs[f"{iso}/{code}"], withdrawn, iso))
        yield "common", (code, _compact(common["pages"]))
    for iso, value in sorted(packs["common/officer"]["officer"].items()):
        yield "officer", (iso, _compact(value))


def _guide(code: str, iso: str, pack: Mapping[str, Any]) -> Iterator[Row]:
    yield "guide", (code, iso, _compact(pack["guide"]))
    yield from _contacts(code, f"guides/{iso}", pack["contacts"])
    for position, article in enumerate(pack["articles"]):
        name = article["id"]
        yield "card", (iso, code, position, name, _compact({part: article[part] for part in _CARD}))
        value = {key: part for key, part in article.items() if key != "id"}
        yield "article", (iso, name, code, _compact(value))


def _contacts(code: str, home: str, contacts: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    for position, contact in enumerate(contacts):
        yield "contact", (contact["id"], code, home, position, _compact(contact))

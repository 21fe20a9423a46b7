"""What every rule is given, and the texts that most of them walk over."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from content.findings import Finding, Severity
from content.model import Article, Contact, Content, Guide, Language, Origin, Place, Text
from content.po import SOURCE_LANGUAGE


@dataclass(frozen=True)
class Shown:
    """One text in one language, as somebody will read it.

    ``place`` is where its author can mend it: the English file, or the PO entry.
    A ``generated`` text stands where the text that it was made from stands.
    """

    home: str
    language: Language
    text: Text
    value: str
    made_from: str
    place: Place
    generated: bool

    @property
    def english(self) -> bool:
        """Whether this is the source itself."""
        return self.language.code == SOURCE_LANGUAGE

    @property
    def plain(self) -> str:
        """The words without the marks of bold."""
        return self.value.replace("**", "")

    @property
    def part(self) -> str:
        """``title``, ``lead``, ``name`` (of a contact) or ``body``."""
        folder, _, rest = self.text.context.partition("/")
        if folder == "contacts":
            return "name" if rest.endswith(".name") else "body"
        if self.home == "common" and rest.endswith(".title"):
            return "title"
        return rest if rest in ("title", "lead") else "body"

    def finding(self, rule: str, message: str, fix: str, severity: Severity = "error") -> Finding:
        """A finding about this text."""
        told = f"{self.language.code}: {message}" if self.generated else message
        return Finding(self.place, rule, told, fix, severity)


@dataclass(frozen=True)
class Case:
    """Content before the lint, and how it is to be judged.

    ``found`` is what the reader said, so that a rule does not complain about the
    absence of a piece that could not be read.
    """

    content: Content
    root: Path
    today: date
    release: bool
    found: Sequence[Finding] = ()

    @cached_property
    def homes(self) -> dict[str, tuple[Text, ...]]:
        """Every English text by the home of its translations."""
        homes = {f"guides/{guide.iso}": tuple(guide.texts()) for guide in self.content.guides}
        homes["origins"] = tuple(text for origin in self.content.origins for text in origin.texts())
        if common := tuple(self.content.common.texts()):
            homes["common"] = common
        return homes

    @cached_property
    def shown(self) -> tuple[Shown, ...]:
        """Every text in every language that has it, English first."""
        return tuple(
            one
            for home in self.homes
            for language in self.content.languages
            for one in self._in(home, language)
        )

    def _in(self, home: str, language: Language) -> Iterator[Shown]:
        catalogue = self.content.translations.get((home, language.code), {})
        for text in self.homes[home]:
            if language.code == SOURCE_LANGUAGE:
                yield Shown(home, language, text, text.source, text.source, text.place, False)
            elif text.context in catalogue:
                entry = catalogue[text.context]
                generated = not entry.place.file.endswith(f"/{language.code}.po")
                yield Shown(home, language, text, entry.text, entry.made_from, entry.place, generated)

    @property
    def articles(self) -> Iterator[tuple[Guide, Article]]:
        """Every article with its guide."""
        return ((guide, article) for guide in self.content.guides for article in guide.articles)

    @property
    def contacts(self) -> Iterator[tuple[Guide | Origin, Contact]]:
        """Every listed contact with the guide or origin that lists it."""
        holders: tuple[Guide | Origin, ...] = (*self.content.guides, *self.content.origins)
        return ((holder, contact) for holder in holders for contact in holder.contacts)

    def file(self, name: str) -> str:
        """A path below the root, as findings call it."""
        return f"{self.root.resolve().name}/{name}"

    def word_lists(self, name: str) -> dict[str, dict[str, list[str]]]:
        """A TOML file of the root that holds lists of words by language.

        Raises:
            OSError: it is missing.
            ValueError: it is no TOML, or holds something else.
        """
        tables: dict[str, Any] = tomllib.loads((self.root / name).read_text(encoding="utf-8"))
        for code, table in tables.items():
            lists = table.values() if isinstance(table, dict) else [None]
            if not all(isinstance(one, list) and all(isinstance(word, str) for word in one) for one in lists):
                raise ValueError(f"[{code}] holds something else than lists of words")
        return tables

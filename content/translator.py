"""Which text stands in for which: translations, and the fallback chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from content.model import Content, Text, Translation
from content.po import SOURCE_LANGUAGE


class Translator:
    """Finds each text in a language, or along its fallback chain."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._chains = {one.code: (one.code, *one.fallback) for one in content.languages}

    def catalogue(self, home: str, language: str) -> Mapping[str, Translation]:
        """What ``home`` (``guides/RU``, ``origins``) has in a language, by context."""
        return self._content.translations.get((home, language), {})

    def has(self, home: str, language: str, texts: Iterable[Text]) -> bool:
        """Whether all of these texts are translated from today's English."""
        if language == SOURCE_LANGUAGE:
            return True
        catalogue = self.catalogue(home, language)
        return all(
            (entry := catalogue.get(text.context)) is not None and entry.made_from == text.source
            for text in texts
        )

    def choose(self, home: str, language: str, texts: Iterable[Text]) -> str:
        """The first language of the chain that has all of these texts; English at the end."""
        texts = list(texts)
        chain = self._chains[language]
        return next((one for one in chain if self.has(home, one, texts)), SOURCE_LANGUAGE)

    def text(self, home: str, language: str, text: Text) -> str:
        """One text in a language that has it.

        Raises:
            KeyError: it is not translated; ask ``has`` or ``choose`` first.
        """
        if language == SOURCE_LANGUAGE:
            return text.source
        return self.catalogue(home, language)[text.context].text

"""The kiosk's own words: gettext catalogues, changed live.

``Words`` is what screens call; in kv and Python alike it is ``_``. A word that a
catalogue lacks is looked for along the language's fallback chain and is English
at the end, so a button is never empty.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping, Sequence
from pathlib import Path

DOMAIN = "kiosk"


class Words:
    """Translates the kiosk's own words into one language at a time.

    Args:
        folder: holds ``<language>/LC_MESSAGES/kiosk.mo``.
        chains: fallback languages by language, nearest first.
    """

    def __init__(self, folder: Path, chains: Mapping[str, Sequence[str]]) -> None:
        self._folder = folder
        self._chains = chains
        self._loaded: dict[str, gettext.NullTranslations] = {}

    def along(self, chains: Mapping[str, Sequence[str]]) -> Words:
        """The same catalogues with the languages of another release."""
        return Words(self._folder, chains)

    def load(self, language: str) -> gettext.NullTranslations:
        """The catalogue of a language with its fallbacks behind it."""
        if language not in self._loaded:
            chain = [language, *self._chains.get(language, ())]
            self._loaded[language] = gettext.translation(
                DOMAIN, str(self._folder), languages=chain, fallback=True
            )
        return self._loaded[language]

    def say(self, language: str, message: str) -> str:
        """``message`` in ``language``."""
        return self.load(language).gettext(message)

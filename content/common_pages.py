"""Common pages as the library holds them: one language each, shaped for the screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from content.model import Content, Sheet, Text
from content.po import SOURCE_LANGUAGE
from content.translator import Translator

HOME = "common"
RIGHT_TO_LEFT = ("ar", "he")


class CommonPages:
    """Signs, offer check, requests and notices, as somebody who chose ``language`` is shown them."""

    def __init__(self, translator: Translator, content: Content, language: str) -> None:
        self._translator = translator
        self._content = content
        self._common = content.common
        self._language = language

    def value(self) -> dict[str, Any]:
        """Everything, by the name of the page; a page that does not exist is ``None``."""
        return {
            "signs": self._signs(),
            "offer": self._offer(),
            "officer": self._officer(),
            "notices": self._notices(),
        }

    def _choose(self, texts: Iterable[Text]) -> str:
        return self._translator.choose(HOME, self._language, texts)

    def _say(self, shown: str, text: Text) -> str:
        return self._translator.text(HOME, shown, text)

    def _head(self, page: Sheet, shown: str, facts: Iterable[str]) -> dict[str, Any]:
        return {
            "title": self._say(shown, page.title),
            "lead": self._say(shown, page.lead),
            "language": shown,
            "verified_on": page.verified_on.isoformat(),
            "review_by": page.review_by.isoformat(),
            "sources": hosts(self._content, facts),
        }

    def _signs(self) -> dict[str, Any] | None:
        page, signs = self._common.signs_page, self._common.signs
        if page is None or not signs:
            return None
        texts = (page.title, page.lead, *(text for sign in signs for text in (sign.title, sign.text)))
        shown = self._choose(texts)
        cards = [
            {"icon": one.icon, "title": self._say(shown, one.title), "text": self._say(shown, one.text)}
            for one in signs
        ]
        return {**self._head(page, shown, (name for one in signs for name in one.facts)), "cards": cards}

    def _offer(self) -> dict[str, Any] | None:
        page, questions, results = self._common.offer_page, self._common.questions, self._common.results
        if page is None or not questions or len(results) < 3:
            return None
        texts = [page.title, page.lead, *results.values()]
        texts += [text for one in questions for text in (one.question, one.advice)]
        shown = self._choose(texts)
        asked = [
            {
                "id": one.id,
                "icon": one.icon,
                "question": self._say(shown, one.question),
                "good": one.good,
                "advice": self._say(shown, one.advice),
            }
            for one in questions
        ]
        return {
            **self._head(page, shown, (name for one in questions for name in one.facts)),
            "questions": asked,
            "nothing_found": self._say(shown, results["none"]),
            "something_found": self._say(shown, results["some"]),
            "ask": self._say(shown, results["ask"]),
        }

    def _officer(self) -> dict[str, Any] | None:
        title, lead, phrases = self._common.officer_title, self._common.officer_lead, self._common.phrases
        if title is None or lead is None or not phrases:
            return None
        shown = self._choose((title, lead, *phrases))
        cards = [{"id": phrase_id(one), "text": self._say(shown, one)} for one in phrases]
        return {
            "title": self._say(shown, title),
            "lead": self._say(shown, lead),
            "language": shown,
            "cards": cards,
        }

    def _notices(self) -> list[dict[str, Any]]:
        found = []
        for one in self._common.notices:
            shown = self._choose([one.text])
            found.append(
                {
                    "destination": one.destination,
                    "passports": one.passports,
                    "until": one.until.isoformat(),
                    "language": shown,
                    "text": self._say(shown, one.text),
                }
            )
        return found


def phrase_id(phrase: Text) -> str:
    """``doctor`` of ``officer/doctor``."""
    return phrase.context.partition("/")[2]


def officer_texts(content: Content) -> dict[str, dict[str, list[dict[str, str]]]]:
    """By destination and request: the request in each of that destination's languages.

    A destination whose first language lacks a request is left out: a card that an
    officer cannot read helps nobody.
    """
    translator = Translator(content)
    common = content.common

    def said(language: str, phrase: Text) -> str | None:
        if language in common.officer:
            entry = common.officer[language].get(phrase.context)
            return entry.text if entry is not None and entry.made_from == phrase.source else None
        if language == SOURCE_LANGUAGE or translator.has(HOME, language, [phrase]):
            return translator.text(HOME, language, phrase)
        return None

    found = {}
    for iso, languages in common.officer_languages.items():
        cards: dict[str, list[dict[str, str]]] = {}
        for phrase in common.phrases:
            texts = [(language, said(language, phrase)) for language in languages]
            cards[phrase_id(phrase)] = [
                {
                    "language": language,
                    "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
                    "text": shaped(language, text),
                }
                for language, text in texts
                if text is not None
            ]
        if common.phrases and all(cards.values()):
            found[iso] = cards
    return found


def shaped(language: str, text: str) -> str:
    """Arabic letters in the forms that they take beside each other; other texts as they are.

    The kiosk's text engine joins no letters. Order stays the reading order.
    """
    if language != "ar":
        return text
    import arabic_reshaper  # type: ignore[import-untyped, unused-ignore]

    return str(arabic_reshaper.reshape(text))


def hosts(content: Content, names: Iterable[str]) -> list[str]:
    """The sites behind these facts, each once."""
    found = []
    for name in names:
        one = content.facts.get(name) or content.contact_facts.get(name)
        found += [_host(source) for source in (one.sources if one is not None else ())]
    return list(dict.fromkeys(found))


LONGEST_HOST = 32
"""Letters of a site's name that the narrowest panel shows in one line of large text."""


def _host(source: str) -> str:
    """A site's name; of a very long one the end, which tells whose it is."""
    host = (urlsplit(source).hostname or source).removeprefix("www.")
    while len(host) > LONGEST_HOST and host.count(".") > 1:
        host = host.partition(".")[2]
    return host if len(host) <= LONGEST_HOST else f"…{host[-LONGEST_HOST + 8 :]}"

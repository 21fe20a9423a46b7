"""The model -> packs: all that a kiosk shows, one language at a time, as plain JSON values.

What a kiosk would have to decide again and again is decided here: which language
stands in for a missing one, how a number is grouped, in which order contacts are
listed. Only the passport is left to the moment of reading. A kiosk builds its library
from packs alone and needs none of the libraries that read guides.

============== =========================================================
pack           what it holds
============== =========================================================
``RU/ky``      the guide of Russia for somebody who chose Kyrgyz
``common/ky``  origins, signs, offer check, requests, notices in Kyrgyz
``common/officer`` the requests in the officers' own languages
============== =========================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from content.common_pages import CommonPages, hosts, officer_texts
from content.model import Article, Block, Confidence, Contact, ContactKind, Content, Guide
from content.phones import group_digits, is_showable
from content.translator import Translator

COMMON = "common"
OFFICER = "officer"

Pack = dict[str, Any]
"""One pack: JSON values only."""

INFERRED = "language list inferred"
"""What a note of the facts files says when a contact's languages are a guess."""

ALWAYS = "24/7"
"""How the facts files write "round the clock"."""

_LANGUAGE_PARTS = ("code", "endonym", "script", "direction", "greeting", "fallback", "date", "months", "font")

_FIRST_KINDS = (ContactKind.CONSULATE, ContactKind.EMERGENCY)
_KIND_ORDER = (*_FIRST_KINDS, *(kind for kind in ContactKind if kind not in _FIRST_KINDS))


def language_values(content: Content) -> list[Pack]:
    """Each language as a kiosk needs it, in the order of ``languages.toml``."""
    return [{part: getattr(one, part) for part in _LANGUAGE_PARTS} for one in content.languages]


def make_packs(content: Content) -> dict[str, Pack]:
    """Every pack by its name."""
    packs: dict[str, Pack] = {f"{COMMON}/{OFFICER}": {"officer": officer_texts(content)}}
    for language in content.languages:
        builder = _Builder(content, language.code)
        packs[f"{COMMON}/{language.code}"] = builder.common()
        for guide in content.guides:
            packs[f"{guide.iso}/{language.code}"] = builder.guide(guide)
    return packs


class _Builder:
    """Everything, as somebody who chose ``language`` is shown it."""

    def __init__(self, content: Content, language: str) -> None:
        self.content = content
        self.language = language
        self.translator = Translator(content)
        self.at_home = {
            contact.id
            for origin in content.origins
            for contact in origin.contacts
            if is_showable(contact.fact)
        }

    def common(self) -> Pack:
        """The countries that travellers leave with help there, and what every destination shares."""
        origins = []
        for origin in self.content.origins:
            shown = self.translator.choose("origins", self.language, [origin.name])
            name = self.translator.text("origins", shown, origin.name)
            contacts = self._contacts("origins", origin.contacts)
            origins.append({"iso": origin.iso, "name": name, "contacts": contacts})
        pages = CommonPages(self.translator, self.content, self.language).value()
        return {"origins": origins, "pages": pages}

    def guide(self, guide: Guide) -> Pack:
        """One destination with its articles and contacts."""
        home = f"guides/{guide.iso}"
        shown = self.translator.choose(home, self.language, [guide.name])
        listed = {contact.id for contact in guide.contacts if is_showable(contact.fact)} | self.at_home
        return {
            "guide": {
                "name": self.translator.text(home, shown, guide.name),
                "language": shown,
                "tone": guide.tone,
                "help": [name for name in guide.help if name in listed],
            },
            "contacts": self._contacts(home, guide.contacts),
            "articles": [self._article(home, article, listed) for article in guide.articles],
        }

    def _article(self, home: str, article: Article, listed: set[str]) -> Pack:
        # All passports' texts count: nobody may find half of a page in another language.
        shown = self.translator.choose(home, self.language, article.texts())
        # A contact that may not be shown takes its block along.
        blocks = [block for block in article.blocks if block.contact is None or block.contact in listed]
        return {
            "id": article.id,
            "topic": article.topic,
            "title": self.translator.text(home, shown, article.title),
            "lead": self.translator.text(home, shown, article.lead),
            "language": shown,
            "risk": article.risk,
            "verified_on": article.verified_on.isoformat(),
            "review_by": article.review_by.isoformat(),
            "sources": hosts(self.content, (name for block in article.blocks for name in block.facts)),
            "blocks": [self._block(home, shown, block) for block in blocks],
        }

    def _marked(self, name: str) -> bool:
        one = self.content.facts.get(name) or self.content.contact_facts.get(name)
        return one is None or one.confidence is not Confidence.HIGH

    def _block(self, home: str, shown: str, block: Block) -> dict[str, Any]:
        value: dict[str, Any] = {
            "id": block.id,
            "kind": block.kind,
            "passports": block.passports,
            "marked": any(self._marked(name) for name in block.facts),
        }
        if block.text is not None:
            value["text"] = self.translator.text(home, shown, block.text)
        for side, texts in (("items", block.items), ("do", block.do), ("dont", block.dont)):
            if texts:
                value[side] = [self.translator.text(home, shown, text) for text in texts]
        for part in ("say", "say_language", "image", "contact"):
            if getattr(block, part) is not None:
                value[part] = getattr(block, part)
        return value

    def _contacts(self, home: str, contacts: Iterable[Contact]) -> list[Pack]:
        showable = [contact for contact in contacts if is_showable(contact.fact)]
        ordered = sorted(showable, key=lambda contact: _KIND_ORDER.index(contact.fact.kind))
        return [self._contact(home, contact) for contact in ordered]

    def _contact(self, home: str, contact: Contact) -> dict[str, Any]:
        fact = contact.fact
        shown = self.translator.choose(home, self.language, contact.texts())
        said = {text.context: self.translator.text(home, shown, text) for text in contact.texts()}
        return {
            "id": contact.id,
            "kind": fact.kind,
            "name": said[contact.name.context],
            "phone": fact.phone,
            "phone_display": group_digits(fact.phone or "", fact.country),
            "dial_from": fact.dial_from,
            "always": fact.hours == ALWAYS,
            "hours": said[contact.hours.context] if contact.hours else None,
            # A guessed language is never promised on the screen (facts/README.md).
            "languages": () if INFERRED in (fact.note or "").lower() else fact.languages,
            "free": fact.free,
            "note": said[contact.note.context] if contact.note else None,
            "marked": contact.marked,
            "verified_on": contact.verified_on.isoformat(),
            "review_by": contact.review_by.isoformat(),
            "language": shown,
            "url": fact.url,
            "address": fact.address,
            "passports": contact.passports,
        }

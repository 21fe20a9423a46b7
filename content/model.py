"""The content model: what a guide is made of, as frozen structs.

Promise: *every fact has a source, a date and a reviewer.* Nothing here knows
files, languages' rules or screens; ``content.source`` reads these from
``guides/`` and ``content.library`` turns them into one release for a kiosk.

Text in these structs is the English source. A translated text is found by its
*context*, the key that the PO files carry in ``msgctxt``:

==========================  =============================================
context                     what it names
==========================  =============================================
``guide/name``              the destination's name
``pay/title``               an article's title
``pay/lead``                the one line under the title
``pay/fee``                 the text of block ``fee`` in article ``pay``
``pay/papers.passport``     item ``passport`` of the list block ``papers``
``pay/rules.do.keep``       item ``keep`` on the *do* side of ``rules``
``contacts/ru-police.name`` a contact's name (also ``.hours``, ``.note``)
``signs/pay.title``         a sign's words (also ``.text``); in ``common``
``offer/fee.question``      a question's words (also ``.advice``); in ``common``
``officer/doctor``          a request to an officer; in ``common``
``notices/de-wage``         an urgent notice; in ``common``
==========================  =============================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Topic(StrEnum):
    """The twelve topics of a guide, in the order in which they are shown."""

    BEFORE_YOU_GO = "before_you_go"
    ENTRY_REGISTRATION = "entry_registration"
    WORK_PERMIT = "work_permit"
    CONTRACT_PAY = "contract_pay"
    HOUSING = "housing"
    HEALTH = "health"
    MONEY = "money"
    FAMILY = "family"
    RIGHTS_POLICE = "rights_police"
    DANGER_SIGNS = "danger_signs"
    GETTING_HELP = "getting_help"
    RETURN_HOME = "return_home"


class BlockKind(StrEnum):
    """What a block of an article can be."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    STEPS = "steps"
    BULLETS = "bullets"
    WARNING = "warning"
    DO_DONT = "do_dont"
    CONTACT = "contact"
    PHRASE = "phrase"
    IMAGE = "image"


class Confidence(StrEnum):
    """How sure a fact or number is; the words are defined in facts/README.md."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Risk(StrEnum):
    """Whether a page could harm its reader when somebody looks on."""

    GENERAL = "general"
    SENSITIVE = "sensitive"


class ContactKind(StrEnum):
    """What a contact is for, in the order in which kinds are listed."""

    EMERGENCY = "emergency"
    TRAFFICKING = "trafficking"
    CONSULATE = "consulate"
    LABOUR = "labour"
    MIGRATION_AUTHORITY = "migration_authority"
    HEALTH = "health"
    WOMEN = "women"
    CHILD = "child"
    NGO = "ngo"


PASSPORTS = ("UZ", "KG", "TM", "TJ", "KZ")
"""Citizenships that a traveller can choose, ISO 3166-1 alpha-2."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a piece of content stands: a file as given and a 1-based line."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Fact:
    """One sourced statement from ``facts/*.yaml``; never shown as it stands."""

    id: str
    country: str
    topic: Topic
    applies_to: tuple[str, ...]
    text: str
    sources: tuple[str, ...]
    source_date: str | None
    confidence: Confidence
    retrieved: date
    place: Place


@dataclass(frozen=True, slots=True)
class ContactFact:
    """One sourced contact from ``facts/*.yaml``: the only home of a number.

    ``phone`` is the number exactly as dialled, ``None`` where none was found.
    ``free`` is ``None`` where the source did not say.
    """

    id: str
    country: str
    kind: ContactKind
    name: str
    phone: str | None
    dial_from: str
    hours: str
    languages: tuple[str, ...]
    free: bool | None
    url: str | None
    address: str | None
    sources: tuple[str, ...]
    source_date: str | None
    confidence: Confidence
    note: str | None
    retrieved: date
    place: Place


@dataclass(frozen=True, slots=True)
class Text:
    """A translatable English text with its PO context and where it stands."""

    context: str
    source: str
    place: Place


@dataclass(frozen=True, slots=True)
class Block:
    """One typed piece of an article.

    ``text`` is set for paragraph, heading, warning, phrase (its meaning) and
    image (its description); ``items`` for steps and bullets; ``do`` and
    ``dont`` for do_dont; ``contact`` is a contact id; ``say`` is a phrase in the
    destination's language, shown as it stands; ``image`` is a picture's name.
    An empty ``passports`` means that the block is for everybody.
    """

    id: str
    kind: BlockKind
    place: Place
    text: Text | None = None
    items: tuple[Text, ...] = ()
    do: tuple[Text, ...] = ()
    dont: tuple[Text, ...] = ()
    contact: str | None = None
    say: str | None = None
    say_language: str | None = None
    image: str | None = None
    facts: tuple[str, ...] = ()
    passports: tuple[str, ...] = ()

    def texts(self) -> Iterator[Text]:
        """Every translatable text of the block, in reading order."""
        if self.text is not None:
            yield self.text
        yield from self.items
        yield from self.do
        yield from self.dont


@dataclass(frozen=True, slots=True)
class Article:
    """One page of a guide. ``verified_on`` is the day its sources were read."""

    id: str
    topic: Topic
    title: Text
    lead: Text
    risk: Risk
    verified_on: date
    review_by: date
    blocks: tuple[Block, ...]
    place: Place

    def texts(self) -> Iterator[Text]:
        """Every translatable text of the article, in reading order."""
        yield self.title
        yield self.lead
        for block in self.blocks:
            yield from block.texts()


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as it is shown: our words around a number of the facts files.

    ``hours`` is set only where the facts file gives hours other than round the
    clock or unknown. ``confirmed_on`` is the day the operator rang the number.
    """

    id: str
    name: Text
    hours: Text | None
    note: Text | None
    passports: tuple[str, ...]
    verified_on: date
    review_by: date
    confirmed_on: date | None
    fact: ContactFact
    place: Place

    @property
    def marked(self) -> bool:
        """Whether the screen must say that the number is not confirmed."""
        return self.confirmed_on is None and self.fact.confidence is not Confidence.HIGH

    def texts(self) -> Iterator[Text]:
        """Every translatable text of the contact."""
        yield self.name
        if self.hours is not None:
            yield self.hours
        if self.note is not None:
            yield self.note


@dataclass(frozen=True, slots=True)
class Guide:
    """One destination: its articles in reading order and its contacts.

    ``help`` lists contact ids for the help strip; the first one that is meant
    for the traveller's passport is shown.
    """

    iso: str
    name: Text
    tone: str
    help: tuple[str, ...]
    articles: tuple[Article, ...]
    contacts: tuple[Contact, ...]
    place: Place

    def texts(self) -> Iterator[Text]:
        """Every translatable text of the guide, in reading order."""
        yield self.name
        for article in self.articles:
            yield from article.texts()
        for contact in self.contacts:
            yield from contact.texts()


@dataclass(frozen=True, slots=True)
class Origin:
    """Help at home: a country that travellers leave, and its contacts."""

    iso: str
    name: Text
    contacts: tuple[Contact, ...]
    place: Place

    def texts(self) -> Iterator[Text]:
        """Every translatable text of the origin."""
        yield self.name
        for contact in self.contacts:
            yield from contact.texts()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Head of a common page: its words and the days on which its sources were and will be read."""

    title: Text
    lead: Text
    verified_on: date
    review_by: date
    place: Place


@dataclass(frozen=True, slots=True)
class Sign:
    """A card: one sign of forced labour, its pictogram and its facts."""

    id: str
    icon: str
    title: Text
    text: Text
    facts: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the offer check. ``good`` (yes or no) is the answer that needs no care."""

    id: str
    icon: str
    question: Text
    good: str
    advice: Text
    facts: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Notice:
    """An urgent notice for one destination, shown to the end of the day ``until``."""

    id: str
    destination: str
    until: date
    text: Text
    facts: tuple[str, ...]
    passports: tuple[str, ...]
    verified_on: date
    place: Place


@dataclass(frozen=True, slots=True)
class Common:
    """What every destination shares.

    ``results`` are the closing words of the offer check: ``none``, ``some``, ``ask``.
    ``phrases`` are requests to show to an officer; ``officer_languages`` names by
    destination the languages that an officer reads, the first one is shown, and
    ``officer`` holds the requests in those languages, by language and context.
    """

    signs_page: Sheet | None = None
    signs: tuple[Sign, ...] = ()
    offer_page: Sheet | None = None
    questions: tuple[Question, ...] = ()
    results: Mapping[str, Text] = field(default_factory=dict)
    officer_title: Text | None = None
    officer_lead: Text | None = None
    phrases: tuple[Text, ...] = ()
    officer_languages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    officer: Mapping[str, Mapping[str, Translation]] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()

    def texts(self) -> Iterator[Text]:
        """Every translatable text, in the order of the files."""
        for page in (self.signs_page, self.offer_page):
            if page is not None:
                yield page.title
                yield page.lead
        for sign in self.signs:
            yield sign.title
            yield sign.text
        for question in self.questions:
            yield question.question
            yield question.advice
        yield from self.results.values()
        if self.officer_title is not None and self.officer_lead is not None:
            yield self.officer_title
            yield self.officer_lead
        yield from self.phrases
        for notice in self.notices:
            yield notice.text


class State(StrEnum):
    """How far a translation has come; a PO comment carries the word."""

    MACHINE_DRAFT = "machine-draft"
    TRANSLATED = "translated"
    REVIEWED = "reviewed"


@dataclass(frozen=True, slots=True)
class Translation:
    """One PO entry: the text, and the English that it was made from."""

    context: str
    made_from: str
    text: str
    state: State
    place: Place


@dataclass(frozen=True, slots=True)
class Language:
    """Everything that makes a language, as read from ``languages.toml``.

    ``fallback`` is tried in order when an article is not translated.
    ``generated_from`` names the language that this one is transliterated from.
    ``date`` is a pattern with ``{day}``, ``{month}`` and ``{year}``; ``months``
    are the twelve forms that stand in it. ``alphabet`` is every letter that a
    text may use, lower case. ``font`` is the family of the kiosk's assets.
    ``common_words`` are small words that tell it from other languages,
    ``longest_word`` and ``longest_sentence`` what a reader and a screen can bear.
    ``name`` is the English one, for operators' logs. ``place`` is the head of its table.
    """

    code: str
    endonym: str
    script: str
    direction: str
    plural: str
    date: str
    months: tuple[str, ...]
    alphabet: frozenset[str]
    font: str
    greeting: str
    fallback: tuple[str, ...] = ()
    generated_from: str | None = None
    keyboard: str | None = None
    voice: str | None = None
    common_words: frozenset[str] = frozenset()
    longest_word: int = 24
    longest_sentence: int = 20
    name: str = ""
    place: Place = Place("content/languages.toml", 1)


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that ``guides/``, ``origins/``, ``common/`` and ``facts/`` hold.

    ``translations`` maps a *home* (``guides/RU``, ``origins`` or ``common``) and a
    language code to that catalogue's entries by context.
    """

    guides: tuple[Guide, ...]
    origins: tuple[Origin, ...]
    languages: tuple[Language, ...]
    facts: Mapping[str, Fact]
    contact_facts: Mapping[str, ContactFact]
    translations: Mapping[tuple[str, str], Mapping[str, Translation]] = field(default_factory=dict)
    common: Common = field(default_factory=Common)

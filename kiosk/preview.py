"""Previews: any page as the kiosk shows it, as PNG files.

Promise: *what an editor sees is what a traveller sees*: the same app, the same library
and the same pixels as on the glass.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from content.library import Library
from kiosk.app import make_kiosk
from kiosk.driver import Driver
from kiosk.settings import Settings
from kiosk.visit import START, Route

SHARED = {
    "guide": "guide",
    "contacts": "contacts",
    "eleven-signs": "signs",
    "check-offer": "check_offer",
    "show-officer": "show_officer",
}
"""Pages that every destination has, and their screens."""

PLAIN = ("start", "destinations", "about", "service", "neutral")
"""Screens that need no destination."""


class PreviewError(Exception):
    """There is no such page; the message says what there is."""


@dataclass(frozen=True)
class Wanted:
    """Which pages: every combination of what the lists hold.

    ``pages`` are article ids or names of shared pages (guide, contacts, eleven-signs, ...).
    """

    destinations: Sequence[str]
    pages: Sequence[str]
    languages: Sequence[str]
    passports: Sequence[str]
    large: bool = False
    contrast: bool = False
    low: bool = False
    whole: bool = False


class Previews:
    """Draws pages one after another in one window.

    Args:
        settings: the kiosk's settings; the panel gives size and orientation.
        library: the release to show.
        locales: the folder of the kiosk's own words.
        out: a folder for the pictures.
    """

    def __init__(self, settings: Settings, library: Library, locales: Path, out: Path) -> None:
        self._kiosk = make_kiosk(settings, library, locales)
        self._kiosk.rehearses = False
        self._driver = Driver(self._kiosk)
        self._library = library
        self._out = out

    def draw(self, wanted: Wanted) -> Iterator[Path]:
        """Save every page; yields each picture.

        Raises:
            PreviewError: a destination, page, language or passport does not exist.
        """
        visit = self._kiosk.visit
        visit.large, visit.contrast, visit.low = wanted.large, wanted.contrast, wanted.low
        choices = itertools.product(wanted.languages, wanted.passports, wanted.destinations, wanted.pages)
        for language, passport, destination, page in choices:
            route = self._route(destination, page, language)
            visit.language, visit.passport = language, passport
            visit.trail = [START, route]
            self._kiosk._show(route)
            yield from self._shots(f"{destination}-{page}-{language}-{passport}", wanted)

    def _shots(self, name: str, wanted: Wanted) -> Iterator[Path]:
        marks = [mark for mark in ("large", "contrast", "low") if getattr(wanted, mark)]
        stem = "-".join([name, *marks])
        scroll = self._kiosk.screen.scroll
        yield self._driver.picture(self._out / f"{stem}.png")
        number = 2
        while wanted.whole and scroll.items and scroll.below:
            scroll.page(1)
            yield self._driver.picture(self._out / f"{stem}-{number}.png")
            number += 1

    def _route(self, destination: str, page: str, language: str) -> Route:
        if language not in {one.code for one in self._library.languages()}:
            known = ", ".join(one.code for one in self._library.languages())
            raise PreviewError(f"There is no language {language!r}. Choose one of: {known}.")
        if page in PLAIN:
            return Route(page)
        known_places = [card.iso for card in self._library.destinations(language)]
        if destination not in known_places:
            raise PreviewError(
                f"There is no destination {destination!r}. Choose one of: {', '.join(known_places)}."
            )
        guide = self._library.guide(destination, language, "")
        articles = [card.id for card in guide.articles]
        if page in articles:
            return Route("article", destination, page)
        if page in SHARED:
            return Route(SHARED[page], destination)
        officer = self._library.officer(destination, language)
        cards = [f"officer-{card.id}" for card in officer.cards] if officer else []
        if page in cards:
            return Route("officer_card", destination, page.removeprefix("officer-"))
        known = ", ".join([*articles, *SHARED, *cards])
        raise PreviewError(f"{destination} has no page {page!r}. Choose one of: {known}.")

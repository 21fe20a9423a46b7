"""The tour: the app walked through by touches, one picture per screen and language."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path

from content.library import Library
from kiosk.app import make_kiosk
from kiosk.driver import Driver
from kiosk.settings import Settings
from kiosk.visit import START, Route


class Tour:
    """Walks the kiosk and saves what it sees.

    Args:
        settings: the kiosk's settings.
        library: the release to show.
        locales: the folder of the kiosk's own words.
        out: where the pictures go.
    """

    def __init__(self, settings: Settings, library: Library, locales: Path, out: Path) -> None:
        self._kiosk = make_kiosk(settings, library, locales)
        self._driver = Driver(self._kiosk)
        self._out = out
        self._shots: list[Path] = []

    def walk(
        self,
        languages: list[str] | None,
        large: bool = False,
        contrast: bool = False,
        articles: bool = False,
    ) -> Iterator[Path]:
        """Every screen in every language; yields each picture, the index page last.

        ``articles`` adds the first screenful of every article of every destination.
        """
        for language in self._kiosk.languages():
            if languages and language.code not in languages:
                continue
            yield from self._walk_language(language.code, language.endonym, large, contrast)
            if articles:
                yield from self._walk_articles(language.code)
        yield self._index()

    def _walk_language(self, code: str, endonym: str, large: bool, contrast: bool) -> Iterator[Path]:
        kiosk, driver = self._kiosk, self._driver
        said = kiosk.said
        kiosk.finish()
        driver.settle()
        if large:
            driver.press(said("Large text"))
        if contrast:
            driver.press(said("High contrast"))
        yield self._shot(code, "start")
        driver.press(endonym)
        yield self._shot(code, "destinations")
        destination = kiosk.destinations()[0]
        driver.press(destination.name)
        yield self._shot(code, "guide")
        driver.press(self._passport_chip())
        yield self._shot(code, "passport")
        driver.press(said("Go back"))
        guide = kiosk.library.guide(destination.iso, kiosk.visit.language, kiosk.visit.passport)
        driver.press(guide.articles[0].title)
        yield self._shot(code, "article")
        yield from self._pages(code, "article")
        driver.press(said("Go back"))
        driver.press(said("Useful numbers"))
        yield self._shot(code, "contacts")
        driver.press(said("Show the code"))
        yield self._shot(code, "code")
        driver.press(said("Go back"))
        driver.press(said("Other language"))
        yield self._shot(code, "language")
        driver.press(said("Go back"))
        driver.press(said("Go back"))
        yield from self._walk_common(code, destination.iso)
        kiosk.finish()
        driver.settle()
        driver.press(endonym)
        driver.press(said("What is this?"))
        yield self._shot(code, "about")
        kiosk.go(Route("service"))
        driver.settle()
        yield self._shot(code, "service")
        yield from self._pages(code, "service")
        kiosk.back()
        kiosk.show_idle()
        driver.settle()
        yield self._shot(code, "idle")
        driver.press(said("Quick exit"))
        yield self._shot(code, "neutral")

    def _walk_common(self, code: str, iso: str) -> Iterator[Path]:
        """From a guide: signs, a request to an officer, the offer check to its end."""
        kiosk, driver, said = self._kiosk, self._driver, self._kiosk.said
        signs, officer = kiosk.library.signs(code), kiosk.library.officer(iso, code)
        offer = kiosk.library.offer(code)
        if signs is not None:
            driver.press(signs.title)
            yield self._shot(code, "signs")
            driver.press(said("Go back"))
        if officer is not None:
            driver.press(officer.title)
            yield self._shot(code, "show-officer")
            driver.press(officer.cards[0].text)
            yield self._shot(code, "officer-card")
            driver.press(said("Go back"))
            driver.press(said("Go back"))
        if offer is not None:
            driver.press(offer.title)
            yield self._shot(code, "check-offer")
            for _question in offer.questions:
                driver.press(said("I do not know"))
            yield self._shot(code, "check-offer-result")
            driver.press(said("Go back"))

    def _walk_articles(self, code: str) -> Iterator[Path]:
        kiosk = self._kiosk
        kiosk.visit.language = code
        for card in kiosk.destinations():
            for article in kiosk.library.guide(card.iso, code, kiosk.visit.passport).articles:
                route = Route("article", card.iso, article.id)
                kiosk.visit.trail = [START, route]
                kiosk._show(route)
                yield self._shot(code, f"{card.iso}-{article.id}")

    def _passport_chip(self) -> str:
        kiosk = self._kiosk
        return f"{kiosk.said('Passport')}: {kiosk.passport_name(kiosk.visit.passport)}"

    def _pages(self, code: str, name: str) -> Iterator[Path]:
        scroll = self._kiosk.screen.scroll
        number = 2
        while scroll.below and number < 12:
            scroll.page(1)
            self._driver.settle()
            yield self._shot(code, f"{name}-{number}")
            number += 1

    def _shot(self, code: str, name: str) -> Path:
        path = self._driver.picture(self._out / code / f"{name}.png")
        self._shots.append(path)
        return path

    def _index(self) -> Path:
        rows = "".join(
            f'<figure><img loading="lazy" src="{html.escape(shot.relative_to(self._out).as_posix())}" alt="">'
            f"<figcaption>{html.escape(shot.relative_to(self._out).as_posix())}</figcaption></figure>"
            for shot in self._shots
        )
        page = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Kiosk tour</title>'
            "<style>body{font:16px sans-serif;display:flex;flex-wrap:wrap;gap:16px}"
            "figure{margin:0}img{width:270px;border:1px solid #6e7c85}</style>"
            f"{rows}</html>\n"
        )
        path = self._out / "index.html"
        path.write_text(page, encoding="utf-8")
        return path

"""The kiosk's command line: run, tour, preview.

Nothing here imports Kivy until settings and library have been read, so that a bad
file is a sentence on the terminal and a page on the glass, never a traceback.
"""

from __future__ import annotations

import argparse
import dataclasses
import logging
import os
import sys
from pathlib import Path

from content.library import LibraryError
from kiosk.environment import AssetError, check_assets, headless, prepare
from kiosk.panel import PANELS
from kiosk.releases import Shelf, is_any_whole, open_active
from kiosk.settings import PASSPORTS, Settings, SettingsError, read_settings

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "locales"
DATA = ROOT / "out" / "data"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 is success, 1 a setting or file that must be mended."""
    chosen = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        return int(chosen.run(chosen))
    except (SettingsError, LibraryError) as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python main.py", description="The Safe Airports kiosk.")
    commands = parser.add_subparsers(required=True, metavar="command")
    run = commands.add_parser("run", help="show the kiosk; without a display, make the tour")
    run.add_argument("--windowed", action="store_true", help="a window instead of the full screen")
    tour = commands.add_parser("tour", help="walk through every screen and save a picture of each")
    tour.add_argument("--out", type=Path, default=ROOT / "out" / "tour", help="folder for the pictures")
    tour.add_argument("--languages", nargs="*", metavar="CODE", help="only these languages")
    tour.add_argument("--large", action="store_true", help="with large text")
    tour.add_argument("--contrast", action="store_true", help="with high contrast")
    tour.add_argument("--articles", action="store_true", help="and every article of every destination")
    preview = commands.add_parser("preview", help="save any page as the kiosk shows it")
    preview.add_argument("--destination", nargs="+", default=["RU"], metavar="ISO", help="default: RU")
    preview.add_argument(
        "--article",
        nargs="+",
        default=["before"],
        metavar="PAGE",
        help="article ids, or guide, contacts, eleven-signs, check-offer, show-officer, officer-doctor",
    )
    preview.add_argument("--language", nargs="+", default=["en"], metavar="CODE", help="default: en")
    preview.add_argument("--passport", nargs="+", default=["UZ"], choices=PASSPORTS, help="default: UZ")
    preview.add_argument("--large", action="store_true", help="with large text")
    preview.add_argument("--contrast", action="store_true", help="with high contrast")
    preview.add_argument("--low", action="store_true", help="with low reach")
    preview.add_argument("--whole", action="store_true", help="every screenful, not only the first")
    preview.add_argument("--out", type=Path, default=ROOT / "out" / "preview", help="folder for the pictures")
    for command, function in ((run, _run), (tour, _tour), (preview, _preview)):
        command.add_argument("--config", type=Path, default=ROOT / "kiosk.toml", help="the settings file")
        command.add_argument("--panel", choices=sorted(PANELS), help="another panel than the file says")
        command.set_defaults(run=function)
    return parser


def _settings(chosen: argparse.Namespace) -> Settings:
    settings = read_settings(chosen.config, DATA)
    if chosen.panel:
        settings = dataclasses.replace(settings, panel=PANELS[chosen.panel])
    return settings


def _run(chosen: argparse.Namespace) -> int:
    if headless():
        print("There is no display, so the kiosk walks through its screens by itself.")
        chosen.out, chosen.languages = ROOT / "out" / "tour", None
        chosen.large = chosen.contrast = chosen.articles = False
        return _tour(chosen)
    try:
        check_assets()
        settings = _settings(chosen)
        shelf = Shelf(settings.data)
    except (AssetError, SettingsError, LibraryError) as error:
        print(error, file=sys.stderr)
        return _static_page(chosen, str(error), waits=isinstance(error, LibraryError))
    _prepare(settings, chosen.windowed or settings.windowed, offscreen=False)
    from kiosk.app import KioskApp, make_kiosk

    KioskApp(make_kiosk(settings, shelf.shown.library, LOCALES, shelf)).run()
    return 0


def _prepare(settings: Settings, windowed: bool, offscreen: bool) -> None:
    prepare(settings.panel, windowed, offscreen, settings.data)


def _static_page(chosen: argparse.Namespace, trouble: str, waits: bool) -> int:
    """No settings or no guides: a page with a help number, and the message for the operator.

    A kiosk that ``waits`` for guides starts anew as soon as there are some.
    """
    try:
        settings: Settings | None = _settings(chosen)
    except SettingsError:
        settings = None
    panel = settings.panel if settings else PANELS[chosen.panel or "21.5-portrait"]
    prepare(panel, chosen.windowed, offscreen=headless())
    from kiosk.static_page import show

    def mended() -> bool:
        return waits and settings is not None and is_any_whole(settings.data)

    show(panel, settings.help_phone if settings else "", trouble, mended)
    if mended():
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    return 1


def _tour(chosen: argparse.Namespace) -> int:
    settings = _settings(chosen)
    release = open_active(settings.data)
    _prepare(settings, windowed=False, offscreen=True)
    from kiosk.tour import Tour

    for path in Tour(settings, release.library, LOCALES, chosen.out).walk(
        chosen.languages, chosen.large, chosen.contrast, chosen.articles
    ):
        print(path)
    return 0


def _preview(chosen: argparse.Namespace) -> int:
    settings = _settings(chosen)
    release = open_active(settings.data)
    _prepare(settings, windowed=False, offscreen=True)
    from kiosk.preview import PreviewError, Previews, Wanted

    wanted = Wanted(
        chosen.destination,
        chosen.article,
        chosen.language,
        chosen.passport,
        chosen.large,
        chosen.contrast,
        chosen.low,
        chosen.whole,
    )
    try:
        for path in Previews(settings, release.library, LOCALES, chosen.out).draw(wanted):
            print(path)
    except PreviewError as error:
        print(error, file=sys.stderr)
        return 1
    return 0

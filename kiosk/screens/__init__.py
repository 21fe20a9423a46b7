"""One file per screen. ``open_screen`` finds the class of a route, importing it on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiosk.app import Kiosk
    from kiosk.screens.frame import Screen
    from kiosk.visit import Route

SCREENS = {
    "about": "AboutScreen",
    "article": "ArticleScreen",
    "check_offer": "CheckOfferScreen",
    "code": "CodeScreen",
    "contacts": "ContactsScreen",
    "destinations": "DestinationsScreen",
    "guide": "GuideScreen",
    "idle": "IdleScreen",
    "language": "LanguageScreen",
    "neutral": "NeutralScreen",
    "officer_card": "OfficerCardScreen",
    "passport": "PassportScreen",
    "service": "ServiceScreen",
    "show_officer": "ShowOfficerScreen",
    "signs": "SignsScreen",
    "start": "StartScreen",
}


def open_screen(kiosk: Kiosk, route: Route) -> Screen:
    """Build the screen of a route. It is not placed yet."""
    module = import_module(f"kiosk.screens.{route.screen}")
    return getattr(module, SCREENS[route.screen])(kiosk, route)


def load_screens() -> None:
    """Import every screen, so that no first tap waits for a module."""
    for name in SCREENS:
        import_module(f"kiosk.screens.{name}")
    import_module("qrcode")

"""The composition root: wires library, visit, words and screens, and owns the glass.

Promise: *the kiosk always answers, and nothing of a visit remains.* Nothing here is
written to disk; the end of a visit drops every part, text and texture that it
made. A tap changes the screen in the next frame, because the screen that a
control leads to is laid out while the finger is still on it.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kivy.app import App
from kivy.base import ExceptionHandler, ExceptionManager
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.graphics.opengl import glFlush

from content.library import ContactView, DestinationCard, LanguageInfo, Library, OriginCard
from kiosk import speaking
from kiosk.i18n import Words as Catalogue
from kiosk.pace import rest_until_touched
from kiosk.releases import Release, Shelf
from kiosk.screens import load_screens, open_screen
from kiosk.screens.frame import LOW_REACH, Screen
from kiosk.settings import Settings
from kiosk.theme import Style
from kiosk.visit import NEUTRAL, START, Route, Visit
from kiosk.widgets.node import Node
from kiosk.widgets.press import SLACK, Pressable, Touch
from kiosk.widgets.words import forget_words, register_fonts

if TYPE_CHECKING:
    from kivy.input import MotionEvent

log = logging.getLogger(__name__)

One = TypeVar("One")

TOGGLES = ("large", "contrast", "low")

WARM_SECONDS = 0.5
"""After the first frame, what the next taps need is imported."""

ASK_FIRST = ("trafficking", "migration_authority", "ngo", "labour", "consulate")
"""Kinds of contact that know whether a job offer is sound, the best first."""

QUIET_SECONDS = 3
"""So long after a touch nobody is about to tap again."""

LOOK_SECONDS = 30
"""Between two looks for another release, while nobody uses the screen."""

FIRST_TAPS = ("destinations", "guide", "contacts")
"""Screens that are drawn once, unseen, before anybody opens them."""

WHEEL = {"scrollup": 1, "scrolldown": -1}
"""Kivy's names of the wheel: what the page does, 1 is towards its end."""

WHEEL_MILLIMETRES = 14

Key = tuple[Route, Style, str, str]
"""What a laid-out screen depends on: route, style, language, passport."""


class Kiosk:
    """What the screens talk to.

    Args:
        settings: what this kiosk is told at start.
        library: the release that is shown.
        catalogue: the kiosk's own words.
        now: a clock in seconds for idle and debounce.
        today: today's date, for the check dates.
        shelf: where newer releases come from; ``None`` shows the library for ever.
    """

    def __init__(
        self,
        settings: Settings,
        library: Library,
        catalogue: Catalogue,
        now: Callable[[], float] = time.monotonic,
        today: Callable[[], date] = date.today,
        shelf: Shelf | None = None,
    ) -> None:
        self.settings = settings
        self.today = today
        self.shelf = shelf
        self._catalogue = catalogue
        self._now = now
        self._take(library)
        self.visit = self._new_visit()
        self.glass = Node(size=(settings.panel.width, settings.panel.height))
        self.glass.on_touch_down = self._touch_down
        self.glass.on_touch_move = self._touch_move
        self.glass.on_touch_up = self._touch_up
        self.touch = Touch(now, self._foresee, self._press, self._change_mind)
        self.screen: Screen | None = None
        self._next: tuple[Key, Screen] | None = None
        self._drawn: Screen | None = None
        self._under: Screen | None = None
        self._littered = False
        self.rehearses = True
        """Whether the first taps are made quick in advance; previews need none."""
        self._last_touch = now()
        self._last_tick = now()
        self._last_look = now()

    def _take(self, library: Library) -> None:
        """Ask this library from now on: its languages, their order and their fallbacks."""
        self.library = library
        languages = library.languages()
        self._catalogue = self._catalogue.along({one.code: one.fallback for one in languages})
        self._languages = _in_order(languages, self.settings.languages, lambda one: one.code)

    def _new_visit(self) -> Visit:
        return Visit(self._languages[0].code, self.settings.passport)

    # -- what screens ask

    @property
    def style(self) -> Style:
        """Panel, palette and text size of this visit."""
        visit = self.visit
        return Style(self.settings.panel, visit.large, visit.contrast, visit.low)

    @property
    def low_reach_helps(self) -> bool:
        """Whether the panel is higher than low reach."""
        return self.settings.panel.height > self.settings.panel.px(LOW_REACH)

    def said(self, message: str) -> str:
        """One of the kiosk's own words in the visit's language."""
        return self._catalogue.say(self.visit.language, message)

    def languages(self) -> list[LanguageInfo]:
        """The languages in the airport's order."""
        return self._languages

    def greetings(self) -> list[str]:
        """Each language's greeting, in the airport's order."""
        return [language.greeting for language in self._languages]

    def airport_name(self) -> str:
        """The airport in the visit's language."""
        names = self.settings.airport_names
        return names.get(self.visit.language, names["en"])

    def destinations(self) -> list[DestinationCard]:
        """Destinations in the airport's order."""
        cards = self.library.destinations(self.visit.language)
        return _in_order(cards, self.settings.destinations, lambda card: card.iso)

    def origins(self) -> tuple[OriginCard, ...]:
        """Citizenships to choose from."""
        return self.library.origins(self.visit.language)

    def passport_name(self, iso: str) -> str:
        """A citizenship's country in the visit's language."""
        return next((origin.name for origin in self.origins() if origin.iso == iso), iso)

    def fallback_note(self, shown: str, wanted: str) -> str:
        """What to say where a text is not in the traveller's language, or nothing."""
        if shown == wanted:
            return ""
        endonym = next((one.endonym for one in self._languages if one.code == shown), shown)
        return self.said("Shown in: {language}").format(language=endonym)

    def kind_name(self, kind: str) -> str:
        """The heading of a kind of contact."""
        return self.said(speaking.KINDS[kind])

    def hours(self, contact: ContactView) -> str:
        """When a contact answers, or nothing where nobody knows."""
        if contact.always:
            return self.said("Day and night")
        return contact.hours or ""

    def contact_facts(self, contact: ContactView) -> list[str]:
        """Hours, cost and languages of a contact, as far as they are known."""
        facts = [self.hours(contact)] if self.hours(contact) else []
        if contact.free is not None:
            facts.append(self.said("Free call") if contact.free else self.said("Paid call"))
        names = [
            self.said(speaking.LANGUAGES[code]) for code in contact.languages if code in speaking.LANGUAGES
        ]
        if names:
            facts.append(", ".join(names))
        return facts

    # -- moving

    def go(self, route: Route) -> None:
        """Open a route."""
        self._note_place()
        self.visit.go(route)
        self._show(route)

    def back(self) -> None:
        """One step back."""
        self._note_place()
        self._show(self.visit.back())

    def below(self, route: Route) -> Route:
        """Where one step back from a route leads, whether it is open or about to be."""
        trail = self.visit.trail
        return trail[max(0, trail.index(route) - 1)] if route in trail else trail[-1]

    def choose_language(self, code: str) -> None:
        """The first choice: language, then destinations."""
        self.visit.language = code
        self.go(Route("destinations"))

    def change_language(self, code: str) -> None:
        """Another language, same place."""
        self.visit.language = code
        self.back()

    def choose_passport(self, iso: str) -> None:
        """Another citizenship, same place."""
        self.visit.passport = iso
        self.back()

    def answer(self, value: str) -> None:
        """An answer of the offer check: yes, no or unknown. It lives in this visit alone."""
        self.visit.answers.append(value)
        self._show(self.visit.route)

    def take_back(self) -> None:
        """The question before."""
        self.visit.answers.pop()
        self._show(self.visit.route)

    def ask_again(self) -> None:
        """The offer check from its first question."""
        self.visit.answers.clear()
        self._show(self.visit.route)

    def ask_at_home(self) -> ContactView | None:
        """Whom to ask about a job offer before leaving: the body that knows about work abroad first."""
        contacts = self.library.origin_contacts(self.visit.passport, self.visit.language)
        rank = {kind: index for index, kind in enumerate(ASK_FIRST)}
        return min(contacts, key=lambda one: rank.get(one.kind, len(rank)), default=None)

    def toggle(self, name: str) -> None:
        """Switch large text, high contrast or low reach; keep the place."""
        assert name in TOGGLES
        self._note_place()
        setattr(self.visit, name, not getattr(self.visit, name))
        self._show(self.visit.route)

    def quick_exit(self) -> None:
        """Neutral page in the next frame, visit wiped."""
        self._end(NEUTRAL)

    def finish(self) -> None:
        """The visit is over."""
        self._end(START)

    def stay(self) -> None:
        """Somebody is still there: the page comes back as it was."""
        self._last_touch = self._now()
        if self._under is not None:
            under, self._under = self._under, None
            self._put(under)

    # -- the glass

    def start(self) -> None:
        """Show the first screen and begin to watch the time."""
        # Screens give their parts back themselves; what is left is collected in quiet
        # moments, so that no tap waits for it.
        gc.disable()
        self._show(START)
        Clock.schedule_interval(self._tick, 1.0)
        Clock.schedule_once(self._rehearse, WARM_SECONDS)

    def _rehearse(self, _elapsed: float) -> None:
        """After the first frame: import and draw once, unseen, what the first taps will need."""
        if not self.rehearses:
            return
        load_screens()
        resting = self.screen
        if resting is None or resting.route != START or self.touch.control is not None:
            return
        self._draw_first_taps()
        self._hang(resting)
        _collect_all()

    def _draw_first_taps(self) -> None:
        """Draw unseen what is opened first. Somebody has to hang the seen screen again."""
        iso = self.destinations()[0].iso
        for name in FIRST_TAPS:
            screen = self._build(Route(name, "" if name == "destinations" else iso))
            self._draw_behind(screen)
            screen.leave()

    def _note_place(self) -> None:
        """Remember how far down the page is, for whoever comes back to it."""
        scroll = self.screen.scroll if self.screen is not None else None
        share = scroll.offset / scroll.reach if scroll is not None and scroll.reach else 0.0
        self.visit.places[self.visit.route] = share

    def _build(self, route: Route) -> Screen:
        screen = open_screen(self, route)
        panel = self.settings.panel
        screen.place(self.style, 0, 0, panel.width, panel.height)
        if share := self.visit.place(route):
            screen.scroll.go_to_share(share)
        return screen

    def _key(self, route: Route) -> Key:
        return (route, self.style, self.visit.language, self.visit.passport)

    def _show(self, route: Route) -> None:
        foreseen, self._next = self._next, None
        if foreseen is not None and foreseen[0] == self._key(route):
            self._put(foreseen[1])
            return
        if foreseen is not None:
            foreseen[1].leave()
        self._put(self._build(route))

    def _put(self, screen: Screen) -> None:
        old, self.screen = self.screen, screen
        drawn, self._drawn = self._drawn, None
        self.touch.forget()
        if drawn is screen and not Window.canvas.needs_redraw:
            # Its picture waits behind the glass: turn it to the front.
            Window.dispatch("on_flip")
        else:
            self._hang(screen)
        screen.scroll.held = False
        if old is not None and old is not screen and old is not self._under:
            old.leave()
            self._littered = True

    def _hang(self, screen: Screen) -> None:
        """Make a screen what the next frame draws."""
        Window.clearcolor = self.style.colour("ground")
        self.glass.clear_widgets()
        self.glass.add_widget(screen)

    def _end(self, route: Route) -> None:
        foreseen = self._next[1] if self._next is not None else None
        for screen in (self._under, foreseen):
            if screen is not None:
                screen.leave()
        self._under = self._next = None
        self.visit = self._new_visit()
        self.visit.trail = [START] if route == START else [START, route]
        self._show(route)
        self._last_touch = self._now()
        Clock.schedule_once(self._sweep, 0)

    def _sweep(self, _elapsed: float) -> None:
        """After the neutral page is on the glass: give everything back."""
        forget_words()
        gc.collect()

    # -- touches

    def _foresee(self, control: Pressable) -> None:
        """The finger is down: once the press shows, draw where this control leads."""
        if control.leads_to is not None:
            Clock.schedule_once(lambda _elapsed: self._draw_ahead(control), 0)

    def _draw_ahead(self, control: Pressable) -> None:
        """Lay out and draw the next screen behind the one that is seen.

        What is drawn stays hidden until the buffers are flipped, so that letting go has
        nothing left to do but flip. A finger that slides off hangs the old screen again.
        """
        if self.touch.control is not control:
            return
        kept = self.visit.language
        self.visit.language = control.language or kept
        try:
            screen = self._build(control.leads_to)
            self._next = (self._key(control.leads_to), screen)
        finally:
            self.visit.language = kept
        self._draw_behind(screen)
        self._drawn = screen

    def _draw_behind(self, screen: Screen) -> None:
        """Draw a screen into the buffer that is not seen."""
        screen.scroll.held = True
        self._hang(screen)
        Window.dispatch("on_draw")
        glFlush()

    def _change_mind(self) -> None:
        """The finger slid off: the screen that was drawn ahead goes."""
        foreseen, self._next = self._next, None
        self._drawn = None
        if foreseen is not None and self.screen is not None:
            foreseen[1].leave()
            self._hang(self.screen)

    def _press(self, control: Pressable) -> None:
        control.dispatch("on_release")
        if control.leads_to is None or not control.opens:
            return
        if control.leads_to == START:
            self.finish()
        elif control.step:
            self.visit.step(control.leads_to)
            self._show(control.leads_to)
        else:
            self.go(control.leads_to)

    def _touch_down(self, touch: MotionEvent) -> bool:
        self._last_touch = self._now()
        if touch.button in WHEEL:
            self._wheel(touch)
        elif self.screen is not None:
            self.touch.down(self.screen, touch, self.settings.panel.density * SLACK)
        return True

    def _wheel(self, touch: MotionEvent) -> None:
        """A mouse wheel at somebody's desk scrolls what the pointer is on."""
        scroll = self.screen.scroll if self.screen is not None else None
        if scroll is not None and scroll.collide_point(touch.x, touch.y):
            scroll.move_to(scroll.offset + WHEEL[touch.button] * self.style.px(WHEEL_MILLIMETRES))

    def _touch_move(self, touch: MotionEvent) -> bool:
        self._last_touch = self._now()
        self.touch.move(touch, self.settings.panel.density * SLACK)
        return True

    def _touch_up(self, touch: MotionEvent) -> bool:
        self._last_touch = self._now()
        self.touch.up(touch, self.settings.panel.density * SLACK)
        return True

    # -- time

    def _tick(self, _elapsed: float) -> None:
        now = self._now()
        elapsed, self._last_tick = now - self._last_tick, now
        if self.screen is not None:
            self.screen.tick(elapsed)
        held = self.touch.held()
        if held is not None:
            self.go(held.held_opens)
        if self._littered and now - self._last_touch >= QUIET_SECONDS:
            self._littered = False
            gc.collect()
        resting = self.visit.trail == [START] and self.visit == self._new_visit()
        at_rest = resting or self.visit.route == NEUTRAL
        if at_rest:
            self._look_for_release(now)
        elif self._under is None and now - self._last_touch >= self.settings.idle_seconds:
            self.show_idle()

    def show_idle(self) -> None:
        """Cover the page and ask whether somebody is still there."""
        self._under = self.screen
        self._put(self._build(Route("idle")))

    # -- releases

    def _look_for_release(self, now: float) -> None:
        """Nobody uses the screen: if another release is active by now, show that one."""
        quiet = now - self._last_touch >= QUIET_SECONDS and not self.touch.busy
        if self.shelf is None or not quiet or now - self._last_look < LOOK_SECONDS:
            return
        self._last_look = now
        release = self.shelf.newer()
        if release is not None:
            self._change_release(self.shelf, release)

    def _change_release(self, shelf: Shelf, release: Release) -> None:
        """Show another release, whole, or go on with the one that is shown."""
        before, resting = self.library, self.screen
        self._change_mind()
        try:
            self._take(release.library)
            self._wait_again()
            fresh = self._build(self.visit.route)
            if self.rehearses:
                self._draw_first_taps()
        except Exception as error:  # Whatever a release does to a screen: the old one stays.
            log.error("Release %s cannot be shown (%s).", release.number, type(error).__name__)
            self._take(before)
            self._wait_again()
            self._hang(resting)
            release.close()
            return
        self._put(fresh)
        shelf.show(release)
        _collect_all()

    def _wait_again(self) -> None:
        """A visit that has not begun, in the languages that there are now, on the same page."""
        trail = self.visit.trail
        self.visit = self._new_visit()
        self.visit.trail = trail


def _in_order(items: Iterable[One], order: tuple[str, ...], name: Callable[[One], str]) -> list[One]:
    """Items whose name stands in ``order`` first, the others behind as they came."""
    place = {code: index for index, code in enumerate(order)}
    return sorted(items, key=lambda item: place.get(name(item), len(place)))


class Logged(ExceptionHandler):
    """An error in one event never takes the glass away: log it, go to the start."""

    def __init__(self, kiosk: Kiosk) -> None:
        super().__init__()
        self._kiosk = kiosk

    def handle_exception(self, inst: Exception) -> int:
        """Show the start again; a kiosk that cannot even do that is restarted."""
        if self._kiosk.visit.trail == [START]:
            return ExceptionManager.RAISE
        # The type and place of an error, never its message: that might hold what was read.
        log.error("A screen failed (%s); back to the start.", type(inst).__name__)
        self._kiosk.finish()
        return ExceptionManager.PASS


class KioskApp(App):
    """Kivy's application around one kiosk, with every way out closed."""

    use_kivy_settings = False

    def __init__(self, kiosk: Kiosk) -> None:
        super().__init__()
        self.kiosk = kiosk

    def build(self) -> Node:
        close_ways_out()
        rest_until_touched(Window)
        self.kiosk.start()
        return self.kiosk.glass

    def open_settings(self, *_args: object) -> bool:
        """There is no settings panel."""
        return False

    def get_application_config(self, *_args: object) -> None:
        """There is no configuration file."""

    def load_config(self) -> None:
        """Nothing is read or written."""


def close_ways_out() -> None:
    """Keys, closing, dropping files: without effect."""
    Window.bind(on_keyboard=lambda *_: True, on_key_down=lambda *_: True, on_key_up=lambda *_: True)
    Window.bind(on_request_close=lambda *_: True, on_drop_file=lambda *_: True, on_drop_text=lambda *_: True)


def make_kiosk(settings: Settings, library: Library, locales: Path, shelf: Shelf | None = None) -> Kiosk:
    """Wire a kiosk from its parts. With a shelf it changes to newer releases by itself."""
    register_fonts()
    return Kiosk(settings, library, Catalogue(locales, {}), shelf=shelf)


def _collect_all() -> None:
    """Collect, and leave out from now on what lives until it is switched off or the release changes."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()

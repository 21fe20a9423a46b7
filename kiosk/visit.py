"""One traveller's visit, from the first touch to its end.

Promise: *nothing of a visit remains.* Everything that a traveller chose lives in
this object and nowhere else; ``end`` throws it away. It is never written, logged
or sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Route:
    """Where in the kiosk one is: a screen and what it shows."""

    screen: str
    destination: str = ""
    article: str = ""
    contact: str = ""


START = Route("start")
NEUTRAL = Route("neutral")


@dataclass(slots=True)
class Visit:
    """What one traveller has chosen so far.

    ``default_language`` and ``default_passport`` are the airport's; ``trail`` is
    the way back, the current route last; ``places`` tells how far down each of its
    pages was left, from 0 to 1. ``answers`` are those of
    an offer check that is open; they go when it is left.
    """

    default_language: str
    default_passport: str
    language: str = ""
    passport: str = ""
    large: bool = False
    contrast: bool = False
    low: bool = False
    trail: list[Route] = field(default_factory=lambda: [START])
    places: dict[Route, float] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.language = self.language or self.default_language
        self.passport = self.passport or self.default_passport

    @property
    def route(self) -> Route:
        """Where the traveller is."""
        return self.trail[-1]

    def go(self, route: Route) -> None:
        """Open a route. Going where one has been shortens the way back."""
        if route in self.trail:
            del self.trail[self.trail.index(route) + 1 :]
        else:
            self.trail.append(route)
            self.places.pop(route, None)
        self._forget_answers()

    def step(self, route: Route) -> None:
        """Open a neighbour of the current route (next article) in its place."""
        self.trail[-1] = route

    def place(self, route: Route) -> float:
        """How far down a page on the way back was left; a new page starts at its top."""
        return self.places.get(route, 0.0) if route in self.trail else 0.0

    def back(self) -> Route:
        """Go back one step; the start stays the start."""
        if len(self.trail) > 1:
            self.places.pop(self.trail.pop(), None)
            self._forget_answers()
        return self.route

    def _forget_answers(self) -> None:
        """Answers last while their check is open or one step away from it."""
        if not any(route.screen == "check_offer" for route in self.trail):
            self.answers = []

    def end(self, route: Route = START) -> None:
        """Forget everything and stand at ``route``."""
        self.language = self.default_language
        self.passport = self.default_passport
        self.large = self.contrast = self.low = False
        self.trail = [replace(route)]
        self.places = {}
        self.answers = []

"""The sweep: every screen x language x text size x palette on one panel, read from the widget tree.

    python -m tests.kiosk.sweep 21.5-portrait

Prints one line per fault and exits with 1 if there is any.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from kiosk.visit import Route
from tests.kiosk.app import ROOT, library, open_window, settings

CONTROL = 20
GAP = 3
EDGE = 5
CAPITAL = 4.8
TEXT_CONTRAST = 7

SERVICE = Route("service")

WIDEST_TEXT = ("21.5-portrait", "15.6-landscape")
"""Panels with the least room for a word: the narrowest, and the densest."""


def routes(destination: str) -> list:
    """Every screen, with the longest content that each can have."""
    contacts = library().contacts(destination, "en", "UZ")
    officer = library().officer(destination, "en")
    found = [
        Route("start"),
        Route("destinations"),
        Route("guide", destination),
        Route("passport"),
        Route("language"),
        Route("contacts", destination),
        Route("contacts"),
        Route("about"),
        Route("idle"),
        Route("neutral"),
        Route("code", contact=max(contacts, key=lambda one: len(one.name)).id),
        Route("signs", destination),
        Route("check_offer", destination),
        Route("show_officer", destination),
        *(Route("officer_card", destination, card.id) for card in officer.cards[:3]),
    ]
    guide = library().guide(destination, "en", "UZ")
    return found + [Route("article", destination, card.id) for card in guide.articles]


def leave_notes(data: Path) -> None:
    """What an agent in trouble leaves, each text as long as it gets."""
    from sync.progress import Step, to_file
    from sync.state import Activation, State

    state = State(data / "state.sqlite")
    for number in (1041, 1042):
        activation = Activation(number, "stable", number, 1, "", "", {})
        state.activate(activation, {}, datetime(2026, 11, 25, 6, 40, tzinfo=UTC))
    address = "https://content.centre.example/kiosk/bundle/stable/from-1042"
    state.write_notes(
        {
            "reason": "clock",
            "trouble": f"{address}: the network sends us elsewhere (302). Is there a login page? " * 3,
            "asked": "2026-11-25T09:12:00Z",
            "last_success": "2026-09-24T21:03:00Z",
            "spent": "2026-11-25 148211300",
        }
    )
    state.close()
    to_file(data)(Step("fetching release 1043", 32_140_000, 148_700_000, 86_400.0, 4520.0))


class Sweep:
    """Walks the tree of one screen after another and notes faults."""

    def __init__(self, panel: str) -> None:
        open_window(panel)
        from fontTools.ttLib import TTFont

        from kiosk.app import make_kiosk

        fonts = ROOT / "kiosk" / "assets" / "fonts"
        self.kiosk = make_kiosk(settings(panel), library(), ROOT / "locales")
        self.glyphs = set(TTFont(fonts / "Inter-Regular.ttf").getBestCmap())
        self.glyphs &= set(TTFont(fonts / "Inter-SemiBold.ttf").getBestCmap())
        self.where = ""
        self.checked = 0
        self._temporary = tempfile.TemporaryDirectory(prefix="sweep-")
        self.notes = Path(self._temporary.name)
        leave_notes(self.notes)

    def run(self) -> Iterator[str]:
        """Every fault on this panel."""
        modes = [(False, False, False), (True, False, False), (False, True, False), (True, True, True)]
        for language in self.kiosk.languages():
            for large, contrast, low in modes:
                visit = self.kiosk.visit
                visit.language, visit.large, visit.contrast, visit.low = language.code, large, contrast, low
                for destination in self.destinations(large and not contrast):
                    for route in routes(destination):
                        name = "/".join(filter(None, (route.screen, route.destination, route.article)))
                        self.where = f"{language.code} {'large ' * large}{'contrast ' * contrast}{name}"
                        yield from self.screen(route)
                yield from self.service(f"{language.code} {'large ' * large}{'contrast ' * contrast}service")

    def service(self, name: str) -> Iterator[str]:
        """The operator's screen, where no agent ever ran and where one is in trouble."""
        kept = self.kiosk.settings
        for where, data in (("", kept.data), (" in trouble", self.notes)):
            self.where = name + where
            self.kiosk.settings = dataclasses.replace(kept, data=data)
            yield from self.screen(SERVICE)
        self.kiosk.settings = kept

    def destinations(self, whole: bool) -> list[str]:
        """Two guides in every mode; the others where text is largest, on the narrowest panels."""
        if not whole or self.kiosk.settings.panel.name not in WIDEST_TEXT:
            return ["RU", "KR"]
        return [card.iso for card in self.kiosk.destinations()]

    def screen(self, route) -> Iterator[str]:
        """Every fault of one screen, page by page."""
        screen = self.kiosk._build(route)
        seen: set[str] = set()
        while True:
            for fault in self.page(screen):
                if fault not in seen:
                    seen.add(fault)
                    yield f"{self.where}: {fault}"
            if not screen.scroll.items or not screen.scroll.below:
                break
            screen.scroll.move_to(screen.scroll.offset + 0.8 * screen.scroll.height)
        screen.leave()

    def page(self, screen) -> Iterator[str]:
        """Every fault of what is on the glass now."""
        from kiosk.widgets.press import pressables
        from kiosk.widgets.words import Words

        self.checked += 1
        controls = [one for one in pressables(screen) if one.opacity and not self.whole(one)]
        for control in controls:
            yield from self.control(screen, control)
        for index, one in enumerate(controls):
            for other in controls[index + 1 :]:
                yield from self.gap(one, other)
        texts = [part for part in screen.walk(restrict=True) if isinstance(part, Words) and part.text]
        for text in texts:
            yield from self.text(screen, text)
        yield from self.overlaps(texts)

    def whole(self, control) -> bool:
        return control.width == self.kiosk.settings.panel.width

    def box(self, part) -> tuple[float, float, float, float]:
        x, y = part.to_window(part.x, part.y)
        return x, y, x + part.width, y + part.height

    def visible(self, screen, part) -> bool:
        """Whether the part is not scrolled away, wholly."""
        _, bottom, _, top = self.box(part)
        scroll = screen.scroll
        if not _inside(part, scroll):
            return True
        return bottom >= scroll.y - 1 and top <= scroll.top + 1

    def control(self, screen, control) -> Iterator[str]:
        style = self.kiosk.style
        name = control.spoken or type(control).__name__
        if not control.spoken:
            yield f"a control without a spoken name: {type(control).__name__}"
        if min(control.width, control.height) < style.px(CONTROL) - 1:
            yield f"control {name!r} is {control.width:.0f} x {control.height:.0f} px"
        left, bottom, right, top = self.box(control)
        edge = style.px(EDGE) - 1
        panel = self.kiosk.settings.panel
        if left < edge or right > panel.width - edge:
            yield f"control {name!r} is too near the glass's edge"
        if self.visible(screen, control) and (bottom < edge or top > panel.height - edge):
            yield f"control {name!r} is too near the glass's edge"

    def gap(self, one, other) -> Iterator[str]:
        least = self.kiosk.style.px(GAP) - 1
        a, b = self.box(one), self.box(other)
        aside = max(a[0] - b[2], b[0] - a[2])
        above = max(a[1] - b[3], b[1] - a[3])
        scrolled = self.in_scroll(one) != self.in_scroll(other)
        if max(aside, above) < least and not scrolled:
            yield f"controls {one.spoken!r} and {other.spoken!r} are {max(aside, above):.0f} px apart"

    def in_scroll(self, part) -> bool:
        from kiosk.widgets.scroll import Scroll

        parent = part.parent
        while parent is not None and parent is not parent.parent:
            if isinstance(parent, Scroll):
                return True
            parent = parent.parent
        return False

    def text(self, screen, text) -> Iterator[str]:
        from kiosk.theme import contrast_ratio
        from kiosk.widgets.words import longest_word

        style = self.kiosk.style
        short = text.text[:40]
        if style.capital(text.role) < CAPITAL:
            yield f"text {short!r} has capitals of {style.capital(text.role)} mm"
        # An address or a path may end a line anywhere: it has no syllables to tear.
        words = " ".join(word for word in text.text.split() if "/" not in word)
        if longest_word(style, text.role, words) > text.width + 1:
            yield f"a word is broken in {short!r} ({text.width:.0f} px wide)"
        if text.fit(style, int(text.width)) > text.height + 1:
            yield f"text {short!r} is clipped: {text.fit(style, int(text.width))} in {text.height:.0f} px"
        left, bottom, right, top = self.box(text)
        if left < 0 or right > self.kiosk.settings.panel.width:
            yield f"text {short!r} runs outside the panel"
        if not self.in_scroll(text) and (bottom < 0 or top > self.kiosk.settings.panel.height):
            yield f"text {short!r} runs outside the panel"
        ratio = contrast_ratio(style.colour(text.ink), style.colour(_ground(text)))
        if ratio < TEXT_CONTRAST:
            yield f"text {short!r} has a contrast of {ratio:.1f}"
        missing = {sign for sign in text.text if ord(sign) not in self.glyphs}
        if missing:
            yield f"no glyph for {missing} in {short!r}"

    def overlaps(self, texts) -> Iterator[str]:
        inner = [text for text in texts if self.in_scroll(text)]
        outer = [text for text in texts if not self.in_scroll(text)]
        for group in (inner, outer):
            boxes = sorted((self.box(text), text.text[:30]) for text in group)
            for index, (a, one) in enumerate(boxes):
                for b, other in boxes[index + 1 :]:
                    if b[0] >= a[2]:
                        break
                    if min(a[3], b[3]) - max(a[1], b[1]) > 2 and min(a[2], b[2]) - max(a[0], b[0]) > 2:
                        yield f"texts {one!r} and {other!r} overlap"


def _inside(part, scroll) -> bool:
    parent = part.parent
    while parent is not None and parent is not parent.parent:
        if parent is scroll:
            return True
        parent = parent.parent
    return False


def _ground(text) -> str:
    parent = text.parent
    while parent is not None and parent is not parent.parent:
        fill = getattr(parent, "fill", "")
        if isinstance(fill, str) and fill:
            return fill
        parent = parent.parent
    return "ground"


def main(panel: str) -> int:
    """Sweep one panel; the number of faults is printed last."""
    sweep = Sweep(panel)
    faults = list(sweep.run())
    for fault in faults:
        print(fault)
    print(f"{panel}: {sweep.checked} pages, {len(faults)} faults")
    return 1 if faults or not sweep.checked else 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
    sys.exit(main(sys.argv[1]))

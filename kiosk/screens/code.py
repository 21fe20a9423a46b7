"""Code: one number in a phone. Digits beside it; gone after a minute."""

from __future__ import annotations

from kivy.graphics import Color, Rectangle
from kivy.graphics.texture import Texture

from kiosk.qr import modules, payload
from kiosk.screens.contacts import not_confirmed
from kiosk.screens.frame import Screen, beside
from kiosk.theme import Style
from kiosk.widgets.boxes import Column
from kiosk.widgets.controls import Countdown, WordButton
from kiosk.widgets.node import Node
from kiosk.widgets.words import Icon, Words

LEAST = 40
"""A code is never smaller than this, in millimetres, without its quiet zone."""

MODULE = 2.4
"""Least size of a module in millimetres; phones read it at arm's length."""

WANTED = 90
"""Wanted size of a code with its quiet zone, in millimetres: weak cameras need it large."""


class Code(Node):
    """A code in black on white, every module the same whole number of pixels."""

    def __init__(self, text: str, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.payload = text
        self._rows = modules(text)

    def module_pixels(self, style: Style) -> int:
        """Pixels of one module: whole, and as many as the wanted size holds."""
        inner = len(self._rows) - 8
        wanted = style.px(WANTED) // len(self._rows)
        return max(style.px(MODULE), -(-style.px(LEAST) // inner), wanted)

    def fit(self, style: Style, width: int) -> int:
        return self.module_pixels(style) * len(self._rows)

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        count = len(self._rows)
        side = self.module_pixels(style) * count
        self.canvas.clear()
        texture = Texture.create(size=(count, count), colorfmt="luminance")
        texture.mag_filter = texture.min_filter = "nearest"
        dark = bytes(0 if module else 255 for row in reversed(self._rows) for module in row)
        texture.blit_buffer(dark, colorfmt="luminance", bufferfmt="ubyte")
        with self.canvas:
            Color(1, 1, 1, 1)
            Rectangle(texture=texture, pos=(x, y + (height - side) // 2), size=(side, side))


class CodeRow(Node):
    """Code left, words right; below each other where the words have no room."""

    GAP = 8

    def __init__(self, code: Code, words: Column) -> None:
        super().__init__()
        self.code, self.words = code, words
        self.add_widget(code)
        self.add_widget(words)

    def _split(self, style: Style, width: int) -> tuple[int, int, bool]:
        """Side of the code, width of the words, and whether both stand beside each other."""
        side = self.code.fit(style, width)
        rest = width - side - style.px(self.GAP)
        texts = [part for part in self.words.walk(restrict=True) if isinstance(part, Words)]
        least = max(text.least_width(style) for text in texts) + style.px(22)
        return (side, rest, True) if least <= rest else (side, width, False)

    def fit(self, style: Style, width: int) -> int:
        side, rest, level = self._split(style, width)
        tall = self.words.fit(style, rest)
        return max(side, tall) if level else side + style.px(self.GAP) + tall

    def place(self, style: Style, x: int, y: int, width: int, height: int) -> None:
        super().place(style, x, y, width, height)
        side, rest, level = self._split(style, width)
        tall = self.words.fit(style, rest)
        self.code.place(style, x, y + height - side, side, side)
        self.words.place(style, x + width - rest, y + (height - tall) // 2 if level else y, rest, tall)


class CodeScreen(Screen):
    """The code of one contact."""

    private = True

    def build(self) -> None:
        kiosk, said = self.kiosk, self.said
        contact = kiosk.library.contact(self.route.contact, kiosk.visit.language)
        self.counts_as = (f"hotline_code/{contact.id}",)
        self._left = kiosk.settings.code_seconds
        self.bar = Countdown()
        self.code = Code(payload(contact.kind, contact.name, contact.phone))
        facts = kiosk.contact_facts(contact)
        self.head = [Words(text=contact.name, role="title"), Words(text=contact.phone_display, role="digits")]
        if facts:
            self.head.append(Words(text="  ·  ".join(facts), role="note", ink="quiet"))
        self.items = [self._paper(), self.bar]
        if contact.marked:
            self.items.append(not_confirmed(self, "quiet"))
        if contact.kind not in ("consulate", "migration_authority"):
            self.items.append(
                Words(
                    text=said(
                        "If someone checks your phone, remove this call afterwards. "
                        "You can also remember the number."
                    ),
                    role="note",
                )
            )
        if contact.dial_from == "local":
            self.items.append(Words(text=said("This number works only inside the country."), role="note"))
        finish = WordButton(text=said("Finish"), icon="check", look="garden")
        finish.bind(on_release=lambda *_: kiosk.finish())
        self.items.append(finish)

    def _paper(self) -> Node:
        """The code, and beside it how to use it in three pictures."""
        return CodeRow(self.code, self._steps())

    def _steps(self) -> Node:
        said = self.said
        steps = Column(gap=5)
        for number, (icon, text) in enumerate(
            (
                ("device-mobile-camera", said("Open the camera of your phone")),
                ("qr-code", said("Point it at the code")),
                ("phone-call", said("Touch the number on your phone")),
            ),
            1,
        ):
            steps.add_widget(
                beside(Icon(name=icon, tall=18, wide=18), Words(text=f"{number}. {text}", role="note"))
            )
        return steps

    def tick(self, elapsed: float) -> None:
        self._left -= elapsed
        self.bar.share = self._left / self.kiosk.settings.code_seconds
        if self._left <= 0:
            self.kiosk.back()

"""The page that is left when there are no guides or no settings: a number, and what to mend.

Needs nothing but the fonts; where even those are missing, Kivy's own font is used. A kiosk
that had no guides yet leaves this page as soon as its agent has brought some.
"""

from __future__ import annotations

from collections.abc import Callable

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window

from kiosk.app import close_ways_out
from kiosk.pace import rest_until_touched
from kiosk.panel import Panel
from kiosk.theme import Style
from kiosk.widgets.boxes import Column
from kiosk.widgets.controls import Band
from kiosk.widgets.node import Gap, Node
from kiosk.widgets.words import Words, register_fonts

LINES = ("Yordam", "Ёрдам", "Помощь", "Жардам", "Kömek", "Help")
"""The word for help, in each language of the kiosk: there is no library to ask."""


LOOK_SECONDS = 5
"""Between two looks whether the page is still needed."""


class StaticPage(App):
    """One page that cannot fail: no library, no catalogue, no touch."""

    use_kivy_settings = False

    def __init__(self, panel: Panel, phone: str, trouble: str, mended: Callable[[], bool]) -> None:
        super().__init__()
        self._panel, self._phone, self._trouble = panel, phone, trouble
        self._mended = mended

    def build(self) -> Node:
        close_ways_out()
        rest_until_touched(Window)
        register_fonts()
        style = Style(self._panel)
        page = Node()
        band = Band(tall=20)
        column = Column(gap=8)
        column.add_widget(Words(text="  ·  ".join(LINES), role="title", align="center"))
        if self._phone:
            column.add_widget(Words(text=self._phone, role="digits", align="center"))
        column.add_widget(Gap(tall=20))
        column.add_widget(Words(text=self._trouble, role="note", ink="quiet"))
        width, height = self._panel.width, self._panel.height
        inner = width - 2 * style.px(15)
        tall = column.fit(style, inner)
        for part in (band, column):
            page.add_widget(part)
        band.place(style, 0, height - style.px(20), width, style.px(20))
        column.place(style, style.px(15), (height - tall) // 2, inner, tall)
        Window.clearcolor = style.colour("ground")
        Clock.schedule_interval(self._look, LOOK_SECONDS)
        return page

    def _look(self, _elapsed: float) -> None:
        if self._mended():
            self.stop()

    def open_settings(self, *_args: object) -> bool:
        """There is no settings panel."""
        return False


def show(panel: Panel, phone: str, trouble: str, mended: Callable[[], bool]) -> None:
    """Show the page until the service is restarted, or until ``mended`` says so."""
    StaticPage(panel, phone, trouble, mended).run()

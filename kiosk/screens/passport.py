"""Passport: rules differ by citizenship, so the traveller can say which applies."""

from __future__ import annotations

from kiosk.screens.frame import Screen
from kiosk.widgets.boxes import Column
from kiosk.widgets.press import PressRow
from kiosk.widgets.words import Flag, Icon, Words


class PassportScreen(Screen):
    """One row a citizenship, the current one marked by colour and tick."""

    def build(self) -> None:
        kiosk = self.kiosk
        self.head = [
            Words(text=self.said("Which passport do you have?"), role="title"),
            Words(text=self.said("Some rules differ. Nobody keeps your answer."), role="note", ink="quiet"),
        ]
        column = Column(gap=4)
        for origin in kiosk.origins():
            current = origin.iso == kiosk.visit.passport
            look = "apricot" if current else "mist"
            row = PressRow(pad=5, gap=6, spoken=origin.name)
            row.fill, row.edge = look, f"{look}_edge"
            row.add_widget(Flag(iso=origin.iso, tall=12, wide=17))
            row.add_widget(Words(text=origin.name, role="tile", ink=f"on_{look}"))
            if current:
                row.add_widget(Icon(name="check", tall=10, wide=10, ink="on_apricot", tint="on_apricot"))
            row.iso = origin.iso
            row.bind(on_release=lambda row: kiosk.choose_passport(row.iso))
            column.add_widget(row)
        self.items = [column]

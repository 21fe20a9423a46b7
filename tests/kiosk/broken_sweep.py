"""Breaks one thing of the look and sweeps one screen: the sweep has to see it."""

from __future__ import annotations

import sys

from tests.kiosk.sweep import Sweep


def main(breakage: str) -> int:
    """1 if the sweep found a fault, as it must."""
    sweep = Sweep("21.5-portrait")
    from kiosk import theme
    from kiosk.visit import Route
    from kiosk.widgets import boxes, controls, words

    if breakage == "small":
        controls.IconButton.side.defaultvalue = 20
        original = controls.IconButton.__init__

        def smaller(self, **kwargs):
            kwargs["side"] = 12
            original(self, **kwargs)

        controls.IconButton.__init__ = smaller
    elif breakage == "near":
        rows = boxes.Grid.place
        boxes.Grid.place = lambda self, *place: (setattr(self, "gap", 1), rows(self, *place))[1]
    elif breakage == "pale":
        theme.LIGHT["quiet"] = "#B0B8BE"
    elif breakage == "clipped":
        fit = words.Words.fit
        words.Words.place, place = (
            lambda self, style, x, y, width, height: place(self, style, x, y, width, height // 2),
            words.Words.place,
        )
        assert fit
    faults = [fault for route in (Route("start"), Route("passport")) for fault in sweep.screen(route)]
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

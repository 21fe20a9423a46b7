"""Cut the pictures and fonts that ship in ``kiosk/assets`` from their open sets.

Run once when an icon or a flag is added; the results are committed:

    python build/assets.py --phosphor DIR --flags DIR --inter DIR --noto DIR

The folders are the unpacked packages ``@phosphor-icons/web`` (MIT), ``flag-icons``
(MIT), ``@expo-google-fonts/inter`` and those of Noto (the fonts are OFL-1.1). Needs ``fonttools``
and ``resvg-py``, which the product itself never needs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent / "kiosk" / "assets"

ICONS = [
    "airplane-landing",
    "airplane-takeoff",
    "ambulance",
    "arrow-left",
    "baby",
    "bank",
    "bed",
    "book-open",
    "briefcase",
    "buildings",
    "calendar-check",
    "camera",
    "caret-down",
    "caret-up",
    "caret-left",
    "caret-right",
    "certificate",
    "check",
    "check-circle",
    "circle-half",
    "clock",
    "compass",
    "device-mobile",
    "device-mobile-camera",
    "eye",
    "file-text",
    "fire-truck",
    "first-aid-kit",
    "globe",
    "hand",
    "hand-coins",
    "hand-heart",
    "hand-palm",
    "handshake",
    "house-line",
    "identification-card",
    "info",
    "lifebuoy",
    "arrow-line-down",
    "map-pin",
    "money-wavy",
    "paper-plane-tilt",
    "phone",
    "phone-call",
    "plus-circle",
    "qr-code",
    "question",
    "scales",
    "shield-check",
    "sign-in",
    "signature",
    "siren",
    "stamp",
    "suitcase-rolling",
    "text-aa",
    "translate",
    "user-circle",
    "users-three",
    "wallet",
    "warning",
    "warning-circle",
    "x",
    "x-circle",
    "gender-female",
    "hand-pointing",
    "arrows-in",
    "bell-ringing",
    "chat-text",
    "hand-fist",
    "lightning",
    "link",
    "list-checks",
    "lock-key",
    "mask-happy",
    "megaphone",
    "phone-slash",
    "arrow-counter-clockwise",
]

FLAGS = ["ru", "kr", "kz", "tr", "ae", "pl", "de", "gb", "jp", "il", "sa", "qa", "uz", "kg", "tm", "tj"]


FLAG_HEIGHTS = [33, 49, 66, 67, 97, 134]
"""Pixels that 12 and 24 mm are on the panels of kiosk/panel.py."""


OFFICER_FONTS = {"ar": "NotoSansArabic", "he": "NotoSansHebrew", "ja": "NotoSansJP", "ko": "NotoSansKR"}
"""Scripts that Inter does not have."""


def cut_icons(source: Path) -> None:
    """Two glyphs an icon: the filled tint (lower) and the line (upper)."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    folder = source / "src" / "duotone"
    picked = json.loads((folder / "selection.json").read_text())["icons"]
    codes = {
        entry["properties"]["name"].removesuffix("-duotone"): entry["properties"].get("codes")
        for entry in picked
    }
    names = {name: list(codes[name]) for name in sorted(ICONS)}
    font = TTFont(folder / "Phosphor-Duotone.ttf")
    cutter = subset.Subsetter(subset.Options(hinting=False, notdef_outline=False))
    cutter.populate(unicodes=[code for pair in names.values() for code in pair])
    cutter.subset(font)
    target = ASSETS / "icons"
    font.save(target / "icons.ttf")
    (target / "icons.json").write_text(json.dumps(names, indent=0) + "\n")
    shutil.copy(source / "LICENSE", target / "LICENSE")


def bake_flags(source: Path) -> None:
    """One PNG of 4:3 a country and height: scaled once here, never on the kiosk."""
    import resvg_py

    target = ASSETS / "flags"
    for height in FLAG_HEIGHTS:
        (target / str(height)).mkdir(parents=True, exist_ok=True)
        for iso in FLAGS:
            drawing = (source / "flags" / "4x3" / f"{iso}.svg").read_text()
            picture = resvg_py.svg_to_bytes(svg_string=drawing, height=height, width=height * 4 // 3)
            (target / str(height) / f"{iso.upper()}.png").write_bytes(bytes(picture))
    shutil.copy(source / "LICENSE", target / "LICENSE")


def copy_fonts(source: Path) -> None:
    """Regular and semi-bold, whole: the glyph check reads the same files."""
    target = ASSETS / "fonts"
    shutil.copy(source / "400Regular" / "Inter_400Regular.ttf", target / "Inter-Regular.ttf")
    shutil.copy(source / "600SemiBold" / "Inter_600SemiBold.ttf", target / "Inter-SemiBold.ttf")
    shutil.copy(source / "LICENSE_FONT", target / "OFL.txt")


def cut_officer_fonts(source: Path) -> None:
    """The signs of the requests to an officer, and no other, one small font a script.

    ``source`` holds the unpacked packages ``@expo-google-fonts/noto-sans-kr``, ``-jp``,
    ``-arabic`` and ``-hebrew`` (the fonts are OFL-1.1).
    """
    from fontTools import subset
    from fontTools.ttLib import TTFont

    from content.common_pages import officer_texts
    from content.source import read_content

    content, _ = read_content(ASSETS.parent.parent / "content")
    signs: dict[str, set[str]] = {}
    for cards in officer_texts(content).values():
        for texts in cards.values():
            for text in texts:
                signs.setdefault(text["language"], set()).update(text["text"])
    for language, package in OFFICER_FONTS.items():
        path = next(source.glob(f"**/{package}_600SemiBold.ttf"))
        font = TTFont(path)
        cutter = subset.Subsetter(subset.Options(hinting=False, notdef_outline=True, layout_features=[]))
        cutter.populate(text="".join(sorted(signs[language] | set(" .,?0123456789"))))
        cutter.subset(font)
        font.save(ASSETS / "fonts" / f"officer-{language}.ttf")


def main() -> None:
    sys.path.insert(0, str(ASSETS.parent.parent))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phosphor", type=Path)
    parser.add_argument("--flags", type=Path)
    parser.add_argument("--inter", type=Path)
    parser.add_argument("--noto", type=Path)
    chosen = parser.parse_args()
    if chosen.phosphor:
        cut_icons(chosen.phosphor)
    if chosen.flags:
        bake_flags(chosen.flags)
    if chosen.inter:
        copy_fonts(chosen.inter)
    if chosen.noto:
        cut_officer_fonts(chosen.noto)


if __name__ == "__main__":
    main()

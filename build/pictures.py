"""Makes the README's picture from the tour: ``make demo`` first, then ``python build/pictures.py``."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SHOWN = ("uz/start.png", "uz-Cyrl/guide.png", "ru/article.png", "ky/code.png")
WIDTH, GAP = 300, 16


def main() -> None:
    """Four screens in four languages beside each other."""
    shots = [Image.open(ROOT / "out" / "tour" / name) for name in SHOWN]
    small = [
        shot.resize((WIDTH, shot.height * WIDTH // shot.width), Image.Resampling.LANCZOS) for shot in shots
    ]
    sheet = Image.new("RGB", (len(small) * (WIDTH + GAP) + GAP, small[0].height + 2 * GAP), "#6E7C85")
    for index, shot in enumerate(small):
        sheet.paste(shot, (GAP + index * (WIDTH + GAP), GAP))
    target = ROOT / "docs" / "pictures" / "kiosk.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(256).save(target, optimize=True)
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()

"""Starts the kiosk.

python main.py run                 the kiosk; without a display, the tour
python main.py tour --out out/tour  the same app walked through, a picture of each screen
python main.py preview ...          one page as a picture
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from kiosk.command import main

if __name__ == "__main__":
    sys.exit(main())

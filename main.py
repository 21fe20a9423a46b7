"""Starts the kiosk.

python main.py run                 the kiosk; without a display, the tour
python main.py tour --out out/tour  the same app walked through, a picture of each screen
python main.py preview ...          one page as a picture
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    from kiosk.early import load_driver

    load_driver()
    from kiosk.command import main

    sys.exit(main())

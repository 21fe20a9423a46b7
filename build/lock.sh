#!/usr/bin/env bash
# Writes requirements/*.txt from requirements/*.in: exact versions with hashes, no
# registry address. Kivy names packages that the kiosk never imports (docutils,
# pygments, Kivy-Garden); they are left out, so installs use --no-deps.
set -euo pipefail
cd "$(dirname "$0")/.."
for name in run centre dev; do
    pip-compile --quiet --generate-hashes --strip-extras --no-annotate --no-header \
        --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --allow-unsafe \
        --output-file "requirements/$name.txt.new" "requirements/$name.in"
    python3 - "$name" <<'EOT'
import re, sys
from pathlib import Path
unused = {"docutils", "kivy-garden", "setuptools", "pip", "kivy-deps-sdl2"}
if sys.argv[1] == "run":
    unused.add("pygments")
new = Path(f"requirements/{sys.argv[1]}.txt.new")
entries = re.split(r"\n(?=[A-Za-z0-9])", new.read_text().strip())
kept = [entry for entry in entries if entry.split("==")[0].lower() not in unused]
head = "# Made by build/lock.sh. Install with: pip install --require-hashes --no-deps -r this file\n"
Path(f"requirements/{sys.argv[1]}.txt").write_text(head + "\n".join(kept) + "\n")
new.unlink()
EOT
done

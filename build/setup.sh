#!/usr/bin/env bash
# Sets up what one make target needs: build/setup.sh run|test|bench
# Debian packages, a virtual environment with pinned packages, and generated files.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose="${1:-run}"

say() { printf '%s\n' "$*" >&2; }

mkdir -p out
exec 9>out/setup.lock
flock 9

# --- Debian packages -------------------------------------------------------
packages="python3-venv libgl1 libegl1 libgl1-mesa-dri libmtdev1"
if [ -n "${DISPLAY:-}" ] || [ "$purpose" != run ]; then
    packages="$packages libx11-6 libxext6 libxi6 libxrandr2 libxcursor1 libxfixes3 libxss1"
fi
case "$purpose" in
    run) ;;
    test) packages="$packages xvfb xauth faketime postgresql" ;;
    bench) packages="$packages xvfb xauth chromium postgresql rsync zsync casync" ;;
    *) say "build/setup.sh: unknown purpose '$purpose'. Use run, test or bench."; exit 1 ;;
esac

missing=""
if command -v dpkg-query >/dev/null 2>&1; then
    for package in $packages; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] ||
            missing="$missing $package"
    done
else
    say "This is not Debian. The kiosk needs OpenGL, EGL and mtdev libraries and Python's venv."
fi
if [ -n "$missing" ]; then
    root=""
    if [ "$(id -u)" != 0 ]; then
        root="sudo -n"
        $root true 2>/dev/null || {
            say "These Debian packages are missing. Type:"
            say "    sudo apt-get install --no-install-recommends$missing"
            exit 1
        }
    fi
    say "Installing Debian packages:$missing"
    install() {
        DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $missing >out/apt.log 2>&1
    }
    $root apt-get update -qq >out/apt.log 2>&1 || true
    install || { sleep 5; $root apt-get update -qq >/dev/null 2>&1 || true; install; } || {
        tail -n 5 out/apt.log >&2
        say "The packages could not be installed. Type:"
        say "    apt-get install --no-install-recommends$missing"
        exit 1
    }
fi

# --- Python ----------------------------------------------------------------
python=""
for candidate in python3.11 python3 python3.12 python3.13; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python="$candidate"
        break
    fi
done
[ -n "$python" ] || { say "Python 3.11 or newer is needed. Type: apt-get install python3"; exit 1; }

file=requirements/dev.txt
[ "$purpose" = run ] && file=requirements/run.txt
stamp="$(cat "$file" | sha256sum | cut -c1-16)"
if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c '' 2>/dev/null; then
    say "Making the virtual environment .venv"
    rm -rf .venv
    "$python" -m venv .venv
fi
# dev.txt holds all of run.txt, so an environment made for tests also runs the kiosk.
dev="$(sha256sum < requirements/dev.txt | cut -c1-16)"
have="$(cat .venv/stamp 2>/dev/null || true)"
if [ "$have" != "$stamp" ] && [ "$have" != "$dev" ]; then
    say "Installing Python packages from $file"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$file"
    printf '%s' "$stamp" >.venv/stamp
fi

# --- generated files -------------------------------------------------------
.venv/bin/python -m kiosk.catalogues compile
library=out/data/releases/1/library.sqlite
if [ ! -f "$library" ] || [ -n "$(find content -newer "$library" -type f ! -path '*/__pycache__/*' -print -quit)" ]; then
    .venv/bin/python -m content build "$library"
fi

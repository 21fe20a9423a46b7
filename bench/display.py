"""A virtual display and a black-box probe: it taps, and it looks at the pixels.

The probe knows nothing of the programs: it presses through the X server's test extension
and reads the X server's own picture.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from Xlib import X, display
from Xlib.ext import xtest

PRESS_SECONDS = 0.08
"""How long a finger rests on a control: the same for every program."""

LOOK_SECONDS = 0.001
"""Rest between two looks, so that the probe does not take a core from what it watches."""

PATIENCE = 6.0
"""Seconds after which a picture counts as never seen."""


class Display:
    """One Xvfb and the probe on it. Use as a context."""

    def __init__(self, number: int, width: int, height: int) -> None:
        self.name = f":{number}"
        self._size = (width, height)
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Display:
        width, height = self._size
        command = ["Xvfb", self.name, "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-noreset"]
        self._server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self._x = display.Display(self.name)
                break
            except Exception:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
        self._root = self._x.screen().root
        return self

    def __exit__(self, *_: object) -> None:
        self._x.close()
        assert self._server is not None
        self._server.terminate()
        self._server.wait()

    def sample(self) -> bytes:
        """Digest of three upright lines of the picture: any two pages differ there."""
        width, height = self._size
        digest = hashlib.blake2b(digest_size=12)
        for x in (width // 5, width // 2, width * 4 // 5):
            digest.update(self._root.get_image(x, 0, 1, height, X.ZPixmap, 0xFFFFFFFF).data)
        return digest.digest()

    def settled(self, quiet: float = 0.6) -> bytes:
        """The sample once the picture has stood still for ``quiet`` seconds."""
        last, since = self.sample(), time.monotonic()
        end = since + PATIENCE
        while time.monotonic() - since < quiet and time.monotonic() < end:
            time.sleep(0.02)
            now = self.sample()
            if now != last:
                last, since = now, time.monotonic()
        return last

    def wait_for(self, wanted: bytes, since: float) -> float:
        """Seconds from ``since`` until the picture is the wanted one; nan if it never is."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.sample() == wanted:
                return time.monotonic() - since
            time.sleep(LOOK_SECONDS)
        return float("nan")

    def tap(self, x: int, y: int) -> float:
        """Press and let go; returns when it was let go."""
        xtest.fake_input(self._x, X.MotionNotify, x=x, y=y)
        xtest.fake_input(self._x, X.ButtonPress, 1)
        self._x.sync()
        time.sleep(PRESS_SECONDS)
        xtest.fake_input(self._x, X.ButtonRelease, 1)
        self._x.sync()
        return time.monotonic()

    def wheel(self, x: int, y: int, seconds: float, rate: float = 60) -> int:
        """Turn the wheel down, then up, ``rate`` times a second; how many pictures were seen."""
        xtest.fake_input(self._x, X.MotionNotify, x=x, y=y)
        self._x.sync()
        start = time.monotonic()
        seen, last, sent = 0, b"", 0
        while (passed := time.monotonic() - start) < seconds:
            while sent < passed * rate:
                button = 5 if passed < seconds / 2 else 4
                xtest.fake_input(self._x, X.ButtonPress, button)
                xtest.fake_input(self._x, X.ButtonRelease, button)
                self._x.flush()
                sent += 1
            now = self._line()
            if now != last:
                seen, last = seen + 1, now
        return seen

    def _line(self) -> bytes:
        width, height = self._size
        return bytes(
            self._root.get_image(width * 3 // 10, height // 4, 1, height // 3, X.ZPixmap, 0xFFFFFFFF).data
        )

    def picture(self, path: Path) -> None:
        """Save what is on the display as a PNG."""
        from PIL import Image

        width, height = self._size
        data = self._root.get_image(0, 0, width, height, X.ZPixmap, 0xFFFFFFFF).data
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.frombytes("RGB", (width, height), data, "raw", "BGRX").save(path)


class Program:
    """One program on a display, seen from outside. Use as a context."""

    def __init__(self, command: Sequence[str], where: str, environment: dict[str, str]) -> None:
        self._command = list(command)
        self._environment = {**os.environ, **environment, "DISPLAY": where}
        self._process: subprocess.Popen[bytes] | None = None
        self.started = 0.0

    def __enter__(self) -> Program:
        self._home = tempfile.TemporaryDirectory(prefix="bench-")
        command = [part.replace("{home}", self._home.name) for part in self._command]
        self.started = time.monotonic()
        self._process = subprocess.Popen(
            command, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return self

    def __exit__(self, *_: object) -> None:
        tree = self._tree()
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for process in tree:
            end = time.monotonic() + 5
            while Path(f"/proc/{process}").exists() and time.monotonic() < end:
                time.sleep(0.02)
        self._home.cleanup()

    def _tree(self) -> list[int]:
        """The process and everything that it started."""
        assert self._process is not None
        parents: dict[int, list[int]] = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(path.parent.name))
        found, queue = [], [self._process.pid]
        while queue:
            one = queue.pop()
            found.append(one)
            queue += parents.get(one, [])
        return found

    def memory(self) -> float:
        """Proportional set size of all its processes in MB."""
        total = 0
        for process in self._tree():
            try:
                lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
            except OSError:
                continue
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return total / 1024

    def cpu(self) -> float:
        """Seconds of processor time that all its processes have used so far."""
        total = 0
        for process in self._tree():
            try:
                fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            total += int(fields[11]) + int(fields[12])
        return total / os.sysconf("SC_CLK_TCK")

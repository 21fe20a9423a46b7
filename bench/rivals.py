"""The other tools, on the same packs: a full download, rsync, zsync, casync."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from bench.line import Line, Traffic
from sync.delta import compress
from sync.serve import etag_of

Packs = Mapping[str, bytes]


def tarred(packs: Packs) -> bytes:
    """Packs in one file; a single one stays itself."""
    if len(packs) == 1:
        return next(iter(packs.values()))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as file:
        for name, data in sorted(packs.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            file.addfile(entry, io.BytesIO(data))
    return out.getvalue()


class Rivals:
    """The other tools, on packs as plain JSON.

    Args:
        folder: where they work; ``folder/served`` is on the line.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._served = folder / "served"
        self._served.mkdir(parents=True)
        self._line = Line(self._served)
        self._made: dict[tuple[Any, ...], str] = {}
        self._packed: dict[bytes, bytes] = {}

    def __enter__(self) -> Rivals:
        return self

    def __exit__(self, *error: object) -> None:
        self._line.__exit__(*error)

    def _make(self, *key: Any) -> tuple[str, bool]:
        """A name for what is made of these, and whether it has been made before."""
        known = key in self._made
        return self._made.setdefault(key, f"{len(self._made)}"), known

    def full(self, before: Packs, after: Packs) -> Traffic:
        """All packs in one file, zstd 19; asked for with the ETag of what is here."""
        plain = tarred(after)
        packed = self._packed[plain] = self._packed.get(plain) or compress(plain)
        (self._served / "full.zst").write_bytes(packed)
        here = {"If-None-Match": etag_of(packed)} if before == after else {}
        heads = {"User-Agent": "bench", "Accept-Encoding": "identity", "Accept": None, **here}
        self._line.take()
        answer = requests.get(f"{self._line.address}/full.zst", headers=heads, timeout=20)
        if answer.content != (b"" if before == after else packed):
            raise RuntimeError("The full download is not what was served.")
        return self._line.take()

    def rsync(self, before: Packs, after: Packs) -> Traffic:
        """A folder of packs over a pipe. It is shown by file times which of them changed."""
        ways: tuple[list[str], ...] = ([], ["--compress-level=19"], ["--block-size=512"])
        return min((self._rsync(before, after, way) for way in ways), key=_weight)

    def _rsync(self, before: Packs, after: Packs, way: Sequence[str]) -> Traffic:
        here, there = self._folder / "here", self._folder / "there"
        for place, packs, day in ((here, before, 1), (there, after, 2)):
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            for name, data in packs.items():
                path = place / name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(data)
                os.utime(path, (0, 86_400 * (1 if before.get(name) == after.get(name) else day)))
        command = ["rsync", "-rtz", "--no-whole-file", "--delete", "--stats", *way, f"{there}/", f"{here}/"]
        said = _run(command)
        if {str(path.relative_to(here)): path.read_bytes() for path in here.glob("*/*")} != after:
            raise RuntimeError("rsync made other packs.")
        counts = re.findall(r"Total bytes (?:sent|received): ([\d,]+)", said)
        return Traffic(sum(int(one.replace(",", "")) for one in counts), 1)

    def zsync(self, before: Packs, after: Packs) -> Traffic:
        """One file of all packs, packed by zsync's own ``-z``; the control file counts."""
        sizes = (1024, 2048, 4096, 8192) if len(after) > 1 else (512, 1024, 2048)
        return min((self._zsync(tarred(before), tarred(after), size) for size in sizes), key=_weight)

    def _zsync(self, before: bytes, after: bytes, size: int) -> Traffic:
        name, known = self._make("zsync", after, size)
        control = self._served / f"{name}.zsync"
        if not known:
            (self._served / name).write_bytes(after)
            command = ["zsyncmake", "-z", "-b", f"{size}", "-f", name, "-u", f"{name}.gz", "-o", control.name]
            _run([*command, name], self._served)
        here = self._folder / "zsync"
        shutil.rmtree(here, ignore_errors=True)
        here.mkdir()
        (here / "before").write_bytes(before)
        command = ["zsync", "-q", "-o", "after", *(("-i", "before") if before else ())]
        if before == after:
            # Who has the newest file has its control file, too.
            shutil.copy2(control, here / control.name)
            command += ["-k", control.name]
        return self._counted([*command, f"{self._line.address}/{control.name}"], here, after)

    def casync(self, before: Packs, after: Packs) -> Traffic:
        """One file of all packs as a store of chunks, xz, with the old file as its seed."""
        sizes = (16384, 65536) if len(after) > 1 else (4096, 8192, 65536)
        return min((self._casync(tarred(before), tarred(after), size) for size in sizes), key=_weight)

    def _casync(self, before: bytes, after: bytes, size: int) -> Traffic:
        name, known = self._make("casync", after, size)
        if not known:
            (self._folder / "all").write_bytes(after)
            command = ["casync", "make", f"--chunk-size={size}", "--compression=xz"]
            command += [f"--store={self._served / name}.castr", f"{self._served / name}.caibx"]
            _run([*command, str(self._folder / "all")])
        here = self._folder / "casync"
        shutil.rmtree(here, ignore_errors=True)
        here.mkdir()
        (here / "before").write_bytes(before)
        command = ["casync", "extract", "--seed-output=no", *(("--seed=before",) if before else ())]
        address = f"{self._line.address}/{name}"
        return self._counted([*command, f"--store={address}.castr", f"{address}.caibx", "after"], here, after)

    def _counted(self, command: Sequence[str], folder: Path, wanted: bytes) -> Traffic:
        self._line.take()
        _run(command, folder)
        if (folder / "after").read_bytes() != wanted:
            raise RuntimeError(f"{command[0]} made another file.")
        return self._line.take()


def _weight(traffic: Traffic) -> int:
    return traffic.bytes


def _run(command: Sequence[str], folder: Path | None = None) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()[-300:]}")
    return done.stdout


TOOLS: Mapping[str, Sequence[str]] = {
    "full": (),
    "rsync": ("rsync",),
    "zsync": ("zsyncmake", "zsync"),
    "casync": ("casync",),
}
"""The rivals and their programs. A Debian package has the rival's name."""

"""The agent's part of ``kiosk.toml``: the table ``[agent]``.

    [agent]
    servers = ["https://centre.example/content"]
    channel = "stable"

Everything else has a default that serves an airport's line.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any

from sync.errors import SettingsError
from sync.manifest import CHANNELS

_KIOSK = re.compile(r"[a-z0-9-]{3,40}")

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """What the agent is told.

    ``servers`` are tried in order; TUF is safe over http too, so an http address may stand
    behind the https one for a kiosk whose clock is dead. ``window`` is local time in which
    the network may be used, ``None`` for always. ``factory`` is the installer's bundle.
    ``kiosk`` is the name at the centre, ``counts`` the address where counts go (empty for
    nowhere), ``token`` a file with what the centre knows this kiosk by.
    """

    data: Path
    root: Path
    servers: tuple[str, ...] = ()
    channel: str = "stable"
    every_minutes: float = 60
    daily_bytes: int = 200 * MEGABYTE
    window: tuple[time, time] | None = None
    factory: Path | None = None
    kiosk: str = ""
    counts: str = ""
    token: Path | None = None


_KEYS: dict[str, type | tuple[type, ...]] = {
    "servers": list,
    "channel": str,
    "root": str,
    "factory": str,
    "every_minutes": (int, float),
    "daily_megabytes": (int, float),
    "window": str,
    "kiosk": str,
    "counts": str,
    "token": str,
}


def read_agent_settings(path: Path, data: Path, root: Path) -> AgentSettings:
    """Read the agent's settings.

    Args:
        path: ``kiosk.toml``; paths in it are told from its folder.
        data: where releases live unless the file says otherwise.
        root: the trusted root unless the file says otherwise.

    Raises:
        SettingsError: the file cannot be read or holds a wrong key or value; the message
            says which and what to write.
    """
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        said = {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}. Mend the file.") from error
    table = said.get("agent", {})
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: agent is no table. Write [agent] and its keys below it.")
    for key, value in table.items():
        if key not in _KEYS:
            raise SettingsError(f"{path}: [agent] {key!r} is not known. Use: {', '.join(_KEYS)}.")
        if not isinstance(value, _KEYS[key]) or isinstance(value, bool):
            raise SettingsError(f"{path}: [agent] {key} = {value!r} has the wrong type.")
    here = path.resolve().parent
    channel = table.get("channel", "stable")
    if channel not in CHANNELS:
        raise SettingsError(f"{path}: [agent] channel = {channel!r}. Use one of: {', '.join(CHANNELS)}.")
    return AgentSettings(
        data=here / said["data"] if isinstance(said.get("data"), str) else data,
        root=here / table["root"] if "root" in table else root,
        servers=tuple(_server(path, one) for one in table.get("servers", ())),
        channel=channel,
        every_minutes=_between(path, "every_minutes", table.get("every_minutes", 60), 1, 7 * 24 * 60),
        daily_bytes=int(
            _between(path, "daily_megabytes", table.get("daily_megabytes", 200), 1, 1e6) * MEGABYTE
        ),
        window=_window(path, table["window"]) if "window" in table else None,
        factory=here / table["factory"] if "factory" in table else None,
        kiosk=_kiosk(path, table),
        counts=_counts(path, table.get("counts", "")),
        token=here / table["token"] if "token" in table else None,
    )


def _server(path: Path, value: Any) -> str:
    if not isinstance(value, str) or not value.startswith(("https://", "http://")):
        raise SettingsError(f"{path}: [agent] {value!r} is no address. Begin it with https://")
    return value


def _kiosk(path: Path, table: dict[str, Any]) -> str:
    name = str(table.get("kiosk", ""))
    if "counts" in table and not _KIOSK.fullmatch(name):
        raise SettingsError(
            f'{path}: [agent] kiosk = {name!r}. Give the name that the centre knows: "tas-1".'
        )
    return name


def _counts(path: Path, address: str) -> str:
    """Counts are not signed, so they go over https; loopback is for a desk."""
    if address and not address.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise SettingsError(f"{path}: [agent] counts = {address!r}. Begin it with https://")
    return address


def _between(path: Path, key: str, value: float, least: float, most: float) -> float:
    if not least <= value <= most:
        raise SettingsError(f"{path}: [agent] {key} = {value:g} is outside {least:g} to {most:g}.")
    return value


def _window(path: Path, value: str) -> tuple[time, time]:
    try:
        start, end = (time.fromisoformat(one.strip()) for one in value.split("-"))
        if start.tzinfo is not None or end.tzinfo is not None or start == end:
            raise ValueError(value)
    except ValueError:
        raise SettingsError(f'{path}: [agent] window = {value!r}. Write it as "01:00-05:00".') from None
    return start, end


def in_window(window: tuple[time, time] | None, now: time) -> bool:
    """Whether the network may be used; a window may go over midnight.

    >>> in_window((time(23), time(5)), time(1))
    True
    """
    if window is None:
        return True
    start, end = window
    return start <= now < end if start <= end else now >= start or now < end

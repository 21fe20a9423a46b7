"""``kiosk.toml`` -> one frozen object; a bad file is a clear error.

One line is enough: ``airport = "tashkent"``. The airport's profile
(``airports.toml``) then says which languages stand first, which passport is
assumed and in which order destinations are listed; every one of these can be
said again in ``kiosk.toml``. The table ``[agent]`` is for the agent: ``sync.settings``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.panel import PANELS, Panel

HERE = Path(__file__).resolve().parent
AIRPORTS = HERE / "airports.toml"
PASSPORTS = ("UZ", "KG", "TM", "TJ", "KZ")


class SettingsError(Exception):
    """A settings file cannot be used; the message names file, key and fix."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What one kiosk is told at start.

    ``languages`` and ``destinations`` are an order: what the library has beyond
    them follows after. ``help_name`` and ``help_phone`` are shown when there is no
    content at all. Times are seconds.
    """

    airport: str
    airport_names: dict[str, str]
    panel: Panel
    languages: tuple[str, ...]
    passport: str
    destinations: tuple[str, ...]
    help_phone: str
    help_contact: str
    data: Path
    windowed: bool = False
    idle_seconds: float = 60
    idle_countdown_seconds: float = 20
    code_seconds: float = 60


_KEYS: dict[str, type | tuple[type, ...]] = {
    "airport": str,
    "panel": str,
    "languages": list,
    "passport": str,
    "destinations": list,
    "data": str,
    "windowed": bool,
    "idle_seconds": (int, float),
    "agent": dict,
}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            f'{path}: the file is missing. Make it with one line: airport = "tashkent"'
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not readable as TOML: {error}. Mend or delete that line.") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}. Check the file's owner.") from None


def _choice(path: Path, key: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise SettingsError(f"{path}: {key} = {value!r} is not known. Use one of: {', '.join(allowed)}.")


def read_settings(path: Path, data: Path) -> Settings:
    """Read ``kiosk.toml``.

    Args:
        path: the settings file.
        data: where releases live unless the file says otherwise.

    Raises:
        SettingsError: the file is missing, is no TOML, or holds an unknown key
            or value; the message says which and what to write instead.
    """
    said = _read(path)
    for key, value in said.items():
        if key not in _KEYS:
            raise SettingsError(f"{path}: the key {key!r} is not known. Use: {', '.join(_KEYS)}.")
        if not isinstance(value, _KEYS[key]) or (isinstance(value, bool) and key != "windowed"):
            raise SettingsError(f"{path}: {key} = {value!r} has the wrong type.")
    airports = _read(AIRPORTS)
    if "airport" not in said:
        raise SettingsError(f'{path}: airport is missing. Add a line: airport = "tashkent"')
    _choice(path, "airport", said["airport"], tuple(airports))
    profile = airports[said["airport"]]
    panel = said.get("panel", "21.5-portrait")
    _choice(path, "panel", panel, tuple(PANELS))
    passport = said.get("passport", profile["passport"])
    _choice(path, "passport", passport, PASSPORTS)
    idle = float(said.get("idle_seconds", 60))
    if not 15 <= idle <= 600:
        raise SettingsError(f"{path}: idle_seconds = {idle:g} is outside 15 to 600.")
    return Settings(
        airport=said["airport"],
        airport_names=profile["name"],
        panel=PANELS[panel],
        languages=tuple(said.get("languages", profile["languages"])),
        passport=passport,
        destinations=tuple(said.get("destinations", profile["destinations"])),
        help_phone=profile["help_phone"],
        help_contact=profile["help_contact"],
        data=(path.parent / said["data"]).resolve() if "data" in said else data,
        windowed=said.get("windowed", False),
        idle_seconds=idle,
    )

"""Contacts that were withdrawn: what is left of a pack without them.

A wrong number must vanish before the next edit of a guide is ready, so this list is
signed apart from the packs and outranks them. It takes away the contact itself, its
place as a guide's help, every block that shows it, and every sentence or item that
names the number in words.

Imports nothing but the standard library: a kiosk builds its library with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_NUMBER = re.compile(r"[+*#]?\d(?:[\s\u00a0\u202f()-]{0,2}\d)*")

LONG_ENOUGH = 7
"""Digits from which on a number is known again behind a country's code."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """One contact that no screen may show: its id and the number exactly as dialled."""

    id: str
    phone: str

    @property
    def country(self) -> str:
        """Where the contact is: every id of the facts begins with it."""
        return self.id.partition("-")[0].upper()

    def is_named(self, text: str, home: str) -> bool:
        """Whether a text of a pack means this number.

        A long number is the same everywhere. A short one (112, 999) belongs to its country: in
        another one it is another number, or a quantity.
        """
        if len(_digits(self.phone)) < LONG_ENOUGH and home != self.country:
            return False
        return names_number(text, self.phone)


def names_number(text: str, phone: str) -> bool:
    """Whether a text names a number, however it is grouped.

    >>> names_number("Call 1577-1366 at any hour.", "15771366")
    True
    >>> names_number("You have 112 days.", "11")
    False
    """
    wanted = _digits(phone)
    for found in _NUMBER.findall(text):
        digits = _digits(found)
        if digits == wanted:
            return True
        shorter, longer = sorted((digits, wanted), key=len)
        if len(shorter) >= LONG_ENOUGH and longer.endswith(shorter):
            return True
    return False


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def without(pack: Mapping[str, Any], withdrawn: Sequence[Withdrawn], home: str) -> Mapping[str, Any]:
    """A pack without what was withdrawn; the pack itself where nothing of it was.

    Args:
        pack: see ``content.packs``.
        withdrawn: the list.
        home: the pack's destination, or ``common``.
    """
    if not withdrawn:
        return pack
    ids = {one.id for one in withdrawn}

    def named(text: str, place: str = home) -> bool:
        return any(one.is_named(text, place) for one in withdrawn)

    left = dict(pack)
    if "guide" in pack:
        guide = dict(pack["guide"])
        guide["help"] = [name for name in guide["help"] if name not in ids]
        left["guide"] = guide
        left["articles"] = [_article(article, ids, named) for article in pack["articles"]]
    if "contacts" in pack:
        left["contacts"] = _contacts(pack["contacts"], ids, named)
    if "origins" in pack:
        left["origins"] = [
            {
                **origin,
                "contacts": _contacts(
                    origin["contacts"],
                    ids,
                    lambda text, iso=origin["iso"]: named(text, iso),  # type: ignore[misc]
                ),
            }
            for origin in pack["origins"]
        ]
    return left


Named = Callable[[str], bool]
"""Whether a text names a withdrawn number."""


def _contacts(contacts: Iterable[Mapping[str, Any]], ids: set[str], named: Named) -> list[Mapping[str, Any]]:
    """Without the withdrawn; a note of another contact that names the number goes, too."""
    kept = []
    for contact in contacts:
        if contact["id"] in ids:
            continue
        note = contact["note"]
        kept.append({**contact, "note": None} if note and named(note) else contact)
    return kept


def _article(article: Mapping[str, Any], ids: set[str], named: Named) -> dict[str, Any]:
    blocks = (_block(block, ids, named) for block in article["blocks"])
    return {**article, "blocks": [block for block in blocks if block is not None]}


def _block(block: Mapping[str, Any], ids: set[str], named: Named) -> Mapping[str, Any] | None:
    """What is left of a block; ``None`` if nothing is."""
    if block.get("contact") in ids or named(block.get("text", "")):
        return None
    left = dict(block)
    for side in ("items", "do", "dont"):
        if side in block:
            left[side] = [item for item in block[side] if not named(item)]
    emptied = [side for side in ("items", "do", "dont") if block.get(side) and not left[side]]
    shown = any(left.get(side) for side in ("items", "do", "dont"))
    return None if emptied and not shown else left

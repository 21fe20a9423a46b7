"""What changed between two releases, in words that an operator reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sync.errors import DamagedError
from sync.manifest import COMMON, LANGUAGES, Manifest
from sync.store import Store

MOST = 40
"""Lines of one report."""


def describe(old: Mapping[str, Manifest], new: Mapping[str, Manifest], store: Store) -> list[str]:
    """One line for each pack that changed: ``Russia, Uzbek: 2 articles changed``."""
    lines = list(_describe(old, new, store))
    return lines if len(lines) <= MOST else [*lines[:MOST], f"and {len(lines) - MOST} more"]


def _describe(old: Mapping[str, Manifest], new: Mapping[str, Manifest], store: Store) -> Iterator[str]:
    languages = _languages(new, store) | _languages(old, store)
    fresh_languages = _codes(new) - _codes(old) if old else set()
    for code in sorted(fresh_languages):
        yield f"New language: {languages.get(code, code)}"
    for home in sorted({*old, *new}):
        title = _title(home, new if home in new else old, store)
        if home not in new:
            yield f"Destination removed: {title}"
        elif home not in old:
            if old:
                yield f"New destination: {title}"
        else:
            yield from _packs(title, old[home], new[home], fresh_languages, languages, store)


def _packs(
    title: str,
    old: Manifest,
    new: Manifest,
    fresh: set[str],
    languages: Mapping[str, str],
    store: Store,
) -> Iterator[str]:
    for code in sorted({*old.packs, *new.packs} - fresh):
        before, after = old.packs.get(code), new.packs.get(code)
        if before == after or (before and after and before.sha256 == after.sha256):
            continue
        name = f"{title}, {languages.get(code, code)}"
        if after is None:
            yield f"{name}: removed"
            continue
        said = _difference(_pack(before.sha256, store) if before else {}, _pack(after.sha256, store))
        yield f"{name}: {', '.join(said) or 'changed'}"


def _difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    said = []
    for part, noun in (("articles", "article"), ("contacts", "contact")):
        before = {one["id"]: one for one in old.get(part, ())}
        after = {one["id"]: one for one in new.get(part, ())}
        counts = (
            (sum(before[key] != after[key] for key in before.keys() & after.keys()), "changed"),
            (len(after.keys() - before.keys()), "new"),
            (len(before.keys() - after.keys()), "removed"),
        )
        said += [f"{count} {noun}{'' if count == 1 else 's'} {word}" for count, word in counts if count]
    return said


def _codes(manifests: Mapping[str, Manifest]) -> set[str]:
    return set(manifests[COMMON].packs) if COMMON in manifests else set()


def _languages(manifests: Mapping[str, Manifest], store: Store) -> dict[str, str]:
    entry = manifests[COMMON].packs.get(LANGUAGES.partition("/")[2]) if COMMON in manifests else None
    names = _pack(entry.sha256, store).get("names", {}) if entry is not None else {}
    return {"officer": "for officers", "languages": "languages", **names}


def _title(home: str, manifests: Mapping[str, Manifest], store: Store) -> str:
    if home == COMMON:
        return "For all"
    entry = manifests[home].packs.get("en")
    guide = _pack(entry.sha256, store).get("guide", {}) if entry is not None else {}
    return str(guide.get("name", home))


def _pack(digest: str, store: Store) -> dict[str, Any]:
    """A pack's value; an empty one where it cannot be read: words are no reason to fail."""
    try:
        value = json.loads(store.read(digest))
    except (DamagedError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}

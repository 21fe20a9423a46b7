"""Rules of reach: every traveller finds something, and help, on every page."""

from __future__ import annotations

from collections.abc import Iterator

from content.findings import Finding
from content.model import PASSPORTS, Block, Contact, ContactKind, Guide
from content.phones import is_showable
from content.rules.case import Case

FEWEST_BLOCKS = 2


def help_strip(case: Case) -> Iterator[Finding]:
    """help: each passport has a number at the foot of each page."""
    for guide in case.content.guides:
        known = _reachable(case, guide)
        helpers = []
        for name in guide.help:
            if name in known and is_showable(known[name].fact):
                helpers.append(known[name])
            else:
                message = f"help names {name!r}, which is no contact that can be shown."
                yield Finding(guide.place, "help", message, "Name a contact of contacts.yaml.")
        alone = [one for one in PASSPORTS if not any(_meant_for(one, helper) for helper in helpers)]
        if alone:
            message = f"help has no contact for {', '.join(alone)}."
            yield Finding(guide.place, "help", message, "Add a contact that is for everybody.")


def _reachable(case: Case, guide: Guide) -> dict[str, Contact]:
    """The contacts that a guide may name: its own, and those of every origin."""
    at_home = {contact.id: contact for origin in case.content.origins for contact in origin.contacts}
    return {**at_home, **{contact.id: contact for contact in guide.contacts}}


def _meant_for(passport: str, one: Block | Contact) -> bool:
    return not one.passports or passport in one.passports


def coverage(case: Case) -> Iterator[Finding]:
    """coverage: no page is empty for somebody; contact blocks name who can be rung."""
    for guide, article in case.articles:
        for passport in PASSPORTS:
            count = sum(_meant_for(passport, block) for block in article.blocks)
            if count < FEWEST_BLOCKS:
                yield Finding(
                    article.place,
                    "coverage",
                    f"{article.id}: {passport} sees {count} blocks; {FEWEST_BLOCKS} are the least.",
                    f"Widen a block, or write one for {passport}.",
                )
        known = _reachable(case, guide)
        for block in article.blocks:
            yield from _contact_block(block, known)
    yield from _consulates(case)


def _contact_block(block: Block, known: dict[str, Contact]) -> Iterator[Finding]:
    if block.contact is None:
        return
    if block.contact not in known:
        message = f"{block.contact!r} is neither in this guide's contacts.yaml nor in an origin."
        yield Finding(block.place, "coverage", message, "List the contact, or name another one.")
        return
    contact = known[block.contact]
    audience = [passport for passport in PASSPORTS if _meant_for(passport, block)]
    others = [passport for passport in audience if not _meant_for(passport, contact)]
    if others:
        message = f"{block.contact} is not for {', '.join(others)}."
        yield Finding(block.place, "coverage", message, f"Write 'for: [{', '.join(contact.passports)}]'.")


def _consulates(case: Case) -> Iterator[Finding]:
    for guide in case.content.guides:
        for contact in guide.contacts:
            if contact.fact.kind is ContactKind.CONSULATE and not contact.passports:
                message = f"{contact.id} is a consulate, listed for every passport."
                yield Finding(contact.place, "coverage", message, "Add 'for:' with its own.", "warning")


def never_empty(case: Case) -> Iterator[Finding]:
    """help: whoever looks for a number finds one, in the guide or at home."""
    for origin in case.content.origins:
        if not any(is_showable(contact.fact) for contact in origin.contacts):
            message = f"{origin.iso} has no contact that can be shown."
            yield Finding(origin.place, "help", message, "List one that is medium or high in facts/.")
    for guide in case.content.guides:
        for passport in PASSPORTS:
            if not any(_meant_for(passport, one) and is_showable(one.fact) for one in guide.contacts):
                message = f"{guide.iso} has no contact for {passport}."
                yield Finding(guide.place, "help", message, "Add a contact that is for everybody.")

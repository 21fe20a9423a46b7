"""Rules of trust: every statement, number and date goes back to the facts files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from content.findings import Finding
from content.model import (
    PASSPORTS,
    Article,
    Block,
    BlockKind,
    Confidence,
    Contact,
    ContactFact,
    Fact,
    Guide,
    Sheet,
    Text,
    Topic,
)
from content.phones import is_showable, is_valid
from content.rules.case import Case, Shown
from content.rules.numbers import called, dialled, is_amount, numbers, to_dial
from content.sourced import EVERYBODY, UNKNOWN

ROUND_THE_CLOCK = "24/7"
HELPLINE_DAYS, LEGAL_DAYS, OTHER_DAYS = 90, 180, 365
"""Days after which a number, a rule of law and everything else must be read again."""

LEGAL_TOPICS = (
    Topic.ENTRY_REGISTRATION,
    Topic.WORK_PERMIT,
    Topic.CONTRACT_PAY,
    Topic.RIGHTS_POLICE,
    Topic.RETURN_HOME,
)
_WITHOUT_FACTS = (BlockKind.HEADING, BlockKind.CONTACT)


def block_facts(case: Case) -> Iterator[Finding]:
    """block-fact: a block says what its facts say, to whom they apply."""
    for guide, article in case.articles:
        for block in article.blocks:
            yield from _block(case, guide, block)


def _block(case: Case, guide: Guide, block: Block) -> Iterator[Finding]:
    if not block.facts and block.kind not in _WITHOUT_FACTS:
        yield _about(block, "the block names no fact.", "Add 'facts: [...]' with ids of facts/.")
    cited: list[Fact | ContactFact] = []
    for name in block.facts:
        fact = case.content.facts.get(name) or case.content.contact_facts.get(name)
        if fact is None:
            yield _about(block, f"{name!r} is not in facts/.", "Name a fact that exists.")
            continue
        cited.append(fact)
        if fact.confidence is Confidence.LOW:
            yield _about(block, f"{name} has confidence low.", "Leave it out until it is confirmed.")
        if fact.country not in (guide.iso, *PASSPORTS):
            yield _about(block, f"{name} is about {fact.country}.", f"Name a fact about {guide.iso}.")
    if cited and len(cited) == len(block.facts):
        yield from _audience(block, cited)
        yield from _digits(block, cited)


def _about(block: Block, message: str, fix: str) -> Finding:
    return Finding(block.place, "block-fact", f"{block.id}: {message}", fix)


def _audience(block: Block, cited: list[Fact | ContactFact]) -> Iterator[Finding]:
    audience = block.passports or PASSPORTS
    covered = {passport for fact in cited for passport in _applies_to(fact)}
    outside = [passport for passport in audience if passport not in covered]
    if outside:
        fix = f"Write 'for: [{', '.join(one for one in audience if one in covered)}]', or name a wider fact."
        yield _about(block, f"its facts do not apply to {', '.join(outside)}.", fix)
        return
    for fact in cited:
        left_out = [passport for passport in audience if passport not in _applies_to(fact)]
        if left_out:
            yield Finding(
                block.place,
                "block-fact",
                f"{block.id}: {fact.id} does not apply to {', '.join(left_out)}.",
                "Check that what it says is told only to those whom it is for.",
                "warning",
            )


def _applies_to(fact: Fact | ContactFact) -> tuple[str, ...]:
    if isinstance(fact, ContactFact) or EVERYBODY in fact.applies_to:
        return PASSPORTS
    return fact.applies_to


def _said(fact: Fact | ContactFact) -> str:
    """What may be repeated of a fact; a contact's note is for the person who checks."""
    if isinstance(fact, Fact):
        return fact.text
    return f"{fact.name}; {fact.hours}; {fact.phone or ''}"


def _digits(block: Block, cited: list[Fact | ContactFact]) -> Iterator[Finding]:
    for text in block.texts():
        yield from strange_numbers(text, cited)


def strange_numbers(text: Text, cited: Sequence[Fact | ContactFact]) -> Iterator[Finding]:
    """block-fact: numbers of a text that stand in none of its facts."""
    said = [_said(fact) for fact in cited]
    known = {number for one in said for number in numbers(one)}
    phones = {to_dial(piece) for one in said for piece in dialled(one)}
    rest = text.source.replace("**", "")
    for piece in dialled(rest):
        if to_dial(piece) in phones:
            rest = rest.replace(piece, " ", 1)
    strange = [number for number in numbers(rest) if number not in known]
    if strange:
        yield Finding(
            text.place,
            "block-fact",
            f"{', '.join(strange)} stands in none of the block's facts.",
            "Write the number of the fact, or name the fact that holds it.",
        )


def phones(case: Case) -> Iterator[Finding]:
    """phone: no number reaches a screen that the facts files do not vouch for."""
    for _, contact in case.contacts:
        yield from _phone(contact)
    known = _known_phones(case)
    for one in case.shown:
        yield from _numbers_in_text(one, known)


def _phone(contact: Contact) -> Iterator[Finding]:
    fact = contact.fact
    if not is_showable(fact):
        why = "has no phone" if fact.phone is None else "has confidence low"
        yield Finding(contact.place, "phone", f"{contact.id} {why} in facts/.", "Do not list it.")
    elif fact.phone and fact.phone.startswith("+") and not is_valid(fact.phone):
        message = f"{contact.id}: {fact.phone} is no valid number."
        yield Finding(contact.place, "phone", message, "Check it against its source, or do not list it.")


def _known_phones(case: Case) -> frozenset[str]:
    """Digits of every number that is medium or high, and of numbers in such facts."""
    sure = [fact for fact in case.content.facts.values() if fact.confidence is not Confidence.LOW]
    phones = [fact.phone for fact in case.content.contact_facts.values() if is_showable(fact) and fact.phone]
    pieces = [piece for fact in sure for piece in (*dialled(fact.text), *numbers(fact.text))]
    return frozenset(to_dial(piece) for piece in (*phones, *pieces))


def _numbers_in_text(one: Shown, known: frozenset[str]) -> Iterator[Finding]:
    pieces = [piece for piece in dialled(one.plain) if not is_amount(piece)]
    if one.english:
        pieces += called(one.plain)
    for piece in pieces:
        if to_dial(piece) not in known:
            yield one.finding(
                "phone",
                f"{piece!r} looks like a number that facts/ does not have as medium or high.",
                "Take the number from facts/, or leave it out.",
            )


def hours(case: Case) -> Iterator[Finding]:
    """hours: said where the facts give special hours, and only then."""
    for _, contact in case.contacts:
        stated = contact.fact.hours
        special = stated not in (ROUND_THE_CLOCK, UNKNOWN)
        if special and contact.hours is None:
            message = f"{contact.id}: facts/ gives the hours {stated!r}."
            yield Finding(contact.place, "hours", message, "Add 'hours:' in plain words.")
        elif contact.hours is not None and not special:
            message = f"{contact.id}: facts/ says {stated!r}."
            yield Finding(contact.hours.place, "hours", message, "Delete 'hours:'.")
        elif contact.hours is not None:
            strange = [one for one in numbers(contact.hours.source) if one not in numbers(stated)]
            if strange:
                message = f"{', '.join(strange)} is not in the hours of facts/: {stated!r}."
                yield Finding(contact.hours.place, "hours", message, "Write the hours of facts/.")


def review_dates(case: Case) -> Iterator[Finding]:
    """review-date: read on a day that has been, to be read again on a later one."""
    for _, article in case.articles:
        yield from _dates(case, article)
    for _, contact in case.contacts:
        yield from _dates(case, contact)
    for page in (case.content.common.signs_page, case.content.common.offer_page):
        if page is not None:
            yield from _dates(case, page)


def _longest(one: Article | Contact | Sheet) -> int:
    """Days after which a piece must be read again."""
    if isinstance(one, Contact):
        return HELPLINE_DAYS
    return LEGAL_DAYS if isinstance(one, Article) and one.topic in LEGAL_TOPICS else OTHER_DAYS


def _dates(case: Case, one: Article | Contact | Sheet) -> Iterator[Finding]:
    name = one.title.context.partition("/")[0] if isinstance(one, Sheet) else one.id

    def about(message: str, fix: str) -> Finding:
        return Finding(one.place, "review-date", f"{name}: {message}", fix)

    days = (one.review_by - one.verified_on).days
    if days > _longest(one):
        message = f"review_by is {days} days after verified_on; {_longest(one)} are the most."
        yield about(message, "Write an earlier day.")

    if one.verified_on > case.today:
        yield about(f"verified_on {one.verified_on} is in the future.", "Write the day of reading.")
    if one.review_by <= one.verified_on:
        yield about(f"review_by {one.review_by} is not after verified_on.", "Write a later day.")
    elif one.review_by < case.today:
        past = f"{name}: review_by {one.review_by} is past."
        fix = "Read the sources again and write both days anew."
        yield Finding(one.place, "review-date", past, fix, "error" if case.release else "warning")


def confirmed(case: Case) -> Iterator[Finding]:
    """confirmed: a real release shows no number that the operator did not ring."""
    if not case.release:
        return
    for _, contact in case.contacts:
        if contact.confirmed_on is None:
            level = contact.fact.confidence
            yield Finding(
                contact.place,
                "confirmed",
                f"{contact.id} (confidence {level}) was not confirmed.",
                "Ring it and write 'confirmed_on:', or do not list it.",
                "error" if contact.marked else "warning",
            )

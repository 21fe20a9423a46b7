"""Numbers as people read them: in groups, digits unchanged.

>>> group_digits("+74992300076", "RU")
'+7 499 230 00 76'
>>> group_digits("15770071", "KR")
'1577 0071'
"""

from __future__ import annotations

import re

import phonenumbers

from content.model import Confidence, ContactFact

SHORT = 6
"""Numbers of up to this many digits are short codes and stay whole."""


def group_digits(phone: str, country: str) -> str:
    """A number in the groups of its country's own style, with spaces only.

    Args:
        phone: the number exactly as dialled.
        country: where a number without ``+`` is dialled, ISO 3166-1 alpha-2.

    Returns:
        The grouped number. Short codes, codes with ``*`` or ``#`` and whatever the
        numbering plan does not know stay as they are, or fall into groups of
        three when they are long: never another digit than was given.
    """
    if not phone.startswith("+") and (len(phone) <= SHORT or not phone.isdigit()):
        return phone
    style = phonenumbers.PhoneNumberFormat
    try:
        parsed = phonenumbers.parse(phone, country)
        form = style.INTERNATIONAL if phone.startswith("+") else style.NATIONAL
        grouped = " ".join(re.findall(r"\+?\d+", phonenumbers.format_number(parsed, form)))
    except phonenumbers.NumberParseException:
        grouped = ""
    # The plan drops a leading zero that it does not know; a number must not change.
    return grouped if grouped.replace(" ", "") == phone else _in_threes(phone)


def _in_threes(phone: str) -> str:
    groups = re.findall(r"\+?\d{3}(?!\d\b)|\+?\d+", phone)
    return " ".join(groups)


def is_valid(phone: str) -> bool:
    """Whether a ``+`` number can exist under its country's numbering plan.

    Some short codes answer behind the country's code, as 1345 of Korea does.
    """
    try:
        parsed = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_valid_number(parsed) or phonenumbers.is_valid_short_number(parsed))


def is_showable(fact: ContactFact) -> bool:
    """Whether a contact may reach a screen: it has a number, and not a doubtful one."""
    return fact.phone is not None and fact.confidence is not Confidence.LOW

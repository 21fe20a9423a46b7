"""What a help code holds, and its modules.

A code works with no internet: ``tel:`` opens the phone's dialler, a contact card
is kept in the phone's address book. Nothing else is in it: no kiosk, no campaign,
no redirect, and the same number gives the same code on every kiosk.
"""

from __future__ import annotations

CARD_KINDS = frozenset({"consulate", "migration_authority"})
"""Kinds of contact worth keeping; all others are numbers to ring."""

QUIET = 4
"""Modules of white around a code (ISO/IEC 18004)."""


def payload(kind: str, name: str, phone: str) -> str:
    """The text of a contact's code.

    ``tel:`` (RFC 3966) for help numbers; MECARD for what one keeps, because it
    is half as long as a vCard, so its modules are larger and weak phones read it.
    """
    if kind in CARD_KINDS:
        return f"MECARD:N:{_escape(name)};TEL:{phone};;"
    return f"tel:{phone}"


def _escape(text: str) -> str:
    for mark in "\\;:,":
        text = text.replace(mark, "\\" + mark)
    return text


def modules(text: str) -> list[list[bool]]:
    """Rows of a code, top first, the quiet zone included; ``True`` is dark.

    Error correction M: the level that reads best at a fixed printed size when a
    hall's lamps glare on the glass.
    """
    # Imported here: a traveller who never opens a code never waits for it.
    import qrcode
    from qrcode.constants import ERROR_CORRECT_M

    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    code.add_data(text.encode("utf-8"))
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.get_matrix()]

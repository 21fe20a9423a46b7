"""Which numbers are shown: threshold, folding, the sibling rule, and what the attack asks for.

Threshold and rounding alone do not protect: where a category is hidden at one kiosk only,
it is the airport's number less those of the other kiosks. So

1. nothing below ten is shown by name, zero included;
2. what is not shown is folded into one sum, "Other", together with the smallest shown
   categories, until that sum tells nothing of its parts;
3. a category that a sum shows must be hidden at none of its parts, or at enough of them;
4. whatever a linear programme can still prove is taken out, one number of its proof after
   the other (``attack``).

Only more is hidden from step to step, so this ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from server.usage.attack import Finding, attack
from server.usage.errors import ReleaseError
from server.usage.tables import OTHER, Label, Table, by_threshold
from server.usage.vocabulary import THRESHOLD, VISIT

TOP = THRESHOLD - 1
"""The most that a number may be that was hidden for its size."""


def protect(tables: Sequence[Table]) -> None:
    """Decide for every table that is not frozen what is shown.

    Raises:
        ReleaseError: a cell is not safe whatever is hidden: what was published before shows it.
    """
    for table in tables:
        if not table.frozen:
            by_threshold(table)
    apply_rules(tables)
    while found := attack(tables, [table.published() for table in tables]):
        for one in found:
            _take_out(one)
        apply_rules(tables)


def apply_rules(tables: Iterable[Table]) -> None:
    """Fold, and look at siblings, until nothing changes."""
    tables = list(tables)
    changed = True
    while changed:
        changed = False
        for table in tables:
            changed |= not table.frozen and fold(table)
        for table in tables:
            changed |= not table.frozen and _mind_parts(table)


def fold(table: Table) -> bool:
    """Fold the smallest into "Other" until it tells nothing of its parts; whether anything changed."""
    if table.kind == VISIT:
        return False
    before = (len(table.shown), table.other)
    while table.shown:
        folded = [table.counts[value] for value in table.folded]
        if len(folded) >= 2 if table.closed else not folded or tells_nothing(folded):
            break
        table.shown.remove(min(table.shown, key=lambda value: (table.counts[value], value)))
    table.other = not table.closed and tells_nothing([table.counts[value] for value in table.folded])
    return before != (len(table.shown), table.other)


def tells_nothing(values: Sequence[int]) -> bool:
    """Whether the rounded sum of these is ten or more and leaves each of them open."""
    total = sum(values)
    if len(values) < 2 or total < THRESHOLD:
        return False
    return max(values) >= THRESHOLD or TOP * (len(values) - 1) >= total + 4


def hides_enough(values: Sequence[int]) -> bool:
    """Whether these, hidden at several parts of a known sum, can each be nobody."""
    return len(values) >= 2 and (max(values) >= THRESHOLD or TOP * (len(values) - 1) >= sum(values))


def _mind_parts(table: Table) -> bool:
    """The sibling rule, for each category that a sum shows and for its "Other"."""
    changed = False
    for value in sorted(table.shown) if table.parts else ():
        holders = [part for part in table.parts if value in part.counts]
        hidden = [part.counts[value] for part in holders if value not in part.shown]
        # Folding this table may have taken the value away meanwhile.
        if value in table.shown and hidden and not hides_enough(hidden):
            open_parts = [part for part in holders if value in part.shown and not part.frozen]
            one = min(open_parts, key=lambda part: (part.counts[value], part.place), default=table)
            one.shown.remove(value)
            fold(one)
            changed = True
    if table.parts and table.kind != VISIT and (table.other or not table.folded):
        hidden = [part.rest for part in table.parts if part.folded and not part.other]
        if hidden and not hides_enough(hidden):
            open_parts = [part for part in table.parts if part.other and not part.frozen]
            one = min(open_parts, key=lambda part: (part.rest, part.place), default=table)
            one.closed = True
            fold(one)
            changed = True
    return changed


def _take_out(found: Finding) -> None:
    """Hide the smallest number that a proof rests on, and visits last: funders ask for them first."""
    blamed = [(table, label) for table, label in found.blame if not table.frozen]
    if not blamed:
        raise ReleaseError(f"{found}, from tables that are published. Nothing is published.")
    table, label = min(blamed, key=_worth)
    if label == OTHER:
        table.closed = True
    else:
        table.shown.discard(label[1])


def _worth(cell: tuple[Table, Label]) -> tuple[bool, int, str]:
    table, label = cell
    count = table.rest if label == OTHER else table.counts[label[1]]
    return table.kind == VISIT, count, f"{table.place} {table.kind} {label}"

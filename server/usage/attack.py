"""The attack that every release must stand: a linear programme over all that is published.

The attacker knows every published table of the period, which tables add up to which, how
rounding works and what one visit can add. More than anybody is told, the attacker also
knows of every number that was hidden for its size that it is below ten. Each of these must
be compatible with nobody: the least value that fits everything must be 0.

A world is a number for every cell of every table. One world in which many hidden cells
are 0 at the same time clears all of them; what no such world clears is asked for alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from server.usage.errors import ReleaseError
from server.usage.tables import OTHER, Label, Table, named
from server.usage.vocabulary import KINDS, STEP, THRESHOLD, VISIT

SLACK = STEP // 2
"""A rounded number is off by so much at most."""

NEAR = 1e-6

Sight = Mapping[Label, int]
"""The published numbers of one table."""

Cell = tuple[Table, Label]


@dataclass(frozen=True, slots=True)
class Finding:
    """A hidden cell that can be seen.

    Attributes:
        table: whose cell it is.
        label: which.
        least: what it is at least, as the attacker proves.
        blame: the published numbers that the proof rests on.
    """

    table: Table
    label: Label
    least: float
    blame: tuple[Cell, ...]

    def __str__(self) -> str:
        """For the log: the cell, and not how large it is."""
        name = f"{self.table.kind}/{self.label[1]}" if self.label[1] else self.table.kind
        name += " (the rest)" if self.label == OTHER else ""
        return f"{name} of {self.table.place} can be told from nobody"


def attack(
    tables: Sequence[Table], sights: Sequence[Sight], only_one: bool = False, whole: bool = False
) -> list[Finding]:
    """Every cell that was hidden for its size and is not safe.

    Args:
        tables: all tables of the period and of its parts, with the true counts.
        sights: what is published of each.
        only_one: the first finding is enough.
        whole: worlds have whole people only, which can prove more and takes longer.

    Raises:
        ReleaseError: a published number is not that of its table, or the solver failed.
    """
    return World(tables, sights, whole).findings(only_one)


class World:
    """The equations between all cells of all tables, and the bounds on each."""

    def __init__(self, tables: Sequence[Table], sights: Sequence[Sight], whole: bool) -> None:
        self._whole = whole
        self._index: dict[tuple[int, Label], int] = {}
        self._cells: list[Cell] = []
        self._truth: list[int] = []
        self._low: list[float] = []
        self._high: list[float] = []
        self._published: list[bool] = []
        self._equal = _Rows()
        self._most = _Rows()
        self._targets: list[int] = []
        for table, sight in zip(tables, sights, strict=True):
            self._add_cells(table, sight)
        for table in tables:
            self._add_sums(table)
            self._add_visits(table)

    def findings(self, only_one: bool = False) -> list[Finding]:
        """Clear what can be cleared together; ask for the rest alone."""
        left = set(self._targets)
        while left:
            world, _ = self._least(sorted(left))
            cleared = {cell for cell in left if world[cell] <= NEAR}
            left -= cleared
            if not cleared:
                break
        found = []
        for cell in sorted(left):
            world, blame = self._least([cell])
            if world[cell] > NEAR:
                table, label = self._cells[cell]
                found.append(Finding(table, label, float(world[cell]), blame))
                if only_one:
                    break
        return found

    def _add_cells(self, table: Table, sight: Sight) -> None:
        for value, count in table.counts.items():
            self._add(table, named(value), count, sight)
        folded = [value for value in table.counts if named(value) not in sight]
        if table.kind != VISIT and folded:
            self._add(table, OTHER, sum(table.counts[value] for value in folded), sight)
            row = {self._at(table, named(value)): -1 for value in folded}
            self._equal.add({self._at(table, OTHER): 1, **row})
        unknown = [label for label in sight if (id(table), label) not in self._index]
        if unknown:
            raise ReleaseError(f"A number is published for {table.place} that nobody counted there.")

    def _add(self, table: Table, label: Label, count: int, sight: Sight) -> None:
        if label in sight:
            low, high = max(THRESHOLD, sight[label] - SLACK), float(sight[label] + SLACK)
        elif count < THRESHOLD:
            low, high = 0, float(THRESHOLD - 1)
            if count > 0:
                self._targets.append(len(self._cells))
        else:
            low, high = 0, np.inf
        if not low <= count <= high:
            raise ReleaseError(f"A published number of {table.place} is not what was counted there.")
        self._index[id(table), label] = len(self._cells)
        self._cells.append((table, label))
        self._truth.append(count)
        self._low.append(low)
        self._high.append(high)
        self._published.append(label in sight)

    def _at(self, table: Table, label: Label) -> int:
        return self._index[id(table), label]

    def _add_sums(self, table: Table) -> None:
        """A table is the sum of its parts, value by value."""
        if table.parts:
            for value in table.counts:
                holders = (part for part in table.parts if value in part.counts)
                row = {self._at(part, named(value)): -1 for part in holders}
                self._equal.add({self._at(table, named(value)): 1, **row})

    def _add_visits(self, table: Table) -> None:
        """What one visit can add; only where it is true, for a false premise proves nothing."""
        if table.parts or not table.visits or table.kind == VISIT:
            return
        kind = KINDS[table.kind]
        whole = {self._at(visits, named("")): -kind.most for visits in table.visits}
        visits = sum(one.counts[""] for one in table.visits)
        cells = [self._at(table, named(value)) for value in table.counts]
        total = sum(table.counts.values())
        row = {**dict.fromkeys(cells, 1), **whole}
        if kind.whole and total == visits * kind.most:
            self._equal.add(row)
        elif total <= visits * kind.most:
            self._most.add(row)
        fewest = sum(self._low[cell] for cell in whole)
        for cell in cells:
            if self._truth[cell] <= visits and self._high[cell] > fewest:
                self._most.add({cell: 1, **dict.fromkeys(whole, -1)})

    def _least(self, cells: Sequence[int]) -> tuple[Any, tuple[Cell, ...]]:
        """A world in which the sum of these cells is least, and what keeps it from being less."""
        size = len(self._cells)
        cost = np.zeros(size)
        cost[list(cells)] = 1
        result = linprog(
            cost,
            A_ub=self._most.matrix(size),
            b_ub=self._most.zeros(),
            A_eq=self._equal.matrix(size),
            b_eq=self._equal.zeros(),
            bounds=np.column_stack((self._low, self._high)),
            method="highs",
            integrality=int(self._whole),
        )
        if result.status != 0:
            raise ReleaseError(f"The attack could not be tried ({result.message}). Nothing is published.")
        if self._whole:
            return result.x, ()
        force = np.abs(result.lower.marginals) + np.abs(result.upper.marginals)
        blame = np.flatnonzero((force > NEAR) & np.array(self._published))
        return result.x, tuple(self._cells[cell] for cell in blame)


class _Rows:
    """Rows of a sparse matrix, each equal to (or at most) zero."""

    def __init__(self) -> None:
        self._data: list[float] = []
        self._columns: list[int] = []
        self._starts = [0]

    def add(self, row: Mapping[int, float]) -> None:
        """One more row: factor by column."""
        self._columns.extend(row.keys())
        self._data.extend(row.values())
        self._starts.append(len(self._columns))

    def matrix(self, columns: int) -> Any:
        """As scipy wants it; ``None`` without rows."""
        rows = len(self._starts) - 1
        return csr_array((self._data, self._columns, self._starts), shape=(rows, columns)) if rows else None

    def zeros(self) -> Any:
        """The right side."""
        rows = len(self._starts) - 1
        return np.zeros(rows) if rows else None

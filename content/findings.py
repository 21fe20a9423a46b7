"""What is wrong with a file that a person wrote: where, which rule, and the fix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from content.model import Place

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. ``fix`` says what to write instead."""

    place: Place
    rule: str
    message: str
    fix: str
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.place}: {self.severity}: {self.rule}: {self.message} Fix: {self.fix}"

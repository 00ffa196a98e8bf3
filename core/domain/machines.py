"""Status machines: a name and the legal steps, nothing else.

Every machine starts at the pseudo-status `none`. The tables are stored as rows `fsm(machine, from,
to)`, so the database refuses what is not listed here (design section 5).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final

from core.domain.errors import IllegalTransition

NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Machine:
    """A named machine; `transitions` maps each status to the statuses that may follow it."""

    name: str
    transitions: Mapping[str, frozenset[str]]

    @property
    def statuses(self) -> tuple[str, ...]:
        """All statuses, `none` first, in order of mention."""
        targets = (to for each in self.transitions.values() for to in sorted(each))
        return tuple(dict.fromkeys([NONE, *self.transitions, *targets]))

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """All legal steps as (from, to)."""
        return tuple((a, b) for a, bs in self.transitions.items() for b in sorted(bs))

    @property
    def illegal_steps(self) -> tuple[tuple[str, str], ...]:
        """Every other pair of statuses."""
        legal = set(self.steps)
        pairs = product(self.statuses, self.statuses)
        return tuple((a, b) for a, b in pairs if (a, b) not in legal)

    def check(self, from_status: str, to_status: str) -> None:
        """Let a legal step pass.

        Raises:
            IllegalTransition: the step is not in the table.
        """
        if to_status not in self.transitions.get(from_status, frozenset()):
            raise IllegalTransition(machine=self.name, from_status=from_status, to_status=to_status)


def machine(name: str, steps: Mapping[str, tuple[str, ...]]) -> Machine:
    """Make a machine from `from → (to, …)`; enum members count as their plain words."""
    plain = {_word(a): frozenset(_word(b) for b in bs) for a, bs in steps.items()}
    return Machine(name, plain)


def _word(status: str) -> str:
    return status.value if isinstance(status, StrEnum) else status

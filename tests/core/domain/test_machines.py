"""Machines: every pair of every table, and the shape that all tables share."""

from typing import Final

import pytest

from core.domain import (
    bills,
    dialogues,
    disputes,
    ledger,
    payments,
    people,
    refund_requests,
    tenants,
    wallets,
)
from core.domain.errors import IllegalTransition
from core.domain.machines import NONE, Machine

MACHINES: Final = (
    bills.ACKNOWLEDGMENT_TRANSITIONS,
    bills.LIFE_TRANSITIONS,
    dialogues.INTENT_TRANSITIONS,
    disputes.TRANSITIONS,
    ledger.HOLD_TRANSITIONS,
    payments.ATTEMPT_TRANSITIONS,
    payments.TRANSITIONS,
    people.INVITATION_TRANSITIONS,
    people.MEMBERSHIP_TRANSITIONS,
    refund_requests.TRANSITIONS,
    tenants.TRANSITIONS,
    wallets.TRANSITIONS,
)

each = pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: str(machine.name))


@each
def test_a_listed_step_passes_and_every_other_is_refused(machine: Machine) -> None:
    for step in machine.steps:
        machine.check(*step)
    for from_status, to_status in machine.illegal_steps:
        with pytest.raises(IllegalTransition) as refused:
            machine.check(from_status, to_status)
        assert refused.value.data["machine"] == machine.name
    pairs = len(machine.statuses) ** 2
    assert len(machine.steps) + len(machine.illegal_steps) == pairs


@each
def test_birth_is_from_nothing_and_nothing_returns_there(machine: Machine) -> None:
    assert machine.statuses[0] == NONE
    assert machine.transitions[NONE]
    assert all(to_status != NONE for _, to_status in machine.steps)


@each
def test_every_status_can_be_reached(machine: Machine) -> None:
    reached = {NONE}
    while more := {b for a, b in machine.steps if a in reached} - reached:
        reached |= more
    assert reached == set(machine.statuses)


def test_names_are_unique() -> None:
    assert len({machine.name for machine in MACHINES}) == len(MACHINES)

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.domain.dialogues import (
    MAX_PIN,
    Intent,
    IntentKey,
    IntentStatus,
    Pad,
    PadId,
    PadUse,
)
from core.domain.errors import IllegalTransition, IntentSpent, NotForYou
from core.domain.people import PersonId
from core.domain.tenants import TenantId

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OWNER = PersonId(3)
INTENT = Intent(
    key=IntentKey("i" * 22), tenant_id=TenantId(2), owner_id=OWNER, verb="pay", expires_at=NOW
)
PAD = Pad(
    id=PadId(1),
    person_id=OWNER,
    chat_id=5,
    use=PadUse.CHECK,
    slots="7305186294",
    expires_at=NOW,
)
BEFORE = NOW - timedelta(seconds=1)


def test_the_owner_presses_once() -> None:
    INTENT.check(by=OWNER, at=BEFORE)
    done = INTENT.end(IntentStatus.DONE, outcome="paid")
    with pytest.raises(IntentSpent) as spent:
        done.check(by=OWNER, at=BEFORE)
    assert spent.value.data["outcome"] == "paid"


def test_nobody_else_presses() -> None:
    with pytest.raises(NotForYou):
        INTENT.check(by=PersonId(9), at=BEFORE)


def test_nobody_else_learns_how_it_ended() -> None:
    with pytest.raises(NotForYou):
        INTENT.end(IntentStatus.DONE).check(by=PersonId(9), at=BEFORE)


def test_an_old_button_is_spent() -> None:
    with pytest.raises(IntentSpent):
        INTENT.check(by=OWNER, at=NOW)


@pytest.mark.parametrize("status", [s for s in IntentStatus if s is not IntentStatus.OPEN])
def test_what_has_ended_stays_so(status: IntentStatus) -> None:
    ended = INTENT.end(status)
    for other in IntentStatus:
        with pytest.raises(IllegalTransition):
            ended.end(other)


def test_keys_stand_for_the_digits_behind_them() -> None:
    assert PAD.press(0).press(1).press(9).digits == "734"


def test_digits_are_rubbed_out_from_the_end() -> None:
    assert PAD.press(0).press(1).rub_out().digits == "7"
    assert PAD.rub_out().digits == ""


def test_a_pin_has_an_end() -> None:
    full = replace(PAD, digits="1" * MAX_PIN)
    assert full.press(0) == full


@pytest.mark.parametrize("slot", [-1, 10, 99])
def test_a_key_that_is_not_there_does_nothing(slot: int) -> None:
    assert PAD.press(slot) == PAD

"""Payments and attempts: what may follow what, and money that only adds up."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.bills import BillId
from core.domain.configurations import ConfigurationId
from core.domain.errors import IllegalTransition
from core.domain.payments import (
    ATTEMPT_TRANSITIONS,
    CHECK_DELAYS_S,
    OPEN,
    TRANSITIONS,
    Attempt,
    AttemptId,
    AttemptStatus,
    Method,
    Payment,
    PaymentId,
    PaymentStatus,
    Purpose,
)
from core.domain.people import PersonId
from core.domain.providers import ProviderError
from core.domain.tenants import TenantId
from tests.factories import NGN, NOW, naira

STEADY = settings(max_examples=100, deadline=None, derandomize=True)


def payment(status: PaymentStatus = PaymentStatus.PENDING) -> Payment:
    return Payment(
        id=PaymentId(1),
        token="TXN-1",
        tenant_id=TenantId(2),
        payer_id=PersonId(3),
        purpose=Purpose.BILL,
        bill_id=BillId(4),
        method=Method.PROVIDER,
        currency=NGN,
        amount_minor=1_000,
        created_at=NOW,
        status=status,
    )


def attempt(status: AttemptStatus = AttemptStatus.CREATED, *, checks: int = 0) -> Attempt:
    return Attempt(
        id=AttemptId(1),
        payment_id=PaymentId(1),
        tenant_id=TenantId(2),
        number=1,
        configuration_id=ConfigurationId(5),
        provider="sandbox",
        reference="hz1",
        created_at=NOW,
        checks=checks,
        status=status,
    )


@pytest.mark.parametrize("status", PaymentStatus)
def test_captured_money_completes_whatever_the_status(status: PaymentStatus) -> None:
    done = payment(status).complete(naira(700), at=NOW)
    assert (done.status, done.captured) == (PaymentStatus.COMPLETED, naira(700))


@STEADY
@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=10))
def test_captures_add_up_and_the_first_one_completes(amounts: list[int]) -> None:
    done = payment(PaymentStatus.EXPIRED)
    for place, minor in enumerate(amounts):
        done = done.complete(naira(minor), at=NOW + timedelta(minutes=place))
    assert done.captured == naira(sum(amounts))
    assert done.ended_at == NOW


@pytest.mark.parametrize("status", PaymentStatus)
def test_only_an_end_has_a_time(status: PaymentStatus) -> None:
    if status is PaymentStatus.PENDING:
        with pytest.raises(IllegalTransition):
            payment().move(status, at=NOW)
        return
    moved = payment().move(status, at=NOW)
    assert moved.is_open == (status in OPEN)
    assert (moved.ended_at == NOW) == (status not in OPEN)


def test_nothing_undoes_a_completed_payment() -> None:
    assert PaymentStatus.COMPLETED not in TRANSITIONS.transitions


def test_nothing_undoes_a_settled_attempt() -> None:
    assert AttemptStatus.SETTLED not in ATTEMPT_TRANSITIONS.transitions


@pytest.mark.parametrize(
    "status",
    [s for s in AttemptStatus if s not in {AttemptStatus.CREATED, AttemptStatus.SETTLED}],
)
def test_the_providers_late_word_always_counts(status: AttemptStatus) -> None:
    assert attempt(status).move(AttemptStatus.SETTLED).status is AttemptStatus.SETTLED


def test_what_was_never_sent_cannot_be_settled_or_declined() -> None:
    for status in set(AttemptStatus) - {AttemptStatus.SENT}:
        with pytest.raises(IllegalTransition):
            attempt().move(status)


@pytest.mark.parametrize("status", AttemptStatus)
def test_money_may_still_be_taken_while_the_provider_has_not_said_no(
    status: AttemptStatus,
) -> None:
    takes = {AttemptStatus.SENT, AttemptStatus.WAITING, AttemptStatus.UNKNOWN}
    assert attempt(status).may_still_settle == (status in takes)


@pytest.mark.parametrize("status", AttemptStatus)
def test_after_a_restore_only_the_providers_word_ends_a_doubt(status: AttemptStatus) -> None:
    older = replace(attempt(status), is_put_back=True)
    has_failed = status in {AttemptStatus.DECLINED, AttemptStatus.EXPIRED}
    assert older.is_idle == has_failed
    assert older.had_page != has_failed
    assert older.is_doubtful == (not has_failed and status is not AttemptStatus.SETTLED)


def test_an_error_is_kept_until_the_next_step() -> None:
    declined = attempt(AttemptStatus.WAITING).move(
        AttemptStatus.DECLINED, error=ProviderError.DECLINED_CARD
    )
    assert declined.error is ProviderError.DECLINED_CARD
    assert declined.move(AttemptStatus.SETTLED).error is None


def test_look_ups_slow_down_and_never_stop_growing_apart() -> None:
    waits = [(attempt(checks=n).next_check(at=NOW) - NOW).total_seconds() for n in range(9)]
    assert waits[: len(CHECK_DELAYS_S)] == list(CHECK_DELAYS_S)
    assert waits == sorted(waits)
    assert waits[-1] == 3_600

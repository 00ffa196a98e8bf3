from datetime import UTC, datetime, timedelta

import pytest

from core.domain.errors import IllegalTransition, InvalidAmount
from core.domain.ledger import (
    Account,
    AccountId,
    AccountKind,
    Hold,
    HoldId,
    HoldStatus,
    JournalKind,
    Leg,
    Subject,
    fingerprint,
)
from core.domain.money import Currency, Money
from core.domain.tenants import TenantId

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NGN = Currency("NGN")
SUBJECT = Subject(kind="bill", id=1)


def naira(minor: int) -> Money:
    return Money(minor, NGN)


def hold(*, expires_at: datetime | None = None) -> Hold:
    return Hold(
        id=HoldId(1),
        tenant_id=TenantId(2),
        account_id=AccountId(3),
        amount=naira(500),
        subject=SUBJECT,
        expires_at=expires_at,
    )


def leg(minor: int = 5, *, source: int = 1, target: int = 2) -> Leg:
    return Leg(source=AccountId(source), target=AccountId(target), amount=naira(minor))


def test_available_is_what_is_not_held() -> None:
    account = Account(
        id=AccountId(1),
        tenant_id=TenantId(2),
        currency=NGN,
        kind=AccountKind.MEMBER_WALLET,
        owner_id=3,
        has_floor=True,
        credits_minor=1_000,
        debits_minor=300,
        held_minor=200,
    )
    assert (account.balance, account.held, account.available) == (
        naira(700),
        naira(200),
        naira(500),
    )


@pytest.mark.parametrize("minor", [1, 499, 500])
def test_a_hold_is_posted_up_to_its_amount(minor: int) -> None:
    posted = hold().post(naira(minor))
    assert (posted.status, posted.posted_minor) == (HoldStatus.POSTED, minor)


@pytest.mark.parametrize("amount", [naira(0), naira(-1), naira(501), Money(5, Currency("USD"))])
def test_a_hold_is_not_posted_beyond_itself(amount: Money) -> None:
    with pytest.raises(InvalidAmount):
        hold().post(amount)


def test_a_resolved_hold_is_resolved_once() -> None:
    for resolved in (hold().post(naira(5)), hold().void()):
        with pytest.raises(IllegalTransition):
            resolved.void()
        with pytest.raises(IllegalTransition):
            resolved.post(naira(5))


def test_a_hold_expires_at_its_time_and_not_before() -> None:
    timed = hold(expires_at=NOW)
    with pytest.raises(IllegalTransition):
        timed.expire(at=NOW - timedelta(seconds=1))
    assert timed.expire(at=NOW).status is HoldStatus.EXPIRED


def test_a_hold_without_a_time_never_expires() -> None:
    with pytest.raises(IllegalTransition):
        hold().expire(at=NOW + timedelta(days=9999))


def test_the_same_content_has_the_same_fingerprint() -> None:
    first = fingerprint(JournalKind.TOP_UP, SUBJECT, [leg()])
    assert first == fingerprint(JournalKind.TOP_UP, SUBJECT, [leg()])


@pytest.mark.parametrize(
    ("kind", "subject", "legs"),
    [
        (JournalKind.REVERSAL, SUBJECT, [leg()]),
        (JournalKind.TOP_UP, Subject(kind="bill", id=2), [leg()]),
        (JournalKind.TOP_UP, SUBJECT, [leg(6)]),
        (JournalKind.TOP_UP, SUBJECT, [leg(source=3)]),
        (JournalKind.TOP_UP, SUBJECT, [leg(target=3)]),
        (JournalKind.TOP_UP, SUBJECT, [leg(), leg()]),
        (JournalKind.TOP_UP, SUBJECT, []),
    ],
)
def test_other_content_has_another_fingerprint(
    kind: JournalKind, subject: Subject, legs: list[Leg]
) -> None:
    assert fingerprint(kind, subject, legs) != fingerprint(JournalKind.TOP_UP, SUBJECT, [leg()])

"""Posting: keys that never pay twice, floors leg by leg, holds, reversals."""

from datetime import timedelta

import pytest

from core.domain.errors import (
    IllegalTransition,
    InsufficientFunds,
    InvalidAmount,
    KeyReused,
    MoneyStopped,
)
from core.domain.ledger import (
    AccountId,
    AccountKind,
    Hold,
    HoldStatus,
    Journal,
    JournalKind,
    Leg,
    Subject,
)
from core.use_cases.ledger import expire_hold, place_hold, post, post_hold, reverse, void_hold
from storage.doctor import money_stop
from tests.core.estate import Estate
from tests.factories import naira

SUBJECT = Subject(kind="test", id=1)


def leg(source: AccountId, target: AccountId, minor: int) -> Leg:
    return Leg(source=source, target=target, amount=naira(minor))


@pytest.fixture
def ada(estate: Estate) -> AccountId:
    """Ada's account, with 1,000.00 in it."""
    estate.fund(estate.ada, 100_000)
    return estate.wallet(estate.ada).account_id


@pytest.fixture
def ben(estate: Estate) -> AccountId:
    return estate.wallet(estate.ben).account_id


def move(estate: Estate, *legs: Leg, key: str = "k") -> Journal:
    return estate.do(
        post,
        tenant_id=estate.tenant.id,
        kind=JournalKind.REPAYMENT,
        subject=SUBJECT,
        key=key,
        legs=legs,
    )


def hold(estate: Estate, account_id: AccountId, minor: int, *, hours: int = 0) -> Hold:
    return estate.do(
        place_hold,
        tenant_id=estate.tenant.id,
        account_id=account_id,
        amount=naira(minor),
        subject=SUBJECT,
        expires_at=estate.clock.now() + timedelta(hours=hours) if hours else None,
    )


def available(estate: Estate, account_id: AccountId) -> int:
    return estate.look(lambda tx: tx.ledger.get(account_id)).available.minor


def test_the_same_key_and_content_is_the_same_journal(
    estate: Estate, ada: AccountId, ben: AccountId
) -> None:
    first = move(estate, leg(ada, ben, 300))
    again = move(estate, leg(ada, ben, 300))
    assert again.id == first.id
    assert available(estate, ben) == 300


@pytest.mark.parametrize("minor", [299, 301])
def test_the_same_key_with_other_content_is_refused(
    estate: Estate, ada: AccountId, ben: AccountId, minor: int
) -> None:
    move(estate, leg(ada, ben, 300))
    with pytest.raises(KeyReused):
        move(estate, leg(ada, ben, minor))
    with pytest.raises(KeyReused):
        move(estate, leg(ada, ben, 300), leg(ada, ben, 300))
    assert available(estate, ben) == 300


def test_funds_must_suffice_leg_by_leg_in_order(
    estate: Estate, ada: AccountId, ben: AccountId
) -> None:
    with pytest.raises(InsufficientFunds):
        move(estate, leg(ben, ada, 1), leg(ada, ben, 1))
    move(estate, leg(ada, ben, 1), leg(ben, ada, 1))
    assert (available(estate, ada), available(estate, ben)) == (100_000, 0)


def test_the_last_kobo_may_go_and_not_one_more(
    estate: Estate, ada: AccountId, ben: AccountId
) -> None:
    with pytest.raises(InsufficientFunds) as refused:
        move(estate, leg(ada, ben, 100_001))
    assert refused.value.data["missing"] == naira(1)
    move(estate, leg(ada, ben, 100_000))
    assert available(estate, ada) == 0


def test_a_reversal_mirrors_and_happens_once(
    estate: Estate, ada: AccountId, ben: AccountId
) -> None:
    journal = move(estate, leg(ada, ben, 300), leg(ben, ada, 100))
    first = estate.do(reverse, journal_id=journal.id)
    assert estate.do(reverse, journal_id=journal.id).id == first.id
    assert first.reverses_id == journal.id
    assert (available(estate, ada), available(estate, ben)) == (100_000, 0)


def test_what_is_gone_is_not_reversed(estate: Estate, ada: AccountId, ben: AccountId) -> None:
    journal = move(estate, leg(ada, ben, 300))
    target = estate.account(AccountKind.EXTERNAL).id
    move(estate, leg(ben, target, 300), key="gone")
    with pytest.raises(InsufficientFunds):
        estate.do(reverse, journal_id=journal.id)


def test_held_money_cannot_be_spent_or_held_again(
    estate: Estate, ada: AccountId, ben: AccountId
) -> None:
    hold(estate, ada, 60_000)
    assert available(estate, ada) == 40_000
    with pytest.raises(InsufficientFunds):
        hold(estate, ada, 40_001)
    with pytest.raises(InsufficientFunds):
        move(estate, leg(ada, ben, 40_001))
    hold(estate, ada, 40_000)
    assert available(estate, ada) == 0


def test_a_voided_hold_frees_everything(estate: Estate, ada: AccountId) -> None:
    placed = hold(estate, ada, 60_000)
    assert estate.do(void_hold, hold_id=placed.id).status is HoldStatus.VOIDED
    assert available(estate, ada) == 100_000


@pytest.mark.parametrize("minor", [1, 59_999, 60_000])
def test_a_posted_hold_moves_up_to_its_amount_and_frees_the_rest(
    estate: Estate, ada: AccountId, ben: AccountId, minor: int
) -> None:
    placed = hold(estate, ada, 60_000)
    legs = [leg(ada, ben, minor)]
    estate.do(post_hold, hold_id=placed.id, legs=legs, kind=JournalKind.HOLD_POSTED)
    after = estate.look(lambda tx: tx.ledger.hold(placed.id))
    assert (after.status, after.posted_minor) == (HoldStatus.POSTED, minor)
    assert (available(estate, ada), available(estate, ben)) == (100_000 - minor, minor)


def test_a_hold_posts_to_several_and_never_more_than_it_is(
    estate: Estate, ada: AccountId, ben: AccountId
) -> None:
    placed = hold(estate, ada, 60_000)
    fees = estate.account(AccountKind.PROVIDER_FEES, estate.configuration.id).id
    much = [leg(ada, ben, 59_000), leg(ada, fees, 1_001)]
    with pytest.raises(InvalidAmount):
        estate.do(post_hold, hold_id=placed.id, legs=much, kind=JournalKind.HOLD_POSTED)
    legs = [leg(ada, ben, 59_000), leg(ada, fees, 1_000)]
    estate.do(post_hold, hold_id=placed.id, legs=legs, kind=JournalKind.HOLD_POSTED)
    assert available(estate, ada) == 40_000


def test_nothing_posts_a_hold_for_nothing(estate: Estate, ada: AccountId) -> None:
    placed = hold(estate, ada, 60_000)
    with pytest.raises(InvalidAmount):
        estate.do(post_hold, hold_id=placed.id, legs=[], kind=JournalKind.HOLD_POSTED)


def test_a_hold_is_resolved_once(estate: Estate, ada: AccountId, ben: AccountId) -> None:
    placed = hold(estate, ada, 60_000, hours=1)
    estate.do(void_hold, hold_id=placed.id)
    estate.clock.move(hours=1)
    legs = [leg(ada, ben, 1)]
    with pytest.raises(IllegalTransition):
        estate.do(void_hold, hold_id=placed.id)
    with pytest.raises(IllegalTransition):
        estate.do(expire_hold, hold_id=placed.id)
    with pytest.raises(IllegalTransition):
        estate.do(post_hold, hold_id=placed.id, legs=legs, kind=JournalKind.HOLD_POSTED)


def test_a_hold_expires_at_its_time_and_not_before(estate: Estate, ada: AccountId) -> None:
    placed = hold(estate, ada, 60_000, hours=72)
    estate.clock.move(hours=71)
    with pytest.raises(IllegalTransition):
        estate.do(expire_hold, hold_id=placed.id)
    estate.clock.move(hours=1)
    assert estate.do(expire_hold, hold_id=placed.id).status is HoldStatus.EXPIRED
    assert available(estate, ada) == 100_000


def test_a_hold_without_an_end_never_expires(estate: Estate, ada: AccountId) -> None:
    placed = hold(estate, ada, 60_000)
    estate.clock.move(days=1_000)
    with pytest.raises(IllegalTransition):
        estate.do(expire_hold, hold_id=placed.id)


def test_while_money_is_stopped_nothing_posts_and_nothing_is_held(
    estate: Estate, ada: AccountId, ben: AccountId
) -> None:
    estate.books.run(lambda tx: money_stop(tx, estate.tenant.id, "being checked"))
    with pytest.raises(MoneyStopped):
        move(estate, leg(ada, ben, 1))
    with pytest.raises(MoneyStopped):
        hold(estate, ada, 1)

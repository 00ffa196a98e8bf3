"""A provider's fee that is told only after its capture was credited: booked once, to its bearer."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.acts import EventName
from core.domain.bills import Bill
from core.domain.ledger import AccountKind
from core.domain.money import Money
from core.domain.providers import Settled
from core.domain.tenants import FeeBearer
from core.domain.work import Due
from core.use_cases.capture_fees import FEE_CHECK
from core.use_cases.fees import about_fee
from core.use_cases.links import open_top_up
from tests.core.estate import TOTAL, Estate, Tried, settled
from tests.factories import USD, naira

FEE = 7_500


@pytest.fixture
def bill(estate: Estate) -> Bill:
    return estate.agreed()


def told_later(estate: Estate, tried: Tried, minor: int | None = None, fee: int = FEE) -> Tried:
    """Let the provider tell of its capture first, and of its fee when it is asked again."""
    estate.answer(tried, settled(tried, minor))
    return estate.answer(tried, settled(tried, minor, fee=naira(fee)))


def fees(estate: Estate) -> int:
    return estate.account(AccountKind.PROVIDER_FEES, estate.configuration.id).balance.minor


def owed(estate: Estate, owner_id: int = 0) -> int:
    return -estate.account(AccountKind.OWED, owner_id).balance.minor


def test_it_is_booked_to_the_tenant(estate: Estate, bill: Bill) -> None:
    told_later(estate, estate.open_link(bill))
    assert (fees(estate), estate.collected(), owed(estate)) == (FEE, TOTAL - FEE, 0)
    assert estate.bill(bill).rest == naira(0)
    assert estate.count(EventName.PAYMENT_FEE_TAKEN) == 0


def test_it_is_booked_once(estate: Estate, bill: Bill) -> None:
    tried = told_later(estate, estate.open_link(bill))
    estate.answer(tried, settled(tried))
    estate.answer(tried, settled(tried, fee=naira(FEE)))
    estate.answer(tried, settled(tried, fee=naira(9_000)))
    assert (fees(estate), estate.collected()) == (FEE, TOTAL - FEE)


def test_it_is_not_booked_beside_one_that_came_with_the_capture(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    estate.answer(tried, settled(tried, fee=naira(FEE)))
    estate.answer(tried, settled(tried, fee=naira(9_000)))
    assert fees(estate) == FEE


def test_a_payer_bears_it_from_his_wallet_then_owes_it(estate: Estate, bill: Bill) -> None:
    estate.change_tenant(fee_bearer=FeeBearer.PAYER)
    estate.fund(estate.ada, 4_000)
    told_later(estate, estate.open_link(bill))
    assert (fees(estate), estate.collected(), estate.balance(estate.ada)) == (FEE, TOTAL, 0)
    assert owed(estate, estate.ada.person_id) == FEE - 4_000
    assert estate.count(EventName.PAYMENT_FEE_TAKEN) == 1


def test_who_tops_up_bears_it(estate: Estate) -> None:
    payment = estate.do(
        open_top_up, actor=estate.ada, amount=naira(TOTAL), configuration=estate.configuration
    )
    told_later(estate, estate.tried(payment))
    assert (estate.balance(estate.ada), estate.collected(), fees(estate)) == (TOTAL - FEE, 0, FEE)


def test_it_is_parted_between_the_bill_and_the_surplus(estate: Estate, bill: Bill) -> None:
    told_later(estate, estate.open_link(bill), 2 * TOTAL, fee=15_001)
    assert (estate.collected(), fees(estate)) == (TOTAL - 7_500, 15_001)
    assert estate.balance(estate.ada) == TOTAL - 7_501


def test_money_that_was_kept_apart_bears_none(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    real = replace(settled(tried), is_test=False)
    estate.answer(tried, real)
    estate.answer(tried, replace(real, fee=naira(FEE)))
    assert fees(estate) == 0


def test_one_in_another_currency_is_none(estate: Estate, bill: Bill) -> None:
    tried = estate.settle(estate.open_link(bill))
    estate.answer(tried, replace(settled(tried), fee=Money(100, USD)))
    assert (fees(estate), estate.collected()) == (0, TOTAL)


def test_it_tells_about_the_next_fee(estate: Estate) -> None:
    for number in range(3):
        tried = estate.open_link(estate.agreed(100_000))
        said = settled(tried, capture=f"cap-{number}")
        estate.answer(tried, said)
        estate.answer(tried, replace(said, fee=naira(1_500)))
    found = estate.look(
        lambda tx: about_fee(
            tx,
            tenant_id=estate.tenant.id,
            configuration_id=estate.configuration.id,
            amount=naira(100_000),
        )
    )
    assert found == naira(1_500)


def asked_again(estate: Estate) -> list[Due]:
    """Return the look-ups that are planned for a fee alone."""
    later = estate.clock.now() + timedelta(days=30)
    due = estate.look(lambda tx: tx.work.take_due("payment_check", at=later, limit=10))
    return [each for each in due if each.period == FEE_CHECK]


def to_come(tried: Tried) -> Settled:
    return replace(settled(tried), is_fee_to_come=True)


def test_it_is_asked_for_until_it_is_known(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    estate.answer(tried, to_come(tried))
    assert [each.subject for each in asked_again(estate)] == [tried.attempt.id]
    estate.answer(tried, settled(tried, fee=naira(FEE)))
    assert asked_again(estate) == []


def test_it_is_not_asked_for_where_none_is_to_come(estate: Estate, bill: Bill) -> None:
    estate.settle(estate.open_link(bill))
    assert asked_again(estate) == []


def test_it_is_asked_for_some_days_only(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    estate.answer(tried, to_come(tried))
    assert asked_again(estate)
    estate.clock.move(days=5)
    estate.answer(tried, to_come(tried))
    assert asked_again(estate) == []

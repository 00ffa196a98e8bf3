"""The provider's fee: who bears it, and what happens when he is short."""

import pytest

from core.domain.bills import Bill
from core.domain.ledger import AccountKind
from core.domain.money import Money
from core.domain.tenants import FeeBearer
from core.use_cases.links import open_top_up
from tests.core.estate import TOTAL, Estate, settled
from tests.factories import USD, naira


@pytest.fixture
def bill(estate: Estate) -> Bill:
    return estate.agreed()


def fees(estate: Estate) -> int:
    return estate.account(AccountKind.PROVIDER_FEES, estate.configuration.id).balance.minor


def owed(estate: Estate, owner_id: int = 0) -> int:
    return -estate.account(AccountKind.OWED, owner_id).balance.minor


def test_the_tenant_bears_it_from_what_came_in(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    estate.answer(tried, settled(tried, fee=naira(7_500)))
    assert estate.bill(bill).rest == naira(0)
    assert (estate.collected(), fees(estate), owed(estate)) == (TOTAL - 7_500, 7_500, 0)
    assert estate.balance(estate.ada) == 0


def test_who_tops_up_bears_its_fee(estate: Estate) -> None:
    payment = estate.do(
        open_top_up, actor=estate.ada, amount=naira(TOTAL), configuration=estate.configuration
    )
    tried = estate.tried(payment)
    estate.answer(tried, settled(tried, fee=naira(7_500)))
    assert estate.balance(estate.ada) == TOTAL - 7_500
    assert (estate.collected(), fees(estate), owed(estate)) == (0, 7_500, 0)


def test_a_fee_is_parted_between_the_bill_and_the_surplus(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    said = settled(tried, 2 * TOTAL, fee=naira(15_001))
    estate.answer(tried, said)
    assert (estate.collected(), fees(estate)) == (TOTAL - 7_500, 15_001)
    assert estate.balance(estate.ada) == TOTAL - 7_501


def test_a_tenant_pays_of_a_fee_what_it_has(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill, 50_000)
    estate.answer(tried, settled(tried, fee=naira(60_000)))
    assert (estate.collected(), fees(estate), owed(estate)) == (0, 60_000, 10_000)


def test_the_payer_bears_it_and_the_bill_gets_the_rest(estate: Estate, bill: Bill) -> None:
    estate.change_tenant(fee_bearer=FeeBearer.PAYER)
    tried = estate.open_link(bill)
    estate.answer(tried, settled(tried, fee=naira(7_500)))
    assert estate.bill(bill).rest == naira(7_500)
    assert (estate.balance(estate.ada), estate.collected()) == (0, TOTAL - 7_500)
    assert (fees(estate), owed(estate, estate.ada.person_id)) == (7_500, 0)


def test_a_payer_with_surplus_bears_it_from_the_surplus(estate: Estate, bill: Bill) -> None:
    estate.change_tenant(fee_bearer=FeeBearer.PAYER)
    tried = estate.open_link(bill)
    estate.answer(tried, settled(tried, TOTAL + 10_000, fee=naira(7_500)))
    assert estate.bill(bill).rest == naira(0)
    assert (estate.balance(estate.ada), fees(estate)) == (2_500, 7_500)


def test_a_fee_above_the_capture_is_taken_from_the_wallet_then_owed(
    estate: Estate, bill: Bill
) -> None:
    estate.change_tenant(fee_bearer=FeeBearer.PAYER)
    estate.fund(estate.ada, 4_000)
    tried = estate.open_link(bill, 50_000)
    estate.answer(tried, settled(tried, fee=naira(60_000)))
    assert estate.bill(bill).rest == naira(TOTAL)
    assert (estate.balance(estate.ada), fees(estate)) == (0, 60_000)
    assert owed(estate, estate.ada.person_id) == 6_000


@pytest.mark.parametrize("fee", [Money(7_500, USD), naira(0), naira(-7_500)])
@pytest.mark.parametrize("bearer", FeeBearer)
def test_a_fee_that_is_none_changes_nothing(
    estate: Estate, bill: Bill, fee: Money, bearer: FeeBearer
) -> None:
    estate.change_tenant(fee_bearer=bearer)
    tried = estate.open_link(bill)
    estate.answer(tried, settled(tried, fee=fee))
    assert estate.bill(bill).rest == naira(0)
    assert (estate.balance(estate.ada), estate.collected(), fees(estate)) == (0, TOTAL, 0)


def test_a_repeated_answer_takes_the_fee_once(estate: Estate, bill: Bill) -> None:
    tried = estate.open_link(bill)
    for _ in range(3):
        estate.answer(tried, settled(tried, fee=naira(7_500)))
    assert (fees(estate), estate.collected()) == (7_500, TOTAL - 7_500)


def test_what_is_owed_is_repaid_by_the_next_credit(estate: Estate, bill: Bill) -> None:
    first = estate.open_link(bill, 50_000)
    estate.answer(first, settled(first, fee=naira(57_500)))
    assert owed(estate) == 7_500

    link = estate.open_link(bill, 50_000)
    estate.answer(link, settled(link, capture="cap-2"))

    assert (estate.collected(), fees(estate), owed(estate)) == (42_500, 57_500, 0)

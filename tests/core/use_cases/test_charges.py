"""Charging saved methods: never without a PIN."""

import pytest

from core.domain.errors import PinNeeded
from core.domain.money import Money
from core.use_cases.charges import charge_bill, charge_top_up
from core.use_cases.pins import set_pin
from tests.core.estate import Estate
from tests.core.use_cases.test_methods import kept


@pytest.mark.parametrize("minor", [1, 500_000])
def test_a_wallet_is_not_filled_from_a_saved_method_without_a_pin(
    estate: Estate, minor: int
) -> None:
    method, amount = kept(estate), Money(minor, estate.tenant.currency)
    with pytest.raises(PinNeeded):
        estate.do(charge_top_up, actor=estate.ada, amount=amount, method_id=method.id)
    estate.do(set_pin, person_id=estate.ada.person_id, pin_hash="argon")
    payment = estate.do(charge_top_up, actor=estate.ada, amount=amount, method_id=method.id)
    assert estate.tried(payment).attempt.is_charge


def test_a_bill_is_not_charged_to_a_saved_method_without_a_pin(estate: Estate) -> None:
    method, bill = kept(estate), estate.agreed()
    with pytest.raises(PinNeeded):
        estate.do(
            charge_bill,
            actor=estate.ada,
            bill_id=bill.id,
            revision=bill.revision,
            amount=bill.rest,
            method_id=method.id,
        )
    assert estate.look(lambda tx: tx.payments.open_for(bill.id, estate.ada.person_id)) is None

"""Charging saved methods: never without a PIN, never given up while money may be taken."""

from dataclasses import replace

import pytest

from core.domain.acts import EventName
from core.domain.consent import Consent
from core.domain.errors import MethodGone, MethodLimited, MethodWaits, NotFound, PinNeeded
from core.domain.methods import PaymentMethod
from core.domain.money import Money
from core.domain.payments import AttemptStatus, PaymentStatus
from core.domain.providers import Declined, Pending, ProviderError
from core.use_cases.charges import charge_bill, charge_top_up
from core.use_cases.links import begin_call, expire_payment
from core.use_cases.methods import remove_method
from core.use_cases.pins import set_pin
from tests.core.estate import TOTAL, Estate, Tried
from tests.core.use_cases.test_methods import VISA, kept
from tests.factories import naira


def agreed(estate: Estate) -> PaymentMethod:
    """Let Ada keep a card whose holder let it be saved."""
    return kept(estate, replace(VISA, consent=Consent.GIVEN))


def fills(estate: Estate, method: PaymentMethod, minor: int) -> Tried:
    """Let Ada fill her wallet from a card."""
    estate.do(set_pin, person_id=estate.ada.person_id, pin_hash="argon")
    payment = estate.do(charge_top_up, actor=estate.ada, amount=naira(minor), method_id=method.id)
    return estate.tried(payment)


@pytest.mark.parametrize("minor", [1, 500_000])
def test_a_wallet_is_not_filled_from_a_saved_method_without_a_pin(
    estate: Estate, minor: int
) -> None:
    method, amount = agreed(estate), Money(minor, estate.tenant.currency)
    with pytest.raises(PinNeeded):
        estate.do(charge_top_up, actor=estate.ada, amount=amount, method_id=method.id)
    estate.do(set_pin, person_id=estate.ada.person_id, pin_hash="argon")
    payment = estate.do(charge_top_up, actor=estate.ada, amount=amount, method_id=method.id)
    assert estate.tried(payment).attempt.is_charge


def test_a_bill_is_not_charged_to_a_saved_method_without_a_pin(estate: Estate) -> None:
    method, bill = agreed(estate), estate.agreed()
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


def processed(estate: Estate, link: str = "") -> Tried:
    """Let Ada's card be charged for a bill; its provider says that it is not done yet."""
    method, bill = agreed(estate), estate.agreed()
    estate.do(set_pin, person_id=estate.ada.person_id, pin_hash="argon")
    payment = estate.do(
        charge_bill,
        actor=estate.ada,
        bill_id=bill.id,
        revision=bill.revision,
        amount=bill.rest,
        method_id=method.id,
    )
    tried = estate.tried(payment)
    estate.do(begin_call, attempt_id=tried.attempt.id)
    return estate.answer(tried, Pending(link=link))


def test_what_is_charged_without_a_page_is_not_given_up_before_its_provider_decides(
    estate: Estate,
) -> None:
    tried = estate.answer(processed(estate), Pending(), is_cancelling=True)
    assert (tried.attempt.status, tried.payment.is_open) == (AttemptStatus.WAITING, True)
    refused = Declined(error=ProviderError.DECLINED_CARD)
    assert not estate.answer(tried, refused, is_cancelling=True).payment.is_open


def test_a_charge_that_its_owner_must_confirm_on_a_page_can_be_given_up(estate: Estate) -> None:
    tried = processed(estate, "https://pay.example/confirm")
    done = estate.answer(tried, Pending(), is_cancelling=True)
    assert done.payment.status is PaymentStatus.CANCELLED


def test_a_charge_under_way_keeps_its_bill_for_a_day_and_is_asked_for_longer(
    estate: Estate,
) -> None:
    tried = processed(estate)
    estate.clock.move(hours=2)
    assert estate.do(expire_payment, payment_id=tried.payment.id).is_open
    estate.clock.move(hours=23)
    assert not estate.do(expire_payment, payment_id=tried.payment.id).is_open
    checks = estate.now(tried).attempt.checks
    estate.clock.move(days=2)
    assert estate.answer(tried, Pending()).attempt.checks == checks + 1


def test_a_card_whose_holder_was_not_asked_is_charged_a_day_later(estate: Estate) -> None:
    method = kept(estate)
    with pytest.raises(MethodWaits):
        fills(estate, method, 1)
    estate.clock.move(hours=24)
    assert fills(estate, method, 1).attempt.is_charge


def test_charges_of_a_day_add_up_to_the_limit_and_what_was_declined_does_not(
    estate: Estate,
) -> None:
    method = kept(estate)
    estate.clock.move(hours=24)
    fills(estate, method, TOTAL - 1)
    with pytest.raises(MethodLimited):
        fills(estate, method, 2)
    refused = fills(estate, method, 1)
    with pytest.raises(MethodLimited):
        fills(estate, method, 1)
    estate.do(begin_call, attempt_id=refused.attempt.id)
    estate.answer(refused, Declined(error=ProviderError.DECLINED_CARD))
    assert fills(estate, method, 1).attempt.is_charge
    estate.clock.move(hours=24, minutes=1)
    assert fills(estate, method, TOTAL).attempt.is_charge


def test_the_first_charge_is_told_of_and_the_next_one_is_not(estate: Estate) -> None:
    method = agreed(estate)
    fills(estate, method, 1)
    fills(estate, method, 1)
    assert estate.count(EventName.PAYMENT_METHOD_CHARGED) == 1
    estate.clock.move(days=30)
    fills(estate, method, 1)
    assert estate.count(EventName.PAYMENT_METHOD_CHARGED) == 2


def test_the_mask_of_a_charge_stays_when_the_card_is_removed(estate: Estate) -> None:
    method = agreed(estate)
    tried = fills(estate, method, 1)
    estate.do(remove_method, actor=estate.ada, method_id=method.id)
    assert estate.look(lambda tx: tx.methods.charged_label(tried.attempt.id)) == VISA.label


def test_a_card_that_waits_can_be_removed(estate: Estate) -> None:
    method = kept(estate)
    estate.do(remove_method, actor=estate.ada, method_id=method.id)
    with pytest.raises(NotFound):
        fills(estate, method, 1)


def test_a_method_that_is_no_good_any_more_is_not_charged(estate: Estate) -> None:
    given_up = agreed(estate)
    estate.books.run(lambda tx: tx.methods.replace(given_up, given_up.retire()))
    past = replace(VISA, token="tok_past", expires="2020-01", consent=Consent.GIVEN)
    for method in (given_up, kept(estate, past, capture="cap-2")):
        with pytest.raises(MethodGone):
            fills(estate, method, 1_000)

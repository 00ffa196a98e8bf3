"""What a checkout may and may not become."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.provider_records import (
    TRANSITIONS,
    Capture,
    Checkout,
    CheckoutStatus,
    Delivery,
    Terms,
    WrongStep,
    checkout_from_json,
    delivery_from_json,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TERMS = Terms(
    reference="ATT-1",
    amount_minor=500_000,
    currency="NGN",
    email="payer@example.org",
    title="Service charge",
    return_url="https://hazina.example/back",
    expires_at=NOW + timedelta(hours=1),
    webhook_url="",
)
CAPTURE = Capture(id="cap_1", amount_minor=500_000, currency="NGN", at=NOW, fee_minor=7_500)


def a_checkout(status: CheckoutStatus) -> Checkout:
    return Checkout(id="chk_1", terms=TERMS, created_at=NOW, updated_at=NOW, status=status)


def step(checkout: Checkout, to_status: CheckoutStatus) -> Checkout:
    """Ask for the step that leads to a status."""
    match to_status:
        case CheckoutStatus.PAID:
            return checkout.pay((CAPTURE,), at=NOW)
        case CheckoutStatus.DECLINED:
            return checkout.refuse("expired_card", at=NOW)
        case CheckoutStatus.PROCESSING:
            return checkout.promise(late_at=NOW, at=NOW)
        case CheckoutStatus.APPROVED:
            return checkout.approve("pay", at=NOW)
        case CheckoutStatus.HELD:
            return checkout.hold(at=NOW)
        case CheckoutStatus.EXPIRED:
            return checkout.expire(at=NOW)
        case CheckoutStatus.OPEN:
            raise WrongStep


@pytest.mark.parametrize("before", CheckoutStatus)
@pytest.mark.parametrize("after", CheckoutStatus)
def test_only_the_listed_steps_are_possible(before: CheckoutStatus, after: CheckoutStatus) -> None:
    checkout = a_checkout(before)
    if after in TRANSITIONS[before]:
        assert step(checkout, after).status is after
    else:
        with pytest.raises(WrongStep):
            step(checkout, after)


def test_open_page_runs_out_at_its_time() -> None:
    checkout = a_checkout(CheckoutStatus.OPEN)
    assert not checkout.has_run_out(TERMS.expires_at - timedelta(microseconds=1))
    assert checkout.has_run_out(TERMS.expires_at)


def test_paid_page_never_runs_out() -> None:
    assert not a_checkout(CheckoutStatus.PAID).has_run_out(TERMS.expires_at)


def test_checkout_survives_its_file() -> None:
    late = a_checkout(CheckoutStatus.OPEN).promise(late_at=NOW, at=NOW).expire(at=NOW)
    paid = late.pay((CAPTURE,), at=NOW)
    assert checkout_from_json(late.as_json()) == late
    assert checkout_from_json(paid.as_json()) == paid


def test_delivery_survives_its_file() -> None:
    delivery = Delivery(
        seq=1,
        event_id="evt_1",
        reference="ATT-1",
        url="http://127.0.0.1/",
        body="{}",
        due_at=NOW,
        copies_left=2,
    )
    assert delivery_from_json(delivery.as_json()) == delivery

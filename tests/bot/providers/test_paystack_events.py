"""What Paystack's signed events say, whole as Paystack tells them."""

import httpx
import pytest

from core.domain.claims import Claim
from core.domain.money import Currency, Money
from core.domain.providers import About, Authentic, Hook, Reading
from tests.bot.providers import paystack_says as says
from tests.bot.providers.conformance import raising
from tests.bot.providers.conformance_outflows import Sent
from tests.bot.providers.paystack_dialect import adapter, told
from tests.bot.providers.paystack_transfers import transfer_told


def read(hook: Hook) -> Reading:
    network = httpx.MockTransport(raising(httpx.ConnectError))
    return adapter(httpx.AsyncClient(transport=network)).read_hook(hook)


@pytest.mark.parametrize(
    ("event", "data", "about", "reference"),
    [
        (
            "charge.success",
            says.paid_told(number=1, reference="R-1"),
            About.PAYMENT,
            "R-1",
        ),
        ("transfer.reversed", transfer_told(Sent(reference="w-1")), About.PAYOUT, "w-1"),
        (
            "refund.needs-attention",
            says.refund_told(Sent(status="stuck"), reference="R-1"),
            About.REFUND,
            "R-1",
        ),
        (
            "charge.dispute.create",
            says.claim_told(number=1, reference="R-1"),
            About.DISPUTE,
            "R-1",
        ),
        ("subscription.create", {}, About.NOTHING, ""),
    ],
)
def test_events_name_what_they_are_about(
    event: str, data: dict[str, object], about: About, reference: str
) -> None:
    reading = read(told(event, data))
    assert isinstance(reading, Authentic)
    assert (reading.kind, reading.about, reading.reference) == (event, about, reference)


@pytest.mark.parametrize(
    ("resolution", "claim"),
    [
        ("declined", Claim.WON),
        ("merchant-accepted", Claim.LOST),
        ("auto-accepted", Claim.LOST),
        ("converted-to-chargeback", Claim.OPEN),
        (None, Claim.OPEN),
    ],
)
def test_resolved_dispute_says_who_has_the_money(resolution: str | None, claim: Claim) -> None:
    closed = says.claim_told(number=1, reference="R-1", is_open=False)
    data = {**closed, "resolution": resolution}
    reading = read(told("charge.dispute.resolve", data))
    assert isinstance(reading, Authentic)
    assert (reading.about, reading.claim) == (About.DISPUTE, claim)


def test_dispute_that_ends_otherwise_is_another_event() -> None:
    closed = says.claim_told(number=1, reference="R-1", is_open=False)
    ends = ("merchant-accepted", "declined", "declined")
    told_ = [told("charge.dispute.resolve", {**closed, "resolution": each}) for each in ends]
    readings = [read(each) for each in told_]
    keys = [each.event_key for each in readings if isinstance(each, Authentic)]
    assert keys[0] != keys[1] == keys[2]


@pytest.mark.parametrize(
    ("amount", "currency", "claimed"),
    [
        (40_000, "NGN", Money(40_000, Currency("NGN"))),
        ("40000", "NGN", Money(40_000, Currency("NGN"))),
        (40_000, None, Money(40_000, Currency("GHS"))),
        (None, "NGN", None),
        (0, "NGN", None),
    ],
)
def test_dispute_says_how_much_it_gives_back(
    amount: object, currency: str | None, claimed: Money | None
) -> None:
    shown = says.claim_told(number=1, reference="R-1", is_open=False)
    paid = {"reference": "R-1", "currency": "GHS"}
    changed = {"transaction": paid, "refund_amount": amount, "currency": currency}
    data = {**shown, **changed}
    reading = read(told("charge.dispute.resolve", data))
    assert isinstance(reading, Authentic)
    assert (reading.reference, reading.claimed) == ("R-1", claimed)


def test_signed_event_that_cannot_be_read_is_kept_and_names_nothing() -> None:
    reading = read(told("charge.success", {"id": True, "reference": 5}))
    assert isinstance(reading, Authentic)
    assert (reading.kind, reading.reference) == ("unreadable", "")

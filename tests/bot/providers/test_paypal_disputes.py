"""What PayPal says of a dispute: how much of which capture it claims."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

import httpx
import pytest

from core.domain.money import Currency, Money
from core.domain.providers import Authentic, Settled
from tests.bot.providers import paypal_says as says
from tests.bot.providers.conformance import FIRST, NOW, Fact, look_up
from tests.bot.providers.paypal_dialect import ASKED, PayPalDialect, adapter
from tests.bot.providers.test_paypal_events import genuine, judged

CAPTURE: Final = FIRST.provider_id
NUMBER: Final = "PP-R-1"
PART: Final = Money(700, ASKED.currency)
EUROS: Final = Money(700, Currency("EUR"))
PAID: Final = Fact(status="paid", taken=(replace(FIRST, amount=ASKED),))


def dispute(amount: Money | None, *paid: Mapping[str, object]) -> dict[str, object]:
    """Show a dispute that is not over, about these payments, else about ours alone."""
    about = paid or ({"seller_transaction_id": CAPTURE, "custom": "R-1"},)
    shown = says.dispute(amount or ASKED, dispute_id=NUMBER, disputed_transactions=about)
    if amount is None:
        del shown["dispute_amount"]
    return shown


def paid_with(capture: str, *items: Money) -> dict[str, object]:
    """Show one of several disputed payments, with what each of its items is disputed for."""
    shown = [{"item_id": "1", "dispute_amount": says.money(each)} for each in items]
    return {"seller_transaction_id": capture, "items": shown}


async def told(listed: Mapping[str, object], shown: httpx.Response) -> Settled:
    """Look up an order of which PayPal lists this dispute and shows it so."""
    outcome = await settled({"items": [listed]}, shown=shown)
    assert outcome.is_disputed
    return outcome


async def settled(
    listed: Mapping[str, object], *captures: object, shown: httpx.Response | None = None
) -> Settled:
    """Look up an order of which PayPal answers this list of disputes, and shows one so."""

    def behave(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/disputes"):
            return httpx.Response(200, json=listed)
        if "/disputes/" in request.url.path:
            return shown or httpx.Response(404)
        if request.url.path.endswith("/token"):
            return PayPalDialect().answer(request, Fact())
        return says.order(PAID, ASKED, captures=captures)

    async with httpx.AsyncClient(transport=httpx.MockTransport(behave)) as client:
        outcome = await look_up(adapter(client), ASKED)
    assert isinstance(outcome, Settled)
    return outcome


@pytest.mark.parametrize(
    ("said", "claimed"),
    [
        (dispute(PART), PART),
        (dispute(EUROS), EUROS),
        (dispute(None), None),
        ({**dispute(PART), "dispute_amount": {"currency_code": "USD", "value": "0.00"}}, None),
        ({**dispute(PART), "dispute_amount": {"currency_code": "USD", "value": 7}}, None),
        (dispute(ASKED, paid_with("C-9", ASKED), paid_with(CAPTURE, PART, PART)), PART + PART),
        (dispute(ASKED, paid_with("C-9", ASKED), paid_with(CAPTURE)), None),
        (dispute(ASKED, paid_with("C-9"), paid_with(CAPTURE, PART, EUROS)), None),
    ],
    ids=["part", "other currency", "silent", "nothing", "odd", "its items", "no items", "mixed"],
)
async def test_a_dispute_tells_how_much_of_the_capture_it_claims(
    said: dict[str, object], claimed: Money | None
) -> None:
    assert (await told(said, httpx.Response(200, json=said))).claimed == claimed


@pytest.mark.parametrize(
    ("said", "claimed"),
    [
        (dispute(PART), PART),
        (dispute(None), None),
        (dispute(ASKED, paid_with(CAPTURE, PART), paid_with("C-9", ASKED)), PART),
        ({"dispute_id": NUMBER, "disputed_transactions": []}, None),
    ],
    ids=["part", "silent", "its items", "no payment"],
)
def test_its_event_tells_it_as_well(said: dict[str, object], claimed: Money | None) -> None:
    (reading,) = judged(genuine("CUSTOMER.DISPUTE.CREATED", said))
    assert isinstance(reading, Authentic)
    assert reading.claimed == claimed


@pytest.mark.parametrize(
    "shown",
    [httpx.Response(503), httpx.Response(200, json={**dispute(ASKED), "dispute_id": "PP-R-2"})],
    ids=["unknown", "another"],
)
async def test_what_the_list_says_holds_where_the_dispute_is_not_shown(
    shown: httpx.Response,
) -> None:
    assert (await told(dispute(PART), shown)).claimed == PART


@pytest.mark.parametrize(
    ("listed", "is_disputed"),
    [
        ({"items": []}, False),
        ({"links": []}, False),
        ({}, False),
        ({"items": None, "links": []}, False),
        ({"name": "INTERNAL_SERVER_ERROR", "message": "Not now."}, None),
        ({"items": {}}, None),
    ],
    ids=["empty", "left out", "nothing", "null", "refusal", "no list"],
)
async def test_money_is_not_claimed_where_the_list_is_empty(
    listed: Mapping[str, object], *, is_disputed: bool | None
) -> None:
    assert (await settled(listed)).is_disputed is is_disputed


@pytest.mark.parametrize(
    ("days", "status", "is_disputed"),
    [(178, "COMPLETED", False), (180, "COMPLETED", None), (180, "REFUNDED", False)],
)
async def test_claims_that_the_list_has_forgotten_are_not_taken_for_won(
    days: int, status: str, *, is_disputed: bool | None
) -> None:
    at = NOW - timedelta(days=days)
    capture = {**says.capture(PAID, PAID.taken[0], status=status), "create_time": at.isoformat()}
    assert (await settled({"items": []}, capture)).is_disputed is is_disputed


async def test_claim_to_old_money_is_seen() -> None:
    old = {**says.capture(PAID, PAID.taken[0]), "create_time": "2025-01-01T09:00:00Z"}
    assert (await settled({"items": [dispute(PART)]}, old)).is_disputed

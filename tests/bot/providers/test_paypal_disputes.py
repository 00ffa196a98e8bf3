"""What PayPal says of a dispute: how much of which capture it claims."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import httpx
import pytest

from core.domain.money import Currency, Money
from core.domain.providers import Authentic, Settled
from tests.bot.providers import paypal_says as says
from tests.bot.providers.conformance import FIRST, Fact, look_up
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

    def behave(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/disputes"):
            return httpx.Response(200, json={"items": [listed]})
        if "/disputes/" in request.url.path:
            return shown
        if request.url.path.endswith("/token"):
            return PayPalDialect().answer(request, Fact())
        return says.order(PAID, ASKED)

    async with httpx.AsyncClient(transport=httpx.MockTransport(behave)) as client:
        outcome = await look_up(adapter(client), ASKED)
    assert isinstance(outcome, Settled)
    assert outcome.is_disputed
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

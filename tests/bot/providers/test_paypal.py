"""PayPal's adapter against the suite that every adapter passes, and what is its own."""

import json
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from core.domain.errors import ProviderProblem
from core.domain.money import Currency, Money
from core.domain.providers import (
    Accepted,
    Declined,
    Pending,
    ProviderError,
    Settled,
    Unknown,
)
from tests.bot.providers import paypal_says as says
from tests.bot.providers.conformance import (
    FIRST,
    PROVIDER_REF,
    REFERENCE,
    Answers,
    Fact,
    ManyCaptures,
    create,
    look_up,
)
from tests.bot.providers.conformance_failures import HOSTILE_MAJORS, Bodies, Failures
from tests.bot.providers.conformance_outflows import Sent
from tests.bot.providers.kits import a_kit
from tests.bot.providers.paypal_dialect import ASKED, KEYS, MAKER, USD, PayPalDialect, adapter


class TestPayPal(Answers, Failures, Bodies, ManyCaptures):
    """The suite, spoken by PayPal; its events are in `test_paypal_events.py`."""

    dialect = PayPalDialect()
    hostile_amounts = HOSTILE_MAJORS

    async def test_money_of_another_mode_is_reported_as_such(self) -> None:
        """No answer tells the mode: the address does."""
        transport = httpx.MockTransport(lambda r: self.dialect.answer(r, self.paid))
        async with httpx.AsyncClient(transport=transport) as client:
            live = MAKER.open(a_kit(client), KEYS, address=MAKER.address)
            outcome = await look_up(live, self.asked)
        assert isinstance(outcome, Settled)
        assert outcome.is_test is False

    async def test_look_up_that_finds_nothing_is_unknown(self) -> None:
        """PayPal forgets orders that nobody captured; but this one may only not be there yet."""
        outcome, _ = await self.watched(look_up, lambda _: self.dialect.not_found())
        assert isinstance(outcome, Declined)
        assert not outcome.is_final

    async def test_without_an_order_nothing_can_be_looked_up(self) -> None:
        async with httpx.AsyncClient() as client:
            outcome = await adapter(client).advance(
                reference=REFERENCE, provider_ref="", asked=self.asked
            )
        assert isinstance(outcome, Unknown)

    async def test_what_paypal_keeps_and_what_went_back_is_told(self) -> None:
        fact = self.paid
        back = (says.refund(Sent(reference="r-1", amount=Money(5_000, USD), status="done")),)
        captures = (says.capture(fact, fact.taken[0], status="PARTIALLY_REFUNDED"),)
        answer = says.order(fact, ASKED, captures=captures, refunds=back)
        outcome = await self.heard(answer)
        assert isinstance(outcome, Settled)
        assert (outcome.fee, outcome.refunded) == (Money(99, USD), Money(5_000, USD))

    async def test_what_paypal_took_back_by_itself_went_back_as_well(self) -> None:
        sent = Sent(reference="", paid="90001", amount=Money(5_000, USD), status="done")
        captures = (says.capture(self.paid, self.paid.taken[0], status="PARTIALLY_REFUNDED"),)
        answer = says.order(self.paid, ASKED, captures=captures, refunds=(says.reversal(sent),))
        outcome = await self.heard(answer)
        assert isinstance(outcome, Settled)
        assert outcome.refunded == Money(5_000, USD)

    async def test_what_was_wholly_given_back_says_so(self) -> None:
        captures = (says.capture(self.paid, self.paid.taken[0], status="REFUNDED"),)
        outcome = await self.heard(says.order(self.paid, ASKED, captures=captures))
        assert isinstance(outcome, Settled)
        assert outcome.refunded == self.asked

    async def test_capture_that_waits_for_the_merchant_says_so(self) -> None:
        waiting = {
            **says.capture(self.paid, self.paid.taken[0], status="PENDING"),
            "status_details": {"reason": "UNILATERAL"},
        }
        outcome = await self.heard(says.order(self.paid, ASKED, captures=(waiting,)))
        assert outcome == Pending(needs="UNILATERAL", is_clearing=True)

    @pytest.mark.parametrize(("reason", "days"), [("ECHECK", 7), ("PENDING_REVIEW", 0)])
    async def test_capture_that_waits_for_others_is_being_cleared(
        self, reason: str, days: int
    ) -> None:
        waiting = {
            **says.capture(self.paid, self.paid.taken[0], status="PENDING"),
            "status_details": {"reason": reason},
        }
        outcome = await self.heard(says.order(self.paid, ASKED, captures=(waiting,)))
        assert outcome == Pending(is_clearing=True, clears_in_days=days)

    @pytest.mark.parametrize(
        ("code", "error"),
        [
            ("5120", ProviderError.INSUFFICIENT_FUNDS),
            ("5400", ProviderError.EXPIRED_CARD),
            ("9500", ProviderError.DECLINED_CARD),
        ],
    )
    async def test_capture_that_was_declined_is_declined_for_good(
        self, code: str, error: ProviderError
    ) -> None:
        refused = {
            **says.capture(self.paid, self.paid.taken[0], status="DECLINED"),
            "processor_response": {"response_code": code},
        }
        outcome = await self.heard(says.order(self.paid, ASKED, captures=(refused,)))
        assert outcome == Declined(error=error, detail=code)

    @pytest.mark.parametrize(
        ("states", "outcome", "is_disputed"),
        [
            ([], None, False),
            (["RESOLVED", "UNDER_REVIEW"], "RESOLVED_SELLER_FAVOUR", True),
            (["RESOLVED"], "RESOLVED_SELLER_FAVOUR", False),
            (["RESOLVED"], "CANCELED_BY_BUYER", False),
            (["RESOLVED"], "RESOLVED_BUYER_FAVOUR", None),
            (["RESOLVED"], "NONE", None),
            (["RESOLVED"], None, None),
        ],
    )
    async def test_money_that_is_claimed_back_says_so(
        self, states: list[str], outcome: str | None, *, is_disputed: bool | None
    ) -> None:
        told = {"dispute_outcome": {"outcome_code": outcome}} if outcome else {}
        one = says.dispute(ASKED, status="RESOLVED", **told)
        found = await self.heard(
            says.order(self.paid, ASKED),
            disputes=says.disputes(ASKED, *states),
            dispute=httpx.Response(200, json=one),
        )
        assert isinstance(found, Settled)
        assert found.is_disputed is is_disputed
        is_won = is_disputed is False and bool(states)
        assert found.lost == (Money(0, found.captured.currency) if is_won else None)

    async def test_a_claim_whose_end_cannot_be_read_is_not_taken_for_won(self) -> None:
        for answer in (
            httpx.Response(503),
            httpx.Response(200, json=says.dispute(ASKED, dispute_id="PP-R-2", status="RESOLVED")),
        ):
            found = await self.heard(
                says.order(self.paid, ASKED),
                disputes=says.disputes(ASKED, "RESOLVED"),
                dispute=answer,
            )
            assert isinstance(found, Settled)
            assert found.is_disputed is None

    async def test_a_claim_to_what_went_back_whole_is_over(self) -> None:
        back = says.capture(self.paid, self.paid.taken[0], status="REFUNDED")
        found = await self.heard(
            says.order(self.paid, ASKED, captures=(back,)),
            disputes=says.disputes(ASKED, "RESOLVED"),
        )
        assert isinstance(found, Settled)
        assert (found.is_disputed, found.refunded) == (False, found.captured)

    async def test_money_is_no_less_true_where_disputes_may_not_be_read(self) -> None:
        outcome = await self.heard(says.order(self.paid, ASKED), disputes=httpx.Response(403))
        assert isinstance(outcome, Settled)
        assert outcome.is_disputed is None

    async def heard(
        self,
        answer: httpx.Response,
        *,
        disputes: httpx.Response | None = None,
        dispute: httpx.Response | None = None,
    ) -> object:
        """Look up an order of which PayPal answers this."""
        none = says.disputes(ASKED)

        def behave(request: httpx.Request) -> httpx.Response:
            if "/disputes/" in request.url.path:
                return dispute or httpx.Response(404)
            return (disputes or none) if request.url.path.endswith("/disputes") else answer

        outcome, _ = await self.watched(look_up, behave)
        return outcome


class TestCapturing:
    """An approved order is captured, under one request id, if it is the one we asked for."""

    approved = Fact(status="declined")
    paid = Fact(status="paid", taken=(replace(FIRST, amount=ASKED),))

    async def captured(
        self, capture: Callable[[], httpx.Response], *, fact: Fact = approved, order: Money = ASKED
    ) -> tuple[object, list[httpx.Request]]:
        """Look up an approved order that answers its capture in this way."""
        captures: list[httpx.Request] = []

        def behave(request: httpx.Request) -> httpx.Response:
            path = request.url.path
            if path.endswith("/capture"):
                captures.append(request)
                return capture()
            if path.endswith(("/token", "/disputes")):
                return PayPalDialect().answer(request, Fact())
            return says.order(self.paid if captures else fact, order)

        async with httpx.AsyncClient(transport=httpx.MockTransport(behave)) as client:
            return await look_up(adapter(client), ASKED), captures

    async def test_approved_order_is_captured_under_its_own_request_id(self) -> None:
        outcome, captures = await self.captured(lambda: says.order(self.paid, ASKED))
        assert isinstance(outcome, Settled)
        assert outcome.captured == ASKED
        (capture,) = captures
        assert capture.url.path == f"/v2/checkout/orders/{PROVIDER_REF}/capture"
        assert capture.headers["paypal-request-id"] == f"{REFERENCE}-capture"

    async def test_order_captured_before_is_read(self) -> None:
        outcome, _ = await self.captured(lambda: says.refused("ORDER_ALREADY_CAPTURED"))
        assert isinstance(outcome, Settled)

    @pytest.mark.parametrize(
        "issue", ["ORDER_NOT_APPROVED", "ORDER_COMPLETION_IN_PROGRESS", "PAYER_ACTION_REQUIRED"]
    )
    async def test_capture_that_comes_too_early_is_pending(self, issue: str) -> None:
        outcome, _ = await self.captured(lambda: says.refused(issue))
        assert outcome == Pending()

    async def test_refused_card_may_be_followed_by_another_on_the_same_page(self) -> None:
        outcome, _ = await self.captured(lambda: says.refused("INSTRUMENT_DECLINED"))
        assert isinstance(outcome, Declined)
        assert not outcome.is_final

    @pytest.mark.parametrize(
        "answer",
        [
            says.refused("PAYEE_ACCOUNT_RESTRICTED"),
            says.refused("INSTRUMENT_DECLINED", status=404),
            httpx.Response(500),
        ],
    )
    async def test_capture_that_fails_otherwise_is_unknown(self, answer: httpx.Response) -> None:
        outcome, _ = await self.captured(lambda: answer)
        assert isinstance(outcome, Unknown)

    async def test_capture_under_way_is_pending(self) -> None:
        outcome, _ = await self.captured(lambda: says.order(Fact(status="processing"), ASKED))
        assert isinstance(outcome, Pending)

    async def test_order_of_another_reference_is_not_captured(self) -> None:
        others = replace(self.approved, reference="ATT-OTHER")
        outcome, captures = await self.captured(lambda: says.order(self.paid, ASKED), fact=others)
        assert isinstance(outcome, Unknown)
        assert captures == []

    async def test_order_over_another_amount_is_not_captured(self) -> None:
        more = Money(500_001, USD)
        outcome, captures = await self.captured(lambda: says.order(self.paid, ASKED), order=more)
        assert isinstance(outcome, Unknown)
        assert captures == []


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Money(500_050, USD), {"currency_code": "USD", "value": "5000.50"}),
        (Money(5, USD), {"currency_code": "USD", "value": "0.05"}),
        (Money(5_000, Currency("JPY")), {"currency_code": "JPY", "value": "5000"}),
    ],
)
async def test_amounts_are_written_with_their_currencys_decimals(
    amount: Money, written: dict[str, str]
) -> None:
    calls: list[httpx.Request] = []

    def behave(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return PayPalDialect().answer(request, Fact())

    async with httpx.AsyncClient(transport=httpx.MockTransport(behave)) as client:
        outcome = await create(adapter(client), amount)
    assert isinstance(outcome, Pending)
    (unit,) = json.loads(calls[-1].content)["purchase_units"]
    assert unit["amount"] == written


@pytest.mark.parametrize(("status", "fetched"), [(401, 2), (403, 1), (503, 1)])
async def test_token_is_fetched_once_and_renewed_once(status: int, fetched: int) -> None:
    calls: list[str] = []

    def behave(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        is_token = request.url.path.endswith("/token")
        return says.token() if is_token else httpx.Response(status)

    async with httpx.AsyncClient(transport=httpx.MockTransport(behave)) as client:
        await look_up(adapter(client), ASKED)
    assert calls.count("/v1/oauth2/token") == fetched
    assert len(calls) == 2 * fetched


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (says.token(), Accepted(account="", is_test=True)),
        (
            httpx.Response(401, json={"error": "invalid_client"}),
            Declined(error=ProviderError.AUTHENTICATION_ERROR, detail="invalid_client"),
        ),
        (httpx.Response(503), Unknown(error=ProviderError.PROVIDER_ERROR, detail="HTTP 503")),
    ],
)
async def test_credentials_are_checked_without_moving_money(
    answer: httpx.Response, expected: object
) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer)) as client:
        assert await adapter(client).check() == expected


@pytest.mark.parametrize(
    ("keys", "address", "is_test", "what"),
    [
        ({**KEYS, "client_id": ""}, says.API, True, "client_id"),
        ({**KEYS, "client_secret": "with spaces and more"}, says.API, True, "client_secret"),
        ({**KEYS, "webhook_id": "|"}, says.API, True, "webhook_id"),
        (KEYS, "http://api.paypal.example", True, "url"),
        (KEYS, MAKER.address, True, "mode"),
        (KEYS, says.API, False, "mode"),
    ],
)
async def test_what_is_wrong_is_named_and_never_shown(
    keys: dict[str, str], address: str, what: str, *, is_test: bool
) -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(ProviderProblem) as caught:
            MAKER.open(a_kit(client, is_test=is_test), keys, address=address)
    assert caught.value.data == {"provider": "paypal", "what": what}

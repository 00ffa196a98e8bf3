"""Pesapal's adapter against the suite that every adapter passes, and what is its own."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

import httpx
import pytest

from bot.providers import PROVIDERS
from core.domain.errors import ProviderProblem
from core.domain.money import Currency, Money
from core.domain.outflows import Moved, Outflow
from core.domain.providers import (
    About,
    Accepted,
    Declined,
    Hook,
    Pending,
    Provider,
    ProviderError,
    Settled,
    Undecided,
    Unknown,
)
from tests.bot.providers import pesapal_says as says
from tests.bot.providers.conformance import (
    FIRST,
    NOW,
    PROVIDER_REF,
    REFERENCE,
    REQUEST,
    Answers,
    Fact,
    create,
    look_up,
)
from tests.bot.providers.conformance_failures import HOSTILE_MAJORS, Bodies, Failures
from tests.bot.providers.conformance_hooks import Hints
from tests.bot.providers.conformance_outflows import Book, Sent
from tests.bot.providers.conformance_refunds import Refunding
from tests.bot.providers.kits import a_kit

KEYS: Final = {
    "consumer_key": "not-a-real-consumer-key",
    "consumer_secret": "not-a-real-consumer-secret",
}
MAKER: Final = PROVIDERS["pesapal"]
SANDBOX: Final = "https://cybqa.pesapal.com/pesapalv3"
NOTICES: Final = REQUEST.return_url.replace("/callback/", "/webhooks/")


def adapter(client: httpx.AsyncClient, **more: str) -> Provider:
    return MAKER.open(a_kit(client, is_test=True), {**KEYS, **more}, address=SANDBOX)


class PesapalDialect:
    """How Pesapal says things."""

    declines: tuple[ProviderError, ...] = tuple(says.REASONS)
    secrets: tuple[str, ...] = tuple(KEYS.values())
    currency = Currency("KES")
    other = Currency("USD")
    can_get_stuck = True

    def adapter(self, client: httpx.AsyncClient) -> Provider:
        return adapter(client)

    def answer(self, request: httpx.Request, fact: Fact) -> httpx.Response:
        if self.is_prelude(request):
            return says.token() if request.method == "POST" else says.notices(NOTICES)
        if request.method == "GET":
            return says.payment(fact)
        return says.page(fact) if fact.status == "open" else says.refused("duplicate_order")

    def is_prelude(self, request: httpx.Request) -> bool:
        return request.url.path.endswith(("/RequestToken", "/GetIpnList"))

    def asked(self, request: httpx.Request) -> tuple[str, Money]:
        body = says.read(request)
        return str(body["id"]), says.money(body)

    def refuse_content(self) -> httpx.Response:
        return says.refused("invalid_api_request_parameters", kind="invalid_request_error")

    def not_found(self) -> httpx.Response:
        return says.refused("order_not_found")

    def with_amount(self, body: bytes, token: bytes) -> bytes:
        return says.with_amount(body, token)

    def answer_outflow(self, request: httpx.Request, book: Book) -> httpx.Response:
        is_prelude = self.is_prelude(request)
        return self.answer(request, Fact()) if is_prelude else says.refunds(request, book)

    def hook(self, *, event_id: str, reference: str, at: datetime, is_genuine: bool = True) -> Hook:
        return Hook(body=json.dumps(notice(reference)).encode(), received_at=at)


def notice(reference: str = REFERENCE, kind: str = "IPNCHANGE") -> dict[str, str]:
    return {
        "OrderNotificationType": kind,
        "OrderTrackingId": PROVIDER_REF,
        "OrderMerchantReference": reference,
    }


async def over(
    behave: Callable[[httpx.Request], httpx.Response], **more: str
) -> tuple[object, list[httpx.Request]]:
    """Ask for a page over a network that behaves as told."""
    calls: list[httpx.Request] = []

    def listen(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return behave(request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(listen)) as client:
        return await create(adapter(client, **more), Money(500_050, Currency("KES"))), calls


class TestPesapal(Answers, Failures, Bodies, Hints):
    """The suite, spoken by Pesapal."""

    dialect = PesapalDialect()
    hostile_amounts = HOSTILE_MAJORS

    async def test_money_of_another_mode_is_reported_as_such(self) -> None:
        """No answer tells the mode: the address does."""
        transport = httpx.MockTransport(lambda r: self.dialect.answer(r, self.paid))
        async with httpx.AsyncClient(transport=transport) as client:
            live = MAKER.open(a_kit(client), KEYS, address=MAKER.address)
            outcome = await look_up(live, self.asked)
        assert isinstance(outcome, Settled)
        assert outcome.is_test is False

    @pytest.mark.parametrize("status", [200, 500])
    async def test_order_that_nobody_tried_to_pay_is_pending(self, status: int) -> None:
        answer = says.refused("payment_details_not_found", status=status)
        outcome, _ = await self.watched(look_up, lambda _: answer)
        assert outcome == Pending()

    async def test_order_without_its_tracking_id_cannot_be_looked_up(self) -> None:
        async with httpx.AsyncClient() as client:
            outcome = await adapter(client).advance(
                reference=REFERENCE, provider_ref="", asked=self.asked
            )
        assert isinstance(outcome, Unknown)

    async def test_each_confirmation_is_money_of_its_own(self) -> None:
        again = (replace(FIRST, provider_id="QK1XYZ", amount=self.asked),)
        outcomes = [await self.told(fact) for fact in (self.paid, replace(self.paid, taken=again))]
        ids = [each.provider_id for each in outcomes if isinstance(each, Settled)]
        assert ids == [FIRST.provider_id, "QK1XYZ"]

    async def test_what_was_taken_back_says_so(self) -> None:
        outcome = await self.told(replace(self.paid, status="returned"))
        assert isinstance(outcome, Settled)
        assert outcome.refunded == self.asked

    async def test_refused_card_may_be_followed_by_another_on_the_same_page(self) -> None:
        outcome = await self.told(Fact(status="declined"))
        assert isinstance(outcome, Declined)
        assert not outcome.is_final

    async def test_number_and_word_of_a_status_must_agree(self) -> None:
        outcome = await self.read(lambda good: good.replace(b'"Completed"', b'"Failed"'))
        assert isinstance(outcome, Unknown)

    async def test_money_beside_an_error_is_unknown(self) -> None:
        outcome = await self.read(lambda good: good.replace(b'"code":null', b'"code":"broken"'))
        assert isinstance(outcome, Unknown)

    def test_notice_in_the_address_is_read_and_answered_by_name(self) -> None:
        query = {name.lower(): value for name, value in notice().items()}
        hook = Hook(body=b"", query=query, received_at=NOW)
        reading = self.reading(hook)
        assert isinstance(reading, Undecided)
        assert (reading.reference, reading.about) == (REFERENCE, About.PAYMENT)
        answer = json.loads(adapter(httpx.AsyncClient()).acknowledge(hook))
        assert answer == {
            "orderNotificationType": "IPNCHANGE",
            "orderTrackingId": PROVIDER_REF,
            "orderMerchantReference": REFERENCE,
            "status": 200,
        }

    def test_notice_of_a_plan_is_not_ours(self) -> None:
        body = json.dumps(notice(kind="RECURRING")).encode()
        reading = self.reading(Hook(body=body, received_at=NOW))
        assert isinstance(reading, Undecided)
        assert reading.about is About.NOTHING


class TestPesapalRefunds(Refunding):
    """Refunds, spoken by Pesapal: one per payment, whole, told of only by the payment itself."""

    dialect = PesapalDialect()
    hostile_amounts = HOSTILE_MAJORS

    @property
    def whole(self) -> Sent:
        """A refund has no id but its payment's."""
        return Sent(amount=self.asked, id=FIRST.provider_id)

    async def test_money_of_another_mode_is_reported_as_such(self) -> None:
        """No answer tells the mode: the address does."""
        book = Book(sent=[replace(self.whole, status="done")])
        transport = httpx.MockTransport(lambda r: self.dialect.answer_outflow(r, book))
        async with httpx.AsyncClient(transport=transport) as client:
            live = MAKER.open(a_kit(client), KEYS, address=MAKER.address)
            outcome = await self.look(live, FIRST.provider_id)
        assert isinstance(outcome, Moved)
        assert outcome.is_test is False

    async def test_a_part_is_given_back_exactly(self) -> None:
        """Nothing would tell what became of a part, so none is asked for."""
        book = Book(next=self.whole)
        transport = httpx.MockTransport(lambda r: self.dialect.answer_outflow(r, book))
        async with httpx.AsyncClient(transport=transport) as client:
            part = Money(123_400, self.asked.currency)
            outcome = await self.send(self.dialect.adapter(client), part)
        assert isinstance(outcome, Declined)
        assert book.sent == []

    async def test_refused_content_declines_because_nothing_was_sent(self) -> None:
        """What is refused may be our own request of before: only a look-up can tell."""
        outcome = await self.over(
            lambda r: (
                self.dialect.refuse_content()
                if r.url.path.endswith("/RefundRequest")
                else self.dialect.answer_outflow(r, Book())
            ),
            "send",
        )
        assert isinstance(outcome, Unknown)

    async def test_look_up_that_finds_nothing_is_unknown(self) -> None:
        """A payment that stands says nothing of a refund whose request was never answered."""
        transport = httpx.MockTransport(lambda r: self.dialect.answer_outflow(r, Book()))
        async with httpx.AsyncClient(transport=transport) as client:
            outcome = await self.look(self.dialect.adapter(client), "")
        assert isinstance(outcome, Unknown)

    async def test_what_failed_for_good_is_declined(self) -> None:
        """Nobody tells that a refund was rejected: it waits for a human until one says so."""
        outcome = await self.told(replace(self.whole, status="failed"))
        assert outcome == Pending(provider_ref=FIRST.provider_id, needs="approval")

    async def test_somebody_elses_refund_of_the_same_payment_is_not_ours(self) -> None:
        """A payment goes back once: what was given back by hand is not asked for again."""
        others = replace(self.whole, reference="by hand", status="done")
        book = Book(next=self.whole, sent=[others])
        outcome: Outflow = await self.over(lambda r: self.dialect.answer_outflow(r, book), "send")
        assert isinstance(outcome, Moved)
        assert book.sent == [others]


async def test_amounts_are_written_as_exact_numbers() -> None:
    dialect = PesapalDialect()
    _, calls = await over(lambda r: dialect.answer(r, Fact()))
    assert b'"amount":5000.50,' in calls[-1].content


async def test_address_of_notices_is_registered_once_where_it_is_new() -> None:
    dialect, registered = PesapalDialect(), []

    def behave(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/RegisterIPN"):
            registered.append(json.loads(request.content))
            return says.said(ipn_id=says.IPN_ID, url=NOTICES)
        if request.url.path.endswith("/GetIpnList"):
            return says.notices("https://other.example/")
        return dialect.answer(request, Fact())

    async with httpx.AsyncClient(transport=httpx.MockTransport(behave)) as client:
        pesapal = adapter(client)
        outcomes = [await create(pesapal, Money(100, Currency("KES"))) for _ in range(2)]
    assert all(isinstance(outcome, Pending) for outcome in outcomes)
    assert registered == [{"url": NOTICES, "ipn_notification_type": "POST"}]


async def test_id_that_was_entered_is_sent_without_asking() -> None:
    dialect = PesapalDialect()
    _, calls = await over(lambda r: dialect.answer(r, Fact()), ipn_id=says.IPN_ID)
    assert [call.url.path.rpartition("/")[2] for call in calls] == [
        "RequestToken",
        "SubmitOrderRequest",
    ]
    assert json.loads(calls[-1].content)["notification_id"] == says.IPN_ID


@pytest.mark.parametrize(
    ("stale", "fetched"),
    [
        (httpx.Response(401), 2),
        (says.refused("invalid_api_credentials_provided", kind="authentication_error"), 2),
        (httpx.Response(503), 1),
    ],
)
async def test_token_is_fetched_once_and_renewed_once(stale: httpx.Response, fetched: int) -> None:
    def behave(request: httpx.Request) -> httpx.Response:
        return says.token() if request.url.path.endswith("/RequestToken") else stale

    _, calls = await over(behave, ipn_id=says.IPN_ID)
    asked = [call for call in calls if call.url.path.endswith("/RequestToken")]
    assert len(asked) == fetched
    assert len(calls) - len(asked) == fetched


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (says.token(), Accepted(account="", is_test=True)),
        (
            says.refused("invalid_consumer_key_or_secret_provided"),
            Declined(
                error=ProviderError.AUTHENTICATION_ERROR,
                detail="invalid_consumer_key_or_secret_provided",
            ),
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
        ({**KEYS, "consumer_key": ""}, SANDBOX, True, "consumer_key"),
        ({**KEYS, "consumer_secret": "é" * 20}, SANDBOX, True, "consumer_secret"),
        ({**KEYS, "ipn_id": "no id"}, SANDBOX, True, "ipn_id"),
        (KEYS, "http://pay.pesapal.example", True, "url"),
        (KEYS, MAKER.address, True, "mode"),
        (KEYS, SANDBOX, False, "mode"),
    ],
)
async def test_what_is_wrong_is_named_and_never_shown(
    keys: dict[str, str], address: str, what: str, *, is_test: bool
) -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(ProviderProblem) as caught:
            MAKER.open(a_kit(client, is_test=is_test), keys, address=address)
    assert caught.value.data == {"provider": "pesapal", "what": what}

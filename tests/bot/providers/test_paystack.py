"""Paystack's adapter against the suite that every adapter passes, and what is its own."""

import json
from dataclasses import replace
from typing import Final

import httpx
import pytest

from core.domain.errors import ProviderProblem
from core.domain.money import Currency, Money
from core.domain.outflows import Destination, Moved, PayoutRequest, Payouts
from core.domain.providers import (
    Accepted,
    Declined,
    Listing,
    Pending,
    ProviderError,
    Rail,
    Settled,
    Unknown,
)
from tests.bot.providers import paystack_says as says
from tests.bot.providers.conformance import NOW, Answers, Fact, create, look_up
from tests.bot.providers.conformance_failures import Bodies, Failures
from tests.bot.providers.conformance_hooks import Hooks
from tests.bot.providers.conformance_listings import Listed
from tests.bot.providers.conformance_outflows import OUR_REFERENCE, Book, Sent
from tests.bot.providers.conformance_payouts import PayingOut
from tests.bot.providers.conformance_refunds import Refunding
from tests.bot.providers.conformance_saved import ChargingSaved
from tests.bot.providers.kits import a_kit
from tests.bot.providers.paystack_dialect import KEY, MAKER, PaystackDialect, adapter
from tests.bot.providers.paystack_transfers import transfers

KES: Final = Currency("KES")
NGN: Final = Currency("NGN")


class TestPaystack(Answers, Failures, Bodies, Hooks, ChargingSaved, Listed):
    """The suite, spoken by Paystack."""

    dialect = PaystackDialect()

    async def test_reference_used_before_decides_nothing(self) -> None:
        outcome, _ = await self.watched(create, lambda _: says.duplicate())
        assert isinstance(outcome, Unknown)

    async def test_fee_that_the_payer_bore_is_no_part_of_what_he_paid(self) -> None:
        data = {**says.transaction(self.paid), "amount": 507_800, "fees": 10_000}
        outcome, _ = await self.watched(look_up, lambda _: says.said(data))
        assert isinstance(outcome, Settled)
        assert (outcome.captured, outcome.fee) == (self.asked, Money(2_200, self.asked.currency))

    async def test_what_was_wholly_given_back_says_so(self) -> None:
        data = {**says.transaction(self.paid), "status": "reversed"}
        outcome, _ = await self.watched(look_up, lambda _: says.said(data))
        assert isinstance(outcome, Settled)
        assert outcome.refunded == self.asked

    async def test_what_went_back_without_us_is_told(self) -> None:
        outcome = await self.given_back(
            says.refund(self.back(1_500, "done")),
            {**says.refund(self.back(400, "done")), "amount": "400"},
            says.refund(self.back(10, "pending")),
            says.refund(self.back(20, "failed")),
        )
        assert (outcome.refunded, outcome.has_gaps) == (Money(1_900, NGN), False)

    async def test_nothing_that_went_back_is_told_as_such(self) -> None:
        outcome = await self.given_back()
        assert (outcome.refunded, outcome.has_gaps) == (Money(0, NGN), False)

    @pytest.mark.parametrize("spoilt", [{"transaction": 7}, {"currency": "USD"}, {"status": "x"}])
    async def test_strange_refunds_leave_a_gap(self, spoilt: dict[str, object]) -> None:
        outcome = await self.given_back({**says.refund(self.back(1_500, "done")), **spoilt})
        assert (outcome.refunded, outcome.has_gaps) == (None, True)

    async def test_refunds_that_cannot_be_had_leave_a_gap(self) -> None:
        def behave(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/refund":
                return httpx.Response(500)
            return self.dialect.answer(request, self.paid)

        outcome, _ = await self.watched(look_up, behave)
        assert isinstance(outcome, Settled)
        assert (outcome.refunded, outcome.has_gaps) == (None, True)

    def back(self, minor: int, status: str) -> Sent:
        paid = self.paid.taken[0].provider_id
        return Sent(reference="", amount=Money(minor, NGN), status=status, paid=paid)

    async def given_back(self, *rows: dict[str, object]) -> Settled:
        """Look a payment up of which these refunds are listed."""

        def behave(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/refund":
                return says.refunds_of(*rows)
            return self.dialect.answer(request, self.paid)

        outcome, _ = await self.watched(look_up, behave)
        assert isinstance(outcome, Settled)
        return outcome

    async def test_fee_that_a_saved_card_bore_is_no_part_of_what_was_paid(
        self,
    ) -> None:
        """The charge does not say what was asked for; the look-up does."""
        dearer = {"amount": 507_800, "fees": 10_000}

        def behave(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/refund":
                return says.refunds_of()
            shown = says.charge if request.method == "POST" else says.transaction
            return says.said({**shown(self.paid), **dearer})

        outcome, _ = await self.watched(self.charge, behave)
        assert isinstance(outcome, Settled)
        assert (outcome.captured, outcome.fee) == (self.asked, Money(2_200, NGN))

    async def test_dearer_charge_that_cannot_be_looked_up_decides_nothing(self) -> None:
        def behave(request: httpx.Request) -> httpx.Response:
            if request.method == "GET":
                return httpx.Response(503)
            return says.said({**says.charge(self.paid), "amount": 507_800})

        outcome, _ = await self.watched(self.charge, behave)
        assert isinstance(outcome, Unknown)

    async def test_charge_of_a_saved_card_says_when_it_was_paid(self) -> None:
        outcome = await self.told(self.paid, self.charge)
        assert isinstance(outcome, Settled)
        assert outcome.settled_at == NOW

    @pytest.mark.parametrize(
        ("number", "receipt"), [("QK12", "QK12"), (10_101, "10101"), (None, ""), ({}, "")]
    )
    async def test_receipt_is_no_reason_to_doubt_the_money(
        self, number: object, receipt: str
    ) -> None:
        data = {**says.transaction(self.paid), "receipt_number": number}
        outcome, _ = await self.watched(look_up, lambda _: says.said(data))
        assert isinstance(outcome, Settled)
        assert outcome.receipt == receipt

    @pytest.mark.parametrize(
        ("meta", "ends"),
        [
            ({"next": None, "previous": None, "perPage": 50}, True),
            ({"next": "null", "previous": "null", "perPage": 50}, True),
            ({"total": 1, "skipped": 0, "perPage": 50, "page": 1, "pageCount": 1}, True),
            ({"total": 51, "skipped": 0, "perPage": 50, "page": 1, "pageCount": 2}, False),
            ({"perPage": 50}, False),
            ({"perPage": 50, "pageCount": []}, False),
        ],
    )
    async def test_list_ends_only_where_paystack_says_so(
        self, meta: dict[str, object], *, ends: bool
    ) -> None:
        shown = says.row(self.paid, at=NOW)
        page = await self.page(lambda _: says.said([shown], meta=meta))
        assert isinstance(page, Listing) is ends
        assert getattr(page, "after", "") == ""

    async def test_refused_card_may_be_followed_by_another_on_the_same_page(self) -> None:
        outcome = await self.told(Fact(status="declined"))
        assert isinstance(outcome, Declined)
        assert not outcome.is_final

    @pytest.mark.parametrize("spoilt", ["authorization", "customer"])
    async def test_strange_card_is_no_reason_to_doubt_the_money(self, spoilt: str) -> None:
        data = {**says.transaction(self.paid), spoilt: []}
        outcome, _ = await self.watched(look_up, lambda _: says.said(data))
        assert isinstance(outcome, Settled)
        assert outcome.method is None


class TestPaystackRefunds(Refunding):
    """Refunds, spoken by Paystack."""

    dialect = PaystackDialect()

    async def test_two_refunds_under_our_reference_are_a_humans_task(self) -> None:
        book = Book(sent=[self.whole, replace(self.whole, id="70002")])
        outcome = await self.over(lambda r: self.dialect.answer_outflow(r, book), "send")
        assert outcome == Unknown(error=ProviderError.PROVIDER_ERROR, detail="refunded twice")

    @pytest.mark.parametrize("note", [None, ""])
    async def test_a_refund_of_our_amount_without_a_note_is_a_humans_task(
        self, note: str | None
    ) -> None:
        book = Book()
        nameless = {**says.refund(replace(self.whole, status="done")), "merchant_note": note}

        def behave(request: httpx.Request) -> httpx.Response:
            is_list = request.url.path == "/refund" and request.method == "GET"
            return says.refunds_of(nameless) if is_list else says.refunds(request, book)

        outcome = await self.over(behave, "send")
        assert outcome == Unknown(error=ProviderError.PROVIDER_ERROR, detail="perhaps ours")
        assert book.sent == []

    async def test_amount_written_as_text_is_read(self) -> None:
        data = {**says.refund(replace(self.whole, status="done")), "amount": "500000"}
        outcome = await self.over(lambda _: says.said(data), "look")
        assert isinstance(outcome, Moved)
        assert outcome.amount == self.asked


class TestPaystackPayouts(PayingOut):
    """Transfers, spoken by Paystack."""

    dialect = PaystackDialect()

    async def test_empty_balance_declines_because_nothing_was_sent(self) -> None:
        def behave(request: httpx.Request) -> httpx.Response:
            if self.dialect.is_prelude(request):
                return transfers(request, Book())
            body = {"status": False, "message": "Your balance is not enough to fulfil this request"}
            return httpx.Response(400, json=body)

        outcome = await self.over(behave, "send")
        assert isinstance(outcome, Declined)
        assert outcome.error is ProviderError.INSUFFICIENT_FUNDS

    async def test_account_that_does_not_exist_declines(self) -> None:
        outcome = await self.over(
            lambda _: says.refused(400, "unknown_bank", "No such bank"), "send"
        )
        assert isinstance(outcome, Declined)
        assert outcome.error is ProviderError.INVALID_CARD


@pytest.mark.parametrize(
    ("to", "currency", "expected"),
    [
        (
            Destination(rail=Rail.MOBILE, number="+254712345678", name="Amina"),
            KES,
            ("mobile_money", "0712345678", "MPESA", None),
        ),
        (
            Destination(rail=Rail.PAYBILL, number="888880", name="Water", account="A-14"),
            KES,
            ("mobile_money_business", "888880", "MPPAYBILL", "A-14"),
        ),
        (
            Destination(rail=Rail.BANK, number="0123456789", name="Court", bank_code="058"),
            Currency("NGN"),
            ("nuban", "0123456789", "058", None),
        ),
    ],
)
async def test_payouts_name_whom_they_are_for(
    to: Destination, currency: Currency, expected: tuple[str | None, ...]
) -> None:
    book, bodies = Book(), []

    def behave(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return transfers(request, book)

    async with httpx.AsyncClient(transport=httpx.MockTransport(behave)) as client:
        payouts = adapter(client)
        assert isinstance(payouts, Payouts)
        outcome = await payouts.pay_out(
            PayoutRequest(
                reference=OUR_REFERENCE,
                amount=Money(100_000, currency),
                destination=to,
                reason="November",
            )
        )
    recipient, transfer = bodies
    sent = [recipient[name] for name in ("type", "account_number", "bank_code")]
    assert isinstance(outcome, Pending)
    assert (*sent, transfer.get("account_reference")) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (says.said([]), Accepted(account="", is_test=True)),
        (says.said([{"domain": "test"}]), Accepted(account="", is_test=True)),
        (
            says.said([{"domain": "live"}]),
            Unknown(error=ProviderError.PROVIDER_ERROR, detail="mode"),
        ),
        (
            says.refused(401, "invalid_key", "Invalid key"),
            Declined(error=ProviderError.AUTHENTICATION_ERROR, detail="HTTP 401 invalid_key"),
        ),
        (
            httpx.Response(503),
            Unknown(error=ProviderError.PROVIDER_ERROR, detail="HTTP 503"),
        ),
    ],
)
async def test_credentials_are_checked_without_moving_money(
    answer: httpx.Response, expected: object
) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer)) as client:
        assert await adapter(client).check() == expected


@pytest.mark.parametrize(
    ("key", "address", "what"),
    [
        ("", MAKER.address, "secret_key"),
        ("pk_test_" + "0" * 32, MAKER.address, "secret_key"),
        (KEY, "http://api.paystack.example", "url"),
    ],
)
async def test_what_is_wrong_is_named_and_never_shown(key: str, address: str, what: str) -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(ProviderProblem) as caught:
            MAKER.open(a_kit(client), {"secret_key": key}, address=address)
    assert caught.value.data == {"provider": "paystack", "what": what}

"""Refunds and transfers through Flutterwave's adapter: the suite, and what is its own."""

import json
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from bot.providers.flutterwave import outgoing
from bot.sandbox.standins.flutterwave_views import pages
from core.domain.money import Currency, Money
from core.domain.outflows import Destination, Moved, PayoutRequest, Payouts
from core.domain.providers import Declined, Pending, ProviderError, Rail, Settled, Unknown
from tests.bot.providers import flutterwave_says as says
from tests.bot.providers.conformance import Suite, look_up
from tests.bot.providers.conformance_failures import HOSTILE_MAJORS
from tests.bot.providers.conformance_outflows import OUR_REFERENCE, Book, Sent
from tests.bot.providers.conformance_payouts import PayingOut
from tests.bot.providers.conformance_refunds import Refunding
from tests.bot.providers.flutterwave_dialect import NGN, FlutterwaveDialect, LiveDialect, adapter


class TestFlutterwaveRefunds(Refunding):
    """Refunds, spoken by Flutterwave."""

    dialect = FlutterwaveDialect()
    hostile_amounts = HOSTILE_MAJORS

    async def test_money_of_another_mode_is_reported_as_such(self) -> None:
        suite = TestFlutterwaveRefunds()
        suite.dialect = LiveDialect()
        outcome = await suite.told(replace(self.whole, status="done"))
        assert isinstance(outcome, Moved)
        assert outcome.is_test is False

    async def test_two_refunds_under_our_reference_are_a_humans_task(self) -> None:
        book = Book(sent=[self.whole, replace(self.whole, id="70002")])
        outcome = await self.over(lambda r: self.dialect.answer_outflow(r, book), "send")
        assert outcome == Unknown(error=ProviderError.PROVIDER_ERROR, detail="refunded twice")

    async def test_nameless_refund_of_our_amount_may_be_ours_so_nothing_is_sent(self) -> None:
        book = Book(next=self.whole)
        outcome = await self.over(lambda r: self.nameless(r, book, self.asked), "send")
        assert isinstance(outcome, Unknown)
        assert book.sent == []

    async def test_nameless_refund_of_another_amount_is_not_ours(self) -> None:
        book = Book(next=self.whole)
        other = Money(self.asked.minor - 1, NGN)
        outcome = await self.over(lambda r: self.nameless(r, book, other), "send")
        assert isinstance(outcome, Pending)
        assert [each.reference for each in book.sent] == [OUR_REFERENCE]

    def nameless(self, request: httpx.Request, book: Book, amount: Money) -> httpx.Response:
        """List one refund in the other spelling, without a comment."""
        if request.method == "POST":
            return self.dialect.answer_outflow(request, book)
        listed = says.old_refund(replace(self.whole, amount=amount))
        return says.said([listed], meta=pages(1, most=1))

    async def test_refund_without_a_reason_is_known_by_its_bare_reference(self) -> None:
        request = replace(self.request(self.asked), reason="")
        listed = {**says.refund(self.whole), "comments": OUR_REFERENCE}
        assert outgoing.comment(request) == OUR_REFERENCE
        outcome = await self.over(lambda _: says.said([listed], meta=pages(1, most=1)), "send")
        assert isinstance(outcome, Pending)

    async def test_list_of_another_payments_refunds_proves_nothing(self) -> None:
        book = Book(next=self.whole, sent=[replace(self.whole, reference="by hand", paid="90009")])
        outcome = await self.over(lambda r: self.dialect.answer_outflow(r, book), "send")
        assert isinstance(outcome, Unknown)
        assert len(book.sent) == 1

    async def test_list_that_goes_on_is_not_taken_for_all(self) -> None:
        book = Book(next=self.whole)

        def behave(request: httpx.Request) -> httpx.Response:
            if request.method == "GET":
                return says.said([], meta=pages(1, most=2))
            return self.dialect.answer_outflow(request, book)

        assert isinstance(await self.over(behave, "send"), Unknown)
        assert book.sent == []

    @pytest.mark.parametrize(
        ("status", "expected"),
        [("completed", Pending), ("completed-momo", Moved), ("pending-momo", Pending)],
    )
    async def test_only_the_longer_words_say_that_it_arrived(
        self, status: str, expected: type
    ) -> None:
        data = {**says.old_refund(self.whole), "status": status}
        assert isinstance(await self.over(lambda _: says.said(data), "look"), expected)

    async def test_refund_in_another_currency_decides_nothing(self) -> None:
        data = {**says.refund(replace(self.whole, status="done")), "currency": "USD"}
        assert isinstance(await self.over(lambda _: says.said(data), "look"), Unknown)


class TestFlutterwaveGivenBack(Suite):
    """What a look-up of a payment says of money that went back."""

    dialect = FlutterwaveDialect()

    @pytest.mark.parametrize("spelled", [says.refund, says.old_refund])
    async def test_what_went_back_without_us_is_told(
        self, spelled: Callable[[Sent], dict[str, object]]
    ) -> None:
        outcome = await self.given_back(
            spelled(self.back(1_500, "done")),
            spelled(self.back(400, "done")),
            spelled(self.back(10, "pending")),
            spelled(self.back(20, "failed")),
        )
        assert (outcome.refunded, outcome.has_gaps) == (Money(1_900, NGN), False)

    async def test_refunds_of_another_transaction_leave_a_gap(self) -> None:
        outcome = await self.given_back(says.refund(replace(self.back(1_500, "done"), paid="7")))
        assert (outcome.refunded, outcome.has_gaps) == (None, True)

    async def test_refunds_that_cannot_be_had_leave_a_gap(self) -> None:
        outcome = await self.given_back()
        assert outcome.refunded == Money(0, NGN)

        def behave(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/v3/refunds":
                return httpx.Response(500)
            return self.dialect.answer(request, self.paid)

        lacking, _ = await self.watched(look_up, behave)
        assert isinstance(lacking, Settled)
        assert (lacking.refunded, lacking.has_gaps) == (None, True)

    def back(self, minor: int, status: str) -> Sent:
        paid = self.paid.taken[0].provider_id
        return Sent(reference="", amount=Money(minor, NGN), status=status, paid=paid)

    async def given_back(self, *rows: dict[str, object]) -> Settled:
        """Look a payment up of which these refunds are listed."""

        def behave(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/v3/refunds":
                return says.said(list(rows), meta=pages(1, most=1))
            return self.dialect.answer(request, self.paid)

        outcome, _ = await self.watched(look_up, behave)
        assert isinstance(outcome, Settled)
        return outcome


class TestFlutterwavePayouts(PayingOut):
    """Transfers, spoken by Flutterwave."""

    dialect = FlutterwaveDialect()
    hostile_amounts = HOSTILE_MAJORS

    async def test_money_of_another_mode_is_reported_as_such(self) -> None:
        suite = TestFlutterwavePayouts()
        suite.dialect = LiveDialect()
        outcome = await suite.told(replace(self.whole, status="done"))
        assert isinstance(outcome, Moved)
        assert outcome.is_test is False

    async def test_failure_says_why(self) -> None:
        outcome = await self.told(replace(self.whole, status="failed"))
        assert isinstance(outcome, Declined)
        assert outcome.error is ProviderError.INSUFFICIENT_FUNDS

    @pytest.mark.parametrize(
        "reversal",
        [
            {"initial_status": "SUCCESSFUL", "reconciliation_status": "PENDING"},
            {"initial_status": "FAILED", "reconciliation_status": "REVERSED"},
        ],
    )
    async def test_only_what_had_arrived_comes_back(self, reversal: dict[str, str]) -> None:
        data = {**says.transfer(replace(self.whole, status="failed")), "reversal": reversal}
        outcome = await self.over(lambda _: says.said([data]), "look")
        assert isinstance(outcome, Declined)

    async def test_answer_about_another_transfer_decides_nothing(self) -> None:
        data = says.transfer(replace(self.whole, reference="somebody-elses"))
        assert isinstance(await self.over(lambda _: says.said(data), "send"), Unknown)

    async def test_two_transfers_under_our_reference_are_a_humans_task(self) -> None:
        book = Book(sent=[self.whole, replace(self.whole, id="70002")])
        outcome = await self.over(lambda r: self.dialect.answer_outflow(r, book), "look")
        assert outcome == Unknown(error=ProviderError.PROVIDER_ERROR, detail="sent twice")

    @pytest.mark.parametrize(
        ("message", "error"),
        [
            ("Insufficient funds in customer wallet", ProviderError.INSUFFICIENT_FUNDS),
            ("beneficiary_name is required", ProviderError.PROVIDER_ERROR),
        ],
    )
    async def test_what_was_not_taken_up_is_declined(
        self, message: str, error: ProviderError
    ) -> None:
        outcome = await self.over(lambda _: says.refused(400, message), "send")
        assert isinstance(outcome, Declined)
        assert outcome.error is error

    async def test_refusal_with_an_id_may_have_sent_something(self) -> None:
        body = {"status": "error", "message": "Invalid account", "data": {"id": 5}}
        outcome = await self.over(lambda _: says.written(body, status=400), "send")
        assert isinstance(outcome, Unknown)


@pytest.mark.parametrize(
    ("to", "currency", "expected"),
    [
        (
            Destination(rail=Rail.MOBILE, number="+254712345678", name="Amina"),
            Currency("KES"),
            ("254712345678", "MPS", "KES"),
        ),
        (
            Destination(rail=Rail.BANK, number="0690000040", name="Court", bank_code="044"),
            NGN,
            ("0690000040", "044", "NGN"),
        ),
        (
            Destination(rail=Rail.MOBILE, number="+233241234567", name="Kofi", bank_code="MTN"),
            Currency("GHS"),
            ("233241234567", "MTN", "GHS"),
        ),
        (Destination(rail=Rail.BANK, number="0690000040", name="Court"), NGN, None),
        (
            Destination(rail=Rail.BANK, number="0690000040", name="Court", bank_code="GH01"),
            Currency("GHS"),
            None,
        ),
        (Destination(rail=Rail.TILL, number="888880", name="Shop"), Currency("KES"), None),
    ],
)
async def test_payouts_name_whom_they_are_for(
    to: Destination, currency: Currency, expected: tuple[str, ...] | None
) -> None:
    bodies: list[dict[str, str]] = []

    def behave(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return says.transfers(request, Book())

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
    names = ("account_number", "account_bank", "debit_currency")
    sent = [tuple(body[name] for name in names) for body in bodies]
    assert sent == ([] if expected is None else [expected])
    assert isinstance(outcome, Declined if expected is None else Pending)

"""Stripe's refunds against the suite that every adapter passes, and what is their own."""

from dataclasses import replace

import httpx

from bot.providers.stripe import asks
from core.domain.outflows import Moved, Returned
from core.domain.providers import (
    Declined,
    ProviderError,
    Unknown,
)
from tests.bot.providers import stripe_says as says
from tests.bot.providers.conformance import (
    REFERENCE,
)
from tests.bot.providers.conformance_outflows import Book
from tests.bot.providers.conformance_refunds import Refunding
from tests.bot.providers.stripe_dialect import KEY, StripeDialect, adapter


class TestStripeRefunds(Refunding):
    """Refunds, spoken by Stripe."""

    dialect = StripeDialect()

    async def test_money_of_another_mode_is_reported_as_such(self) -> None:
        """A refund does not tell its mode; no key can see the other mode's."""
        told_by = []
        for key in (KEY, KEY.replace("_test_", "_live_")):
            book = Book(sent=[replace(self.whole, status="done")])
            transport = httpx.MockTransport(lambda r, b=book: says.refunds(r, b))
            async with httpx.AsyncClient(transport=transport) as client:
                outcome = await self.look(adapter(client, key), self.whole.id)
            assert isinstance(outcome, Moved)
            told_by.append(outcome.is_test)
        assert told_by == [True, False]

    async def test_refund_that_failed_after_it_left_has_come_back(self) -> None:
        data = {
            **says.refund(replace(self.whole, status="failed")),
            "failure_balance_transaction": "txn_2",
            "failure_reason": "lost_or_stolen_card",
        }
        outcome = await self.over(lambda _: says.said(data), "look")
        assert isinstance(outcome, Returned)
        assert (outcome.amount, outcome.detail) == (self.asked, "lost_or_stolen_card")

    async def test_refund_carries_both_references_and_its_key(self) -> None:
        forms = []

        def behave(request: httpx.Request) -> httpx.Response:
            if request.method == "POST":
                forms.append((request.headers["idempotency-key"], says.form(request)))
            return says.refunds(request, Book(next=self.whole))

        await self.over(behave, "send")
        ((key, form),) = forms
        assert key == form["metadata[hazina_reference]"]
        assert form["metadata[hazina_payment]"] == REFERENCE
        assert form["metadata[hazina_reason]"] == "Paid twice"
        assert form["payment_intent"] == "90001"

    def test_nothing_is_sent_empty(self) -> None:
        form = asks.refund(replace(self.request(self.asked), reason=""))
        assert all(form.values())

    async def test_list_that_may_lack_ours_sends_nothing(self) -> None:
        other = says.refund(replace(self.whole, reference="by hand", paid="90009"))
        asked = []

        def behave(request: httpx.Request) -> httpx.Response:
            asked.append(request.method)
            return answers[len(asked) - 1]

        answers = [says.a_list([], has_more=True), says.a_list([other])]
        outcomes = [await self.over(behave, "send") for _ in range(2)]
        assert all(isinstance(each, Unknown) for each in outcomes)
        assert asked == ["GET", "GET"]

    async def test_refund_that_failed_before_it_left_says_why(self) -> None:
        data = says.refund(replace(self.whole, status="failed"))
        for changed, why in (({"failure_reason": "declined"}, "declined"), ({}, "failed")):
            outcome = await self.over(lambda _, d={**data, **changed}: says.said(d), "look")  # type: ignore[misc]
            assert outcome == Declined(error=ProviderError.PROVIDER_ERROR, detail=why)

    async def test_two_refunds_under_our_reference_are_a_humans_task(self) -> None:
        book = Book(sent=[self.whole, replace(self.whole, id="70002")])
        outcome = await self.over(lambda r: says.refunds(r, book), "send")
        assert outcome == Unknown(error=ProviderError.PROVIDER_ERROR, detail="refunded twice")

    async def test_what_was_refunded_by_others_declines(self) -> None:
        def behave(request: httpx.Request) -> httpx.Response:
            is_asked = request.method == "POST"
            return says.refused(400, "charge_already_refunded") if is_asked else says.a_list([])

        assert isinstance(await self.over(behave, "send"), Declined)

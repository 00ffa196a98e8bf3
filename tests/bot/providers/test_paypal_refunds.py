"""Refunds through PayPal: once under one request id, found again by our reference."""

import json
from dataclasses import replace

import httpx
import pytest

from bot.providers.paypal import asks
from core.domain.outflows import Moved, Outflow
from core.domain.providers import Declined, ProviderError, Unknown
from tests.bot.providers import paypal_says as says
from tests.bot.providers.conformance import REFERENCE
from tests.bot.providers.conformance_failures import HOSTILE_MAJORS
from tests.bot.providers.conformance_outflows import OUR_REFERENCE, Book
from tests.bot.providers.conformance_refunds import Refunding
from tests.bot.providers.kits import a_kit
from tests.bot.providers.paypal_dialect import KEYS, MAKER, PayPalDialect


class TestPayPalRefunds(Refunding):
    """Refunds, spoken by PayPal."""

    dialect = PayPalDialect()
    hostile_amounts = HOSTILE_MAJORS

    async def test_money_of_another_mode_is_reported_as_such(self) -> None:
        """No answer tells the mode: the address does."""
        book = Book(sent=[replace(self.whole, status="done")])
        transport = httpx.MockTransport(lambda r: self.dialect.answer_outflow(r, book))
        async with httpx.AsyncClient(transport=transport) as client:
            live = MAKER.open(a_kit(client), KEYS, address=MAKER.address)
            outcome = await self.look(live, self.whole.id)
        assert isinstance(outcome, Moved)
        assert outcome.is_test is False

    @pytest.mark.parametrize("sent", [True, False])
    async def test_what_was_lost_is_found_by_our_reference(self, *, sent: bool) -> None:
        others = replace(self.whole, reference="by hand", status="done", id="70009")
        ours = [replace(self.whole, status="done")] if sent else []
        book = Book(sent=[others, *ours])
        transport = httpx.MockTransport(lambda r: self.dialect.answer_outflow(r, book))
        async with httpx.AsyncClient(transport=transport) as client:
            outcome = await self.look(self.dialect.adapter(client), "")
        assert isinstance(outcome, Moved if sent else Unknown)

    @pytest.mark.parametrize(
        ("issue", "error"),
        [
            ("REFUND_FAILED_INSUFFICIENT_FUNDS", ProviderError.INSUFFICIENT_FUNDS),
            ("CAPTURE_FULLY_REFUNDED", ProviderError.PROVIDER_ERROR),
            ("TRANSACTION_DISPUTED", ProviderError.PROVIDER_ERROR),
        ],
    )
    async def test_refund_that_is_not_possible_declines(
        self, issue: str, error: ProviderError
    ) -> None:
        outcome = await self.refused(issue)
        assert outcome == Declined(error=error, detail=issue)

    async def test_reference_used_before_decides_nothing(self) -> None:
        assert isinstance(await self.refused("DUPLICATE_INVOICE_ID"), Unknown)

    async def refused(self, issue: str) -> Outflow:
        """Ask for a refund that PayPal refuses for this."""
        return await self.over(
            lambda r: says.token() if self.dialect.is_prelude(r) else says.refused(issue), "send"
        )

    @pytest.mark.parametrize("name", ["custom_id", "note_to_payer"])
    async def test_words_that_there_are_none_of_are_left_out(self, name: str) -> None:
        """PayPal refuses an empty text, and with it the refund."""
        request = replace(self.request(self.asked), reason="", payment_reference="")
        assert name in asks.refund(self.request(self.asked))
        assert name not in asks.refund(request)

    async def test_refund_names_both_references(self) -> None:
        bodies: list[dict[str, object]] = []

        def behave(request: httpx.Request) -> httpx.Response:
            if request.method == "POST" and not self.dialect.is_prelude(request):
                bodies.append(json.loads(request.content))
            return self.dialect.answer_outflow(request, Book(next=self.whole))

        await self.over(behave, "send")
        (body,) = bodies
        assert (body["invoice_id"], body["custom_id"]) == (OUR_REFERENCE, REFERENCE)

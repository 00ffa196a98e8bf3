"""The suite's part on refunds, for adapters whose capabilities say that they give back."""

from dataclasses import replace

import httpx

from core.domain.money import Money
from core.domain.outflows import Outflow, RefundRequest, Refunds
from core.domain.providers import PartOf, Pending, Provider, Unknown
from tests.bot.providers.conformance import ANSWER_URL, FIRST, PROVIDER_REF, RECEIPT, REFERENCE
from tests.bot.providers.conformance_outflows import OUR_REFERENCE, Book, Outgoing


class Refunding(Outgoing):
    """Captured money goes back once, whole or in part, to where it came from."""

    def request(self, amount: Money) -> RefundRequest:
        """Ask for a refund of what `FIRST` captured."""
        return RefundRequest(
            reference=OUR_REFERENCE,
            payment_reference=REFERENCE,
            provider_ref=PROVIDER_REF,
            provider_id=FIRST.provider_id,
            captured=self.asked,
            amount=amount,
            reason="Paid twice",
            receipt=RECEIPT,
            answer_url=ANSWER_URL,
        )

    def refunds(self, provider: Provider) -> Refunds:
        """Return the adapter as one that gives back."""
        assert provider.capabilities.refunds is not PartOf.NOTHING
        assert isinstance(provider, Refunds)
        return provider

    async def send(self, provider: Provider, amount: Money) -> Outflow:
        return await self.refunds(provider).refund(self.request(amount))

    async def look(self, provider: Provider, ref: str) -> Outflow:
        refunds = self.refunds(provider)
        return await refunds.look_up_refund(self.request(self.asked), refund_ref=ref)

    async def test_a_part_is_given_back_exactly(self) -> None:
        part, book = Money(123_400, self.asked.currency), Book(next=self.whole)
        transport = httpx.MockTransport(lambda r: self.dialect.answer_outflow(r, book))
        async with httpx.AsyncClient(transport=transport) as client:
            await self.send(self.dialect.adapter(client), part)
        assert [each.amount for each in book.sent] == [part]

    async def test_what_paid_no_bill_and_had_no_reference_is_given_back(self) -> None:
        book = Book(next=self.whole)
        transport = httpx.MockTransport(lambda r: self.dialect.answer_outflow(r, book))
        request = replace(self.request(self.asked), reason="", payment_reference="")
        async with httpx.AsyncClient(transport=transport) as client:
            await self.refunds(self.dialect.adapter(client)).refund(request)
        assert [each.amount for each in book.sent] == [self.asked]

    async def test_what_was_lost_is_found_without_its_id(self) -> None:
        book = Book(sent=[replace(self.whole, status="pending")])
        transport = httpx.MockTransport(lambda r: self.dialect.answer_outflow(r, book))
        async with httpx.AsyncClient(transport=transport) as client:
            outcome = await self.look(self.dialect.adapter(client), "")
        assert isinstance(outcome, Pending | Unknown)

    async def test_somebody_elses_refund_of_the_same_payment_is_not_ours(self) -> None:
        others = replace(self.whole, reference="by hand", status="done")
        book = Book(next=self.whole, sent=[others])
        await self.over(lambda r: self.dialect.answer_outflow(r, book), "send")
        assert [each.reference for each in book.sent] == ["by hand", OUR_REFERENCE]

    async def test_refund_of_another_payment_decides_nothing(self) -> None:
        outcome = await self.told(replace(self.whole, status="failed", paid="90009"))
        assert isinstance(outcome, Unknown)

"""The suite's part on payouts, for adapters whose capabilities name a rail."""

from dataclasses import replace

from core.domain.money import Money
from core.domain.outflows import Destination, Moved, Outflow, PayoutRequest, Payouts, Returned
from core.domain.providers import Provider, Rail
from tests.bot.providers.conformance import ANSWER_URL
from tests.bot.providers.conformance_outflows import OUR_REFERENCE, Outgoing

ACCOUNT = Destination(
    rail=Rail.BANK, number="0123456789", name="Palm Court Residents", bank_code="058"
)


class PayingOut(Outgoing):
    """Money leaves once under one reference; what comes back is told."""

    destination: Destination = ACCOUNT

    def request(self, amount: Money) -> PayoutRequest:
        """Ask for a payout."""
        return PayoutRequest(
            reference=OUR_REFERENCE,
            amount=amount,
            destination=self.destination,
            reason="Repairs in November",
            answer_url=ANSWER_URL,
        )

    def payouts(self, provider: Provider) -> Payouts:
        """Return the adapter as one that pays out."""
        assert self.destination.rail in provider.capabilities.rails
        assert isinstance(provider, Payouts)
        return provider

    async def send(self, provider: Provider, amount: Money) -> Outflow:
        return await self.payouts(provider).pay_out(self.request(amount))

    async def look(self, provider: Provider, ref: str) -> Outflow:
        return await self.payouts(provider).look_up_payout(
            reference=OUR_REFERENCE, payout_ref=ref, answer_url=ANSWER_URL
        )

    async def test_what_came_back_is_returned_whole(self) -> None:
        outcome = await self.told(replace(self.whole, status="returned"))
        assert isinstance(outcome, Returned)
        assert (outcome.reference, outcome.amount) == (OUR_REFERENCE, self.asked)

    async def test_what_moved_and_what_came_back_have_one_id(self) -> None:
        moved = await self.told(replace(self.whole, status="done"))
        returned = await self.told(replace(self.whole, status="returned"))
        assert isinstance(moved, Moved)
        assert isinstance(returned, Returned)
        assert moved.provider_id == returned.provider_id

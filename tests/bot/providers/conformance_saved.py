"""The suite's part on saved methods, for adapters whose capabilities say that they charge them."""

from dataclasses import replace
from typing import Protocol

import httpx
import pytest

from core.domain.money import Money
from core.domain.providers import (
    ChargeRequest,
    Declined,
    Outcome,
    Pending,
    Provider,
    SavedCharges,
    SavedMethod,
    Settled,
    Unknown,
)
from tests.bot.providers.conformance import ASKED, REFERENCE, Act, Dialect, Fact, Suite, raising
from tests.bot.providers.conformance_failures import HOSTILE_BODIES


class SavedDialect(Dialect, Protocol):
    """How one provider says things about what can be charged again."""

    saved: SavedMethod
    """What it lets us keep of the card that paid in `answer`."""

    def charged(self, request: httpx.Request) -> tuple[str, str, str, Money]:
        """Read token, owner, reference and amount from a charge."""
        ...

    def unkept(self, body: bytes) -> bytes:
        """Say of the same payment that its card cannot be charged again."""
        ...

    def confirm(self) -> httpx.Response:
        """Answer a charge that its owner must confirm on a page."""
        ...


class ChargingSaved(Suite):
    """What was kept is charged once, under its own reference, while its owner is away."""

    dialect: SavedDialect

    async def charge(self, provider: Provider, asked: Money = ASKED) -> Outcome:
        """Charge what is kept."""
        assert provider.capabilities.can_charge_saved
        assert isinstance(provider, SavedCharges)
        request = ChargeRequest(
            reference=REFERENCE, amount=asked, method=self.dialect.saved, title="November"
        )
        return await provider.charge_saved(request)

    async def test_what_may_be_kept_comes_with_the_money(self) -> None:
        outcome = await self.told(self.paid)
        assert isinstance(outcome, Settled)
        assert outcome.method == self.dialect.saved

    async def test_what_may_be_kept_shows_no_secret(self) -> None:
        assert self.dialect.saved.token not in repr(await self.told(self.paid))

    async def test_what_cannot_be_charged_again_is_not_kept(self) -> None:
        outcome = await self.read(self.dialect.unkept)
        assert isinstance(outcome, Settled)
        assert outcome.method is None

    async def test_charge_sends_what_was_kept_and_the_exact_amount(self) -> None:
        act: Act = self.charge
        _, network = await self.watched(act, lambda r: self.dialect.answer(r, self.paid))
        kept = self.dialect.saved
        expected = (kept.token, kept.owner, REFERENCE, self.asked)
        assert self.dialect.charged(network.calls[0]) == expected

    async def test_charge_that_worked_is_settled(self) -> None:
        outcome = await self.told(self.paid, self.charge)
        assert isinstance(outcome, Settled)
        assert (outcome.reference, outcome.captured) == (REFERENCE, self.asked)

    async def test_charge_that_was_refused_is_declined_for_good(self) -> None:
        for error in self.dialect.declines:
            outcome = await self.told(Fact(status="declined", decline=error), self.charge)
            assert isinstance(outcome, Declined)
            assert (outcome.error, outcome.is_final) == (error, True)

    async def test_charge_under_way_is_pending(self) -> None:
        assert isinstance(await self.told(Fact(status="processing"), self.charge), Pending)

    async def test_owner_who_must_confirm_is_given_a_page(self) -> None:
        outcome, _ = await self.watched(self.charge, lambda _: self.dialect.confirm())
        assert isinstance(outcome, Pending)
        assert outcome.link.startswith("http")

    async def test_answer_about_another_charge_decides_nothing(self) -> None:
        fact = replace(Fact(status="declined"), reference="ATT-OTHER")
        assert isinstance(await self.told(fact, self.charge), Unknown)

    async def test_charge_without_an_answer_is_unknown(self) -> None:
        for error in (httpx.ReadTimeout, httpx.ConnectError, httpx.ReadError):
            outcome, network = await self.watched(self.charge, raising(error))
            assert isinstance(outcome, Unknown)
            assert len(network.calls) == 1

    @pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 429, 500, 503])
    async def test_word_of_something_in_between_decides_nothing(self, status: int) -> None:
        outcome, _ = await self.watched(self.charge, lambda _: httpx.Response(status, text="<p>"))
        assert isinstance(outcome, Unknown)

    async def test_hostile_answer_to_a_charge(self) -> None:
        for name, spoil in HOSTILE_BODIES.items():
            assert isinstance(await self.read(spoil, self.charge), Unknown), name

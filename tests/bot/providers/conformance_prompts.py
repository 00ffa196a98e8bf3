"""The suite's part on prompts: the payer is asked on his phone, there is no page.

A look-up of a prompt names neither amount nor reference: it says that the prompt was paid, and a
prompt takes what was asked or nothing. Its answer comes to an address that was drawn for it. A
dialect has the method of `PromptDialect`, too; a class takes `Prompts` in the place of `Answers`
and `PromptBodies` in that of `Bodies`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import httpx
import pytest

from core.domain.money import Money
from core.domain.outflows import Answering, Question
from core.domain.providers import (
    About,
    Declined,
    Forged,
    Hook,
    Outcome,
    Pending,
    Provider,
    ProviderError,
    Settled,
    Truth,
    Unknown,
)
from tests.bot.providers.conformance import (
    PROVIDER_REF,
    RECEIPT,
    REFERENCE,
    REQUEST,
    Answers,
    Dialect,
    Fact,
    Suite,
    Taken,
    create,
)
from tests.bot.providers.conformance_failures import HOSTILE_BODIES, HOSTILE_MAJORS, Bodies


class PromptDialect(Dialect, Protocol):
    """How one provider prompts."""

    def answered(self, fact: Fact) -> Hook:
        """Make what comes to a prompt's own address, given what the provider believes of it."""
        ...


class Answered(Suite):
    """What the parts on answers share."""

    dialect: PromptDialect

    @property
    def question(self) -> Question:
        """What the address was drawn for."""
        return Question(
            about=About.PAYMENT, reference=REFERENCE, provider_ref=PROVIDER_REF, asked=self.asked
        )

    def provider(self) -> Provider:
        """Return the adapter; reading asks nobody."""
        refusing = httpx.MockTransport(lambda _: httpx.Response(500))
        return self.dialect.adapter(httpx.AsyncClient(transport=refusing))

    def heard(self, hook: Hook, question: Question | None = None) -> object:
        """Read an answer."""
        provider = self.provider()
        assert isinstance(provider, Answering)
        return provider.read_answer(hook, question or self.question)


class Prompts(Answered, Answers):
    """Everything of `Answers`; what only the answer tells is read there."""

    def test_capabilities_say_so(self) -> None:
        can = self.provider().capabilities
        assert (can.can_prompt, can.can_link, can.truth) == (True, False, Truth.BY_ANSWER)

    async def test_new_page_is_pending_with_its_link(self) -> None:
        """A new prompt is pending under the provider's id of it, and has no page."""
        outcome = await self.told(Fact(), create)
        assert outcome == Pending(provider_ref=PROVIDER_REF)

    async def test_captured_money_is_settled_with_the_providers_facts(self) -> None:
        """Both words for the same money have the same id, so it is posted once."""
        looked_up, answered = (
            await self.told(self.paid),
            self.heard(self.dialect.answered(self.paid)),
        )
        for outcome in (looked_up, answered):
            assert isinstance(outcome, Settled)
            assert (outcome.provider_id, outcome.reference) == (PROVIDER_REF, REFERENCE)
            assert (outcome.captured, outcome.is_test, outcome.more) == (self.asked, True, ())
        assert isinstance(answered, Settled)
        assert answered.receipt == RECEIPT

    def test_answer_before_the_prompts_id_is_known_counts(self) -> None:
        early = replace(self.question, provider_ref="")
        outcome = self.heard(self.dialect.answered(self.paid), early)
        assert isinstance(outcome, Settled)
        assert outcome.provider_id == PROVIDER_REF

    @pytest.mark.parametrize("minor", [100, 499_900, 500_100, 900_000_000_000])
    async def test_other_amount_is_reported_as_captured(self, minor: int) -> None:
        """A prompt takes what was asked: an answer of another amount decides nothing."""
        taken = (Taken(provider_id="90001", amount=Money(minor, self.dialect.currency)),)
        outcome = self.heard(self.dialect.answered(replace(self.paid, taken=taken)))
        assert isinstance(outcome, Unknown)

    async def test_other_currency_is_reported_as_captured(self) -> None:
        """No word names a currency: only one is taken."""
        assert self.provider().capabilities.currencies == {self.dialect.currency}

    async def test_money_under_another_reference_is_reported_as_such(self) -> None:
        """Another prompt's money is not this one's."""
        others = replace(self.paid, reference="ATT-OTHER")
        assert isinstance(await self.told(others), Unknown)
        assert isinstance(self.heard(self.dialect.answered(others)), Unknown)

    async def test_paid_without_a_capture_is_unknown(self) -> None:
        bare = self.heard(self.dialect.answered(Fact(status="paid")))
        assert isinstance(bare, Unknown)

    @pytest.mark.parametrize("status", ["declined", "expired"])
    async def test_word_about_another_reference_decides_nothing(self, status: str) -> None:
        fact = Fact(status=status, reference="ATT-OTHER")
        assert isinstance(await self.told(fact), Unknown)
        assert isinstance(self.heard(self.dialect.answered(fact)), Unknown)

    def test_answer_tells_each_reason_apart(self) -> None:
        for error in self.dialect.declines:
            outcome = self.heard(self.dialect.answered(Fact(status="declined", decline=error)))
            assert isinstance(outcome, Declined)
            assert outcome.error is error

    def test_answer_that_nobody_knows_is_unknown(self) -> None:
        assert isinstance(self.heard(self.dialect.answered(Fact(status="unheard"))), Unknown)

    @pytest.mark.parametrize("phone", ["", "+2348030000001", "0712345678", "+25471234567"])
    async def test_phone_that_cannot_be_asked_is_declined_before_anything_is_sent(
        self, phone: str
    ) -> None:
        async def ask(provider: Provider, asked: Money) -> Outcome:
            return await provider.create_link(replace(REQUEST, phone=phone, amount=asked))

        outcome, network = await self.watched(ask, lambda r: self.dialect.answer(r, Fact()))
        assert outcome == Declined(error=ProviderError.INVALID_CARD, detail="no phone in Kenya")
        assert network.calls == []

    async def test_amount_that_cannot_be_asked_is_declined_before_anything_is_sent(self) -> None:
        odd = Money(self.asked.minor + 1, self.asked.currency)

        async def ask(provider: Provider, _: Money) -> Outcome:
            return await provider.create_link(replace(REQUEST, amount=odd))

        outcome, network = await self.watched(ask, lambda r: self.dialect.answer(r, Fact()))
        assert isinstance(outcome, Declined)
        assert network.calls == []

    async def test_question_without_an_address_is_not_asked(self) -> None:
        async def ask(provider: Provider, asked: Money) -> Outcome:
            return await provider.create_link(replace(REQUEST, answer_url="", amount=asked))

        outcome, network = await self.watched(ask, lambda r: self.dialect.answer(r, Fact()))
        assert isinstance(outcome, Declined)
        assert network.calls == []

    def test_what_comes_to_the_common_address_is_forged(self) -> None:
        hook = self.dialect.answered(self.paid)
        assert isinstance(self.provider().read_hook(hook), Forged)


class PromptBodies(Answered, Bodies):
    """A body that is not exactly what the contract says decides nothing, wherever it comes."""

    @pytest.mark.parametrize("spoil", HOSTILE_BODIES.values(), ids=HOSTILE_BODIES.keys())
    def test_hostile_answer(self, spoil: Callable[[bytes], bytes]) -> None:
        good = self.dialect.answered(self.paid)
        assert isinstance(self.heard(replace(good, body=spoil(good.body))), Unknown)

    async def test_amount_that_is_none(self) -> None:
        good = self.dialect.answered(self.paid)
        for token in HOSTILE_MAJORS:
            spoilt = replace(good, body=self.dialect.with_amount(good.body, token))
            assert spoilt.body != good.body
            assert isinstance(self.heard(spoilt), Unknown), token

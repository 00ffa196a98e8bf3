"""The suite's part on money that goes out: what refunds and payouts have in common.

The pretend provider keeps a `Book` of what it sent. Whatever happens on the way, one reference of
ours sends once. A provider's dialect has the methods of `OutflowDialect`, too; the classes to
take are `Refunding` and `PayingOut`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import httpx
import pytest

from core.domain.money import Money
from core.domain.outflows import Moved, Outflow
from core.domain.providers import Declined, Pending, Provider, ProviderError, Unknown
from tests.bot.providers.conformance import ASKED, Dialect, Suite, raising
from tests.bot.providers.conformance_failures import HOSTILE_AMOUNTS, HOSTILE_BODIES

OUR_REFERENCE: Final = "hz19f0c2a7b41-r1-k3m9"
"""Of the refund or payout: stored before the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What the pretend provider believes about one refund or payout.

    `status` is one of pending, stuck (a human must act), done, failed, returned, or `unheard`: a
    word that no adapter knows. `paid` is the provider's id of the capture given back.
    """

    reference: str = OUR_REFERENCE
    amount: Money = ASKED
    status: str = "pending"
    is_test: bool = True
    id: str = "70001"
    paid: str = "90001"


@dataclass(slots=True, kw_only=True)
class Book:
    """What the pretend provider has sent, and how the next one begins."""

    next: Sent = field(default_factory=Sent)
    sent: list[Sent] = field(default_factory=list)

    def send(self, *, reference: str, amount: Money) -> Sent:
        """Send once more."""
        number = str(int(self.next.id) + len(self.sent))
        self.sent.append(replace(self.next, reference=reference, amount=amount, id=number))
        return self.sent[-1]

    def find(self, reference: str) -> Sent | None:
        """Return what was sent under a reference."""
        return next((each for each in self.sent if each.reference == reference), None)


class OutflowDialect(Dialect, Protocol):
    """How one provider says things about money that goes out."""

    can_get_stuck: bool
    """Some wait for a human there."""

    def answer_outflow(self, request: httpx.Request, book: Book) -> httpx.Response:
        """Answer a call about refunds or payouts as the provider would, changing its book."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """Stands for the network to a provider that sends money; `loses` the question or the answer."""

    dialect: OutflowDialect
    book: Book
    loses: str = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        is_asked_to_send = request.method != "GET" and not self.dialect.is_prelude(request)
        if is_asked_to_send and self.loses == "question":
            raise httpx.ConnectTimeout("not there", request=request)
        before = len(self.book.sent)
        answer = self.dialect.answer_outflow(request, self.book)
        if len(self.book.sent) > before and self.loses == "answer":
            raise httpx.ReadTimeout("too slow", request=request)
        return answer


class Outgoing(Suite, ABC):
    """What holds for every kind of money that goes out."""

    dialect: OutflowDialect
    hostile_amounts: tuple[bytes, ...] = HOSTILE_AMOUNTS

    @abstractmethod
    async def send(self, provider: Provider, amount: Money) -> Outflow:
        """Ask for it under `OUR_REFERENCE`."""

    @abstractmethod
    async def look(self, provider: Provider, ref: str) -> Outflow:
        """Look up what became of it."""

    @property
    def whole(self) -> Sent:
        """What is asked for, in this provider's currency."""
        return Sent(amount=self.asked)

    async def over(self, behave: Callable[[httpx.Request], httpx.Response], act: str) -> Outflow:
        """Send, or look, over a network that behaves as told."""
        async with httpx.AsyncClient(transport=httpx.MockTransport(behave)) as client:
            provider = self.dialect.adapter(client)
            if act == "send":
                return await self.send(provider, self.asked)
            return await self.look(provider, self.whole.id)

    async def told(self, sent: Sent) -> Outflow:  # type: ignore[override]
        """Look up what the provider believes to be so."""
        book = Book(sent=[sent])
        return await self.over(lambda request: self.dialect.answer_outflow(request, book), "look")

    async def twice(self, *, loses: str = "") -> tuple[list[Outflow], Book]:
        """Send over a network that loses this, then once more over one that loses nothing."""
        book = Book(next=self.whole)
        wires = [Wire(dialect=self.dialect, book=book, loses=what) for what in (loses, "")]
        return [await self.over(wire, "send") for wire in wires], book

    async def read_spoiled(self, spoil: Callable[[bytes], bytes]) -> Outflow:
        """Look up what is done, whose true answer arrives spoiled."""
        book = Book(sent=[replace(self.whole, status="done")])

        def behave(request: httpx.Request) -> httpx.Response:
            good = self.dialect.answer_outflow(request, book)
            return httpx.Response(good.status_code, content=spoil(good.content))

        return await self.over(behave, "look")

    async def test_what_is_accepted_is_pending_under_the_providers_id(self) -> None:
        book = Book(next=self.whole)
        outcome = await self.over(lambda r: self.dialect.answer_outflow(r, book), "send")
        assert isinstance(outcome, Pending)
        assert outcome.provider_ref
        assert [(each.reference, each.amount) for each in book.sent] == [
            (OUR_REFERENCE, self.asked)
        ]

    async def test_what_is_done_is_moved_with_the_providers_facts(self) -> None:
        outcome = await self.told(replace(self.whole, status="done"))
        assert isinstance(outcome, Moved)
        assert outcome.provider_id
        assert (outcome.reference, outcome.amount) == (OUR_REFERENCE, self.asked)
        assert outcome.is_test is True

    async def test_what_is_done_at_once_is_moved_at_once(self) -> None:
        book = Book(next=replace(self.whole, status="done"))
        outcome = await self.over(lambda r: self.dialect.answer_outflow(r, book), "send")
        assert isinstance(outcome, Moved | Pending)

    async def test_what_waits_for_a_human_says_so(self) -> None:
        if not self.dialect.can_get_stuck:
            pytest.skip("nothing waits for a human there")
        outcome = await self.told(replace(self.whole, status="stuck"))
        assert isinstance(outcome, Pending)
        assert outcome.needs

    async def test_what_failed_for_good_is_declined(self) -> None:
        outcome = await self.told(replace(self.whole, status="failed"))
        assert isinstance(outcome, Declined)
        assert outcome.is_final

    async def test_word_that_nobody_knows_is_unknown(self) -> None:
        assert isinstance(await self.told(replace(self.whole, status="unheard")), Unknown)

    async def test_money_of_another_mode_is_reported_as_such(self) -> None:
        outcome = await self.told(replace(self.whole, status="done", is_test=False))
        assert isinstance(outcome, Moved)
        assert outcome.is_test is False

    async def test_other_amount_is_reported_as_moved(self) -> None:
        other = Money(self.asked.minor - 100, self.asked.currency)
        outcome = await self.told(replace(self.whole, status="done", amount=other))
        assert isinstance(outcome, Moved)
        assert outcome.amount == other

    async def test_look_up_that_finds_nothing_is_unknown(self) -> None:
        outcome = await self.over(lambda r: self.dialect.answer_outflow(r, Book()), "look")
        assert isinstance(outcome, Unknown)

    async def test_asked_twice_it_is_sent_once(self) -> None:
        _, book = await self.twice()
        assert len(book.sent) == 1

    async def test_lost_answer_is_unknown_and_asked_again_it_is_sent_once(self) -> None:
        (first, again), book = await self.twice(loses="answer")
        assert isinstance(first, Unknown)
        assert isinstance(again, Pending | Unknown)
        assert len(book.sent) == 1

    async def test_lost_question_is_unknown_and_asked_again_it_is_sent_once(self) -> None:
        (first, again), book = await self.twice(loses="question")
        assert isinstance(first, Unknown)
        assert isinstance(again, Pending)
        assert len(book.sent) == 1

    @pytest.mark.parametrize("act", ["send", "look"])
    @pytest.mark.parametrize("status", [400, 404, 409, 418, 422, 429, 500, 502, 503, 504])
    async def test_word_of_something_in_between_decides_nothing(
        self, act: str, status: int
    ) -> None:
        outcome = await self.over(lambda _: httpx.Response(status, text="<html>"), act)
        assert isinstance(outcome, Unknown)

    @pytest.mark.parametrize("act", ["send", "look"])
    async def test_refused_keys_decide_nothing_about_the_money(self, act: str) -> None:
        outcome = await self.over(lambda _: httpx.Response(401), act)
        assert isinstance(outcome, Unknown)
        assert outcome.error is ProviderError.AUTHENTICATION_ERROR

    @pytest.mark.parametrize("act", ["send", "look"])
    @pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.ReadError, httpx.ConnectError])
    async def test_network_that_fails(self, act: str, error: type[httpx.TransportError]) -> None:
        assert isinstance(await self.over(raising(error), act), Unknown)

    async def test_refused_content_declines_because_nothing_was_sent(self) -> None:
        book = Book()

        def behave(request: httpx.Request) -> httpx.Response:
            if request.method == "GET" or self.dialect.is_prelude(request):
                return self.dialect.answer_outflow(request, book)
            return self.dialect.refuse_content()

        outcome = await self.over(behave, "send")
        assert isinstance(outcome, Declined)
        assert outcome.is_final

    async def test_hostile_body(self) -> None:
        for name, spoil in HOSTILE_BODIES.items():
            assert isinstance(await self.read_spoiled(spoil), Unknown), name

    async def test_amount_that_is_none(self) -> None:
        for token in self.hostile_amounts:
            outcome = await self.read_spoiled(
                lambda good, t=token: self.dialect.with_amount(good, t)  # type: ignore[misc]
            )
            assert isinstance(outcome, Unknown), token

    async def test_spoiling_is_what_makes_it_unknown(self) -> None:
        assert isinstance(await self.read_spoiled(lambda good: good), Moved)

    async def test_outcome_tells_no_secret(self) -> None:
        outcome = await self.told(replace(self.whole, status="done"))
        assert not [secret for secret in self.dialect.secrets if secret in repr(outcome)]

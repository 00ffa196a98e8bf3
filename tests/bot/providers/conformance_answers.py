"""The suite's part on money that goes out where its end comes to a one-time address.

Asking about it brings no answer by itself: that comes later, to the address named in the question.
Classes here take the place of a look-up by what comes there; a dialect has the methods of
`AnswerDialect`, too.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import httpx

from core.domain.money import Money
from core.domain.outflows import Answering, Moved, Outflow, Question
from core.domain.providers import About, Hook, Unknown
from tests.bot.providers.conformance import RECEIPT
from tests.bot.providers.conformance_failures import HOSTILE_MAJORS
from tests.bot.providers.conformance_outflows import (
    OUR_REFERENCE,
    Book,
    OutflowDialect,
    Outgoing,
    Sent,
)


class AnswerDialect(OutflowDialect, Protocol):
    """How one provider answers about money that goes out."""

    def ended(self, sent: Sent) -> Hook:
        """Make what comes to the address of what was sent, when it ends."""
        ...

    def looked_up(self, sent: Sent) -> Hook:
        """Make what comes to the address of a look-up of it."""
        ...

    def provider_ref(self, sent: Sent) -> str:
        """Return by which id the provider knows it from its first answer on."""
        ...


class AnsweredLater(Outgoing):
    """What holds where the end of what was sent comes to an address of its own."""

    dialect: AnswerDialect
    about: About
    hostile_amounts = HOSTILE_MAJORS

    @property
    def question(self) -> Question:
        """What the address was drawn for."""
        return Question(
            about=self.about,
            reference=OUR_REFERENCE,
            provider_ref=self.dialect.provider_ref(self.whole),
            asked=self.asked,
            receipt=RECEIPT if self.about is About.REFUND else "",
        )

    async def heard(self, hook: Hook, question: Question | None = None) -> Outflow:
        """Read what came to an address."""
        refusing = httpx.MockTransport(lambda _: httpx.Response(500))
        async with httpx.AsyncClient(transport=refusing) as client:
            provider = self.dialect.adapter(client)
            assert isinstance(provider, Answering)
            return provider.read_answer(hook, question or self.question)  # type: ignore[return-value]

    async def told(self, sent: Sent) -> Outflow:  # type: ignore[override]
        """Hear the end and the look-up, which must say the same."""
        if sent.status == "unheard":
            return await self.heard(self.dialect.looked_up(sent))
        ended = await self.heard(self.dialect.looked_up(sent))
        if sent.status in {"done", "failed"}:
            first = await self.heard(self.dialect.ended(sent))
            assert type(first) is type(ended)
            ended = first
        return ended

    async def read_spoiled(self, spoil: Callable[[bytes], bytes]) -> Outflow:
        """Hear of what is done, whose true word arrives spoiled."""
        good = self.dialect.ended(replace(self.whole, status="done"))
        return await self.heard(replace(good, body=spoil(good.body)))

    async def test_end_and_look_up_have_one_id(self) -> None:
        done = replace(self.whole, status="done")
        first = await self.heard(self.dialect.ended(done))
        again = await self.heard(self.dialect.looked_up(done))
        assert isinstance(first, Moved)
        assert isinstance(again, Moved)
        assert first.provider_id == again.provider_id

    async def test_word_about_something_else_decides_nothing(self) -> None:
        other = replace(
            self.question, provider_ref="AG_other", reference="hz-other", receipt="X" * 10
        )
        for status in ("done", "failed"):
            sent = replace(self.whole, status=status)
            for hook in (self.dialect.ended(sent), self.dialect.looked_up(sent)):
                assert isinstance(await self.heard(hook, other), Unknown)

    async def test_queue_that_was_too_slow_is_no_failure(self) -> None:
        late = replace(
            self.dialect.ended(replace(self.whole, status="failed")), query={"late": "1"}
        )
        assert isinstance(await self.heard(late), Unknown)

    async def test_look_up_that_is_accepted_decides_nothing(self) -> None:
        book = Book(sent=[replace(self.whole, status="done")])
        outcome = await self.over(lambda r: self.dialect.answer_outflow(r, book), "look")
        assert not isinstance(outcome, Moved)

    async def test_look_up_that_finds_nothing_is_unknown(self) -> None:
        lost = replace(self.whole, reference="hz-nobody", id="79999", paid="99999")
        assert isinstance(await self.heard(self.dialect.looked_up(lost)), Unknown)

    async def test_other_amount_is_reported_as_moved(self) -> None:
        """An answer must be of the amount that was asked: another decides nothing."""
        other = Money(self.asked.minor - 100, self.asked.currency)
        outcome = await self.told(replace(self.whole, status="done", amount=other))
        assert isinstance(outcome, Unknown)

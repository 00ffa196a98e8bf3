"""What every payment provider's adapter must do, whatever the provider's own language.

A new adapter gets a `Dialect` (how its provider says things on the wire) and one class:

    class TestPaystack(Answers, Failures, Bodies, Hooks):
        dialect = PaystackDialect()

`Answers` and `ManyCaptures` (for providers that may capture twice under one reference) are here,
`Failures` and `Bodies` in `conformance_failures.py`, `Hooks` and `StampedHooks` (for providers that
sign the time) in `conformance_hooks.py`. What only some can do has a dialect and a class of its
own: `conformance_refunds.py`, `conformance_payouts.py`, `conformance_saved.py`,
`conformance_listings.py`. Providers that ask on the payer's phone take `Prompts` and `PromptBodies`
of `conformance_prompts.py`; whose word on money that goes out comes to one-time addresses,
`AnsweredLater` of `conformance_answers.py` before `Refunding` and `PayingOut`. Who cannot be looked
up, and tells by the bot's own channel, takes `Pages` instead of `Answers`. No socket is opened: a
transport of ours stands for the network, down to single bytes.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import httpx
import pytest

from core.domain.money import Currency, Money
from core.domain.providers import (
    Declined,
    Hook,
    LinkRequest,
    Outcome,
    Pending,
    Provider,
    ProviderError,
    Settled,
    Unknown,
)

NOW: Final = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
NGN: Final = Currency("NGN")
ASKED: Final = Money(500_000, NGN)
REFERENCE: Final = "ATT-7Q2M4K9X"
PROVIDER_REF: Final = "page_1"
"""What a provider calls the attempt; each dialect's answers name this where theirs do."""
ANSWER_URL: Final = "https://hazina.example/payments/hooks/0f1e2d3c4b5a69788796a5b4c3d2e1f0"
"""The one-time address of a question, for providers that answer there."""
RECEIPT: Final = "SKL5XQ7ABC"
"""The number by which payer and provider know the capture, where it is another than its id."""
REQUEST: Final = LinkRequest(
    reference=REFERENCE,
    amount=ASKED,
    email="payer@example.org",
    title="Service charge · Palm Court",
    return_url="https://hazina.example/payments/callback/x/",
    expires_at=NOW + timedelta(hours=1),
    phone="+254712345678",
    answer_url=ANSWER_URL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Money that the pretend provider has captured."""

    provider_id: str
    amount: Money


FIRST: Final = Taken(provider_id="90001", amount=ASKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What the pretend provider believes about one attempt.

    `status` is one of open, processing, paid, declined, expired, or `unheard`: a word that no
    adapter knows. `decline` says why, where it was declined.
    """

    status: str = "open"
    reference: str = REFERENCE
    taken: tuple[Taken, ...] = ()
    is_test: bool = True
    decline: ProviderError = ProviderError.DECLINED_CARD


PAID: Final = Fact(status="paid", taken=(FIRST,))


class Dialect(Protocol):
    """How one provider says things on the wire."""

    declines: tuple[ProviderError, ...]
    """The reasons that this provider can tell apart."""
    secrets: tuple[str, ...]
    """What must never show in an outcome or a repr."""
    currency: Currency
    """One that this provider takes, with two decimals."""
    other: Currency
    """Another one."""

    def adapter(self, client: httpx.AsyncClient) -> Provider:
        """Build the adapter over a client."""
        ...

    def answer(self, request: httpx.Request, fact: Fact) -> httpx.Response:
        """Answer any call as the provider would, given what it believes."""
        ...

    def is_prelude(self, request: httpx.Request) -> bool:
        """Tell a call that is not about money yet, as fetching a token."""
        ...

    def asked(self, request: httpx.Request) -> tuple[str, Money]:
        """Read reference and amount from a create call."""
        ...

    def refuse_content(self) -> httpx.Response:
        """Answer that a create call was malformed and nothing was made."""
        ...

    def not_found(self) -> httpx.Response:
        """Answer that no attempt has this reference."""
        ...

    def with_amount(self, body: bytes, token: bytes) -> bytes:
        """Put other JSON in the place of every amount."""
        ...

    def hook(self, *, event_id: str, reference: str, at: datetime, is_genuine: bool = True) -> Hook:
        """Make a webhook sent, and arriving, at a time; signed with another key if not genuine."""
        ...


@dataclass(slots=True, kw_only=True)
class Network:
    """Stands for the network: answers money calls as told, counts them, keeps the last."""

    dialect: Dialect
    behave: Callable[[httpx.Request], httpx.Response]
    calls: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.dialect.is_prelude(request):
            return self.dialect.answer(request, Fact())
        self.calls.append(request)
        return self.behave(request)


Behaviour = Callable[[httpx.Request], httpx.Response]
Act = Callable[[Provider, Money], Awaitable[Outcome]]


async def create(provider: Provider, asked: Money = ASKED) -> Outcome:
    return await provider.create_link(replace(REQUEST, amount=asked))


async def look_up(provider: Provider, asked: Money = ASKED) -> Outcome:
    return await provider.advance(reference=REFERENCE, provider_ref=PROVIDER_REF, asked=asked)


both = pytest.mark.parametrize("act", [create, look_up])


class Suite:
    """What the parts of the suite share.

    Where a provider cannot say what a test asks for (it knows no mode, it captures once), its own
    class overrides that test with what it does say.
    """

    dialect: Dialect

    @property
    def asked(self) -> Money:
        """What every attempt asks for."""
        return Money(ASKED.minor, self.dialect.currency)

    @property
    def paid(self) -> Fact:
        """An attempt that was paid as asked, in one capture."""
        return Fact(status="paid", taken=(replace(FIRST, amount=self.asked),))

    async def told(self, fact: Fact, act: Act = look_up) -> Outcome:
        """Act on an attempt of which the provider believes the fact."""
        outcome, _ = await self.watched(act, lambda request: self.dialect.answer(request, fact))
        return outcome

    async def watched(self, act: Act, behave: Behaviour) -> tuple[Outcome, Network]:
        """Act over a network that behaves as told."""
        network = Network(dialect=self.dialect, behave=behave)
        async with httpx.AsyncClient(transport=httpx.MockTransport(network)) as client:
            return await act(self.dialect.adapter(client), self.asked), network

    async def read(self, spoil: Callable[[bytes], bytes], act: Act = look_up) -> Outcome:
        """Act where the provider's true word, paid, arrives spoiled."""

        def behave(request: httpx.Request) -> httpx.Response:
            good = self.dialect.answer(request, self.paid)
            headers = {"content-type": "application/json"}
            return httpx.Response(good.status_code, content=spoil(good.content), headers=headers)

        outcome, _ = await self.watched(act, behave)
        return outcome


class Pages(Suite):
    """Asking for a page, a prompt, an invoice."""

    async def test_create_sends_our_reference_and_exact_amount(self) -> None:
        _, network = await self.watched(create, lambda r: self.dialect.answer(r, Fact()))
        assert self.dialect.asked(network.calls[0]) == (REFERENCE, self.asked)

    async def test_new_page_is_pending_with_its_link(self) -> None:
        outcome = await self.told(Fact(), create)
        assert isinstance(outcome, Pending)
        assert outcome.link.startswith("http")
        assert outcome.provider_ref

    async def test_create_repeated_after_payment_never_declines(self) -> None:
        outcome = await self.told(self.paid, create)
        assert isinstance(outcome, Settled | Pending | Unknown)

    async def test_refused_content_declines_because_nothing_was_made(self) -> None:
        outcome, _ = await self.watched(create, lambda _: self.dialect.refuse_content())
        assert isinstance(outcome, Declined)


class Answers(Pages):
    """What the provider says clearly is passed on as it was said."""

    @pytest.mark.parametrize("status", ["open", "processing"])
    async def test_unfinished_attempt_is_pending(self, status: str) -> None:
        assert isinstance(await self.told(Fact(status=status)), Pending)

    async def test_captured_money_is_settled_with_the_providers_facts(self) -> None:
        outcome = await self.told(self.paid)
        assert isinstance(outcome, Settled)
        assert outcome.provider_id == FIRST.provider_id
        assert outcome.reference == REFERENCE
        assert outcome.captured == self.asked
        assert outcome.is_test is True
        assert outcome.more == ()

    @pytest.mark.parametrize("minor", [100, 499_900, 500_100, 900_000_000_000])
    async def test_other_amount_is_reported_as_captured(self, minor: int) -> None:
        amount = Money(minor, self.dialect.currency)
        taken = (Taken(provider_id=FIRST.provider_id, amount=amount),)
        outcome = await self.told(replace(self.paid, taken=taken))
        assert isinstance(outcome, Settled)
        assert outcome.captured == amount

    async def test_other_currency_is_reported_as_captured(self) -> None:
        amount = Money(500_000, self.dialect.other)
        taken = (Taken(provider_id=FIRST.provider_id, amount=amount),)
        outcome = await self.told(replace(self.paid, taken=taken))
        assert isinstance(outcome, Settled)
        assert outcome.captured == amount

    async def test_money_under_another_reference_is_reported_as_such(self) -> None:
        outcome = await self.told(replace(self.paid, reference="ATT-OTHER"))
        assert isinstance(outcome, Settled)
        assert outcome.reference == "ATT-OTHER"

    async def test_money_of_another_mode_is_reported_as_such(self) -> None:
        outcome = await self.told(replace(self.paid, is_test=False))
        assert isinstance(outcome, Settled)
        assert outcome.is_test is False

    @pytest.mark.parametrize("status", ["open", "declined", "expired"])
    async def test_word_about_another_reference_decides_nothing(self, status: str) -> None:
        outcome = await self.told(Fact(status=status, reference="ATT-OTHER"))
        assert isinstance(outcome, Unknown)

    async def test_each_reason_of_a_decline_is_told_apart(self) -> None:
        told = [await self.told(Fact(status="declined", decline=e)) for e in self.dialect.declines]
        errors = [outcome.error for outcome in told if isinstance(outcome, Declined)]
        assert errors == list(self.dialect.declines)

    async def test_expired_page_may_still_bring_money(self) -> None:
        outcome = await self.told(Fact(status="expired"))
        assert isinstance(outcome, Declined | Pending)
        assert not (isinstance(outcome, Declined) and outcome.is_final)

    async def test_word_that_nobody_knows_is_unknown(self) -> None:
        assert isinstance(await self.told(Fact(status="unheard")), Unknown)

    async def test_paid_without_a_capture_is_unknown(self) -> None:
        assert isinstance(await self.told(Fact(status="paid")), Unknown)

    async def test_look_up_that_finds_nothing_is_unknown(self) -> None:
        outcome, _ = await self.watched(look_up, lambda _: self.dialect.not_found())
        assert isinstance(outcome, Unknown)


class ManyCaptures(Suite):
    """For providers that may capture more than once under one reference."""

    async def test_every_capture_under_one_reference_is_reported(self) -> None:
        second = Taken(provider_id="90002", amount=Money(120_000, self.dialect.currency))
        outcome = await self.told(replace(self.paid, taken=(*self.paid.taken, second)))
        assert isinstance(outcome, Settled)
        reported = [(one.provider_id, one.captured) for one in (outcome, *outcome.more)]
        assert reported == [(FIRST.provider_id, self.asked), ("90002", second.amount)]

    async def test_same_capture_twice_is_unknown(self) -> None:
        assert isinstance(await self.told(replace(self.paid, taken=self.paid.taken * 2)), Unknown)


def raising(error: type[httpx.TransportError]) -> Behaviour:
    def behave(request: httpx.Request) -> httpx.Response:
        raise error("https://secret.example/ failed", request=request)

    return behave

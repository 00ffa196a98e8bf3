"""A payment provider that answers by plan, and a registry that knows only it."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from core.domain.configurations import Configuration
from core.domain.errors import ProviderProblem
from core.domain.money import Currency, Money
from core.domain.outflows import Moved, Outflow, Question, RefundRequest
from core.domain.providers import (
    About,
    Accepted,
    Authentic,
    Capabilities,
    ChargeRequest,
    Declined,
    Forged,
    Hook,
    LinkRequest,
    Listing,
    Outcome,
    PartOf,
    Pending,
    Provider,
    ProviderError,
    Reading,
    SavedMethod,
    Settled,
    Truth,
    Unknown,
)
from core.domain.tenants import PLATFORM, TenantId


class FakeProvider:
    """Creates links, answers look-ups by plan, and trusts hooks whose body begins with `ok`."""

    name: str = "sandbox"

    def __init__(self, *, honours_our_id: bool = True, refuses_repeats: bool = False) -> None:
        """Begin with nothing planned."""
        self.capabilities = Capabilities(
            currencies=frozenset({Currency("NGN")}),
            can_link=True,
            honours_our_id=honours_our_id,
            refuses_repeats=refuses_repeats,
            truth=Truth.BY_QUERY,
        )
        self.created: list[LinkRequest] = []
        self.asked: list[str] = []
        self.plans: list[Outcome | Exception] = []
        self.held: asyncio.Event | None = None

    async def create_link(self, request: LinkRequest) -> Outcome:
        """Open a page, or what is planned."""
        self.created.append(request)
        return await self._answer(Pending(link=f"https://pay.example/{request.reference}"))

    async def advance(self, *, reference: str, provider_ref: str, asked: Money) -> Outcome:
        """Say that nothing happened yet, or what is planned."""
        self.asked.append(reference)
        return await self._answer(Pending())

    def read_hook(self, hook: Hook) -> Reading:
        """Read `ok <event key> <reference>`; everything else is forged."""
        words = hook.body.decode("utf-8", "replace").split()
        if not words or words[0] != "ok":
            return Forged(reason="signature")
        reference = words[2] if len(words) > 2 else ""
        return Authentic(event_key=words[1], reference=reference, kind="charge")

    def acknowledge(self, hook: Hook) -> bytes:
        """Any 2xx is enough."""
        return b"ok"

    async def check(self) -> Accepted:
        """Find nothing wrong."""
        return Accepted(account="", is_test=True)

    async def _answer(self, usual: Outcome) -> Outcome:
        if self.held is not None:
            await self.held.wait()
        answer = self.plans.pop(0) if self.plans else usual
        if isinstance(answer, Exception):
            raise answer
        return answer


class FakeRefunder(FakeProvider):
    """Gives money back by plan, too."""

    def __init__(self, *, honours_our_id: bool = True, refunds: PartOf = PartOf.ANY) -> None:
        """Begin with nothing planned: every refund moves, every look-up knows nothing."""
        super().__init__(honours_our_id=honours_our_id)
        self.capabilities = replace(self.capabilities, refunds=refunds)
        self.refunded: list[str] = []
        self.looked_up: list[str] = []
        self.words: list[Outflow | Exception] = []
        """What is said next of refunds."""

    async def refund(self, request: RefundRequest) -> Outflow:
        """Move it, or what is planned."""
        self.refunded.append(request.reference)
        made = Moved(
            provider_id=f"rfd-{request.reference}",
            reference=request.reference,
            amount=request.amount,
            is_test=True,
        )
        return self._said(made)

    async def look_up_refund(self, request: RefundRequest, *, refund_ref: str) -> Outflow:
        """Know nothing of it, or what is planned."""
        self.looked_up.append(request.reference)
        return self._said(Unknown(error=ProviderError.PROVIDER_ERROR, detail="not found"))

    def _said(self, usual: Outflow) -> Outflow:
        word = self.words.pop(0) if self.words else usual
        if isinstance(word, Exception):
            raise word
        return word


class FakeCharger(FakeProvider):
    """Charges saved methods by plan, too: all of it at once, unless told otherwise."""

    def __init__(self, *, honours_our_id: bool = True) -> None:
        """Begin with nothing charged."""
        super().__init__(honours_our_id=honours_our_id)
        self.capabilities = replace(self.capabilities, can_charge_saved=True)
        self.charged: list[ChargeRequest] = []
        self.words: list[Outcome | Exception] = []
        """What is said next of charges."""

    async def charge_saved(self, request: ChargeRequest) -> Outcome:
        """Take the money, or do what is planned."""
        self.charged.append(request)
        taken = Settled(
            provider_id=f"cap-{request.reference}",
            reference=request.reference,
            captured=request.amount,
            is_test=True,
        )
        word = self.words.pop(0) if self.words else taken
        if isinstance(word, Exception):
            raise word
        return word


class FakeForgetter(FakeProvider):
    """Deletes what was kept, unless told otherwise."""

    def __init__(self) -> None:
        """Begin with nothing deleted."""
        super().__init__()
        self.forgotten: list[SavedMethod] = []
        self.words: list[Unknown] = []
        """What is said next instead."""

    async def forget(self, method: SavedMethod) -> Unknown | None:
        """Delete it, or say what is planned."""
        self.forgotten.append(method)
        return self.words.pop(0) if self.words else None


class FakeLister(FakeProvider):
    """Lists what is planned, a page at a time; an empty list when nothing more is."""

    def __init__(self) -> None:
        """Begin with nothing to list."""
        super().__init__()
        self.capabilities = replace(self.capabilities, can_list=True)
        self.pages: list[Listing | Unknown] = []
        self.windows: list[tuple[datetime, datetime, str]] = []

    async def captures(
        self, *, since: datetime, until: datetime, after: str = ""
    ) -> Listing | Unknown:
        """Return the next page."""
        self.windows.append((since, until, after))
        return self.pages.pop(0) if self.pages else Listing(items=())


class FakeRegistry:
    """Knows one configuration of the platform, or none."""

    def __init__(self, configuration: Configuration | None, provider: Provider | None) -> None:
        """Keep both."""
        self.configuration = configuration
        self.provider = provider

    async def adapter(self, configuration: Configuration) -> Provider | None:
        """Return the adapter of the configuration."""
        is_known = self.configuration is not None and self.configuration.id == configuration.id
        return self.provider if is_known else None

    def made(self, name: str, credentials: Mapping[str, str], *, is_test: bool) -> Provider:
        """Return the adapter, whatever the credentials."""
        if self.provider is None:
            raise ProviderProblem(provider=name, what="name")
        return self.provider

    async def find(
        self, provider: str, tenant_id: TenantId
    ) -> tuple[Configuration, Provider] | None:
        """Return both for the platform's name."""
        if self.configuration is None or self.provider is None:
            return None
        is_it = provider == self.configuration.provider and tenant_id == PLATFORM
        return (self.configuration, self.provider) if is_it else None


class AnsweringProvider(FakeProvider):
    """Prompts, and answers on one-time addresses: `paid <id>`, `declined`, or nothing of use."""

    def __init__(self, *, honours_our_id: bool = False) -> None:
        """Begin with nothing planned."""
        super().__init__(honours_our_id=honours_our_id)
        self.capabilities = replace(self.capabilities, can_link=False, can_prompt=True)

    async def create_link(self, request: LinkRequest) -> Outcome:
        """Prompt, or do what is planned."""
        self.created.append(request)
        return await self._answer(Pending(provider_ref="prompt-1"))

    def read_answer(self, hook: Hook, question: Question) -> Outcome | Outflow:
        """Read what came to the address of a question."""
        words = hook.body.decode("utf-8", "replace").split()
        if words[:1] == ["declined"]:
            return Declined(error=ProviderError.INSUFFICIENT_FUNDS)
        if words[:1] != ["paid"] or question.provider_ref not in {"", words[1]} or hook.query:
            return Unknown(error=ProviderError.PROVIDER_ERROR)
        return Settled(
            provider_id=words[1],
            reference=question.reference,
            captured=question.asked,
            is_test=True,
            receipt="SKL5XQ7ABC",
        )


class AnsweringRefunder(AnsweringProvider, FakeRefunder):
    """Gives money back, and tells it at one-time addresses: `moved` and nothing else."""

    def __init__(self) -> None:
        """Begin with nothing asked; every refund is accepted."""
        super().__init__(honours_our_id=False)
        self.addresses: list[str] = []
        self.receipts: list[str] = []

    async def refund(self, request: RefundRequest) -> Outflow:
        """Accept it."""
        self.addresses.append(request.answer_url)
        self.receipts.append(request.receipt)
        return Pending(provider_ref="rev-1")

    async def look_up_refund(self, request: RefundRequest, *, refund_ref: str) -> Outflow:
        """Accept the question."""
        self.addresses.append(request.answer_url)
        return Pending(provider_ref=refund_ref)

    def read_answer(self, hook: Hook, question: Question) -> Outcome | Outflow:
        """Read what came to the address of a question."""
        if question.about is not About.REFUND:
            return super().read_answer(hook, question)
        if hook.body != b"moved" or question.provider_ref != "rev-1":
            return Unknown(error=ProviderError.PROVIDER_ERROR)
        return Moved(
            provider_id=question.receipt,
            reference=question.reference,
            amount=question.asked,
            is_test=True,
        )

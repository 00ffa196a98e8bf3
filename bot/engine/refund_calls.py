"""Calls to payment providers about money that goes back.

A refund is marked as sent in a commit before the first byte leaves. One found sent without an end
is looked up, and asked for again under the same reference only where the adapter declares that the
provider honours it, or, half an hour after all that may have left, that it would find it. While
books that were put back wait for their release it is only looked up.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, NamedTuple, Protocol

import structlog

from bot.engine.answers import Answers
from bot.engine.leases import Leases
from bot.engine.notices import expand
from core.domain.acts import Cause, CauseKind
from core.domain.configurations import Configuration, ConfigurationId
from core.domain.outflows import Outflow, RefundRequest, Refunds
from core.domain.providers import (
    About,
    Capabilities,
    Declined,
    PartOf,
    Provider,
    ProviderError,
    Unknown,
)
from core.domain.refunds import Refund, RefundId, RefundStatus
from core.domain.work import Work, WorkStatus
from core.use_cases import refunding
from storage.database import Database
from storage.transaction import SqlTransaction

EFFECT_S: Final = 45
"""Longer than a look-up and a request to give money back take together."""

LISTED_AFTER: Final = timedelta(minutes=30)
"""After this a refund that was asked for is listed, or never arrived."""

_ANSWERABLE: Final = frozenset({RefundStatus.PROCESSING, RefundStatus.FAILED})

_log = structlog.get_logger(__name__)


class Providers(Protocol):
    """The adapters of this process, by configuration."""

    async def adapter(self, configuration: Configuration) -> Provider | None:
        """Return the adapter of a configuration as it stands, None while it has no credentials."""
        ...


class _Question(NamedTuple):
    """What a provider is asked about which refund; whether for the first time, or once more."""

    configuration: Configuration
    refund: Refund
    request: RefundRequest
    is_new: bool
    may_repeat: bool
    is_old: bool = False
    """Whatever left of it did so long ago that what came of it is listed by now."""


class RefundCalls:
    """Makes the calls of work rows that name a refund."""

    def __init__(
        self, database: Database, providers: Providers, *, leases: Leases, answers: Answers
    ) -> None:
        """Keep the ports; `answers` draws the addresses at which some providers answer."""
        self._answers = answers
        self._database = database
        self._providers = providers
        self._leases = leases

    async def handle(self, work: Work, asked: Mapping[str, Any]) -> None:
        """Make one call and record its outcome."""
        cause = Cause(kind=CauseKind.CALL, reference=str(work.id))
        since_s = self._leases.moment_s()
        question = await self._database.run(lambda tx: self._begin(tx, work, asked), cause=cause)
        outcome = None
        if question is not None:
            self._leases.check(work, since_s=since_s)
            outcome = await self._ask_in_time(question)
            reference, kind = question.refund.reference, type(outcome).__name__
            _log.info("refund_answered", reference=reference, outcome=kind)

        def record(tx: SqlTransaction) -> None:
            if outcome is not None:
                refund_id = RefundId(int(asked["refund"]))
                refunding.record_refund(tx, refund_id=refund_id, outcome=outcome)
            expand(tx)
            tx.work.end(work)
            self._leases.finish(tx, work)

        await self._database.run(record, cause=cause)

    def _begin(self, tx: SqlTransaction, work: Work, asked: Mapping[str, Any]) -> _Question | None:
        """Mark what is about to leave; return what is asked, None where nothing is."""
        self._leases.enter(tx, work, effect_s=EFFECT_S)
        tx.work.mark(work, status=WorkStatus.SENT)
        refund_id = RefundId(int(asked["refund"]))
        begun = refunding.begin_refund(tx, refund_id=refund_id)
        expand(tx)
        refund = tx.refunds.get(refund_id)
        if refund.status not in _ANSWERABLE or (refund.sent_at is None and begun is None):
            return self._only_look(tx, refund)
        # A row found marked may have left, though its refund says that it has not: of a copy.
        was_marked = work.status is WorkStatus.SENT
        is_new = begun is not None and asked["ask"] == "refund" and not was_marked
        return _Question(
            configuration=_configuration(tx, refund),
            refund=refund,
            request=begun or refunding.refund_request(tx, refund=refund),
            is_new=is_new,
            may_repeat=refunding.may_ask_again(tx, refund=refund),
            is_old=refunding.begin_repeat(tx, refund=refund, spacing=LISTED_AFTER),
        )

    def _only_look(self, tx: SqlTransaction, refund: Refund) -> _Question | None:
        """Look up what must not leave; nothing is asked of what has ended."""
        if refund.status is not RefundStatus.PROCESSING:
            return None
        request = refunding.refund_request(tx, refund=refund)
        return _Question(
            configuration=_configuration(tx, refund),
            refund=refund,
            request=request,
            is_new=False,
            may_repeat=False,
        )

    async def _ask_in_time(self, question: _Question) -> Outflow:
        """Ask, but not for ever: the lane is ours for a bounded time."""
        try:
            async with asyncio.timeout(EFFECT_S):
                return await self._ask(question)
        except TimeoutError:
            return Unknown(error=ProviderError.TIMEOUT_ERROR, detail="took too long")

    async def _ask(self, question: _Question) -> Outflow:
        """Ask for a new refund; look any other up, and ask again where that is safe."""
        configuration, refund, request, is_new, may_repeat, is_old = question
        provider = await self._providers.adapter(configuration)
        if provider is None:
            return Unknown(error=ProviderError.PROVIDER_ERROR, detail="not configured")
        if not isinstance(provider, Refunds) or not _can(provider.capabilities, request):
            return Declined(error=ProviderError.PROVIDER_ERROR, detail="cannot give this back")
        address = await self._answers.address(
            provider, configuration, about=About.REFUND, subject=refund.id
        )
        request = replace(request, answer_url=address)
        if is_new:
            return await provider.refund(request)
        known = await provider.look_up_refund(request, refund_ref=refund.provider_ref)
        is_lost = isinstance(known, Unknown) and not refund.provider_ref
        can = provider.capabilities
        is_safe = can.honours_our_id or (can.finds_refunds and is_old)
        return await provider.refund(request) if is_lost and may_repeat and is_safe else known


def _configuration(tx: SqlTransaction, refund: Refund) -> Configuration:
    return tx.configurations.get(refund.configuration_id or ConfigurationId(0))


def _can(capabilities: Capabilities, request: RefundRequest) -> bool:
    if capabilities.refunds is PartOf.WHOLE:
        return request.amount == request.captured
    return capabilities.refunds is PartOf.ANY

"""One-time addresses: drawn before a call leaves, and what came there recorded where it counts.

An answer is read by the adapter that asked. One that says nothing of its question (another id,
another amount, no answer in time) moves nothing: the provider is asked again.
"""

import base64
from collections.abc import Mapping
from typing import Any, Protocol

import structlog

from bot.engine.notices import expand
from core.domain.acts import Cause, CauseKind
from core.domain.configurations import Configuration
from core.domain.outflows import Answering, Moved, Outflow, Question, Returned
from core.domain.payments import Attempt, AttemptId
from core.domain.providers import (
    About,
    Declined,
    Hook,
    Outcome,
    Pending,
    Provider,
    ProviderError,
    Settled,
    Unknown,
)
from core.domain.refunds import RefundId
from core.domain.work import Work
from core.use_cases import links, refunding
from core.use_cases.addresses import draw_address, note_prompt
from storage.database import Database
from storage.transaction import SqlTransaction

ASK: str = "answer"
"""What a row of kind call says that an answer made, not we."""

_log = structlog.get_logger(__name__)


class Providers(Protocol):
    """The adapters of this process, by configuration."""

    async def adapter(self, configuration: Configuration) -> Provider | None:
        """Return the adapter of a configuration as it stands, None while it has no credentials."""
        ...


class Answers:
    """Draws addresses and records what came there."""

    def __init__(self, database: Database, providers: Providers, *, public_url: str) -> None:
        """Keep the ports; `public_url` is how addresses begin, "" draws none."""
        self._database = database
        self._providers = providers
        self._public_url = public_url

    async def address(
        self, provider: Provider, configuration: Configuration, *, about: About, subject: int
    ) -> str:
        """Draw an address for a question that is about to leave, "" where none is answered there.

        It is committed first: the answer may be faster than what the call itself returns.
        """
        if not self._public_url or not isinstance(provider, Answering):
            return ""
        is_prompt = about is About.PAYMENT and provider.capabilities.can_prompt

        def draw(tx: SqlTransaction) -> str:
            if is_prompt:
                note_prompt(tx, attempt_id=AttemptId(subject), is_prompt=True)
            return draw_address(tx, configuration_id=configuration.id, about=about, subject=subject)

        secret = await self._database.run(draw)
        return f"{self._public_url}/payments/hooks/{secret}"

    async def handle(self, work: Work, told: Mapping[str, Any]) -> None:
        """Record what came to an address."""
        configuration = await self._database.read(
            lambda tx: tx.configurations.get(told["configuration"])
        )
        provider = await self._providers.adapter(configuration)
        hook = Hook(
            body=base64.b64decode(told["body"]), query=told["query"], received_at=work.created_at
        )

        def record(tx: SqlTransaction) -> None:
            if "refund" in told:
                _record_refund(tx, RefundId(told["refund"]), hook, provider)
            else:
                _record_payment(tx, AttemptId(told["attempt"]), hook, provider)
            expand(tx)
            tx.work.end(work)

        cause = Cause(kind=CauseKind.EVENT, reference=str(work.id))
        await self._database.run(record, cause=cause)


def may_be_known(tx: SqlTransaction, attempt: Attempt, outcome: Outcome) -> bool:
    """Tell whether people may have heard of an outcome from the books that a restore replaced."""
    freeze = tx.freeze.find() if attempt.is_put_back else None
    if freeze is None:
        return False
    taken_at = outcome.settled_at if isinstance(outcome, Settled) else None
    return taken_at is None or taken_at < freeze.since


def _record_payment(
    tx: SqlTransaction, attempt_id: AttemptId, hook: Hook, provider: Provider | None
) -> None:
    attempt = tx.payments.attempt(attempt_id)
    question = Question(
        about=About.PAYMENT,
        reference=attempt.reference,
        provider_ref=attempt.provider_ref,
        asked=tx.payments.get(attempt.payment_id).amount,
    )
    outcome = _read(provider, hook, question)
    _log.info("answer_came", reference=attempt.reference, outcome=type(outcome).__name__)
    if isinstance(outcome, Settled | Pending | Declined):
        links.record_answer(tx, attempt_id=attempt_id, outcome=outcome)
        expand(tx, is_repeat=may_be_known(tx, attempt, outcome))
    elif links.is_watched(tx, attempt=attempt):
        links.ask_again(tx, attempt=attempt)


def _record_refund(
    tx: SqlTransaction, refund_id: RefundId, hook: Hook, provider: Provider | None
) -> None:
    """Record what an answer says of a refund; what it does not say, the next look-up may."""
    refund = tx.refunds.get(refund_id)
    paid = None if refund.attempt_id is None else tx.payments.attempt(refund.attempt_id)
    question = Question(
        about=About.REFUND,
        reference=refund.reference,
        provider_ref=refund.provider_ref,
        asked=refund.amount,
        receipt="" if paid is None else paid.receipt,
    )
    outcome = _read(provider, hook, question)
    _log.info("answer_came", reference=refund.reference, outcome=type(outcome).__name__)
    if isinstance(outcome, Moved | Returned | Pending | Declined):
        refunding.record_refund(tx, refund_id=refund_id, outcome=outcome)


def _read(provider: Provider | None, hook: Hook, question: Question) -> Outcome | Outflow:
    if provider is None or not isinstance(provider, Answering):
        return Unknown(error=ProviderError.PROVIDER_ERROR, detail="not configured")
    return provider.read_answer(hook, question)

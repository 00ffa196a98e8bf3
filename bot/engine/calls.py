"""Calls to payment providers, and what their webhooks lead to.

The attempt is marked as sent in a commit before the first byte leaves. An attempt found sent
without an outcome is looked up, or created again under the same id where the adapter declares that
the provider honours it, or refuses to do it twice (design section 2). One of a copy that was
restored is only looked up until the release (ADR 0016).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

import orjson
import structlog

from bot.engine.alarms import Alarms
from bot.engine.answers import ASK, Answers, may_be_known
from bot.engine.arrivals import attempt_named
from bot.engine.forget_calls import ForgetCalls
from bot.engine.leases import Leases, SoleOwner
from bot.engine.list_calls import ListCalls
from bot.engine.notices import expand
from bot.engine.receipts import TOLD, handle_receipt
from bot.engine.refund_calls import RefundCalls
from bot.engine.told import ask_of, believe, end_told, park_claim, queue_told
from core.domain.acts import Cause, CauseKind
from core.domain.configurations import Configuration, ConfigurationId
from core.domain.money import Money
from core.domain.payments import Attempt, AttemptId, AttemptStatus, Payment
from core.domain.providers import (
    About,
    ChargeRequest,
    Declined,
    LinkRequest,
    Outcome,
    Provider,
    ProviderError,
    SavedCharges,
    Truth,
    Unknown,
)
from core.domain.tenants import PLATFORM
from core.domain.work import Work, WorkStatus
from core.use_cases import links
from core.use_cases.addresses import note_prompt
from core.use_cases.attempts import link_request
from core.use_cases.charges import charge_request
from core.use_cases.methods import FORGET
from core.use_cases.standings import hear_opening
from storage.database import Database
from storage.transaction import SqlTransaction

EFFECT_S: Final = 45
"""Longer than a look-up and a request for a page take together."""

LOOKS_AT_ONCE: Final = 40
"""Look-ups under way in a process, fewer than its connections: thousands that are due at once
neither wait for a connection until they fail, nor keep a payer's new page waiting."""

_log = structlog.get_logger(__name__)


class Providers(Protocol):
    """The adapters of this process, by configuration."""

    async def adapter(self, configuration: Configuration) -> Provider | None:
        """Return the adapter of a configuration as it stands, None while it has no credentials."""
        ...


class _Question(NamedTuple):
    """What a provider is asked: about which attempt, for how much, and whether for its page.

    `is_repeat`: its page was asked for before, and only some providers take that again. `charge`
    is of an attempt at a saved method, None where that is gone; `age`: since it first left.
    """

    configuration: Configuration
    attempt: Attempt
    asked: Money
    request: LinkRequest | None
    is_repeat: bool = False
    charge: ChargeRequest | None = None
    age: timedelta = timedelta()

    @property
    def opens_page(self) -> bool:
        """Tell whether a payment page or a prompt is asked for, not only what became of one."""
        return self.request is not None and not self.attempt.is_charge

    def was_not_asked(self, outcome: Outcome, *, is_new: bool) -> bool:
        """Tell whether the payer cannot have been asked, though his first prompt was to leave."""
        is_first = is_new and self.request is not None and not self.is_repeat
        return is_first and isinstance(outcome, Unknown) and outcome.is_unsent

    def heard(self, outcome: Outcome, *, is_new: bool) -> Outcome:
        """Return what an outcome means: a charge that cannot have left took nothing for sure."""
        if not (self.attempt.is_charge and isinstance(outcome, Unknown)):
            return outcome
        if not self.was_not_asked(outcome, is_new=is_new):
            return outcome
        return Declined(error=outcome.error, detail=outcome.detail)


class Calls:
    """Makes the calls of work rows."""

    def __init__(
        self,
        database: Database,
        providers: Providers,
        *,
        public_url: str,
        leases: Leases | None = None,
        alarms: Alarms | None = None,
        looks_at_once: int = LOOKS_AT_ONCE,
    ) -> None:
        """Keep the ports; `public_url` builds return addresses."""
        self._looks = asyncio.Semaphore(looks_at_once)
        self._alarms = alarms
        self._leases = leases or SoleOwner(database)
        self._answers = Answers(database, providers, public_url=public_url)
        self._refunds = RefundCalls(database, providers, leases=self._leases, answers=self._answers)
        self._lists = ListCalls(database, providers, alarms=alarms)
        self._forgetting = ForgetCalls(database, providers)
        self._database = database
        self._providers = providers
        self._public_url = public_url

    async def handle(self, work: Work) -> None:
        """Make one call and record its outcome."""
        asked = orjson.loads(work.payload)
        if asked["ask"] == ASK:
            await self._answers.handle(work, asked)
            return
        if asked["ask"] == FORGET:
            await self._forgetting.handle(work, asked)
            return
        if "list" in asked:
            await self._lists.handle(work, asked)
            return
        if "refund" in asked:
            await self._refunds.handle(work, asked)
            return
        if asked["ask"] != "advance":
            await self._call(work, asked)
            return
        async with self._looks:
            await self._call(work, asked)

    async def _call(self, work: Work, asked: Mapping[str, Any]) -> None:
        attempt_id = AttemptId(asked["attempt"])
        cause = Cause(kind=CauseKind.CALL, reference=str(work.id))
        since_s = self._leases.moment_s()
        question = await self._database.run(lambda tx: self._begin(tx, work, asked), cause=cause)
        attempt = question.attempt
        self._leases.check(work, since_s=since_s)
        is_new = asked["ask"] == "create"
        outcome = question.heard(await self._ask_in_time(question, is_new=is_new), is_new=is_new)
        _log.info(
            "provider_answered",
            provider=attempt.provider,
            reference=attempt.reference,
            outcome=type(outcome).__name__,
        )
        is_cancelling, is_silent = asked["ask"] == "cancel", _is_silent(outcome)

        def record(tx: SqlTransaction) -> bool:
            if question.was_not_asked(outcome, is_new=is_new):
                note_prompt(tx, attempt_id=attempt_id, is_prompt=False)
            links.record_answer(
                tx, attempt_id=attempt_id, outcome=outcome, is_cancelling=is_cancelling
            )
            is_placed = believe(tx, asked, attempt, outcome)
            self._hear(tx, question, outcome, is_new=is_new)
            expand(tx, is_repeat=may_be_known(tx, attempt, outcome))
            if is_placed:
                end_told(tx, work, asked, attempt, outcome)
            else:
                park_claim(tx, work, attempt, outcome)
            self._leases.finish(tx, work)
            standing = tx.standings.find(attempt.configuration_id) if is_silent else None
            return standing is not None and standing.is_down

        is_known = await self._database.run(record, cause=cause)
        if self._alarms is not None and not is_known:
            await self._alarms.heard(attempt.provider, has_answered=not is_silent)

    def _hear(
        self, tx: SqlTransaction, question: _Question, outcome: Outcome, *, is_new: bool
    ) -> None:
        """Note what asking for a page tells of its provider; operators hear of falls and ends."""
        if not question.opens_page:
            return
        changed = hear_opening(
            tx,
            configuration=question.configuration,
            outcome=outcome,
            is_first=is_new and not question.is_repeat,
        )
        if changed is not None and self._alarms is not None:
            self._alarms.show_standing(tx, question.configuration, changed)

    def _begin(self, tx: SqlTransaction, work: Work, asked: Mapping[str, str]) -> _Question:
        """Mark what is about to leave; return what may be asked for, None where only a look-up."""
        self._leases.enter(tx, work, effect_s=EFFECT_S)
        tx.work.mark(work, status=WorkStatus.SENT)
        attempt_id = AttemptId(int(asked["attempt"]))
        request = None
        if asked["ask"] == "create":
            request = links.begin_call(tx, attempt_id=attempt_id)
            if work.status is WorkStatus.SENT:
                # Found marked, though its attempt was not: of a copy, after which it may have left.
                request = None
        attempt = tx.payments.attempt(attempt_id)
        payment = tx.payments.get(attempt.payment_id)
        configuration = tx.configurations.get(attempt.configuration_id)
        question = _Question(configuration, attempt, payment.amount, request)
        if attempt.is_put_back:
            # Another page may be there already, and paid.
            return question._replace(request=None)
        may_repeat = request is None and _may_repeat(attempt, payment, at=tx.now)
        if attempt.is_charge:
            # Not while it is given up, nor where its provider has named what it made of it.
            may_repeat = may_repeat and asked["ask"] in _ASKS and not attempt.provider_ref
        if may_repeat:
            request = link_request(tx, attempt=attempt, payment=payment)
            age = tx.now - (attempt.sent_at or attempt.created_at)
            question = question._replace(request=request, is_repeat=True, age=age)
        return _with_charge(tx, question) if attempt.is_charge else question

    async def _ask_in_time(self, question: _Question, *, is_new: bool) -> Outcome:
        """Ask, but not for ever: the lane is ours for a bounded time."""
        try:
            async with asyncio.timeout(EFFECT_S):
                return await self._ask(question, is_new=is_new)
        except TimeoutError:
            return Unknown(error=ProviderError.TIMEOUT_ERROR, detail="took too long")

    async def _ask(self, question: _Question, *, is_new: bool) -> Outcome:
        """Look the attempt up; ask for its page where it is new, or where nobody knows of it."""
        configuration, attempt, asked, request, is_repeat, *_ = question
        provider = await self._providers.adapter(configuration)
        if provider is None:
            return Unknown(
                error=ProviderError.PROVIDER_ERROR, detail="not configured", is_unsent=True
            )
        if attempt.is_put_back and provider.capabilities.truth is Truth.BY_CHANNEL:
            # Its receipt may have gone to the books that were replaced, and comes once only.
            return Unknown(error=ProviderError.PROVIDER_ERROR, detail="cannot be looked up")
        if is_repeat and not _is_made_once(provider, question, is_new=is_new):
            request = None
        if request is None or not is_new:
            known = await provider.advance(
                reference=attempt.reference, provider_ref=attempt.provider_ref, asked=asked
            )
            if request is None or not isinstance(known, Unknown):
                return known
        if attempt.is_charge:
            return await self._charge(provider, question)
        address = await self._answers.address(
            provider, configuration, about=About.PAYMENT, subject=attempt.id
        )
        there = replace(request, return_url=self._return_url(question), answer_url=address)
        return await provider.create_link(there)

    async def _charge(self, provider: Provider, question: _Question) -> Outcome:
        """Charge a saved method; where it is gone, nothing is asked."""
        if question.charge is None or not isinstance(provider, SavedCharges):
            return Declined(error=ProviderError.INVALID_CARD, detail="not kept any more")
        there = replace(question.charge, return_url=self._return_url(question))
        return await provider.charge_saved(there)

    def _return_url(self, question: _Question) -> str:
        way_back = _way_back(question.configuration)
        return f"{self._public_url}{way_back}?reference={question.attempt.reference}"


def _with_charge(tx: SqlTransaction, question: _Question) -> _Question:
    """Add what charges a saved method; one that may have been charged is only looked up."""
    if question.request is None:
        return question
    charge = charge_request(tx, attempt=question.attempt)
    if charge is None and question.is_repeat:
        return question._replace(request=None)
    return question._replace(charge=charge)


def _is_made_once(provider: Provider, question: _Question, *, is_new: bool) -> bool:
    """Tell whether asking again, under the same reference, makes one page or charge at most.

    A charge that is looked up is only asked for again where no look-up can find it.
    """
    can = provider.capabilities
    if not question.attempt.is_charge:
        return can.honours_our_id or can.refuses_repeats
    if can.charge_memory:
        return question.age < can.charge_memory
    return is_new and can.honours_our_id


def _may_repeat(attempt: Attempt, payment: Payment, *, at: datetime) -> bool:
    """Tell whether a page might be asked for again, under the same reference."""
    has_answer = attempt.status not in {AttemptStatus.SENT, AttemptStatus.UNKNOWN}
    is_over = payment.expires_at is not None and at >= payment.expires_at
    return not (has_answer or attempt.link or is_over) and payment.is_open


def _way_back(configuration: Configuration) -> str:
    """Return the path of the page that payers return to: an owner's own, or the shared one."""
    shared = f"/payments/callback/{configuration.provider}/"
    owner = configuration.tenant_id
    return shared if owner == PLATFORM else f"{shared}{owner}/"


def _is_silent(outcome: Outcome) -> bool:
    """Tell whether a provider gave no answer at all, or only said that it is broken."""
    if not isinstance(outcome, Unknown):
        return False
    return outcome.error in _SILENCES or outcome.detail.startswith("HTTP 5")


_ASKS: Final = frozenset({"create", "advance"})
_SILENCES: Final = frozenset({ProviderError.NETWORK_ERROR, ProviderError.TIMEOUT_ERROR})


def handle_hook(tx: SqlTransaction, work: Work) -> None:
    """Turn an event into a look-up of the attempt it names: a hint, no proof.

    One that names nothing of ours is parked, not thrown away: it may be money. A receipt of
    Telegram's is proof itself.
    """
    kept = orjson.loads(work.payload)
    if TOLD in kept:
        handle_receipt(tx, work, kept)
        return
    configuration_id = ConfigurationId(kept["configuration"])
    attempt = attempt_named(tx, configuration_id, kept["reference"])
    is_proven = kept.get("is_proven", True)
    if attempt is None and not is_proven and tx.freeze.find() is None:
        tx.work.end(work)  # Anybody may have made it up; after a restore it may be a lost page's.
        return
    if attempt is None:
        # Kept as it came: a human must look for the money, and `doctor` says so until one did.
        _log.error("hook_unmatched", provider=kept["provider"], reference=kept["reference"])
        tx.work.mark(work, status=WorkStatus.PARKED, last_error=_nameless(kept))
        return
    ask = ask_of(kept)
    if is_proven:
        queue_told(
            tx, attempt=attempt, ask=ask, named=kept["reference"], claimed=kept.get("claimed")
        )
    else:
        links.ask_again(tx, attempt=attempt, ask=ask)
    tx.work.end(work)


def _nameless(kept: Mapping[str, Any]) -> str:
    """Return what `doctor` says of an event until a human has looked for its money."""
    what = kept["reference"] or "something without a reference"
    tells = "tells" if kept.get("is_proven", True) else "or somebody else tells"
    return f"{kept['provider']} {tells} of {what}, which names no payment of ours"[:200]

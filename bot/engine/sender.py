"""Message rows leave here: within Telegram's limits, each outcome handled by its kind.

A new message is marked as sent before its first byte leaves; found so without an outcome, it is
sent once more, marked as repeated, and a second time is left to a human. Edits and deletions may
be repeated without harm.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, Protocol

import structlog
from telegram.error import TelegramError

from bot.engine import outcomes
from bot.engine.dispatch import CHANNEL
from bot.engine.leases import LaneLost, Leases, SoleOwner
from bot.engine.limits import SendLimits
from bot.engine.outbox import (
    Message,
    bind_live,
    from_bytes,
    is_overtaken,
    pass_edit,
    put_off_edit,
    resolve_live,
    unbind_live,
)
from bot.engine.turns import Turns
from bot.engine.undeleted import undeleted
from core.domain.work import Work, WorkStatus
from core.use_cases import people
from storage.database import Database
from storage.transaction import SqlTransaction

BACKOFF_S: Final = (1, 5, 30, 120, 600, 1800, 3600)
MAX_ATTEMPTS: Final = 12
LONGEST_PAUSE_S: Final = 60.0
"""What nobody carried out is tried again within a minute, for ever."""
EFFECT_S: Final = 25
"""Longer than a call to the Bot API may take (`bot.engine.request.Timeouts`)."""

_log = structlog.get_logger(__name__)


class BotApi(Protocol):
    """What the sender needs of a client."""

    async def call(self, method: str, payload: dict[str, Any]) -> Any:
        """Call a method of the Bot API."""
        ...


class Sender:
    """Sends message rows."""

    def __init__(
        self,
        database: Database,
        client: BotApi,
        limits: SendLimits,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        count: Callable[[str], None] = lambda _outcome: None,
        leases: Leases | None = None,
    ) -> None:
        """Keep the ports; `count` is told each outcome's name."""
        self._leases = leases or SoleOwner(database)
        self._database = database
        self._client = client
        self._limits = limits
        self._monotonic = monotonic
        self._turns = Turns(limits, monotonic=monotonic, sleep=sleep)
        self._count = count

    async def handle(self, work: Work) -> None:
        """Send one row and record what became of it."""
        message, found = from_bytes(work.payload), work
        if message.live or (message.is_edit and work.attempts):
            still = await self._database.run(lambda tx: _still(tx, work, message))
            if still is None:
                return
            message = still
        is_ambiguous = message.is_new and work.status is WorkStatus.SENT and not is_fresh(work)
        if is_ambiguous and work.is_repeat:
            await self._database.run(lambda tx: _park(tx, work, "twice unknown"))
            return
        if message.is_new and (is_ambiguous or work.is_repeat):
            message, work = message.repeated(), replace(work, is_repeat=True)
        if not message.method.startswith("answer"):
            is_edit = not message.is_new
            await self._turns.wait(message.chat_id, priority=work.priority, is_edit=is_edit)
        if message.is_new and not is_fresh(work):
            work = await self._leave(work, found)
        else:
            self._leases.check(work)
        outcome = await self._call(message)
        self._count(type(outcome).__name__)
        await self._database.run(lambda tx: self._record(tx, work, message, outcome))

    async def _leave(self, work: Work, found: Work) -> Work:
        """Mark what is about to leave; a mark that came too late is taken back.

        Raises:
            LaneLost: nothing left.
        """
        since_s = self._leases.moment_s()
        marked = await self._database.run(lambda tx: self._mark(tx, work))
        try:
            self._leases.check(marked, since_s=since_s)
        except LaneLost:
            await self._database.run(lambda tx: self._unmark(tx, found))
            raise
        return marked

    def _unmark(self, tx: SqlTransaction, found: Work) -> None:
        """Put a row back as it was found, unless somebody else may have gone on with it."""
        if self._leases.holds(tx, found):
            tx.work.mark(found, status=found.status)

    def _mark(self, tx: SqlTransaction, work: Work) -> Work:
        """Mark what is about to leave, in a lane that is still ours."""
        self._leases.enter(tx, work, effect_s=EFFECT_S)
        return tx.work.mark(work, status=WorkStatus.SENT)

    async def _call(self, message: Message) -> outcomes.SendOutcome:
        try:
            result = await self._client.call(message.method, message.payload)
        except TelegramError as error:
            outcome = outcomes.classify(error)
        else:
            outcome = outcomes.classify(result)
        self._heed(message, outcome)
        return outcome

    def _heed(self, message: Message, outcome: outcomes.SendOutcome) -> None:
        """Slow down where Telegram asks for it; say it loudly where a call of ours is wrong."""
        now = self._monotonic()
        if isinstance(outcome, outcomes.Retry):
            if outcome.scope is outcomes.Scope.CHAT:
                self._limits.flooded(message.chat_id, outcome.after_s, now)
            else:
                self._limits.stop_bot(outcome.after_s, now)
        elif isinstance(outcome, outcomes.Refused):
            _log.error("telegram_refused", method=message.method, reason=outcome.reason)

    def _record(
        self,
        tx: SqlTransaction,
        work: Work,
        message: Message,
        outcome: outcomes.SendOutcome,
    ) -> None:
        if message.is_new:
            self._leases.finish(tx, work)
        if not isinstance(outcome, outcomes.NotOver):
            pass_edit(tx, work, message)
        match outcome:
            case outcomes.Delivered(message_id=message_id):
                if message.live:
                    bind_live(tx, message, message_id or message.payload.get("message_id", 0))
                tx.work.end(work)
            case outcomes.Unmodified() | outcomes.Stale():
                tx.work.end(work)
            case outcomes.Unreachable():
                people.lose(tx, channel=CHANNEL, external_id=message.chat_id)
                tx.work.end(work)
            case outcomes.Gone() | outcomes.Migrated():
                _replace(tx, work, _elsewhere(tx, work, message, outcome))
            case _:
                _not_delivered(tx, work, message, outcome)


def _replace(tx: SqlTransaction, work: Work, message: Message | None) -> None:
    tx.work.end(work)
    if message is not None:
        tx.work.add(
            work.kind,
            lane=f"c:{message.chat_id}",
            payload=message.to_bytes(),
            priority=work.priority,
        )


def _elsewhere(
    tx: SqlTransaction, work: Work, message: Message, outcome: outcomes.Gone | outcomes.Migrated
) -> Message | None:
    """Return what to send instead: a new message, or the same one to the group's new id."""
    if isinstance(outcome, outcomes.Migrated):
        payload = {**message.payload, "chat_id": outcome.new_chat_id}
        return replace(message, payload=payload, chat_id=outcome.new_chat_id)
    if message.method == "deleteMessage" and outcome.is_there:
        return undeleted(tx, message.chat_id)
    if message.method != "editMessageText":
        return None
    if message.live:
        unbind_live(tx, message)
        return from_bytes(work.payload)
    return message.as_new()


def _not_delivered(
    tx: SqlTransaction,
    work: Work,
    message: Message,
    outcome: outcomes.Unknown | outcomes.Retry | outcomes.Refused | outcomes.Unauthorized,
) -> None:
    if isinstance(outcome, outcomes.NotOver):
        put_off_edit(tx, work, message)
    match outcome:
        case outcomes.Unknown(reason=reason):
            _after_unknown(tx, work, message, reason)
        case outcomes.Retry(after_s=after_s):
            _postpone(tx, work, after_s, "retry")
        case outcomes.Refused(reason=reason):
            tx.work.mark(work, status=WorkStatus.DEAD, last_error=reason[:200])
        case outcomes.Unauthorized():
            _postpone(tx, work, LONGEST_PAUSE_S, "unauthorized")


def _still(tx: SqlTransaction, work: Work, message: Message) -> Message | None:
    """Return what to send now; None ends a screen that a newer one overtook."""
    still: Message | None = message
    if message.live:
        still = resolve_live(tx, message)
    elif is_overtaken(tx, work, message):
        still = None
    if still is None:
        tx.work.end(work)
    return still


def is_fresh(work: Work) -> bool:
    """Tell whether the commit that wrote this row marked it, and nobody tried it since."""
    return work.status is WorkStatus.SENT and work.attempts == 0 and not work.is_recovered


def _after_unknown(tx: SqlTransaction, work: Work, message: Message, reason: str) -> None:
    if message.is_new and work.is_repeat:
        _park(tx, work, f"twice unknown: {reason}")
        return
    attempts = work.attempts + 1
    if attempts >= MAX_ATTEMPTS:
        _park(tx, work, reason)
        return
    status = WorkStatus.SENT if message.is_new else WorkStatus.DUE
    _later(tx, work, _backoff_s(attempts), reason, status=status)


def _park(tx: SqlTransaction, work: Work, reason: str) -> None:
    _log.error("message_parked", work=work.id, reason=reason)
    tx.work.mark(work, status=WorkStatus.PARKED, last_error=reason[:200])


def _postpone(tx: SqlTransaction, work: Work, after_s: float, reason: str) -> None:
    """Try what was not carried out again, however often."""
    pause_s = min(LONGEST_PAUSE_S, _backoff_s(work.attempts + 1))
    _later(tx, work, max(after_s, pause_s), reason, status=WorkStatus.DUE)


def _later(
    tx: SqlTransaction, work: Work, after_s: float, reason: str, *, status: WorkStatus
) -> None:
    tx.work.mark(
        work,
        status=status,
        attempts=work.attempts + 1,
        due_at=tx.now + timedelta(seconds=after_s),
        last_error=reason[:200],
        is_repeat=work.is_repeat,
    )


def _backoff_s(attempts: int) -> int:
    return BACKOFF_S[min(attempts, len(BACKOFF_S)) - 1]

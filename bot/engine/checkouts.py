"""Questions before a payment inside Telegram: answered at arrival, outside every queue.

Telegram gives a bot ten seconds; a lane, or a writer that is busy, may take longer. So nothing is
written: the books are only read, and what cannot be decided in time is refused. A question that is
lost, or comes twice, does no harm: only the receipt means that money was taken (ADR 0017).

While one person pays, others are refused for a quarter of an hour; that is kept in this process's
memory only. Where it is forgotten two may pay: both are credited, the second to the wallet.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol

import structlog
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError

from bot.engine.dispatch import CHANNEL
from bot.engine.poller import RawUpdate
from core.domain.checkouts import Verdict
from core.domain.payments import Attempt
from core.use_cases.attempts import find_attempt
from core.use_cases.checkouts import judge_checkout
from handlers.adapter.invoices import Question, answer_question, read_question
from handlers.screens import checkouts as screens
from handlers.words import Words, choose
from storage.database import Database
from storage.doctor import is_stopped
from storage.transaction import SqlTransaction

PROVIDER: Final = "telegram"
DECIDE_S: Final = 8.0
ANSWER_S: Final = 9.5
"""From arrival: later than this Telegram has given up."""
AGAIN_S: Final = 0.5
HELD_S: Final = 900.0
MOST_HELD: Final = 10_000
STOP_WITHIN_S: Final = 3.0

_log = structlog.get_logger(__name__)


class Api(Protocol):
    """What is needed of the Bot API client."""

    async def call(self, method: str, payload: Mapping[str, Any]) -> Any:
        """Call a method; raises `TelegramError`."""
        ...


class Checkouts:
    """Answers questions before payments."""

    def __init__(
        self,
        database: Database,
        api: Api,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        decide_s: float = DECIDE_S,
    ) -> None:
        """Keep the ports; nothing is asked yet. What takes longer than `decide_s` is refused."""
        self._decide_s = decide_s
        self._database = database
        self._api = api
        self._monotonic = monotonic
        self._sleep = sleep
        self._held: dict[str, tuple[int, float]] = {}
        self._answering: dict[str, asyncio.Task[None]] = {}

    def take(self, updates: Sequence[RawUpdate]) -> list[RawUpdate]:
        """Begin to answer the questions among updates; return the updates that are none."""
        others = []
        for update in updates:
            question = read_question(update)
            if question is None:
                others.append(update)
            elif question.id not in self._answering:
                answering = asyncio.create_task(self.answer(question))
                self._answering[question.id] = answering
                answering.add_done_callback(partial(self._forget, question.id))
        return others

    def _forget(self, question_id: str, _: asyncio.Task[None]) -> None:
        del self._answering[question_id]

    async def stop(self) -> None:
        """Let what is being answered finish, for a few seconds."""
        tasks = list(self._answering.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=STOP_WITHIN_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def answer(self, question: Question) -> None:
        """Decide and say so, in time or not at all."""
        try:
            async with asyncio.timeout(ANSWER_S):
                verdict, words = await self._decide(question)
                _log.info("checkout_asked", reference=question.reference[:128], verdict=verdict)
                await self._say(question, screens.refusal(words, verdict))
        except TimeoutError:
            _log.error("checkout_not_answered", reference=question.reference[:128])
        except BadRequest:
            # Answered before, or Telegram waits no longer.
            _log.info("checkout_answer_refused", reference=question.reference[:128])
        except TelegramError as error:
            _log.error("checkout_not_answered", error=type(error).__name__)

    async def _decide(self, question: Question) -> tuple[Verdict, Words]:
        try:
            async with asyncio.timeout(self._decide_s):
                verdict, words = await self._database.read(lambda tx: judged(tx, question))
        except Exception:  # noqa: BLE001 - whatever it is, the payer hears something in time
            _log.exception("checkout_undecided", reference=question.reference[:128])
            return Verdict.NOT_NOW, Words(language=choose("", question.language))
        if verdict is Verdict.GO and not self._hold(question):
            return Verdict.TAKEN, words
        return verdict, words

    def _hold(self, question: Question) -> bool:
        """Keep an invoice for who pays it; False while it is kept for somebody else."""
        now = self._monotonic()
        person_id, until_s = self._held.pop(question.reference, (0, 0.0))
        if person_id != question.person_id and now < until_s:
            self._held[question.reference] = (person_id, until_s)
            return False
        if len(self._held) >= MOST_HELD:
            del self._held[next(iter(self._held))]
        self._held[question.reference] = (question.person_id, now + HELD_S)
        return True

    async def _say(self, question: Question, refusal: str) -> None:
        """Answer; where the line fails, again: answering twice is harmless."""
        method, payload = answer_question(question.id, refusal)
        while True:
            try:
                await self._api.call(method, payload)
            except BadRequest:
                raise
            except (NetworkError, RetryAfter):
                await self._sleep(AGAIN_S)
            else:
                return


def judged(tx: SqlTransaction, question: Question) -> tuple[Verdict, Words]:
    """Tell whether a payment may go on, and in which language its payer reads the answer."""
    identity = tx.people.identity_of(CHANNEL, question.person_id)
    preferred = "" if identity is None else tx.people.person(identity.person_id).language
    words = Words(language=choose(preferred, question.language))
    attempt = find_attempt(tx, provider=PROVIDER, reference=question.reference)
    return _verdict(tx, attempt, question), words


def _verdict(tx: SqlTransaction, attempt: Attempt | None, question: Question) -> Verdict:
    if attempt is not None and is_stopped(tx, attempt.tenant_id):
        return Verdict.NOT_NOW
    if attempt is not None and question.amount is None:
        return Verdict.OTHER_AMOUNT
    if attempt is None or question.amount is None:
        return Verdict.UNKNOWN
    return judge_checkout(tx, attempt=attempt, amount=question.amount)

"""Known mistakes in how things happen: order, crashes, repetition, secrets, rows and rules."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import orjson

from bot.engine import arrivals, calls, engine, notices, outcomes, timers
from bot.engine.calls import Calls
from bot.engine.dispatch import Dispatcher
from bot.engine.lanes import Lanes
from bot.engine.outbox import Message, from_bytes
from bot.engine.pins import Pins
from bot.engine.places import placed_for
from bot.engine.poller import Poller
from bot.engine.sender import Sender
from bot.engine.sharing import SharedLanes
from bot.sweeps import Sweep
from bot.wiring import Arrivals
from core.domain.dialogues import Intent, IntentStatus
from core.domain.errors import StaleCard
from core.domain.money import Money
from core.domain.payments import AttemptId
from core.domain.providers import Settled
from core.domain.work import Work
from core.use_cases import links, pins, timeline
from storage import audit
from storage.bills import SqlBills
from storage.dialogues import SqlDialogues
from storage.keyring import KeyRing
from storage.sqlite import SqliteWriter
from storage.work import SqlWork
from tests.mistakes import instruments as by
from tests.mistakes.mistake import Mistake, Plant
from tests.scripts.test_pin_guesses import test_forty_tries_counted_at_the_same_time_are_five


def marked_done_first(plant: Plant) -> None:
    """A message is marked as sent for good before it leaves."""

    async def handle(self: Sender, work: Work) -> None:
        await self._database.run(lambda tx: tx.work.end(work))
        await self._call(from_bytes(work.payload))

    plant.setattr(Sender, "handle", handle)


def new_key_on_retry(plant: Plant) -> None:
    """A page is asked for again under a new reference."""
    real = Calls._ask

    async def ask(self: Calls, question: Any, *, is_new: bool) -> Any:
        request = question.request
        if request is not None and not is_new:
            other = replace(request, reference=f"{request.reference}-again")
            question = question._replace(request=other)
        return await real(self, question, is_new=is_new)

    plant.setattr(Calls, "_ask", ask)


def other_tenants_shown(plant: Plant) -> None:
    """Bills are found without asking whose tenant they are of."""

    def by_number(self: SqlBills, tenant_id: int, number: str) -> Any:
        self._tx.cursor.execute("SELECT id FROM bill WHERE number = ? ORDER BY id DESC", (number,))
        found = self._tx.cursor.fetchall()
        return self.get(found[0][0]) if found else None

    def seen_bill(tx: Any, *, actor: Any, bill_id: Any) -> Any:
        return tx.bills.get(bill_id)

    plant.setattr(SqlBills, "by_number", by_number)
    plant.setattr(timeline, "seen_bill", seen_bill)


def lane_skipped(plant: Plant) -> None:
    """Every row is begun with at once, whatever else its lane does."""
    real = Lanes._add

    def add(self: Lanes, work: Work) -> None:
        real(self, replace(work, lane=f"{work.lane}:{work.id}"))

    plant.setattr(Lanes, "_add", add)


def lease_ignored(plant: Plant) -> None:
    """A process works on lanes that another one holds."""

    async def due(self: SharedLanes, *, after: int, limit: int) -> Sequence[Work]:
        found: Sequence[Work] = await self._database.read(
            lambda tx: tx.work.live(at=tx.now, after=after, limit=limit)
        )
        return found

    plant.setattr(SharedLanes, "due", due)
    plant.setattr(SharedLanes, "may_work", lambda self, work: True)
    plant.setattr(SharedLanes, "mine", lambda self, rows: rows)
    plant.setattr(SharedLanes, "enter", lambda self, tx, work, *, effect_s: None)


def seal_skipped(plant: Plant) -> None:
    """The audit chain is not written."""
    plant.setattr(audit, "seal_group", lambda cursor, lines, **more: None)


def acknowledged_before_commit(plant: Plant) -> None:
    """Telegram hears that an update arrived before it is durable."""
    real = Arrivals.store
    kept: set[Any] = set()

    async def store(self: Arrivals, updates: Sequence[Any]) -> None:
        kept.add(asyncio.ensure_future(real(self, updates)))

    plant.setattr(Arrivals, "store", store)


def offset_moved_first(plant: Plant) -> None:
    """The poller goes on to the next updates before these are stored."""
    real = Poller._store_all

    async def store_all(self: Poller, numbered: Any) -> bool:
        self._offset = numbered[-1][0] + 1
        return await real(self, numbered)

    plant.setattr(Poller, "_store_all", store_all)


def webhook_believed(plant: Plant) -> None:
    """A webhook moves money without the provider being asked."""

    def handle(tx: Any, work: Work) -> None:
        kept = orjson.loads(work.payload)
        attempt = tx.payments.attempt_by_reference(kept["configuration"], kept["reference"])
        if attempt is not None:
            payment = tx.payments.get(attempt.payment_id)
            said = Settled(
                provider_id=f"hook-{attempt.id}",
                reference=attempt.reference,
                captured=Money(payment.amount_minor, payment.currency),
                is_test=True,
            )
            links.record_answer(tx, attempt_id=AttemptId(attempt.id), outcome=said)
        tx.work.end(work)

    plant.setattr(calls, "handle_hook", handle)
    plant.setattr(engine, "handle_hook", handle)


def notice_outside(plant: Plant) -> None:
    """What people are told is queued in a transaction of its own, afterwards."""
    real, waiting = Calls.handle, []

    def put_off(tx: Any, **_marks: bool) -> None:
        waiting.extend(tx.events)
        tx.events.clear()

    def expand_late(tx: Any) -> None:
        tx.events.extend(waiting)
        waiting.clear()
        notices.expand(tx)

    async def handle(self: Calls, work: Work) -> None:
        waiting.clear()
        await real(self, work)
        await self._database.run(expand_late)

    plant.setattr(calls, "expand", put_off)
    plant.setattr(Calls, "handle", handle)


def unmarked_repeat(plant: Plant) -> None:
    """What is sent a second time does not say so."""
    plant.setattr(Message, "repeated", lambda self: self)


def intent_left_open(plant: Plant) -> None:
    """A button is not spent in the transaction of its effect."""
    real = SqlDialogues.replace_intent

    def replace_intent(self: SqlDialogues, before: Intent, after: Intent) -> None:
        if after.status is not IntentStatus.DONE:
            real(self, before, after)

    plant.setattr(SqlDialogues, "replace_intent", replace_intent)


def everything_is_new(plant: Plant) -> None:
    """An update that comes again is handled again."""
    real = SqlWork.see

    def see(self: SqlWork, source: str, key: str) -> bool:
        return real(self, source, key) or source.startswith("telegram:")

    plant.setattr(arrivals, "update_key", lambda update: f"{id(update)}")
    plant.setattr(SqlWork, "see", see)


def taken_before_done(plant: Plant) -> None:
    """What is due is taken in one commit and acted upon in the next."""
    real = timers.run_sweep

    async def run_sweep(database: Any, sweep: Sweep, **more: Any) -> int:
        if sweep.name != "payment_check":
            return await real(database, sweep, **more)

        def take(tx: Any) -> Any:
            return tx.work.take_due("payment_check", at=tx.now, limit=100)

        taken = await database.run(take)

        def act(tx: Any) -> None:
            for due in taken:
                tx.work.plan(replace(due, due_at=tx.now - timedelta(seconds=1)))

        if taken:
            await database.run(act)
        return await real(database, sweep, **more)

    plant.setattr(timers, "run_sweep", run_sweep)


def secrets_in_clear(plant: Plant) -> None:
    """What is to be encrypted is stored as it is."""
    plant.setattr(KeyRing, "seal", lambda self, plain, *, context: plain)
    plant.setattr(KeyRing, "open", lambda self, stored, *, context: stored)


def digits_logged(plant: Plant) -> None:
    """A log line holds what a person typed."""
    real = Pins.handle

    async def handle(self: Pins, work: Work) -> None:
        engine._log.warning("checking", payload=work.payload.decode())
        await real(self, work)

    plant.setattr(Pins, "handle", handle)


def wrong_chat(plant: Plant) -> None:
    """Every notice goes to whoever was told first."""
    told: list[int] = []

    def reachable(identities: Any) -> int:
        told.append(identities[0].external_id)
        return told[0]

    plant.setattr(notices, "_reachable", reachable)


def tries_not_counted(plant: Plant) -> None:
    """A PIN's try is counted only after it was looked at."""

    def count_try(tx: Any, *, person_id: Any) -> Any:
        person = tx.people.person(person_id)
        pins._check_ready(tx, person)
        return person

    plant.setattr(pins, "count_try", count_try)


def lost_answer_is_final(plant: Plant) -> None:
    """A send without an answer is taken for done."""
    real = Sender._call

    async def call(self: Sender, message: Message) -> Any:
        outcome = await real(self, message)
        return outcomes.Delivered() if isinstance(outcome, outcomes.Unknown) else outcome

    plant.setattr(Sender, "_call", call)


def commit_believed(plant: Plant) -> None:
    """A COMMIT that failed counts as done."""
    plant.setattr(SqliteWriter, "_did_commit", lambda self: (self._reopen(), True)[1])


def pin_not_asked(plant: Plant) -> None:
    """A money button acts without its PIN."""

    def intent(self: Dispatcher, tx: Any, visit: Any, key: Any) -> Any:
        found = tx.dialogues.intent(key)
        if found is None or found.verb not in self._doors.intents:
            raise StaleCard
        return self._spend(tx, placed_for(tx, visit, found), found)

    plant.setattr(Dispatcher, "_intent", intent)


MISTAKES: Final = (
    Mistake(marked_done_first, by.World("dying before it sends")),
    Mistake(new_key_on_retry, by.World("deaf")),
    Mistake(other_tenants_shown, by.World("calm")),
    Mistake(lane_skipped, by.World("calm")),
    Mistake(lease_ignored, by.World("shared")),
    Mistake(seal_skipped, by.World("calm")),
    Mistake(acknowledged_before_commit, by.World("dying before it commits", seeds=24, first=16)),
    Mistake(offset_moved_first, by.World("forgetful")),
    Mistake(webhook_believed, by.World("calm")),
    Mistake(notice_outside, by.World("forgetful", first=4)),
    Mistake(unmarked_repeat, by.World("doubtful", seeds=60, first=14)),
    Mistake(intent_left_open, by.World("repeating")),
    Mistake(everything_is_new, by.World("repeating")),
    Mistake(taken_before_done, by.World("dying and silent", seeds=90, first=87)),
    Mistake(secrets_in_clear, by.World("calm")),
    Mistake(digits_logged, by.World("calm")),
    Mistake(wrong_chat, by.World("calm")),
    Mistake(lost_answer_is_final, by.World("losing", seeds=24, first=16)),
    Mistake(commit_believed, by.World("forgetful")),
    Mistake(pin_not_asked, by.World("calm")),
    Mistake(tries_not_counted, by.test_of(test_forty_tries_counted_at_the_same_time_are_five)),
)

"""Who is about to pay hears in time whether he may, whatever else the process does."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from telegram.error import BadRequest, NetworkError, TimedOut

from bot.engine.checkouts import HELD_S, Checkouts
from bot.wiring import Arrivals
from core.domain.money import Currency, Money
from core.domain.providers import Pending
from core.domain.tenants import PLATFORM
from core.domain.work import Kind
from core.use_cases.bills import cancel_bill
from core.use_cases.links import cancel_payment
from storage.doctor import is_stopped, lift, money_stop
from tests.bot.engine.desk import BOT_ID, Desk, open_desk, text_update
from tests.bot.engine.invoices import question_update
from tests.core.estate import Estate, Tried, palm_court
from tests.factories import add_configuration, naira

OTHER = 777


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with palm_court(tmp_path) as found:
        found.configuration = found.books.run(
            lambda tx: add_configuration(tx, found.tenant, provider="telegram")
        )
        yield found


@dataclass
class Till:
    """A process that is asked before payments, and what it answered."""

    desk: Desk
    checkouts: Checkouts
    arrivals: Arrivals

    async def ask(self, *updates: dict[str, Any]) -> None:
        """Let updates arrive, and wait until every question among them is answered."""
        await self.arrivals.store(updates)
        await self.checkouts.stop()

    @property
    def answers(self) -> list[dict[str, Any]]:
        return self.desk.api.of("answerPreCheckoutQuery")

    @property
    def said(self) -> list[str]:
        """What was answered: "" for those that may go on."""
        return [each.get("error_message", "") for each in self.answers]


@asynccontextmanager
async def open_till(tmp_path: Path, estate: Estate, **more: Any) -> AsyncIterator[Till]:
    async with open_desk(tmp_path, path=estate.books.path) as desk:
        time = desk.time
        checkouts = Checkouts(
            desk.database, desk.api, monotonic=time.monotonic, sleep=time.sleep, **more
        )
        yield Till(desk, checkouts, Arrivals(desk.database, checkouts, BOT_ID))


def about(tried: Tried, number: int = 1, *, payer: int = 501) -> dict[str, Any]:
    return question_update(number, tried.attempt.reference, tried.payment.amount, payer=payer)


async def test_an_open_invoice_may_be_paid(tmp_path: Path, estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    async with open_till(tmp_path, estate) as till:
        await till.ask(about(tried))
    assert till.answers == [{"pre_checkout_query_id": "question-1", "ok": True}]


def _paid(estate: Estate, tried: Tried) -> None:
    estate.settle(tried)


def _cancelled(estate: Estate, tried: Tried) -> None:
    estate.do(cancel_payment, actor=estate.ada, payment_id=tried.payment.id)
    estate.answer(tried, Pending(), is_cancelling=True)


def _late(estate: Estate, _: Tried) -> None:
    estate.clock.move(days=1)


def _bill_gone(estate: Estate, tried: Tried) -> None:
    bill_id = tried.payment.bill_id
    assert bill_id is not None
    bill = estate.look(lambda tx: tx.bills.get(bill_id))
    estate.do(
        cancel_bill, actor=estate.admin, bill_id=bill.id, revision=bill.revision, reason="Mistake"
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_paid, "This has been paid already. Nothing more was taken."),
        (_late, "This invoice has ended."),
        (_cancelled, "This invoice has ended."),
        (_bill_gone, "The bill has changed since."),
    ],
)
async def test_what_changed_meanwhile_refuses_with_a_sentence(
    tmp_path: Path, estate: Estate, change: Callable[[Estate, Tried], None], sentence: str
) -> None:
    tried = estate.open_link(estate.agreed())
    change(estate, tried)
    async with open_till(tmp_path, estate) as till:
        till.desk.time.clock.at = estate.clock.at
        await till.ask(about(tried))
    (answer,) = till.answers
    assert answer["ok"] is False
    assert answer["error_message"].startswith(sentence)


@pytest.mark.parametrize("reference", ["", "hz1-1-abcdefgh", "ATT-1", "hz" + "f" * 17, "x" * 500])
async def test_an_invoice_that_is_none_of_ours_is_refused(
    tmp_path: Path, estate: Estate, reference: str
) -> None:
    async with open_till(tmp_path, estate) as till:
        await till.ask(question_update(1, reference, naira(5_000)))
    assert till.said[0].startswith("We do not know this invoice.")


@pytest.mark.parametrize(
    "amount",
    [naira(499_999), naira(500_001), Money(500_000, Currency("USD")), Money(1, Currency("ZZZ"))],
)
async def test_another_amount_is_refused(tmp_path: Path, estate: Estate, amount: Money) -> None:
    tried = estate.open_link(estate.agreed())
    async with open_till(tmp_path, estate) as till:
        await till.ask(question_update(1, tried.attempt.reference, amount))
    assert till.said[0].startswith("This invoice is for another amount")


async def test_a_reference_of_another_provider_is_none_of_telegrams(
    tmp_path: Path, estate: Estate
) -> None:
    own = estate.look(lambda tx: tx.configurations.of(estate.tenant.id, "sandbox"))
    assert own is not None
    estate.configuration = own
    tried = estate.open_link(estate.agreed())
    async with open_till(tmp_path, estate) as till:
        await till.ask(about(tried))
    assert till.said[0].startswith("We do not know this invoice.")


async def test_the_answer_does_not_wait_for_a_busy_writer(tmp_path: Path, estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    is_over, has_begun = threading.Event(), threading.Event()

    def work_long(_: object) -> None:
        has_begun.set()
        assert is_over.wait(20)

    async with open_till(tmp_path, estate) as till:
        working = asyncio.create_task(till.desk.run(work_long))
        behind = asyncio.create_task(till.desk.arrive(text_update(5, "hello")))
        await asyncio.to_thread(has_begun.wait, 20)
        await till.ask(about(tried))
        answered = list(till.said)
        is_waiting = not working.done()
        is_over.set()
        await asyncio.gather(working, behind)
    assert (answered, is_waiting) == ([""], True)


async def test_what_cannot_be_decided_in_time_is_refused(tmp_path: Path, estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())

    async def for_ever(_: object) -> None:
        await asyncio.Event().wait()

    async with open_till(tmp_path, estate, decide_s=0.01) as till:
        till.desk.database.read = for_ever  # type: ignore[method-assign, assignment]
        await till.ask(about(tried))
        del till.desk.database.read
    assert till.said[0].startswith("Payments have to wait for a moment.")


async def test_a_database_that_is_down_refuses(tmp_path: Path, estate: Estate) -> None:
    async def down(_: object) -> None:
        raise OSError

    async with open_till(tmp_path, estate) as till:
        till.desk.database.read = down  # type: ignore[method-assign, assignment]
        await till.ask(question_update(1, "hz1-1-abcdefgh", naira(5_000)))
        del till.desk.database.read
    assert till.said[0].startswith("Payments have to wait for a moment.")


async def test_money_that_stands_still_is_not_added_to(tmp_path: Path, estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    estate.books.run(lambda tx: money_stop(tx, PLATFORM, "a test"))
    async with open_till(tmp_path, estate) as till:
        await till.ask(about(tried))
    estate.books.run(lift)
    assert not estate.books.run(is_stopped)
    assert till.said[0].startswith("Payments have to wait for a moment.")


async def test_a_question_that_comes_twice_gets_the_same_answer(
    tmp_path: Path, estate: Estate
) -> None:
    tried = estate.open_link(estate.agreed())
    async with open_till(tmp_path, estate) as till:
        await till.ask(about(tried), about(tried))
        assert till.said == [""]
        till.desk.api.plan("answerPreCheckoutQuery", BadRequest("query is too old"))
        await till.ask(about(tried))
    assert till.said == ["", ""]


async def test_while_one_pays_another_may_not(tmp_path: Path, estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    async with open_till(tmp_path, estate) as till:
        await till.ask(about(tried, 1))
        await till.ask(about(tried, 2, payer=OTHER))
        await till.ask(about(tried, 3))
        till.desk.time.pass_by(HELD_S)
        await till.ask(about(tried, 4, payer=OTHER))
    assert [said[:12] for said in till.said] == ["", "Somebody els", "", ""]


@pytest.mark.parametrize("error", [NetworkError("down"), TimedOut("slow")])
async def test_an_answer_that_did_not_leave_is_sent_again(
    tmp_path: Path, estate: Estate, error: Exception
) -> None:
    tried = estate.open_link(estate.agreed())
    async with open_till(tmp_path, estate) as till:
        till.desk.api.plan("answerPreCheckoutQuery", error)
        await till.arrivals.store([about(tried)])
        await till.desk.until(lambda: bool(till.desk.time.slept))
        till.desk.time.pass_by(1)
        await till.checkouts.stop()
    assert till.said == ["", ""]


async def test_questions_are_not_stored_and_hold_nothing_up(tmp_path: Path, estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    async with open_till(tmp_path, estate) as till:
        await till.ask(text_update(7, "hello"), about(tried, 8))
        assert till.said == [""]
        assert len(await till.desk.rows(Kind.UPDATE)) == 1


async def test_a_bill_that_asks_for_less_by_now_is_refused(tmp_path: Path, estate: Estate) -> None:
    tried = estate.open_link(estate.agreed(), 450_000)
    _fund_and_fill(estate, tried)
    async with open_till(tmp_path, estate) as till:
        await till.ask(about(tried))
    assert till.said[0].startswith("The bill has changed since.")


def _fund_and_fill(estate: Estate, tried: Tried) -> None:
    """Let a late capture fill most of the bill."""
    bill_id = tried.payment.bill_id
    assert bill_id is not None
    estate.settle(
        estate.open_link(estate.look(lambda tx: tx.bills.get(bill_id)), 50_000, by=estate.ben),
        100_000,
    )

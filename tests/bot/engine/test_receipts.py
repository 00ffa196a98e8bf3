"""What Telegram tells of money is credited once, or kept for a human, and is nobody's message."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from bot.engine.checkouts import judged
from core.domain.checkouts import Verdict
from core.domain.ledger import AccountKind
from core.domain.money import Currency, Money
from core.domain.payments import AttemptStatus, PaymentStatus
from core.domain.tenants import PLATFORM
from core.domain.work import Kind
from core.use_cases.links import cancel_payment, expire_payment
from handlers.adapter import read_update
from handlers.adapter.invoices import read_question
from storage.doctor import examine, lift, money_stop
from tests.bot.engine.desk import open_desk
from tests.bot.engine.invoices import question_update, receipt_update
from tests.bot.engine.test_restored import look_ups, put_back
from tests.bot.providers.test_telegram import adapter
from tests.core.estate import TOTAL, Estate, Tried, palm_court
from tests.factories import add_configuration, naira
from tests.fakes.providers import FakeRegistry


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with palm_court(tmp_path) as found:
        found.configuration = found.books.run(
            lambda tx: add_configuration(tx, found.tenant, provider="telegram")
        )
        yield found


def receipt(tried: Tried, number: int = 1, **more: Any) -> dict[str, Any]:
    return receipt_update(number, tried.attempt.reference, tried.payment.amount, **more)


async def told(tmp_path: Path, estate: Estate, *updates: dict[str, Any]) -> None:
    """Let updates arrive, one by one, and be handled."""
    async with open_desk(tmp_path, path=estate.books.path) as desk:
        for update in updates:
            await desk.arrive(update)
            await desk.later(0)
        assert await desk.rows(Kind.UPDATE) == []


async def test_a_receipt_settles_its_payment_under_telegrams_own_id(
    tmp_path: Path, estate: Estate
) -> None:
    tried = estate.open_link(estate.agreed())
    await told(tmp_path, estate, receipt(tried))
    paid = estate.now(tried)
    assert (paid.payment.status, paid.attempt.status) == (
        PaymentStatus.COMPLETED,
        AttemptStatus.SETTLED,
    )
    assert paid.attempt.receipt == "ch_3Q-x"
    key = f"capture:{estate.configuration.id}:tg-charge-1"
    assert estate.look(lambda tx: tx.ledger.journal_by_key(estate.tenant.id, key)) is not None
    assert estate.collected() == TOTAL


async def test_a_receipt_is_credited_once_however_often_it_comes(
    tmp_path: Path, estate: Estate
) -> None:
    tried = estate.open_link(estate.agreed())
    await told(tmp_path, estate, receipt(tried, 1), receipt(tried, 1), receipt(tried, 2))
    assert (estate.collected(), estate.balance(estate.ada)) == (TOTAL, 0)


async def test_an_invoice_that_is_paid_twice_leaves_the_second_in_the_wallet(
    tmp_path: Path, estate: Estate
) -> None:
    tried = estate.open_link(estate.agreed())
    await told(tmp_path, estate, receipt(tried, 1), receipt(tried, 2, charge="tg-charge-2"))
    assert (estate.collected(), estate.balance(estate.ada)) == (TOTAL, TOTAL)


@pytest.mark.parametrize(
    ("minor", "collected", "kept"), [(300_000, 300_000, 0), (600_000, TOTAL, 100_000)]
)
async def test_another_amount_is_credited_as_it_came(
    tmp_path: Path, estate: Estate, minor: int, collected: int, kept: int
) -> None:
    tried = estate.open_link(estate.agreed())
    await told(tmp_path, estate, receipt_update(1, tried.attempt.reference, naira(minor)))
    assert (estate.collected(), estate.balance(estate.ada)) == (collected, kept)
    assert estate.now(tried).payment.captured_minor == minor


async def test_another_currency_goes_to_suspense(tmp_path: Path, estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    dollars = Money(500, Currency("USD"))
    await told(tmp_path, estate, receipt_update(1, tried.attempt.reference, dollars))
    kept = estate.account(AccountKind.SUSPENSE, currency=dollars.currency)
    assert (kept.balance, estate.collected()) == (dollars, 0)
    assert estate.now(tried).payment.status is PaymentStatus.FAILED


async def test_money_of_an_expired_payment_stays_in_the_wallet(
    tmp_path: Path, estate: Estate
) -> None:
    tried = estate.open_link(estate.agreed())
    estate.clock.move(hours=2)
    estate.do(expire_payment, payment_id=tried.payment.id)
    assert estate.now(tried).payment.status is PaymentStatus.EXPIRED
    await told(tmp_path, estate, receipt(tried))
    assert (estate.collected(), estate.balance(estate.ada)) == (0, TOTAL)


async def test_a_receipt_may_overtake_the_answer_that_made_its_invoice(
    tmp_path: Path, estate: Estate
) -> None:
    tried = estate.ask_link(estate.agreed())
    await told(tmp_path, estate, receipt(tried))
    assert estate.now(tried).payment.status is PaymentStatus.COMPLETED


async def test_what_was_stored_when_the_process_died_is_credited_by_the_next_one(
    tmp_path: Path, estate: Estate
) -> None:
    tried = estate.open_link(estate.agreed())
    async with open_desk(tmp_path, path=estate.books.path) as desk:
        desk.engine.lanes.hand_over = lambda _: False  # type: ignore[method-assign, assignment]
        await desk.arrive(receipt(tried))
        assert await desk.rows(Kind.HOOK) == [("due", 0)]
    assert estate.collected() == 0
    async with open_desk(tmp_path, path=estate.books.path, seed=2) as desk:
        await desk.later(1)
        await desk.arrive(receipt(tried))
        await desk.later(1)
    assert estate.collected() == TOTAL


async def test_a_receipt_waits_while_money_stands_still(tmp_path: Path, estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    estate.books.run(lambda tx: money_stop(tx, PLATFORM, "a test"))
    async with open_desk(tmp_path, path=estate.books.path) as desk:
        await desk.arrive(receipt(tried))
        await desk.later(0)
        assert estate.collected() == 0
        await desk.run(lift)
        await desk.later(60)
    assert estate.collected() == TOTAL


async def test_what_went_back_by_itself_is_booked(tmp_path: Path, estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    await told(tmp_path, estate, receipt(tried, 1), receipt(tried, 2, is_refund=True))
    assert (estate.collected(), estate.balance(estate.ada)) == (0, 0)


@pytest.mark.parametrize(
    ("update", "reason"),
    [
        (
            receipt_update(1, "hz1f-1-abcdefgh", naira(5_000)),
            "telegram tells of hz1f-1-abcdefgh, which names no payment of ours: tg-charge-1",
        ),
        (
            receipt_update(1, "", naira(5_000)),
            "telegram tells of nothing, which names no payment of ours: tg-charge-1",
        ),
        (
            receipt_update(1, "hz1f-1-abcdefgh", Money(0, Currency("NGN"))),
            "telegram tells of a payment that cannot be read",
        ),
        (
            receipt_update(1, "hz1f-1-abcdefgh", naira(5_000), charge=""),
            "telegram tells of a payment that cannot be read",
        ),
    ],
)
async def test_money_that_fits_nothing_is_kept_for_a_human(
    tmp_path: Path, update: dict[str, Any], reason: str
) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.arrive(update)
        await desk.later(0)
        assert await desk.rows(Kind.HOOK) == [("parked", 0)]
        assert f"money to look for: {reason}" in await desk.run(examine)


@pytest.mark.parametrize("is_refund", [False, True])
def test_a_receipt_is_no_message_of_anybody(*, is_refund: bool) -> None:
    update = receipt_update(1, "hz1f-1-abcdefgh", naira(5_000), is_refund=is_refund)
    assert read_update(update) is None


async def test_an_invoice_is_made_asked_about_and_paid(tmp_path: Path, estate: Estate) -> None:
    made: list[dict[str, Any]] = []

    def behave(request: httpx.Request) -> httpx.Response:
        made.append(orjson.loads(request.content))
        return httpx.Response(200, json={"ok": True, "result": "https://t.me/$inv_1"})

    registry = FakeRegistry(estate.configuration, None)
    tried = estate.ask_link(estate.agreed())
    transport = httpx.MockTransport(behave)
    async with (
        httpx.AsyncClient(transport=transport) as client,
        open_desk(tmp_path, path=estate.books.path, registry=registry) as desk,
    ):
        registry.provider = adapter(client)
        await desk.later(0)
        (invoice,) = made
        reference, amount = invoice["payload"], naira(invoice["prices"][0]["amount"])
        assert estate.now(tried).attempt.link == "https://t.me/$inv_1"
        question = read_question(question_update(1, reference, amount))
        assert question is not None
        verdict, _ = await desk.run(lambda tx: judged(tx, question))
        await desk.later(30)
        assert estate.now(tried).attempt.status is AttemptStatus.WAITING
        await desk.arrive(receipt_update(2, reference, amount))
        await desk.later(0)
    assert (verdict, invoice["currency"]) == (Verdict.GO, "NGN")
    assert (len(made), estate.collected()) == (1, TOTAL)


async def test_an_invoice_of_a_copy_is_neither_given_up_nor_paid_until_the_release(
    tmp_path: Path, estate: Estate
) -> None:
    tried = estate.open_link(estate.agreed())
    put_back(estate)
    estate.do(cancel_payment, actor=estate.ada, payment_id=tried.payment.id)
    registry = FakeRegistry(estate.configuration, None)
    async with (
        httpx.AsyncClient() as client,
        open_desk(tmp_path, path=estate.books.path, registry=registry) as desk,
    ):
        registry.provider = adapter(client)
        await desk.later(0)
        assert estate.now(tried).attempt.status is AttemptStatus.UNKNOWN
        question = read_question(question_update(1, tried.attempt.reference, tried.payment.amount))
        assert question is not None
        verdict, _ = await desk.run(lambda tx: judged(tx, question))
        await desk.run(lambda tx: tx.freeze.release())
        await look_ups(desk)
        await desk.later(600)
        await look_ups(desk)
    assert verdict is Verdict.OVER
    assert estate.now(tried).attempt.status is AttemptStatus.WAITING

"""The sandbox's Telegram makes invoices, asks before they are paid, and tells that they were."""

import asyncio
from typing import Any

import pytest

from bot.sandbox import invoices
from bot.sandbox.invoices import NotAnswered, provider_token
from bot.sandbox.refusals import QUERY_TOO_OLD
from bot.sandbox.updates import PRESS_LIFE_S
from bot.sandbox.world import World
from tests.bot.sandbox.conftest import ADA, BASE, Bot, Clock


def asked(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "title": "Palm Court",
        "description": "Palm Court BILL-2026-000003",
        "payload": "hz1-1-abcdefgh",
        "provider_token": provider_token(world.state.bot),
        "currency": "NGN",
        "prices": [{"label": "Palm Court", "amount": 500_000}],
        **changes,
    }


async def test_an_invoice_has_a_page_of_the_sandbox(world: World, bot: Bot) -> None:
    link = await bot.do("createInvoiceLink", **asked(world))
    (invoice,) = world.state.invoices.values()
    assert link == f"{BASE}/sandbox/invoice/{invoice.id}"
    assert (invoice.payload, invoice.amount_minor, invoice.paid) == ("hz1-1-abcdefgh", 500_000, 0)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"title": ""}, "TITLE_INVALID"),
        ({"title": "x" * 33}, "TITLE_INVALID"),
        ({"description": "x" * 256}, "DESCRIPTION_INVALID"),
        ({"payload": "é" * 65}, "INVOICE_PAYLOAD_INVALID"),
        ({"provider_token": "1:TEST:another"}, "PAYMENT_PROVIDER_INVALID"),
        ({"currency": "GHS"}, "CURRENCY_INVALID"),
        ({"prices": []}, "can't parse prices"),
        ({"prices": [{"amount": 500_000}]}, "can't parse prices"),
        ({"prices": [{"label": "x", "amount": 149_999}]}, "CURRENCY_TOTAL_AMOUNT_INVALID"),
        ({"prices": [{"label": "x", "amount": "500000"}]}, "CURRENCY_TOTAL_AMOUNT_INVALID"),
    ],
)
async def test_an_invoice_that_telegram_would_not_make(
    world: World, bot: Bot, changes: dict[str, Any], reason: str
) -> None:
    said = await bot.refused("createInvoiceLink", **asked(world, **changes))
    assert said == f"Bad Request: {reason}"
    assert world.state.invoices == {}


async def asking(world: World, bot: Bot) -> tuple[asyncio.Task[str], dict[str, Any]]:
    """Let Ada press Pay; return what waits for the bot's word, and what the bot is asked."""
    await bot.do("createInvoiceLink", **asked(world))
    (invoice,) = world.state.invoices.values()
    waiting = asyncio.create_task(invoices.ask(world, invoice, person_id=ADA.id))
    (update,) = await bot.do("getUpdates", allowed_updates=["message", "pre_checkout_query"])
    return waiting, update["pre_checkout_query"]


async def test_the_bot_lets_a_payment_go_on_once(world: World, bot: Bot) -> None:
    waiting, question = await asking(world, bot)
    assert (question["from"]["id"], question["invoice_payload"]) == (ADA.id, "hz1-1-abcdefgh")
    assert (question["currency"], question["total_amount"]) == ("NGN", 500_000)
    answer = {"pre_checkout_query_id": question["id"], "ok": True}
    assert await bot.do("answerPreCheckoutQuery", **answer)
    assert await waiting == ""
    assert QUERY_TOO_OLD in await bot.refused("answerPreCheckoutQuery", **answer)


async def test_the_bot_refuses_with_a_sentence_and_not_without_one(world: World, bot: Bot) -> None:
    waiting, question = await asking(world, bot)
    answer = {"pre_checkout_query_id": question["id"], "ok": False}
    assert "ERROR_TEXT_EMPTY" in await bot.refused("answerPreCheckoutQuery", **answer)
    assert await bot.do("answerPreCheckoutQuery", **answer, error_message="Not now.")
    assert await waiting == "Not now."


async def test_a_bot_that_is_silent_lets_nobody_pay(world: World, bot: Bot) -> None:
    world.answer_within_s = 0.01
    waiting, question = await asking(world, bot)
    with pytest.raises(NotAnswered):
        await waiting
    answer = {"pre_checkout_query_id": question["id"], "ok": True}
    assert QUERY_TOO_OLD in await bot.refused("answerPreCheckoutQuery", **answer)


async def test_a_question_is_not_kept_for_long(world: World, bot: Bot, clock: Clock) -> None:
    waiting, _ = await asking(world, bot)
    assert len(world.queue.waiting()) == 1
    clock.now_s += PRESS_LIFE_S + 1
    assert world.queue.waiting() == []
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_a_receipt_is_told_in_the_payers_chat(world: World, bot: Bot) -> None:
    await bot.do("createInvoiceLink", **asked(world))
    (invoice,) = world.state.invoices.values()
    for _ in range(2):
        invoices.take(world, invoice, person_id=ADA.id, amount="5,000.00 NGN")
    told = [each["message"]["successful_payment"] for each in await bot.do("getUpdates")]
    assert [each["invoice_payload"] for each in told] == ["hz1-1-abcdefgh"] * 2
    assert len({each["telegram_payment_charge_id"] for each in told}) == 2
    newest = list(world.state.chats[ADA.id].messages.values())[-1]
    assert newest.service == "You paid 5,000.00 NGN to Hazina for Palm Court."

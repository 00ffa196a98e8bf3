"""Invoices inside the sandbox's Telegram: made by the bot, paid by people, told to the bot.

Whoever pays is asked about first (`pre_checkout_query`): the bot has ten seconds. What was taken is
a message of the app itself (`successful_payment`) in the payer's chat. No money moves.

Source: Bot API 10.0, createInvoiceLink, answerPreCheckoutQuery, SuccessfulPayment.
"""

import asyncio
import hashlib
import secrets
from dataclasses import replace
from typing import Final

from bot.sandbox import wire
from bot.sandbox.params import Params
from bot.sandbox.records import BotAccount, Invoice, Json, Message, Question
from bot.sandbox.refusals import QUERY_TOO_OLD, bad_request
from bot.sandbox.updates import Happening
from bot.sandbox.world import World

PATH: Final = "/sandbox/invoice"
MAX_INVOICES: Final = 1_000
MAX_TITLE: Final = 32
MAX_DESCRIPTION: Final = 255
MAX_PAYLOAD: Final = 128
MAX_ERROR: Final = 200

DOLLAR: Final = {
    "CAD": 140,
    "EGP": 5_000,
    "EUR": 90,
    "GBP": 80,
    "INR": 8_500,
    "JPY": 150,
    "KES": 13_000,
    "MAD": 1_000,
    "NGN": 150_000,
    "TZS": 260_000,
    "UGX": 3_700,
    "USD": 100,
    "ZAR": 1_800,
}
"""What a dollar is worth here, in minor units: the smallest invoice."""
LARGEST: Final = 10_000
"""The largest invoice, in dollars."""


class NotAnswered(Exception):
    """The bot did not say in time whether a payment may go on."""


def provider_token(bot: BotAccount) -> str:
    """Return what BotFather gave for this bot: a test token that stays the same."""
    return f"{bot.id}:TEST:{hashlib.sha256(f'invoices {bot.token}'.encode()).hexdigest()[:24]}"


def create_invoice_link(world: World, params: Params) -> str:
    """Make an invoice and return its link: a page of the sandbox.

    Raises:
        ApiRefusal: a text is missing or too long, the token is another, or the amount is out of
            Telegram's bounds for the currency.
    """
    _check_texts(params)
    if params.text("provider_token") != provider_token(world.state.bot):
        raise bad_request("PAYMENT_PROVIDER_INVALID")
    currency = params.text("currency")
    if currency not in DOLLAR:
        raise bad_request("CURRENCY_INVALID")
    minor, least = _total(params.json("prices")), DOLLAR[currency]
    if not least <= minor <= least * LARGEST:
        raise bad_request("CURRENCY_TOTAL_AMOUNT_INVALID")
    invoice = Invoice(
        id=secrets.token_hex(8),
        title=params.text("title"),
        description=params.text("description"),
        payload=params.text("payload"),
        currency=currency,
        amount_minor=minor,
    )
    kept = world.state.invoices
    kept[invoice.id] = invoice
    if len(kept) > MAX_INVOICES:
        del kept[next(iter(kept))]
    world.tell("invoice", lambda: {"id": invoice.id})
    return f"{world.own_base}{PATH}/{invoice.id}"


def _check_texts(params: Params) -> None:
    if not 1 <= len(params.text("title")) <= MAX_TITLE:
        raise bad_request("TITLE_INVALID")
    if not 1 <= len(params.text("description")) <= MAX_DESCRIPTION:
        raise bad_request("DESCRIPTION_INVALID")
    if not 1 <= len(params.text("payload").encode()) <= MAX_PAYLOAD:
        raise bad_request("INVOICE_PAYLOAD_INVALID")


def _total(prices: object) -> int:
    rows = prices if isinstance(prices, list) else []
    amounts = [row.get("amount") for row in rows if isinstance(row, dict) and row.get("label")]
    if not amounts or len(amounts) != len(rows):
        raise bad_request("can't parse prices")
    return sum(amount if type(amount) is int else 0 for amount in amounts)


def answer_pre_checkout_query(world: World, params: Params) -> bool:
    """Let a payment go on, or refuse it with a sentence.

    Raises:
        ApiRefusal: unknown, answered already or too late; no sentence, or one too long.
    """
    question = world.questions.get(params.text("pre_checkout_query_id"))
    if question is None or question.answer.done():
        raise bad_request(QUERY_TOO_OLD)
    is_ok, error = params.boolean("ok"), params.text("error_message")
    if not is_ok and not 1 <= len(error) <= MAX_ERROR:
        raise bad_request("ERROR_TEXT_EMPTY" if not error else "MESSAGE_TOO_LONG")
    question.answer.set_result("" if is_ok else error)
    return True


async def ask(world: World, invoice: Invoice, *, person_id: int) -> str:
    """Ask the bot whether a person may pay; return why not, "" where he may.

    Raises:
        NotAnswered: it did not say so in time.
    """
    question = Question(
        id=str(secrets.randbits(62)), answer=asyncio.get_running_loop().create_future()
    )
    world.questions[question.id] = question
    world.queue.put(
        Happening(
            kind="pre_checkout_query",
            lane=f"checkout:{person_id}",
            payload={
                "id": question.id,
                "from": wire.user_json(world.state, person_id),
                **_about(invoice),
            },
        )
    )
    try:
        async with asyncio.timeout(world.answer_within_s):
            return await question.answer
    except TimeoutError:
        raise NotAnswered from None
    finally:
        del world.questions[question.id]


def take(world: World, invoice: Invoice, *, person_id: int, amount: str) -> Message:
    """Take the money and tell the bot; `amount` is how people read it."""
    chat = world.state.chats[person_id]
    charge = secrets.token_hex(12)
    message = world.save_message(
        Message(
            id=world.next_message_id(chat),
            chat_id=chat.id,
            sender_id=person_id,
            date=world.now(),
            service=f"You paid {amount} to {world.state.bot.first_name} for {invoice.title}.",
        )
    )
    world.state.invoices[invoice.id] = replace(invoice, paid=invoice.paid + 1)
    receipt: Json = {
        **_about(invoice),
        "telegram_payment_charge_id": f"{world.state.bot.id}_{charge}",
        "provider_payment_charge_id": f"ch_{charge}",
    }
    world.queue.put(
        Happening(
            kind="message",
            lane=f"chat:{chat.id}",
            chat_id=chat.id,
            message_id=message.id,
            payload={**wire.message_json(world.state, message), "successful_payment": receipt},
        )
    )
    return message


def _about(invoice: Invoice) -> Json:
    return {
        "currency": invoice.currency,
        "total_amount": invoice.amount_minor,
        "invoice_payload": invoice.payload,
    }

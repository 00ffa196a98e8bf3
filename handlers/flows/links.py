"""Payments by link on their way: the live screen and what its payer may do; receipts."""

from dataclasses import replace
from typing import Final

from core.domain.configurations import ConfigurationId
from core.domain.payments import PaymentId, ReceiptId
from core.ports import Transaction
from core.use_cases.links import cancel_payment, check_now, retry_payment
from core.use_cases.timeline import seen_receipt
from handlers import parsing
from handlers.cards import live_reply, reader_of, receipt_screen
from handlers.chat import Reply, Show
from handlers.visit import IntentRoute, Routes, Visit, number


def shown(tx: Transaction, visit: Visit) -> Reply:
    """Show a payment by link as it stands."""
    return live_reply(tx, visit, PaymentId(parsing.ident(visit.argument)))


def checked(tx: Transaction, visit: Visit) -> Reply:
    """Ask the provider at once."""
    payment_id = PaymentId(parsing.ident(visit.argument))
    check_now(tx, actor=visit.here[1], payment_id=payment_id)
    reply = live_reply(tx, visit, payment_id)
    return replace(reply, toast=visit.words.label("We are asking the provider now."))


def cancelled(tx: Transaction, visit: Visit) -> Reply:
    """Give a payment by link up."""
    words = visit.words
    payment_id = _cancel(tx, visit)
    note = words.t("We ask the provider to close the page first. Do not pay there any more.")
    return live_reply(tx, visit, payment_id, note=note)


def to_wallet(tx: Transaction, visit: Visit) -> Reply:
    """Give a payment by link up in order to pay from the wallet."""
    payment_id = _cancel(tx, visit)
    note = visit.words.t(
        "We ask the provider to close the page first, so that you do not pay twice. "
        "Then this message offers your wallet."
    )
    return live_reply(tx, visit, payment_id, note=note)


def retried(tx: Transaction, visit: Visit) -> Reply:
    """Try a declined payment again, with the chosen provider."""
    arguments = visit.intent.arguments if visit.intent else {}
    configuration_id = ConfigurationId(number(arguments, "configuration"))
    payment = retry_payment(
        tx,
        actor=visit.here[1],
        payment_id=PaymentId(number(arguments, "payment")),
        configuration=tx.configurations.get(configuration_id),
    )
    return live_reply(tx, visit, payment.id)


def receipt(tx: Transaction, visit: Visit) -> Reply:
    """Show a receipt again, in a message of its own."""
    receipt_id = ReceiptId(parsing.ident(visit.argument))
    found = seen_receipt(tx, actor=visit.here[1], receipt_id=receipt_id)
    return Reply(screen=receipt_screen(tx, reader_of(visit), found), show=Show.SEND)


def _cancel(tx: Transaction, visit: Visit) -> PaymentId:
    arguments = visit.intent.arguments if visit.intent else {}
    payment_id = PaymentId(number(arguments, "payment"))
    cancel_payment(tx, actor=visit.here[1], payment_id=payment_id)
    return payment_id


ROUTES: Final = Routes(
    name="pay",
    presses={"show": shown, "check": checked, "receipt": receipt},
    intents={
        "payment.cancel": IntentRoute(flow=cancelled),
        "payment.wallet": IntentRoute(flow=to_wallet, moves_money=True),
        "payment.retry": IntentRoute(flow=retried, moves_money=True),
    },
)

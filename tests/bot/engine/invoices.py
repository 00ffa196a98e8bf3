"""What Telegram sends of payments inside it: the question before, the receipt after."""

from typing import Any

from core.domain.money import Money
from tests.bot.engine.desk import CHAT

PAYER = {"id": CHAT, "is_bot": False, "first_name": "Ada", "language_code": "en"}


def question_update(
    number: int, reference: str, amount: Money, *, payer: int = CHAT
) -> dict[str, Any]:
    """Return the update of somebody who is about to pay."""
    return {
        "update_id": number,
        "pre_checkout_query": {
            "id": f"question-{number}",
            "from": {**PAYER, "id": payer},
            "currency": amount.currency,
            "total_amount": amount.minor,
            "invoice_payload": reference,
        },
    }


def receipt_update(
    number: int,
    reference: str,
    amount: Money,
    *,
    charge: str = "tg-charge-1",
    is_refund: bool = False,
) -> dict[str, Any]:
    """Return the update that tells of money that was taken, or given back."""
    told = {
        "currency": amount.currency,
        "total_amount": amount.minor,
        "invoice_payload": reference,
        "telegram_payment_charge_id": charge,
        "provider_payment_charge_id": "ch_3Q-x",
    }
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "date": 1,
            "chat": {"id": CHAT, "type": "private"},
            "from": PAYER,
            "refunded_payment" if is_refund else "successful_payment": told,
        },
    }

"""Telegram → payments inside Telegram: questions before one, receipts after it.

A question (`pre_checkout_query`) must be answered within ten seconds and is answered at arrival. A
receipt (`successful_payment`, `refunded_payment`) is a message that Telegram writes, not a person:
nobody can send one, or pass one on.

Source: Bot API 10.0, PreCheckoutQuery, SuccessfulPayment, RefundedPayment; telegram.md section 5.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.domain.money import EXPONENTS, MAX_MINOR, Currency, Money
from handlers.adapter.writing import Call

Raw = Mapping[str, Any]

MAX_ERROR: Final = 200
"""Characters of a refusal; people read it in a small window."""

_RECEIPTS: Final = ("successful_payment", "refunded_payment")
_ID: Final = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Somebody is about to pay an invoice; `amount` None where no amount of ours can be equal.

    `reference` is the invoice's payload, `person_id` who pays, `language` his app's.
    """

    id: str
    person_id: int
    language: str
    reference: str
    amount: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Telegram's word that an invoice was paid, or its payment given back.

    `charge_id` is Telegram's own id of the capture, `provider_charge_id` that of who took it.
    """

    reference: str
    amount: Money
    charge_id: str
    provider_charge_id: str
    is_refund: bool


def read_question(raw: Raw) -> Question | None:
    """Read a question before a payment; None for any other update."""
    asked = raw.get("pre_checkout_query")
    if not isinstance(asked, dict) or not _text(asked, "id"):
        return None
    person = asked.get("from")
    person = person if isinstance(person, dict) else {}
    return Question(
        id=_text(asked, "id"),
        person_id=_whole(person, "id"),
        language=_text(person, "language_code"),
        reference=_text(asked, "invoice_payload"),
        amount=_amount(asked),
    )


def receipt_in(raw: Raw) -> Raw | None:
    """Return the part of an update that tells of money, as it came; None where none does."""
    message = raw.get("message")
    if not isinstance(message, dict):
        return None
    found = {name: message[name] for name in _RECEIPTS if isinstance(message.get(name), dict)}
    return found or None


def named_in(receipt: Raw) -> str:
    """Return the reference that a receipt names, "" where it names none."""
    return next(
        (_text(receipt[name], "invoice_payload") for name in _RECEIPTS if name in receipt), ""
    )


def read_receipt(receipt: Raw) -> Receipt | None:
    """Read what `receipt_in` returned; None where it is not exactly what Telegram documents."""
    name = next(each for each in _RECEIPTS if each in receipt)
    told = receipt[name]
    amount, charge_id = _amount(told), _text(told, "telegram_payment_charge_id")
    if amount is None or not _ID.fullmatch(charge_id):
        return None
    provider_charge_id = _text(told, "provider_payment_charge_id")
    return Receipt(
        reference=_text(told, "invoice_payload"),
        amount=amount,
        charge_id=charge_id,
        provider_charge_id=provider_charge_id if _ID.fullmatch(provider_charge_id) else "",
        is_refund=name == "refunded_payment",
    )


def answer_question(question_id: str, refusal: str = "") -> Call:
    """Make the call that lets a payment go on, or refuses it with a sentence.

    Raises:
        ValueError: the sentence is longer than people can read there.
    """
    if len(refusal) > MAX_ERROR:
        raise ValueError("A refusal has at most 200 characters")
    payload: dict[str, Any] = {"pre_checkout_query_id": question_id, "ok": not refusal}
    if refusal:
        payload["error_message"] = refusal
    return Call("answerPreCheckoutQuery", payload)


def _amount(told: Raw) -> Money | None:
    currency, minor = _text(told, "currency").upper(), _whole(told, "total_amount")
    if currency not in EXPONENTS or not 0 < minor <= MAX_MINOR:
        return None
    return Money(minor, Currency(currency))


def _text(body: Raw, name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _whole(body: Raw, name: str) -> int:
    value = body.get(name)
    return value if type(value) is int else 0

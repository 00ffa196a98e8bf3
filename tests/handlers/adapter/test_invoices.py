"""Questions and receipts are read from whatever comes; refusals fit their small window."""

from typing import Any

import pytest

from core.domain.checkouts import Verdict
from core.domain.money import Currency, Money
from handlers.adapter.invoices import (
    MAX_ERROR,
    answer_question,
    named_in,
    read_question,
    read_receipt,
    receipt_in,
)
from handlers.screens.checkouts import refusal
from handlers.words import PSEUDO, Words

PAID: dict[str, Any] = {
    "currency": "KES",
    "total_amount": 150_000,
    "invoice_payload": "hz1-1-abcdefgh",
    "telegram_payment_charge_id": "tg-1",
    "provider_payment_charge_id": "p-1",
}


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("language", ["en", PSEUDO])
def test_every_refusal_fits_and_says_what_became_of_the_money(
    verdict: Verdict, language: str
) -> None:
    said = refusal(Words(language=language), verdict)
    call = answer_question("q-1", said)
    assert call.payload["ok"] is (verdict is Verdict.GO)
    assert len(said) <= MAX_ERROR
    assert verdict is Verdict.GO or "was taken" in said


def test_a_receipt_is_read_whole() -> None:
    told = receipt_in({"message": {"successful_payment": PAID}})
    assert told is not None
    receipt = read_receipt(told)
    assert receipt is not None
    assert (receipt.amount, receipt.reference) == (
        Money(150_000, Currency("KES")),
        "hz1-1-abcdefgh",
    )
    assert (receipt.charge_id, receipt.provider_charge_id) == ("tg-1", "p-1")


@pytest.mark.parametrize(
    "spoilt",
    [
        {"currency": "ZZZ"},
        {"currency": 5},
        {"total_amount": "150000"},
        {"total_amount": True},
        {"total_amount": 1.5},
        {"total_amount": -1},
        {"total_amount": 2**60},
        {"telegram_payment_charge_id": ""},
        {"telegram_payment_charge_id": "a\x00b"},
        {"telegram_payment_charge_id": "x" * 201},
        {"telegram_payment_charge_id": None},
    ],
)
def test_a_receipt_that_is_not_exactly_one_is_not_guessed_at(spoilt: dict[str, Any]) -> None:
    told = receipt_in({"message": {"successful_payment": {**PAID, **spoilt}}})
    assert told is not None
    assert read_receipt(told) is None
    assert named_in(told) == "hz1-1-abcdefgh"


def test_a_providers_odd_number_does_not_hide_the_money() -> None:
    odd = {**PAID, "provider_payment_charge_id": {"no": "text"}}
    receipt = read_receipt({"successful_payment": odd})
    assert receipt is not None
    assert receipt.provider_charge_id == ""


@pytest.mark.parametrize(
    "update",
    [
        {},
        {"message": None},
        {"message": []},
        {"message": {"successful_payment": None}},
        {"message": {"text": "successful_payment"}},
        {"pre_checkout_query": 5},
        {"pre_checkout_query": {}},
        {"pre_checkout_query": {"id": 7}},
    ],
)
def test_what_is_neither_is_neither(update: dict[str, Any]) -> None:
    assert read_question(update) is None
    assert receipt_in(update) is None


def test_a_question_without_sense_is_still_a_question() -> None:
    question = read_question({"pre_checkout_query": {"id": "q", "from": 1, "total_amount": "x"}})
    assert question is not None
    assert (question.person_id, question.reference, question.amount) == (0, "", None)

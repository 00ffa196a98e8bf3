"""What PayPal's recorded answers and events are held to, and that it tells what departs from it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

import httpx
import pytest

from bot.providers.paypal.codes import CAPTURES, ORDERS, REFUNDS, WON
from bot.sandbox.standins.paypal import EVENTS as TOLD
from tests.bot.providers import paypal_says as says
from tests.bot.providers.conformance import FIRST, NOW, REFERENCE, Fact, Taken
from tests.bot.providers.conformance_listings import Row
from tests.bot.providers.conformance_outflows import Sent
from tests.bot.providers.paypal_contract import (
    EVENTS,
    OUTCOMES,
    broken_answer,
    broken_event,
    broken_refusal,
)
from tests.bot.providers.paypal_dialect import ASKED, PayPalDialect
from tests.bot.providers.paypal_orders_contract import ACCOUNT, CAPTURE, ORDER, REFUND

ORDER_PATH: Final = "/v2/checkout/orders/5O190127TN364715T"
DISPUTES_PATH: Final = "/v1/customer/disputes"
LIST_PATH: Final = "/v1/reporting/transactions"
PAID: Final = Fact(status="paid", taken=(replace(FIRST, amount=ASKED),))
SENT: Final = Sent(id="70001", reference="R-1", paid="90001", amount=ASKED, status="done")
TWO: Final = (*PAID.taken, Taken(provider_id="90002", amount=ASKED))
FACTS: Final = [
    PAID,
    Fact(status="paid", taken=TWO),
    *(Fact(status=each) for each in ("open", "processing", "declined", "expired")),
]

order = partial(broken_answer, "GET", ORDER_PATH)


def said(answer: httpx.Response) -> Any:
    return json.loads(answer.content)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{fact.status}-{len(fact.taken)}")
def test_orders_that_paypal_is_made_to_show_are_as_described(fact: Fact) -> None:
    assert not order(said(says.order(fact, ASKED)))


@pytest.mark.parametrize("status", ["COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED", "DECLINED"])
def test_captures_and_refunds_within_an_order_are_as_described(status: str) -> None:
    shown = (says.capture(PAID, PAID.taken[0], status=status),)
    assert not order(said(says.order(PAID, ASKED, captures=shown, refunds=(says.refund(SENT),))))


def test_an_account_that_is_not_saved_yet_is_as_described() -> None:
    shown = PayPalDialect().unkept(says.order(PAID, ASKED).content)
    assert b"VAULTED" not in shown
    assert not order(json.loads(shown))


@pytest.mark.parametrize("status", ["pending", "done", "failed"])
def test_refunds_that_paypal_is_made_to_show_are_as_described(status: str) -> None:
    shown = says.refund(replace(SENT, status=status))
    assert not broken_answer("GET", "/v2/payments/refunds/70001", shown)
    assert not broken_answer("POST", "/v2/payments/captures/90001/refund", shown)


@pytest.mark.parametrize("states", [[], ["UNDER_REVIEW"], ["RESOLVED", "OPEN"]])
def test_disputes_that_paypal_is_made_to_list_are_as_described(states: list[str]) -> None:
    path = f"{DISPUTES_PATH}?disputed_transaction_id=90001"
    assert not broken_answer("GET", path, said(says.disputes(ASKED, *states)))


@pytest.mark.parametrize("code", sorted(WON))
def test_disputes_that_paypal_is_made_to_show_are_as_described(code: str) -> None:
    shown = says.dispute(ASKED, status="RESOLVED", dispute_outcome={"outcome_code": code})
    assert not broken_answer("GET", f"{DISPUTES_PATH}/PP-R-1", shown)


@pytest.mark.parametrize("refreshed", [NOW, None])
def test_lists_that_paypal_is_made_to_show_are_as_described(refreshed: Any) -> None:
    facts = [replace(PAID, status=each) for each in ("paid", "processing", "declined")]
    rows = [
        says.transaction(Row(fact=each, paid_at=NOW - timedelta(hours=no)))
        for no, each in enumerate(facts)
    ]
    page = says.listed({"page": "1", "page_size": "100"}, rows, refreshed=refreshed)
    assert not broken_answer("GET", LIST_PATH, said(page))


def test_token_that_paypal_is_made_to_give_is_as_the_guides_show() -> None:
    assert not broken_answer("POST", "/v1/oauth2/token", said(says.token()))


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_events_that_paypal_is_made_to_tell_are_as_described(kind: str) -> None:
    shown = {
        "checkout-order": said(says.order(Fact(), ASKED)),
        "capture": says.capture(PAID, PAID.taken[0]),
        "refund": says.refund(SENT),
        "dispute": says.dispute(ASKED),
    }
    assert not broken_event(says.event(kind, shown[EVENTS[kind][0]]))


def test_what_paypal_takes_back_by_itself_is_told_as_its_guides_show() -> None:
    assert not broken_event(says.event("PAYMENT.CAPTURE.REVERSED", says.reversal(SENT)))


def test_hook_of_the_suite_is_as_described() -> None:
    hook = PayPalDialect().hook(event_id="WH-1", reference=REFERENCE, at=NOW)
    assert not broken_event(hook.body)


def test_every_event_of_the_stand_in_is_one_of_paypals() -> None:
    assert {kind: about for kind, about in TOLD.values() if EVENTS[kind][0] != about} == {}


def test_every_word_that_is_read_is_one_of_paypals_and_the_other_way_round() -> None:
    assert ORDER.must["status"] == frozenset(ORDERS)
    assert CAPTURE.must["status"] == frozenset(CAPTURES)
    assert REFUND.must["status"] == frozenset(REFUNDS)
    assert OUTCOMES > WON


def spoilt(**changes: object) -> dict[str, object]:
    return {**says.capture(PAID, PAID.taken[0]), **changes}


@pytest.mark.parametrize(
    ("capture", "told"),
    [
        (spoilt(status="MARVELLOUS"), "status is 'MARVELLOUS'"),
        (spoilt(status=["COMPLETED"]), "status is ['COMPLETED']"),
        (spoilt(final_capture="true"), "final_capture is 'true'"),
        (spoilt(teapot=1), "teapot is not known"),
        (spoilt(create_time="21.11.2026"), "create_time is '21.11.2026'"),
        (spoilt(create_time="2026-11-21T09:00:00"), "create_time is '2026-11-21T09:00:00'"),
        (spoilt(custom_id="x" * 128), f"custom_id is '{'x' * 128}'"),
        (spoilt(amount={"value": "5.00"}), "amount.currency_code is missing"),
        (spoilt(amount={"currency_code": "USD", "value": 5}), "amount.value is 5"),
        (spoilt(amount={"currency_code": "USD", "value": "5,00"}), "amount.value is '5,00'"),
        (spoilt(amount={"currency_code": "usd", "value": "5"}), "amount.currency_code is 'usd'"),
        (spoilt(seller_receivable_breakdown={}), "seller_receivable_breakdown.gross_amount is mi"),
        (spoilt(links=[{"rel": "self"}]), "links[0].href is missing"),
        (spoilt(status_details={"reason": "REGRET"}), "status_details.reason is 'REGRET'"),
    ],
)
def test_capture_that_is_not_paypals_is_told(capture: Mapping[str, object], told: str) -> None:
    (found,) = order(said(says.order(PAID, ASKED, captures=(capture,))))
    assert found.startswith(f"{ORDER_PATH}: purchase_units[0].payments.captures[0].{told}")


@pytest.mark.parametrize("name", ["id", "status", "amount", "create_time"])
def test_capture_without_what_is_always_there_is_told(name: str) -> None:
    (found,) = CAPTURE.broken({key: each for key, each in spoilt().items() if key != name})
    assert found == f"{name} is missing"


@pytest.mark.parametrize(
    ("account", "told"),
    [
        ({"account_id": "QYR5Z8XDVJNX1"}, ["account_id is 'QYR5Z8XDVJNX1'"]),
        ({"email_address": "payer"}, ["email_address is 'payer'"]),
        ({"attributes": {"vault": {"id": "1"}}}, ["attributes.vault.status is missing"]),
        (
            says.account(customer={"id": "x" * 23}),
            [f"attributes.vault.customer.id is '{'x' * 23}'"],
        ),
    ],
)
def test_account_that_is_not_paypals_is_told(
    account: Mapping[str, object], told: list[str]
) -> None:
    assert ACCOUNT.broken(account) == told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"transaction_id": "A" * 25}, f"transaction_id is '{'A' * 25}'"),
        ({"transaction_status": "X"}, "transaction_status is 'X'"),
        (
            {"transaction_initiation_date": "yesterday"},
            "transaction_initiation_date is 'yesterday'",
        ),
        ({"custom_field": "a/b"}, "custom_field is 'a/b'"),
    ],
)
def test_transaction_that_is_not_paypals_is_told(changes: Mapping[str, object], told: str) -> None:
    row = says.transaction(Row(fact=PAID, paid_at=NOW), **changes)
    page = said(says.listed({"page": "1", "page_size": "100"}, [row]))
    way = "transaction_details[0].transaction_info"
    assert broken_answer("GET", LIST_PATH, page) == [f"{LIST_PATH}: {way}.{told}"]


def test_list_of_disputes_tells_neither_what_they_are_about_nor_how_they_ended() -> None:
    shown = says.dispute(ASKED, dispute_outcome={"outcome_code": "NONE"})
    assert broken_answer("GET", DISPUTES_PATH, {"items": [shown]}) == [
        f"{DISPUTES_PATH}: items[0].disputed_transactions is not known",
        f"{DISPUTES_PATH}: items[0].dispute_outcome is not known",
    ]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"event_type": "PAYMENT.CAPTURE.MARVELLOUS"}', "event_type is"),
        (says.event("PAYMENT.CAPTURE.PENDING", {**spoilt(), "amount": None}), "resource.amount is"),
        (says.event("PAYMENT.CAPTURE.REVERSED", {**spoilt()}), "resource.links is missing"),
        (
            says.event("PAYMENT.REFUND.FAILED", says.refund(SENT)).replace(b'"refund"', b'"sale"'),
            "resource_type is 'sale'",
        ),
    ],
)
def test_event_that_is_not_paypals_is_told(body: bytes, told: str) -> None:
    assert any(told in each for each in broken_event(body))


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v2/checkout/orders"), ("PUT", ORDER_PATH), ("GET", "/v1/cheques?paid=1")],
)
def test_answer_to_a_call_that_paypal_does_not_know_is_told(method: str, path: str) -> None:
    assert broken_answer(method, path, {}) == [f"{method} {path.partition('?')[0]} is not known"]


@pytest.mark.parametrize("status", [400, 404, 422])
def test_refusals_that_paypal_is_made_to_say_are_as_described(status: int) -> None:
    refused = says.refused("INVALID_PARAMETER_VALUE", status=status)
    assert not broken_refusal(ORDER_PATH, status, said(refused))


@pytest.mark.parametrize(
    ("status", "changes", "told"),
    [
        (404, {}, "name is 'UNPROCESSABLE_ENTITY'"),
        (418, {}, "name is 'UNPROCESSABLE_ENTITY'"),
        (422, {"debug_id": 5}, "debug_id is 5"),
        (422, {"details": [{"description": "No."}]}, "details[0].issue is missing"),
        (422, {"error": "no"}, "error is not known"),
    ],
)
def test_refusal_that_is_not_paypals_is_told(
    status: int, changes: Mapping[str, object], told: str
) -> None:
    refused = {**said(says.refused("PAYER_CANNOT_PAY")), **changes}
    assert broken_refusal(ORDER_PATH, status, refused) == [f"{ORDER_PATH}: {told}"]


@pytest.mark.parametrize("answer", [None, [], "ok"])
def test_answer_that_is_no_object_is_told(answer: object) -> None:
    assert order(answer) == [f"{ORDER_PATH}: it is {answer!r}"]

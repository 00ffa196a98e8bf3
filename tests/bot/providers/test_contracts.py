"""What calls and answers are held to, and that it tells what departs from it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.providers.stripe.codes import EVENTS, READS, VERSION
from bot.sandbox.standins import stripe as standin
from tests.bot.providers import contracts, stripe_contract, telegram_contract
from tests.bot.providers import stripe_says as says
from tests.bot.providers.conformance import ASKED, Fact, Taken
from tests.bot.providers.conformance_outflows import Sent

PAID = Fact(status="paid", taken=(Taken(provider_id="pi_1", amount=ASKED),))
SENT = Sent(id="re_1", reference="R-1", paid="pi_1", amount=ASKED, status="done")
STATES = [PAID, *(Fact(status=each) for each in ("open", "processing", "declined", "expired"))]


def test_stripe_is_described_in_the_version_that_is_asked_for() -> None:
    assert stripe_contract.version() == VERSION == standin.VERSION


@pytest.mark.parametrize("fact", STATES, ids=lambda fact: fact.status)
def test_pages_and_payments_that_stripe_is_made_to_show_are_as_described(fact: Fact) -> None:
    assert not stripe_contract.broken(says.page(fact), "checkout.Session")
    assert not stripe_contract.broken(says.intent(fact), "PaymentIntent")


@pytest.mark.parametrize("status", ["pending", "stuck", "done", "failed"])
def test_refunds_that_stripe_is_made_to_show_are_as_described(status: str) -> None:
    assert not stripe_contract.broken(says.refund(replace(SENT, status=status)), "Refund")


def test_every_event_that_is_read_is_one_of_stripes() -> None:
    unknown = [each for each in EVENTS if stripe_contract.broken_kind(each)]
    assert not unknown


def test_every_list_that_a_key_is_checked_with_is_there() -> None:
    assert not [each for each in READS if stripe_contract.broken_call("GET", f"/{each}", "")]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("payment_intent=pi_1&amount=500", []),
        ("payment_intent=pi_1&amount=5.00", ["/refunds.amount: '5.00'"]),
        ("payment_intent=pi_1&sum=500", ["/refunds.sum is not known"]),
        ("reason=regret", ["/refunds.reason: 'regret'"]),
        ("refund_application_fee=yes", ["/refunds.refund_application_fee: 'yes'"]),
        ("metadata[order]=17", []),
        ("metadata[order][no]=17", ["/refunds.metadata.order: {'no': '17'}"]),
        ("expand[0]=charge", []),
        ("idempotency_key=R-1", ["/refunds.idempotency_key is not known"]),
    ],
)
def test_form_that_stripe_would_not_take_is_told(written: str, told: list[str]) -> None:
    assert stripe_contract.broken_call("POST", "/refunds", written) == told


def test_what_stripe_must_be_told_is_missed() -> None:
    told = stripe_contract.broken_call("POST", "/payment_intents", "amount=500")
    assert told == ["/payment_intents.currency is missing"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/cheques"), ("PUT", "/refunds")])
def test_call_that_stripe_does_not_know_is_told(method: str, path: str) -> None:
    assert stripe_contract.broken_call(method, path, "") == [f"{method} {path} is not known"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"status": "marvellous"}, ["PaymentIntent.status: 'marvellous'"]),
        ({"amount": "500"}, ["PaymentIntent.amount: '500'"]),
        ({"amount": True}, ["PaymentIntent.amount: True"]),
        ({"livemode": None}, ["PaymentIntent.livemode: None"]),
        ({"customer": None}, []),
        ({"teapot": 1}, ["PaymentIntent.teapot is not known"]),
        ({"latest_charge": "ch_1"}, []),
        (
            {"latest_charge": {**says.charge(ASKED), "paid": 1}},
            ["PaymentIntent.latest_charge.paid: 1"],
        ),
    ],
)
def test_answer_that_is_not_stripes_is_told(changed: Mapping[str, object], told: list[str]) -> None:
    assert stripe_contract.broken({**says.intent(PAID), **changed}, "PaymentIntent") == told


def test_answer_without_what_is_always_there_is_told() -> None:
    shown = says.refund(SENT)
    del shown["created"]
    told = stripe_contract.broken({"object": "list", "data": [shown]}, "[Refund]", at="/refunds")
    assert sorted(told) == [
        "/refunds.data[0].created is missing",
        "/refunds.has_more is missing",
        "/refunds.url is missing",
    ]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"transaction": "T-1", "amount": 500}, []),
        ({"amount": 500}, ["/refund: transaction is missing"]),
        ({"transaction": "T-1", "sum": 5}, ["/refund: sum is not known"]),
        ({"transaction": "T-1", "currency": "ZZZ"}, ["/refund: currency is 'ZZZ'"]),
    ],
)
def test_body_that_paystack_would_not_take_is_told(
    body: Mapping[str, object], told: list[str]
) -> None:
    assert contracts.broken_call("paystack", "POST", "/refund", body) == told


@pytest.mark.parametrize(
    ("account", "told"),
    [
        ({"vault_id": "3nqvjt3n"}, 0),
        ({"vault_id": "../x"}, 1),
        ({"token": "3nqvjt3n"}, 1),
        ({"attributes": {"vault": {"usage_type": "MERCHANT"}}}, 0),
        ({"attributes": {"vault": {"store_in_vault": "ON_SUCCESS"}}}, 1),
        ({"attributes": {"vault": {"usage_type": "MERCHANT", "store_in_vault": "YES"}}}, 1),
        ({"stored_credential": {"payment_initiator": "BANK"}}, 1),
    ],
)
def test_account_that_paypal_would_not_take_is_told(
    account: Mapping[str, object], told: int
) -> None:
    body = {
        "intent": "CAPTURE",
        "purchase_units": [],
        "payment_source": {"paypal": account},
    }
    broken = contracts.broken_call("paypal", "POST", "/v2/checkout/orders", body)
    assert len(broken) == told


@pytest.mark.parametrize(
    ("unit", "told"),
    [
        ({"amount": {"currency_code": "USD", "value": "5.00"}}, []),
        ({"amount": {"currency_code": "USD", "value": 5}}, ["amount.value is 5"]),
        ({"invoice_id": "R-1"}, ["amount is missing"]),
        (
            {"amount": {"currency_code": "USD", "value": "5"}, "custom_id": ""},
            ["custom_id is ''"],
        ),
    ],
)
def test_order_that_paypal_would_not_take_is_told(
    unit: Mapping[str, object], told: list[str]
) -> None:
    body = {"intent": "CAPTURE", "purchase_units": [unit]}
    found = contracts.broken_call("paypal", "POST", "/v2/checkout/orders", body)
    assert found == [f"/v2/checkout/orders: purchase_units[0].{each}" for each in told]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, 0),
        ({"page_size": "501"}, 1),
        ({"page": "0"}, 1),
        ({"start_date": "2026-11-21T09:00:00+00:00"}, 1),
        ({"end_date": "2026-11-21"}, 1),
        ({"since": "yesterday"}, 1),
    ],
)
def test_list_that_paypal_would_not_give_is_told(changes: Mapping[str, str], told: int) -> None:
    span = {"start_date": "2026-11-20T09:00:00Z", "end_date": "2026-11-21T09:00:00Z"}
    asked = {**span, "page": "1", "page_size": "500", **changes}
    assert len(contracts.broken_query("paypal", "/v1/reporting/transactions", asked)) == told


INVOICE = {
    "title": "November",
    "description": "Service charge",
    "payload": "R-1",
    "provider_token": "1:TEST:1",
    "currency": "USD",
    "prices": [{"label": "November", "amount": 500}],
}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, []),
        ({"amount": 500}, ["createInvoiceLink: amount is not known"]),
        ({"payload": 1}, ["createInvoiceLink: payload is 1"]),
        ({"prices": 500}, ["createInvoiceLink: prices is 500"]),
    ],
)
def test_invoice_that_telegram_would_not_make_is_told(
    changed: Mapping[str, object], told: list[str]
) -> None:
    body = {**INVOICE, **changed}
    assert telegram_contract.broken_call("/bot1:x/createInvoiceLink", body) == told


def test_method_that_telegram_does_not_know_is_told() -> None:
    assert telegram_contract.broken_call("/bot1:x/makeTea", {}) == ["makeTea is not known"]
    missed = telegram_contract.broken_call("/bot1:x/refundStarPayment", {"user_id": 1})
    assert missed == ["refundStarPayment: telegram_payment_charge_id is missing"]

"""What Paystack is made to say in tests, held to its description; and that this can fail."""

import json
from collections.abc import Mapping
from typing import Final

import httpx
import pytest

from bot.providers.paystack import codes
from bot.providers.wire import Heard
from tests.bot.providers import held, paystack_contract, paystack_shapes
from tests.bot.providers import paystack_says as says
from tests.bot.providers.conformance import ASKED, NOW, REFERENCE, Fact, Taken
from tests.bot.providers.conformance_listings import Row
from tests.bot.providers.conformance_outflows import OUR_REFERENCE, Book, Sent
from tests.bot.providers.paystack_dialect import PaystackDialect
from tests.bot.providers.paystack_transfers import TRANSFERS, transfer_told, transfers

PAID: Final = Fact(status="paid", taken=(Taken(provider_id="90001", amount=ASKED),))
FACTS: Final = [
    PAID,
    Fact(status="paid", taken=PAID.taken, is_test=False),
    *(Fact(status=each) for each in ("open", "processing", "expired")),
    *(Fact(status="declined", decline=each) for each in says.REASONS),
]
WORDS: Final = [each for each in TRANSFERS if each != "unheard"]
DIALECT: Final = PaystackDialect()


def answered(method: str, path: str, answer: httpx.Response) -> list[str]:
    assert answer.is_success
    return paystack_contract.broken_answer(method, path, answer.json())


def asked(method: str, path: str, **body: object) -> httpx.Request:
    return httpx.Request(method, f"https://api.paystack.co{path}", json=body or None)


@pytest.mark.parametrize("fact", FACTS, ids=repr)
def test_payments_are_shown_as_described(fact: Fact) -> None:
    found = DIALECT.answer(asked("GET", f"/transaction/verify/{REFERENCE}"), fact)
    charged = DIALECT.answer(asked("POST", "/transaction/charge_authorization"), fact)
    rows = [Row(fact=fact, paid_at=NOW)] * 51
    query = {"perPage": "50", "use_cursor": "true"}
    assert not answered("GET", f"/transaction/verify/{REFERENCE}", found)
    assert not answered("POST", "/transaction/charge_authorization", charged)
    assert not answered("GET", "/transaction", says.listed(query, rows))
    assert not answered("GET", "/transaction", says.listed({**query, "next": "50"}, rows))


def test_pages_are_shown_as_described() -> None:
    new = DIALECT.answer(asked("POST", "/transaction/initialize"), Fact(status="open"))
    assert not answered("POST", "/transaction/initialize", new)
    assert not answered("POST", "/transaction/charge_authorization", DIALECT.confirm())


@pytest.mark.parametrize("status", says.REFUNDS)
def test_refunds_are_shown_as_described(status: str) -> None:
    book = Book(next=Sent(status=status))
    body = {"merchant_note": OUR_REFERENCE, "amount": ASKED.minor, "currency": "NGN"}
    new = says.refunds(asked("POST", "/refund", **body), book)
    assert not answered("POST", "/refund", new)
    for path in ("/refund", "/refund/70001"):
        assert not answered("GET", path, says.refunds(asked("GET", path), book))


@pytest.mark.parametrize("status", WORDS)
def test_transfers_are_shown_as_described(status: str) -> None:
    book = Book(next=Sent(status=status))
    body = {"reference": OUR_REFERENCE, "amount": ASKED.minor, "currency": "NGN"}
    path = f"/transfer/verify/{OUR_REFERENCE}"
    new = transfers(asked("POST", "/transfer", **body), book)
    assert not answered("POST", "/transfer", new)
    assert not answered("GET", path, transfers(asked("GET", path), book))


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in codes.RECIPIENTS.values()}))
def test_recipients_are_shown_as_described(kind: str) -> None:
    made = transfers(asked("POST", "/transferrecipient", type=kind, currency="KES"), Book())
    assert not answered("POST", "/transferrecipient", made)


@pytest.mark.parametrize("answer", [says.duplicate(), says.not_found(), DIALECT.refuse_content()])
def test_refusals_are_shown_as_described(answer: httpx.Response) -> None:
    assert not paystack_contract.broken_refusal("/", answer.status_code, answer.json())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("charge.success", says.paid_told(number=1, reference="R-1")),
        ("charge.dispute.create", says.claim_told(number=1, reference="R-1")),
        ("charge.dispute.resolve", says.claim_told(number=1, reference="R-1", is_open=False)),
        ("refund.pending", says.refund_told(Sent(), reference="R-1")),
        ("refund.failed", says.refund_told(Sent(status="failed"), reference="R-1")),
        ("refund.needs-attention", says.refund_told(Sent(status="stuck"), reference="R-1")),
        ("refund.processed", says.refund_told(Sent(status="done"), reference="R-1")),
        ("transfer.success", transfer_told(Sent(status="done"))),
        ("transfer.failed", transfer_told(Sent(status="failed"))),
        ("transfer.reversed", transfer_told(Sent(status="returned"))),
    ],
)
def test_events_are_told_as_in_the_samples(name: str, data: Mapping[str, object]) -> None:
    assert not told(name, data)


def told(name: str, data: Mapping[str, object]) -> list[str]:
    return paystack_contract.broken_event(json.dumps({"event": name, "data": data}).encode())


def test_every_word_that_paystack_has_is_read() -> None:
    assert set(codes.STATUSES) == paystack_shapes.STATUSES
    assert set(codes.REFUNDS) == paystack_shapes.REFUNDS
    assert set(codes.TRANSFERS) == paystack_shapes.TRANSFERS
    assert set(codes.RESOLUTIONS) == paystack_shapes.RESOLUTIONS


@pytest.mark.parametrize(
    ("changed", "departs"),
    [
        ({"status": "marvellous"}, "data.status is 'marvellous'"),
        ({"amount": "500000"}, "data.amount is '500000'"),
        ({"amount": True}, "data.amount is True"),
        ({"requested_amount": None}, "data.requested_amount is None"),
        ({"currency": "ZZZ"}, "data.currency is 'ZZZ'"),
        ({"domain": "sandbox"}, "data.domain is 'sandbox'"),
        ({"paid_at": "2026-11-21T09:00:00+00:00"}, "data.paid_at is '2026-11-21T09:00:00+00:00'"),
        ({"teapot": 1}, "data.teapot is not known"),
        ({"customer": {}}, "data.customer.id is missing"),
        ({"authorization": {"reusable": 1}}, "data.authorization.authorization_code is missing"),
    ],
)
def test_payment_that_is_not_paystacks_is_told(changed: Mapping[str, object], departs: str) -> None:
    path = f"/transaction/verify/{REFERENCE}"
    answer = says.said({**says.transaction(PAID), **changed})
    assert f"{path}.{departs}" in answered("GET", path, answer)


def test_what_an_answer_must_say_is_missed() -> None:
    shown = says.refund(Sent())
    del shown["transaction"]
    told = answered("GET", "/refund", says.refunds_of(shown))
    assert told == ["/refund.data[0].transaction is missing"]


def test_charge_does_not_say_what_was_asked_for() -> None:
    path = "/transaction/charge_authorization"
    told = answered("POST", path, says.said({**says.charge(PAID), "requested_amount": 500_000}))
    assert told == [f"{path}.data.requested_amount is not known"]


def test_list_must_say_whether_it_goes_on() -> None:
    told = answered("GET", "/transaction", says.said([], meta={"perPage": 50}))
    assert told[:2] == [
        "/transaction.meta.next is missing",
        "/transaction.meta.previous is missing",
    ]


@pytest.mark.parametrize(
    ("name", "changed", "departs"),
    [
        ("charge.dispute.lost", {}, "charge.dispute.lost is not known"),
        (
            "charge.dispute.create",
            {"resolution": "won"},
            "charge.dispute.create.data.resolution is 'won'",
        ),
        (
            "charge.dispute.create",
            {"refund_amount": "500"},
            "charge.dispute.create.data.refund_amount is '500'",
        ),
    ],
)
def test_event_that_is_not_paystacks_is_told(
    name: str, changed: Mapping[str, object], departs: str
) -> None:
    assert departs in told(name, {**says.claim_told(number=1, reference="R-1"), **changed})


def test_call_that_paystack_does_not_know_is_told() -> None:
    assert paystack_contract.broken_answer("GET", "/cheque", {}) == ["GET /cheque is not known"]


@pytest.mark.parametrize(
    ("status", "body", "departs"),
    [
        (200, b'{"status": true, "message": "Done", "meta": {}}', "/refund.data is missing"),
        (400, b'{"status": false, "type": "tea"}', "/refund 400.type is 'tea'"),
    ],
)
def test_answer_of_the_standin_is_held(status: int, body: bytes, departs: str) -> None:
    url = "http://127.0.0.1:1/sandbox/provider/paystack"
    half = Heard(status=status, body=body[:9])
    assert departs in held.broken_answer(url, "GET", "/refund", Heard(status=status, body=body))
    assert not held.broken_answer(url, "GET", "/refund", half)

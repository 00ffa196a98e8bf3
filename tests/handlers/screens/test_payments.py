"""What a person is told about a payment by link, stage by stage."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.configurations import ConfigurationId
from core.domain.ledger import JournalId
from core.domain.payments import (
    Attempt,
    AttemptId,
    AttemptStatus,
    Method,
    MethodId,
    Payment,
    PaymentId,
    PaymentStatus,
    Purpose,
    Receipt,
    ReceiptId,
)
from core.domain.people import PersonId
from core.domain.providers import ProviderError
from core.domain.tenants import TenantId
from handlers.screens.payments import PaymentView, Stage, live, stage, why
from handlers.screens.receipts import ReceiptView, receipt
from handlers.words import PSEUDO, Words
from tests.factories import NGN, NOW, naira
from tests.handlers.chatting import plain

WORDS = Words(timezone="Africa/Lagos")
LINK = "http://127.0.0.1:8080/sandbox/provider/pay/1"
PAYMENT = Payment(
    id=PaymentId(7),
    token="TXN-00000000-0000-4000-8000-0000004b5a6f",
    tenant_id=TenantId(5),
    payer_id=PersonId(3),
    purpose=Purpose.TOP_UP,
    bill_id=None,
    method=Method.PROVIDER,
    currency=NGN,
    amount_minor=500_000,
    created_at=NOW,
    expires_at=NOW + timedelta(hours=1),
)
ATTEMPT = Attempt(
    id=AttemptId(8),
    payment_id=PAYMENT.id,
    tenant_id=PAYMENT.tenant_id,
    number=1,
    configuration_id=ConfigurationId(9),
    provider="paystack",
    reference="hz7-1-abc",
    created_at=NOW,
)
RECEIPT = Receipt(
    id=ReceiptId(10),
    number="RCPT-2026-000881",
    tenant_id=PAYMENT.tenant_id,
    payment_id=PAYMENT.id,
    journal_id=JournalId(11),
    payer_id=PAYMENT.payer_id,
    amount=naira(500_000),
    settled=naira(0),
    balance_after=naira(1_500_000),
    issued_at=NOW,
)


def view(
    status: AttemptStatus = AttemptStatus.CREATED,
    *,
    ends: PaymentStatus = PaymentStatus.PENDING,
    error: ProviderError | None = None,
) -> PaymentView:
    attempt = replace(ATTEMPT, status=status, link=LINK, error=error)
    payment = replace(PAYMENT, status=ends, ended_at=NOW)
    return PaymentView(payment=payment, attempts=(attempt,), cancel="i:cancel")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (AttemptStatus.CREATED, Stage.PREPARING),
        (AttemptStatus.SENT, Stage.PREPARING),
        (AttemptStatus.WAITING, Stage.WAITING),
        (AttemptStatus.UNKNOWN, Stage.CHECKING),
        (AttemptStatus.DECLINED, Stage.DECLINED),
    ],
)
def test_an_open_payment_stands_where_its_attempt_does(
    status: AttemptStatus, expected: Stage
) -> None:
    assert stage(view(status)) is expected


def test_a_doubtful_attempt_counts_before_a_declined_one() -> None:
    attempts = (
        replace(ATTEMPT, status=AttemptStatus.UNKNOWN),
        replace(ATTEMPT, number=2, status=AttemptStatus.DECLINED),
    )
    assert stage(replace(view(), attempts=attempts)) is Stage.CHECKING


def test_waiting() -> None:
    screen = live(WORDS, view(AttemptStatus.WAITING))
    assert plain(screen) == (
        "⏳ Waiting for Paystack · 5,000.00 NGN\n"
        "Open the payment page and pay there; this message changes by itself.\n"
        "The link is valid until Mon 2 Mar 2026, 11:00.\n"
        "Nothing has arrived yet. No fee for you on this bill.\n"
        "For your wallet\n"
        "Reference hz7-1-abc"
    )
    assert [[b.label for b in row] for row in screen.rows] == [
        ["Open payment page"],
        ["Check now", "Cancel payment"],
        ["Back"],
    ]
    assert screen.rows[0][0].url == LINK


def test_an_invoice_is_not_called_a_page() -> None:
    shown = view(AttemptStatus.WAITING)
    invoice = replace(shown.attempts[0], provider="telegram")
    screen = live(WORDS, replace(shown, attempts=(invoice,)))
    assert "Open the invoice and pay it in the app" in plain(screen)
    assert screen.rows[0][0].label == "Open invoice"
    assert screen.rows[0][0].url == LINK


def prompted(status: AttemptStatus, *, error: ProviderError | None = None) -> PaymentView:
    """Return a payment whose payer is asked on his phone."""
    attempt = replace(
        ATTEMPT, provider="mpesa", status=status, error=error, is_prompt=True, provider_ref="ws_1"
    )
    return replace(view(status), attempts=(attempt,))


def test_waiting_for_a_phone_has_no_page() -> None:
    screen = live(WORDS, prompted(AttemptStatus.WAITING))
    assert plain(screen).splitlines()[:3] == [
        "⏳ Waiting for M-Pesa · 5,000.00 NGN",
        "Look at your phone: M-Pesa asks for your PIN there. This message changes by itself.",
        "Nothing has arrived yet. No fee for you on this bill.",
    ]
    assert [[b.label for b in row] for row in screen.rows] == [
        ["Check now", "Cancel payment"],
        ["Back"],
    ]


def test_nobody_waits_for_a_page_where_the_phone_asks() -> None:
    at_once = replace(prompted(AttemptStatus.SENT), asks_on_phone=True)
    assert plain(live(WORDS, at_once)).startswith("⏳ M-Pesa is about to ask on your phone ·")
    attempt = replace(at_once.attempts[0], status=AttemptStatus.UNKNOWN, is_prompt=False)
    never = plain(live(WORDS, replace(at_once, attempts=(attempt,))))
    assert never.startswith("🔎 M-Pesa has trouble: your phone was not asked ·")
    assert "page" not in never


def test_who_was_asked_on_his_phone_is_not_told_that_he_cannot_have_paid() -> None:
    told = plain(live(WORDS, prompted(AttemptStatus.UNKNOWN)))
    assert "Do not pay again" in told
    assert "cannot have paid" not in told


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ProviderError.INSUFFICIENT_FUNDS, "There is not enough money on your M-Pesa."),
        (ProviderError.INVALID_CARD, "We know no phone of yours that M-Pesa can ask"),
        (ProviderError.DECLINED_CARD, "It was cancelled on the phone"),
        (ProviderError.TIMEOUT_ERROR, "Nobody answered on the phone in time."),
        (ProviderError.AUTHENTICATION_ERROR, "The PIN was not right."),
        (ProviderError.PROVIDER_ERROR, "M-Pesa has trouble now."),
    ],
)
def test_a_phone_says_other_things_than_a_card(error: ProviderError, words: str) -> None:
    assert words in plain(live(WORDS, prompted(AttemptStatus.DECLINED, error=error)))


def test_being_checked() -> None:
    assert plain(live(WORDS, view(AttemptStatus.UNKNOWN))) == (
        "🔎 Being checked: 5,000.00 NGN at Paystack\n"
        "We do not know yet whether money was taken. Do not pay again: we keep asking "
        "Paystack, and this message changes as soon as we know.\n"
        "For your wallet\n"
        "Reference hz7-1-abc"
    )


def test_declined() -> None:
    screen = live(WORDS, view(AttemptStatus.DECLINED, error=ProviderError.EXPIRED_CARD))
    assert plain(screen) == (
        "⚠️ Not paid 5,000.00 NGN. Nothing was taken.\n"
        "The card has expired.\n"
        "For your wallet\n"
        "Reference hz7-1-abc"
    )


@pytest.mark.parametrize(
    ("status", "first"),
    [
        (PaymentStatus.EXPIRED, "⌛ The link for 5,000.00 NGN has expired. Nothing was taken."),
        (PaymentStatus.CANCELLED, "⚪ Payment of 5,000.00 NGN cancelled. Nothing was taken."),
        (PaymentStatus.FAILED, "⚠️ Not paid 5,000.00 NGN. Nothing was taken."),
    ],
)
def test_every_failure_says_that_no_money_moved(status: PaymentStatus, first: str) -> None:
    assert plain(live(WORDS, view(AttemptStatus.EXPIRED, ends=status))).startswith(first)


@pytest.mark.parametrize(
    ("status", "is_doubtful"),
    [
        (AttemptStatus.CREATED, False),
        (AttemptStatus.SENT, True),
        (AttemptStatus.EXPIRED, True),
        (AttemptStatus.UNKNOWN, True),
        (AttemptStatus.DECLINED, False),
    ],
)
def test_a_charge_that_was_never_answered_does_not_end_as_if_nothing_was_taken(
    status: AttemptStatus, *, is_doubtful: bool
) -> None:
    over = view(ends=PaymentStatus.EXPIRED)
    charge = replace(ATTEMPT, status=status, method_id=MethodId(9))
    text = plain(live(WORDS, replace(over, attempts=(charge,))))
    assert ("did not tell us whether money was taken" in text) is is_doubtful
    assert ("Nothing was taken." in text) is not is_doubtful


def test_paid_names_amount_fee_balance_and_time() -> None:
    paid = replace(view(AttemptStatus.SETTLED, ends=PaymentStatus.COMPLETED), receipts=(RECEIPT,))
    paid = replace(paid, payment=replace(paid.payment, captured_minor=700_000))
    assert plain(live(WORDS, paid)) == (
        "✅ Paid 7,000.00 NGN · Mon 2 Mar 2026, 10:00\n"
        "Asked for: 5,000.00 NGN\n"
        "For your wallet\n"
        "No fee for you.\n"
        "Receipt RCPT-2026-000881 · wallet 15,000.00 NGN"
    )


@pytest.mark.parametrize("error", [*ProviderError, None])
def test_every_decline_has_its_reason(error: ProviderError | None) -> None:
    assert plain(live(WORDS, view(AttemptStatus.DECLINED, error=error)))
    assert why(WORDS, error, "Paystack")


def test_a_receipt_of_a_top_up() -> None:
    proof = ReceiptView(
        receipt=RECEIPT,
        payment=PAYMENT,
        token=PAYMENT.token,
        payer="Ada <b>",
        payee="Palm Court",
        provider="paystack",
        fee=naira(7_500),
        seal="3f" * 32,
    )
    assert plain(receipt(WORDS, proof)) == (
        "✅ Topped up 5,000.00 NGN\n"
        "Receipt RCPT-2026-000881 · TXN-…4b5a6f\n"
        "For: wallet of Ada <b>\n"
        "From: Paystack · to: wallet of Ada <b>\n"
        "Fee: 75.00 NGN\n"
        "New wallet balance: 15,000.00 NGN\n"
        "Time: Mon 2 Mar 2026, 10:00\n"
        "Books sealed: 3f3f3f3f3f3f"
    )


def test_no_word_escapes_translation() -> None:
    words = Words(language=PSEUDO, timezone="Africa/Lagos")
    for status in AttemptStatus:
        screen = live(words, view(status))
        assert all(line.startswith("⟦") for line in screen.html.split("\n"))
        assert all(button.label.startswith("⟦") for row in screen.rows for button in row)

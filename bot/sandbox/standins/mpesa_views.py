"""What Daraja says of the sandbox's prompts, reversals and payouts."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Final

import orjson

from bot.sandbox.provider_records import Capture, Checkout, CheckoutStatus
from bot.sandbox.provider_refund_records import Refund, RefundStatus

NAIROBI: Final = timezone(timedelta(hours=3))

ENDS: Final = {
    "": ("0", "The service request is processed successfully."),
    "insufficient_funds": ("1", "The balance is insufficient for the transaction."),
    "cancelled": ("1032", "Request cancelled by user."),
    "wrong_pin": ("2001", "The initiator information is invalid."),
}
"""How a prompt ends that somebody answered: paid, or declined with one of our codes."""

NO_ANSWER: Final = ("1037", "DS timeout user cannot be reached.")
NOT_ENOUGH: Final = ("1", "The balance is insufficient for the transaction.")
BAD_PASSWORD: Final = ("2001", "The initiator information is invalid.")
REVERSED_BEFORE: Final = ("R000001", "The transaction has already been reversed.")
NO_SUCH_RECEIPT: Final = ("R000002", "The OriginalTransactionID is invalid.")
DONE: Final = ("0", "The service request is processed successfully.")

STATUSES: Final = {
    RefundStatus.PENDING: "Authorized",
    RefundStatus.NEEDS_ATTENTION: "Authorized",
    RefundStatus.DONE: "Completed",
    RefundStatus.FAILED: "Declined",
    RefundStatus.RETURNED: "Completed",
}
"""Nobody sends a reversal back."""


def receipt_of(capture: Capture) -> str:
    """Return a capture's receipt number: ten capitals and digits."""
    return named(capture.id)


def named(seed: str) -> str:
    """Return a number of M-Pesa's shape that is always the same for the same thing."""
    return f"S{hashlib.sha256(seed.encode()).hexdigest()[:9].upper()}"


def end_of(checkout: Checkout) -> tuple[str, str] | None:
    """Return code and words of how a prompt ended; None while it has not."""
    match checkout.status:
        case CheckoutStatus.OPEN | CheckoutStatus.PROCESSING:
            return None
        case CheckoutStatus.EXPIRED:
            return NO_ANSWER
        case _:
            return ENDS.get(checkout.decline, ENDS["cancelled"])


def callback(checkout: Checkout) -> bytes:
    """Tell how a prompt ended; b"" where it has not. However often it is taken, it is told once."""
    end = end_of(checkout)
    if end is None:
        return b""
    code, words = end
    told: dict[str, object] = {
        "MerchantRequestID": f"29115-{checkout.id}-1",
        "CheckoutRequestID": checkout.terms.reference,
        "ResultCode": int(code),
        "ResultDesc": words,
    }
    if checkout.captures:
        told["CallbackMetadata"] = {"Item": _paid(checkout, checkout.captures[0])}
    return orjson.dumps({"Body": {"stkCallback": told}})


def _paid(checkout: Checkout, capture: Capture) -> list[dict[str, object]]:
    return [
        {"Name": "Amount", "Value": shillings(capture.amount_minor)},
        {"Name": "MpesaReceiptNumber", "Value": receipt_of(capture)},
        {"Name": "Balance"},
        {"Name": "TransactionDate", "Value": int(stamp(capture.at))},
        {"Name": "PhoneNumber", "Value": int(checkout.terms.phone)},
    ]


def reversed_(checkout: Checkout, refund: Refund) -> bytes:
    """Tell how a reversal ended; b"" where it has not."""
    if refund.status is RefundStatus.FAILED:
        return result(refund.reference, NOT_ENOUGH)
    if refund.status is not RefundStatus.DONE:
        return b""
    paid = next(each for each in checkout.captures if each.id == refund.capture_id)
    facts = {
        "Amount": shillings(refund.amount_minor),
        "OriginalTransactionID": receipt_of(paid),
        "TransCompletedTime": int(stamp(refund.at)),
    }
    return result(refund.reference, DONE, facts, receipt=named(refund.id))


def looked_up(refund: Refund, *, question: str) -> bytes:
    """Tell how a reversal stands, to whoever asked under an id of its own."""
    facts = {
        "OriginatorConversationID": refund.reference,
        "TransactionStatus": STATUSES[refund.status],
        "Amount": shillings(refund.amount_minor),
        "ReceiptNo": named(refund.id),
        "FinalisedTime": int(stamp(refund.at)),
    }
    return result(question, DONE, facts, receipt=named(question))


def result(
    conversation: str,
    end: tuple[str, str],
    facts: Mapping[str, object] | None = None,
    *,
    receipt: str = "",
) -> bytes:
    """Tell how a conversation ended; codes of letters and digits stay text."""
    code, words = end
    told: dict[str, object] = {
        "ResultType": 0,
        "ResultCode": int(code) if code.isdecimal() else code,
        "ResultDesc": words,
        "OriginatorConversationID": conversation,
        "ConversationID": f"AG_{conversation}",
        "TransactionID": receipt or named(conversation),
        "ReferenceData": {"ReferenceItem": {"Key": "QueueTimeoutURL", "Value": ""}},
    }
    if facts is not None:
        listed = [{"Key": key, "Value": value} for key, value in facts.items()]
        told["ResultParameters"] = {"ResultParameter": listed}
    return orjson.dumps({"Result": told})


def refusal(code: str, words: str) -> dict[str, object]:
    """Say that a call did not work."""
    return {"requestId": "16813-1590513-1", "errorCode": code, "errorMessage": words}


def accepted(conversation: str) -> dict[str, object]:
    """Say that a question is answered later."""
    return {
        "ConversationID": f"AG_{conversation}",
        "OriginatorConversationID": conversation,
        "ResponseCode": "0",
        "ResponseDescription": "Accept the service request successfully.",
    }


def shillings(minor: int) -> int | str:
    """Return an amount as JSON has it; only a lie has cents, and is text."""
    whole, cents = divmod(minor, 100)
    return f"{whole}.{cents:02}" if cents else whole


def stamp(at: datetime) -> str:
    """Return a moment as Nairobi's clock shows it: 20261121120000."""
    return at.astimezone(NAIROBI).strftime("%Y%m%d%H%M%S")

"""How Daraja says things: its answers and callbacks, for the dialect of the suite."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from core.domain.money import Currency, Money
from core.domain.providers import Hook, ProviderError
from tests.bot.providers.conformance import NOW, PROVIDER_REF, RECEIPT, REFERENCE, Fact
from tests.bot.providers.conformance_outflows import Book, Sent

KES: Final = Currency("KES")
RESULTS: Final = {"paid": "0", "processing": "4999", "expired": "1037", "unheard": "7777"}
REASONS: Final = {
    ProviderError.INSUFFICIENT_FUNDS: "1",
    ProviderError.DECLINED_CARD: "1032",
    ProviderError.TIMEOUT_ERROR: "1019",
    ProviderError.AUTHENTICATION_ERROR: "2001",
    ProviderError.PROVIDER_ERROR: "SFC_IC0003",
}
TRANSACTIONS: Final = {
    "pending": "Authorized",
    "done": "Completed",
    "failed": "Declined",
    "returned": "Reversed",
    "unheard": "Marvellous",
}


def token() -> httpx.Response:
    """Answer an access token."""
    return httpx.Response(200, json={"access_token": "c9SQxWWhmdVRlyh0", "expires_in": "3599"})


def refused(status: int, code: str, message: str) -> httpx.Response:
    """Answer that a call did not work."""
    body = {"requestId": "16813-1590513-1", "errorCode": code, "errorMessage": message}
    return httpx.Response(status, json=body)


def being_processed() -> httpx.Response:
    """Answer a look-up while the payer thinks."""
    return refused(500, "500.001.1001", "The transaction is being processed")


def prompt_of(fact: Fact) -> str:
    """Return the id of an attempt's prompt."""
    return PROVIDER_REF if fact.reference == REFERENCE else "page_2"


def code_of(fact: Fact) -> str:
    """Return the result's code."""
    return REASONS[fact.decline] if fact.status == "declined" else RESULTS[fact.status]


def prompting(request: httpx.Request, fact: Fact) -> httpx.Response:
    """Answer a call about a prompt."""
    ids = {"MerchantRequestID": "29115-34620561-1", "CheckoutRequestID": prompt_of(fact)}
    if request.url.path.endswith("processrequest"):
        told = {"ResponseDescription": "Success", "CustomerMessage": "Success"}
        return httpx.Response(200, json={**ids, "ResponseCode": "0", **told})
    if fact.status == "open":
        return being_processed()
    done = {"ResponseCode": "0", "ResponseDescription": "Accepted"}
    said = {"ResultCode": code_of(fact), "ResultDesc": "As the code says"}
    return httpx.Response(200, json={**done, **ids, **said})


def callback(fact: Fact) -> dict[str, object]:
    """Tell what became of a prompt; codes are numbers here, where they can be."""
    code = code_of(fact)
    told: dict[str, object] = {
        "MerchantRequestID": "29115-34620561-1",
        "CheckoutRequestID": prompt_of(fact),
        "ResultCode": int(code) if code.isdecimal() else code,
        "ResultDesc": "As the code says",
    }
    if fact.taken:
        told["CallbackMetadata"] = {
            "Item": [
                {"Name": "Amount", "Value": fact.taken[0].amount.minor // 100},
                {"Name": "MpesaReceiptNumber", "Value": RECEIPT},
                {"Name": "Balance"},
                {"Name": "TransactionDate", "Value": 20261121120000},
                {"Name": "PhoneNumber", "Value": 254712345678},
            ]
        }
    return {"Body": {"stkCallback": told}}


def accepted(conversation: str) -> httpx.Response:
    """Answer that a question is answered later."""
    ids = {"ConversationID": "AG_20261121_00004e48cf7e3533f581"}
    said = {"ResponseCode": "0", "ResponseDescription": "Accept the service request successfully."}
    return httpx.Response(200, json={**ids, "OriginatorConversationID": conversation, **said})


def result(
    conversation: str, code: str, facts: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Tell how something ended."""
    told: dict[str, object] = {
        "ResultType": 0,
        "ResultCode": int(code) if code.isdecimal() else code,
        "ResultDesc": "As the code says",
        "OriginatorConversationID": conversation,
        "ConversationID": "AG_20261121_00004e48cf7e3533f581",
        "TransactionID": "SKL9ZZ1TXN",
        "ReferenceData": {"ReferenceItem": {"Key": "QueueTimeoutURL", "Value": "https://x/"}},
    }
    if facts is not None:
        listed = [{"Key": key, "Value": value} for key, value in facts.items()]
        told["ResultParameters"] = {"ResultParameter": listed}
    return {"Result": told}


def looked_up(sent: Sent, conversation: str) -> dict[str, object]:
    """Tell what a look-up found."""
    facts = {
        "DebitPartyName": "600996 - Hazina",
        "OriginatorConversationID": conversation,
        "TransactionStatus": TRANSACTIONS[sent.status],
        "Amount": sent.amount.minor // 100,
        "ReceiptNo": "SKL9ZZ1TXN",
        "FinalisedTime": 20261121120000,
    }
    return result("29112-of-the-look-up-1", "0", facts)


def moving(request: httpx.Request, book: Book, conversation: str) -> httpx.Response:
    """Answer a call about a payout or a reversal; a repeated reversal is found out later."""
    path, body = request.url.path, json.loads(request.content)
    if path == "/mpesa/transactionstatus/v1/query":
        return accepted("29112-of-the-look-up-1")
    if "b2c" in path and book.find(body["OriginatorConversationID"]):
        return refused(500, "500.002.1001", "Duplicate OriginatorConversationID.")
    if "reversal" not in path or not book.sent:
        book.send(reference=body["Remarks"], amount=Money(body["Amount"] * 100, KES))
    return accepted(conversation)


def hook(told: Mapping[str, object]) -> Hook:
    """Let something come to an address."""
    return Hook(body=json.dumps(told).encode(), received_at=NOW)


def with_amount(body: bytes, written: bytes) -> bytes:
    """Put other JSON in the place of every amount."""
    pattern = rb'("(?:Name|Key)": "(?:Transaction)?Amount", "Value": )(?:[0-9.]+|"[0-9.]+")'
    return re.sub(pattern, lambda found: found[1] + written, body)


@cache
def certificate() -> tuple[str, rsa.RSAPrivateKey]:
    """Return a certificate as Safaricom publishes one, and the key that opens what it closes."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "apigee.example")])
    at = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(at)
        .not_valid_after(at + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode(), key

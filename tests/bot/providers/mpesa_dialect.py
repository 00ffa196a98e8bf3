"""M-Pesa's adapter over a pretend network, and the dialects of its parts."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import httpx

from bot.providers import PROVIDERS
from bot.providers.mpesa.codes import ADDRESS, SANDBOX
from core.domain.money import Currency, Money
from core.domain.providers import (
    Hook,
    Provider,
    ProviderError,
)
from tests.bot.providers import mpesa_says as says
from tests.bot.providers.conformance import (
    NOW,
    RECEIPT,
    Fact,
)
from tests.bot.providers.conformance_outflows import Book, Sent
from tests.bot.providers.kits import a_kit

MAKER: Final = PROVIDERS["mpesa"]
PASSWORD: Final = "Initiator#Not4Real"
CREDENTIALS: Final = {
    "consumer_key": "consumer-key-not-a-real-one",
    "consumer_secret": "consumer-secret-not-a-real-one",
    "shortcode": "174379",
    "passkey": "passkey-not-a-real-one-0123456789",
    "b2c_shortcode": "600996",
    "initiator_name": "testapi",
    "initiator_password": PASSWORD,
}


def adapter(client: httpx.AsyncClient, address: str = SANDBOX, **changes: str) -> Provider:
    given = {**MAKER.defaults, **CREDENTIALS, "certificate": says.certificate()[0], **changes}
    kit = a_kit(client, now=NOW, is_test=address != ADDRESS)
    return MAKER.open(kit, given, address=address)


class MpesaDialect:
    """How Daraja says things."""

    declines: tuple[ProviderError, ...] = tuple(says.REASONS)
    secrets: tuple[str, ...] = (
        CREDENTIALS["consumer_key"],
        CREDENTIALS["consumer_secret"],
        CREDENTIALS["passkey"],
        PASSWORD,
    )
    currency = says.KES
    other = Currency("USD")
    can_get_stuck = False

    def adapter(self, client: httpx.AsyncClient) -> Provider:
        return adapter(client)

    def is_prelude(self, request: httpx.Request) -> bool:
        return request.url.path == "/oauth/v1/generate"

    def answer(self, request: httpx.Request, fact: Fact) -> httpx.Response:
        return says.token() if self.is_prelude(request) else says.prompting(request, fact)

    def answered(self, fact: Fact) -> Hook:
        return says.hook(says.callback(fact))

    def asked(self, request: httpx.Request) -> tuple[str, Money]:
        body = json.loads(request.content)
        return body["AccountReference"], Money(body["Amount"] * 100, says.KES)

    def refuse_content(self) -> httpx.Response:
        return says.refused(400, "400.002.02", "Bad Request - Invalid Amount")

    def not_found(self) -> httpx.Response:
        return says.refused(400, "400.002.02", "Bad Request - Invalid CheckoutRequestID")

    def with_amount(self, body: bytes, token: bytes) -> bytes:
        return says.with_amount(body, token)

    def hook(self, *, event_id: str, reference: str, at: datetime, is_genuine: bool = True) -> Hook:
        return self.answered(Fact(status="declined", reference=reference))

    def provider_ref(self, sent: Sent) -> str:
        return f"29112-{sent.id}-{sent.paid}"

    def answer_outflow(self, request: httpx.Request, book: Book) -> httpx.Response:
        if self.is_prelude(request):
            return says.token()
        return says.moving(request, book, self.provider_ref(book.next))

    def ended(self, sent: Sent) -> Hook:
        if sent.status == "failed":
            return says.hook(says.result(self.provider_ref(sent), "1"))
        return says.hook(says.result(self.provider_ref(sent), "0", self.facts(sent)))

    def facts(self, sent: Sent) -> dict[str, object]:
        return {"Amount": f"{sent.amount.minor // 100}.00", "TransCompletedTime": 20261121120000}

    def looked_up(self, sent: Sent) -> Hook:
        return says.hook(says.looked_up(sent, self.provider_ref(sent)))


class PhoneDialect(MpesaDialect):
    """A payout to a phone carries our reference as its conversation."""

    def provider_ref(self, sent: Sent) -> str:
        return sent.reference

    def facts(self, sent: Sent) -> dict[str, object]:
        return {
            "TransactionAmount": sent.amount.minor // 100,
            "TransactionReceipt": "SKL9ZZ1TXN",
            "TransactionCompletedDateTime": "21.11.2026 12:00:00",
        }


class ReversalDialect(MpesaDialect):
    """A reversal names the receipt of the payment."""

    def facts(self, sent: Sent) -> dict[str, object]:
        receipt = RECEIPT if sent.paid == Sent().paid else "SKL5XQ7XYZ"
        return {**super().facts(sent), "OriginalTransactionID": receipt}


async def posted(
    act: Callable[[Any], Any], behave: Callable[[httpx.Request], httpx.Response], **changes: str
) -> tuple[object, list[dict[str, Any]]]:
    """Act; return the outcome and what was posted."""
    bodies: list[dict[str, Any]] = []

    def keep(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            bodies.append(json.loads(request.content))
        return behave(request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(keep)) as client:
        return await act(adapter(client, **changes)), bodies

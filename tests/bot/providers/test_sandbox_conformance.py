"""The sandbox provider's adapter against the suite that every adapter passes."""

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Final

import httpx
import pytest

from bot.providers.sandbox import SandboxConfig, SandboxProvider
from bot.providers.wire import MAX_BYTES
from bot.sandbox.provider_records import Capture, Checkout, CheckoutStatus, Terms
from bot.sandbox.provider_store import Keys
from bot.sandbox.provider_tongue import CARD_EXPIRES, OwnTongue, sign
from core.domain.money import Currency, Money
from core.domain.providers import (
    Authentic,
    Forged,
    Hook,
    Provider,
    ProviderError,
    SavedMethod,
    Unknown,
)
from tests.bot.providers.conformance import (
    NOW,
    PAID,
    REQUEST,
    Answers,
    Fact,
    ManyCaptures,
    look_up,
)
from tests.bot.providers.conformance_failures import Bodies, Failures
from tests.bot.providers.conformance_hooks import StampedHooks
from tests.bot.providers.conformance_saved import ChargingSaved

SECRET_KEY: Final = "sk_sandbox_conformance"
WEBHOOK_SECRET: Final = "whsec_conformance_suite"
URL: Final = "http://127.0.0.1:9/sandbox/provider"

DECLINE_CODES: Final = {
    ProviderError.INSUFFICIENT_FUNDS: "insufficient_funds",
    ProviderError.INVALID_CARD: "invalid_card",
    ProviderError.EXPIRED_CARD: "expired_card",
    ProviderError.DECLINED_CARD: "declined_by_bank",
}


TONGUE: Final = OwnTongue(
    Keys(secret_key=SECRET_KEY, webhook_secret=WEBHOOK_SECRET),
    base_url=URL,
    account="acct_sandbox",
)
"""The server's own: what it shows is what the adapter must read."""


class SandboxDialect:
    """How the sandbox provider says things: by the server's own view of a checkout."""

    declines: tuple[ProviderError, ...] = tuple(DECLINE_CODES)
    secrets: tuple[str, ...] = (SECRET_KEY, WEBHOOK_SECRET)
    currency = Currency("NGN")
    other = Currency("USD")
    saved = SavedMethod(
        token=TONGUE.card_of(REQUEST.email),
        owner=REQUEST.email,
        label="Visa •••• 6498",
        expires=CARD_EXPIRES,
        fingerprint="7f64a0b3cbb6926c43149e6a",
    )

    def adapter(self, client: httpx.AsyncClient) -> Provider:
        config = SandboxConfig(url=URL, secret_key=SECRET_KEY, webhook_secret=WEBHOOK_SECRET)
        return SandboxProvider(client, config)

    def answer(self, request: httpx.Request, fact: Fact) -> httpx.Response:
        view = TONGUE.view(_checkout(fact))
        status = "unheard" if fact.status == "unheard" else view["status"]
        mode = "test" if fact.is_test else "live"
        return httpx.Response(200, json={**view, "status": status, "mode": mode})

    def is_prelude(self, request: httpx.Request) -> bool:
        return False

    def asked(self, request: httpx.Request) -> tuple[str, Money]:
        body = json.loads(request.content)
        return body["reference"], Money(body["amount_minor"], Currency(body["currency"]))

    def charged(self, request: httpx.Request) -> tuple[str, str, str, Money]:
        body = json.loads(request.content)
        amount = Money(body["amount_minor"], Currency(body["currency"]))
        return body["card"], body["email"], body["reference"], amount

    def unkept(self, body: bytes) -> bytes:
        return json.dumps({**json.loads(body), "card": None}).encode()

    def confirm(self) -> httpx.Response:
        return httpx.Response(201, json=TONGUE.view(_checkout(Fact())))

    def refuse_content(self) -> httpx.Response:
        return httpx.Response(400, json={"error": {"code": "invalid_request", "message": "title"}})

    def not_found(self) -> httpx.Response:
        return httpx.Response(404, json={"error": {"code": "not_found", "message": "none"}})

    def with_amount(self, body: bytes, token: bytes) -> bytes:
        return re.sub(rb'"amount_minor":\s*\d+', b'"amount_minor":' + token, body)

    def hook(self, *, event_id: str, reference: str, at: datetime, is_genuine: bool = True) -> Hook:
        event = {"id": event_id, "type": "checkout.paid", "data": {"reference": reference}}
        body = json.dumps(event).encode()
        secret = WEBHOOK_SECRET if is_genuine else "whsec_of_somebody_else"
        headers = {
            "content-type": "application/json",
            "x-sandbox-signature": sign(secret, body, at=at),
        }
        return Hook(body=body, headers=headers, received_at=at)


class TestSandbox(Answers, ManyCaptures, ChargingSaved, Failures, Bodies, StampedHooks):
    """The suite, spoken in the sandbox provider's dialect."""

    dialect = SandboxDialect()

    async def test_encoding_that_was_not_asked_for_is_not_opened(self) -> None:
        def behave(request: httpx.Request) -> httpx.Response:
            packed = gzip.compress(self.dialect.answer(request, PAID).content)
            return httpx.Response(200, content=packed, headers={"content-encoding": "gzip"})

        outcome, _ = await self.watched(look_up, behave)
        expected = Unknown(error=ProviderError.PROVIDER_ERROR, detail="unasked encoding")
        assert outcome == expected

    async def test_body_that_never_ends_ends_at_the_deadline(self) -> None:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=_Endless()))
        config = SandboxConfig(
            url=URL, secret_key=SECRET_KEY, webhook_secret=WEBHOOK_SECRET, deadline_s=0.05
        )
        async with httpx.AsyncClient(transport=transport) as client:
            outcome = await look_up(SandboxProvider(client, config))
        assert outcome == Unknown(error=ProviderError.TIMEOUT_ERROR, detail="no answer in time")

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"id":"evt_1","id":"evt_2"}', b"\xff"])
    def test_signed_event_that_cannot_be_read_is_kept_and_names_nothing(self, body: bytes) -> None:
        reading = self.reading(_signed(body))
        assert isinstance(reading, Authentic)
        assert (reading.reference, reading.kind) == ("", "unreadable")
        assert reading.event_key.startswith("sha256:")

    def test_signed_event_beyond_the_limit_is_refused_unread(self) -> None:
        assert self.reading(_signed(b" " * (MAX_BYTES + 1))) == Forged(reason="too large")


class _Endless(httpx.AsyncByteStream):
    """A body whose second byte never comes."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()


def _signed(body: bytes) -> Hook:
    headers = {"x-sandbox-signature": sign(WEBHOOK_SECRET, body, at=NOW)}
    return Hook(body=body, headers=headers, received_at=NOW)


def _checkout(fact: Fact) -> Checkout:
    captures = tuple(
        Capture(
            id=taken.provider_id,
            amount_minor=taken.amount.minor,
            currency=taken.amount.currency,
            at=NOW,
            fee_minor=7_500,
        )
        for taken in fact.taken
    )
    known = {status.value for status in CheckoutStatus}
    blank = Checkout(id="chk_1", terms=_terms(fact.reference), created_at=NOW, updated_at=NOW)
    return replace(
        blank,
        status=CheckoutStatus(fact.status if fact.status in known else "open"),
        decline=DECLINE_CODES[fact.decline] if fact.status == "declined" else "",
        captures=captures,
    )


def _terms(reference: str) -> Terms:
    return Terms(
        reference=reference,
        amount_minor=REQUEST.amount.minor,
        currency=REQUEST.amount.currency,
        email=REQUEST.email,
        title=REQUEST.title,
        return_url=REQUEST.return_url,
        expires_at=REQUEST.expires_at,
        webhook_url="",
    )

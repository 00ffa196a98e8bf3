"""PayPal's events: proven by a certificate that leads to a root, else hints and no more."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from bot.providers.paypal.certificates import FETCHES_A_MINUTE, believed, trusted_roots
from bot.providers.paypal.client import open_paypal
from core.domain.providers import (
    About,
    Authentic,
    Forged,
    Hook,
    Preparing,
    Reading,
    Undecided,
)
from tests.bot.providers import paypal_says as says
from tests.bot.providers.conformance import FIRST, NOW, REFERENCE, Fact
from tests.bot.providers.conformance_hooks import Hooks
from tests.bot.providers.conformance_outflows import Sent
from tests.bot.providers.kits import a_kit
from tests.bot.providers.paypal_dialect import ASKED, KEYS, PayPalDialect, adapter

PAYMENT, REFUND, DISPUTE = About.PAYMENT, About.REFUND, About.DISPUTE


class Shelf:
    """Where certificates are; counts who asks."""

    def __init__(self, pem: bytes = b"", *, status: int = 200) -> None:
        """Answer with this."""
        self.answer = (status, pem or says.signer().pem)
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        status, pem = self.answer
        return httpx.Response(status, content=pem)


def judged(*hooks: Hook, shelf: Shelf | None = None, now: datetime = NOW) -> list[Reading]:
    """Judge events one after another as the door does: fetch what it takes, then read."""

    async def judge() -> list[Reading]:
        transport = httpx.MockTransport(shelf or Shelf())
        async with httpx.AsyncClient(transport=transport) as client:
            provider = adapter(client, now=now)
            assert isinstance(provider, Preparing)
            readings = []
            for hook in hooks:
                await provider.prepare(hook)
                readings.append(provider.read_hook(hook))
            return readings

    return asyncio.run(judge())


def genuine(
    kind: str = "PAYMENT.CAPTURE.COMPLETED", resource: Mapping[str, object] | None = None
) -> Hook:
    body = says.event(kind, {"custom_id": REFERENCE} if resource is None else resource)
    return Hook(body=body, headers=says.signer().headers(body, at=NOW), received_at=NOW)


def naming(address: str) -> Hook:
    hook = genuine()
    return replace(hook, headers={**hook.headers, "paypal-cert-url": address})


class TestPayPalHooks(Hooks):
    """The suite, spoken by PayPal whose certificate could be had."""

    dialect = PayPalDialect()

    def reading(self, hook: Hook) -> Reading:
        return judged(hook)[0]


def test_certificate_is_fetched_once_and_from_paypal() -> None:
    shelf = Shelf()
    readings = judged(genuine(), genuine(), shelf=shelf)
    assert all(isinstance(reading, Authentic) for reading in readings)
    assert shelf.asked == [says.CERTIFICATE]


@pytest.mark.parametrize(
    "address",
    [
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.example/v1/notifications/certs/CERT-1",
        "https://evilpaypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/../../../redirect",
        "https://api.paypal.com/v1/notifications/certs/CERT-1?to=evil.example",
        "https://api.paypal.com/v1/notifications/certs/CERT-1\n",
        "https://127.0.0.1/v1/notifications/certs/CERT-1",
    ],
)
def test_certificate_elsewhere_is_never_fetched(address: str) -> None:
    shelf = Shelf()
    assert [type(each) for each in judged(naming(address), shelf=shelf)] == [Forged]
    assert shelf.asked == []


def test_event_whose_certificate_cannot_be_had_is_a_hint() -> None:
    (reading,) = judged(genuine(), shelf=Shelf(status=503))
    assert isinstance(reading, Undecided)
    assert (reading.reference, reading.about) == (REFERENCE, About.PAYMENT)


def test_hint_spends_no_proven_events_key() -> None:
    (hint,) = judged(genuine(), shelf=Shelf(status=503))
    (proven,) = judged(genuine())
    assert isinstance(hint, Undecided)
    assert isinstance(proven, Authentic)
    assert hint.event_key != proven.event_key


@pytest.mark.parametrize(
    "pem",
    [
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"<html>",
        says.signer().pem.partition(b"-----END CERTIFICATE-----\n")[0]
        + b"-----END CERTIFICATE-----\n",
        says.signer("api.paypal.com.example").pem,
        says.signer("api.paypal.com").pem,
    ],
    ids=["nonsense", "page", "no issuer", "another name", "another root"],
)
def test_event_whose_certificate_proves_nothing_is_a_hint(pem: bytes) -> None:
    (reading,) = judged(genuine(), shelf=Shelf(pem))
    assert isinstance(reading, Undecided)


def test_certificate_counts_for_names_of_paypal_and_while_it_is_good() -> None:
    signer = says.signer()
    others = says.signer("api.paypal.com.example")
    assert believed(signer.pem, roots=[signer.root], at=NOW) is not None
    assert believed(others.pem, roots=[others.root], at=NOW) is None
    assert believed(signer.pem, roots=[signer.root], at=NOW + timedelta(days=91)) is None
    assert believed(signer.pem, roots=[signer.root], at=NOW - timedelta(days=31)) is None


def test_root_made_up_today_is_not_one_that_this_process_trusts() -> None:
    signer = says.signer()
    assert len(trusted_roots()) > 10
    assert believed(signer.pem, roots=trusted_roots(), at=NOW) is None


LOCAL: Final = "http://127.0.0.1:8080/sandbox/provider/paypal"


@pytest.mark.parametrize(
    ("address", "certificate", "is_test", "reading"),
    [
        (LOCAL, f"{LOCAL}/v1/notifications/certs/CERT-1", True, Authentic),
        (LOCAL, f"{LOCAL}/v1/notifications/certs/CERT-1", False, Undecided),
        (LOCAL, says.CERTIFICATE, True, Undecided),
        (says.API, f"{says.API}/v1/notifications/certs/CERT-1", True, Undecided),
        (says.API, f"{LOCAL}/v1/notifications/certs/CERT-1", True, Forged),
    ],
    ids=["sandbox", "real money", "PayPal's own", "PayPal's sandbox", "elsewhere"],
)
async def test_root_that_comes_along_counts_only_of_pretend_money_on_this_machine(
    address: str, certificate: str, reading: type[Reading], *, is_test: bool
) -> None:
    signer, hook = says.signer(), naming(certificate)
    shelf = Shelf(signer.pem + signer.root.public_bytes(Encoding.PEM))
    async with httpx.AsyncClient(transport=httpx.MockTransport(shelf)) as client:
        kit = a_kit(client, now=NOW, is_test=is_test)
        provider = open_paypal(kit, KEYS, address=address)
        await provider.prepare(hook)
        assert type(provider.read_hook(hook)) is reading


def test_strangers_cannot_make_us_fetch_without_end() -> None:
    shelf = Shelf(status=404)
    start = says.CERTIFICATE.rpartition("-")[0]
    readings = judged(*(naming(f"{start}-{n}") for n in range(30)), shelf=shelf)
    assert all(isinstance(reading, Undecided) for reading in readings)
    assert len(shelf.asked) == FETCHES_A_MINUTE


def test_event_for_another_webhook_is_forged() -> None:
    hook = genuine()
    headers = says.signer().headers(hook.body, at=NOW, webhook_id="1CD12345AB678901F")
    assert [type(each) for each in judged(replace(hook, headers=headers))] == [Forged]


def test_signed_event_that_cannot_be_read_is_kept_and_names_nothing() -> None:
    body = b'{"id": 5}'
    hook = Hook(body=body, headers=says.signer().headers(body, at=NOW), received_at=NOW)
    (reading,) = judged(hook)
    assert isinstance(reading, Authentic)
    assert (reading.kind, reading.reference) == ("unreadable", "")


PAID: Final = Fact(status="paid", reference="R-1", taken=(FIRST,))
CAPTURE: Final = says.capture(PAID, FIRST)
SENT: Final = Sent(id="70001", reference="R-1", paid=FIRST.provider_id, amount=FIRST.amount)


@pytest.mark.parametrize(
    ("kind", "resource", "about", "reference"),
    [
        ("CHECKOUT.ORDER.APPROVED", json.loads(says.order(PAID, ASKED).content), PAYMENT, "R-1"),
        ("PAYMENT.CAPTURE.PENDING", CAPTURE, PAYMENT, "R-1"),
        ("PAYMENT.CAPTURE.PENDING", {**CAPTURE, "custom_id": None}, PAYMENT, ""),
        ("PAYMENT.CAPTURE.REFUNDED", says.refund(SENT), REFUND, REFERENCE),
        ("PAYMENT.REFUND.FAILED", says.refund(SENT), REFUND, REFERENCE),
        ("PAYMENT.CAPTURE.REVERSED", says.reversal(SENT), REFUND, FIRST.provider_id),
        ("PAYMENT.CAPTURE.REVERSED", {"id": "70001"}, REFUND, ""),
        ("PAYMENT.CAPTURE.REVERSED", {"id": "70001", "links": []}, REFUND, ""),
        ("CUSTOMER.DISPUTE.CREATED", says.dispute(ASKED), DISPUTE, REFERENCE),
        (
            "CUSTOMER.DISPUTE.UPDATED",
            says.dispute(ASKED, disputed_transactions=[{"seller_transaction_id": "4AB90001"}]),
            DISPUTE,
            "4AB90001",
        ),
        ("BILLING.SUBSCRIPTION.CREATED", {}, About.NOTHING, ""),
    ],
)
def test_events_name_what_they_are_about(
    kind: str, resource: dict[str, object], about: About, reference: str
) -> None:
    (reading,) = judged(genuine(kind, resource))
    assert isinstance(reading, Authentic)
    assert (reading.kind, reading.about, reading.reference) == (kind, about, reference)

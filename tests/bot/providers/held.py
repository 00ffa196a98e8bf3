"""Every call that an adapter makes in a test is held to its provider's description.

So is each answer of a stand-in, and each event that it tells, where a provider's are described
(refusals: PayPal's); what tests answer is spoilt on purpose too often. Folders whose tests call
adapters name the fixture in their conftest.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Protocol

import httpx
import pytest

from bot.providers.wire import Heard, Line
from bot.sandbox.provider_tongue import Happening
from bot.sandbox.standins.paypal import PayPalStandin
from bot.sandbox.standins.paystack import PaystackStandin
from bot.sandbox.standins.stripe import StripeStandin
from core.domain.providers import Unknown
from tests.bot.providers import (
    contracts,
    paypal_contract,
    paystack_contract,
    stripe_contract,
    telegram_contract,
)

HOSTS: Final = {
    "api.paystack.co": "paystack",
    "api-m.paypal.com": "paypal",
    "api-m.sandbox.paypal.com": "paypal",
    "api.stripe.com": "stripe",
    "api.telegram.org": "telegram",
}


class Telling(Protocol):
    """A stand-in that tells events."""

    def event(self, happening: Happening, /) -> bytes:
        """Show what happened."""


_STANDIN: Final = re.compile(r".*/sandbox/provider/([a-z]+)(/.*)?")

ANSWERS: Final[Mapping[str, Callable[[str, str, object], list[str]]]] = {
    "paypal": paypal_contract.broken_answer,
    "paystack": paystack_contract.broken_answer,
    "stripe": stripe_contract.broken_answer,
}
REFUSALS: Final[Mapping[str, Callable[[str, int, object], list[str]]]] = {
    "paypal": paypal_contract.broken_refusal,
    "paystack": paystack_contract.broken_refusal,
}
EVENTS: Final[Mapping[type[Telling], Callable[[bytes], list[str]]]] = {
    PayPalStandin: paypal_contract.broken_event,
    PaystackStandin: paystack_contract.broken_event,
    StripeStandin: stripe_contract.broken_event,
}

_ASK: Final = Line.ask


@pytest.fixture(autouse=True)
def held_to_contracts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect what calls break; the test fails in the end if they broke anything."""
    found: list[str] = []

    async def watched(line: Line, method: str, path: str, **asked: Any) -> Heard | Unknown:
        found.extend(broken_call(line.url, method, path, asked))
        heard = await _ASK(line, method, path, **asked)
        if isinstance(heard, Heard) and _STANDIN.fullmatch(line.url):
            found.extend(broken_answer(line.url, method, path, heard))
        return heard

    monkeypatch.setattr(Line, "ask", watched)
    for standin, broken_event in EVENTS.items():
        monkeypatch.setattr(standin, "event", _told(standin.event, broken_event, found))
    yield found
    assert not found, found


def broken_call(url: str, method: str, path: str, asked: Mapping[str, Any]) -> list[str]:
    """Return in what a call departs from its provider's description, where there is one."""
    provider = _provider(url)
    if provider == "stripe":
        return stripe_contract.broken_call(method, path, _written(asked))
    if provider == "telegram":
        return telegram_contract.broken_call(path, asked.get("body") or {})
    return [
        *contracts.broken_query(provider, path, asked.get("query") or {}),
        *contracts.broken_call(provider, method, path, asked.get("body") or {}),
    ]


def broken_answer(url: str, method: str, path: str, heard: Heard) -> list[str]:
    """Return in what an answer departs from the description; half an answer is no matter of it."""
    try:
        said = json.loads(heard.body)
    except ValueError:
        return []
    if heard.is_success:
        of = ANSWERS.get(_provider(url))
        return of(method, path, said) if of else []
    refused = REFUSALS.get(_provider(url))
    return refused(path.partition("?")[0], heard.status, said) if refused else []


def _told(
    tell: Callable[[Any, Happening], bytes],
    broken_event: Callable[[bytes], list[str]],
    found: list[str],
) -> Callable[[Any, Happening], bytes]:
    """Return how a stand-in tells events, and what is found broken in them."""

    def told(standin: Any, happening: Happening) -> bytes:
        event = tell(standin, happening)
        found.extend(broken_event(event) if event else [])
        return event

    return told


def _provider(url: str) -> str:
    if url.endswith("/sandbox/telegram"):
        return "telegram"
    standin = _STANDIN.fullmatch(url)
    return standin[1] if standin else HOSTS.get(url.partition("://")[2].partition("/")[0], "")


def _written(asked: Mapping[str, Any]) -> str:
    form = asked.get("content") or b""
    return form.decode() or str(httpx.QueryParams(asked.get("query") or {}))

"""What Stripe is asked, with which amounts, under which keys."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.providers.stripe import asks
from bot.providers.stripe.codes import CAPABILITIES, EVENTS, READS
from core.domain.errors import ProviderProblem
from core.domain.money import Currency, Money
from core.domain.providers import (
    About,
    Accepted,
    Declined,
    ProviderError,
    Settled,
    Unknown,
)
from tests.bot.providers import stripe_says as says
from tests.bot.providers.conformance import (
    NOW,
    REQUEST,
    Fact,
    look_up,
)
from tests.bot.providers.kits import a_kit
from tests.bot.providers.stripe_dialect import KEY, MAKER, SIGNING, adapter


@pytest.mark.parametrize(
    ("lives", "expected"),
    [
        (timedelta(minutes=1), timedelta(minutes=36)),
        (timedelta(hours=1), timedelta(minutes=95)),
        (timedelta(hours=23, minutes=20), timedelta(hours=23, minutes=55)),
        (timedelta(hours=24), None),
        (timedelta(days=30), None),
    ],
)
def test_page_ends_between_half_an_hour_and_a_day(
    lives: timedelta, expected: timedelta | None
) -> None:
    form = asks.page(replace(REQUEST, expires_at=NOW + lives), now=NOW)
    end = datetime.fromtimestamp(int(form["expires_at"]), UTC) if "expires_at" in form else None
    assert end == (None if expected is None else NOW + expected)


def test_page_asked_for_again_is_the_same_to_the_letter() -> None:
    later = NOW + timedelta(minutes=40)
    assert asks.page(REQUEST, now=later) == asks.page(REQUEST, now=NOW)


def test_page_asks_who_pays_before_a_card_is_kept() -> None:
    kept = asks.page(replace(REQUEST, keeps_method=True), now=NOW)
    plain = asks.page(REQUEST, now=NOW)
    assert kept["saved_payment_method_options[payment_method_save]"] == "enabled"
    assert set(kept) - set(plain) == {
        "saved_payment_method_options[payment_method_save]",
        "customer_creation",
    }
    assert not [each for each in kept if "setup_future_usage" in each]


@pytest.mark.parametrize(
    ("email", "is_filled"),
    [
        ("amina@palmcourt.org", True),
        ("payer-7@invalid.example", False),
        ("amina@localhost", False),
        ("a@b@palmcourt.org", False),
        ("", False),
    ],
)
def test_only_a_real_address_is_filled_in(email: str, *, is_filled: bool) -> None:
    assert ("customer_email" in asks.page(replace(REQUEST, email=email), now=NOW)) is is_filled


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (Money(500, Currency("JPY")), 500),
        (Money(500, Currency("UGX")), 50_000),
        (Money(5_120, Currency("KWD")), 5_120),
        (Money(500_000, Currency("NGN")), 500_000),
    ],
)
def test_amounts_are_written_as_stripe_counts(amount: Money, expected: int) -> None:
    form = asks.page(replace(REQUEST, amount=amount), now=NOW)
    assert form["line_items[0][price_data][unit_amount]"] == str(expected)


@pytest.mark.parametrize(("received", "expected"), [(50_000, 500), (50_001, None)])
async def test_amounts_are_read_as_stripe_counts(received: int, expected: int | None) -> None:
    wire = says.intent(Fact(status="paid"))
    wire |= {"currency": "ugx", "amount_received": received}
    wire["latest_charge"] = says.charge(Money(received, Currency("UGX")))
    shown = {**says.page(Fact(status="paid")), "payment_intent": wire}
    transport = httpx.MockTransport(lambda _: says.said(shown))
    async with httpx.AsyncClient(transport=transport) as client:
        outcome = await look_up(adapter(client))
    captured = outcome.captured if isinstance(outcome, Settled) else None
    assert captured == (None if expected is None else Money(expected, Currency("UGX")))


@pytest.mark.parametrize(
    ("minor", "currency", "is_taken"),
    [
        (49, "USD", False),
        (50, "USD", True),
        (99_999_999, "USD", True),
        (100_000_000, "USD", False),
        (999_999, "UGX", True),
        (1_000_000, "UGX", False),
        (5_124, "KWD", False),
        (5_120, "KWD", True),
        (5_000, "GHS", False),
    ],
)
def test_amounts_that_stripe_takes(minor: int, currency: str, *, is_taken: bool) -> None:
    assert CAPABILITIES.takes(Money(minor, Currency(currency))) is is_taken


def test_every_event_we_read_is_about_something() -> None:
    assert set(EVENTS.values()) == {About.PAYMENT, About.REFUND, About.DISPUTE}


@pytest.mark.parametrize(
    ("spoilt", "answer", "expected"),
    [
        ("", httpx.Response(500), Accepted(account="", is_test=True)),
        (
            "disputes",
            says.refused(403, ""),
            Declined(error=ProviderError.AUTHENTICATION_ERROR, detail="HTTP 403 disputes"),
        ),
        (
            "checkout/sessions",
            says.refused(401, "api_key_expired"),
            Declined(
                error=ProviderError.AUTHENTICATION_ERROR,
                detail="HTTP 401 api_key_expired checkout/sessions",
            ),
        ),
        (
            "charges",
            says.a_list([{"livemode": True}]),
            Unknown(error=ProviderError.PROVIDER_ERROR, detail="mode"),
        ),
        (
            "refunds",
            httpx.Response(503),
            Unknown(error=ProviderError.PROVIDER_ERROR, detail="HTTP 503"),
        ),
    ],
)
async def test_credentials_are_checked_without_moving_money(
    spoilt: str, answer: httpx.Response, expected: object
) -> None:
    asked = []

    def behave(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path.removeprefix("/v1/"))
        assert request.method == "GET"
        return answer if asked[-1] == spoilt else says.a_list([{"livemode": False}])

    async with httpx.AsyncClient(transport=httpx.MockTransport(behave)) as client:
        assert await adapter(client).check() == expected
    assert asked == ([*READS, "account"] if not spoilt else list(READS)[: READS.index(spoilt) + 1])


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"secret_key": ""}, "secret_key"),
        ({"secret_key": "pk_test_" + "0" * 32}, "secret_key"),
        ({"webhook_secret": KEY}, "webhook_secret"),
        ({"webhook_secret": ""}, "webhook_secret"),
        ({"publishable_key": KEY}, "publishable_key"),
        ({"publishable_key": "pk_live_" + "0" * 24}, "publishable_key"),
        ({"address": "http://api.stripe.example"}, "url"),
    ],
)
async def test_what_is_wrong_is_named_and_never_shown(changed: dict[str, str], what: str) -> None:
    given = {"secret_key": KEY, "webhook_secret": SIGNING, **changed}
    address = given.pop("address", MAKER.address)
    async with httpx.AsyncClient() as client:
        with pytest.raises(ProviderProblem) as caught:
            MAKER.open(a_kit(client), given, address=address)
    assert caught.value.data == {"provider": "stripe", "what": what}


@pytest.mark.parametrize(
    ("key", "is_test"),
    [("sk_test_", True), ("rk_test_", True), ("sk_live_", False), ("rk_live_", False)],
)
def test_restricted_keys_tell_their_mode_too(key: str, *, is_test: bool) -> None:
    assert MAKER.is_test({"secret_key": key + "0" * 24}) is is_test

"""The sandbox adapter and the sandbox provider talk real HTTP to each other."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from bot.providers import PROVIDERS
from bot.providers.sandbox import SandboxConfig, SandboxProvider, open_sandbox
from bot.sandbox import provider_switches as switches
from core.domain.errors import ProviderProblem
from core.domain.money import Money
from core.domain.providers import (
    Authentic,
    Declined,
    Forged,
    Hook,
    Outcome,
    Pending,
    ProviderError,
    Settled,
    Unknown,
)
from tests.bot.providers.kits import a_kit
from tests.bot.providers.loopback import Loopback, provider_on_loopback

HOUR = timedelta(hours=1)


@pytest.fixture
async def loopback() -> AsyncIterator[Loopback]:
    async with provider_on_loopback() as running:
        yield running


async def look_up(loopback: Loopback, reference: str = "ATT-1") -> Outcome:
    return await loopback.adapter.advance(
        reference=reference, provider_ref="", asked=loopback.request().amount
    )


async def test_create_answers_with_a_page(loopback: Loopback) -> None:
    link = await loopback.page()
    assert link.startswith(f"{loopback.base_url}/pay/chk_")
    assert (await loopback.client.get(link)).status_code == 200


async def test_repeated_create_answers_with_the_first_page(loopback: Loopback) -> None:
    assert await loopback.page() == await loopback.page()
    assert len(loopback.server.checkouts()) == 1


async def test_reference_with_other_content_is_unknown(loopback: Loopback) -> None:
    await loopback.page()
    outcome = await loopback.adapter.create_link(loopback.request(minor=1))
    assert outcome == Unknown(
        error=ProviderError.PROVIDER_ERROR, detail="HTTP 409 reference_reused"
    )


async def test_page_that_was_never_asked_for_is_unknown(loopback: Loopback) -> None:
    assert isinstance(await look_up(loopback), Unknown)


async def test_create_after_its_time_declines(loopback: Loopback) -> None:
    loopback.pass_time(2 * HOUR)
    outcome = await loopback.adapter.create_link(loopback.request())
    assert isinstance(outcome, Declined)


async def test_unpaid_page_is_pending(loopback: Loopback) -> None:
    link = await loopback.page()
    outcome = await look_up(loopback)
    assert isinstance(outcome, Pending)
    assert outcome.link == link


async def test_paid_page_is_settled_with_its_fee(loopback: Loopback) -> None:
    await loopback.press(await loopback.page(), "pay")
    outcome = await look_up(loopback)
    assert isinstance(outcome, Settled)
    assert outcome.captured == loopback.request().amount
    assert outcome.fee == Money(7_500, outcome.captured.currency)
    assert outcome.account == "acct_sandbox"
    assert outcome.is_test
    assert outcome.settled_at == loopback.clock()


async def test_repeated_create_of_a_paid_page_is_settled(loopback: Loopback) -> None:
    await loopback.press(await loopback.page(), "pay")
    outcome = await loopback.adapter.create_link(loopback.request())
    assert isinstance(outcome, Settled)


@pytest.mark.parametrize(
    ("act", "error"),
    [
        ("insufficient_funds", ProviderError.INSUFFICIENT_FUNDS),
        ("expired_card", ProviderError.EXPIRED_CARD),
        ("declined_by_bank", ProviderError.DECLINED_CARD),
    ],
)
async def test_declined_page_is_declined(
    loopback: Loopback, act: str, error: ProviderError
) -> None:
    await loopback.press(await loopback.page(), act)
    outcome = await look_up(loopback)
    assert outcome == Declined(error=error, detail=act)


async def test_page_left_behind_stays_pending_until_it_expires(loopback: Loopback) -> None:
    await loopback.press(await loopback.page(), "abandon")
    assert isinstance(await look_up(loopback), Pending)
    loopback.pass_time(HOUR)
    await loopback.hook()
    outcome = await look_up(loopback)
    assert outcome == Declined(error=ProviderError.TIMEOUT_ERROR, detail="expired", is_final=False)


async def test_different_amount_is_settled_as_captured(loopback: Loopback) -> None:
    await loopback.press(await loopback.page(), "amount", amount="4,200.50")
    outcome = await look_up(loopback)
    assert isinstance(outcome, Settled)
    assert outcome.captured.minor == 420_050


async def test_money_promised_before_expiry_arrives_after_it(loopback: Loopback) -> None:
    await loopback.press(await loopback.page(), "later")
    assert isinstance(await look_up(loopback), Pending)
    loopback.pass_time(HOUR)
    assert _kind(loopback, await loopback.hook()) == "checkout.expired"
    assert isinstance(await look_up(loopback), Declined)
    loopback.pass_time(timedelta(minutes=1))
    assert _kind(loopback, await loopback.hook()) == "checkout.paid"
    assert isinstance(await look_up(loopback), Settled)


async def test_expired_page_may_still_be_paid(loopback: Loopback) -> None:
    link = await loopback.page()
    loopback.pass_time(2 * HOUR)
    await loopback.press(link, "pay")
    assert isinstance(await look_up(loopback), Settled)


async def test_two_captures_are_both_reported(loopback: Loopback) -> None:
    loopback.board.set(switches.TWICE, value=True)
    await loopback.press(await loopback.page(), "pay")
    outcome = await look_up(loopback)
    assert isinstance(outcome, Settled)
    (second,) = outcome.more
    assert second.captured == outcome.captured
    assert second.provider_id != outcome.provider_id


@pytest.mark.parametrize(("kind", "minor"), [("short", 450_000), ("over", 550_000)])
async def test_wrong_amount_is_reported_as_captured(
    loopback: Loopback, kind: str, minor: int
) -> None:
    loopback.board.set(switches.AMOUNT, kind)
    await loopback.press(await loopback.page(), "pay")
    outcome = await look_up(loopback)
    assert isinstance(outcome, Settled)
    assert outcome.captured.minor == minor


async def test_wrong_currency_is_reported_as_captured(loopback: Loopback) -> None:
    loopback.board.set(switches.CURRENCY, value=True)
    await loopback.press(await loopback.page(), "pay")
    outcome = await look_up(loopback)
    assert isinstance(outcome, Settled)
    assert outcome.captured.currency == "USD"


@pytest.mark.parametrize("behaviour", ["500", "503", "429"])
async def test_failed_create_is_unknown_and_made_nothing(
    loopback: Loopback, behaviour: str
) -> None:
    loopback.board.set(switches.CREATE, behaviour)
    outcome = await loopback.adapter.create_link(loopback.request())
    assert isinstance(outcome, Unknown)
    assert loopback.server.checkouts() == ()


async def test_create_that_hangs_after_acceptance_is_found_by_its_reference() -> None:
    async with provider_on_loopback(read_s=1.5) as loopback:
        loopback.board.set(switches.CREATE, "hang")
        outcome = await loopback.adapter.create_link(loopback.request())
        assert outcome == Unknown(error=ProviderError.TIMEOUT_ERROR, detail="no answer in time")
        assert isinstance(await look_up(loopback), Pending)


async def test_slow_answer_is_unknown() -> None:
    async with provider_on_loopback(read_s=1.5) as loopback:
        await loopback.page()
        loopback.board.set(switches.SLOW, 30)
        outcome = await look_up(loopback)
        assert isinstance(outcome, Unknown)
        assert outcome.error is ProviderError.TIMEOUT_ERROR


async def test_outage_is_unknown(loopback: Loopback) -> None:
    await loopback.page()
    loopback.board.set(switches.OUTAGE, value=True)
    outcome = await look_up(loopback)
    assert outcome == Unknown(error=ProviderError.NETWORK_ERROR, detail="connection broke")


@pytest.mark.parametrize("behaviour", ["cut", "twice", "huge", "404", "500"])
async def test_unreadable_look_up_is_unknown(loopback: Loopback, behaviour: str) -> None:
    await loopback.press(await loopback.page(), "pay")
    loopback.board.set(switches.LOOK_UP, behaviour)
    assert isinstance(await look_up(loopback), Unknown)


async def test_nobody_listening_is_unknown_and_was_not_sent() -> None:
    async with provider_on_loopback() as loopback:
        adapter = loopback.adapter
        request = loopback.request()
        gone = loopback.base_url
    async with httpx.AsyncClient(trust_env=False) as client:
        config = SandboxConfig(url=gone, secret_key="k", webhook_secret="w")
        adapter = SandboxProvider(client, config)
        outcome = await adapter.create_link(request)
    assert outcome == Unknown(error=ProviderError.NETWORK_ERROR, detail="not sent", is_unsent=True)


async def test_wrong_key_is_unknown(loopback: Loopback) -> None:
    config = SandboxConfig(url=loopback.base_url, secret_key="sk_wrong", webhook_secret="w")
    outcome = await SandboxProvider(loopback.client, config).create_link(loopback.request())
    assert isinstance(outcome, Unknown)
    assert outcome.error is ProviderError.AUTHENTICATION_ERROR


@pytest.mark.parametrize("reference", ["", "..", "../x", "a b", "a/b", "é", "x" * 81, "a?b"])
async def test_reference_that_cannot_be_ours_is_never_sent(
    loopback: Loopback, reference: str
) -> None:
    assert await look_up(loopback, reference) == Unknown(
        error=ProviderError.PROVIDER_ERROR, detail="reference not usable"
    )


async def test_webhook_only_names_the_attempt(loopback: Loopback) -> None:
    await loopback.press(await loopback.page(), "pay")
    reading = loopback.adapter.read_hook(await loopback.hook())
    assert isinstance(reading, Authentic)
    assert (reading.kind, reading.reference) == ("checkout.paid", "ATT-1")


async def test_forged_webhook_is_told(loopback: Loopback) -> None:
    loopback.board.set(switches.HOOK_FORGERY, value=True)
    await loopback.press(await loopback.page(), "pay")
    assert loopback.adapter.read_hook(await loopback.hook()) == Forged(reason="wrong signature")


async def test_factory_opens_what_the_server_hands_out(loopback: Loopback) -> None:
    env = loopback.server.child_env()
    provider = PROVIDERS["sandbox"].open(
        a_kit(loopback.client),
        {
            "secret_key": env["SANDBOX_SECRET_KEY"],
            "webhook_secret": env["SANDBOX_WEBHOOK_SECRET"],
        },
        address=env["SANDBOX_API_URL"],
    )
    assert isinstance(await provider.create_link(loopback.request()), Pending)


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("url", ""),
        ("url", "http://provider.example/v1"),
        ("url", "ftp://127.0.0.1/"),
        ("url", "http://127.0.0.1.evil.example/"),
        ("url", "http://localhost@evil.example/"),
        ("secret_key", ""),
        ("secret_key", "with a space in it"),
        ("webhook_secret", "short"),
    ],
)
async def test_factory_names_the_credential_that_is_wrong(what: str, value: str) -> None:
    good = {
        "url": "http://127.0.0.1:8080/sandbox/provider",
        "secret_key": "sk_sandbox_0123456789",
        "webhook_secret": "whsec_0123456789",
    }
    async with httpx.AsyncClient() as client:
        given = {**good, what: value}
        address = given.pop("url")
        with pytest.raises(ProviderProblem) as caught:
            open_sandbox(a_kit(client), given, address=address)
    assert caught.value.data == {"provider": "sandbox", "what": what}


def _kind(loopback: Loopback, hook: Hook) -> str:
    reading = loopback.adapter.read_hook(hook)
    return reading.kind if isinstance(reading, Authentic) else ""

"""The hosted checkout page: what it shows, what its buttons do, where they lead."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.sandbox.provider_page import format_minor, parse_amount
from bot.sandbox.provider_records import CheckoutStatus
from core.domain.consent import Consent
from core.domain.providers import Settled
from tests.bot.providers.loopback import Loopback, provider_on_loopback


@pytest.fixture
async def loopback() -> AsyncIterator[Loopback]:
    async with provider_on_loopback() as running:
        yield running


async def show(loopback: Loopback, link: str) -> str:
    answer = await loopback.client.get(link)
    assert answer.status_code == 200
    return answer.text


def status(loopback: Loopback) -> CheckoutStatus:
    checkout = loopback.server.find("ATT-1")
    assert checkout is not None
    return checkout.status


async def test_page_names_payee_amount_and_that_nothing_is_real(loopback: Loopback) -> None:
    page = await show(loopback, await loopback.page())
    for words in ("Sandbox: no real money", "Service charge · Palm Court", "Pay 5,000.00 NGN"):
        assert words in page


@pytest.mark.parametrize(
    "label",
    [
        "Insufficient funds",
        "Expired card",
        "Declined by the bank",
        "Pay a different amount",
        "Pay later",
        "Somebody else pays",
        "Abandon",
    ],
)
async def test_page_offers_each_ending(loopback: Loopback, label: str) -> None:
    assert label in await show(loopback, await loopback.page())


async def test_title_is_shown_as_text_never_as_markup(loopback: Loopback) -> None:
    request = replace(loopback.request(), title='<script>x()</script>"$&amp;')
    await loopback.adapter.create_link(request)
    checkout = loopback.server.find("ATT-1")
    assert checkout is not None
    page = await show(loopback, f"{loopback.base_url}/pay/{checkout.id}")
    assert "<script>x()" not in page
    assert "&lt;script&gt;x()&lt;/script&gt;&quot;$&amp;amp;" in page


@pytest.mark.parametrize("act", ["pay", "expired_card", "abandon"])
async def test_ending_leads_back_with_the_reference(loopback: Loopback, act: str) -> None:
    answer = await loopback.press(await loopback.page(), act)
    assert answer.status_code == 303
    expected = f"{loopback.origin}/payments/callback/sandbox/?reference=ATT-1"
    assert answer.headers["location"] == expected


async def test_paying_later_stays_and_says_when_in_the_time_of_the_place(
    loopback: Loopback,
) -> None:
    link = await loopback.page()
    answer = await loopback.press(link, "later")
    assert link.endswith(answer.headers["location"])
    assert "on Sat 21 Nov at 11:01" in await show(loopback, link)


async def test_the_page_says_before_when_late_money_comes(loopback: Loopback) -> None:
    page = await show(loopback, await loopback.page())
    assert "It arrives on Sat 21 Nov at 11:01." in page
    assert "UTC" not in page


async def test_second_press_changes_nothing(loopback: Loopback) -> None:
    link = await loopback.page()
    await loopback.press(link, "pay")
    answer = await loopback.press(link, "expired_card")
    assert answer.status_code == 303
    assert status(loopback) is CheckoutStatus.PAID


async def test_double_press_of_pay_captures_once(loopback: Loopback) -> None:
    link = await loopback.page()
    await loopback.press(link, "pay")
    await loopback.press(link, "pay")
    checkout = loopback.server.find("ATT-1")
    assert checkout is not None
    assert len(checkout.captures) == 1


async def test_unknown_button_changes_nothing(loopback: Loopback) -> None:
    await loopback.press(await loopback.page(), "give_me_money")
    assert status(loopback) is CheckoutStatus.OPEN


@pytest.mark.parametrize("text", ["", "abc", "0", "-5", "12.345", "1e5", "9" * 30, "NaN"])
async def test_amount_that_is_none_is_asked_again(loopback: Loopback, text: str) -> None:
    answer = await loopback.press(await loopback.page(), "amount", amount=text)
    assert answer.status_code == 422
    assert "Try again" in answer.text
    assert status(loopback) is CheckoutStatus.OPEN


async def test_endings_are_told_apart(loopback: Loopback) -> None:
    paid, declined, expired = [await loopback.page(f"ATT-{n}") for n in (1, 2, 3)]
    await loopback.press(paid, "pay")
    await loopback.press(declined, "expired_card")
    loopback.clock.move(timedelta(hours=2))
    assert "Captured: 5,000.00 NGN" in await show(loopback, paid)
    assert "Expired card. No money was taken." in await show(loopback, declined)
    assert "Pay anyway" in await show(loopback, expired)


@pytest.mark.parametrize(
    ("act", "saves", "consent"),
    [
        ("pay", True, Consent.GIVEN),
        ("pay", False, Consent.NOT_ASKED),
        ("others", True, Consent.GIVEN),
        ("others", False, Consent.NOT_ASKED),
    ],
)
async def test_whose_card_pays_and_whether_it_may_be_kept_is_told(
    loopback: Loopback, act: str, consent: Consent, *, saves: bool
) -> None:
    await loopback.press(await loopback.page(), act, saves=saves)
    asked = loopback.request().amount
    outcome = await loopback.adapter.advance(reference="ATT-1", provider_ref="", asked=asked)
    assert isinstance(outcome, Settled)
    assert outcome.method is not None
    assert outcome.method.label.startswith("Mastercard" if act == "others" else "Visa")
    assert outcome.method.consent is consent


async def test_the_card_on_the_page_is_the_one_that_may_be_saved(loopback: Loopback) -> None:
    page = await loopback.page()
    before = await show(loopback, page)
    await loopback.press(page, "pay", saves=True)
    asked = loopback.request().amount
    outcome = await loopback.adapter.advance(reference="ATT-1", provider_ref="", asked=asked)
    assert isinstance(outcome, Settled)
    assert outcome.method is not None
    assert f"•••• {outcome.method.label[-4:]}</span>" in before


@pytest.mark.parametrize(
    ("acts", "said", "offered"),
    [
        (["dispute"], "claims 5,000.00 NGN and has not decided", {"settle", "lose"}),
        (["dispute", "settle"], "let go of 5,000.00 NGN: the money stays", {"dispute"}),
        (["dispute", "lose"], "took 5,000.00 NGN back", set()),
    ],
)
async def test_the_page_says_what_the_bank_did_and_what_it_may_do(
    loopback: Loopback, acts: list[str], said: str, offered: set[str]
) -> None:
    link = await loopback.page()
    await loopback.press(link, "pay")
    for act in acts:
        target = (await loopback.press(link, act)).headers["location"]
        assert target.endswith(link.removeprefix(loopback.base_url))
    page = await show(loopback, link)
    assert said in page
    assert {act for act in ("dispute", "settle", "lose") if f'value="{act}"' in page} == offered


async def test_somebody_elses_card_is_the_same_whoever_forwards_the_link(
    loopback: Loopback,
) -> None:
    marks = set()
    for reference, email in (("ATT-1", "ada@example.org"), ("ATT-2", "ben@example.org")):
        request = replace(loopback.request(reference), email=email)
        await loopback.adapter.create_link(request)
        checkout = loopback.server.find(reference)
        assert checkout is not None
        await loopback.press(f"{loopback.base_url}/pay/{checkout.id}", "others")
        outcome = await loopback.adapter.advance(
            reference=reference, provider_ref="", asked=request.amount
        )
        assert isinstance(outcome, Settled)
        assert outcome.method is not None
        marks.add(outcome.method.fingerprint)
    assert len(marks) == 1


async def test_page_that_was_never_made_is_404(loopback: Loopback) -> None:
    answer = await loopback.client.get(f"{loopback.base_url}/pay/chk_none")
    assert answer.status_code == 404
    assert "Sandbox: no real money" in answer.text


async def test_page_allows_no_foreign_script(loopback: Loopback) -> None:
    answer = await loopback.client.get(await loopback.page())
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy


@pytest.mark.parametrize("name", ["checkout.css", "checkout.js"])
async def test_assets_are_served(loopback: Loopback, name: str) -> None:
    answer = await loopback.client.get(f"{loopback.base_url}/assets/{name}")
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["frame.html", "..%2fprovider.py", "none.css"])
async def test_nothing_else_is_served(loopback: Loopback, name: str) -> None:
    answer = await loopback.client.get(f"{loopback.base_url}/assets/{name}")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (500_000, "NGN", "5,000.00"),
        (1, "NGN", "0.01"),
        (5_000, "UGX", "5,000"),
        (1_234_567, "KWD", "1,234.567"),
        (2**53 - 1, "NGN", "90,071,992,547,409.91"),
    ],
)
def test_amounts_are_written_exactly(minor: int, currency: str, text: str) -> None:
    assert format_minor(minor, currency) == text
    assert parse_amount(text, currency) == minor

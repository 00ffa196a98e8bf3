"""Paystack and Stripe in a real Chromium: paid through trouble, given back, one of them down.

One sandbox and one browser for three journeys (J-03, J-18, J-04). Acts and looks only, as in
`test_browser`.
"""

import asyncio
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Locator, Page, expect
from playwright.async_api import TimeoutError as TooLate

from core.domain.standings import DOWN_AFTER
from tests.scripts.test_browser import (
    STORY_WITHIN_S,
    WIDE,
    column,
    face,
    key,
    launched,
    newest,
    open_page,
    spills,
    started,
    tap,
    until_ready,
    write,
)

PIN: Final = "482659"
FAILS: Final = "500"


@pytest.mark.browser
async def test_money_comes_by_link_and_goes_back(tmp_path: Path, chromium: str) -> None:
    async with (
        asyncio.timeout(STORY_WITHIN_S),
        started(tmp_path) as address,
        launched(chromium) as browser,
    ):
        page, complaints = await open_page(browser, address, WIDE)
        await until_ready(f"{address}/readyz")
        await play(page, "paystack,stripe")
        await until_ready(f"{address}/readyz")
        await come_back_unpaid(page)
        await be_told_what_is_not_known(page)
        await pay_less_than_asked(page)
        await give_a_part_back(page)
        await give_the_rest_back(page)
        await go_to_the_other_where_one_is_down(page)
        await find_the_other_first(page)
        assert await spills(page) == []
        assert complaints == []


async def play(page: Page, names: str) -> None:
    """Play other providers; returns once the bot was started anew."""
    await turn(page, "plays", names)
    # The word that it starts may be gone again between two looks; its number stays.
    await page.get_by_role("tab", name="Bot").click()
    await expect(page.get_by_text("start no. 2")).to_be_visible()


async def come_back_unpaid(page: Page) -> None:
    """Who comes back without having paid is told so, and still waited for."""
    await face(page, "Ibrahim").click()
    await tap(page, "Ibrahim", "Acknowledge & pay", "Pay by link", "Full")
    await tap(page, "Ibrahim", "Pay 5,000.00 NGN by Paystack")
    checkout = await open_checkout(page, "Ibrahim")
    await checkout.get_by_role("button", name="Abandon and go back").click()
    await expect(checkout.get_by_text("Checking your payment")).to_be_visible()
    await checkout.close()
    await expect(newest(page, "Ibrahim")).to_contain_text("Waiting for Paystack")


async def be_told_what_is_not_known(page: Page) -> None:
    """Forged events credit nothing; then the true ones come five times and out of order."""
    await turn(page, "hooks.forge", value=True)
    await turn(page, "look_up", FAILS)
    checkout = await open_checkout(page, "Ibrahim")
    await checkout.get_by_role("button", name="Pay 5,000.00 NGN").click()
    await expect(checkout.get_by_text("Checking your payment")).to_be_visible()
    await checkout.close()
    await expect(newest(page, "Ibrahim")).to_contain_text("Do not pay again")
    await turn(page, "hooks.forge", value=False)
    await turn(page, "hooks.copies", 5)
    await turn(page, "hooks.reorder", value=True)
    await turn(page, "look_up", "ok")
    # A look-up of the bot's own may be first, and takes the button away under the finger.
    with suppress(TooLate):
        await key(page, "Ibrahim", "Check now").click(timeout=5_000)
    await expect(receipts(page, "Ibrahim")).to_have_count(1)
    await expect(receipts(page, "Ibrahim")).to_contain_text("by Paystack")
    await expect(column(page, "Bola").get_by_text("Ibrahim Musa paid 5,000.00")).to_have_count(1)


async def pay_less_than_asked(page: Page) -> None:
    """A tenth less arrives than was asked: what arrived is credited, the rest is still owed."""
    await turn(page, "amount", "short")
    await tap(page, "Adaeze", "Acknowledge & pay", "Pay by link", "Full")
    await tap(page, "Adaeze", "Pay 5,000.00 NGN by Paystack")
    checkout = await open_checkout(page, "Adaeze")
    await checkout.get_by_role("button", name="Pay 5,000.00 NGN").click()
    await checkout.close()
    await expect(receipts(page, "Adaeze")).to_contain_text("Paid 4,500.00\u00a0NGN")
    await expect(receipts(page, "Adaeze")).to_contain_text("Left to pay: 500.00\u00a0NGN")
    await turn(page, "amount", "exact")


async def give_a_part_back(page: Page) -> None:
    """Bola gives 2,000 back by Paystack, with her PIN."""
    await write(page, "Bola", "/settings")
    await tap(page, "Bola", "Set a PIN")
    await expect(newest(page, "Bola")).to_contain_text("Choose a PIN")
    await enter_pin(page, "Bola")
    await expect(newest(page, "Bola")).to_contain_text("once more")
    await enter_pin(page, "Bola")
    await expect(newest(page, "Bola")).to_contain_text("A new PIN was set")
    await ask_refund(page, "Part", "2000")
    await see_it_gone(page, "2,000.00")
    await write(page, "Bola", "/find BILL-2026-000006")
    await expect(newest(page, "Bola")).to_contain_text("left to pay 2,000.00\u00a0NGN")


async def give_the_rest_back(page: Page) -> None:
    """Then the other 3,000: never more than was paid."""
    await ask_refund(page, "All: 3,000.00")
    await see_it_gone(page, "3,000.00")
    await write(page, "Bola", "/find RCPT-2026-000004")
    await expect(newest(page, "Bola")).to_contain_text("Left to pay: 5,000.00\u00a0NGN")
    await tap(page, "Bola", "Refund")
    await expect(newest(page, "Bola")).to_contain_text("Nothing of this payment is left to refund")


async def see_it_gone(page: Page, amount: str) -> None:
    """The payer is told once that it is on its way, and once that it went, and when it shows."""
    for said in ("is on its way back", "went back by the way it came"):
        told = column(page, "Ibrahim").locator("article").filter(has_text="Refund by Palm Court")
        await expect(told.filter(has_text=f"{amount}\u00a0NGN {said}")).to_have_count(1)
    await expect(newest(page, "Ibrahim")).to_contain_text("may take up to 14 days to show it")
    await expect(newest(page, "Bola")).to_contain_text(f"{amount}\u00a0NGN went back")


async def ask_refund(page: Page, how_much: str, typed: str = "") -> None:
    """Refund Ibrahim's payment, or a part of it, by the way it came."""
    await write(page, "Bola", "/find RCPT-2026-000004")
    await tap(page, "Bola", "Refund", how_much)
    if typed:
        await expect(newest(page, "Bola")).to_contain_text("Write the amount")
        await write(page, "Bola", typed)
    await tap(page, "Bola", "Back by Paystack")
    await expect(newest(page, "Bola")).to_contain_text("Why?")
    await write(page, "Bola", "Paid too much")
    await tap(page, "Bola", "Refund ")
    await expect(newest(page, "Bola")).to_contain_text("Enter your PIN")
    await enter_pin(page, "Bola")


async def enter_pin(page: Page, name: str) -> None:
    """Press the digits on the pad, each once its dot is there, then OK."""
    for count, digit in enumerate(PIN, start=1):
        await key(page, name, digit).click()
        await expect(newest(page, name)).to_contain_text(" ".join("●" * count))
    await key(page, name, "OK").click()


def receipts(page: Page, name: str) -> Locator:
    """Return the receipts on somebody's phone."""
    return column(page, name).locator("article").filter(has_text="Books sealed")


async def go_to_the_other_where_one_is_down(page: Page) -> None:
    """Paystack is down: nothing was taken, and Stripe is a tap away."""
    await turn(page, "hits", "paystack")
    await turn(page, "outage", value=True)
    for _ in range(DOWN_AFTER - 1):
        await ask_in_vain(page)
        await tap(page, "Ibrahim", "Cancel payment")
        await expect(newest(page, "Ibrahim")).to_contain_text("cancelled. Nothing was taken")
    await ask_in_vain(page)
    await tap(page, "Ibrahim", "Try again by Stripe")
    checkout = await open_checkout(page, "Ibrahim")
    await checkout.get_by_role("button", name="Pay 5,000.00 NGN").click()
    await checkout.close()
    await expect(receipts(page, "Ibrahim")).to_have_count(2)
    await expect(receipts(page, "Ibrahim").last).to_contain_text("by Stripe")


async def ask_in_vain(page: Page) -> None:
    """Ask Paystack, which is down, for a page."""
    await write(page, "Ibrahim", "/find BILL-2026-000006")
    await tap(page, "Ibrahim", "Pay by link", "Full", "Pay 5,000.00 NGN by Paystack")
    await expect(newest(page, "Ibrahim")).to_contain_text("Paystack has trouble")
    await expect(newest(page, "Ibrahim")).to_contain_text("nothing was taken")


async def find_the_other_first(page: Page) -> None:
    """Who pays next is offered Stripe first, and told that Paystack has trouble."""
    await write(page, "Adaeze", "/find BILL-2026-000007")
    await tap(page, "Adaeze", "Pay by link")
    confirm = newest(page, "Adaeze")
    await expect(confirm).to_contain_text("Paystack: trouble lately")
    ways = confirm.get_by_role("button").filter(has_text="Pay 500.00")
    await expect(ways).to_have_text([re.compile("by Stripe$"), re.compile("by Paystack")])
    await turn(page, "outage", value=False)


async def turn(page: Page, what: str, value: str | float | bool) -> None:  # noqa: FBT001 - as the panel has it
    """Turn a switch of the panel."""
    await page.get_by_role("tab", name="Trouble").first.click()
    control = page.locator(f'[data-key="provider.{what}"]')
    if isinstance(value, bool):
        await control.set_checked(value)
    elif isinstance(value, str):
        await control.select_option(value)
    else:
        await control.fill(str(value))
        await control.press("Enter")


async def open_checkout(page: Page, name: str) -> Page:
    """Open the payment page in its tab."""
    async with page.context.expect_page() as opened:
        await tap(page, name, "Open payment page")
    return await opened.value

"""An invoice inside Telegram in a real Chromium, from the switch on the panel to the receipt."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.scripts.test_browser import (
    PHONE,
    STORY_WITHIN_S,
    WIDE,
    column,
    face,
    launched,
    open_checkout,
    open_page,
    spills,
    started,
    tap,
    until_ready,
)


@pytest.mark.browser
async def test_an_invoice_is_paid_from_the_chat(tmp_path: Path, chromium: str) -> None:
    async with (
        asyncio.timeout(STORY_WITHIN_S),
        started(tmp_path) as address,
        launched(chromium) as browser,
    ):
        page, complaints = await open_page(browser, address, WIDE)
        await until_ready(f"{address}/readyz")
        await play_telegram(page)
        await until_ready(f"{address}/readyz")
        await face(page, "Ibrahim").click()
        await tap(page, "Ibrahim", "Acknowledge & pay", "Pay by link", "Full", "Pay 5,000.00")
        invoice = await open_checkout(page, "Open invoice")
        await expect(invoice.get_by_label("Who pays")).to_have_value("7002")
        await press(invoice, "Pay, but the bank says no", "Declined by the bank")
        await press(invoice, "Pay again 5,000.00 NGN", "Paid")
        mine = column(page, "Ibrahim")
        await expect(mine.get_by_text("You paid 5,000.00 NGN to Hazina")).to_have_count(1)
        receipt = mine.locator("article").filter(has_text="Receipt RCPT-")
        await expect(receipt.filter(has_text="by Telegram")).to_have_count(1)
        await press(invoice, "Pay again 5,000.00 NGN", "Refused by the bot")
        await invoice.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        assert await spills(invoice) == []
        assert complaints == []


async def play_telegram(page: Page) -> None:
    """Choose it on the panel, and wait until the bot was started anew."""
    await page.get_by_role("tab", name="Trouble").click()
    await page.get_by_label("Play as").select_option("telegram")
    await page.get_by_role("tab", name="Bot").click()
    await expect(page.get_by_text("start no. 2")).to_be_visible()


async def press(invoice: Page, label: str, heading: str) -> None:
    """Press a button of the invoice, and see what came of it."""
    await invoice.get_by_role("button", name=label).click()
    await expect(invoice.get_by_role("heading", name=heading)).to_be_visible()

"""M-Pesa in a real Chromium: the estate moves to Nairobi, a phone asks, a bill is paid."""

import asyncio
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import expect

from tests.scripts.test_browser import (
    STORY_WITHIN_S,
    WIDE,
    column,
    face,
    launched,
    newest,
    open_page,
    spills,
    started,
    tap,
    until_ready,
)

NARROW: Final = {"width": 375, "height": 667}


@pytest.mark.browser
async def test_a_bill_is_paid_on_the_pretend_phone(tmp_path: Path, chromium: str) -> None:
    async with (
        asyncio.timeout(STORY_WITHIN_S),
        started(tmp_path) as address,
        launched(chromium) as browser,
    ):
        page, complaints = await open_page(browser, address, WIDE)
        await until_ready(f"{address}/readyz")
        await page.get_by_role("tab", name="Trouble").click()
        await page.get_by_label("Play as").select_option("mpesa")
        await page.get_by_role("button", name="Begin anew in Nairobi (KES)").click()
        await expect(page.get_by_text("Palm Court Estate, Nairobi")).to_be_visible()
        await face(page, "Hassan").click()
        await tap(page, "Hassan", "Acknowledge & pay", "Pay by link", "Full", "Pay 5,000.00")
        phone = page.get_by_label("M-PESA on Hassan's phone")
        await expect(phone).to_contain_text("Do you want to pay KES 5,000 to PALM COURT ESTATE")
        await page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
        assert await spills(page) == []
        await phone.get_by_label("M-PESA PIN").fill("0000")
        await phone.get_by_label("M-PESA PIN").press("Enter")
        await expect(phone).to_contain_text("wrong PIN")
        await expect(newest(page, "Hassan")).to_contain_text("The PIN was not right.")
        await tap(page, "Hassan", "Try again by M-Pesa")
        await phone.get_by_label("M-PESA PIN").fill("1357")
        await phone.get_by_role("button", name="Send", exact=True).click()
        await expect(phone).to_contain_text("confirmed. KES 5,000 paid")
        receipt = column(page, "Hassan").locator("article").filter(has_text="Receipt RCPT-")
        await expect(receipt.filter(has_text="Books sealed")).to_have_count(1)
        await phone.get_by_role("button", name="OK").click()
        await expect(phone).to_be_hidden()
        assert await spills(page) == []
        assert complaints == []

"""The sandbox in a real Chromium, over the real `python main.py run`: a newcomer's first minutes.

Acts and looks only: nothing here reaches behind the page. The checkout page opens in a tab of its
own, as people get it.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests.scripts.stage import free_port

ENTRY: Final = Path(__file__).parents[2] / "main.py"
READY_WITHIN_S: Final = 90.0
WITHIN_MS: Final = 30_000
LOOKS: Final = 20
LOOK_EVERY_MS: Final = 100
STORY_WITHIN_S: Final = 420.0
"""Where even a slow machine has long been done; a browser that hangs fails here."""
CLOSE_WITHIN_S: Final = 20.0
PHONE: Final = {"width": 390, "height": 844}
WIDE: Final = {"width": 1600, "height": 950}
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

expect.set_options(timeout=WITHIN_MS)


@pytest.mark.browser
async def test_a_newcomer_plays_the_estate(tmp_path: Path, chromium: str) -> None:
    async with (
        asyncio.timeout(STORY_WITHIN_S),
        started(tmp_path) as address,
        launched(chromium) as browser,
    ):
        page, complaints = await open_page(browser, address, WIDE)
        await until_ready(f"{address}/readyz")
        await see_the_first_screen(page)
        await pay_from_the_wallet(page)
        await pay_by_link(page)
        await see_the_books(page)
        await kill_and_start(page)
        await fit_a_phone(browser, address, complaints)
        await begin_anew(page)
        assert complaints == []


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[str]:
    """Start `python main.py run` on a free port and a database of its own.

    Yields its address once the page is there; the bot behind it is still starting.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    env = {key: value for key, value in os.environ.items() if not key.startswith("TELEGRAM_")}
    env |= {
        "HTTP_PORT": str(port),
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'sandbox.db'}",
    }
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(ENTRY), "run", env=env, cwd=folder, stdout=log, stderr=log
        )
    try:
        await until_ready(f"{address}/sandbox/")
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), timeout=60) == 0


async def until_ready(address: str) -> None:
    """Wait until an address answers well: the page, or the bot behind it that takes work."""
    deadline_s = time.monotonic() + READY_WITHIN_S
    async with httpx.AsyncClient() as client:
        while time.monotonic() < deadline_s:
            try:
                if (await client.get(address)).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
    pytest.fail("the sandbox did not become ready")


@asynccontextmanager
async def launched(chromium: str) -> AsyncIterator[Browser]:
    """Run the machine's own Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        try:
            yield browser
        finally:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await browser.close()


async def open_page(
    browser: Browser, address: str, size: dict[str, int], *, is_dark: bool = False
) -> tuple[Page, list[str]]:
    """Open the chat page; the list takes what the console complains of."""
    context = await browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if is_dark else "light",
    )
    context.set_default_timeout(WITHIN_MS)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    await page.goto(f"{address}/sandbox/")
    return page, complaints


async def see_the_first_screen(page: Page) -> None:
    """A bill waits for Adaeze, a dispute for Bola, the report is there for Chidi."""
    await expect(newest(page, "Adaeze")).to_contain_text("Needs your OK")
    await expect(newest(page, "Adaeze")).to_contain_text("5,000.00\u00a0NGN")
    await expect(column(page, "Bola").get_by_text("Dispute D-")).to_be_visible()
    await expect(newest(page, "Chidi")).to_contain_text("report")
    await expect(newest(page, "Chidi")).to_contain_text("Last moves")
    await expect(page.get_by_text("Sandbox: no real money").first).to_be_visible()
    assert await spills(page) == []


async def pay_from_the_wallet(page: Page) -> None:
    """The story's first step, then by hand; a double click pays once."""
    await page.get_by_role("button", name="Tap “Acknowledge & pay”").first.click()
    for label in ("Pay from wallet", "Full"):
        await tap(page, "Adaeze", label)
    await key(page, "Adaeze", "Pay 5,000.00").dblclick()
    await expect(newest(page, "Adaeze")).to_contain_text("New wallet balance: 15,000.00")
    await expect(column(page, "Bola").get_by_text("Adaeze Obi paid 5,000.00")).to_have_count(1)
    await expect(page.get_by_text("1 of 8 done")).to_be_visible()


async def pay_by_link(page: Page) -> None:
    """Ibrahim is declined once, tries again and pays on the checkout page."""
    await face(page, "Ibrahim").click()
    await tap(page, "Ibrahim", "Acknowledge & pay", "Pay by link", "Full", "Pay 5,000.00")
    checkout = await open_checkout(page)
    await checkout.get_by_text("Pay, but decline").click()
    await checkout.get_by_role("button", name="Insufficient funds").click()
    await checkout.close()
    await tap(page, "Ibrahim", "Try again")
    checkout = await open_checkout(page)
    await checkout.get_by_role("button", name="Pay 5,000.00 NGN").click()
    await expect(checkout.get_by_role("heading", name="Paid")).to_be_visible()
    await checkout.close()
    receipt = column(page, "Ibrahim").locator("article").filter(has_text="Receipt RCPT-")
    await expect(receipt.filter(has_text="Books sealed")).to_have_count(1)
    await expect(column(page, "Bola").get_by_text("Ibrahim Musa paid 5,000.00")).to_have_count(1)
    await expect(page.get_by_text("2 of 8 done")).to_be_visible()


async def open_checkout(page: Page, label: str = "Open payment page") -> Page:
    """Open the payment page in its tab."""
    async with page.context.expect_page() as opened:
        await tap(page, "Ibrahim", label)
    return await opened.value


async def see_the_books(page: Page) -> None:
    """Chidi's report counts both payments and the fee."""
    await page.get_by_role("button", name="Send “/report”").click()
    await expect(newest(page, "Chidi")).to_contain_text("Estate wallet 18,425.00")
    await expect(newest(page, "Chidi")).to_contain_text("Provider fees 75.00")
    await expect(page.get_by_text("3 of 8 done")).to_be_visible()
    await page.get_by_role("tab", name="Inside").click()
    await expect(page.get_by_role("cell", name="5,000.00 NGN").first).to_be_visible()


async def kill_and_start(page: Page) -> None:
    """What is said to a killed bot is answered once it runs again."""
    await page.get_by_role("tab", name="Bot").click()
    await page.get_by_role("button", name="Kill -9").click()
    await expect(page.get_by_role("button", name="Bot killed")).to_be_visible()
    await write(page, "Chidi", "/menu")
    await page.get_by_role("button", name="Start", exact=True).click()
    await expect(newest(page, "Chidi")).to_contain_text("Estate wallet")


async def fit_a_phone(browser: Browser, address: str, complaints: list[str]) -> None:
    """At a phone's width, in the dark, nothing sticks out: neither chats nor panels."""
    page, more = await open_page(browser, address, PHONE, is_dark=True)
    await expect(newest(page, "Adaeze")).to_contain_text("Paid 5,000.00")
    await write(page, "Adaeze", "/bills")
    await expect(newest(page, "Adaeze")).to_contain_text("Your bills")
    assert await spills(page) == []
    await page.get_by_role("button", name="Step 4 of 8").click()
    for name in ("Story", "Trouble", "Bot", "Inside"):
        await page.get_by_role("tab", name=name).first.click()
        assert await spills(page) == [], name
    assert await page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    complaints += more


async def begin_anew(page: Page) -> None:
    """Nothing is left of what was played: the bill waits again, the money is back."""
    await page.get_by_role("button", name="Begin anew…").click()
    await page.get_by_role("button", name="Begin anew", exact=True).click()
    await expect(page.get_by_text("0 of 8 done")).to_be_visible()
    await expect(newest(page, "Adaeze")).to_contain_text("Needs your OK")
    await write(page, "Adaeze", "/wallet")
    await expect(newest(page, "Adaeze")).to_contain_text("20,000.00")


async def spills(page: Page) -> list[str]:
    """Return the parts of the page that are wider than their place, once it has found its size."""
    found: list[str] = []
    for _ in range(LOOKS):
        found = await page.evaluate(
            "[document.documentElement, ...document.querySelectorAll('.log, .panel-body, .bar')]"
            ".filter(each => each.scrollWidth > each.clientWidth).map(each => each.className)"
        )
        if not found:
            break
        await page.wait_for_timeout(LOOK_EVERY_MS)
    return found


def column(page: Page, name: str) -> Locator:
    """Return somebody's phone."""
    return page.locator("section.column").filter(has=page.locator("h2", has_text=name))


def newest(page: Page, name: str) -> Locator:
    """Return the newest message on somebody's phone."""
    return column(page, name).locator("article").last


def face(page: Page, name: str) -> Locator:
    """Return somebody in the row of people."""
    return page.locator(".face").filter(has_text=name)


def key(page: Page, name: str, label: str) -> Locator:
    """Return the newest button that begins with these words on somebody's phone."""
    wanted = label.replace(" ", "[ \u00a0]").replace(".", "[.]")
    keys = column(page, name).locator(".key")
    return keys.filter(has=page.locator(f"text=/^{wanted}/")).last


async def tap(page: Page, name: str, *labels: str) -> None:
    """Tap buttons one after the other, each once it is there."""
    for label in labels:
        await key(page, name, label).click()


async def write(page: Page, name: str, text: str) -> None:
    """Write and send."""
    field = column(page, name).locator("textarea")
    await field.fill(text)
    await field.press("Enter")

"""The chat page in a real Chromium: what a person sees, and what hostile text cannot do."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, async_playwright

from bot.sandbox.child import free_port
from bot.sandbox.story import Story, StoryStep
from bot.sandbox.supervisor import build_app, new_child
from bot.sandbox.world import World
from tests.bot.sandbox.conftest import ADA, Bot
from tests.bot.sandbox.test_supervisor import options

pytestmark = pytest.mark.browser

ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HOSTILE = "<img src=x onerror=document.title='broken'>"
KEYBOARD = {
    "inline_keyboard": [
        [{"text": "Pay 5", "callback_data": "pay"}],
        [{"text": "Join", "url": "https://t.me/hazina_sandbox_bot?start=inv_1"}],
    ]
}


@pytest.fixture
async def page(world: World, bot: Bot, chromium: str, tmp_path: Path) -> AsyncIterator[Page]:
    port = free_port()
    child = new_child(options(tmp_path), world, port=port)
    story = Story(steps=(StoryStep(title="Say", text="hello", person_id=ADA.id, say="/bills"),))
    app = build_app(world, child=child, child_port=port, story=story)
    async with TestServer(app) as server, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGS)
        made = await browser.new_page(viewport={"width": 1500, "height": 900})
        problems: list[str] = []
        made.on("pageerror", lambda error: problems.append(str(error)))
        await made.goto(str(server.make_url("/sandbox/")))
        await made.locator(".column").first.wait_for()
        yield made
        await browser.close()
        assert problems == []


def column(page: Page, name: str) -> Any:
    return page.get_by_label(f"{name}'s phone")


async def test_a_person_writes_and_taps(page: Page, bot: Bot, world: World) -> None:
    ada = column(page, "Ada Obi")
    await ada.locator("textarea").fill("/bills")
    await ada.locator("textarea").press("Enter")
    await ada.get_by_label("Waits for the bot").last.wait_for()
    (update,) = [one for one in await bot.do("getUpdates") if "message" in one]
    await bot.do("getUpdates", offset=update["update_id"] + 1)
    await ada.get_by_label("The bot has it").last.wait_for()
    sent = await bot.do(
        "sendMessage",
        chat_id=ADA.id,
        text=f"<b>Bill</b> {HOSTILE.replace('<', '&lt;')}",
        parse_mode="HTML",
        reply_markup=KEYBOARD,
    )
    await ada.get_by_text(HOSTILE).wait_for()
    await ada.get_by_role("button", name="Pay 5").click()
    async with asyncio.timeout(5):
        while not world.state.queries:
            await world.change(0.05)
    query_id = next(iter(world.state.queries))
    await bot.do("answerCallbackQuery", callback_query_id=query_id, text="Paid!", show_alert=True)
    await ada.get_by_role("alertdialog").get_by_role("button", name="OK").click()
    message_id = sent["message_id"]
    await bot.do("editMessageText", chat_id=ADA.id, message_id=message_id, text="All paid")
    await ada.get_by_text("All paid").wait_for()
    await bot.do("deleteMessage", chat_id=ADA.id, message_id=message_id)
    await ada.get_by_text("All paid").wait_for(state="detached")
    assert await page.title() == "Hazina sandbox"


async def test_a_deep_link_starts_the_bot_for_that_person(page: Page, bot: Bot) -> None:
    await column(page, "Bola").get_by_role("button", name="Start", exact=True).click()
    await bot.do("getUpdates", timeout=5)
    await bot.do("sendMessage", chat_id=ADA.id, text="Come", reply_markup=KEYBOARD)
    await column(page, "Ada Obi").get_by_role("button", name="Join").click()
    await column(page, "Ada Obi").get_by_text("/start inv_1").wait_for()


async def test_a_story_step_and_a_switch(page: Page, world: World) -> None:
    await page.get_by_role("button", name="Send “/bills”").click()
    await column(page, "Ada Obi").get_by_text("/bills").wait_for()
    await page.get_by_role("tab", name="Trouble").click()
    await page.get_by_role("switch", name="Same update twice").check()
    await page.get_by_title("Switches turned on").wait_for()
    assert world.board.is_on("telegram.duplicate")


async def test_somebody_new_on_a_phone(page: Page) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.get_by_role("button", name="Add somebody").click()
    await page.get_by_label("First name").fill("Zoe")
    await page.get_by_role("button", name="Add", exact=True).click()
    await column(page, "Zoe").wait_for()
    assert await page.locator(".column").count() == 1
    assert await page.evaluate("document.documentElement.scrollWidth") == 390

"""The chat page in a real Chromium: what a person sees, and what hostile text cannot do."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, async_playwright

from bot.sandbox.child import free_port
from bot.sandbox.records import Person
from bot.sandbox.story import Mark, Move, Story, StoryStep
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
STEP = StoryStep(
    title="Say",
    text="hello",
    person_id=ADA.id,
    moves=(Move(say="/bills"), Move(tap="Pay"), Move(say="7", after="How much")),
    marks=(Mark(label="said", facts=("1",)), Mark(label="paid", facts=("2",))),
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
    story = Story(steps=(STEP,))
    app = build_app(world, child=child, child_port=port, story=lambda: story)
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
    async with asyncio.timeout(30):
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


async def test_a_copied_link_is_ready_for_somebody_else(page: Page, bot: Bot) -> None:
    link = "https://t.me/hazina_sandbox_bot?start=i_key"
    keyboard = {"inline_keyboard": [[{"text": "Copy the link", "copy_text": {"text": link}}]]}
    await bot.do("sendMessage", chat_id=ADA.id, text="Invitation", reply_markup=keyboard)
    await column(page, "Ada Obi").get_by_role("button", name="Copy the link").click()
    await column(page, "Bola").get_by_role("button", name="I have an invitation link").click()
    assert await page.get_by_label("Link or key").input_value() == link
    await page.get_by_role("button", name="Open", exact=True).click()
    await column(page, "Bola").get_by_text("/start i_key").wait_for()


async def test_a_step_offers_what_fits_and_ticks_what_is_told(
    page: Page, bot: Bot, world: World
) -> None:
    ada = column(page, "Ada Obi")
    await page.get_by_role("button", name="Send “/bills”").dblclick()
    await ada.get_by_text("/bills").wait_for()
    await bot.do("sendMessage", chat_id=ADA.id, text="How much?")
    await page.get_by_role("button", name="Send “7”").wait_for()
    await bot.do("sendMessage", chat_id=ADA.id, text="Bill", reply_markup=KEYBOARD)
    await page.get_by_role("button", name="Tap “Pay 5”").click()
    await ada.locator(".key.busy").wait_for()
    said = [one for one in world.state.chats[ADA.id].messages.values() if one.body.text == "/bills"]
    assert len(said) == 1
    world.state.ticked = ["Say: said"]
    world.tell("story", lambda: {"ticked": ["Say: said"]})
    await page.get_by_text("✓ said").wait_for()
    await page.get_by_text("○ paid").wait_for()
    assert await page.locator("li.done").count() == 0
    world.tell("story", lambda: {"ticked": ["Say: said", "Say: paid"]})
    await page.locator("li.done").wait_for()
    await page.get_by_text("1 of 1 done").wait_for()


async def test_somebody_more_comes_beside_the_others(page: Page, world: World) -> None:
    names = page.locator(".column h2")
    assert await names.all_inner_texts() == ["Ada Obi", "Bola"]
    for name in ("Cleo", "Dayo"):
        world.add_person(Person(id=world.free_person_id(), first_name=name))
    await page.locator(".face").filter(has_text="Cleo").click()
    assert await names.all_inner_texts() == ["Ada Obi", "Bola", "Cleo"]
    await page.locator(".face").filter(has_text="Ada").click()
    await page.locator(".face").filter(has_text="Dayo").click()
    assert await names.all_inner_texts() == ["Ada Obi", "Cleo", "Dayo"]
    await page.get_by_text("Bola made room").wait_for()
    await column(page, "Cleo").get_by_role("button", name="Close this column").click()
    assert await names.all_inner_texts() == ["Ada Obi", "Dayo"]
    await page.reload()
    await column(page, "Dayo").wait_for()
    assert await names.all_inner_texts() == ["Ada Obi", "Dayo"]


async def test_the_panel_by_keyboard(page: Page, world: World) -> None:
    await page.get_by_role("tab", name="Story").focus()
    await page.keyboard.press("ArrowRight")
    await page.get_by_role("heading", name="Make trouble").wait_for()
    await page.get_by_role("switch", name="Same update twice").focus()
    await page.keyboard.press("Space")
    await page.get_by_title("Switches turned on").wait_for()
    assert world.board.is_on("telegram.duplicate")
    await page.keyboard.press("Space")
    await page.get_by_title("Switches turned on").wait_for(state="detached")
    assert not world.board.is_on("telegram.duplicate")


async def test_somebody_new_on_a_phone(page: Page) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.get_by_role("button", name="Step 1 of 1").click()
    await page.get_by_role("button", name="Send “/bills”").click()
    await column(page, "Ada Obi").get_by_text("/bills").wait_for()
    await page.get_by_role("button", name="Add somebody").click()
    await page.get_by_label("First name").fill("Zoe")
    await page.get_by_role("button", name="Add", exact=True).click()
    await column(page, "Zoe").wait_for()
    assert await page.locator(".column").count() == 1
    assert await page.evaluate("document.documentElement.scrollWidth") == 390

"""The Bot API: what is answered, and what is refused in Telegram's own words."""

from typing import Any

import aiohttp
import pytest

from bot.sandbox import acts
from bot.sandbox.commands import commands_of
from bot.sandbox.world import World
from tests.bot.sandbox.conftest import ADA, BASE, BOLA, SAVERS, Bot, Clock

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000030000000208020000001216f14d0000000d49444154789c6360"
    "a03d00000062000136d0eaf20000000049454e44ae426082"
)


NO_END_TAG = 'Can\'t find end tag corresponding to start tag "b"'


def inline(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"inline_keyboard": [[button] for button in buttons]}


async def test_wrong_token_and_unknown_method(bot: Bot) -> None:
    assert await bot.refused("noSuchMethod") == "Not Found"
    stranger = Bot(bot.client, "123456:" + "A" * 35)
    assert await stranger.call("getMe") == {
        "ok": False,
        "error_code": 401,
        "description": "Unauthorized",
    }


async def test_get_me(bot: Bot, world: World) -> None:
    me = await bot.do("getMe")
    assert (me["is_bot"], me["username"]) == (True, world.state.bot.username)


async def test_send_message_is_seen_by_the_person(bot: Bot, world: World) -> None:
    sent = await bot.do("sendMessage", chat_id=ADA.id, text="<b>Hi</b>", parse_mode="HTML")
    assert (sent["text"], sent["entities"][0]["type"]) == ("Hi", "bold")
    assert world.state.chats[ADA.id].messages[sent["message_id"]].body.text == "Hi"


@pytest.mark.parametrize("kind", ["form", "query", "multipart"])
async def test_parameters_may_come_in_any_form(bot: Bot, kind: str) -> None:
    path = f"/sandbox/telegram/bot{bot.token}/sendMessage"
    params = {"chat_id": str(ADA.id), "text": "hi", "reply_markup": '{"remove_keyboard":true}'}
    form = aiohttp.FormData(params, default_to_multipart=kind == "multipart")
    sent = bot.client.get(path, params=params) if kind == "query" else None
    async with sent or bot.client.post(path, data=form) as answer:
        assert (await answer.json())["result"]["text"] == "hi"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"chat_id": 1, "text": "x"}, "Bad Request: chat not found"),
        ({"text": "x"}, "Bad Request: chat_id is empty"),
        ({"chat_id": ADA.id, "text": " \n"}, "Bad Request: message text is empty"),
        (
            {"chat_id": ADA.id, "text": "<b></b>", "parse_mode": "HTML"},
            "Bad Request: message text is empty",
        ),
        ({"chat_id": ADA.id, "text": "x" * 4097}, "Bad Request: message is too long"),
        ({"chat_id": ADA.id, "text": "🧾" * 2049}, "Bad Request: message is too long"),
        (
            {"chat_id": ADA.id, "text": "<b>", "parse_mode": "HTML"},
            f"Bad Request: can't parse entities: {NO_END_TAG}",
        ),
        (
            {"chat_id": BOLA.id, "text": "x"},
            "Forbidden: bot can't initiate conversation with a user",
        ),
        (
            {"chat_id": ADA.id, "text": "x", "reply_parameters": {"message_id": 99}},
            "Bad Request: message to be replied not found",
        ),
    ],
)
async def test_send_is_refused(bot: Bot, params: dict[str, Any], words: str) -> None:
    assert await bot.refused("sendMessage", **params) == words


async def test_length_counts_after_parsing(bot: Bot) -> None:
    text = "<b>" + "x" * 4096 + "</b>"
    sent = await bot.do("sendMessage", chat_id=ADA.id, text=text, parse_mode="HTML")
    assert len(sent["text"]) == 4096


async def test_reply_to_a_missing_message_may_be_allowed(bot: Bot) -> None:
    reply = {"message_id": 99, "allow_sending_without_reply": True}
    await bot.do("sendMessage", chat_id=ADA.id, text="x", reply_parameters=reply)


async def test_blocked_by_the_person(bot: Bot, world: World) -> None:
    acts.set_blocked(world, person_id=ADA.id, is_blocked=True)
    words = await bot.refused("sendMessage", chat_id=ADA.id, text="x")
    assert words == "Forbidden: bot was blocked by the user"
    update = world.queue.waiting()[0]
    assert (update.kind, update.payload["new_chat_member"]["status"]) == (
        "my_chat_member",
        "kicked",
    )


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ({"text": "a", "callback_data": "x" * 65}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "callback_data": "é" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": "a"}, "Text buttons are unallowed in the inline keyboard"),
        ({"callback_data": "a"}, "can't parse inline keyboard button"),
        ({"text": "a", "url": "http://localhost:8080/x"}, "is invalid: Wrong HTTP URL"),
        ({"text": "a", "url": "http://intranet/x"}, "is invalid: Wrong HTTP URL"),
        ({"text": "a", "url": "ftp://e.com"}, "is invalid: Unsupported URL protocol"),
        ({"text": "a", "url": "http://127.0.0.1:9999/x"}, "BUTTON_URL_INVALID"),
        ({"text": "a", "url": f"{BASE}.evil/x"}, "is invalid: Wrong HTTP URL"),
        ({"text": "a", "copy_text": {"text": "x" * 257}}, "BUTTON_COPY_TEXT_INVALID"),
        ({"text": "a", "web_app": {"url": "http://e.com"}}, "Only HTTPS links are allowed"),
    ],
)
async def test_bad_buttons_are_refused(bot: Bot, button: dict[str, Any], words: str) -> None:
    said = await bot.refused("sendMessage", chat_id=ADA.id, text="x", reply_markup=inline(button))
    assert said.startswith("Bad Request: ")
    assert words in said


async def test_good_buttons_pass(bot: Bot) -> None:
    markup = inline(
        {"text": "a", "callback_data": "x" * 64},
        {"text": "b", "url": f"{BASE}/sandbox/provider/pay/1"},
        {"text": "c", "url": "https://t.me/x?start=1"},
        {"text": "d", "copy_text": {"text": "TXN"}},
    )
    sent = await bot.do("sendMessage", chat_id=ADA.id, text="x", reply_markup=markup)
    assert sent["reply_markup"] == markup


async def test_too_many_buttons(bot: Bot) -> None:
    markup = inline(*({"text": "a", "callback_data": "b"} for _ in range(101)))
    said = await bot.refused("sendMessage", chat_id=ADA.id, text="x", reply_markup=markup)
    assert said == "Bad Request: reply markup is too long"


async def test_edits(bot: Bot, world: World) -> None:
    markup = inline({"text": "a", "callback_data": "b"})
    sent = await bot.do("sendMessage", chat_id=ADA.id, text="x", reply_markup=markup)
    one = {"chat_id": ADA.id, "message_id": sent["message_id"]}
    same = await bot.refused("editMessageText", **one, text="x", reply_markup=markup)
    assert same.startswith("Bad Request: message is not modified: specified new message content")
    edited = await bot.do("editMessageText", **one, text="x")
    assert "reply_markup" not in edited
    gone = await bot.refused("editMessageText", chat_id=ADA.id, message_id=99, text="y")
    assert gone == "Bad Request: message to edit not found"
    own = acts.say(world, person_id=ADA.id, chat_id=ADA.id, text="mine")
    other = await bot.refused("editMessageText", chat_id=ADA.id, message_id=own.id, text="y")
    assert other == "Bad Request: message can't be edited"
    await bot.do("editMessageReplyMarkup", **one, reply_markup=markup)
    keyboard = await bot.refused(
        "editMessageText", **one, text="z", reply_markup={"keyboard": [["a"]]}
    )
    assert keyboard == "Bad Request: inline keyboard expected"


async def test_deletes(bot: Bot, world: World, clock: Clock) -> None:
    own = acts.say(world, person_id=ADA.id, chat_id=ADA.id, text="1234")
    await bot.do("deleteMessage", chat_id=ADA.id, message_id=own.id)
    again = await bot.refused("deleteMessage", chat_id=ADA.id, message_id=own.id)
    assert again == "Bad Request: message to delete not found"
    old = await bot.do("sendMessage", chat_id=ADA.id, text="old")
    clock.now_s += 48 * 3600 + 1
    words = await bot.refused("deleteMessage", chat_id=ADA.id, message_id=old["message_id"])
    assert words == "Bad Request: message can't be deleted for everyone"
    new = await bot.do("sendMessage", chat_id=ADA.id, text="new")
    ids = [old["message_id"], new["message_id"], 999]
    assert await bot.do("deleteMessages", chat_id=ADA.id, message_ids=ids) is True
    assert new["message_id"] not in world.state.chats[ADA.id].messages
    assert old["message_id"] in world.state.chats[ADA.id].messages


async def pressed(bot: Bot, world: World) -> str:
    markup = inline({"text": "Pay", "callback_data": "pay"})
    sent = await bot.do("sendMessage", chat_id=ADA.id, text="x", reply_markup=markup)
    message_id = sent["message_id"]
    query = acts.press(world, person_id=ADA.id, chat_id=ADA.id, message_id=message_id, data="pay")
    return query.id


async def test_a_press_is_answered_once(bot: Bot, world: World) -> None:
    query_id = await pressed(bot, world)
    update = world.queue.waiting()[0]
    assert (update.kind, update.payload["data"], update.lane) == (
        "callback_query",
        "pay",
        f"user:{ADA.id}",
    )
    await bot.do("answerCallbackQuery", callback_query_id=query_id, text="Done")
    assert world.answers[query_id].text == "Done"
    again = await bot.refused("answerCallbackQuery", callback_query_id=query_id)
    assert again == (
        "Bad Request: query is too old and response timeout expired or query ID is invalid"
    )


async def test_a_press_can_be_answered_too_late(bot: Bot, world: World, clock: Clock) -> None:
    query_id = await pressed(bot, world)
    clock.now_s += 151
    words = await bot.refused("answerCallbackQuery", callback_query_id=query_id)
    assert "query is too old" in words


async def test_an_app_may_repeat_a_press(bot: Bot, world: World) -> None:
    world.board.turn_on("telegram.repress")
    await pressed(bot, world)
    first, second = world.queue.waiting()
    assert first.id != second.id
    assert first.payload["id"] != second.payload["id"]
    assert first.payload["data"] == second.payload["data"]


async def test_files_go_both_ways(bot: Bot, world: World) -> None:
    file = world.keep_file(b"a,b\n", name="bills.csv", mime="text/csv", is_photo=False)
    acts.send_file(world, person_id=ADA.id, chat_id=ADA.id, file=file, caption="see")
    update = world.queue.waiting()[0]
    found = await bot.do("getFile", file_id=update.payload["document"]["file_id"])
    path = f"/sandbox/telegram/file/bot{bot.token}/{found['file_path']}"
    async with bot.client.get(path) as answer:
        assert await answer.read() == b"a,b\n"
    assert await bot.refused("getFile", file_id="none") == (
        "Bad Request: wrong file_id or the file is temporarily unavailable"
    )


async def test_photo_upload(bot: Bot) -> None:
    form = aiohttp.FormData({"chat_id": str(ADA.id), "photo": "attach://one", "caption": "c"})
    form.add_field("one", PNG, filename="p.png", content_type="image/png")
    path = f"/sandbox/telegram/bot{bot.token}/sendPhoto"
    async with bot.client.post(path, data=form) as answer:
        photo = (await answer.json())["result"]["photo"][0]
    assert (photo["width"], photo["height"]) == (3, 2)
    sent = await bot.do("sendPhoto", chat_id=ADA.id, photo=photo["file_id"])
    words = await bot.refused(
        "editMessageText", chat_id=ADA.id, message_id=sent["message_id"], text="x"
    )
    assert words == "Bad Request: there is no text in the message to edit"
    long = await bot.refused(
        "sendPhoto", chat_id=ADA.id, photo=photo["file_id"], caption="x" * 1025
    )
    assert long == "Bad Request: message caption is too long"


async def test_commands_by_scope_and_language(bot: Bot, world: World) -> None:
    def line(word: str) -> list[dict[str, str]]:
        return [{"command": word, "description": "d"}]

    await bot.do("setMyCommands", commands=line("all"))
    await bot.do("setMyCommands", commands=line("sw"), language_code="sw")
    scope = {"type": "chat", "chat_id": ADA.id}
    await bot.do("setMyCommands", commands=line("desk"), scope=scope)
    ada, bola = world.state.chats[ADA.id], world.state.chats[BOLA.id]
    assert commands_of(world.state, ada, ADA.id)[0].command == "desk"
    assert commands_of(world.state, bola, BOLA.id)[0].command == "sw"
    await bot.do("deleteMyCommands", scope=scope)
    assert commands_of(world.state, ada, ADA.id)[0].command == "all"
    assert await bot.refused("setMyCommands", commands=line("Pay!")) == (
        "Bad Request: BOT_COMMAND_INVALID"
    )


async def test_members_of_a_group(bot: Bot) -> None:
    ada = await bot.do("getChatMember", chat_id=SAVERS.id, user_id=ADA.id)
    bola = await bot.do("getChatMember", chat_id=SAVERS.id, user_id=BOLA.id)
    assert (ada["status"], bola["status"]) == ("administrator", "member")
    assert (await bot.do("getChat", chat_id=SAVERS.id))["type"] == "supergroup"


async def test_privacy_mode_in_groups(world: World) -> None:
    for text in ("hello", "/pay@other_bot", "/chipin 500", "/pot@hazina_sandbox_bot"):
        acts.say(world, person_id=BOLA.id, chat_id=SAVERS.id, text=text)
    heard = [update.payload["text"] for update in world.queue.waiting()]
    assert heard == ["/chipin 500", "/pot@hazina_sandbox_bot"]


async def test_outages(bot: Bot, world: World) -> None:
    world.board.set("telegram.outage", "error")
    assert (await bot.call("getMe"))["error_code"] == 502
    world.board.set("telegram.outage", "drop")
    with pytest.raises(aiohttp.ClientError):
        await bot.call("getMe")


async def test_flood_switch(bot: Bot, world: World) -> None:
    world.board.set("telegram.flood_s", 7)
    body = await bot.call("sendMessage", chat_id=ADA.id, text="x")
    assert body == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 7",
        "parameters": {"retry_after": 7},
    }


async def test_accepted_but_never_answered(bot: Bot, world: World) -> None:
    world.hang_s = 0.01
    world.board.set("telegram.hang", "once")
    with pytest.raises(aiohttp.ClientError):
        await bot.call("sendMessage", chat_id=ADA.id, text="did it arrive?")
    last = list(world.state.chats[ADA.id].messages.values())[-1]
    assert last.body.text == "did it arrive?"
    await bot.do("sendMessage", chat_id=ADA.id, text="the next goes well")

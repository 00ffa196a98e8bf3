"""What persons do in their chats: write, tap, share, block. Each act may become an update."""

import re
import secrets
from dataclasses import replace
from typing import Final

from bot.sandbox import wire
from bot.sandbox.entities import finish
from bot.sandbox.records import (
    ChatState,
    Formatted,
    Json,
    Key,
    KeyKind,
    Message,
    Person,
    Query,
    ReplyKeyboard,
    SharedContact,
    StoredFile,
)
from bot.sandbox.updates import Happening
from bot.sandbox.world import World

MAX_TEXT: Final = 4096
MAX_CAPTION: Final = 1024
NO_TEXT: Final = Formatted()
START_KEY: Final = re.compile(r"[A-Za-z0-9_-]{0,64}\Z")


class CannotDo(Exception):
    """A person tries what the app would not offer; the text says why."""


def start(world: World, *, person_id: int, key: str = "") -> Message:
    """Press Start, or open a deep link with its key.

    Raises:
        CannotDo: the key is not one Telegram passes on.
    """
    if START_KEY.match(key) is None:
        raise CannotDo("a start key has at most 64 of A-Z a-z 0-9 _ -")
    chat = _chat(world, person_id, person_id)
    if chat.is_blocked:
        set_blocked(world, person_id=person_id, is_blocked=False)
    return say(world, person_id=person_id, chat_id=person_id, text=f"/start {key}".strip())


def say(world: World, *, person_id: int, chat_id: int, text: str, reply_to_id: int = 0) -> Message:
    """Write a text message.

    Raises:
        CannotDo: empty, too long, not in that chat, or the bot is blocked.
    """
    body = finish(Formatted(text=text))
    if not body.text:
        raise CannotDo("there is nothing to send")
    if len(body.text) > MAX_TEXT:
        raise CannotDo(f"a message has at most {MAX_TEXT} characters")
    chat = _open(world, person_id, chat_id)
    _used_keyboard(world, chat, body.text)
    return _send(world, chat, person_id, body=body, reply_to_id=reply_to_id)


def share_contact(world: World, *, person_id: int, chat_id: int) -> Message:
    """Share one's own phone number, as the contact button does.

    Raises:
        CannotDo: the person has no phone, is not in that chat, or blocked the bot.
    """
    person = _person(world, person_id)
    if not person.phone:
        raise CannotDo(f"{person.first_name} has no phone number")
    chat = _open(world, person_id, chat_id)
    _used_keyboard(world, chat, "", is_contact=True)
    contact = SharedContact(
        phone=person.phone.removeprefix("+"),
        first_name=person.first_name,
        last_name=person.last_name,
        user_id=person.id,
    )
    return _send(world, chat, person_id, contact=contact)


def send_file(
    world: World, *, person_id: int, chat_id: int, file: StoredFile, caption: str = ""
) -> Message:
    """Send a photo or document.

    Raises:
        CannotDo: the caption is too long, not in that chat, or the bot is blocked.
    """
    body = finish(Formatted(text=caption))
    if len(body.text) > MAX_CAPTION:
        raise CannotDo(f"a caption has at most {MAX_CAPTION} characters")
    return _send(world, _open(world, person_id, chat_id), person_id, body=body, file=file)


def press(world: World, *, person_id: int, chat_id: int, message_id: int, data: str) -> Query:
    """Tap an inline button; with "app repeats presses" on, the bot hears of it twice.

    Raises:
        CannotDo: not in that chat, or the message no longer has that button.
    """
    chat = _chat(world, person_id, chat_id)
    message = chat.messages.get(message_id)
    keys = [key for row in message.keyboard for key in row] if message else []
    if not any(key.kind is KeyKind.PRESS and key.value == data for key in keys):
        raise CannotDo("that button is gone")
    first = _ask(world, chat, person_id, message_id, data)
    if world.board.is_on("telegram.repress"):
        _ask(world, chat, person_id, message_id, data, twin_of=first.id)
    return first


def find_key(message: Message, label: str) -> Key | None:
    """Return the first button whose label starts with these words, whatever case and spaces."""
    wanted = _spoken(label)
    for row in message.keyboard:
        for key in row:
            if _spoken(key.text).startswith(wanted):
                return key
    return None


def _spoken(label: str) -> str:
    return label.casefold().replace("\u00a0", " ")


def set_blocked(world: World, *, person_id: int, is_blocked: bool) -> None:
    """Block the bot or let it write again; the bot is told by `my_chat_member`.

    Raises:
        CannotDo: the private chat was never started.
    """
    chat = _chat(world, person_id, person_id)
    if not chat.is_started:
        raise CannotDo("the chat was not started")
    if chat.is_blocked == is_blocked:
        return
    before = wire.member_json(world.state, chat, world.state.bot.id, date=world.now())
    chat.is_blocked = is_blocked
    after = wire.member_json(world.state, chat, world.state.bot.id, date=world.now())
    world.show_chat(chat)
    world.queue.put(
        Happening(
            kind="my_chat_member",
            lane=f"member:{chat.id}",
            chat_id=chat.id,
            payload={
                "chat": wire.chat_json(world.state, chat),
                "from": wire.user_json(world.state, person_id),
                "date": world.now(),
                "old_chat_member": before,
                "new_chat_member": after,
            },
        )
    )


def delete_own(world: World, *, person_id: int, chat_id: int, message_id: int) -> None:
    """Delete one's own message; bots are not told.

    Raises:
        CannotDo: no such message, or somebody else's.
    """
    chat = _chat(world, person_id, chat_id)
    message = chat.messages.get(message_id)
    if message is None or message.sender_id != person_id:
        raise CannotDo("only your own messages")
    world.drop_message(chat, message_id)


def edit_own(world: World, *, person_id: int, chat_id: int, message_id: int, text: str) -> Message:
    """Change one's own text message.

    Raises:
        CannotDo: no such text message, somebody else's, or nothing left of it.
    """
    chat = _open(world, person_id, chat_id)
    message = chat.messages.get(message_id)
    body = finish(Formatted(text=text))
    if message is None or message.sender_id != person_id or message.file or message.contact:
        raise CannotDo("only your own text messages")
    if not body.text:
        raise CannotDo("there is nothing to send")
    edited = world.save_message(replace(message, body=body, edited_at=world.now()))
    _tell_bot(world, chat, edited, "edited_message")
    return edited


def _send(
    world: World,
    chat: ChatState,
    person_id: int,
    *,
    body: Formatted = NO_TEXT,
    reply_to_id: int = 0,
    contact: SharedContact | None = None,
    file: StoredFile | None = None,
) -> Message:
    message = Message(
        id=world.next_message_id(chat),
        chat_id=chat.id,
        sender_id=person_id,
        date=world.now(),
        body=body,
        reply_to_id=reply_to_id if reply_to_id in chat.messages else 0,
        contact=contact,
        file=file,
    )
    if chat.is_private and not chat.is_started:
        chat.is_started = True
        world.show_chat(chat)
    sent = world.save_message(message)
    _tell_bot(world, chat, sent, "message")
    return sent


def _tell_bot(world: World, chat: ChatState, message: Message, kind: str) -> None:
    if not chat.is_private and not _is_for_bot(world, chat, message):
        return
    world.queue.put(
        Happening(
            kind=kind,
            payload=wire.message_json(world.state, message),
            lane=f"chat:{chat.id}",
            chat_id=chat.id,
            message_id=message.id,
        )
    )


def _is_for_bot(world: World, chat: ChatState, message: Message) -> bool:
    """Privacy mode: in groups the bot sees commands, answers to it and what names it."""
    bot = world.state.bot
    text = message.body.text
    replied = chat.messages.get(message.reply_to_id)
    if replied is not None and replied.sender_id == bot.id:
        return True
    if f"@{bot.username}".casefold() in text.casefold():
        return True
    command = text.split(maxsplit=1)[0] if text.startswith("/") else ""
    return bool(command) and "@" not in command


def _ask(
    world: World, chat: ChatState, person_id: int, message_id: int, data: str, *, twin_of: str = ""
) -> Query:
    query = Query(
        id=str(secrets.randbits(62)),
        person_id=person_id,
        chat_id=chat.id,
        message_id=message_id,
        data=data,
        asked_at=world.clock(),
        twin_of=twin_of,
    )
    world.save_query(query)
    payload: Json = wire.query_json(world.state, query)
    world.queue.put(
        Happening(
            kind="callback_query",
            payload=payload,
            lane=f"user:{person_id}",
            chat_id=chat.id,
            message_id=message_id,
        )
    )
    return query


def _used_keyboard(world: World, chat: ChatState, text: str, *, is_contact: bool = False) -> None:
    keyboard: ReplyKeyboard | None = chat.reply_keyboard
    if keyboard is None:
        return
    is_used = keyboard.is_force_reply or any(
        key.is_contact if is_contact else key.text == text for row in keyboard.rows for key in row
    )
    if is_used and (keyboard.is_one_time or keyboard.is_force_reply):
        chat.reply_keyboard = None
        world.show_chat(chat)


def _person(world: World, person_id: int) -> Person:
    if person_id not in world.state.people:
        raise CannotDo("there is nobody of that id")
    return world.state.people[person_id]


def _chat(world: World, person_id: int, chat_id: int) -> ChatState:
    person = _person(world, person_id)
    chat = world.state.chats.get(chat_id)
    if chat is None or person_id not in chat.member_ids:
        raise CannotDo(f"{person.first_name} is not in that chat")
    return chat


def _open(world: World, person_id: int, chat_id: int) -> ChatState:
    chat = _chat(world, person_id, chat_id)
    if chat.is_blocked:
        raise CannotDo("the bot is blocked; unblock it first")
    return chat

"""What the chat page gets to see: JSON made for drawing, not for the bot."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from bot.sandbox.commands import commands_of
from bot.sandbox.records import ChatState, Json, Message, Person, StoredFile, WorldState
from bot.sandbox.wire import entity_json

if TYPE_CHECKING:
    from bot.sandbox.world import ApiCall

MAX_SHOWN: Final = 200


def person(state: WorldState, who: Person) -> Json:
    """Return a person with the chats that person is in."""
    chats = [chat.id for chat in state.chats.values() if who.id in chat.member_ids]
    return asdict(who) | {"name": who.name, "chat_ids": sorted(chats, reverse=True)}


def chat(state: WorldState, shown: ChatState) -> Json:
    """Return a chat without its messages."""
    keyboard = shown.reply_keyboard
    return {
        "id": shown.id,
        "title": shown.title or state.bot.first_name,
        "is_private": shown.is_private,
        "member_ids": shown.member_ids,
        "admin_ids": shown.admin_ids,
        "is_started": shown.is_started,
        "is_blocked": shown.is_blocked,
        "reply_keyboard": asdict(keyboard) if keyboard else None,
        "commands": {
            str(member_id): [asdict(command) for command in commands_of(state, shown, member_id)]
            for member_id in shown.member_ids
        },
    }


def message(state: WorldState, shown: Message) -> Json:
    """Return a message; what a button would send to the bot is shown, too, for the curious."""
    return {
        "id": shown.id,
        "chat_id": shown.chat_id,
        "sender_id": shown.sender_id,
        "is_bot": shown.sender_id == state.bot.id,
        "date": shown.date,
        "edited_at": shown.edited_at,
        "text": shown.body.text,
        "entities": [entity_json(entity) for entity in shown.body.entities],
        "keyboard": [
            [
                {"text": key.text, "kind": key.kind.value, "value": key.value, "style": key.style}
                for key in row
            ]
            for row in shown.keyboard
        ],
        "reply_to_id": shown.reply_to_id,
        "file": _file(shown.file),
        "contact": asdict(shown.contact) if shown.contact else None,
        "service": shown.service,
        "is_protected": shown.is_protected,
        "is_silent": shown.is_silent,
        "is_taken": shown.is_taken,
        "revision": shown.revision,
    }


def call(shown: "ApiCall") -> Json:
    """Return one line of the call log."""
    return asdict(shown)


def snapshot(state: WorldState) -> Json:
    """Return people, chats and the newest messages of each chat."""
    return {
        "bot": {
            "id": state.bot.id,
            "name": state.bot.first_name,
            "username": state.bot.username,
            "description": state.descriptions.get("description|", ""),
        },
        "people": [person(state, who) for who in state.people.values()],
        "chats": [chat(state, shown) for shown in state.chats.values()],
        "messages": [
            message(state, shown)
            for room in state.chats.values()
            for shown in list(room.messages.values())[-MAX_SHOWN:]
        ],
    }


def _file(file: StoredFile | None) -> Json | None:
    if file is None:
        return None
    return {
        "name": file.name,
        "mime": file.mime,
        "size": file.size,
        "is_photo": file.is_photo,
        "width": file.width,
        "height": file.height,
        "url": f"/sandbox/api/files/{file.unique_id}/{quote(file.name or 'file', safe='')}",
    }

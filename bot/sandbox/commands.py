"""The commands menu: one list for each scope and language, and which of them a person sees.

Source: core.telegram.org/bots/api#determining-list-of-commands, November 2026.
"""

import re
from typing import Final

from bot.sandbox.records import ChatState, Command, Json, WorldState
from bot.sandbox.refusals import bad_request

MAX_COMMANDS: Final = 100
MAX_DESCRIPTION: Final = 256
_NAME: Final = re.compile(r"/?[a-z0-9_]{1,32}\Z")
_PLAIN: Final = frozenset(
    {"default", "all_private_chats", "all_group_chats", "all_chat_administrators"}
)
_OF_CHAT: Final = frozenset({"chat", "chat_administrators", "chat_member"})


def scope_key(scope: object, language_code: str) -> str:
    """Return under which key a scope's list is kept.

    Raises:
        ApiRefusal: the scope is not one of Telegram's.
    """
    if scope is None or scope == "":
        return f"default|{language_code}"
    if not isinstance(scope, dict):
        raise bad_request("can't parse BotCommandScope: BotCommandScope must be an Object")
    kind = str(scope.get("type", ""))
    if kind in _PLAIN:
        return f"{kind}|{language_code}"
    if kind not in _OF_CHAT:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    if not scope.get("chat_id"):
        raise bad_request("can't parse BotCommandScope: Empty chat_id specified")
    person = f":{scope['user_id']}" if kind == "chat_member" and scope.get("user_id") else ""
    return f"{kind}:{scope['chat_id']}{person}|{language_code}"


def read_commands(raw: object) -> list[Command]:
    """Return the list as the bot sends it.

    Raises:
        ApiRefusal: not a list, too many, or a name or description Telegram would refuse.
    """
    if not isinstance(raw, list):
        raise bad_request("expected an Array of BotCommand")
    if len(raw) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    return [_command(line) for line in raw]


def _command(raw: Json) -> Command:
    name, description = str(raw.get("command", "")), str(raw.get("description", ""))
    if _NAME.match(name) is None:
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= MAX_DESCRIPTION:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return Command(command=name.removeprefix("/"), description=description)


def commands_of(state: WorldState, chat: ChatState, person_id: int) -> list[Command]:
    """Return the first list that applies to a person in a chat."""
    language = state.people[person_id].language_code if person_id in state.people else ""
    for scope in _scopes(chat, person_id):
        for key in (f"{scope}|{language}", f"{scope}|"):
            if state.commands.get(key):
                return state.commands[key]
    return []


def _scopes(chat: ChatState, person_id: int) -> list[str]:
    if chat.is_private:
        return [f"chat:{chat.id}", "all_private_chats", "default"]
    is_admin = person_id in chat.admin_ids
    return [
        f"chat_member:{chat.id}:{person_id}",
        *([f"chat_administrators:{chat.id}"] if is_admin else []),
        f"chat:{chat.id}",
        *(["all_chat_administrators"] if is_admin else []),
        "all_group_chats",
        "default",
    ]

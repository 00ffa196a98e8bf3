"""Bot API methods about the bot itself, chats, files, commands and how updates arrive."""

import re
from typing import Final
from urllib.parse import urlsplit

from bot.sandbox.api_messages import find_chat
from bot.sandbox.commands import read_commands, scope_key
from bot.sandbox.markup import LOOPBACK
from bot.sandbox.params import Params
from bot.sandbox.records import ChatState, Command, Json, Webhook
from bot.sandbox.refusals import bad_request
from bot.sandbox.wire import bot_json, chat_json, member_json
from bot.sandbox.world import World

MAX_DOWNLOAD_BYTES: Final = 20 * 1024 * 1024
MAX_CONNECTIONS: Final = 100
ACTIONS: Final = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{1,256}\Z")


def get_me(world: World, params: Params) -> Json:
    """Return the bot's own User object."""
    return bot_json(world.state.bot) | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def get_chat(world: World, params: Params) -> Json:
    """Return a chat in full.

    Raises:
        ApiRefusal: there is no such chat.
    """
    chat = find_chat(world, params)
    return chat_json(world.state, chat) | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": False,
            "limited_gifts": False,
            "unique_gifts": False,
            "premium_subscription": False,
            "gifts_from_channels": False,
        },
    }


def get_chat_member(world: World, params: Params) -> Json:
    """Return how somebody stands in a chat.

    Raises:
        ApiRefusal: no such chat or nobody of that id.
    """
    chat = find_chat(world, params)
    user_id = params.integer("user_id")
    if user_id != world.state.bot.id and user_id not in world.state.people:
        raise bad_request("PARTICIPANT_ID_INVALID")
    return member_json(world.state, chat, user_id, date=world.now())


def get_chat_administrators(world: World, params: Params) -> list[Json]:
    """Return the administrators of a group.

    Raises:
        ApiRefusal: no such chat, or a private one.
    """
    chat = find_chat(world, params)
    if chat.is_private:
        raise bad_request("there are no administrators in the private chat")
    return [member_json(world.state, chat, user_id, date=world.now()) for user_id in chat.admin_ids]


def send_chat_action(world: World, params: Params) -> bool:
    """Show "typing…" for a few seconds.

    Raises:
        ApiRefusal: no such chat, or an unknown action.
    """
    chat = find_chat(world, params)
    action = params.text("action")
    if action not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    world.tell("action", lambda: {"chat_id": chat.id, "action": action})
    return True


def get_file(world: World, params: Params) -> Json:
    """Return where a file can be downloaded.

    Raises:
        ApiRefusal: unknown file, or beyond 20 MB.
    """
    file = world.state.files.get(params.text("file_id"))
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if file.size > MAX_DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    folder = "photos" if file.is_photo else "documents"
    suffix = ".jpg" if file.is_photo else f".{file.name.rpartition('.')[2] or 'bin'}"
    return {
        "file_id": file.file_id,
        "file_unique_id": file.unique_id,
        "file_size": file.size,
        "file_path": f"{folder}/{file.unique_id}{suffix}",
    }


def set_my_commands(world: World, params: Params) -> bool:
    """Set the commands of a scope and language.

    Raises:
        ApiRefusal: a bad scope, name or description, or too many.
    """
    key = scope_key(params.json("scope"), params.text("language_code"))
    world.state.commands[key] = read_commands(params.json("commands"))
    _show_commands(world)
    return True


def get_my_commands(world: World, params: Params) -> list[Json]:
    """Return the commands of a scope and language.

    Raises:
        ApiRefusal: a bad scope.
    """
    key = scope_key(params.json("scope"), params.text("language_code"))
    found: list[Command] = world.state.commands.get(key, [])
    return [{"command": line.command, "description": line.description} for line in found]


def delete_my_commands(world: World, params: Params) -> bool:
    """Remove the commands of a scope and language.

    Raises:
        ApiRefusal: a bad scope.
    """
    world.state.commands.pop(scope_key(params.json("scope"), params.text("language_code")), None)
    _show_commands(world)
    return True


def _show_commands(world: World) -> None:
    for chat in world.state.chats.values():
        world.show_chat(chat)


def set_chat_menu_button(world: World, params: Params) -> bool:
    """Set what the button beside the input field does, in one chat or in all.

    Raises:
        ApiRefusal: no such chat, or an unknown kind of button.
    """
    raw = params.json("menu_button")
    button: Json = raw if isinstance(raw, dict) else {"type": "default"}
    if button.get("type") not in {"default", "commands", "web_app"}:
        raise bad_request("can't parse menu button: MenuButton has unsupported type")
    chats: list[ChatState] = list(world.state.chats.values())
    if params.text("chat_id"):
        chats = [find_chat(world, params)]
    for chat in chats:
        chat.menu_button = button
        world.show_chat(chat)
    return True


def get_chat_menu_button(world: World, params: Params) -> Json:
    """Return what the button beside the input field does.

    Raises:
        ApiRefusal: no such chat.
    """
    if not params.text("chat_id"):
        return {"type": "default"}
    return find_chat(world, params).menu_button or {"type": "default"}


def set_my_description(world: World, params: Params) -> bool:
    """Set what an empty chat says about the bot."""
    world.state.descriptions[f"description|{params.text('language_code')}"] = params.text(
        "description"
    )
    return True


def set_my_short_description(world: World, params: Params) -> bool:
    """Set what the bot's profile says."""
    world.state.descriptions[f"short|{params.text('language_code')}"] = params.text(
        "short_description"
    )
    return True


def set_webhook(world: World, params: Params) -> bool:
    """Deliver updates to an address from now on; an empty one stops that.

    Raises:
        ApiRefusal: not https (loopback may be http), or a secret Telegram would not send.
    """
    url, secret = params.text("url"), params.text("secret_token")
    if not url:
        return delete_webhook(world, params)
    parts = urlsplit(url)
    is_loopback = parts.scheme == "http" and parts.hostname in LOOPBACK
    if parts.scheme != "https" and not is_loopback:
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if secret and _SECRET.match(secret) is None:
        raise bad_request("secret token contains unallowed characters")
    _apply(world, params)
    connections = params.integer("max_connections", 40)
    world.queue.set_webhook(
        Webhook(
            url=url,
            secret=secret,
            max_connections=min(max(connections, 1), MAX_CONNECTIONS),
        )
    )
    return True


def delete_webhook(world: World, params: Params) -> bool:
    """Go back to polling."""
    if params.boolean("drop_pending_updates"):
        world.queue.drop_all()
    world.queue.set_webhook(Webhook())
    return True


def _apply(world: World, params: Params) -> None:
    if params.boolean("drop_pending_updates"):
        world.queue.drop_all()
    remember_allowed(world, params)


def remember_allowed(world: World, params: Params) -> None:
    """Remember `allowed_updates`, when the call has it, until another call changes it.

    Raises:
        ApiRefusal: not a list.
    """
    raw = params.json("allowed_updates")
    if raw is None:
        return
    if not isinstance(raw, list):
        raise bad_request("can't parse allowed_updates: Array expected")
    world.queue.allow([str(kind) for kind in raw])


def get_webhook_info(world: World, params: Params) -> Json:
    """Return where updates go, how many wait, and what went wrong last."""
    webhook = world.queue.state.webhook
    info: Json = {
        "url": webhook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(world.queue.waiting()),
    }
    if webhook.url:
        info["max_connections"] = webhook.max_connections
        info["ip_address"] = "127.0.0.1"
    if webhook.last_error:
        info |= {
            "last_error_date": webhook.last_error_at,
            "last_error_message": webhook.last_error,
        }
    if world.queue.state.allowed:
        info["allowed_updates"] = list(world.queue.state.allowed)
    return info

"""Telegram → `Incoming`: reads updates as the Bot API's own JSON; never raises over one.

Source: telegram.md section 5; Bot API 10.0, Update.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from handlers.chat import PROOF_MARK, Chat, Contact, Did, File, Incoming, Sender, lane_of_person

Raw = Mapping[str, Any]

ANONYMOUS_IDS: Final = frozenset({1087968824, 136817688, 777000})
"""Stand-ins for anonymous administrators, channels and linked channels; nobody's account."""

_COMMAND: Final = re.compile(
    r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{1,32}))?(?:\s+(.*))?", re.DOTALL
)
_NOBODY: Final[Raw] = {}
_FORWARDED: Final = ("forward_origin", "forward_date", "forward_from", "forward_sender_name")
_OTHER_CONTENT: Final = frozenset(
    {
        "animation",
        "audio",
        "checklist",
        "dice",
        "game",
        "location",
        "paid_media",
        "poll",
        "sticker",
        "story",
        "venue",
        "video",
        "video_note",
        "voice",
    }
)
_GROUP_CHANGES: Final = frozenset(
    {
        "group_chat_created",
        "left_chat_member",
        "migrate_from_chat_id",
        "migrate_to_chat_id",
        "new_chat_members",
        "new_chat_title",
        "supergroup_chat_created",
    }
)
_PERSONAL: Final = (
    "message",
    "callback_query",
    "edited_message",
    "my_chat_member",
    "pre_checkout_query",
    "shipping_query",
    "inline_query",
    "chosen_inline_result",
    "chat_member",
    "chat_join_request",
)
_MEMBERSHIP: Final = frozenset({"my_chat_member", "chat_member"})
_CHANNEL: Final = ("channel_post", "edited_channel_post")


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """A group became a supergroup: the chat is the same, its id is new."""

    old_chat_id: int
    new_chat_id: int


def read_update(raw: Raw, *, username: str = "") -> Incoming | None:
    """Read what a person did; None for what nobody did or what is not for us.

    `username` is our bot's; commands addressed to another bot are not ours. Edits, channel posts,
    other bots and service messages are None; for migrations see `read_migration`.
    """
    if message := _dict(raw, "message"):
        return _read_message(message, username)
    if press := _dict(raw, "callback_query"):
        return _read_press(press)
    if change := _dict(raw, "my_chat_member"):
        return _read_membership(change)
    return None


def read_migration(raw: Raw) -> Migration | None:
    """Read a group's move to a new chat id; both of Telegram's messages tell the same."""
    message = _dict(raw, "message")
    chat_id = _int(_dict(message, "chat"), "id")
    if new_id := _int(message, "migrate_to_chat_id"):
        return Migration(old_chat_id=chat_id, new_chat_id=new_id)
    if old_id := _int(message, "migrate_from_chat_id"):
        return Migration(old_chat_id=old_id, new_chat_id=chat_id)
    return None


def update_key(raw: Raw) -> str:
    """Return what tells this update from all others of its bot.

    Raises:
        ValueError: it has no number; neither webhook nor poller lets such a one in.
    """
    number = raw.get("update_id")
    if type(number) is not int:
        raise ValueError("An update without a number")
    return str(number)


def lane_of(raw: Raw, bot_id: int) -> str:
    """Return the lane that keeps this update in order.

    `u:<bot>:<telegram id>` of who acted; `g:<chat>` for what changes a group, for channels and for
    anonymous people; `u:<bot>:0` where there is neither.
    """
    for kind in _PERSONAL:
        if body := _dict(raw, kind):
            break
    else:
        return _lane_without_person(raw, bot_id)
    chat_id = _int(_dict(body, "chat"), "id")
    person_id = _int(_dict(body, "from"), "id")
    is_group = chat_id < 0
    if is_group and (kind in _MEMBERSHIP or not _GROUP_CHANGES.isdisjoint(body)):
        return f"g:{chat_id}"
    if is_group and (not person_id or person_id in ANONYMOUS_IDS):
        return f"g:{chat_id}"
    return lane_of_person(bot_id, person_id or max(chat_id, 0))


def _lane_without_person(raw: Raw, bot_id: int) -> str:
    for kind in _CHANNEL:
        if chat_id := _int(_dict(_dict(raw, kind), "chat"), "id"):
            return f"g:{chat_id}"
    return lane_of_person(bot_id, 0)


def _read_message(message: Raw, username: str) -> Incoming | None:
    person, chat = _dict(message, "from"), _chat(_dict(message, "chat"))
    sender = _sender(person, is_anonymous="sender_chat" in message)
    if sender is None or chat is None:
        return None
    message_id = _int(message, "message_id")
    if any(mark in message for mark in _FORWARDED) or "via_bot" in message:
        return _read_foreign(message, sender, chat)
    if text := _str(message, "text"):
        if text[0] == "/" and (match := _COMMAND.fullmatch(text)):
            return _read_command(match, username, sender=sender, chat=chat, message_id=message_id)
        return Incoming(did=Did.TEXT, sender=sender, chat=chat, text=text, message_id=message_id)
    if contact := _contact(message, sender):
        return Incoming(
            did=Did.CONTACT, sender=sender, chat=chat, contact=contact, message_id=message_id
        )
    if file := _file(message):
        return Incoming(
            did=Did.FILE,
            sender=sender,
            chat=chat,
            text=_str(message, "caption"),
            file=file,
            message_id=message_id,
        )
    return _read_other(message, sender, chat)


def _read_command(
    match: re.Match[str], username: str, *, sender: Sender, chat: Chat, message_id: int
) -> Incoming | None:
    name, addressee, arguments = match.groups()
    if addressee is not None and addressee.casefold() != username.casefold():
        return None
    return Incoming(
        did=Did.COMMAND,
        sender=sender,
        chat=chat,
        command=name.lower(),
        text=(arguments or "").strip(),
        message_id=message_id,
    )


def _read_foreign(message: Raw, sender: Sender, chat: Chat) -> Incoming | None:
    """Read somebody else's words passed on: a file is evidence, the words are nobody's input."""
    message_id = _int(message, "message_id")
    if file := _file(message):
        return Incoming(did=Did.FILE, sender=sender, chat=chat, file=file, message_id=message_id)
    if _str(message, "text") or "contact" in message:
        return Incoming(did=Did.OTHER, sender=sender, chat=chat, message_id=message_id)
    return _read_other(message, sender, chat)


def _read_other(message: Raw, sender: Sender, chat: Chat) -> Incoming | None:
    if _OTHER_CONTENT.isdisjoint(message):
        return None
    return Incoming(did=Did.OTHER, sender=sender, chat=chat, message_id=_int(message, "message_id"))


def _read_press(press: Raw) -> Incoming | None:
    """Read a press; `message_id` is 0 where its message is a proof or out of reach: answer anew."""
    sender = _sender(_dict(press, "from"), is_anonymous=False)
    if sender is None:
        return None
    message = _dict(press, "message")
    data = _str(press, "data")
    may_edit = _int(message, "date") > 0 and not data.startswith(PROOF_MARK)
    return Incoming(
        did=Did.PRESS,
        sender=sender,
        # Without its message the only chat we know is the person's own.
        chat=_chat(_dict(message, "chat")) or Chat(id=sender.external_id, is_private=True),
        data=data.removeprefix(PROOF_MARK),
        message_id=_int(message, "message_id") if may_edit else 0,
        press_id=_str(press, "id"),
    )


def _read_membership(change: Raw) -> Incoming | None:
    sender = _sender(_dict(change, "from"), is_anonymous=False)
    chat = _chat(_dict(change, "chat"))
    if sender is None or chat is None:
        return None
    was_in, is_in = (_is_in(_dict(change, f"{when}_chat_member")) for when in ("old", "new"))
    if was_in == is_in:
        return None
    return Incoming(did=Did.RETURNED if is_in else Did.BLOCKED, sender=sender, chat=chat)


def _is_in(member: Raw) -> bool:
    status = member.get("status")
    if status == "restricted":
        return member.get("is_member") is True
    return status in {"creator", "administrator", "member"}


def _chat(chat: Raw) -> Chat | None:
    chat_id = _int(chat, "id")
    kind = chat.get("type")
    if not chat_id or kind == "channel":
        return None
    return Chat(id=chat_id, is_private=kind == "private")


def _sender(person: Raw, *, is_anonymous: bool) -> Sender | None:
    """Return who it was; None for nobody and for other bots."""
    person_id = _int(person, "id")
    is_stand_in = is_anonymous or person_id in ANONYMOUS_IDS
    if not person_id or (person.get("is_bot") is True and not is_stand_in):
        return None
    return Sender(
        external_id=person_id,
        name=f"{_str(person, 'first_name')} {_str(person, 'last_name')}".strip(),
        language=_str(person, "language_code"),
        username=_str(person, "username"),
        is_anonymous=is_stand_in,
    )


def _contact(message: Raw, sender: Sender) -> Contact | None:
    contact = _dict(message, "contact")
    phone = _str(contact, "phone_number")
    if not phone:
        return None
    is_own = _int(contact, "user_id") == sender.external_id and not sender.is_anonymous
    return Contact(phone=phone, is_own=is_own)


def _file(message: Raw) -> File | None:
    """Return the largest size of a photo, or a document (an animation is none)."""
    sizes = message.get("photo")
    if isinstance(sizes, list) and sizes and isinstance(sizes[-1], dict):
        return _described(sizes[-1], "photo")
    if "animation" in message:
        return None
    document = _dict(message, "document")
    return _described(document, "document") if document else None


def _described(file: Raw, kind: str) -> File | None:
    file_id = _str(file, "file_id")
    if not file_id:
        return None
    return File(
        file_id=file_id,
        unique_id=_str(file, "file_unique_id"),
        kind=kind,
        name=_str(file, "file_name"),
        size=_int(file, "file_size"),
    )


def _dict(body: Raw, name: str) -> Raw:
    value = body.get(name)
    return value if isinstance(value, dict) else _NOBODY


def _str(body: Raw, name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _int(body: Raw, name: str) -> int:
    value = body.get(name)
    return value if type(value) is int else 0

"""People, chats and messages of the sandbox world; plain data that fits into a JSON file."""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can be played; `id` is the Telegram id and that of the private chat."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    phone: str = ""
    language_code: str = "en"
    blurb: str = ""

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group chat at the start of the world; `id` is negative, the bot is in it."""

    id: int
    title: str
    member_ids: tuple[int, ...]
    admin_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BotAccount:
    """The one bot of this world."""

    id: int
    first_name: str
    username: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A formatted stretch of a text; offset and length count UTF-16 units."""

    type: str
    offset: int
    length: int
    url: str = ""
    language: str = ""
    custom_emoji_id: str = ""
    unix_time: int = 0
    format: str = ""
    user_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Formatted:
    """A text and its entities, sorted by offset, the longer first."""

    text: str = ""
    entities: tuple[Entity, ...] = ()


class KeyKind(StrEnum):
    """What tapping an inline button does."""

    PRESS = "callback_data"
    URL = "url"
    COPY = "copy_text"
    WEB_APP = "web_app"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One inline button; `value` is its data, address or text to copy."""

    text: str
    kind: KeyKind
    value: str
    style: str = ""


Keyboard = tuple[tuple[Key, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyKey:
    """One button of the keyboard under the input field."""

    text: str
    is_contact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyKeyboard:
    """What stands under the input field until replaced or removed."""

    rows: tuple[tuple[ReplyKey, ...], ...] = ()
    is_one_time: bool = False
    is_persistent: bool = False
    placeholder: str = ""
    is_force_reply: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """An uploaded file; the bytes are kept under `unique_id`."""

    file_id: str
    unique_id: str
    name: str
    mime: str
    size: int
    is_photo: bool = False
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedContact:
    """A phone number that somebody shared."""

    phone: str
    first_name: str
    last_name: str = ""
    user_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message; of a file, `body` is the caption. `date` and `edited_at` are Unix seconds.

    `revision` grows with every change in the world. `is_taken` when the bot has confirmed the
    update that told of it.
    """

    id: int
    chat_id: int
    sender_id: int
    date: int
    body: Formatted = Formatted()
    keyboard: Keyboard = ()
    edited_at: int = 0
    reply_to_id: int = 0
    file: StoredFile | None = None
    contact: SharedContact | None = None
    service: str = ""
    is_protected: bool = False
    is_silent: bool = False
    is_taken: bool = False
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One line of the commands menu."""

    command: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A pressed button that waits for its answer; `asked_at` is the real clock, in seconds."""

    id: str
    person_id: int
    chat_id: int
    message_id: int
    data: str
    asked_at: float
    twin_of: str = ""
    is_answered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the bot answered to a press: a toast, a box to dismiss, or nothing to see."""

    query_id: str
    text: str = ""
    is_alert: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One update for the bot; `made_at` and `expires_at` are the real clock, in seconds."""

    id: int
    kind: str
    payload: Json
    lane: str
    made_at: float
    expires_at: float
    chat_id: int = 0
    message_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where updates are delivered; without a `url` the bot polls."""

    url: str = ""
    secret: str = field(default="", repr=False)
    max_connections: int = 40
    last_error_at: int = 0
    last_error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice behind a link; `payload` is the bot's own name of it, `paid` how often it was."""

    id: str
    title: str
    description: str
    payload: str
    currency: str
    amount_minor: int
    paid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A payment that waits for the bot's word: why it may not go on, "" where it may."""

    id: str
    answer: asyncio.Future[str]


@dataclass(slots=True, kw_only=True)
class ChatState:
    """A chat as it stands; a private chat has the person's id and that one member."""

    id: int
    title: str = ""
    member_ids: list[int] = field(default_factory=list)
    admin_ids: list[int] = field(default_factory=list)
    is_started: bool = False
    is_blocked: bool = False
    last_message_id: int = 0
    messages: dict[int, Message] = field(default_factory=dict)
    reply_keyboard: ReplyKeyboard | None = None
    menu_button: Json = field(default_factory=dict)

    @property
    def is_private(self) -> bool:
        """Whether it is one person's chat with the bot."""
        return self.id > 0


@dataclass(slots=True, kw_only=True)
class QueueState:
    """Updates that the bot has not confirmed, oldest first, and how it wants them."""

    last_update_id: int = 0
    updates: dict[int, Update] = field(default_factory=dict)
    allowed: list[str] = field(default_factory=list)
    webhook: Webhook = Webhook()


@dataclass(slots=True, kw_only=True)
class WorldState:
    """Everything that survives a restart of the sandbox.

    `books` is the mark of the books that the chats belong to, `ticked` what is reached of the
    story, `kills` how often the bot was killed from the page.
    """

    bot: BotAccount
    books: str = ""
    ticked: list[str] = field(default_factory=list)
    kills: int = 0
    people: dict[int, Person] = field(default_factory=dict)
    chats: dict[int, ChatState] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    queries: dict[str, Query] = field(default_factory=dict)
    commands: dict[str, list[Command]] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    queue: QueueState = field(default_factory=QueueState)
    switches: dict[str, bool | int | float | str] = field(default_factory=dict)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    clock_offset_s: int = 0
    revision: int = 0

"""The vocabulary of a conversation, free of any chat service.

`Incoming` is what a person did; `Reply` is what we answer. `handlers/adapter.py` translates both
from and to Telegram. A screen needs at most three primary actions and ten rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

MAX_TEXT: Final = 4096
"""Characters of one message after entity parsing (Telegram)."""

MAX_DATA_BYTES: Final = 64
"""Bytes of one button's data (Telegram)."""


PROOF_MARK: Final = "+"
"""How the data of a button on a proof begins on its way through the chat service."""


def lane_of_person(bot_id: int, external_id: int) -> str:
    """Return the lane of everything one person does with one bot, PIN checks included."""
    return f"u:{bot_id}:{external_id}"


def person_of_lane(lane: str) -> int:
    """Return whose lane it is by `lane_of_person`; 0 for nobody's and for any other lane."""
    kind, _, rest = lane.partition(":")
    number = rest.rpartition(":")[2]
    return int(number) if kind == "u" and number.isdecimal() else 0


class Did(StrEnum):
    """What kind of thing the person did."""

    COMMAND = "command"
    TEXT = "text"
    PRESS = "press"
    CONTACT = "contact"
    FILE = "file"
    BLOCKED = "blocked"
    RETURNED = "returned"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """Where it happened; `id` is the channel's own id."""

    id: int
    is_private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who did it, as the channel knows the person."""

    external_id: int
    name: str
    language: str = ""
    username: str = ""
    is_anonymous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A shared phone number; `is_own` when the channel vouches that it is the sender's."""

    phone: str
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A photo or document that was sent along; ids are the channel's."""

    file_id: str
    unique_id: str
    kind: str
    name: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of the channel shown with a screen; `kind` is photo or document."""

    kind: str
    file_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One thing a person did.

    `text` is the message's text (or caption), or what follows the command. `data` is the
    pressed button's data. `message_id` is the message that was written or whose button was
    pressed; `press_id` answers the press.
    """

    did: Did
    sender: Sender
    chat: Chat
    text: str = ""
    command: str = ""
    data: str = ""
    message_id: int = 0
    press_id: str = ""
    contact: Contact | None = None
    file: File | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One button: `data` for a press, or `url` to open, or `copy` to put on the clipboard."""

    label: str
    data: str = ""
    url: str = ""
    copy: str = ""


Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What is shown: HTML text (values escaped by the screen) and rows of buttons.

    `ask_contact` shows a one-time keyboard that shares the person's phone, under this label.
    `is_protected` stops forwarding and saving. `is_silent` makes no sound. A screen with an
    `attachment` is always sent anew, its text (at most 1024 characters) under the file. What its
    buttons lead to comes below a screen that `is_proof`: that one is never edited.
    """

    html: str
    rows: Rows = ()
    ask_contact: str = ""
    drop_keyboard: bool = False
    is_protected: bool = False
    is_silent: bool = False
    attachment: Attachment | None = None
    is_proof: bool = False


class Show(StrEnum):
    """How a screen reaches the chat."""

    EDIT = "edit"
    """Edit the message whose button was pressed; send anew where that cannot be."""
    SEND = "send"
    """A new message: it makes a sound and stays."""
    LIVE = "live"
    """The one message of this subject, edited in place as things change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What we wait for next in this chat: `name` routes, `data` is kept (JSON values)."""

    name: str
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a flow answers.

    `toast` answers a press (at most 200 characters), `is_alert` as a box. `step` waits for
    input, `ends_dialogue` drops what was waited for. `deletes` removes the person's own message
    (a typed PIN); `edits` is the message that the screen goes to where nothing was pressed, 0 for
    a new one. `live` names the subject of a live screen. `keeps_intent` leaves a pressed intent
    open: the flow only asked for something more. `left` is what the message of a live screen
    shows once that screen has gone on in the pressed one.
    """

    screen: Screen | None = None
    show: Show = Show.EDIT
    live: str = ""
    toast: str = ""
    is_alert: bool = False
    step: Step | None = None
    ends_dialogue: bool = False
    deletes: bool = False
    edits: int = 0
    keeps_intent: bool = False
    more: tuple[Screen, ...] = ()
    left: Screen | None = None

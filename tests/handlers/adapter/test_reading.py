"""What people do arrives as `Incoming`; what nobody did, or is not for us, does not."""

import itertools
from typing import Any

import pytest

from handlers.adapter import (
    Migration,
    lane_of,
    read_migration,
    read_update,
    update_key,
)
from handlers.chat import Chat, Contact, Did, File, Incoming, Sender

BOT_ID = 7
US = "Hazina_Bot"
ANNA_ID = 4503599627370495
ANNA = {
    "id": ANNA_ID,
    "is_bot": False,
    "first_name": "Anna",
    "last_name": "Adeyemi",
    "username": "anna",
    "language_code": "en-GB",
}
SENDER = Sender(external_id=ANNA_ID, name="Anna Adeyemi", language="en-GB", username="anna")
PRIVATE = {"id": ANNA_ID, "type": "private", "first_name": "Anna"}
GROUP = {"id": -1001234567890, "type": "supergroup", "title": "Block A"}
AT_HOME = Chat(id=ANNA_ID, is_private=True)
IN_GROUP = Chat(id=-1001234567890, is_private=False)


def message(**content: Any) -> dict[str, Any]:
    whole = {"message_id": 42, "date": 1790000000, "from": ANNA, "chat": PRIVATE, **content}
    return {"update_id": 1, "message": {k: v for k, v in whole.items() if v is not None}}


def press(**content: Any) -> dict[str, Any]:
    shown = {"message_id": 41, "date": 1790000000, "chat": PRIVATE}
    whole = {"id": "99", "from": ANNA, "message": shown, "data": "i:abc", **content}
    return {"update_id": 1, "callback_query": {k: v for k, v in whole.items() if v is not None}}


def membership(old: object, new: object, *, chat: object = None) -> dict[str, Any]:
    change = {
        "chat": chat or PRIVATE,
        "from": ANNA,
        "old_chat_member": old,
        "new_chat_member": new,
    }
    return {"update_id": 1, "my_chat_member": change}


def read(raw: dict[str, Any]) -> Incoming:
    incoming = read_update(raw, username=US)
    assert incoming is not None
    return incoming


def test_text_is_read() -> None:
    assert read(message(text="12,50")) == Incoming(
        did=Did.TEXT, sender=SENDER, chat=AT_HOME, text="12,50", message_id=42
    )


@pytest.mark.parametrize(
    ("text", "command", "arguments"),
    [
        ("/start", "start", ""),
        ("/START", "start", ""),
        ("/start  inv_Ab-9 ", "start", "inv_Ab-9"),
        ("/pay@hazina_bot 12,50", "pay", "12,50"),
        ("/pay\nline one\nline two", "pay", "line one\nline two"),
        ("/payments_2", "payments_2", ""),
    ],
)
def test_command_is_read(text: str, command: str, arguments: str) -> None:
    incoming = read(message(text=text))

    assert (incoming.did, incoming.command, incoming.text) == (Did.COMMAND, command, arguments)


@pytest.mark.parametrize("text", ["/pay@other_bot", "/pay@hazina_bot2 5"])
def test_command_of_another_bot_is_not_ours(text: str) -> None:
    assert read_update(message(text=text, chat=GROUP), username=US) is None


@pytest.mark.parametrize("text", ["/", "//pay", "/ pay", "/päy", "/" + "a" * 33, "5/6", "/pay@"])
def test_what_is_no_command_is_text(text: str) -> None:
    incoming = read(message(text=text))

    assert (incoming.did, incoming.text) == (Did.TEXT, text)


def test_edited_messages_are_ignored() -> None:
    assert read_update({"update_id": 1, "edited_message": message(text="/pay")["message"]}) is None


@pytest.mark.parametrize(
    "mark",
    [
        {"forward_origin": {"type": "user"}},
        {"forward_date": 1},
        {"forward_sender_name": "x"},
        {"via_bot": {"id": 5}},
    ],
    ids=["origin", "date", "name", "inline"],
)
@pytest.mark.parametrize("text", ["/pay 5", "1234"])
def test_words_passed_on_are_nobodys_input(mark: dict[str, Any], text: str) -> None:
    assert read(message(text=text, **mark)) == Incoming(
        did=Did.OTHER, sender=SENDER, chat=AT_HOME, message_id=42
    )


def test_contact_passed_on_proves_nothing() -> None:
    contact = {"phone_number": "+2348012345678", "user_id": ANNA_ID}

    incoming = read(message(contact=contact, forward_origin={"type": "user"}))

    assert (incoming.did, incoming.contact) == (Did.OTHER, None)


def test_file_passed_on_is_a_file_without_words() -> None:
    document = {"file_id": "d", "file_unique_id": "u"}

    incoming = read(message(document=document, caption="1234", forward_origin={"type": "user"}))

    assert (incoming.did, incoming.text) == (Did.FILE, "")


def test_sticker_passed_on_is_other() -> None:
    incoming = read(message(sticker={}, forward_origin={"type": "user"}))

    assert incoming.did is Did.OTHER


@pytest.mark.parametrize(
    ("user_id", "is_own"), [(ANNA_ID, True), (5, False), (None, False), (str(ANNA_ID), False)]
)
def test_contact_is_own_only_with_the_senders_id(user_id: object, is_own: object) -> None:
    incoming = read(message(contact={"phone_number": "+2348012345678", "user_id": user_id}))

    assert incoming.did is Did.CONTACT
    assert incoming.contact == Contact(phone="+2348012345678", is_own=bool(is_own))


def test_largest_photo_is_read_with_its_caption() -> None:
    small, large = ({"file_id": name, "file_unique_id": f"u{name}"} for name in ("s", "l"))

    incoming = read(message(photo=[small, {**large, "file_size": 9}], caption="leak"))

    assert (incoming.did, incoming.text) == (Did.FILE, "leak")
    assert incoming.file == File(file_id="l", unique_id="ul", kind="photo", size=9)


def test_caption_is_never_a_command() -> None:
    photo = [{"file_id": "s", "file_unique_id": "us"}]

    assert read(message(photo=photo, caption="/pay 5")).did is Did.FILE


def test_document_is_read() -> None:
    document = {"file_id": "d", "file_unique_id": "u", "file_name": "a.csv", "file_size": 12}

    incoming = read(message(document=document))

    assert incoming.file == File(file_id="d", unique_id="u", kind="document", name="a.csv", size=12)


@pytest.mark.parametrize("kind", ["voice", "video", "sticker", "location", "poll", "dice"])
def test_other_content_is_other(kind: str) -> None:
    assert read(message(**{kind: {}})).did is Did.OTHER


def test_animation_is_other_although_it_has_a_document() -> None:
    assert read(message(animation={}, document={"file_id": "d"})).did is Did.OTHER


@pytest.mark.parametrize(
    "content",
    [
        {"new_chat_members": [ANNA]},
        {"left_chat_member": ANNA},
        {"pinned_message": {}},
        {"migrate_to_chat_id": -1005},
        {"successful_payment": {}},
        {},
    ],
    ids=lambda content: next(iter(content), "nothing"),
)
def test_service_messages_are_nobodys(content: dict[str, Any]) -> None:
    assert read_update(message(chat=GROUP, **content)) is None


@pytest.mark.parametrize("stand_in", [1087968824, 136817688, 777000])
def test_anonymous_people_are_marked(stand_in: int) -> None:
    person = {"id": stand_in, "is_bot": True, "first_name": "Group"}

    incoming = read(message(chat=GROUP, text="/pay", **{"from": person}))

    assert incoming.sender.is_anonymous
    assert incoming.chat == IN_GROUP


def test_message_in_the_name_of_a_chat_is_anonymous() -> None:
    assert read(message(chat=GROUP, text="/pay", sender_chat=GROUP)).sender.is_anonymous


def test_contact_of_an_anonymous_person_is_not_own() -> None:
    contact = {"phone_number": "+1", "user_id": ANNA_ID}

    incoming = read(message(chat=GROUP, contact=contact, sender_chat=GROUP))

    assert incoming.contact == Contact(phone="+1", is_own=False)


def test_other_bots_are_ignored() -> None:
    assert read_update(message(text="/pay", **{"from": {"id": 5, "is_bot": True}})) is None


def test_message_without_a_sender_is_ignored() -> None:
    assert read_update(message(text="hi", **{"from": None})) is None


@pytest.mark.parametrize("kind", ["channel_post", "edited_channel_post", "poll", "chat_member"])
def test_other_updates_are_ignored(kind: str) -> None:
    assert read_update({"update_id": 1, kind: message(text="hi")["message"]}) is None


def test_message_in_a_channel_is_ignored() -> None:
    assert read_update(message(text="hi", chat={"id": -1005, "type": "channel"})) is None


def test_press_is_read() -> None:
    assert read(press()) == Incoming(
        did=Did.PRESS, sender=SENDER, chat=AT_HOME, data="i:abc", message_id=41, press_id="99"
    )


def test_press_in_a_group_names_who_pressed() -> None:
    shown = {"message_id": 41, "date": 1, "chat": GROUP, "from": {"id": BOT_ID, "is_bot": True}}

    incoming = read(press(message=shown))

    assert (incoming.sender, incoming.chat) == (SENDER, IN_GROUP)


def test_press_on_an_inaccessible_message_is_answered_anew() -> None:
    incoming = read(press(message={"message_id": 41, "date": 0, "chat": GROUP}))

    assert (incoming.message_id, incoming.chat) == (0, IN_GROUP)


def test_press_without_message_is_answered_in_private() -> None:
    incoming = read(press(message=None, inline_message_id="x"))

    assert (incoming.message_id, incoming.chat) == (0, AT_HOME)


def test_press_without_data_is_read() -> None:
    assert read(press(data=None, game_short_name="x")).data == ""


MEMBER = {"status": "member"}
ADMIN = {"status": "administrator"}
KICKED = {"status": "kicked"}
LEFT = {"status": "left"}
MUTED = {"status": "restricted", "is_member": True}
BARRED = {"status": "restricted", "is_member": False}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (MEMBER, KICKED, Did.BLOCKED),
        (ADMIN, LEFT, Did.BLOCKED),
        (MUTED, BARRED, Did.BLOCKED),
        (KICKED, MEMBER, Did.RETURNED),
        (LEFT, ADMIN, Did.RETURNED),
        (BARRED, MUTED, Did.RETURNED),
        (None, MEMBER, Did.RETURNED),
    ],
    ids=itertools.count(),
)
def test_membership_is_read(old: object, new: object, expected: Did) -> None:
    incoming = read(membership(old, new))

    assert (incoming.did, incoming.chat) == (expected, AT_HOME)


@pytest.mark.parametrize(
    ("old", "new"), [(MEMBER, ADMIN), (LEFT, KICKED), (MUTED, MEMBER)], ids=itertools.count()
)
def test_change_that_leaves_us_where_we_were_is_nothing(old: object, new: object) -> None:
    assert read_update(membership(old, new, chat=GROUP)) is None


def test_migration_reads_the_same_from_both_sides() -> None:
    old_side = message(chat={"id": -5, "type": "group"}, migrate_to_chat_id=-1005)
    new_side = message(chat={"id": -1005, "type": "supergroup"}, migrate_from_chat_id=-5)

    expected = Migration(old_chat_id=-5, new_chat_id=-1005)
    assert (read_migration(old_side), read_migration(new_side)) == (expected, expected)


def test_ordinary_message_is_no_migration() -> None:
    assert read_migration(message(text="hi")) is None


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (message(text="hi"), "u:7:4503599627370495"),
        (message(text="/pay", chat=GROUP), "u:7:4503599627370495"),
        (press(), "u:7:4503599627370495"),
        (press(message={"message_id": 1, "date": 1, "chat": GROUP}), "u:7:4503599627370495"),
        (membership(MEMBER, KICKED), "u:7:4503599627370495"),
        ({"pre_checkout_query": {"id": "1", "from": ANNA}}, "u:7:4503599627370495"),
        (membership(MEMBER, KICKED, chat=GROUP), "g:-1001234567890"),
        (message(chat=GROUP, new_chat_members=[ANNA]), "g:-1001234567890"),
        (message(chat=GROUP, migrate_to_chat_id=-1005), "g:-1001234567890"),
        (message(chat=GROUP, text="hi", **{"from": {"id": 1087968824}}), "g:-1001234567890"),
        (message(chat=GROUP, text="hi", **{"from": None}), "g:-1001234567890"),
        ({"channel_post": {"chat": {"id": -1009}}}, "g:-1009"),
        ({"poll": {"id": "1"}}, "u:7:0"),
        ({}, "u:7:0"),
    ],
    ids=itertools.count(),
)
def test_lane(raw: dict[str, Any], expected: str) -> None:
    assert lane_of(raw, BOT_ID) == expected


def test_text_and_press_of_a_person_share_a_lane() -> None:
    assert lane_of(message(text="hi"), BOT_ID) == lane_of(press(), BOT_ID)


def test_key_is_the_number() -> None:
    assert update_key({"update_id": 900719925474099}) == "900719925474099"


@pytest.mark.parametrize("number", [None, "5", True, 5.0])
def test_key_needs_a_number(number: object) -> None:
    with pytest.raises(ValueError, match="number"):
        update_key({"update_id": number})


ODD: tuple[Any, ...] = (None, True, -1, 2**70, 1.5, "", "x", [], [None], {}, {"id": []}, {"x": 1})


@pytest.mark.parametrize("kind", ["message", "callback_query", "my_chat_member", "channel_post"])
@pytest.mark.parametrize(
    "field",
    [
        "from",
        "chat",
        "message",
        "text",
        "photo",
        "document",
        "contact",
        "data",
        "id",
        "sender_chat",
        "new_chat_member",
        "migrate_to_chat_id",
    ],
)
def test_odd_updates_never_raise(kind: str, field: str) -> None:
    for base, odd in itertools.product((message(), press(), membership(MEMBER, KICKED)), ODD):
        body: dict[str, Any] = {**next(v for v in base.values() if isinstance(v, dict)), field: odd}
        for raw in ({"update_id": 1, kind: body}, {"update_id": 1, kind: odd}):
            read_update(raw, username=US)
            read_migration(raw)
            assert lane_of(raw, BOT_ID)[:2] in {"u:", "g:"}

"""Screens leave as calls that Telegram accepts, or not at all."""

import itertools
from dataclasses import replace

import pytest

from handlers.adapter import answer_press, check_text, delete_message, to_calls
from handlers.chat import Attachment, Button, Screen, Show

ANNA = 5
GROUP = -100
PLAIN = Screen(html="Hello")
COMMON = {"parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}


def button(label: str = "Pay", **target: str) -> Button:
    return Button(label=label, **(target or {"data": "i:1"}))


def test_screen_is_sent() -> None:
    assert to_calls(PLAIN, Show.SEND, ANNA) == (
        "sendMessage",
        {"chat_id": ANNA, "text": "Hello", **COMMON},
    )


@pytest.mark.parametrize("show", [Show.EDIT, Show.LIVE])
def test_screen_is_edited_in_place(show: Show) -> None:
    assert to_calls(PLAIN, show, ANNA, message_id=9) == (
        "editMessageText",
        {"chat_id": ANNA, "text": "Hello", "message_id": 9, **COMMON},
    )


@pytest.mark.parametrize("show", [Show.EDIT, Show.LIVE])
def test_screen_without_a_message_is_sent(show: Show) -> None:
    assert to_calls(PLAIN, show, ANNA).method == "sendMessage"


def test_new_message_is_sent_although_there_is_an_old_one() -> None:
    assert to_calls(PLAIN, Show.SEND, ANNA, message_id=9).method == "sendMessage"


def test_buttons_become_an_inline_keyboard() -> None:
    rows = (
        (button("Pay"), button("Open", url="https://pay.example/1")),
        (),
        (button("Copy", copy="REF-1"),),
    )

    payload = to_calls(replace(PLAIN, rows=rows), Show.EDIT, ANNA, message_id=9).payload

    assert payload["reply_markup"] == {
        "inline_keyboard": [
            [
                {"text": "Pay", "callback_data": "i:1"},
                {"text": "Open", "url": "https://pay.example/1"},
            ],
            [{"text": "Copy", "copy_text": {"text": "REF-1"}}],
        ]
    }


def test_contact_is_asked_in_a_new_message() -> None:
    call = to_calls(replace(PLAIN, ask_contact="Share phone"), Show.EDIT, ANNA, message_id=9)

    assert call.method == "sendMessage"
    assert call.payload["reply_markup"] == {
        "keyboard": [[{"text": "Share phone", "request_contact": True}]],
        "one_time_keyboard": True,
        "resize_keyboard": True,
    }


def test_keyboard_is_removed_in_a_new_message() -> None:
    call = to_calls(replace(PLAIN, drop_keyboard=True), Show.EDIT, ANNA, message_id=9)

    assert call.method == "sendMessage"
    assert call.payload["reply_markup"] == {"remove_keyboard": True}


def test_protected_and_silent_screens_say_so() -> None:
    screen = Screen(html="PIN", is_protected=True, is_silent=True)

    payload = to_calls(screen, Show.SEND, ANNA).payload

    assert (payload["protect_content"], payload["disable_notification"]) == (True, True)


def test_edit_says_nothing_that_edits_do_not_know() -> None:
    screen = Screen(html="PIN", is_protected=True, is_silent=True)

    payload = to_calls(screen, Show.EDIT, ANNA, message_id=9, reply_to=3).payload

    assert payload.keys() == {"chat_id", "message_id", "text", *COMMON}


def test_answer_stands_when_the_question_is_gone() -> None:
    payload = to_calls(PLAIN, Show.SEND, ANNA, reply_to=3).payload

    assert payload["reply_parameters"] == {"message_id": 3, "allow_sending_without_reply": True}


@pytest.mark.parametrize("size", [1, 2048, 2049, 4096])
def test_text_up_to_the_limit_passes(size: int) -> None:
    check_text("x" * size)
    check_text(f"<b>{'&amp;' * size}</b>")
    check_text("\U0001f600" * (size // 2 or 1))


@pytest.mark.parametrize(
    "html",
    ["x" * 4097, "<b>" + "&lt;" * 4097 + "</b>", "\U0001f600" * 2049],
    ids=["plain", "tagged", "wide"],
)
def test_longer_text_is_refused(html: str) -> None:
    with pytest.raises(ValueError, match="4096"):
        to_calls(Screen(html=html), Show.SEND, ANNA)


@pytest.mark.parametrize("html", ["", " \n", "<b></b>", "<b> </b>"])
def test_empty_text_is_refused(html: str) -> None:
    with pytest.raises(ValueError, match="without text"):
        to_calls(Screen(html=html), Show.SEND, ANNA)


def test_data_up_to_the_limit_passes() -> None:
    to_calls(replace(PLAIN, rows=((button(data="é" * 32),),)), Show.SEND, ANNA)


def test_data_counts_in_bytes() -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        to_calls(replace(PLAIN, rows=((button(data="é" * 33),),)), Show.SEND, ANNA)


def test_copied_text_is_bounded() -> None:
    with pytest.raises(ValueError, match="256"):
        to_calls(replace(PLAIN, rows=((button(copy="x" * 257),),)), Show.SEND, ANNA)


@pytest.mark.parametrize(
    "wrong",
    [
        Button(label="Pay"),
        Button(label=" ", data="i:1"),
        Button(label="Pay", data="i:1", url="https://pay.example"),
        Button(label="Pay", copy="x", url="https://pay.example"),
    ],
    ids=itertools.count(),
)
def test_button_does_one_thing_and_says_it(wrong: Button) -> None:
    with pytest.raises(ValueError, match="A button has"):
        to_calls(replace(PLAIN, rows=((wrong,),)), Show.SEND, ANNA)


@pytest.mark.parametrize(
    "rows", [((button(),) * 9,), ((button(),) * 8,) * 13], ids=["row", "keyboard"]
)
def test_keyboard_is_bounded(rows: tuple[tuple[Button, ...], ...]) -> None:
    with pytest.raises(ValueError, match="100 buttons"):
        to_calls(replace(PLAIN, rows=rows), Show.SEND, ANNA)


@pytest.mark.parametrize(
    "screen",
    [
        Screen(html="x", rows=((button(),),), ask_contact="Share"),
        Screen(html="x", rows=((button(),),), drop_keyboard=True),
        Screen(html="x", ask_contact="Share", drop_keyboard=True),
    ],
    ids=itertools.count(),
)
def test_message_has_one_keyboard(screen: Screen) -> None:
    with pytest.raises(ValueError, match="one keyboard"):
        to_calls(screen, Show.SEND, ANNA)


def test_contact_is_never_asked_in_a_group() -> None:
    with pytest.raises(ValueError, match="private chat"):
        to_calls(replace(PLAIN, ask_contact="Share"), Show.SEND, GROUP)


def test_press_is_answered_silently() -> None:
    assert answer_press("99") == ("answerCallbackQuery", {"callback_query_id": "99"})


def test_press_is_answered_in_a_box() -> None:
    assert answer_press("99", "Not yours", is_alert=True).payload == {
        "callback_query_id": "99",
        "text": "Not yours",
        "show_alert": True,
    }


def test_toast_is_bounded() -> None:
    with pytest.raises(ValueError, match="200"):
        answer_press("99", "x" * 201)


def test_message_is_deleted() -> None:
    assert delete_message(ANNA, 9) == ("deleteMessage", {"chat_id": ANNA, "message_id": 9})


def test_attachment_is_sent_as_a_file_with_the_text_under_it() -> None:
    screen = Screen(html="Seen", attachment=Attachment(kind="photo", file_id="F1"))

    call = to_calls(screen, Show.EDIT, 7, message_id=3)

    assert call.method == "sendPhoto"
    assert call.payload == {
        "chat_id": 7,
        "parse_mode": "HTML",
        "photo": "F1",
        "caption": "Seen",
    }

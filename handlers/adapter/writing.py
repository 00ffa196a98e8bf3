"""Screens → Telegram: builds the calls that show them, as the Bot API's own JSON.

Raises ValueError where Telegram would refuse a screen, so that our tests find it first.

Source: telegram.md section 5; Bot API 10.0, sendMessage, editMessageText, answerCallbackQuery.
"""

import re
from collections.abc import Sequence
from html import unescape
from typing import Any, Final, NamedTuple

from handlers.chat import (
    MAX_DATA_BYTES,
    MAX_TEXT,
    PROOF_MARK,
    Attachment,
    Button,
    Rows,
    Screen,
    Show,
)

MAX_TOAST: Final = 200
MAX_COPY: Final = 256
MAX_BUTTONS: Final = 100
MAX_BUTTONS_IN_ROW: Final = 8

_TAG: Final = re.compile(r"<[^>]*>")


class Call(NamedTuple):
    """One method of the Bot API with its parameters."""

    method: str
    payload: dict[str, Any]


def to_calls(
    screen: Screen, show: Show, chat_id: int, *, message_id: int = 0, reply_to: int = 0
) -> Call:
    """Turn a screen into the one call that shows it.

    `message_id` is the message to edit; 0 sends anew, as do screens with a keyboard under the
    text field, which an edit cannot set. An edit keeps the protection that its message was sent
    with. `reply_to` is the message that a new one answers.

    Raises:
        ValueError: Telegram would refuse this screen.
    """
    check_text(screen.html)
    payload: dict[str, Any] = {
        "chat_id": chat_id,
        "text": screen.html,
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    if markup := _markup(screen, chat_id):
        payload["reply_markup"] = markup
    may_edit = show is not Show.SEND and message_id and not _needs_new_message(screen)
    if may_edit:
        payload["message_id"] = message_id
        return Call("editMessageText", payload)
    if screen.is_protected:
        payload["protect_content"] = True
    if screen.is_silent:
        payload["disable_notification"] = True
    if reply_to:
        payload["reply_parameters"] = {
            "message_id": reply_to,
            "allow_sending_without_reply": True,
        }
    if screen.attachment is not None:
        return _with_file(screen.attachment, payload)
    return Call("sendMessage", payload)


def _with_file(attachment: Attachment, payload: dict[str, Any]) -> Call:
    """Turn a new message into a file with the text under it."""
    caption = payload.pop("text")
    del payload["link_preview_options"]
    method = "sendPhoto" if attachment.kind == "photo" else "sendDocument"
    return Call(method, {**payload, attachment.kind: attachment.file_id, "caption": caption})


def answer_press(press_id: str, toast: str = "", *, is_alert: bool = False) -> Call:
    """Turn a toast into the call that answers a press; an empty one only stops the spinning.

    Raises:
        ValueError: the toast has more than 200 characters.
    """
    if len(toast) > MAX_TOAST:
        raise ValueError("A toast has at most 200 characters")
    payload: dict[str, Any] = {"callback_query_id": press_id}
    if toast:
        payload["text"] = toast
    if is_alert:
        payload["show_alert"] = True
    return Call("answerCallbackQuery", payload)


def delete_message(chat_id: int, message_id: int) -> Call:
    """Make the call that removes a message, such as a typed PIN."""
    return Call("deleteMessage", {"chat_id": chat_id, "message_id": message_id})


def check_text(html: str) -> None:
    """Refuse a text that is empty or too long once its tags are gone; counts UTF-16 units.

    Raises:
        ValueError: Telegram would refuse it.
    """
    if 0 < len(html) <= MAX_TEXT // 2 and "<" not in html and not html.isspace():
        return
    seen = unescape(_TAG.sub("", html))
    if not seen.strip():
        raise ValueError("A screen without text")
    if len(seen.encode("utf-16-le", "surrogatepass")) > 2 * MAX_TEXT:
        raise ValueError("A message has at most 4096 characters")


def _needs_new_message(screen: Screen) -> bool:
    has_file = screen.attachment is not None
    return bool(screen.ask_contact) or screen.drop_keyboard or has_file


def _markup(screen: Screen, chat_id: int) -> dict[str, Any]:
    if sum((bool(screen.rows), bool(screen.ask_contact), screen.drop_keyboard)) > 1:
        raise ValueError("A message has one keyboard: buttons, a contact request or a removal")
    if screen.rows:
        return {
            "inline_keyboard": _inline_rows(screen.rows, mark=PROOF_MARK if screen.is_proof else "")
        }
    if screen.ask_contact:
        if chat_id < 0:
            raise ValueError("A contact can be asked for in a private chat only")
        button = {"text": screen.ask_contact, "request_contact": True}
        return {"keyboard": [[button]], "one_time_keyboard": True, "resize_keyboard": True}
    return {"remove_keyboard": True} if screen.drop_keyboard else {}


def _inline_rows(rows: Rows, *, mark: str) -> list[list[dict[str, Any]]]:
    if sum(map(len, rows)) > MAX_BUTTONS or any(len(row) > MAX_BUTTONS_IN_ROW for row in rows):
        raise ValueError("At most 100 buttons, 8 in a row")
    return [_inline_row(row, mark) for row in rows if row]


def _inline_row(row: Sequence[Button], mark: str) -> list[dict[str, Any]]:
    return [_inline_button(button, mark) for button in row]


def _inline_button(button: Button, mark: str) -> dict[str, Any]:
    if not button.label.strip() or sum(map(bool, (button.data, button.url, button.copy))) != 1:
        raise ValueError("A button has a label and one of data, url and copy")
    if button.url:
        return {"text": button.label, "url": button.url}
    if button.copy:
        if len(button.copy) > MAX_COPY:
            raise ValueError("A button copies at most 256 characters")
        return {"text": button.label, "copy_text": {"text": button.copy}}
    data = f"{mark}{button.data}"
    if len(data.encode()) > MAX_DATA_BYTES:
        raise ValueError("A button's data has at most 64 bytes")
    return {"text": button.label, "callback_data": data}

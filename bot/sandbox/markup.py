"""Keyboards as the bot sends them: read, checked and refused as Telegram does."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import orjson

from bot.sandbox.records import Json, Key, Keyboard, KeyKind, ReplyKey, ReplyKeyboard
from bot.sandbox.refusals import bad_request

MAX_BUTTONS: Final = 100
MAX_MARKUP_BYTES: Final = 10_240
MAX_DATA_BYTES: Final = 64
MAX_COPY: Final = 256
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - compared, never bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Markup:
    """What a `reply_markup` asks for; at most one of the three is set."""

    keyboard: Keyboard = ()
    is_inline: bool = False
    reply_keyboard: ReplyKeyboard | None = None
    is_removal: bool = False


def read_markup(raw: object, *, own_base: str) -> Markup:
    """Return the keyboard that the JSON describes.

    `own_base` is the sandbox's own address: the one loopback address that buttons may open.

    Raises:
        ApiRefusal: not a keyboard, too long, or a button that Telegram would refuse.
    """
    if raw is None or raw == "":
        return Markup()
    if not isinstance(raw, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in raw:
        return Markup(keyboard=_inline(raw["inline_keyboard"], own_base), is_inline=True)
    if raw.get("keyboard"):
        return Markup(reply_keyboard=_reply(raw))
    if raw.get("remove_keyboard") is True:
        return Markup(is_removal=True)
    if raw.get("force_reply") is True:
        placeholder = str(raw.get("input_field_placeholder") or "")
        return Markup(reply_keyboard=ReplyKeyboard(is_force_reply=True, placeholder=placeholder))
    return Markup()


def _inline(raw: object, own_base: str) -> Keyboard:
    if not isinstance(raw, list) or not all(isinstance(row, list) for row in raw):
        raise bad_request(
            'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'
        )
    if sum(len(row) for row in raw) > MAX_BUTTONS or len(orjson.dumps(raw)) > MAX_MARKUP_BYTES:
        raise bad_request("reply markup is too long")
    return tuple(tuple(_key(button, own_base) for button in row) for row in raw if row)


def _key(raw: object, own_base: str) -> Key:
    if not isinstance(raw, dict):
        raise _unreadable("InlineKeyboardButton must be an Object")
    text = raw.get("text")
    if not isinstance(text, str):
        raise _unreadable('Can\'t find field "text"')
    if not text.strip():
        raise _unreadable("Text must be non-empty")
    kind, value = _kind(raw, own_base)
    return Key(text=text, kind=kind, value=value, style=str(raw.get("style") or ""))


def _kind(raw: Json, own_base: str) -> tuple[KeyKind, str]:
    for kind in KeyKind:
        value = raw.get(kind.value)
        if isinstance(value, dict):
            value = value.get("url" if kind is KeyKind.WEB_APP else "text", "")
        if value is None or value == "":
            continue
        if not isinstance(value, str):
            raise _unreadable(f'Field "{kind.value}" must be of type String')
        _check(kind, value, own_base)
        return kind, value
    if raw.get("callback_data") == "" or "copy_text" in raw:
        raise bad_request("BUTTON_DATA_INVALID")
    raise _unreadable("Text buttons are unallowed in the inline keyboard")


def _check(kind: KeyKind, value: str, own_base: str) -> None:
    if kind is KeyKind.PRESS and len(value.encode()) > MAX_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if kind is KeyKind.COPY and len(value) > MAX_COPY:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    if kind is KeyKind.URL:
        check_url(value, own_base=own_base)
    if kind is KeyKind.WEB_APP and not value.startswith("https://"):
        raise bad_request(
            f"inline keyboard button Web App URL '{value}' is invalid: Only HTTPS links are allowed"
        )


def check_url(url: str, *, own_base: str) -> None:
    """Let pass what Telegram lets a button open, and the sandbox's own address.

    Raises:
        ApiRefusal: another scheme, no real host, or another loopback address.
    """
    refused = f"inline keyboard button URL '{url}' is invalid: "
    if is_own(url, own_base=own_base) or url.startswith("tg://"):
        return
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host = (parts.hostname or "").lower()
        _ = parts.port
    except ValueError as error:
        raise bad_request(f"{refused}Wrong HTTP URL") from error
    if parts.scheme not in {"http", "https"}:
        raise bad_request(f"{refused}Unsupported URL protocol")
    if host == "localhost" or ("." not in host and ":" not in host):
        raise bad_request(f"{refused}Wrong HTTP URL")
    if host in LOOPBACK or host.startswith("127.") or any(space in url for space in " \n\t"):
        raise bad_request("BUTTON_URL_INVALID")


def is_own(url: str, *, own_base: str) -> bool:
    """Return whether the address lies under the sandbox's own base."""
    base = own_base.rstrip("/")
    return bool(base) and (url == base or url.startswith((f"{base}/", f"{base}?")))


def _reply(raw: Json) -> ReplyKeyboard:
    rows = raw["keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "keyboard" must be an Array of Arrays')
    if sum(len(row) for row in rows) > MAX_BUTTONS * 3:
        raise bad_request("reply markup is too long")
    return ReplyKeyboard(
        rows=tuple(tuple(_reply_key(button) for button in row) for row in rows if row),
        is_one_time=raw.get("one_time_keyboard") is True,
        is_persistent=raw.get("is_persistent") is True,
        placeholder=str(raw.get("input_field_placeholder") or ""),
    )


def _reply_key(raw: object) -> ReplyKey:
    if isinstance(raw, str):
        return ReplyKey(text=raw)
    if not isinstance(raw, dict) or not isinstance(raw.get("text"), str):
        raise bad_request(
            "can't parse keyboard button: KeyboardButton must be a String or an Object"
        )
    return ReplyKey(text=raw["text"], is_contact=raw.get("request_contact") is True)


def _unreadable(text: str) -> Exception:
    return bad_request(f"can't parse inline keyboard button: {text}")

"""Bot API methods that send, change and delete messages, and those that answer presses."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from bot.sandbox.entities import finish, parse_html, utf16_length
from bot.sandbox.markup import Markup, read_markup
from bot.sandbox.params import Params
from bot.sandbox.records import (
    Answer,
    ChatState,
    Entity,
    Formatted,
    Json,
    Keyboard,
    Message,
    StoredFile,
)
from bot.sandbox.refusals import NOT_MODIFIED, QUERY_TOO_OLD, bad_request, forbidden
from bot.sandbox.updates import PRESS_LIFE_S
from bot.sandbox.wire import message_json
from bot.sandbox.world import World

MAX_TEXT: Final = 4096
MAX_CAPTION: Final = 1024
MAX_TOAST: Final = 200
MAX_IDS: Final = 100
DELETE_WITHIN_S: Final = 48 * 3600
MAX_PHOTO_BYTES: Final = 10 * 1024 * 1024


def find_chat(world: World, params: Params) -> ChatState:
    """Return the chat that `chat_id` names.

    Raises:
        ApiRefusal: none given, or there is no such chat.
    """
    raw = params.text("chat_id").strip()
    if not raw:
        raise bad_request("chat_id is empty")
    chat = world.state.chats.get(params.integer("chat_id"))
    if chat is None:
        raise bad_request("chat not found")
    return chat


def _writable(world: World, params: Params) -> ChatState:
    chat = find_chat(world, params)
    if chat.is_blocked:
        raise forbidden("bot was blocked by the user")
    if not chat.is_started:
        raise forbidden("bot can't initiate conversation with a user")
    return chat


def send_message(world: World, params: Params) -> Json:
    """Send a text.

    Raises:
        ApiRefusal: as Telegram: chat, text, keyboard or flood.
    """
    body = _body(params, "text", "entities")
    if not body.text:
        raise bad_request("message text is empty")
    if utf16_length(body.text) > MAX_TEXT:
        raise bad_request("message is too long")
    return _send(world, params, body=body)


def send_photo(world: World, params: Params) -> Json:
    """Send a picture, uploaded or by file id.

    Raises:
        ApiRefusal: as Telegram: no picture, too big, caption too long, chat or flood.
    """
    return _send_file(world, params, "photo", is_photo=True)


def send_document(world: World, params: Params) -> Json:
    """Send a file, uploaded or by file id.

    Raises:
        ApiRefusal: as Telegram: no file, caption too long, chat or flood.
    """
    return _send_file(world, params, "document", is_photo=False)


def _send_file(world: World, params: Params, name: str, *, is_photo: bool) -> Json:
    body = _body(params, "caption", "caption_entities")
    if utf16_length(body.text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    _writable(world, params)
    return _send(world, params, body=body, file=_file(world, params, name, is_photo=is_photo))


def _file(world: World, params: Params, name: str, *, is_photo: bool) -> StoredFile:
    upload = params.upload(name)
    if upload is None:
        file_id = params.text(name)
        if not file_id:
            raise bad_request(f"there is no {name} in the request")
        known = world.state.files.get(file_id)
        if known is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        return known
    if not upload.content:
        raise bad_request("file must be non-empty")
    if is_photo and len(upload.content) > MAX_PHOTO_BYTES:
        raise bad_request("file is too big")
    file = world.keep_file(upload.content, name=upload.name, mime=upload.mime, is_photo=is_photo)
    if is_photo and not file.width:
        raise bad_request("IMAGE_PROCESS_FAILED")
    return file


def _send(world: World, params: Params, *, body: Formatted, file: StoredFile | None = None) -> Json:
    markup = read_markup(params.json("reply_markup"), own_base=world.own_base)
    chat = _writable(world, params)
    reply_to_id = _reply_to(params, chat)
    if world.board.is_on("telegram.limits"):
        world.limits.pass_send(chat.id)
    message = world.save_message(
        Message(
            id=world.next_message_id(chat),
            chat_id=chat.id,
            sender_id=world.state.bot.id,
            date=world.now(),
            body=body,
            keyboard=markup.keyboard,
            reply_to_id=reply_to_id,
            file=file,
            is_protected=params.boolean("protect_content"),
            is_silent=params.boolean("disable_notification"),
        )
    )
    _lay_keyboard(world, chat, markup)
    return message_json(world.state, message)


def _lay_keyboard(world: World, chat: ChatState, markup: Markup) -> None:
    if markup.reply_keyboard is not None:
        chat.reply_keyboard = markup.reply_keyboard
    elif markup.is_removal and chat.reply_keyboard is not None:
        chat.reply_keyboard = None
    else:
        return
    world.show_chat(chat)


def _reply_to(params: Params, chat: ChatState) -> int:
    raw = params.json("reply_parameters")
    is_lenient = params.boolean("allow_sending_without_reply")
    reply_to_id = params.integer("reply_to_message_id")
    if isinstance(raw, dict):
        reply_to_id = int(raw.get("message_id") or 0)
        is_lenient = is_lenient or raw.get("allow_sending_without_reply") is True
    if reply_to_id and reply_to_id not in chat.messages:
        if not is_lenient:
            raise bad_request("message to be replied not found")
        return 0
    return reply_to_id


def _body(params: Params, text_name: str, entities_name: str) -> Formatted:
    source = params.text(text_name)
    mode = params.text("parse_mode").lower()
    if not mode or mode == "none":
        return finish(Formatted(text=source, entities=_entities(params.json(entities_name))))
    if mode != "html":
        raise bad_request("unsupported parse_mode")
    return finish(parse_html(source))


def _entities(raw: object) -> tuple[Entity, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list):
        raise bad_request("can't parse entities: Array expected")
    return tuple(_entity(entity) for entity in raw)


def _entity(raw: Json) -> Entity:
    try:
        return Entity(
            type=str(raw["type"]),
            offset=int(raw["offset"]),
            length=int(raw["length"]),
            url=str(raw.get("url") or ""),
            language=str(raw.get("language") or ""),
            custom_emoji_id=str(raw.get("custom_emoji_id") or ""),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise bad_request("can't parse MessageEntity: wrong field") from error


def edit_message_text(world: World, params: Params) -> Json:
    """Replace the text and keyboard of an own message.

    Raises:
        ApiRefusal: as Telegram: not found, not ours, no text, not modified, flood.
    """
    body = _body(params, "text", "entities")
    if not body.text:
        raise bad_request("message text is empty")
    if utf16_length(body.text) > MAX_TEXT:
        raise bad_request("message is too long")
    message = _editable(world, params)
    if message.file is not None:
        raise bad_request("there is no text in the message to edit")
    return _edit(world, replace(message, body=body, keyboard=_inline(world, params)))


def edit_message_caption(world: World, params: Params) -> Json:
    """Replace the caption and keyboard of an own photo or document.

    Raises:
        ApiRefusal: as Telegram: not found, not ours, no caption, not modified, flood.
    """
    body = _body(params, "caption", "caption_entities")
    if utf16_length(body.text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    message = _editable(world, params)
    if message.file is None:
        raise bad_request("there is no caption in the message to edit")
    return _edit(world, replace(message, body=body, keyboard=_inline(world, params)))


def edit_message_reply_markup(world: World, params: Params) -> Json:
    """Replace the keyboard of an own message.

    Raises:
        ApiRefusal: as Telegram: not found, not ours, not modified, flood.
    """
    message = _editable(world, params)
    return _edit(world, replace(message, keyboard=_inline(world, params)))


def _inline(world: World, params: Params) -> Keyboard:
    markup = read_markup(params.json("reply_markup"), own_base=world.own_base)
    if markup.reply_keyboard is not None or markup.is_removal:
        raise bad_request("inline keyboard expected")
    return markup.keyboard


def _editable(world: World, params: Params) -> Message:
    chat = find_chat(world, params)
    message_id = params.integer("message_id")
    if not message_id:
        raise bad_request("message identifier is not specified")
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request("message to edit not found")
    if message.sender_id != world.state.bot.id:
        raise bad_request("message can't be edited")
    if chat.is_blocked:
        raise forbidden("bot was blocked by the user")
    return message


def _edit(world: World, after: Message) -> Json:
    before = world.state.chats[after.chat_id].messages[after.id]
    if (before.body, before.keyboard) == (after.body, after.keyboard):
        raise bad_request(NOT_MODIFIED)
    if world.board.is_on("telegram.limits"):
        world.limits.pass_edit(after.chat_id)
    return message_json(world.state, world.save_message(replace(after, edited_at=world.now())))


def delete_message(world: World, params: Params) -> bool:
    """Delete an own message, or in a private chat the person's, younger than 48 hours.

    Raises:
        ApiRefusal: as Telegram: not found, too old, or not ours to delete.
    """
    chat = find_chat(world, params)
    message = chat.messages.get(params.integer("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    if not _may_delete(world, chat, message):
        raise bad_request("message can't be deleted for everyone")
    world.drop_message(chat, message.id)
    return True


def delete_messages(world: World, params: Params) -> bool:
    """Delete up to a hundred messages; those that cannot be deleted are left.

    Raises:
        ApiRefusal: not a list of ids, or too many.
    """
    chat = find_chat(world, params)
    raw = params.json("message_ids")
    if not isinstance(raw, list) or not raw:
        raise bad_request("message identifiers are not specified")
    if len(raw) > MAX_IDS:
        raise bad_request("too many message identifiers specified")
    for message in _known(chat, raw):
        if _may_delete(world, chat, message):
            world.drop_message(chat, message.id)
    return True


def _known(chat: ChatState, raw: Iterable[object]) -> list[Message]:
    wanted = {number for number in raw if isinstance(number, int)}
    return [chat.messages[number] for number in wanted if number in chat.messages]


def _may_delete(world: World, chat: ChatState, message: Message) -> bool:
    if world.now() - message.date > DELETE_WITHIN_S:
        return False
    return chat.is_private or message.sender_id == world.state.bot.id


def answer_callback_query(world: World, params: Params) -> bool:
    """Answer a press with a toast, a box, a deep link, or silence.

    Raises:
        ApiRefusal: unknown, answered already or too old; a text beyond 200 characters.
    """
    query = world.state.queries.get(params.text("callback_query_id"))
    is_late = query is None or world.clock() - query.asked_at > PRESS_LIFE_S
    if query is None or is_late or query.is_answered:
        raise bad_request(QUERY_TOO_OLD)
    text, url = params.text("text"), params.text("url")
    if len(text) > MAX_TOAST:
        raise bad_request("MESSAGE_TOO_LONG")
    if url and not _is_own_link(world, url):
        raise bad_request("URL_INVALID")
    world.state.queries[query.id] = replace(query, is_answered=True)
    answer = Answer(
        query_id=query.twin_of or query.id,
        text=text,
        is_alert=params.boolean("show_alert"),
        url=url,
    )
    world.note_answer(answer, person_id=query.person_id, chat_id=query.chat_id)
    return True


def _is_own_link(world: World, url: str) -> bool:
    parts = urlsplit(url)
    return parts.hostname == "t.me" and parts.path == f"/{world.state.bot.username}"

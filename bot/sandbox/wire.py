"""People, chats and messages as the Bot API writes them."""

from bot.sandbox.records import (
    BotAccount,
    ChatState,
    Entity,
    Json,
    Key,
    KeyKind,
    Message,
    Person,
    Query,
    StoredFile,
    WorldState,
)


def person_json(person: Person) -> Json:
    """Return a User object of a person."""
    user: Json = {"id": person.id, "is_bot": False, "first_name": person.first_name}
    if person.last_name:
        user["last_name"] = person.last_name
    if person.username:
        user["username"] = person.username
    if person.language_code:
        user["language_code"] = person.language_code
    return user


def bot_json(bot: BotAccount) -> Json:
    """Return a User object of the bot."""
    return {
        "id": bot.id,
        "is_bot": True,
        "first_name": bot.first_name,
        "username": bot.username,
    }


def user_json(state: WorldState, user_id: int) -> Json:
    """Return a User object of a person or the bot."""
    if user_id == state.bot.id:
        return bot_json(state.bot)
    return person_json(state.people[user_id])


def chat_json(state: WorldState, chat: ChatState) -> Json:
    """Return a Chat object."""
    if not chat.is_private:
        return {"id": chat.id, "type": "supergroup", "title": chat.title}
    person = person_json(state.people[chat.id])
    del person["is_bot"]
    person.pop("language_code", None)
    return person | {"type": "private"}


def message_json(state: WorldState, message: Message, *, is_deep: bool = True) -> Json:
    """Return a Message object; `is_deep` adds the message that it answers."""
    chat = state.chats[message.chat_id]
    body: Json = {
        "message_id": message.id,
        "from": user_json(state, message.sender_id),
        "chat": chat_json(state, chat),
        "date": message.date,
    }
    if message.edited_at:
        body["edit_date"] = message.edited_at
    if message.is_protected:
        body["has_protected_content"] = True
    if message.keyboard:
        body["reply_markup"] = {
            "inline_keyboard": [[key_json(key) for key in row] for row in message.keyboard]
        }
    replied = chat.messages.get(message.reply_to_id)
    if is_deep and replied is not None:
        body["reply_to_message"] = message_json(state, replied, is_deep=False)
    return body | _content(message)


def _content(message: Message) -> Json:
    if message.contact is not None:
        shared = message.contact
        contact: Json = {"phone_number": shared.phone, "first_name": shared.first_name}
        if shared.last_name:
            contact["last_name"] = shared.last_name
        if shared.user_id:
            contact["user_id"] = shared.user_id
        return {"contact": contact}
    text_name, entities_name, content = "text", "entities", Json()
    if message.file is not None:
        text_name, entities_name = "caption", "caption_entities"
        content = _file(message.file)
    if message.body.text:
        content[text_name] = message.body.text
    if message.body.entities:
        content[entities_name] = [entity_json(entity) for entity in message.body.entities]
    return content


def _file(file: StoredFile) -> Json:
    size: Json = {
        "file_id": file.file_id,
        "file_unique_id": file.unique_id,
        "file_size": file.size,
    }
    if file.is_photo:
        return {"photo": [size | {"width": file.width, "height": file.height}]}
    return {"document": size | {"file_name": file.name, "mime_type": file.mime}}


def entity_json(entity: Entity) -> Json:
    """Return a MessageEntity object."""
    found: Json = {"type": entity.type, "offset": entity.offset, "length": entity.length}
    if entity.url:
        found["url"] = entity.url
    if entity.language and entity.type == "pre":
        found["language"] = entity.language
    if entity.custom_emoji_id:
        found["custom_emoji_id"] = entity.custom_emoji_id
    if entity.type == "date_time":
        found |= {"unix_time": entity.unix_time, "date_time_format": entity.format}
    if entity.user_id:
        found["user"] = {"id": entity.user_id, "is_bot": False, "first_name": ""}
    return found


def key_json(key: Key) -> Json:
    """Return an InlineKeyboardButton object."""
    value: str | Json = key.value
    if key.kind is KeyKind.COPY:
        value = {"text": key.value}
    if key.kind is KeyKind.WEB_APP:
        value = {"url": key.value}
    button: Json = {"text": key.text, key.kind.value: value}
    if key.style:
        button["style"] = key.style
    return button


def query_json(state: WorldState, query: Query) -> Json:
    """Return a CallbackQuery object; a message that is gone is inaccessible."""
    chat = state.chats[query.chat_id]
    message = chat.messages.get(query.message_id)
    return {
        "id": query.id,
        "from": user_json(state, query.person_id),
        "chat_instance": str(query.chat_id * 7919),
        "message": (
            message_json(state, message)
            if message is not None
            else {"chat": chat_json(state, chat), "message_id": query.message_id, "date": 0}
        ),
        "data": query.data,
    }


def member_json(state: WorldState, chat: ChatState, user_id: int, *, date: int) -> Json:
    """Return a ChatMember object."""
    user = user_json(state, user_id)
    if user_id == state.bot.id:
        if chat.is_private and chat.is_blocked:
            return {"status": "kicked", "user": user, "until_date": 0}
        return {"status": "member", "user": user}
    if user_id in chat.admin_ids:
        return {"status": "administrator", "user": user, "is_anonymous": False}
    return {"status": "member" if user_id in chat.member_ids else "left", "user": user}

"""What is said where a message with a secret could not be deleted: its writer can do it."""

from bot.engine.outbox import Message
from handlers.adapter import to_calls
from handlers.chat import Show
from handlers.screens import home
from handlers.words import Words, choose
from storage.transaction import SqlTransaction

CHANNEL = "telegram"


def undeleted(tx: SqlTransaction, chat_id: int) -> Message:
    """Return the message that asks a person to delete his own."""
    identity = tx.people.identity_of(CHANNEL, chat_id)
    spoken = "" if identity is None else tx.people.person(identity.person_id).language
    offered = "" if identity is None else identity.language_code
    screen = home.undeleted(Words(language=choose(spoken, offered)))
    call = to_calls(screen, Show.SEND, chat_id)
    return Message(method=call.method, payload=call.payload, chat_id=chat_id)

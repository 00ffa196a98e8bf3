"""Dialogues, intents, PIN pads and live messages.

What people typed is encrypted here, too: a dialogue's data, an intent's arguments and outcome.
These need no act. An intent's steps are kept legal by `(machine, was, status)` pointing at `fsm`:
its history is two words long, so it has no status events of its own.
"""

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    Index,
    Text,
    and_,
    bindparam,
    delete,
    literal_column,
    not_,
    select,
    update,
)

from core.domain.dialogues import (
    EDIT_PLACE,
    INTENT_TRANSITIONS,
    Dialogue,
    Intent,
    IntentKey,
    LiveMessage,
    Pad,
    PadId,
)
from core.domain.errors import StaleState
from core.domain.machines import NONE
from storage.records import Records
from storage.schema import ident, number, sealed, table, text, time
from storage.statements import Statement, putting
from storage.work import IS_LIVE, WORK

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

DIALOGUE: Final = table(
    "dialogue",
    ident("chat_id", primary_key=True),
    ident("person_id", primary_key=True),
    text("step"),
    sealed("data"),
    time("expires_at"),
    sqlite_with_rowid=False,
)

INTENT: Final = table(
    "intent",
    text("key", primary_key=True),
    ident("tenant_id"),
    ident("owner_id"),
    text("verb"),
    sealed("arguments"),
    time("expires_at"),
    sealed("outcome"),
    text("was"),
    text("status"),
    number("status_seq"),
    number("row_version"),
    Column(
        "status_machine",
        Text(),
        Computed(f"'{INTENT_TRANSITIONS.name}'", persisted=True),
        nullable=False,
    ),
    ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
    ForeignKeyConstraint(["owner_id"], ["person.id"]),
    ForeignKeyConstraint(
        ["status_machine", "was", "status"], ["fsm.machine", "fsm.from_status", "fsm.to_status"]
    ),
    CheckConstraint("length(key) = 22", name="key"),
    Index("ix_intent_expiry", "expires_at"),
)

PAD: Final = table(
    "pad",
    ident(primary_key=True),
    ident("person_id"),
    ident("chat_id"),
    text("use"),
    sealed("slots"),
    time("expires_at"),
    sealed("digits"),
    text("intent_key"),
    sealed("first_hash"),
    number("row_version"),
    Index("ix_pad_expiry", "expires_at"),
)

LIVE: Final = table(
    "live_message",
    ident("chat_id", primary_key=True),
    text("subject", primary_key=True),
    ident("message_id"),
    number("revision"),
    time("sent_at", nullable=True),
    sqlite_with_rowid=False,
)

_DIALOGUES: Final = Records(DIALOGUE, Dialogue, secret=("data",))
_INTENTS: Final = Records(
    INTENT,
    Intent,
    secret=("arguments", "outcome"),
    frozen=("key", "tenant_id", "owner_id", "verb", "arguments", "expires_at"),
    extra={"was": lambda _intent, _tx: NONE},
)
_PADS: Final = Records(PAD, Pad, secret=("slots", "digits", "first_hash"), frozen=("id",))
_LIVES: Final = Records(LIVE, LiveMessage)

_DIALOGUE: Final = _DIALOGUES.by("chat_id", "person_id")
_PUT_DIALOGUE: Final = putting(DIALOGUE, key=("chat_id", "person_id"))
_DROP_DIALOGUE: Final = Statement(
    delete(DIALOGUE).where(
        DIALOGUE.c.chat_id == bindparam("chat_id"), DIALOGUE.c.person_id == bindparam("person_id")
    )
)
_INTENT: Final = _INTENTS.by("key")
_SPEND: Final = Statement(
    update(INTENT)
    .where(
        and_(
            INTENT.c.key == bindparam("key_is"),
            INTENT.c.status == bindparam("status_is"),
            INTENT.c.row_version == bindparam("version_is"),
        )
    )
    .values(
        was=bindparam("was"),
        status=bindparam("status"),
        outcome=bindparam("outcome"),
        status_seq=INTENT.c.status_seq + 1,
        row_version=INTENT.c.row_version + 1,
    )
)
_PAD: Final = _PADS.by("id")
_LIVE: Final = _LIVES.by("chat_id", "subject")
_PUT_LIVE: Final = putting(LIVE, key=("chat_id", "subject"))
_IS_AWAITED: Final = (
    select(WORK.c.id).where(literal_column(IS_LIVE), WORK.c.id <= LIVE.c.revision).exists()
)
_SWEEP_EDITS: Final = Statement(
    delete(LIVE).where(LIVE.c.subject.startswith(EDIT_PLACE), not_(_IS_AWAITED))
)
_SWEEP: Final = (
    Statement(delete(PAD).where(PAD.c.expires_at < bindparam("at"))),
    Statement(delete(DIALOGUE).where(DIALOGUE.c.expires_at < bindparam("at"))),
)


class SqlDialogues:
    """Dialogues in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def dialogue(self, chat_id: int, person_id: int) -> Dialogue | None:
        """Return what we wait for, expired or not."""
        return _DIALOGUES.one(self._tx, _DIALOGUE, chat_id=chat_id, person_id=person_id)

    def put_dialogue(self, dialogue: Dialogue) -> None:
        """Store what we wait for, in place of anything else."""
        _PUT_DIALOGUE.run(self._tx.cursor, _DIALOGUES.row(self._tx, dialogue))

    def drop_dialogue(self, chat_id: int, person_id: int) -> None:
        """Forget what we waited for."""
        _DROP_DIALOGUE.run(self._tx.cursor, {"chat_id": chat_id, "person_id": person_id})

    def intent(self, key: IntentKey) -> Intent | None:
        """Return the intent behind a button."""
        return _INTENTS.one(self._tx, _INTENT, key=key)

    def add_intent(self, intent: Intent) -> None:
        """Store a new button."""
        _INTENTS.add(self._tx, intent)

    def replace_intent(self, before: Intent, after: Intent) -> None:
        """Store a change if the row still stands at `before`, else `StaleState`."""
        row = _INTENTS.row(self._tx, after)
        values: dict[str, Any] = {
            "key_is": before.key,
            "status_is": before.status.value,
            "version_is": before.row_version,
            "was": before.status.value,
            "status": row["status"],
            "outcome": row["outcome"],
        }
        _SPEND.run(self._tx.cursor, values)
        if self._tx.cursor.rowcount != 1:
            raise StaleState(entity="intent")

    def pad(self, pad_id: PadId) -> Pad | None:
        """Return a PIN pad."""
        return _PADS.one(self._tx, _PAD, id=pad_id)

    def add_pad(self, pad: Pad) -> None:
        """Store a new pad."""
        _PADS.add(self._tx, pad)

    def replace_pad(self, before: Pad, after: Pad) -> None:
        """Store a change if the row still stands at `before`, else `StaleState`."""
        _PADS.replace(self._tx, before, after)

    def live(self, chat_id: int, subject: str) -> LiveMessage | None:
        """Return the live message of a subject."""
        return _LIVES.one(self._tx, _LIVE, chat_id=chat_id, subject=subject)

    def put_live(self, live: LiveMessage) -> None:
        """Store the live message of a subject."""
        _PUT_LIVE.run(
            self._tx.cursor,
            {
                "chat_id": live.chat_id,
                "subject": live.subject,
                "message_id": live.message_id,
                "revision": live.revision,
                "sent_at": live.sent_at,
            },
        )


def sweep(tx: "SqlTransaction") -> None:
    """Drop pads and dialogues whose time is over."""
    for statement in _SWEEP:
        statement.run(tx.cursor, {"at": tx.now})


def sweep_edits(tx: "SqlTransaction") -> int:
    """Drop the notes on edits that no live work row is older than; return how many."""
    _SWEEP_EDITS.run(tx.cursor, {})
    return tx.cursor.rowcount

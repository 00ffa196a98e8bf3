"""What a conversation remembers: dialogues, one-use buttons (intents), PIN pads, live screens.

All of it is rows, so that a restart loses nothing and an old button has one answer for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType, Protocol

from core.domain.errors import IntentSpent, NotForYou
from core.domain.machines import NONE, machine
from core.domain.people import PersonId
from core.domain.tenants import TenantId

IntentKey = NewType("IntentKey", str)
PadId = NewType("PadId", int)

NO_PAD: Final = PadId(0)

DIALOGUE_LIFE: Final = timedelta(minutes=15)
INTENT_LIFE: Final = timedelta(days=7)
CONFIRM_LIFE: Final = timedelta(minutes=15)
"""How long a card that moves money is good: its figures are not for ever."""
PAD_LIFE: Final = timedelta(minutes=2)
INTENT_KEY_LENGTH: Final = 22


class IntentStatus(StrEnum):
    """How a one-use button stands."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


INTENT_TRANSITIONS: Final = machine(
    "intent",
    {
        NONE: (IntentStatus.OPEN,),
        IntentStatus.OPEN: (
            IntentStatus.DONE,
            IntentStatus.REFUSED,
            IntentStatus.CANCELLED,
            IntentStatus.EXPIRED,
        ),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """What we wait for in one chat from one person; `data` holds JSON values."""

    chat_id: int
    person_id: int
    step: str
    data: Mapping[str, object]
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A one-use button: who may press it, what it does, with what.

    `key` is 22 random characters. `outcome` keeps the words of the first outcome, so that every
    later press gets the same answer.
    """

    key: IntentKey
    tenant_id: TenantId
    owner_id: PersonId
    verb: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    expires_at: datetime
    outcome: str = ""
    status: IntentStatus = IntentStatus.OPEN
    status_seq: int = 0
    row_version: int = 1

    def check(self, *, by: PersonId, at: datetime) -> None:
        """Let the owner's first press pass.

        Raises:
            NotForYou: somebody else's button.
            IntentSpent: used, refused, cancelled or expired.
        """
        if by != self.owner_id:
            raise NotForYou
        if self.status is not IntentStatus.OPEN:
            raise IntentSpent(state=self.status.value, outcome=self.outcome, intent=self)
        if at >= self.expires_at:
            raise IntentSpent(state=IntentStatus.EXPIRED.value, outcome="", intent=self)

    def end(self, status: IntentStatus, *, outcome: str = "") -> "Intent":
        """Spend it; the outcome's words stay for later presses.

        Raises:
            IllegalTransition: it was spent before.
        """
        INTENT_TRANSITIONS.check(self.status, status)
        return replace(self, status=status, outcome=outcome)


class PadUse(StrEnum):
    """What a PIN pad is asked for."""

    CHECK = "check"
    SET = "set"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pad:
    """A PIN pad on one message: shuffled slots and the digits so far, stored encrypted.

    `slots` is the order of the ten digits on the keys; a pad that is over has none. `intent_key`
    is spent after a right PIN. `first_hash` carries the new PIN's hash while it is asked again.
    """

    id: PadId
    person_id: PersonId
    chat_id: int
    use: PadUse
    slots: str
    expires_at: datetime
    digits: str = ""
    intent_key: str = ""
    first_hash: str = ""
    row_version: int = 1

    @property
    def is_over(self) -> bool:
        """Tell whether its digits were handed over, or it was left."""
        return not self.slots

    def end(self) -> "Pad":
        """Forget everything but that it was there: later presses are answered as late."""
        return replace(self, slots="", digits="", first_hash="")

    def press(self, slot: int) -> "Pad":
        """Add the digit behind a slot; a seventh changes nothing."""
        if len(self.digits) >= MAX_PIN or not 0 <= slot < len(self.slots):
            return self
        return replace(self, digits=self.digits + self.slots[slot])

    def rub_out(self) -> "Pad":
        """Take the last digit back."""
        return replace(self, digits=self.digits[:-1])


MIN_PIN: Final = 4
MAX_PIN: Final = 6


EDIT_PLACE: Final = "edit:"
"""Begins the subject of a note on an edit that waits for another try; its message's id follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveMessage:
    """The one message of a subject in a chat; `revision` counts what was last queued for it."""

    chat_id: int
    subject: str
    message_id: int = 0
    revision: int = 0
    sent_at: datetime | None = None


class StoredDialogues(Protocol):
    """Dialogues, intents, pads and live messages on an open transaction."""

    def dialogue(self, chat_id: int, person_id: int) -> Dialogue | None:
        """Return what we wait for, expired or not."""
        ...

    def put_dialogue(self, dialogue: Dialogue) -> None:
        """Store what we wait for, in place of anything else."""
        ...

    def drop_dialogue(self, chat_id: int, person_id: int) -> None:
        """Forget what we waited for."""
        ...

    def intent(self, key: IntentKey) -> Intent | None:
        """Return the intent behind a button."""
        ...

    def add_intent(self, intent: Intent) -> None:
        """Store a new button."""
        ...

    def replace_intent(self, before: Intent, after: Intent) -> None:
        """Store a change if the row still stands at `before`, else `StaleState`."""
        ...

    def pad(self, pad_id: PadId) -> Pad | None:
        """Return a PIN pad."""
        ...

    def add_pad(self, pad: Pad) -> None:
        """Store a new pad."""
        ...

    def replace_pad(self, before: Pad, after: Pad) -> None:
        """Store a change if the row still stands at `before`, else `StaleState`."""
        ...

    def live(self, chat_id: int, subject: str) -> LiveMessage | None:
        """Return the live message of a subject."""
        ...

    def put_live(self, live: LiveMessage) -> None:
        """Store the live message of a subject."""
        ...

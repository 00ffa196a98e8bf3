"""What a person is told about his own safety: at once, whatever the hour, also who has left."""

from core.domain.acts import Event, EventName
from core.domain.dialogues import IntentKey, Pad, PadId
from core.domain.people import MembershipId, MembershipStatus
from core.ports import Transaction
from handlers.chat import Reply, Show
from handlers.screens import members
from handlers.screens import notices as told
from handlers.visit import Reader


def frozen(tx: Transaction, reader: Reader, event: Event) -> Reply:
    """Say that a wallet was frozen, or is free again."""
    is_frozen = event.name is EventName.WALLET_FROZEN
    screen = told.frozen(reader.words, tenant_name=reader.tenant.name, is_frozen=is_frozen)
    return Reply(screen=screen, show=Show.SEND)


def pin_changed(tx: Transaction, reader: Reader, event: Event) -> Reply:
    """Say that the PIN is another one now; below it goes on whatever it was set for."""
    pad = tx.dialogues.pad(PadId(event.other_id))
    back = "" if pad is None or pad.person_id != reader.person.id else set_for(tx, pad)
    return Reply(screen=told.pin_changed(reader.words, at=tx.now, back=back), show=Show.SEND)


def set_for(tx: Transaction, pad: Pad) -> str:
    """Return the data of what leads on once the PIN of a pad is set, "" for nothing."""
    intent = tx.dialogues.intent(IntentKey(pad.intent_key)) if pad.intent_key else None
    return "" if intent is None else str(intent.arguments.get("back", ""))


def standing_changed(tx: Transaction, reader: Reader, event: Event) -> Reply:
    """Say that a membership was suspended or is good again; who is suspended hears just that."""
    status = tx.people.membership(MembershipId(event.subject.id)).status
    is_suspended = status is MembershipStatus.SUSPENDED
    screen = members.told(reader.words, reader.tenant, is_suspended=is_suspended)
    return Reply(screen=screen, show=Show.SEND)

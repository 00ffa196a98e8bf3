"""What a person is told about his own safety: at once, whatever the hour, also who has left."""

from core.domain.acts import Event, EventName
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
    """Say that the PIN is another one now."""
    return Reply(screen=told.pin_changed(reader.words, at=tx.now), show=Show.SEND)


def standing_changed(tx: Transaction, reader: Reader, event: Event) -> Reply:
    """Say that a membership was suspended or is good again; who is suspended hears just that."""
    status = tx.people.membership(MembershipId(event.subject.id)).status
    is_suspended = status is MembershipStatus.SUSPENDED
    screen = members.told(reader.words, reader.tenant, is_suspended=is_suspended)
    return Reply(screen=screen, show=Show.SEND)

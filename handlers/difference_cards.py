"""What staff are told of a difference, drawn from its rows."""

from core.domain.acts import Event
from core.domain.differences import DifferenceId
from core.ports import Transaction
from handlers.chat import Screen
from handlers.screens import differences
from handlers.visit import Reader


def told(tx: Transaction, reader: Reader, event: Event) -> Screen | None:
    """Draw what is told of a difference, None once it is over."""
    found = tx.differences.get(DifferenceId(event.subject.id))
    if reader.actor is None or not found.is_open:
        return None
    count = tx.differences.count_open(event.tenant_id)
    provider = tx.configurations.get(found.configuration_id).provider
    return differences.told(reader.words, found, provider=provider, count=count)

"""What providers' answers to requests for payment pages tell of them: who falls, who comes back."""

from core.domain.acts import Event, EventName
from core.domain.configurations import Configuration, ConfigurationId
from core.domain.ledger import Subject
from core.domain.providers import Outcome, Pending
from core.domain.standings import Standing, is_trouble
from core.ports import Transaction


def hear_opening(
    tx: Transaction, *, configuration: Configuration, outcome: Outcome, is_first: bool
) -> EventName | None:
    """Note what came of asking for a page; return whether the provider fell or came back by it.

    `is_first`: the page was asked for the first time. A repeated question is the same payer's, so
    its failure counts no second time; a page that it brings shows that the provider works.
    """
    known = tx.standings.find(configuration.id)
    if is_trouble(outcome):
        return _fail(tx, configuration, known) if is_first else None
    is_page = is_first or (isinstance(outcome, Pending) and bool(outcome.link))
    if known is None or known.is_clean or not is_page:
        return None
    before = tx.standings.lock(configuration.id)
    tx.standings.replace(before, before.recover())
    return _tell(tx, configuration, EventName.PROVIDER_RECOVERED) if before.is_down else None


def let_try(tx: Transaction, *, configuration_id: ConfigurationId) -> None:
    """Note that a payer takes a provider: of what is down, only one may try at a time."""
    known = tx.standings.find(configuration_id)
    if known is None or known.let_try(at=tx.now) is known:
        return
    before = tx.standings.lock(configuration_id)
    tried = before.let_try(at=tx.now)
    if tried is not before:
        tx.standings.replace(before, tried)


def _fail(
    tx: Transaction, configuration: Configuration, known: Standing | None
) -> EventName | None:
    if known is not None and known.is_down:
        return None
    before = tx.standings.lock(configuration.id)
    after = before.fail(at=tx.now)
    if after is before:
        return None
    tx.standings.replace(before, after)
    return _tell(tx, configuration, EventName.PROVIDER_DOWN) if after.is_down else None


def _tell(tx: Transaction, configuration: Configuration, name: EventName) -> EventName:
    subject = Subject(kind="configuration", id=configuration.id)
    tx.events.append(Event(name=name, tenant_id=configuration.tenant_id, subject=subject))
    return name

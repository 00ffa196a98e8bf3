"""Home: /menu, the card by role, switching between one's organisations."""

from typing import Final

from core.domain.tenants import TenantId
from core.ports import Transaction
from core.use_cases.people import choose_tenant, tenants_of
from handlers import parsing
from handlers.chat import Reply, Show
from handlers.screens import home
from handlers.standing import home_of, moved
from handlers.visit import Routes, Visit


def menu(tx: Transaction, visit: Visit) -> Reply:
    """Show the home card as a new message."""
    left = visit.data.get("left")
    note = home.dropped(visit.words, left) if isinstance(left, str) else ""
    if visit.data.get("unclear"):
        note = home.unclear(visit.words)
    return Reply(screen=home_of(tx, visit, note=note), show=Show.SEND, ends_dialogue=True)


def card(tx: Transaction, visit: Visit) -> Reply:
    """Show the home card in place."""
    return Reply(screen=home_of(tx, visit), ends_dialogue=True)


def more(tx: Transaction, visit: Visit) -> Reply:
    """Show every other place."""
    _, actor = visit.here
    has_other = len(tenants_of(tx, person_id=visit.person.id)) > 1
    return Reply(screen=home.more(visit.words, actor.scopes, has_other=has_other))


def tenants(tx: Transaction, visit: Visit) -> Reply:
    """Let a person of several organisations choose."""
    tenant, _ = visit.here
    mine = tenants_of(tx, person_id=visit.person.id)
    return Reply(screen=home.tenants(visit.words, mine, tenant.id))


def choose(tx: Transaction, visit: Visit) -> Reply:
    """Show another organisation of the person's from now on.

    Raises:
        NotJoined: the person is no member there.
    """
    tenant_id = TenantId(parsing.ident(visit.argument))
    person = choose_tenant(tx, person_id=visit.person.id, tenant_id=tenant_id)
    there = moved(tx, visit, person, tenant_id)
    return Reply(screen=home_of(tx, there), ends_dialogue=True)


ROUTES: Final = Routes(
    name="home",
    commands={"menu": menu},
    aliases={"home": menu},
    presses={"card": card, "more": more, "tenants": tenants, "choose": choose},
)

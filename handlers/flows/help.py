"""Help, terms and support."""

from typing import Final

from core.domain.people import Scope
from core.ports import Transaction
from handlers.chat import Reply
from handlers.screens import help as screens
from handlers.standing import holders_named
from handlers.visit import Routes, Visit


def show(tx: Transaction, visit: Visit) -> Reply:
    """List what exists for this person's roles."""
    scopes = frozenset[Scope]() if visit.actor is None else visit.actor.scopes
    return Reply(screen=screens.card(visit.words, scopes))


def terms(tx: Transaction, visit: Visit) -> Reply:
    """Show the terms."""
    return Reply(screen=screens.terms(visit.words))


def support(tx: Transaction, visit: Visit) -> Reply:
    """Say whom to ask."""
    if visit.tenant is None:
        return Reply(screen=screens.support(visit.words, (), ""))
    names = holders_named(tx, visit.tenant.id, Scope.MEMBERS_MANAGE)
    return Reply(screen=screens.support(visit.words, names, visit.tenant.name))


def payments(tx: Transaction, visit: Visit) -> Reply:
    """Say what to do when a payment looks wrong."""
    return Reply(screen=screens.payments(visit.words))


ROUTES: Final = Routes(
    name="help",
    commands={"help": show},
    aliases={"terms": terms, "support": support, "paysupport": payments},
    presses={"card": show, "terms": terms, "support": support, "payments": payments},
)

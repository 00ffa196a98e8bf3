"""The tenant's money for who may see it: the report, its moves, why a number is what it is."""

from dataclasses import replace
from typing import Final

from core.domain.people import Scope
from core.ports import Transaction
from core.use_cases.reports import tenant_report
from core.use_cases.timeline import explained
from handlers.chat import Reply, Show
from handlers.screens import reports
from handlers.standing import deciders_of
from handlers.visit import Routes, Visit


def command(tx: Transaction, visit: Visit) -> Reply:
    """Show the report in a new message."""
    return replace(show(tx, visit), show=Show.SEND)


def show(tx: Transaction, visit: Visit) -> Reply:
    """Show the report."""
    actor = visit.here[1]
    report = tenant_report(tx, actor=actor)
    may_see = actor.has(Scope.BILLS_VIEW)
    deciders = None if actor.has(Scope.BILLS_DISPUTE_RESOLVE) else deciders_of(tx, actor.tenant_id)
    screen = reports.report(
        visit.words,
        report,
        may_see_bills=may_see,
        deciders=deciders,
        moved=explained(tx, entries=report.entries),
    )
    return Reply(screen=screen, ends_dialogue=True)


def why(tx: Transaction, visit: Visit) -> Reply:
    """Explain the wallet's number."""
    report = tenant_report(tx, actor=visit.here[1])
    screen = reports.why(visit.words, report, explained(tx, entries=report.entries))
    return Reply(screen=screen, ends_dialogue=True)


def moves(tx: Transaction, visit: Visit) -> Reply:
    """Show a page of moves: numbered without gaps, so a page is named by its first number."""
    tenant, actor = visit.here
    actor.check(Scope.REPORTS_VIEW, tenant.id)
    wallet = tenant_report(tx, actor=actor, lines=1).wallet
    newest = wallet.entry_seq
    first = min(int(visit.argument), newest) if visit.argument.isdecimal() else newest
    entries = tx.ledger.entries(wallet.id, before_seq=first + 1, limit=reports.PAGE)
    screen = reports.moves(
        visit.words,
        explained(tx, entries=entries),
        page=1 + (newest - first) // reports.PAGE,
        older=f"report:moves:{first - reports.PAGE}" if first > reports.PAGE else "",
        newer=f"report:moves:{first + reports.PAGE}" if first < newest else "",
        name=tenant.name,
    )
    return Reply(screen=screen, ends_dialogue=True)


ROUTES: Final = Routes(
    name="report",
    commands={"report": command},
    presses={"show": show, "why": why, "moves": moves},
)

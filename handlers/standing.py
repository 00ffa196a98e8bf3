"""Where a person stands: gathers the home card, for whoever arrives, joins or comes back."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from core.domain.bills import Debtors
from core.domain.calendar import at_hour, local_date
from core.domain.people import Actor, Person, Scope
from core.domain.tenants import Tenant, TenantId
from core.domain.wallets import TENANT_OWNED, WalletStatus
from core.ports import Transaction
from core.use_cases.bills import debtors_of
from core.use_cases.people import actor_of, tenants_of
from core.use_cases.reports import unmatched_money
from core.use_cases.wallets import open_wallet, wallet_account
from handlers.chat import Screen
from handlers.screens import home, restored
from handlers.visit import Visit
from handlers.words import Html, Words

MAX_NAMES: Final = 3


def home_of(tx: Transaction, visit: Visit, *, note: str = "") -> Screen:
    """Return the home card, or the welcome of a newcomer; `note` is a finished line on top."""
    if visit.tenant is None or visit.actor is None:
        return home.newcomer(visit.words)
    return home.card(visit.words, _view(tx, visit.tenant, visit.actor), note=note)


def warning(tx: Transaction, words: Words, *, asked_at: datetime | None = None) -> Html:
    """Return what warns of paying twice after a restore; "" where there is none to warn of.

    `asked_at` is when the money was asked for: what is newer than the restore was paid by nobody.
    """
    freeze = tx.freeze.find()
    if freeze is None or (asked_at is not None and asked_at >= freeze.since):
        return Html("")
    return restored.before_paying(words, freeze.books_at)


def holders_named(tx: Transaction, tenant_id: TenantId, scope: Scope) -> tuple[str, ...]:
    """Return the names of who holds a scope, three at most."""
    holders = tx.people.members_with(tenant_id, scope)[:MAX_NAMES]
    return tuple(tx.people.person(each.person_id).name for each in holders)


def deciders_of(tx: Transaction, tenant_id: TenantId) -> tuple[str, ...]:
    """Return the names of who decides disputes, three at most."""
    return holders_named(tx, tenant_id, Scope.BILLS_DISPUTE_RESOLVE)


def moved(tx: Transaction, visit: Visit, person: Person, tenant_id: TenantId) -> Visit:
    """Return the visit as it looks from another organisation of the person's.

    Raises:
        NotJoined: no active membership there.
    """
    tenant = tx.tenants.get(tenant_id)
    return replace(
        visit,
        person=person,
        tenant=tenant,
        actor=actor_of(tx, person_id=person.id, tenant_id=tenant_id),
        words=replace(visit.words, timezone=person.timezone or tenant.timezone),
    )


def _view(tx: Transaction, tenant: Tenant, actor: Actor) -> home.HomeView:
    wallet = open_wallet(
        tx, tenant_id=tenant.id, owner_id=actor.person_id, currency=tenant.currency
    )
    today = local_date(tx.now, tenant.timezone)
    may_resolve = actor.has(Scope.BILLS_DISPUTE_RESOLVE)
    may_refund = actor.has(Scope.REFUND_REQUEST)
    units = sorted(tx.people.unit(unit_id).code for unit_id in actor.unit_ids)
    return home.HomeView(
        tenant=tenant,
        units=tuple(units),
        available=wallet_account(tx, wallet=wallet).available,
        is_frozen=wallet.status is WalletStatus.FROZEN,
        sums=tx.bills.sums(debtors_of(actor), today=today, currency=tenant.currency),
        today=today,
        scopes=actor.scopes,
        waiting=tx.disputes.count_open(tenant.id) if may_resolve else 0,
        asked=tx.refund_requests.count_open(tenant.id) if may_refund else 0,
        other=len(tenants_of(tx, person_id=actor.person_id)) - 1,
        books=_books(tx, tenant, actor),
    )


def _books(tx: Transaction, tenant: Tenant, actor: Actor) -> home.Books | None:
    """Read the organisation's money for who keeps it."""
    if not actor.has(Scope.FINANCE_VIEW) or not actor.has(Scope.REPORTS_VIEW):
        return None
    today = local_date(tx.now, tenant.timezone)
    wallet = open_wallet(tx, tenant_id=tenant.id, owner_id=TENANT_OWNED, currency=tenant.currency)
    account = wallet_account(tx, wallet=wallet)
    came_in, _ = tx.ledger.turnover(account, since=at_hour(today, 0, tenant.timezone))
    everybody = Debtors(tenant_id=tenant.id, is_all=True)
    return home.Books(
        balance=account.balance,
        came_in=came_in,
        unmatched=unmatched_money(tx, tenant_id=tenant.id),
        bills=tx.bills.sums(everybody, today=today, currency=tenant.currency),
    )

"""What staff see of a tenant's money, read from the ledger as it stands."""

from dataclasses import dataclass
from typing import Final

from core.domain.bills import BillSums, Debtors
from core.domain.calendar import at_hour, local_date
from core.domain.ledger import FLOORED, Account, AccountId, AccountKind, Entry
from core.domain.money import Money
from core.domain.people import Actor, Scope
from core.domain.tenants import Tenant, TenantId
from core.domain.wallets import TENANT_OWNED
from core.ports import Transaction

NO_ACCOUNT: Final = AccountId(0)
"""Stands for an account that was never opened: it has no entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantReport:
    """A tenant's money now: its wallet, what came in this month, what is open.

    `fees` and `owed` are in the tenant's currency, `suspense` is what is there of each; `entries`
    newest first.
    """

    tenant: Tenant
    wallet: Account
    came_in: Money
    went_out: Money
    fees: Money
    owed: Money
    suspense: tuple[Money, ...]
    bills: BillSums
    open_disputes: int
    entries: tuple[Entry, ...]


def tenant_report(tx: Transaction, *, actor: Actor, lines: int = 3) -> TenantReport:
    """Return a tenant's money as it stands; looking opens no account.

    Raises:
        NotAllowed: the actor lacks `reports:view`.
    """
    actor.check(Scope.REPORTS_VIEW, actor.tenant_id)
    tenant = tx.tenants.get(actor.tenant_id)
    wallet = _account(tx, tenant, AccountKind.TENANT_WALLET, TENANT_OWNED)
    today = local_date(tx.now, tenant.timezone)
    came_in, went_out = tx.ledger.turnover(
        wallet, since=at_hour(today.replace(day=1), 0, tenant.timezone)
    )
    zero = Money(0, tenant.currency)
    configurations = tx.configurations.known(tenant.id)
    fees = [_account(tx, tenant, AccountKind.PROVIDER_FEES, c.id).balance for c in configurations]
    return TenantReport(
        tenant=tenant,
        wallet=wallet,
        came_in=came_in,
        went_out=went_out,
        fees=sum(fees, zero),
        owed=zero - _account(tx, tenant, AccountKind.OWED, 0).balance,
        suspense=unmatched_money(tx, tenant_id=tenant.id),
        bills=tx.bills.sums(
            Debtors(tenant_id=tenant.id, is_all=True), today=today, currency=tenant.currency
        ),
        open_disputes=tx.disputes.count_open(tenant.id),
        entries=tx.ledger.entries(wallet.id, before_seq=None, limit=lines),
    )


def unmatched_money(tx: Transaction, *, tenant_id: TenantId) -> tuple[Money, ...]:
    """Return the money that came in and fits no payment, one amount for each currency."""
    kept = tx.ledger.accounts(tenant_id=tenant_id, kind=AccountKind.SUSPENSE)
    return tuple(account.balance for account in kept if account.balance.is_positive)


def _account(tx: Transaction, tenant: Tenant, kind: AccountKind, owner_id: int) -> Account:
    """Return an account, empty where none was opened yet: looking must not write."""
    found = tx.ledger.find(
        tenant_id=tenant.id, kind=kind, owner_id=owner_id, currency=tenant.currency
    )
    return found or Account(
        id=NO_ACCOUNT,
        tenant_id=tenant.id,
        currency=tenant.currency,
        kind=kind,
        owner_id=owner_id,
        has_floor=kind in FLOORED,
    )

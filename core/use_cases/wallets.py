"""Wallets: opened at the first need, frozen by their owner or by staff."""

from core.domain.acts import Event, EventName
from core.domain.errors import NotAllowed
from core.domain.ledger import Account, AccountKind, Subject
from core.domain.money import Currency, Money
from core.domain.people import Actor, PersonId, Scope
from core.domain.tenants import TenantId
from core.domain.wallets import TENANT_OWNED, Wallet, WalletId
from core.ports import Transaction


def open_wallet(
    tx: Transaction, *, tenant_id: TenantId, owner_id: int, currency: Currency
) -> Wallet:
    """Return an owner's wallet (`TENANT_OWNED` for the tenant's), opening it at the first need."""
    found = tx.wallets.find(tenant_id=tenant_id, owner_id=owner_id, currency=currency)
    if found is not None:
        return found
    is_tenant = owner_id == TENANT_OWNED
    account = tx.ledger.account(
        tenant_id=tenant_id,
        kind=AccountKind.TENANT_WALLET if is_tenant else AccountKind.MEMBER_WALLET,
        owner_id=owner_id,
        currency=currency,
    )
    wallet = Wallet(
        id=WalletId(tx.new_id()),
        tenant_id=tenant_id,
        owner_id=owner_id,
        currency=currency,
        account_id=account.id,
    )
    return tx.wallets.add(wallet)


def wallet_account(tx: Transaction, *, wallet: Wallet) -> Account:
    """Return the account behind a wallet, as it stands."""
    return tx.ledger.get(wallet.account_id)


def beside_it(tx: Transaction, *, wallet: Wallet) -> tuple[Money, ...]:
    """Return what a wallet's owner has here in other currencies, if anything."""
    owned = tx.wallets.owned_by(tenant_id=wallet.tenant_id, owner_id=wallet.owner_id)
    balances = [tx.ledger.get(each.account_id).balance for each in owned if each.id != wallet.id]
    return tuple(each for each in balances if each.minor)


def freeze_wallet(tx: Transaction, *, actor: Actor, wallet_id: WalletId) -> Wallet:
    """Block debits; needs no PIN, since the hurry is real.

    Raises:
        NotAllowed: neither the owner nor staff with `members:manage`.
        IllegalTransition: it is not active.
    """
    wallet = tx.wallets.get(wallet_id)
    if wallet.owner_id != actor.person_id or wallet.tenant_id != actor.tenant_id:
        actor.check(Scope.MEMBERS_MANAGE, wallet.tenant_id)
    frozen = tx.wallets.replace(wallet, wallet.freeze(by=actor.person_id))
    _tell(tx, EventName.WALLET_FROZEN, wallet)
    return frozen


def unfreeze_wallet(tx: Transaction, *, actor: Actor, wallet_id: WalletId) -> Wallet:
    """Allow debits again: the owner lifts his own freeze (after his PIN), staff any other.

    Raises:
        NotAllowed: somebody else froze it.
        IllegalTransition: it is not frozen.
    """
    wallet = tx.wallets.get(wallet_id)
    is_own = wallet.owner_id == actor.person_id and wallet.tenant_id == actor.tenant_id
    if not is_own:
        actor.check(Scope.MEMBERS_MANAGE, wallet.tenant_id)
    thawed = wallet.unfreeze()
    if is_own and wallet.frozen_by != actor.person_id:
        raise NotAllowed(scope=Scope.MEMBERS_MANAGE.value)
    stored = tx.wallets.replace(wallet, thawed)
    _tell(tx, EventName.WALLET_UNFROZEN, wallet)
    return stored


def _tell(tx: Transaction, name: EventName, wallet: Wallet) -> None:
    subject = Subject(kind="wallet", id=wallet.id)
    tx.events.append(
        Event(
            name=name,
            tenant_id=wallet.tenant_id,
            subject=subject,
            person_id=PersonId(wallet.owner_id),
        )
    )

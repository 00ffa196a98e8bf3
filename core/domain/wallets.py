"""Wallets: what a member or a tenant holds, in one currency; the money itself is in the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NewType, Protocol

from core.domain.errors import WalletFrozen
from core.domain.ledger import AccountId
from core.domain.machines import NONE, machine
from core.domain.money import Currency
from core.domain.tenants import TenantId

WalletId = NewType("WalletId", int)


class WalletStatus(StrEnum):
    """Whether money may leave; credits stay possible while frozen."""

    ACTIVE = "active"
    FROZEN = "frozen"
    CLOSED = "closed"


TRANSITIONS: Final = machine(
    "wallet",
    {
        NONE: (WalletStatus.ACTIVE,),
        WalletStatus.ACTIVE: (WalletStatus.FROZEN, WalletStatus.CLOSED),
        WalletStatus.FROZEN: (WalletStatus.ACTIVE,),
    },
)

TENANT_OWNED: Final = 0
"""`owner_id` of a tenant's own wallet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """A wallet; `owner_id` is the person, or `TENANT_OWNED`.

    `frozen_by` tells who froze it: the owner may only lift his own freeze.
    """

    id: WalletId
    tenant_id: TenantId
    owner_id: int
    currency: Currency
    account_id: AccountId
    status: WalletStatus = WalletStatus.ACTIVE
    status_seq: int = 0
    frozen_by: int = 0
    row_version: int = 1

    def check_debit(self) -> None:
        """Let a debit pass.

        Raises:
            WalletFrozen: it is frozen or closed.
        """
        if self.status is not WalletStatus.ACTIVE:
            raise WalletFrozen(reason=self.status.value)

    def freeze(self, *, by: int) -> "Wallet":
        """Block debits.

        Raises:
            IllegalTransition: it is not active.
        """
        TRANSITIONS.check(self.status, WalletStatus.FROZEN)
        return replace(self, status=WalletStatus.FROZEN, frozen_by=by)

    def unfreeze(self) -> "Wallet":
        """Allow debits again.

        Raises:
            IllegalTransition: it is not frozen.
        """
        TRANSITIONS.check(self.status, WalletStatus.ACTIVE)
        return replace(self, status=WalletStatus.ACTIVE, frozen_by=0)


class StoredWallets(Protocol):
    """Wallets on an open transaction."""

    def get(self, wallet_id: WalletId) -> Wallet:
        """Return one wallet.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def find(self, *, tenant_id: TenantId, owner_id: int, currency: Currency) -> Wallet | None:
        """Return an owner's wallet, if it was ever opened."""
        ...

    def owned_by(self, *, tenant_id: TenantId, owner_id: int) -> Sequence[Wallet]:
        """Return an owner's wallets in every currency, in the order of the currencies."""
        ...

    def add(self, wallet: Wallet) -> Wallet:
        """Store a new wallet; return it as stored."""
        ...

    def replace(self, before: Wallet, after: Wallet) -> Wallet:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        ...

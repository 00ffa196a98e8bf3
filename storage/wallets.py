"""Wallets: owner, account and status."""

from typing import TYPE_CHECKING, Final

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint

from core.domain.errors import NotFound
from core.domain.money import Currency
from core.domain.tenants import TenantId
from core.domain.wallets import TRANSITIONS, Wallet, WalletId
from storage.records import Axis, Records, axis_columns
from storage.schema import ident, number, table, text

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

WALLET: Final = table(
    "wallet",
    ident(primary_key=True),
    ident("tenant_id"),
    ident("owner_id"),
    text("currency"),
    ident("account_id"),
    ident("frozen_by"),
    ident("act_id"),
    number("row_version"),
    *axis_columns("wallet", Axis("status", TRANSITIONS)),
    ForeignKeyConstraint(
        ["account_id", "tenant_id", "currency"],
        ["account.id", "account.tenant_id", "account.currency"],
    ),
    ForeignKeyConstraint(["tenant_id", "act_id"], ["act.tenant_id", "act.id"]),
    UniqueConstraint("tenant_id", "owner_id", "currency"),
    UniqueConstraint("account_id"),
    Index("ix_wallet_act_id", "act_id"),
)

_WALLETS: Final = Records(
    WALLET,
    Wallet,
    frozen=("id", "tenant_id", "owner_id", "currency", "account_id", "act_id"),
    has_act=True,
)
_ONE: Final = _WALLETS.by("id")
_OWNED: Final = _WALLETS.by("tenant_id", "owner_id", "currency")
_ALL_OWNED: Final = _WALLETS.by("tenant_id", "owner_id")


class SqlWallets:
    """Wallets in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def get(self, wallet_id: WalletId) -> Wallet:
        """Return one wallet, else `NotFound`."""
        found = _WALLETS.one(self._tx, _ONE, id=wallet_id)
        if found is None:
            raise NotFound(kind="wallet")
        return found

    def find(self, *, tenant_id: TenantId, owner_id: int, currency: Currency) -> Wallet | None:
        """Return an owner's wallet, if it was ever opened."""
        return _WALLETS.one(
            self._tx, _OWNED, tenant_id=tenant_id, owner_id=owner_id, currency=currency
        )

    def owned_by(self, *, tenant_id: TenantId, owner_id: int) -> tuple[Wallet, ...]:
        """Return an owner's wallets in every currency, in the order of the currencies."""
        found = _WALLETS.many(self._tx, _ALL_OWNED, tenant_id=tenant_id, owner_id=owner_id)
        return tuple(sorted(found, key=lambda each: each.currency))

    def add(self, wallet: Wallet) -> Wallet:
        """Store a new wallet; return it as stored."""
        return _WALLETS.add(self._tx, wallet, act_id=self._tx.act(wallet.tenant_id))

    def replace(self, before: Wallet, after: Wallet) -> Wallet:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        act = self._tx.act(before.tenant_id)
        return _WALLETS.replace(self._tx, before, after, act_id=lambda: act)

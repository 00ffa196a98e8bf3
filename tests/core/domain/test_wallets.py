import pytest

from core.domain.errors import IllegalTransition, TenantClosed, WalletFrozen
from core.domain.ledger import AccountId
from core.domain.money import Currency, Money
from core.domain.tenants import Policy, Tenant, TenantId, TenantKind
from core.domain.wallets import Wallet, WalletId, WalletStatus

NGN = Currency("NGN")
WALLET = Wallet(
    id=WalletId(1), tenant_id=TenantId(2), owner_id=3, currency=NGN, account_id=AccountId(4)
)
TENANT = Tenant(
    id=TenantId(2),
    kind=TenantKind.ESTATE,
    name="Palm Court",
    currency=NGN,
    country="NG",
    timezone="Africa/Lagos",
    policy=Policy(part_percent=10, part_minor=50_000),
)


def test_a_frozen_wallet_refuses_debits_until_it_is_lifted() -> None:
    WALLET.check_debit()
    frozen = WALLET.freeze(by=3)
    assert frozen.frozen_by == 3
    with pytest.raises(WalletFrozen):
        frozen.check_debit()
    assert frozen.unfreeze() == WALLET


def test_a_wallet_is_frozen_once() -> None:
    with pytest.raises(IllegalTransition):
        WALLET.freeze(by=3).freeze(by=4)
    with pytest.raises(IllegalTransition):
        WALLET.unfreeze()


def test_a_closed_wallet_refuses_debits_for_good() -> None:
    closed = Wallet(
        id=WalletId(1),
        tenant_id=TenantId(2),
        owner_id=3,
        currency=NGN,
        account_id=AccountId(4),
        status=WalletStatus.CLOSED,
    )
    with pytest.raises(WalletFrozen):
        closed.check_debit()
    with pytest.raises(IllegalTransition):
        closed.unfreeze()


@pytest.mark.parametrize(
    ("total", "least"),
    [(100_000, 10_000), (99_999, 10_000), (10, 1), (11, 2), (1, 1), (900_000, 50_000)],
)
def test_the_least_part_is_the_smaller_of_share_and_sum(total: int, least: int) -> None:
    assert TENANT.least_part(Money(total, NGN)) == Money(least, NGN)


def test_a_suspended_tenant_does_not_work() -> None:
    TENANT.check_open()
    with pytest.raises(TenantClosed):
        TENANT.suspend().check_open()

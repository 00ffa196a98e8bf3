"""Wallets: opened once, frozen in a hurry, thawed by who may."""

import pytest

from core.domain.acts import EventName
from core.domain.errors import IllegalTransition, NotAllowed
from core.domain.people import Role
from core.domain.wallets import Wallet, WalletStatus
from core.use_cases.wallets import freeze_wallet, open_wallet, unfreeze_wallet
from tests.core.estate import Estate
from tests.factories import NGN, USD


@pytest.fixture
def wallet(estate: Estate) -> Wallet:
    return estate.wallet(estate.ada)


def test_a_wallet_is_one_a_person_tenant_and_currency(estate: Estate, wallet: Wallet) -> None:
    assert estate.wallet(estate.ada) == wallet
    dollars = estate.do(
        open_wallet, tenant_id=estate.tenant.id, owner_id=estate.ada.person_id, currency=USD
    )
    elsewhere = estate.do(
        open_wallet, tenant_id=estate.other.id, owner_id=estate.ada.person_id, currency=NGN
    )
    assert len({wallet.account_id, dollars.account_id, elsewhere.account_id}) == 3


def test_the_owner_freezes_and_thaws(estate: Estate, wallet: Wallet) -> None:
    frozen = estate.do(freeze_wallet, actor=estate.ada, wallet_id=wallet.id)
    assert (frozen.status, frozen.frozen_by) == (WalletStatus.FROZEN, estate.ada.person_id)
    with pytest.raises(IllegalTransition):
        estate.do(freeze_wallet, actor=estate.ada, wallet_id=wallet.id)
    thawed = estate.do(unfreeze_wallet, actor=estate.ada, wallet_id=wallet.id)
    assert (thawed.status, thawed.frozen_by) == (WalletStatus.ACTIVE, 0)
    with pytest.raises(IllegalTransition):
        estate.do(unfreeze_wallet, actor=estate.ada, wallet_id=wallet.id)
    assert estate.count(EventName.WALLET_FROZEN) == estate.count(EventName.WALLET_UNFROZEN) == 1


def test_what_staff_froze_the_owner_does_not_thaw(estate: Estate, wallet: Wallet) -> None:
    estate.do(freeze_wallet, actor=estate.admin, wallet_id=wallet.id)
    with pytest.raises(NotAllowed):
        estate.do(unfreeze_wallet, actor=estate.ada, wallet_id=wallet.id)
    thawed = estate.do(unfreeze_wallet, actor=estate.admin, wallet_id=wallet.id)
    assert thawed.status is WalletStatus.ACTIVE


def test_not_even_staff_thaw_their_own_when_others_froze_it(estate: Estate) -> None:
    own = estate.wallet(estate.admin)
    second = estate.member("Second", role=Role.ADMIN)
    estate.do(freeze_wallet, actor=second, wallet_id=own.id)
    with pytest.raises(NotAllowed):
        estate.do(unfreeze_wallet, actor=estate.admin, wallet_id=own.id)


@pytest.mark.parametrize("who", ["ben", "cyd", "eve"])
def test_nobody_else_touches_a_wallet(estate: Estate, wallet: Wallet, who: str) -> None:
    actor = getattr(estate, who)
    with pytest.raises(NotAllowed):
        estate.do(freeze_wallet, actor=actor, wallet_id=wallet.id)
    estate.do(freeze_wallet, actor=estate.ada, wallet_id=wallet.id)
    with pytest.raises(NotAllowed):
        estate.do(unfreeze_wallet, actor=actor, wallet_id=wallet.id)


def test_money_still_arrives_in_a_frozen_wallet(estate: Estate, wallet: Wallet) -> None:
    estate.do(freeze_wallet, actor=estate.ada, wallet_id=wallet.id)
    estate.fund(estate.ada, 500)
    assert estate.balance(estate.ada) == 500

"""What an attacker tries with buttons of his own: none acts elsewhere, none breaks anything."""

from dataclasses import replace

from core.domain.people import MembershipStatus
from core.domain.tenants import Tenant
from core.domain.wallets import WalletStatus
from storage.transaction import SqlTransaction
from tests.factories import NGN, add_member, add_tenant, add_wallet
from tests.handlers.chatting import Talker
from tests.handlers.flows.conftest import Estate


def joins_elsewhere(estate: Estate, talker: Talker) -> Tenant:
    """Make somebody a member of a second organisation."""
    person = talker.person

    def build(tx: SqlTransaction) -> Tenant:
        tenant = add_tenant(tx, name="Other Place")
        add_wallet(tx, tenant)
        add_wallet(tx, tenant, owner_id=person.id)
        add_member(tx, tenant, person)
        return tenant

    return estate.world.run(build)


def leaves(estate: Estate, talker: Talker) -> None:
    """End somebody's membership of the estate."""
    person = talker.person

    def end(tx: SqlTransaction) -> None:
        for each in tx.people.memberships_of(person.id):
            if each.tenant_id == estate.tenant.id:
                left = replace(each, status=MembershipStatus.LEFT)
                tx.people.replace_membership(each, left)

    estate.world.run(end)


def test_a_button_of_a_tenant_that_was_left_does_not_act_in_another(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/wallet")
    ada.presses("More")
    message, button = ada.finds("Freeze now")
    other = joins_elsewhere(estate, ada)
    leaves(estate, ada)
    ada.presses_data(button.data, message)
    assert "out of date" in ada.sees
    person = ada.person
    wallet = estate.world.run(
        lambda tx: tx.wallets.find(tenant_id=other.id, owner_id=person.id, currency=NGN)
    )
    assert wallet is not None
    assert wallet.status is WalletStatus.ACTIVE


def test_a_right_pin_does_not_move_a_button_into_another_tenant(estate: Estate) -> None:
    ada = estate.ada
    estate.world.set_pin(ada, "2580")
    ada.says("/wallet")
    ada.presses("More")
    ada.presses("Freeze now")
    ada.says("/wallet")
    ada.presses("More")
    ada.presses("Unfreeze")
    joins_elsewhere(estate, ada)
    leaves(estate, ada)
    ada.enters("2580")
    assert "out of date" in ada.sees
    frozen = estate.world.run(lambda tx: tx.wallets.get(estate.wallet.id))
    assert frozen.status is WalletStatus.FROZEN


def test_only_what_a_confirm_card_offers_is_dropped(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/wallet")
    ada.presses("More")
    message, button = ada.finds("Freeze now")
    ada.presses_data(f"pay:drop:{button.data.partition(':')[2]}", message)
    assert "out of date" in ada.sees
    ada.presses_data(button.data, message)
    assert "Frozen" in ada.sees


def test_a_cursor_beyond_every_number_shows_the_newest(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/wallet")
    for which in ("in", "out", "all"):
        ada.presses_data(f"wallet:history:{which}.{2**63 - 1}", ada.messages[-1])
        assert "Wallet history" in ada.sees


def test_a_long_search_is_shown_back_shortened(estate: Estate) -> None:
    bello = estate.bello
    bello.says("/newbill " + "a" * 4000)
    assert "a" * 60 in bello.sees
    assert "a" * 61 not in bello.sees


def test_a_long_outcome_is_cut_between_lines(estate: Estate) -> None:
    bello = estate.bello
    bello.says("/newbill A-14")
    bello.presses("A-14")
    bello.presses("Other")
    bello.says("Fence")
    bello.says("1000")
    bello.says("month end")
    bello.says("'\n" * 240)
    message, button = bello.finds("Issue")
    bello.presses_data(button.data, message)
    first = bello.last.html
    assert len(first) > 1500
    bello.presses_data(button.data, bello.messages[0])
    again = bello.messages[0].screen.html
    assert first.startswith(f"{again}\n")

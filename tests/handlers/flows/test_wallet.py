"""The wallet shows where every kobo came from, and can be frozen at once."""

import pytest

from core.domain.acts import EventName
from core.domain.bills import Acknowledgment
from core.domain.wallets import WalletStatus
from core.use_cases.bills import pay_bill
from core.use_cases.people import actor_of
from storage.transaction import SqlTransaction
from tests.factories import add_bill, add_hold, naira, top_up
from tests.handlers.flows.conftest import Estate


def pay(estate: Estate, minor: int = 500_000) -> None:
    """Let the resident pay a bill from her wallet."""
    ada = estate.ada.person

    def act(tx: SqlTransaction) -> None:
        bill = add_bill(
            tx,
            estate.tenant,
            debtor=ada,
            total_minor=minor,
            acknowledgment=Acknowledgment.ACKNOWLEDGED,
        )
        actor = actor_of(tx, person_id=ada.id, tenant_id=estate.tenant.id)
        pay_bill(tx, actor=actor, bill_id=bill.id, revision=1, amount=naira(minor), key=tx.key(22))

    estate.world.run(act)


def fill(estate: Estate, count: int) -> None:
    """Bring in several amounts, 1.00, 2.00 and so on."""
    for n in range(1, count + 1):
        estate.world.run(lambda tx, n=n: top_up(tx, estate.tenant, estate.wallet, n * 100))  # type: ignore[misc]


def test_the_card_shows_what_can_be_spent_and_the_last_moves(estate: Estate) -> None:
    pay(estate)
    token = estate.world.run(
        lambda tx: tx.ledger.entries(estate.wallet.account_id, before_seq=None, limit=1)[0].token
    )
    estate.ada.says("/wallet")
    assert estate.ada.sees.splitlines() == [
        "Your wallet · Palm Court Estate",
        "Available 15,000.00 NGN",
        "Last moves",
        "−5,000.00 NGN · Service charge, BILL-2026-000001",
        f"    Mon 2 Mar 2026, 10:00 · balance 15,000.00 NGN · TXN-…{token[-6:]}",
        "+20,000.00 NGN · top-up",
        estate.ada.sees.splitlines()[-1],
    ]
    assert estate.ada.labels == ["Top up", "History", "More", "Back"]


def test_what_is_held_is_told_apart(estate: Estate) -> None:
    estate.world.run(lambda tx: add_hold(tx, estate.tenant, estate.wallet, 300_000))
    estate.ada.says("/balance")
    assert "Available 17,000.00 NGN" in estate.ada.sees
    assert "Balance 20,000.00 NGN · held 3,000.00 NGN" in estate.ada.sees


def test_history_turns_by_cursor_with_its_place(estate: Estate) -> None:
    fill(estate, 11)
    ada = estate.ada
    ada.says("/wallet")
    ada.presses("History")
    assert "All moves · page 1/3" in ada.sees
    assert "+11.00" in ada.sees
    assert "+7.00" in ada.sees
    ada.presses("Older")
    assert "page 2/3" in ada.sees
    second = ada.sees
    ada.presses("Older")
    assert "page 3/3" in ada.sees
    assert "+20,000.00" in ada.sees
    assert not any(label.startswith("Older") for label in ada.labels)
    ada.presses("« Newer")
    assert ada.sees == second
    ada.presses("« Newer")
    assert "page 1/3" in ada.sees


@pytest.mark.parametrize(("which", "shown"), [("In", "+"), ("Out", "−")])
def test_history_is_filtered_by_direction(estate: Estate, which: str, shown: str) -> None:
    for _ in range(7):
        pay(estate, 10_000)
        fill(estate, 1)
    ada = estate.ada
    ada.says("/history")
    ada.presses(which)
    first = ada.sees
    lines = [line for line in first.splitlines() if "NGN ·" in line and not line.startswith(" ")]
    assert len(lines) == 5
    assert all(line.startswith(shown) for line in lines)
    ada.presses("Older")
    rest = [line for line in ada.sees.splitlines() if line.startswith(("+", "−"))]
    assert len(rest) == (3 if which == "In" else 2)
    ada.presses("« Newer")
    assert [line for line in ada.sees.splitlines() if "NGN" in line][:5] == [
        line for line in first.splitlines() if "NGN" in line
    ][:5]


def test_the_number_explains_itself(estate: Estate) -> None:
    pay(estate)
    ada = estate.ada
    ada.says("/wallet")
    ada.presses("More")
    ada.presses("About this number")
    assert "Came in, in all: +20,000.00 NGN" in ada.sees
    assert "Went out, in all: −5,000.00 NGN" in ada.sees
    assert "Balance: 15,000.00 NGN" in ada.sees
    assert "No. 2: 20,000.00 NGN −5,000.00 NGN = 15,000.00 NGN" in ada.sees


def test_freezing_needs_no_pin_and_tells(estate: Estate) -> None:
    ada = estate.ada
    estate.world.set_pin(ada, "2580")
    ada.says("/freeze")
    message, button = ada.finds("Freeze now")
    ada.presses("Freeze now")
    wallet = estate.world.run(lambda tx: tx.wallets.get(estate.wallet.id))
    assert wallet.status is WalletStatus.FROZEN
    assert "Frozen" in ada.sees
    assert [event.name for event in estate.world.events] == [EventName.WALLET_FROZEN]
    ada.presses_data(button.data, message)
    assert "That was done already" in ada.toasts[-1]


def test_the_owner_does_not_lift_the_freeze_of_staff(estate: Estate) -> None:
    bello = estate.bello.person

    def freeze(tx: SqlTransaction) -> None:
        wallet = tx.wallets.get(estate.wallet.id)
        tx.wallets.replace(wallet, wallet.freeze(by=bello.id))

    estate.world.run(freeze)
    estate.ada.says("/wallet")
    assert "Frozen: no money can leave it" in estate.ada.sees
    estate.ada.presses("More")
    assert estate.ada.labels == ["About this number", "Back"]

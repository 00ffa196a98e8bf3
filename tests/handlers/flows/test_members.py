"""The person card: suspended and let in again with a confirmation, invitations taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.handlers.estate import Estate


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    yield opened
    opened.close()


def test_a_member_is_suspended_and_let_in_again(estate: Estate) -> None:
    bello, ada = estate.bello, estate.ada
    bello.says("/people")
    bello.presses("Open Ada")
    assert bello.sees == "Ada · A-14\nRole: Resident\nPhone not verified\nActive"
    bello.presses("Suspend")
    assert "Bills and wallet stay as they are; no money moves." in bello.sees
    assert not ada.messages
    bello.presses("Suspend Ada")
    assert "✅ Ada is suspended and was told. No money moved." in bello.sees
    assert "Suspended: may see and pay nothing here." in bello.sees
    assert "suspended your membership" in ada.sees
    ada.says("/wallet")
    assert "Available" not in ada.sees
    bello.presses("Let in again")
    assert "holds the same role at Palm Court as before: Resident" in bello.sees
    bello.presses("Let Ada in again")
    assert "✅ Ada is in again and was told." in bello.sees
    assert "let you in again" in ada.sees


def test_with_a_pin_suspending_asks_for_it(estate: Estate) -> None:
    bello = estate.bello
    estate.set_pin(bello, "4829")
    bello.says("/people")
    bello.presses("Open Ada")
    bello.presses("Suspend")
    bello.presses("Suspend Ada")
    assert "Nobody is suspended yet." in bello.sees
    bello.enters("4829")
    assert "✅ Ada is suspended" in bello.sees


def test_the_own_card_has_no_moves(estate: Estate) -> None:
    bello = estate.bello
    bello.says("/people")
    bello.presses("Open Mrs Bello")
    assert "This is you." in bello.sees
    assert bello.labels == ["Back"]


def test_an_invitation_is_taken_back(estate: Estate) -> None:
    bello = estate.bello
    bello.says("/people")
    bello.presses("Invite somebody")
    bello.presses("Resident")
    bello.says("B-7")
    bello.presses("Make the link without a phone")
    bello.says("/people")
    bello.presses("Open invitations")
    assert "• Resident · B-7 · until" in bello.sees
    bello.presses("Take back: Resident · B-7")
    assert "Its link will open nothing any more." in bello.sees
    bello.presses("Take it back")
    assert "None: every link was used, taken back or has expired." in bello.sees


def test_a_resident_looks_after_nobody(estate: Estate) -> None:
    bello, ada = estate.bello, estate.ada
    bello.says("/people")
    _, button = bello.finds("Open Tunde")
    ada.says("/menu")
    for data in (button.data, "members:invitations", button.data.replace("card", "suspend")):
        ada.presses_data(data, ada.messages[-1])
        assert "Your role does not allow that" in ada.sees

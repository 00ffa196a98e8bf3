"""The PIN pad: set, changed, asked for, wrong, locked, typed."""

from core.domain.bills import Acknowledgment
from core.domain.dialogues import PAD_LIFE
from core.domain.wallets import WalletStatus
from storage import dialogues
from tests.factories import add_bill
from tests.handlers.chatting import Talker
from tests.handlers.flows.conftest import Estate

PIN = "2580"
OTHER = "147036"


def frozen(estate: Estate) -> Talker:
    """Return the resident with her wallet frozen and a PIN, looking at Unfreeze."""
    ada = estate.ada
    estate.world.set_pin(ada, PIN)
    ada.says("/wallet")
    ada.presses("More")
    ada.presses("Freeze now")
    ada.says("/wallet")
    ada.presses("More")
    return ada


def status(estate: Estate) -> WalletStatus:
    """Return how the resident's wallet stands."""
    return estate.world.run(lambda tx: tx.wallets.get(estate.wallet.id)).status


def test_a_pin_is_set_by_entering_it_twice(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/settings")
    ada.presses("Set a PIN")
    assert "Choose a PIN" in ada.sees
    ada.enters(PIN)
    assert "once more" in ada.sees
    assert not ada.person.has_pin
    ada.enters(PIN)
    assert "Your new PIN is set" in ada.sees
    assert ada.person.pin_hash == f"hash of {PIN}"
    assert len(ada.messages) == 1


def test_the_pad_shows_dots_and_shuffled_keys(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/settings")
    ada.presses("Set a PIN")
    digits = [label for label in ada.labels if label.isdecimal()]
    assert sorted(digits) == list("0123456789")
    assert digits != sorted(digits)
    assert ada.labels[9] == "⌫ Delete"
    assert ada.labels[11:] == ["OK", "Cancel"]
    data = [button.data for row in ada.last.rows for button in row]
    assert [each.rpartition(":")[2] for each in data[:9]] == list("012345678")
    for digit in "258":
        ada.presses(digit)
    assert "PIN: ● ● ● ○" in ada.sees
    ada.presses("⌫")
    assert "PIN: ● ● ○ ○" in ada.sees


def test_a_short_pin_stays_on_the_pad(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/settings")
    ada.presses("Set a PIN")
    ada.enters("25")
    assert ada.toasts[-1] == "A PIN has four to six digits."
    assert "PIN: ● ● ○ ○" in ada.sees


def test_an_easy_pin_empties_the_pad(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/settings")
    ada.presses("Set a PIN")
    for easy in ("1234", "4321", "7777", "890123"):
        ada.enters(easy)
        assert "Too easy" in ada.sees
    ada.enters(PIN)
    assert "once more" in ada.sees


def test_two_different_entries_begin_again(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/settings")
    ada.presses("Set a PIN")
    ada.enters(PIN)
    ada.enters(OTHER)
    assert "differ" in ada.sees
    assert not ada.person.has_pin
    ada.enters(OTHER)
    ada.enters(OTHER)
    assert ada.person.pin_hash == f"hash of {OTHER}"


def test_changing_a_pin_asks_for_the_old_one(estate: Estate) -> None:
    ada = estate.ada
    estate.world.set_pin(ada, PIN)
    ada.says("/settings")
    ada.presses("Change PIN")
    assert "Your present PIN" in ada.sees
    ada.enters(PIN)
    assert "Choose a PIN" in ada.sees
    ada.enters(OTHER)
    ada.enters(OTHER)
    assert ada.person.pin_hash == f"hash of {OTHER}"


def test_the_right_pin_does_what_was_pressed(estate: Estate) -> None:
    ada = frozen(estate)
    ada.presses("Unfreeze")
    assert status(estate) is WalletStatus.FROZEN
    ada.enters(PIN)
    assert "active again" in ada.sees
    assert status(estate) is WalletStatus.ACTIVE


def test_a_wrong_pin_costs_a_try_and_shows_the_pad_again(estate: Estate) -> None:
    ada = frozen(estate)
    ada.presses("Unfreeze")
    ada.enters("9999")
    assert "Wrong PIN. No money moved. 4 tries left." in ada.sees
    ada.enters(PIN)
    assert status(estate) is WalletStatus.ACTIVE
    assert ada.person.pin_failures == 0


def test_five_wrong_pins_lock_for_half_an_hour(estate: Estate) -> None:
    ada = frozen(estate)
    ada.presses("Unfreeze")
    for _ in range(5):
        ada.enters("9999")
    assert "locked until Mon 2 Mar 2026, 10:30" in ada.sees
    assert "is kept here: try again then" in ada.sees
    ada.presses("Try again")
    assert "locked until" in ada.sees
    kept = ada.finds("Try again")
    estate.world.clock.move(minutes=29)
    ada.says("/wallet")
    ada.presses("More")
    ada.presses("Unfreeze")
    assert "locked until" in ada.sees
    estate.world.clock.move(minutes=2)
    ada.presses_data(kept[1].data, kept[0])
    ada.enters(PIN)
    assert status(estate) is WalletStatus.ACTIVE


def test_a_lock_leaves_the_button_for_later(estate: Estate) -> None:
    ada = frozen(estate)
    message, button = ada.finds("Unfreeze")
    ada.presses("Unfreeze")
    for _ in range(5):
        ada.enters("9999")
    estate.world.clock.move(minutes=31)
    ada.presses_data(button.data, message)
    ada.enters(PIN)
    assert status(estate) is WalletStatus.ACTIVE


def test_a_second_tap_on_ok_counts_once(estate: Estate) -> None:
    ada = frozen(estate)
    ada.presses("Unfreeze")
    message, okay = ada.finds("OK")
    ada.enters("9999")
    before = ada.sees
    ada.presses_data(okay.data, message)
    assert ada.toasts[-1] == "This PIN pad is closed."
    assert ada.sees == before
    assert ada.person.pin_failures == 1


def test_a_typed_pin_is_taken_and_deleted(estate: Estate) -> None:
    ada = frozen(estate)
    ada.presses("Unfreeze")
    ada.says(PIN)
    assert len(ada.deleted) == 1
    assert status(estate) is WalletStatus.ACTIVE
    assert "I deleted your message" in ada.sees
    assert any("active again" in message.screen.html for message in ada.messages)


def test_a_typed_pin_is_taken_after_a_wrong_one(estate: Estate) -> None:
    ada = frozen(estate)
    ada.presses("Unfreeze")
    ada.enters("9999")
    ada.says(PIN)
    assert len(ada.deleted) == 1
    assert status(estate) is WalletStatus.ACTIVE


def test_what_is_no_pin_is_deleted_too_and_asked_again(estate: Estate) -> None:
    ada = frozen(estate)
    ada.presses("Unfreeze")
    for text in ("25", "pin 2580", "25801470"):
        ada.says(text)
        assert "four to six digits" in ada.sees
    assert len(ada.deleted) == 3
    assert ada.person.pin_failures == 0
    ada.enters(PIN)
    assert status(estate) is WalletStatus.ACTIVE


def test_words_at_an_open_pad_are_answered_on_it(estate: Estate) -> None:
    ada = frozen(estate)
    ada.presses("Unfreeze")
    pad, _ = ada.finds("OK")
    before = len(ada.messages)
    ada.says("hello")
    assert len(ada.messages) == before
    assert ada.deleted[-1] != pad.id
    assert "I deleted what you wrote" in pad.screen.html
    assert "Enter your PIN" in pad.screen.html
    ada.says(PIN)
    assert status(estate) is WalletStatus.ACTIVE


def test_a_pad_that_was_left_for_a_command_is_closed(estate: Estate) -> None:
    ada = frozen(estate)
    ada.presses("Unfreeze")
    pad, key = ada.finds("2")
    ada.says("/bills")
    assert "Dropped: the PIN" in ada.sees
    ada.presses_data(key.data, pad)
    assert "you went on to something else. No money moved." in pad.screen.html
    ada.presses("Try again")
    ada.enters(PIN)
    assert status(estate) is WalletStatus.ACTIVE


def test_a_pad_that_nobody_remembers_says_so_in_a_box(estate: Estate) -> None:
    ada = frozen(estate)
    ada.presses("Unfreeze")
    pad, key = ada.finds("2")
    shown = pad.screen
    estate.world.clock.move(seconds=int(PAD_LIFE.total_seconds()) + 1)
    estate.world.run(dialogues.sweep)
    ada.presses_data(key.data, pad)
    assert "PIN pad is closed. Begin again" in ada.toasts[-1]
    assert pad.screen == shown


def test_late_keys_of_a_pad_that_is_over_change_nothing(estate: Estate) -> None:
    ada = frozen(estate)
    ada.presses("Unfreeze")
    pad, key = ada.finds("2")
    ada.presses("Cancel")
    left = pad.screen
    for late in (
        key.data,
        f"{key.data.rpartition(':')[0]}:ok",
        f"{key.data.rpartition(':')[0]}:no",
    ):
        ada.presses_data(late, pad)
        assert ada.toasts[-1] == "This PIN pad is closed."
    assert pad.screen == left
    ada.presses("Try again")
    ada.enters(PIN)
    assert status(estate) is WalletStatus.ACTIVE


def test_cancel_on_the_pad_leaves_everything_as_it_was(estate: Estate) -> None:
    ada = frozen(estate)
    ada.presses("Unfreeze")
    ada.presses("2")
    ada.presses("Cancel")
    assert "Nothing was confirmed and no money moved" in ada.sees
    ada.presses("Try again")
    ada.enters(PIN)
    assert status(estate) is WalletStatus.ACTIVE


def test_a_pad_closes_after_two_minutes(estate: Estate) -> None:
    ada = frozen(estate)
    ada.presses("Unfreeze")
    estate.world.clock.move(seconds=int(PAD_LIFE.total_seconds()))
    ada.presses("2")
    assert "two minutes are over" in ada.sees
    ada.presses("Try again")
    ada.enters(PIN)
    assert status(estate) is WalletStatus.ACTIVE


def test_nobody_presses_another_persons_pad(estate: Estate) -> None:
    ada = frozen(estate)
    ada.presses("Unfreeze")
    message, key = ada.finds("2")
    estate.bello.says("/menu")
    estate.bello.presses_data(key.data, estate.bello.messages[-1])
    assert "not for you" in estate.bello.sees
    assert message.screen == ada.last


def test_forged_keys_do_nothing(estate: Estate) -> None:
    ada = frozen(estate)
    ada.presses("Unfreeze")
    message, key = ada.finds("2")
    head = key.data.rpartition(":")[0]
    for data in (f"{head}:10", f"{head}:x", f"{head}:", "k:p:1:2", "k:p:x:2", "k:p", "k:p:0:ok"):
        ada.presses_data(data, message)
        assert "PIN: ○ ○ ○ ○" in ada.sees


def test_the_pad_says_what_it_pays(estate: Estate) -> None:
    ada = estate.ada
    person = ada.person
    estate.world.set_pin(ada, PIN)
    estate.world.run(
        lambda tx: add_bill(
            tx,
            estate.tenant,
            debtor=person,
            total_minor=500_000,
            acknowledgment=Acknowledgment.ACKNOWLEDGED,
        )
    )
    ada.says("/bills")
    for label in ("BILL-2026-000001", "Pay from wallet", "Full", "Pay 5,000.00"):
        ada.presses(label)
    assert "It pays 5,000.00 NGN for BILL-2026-000001 from your wallet." in ada.sees
    ada.enters("9999")
    assert "It pays 5,000.00 NGN for BILL-2026-000001" in ada.sees
    ada.enters(PIN)
    assert ada.sees.startswith("👛 5,000.00 NGN moved from your wallet to Palm Court Estate")

"""No button leads nowhere, nothing that waits for words is dropped without a word."""

from typing import Final

import pytest

from bot.application import CAPABILITIES
from core.domain.people import Scope
from handlers.chat import Chat, Did, Incoming
from handlers.commands import commands_for
from handlers.screens import home
from handlers.words import Words
from tests.factories import add_bill
from tests.handlers.chatting import Talker, plain
from tests.handlers.flows.conftest import Estate

MOST: Final = 300
WORDS = Words()


def walk(talker: Talker) -> set[str]:
    """Press every navigation button that can be reached from home; return their data."""
    talker.says("/menu")
    waiting = [(talker.messages[-1], b.data) for row in talker.last.rows for b in row]
    seen: set[str] = set()
    while waiting and len(seen) < MOST:
        message, data = waiting.pop()
        if not data or data.startswith(("i:", "k:")) or data in seen:
            continue
        seen.add(data)
        before = len(talker.messages)
        talker.presses_data(data, message)
        shown = talker.messages[-1] if len(talker.messages) > before else message
        refused = ("out of date", "There is no", "nobody of that name", "does not allow")
        assert not any(words in plain(shown.screen) for words in refused), data
        waiting += [(shown, b.data) for row in shown.screen.rows for b in row]
    return seen


def lived(estate: Estate) -> None:
    """Leave an open bill, a paid one and a contested one behind."""
    ada = estate.ada
    person = ada.person
    bills = [
        estate.world.run(lambda tx: add_bill(tx, estate.tenant, debtor=person)) for _ in range(3)
    ]
    ada.says(bills[1].number)
    for label in ("Acknowledge & pay", "Pay from wallet", "Full", "Pay "):
        ada.presses(label)
    ada.says(bills[2].number)
    for label in ("Dispute", "The amount is wrong"):
        ada.presses(label)
    ada.says("It was half of that")
    ada.presses("Confirm dispute")


@pytest.mark.parametrize("who", ["ada", "bello", "chidi", "kemi", "audu"])
def test_every_button_leads_somewhere(treasury: Estate, who: str) -> None:
    lived(treasury)
    talker: Talker = getattr(treasury, who)
    seen = walk(talker)
    assert {"home:card", "home:more", "wallet:card", "wallet:topup", "bills:list"} <= {
        each.rstrip(":") for each in seen
    }
    assert len(seen) < MOST


@pytest.mark.parametrize("who", ["chidi", "kemi", "audu"])
def test_who_decides_no_disputes_is_told_who_does(treasury: Estate, who: str) -> None:
    lived(treasury)
    talker: Talker = getattr(treasury, who)
    for command in ("/report", "/desk"):
        talker.says(command)
        assert "1 open dispute; it is decided by: Mrs Bello." in talker.sees
        assert "No open disputes" not in talker.sees


def test_a_treasurer_opens_the_bill_of_a_receipt(treasury: Estate) -> None:
    estate = treasury
    lived(estate)
    shown = [button.label for each in estate.ada.messages for (button, *_) in each.screen.rows]
    number = next(label.split()[-1] for label in shown if label.startswith("Show RCPT-"))
    estate.chidi.says(f"/find {number}")
    estate.chidi.presses("Open bill")
    assert "BILL-2026-000002" in estate.chidi.sees
    assert "Amend" not in " ".join(estate.chidi.labels)


def test_a_treasurer_comes_home_to_the_books(treasury: Estate) -> None:
    lived(treasury)
    chidi = treasury.chidi
    chidi.says("/menu")
    paid = next(line for line in chidi.sees.splitlines() if "in today" in line)
    assert paid.startswith("Estate wallet ")
    assert "in today 0.00" not in paid
    assert "Nothing waits for you." in chidi.sees
    assert chidi.labels[:3] == ["Report", "Desk", "Who owes"]
    chidi.presses("Who owes")
    assert "Bills of Palm Court Estate" in chidi.sees


def test_the_end_of_a_reference_is_found_as_screens_show_it(treasury: Estate) -> None:
    lived(treasury)
    chidi = treasury.chidi
    chidi.says("/report")
    chidi.presses("Open RCPT-")
    number = chidi.sees.split("Receipt ")[1].split()[0]
    tail = chidi.sees.split("TXN-…")[1][:6]
    for typed in (f"TXN-…{tail}", f"txn-...{tail}", f"/find TXN-{tail}"):
        chidi.says(typed)
        assert number in chidi.sees
        treasury.ada.says(typed)
        assert number in treasury.ada.sees
    chidi.says("TXN-…000000")
    assert "There is no" in chidi.sees


def test_every_announced_command_exists() -> None:
    known = {command for routes in CAPABILITIES for command in routes.commands}
    announced = {command for command, _ in commands_for(frozenset(Scope), WORDS)}
    assert announced == known


@pytest.mark.parametrize("command", ["terms", "support", "paysupport", "help", "start", "cancel"])
def test_what_telegram_expects_is_answered(estate: Estate, command: str) -> None:
    for talker in (estate.ada, estate.eve):
        talker.says(f"/{command}")
        assert "I do not know" not in talker.sees
        assert talker.last.rows


@pytest.mark.parametrize("command", ["balance", "deposit", "acknowledge", "history"])
def test_old_words_open_the_right_screen(estate: Estate, command: str) -> None:
    estate.ada.says(f"/{command}")
    assert "I do not know" not in estate.ada.sees


def test_every_step_says_what_is_dropped() -> None:
    plainly = home.dropped(WORDS, "nothing.known")
    steps = {step for routes in CAPABILITIES for step in routes.steps}
    assert {step for step in steps if home.dropped(WORDS, step) == plainly} == set()


def test_support_names_the_administrators(estate: Estate) -> None:
    estate.ada.says("/support")
    assert "Ask an administrator of Palm Court Estate: Mrs Bello." in estate.ada.sees
    estate.eve.says("/support")
    assert "Bello" not in estate.eve.sees


def test_a_group_learns_nothing(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/menu")
    for command in ("wallet", "bills", "start", "help"):
        incoming = Incoming(
            did=Did.COMMAND,
            sender=ada.sender,
            chat=Chat(id=-500, is_private=False),
            command=command,
            message_id=estate.world.next_id(),
        )
        estate.world.happens(ada, incoming)
        assert "NGN" not in ada.sees
        assert "t.me/hazina_test_bot" in ada.last.rows[0][0].url


@pytest.mark.parametrize("words", ["bills", " Bills "])
def test_a_command_works_without_its_slash(estate: Estate, words: str) -> None:
    estate.ada.says(words)
    assert estate.ada.sees.startswith("Your bills")


def test_a_number_alone_is_found(estate: Estate) -> None:
    ada = estate.ada.person
    bill = estate.world.run(lambda tx: add_bill(tx, estate.tenant, debtor=ada))
    estate.ada.says(bill.number.lower())
    assert bill.number in estate.ada.sees
    estate.ada.says("BILL-2026-999999")
    assert "There is no such bill here." in estate.ada.sees
    estate.ada.says("/find nonsense")
    assert "There is no bill and no receipt of that number here." in estate.ada.sees


def test_other_words_are_not_understood(estate: Estate) -> None:
    estate.ada.says("hello there")
    assert estate.ada.sees.startswith("I did not understand that.")
    assert "Wallet" in estate.ada.labels


def test_an_unknown_command_points_to_help(estate: Estate) -> None:
    estate.ada.says("/teleport")
    assert "I do not know /teleport. /help lists what I can do." in estate.ada.sees


def test_a_dialogue_ends_after_a_quarter_of_an_hour(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/deposit")
    ada.presses("Other amount")
    estate.world.clock.move(minutes=15)
    ada.says("5000")
    assert "more than 15 minutes" in ada.sees
    assert "no money moved" in ada.sees


def test_a_second_tap_leaves_the_screen_with_its_buttons(estate: Estate) -> None:
    ada, person = estate.ada, estate.ada.person
    bill = estate.world.run(lambda tx: add_bill(tx, estate.tenant, debtor=person))
    ada.says(bill.number)
    message, button = ada.finds("Acknowledge & pay")
    ada.presses("Acknowledge & pay")
    assert "Pay from wallet" in ada.labels
    ada.presses_data(button.data, message)
    assert "That was done already" in ada.toasts[-1]
    assert "Pay from wallet" in ada.labels

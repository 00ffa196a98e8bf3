"""The desk gives unmatched money to whom it belongs: who, how much, why, PIN."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain.money import Currency
from core.domain.people import PersonId, Role
from core.domain.unmatched import Unmatched
from core.use_cases.people import actor_of
from core.use_cases.unmatched import give_unmatched
from storage.transaction import SqlTransaction
from tests.factories import add_member, add_person, keep_money, naira
from tests.handlers.chatting import Talker, plain
from tests.handlers.estate import Estate


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def kemi(estate: Estate) -> Talker:
    """Kemi keeps the books; 500.00 NGN wait."""
    estate.run(lambda tx: keep_money(tx, estate.tenant, 50_000))
    return estate.treasurer()


def up_to_the_confirmation(kemi: Talker) -> None:
    kemi.says("/desk")
    kemi.presses("Unmatched money")
    kemi.presses("Match 500.00")
    kemi.says("Nobody at all")
    assert "Nobody matches “Nobody at all”." in kemi.sees
    kemi.says("ada")
    kemi.presses("A-14 · Ada")
    assert "How much of it belongs to Ada?" in kemi.sees
    kemi.says("200")
    kemi.says("Bank slip of 1 March")


def test_whoever_gives_money_that_pays_no_bill_here_is_warned(estate: Estate, kemi: Talker) -> None:
    warned = "⚠️ Bills here are in NGN: in a wallet, EUR can pay none of them"
    estate.run(lambda tx: keep_money(tx, estate.tenant, 2_500, currency=Currency("EUR")))
    kemi.says("/desk")
    kemi.presses("Unmatched money")
    kemi.presses("Match 25.00")
    assert warned in kemi.sees
    kemi.says("ada")
    kemi.presses("A-14 · Ada")
    kemi.presses("All of it")
    kemi.says("Her slip")
    assert warned in kemi.sees
    kemi.presses("Give 25.00")
    kemi.enters("4829")
    estate.ada.says("/wallet")
    assert "Kept for you beside it: 25.00 EUR. Bills here are in NGN." in estate.ada.sees


def test_a_part_is_given_after_the_pin_and_the_member_is_told(estate: Estate, kemi: Talker) -> None:
    before = estate.balance(estate.ada)
    up_to_the_confirmation(kemi)
    assert kemi.sees == (
        "Give 200.00 NGN of unmatched money to Ada\n"
        "Unmatched: 500.00 NGN → 300.00 NGN\n"
        "Reason: Bank slip of 1 March\n"
        "It goes to the wallet of Ada. Nothing has moved yet."
    )
    kemi.presses("Give 200.00")
    assert estate.balance(estate.ada) == before
    kemi.enters("4829")
    assert "✅ 200.00 NGN moved to the wallet of Ada, who was told." in kemi.sees
    assert estate.balance(estate.ada) == before + naira(20_000)
    assert "200.00 NGN that came in without a clear owner was found to be yours." in estate.ada.sees
    kemi.says("/desk")
    assert "Unmatched money: 300.00 NGN" in kemi.sees
    known = (
        "−200.00 NGN · given to Ada · Mon 2 Mar 2026, 10:00\n"
        "+500.00 NGN · Mon 2 Mar 2026, 10:00 · source not known"
    )
    assert known in kemi.sees
    kemi.presses("Unmatched money")
    assert "+500.00 NGN · Mon 2 Mar 2026, 10:00 · source not known · 300.00 NGN left" in kemi.sees
    kemi.presses("Match 300.00")
    assert "Unmatched money: 300.00 NGN" in kemi.sees


def test_all_of_it_and_the_button_is_gone(estate: Estate, kemi: Talker) -> None:
    kemi.says("/desk")
    kemi.presses("Unmatched money")
    kemi.presses("Match 500.00")
    kemi.says("a-14")
    kemi.presses("A-14 · Tunde")
    kemi.presses("All of it: 500.00")
    kemi.says("He showed the slip")
    kemi.presses("Give 500.00")
    kemi.enters("4829")
    assert estate.balance(estate.tunde) == naira(50_000)
    kemi.says("/desk")
    assert "Unmatched money: none." in kemi.sees
    assert "Unmatched money" not in kemi.labels


def test_more_than_waits_is_refused(estate: Estate, kemi: Talker) -> None:
    kemi.says("/desk")
    kemi.presses("Unmatched money")
    kemi.presses("Match 500.00")
    kemi.says("ada")
    kemi.presses("A-14 · Ada")
    kemi.says("501")
    assert estate.balance(estate.ada) == naira(0)
    assert "500.00 NGN" in kemi.sees
    kemi.says("500")
    assert "How do you know that it is theirs?" in kemi.sees


def test_not_even_the_name_of_who_is_no_member_is_said(estate: Estate, kemi: Talker) -> None:
    strangers: list[int] = []
    estate.run(lambda tx: strangers.append(add_person(tx, name="Olumide").id))
    kemi.says("/desk")
    kemi.presses("Unmatched money")
    kemi.presses("Match 500.00")
    kemi.presses_data(f"unmatched:to:{strangers[0]}", kemi.messages[-1])
    assert "How much of it" not in kemi.sees
    assert not any("Olumide" in plain(each.screen) for each in kemi.messages)


def test_an_administrator_sees_it_and_cannot_give_it(estate: Estate, kemi: Talker) -> None:
    bello = estate.bello
    bello.says("/desk")
    assert "Unmatched money: 500.00 NGN" in bello.sees
    bello.presses("Unmatched money")
    assert bello.labels == ["Back"]
    kept = estate.run(lambda tx: tx.unmatched.waiting_in(estate.tenant.id, after=None, limit=1))[0]
    bello.presses_data(f"unmatched:of:{kept.id}", bello.messages[-1])
    assert "Your role does not allow that" in bello.sees


def test_two_who_give_the_same_money_are_told_who_was_faster(estate: Estate, kemi: Talker) -> None:
    up_to_the_confirmation(kemi)
    kept = estate.run(lambda tx: tx.unmatched.waiting_in(estate.tenant.id, after=None, limit=1))[0]
    tunde = estate.tunde.person.id
    estate.run(lambda tx: give_it_all(tx, estate, kept, to=tunde))
    kemi.presses("Give 200.00")
    kemi.enters("4829")
    assert "This money waits no more: it was matched or is on its way back." in kemi.sees
    assert estate.balance(estate.ada) == naira(0)
    assert estate.balance(estate.tunde) == naira(50_000)


def give_it_all(tx: SqlTransaction, estate: Estate, kept: Unmatched, *, to: PersonId) -> None:
    other = add_person(tx, name="Ola", telegram_id=1100)
    add_member(tx, estate.tenant, other, roles=(Role.FINANCE,))
    give_unmatched(
        tx,
        actor=actor_of(tx, person_id=other.id, tenant_id=estate.tenant.id),
        unmatched_id=kept.id,
        person_id=to,
        amount=kept.free,
        reason="He showed the slip",
        key="k",
        has_pin_check=True,
    )


def test_who_has_no_pin_sets_one_and_comes_back_to_the_confirmation(
    estate: Estate, kemi: Talker
) -> None:
    person = kemi.person
    estate.run(lambda tx: tx.people.replace_person(person, replace(person, pin_hash="")))
    up_to_the_confirmation(kemi)
    kemi.presses("Give 200.00")
    assert "🔒 This needs a PIN, and you have none yet. No money moved." in kemi.sees
    assert kemi.labels[:2] == ["Set a PIN", "Try again"]
    kemi.presses("Set a PIN")
    assert "Choose a PIN" in kemi.sees
    for _ in range(2):
        kemi.enters("4829")
    kemi.presses("Go on")
    card, _ = kemi.finds("Give 200.00")
    assert "Give 200.00 NGN of unmatched money to Ada" in plain(card.screen)
    assert estate.balance(estate.ada) == naira(0)
    kemi.presses("Give 200.00")
    kemi.enters("4829")
    assert estate.balance(estate.ada) == naira(20_000)

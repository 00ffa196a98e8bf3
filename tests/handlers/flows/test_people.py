"""Inviting: a role, perhaps a unit, perhaps a phone; the link is shown once and works once."""

from dataclasses import replace

import pytest

from core.domain.people import Role
from storage.transaction import SqlTransaction
from tests.factories import PHONE, add_member, add_person, add_unit
from tests.handlers.chatting import Talker
from tests.handlers.flows.conftest import Estate


def opened(talker: Talker, shown: Talker) -> None:
    """Let somebody open the link that was just shown."""
    link = next(b.copy for row in shown.last.rows for b in row if b.copy)
    talker.says(f"/start {link.partition('start=')[2]}")


def test_a_resident_is_invited_to_a_unit_by_phone(estate: Estate) -> None:
    bello, eve = estate.bello, estate.eve
    bello.says("/people")
    bello.presses("Invite somebody")
    bello.presses("Resident")
    bello.says("b-7")
    bello.says("0803 000 0001")
    assert "Only for the phone ••0001." in bello.sees
    assert PHONE not in bello.sees
    opened(eve, bello)
    eve.shares(PHONE)
    assert "Palm Court Estate · b-7" in eve.sees


def test_an_auditor_is_invited_without_unit_and_phone(estate: Estate) -> None:
    bello, eve = estate.bello, estate.eve
    bello.says("/people")
    bello.presses("Invite")
    bello.presses("Auditor")
    bello.presses("No unit")
    bello.presses("Make the link without a phone")
    assert "Anybody who has the link" in bello.sees
    opened(eve, bello)
    assert "Your role: Auditor." in eve.messages[-2].screen.html


def test_who_approves_money_needs_a_phone(estate: Estate) -> None:
    bello = estate.bello
    bello.says("/people")
    bello.presses("Invite")
    bello.presses("Finance approver")
    bello.presses("No unit")
    assert "needs a verified phone" in bello.sees
    assert "Make the link without a phone" not in bello.labels


def test_wrong_input_is_asked_again(estate: Estate) -> None:
    bello = estate.bello
    bello.says("/people")
    bello.presses("Invite")
    bello.presses("Resident")
    bello.says("x" * 21)
    assert "code of a unit" in bello.sees
    bello.says("A-14")
    bello.says("call me")
    assert "phone number" in bello.sees
    assert "For example: +234" in bello.sees
    bello.presses("Cancel")
    assert "Dropped: the invitation" in bello.sees


def test_only_who_manages_members_may(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/people")
    assert "Your role does not allow that" in ada.sees
    for data in ("people:list", "people:invite", "people:role:admin", "people:nounit"):
        ada.presses_data(data, ada.messages[-1])
        assert "Your role does not allow that" in ada.sees


def test_the_list_turns_and_returns_to_the_same_page(estate: Estate) -> None:
    def many(tx: SqlTransaction) -> None:
        for n in range(10):
            person = add_person(tx, name=f"Person {n}")
            unit = add_unit(tx, estate.tenant, code=f"C-{n}")
            add_member(tx, estate.tenant, person, unit_id=unit.id)

    estate.world.run(many)
    bello = estate.bello
    bello.says("/people")
    assert bello.sees.splitlines()[:4] == [
        "People of Palm Court Estate",
        "Members: 12 · page 1/3",
        "• Ada · A-14 · Resident",
        "• Mrs Bello · Administrator",
    ]
    bello.presses("Next")
    second = bello.sees
    assert "page 2/3" in second
    bello.presses("Next")
    assert "page 3/3" in bello.sees
    bello.presses("« Previous")
    assert bello.sees == second
    bello.presses("« Previous")
    assert "page 1/3" in bello.sees


def test_a_forged_role_opens_nothing(estate: Estate) -> None:
    bello = estate.bello
    bello.says("/people")
    for role in (Role.GATE_OFFICER.value, "king", ""):
        bello.presses_data(f"people:role:{role}", bello.messages[-1])
        assert "out of date" in bello.sees


def strong(bello: Talker, role: str = "Administrator") -> None:
    """Ask for an invitation to a strong role, bound to a phone."""
    bello.says("/people")
    bello.presses("Invite")
    bello.presses(role)
    bello.presses("No unit")
    bello.says(PHONE)


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("Provider keys", "This role can change the providers, and so where money goes."),
        ("Finance approver", "This role can approve money that goes out."),
    ],
)
def test_who_invites_to_a_strong_role_reads_what_it_can_do_and_no_more(
    estate: Estate, role: str, said: str
) -> None:
    estate.world.set_pin(estate.bello, "4829")
    strong(estate.bello, role)
    assert [line for line in estate.bello.sees.splitlines() if "This role" in line] == [said]


@pytest.mark.parametrize(("country", "example"), [("NG", "+234"), ("KE", "+254"), ("US", "+1")])
def test_the_example_of_a_phone_is_of_the_organisations_country(
    estate: Estate, country: str, example: str
) -> None:
    abroad = replace(estate.tenant, country=country)
    estate.world.run(lambda tx: tx.tenants.replace(estate.tenant, abroad))
    bello = estate.bello
    bello.says("/people")
    for label in ("Invite", "Resident", "No unit"):
        bello.presses(label)
    assert f"for example {example}" in bello.sees
    bello.says("call me")
    assert f"For example: {example}" in bello.sees


def test_an_administrator_is_invited_with_the_pin(estate: Estate) -> None:
    bello, eve = estate.bello, estate.eve
    estate.world.set_pin(bello, "4829")
    strong(bello)
    assert bello.sees == (
        "Invite: Administrator\n"
        "The link works only for the phone ••0001.\n"
        "This role can invite people and suspend them.\n"
        "So your PIN is asked next. Nobody is invited yet."
    )
    bello.presses("Make the invitation")
    assert "Nobody is invited yet." in bello.sees
    bello.enters("1357")
    assert "Wrong PIN" in bello.sees
    bello.enters("4829")
    assert "Role: Administrator" in bello.sees
    assert "Only for the phone ••0001." in bello.sees
    opened(eve, bello)
    eve.shares(PHONE)
    assert "Your role: Administrator." in eve.messages[-2].screen.html


def test_without_a_pin_nobody_hands_out_strong_roles(estate: Estate) -> None:
    bello = estate.bello
    strong(bello)
    bello.presses("Make the invitation")
    assert "needs a PIN, and you have none yet" in bello.sees
    assert "start=" not in bello.sees
    bello.presses("Set a PIN")
    for _ in range(2):
        bello.enters("4829")
    bello.presses("Go on")
    assert "It makes an invitation to a role with strong rights." in bello.sees
    bello.enters("4829")
    assert "Role: Administrator" in bello.sees


def test_a_link_for_anyone_to_a_strong_role_asks_for_the_pin_too(estate: Estate) -> None:
    bello = estate.bello
    estate.world.set_pin(bello, "4829")
    bello.says("/people")
    bello.presses("Invite")
    bello.presses("Administrator")
    bello.presses("No unit")
    bello.presses("Make the link without a phone")
    assert "The link works for whoever has it" in bello.sees
    bello.presses("Make the invitation")
    bello.enters("4829")
    assert "Anybody who has the link can use it" in bello.sees


def test_who_approves_money_is_invited_with_the_pin_and_a_phone(estate: Estate) -> None:
    bello = estate.bello
    estate.world.set_pin(bello, "4829")
    strong(bello, "Finance approver")
    bello.presses("Make the invitation")
    bello.enters("4829")
    assert "Role: Finance approver" in bello.sees
    assert "Only for the phone ••0001." in bello.sees

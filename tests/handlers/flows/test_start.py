"""Joining by invitation: once, by the right phone, and nobody learns whose it was (J-01)."""

import pytest

from core.domain.people import Role, Scope
from core.use_cases.people import GUESSES_AN_HOUR, invite
from tests.factories import PHONE, add_bill, add_unit
from tests.handlers.chatting import Talker
from tests.handlers.flows.conftest import Estate


def link(estate: Estate, *, role: Role = Role.RESIDENT, phone: str = "", unit: str = "B-2") -> str:
    """Return an invitation's payload."""
    _, key = estate.world.run(
        lambda tx: invite(tx, tenant_id=estate.tenant.id, role=role, unit_code=unit, phone=phone)
    )
    return f"i_{key}"


def memberships(talker: Talker) -> int:
    """Count where somebody belongs."""
    person = talker.person
    return len(talker.world.run(lambda tx: tx.people.memberships_of(person.id)))


def test_a_link_lets_in_at_once_and_shows_the_open_bills(estate: Estate) -> None:
    unit = estate.world.run(lambda tx: add_unit(tx, estate.tenant, code="B-2"))
    estate.world.run(lambda tx: add_bill(tx, estate.tenant, unit_id=unit.id))
    eve = estate.eve
    eve.says(f"/start {link(estate)}")
    welcome, home = eve.messages[-2].screen, eve.last
    assert "You have joined <b>Palm Court Estate</b>, unit B-2" in welcome.html
    assert welcome.drop_keyboard
    assert "To review 1" in home.html
    assert eve.labels[0] == "Bills 1"


def test_a_bound_link_asks_for_the_contact_and_lets_its_phone_in(estate: Estate) -> None:
    eve = estate.eve
    eve.says(f"/start {link(estate, phone=PHONE)}")
    assert eve.last.ask_contact == "Share my phone number"
    assert "Palm Court" not in eve.sees
    eve.shares(PHONE.removeprefix("+"))
    assert "Palm Court Estate · B-2" in eve.sees
    assert eve.person.phone == PHONE
    assert eve.person.phone_verified_at is not None


def test_a_known_phone_is_not_asked_again(estate: Estate) -> None:
    eve = estate.eve
    eve.says(f"/start {link(estate, phone=PHONE)}")
    eve.shares(PHONE)
    eve.says(f"/start {link(estate, phone=PHONE, role=Role.FINANCE_APPROVER)}")
    assert "Finance approver" in eve.messages[-2].screen.html


def test_another_phone_is_refused_without_a_name(estate: Estate) -> None:
    eve = estate.eve
    eve.says(f"/start {link(estate, phone=PHONE)}")
    eve.shares("+2348030000099")
    assert "for another phone number" in eve.sees
    assert "Palm" not in eve.sees
    assert "B-2" not in eve.sees
    assert memberships(eve) == 0


def test_somebody_elses_contact_is_asked_again(estate: Estate) -> None:
    eve = estate.eve
    payload = link(estate, phone=PHONE)
    eve.says(f"/start {payload}")
    eve.shares(PHONE, is_own=False)
    assert "not your own contact" in eve.sees
    assert eve.last.ask_contact
    eve.says(PHONE)
    assert "not your own contact" in eve.sees
    assert memberships(eve) == 0
    eve.shares(PHONE)
    assert memberships(eve) == 1


def test_a_second_tap_says_that_one_is_in(estate: Estate) -> None:
    payload = link(estate)
    estate.eve.says(f"/start {payload}")
    estate.eve.says(f"/start {payload}")
    assert "already joined" in estate.eve.sees
    assert memberships(estate.eve) == 1


def test_somebody_else_finds_the_link_used(estate: Estate) -> None:
    payload = link(estate)
    estate.eve.says(f"/start {payload}")
    mallory = estate.world.person("Mallory", 1066)
    mallory.says(f"/start {payload}")
    assert "already used" in mallory.sees
    assert "Eve" not in mallory.sees
    assert memberships(mallory) == 0


def test_an_expired_link_sends_to_the_administrator(estate: Estate) -> None:
    payload = link(estate)
    estate.world.clock.move(days=8)
    estate.eve.says(f"/start {payload}")
    assert "expired" in estate.eve.sees
    assert "administrator" in estate.eve.sees


def test_a_member_of_the_same_unit_and_role_is_told(estate: Estate) -> None:
    estate.ada.says(f"/start {link(estate, unit='A-14')}")
    assert "already joined" in estate.ada.sees


@pytest.mark.parametrize("form", ["i_{}", "zz{}"])
def test_guessing_is_slowed(estate: Estate, form: str) -> None:
    eve = estate.eve
    for n in range(GUESSES_AN_HOUR):
        eve.says(f"/start {form.format(f'guess{n}')}")
        assert "opens nothing" in eve.sees
    payload = link(estate)
    eve.says(f"/start {payload}")
    assert "Too many tries" in eve.sees
    assert memberships(eve) == 0
    estate.world.clock.move(hours=1)
    eve.says(f"/start {payload}")
    assert memberships(eve) == 1


def test_start_greets_who_is_known(estate: Estate) -> None:
    estate.ada.says("/start")
    assert estate.ada.sees.startswith("Hello, Ada.\nPalm Court Estate · A-14")


def test_a_deep_link_to_a_command_opens_it(estate: Estate) -> None:
    estate.ada.says("/start wallet")
    assert "Your wallet" in estate.ada.sees


def test_an_invitation_makes_an_administrator(estate: Estate) -> None:
    estate.eve.says(f"/start {link(estate, role=Role.ADMIN, unit='')}")
    person = estate.eve.person
    staff = estate.world.run(
        lambda tx: tx.people.members_with(estate.tenant.id, Scope.BILLS_MANAGE)
    )
    assert person.id in {each.person_id for each in staff}

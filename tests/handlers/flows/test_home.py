"""Home shows where a person stands, by role."""

from core.domain.people import Role
from storage.transaction import SqlTransaction
from tests.factories import add_bill, add_member, add_person, add_tenant
from tests.handlers.flows.conftest import Estate


def test_a_resident_sees_wallet_and_bills(estate: Estate) -> None:
    estate.world.run(lambda tx: add_bill(tx, estate.tenant, unit_id=estate.unit.id))
    estate.ada.says("/menu")
    assert estate.ada.sees.splitlines() == [
        "Palm Court Estate · A-14",
        "Wallet 20,000.00 NGN",
        "To review 1",
        "Next: Service charge, Mon 16 Mar",
    ]
    assert estate.ada.labels == ["Bills 1", "Wallet", "More"]


def test_more_offers_what_the_role_may_do(estate: Estate) -> None:
    estate.ada.says("/menu")
    estate.ada.presses("More")
    assert estate.ada.labels == ["Settings", "Help", "Back"]
    estate.bello.says("/menu")
    estate.bello.presses("More")
    assert estate.bello.labels == ["Report", "New bill", "People", "Settings", "Help", "Back"]


def test_staff_have_a_desk(estate: Estate) -> None:
    estate.bello.says("/menu")
    assert "Desk" in estate.bello.labels


def test_a_newcomer_is_told_how_to_get_in(estate: Estate) -> None:
    estate.eve.says("hello")
    assert "invitation link" in estate.eve.sees
    assert estate.eve.labels == ["Help"]
    estate.eve.presses("Help")
    assert "/menu" in estate.eve.sees


def test_a_newcomer_has_no_wallet_and_no_settings(estate: Estate) -> None:
    for command in ("/wallet", "/settings", "/people", "/deposit"):
        estate.eve.says(command)
        assert "belong to" in estate.eve.sees


def test_organisations_are_switched(estate: Estate) -> None:
    ada = estate.ada.person

    def second(tx: SqlTransaction) -> None:
        add_member(tx, add_tenant(tx, name="Lekki Gardens"), ada)

    estate.world.run(second)
    estate.ada.says("/menu")
    estate.ada.presses("Switch organisation")
    assert estate.ada.labels == ["Palm Court Estate (shown now)", "Lekki Gardens", "Back"]
    estate.ada.presses("Lekki Gardens")
    assert estate.ada.sees.startswith("Lekki Gardens\nWallet 0.00 NGN")
    estate.ada.says("/wallet")
    assert "Lekki Gardens" in estate.ada.sees


def test_nobody_switches_to_an_organisation_that_is_not_his(estate: Estate) -> None:
    other = estate.world.run(lambda tx: add_tenant(tx, name="Lekki Gardens"))
    estate.ada.says("/menu")
    for said, data in (
        ("do not belong", f"home:choose:{other.id}"),
        ("do not belong", "home:choose:x"),
        ("out of date", f"home:choose:{'9' * 40}"),
    ):
        estate.ada.presses_data(data, estate.ada.messages[-1])
        assert said in estate.ada.sees
        assert "Lekki" not in estate.ada.sees


def test_a_command_says_what_it_drops(estate: Estate) -> None:
    estate.ada.says("/deposit")
    estate.ada.presses("Other amount")
    estate.ada.says("/menu")
    assert estate.ada.sees.startswith("Dropped: the top-up. No money moved.")


def test_cancel_leaves_a_dialogue_and_says_so(estate: Estate) -> None:
    estate.ada.says("/cancel")
    assert "Nothing is open" in estate.ada.sees
    estate.ada.says("/deposit")
    estate.ada.presses("Other amount")
    estate.ada.says("/cancel")
    assert "Dropped: the top-up" in estate.ada.sees
    estate.ada.says("5000")
    assert "Palm Court Estate" in estate.ada.sees


def test_a_strange_person_of_another_tenant_sees_nothing_here(estate: Estate) -> None:
    def other(tx: SqlTransaction) -> None:
        lekki = add_tenant(tx, name="Lekki Gardens")
        person = add_person(tx, name="Obi", telegram_id=1009)
        add_member(tx, lekki, person, roles=(Role.ADMIN,))

    estate.world.run(other)
    obi = estate.world.person("Obi", 1009)
    obi.says("/people")
    assert "Obi" in obi.sees
    assert "Ada" not in obi.sees

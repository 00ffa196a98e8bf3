"""Joining by invitation (J-01), roles and scopes, and what a phone is needed for."""

from dataclasses import replace

import pytest

from core.domain.acts import EventName
from core.domain.errors import (
    AlreadyMember,
    InvalidAmount,
    InvalidInput,
    LinkUsed,
    NotAllowed,
    NotJoined,
    PhoneNeeded,
    PinNeeded,
    TenantClosed,
    TooManyRequests,
    UnknownLink,
    WrongPhone,
)
from core.domain.money import Currency
from core.domain.people import Actor, InvitationStatus, MembershipStatus, Person, Role, Scope
from core.domain.roles import CHECKER_SCOPES
from core.domain.tenants import TenantKind
from core.use_cases.people import (
    GUESSES_AN_HOUR,
    actor_of,
    choose_tenant,
    count_guess,
    create_tenant,
    find_or_add_unit,
    invite,
    join,
    meet,
    peek_invitation,
    tenants_of,
    verify_phone,
)
from tests.core.estate import Estate
from tests.factories import NGN, PHONE, add_member

OTHER_PHONE = "+2348030000002"


@pytest.fixture
def guest(estate: Estate) -> Person:
    """Somebody who just opened the chat."""
    person, _ = estate.do(meet, channel="telegram", external_id=77, name="Ife")
    return person


def key_for(
    estate: Estate,
    *,
    role: Role = Role.RESIDENT,
    unit_code: str = "A1",
    phone: str = "",
    actor: Actor | None = None,
) -> str:
    _, key = estate.do(
        invite,
        tenant_id=estate.tenant.id,
        role=role,
        unit_code=unit_code,
        phone=phone,
        actor=actor,
    )
    return key


def test_an_invitation_lets_one_person_into_one_unit(estate: Estate, guest: Person) -> None:
    key = key_for(estate, actor=estate.admin)
    membership = estate.do(join, person_id=guest.id, key=key)
    assert membership.unit_id == estate.unit.id
    assert membership.roles == {Role.RESIDENT}
    actor = estate.do(actor_of, person_id=guest.id, tenant_id=estate.tenant.id)
    assert actor.unit_ids == {estate.unit.id}
    assert not actor.scopes
    person = estate.look(lambda tx: tx.people.person(guest.id))
    assert person.current_tenant_id == estate.tenant.id
    assert estate.balance(actor) == 0
    assert estate.count(EventName.MEMBER_JOINED) == 1
    assert estate.do(peek_invitation, key=key).status is InvitationStatus.USED


def test_an_invitation_is_used_once(estate: Estate, guest: Person) -> None:
    key = key_for(estate)
    estate.do(join, person_id=guest.id, key=key)
    with pytest.raises(LinkUsed) as again:
        estate.do(join, person_id=guest.id, key=key)
    assert again.value.data == {"state": "used", "is_own": True}
    with pytest.raises(LinkUsed) as by_another:
        estate.do(join, person_id=estate.cyd.person_id, key=key)
    assert by_another.value.data == {"state": "used", "is_own": False}


@pytest.mark.parametrize(("days", "seconds", "is_open"), [(6, 86_399, True), (7, 0, False)])
def test_an_invitation_lasts_a_week(
    estate: Estate, guest: Person, days: int, seconds: int, *, is_open: bool
) -> None:
    key = key_for(estate)
    estate.clock.move(days=days, seconds=seconds)
    if is_open:
        assert estate.do(join, person_id=guest.id, key=key).person_id == guest.id
        return
    with pytest.raises(LinkUsed) as refused:
        estate.do(join, person_id=guest.id, key=key)
    assert refused.value.data["state"] == "expired"


def test_a_revoked_invitation_opens_nothing(estate: Estate, guest: Person) -> None:
    key = key_for(estate)
    before = estate.do(peek_invitation, key=key)
    after = before.end(InvitationStatus.REVOKED)
    estate.books.run(lambda tx: tx.people.replace_invitation(before, after))
    with pytest.raises(LinkUsed) as refused:
        estate.do(join, person_id=guest.id, key=key)
    assert refused.value.data["state"] == "revoked"


def test_a_bound_invitation_is_for_who_has_the_phone(estate: Estate, guest: Person) -> None:
    key = key_for(estate, phone=PHONE)
    with pytest.raises(PhoneNeeded):
        estate.do(join, person_id=guest.id, key=key)
    estate.do(verify_phone, person_id=guest.id, phone=OTHER_PHONE)
    with pytest.raises(WrongPhone):
        estate.do(join, person_id=guest.id, key=key)
    assert estate.do(peek_invitation, key=key).status is InvitationStatus.OPEN
    estate.do(verify_phone, person_id=guest.id, phone=PHONE)
    assert estate.do(join, person_id=guest.id, key=key).person_id == guest.id


def test_a_phone_that_nobody_vouched_for_opens_nothing(estate: Estate, guest: Person) -> None:
    before = estate.look(lambda tx: tx.people.person(guest.id))
    claimed = replace(before, phone=PHONE)
    estate.books.run(lambda tx: tx.people.replace_person(before, claimed))
    with pytest.raises(PhoneNeeded):
        estate.do(join, person_id=guest.id, key=key_for(estate, phone=PHONE))


def guess(estate: Estate, person: Person) -> None:
    """Try an unknown link; the outer level runs its recorder."""
    with pytest.raises(UnknownLink) as refused:
        estate.do(join, person_id=person.id, key="x" * 22)
    assert refused.value.recorder == "guess"
    estate.do(count_guess, person_id=person.id)


def test_guessing_is_slowed(estate: Estate, guest: Person) -> None:
    key = key_for(estate)
    for _ in range(GUESSES_AN_HOUR):
        guess(estate, guest)
    with pytest.raises(TooManyRequests):
        estate.do(join, person_id=guest.id, key=key)
    assert estate.do(join, person_id=estate.cyd.person_id, key=key).unit_id == estate.unit.id
    estate.clock.move(hours=1)
    guess(estate, guest)


def test_who_is_in_already_is_told_so_and_uses_nothing(estate: Estate) -> None:
    key = key_for(estate)
    with pytest.raises(AlreadyMember):
        estate.do(join, person_id=estate.ada.person_id, key=key)
    assert estate.do(peek_invitation, key=key).status is InvitationStatus.OPEN


def test_a_member_gains_a_second_unit(estate: Estate) -> None:
    estate.do(join, person_id=estate.ada.person_id, key=key_for(estate, unit_code="C3"))
    actor = estate.do(actor_of, person_id=estate.ada.person_id, tenant_id=estate.tenant.id)
    assert len(actor.unit_ids) == 2


def test_a_member_gains_a_role_in_the_same_unit(estate: Estate) -> None:
    key = key_for(estate, role=Role.AUDITOR)
    estate.do(join, person_id=estate.ada.person_id, key=key)
    actor = estate.do(actor_of, person_id=estate.ada.person_id, tenant_id=estate.tenant.id)
    assert actor.has(Scope.AUDIT_VIEW)
    assert actor.unit_ids == {estate.unit.id}


@pytest.mark.parametrize("unit_code", ["A1", "C3", ""])
def test_a_suspended_member_enters_by_no_door(
    estate: Estate, guest: Person, unit_code: str
) -> None:
    before = estate.books.run(
        lambda tx: add_member(tx, estate.tenant, guest, unit_id=estate.unit.id)
    )
    after = replace(before, status=MembershipStatus.SUSPENDED)
    estate.books.run(lambda tx: tx.people.replace_membership(before, after))
    with pytest.raises(LinkUsed) as refused:
        estate.do(join, person_id=guest.id, key=key_for(estate, unit_code=unit_code))
    assert refused.value.data["state"] == "suspended"
    with pytest.raises(NotJoined):
        estate.do(actor_of, person_id=guest.id, tenant_id=estate.tenant.id)


def test_who_left_may_come_back(estate: Estate, guest: Person) -> None:
    before = estate.books.run(
        lambda tx: add_member(tx, estate.tenant, guest, unit_id=estate.unit.id)
    )
    after = replace(before, status=MembershipStatus.LEFT)
    estate.books.run(lambda tx: tx.people.replace_membership(before, after))
    joined = estate.do(join, person_id=guest.id, key=key_for(estate))
    assert (joined.id, joined.status) == (before.id, MembershipStatus.ACTIVE)


def test_who_comes_back_holds_only_what_he_is_invited_to(estate: Estate, guest: Person) -> None:
    before = estate.books.run(
        lambda tx: add_member(tx, estate.tenant, guest, roles=(Role.ADMIN,), unit_id=estate.unit.id)
    )
    after = replace(before, status=MembershipStatus.LEFT)
    estate.books.run(lambda tx: tx.people.replace_membership(before, after))
    joined = estate.do(join, person_id=guest.id, key=key_for(estate))
    assert joined.roles == {Role.RESIDENT}


def test_only_who_may_manage_members_invites(estate: Estate) -> None:
    for actor in (estate.ada, estate.eve):
        with pytest.raises(NotAllowed):
            key_for(estate, actor=actor)


def test_a_suspended_tenant_invites_nobody(estate: Estate) -> None:
    before = estate.tenant
    estate.books.run(lambda tx: tx.tenants.replace(before, before.suspend()))
    with pytest.raises(TenantClosed):
        key_for(estate, actor=estate.admin)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.FINANCE_APPROVER])
def test_strong_roles_are_handed_out_with_the_pin_only(estate: Estate, role: Role) -> None:
    with pytest.raises(PinNeeded):
        estate.do(invite, tenant_id=estate.tenant.id, role=role, phone=PHONE, actor=estate.admin)
    invitation, _ = estate.do(
        invite,
        tenant_id=estate.tenant.id,
        role=role,
        phone=PHONE,
        actor=estate.admin,
        has_pin_check=True,
    )
    assert invitation.role is role


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.SUPPORT, Role.AUDITOR, Role.FINANCE])
def test_other_roles_need_no_pin(estate: Estate, role: Role) -> None:
    invitation, _ = estate.do(invite, tenant_id=estate.tenant.id, role=role, actor=estate.admin)
    assert invitation.role is role


def test_a_checker_is_invited_by_phone_only(estate: Estate, guest: Person) -> None:
    with pytest.raises(InvalidInput) as refused:
        key_for(estate, role=Role.FINANCE_APPROVER)
    assert refused.value.data["what"] == "checker_phone"
    key = key_for(estate, role=Role.FINANCE_APPROVER, phone=PHONE)
    with pytest.raises(PhoneNeeded):
        estate.do(join, person_id=guest.id, key=key)
    estate.do(verify_phone, person_id=guest.id, phone=PHONE)
    estate.do(join, person_id=guest.id, key=key)
    actor = estate.do(actor_of, person_id=guest.id, tenant_id=estate.tenant.id)
    assert actor.scopes >= CHECKER_SCOPES


def test_checker_scopes_sleep_until_the_phone_is_verified(estate: Estate) -> None:
    unverified = estate.member("Kemi", role=Role.FINANCE_APPROVER)
    assert not unverified.scopes & CHECKER_SCOPES
    assert unverified.has(Scope.FINANCE_VIEW)
    estate.do(verify_phone, person_id=unverified.person_id, phone=PHONE)
    actor = estate.do(actor_of, person_id=unverified.person_id, tenant_id=estate.tenant.id)
    assert actor.scopes >= CHECKER_SCOPES


def test_a_role_reaches_no_further_than_its_tenant(estate: Estate) -> None:
    with pytest.raises(NotJoined):
        estate.do(actor_of, person_id=estate.eve.person_id, tenant_id=estate.tenant.id)
    with pytest.raises(NotJoined):
        estate.do(choose_tenant, person_id=estate.eve.person_id, tenant_id=estate.tenant.id)
    assert estate.do(tenants_of, person_id=estate.eve.person_id) == (estate.other,)


def test_meeting_again_is_the_same_person(estate: Estate, guest: Person) -> None:
    person, identity = estate.do(
        meet, channel="telegram", external_id=77, name="Other", username="ife"
    )
    assert person == guest
    assert identity.person_id == guest.id
    other, _ = estate.do(meet, channel="email", external_id=77, name="")
    assert (other.id == guest.id, other.name) == (False, "?")


def test_a_unit_is_one_however_it_is_typed(estate: Estate) -> None:
    for code in ("a1", " A1 ", "A1"):
        found = estate.do(find_or_add_unit, tenant_id=estate.tenant.id, code=code)
        assert found == estate.unit
    other = estate.do(find_or_add_unit, tenant_id=estate.other.id, code="A1")
    assert other.id != estate.unit.id
    for code in ("", " ", "x" * 21):
        with pytest.raises(InvalidInput):
            estate.do(find_or_add_unit, tenant_id=estate.tenant.id, code=code)


@pytest.mark.parametrize(
    ("name", "country", "currency", "refusal"),
    [
        ("", "NG", NGN, InvalidInput),
        ("x" * 61, "NG", NGN, InvalidInput),
        ("Palm  Court", "NG", NGN, InvalidInput),
        ("New", "NGA", NGN, InvalidInput),
        ("New", "NG", Currency("ABC"), InvalidAmount),
    ],
)
def test_odd_tenants_are_refused(
    estate: Estate, name: str, country: str, currency: Currency, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        estate.do(
            create_tenant,
            name=name,
            kind=TenantKind.ESTATE,
            currency=currency,
            country=country,
            timezone="Africa/Lagos",
        )


def test_a_new_tenant_has_a_wallet(estate: Estate) -> None:
    tenant = estate.do(
        create_tenant,
        name="  New   Court ",
        kind=TenantKind.ESTATE,
        currency=NGN,
        country="ng",
        timezone="Africa/Lagos",
    )
    assert (tenant.name, tenant.country) == ("New Court", "NG")
    found = estate.look(lambda tx: tx.wallets.find(tenant_id=tenant.id, owner_id=0, currency=NGN))
    assert found is not None

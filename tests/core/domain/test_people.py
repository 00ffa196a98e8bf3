"""People: PIN tries, invitations, roles, and actors that reach no further than their tenant."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.errors import IllegalTransition, LinkUsed, NotAllowed
from core.domain.people import (
    CHECKER_SCOPES,
    PIN_FAILURES,
    PIN_LOCK,
    ROLE_SCOPES,
    Actor,
    Invitation,
    InvitationId,
    InvitationStatus,
    Membership,
    MembershipId,
    MembershipStatus,
    Person,
    PersonId,
    Role,
    Scope,
    UnitId,
)
from core.domain.tenants import TenantId
from tests.factories import NOW, PHONE

HERE = TenantId(2)
ELSEWHERE = TenantId(3)
STEADY = settings(max_examples=200, deadline=None, derandomize=True)

ADA = Person(id=PersonId(1), name="Ada", pin_hash="argon")
VERIFIED = replace(ADA, phone=PHONE, phone_verified_at=NOW)
INVITATION = Invitation(
    id=InvitationId(1),
    tenant_id=HERE,
    key_hash="0" * 64,
    role=Role.RESIDENT,
    unit_id=UnitId(4),
    phone="",
    expires_at=NOW + timedelta(days=7),
)
MEMBER = Membership(id=MembershipId(1), tenant_id=HERE, person_id=ADA.id)


@STEADY
@given(st.lists(st.integers(0, 45), max_size=40))
def test_no_half_hour_ever_sees_more_than_five_tries(pauses: list[int]) -> None:
    person, now, tries = ADA, NOW, []
    for minutes in pauses:
        now += timedelta(minutes=minutes)
        if person.is_locked(at=now):
            continue
        person = person.count_try(at=now)
        tries.append(now)
        assert person.is_locked(at=now) == (person.pin_failures >= PIN_FAILURES)
    for first, after in zip(tries, tries[PIN_FAILURES:], strict=False):
        assert after - first >= PIN_LOCK


def test_the_lock_ends_to_the_moment() -> None:
    locked = replace(ADA, pin_failures=4).count_try(at=NOW)
    assert locked.pin_locked_until == NOW + PIN_LOCK
    assert locked.is_locked(at=NOW + PIN_LOCK - timedelta(microseconds=1))
    assert not locked.is_locked(at=NOW + PIN_LOCK)
    assert locked.count_try(at=NOW + PIN_LOCK).pin_failures == 1


def test_a_right_pin_forgives() -> None:
    forgiven = replace(ADA, pin_failures=3).forgive_tries()
    assert (forgiven.pin_failures, forgiven.pin_locked_until) == (0, None)


@pytest.mark.parametrize("status", [s for s in InvitationStatus if s is not InvitationStatus.OPEN])
def test_a_spent_invitation_opens_nothing(status: InvitationStatus) -> None:
    spent = replace(INVITATION, status=status, used_by=ADA.id)
    with pytest.raises(LinkUsed) as refused:
        spent.use(by=ADA.id, at=NOW)
    assert refused.value.data == {"state": status.value, "is_own": True}
    for end in (InvitationStatus.REVOKED, InvitationStatus.EXPIRED):
        with pytest.raises(IllegalTransition):
            spent.end(end)


def test_an_invitation_ends_to_the_moment() -> None:
    last = INVITATION.expires_at - timedelta(microseconds=1)
    assert INVITATION.use(by=ADA.id, at=last).used_by == ADA.id
    with pytest.raises(LinkUsed):
        INVITATION.use(by=ADA.id, at=INVITATION.expires_at)


@pytest.mark.parametrize("role", Role)
def test_a_checker_role_needs_a_verified_phone(role: Role) -> None:
    is_checker = bool(ROLE_SCOPES[role] & CHECKER_SCOPES)
    assert MEMBER.grant(role, person=VERIFIED).roles == {role}
    if is_checker:
        with pytest.raises(NotAllowed):
            MEMBER.grant(role, person=ADA)
    else:
        assert MEMBER.grant(role, person=ADA).scopes == ROLE_SCOPES[role]


@pytest.mark.parametrize("status", MembershipStatus)
def test_only_an_active_member_holds_scopes(status: MembershipStatus) -> None:
    member = replace(MEMBER, roles=frozenset({Role.ADMIN}), status=status)
    assert bool(member.scopes) == (status is MembershipStatus.ACTIVE)


@pytest.mark.parametrize("scope", Scope)
def test_a_scope_counts_in_its_own_tenant_only(scope: Scope) -> None:
    actor = Actor(person_id=ADA.id, tenant_id=HERE, scopes=frozenset({scope}))
    actor.check(scope, HERE)
    with pytest.raises(NotAllowed):
        actor.check(scope, ELSEWHERE)
    for other in set(Scope) - {scope}:
        with pytest.raises(NotAllowed):
            actor.check(other, HERE)


def test_every_role_says_what_it_may() -> None:
    assert set(ROLE_SCOPES) == set(Role)


def test_who_asks_for_money_out_is_no_checker_by_role() -> None:
    makers = {Scope.WITHDRAW_INITIATE, Scope.ADJUST_INITIATE, Scope.REFUND_REQUEST}
    for scopes in ROLE_SCOPES.values():
        assert not (scopes & makers and scopes & CHECKER_SCOPES)


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.CUSTOMER])
def test_ordinary_people_hold_no_scope(role: Role) -> None:
    assert ROLE_SCOPES[role] == frozenset()

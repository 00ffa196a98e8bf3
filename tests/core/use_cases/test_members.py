"""Members are suspended and let in again by who may; invitations are taken back."""

import pytest

from core.domain.acts import EventName
from core.domain.errors import (
    IllegalTransition,
    LinkUsed,
    NotAllowed,
    NotFound,
    NotJoined,
    PinNeeded,
)
from core.domain.people import (
    Actor,
    InvitationId,
    MembershipId,
    MembershipStatus,
    Role,
)
from core.use_cases.members import (
    open_invitations,
    restore_member,
    revoke_invitation,
    seen_member,
    suspend_member,
)
from core.use_cases.people import actor_of, find_or_add_unit, invite, join, meet
from storage.transaction import SqlTransaction
from tests.core.estate import Estate
from tests.factories import add_member


def membership(estate: Estate, actor: Actor) -> MembershipId:
    return estate.look(lambda tx: tx.people.memberships_of(actor.person_id)[0].id)


def suspend(estate: Estate, whom: Actor, *, by: Actor | None = None) -> None:
    estate.do(suspend_member, actor=by or estate.admin, membership_id=membership(estate, whom))


def restore(estate: Estate, whom: Actor, *, has_pin_check: bool = False) -> None:
    estate.do(
        restore_member,
        actor=estate.admin,
        membership_id=membership(estate, whom),
        has_pin_check=has_pin_check,
    )


def test_a_suspended_member_is_out_in_every_unit_until_let_in_again(estate: Estate) -> None:
    def second_unit(tx: SqlTransaction) -> None:
        unit = find_or_add_unit(tx, tenant_id=estate.tenant.id, code="Z9")
        person = tx.people.person(estate.ada.person_id)
        add_member(tx, estate.tenant, person, unit_id=unit.id)

    estate.books.run(second_unit)
    suspend(estate, estate.ada)
    mine = estate.look(lambda tx: tx.people.memberships_of(estate.ada.person_id))
    assert {each.status for each in mine} == {MembershipStatus.SUSPENDED}
    with pytest.raises(NotJoined):
        estate.do(actor_of, person_id=estate.ada.person_id, tenant_id=estate.tenant.id)
    assert EventName.ROLE_CHANGED in estate.told
    restore(estate, estate.ada)
    back = estate.do(actor_of, person_id=estate.ada.person_id, tenant_id=estate.tenant.id)
    assert len(back.unit_ids) == 2


def test_twice_is_refused(estate: Estate) -> None:
    with pytest.raises(IllegalTransition):
        restore(estate, estate.ada)
    suspend(estate, estate.ada)
    with pytest.raises(IllegalTransition):
        suspend(estate, estate.ada)


def test_nobody_suspends_himself(estate: Estate) -> None:
    with pytest.raises(NotAllowed):
        suspend(estate, estate.admin)


def test_only_who_manages_members_of_this_tenant(estate: Estate) -> None:
    with pytest.raises(NotAllowed):
        suspend(estate, estate.ben, by=estate.ada)
    with pytest.raises(NotFound):
        suspend(estate, estate.ben, by=estate.eve)
    with pytest.raises(NotFound):
        estate.do(seen_member, actor=estate.eve, membership_id=membership(estate, estate.ada))


def test_a_strong_role_comes_back_with_the_pin_only(estate: Estate) -> None:
    second = estate.member("Second", role=Role.ADMIN)
    suspend(estate, second)
    with pytest.raises(PinNeeded):
        restore(estate, second)
    restore(estate, second, has_pin_check=True)


def test_an_invitation_taken_back_opens_nothing(estate: Estate) -> None:
    found, key = estate.do(
        invite, tenant_id=estate.tenant.id, role=Role.RESIDENT, actor=estate.admin
    )
    listed = estate.do(open_invitations, actor=estate.admin, limit=6)
    assert [each.id for each in listed] == [found.id]
    estate.do(revoke_invitation, actor=estate.admin, invitation_id=found.id)
    assert estate.do(open_invitations, actor=estate.admin, limit=6) == ()
    guest, _ = estate.do(meet, channel="telegram", external_id=77, name="Ife")
    with pytest.raises(LinkUsed):
        estate.do(join, person_id=guest.id, key=key)
    with pytest.raises(IllegalTransition):
        estate.do(revoke_invitation, actor=estate.admin, invitation_id=found.id)


def test_an_invitation_that_has_expired_is_not_listed(estate: Estate) -> None:
    estate.do(invite, tenant_id=estate.tenant.id, role=Role.RESIDENT, actor=estate.admin)
    estate.clock.move(days=8)
    assert estate.do(open_invitations, actor=estate.admin, limit=6) == ()


def test_invitations_are_their_tenants(estate: Estate) -> None:
    found, _ = estate.do(invite, tenant_id=estate.tenant.id, role=Role.RESIDENT, actor=estate.admin)
    assert estate.do(open_invitations, actor=estate.eve, limit=6) == ()
    with pytest.raises(NotFound):
        estate.do(revoke_invitation, actor=estate.eve, invitation_id=found.id)
    with pytest.raises(NotFound):
        estate.do(revoke_invitation, actor=estate.admin, invitation_id=InvitationId(7))
    with pytest.raises(NotAllowed):
        estate.do(open_invitations, actor=estate.ada, limit=6)

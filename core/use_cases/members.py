"""Members as staff keep them: suspended, let in again, invitations taken back."""

from core.domain.acts import Event, EventName
from core.domain.errors import IllegalTransition, NotAllowed, NotFound, PinNeeded
from core.domain.ledger import Subject
from core.domain.people import (
    Actor,
    Invitation,
    InvitationId,
    InvitationStatus,
    Membership,
    MembershipId,
    MembershipStatus,
    Scope,
)
from core.ports import Transaction
from core.use_cases.people import needs_pin


def seen_member(tx: Transaction, *, actor: Actor, membership_id: MembershipId) -> Membership:
    """Return a membership that the actor may look after.

    Raises:
        NotAllowed: the actor lacks `members:manage`.
        NotFound: it is not in his tenant.
    """
    actor.check(Scope.MEMBERS_MANAGE, actor.tenant_id)
    membership = tx.people.membership(membership_id)
    if membership.tenant_id != actor.tenant_id:
        raise NotFound(kind="person")
    return membership


def suspend_member(tx: Transaction, *, actor: Actor, membership_id: MembershipId) -> Membership:
    """Shut a person out of the tenant, in every unit; bills and wallet stay as they are.

    Raises:
        NotAllowed: the actor lacks `members:manage`, or means himself.
        NotFound: it is not in his tenant.
        IllegalTransition: the person is not active.
    """
    member = _other(tx, actor=actor, membership_id=membership_id)
    return _turn(tx, member, MembershipStatus.ACTIVE, MembershipStatus.SUSPENDED)


def restore_member(
    tx: Transaction, *, actor: Actor, membership_id: MembershipId, has_pin_check: bool
) -> Membership:
    """Let a suspended person in again, with the roles held before.

    `has_pin_check` says that the actor's PIN was checked for this.

    Raises:
        NotAllowed, NotFound: as `suspend_member`.
        PinNeeded: a role approves money or manages members, and no PIN was checked.
        IllegalTransition: the person is not suspended.
    """
    member = _other(tx, actor=actor, membership_id=membership_id)
    roles = [role for each in _of(tx, member) for role in each.roles]
    if any(needs_pin(role) for role in roles) and not has_pin_check:
        raise PinNeeded
    return _turn(tx, member, MembershipStatus.SUSPENDED, MembershipStatus.ACTIVE)


def open_invitations(tx: Transaction, *, actor: Actor, limit: int) -> tuple[Invitation, ...]:
    """Return the invitations that still open the door, newest first.

    Raises:
        NotAllowed: the actor lacks `members:manage`.
    """
    actor.check(Scope.MEMBERS_MANAGE, actor.tenant_id)
    return tx.people.open_invitations(actor.tenant_id, limit=limit)


def seen_invitation(tx: Transaction, *, actor: Actor, invitation_id: InvitationId) -> Invitation:
    """Return an invitation of the actor's tenant.

    Raises:
        NotAllowed: the actor lacks `members:manage`.
        NotFound: it is not in his tenant.
    """
    actor.check(Scope.MEMBERS_MANAGE, actor.tenant_id)
    invitation = tx.people.invitation(invitation_id)
    if invitation.tenant_id != actor.tenant_id:
        raise NotFound(kind="invitation")
    return invitation


def revoke_invitation(tx: Transaction, *, actor: Actor, invitation_id: InvitationId) -> Invitation:
    """Take an invitation back: its link opens nothing any more.

    Raises:
        NotAllowed, NotFound: not the actor's to take back.
        IllegalTransition: it was used, revoked or has expired.
    """
    invitation = seen_invitation(tx, actor=actor, invitation_id=invitation_id)
    tx.people.replace_invitation(invitation, invitation.end(InvitationStatus.REVOKED))
    return tx.people.invitation(invitation_id)


def _other(tx: Transaction, *, actor: Actor, membership_id: MembershipId) -> Membership:
    member = seen_member(tx, actor=actor, membership_id=membership_id)
    if member.person_id == actor.person_id:
        raise NotAllowed(scope=Scope.MEMBERS_MANAGE.value)
    return member


def _of(tx: Transaction, member: Membership) -> list[Membership]:
    mine = tx.people.memberships_of(member.person_id)
    return [each for each in mine if each.tenant_id == member.tenant_id]


def _turn(
    tx: Transaction, member: Membership, before: MembershipStatus, after: MembershipStatus
) -> Membership:
    standing = [each for each in _of(tx, member) if each.status is before]
    if not standing:
        raise IllegalTransition(
            machine="membership", from_status=member.status.value, to_status=after.value
        )
    for each in standing:
        tx.people.replace_membership(each, each.turn(after))
    tx.events.append(
        Event(
            name=EventName.ROLE_CHANGED,
            tenant_id=member.tenant_id,
            subject=Subject(kind="membership", id=member.id),
            person_id=member.person_id,
        )
    )
    return tx.people.membership(member.id)

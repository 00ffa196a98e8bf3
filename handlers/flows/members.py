"""Looking after members: the person card, suspending, letting in again, taking invitations back."""

from dataclasses import replace
from typing import Final

from core.domain.people import NO_UNIT, Invitation, InvitationId, MembershipId
from core.ports import Transaction
from core.use_cases.members import (
    open_invitations,
    restore_member,
    revoke_invitation,
    seen_invitation,
    seen_member,
    suspend_member,
)
from handlers import parsing
from handlers.chat import Reply
from handlers.screens import members
from handlers.screens.people import masked
from handlers.visit import IntentRoute, Routes, Visit, number, offer
from handlers.words import Html

MOST_INVITATIONS: Final = 6


def card(tx: Transaction, visit: Visit) -> Reply:
    """Show a member.

    Raises:
        NotAllowed: the actor lacks `members:manage`.
        NotFound: there is none here.
    """
    view = _view(tx, visit, MembershipId(parsing.ident(visit.argument)))
    return Reply(screen=members.card(visit.words, view), ends_dialogue=True)


def suspend(tx: Transaction, visit: Visit) -> Reply:
    """Ask to confirm that a member is shut out."""
    view = _view(tx, visit, MembershipId(parsing.ident(visit.argument)))
    act = offer(tx, visit, "members.suspend", membership=view.membership_id)
    return Reply(screen=members.confirm_suspend(visit.words, view, visit.here[0], act=act))


def restore(tx: Transaction, visit: Visit) -> Reply:
    """Ask to confirm that a member is let in again."""
    view = _view(tx, visit, MembershipId(parsing.ident(visit.argument)))
    act = offer(tx, visit, "members.restore", membership=view.membership_id)
    return Reply(screen=members.confirm_restore(visit.words, view, visit.here[0], act=act))


def suspended(tx: Transaction, visit: Visit) -> Reply:
    """Shut a member out."""
    member = suspend_member(tx, actor=visit.here[1], membership_id=_membership(visit))
    return _changed(tx, visit, member.id, is_suspended=True)


def restored(tx: Transaction, visit: Visit) -> Reply:
    """Let a member in again; the PIN was checked where there is one."""
    member = restore_member(
        tx,
        actor=visit.here[1],
        membership_id=_membership(visit),
        has_pin_check=visit.person.has_pin,
    )
    return _changed(tx, visit, member.id, is_suspended=False)


def invitations(tx: Transaction, visit: Visit) -> Reply:
    """List the newest open invitations."""
    found = open_invitations(tx, actor=visit.here[1], limit=MOST_INVITATIONS)
    views = [_invitation(tx, each) for each in found]
    return Reply(screen=members.invitations(visit.words, views), ends_dialogue=True)


def invitation(tx: Transaction, visit: Visit) -> Reply:
    """Ask to confirm that an invitation is taken back."""
    invitation_id = InvitationId(parsing.ident(visit.argument))
    found = seen_invitation(tx, actor=visit.here[1], invitation_id=invitation_id)
    act = offer(tx, visit, "members.revoke", invitation=found.id)
    view = _invitation(tx, found)
    return Reply(screen=members.confirm_revoke(visit.words, view, act=act))


def revoked(tx: Transaction, visit: Visit) -> Reply:
    """Take an invitation back and show what is left."""
    arguments = visit.intent.arguments if visit.intent else {}
    invitation_id = InvitationId(number(arguments, "invitation"))
    revoke_invitation(tx, actor=visit.here[1], invitation_id=invitation_id)
    return replace(invitations(tx, visit), toast=visit.words.label("The link opens nothing now."))


def _membership(visit: Visit) -> MembershipId:
    arguments = visit.intent.arguments if visit.intent else {}
    return MembershipId(number(arguments, "membership"))


def _changed(
    tx: Transaction, visit: Visit, membership_id: MembershipId, *, is_suspended: bool
) -> Reply:
    view = _view(tx, visit, membership_id)
    say = members.suspended if is_suspended else members.restored
    screen = members.card(visit.words, view)
    html = Html(f"{say(visit.words, view.name)}\n\n{screen.html}")
    return Reply(screen=replace(screen, html=html), ends_dialogue=True)


def _view(tx: Transaction, visit: Visit, membership_id: MembershipId) -> members.MemberCard:
    member = seen_member(tx, actor=visit.here[1], membership_id=membership_id)
    person = tx.people.person(member.person_id)
    return members.MemberCard(
        membership_id=member.id,
        name=person.name,
        unit="" if member.unit_id == NO_UNIT else tx.people.unit(member.unit_id).code,
        roles=member.roles,
        status=member.status,
        has_verified_phone=person.phone_verified_at is not None,
        is_own=person.id == visit.person.id,
    )


def _invitation(tx: Transaction, found: Invitation) -> members.OpenInvitation:
    return members.OpenInvitation(
        invitation_id=found.id,
        role=found.role,
        unit="" if found.unit_id == NO_UNIT else tx.people.unit(found.unit_id).code,
        phone=masked(found.phone),
        expires_at=found.expires_at,
    )


ROUTES: Final = Routes(
    name="members",
    presses={
        "card": card,
        "suspend": suspend,
        "restore": restore,
        "invitations": invitations,
        "invitation": invitation,
    },
    intents={
        "members.suspend": IntentRoute(flow=suspended, needs_pin=True),
        "members.restore": IntentRoute(flow=restored, needs_pin=True),
        "members.revoke": IntentRoute(flow=revoked),
    },
)

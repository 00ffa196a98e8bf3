"""People: the list of members, and inviting somebody, for who may manage members."""

from dataclasses import replace
from typing import Final

from core.domain.errors import StaleCard
from core.domain.people import (
    CHECKER_SCOPES,
    NO_UNIT,
    ROLE_SCOPES,
    Invitation,
    Membership,
    Role,
    Scope,
)
from core.domain.roles import STAFF_ROLES
from core.domain.tenants import Tenant, TenantKind
from core.ports import Transaction
from core.use_cases.people import invite, needs_pin
from handlers import parsing
from handlers.chat import Reply, Show, Step
from handlers.screens import people
from handlers.visit import IntentRoute, Routes, Visit, offer

PAGE: Final = 5
MAX_MEMBERS: Final = 500


def show(tx: Transaction, visit: Visit) -> Reply:
    """List the members as a new message.

    Raises:
        NotAllowed: the actor lacks `members:manage`.
    """
    return replace(turn(tx, replace(visit, argument="")), show=Show.SEND)


def turn(tx: Transaction, visit: Visit) -> Reply:
    """Show the page of members after a cursor.

    Raises:
        NotAllowed: the actor lacks `members:manage`.
    """
    tenant = _checked(visit)
    cursor = parsing.ident(visit.argument)
    everybody = tx.people.members(tenant.id, after=None, limit=MAX_MEMBERS)
    start = sum(1 for each in everybody if each.id <= cursor)
    shown = everybody[start : start + PAGE]
    pages = max(1, -(-len(everybody) // PAGE))
    before = None if start == 0 else _before(everybody, start - PAGE)
    page = people.Page(
        lines=[_line(tx, each) for each in shown],
        number=min(pages, start // PAGE + 1),
        pages=pages,
        total=len(everybody),
        before=before,
        after=shown[-1].id if start + PAGE < len(everybody) else None,
    )
    return Reply(screen=people.members(visit.words, tenant, page), ends_dialogue=True)


def begin(tx: Transaction, visit: Visit) -> Reply:
    """Ask for the role of somebody new.

    Raises:
        NotAllowed: the actor lacks `members:manage`.
    """
    tenant = _checked(visit)
    return Reply(screen=people.choose_role(visit.words, _roles(tenant)), ends_dialogue=True)


def take_role(tx: Transaction, visit: Visit) -> Reply:
    """Keep the role, ask for the unit.

    Raises:
        NotAllowed: the actor lacks `members:manage`.
        StaleCard: no role that is offered here.
    """
    tenant = _checked(visit)
    role = next((role for role in _roles(tenant) if role.value == visit.argument), None)
    if role is None:
        raise StaleCard
    step = Step(name="people.unit", data={"role": role.value})
    return Reply(screen=people.ask_unit(visit.words, role), step=step)


def take_unit(tx: Transaction, visit: Visit) -> Reply:
    """Keep a typed unit, ask for the phone.

    Raises:
        InvalidInput: no code of a unit.
    """
    return replace(_ask_phone(tx, visit, parsing.unit(visit.incoming.text)), show=Show.SEND)


def take_no_unit(tx: Transaction, visit: Visit) -> Reply:
    """Go on without a unit."""
    return _ask_phone(tx, visit, "")


def take_phone(tx: Transaction, visit: Visit) -> Reply:
    """Make an invitation for one phone, after the PIN where the role asks for it.

    Raises:
        InvalidInput: no phone number.
        NotAllowed: the actor lacks `members:manage`.
    """
    tenant, _ = visit.here
    phone = parsing.phone(visit.incoming.text, tenant.country)
    role, unit = Role(str(visit.data["role"])), str(visit.data["unit"])
    if needs_pin(role):
        return replace(_confirm(tx, visit, role=role, unit=unit, phone=phone), show=Show.SEND)
    return replace(_invite(tx, visit, role=role, unit=unit, phone=phone), show=Show.SEND)


def invite_anyone(tx: Transaction, visit: Visit) -> Reply:
    """Make an invitation for whoever has the link.

    Raises:
        NotAllowed: the actor lacks `members:manage`.
    """
    role, unit, _ = _kept(visit)
    return _invite(tx, visit, role=role, unit=unit, phone="")


def confirm_anyone(tx: Transaction, visit: Visit) -> Reply:
    """Ask to confirm an invitation to a strong role for whoever has the link.

    Raises:
        NotAllowed: the actor lacks `members:manage`.
        StaleCard: the dialogue is over.
    """
    _checked(visit)
    if "role" not in visit.data or "unit" not in visit.data:
        raise StaleCard
    role, unit = Role(str(visit.data["role"])), str(visit.data["unit"])
    return _confirm(tx, visit, role=role, unit=unit, phone="")


def grant(tx: Transaction, visit: Visit) -> Reply:
    """Make an invitation to a strong role; the PIN was checked for it.

    Raises:
        NotAllowed: the actor lacks `members:manage`.
        PinNeeded: the actor has no PIN.
    """
    role, unit, phone = _kept(visit)
    return _invite(tx, visit, role=role, unit=unit, phone=phone, has_pin_check=visit.person.has_pin)


def _kept(visit: Visit) -> tuple[Role, str, str]:
    arguments = {} if visit.intent is None else visit.intent.arguments
    return Role(str(arguments["role"])), str(arguments["unit"]), str(arguments.get("phone", ""))


def _confirm(tx: Transaction, visit: Visit, *, role: Role, unit: str, phone: str) -> Reply:
    data = offer(tx, visit, "people.grant", role=role.value, unit=unit, phone=phone)
    screen = people.confirm_grant(visit.words, role, unit, phone=people.masked(phone), confirm=data)
    return Reply(screen=screen, ends_dialogue=True)


def _checked(visit: Visit) -> Tenant:
    tenant, actor = visit.here
    actor.check(Scope.MEMBERS_MANAGE, tenant.id)
    return tenant


def _before(everybody: tuple[Membership, ...], start: int) -> int:
    """Return the cursor of the page that begins at this place."""
    return everybody[start - 1].id if start > 0 else 0


def _line(tx: Transaction, each: Membership) -> people.Line:
    return people.Line(
        membership_id=each.id,
        name=tx.people.person(each.person_id).name,
        unit="" if each.unit_id == NO_UNIT else tx.people.unit(each.unit_id).code,
        roles=each.roles,
        status=each.status,
    )


def _roles(tenant: Tenant) -> tuple[Role, ...]:
    first = Role.CUSTOMER if tenant.kind is TenantKind.SHOP else Role.RESIDENT
    return (first, *STAFF_ROLES)


def _ask_phone(tx: Transaction, visit: Visit, unit: str) -> Reply:
    _checked(visit)
    if "role" not in visit.data:
        return begin(tx, visit)
    role = Role(str(visit.data["role"]))
    is_bound = bool(ROLE_SCOPES[role] & CHECKER_SCOPES)
    anyone = "" if is_bound else "people:anyone"
    if not needs_pin(role):
        anyone = offer(tx, visit, "people.invite", role=role.value, unit=unit)
    example = parsing.example_phone(visit.here[0].country)
    return Reply(
        screen=people.ask_phone(visit.words, role, unit, anyone=anyone, example=example),
        step=Step(name="people.phone", data={"role": role.value, "unit": unit}),
    )


def _invite(
    tx: Transaction,
    visit: Visit,
    *,
    role: Role,
    unit: str,
    phone: str,
    has_pin_check: bool = False,
) -> Reply:
    tenant, actor = visit.here
    invitation, key = invite(
        tx,
        tenant_id=tenant.id,
        role=role,
        unit_code=unit,
        phone=phone,
        actor=actor,
        has_pin_check=has_pin_check,
    )
    view = _view(visit, tenant, invitation, unit=unit, key=key)
    return Reply(screen=people.invited(visit.words, view), ends_dialogue=True)


def _view(
    visit: Visit, tenant: Tenant, invitation: Invitation, *, unit: str, key: str
) -> people.Invited:
    return people.Invited(
        tenant=tenant,
        role=invitation.role,
        unit=unit,
        phone=people.masked(invitation.phone),
        link=visit.link(f"i_{key}"),
        expires_at=invitation.expires_at,
    )


ROUTES: Final = Routes(
    name="people",
    commands={"people": show},
    aliases={"invite": begin},
    presses={
        "list": turn,
        "invite": begin,
        "role": take_role,
        "nounit": take_no_unit,
        "anyone": confirm_anyone,
    },
    intents={
        "people.invite": IntentRoute(flow=invite_anyone),
        "people.grant": IntentRoute(flow=grant, needs_pin=True),
    },
    steps={"people.unit": take_unit, "people.phone": take_phone},
)

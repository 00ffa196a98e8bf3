"""People: meeting them in a channel, inviting them, letting them in, roles, preferences."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Final

from core.domain.acts import Event, EventName
from core.domain.dialogues import INTENT_KEY_LENGTH
from core.domain.errors import (
    AlreadyMember,
    InvalidInput,
    LinkUsed,
    NotJoined,
    PhoneNeeded,
    PinNeeded,
    TooManyRequests,
    UnknownLink,
    WrongPhone,
)
from core.domain.ledger import Subject
from core.domain.money import Currency, exponent
from core.domain.people import (
    CHECKER_SCOPES,
    GUARDED_SCOPES,
    NO_UNIT,
    ROLE_SCOPES,
    Actor,
    Identity,
    IdentityId,
    Invitation,
    InvitationId,
    Membership,
    MembershipId,
    MembershipStatus,
    Person,
    PersonId,
    Role,
    Scope,
    Unit,
    UnitId,
)
from core.domain.tenants import Tenant, TenantId, TenantKind
from core.domain.wallets import TENANT_OWNED
from core.ports import Transaction
from core.use_cases.wallets import open_wallet

MAX_NAME: Final = 60
GUESSES_AN_HOUR: Final = 5
"""Unknown links one person may try before waiting for the next hour."""


def meet(
    tx: Transaction,
    *,
    channel: str,
    external_id: int,
    name: str,
    username: str = "",
    language_code: str = "",
) -> tuple[Person, Identity]:
    """Return the person behind a channel's id, making both at the first meeting."""
    known = tx.people.identity_of(channel, external_id)
    if known is not None:
        seen = replace(known, username=username, language_code=language_code, is_reachable=True)
        if seen != known:
            tx.people.replace_identity(known, seen)
        return tx.people.person(known.person_id), known
    person = Person(id=PersonId(tx.new_id()), name=(name.strip() or "?")[:MAX_NAME])
    identity = Identity(
        id=IdentityId(tx.new_id()),
        person_id=person.id,
        channel=channel,
        external_id=external_id,
        username=username,
        language_code=language_code,
    )
    tx.people.add_person(person)
    tx.people.add_identity(identity)
    return person, identity


def lose(tx: Transaction, *, channel: str, external_id: int) -> None:
    """Remember that a person cannot be reached there: he blocked the bot or left."""
    known = tx.people.identity_of(channel, external_id)
    if known is not None and known.is_reachable:
        tx.people.replace_identity(known, replace(known, is_reachable=False))


def actor_of(
    tx: Transaction, *, person_id: PersonId, tenant_id: TenantId, person: Person | None = None
) -> Actor:
    """Return what a person may do in a tenant at this moment.

    `person` is the same as he stands, if the caller has just read him.

    Raises:
        NotJoined: no active membership there.
    """
    mine = [
        membership
        for membership in tx.people.memberships_of(person_id)
        if membership.tenant_id == tenant_id and membership.status is MembershipStatus.ACTIVE
    ]
    if not mine:
        raise NotJoined
    scopes = frozenset[Scope]().union(*(membership.scopes for membership in mine))
    known = person or tx.people.person(person_id)
    if known.phone_verified_at is None:
        scopes -= CHECKER_SCOPES
    units = frozenset(m.unit_id for m in mine if m.unit_id != NO_UNIT)
    return Actor(person_id=person_id, tenant_id=tenant_id, unit_ids=units, scopes=scopes)


def tenants_of(tx: Transaction, *, person_id: PersonId) -> tuple[Tenant, ...]:
    """Return the tenants a person is active in, in the order of joining, each once."""
    ids = [
        membership.tenant_id
        for membership in tx.people.memberships_of(person_id)
        if membership.status is MembershipStatus.ACTIVE
    ]
    return tuple(tx.tenants.get(tenant_id) for tenant_id in dict.fromkeys(ids))


def choose_tenant(tx: Transaction, *, person_id: PersonId, tenant_id: TenantId) -> Person:
    """Make a tenant the one whose screens are shown.

    Raises:
        NotJoined: no active membership there.
    """
    actor_of(tx, person_id=person_id, tenant_id=tenant_id)
    person = tx.people.person(person_id)
    tx.people.replace_person(person, replace(person, current_tenant_id=tenant_id))
    return tx.people.person(person_id)


def create_tenant(
    tx: Transaction,
    *,
    name: str,
    kind: TenantKind,
    currency: Currency,
    country: str,
    timezone: str,
) -> Tenant:
    """Open an organisation with its wallet.

    Raises:
        InvalidInput: the name is empty, too long or taken, or the country no ISO code.
        InvalidAmount: we do not know the currency.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_NAME:
        raise InvalidInput(what="name", example="Palm Court Estate")
    if len(country) != 2 or not country.isalpha():  # noqa: PLR2004 - ISO 3166 alpha-2
        raise InvalidInput(what="country", example="NG")
    exponent(currency)
    if any(tenant.name == name for tenant in tx.tenants.all()):
        raise InvalidInput(what="name_taken", example=name)
    tenant = Tenant(
        id=TenantId(tx.new_id()),
        kind=kind,
        name=name,
        currency=currency,
        country=country.upper(),
        timezone=timezone,
    )
    tx.tenants.add(tenant)
    open_wallet(tx, tenant_id=tenant.id, owner_id=TENANT_OWNED, currency=currency)
    return tx.tenants.get(tenant.id)


def find_or_add_unit(tx: Transaction, *, tenant_id: TenantId, code: str) -> Unit:
    """Return a tenant's unit by code, adding it at the first mention.

    Raises:
        InvalidInput: the code is empty or longer than 20 characters.
    """
    code = " ".join(code.split())
    if not 1 <= len(code) <= 20:  # noqa: PLR2004 - the column's own limit
        raise InvalidInput(what="unit", example="A-14")
    found = tx.people.unit_by_code(tenant_id, code)
    if found is None:
        found = Unit(id=UnitId(tx.new_id()), tenant_id=tenant_id, code=code)
        tx.people.add_unit(found)
    return found


def invite(
    tx: Transaction,
    *,
    tenant_id: TenantId,
    role: Role,
    unit_code: str = "",
    phone: str = "",
    actor: Actor | None = None,
    has_pin_check: bool = False,
) -> tuple[Invitation, str]:
    """Make a single-use invitation; returns it with the key that goes into the link.

    `actor` None is the operator's command line. `phone` is E.164 and binds the invitation.
    `has_pin_check` says that the actor's PIN was checked for this very invitation.

    Raises:
        NotAllowed: the actor lacks `members:manage`.
        PinNeeded: the role approves money or manages members, and no PIN was checked.
        InvalidInput: a checker role without a phone (its holder must be verified).
    """
    if actor is not None:
        actor.check(Scope.MEMBERS_MANAGE, tenant_id)
    if actor is not None and needs_pin(role) and not has_pin_check:
        raise PinNeeded
    if ROLE_SCOPES[role] & CHECKER_SCOPES and not phone:
        raise InvalidInput(what="checker_phone", example="+2348012345678")
    tenant = tx.tenants.get(tenant_id)
    tenant.check_open()
    unit_id = NO_UNIT
    if unit_code:
        unit_id = find_or_add_unit(tx, tenant_id=tenant_id, code=unit_code).id
    key = tx.key(INTENT_KEY_LENGTH)
    invitation = Invitation(
        id=InvitationId(tx.new_id()),
        tenant_id=tenant_id,
        key_hash=_hash(key),
        role=role,
        unit_id=unit_id,
        phone=phone,
        expires_at=tx.now + timedelta(days=tenant.policy.invitation_days),
        invited_by=None if actor is None else actor.person_id,
    )
    tx.people.add_invitation(invitation)
    return invitation, key


def needs_pin(role: Role) -> bool:
    """Tell whether handing out a role asks for the PIN of who does it."""
    return bool(ROLE_SCOPES[role] & GUARDED_SCOPES)


def check_guesses(tx: Transaction, *, person_id: PersonId) -> None:
    """Slow down who tries unknown links.

    Raises:
        TooManyRequests: five unknown links within this hour.
    """
    tries = tx.tallies.counted(f"guess:{person_id}:{_hour(tx)}")
    if tries >= GUESSES_AN_HOUR:
        raise TooManyRequests(retry_after_s=3600)


def count_guess(tx: Transaction, *, person_id: PersonId) -> None:
    """Count an unknown link (the recorder of `UnknownLink`)."""
    until = tx.now + timedelta(hours=1)
    tx.tallies.count(f"guess:{person_id}:{_hour(tx)}", until=until)


def join(tx: Transaction, *, person_id: PersonId, key: str) -> Membership:
    """Use an invitation.

    Raises:
        TooManyRequests: too many unknown links.
        UnknownLink: no invitation has this key.
        LinkUsed: used, revoked or expired (`is_own` when this person used it).
        PhoneNeeded: it is bound and the person has shared no own contact yet.
        WrongPhone: it is bound to another phone.
        AlreadyMember: the person is in already.
    """
    check_guesses(tx, person_id=person_id)
    invitation = tx.people.invitation_by_key(_hash(key))
    if invitation is None:
        raise UnknownLink
    person = tx.people.person(person_id)
    used = invitation.use(by=person_id, at=tx.now)
    _check_phone(invitation, person)
    membership = _let_in(tx, invitation, person)
    tx.people.replace_invitation(invitation, used)
    tenant = tx.tenants.get(invitation.tenant_id)
    open_wallet(tx, tenant_id=tenant.id, owner_id=person_id, currency=tenant.currency)
    choose_tenant(tx, person_id=person_id, tenant_id=tenant.id)
    tx.events.append(
        Event(
            name=EventName.MEMBER_JOINED,
            tenant_id=tenant.id,
            subject=Subject(kind="membership", id=membership.id),
            person_id=person_id,
        )
    )
    return membership


def peek_invitation(tx: Transaction, *, key: str) -> Invitation:
    """Return the invitation behind a key without using it.

    Raises:
        UnknownLink: no invitation has this key.
    """
    invitation = tx.people.invitation_by_key(_hash(key))
    if invitation is None:
        raise UnknownLink
    return invitation


def verify_phone(tx: Transaction, *, person_id: PersonId, phone: str) -> Person:
    """Store a phone that the channel vouches for (E.164)."""
    person = tx.people.person(person_id)
    if person.phone == phone and person.phone_verified_at is not None:
        return person
    tx.people.replace_person(person, replace(person, phone=phone, phone_verified_at=tx.now))
    return tx.people.person(person_id)


def change_preferences(
    tx: Transaction,
    *,
    person_id: PersonId,
    language: str | None = None,
    has_reminders: bool | None = None,
    email: str | None = None,
) -> Person:
    """Change how a person is spoken to; None leaves a field as it is."""
    person = tx.people.person(person_id)
    changed = replace(
        person,
        language=person.language if language is None else language,
        has_reminders=person.has_reminders if has_reminders is None else has_reminders,
        email=person.email if email is None else email,
    )
    tx.people.replace_person(person, changed)
    return tx.people.person(person_id)


def _check_phone(invitation: Invitation, person: Person) -> None:
    if not invitation.phone:
        return
    if person.phone_verified_at is None:
        raise PhoneNeeded
    if person.phone != invitation.phone:
        raise WrongPhone


def _let_in(tx: Transaction, invitation: Invitation, person: Person) -> Membership:
    mine = tx.people.memberships_of(person.id)
    here = [m for m in mine if m.tenant_id == invitation.tenant_id]
    if any(m.status is MembershipStatus.SUSPENDED for m in here):
        raise LinkUsed(state="suspended", is_own=True)
    same = [m for m in here if m.unit_id == invitation.unit_id]
    if not same:
        fresh = Membership(
            id=MembershipId(tx.new_id()),
            tenant_id=invitation.tenant_id,
            person_id=person.id,
            unit_id=invitation.unit_id,
        ).grant(invitation.role, person=person)
        tx.people.add_membership(fresh)
        return tx.people.membership(fresh.id)
    known = same[0]
    if known.status is MembershipStatus.ACTIVE and invitation.role in known.roles:
        raise AlreadyMember(tenant_id=known.tenant_id)
    if known.status is not MembershipStatus.ACTIVE:
        # Whoever comes back holds what he is invited to now, not what he held before.
        known = replace(known, roles=frozenset())
    granted = replace(known.grant(invitation.role, person=person), status=MembershipStatus.ACTIVE)
    tx.people.replace_membership(same[0], granted)
    return tx.people.membership(known.id)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _hour(tx: Transaction) -> int:
    return (tx.now.toordinal() * 24) + tx.now.hour

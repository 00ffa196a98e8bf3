"""People: persons, their chat identities, units, memberships, roles, scopes, invitations."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType, Protocol

from core.domain.errors import LinkUsed, NotAllowed
from core.domain.machines import NONE, machine
from core.domain.roles import CHECKER_SCOPES, GUARDED_SCOPES, ROLE_SCOPES, Role, Scope
from core.domain.tenants import TenantId

__all__ = [
    "CHECKER_SCOPES",
    "GUARDED_SCOPES",
    "INVITATION_TRANSITIONS",
    "MEMBERSHIP_TRANSITIONS",
    "NO_UNIT",
    "PIN_FAILURES",
    "PIN_LOCK",
    "ROLE_SCOPES",
    "Actor",
    "Identity",
    "IdentityId",
    "Invitation",
    "InvitationId",
    "InvitationStatus",
    "Membership",
    "MembershipId",
    "MembershipStatus",
    "Person",
    "PersonId",
    "Role",
    "Scope",
    "StoredPeople",
    "Unit",
    "UnitId",
]

PersonId = NewType("PersonId", int)
IdentityId = NewType("IdentityId", int)
MembershipId = NewType("MembershipId", int)
UnitId = NewType("UnitId", int)
InvitationId = NewType("InvitationId", int)

NO_UNIT: Final = UnitId(0)

PIN_FAILURES: Final = 5
"""Wrong PINs before the lock (product section 5)."""

PIN_LOCK: Final = timedelta(minutes=30)


class MembershipStatus(StrEnum):
    """How a person stands in a tenant."""

    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"


MEMBERSHIP_TRANSITIONS: Final = machine(
    "membership",
    {
        NONE: (MembershipStatus.INVITED, MembershipStatus.ACTIVE),
        MembershipStatus.INVITED: (MembershipStatus.ACTIVE, MembershipStatus.LEFT),
        MembershipStatus.ACTIVE: (MembershipStatus.SUSPENDED, MembershipStatus.LEFT),
        MembershipStatus.SUSPENDED: (MembershipStatus.ACTIVE, MembershipStatus.LEFT),
        MembershipStatus.LEFT: (MembershipStatus.ACTIVE,),
    },
)


class InvitationStatus(StrEnum):
    """Whether an invitation still opens the door."""

    OPEN = "open"
    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"


INVITATION_TRANSITIONS: Final = machine(
    "invitation",
    {
        NONE: (InvitationStatus.OPEN,),
        InvitationStatus.OPEN: (
            InvitationStatus.USED,
            InvitationStatus.REVOKED,
            InvitationStatus.EXPIRED,
        ),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A human we know.

    `phone` is E.164, verified when `phone_verified_at` is set; stored encrypted. `pin_hash` is an
    Argon2id string over a keyed hash of the digits, "" without a PIN. `language` "" follows the
    chat app. `current_tenant_id` is the tenant whose screens are shown now.
    """

    id: PersonId
    name: str
    phone: str = ""
    phone_verified_at: datetime | None = None
    language: str = ""
    timezone: str = ""
    email: str = ""
    pin_hash: str = ""
    pin_failures: int = 0
    pin_locked_until: datetime | None = None
    has_reminders: bool = True
    current_tenant_id: TenantId | None = None
    row_version: int = 1

    @property
    def has_pin(self) -> bool:
        """Tell whether a PIN was set."""
        return bool(self.pin_hash)

    def is_locked(self, *, at: datetime) -> bool:
        """Tell whether PIN entry is locked at this time."""
        return self.pin_locked_until is not None and at < self.pin_locked_until

    def count_try(self, *, at: datetime) -> "Person":
        """Count one PIN try before it is checked: a crash costs a try, never gives one.

        The try that reaches the limit locks; a lapsed lock starts a new count.
        """
        lapsed = self.pin_locked_until is not None and at >= self.pin_locked_until
        failures = (0 if lapsed else self.pin_failures) + 1
        until = at + PIN_LOCK if failures >= PIN_FAILURES else None
        return replace(self, pin_failures=failures, pin_locked_until=until)

    def forgive_tries(self) -> "Person":
        """Reset the count after a right PIN."""
        return replace(self, pin_failures=0, pin_locked_until=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One of a person's accounts in a channel.

    `external_id` is the channel's own id; `is_reachable` falls when the person blocks the bot.
    """

    id: IdentityId
    person_id: PersonId
    channel: str
    external_id: int
    username: str = ""
    language_code: str = ""
    is_reachable: bool = True
    row_version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A home or shop number within a tenant."""

    id: UnitId
    tenant_id: TenantId
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A person in a tenant, with unit (`NO_UNIT` if none) and roles."""

    id: MembershipId
    tenant_id: TenantId
    person_id: PersonId
    unit_id: UnitId = NO_UNIT
    roles: frozenset[Role] = frozenset()
    status: MembershipStatus = MembershipStatus.ACTIVE
    status_seq: int = 0
    row_version: int = 1

    @property
    def scopes(self) -> frozenset[Scope]:
        """Everything the roles allow, nothing while not active."""
        if self.status is not MembershipStatus.ACTIVE:
            return frozenset()
        return frozenset().union(*(ROLE_SCOPES[role] for role in self.roles))

    def turn(self, status: MembershipStatus) -> "Membership":
        """Suspend it or let it in again.

        Raises:
            IllegalTransition: it does not stand so.
        """
        MEMBERSHIP_TRANSITIONS.check(self.status, status)
        return replace(self, status=status)

    def grant(self, role: Role, *, person: Person) -> "Membership":
        """Add a role.

        Raises:
            NotAllowed: the role holds checker scopes and the phone was never verified.
        """
        if ROLE_SCOPES[role] & CHECKER_SCOPES and person.phone_verified_at is None:
            raise NotAllowed(scope="phone")
        return replace(self, roles=self.roles | {role})


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who does this now: a person in one tenant with what the roles allow at this moment."""

    person_id: PersonId
    tenant_id: TenantId
    unit_ids: frozenset[UnitId] = frozenset()
    scopes: frozenset[Scope] = frozenset()

    def check(self, scope: Scope, tenant_id: TenantId) -> None:
        """Let the act pass if the actor holds the scope in that tenant.

        Raises:
            NotAllowed: he does not.
        """
        if tenant_id != self.tenant_id or scope not in self.scopes:
            raise NotAllowed(scope=scope.value)

    def has(self, scope: Scope) -> bool:
        """Tell whether the actor holds a scope in his tenant."""
        return scope in self.scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A single-use door into a tenant.

    `key_hash` is the SHA-256 hex of the link's key; `phone` (E.164, stored encrypted) binds it to
    whoever shares that number, "" binds it to nobody.
    """

    id: InvitationId
    tenant_id: TenantId
    key_hash: str
    role: Role
    unit_id: UnitId
    phone: str
    expires_at: datetime
    invited_by: PersonId | None = None
    used_by: PersonId | None = None
    status: InvitationStatus = InvitationStatus.OPEN
    status_seq: int = 0
    row_version: int = 1

    def use(self, *, by: PersonId, at: datetime) -> "Invitation":
        """Let one person in.

        Raises:
            LinkUsed: it was used, revoked or has expired.
        """
        if self.status is not InvitationStatus.OPEN:
            raise LinkUsed(state=self.status.value, is_own=self.used_by == by)
        if at >= self.expires_at:
            raise LinkUsed(state=InvitationStatus.EXPIRED.value, is_own=False)
        return replace(self, status=InvitationStatus.USED, used_by=by)

    def end(self, status: InvitationStatus) -> "Invitation":
        """Revoke or expire an open invitation.

        Raises:
            IllegalTransition: it is not open.
        """
        INVITATION_TRANSITIONS.check(self.status, status)
        return replace(self, status=status)


class StoredPeople(Protocol):
    """Persons, identities, units, memberships and invitations on an open transaction."""

    def person(self, person_id: PersonId) -> Person:
        """Return one person.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def add_person(self, person: Person) -> None:
        """Store a new person."""
        ...

    def replace_person(self, before: Person, after: Person) -> None:
        """Store a change if the row still stands at `before`, else `StaleState`."""
        ...

    def identity_of(self, channel: str, external_id: int) -> Identity | None:
        """Return the identity behind a channel's id, if we know it."""
        ...

    def identities(self, person_id: PersonId) -> tuple[Identity, ...]:
        """Return a person's identities, oldest first."""
        ...

    def add_identity(self, identity: Identity) -> None:
        """Store a new identity."""
        ...

    def replace_identity(self, before: Identity, after: Identity) -> None:
        """Store a change if the row still stands at `before`, else `StaleState`."""
        ...

    def unit(self, unit_id: UnitId) -> Unit:
        """Return one unit.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def unit_by_code(self, tenant_id: TenantId, code: str) -> Unit | None:
        """Return a tenant's unit by its code, case ignored."""
        ...

    def search_units(self, tenant_id: TenantId, text: str, *, limit: int) -> tuple[Unit, ...]:
        """Return units whose code, or a member's name, contains the text, by code.

        Neither case nor spaces nor hyphens of a code count.
        """
        ...

    def add_unit(self, unit: Unit) -> None:
        """Store a new unit."""
        ...

    def membership(self, membership_id: MembershipId) -> Membership:
        """Return one membership.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def memberships_of(self, person_id: PersonId) -> tuple[Membership, ...]:
        """Return a person's memberships in every tenant, oldest first (at most 100)."""
        ...

    def members_of_unit(self, unit_id: UnitId) -> tuple[Membership, ...]:
        """Return the active memberships of a unit, oldest first (at most 100)."""
        ...

    def members_with(self, tenant_id: TenantId, scope: Scope) -> tuple[Membership, ...]:
        """Return active memberships whose roles hold the scope, oldest first (at most 100)."""
        ...

    def members(
        self, tenant_id: TenantId, *, after: MembershipId | None, limit: int
    ) -> tuple[Membership, ...]:
        """Return a page of a tenant's memberships that are not over, by id."""
        ...

    def add_membership(self, membership: Membership) -> None:
        """Store a new membership."""
        ...

    def replace_membership(self, before: Membership, after: Membership) -> None:
        """Store a change if the row still stands at `before`, else `StaleState`."""
        ...

    def add_invitation(self, invitation: Invitation) -> None:
        """Store a new invitation."""
        ...

    def invitation_by_key(self, key_hash: str) -> Invitation | None:
        """Return the invitation behind a link, if there is one."""
        ...

    def invitation(self, invitation_id: InvitationId) -> Invitation:
        """Return one invitation.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def open_invitations(self, tenant_id: TenantId, *, limit: int) -> tuple[Invitation, ...]:
        """Return a tenant's invitations that still open the door, newest first."""
        ...

    def replace_invitation(self, before: Invitation, after: Invitation) -> None:
        """Store a change if the row still stands at `before`, else `StaleState`."""
        ...

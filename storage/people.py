"""Persons, identities, units and memberships; invitations are beside it.

Phones, e-mail and PIN hashes are encrypted; a phone is found through its blind index. Names, unit
codes and Telegram ids stay searchable.
"""

from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    bindparam,
    func,
    or_,
    select,
)

from core.domain.errors import NotFound
from core.domain.people import (
    MEMBERSHIP_TRANSITIONS,
    NO_UNIT,
    Identity,
    Membership,
    MembershipId,
    MembershipStatus,
    Person,
    PersonId,
    Scope,
    Unit,
    UnitId,
)
from core.domain.tenants import PLATFORM, TenantId
from storage.audit import add_change
from storage.invitations import Invitations
from storage.records import Axis, Records, axis_columns
from storage.schema import flag, ident, json, number, sealed, table, text, time
from storage.statements import Statement

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

T = TypeVar("T")

PERSON: Final = table(
    "person",
    ident(primary_key=True),
    text("name"),
    sealed("phone"),
    text("phone_index"),
    time("phone_verified_at", nullable=True),
    text("language"),
    text("timezone"),
    sealed("email"),
    sealed("pin_hash"),
    number("pin_failures"),
    time("pin_locked_until", nullable=True),
    flag("has_reminders"),
    ident("current_tenant_id", nullable=True),
    number("row_version"),
    ForeignKeyConstraint(["current_tenant_id"], ["tenant.id"]),
    CheckConstraint("pin_failures BETWEEN 0 AND 5", name="pin_failures"),
    Index("ix_person_phone", "phone_index"),
)

IDENTITY: Final = table(
    "identity",
    ident(primary_key=True),
    ident("person_id"),
    text("channel"),
    ident("external_id"),
    text("username"),
    text("language_code"),
    flag("is_reachable"),
    number("row_version"),
    ForeignKeyConstraint(["person_id"], ["person.id"]),
    UniqueConstraint("channel", "external_id"),
    Index("ix_identity_person", "person_id"),
)

UNIT: Final = table(
    "unit",
    ident(primary_key=True),
    ident("tenant_id"),
    text("code"),
    text("code_key"),
    ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
    UniqueConstraint("tenant_id", "code_key"),
    CheckConstraint("length(code) BETWEEN 1 AND 20", name="code"),
)

MEMBERSHIP: Final = table(
    "membership",
    ident(primary_key=True),
    ident("tenant_id"),
    ident("person_id"),
    ident("unit_id"),
    json("roles"),
    number("row_version"),
    *axis_columns("membership", Axis("status", MEMBERSHIP_TRANSITIONS)),
    ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
    ForeignKeyConstraint(["person_id"], ["person.id"]),
    UniqueConstraint("tenant_id", "person_id", "unit_id"),
    Index("ix_membership_person", "person_id"),
    Index("ix_membership_unit", "unit_id"),
)


def _phone_index(person: Person, tx: "SqlTransaction") -> str:
    return tx.ring.index(person.phone, context="phone") if person.phone else ""


def _code_key(unit: Unit, _tx: "SqlTransaction") -> str:
    return unit.code.casefold()


_PERSONS: Final = Records(
    PERSON,
    Person,
    secret=("phone", "email", "pin_hash"),
    frozen=("id",),
    extra={"phone_index": _phone_index},
)
_IDENTITIES: Final = Records(IDENTITY, Identity, frozen=("id", "channel", "external_id"))
_UNITS: Final = Records(
    UNIT, Unit, frozen=("id", "tenant_id", "code"), extra={"code_key": _code_key}
)
_MEMBERSHIPS: Final = Records(
    MEMBERSHIP, Membership, frozen=("id", "tenant_id", "person_id", "unit_id")
)

_PERSON: Final = _PERSONS.by("id")
_IDENTITY: Final = _IDENTITIES.by("channel", "external_id")
_OF_PERSON: Final = Statement(
    _IDENTITIES.select()
    .where(IDENTITY.c.person_id == bindparam("person_id"))
    .order_by(IDENTITY.c.id)
    .limit(20)
)
_UNIT: Final = _UNITS.by("id")
_CODED: Final = _UNITS.by("tenant_id", "code_key")
_SEARCH: Final = Statement(
    _UNITS.select()
    .where(
        UNIT.c.tenant_id == bindparam("tenant_id"),
        or_(
            func.replace(func.replace(UNIT.c.code_key, " ", ""), "-", "").contains(
                bindparam("bare"), autoescape=False
            ),
            UNIT.c.id.in_(
                select(MEMBERSHIP.c.unit_id)
                .join(PERSON, PERSON.c.id == MEMBERSHIP.c.person_id)
                .where(
                    MEMBERSHIP.c.tenant_id == bindparam("tenant_id"),
                    func.lower(PERSON.c.name).contains(bindparam("text"), autoescape=False),
                )
            ),
        ),
    )
    .order_by(UNIT.c.code_key)
    .limit(bindparam("limit"))
)
_MEMBERSHIP: Final = _MEMBERSHIPS.by("id")
_MINE: Final = Statement(
    _MEMBERSHIPS.select()
    .where(MEMBERSHIP.c.person_id == bindparam("person_id"))
    .order_by(MEMBERSHIP.c.id)
    .limit(100)
)
_IN_UNIT: Final = Statement(
    _MEMBERSHIPS.select()
    .where(MEMBERSHIP.c.unit_id == bindparam("unit_id"), MEMBERSHIP.c.status == bindparam("s"))
    .order_by(MEMBERSHIP.c.id)
    .limit(100)
)
_STAFF: Final = Statement(
    _MEMBERSHIPS.select()
    .where(
        MEMBERSHIP.c.tenant_id == bindparam("tenant_id"),
        MEMBERSHIP.c.status == bindparam("s"),
        MEMBERSHIP.c.roles != bindparam("none"),
        MEMBERSHIP.c.roles != bindparam("resident"),
    )
    .order_by(MEMBERSHIP.c.id)
    .limit(1000)
)
_PAGE: Final = Statement(
    _MEMBERSHIPS.select()
    .where(
        MEMBERSHIP.c.tenant_id == bindparam("tenant_id"),
        MEMBERSHIP.c.status != bindparam("left"),
        MEMBERSHIP.c.id > bindparam("after"),
    )
    .order_by(MEMBERSHIP.c.id)
    .limit(bindparam("limit"))
)


class SqlPeople(Invitations):
    """People in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def person(self, person_id: PersonId) -> Person:
        """Return one person, else `NotFound`."""
        return self._need(_PERSONS.one(self._tx, _PERSON, id=person_id), "person")

    def add_person(self, person: Person) -> None:
        """Store a new person."""
        _PERSONS.add(self._tx, person)
        add_change(self._tx, PLATFORM, "person", person.id, _of_person(person))

    def replace_person(self, before: Person, after: Person) -> None:
        """Store a change if the row still stands at `before`, else `StaleState`."""
        _PERSONS.replace(self._tx, before, after)
        if _of_person(before) != _of_person(after):
            add_change(self._tx, PLATFORM, "person", after.id, _of_person(after))

    def identity_of(self, channel: str, external_id: int) -> Identity | None:
        """Return the identity behind a channel's id, if we know it."""
        return _IDENTITIES.one(self._tx, _IDENTITY, channel=channel, external_id=external_id)

    def identities(self, person_id: PersonId) -> tuple[Identity, ...]:
        """Return a person's identities, oldest first."""
        return _IDENTITIES.many(self._tx, _OF_PERSON, person_id=person_id)

    def add_identity(self, identity: Identity) -> None:
        """Store a new identity."""
        _IDENTITIES.add(self._tx, identity)
        content = {"person_id": identity.person_id, "channel": identity.channel}
        add_change(self._tx, PLATFORM, "identity", identity.id, content)

    def replace_identity(self, before: Identity, after: Identity) -> None:
        """Store a change if the row still stands at `before`, else `StaleState`."""
        _IDENTITIES.replace(self._tx, before, after)

    def unit(self, unit_id: UnitId) -> Unit:
        """Return one unit, else `NotFound`."""
        return self._need(_UNITS.one(self._tx, _UNIT, id=unit_id), "unit")

    def unit_by_code(self, tenant_id: TenantId, code: str) -> Unit | None:
        """Return a tenant's unit by its code, case ignored."""
        return _UNITS.one(self._tx, _CODED, tenant_id=tenant_id, code_key=code.strip().casefold())

    def search_units(self, tenant_id: TenantId, text: str, *, limit: int) -> tuple[Unit, ...]:
        """Return units whose code, or a member's name, contains the text, by code.

        Neither case nor spaces nor hyphens of a code count: `a 14` finds A-14.
        """
        plain = "".join(c for c in text.casefold().strip() if c not in "%_\\")
        bare = "".join(c for c in plain if c != "-" and not c.isspace()) or plain
        return _UNITS.many(
            self._tx, _SEARCH, tenant_id=tenant_id, text=plain, bare=bare, limit=limit
        )

    def add_unit(self, unit: Unit) -> None:
        """Store a new unit."""
        _UNITS.add(self._tx, unit)
        add_change(self._tx, unit.tenant_id, "unit", unit.id, {"code": unit.code})

    def membership(self, membership_id: MembershipId) -> Membership:
        """Return one membership, else `NotFound`."""
        found = _MEMBERSHIPS.one(self._tx, _MEMBERSHIP, id=membership_id)
        return self._need(found, "membership")

    def memberships_of(self, person_id: PersonId) -> tuple[Membership, ...]:
        """Return a person's memberships in every tenant, oldest first (at most 100)."""
        return _MEMBERSHIPS.many(self._tx, _MINE, person_id=person_id)

    def members_of_unit(self, unit_id: UnitId) -> tuple[Membership, ...]:
        """Return the active memberships of a unit, oldest first (at most 100)."""
        if unit_id == NO_UNIT:
            return ()
        return _MEMBERSHIPS.many(
            self._tx, _IN_UNIT, unit_id=unit_id, s=MembershipStatus.ACTIVE.value
        )

    def members_with(self, tenant_id: TenantId, scope: Scope) -> tuple[Membership, ...]:
        """Return active memberships whose roles hold the scope, oldest first (at most 100)."""
        staff = _MEMBERSHIPS.many(
            self._tx,
            _STAFF,
            tenant_id=tenant_id,
            s=MembershipStatus.ACTIVE.value,
            none=[],
            resident=["resident"],
        )
        return tuple(m for m in staff if scope in m.scopes)[:100]

    def members(
        self, tenant_id: TenantId, *, after: MembershipId | None, limit: int
    ) -> tuple[Membership, ...]:
        """Return a page of a tenant's memberships that are not over, by id."""
        return _MEMBERSHIPS.many(
            self._tx,
            _PAGE,
            tenant_id=tenant_id,
            left=MembershipStatus.LEFT.value,
            after=after or 0,
            limit=limit,
        )

    def add_membership(self, membership: Membership) -> None:
        """Store a new membership."""
        _MEMBERSHIPS.add(self._tx, membership, act_id=self._tx.act(membership.tenant_id))
        self._change(membership)

    def replace_membership(self, before: Membership, after: Membership) -> None:
        """Store a change if the row still stands at `before`, else `StaleState`."""
        act = self._tx.act(before.tenant_id)
        _MEMBERSHIPS.replace(self._tx, before, after, act_id=lambda: act)
        self._change(after)

    def _change(self, membership: Membership) -> None:
        content: dict[str, Any] = {
            "person_id": membership.person_id,
            "unit_id": membership.unit_id,
            "roles": ",".join(sorted(membership.roles)),
        }
        add_change(self._tx, membership.tenant_id, "membership", membership.id, content)

    def _need(self, found: T | None, kind: str) -> T:
        if found is None:
            raise NotFound(kind=kind)
        return found


def _of_person(person: Person) -> dict[str, Any]:
    """Return what the chain keeps of a person: no name, no number."""
    return {
        "is_phone_verified": person.phone_verified_at is not None,
        "has_pin": person.has_pin,
        "language": person.language,
        "has_reminders": person.has_reminders,
    }

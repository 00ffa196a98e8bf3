"""Whom a new bill may be for, as staff write it, and who will read it."""

from typing import Final

from core.domain.people import NO_UNIT, MembershipStatus, PersonId, UnitId
from core.domain.tenants import TenantId
from core.ports import Transaction
from handlers.screens import newbill

MOST_FOUND: Final = 6
MOST_LOOKED_THROUGH: Final = 200


def found(tx: Transaction, *, tenant_id: TenantId, text: str) -> tuple[newbill.Found, ...]:
    """Return units by code or by a member's name, then people without a unit; at most six."""
    units = [
        newbill.Found(
            unit_id=unit.id,
            person_id=0,
            code=unit.code,
            names=", ".join(readers(tx, unit=unit.id, person=0)[:2]),
        )
        for unit in tx.people.search_units(tenant_id, text, limit=MOST_FOUND)
    ]
    return tuple([*units, *_loners(tx, tenant_id, text)][:MOST_FOUND])


def readers(tx: Transaction, *, unit: UnitId, person: int) -> list[str]:
    """Return the names of who is told of a bill for a unit, or for a person."""
    if person:
        return [tx.people.person(PersonId(person)).name]
    members = tx.people.members_of_unit(unit)
    return [tx.people.person(membership.person_id).name for membership in members]


def _loners(tx: Transaction, tenant_id: TenantId, text: str) -> list[newbill.Found]:
    """Return members without a unit whose name contains the text."""
    members = tx.people.members(tenant_id, after=None, limit=MOST_LOOKED_THROUGH)
    without = [
        membership.person_id
        for membership in members
        if membership.unit_id == NO_UNIT and membership.status is MembershipStatus.ACTIVE
    ]
    people = [tx.people.person(person_id) for person_id in dict.fromkeys(without)]
    return [
        newbill.Found(unit_id=NO_UNIT, person_id=person.id, code="", names=person.name)
        for person in people
        if text.casefold() in person.name.casefold()
    ]

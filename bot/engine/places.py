"""Where somebody stands who did something: in which tenant, as whom, in which words."""

from collections.abc import Iterator
from dataclasses import replace

from core.domain.dialogues import Intent
from core.domain.errors import NotJoined, StaleCard
from core.domain.people import Person, PersonId
from core.domain.tenants import Tenant, TenantId
from core.use_cases import people
from handlers.visit import Visit
from handlers.words import Words, choose
from storage.transaction import SqlTransaction


def words_of(tx: SqlTransaction, person: Person, tenant: Tenant | None, *, offered: str) -> Words:
    """Return a person's words: own language, own zone or that of the current tenant.

    `tenant` is one that was read already, `offered` the language of the chat app.
    """
    zone, current = person.timezone, person.current_tenant_id
    if not zone and current is not None:
        is_known = tenant is not None and tenant.id == current
        zone = (tenant if tenant is not None and is_known else tx.tenants.get(current)).timezone
    return Words(language=choose(person.language, offered), timezone=zone or "UTC")


def placed_in(tx: SqlTransaction, visit: Visit, tenant_id: TenantId | None) -> Visit:
    """Put a visit into a tenant, or into the first one the person is active in."""
    person = visit.person
    for wish in _wishes(tx, person.id, tenant_id):
        try:
            actor = people.actor_of(tx, person_id=person.id, tenant_id=wish, person=person)
        except NotJoined:
            continue
        return replace(visit, tenant=tx.tenants.get(wish), actor=actor)
    return visit


def _wishes(
    tx: SqlTransaction, person_id: PersonId, tenant_id: TenantId | None
) -> Iterator[TenantId]:
    """Yield the tenant that was asked for, and only then those the person is active in."""
    if tenant_id is not None:
        yield tenant_id
    for tenant in people.tenants_of(tx, person_id=person_id):
        yield tenant.id


def placed_for(tx: SqlTransaction, visit: Visit, intent: Intent) -> Visit:
    """Put a visit into an intent's tenant; a button of one tenant never acts in another."""
    if visit.tenant is not None and visit.tenant.id == intent.tenant_id:
        return visit
    placed = placed_in(tx, visit, intent.tenant_id)
    if placed.tenant is not None and placed.tenant.id != intent.tenant_id:
        raise StaleCard
    return placed

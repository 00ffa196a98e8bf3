"""An estate with a secretary, a resident and a stranger, ready to talk."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.domain.people import Role, Unit
from core.domain.tenants import Tenant
from core.domain.wallets import Wallet
from core.use_cases.people import choose_tenant
from storage.transaction import SqlTransaction
from tests.factories import (
    add_configuration,
    add_member,
    add_person,
    add_tenant,
    add_unit,
    add_wallet,
    top_up,
)
from tests.handlers.chatting import Talker, World

ADA = 1001
BELLO = 1002
EVE = 1003
CHIDI = 1004
KEMI = 1005
AUDU = 1006


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """The small world of these tests."""

    world: World
    tenant: Tenant
    unit: Unit
    ada: Talker
    """Resident of A-14 with 20,000.00 NGN."""
    bello: Talker
    """Administrator."""
    chidi: Talker
    """Treasurer."""
    kemi: Talker
    """Finance approver, with a verified phone."""
    audu: Talker
    """Auditor."""
    eve: Talker
    """Nobody here knows her."""
    wallet: Wallet


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return an empty world."""
    opened = World(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def estate(world: World) -> Estate:
    """Return the estate with its people."""

    def build(tx: SqlTransaction) -> tuple[Tenant, Unit, Wallet]:
        tenant = add_tenant(tx, name="Palm Court Estate")
        add_wallet(tx, tenant)
        add_configuration(tx, tenant)
        unit = add_unit(tx, tenant, code="A-14")
        ada = add_person(tx, name="Ada", telegram_id=ADA)
        bello = add_person(tx, name="Mrs Bello", telegram_id=BELLO)
        add_member(tx, tenant, ada, unit_id=unit.id)
        add_member(tx, tenant, bello, roles=(Role.ADMIN,))
        for person in (ada, bello):
            choose_tenant(tx, person_id=person.id, tenant_id=tenant.id)
        wallet = add_wallet(tx, tenant, owner_id=ada.id)
        top_up(tx, tenant, wallet, 2_000_000)
        return tenant, unit, wallet

    tenant, unit, wallet = world.run(build)
    return Estate(
        world=world,
        tenant=tenant,
        unit=unit,
        ada=world.person("Ada", ADA),
        bello=world.person("Mrs Bello", BELLO),
        chidi=world.person("Chidi", CHIDI),
        kemi=world.person("Kemi", KEMI),
        audu=world.person("Audu", AUDU),
        eve=world.person("Eve", EVE),
        wallet=wallet,
    )


@pytest.fixture
def treasury(estate: Estate) -> Estate:
    """Return the estate with the people of its money."""
    estate.world.run(lambda tx: _let_in(tx, estate.tenant))
    return estate


def _let_in(tx: SqlTransaction, tenant: Tenant) -> None:
    for name, telegram_id, role in (
        ("Chidi", CHIDI, Role.FINANCE),
        ("Kemi", KEMI, Role.FINANCE_APPROVER),
        ("Audu", AUDU, Role.AUDITOR),
    ):
        person = add_person(tx, name=name, telegram_id=telegram_id)
        add_member(tx, tenant, person, roles=(role,))
        choose_tenant(tx, person_id=person.id, tenant_id=tenant.id)

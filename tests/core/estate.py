"""An estate with people in it, for tests of use cases through real storage.

Ada and Ben live in A1, Cyd in B2; Admin runs the estate; Eve belongs to another one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

from core.domain.acts import EventName
from core.domain.bills import Bill, BillType
from core.domain.ledger import Account, AccountKind
from core.domain.money import Money
from core.domain.payments import Attempt, AttemptStatus, Payment
from core.domain.people import NO_UNIT, Actor, Person, Role, UnitId
from core.domain.providers import Outcome, Pending, Settled
from core.domain.tenants import Policy, Tenant
from core.domain.wallets import TENANT_OWNED, Wallet
from core.ports import Transaction
from core.use_cases.bills import acknowledge_bill, issue_bill
from core.use_cases.links import begin_call, open_bill_link, record_answer
from core.use_cases.people import actor_of
from core.use_cases.wallets import open_wallet
from storage.doctor import examine
from tests.factories import (
    NGN,
    Books,
    FakeClock,
    add_configuration,
    add_member,
    add_person,
    add_tenant,
    add_unit,
    naira,
    open_books,
    top_up,
)

P = ParamSpec("P")
T = TypeVar("T")

TOTAL: Final = 500_000
"""What a bill asks for unless told otherwise, in kobo."""

DUE: Final = date(2026, 3, 16)
LINK: Final = Pending(link="https://pay.example/1", provider_ref="ref-1")


class Estate:
    """Palm Court and its people; every act is a transaction of its own."""

    def __init__(self, books: Books, *, policy: Policy | None = None) -> None:
        """Build it."""
        self.books = books
        self.clock = books.clock
        self.told: list[EventName] = []
        self.tenant = books.run(lambda tx: add_tenant(tx, policy=policy))
        other = books.run(lambda tx: add_tenant(tx, name="Hill View"))
        self.unit = books.run(lambda tx: add_unit(tx, self.tenant, code="A1"))
        b2 = books.run(lambda tx: add_unit(tx, self.tenant, code="B2"))
        self.configuration = books.run(lambda tx: add_configuration(tx, self.tenant))
        self.admin = self.member("Admin", roles=(Role.ADMIN,))
        self.ada = self.member("Ada", unit_id=self.unit.id)
        self.ben = self.member("Ben", unit_id=self.unit.id)
        self.cyd = self.member("Cyd", unit_id=b2.id)
        self.eve = self.member("Eve", tenant=other, roles=(Role.ADMIN,))

    def member(
        self,
        name: str,
        *,
        tenant: Tenant | None = None,
        roles: tuple[Role, ...] = (Role.RESIDENT,),
        unit_id: UnitId = NO_UNIT,
        phone: str = "",
    ) -> Actor:
        """Let somebody in."""
        where = tenant or self.tenant
        at = self.clock.now() if phone else None

        def build(tx: Transaction) -> Actor:
            person = self._person(name, phone=phone, phone_verified_at=at)
            return actor_of(tx, person_id=person.id, tenant_id=where.id)

        person = self._person(name, phone=phone, phone_verified_at=at)
        self.books.run(lambda tx: add_member(tx, where, person, roles=roles, unit_id=unit_id))
        del build
        return self.do(actor_of, person_id=person.id, tenant_id=where.id)

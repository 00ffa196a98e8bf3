"""An estate with people in it, for tests of use cases through real storage.

Ada and Ben live in A1, Cyd in B2; Admin runs the estate; Eve runs another one. Every act is a
transaction of its own, and when a test ends the books must be in order.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Concatenate, Final, NamedTuple, ParamSpec, TypeVar

from core.domain.acts import EventName
from core.domain.bills import Bill, BillType
from core.domain.ledger import Account, AccountKind
from core.domain.money import Currency, Money
from core.domain.payments import Attempt, Payment
from core.domain.people import NO_UNIT, Actor, Role, UnitId
from core.domain.providers import Outcome, Pending, Settled
from core.domain.tenants import FeeBearer, Policy, Tenant
from core.domain.wallets import TENANT_OWNED, Wallet
from core.ports import Transaction
from core.use_cases.bills import acknowledge_bill, issue_bill, pay_bill
from core.use_cases.links import begin_call, open_bill_link, record_answer
from core.use_cases.people import actor_of
from core.use_cases.wallets import open_wallet
from storage.doctor import examine
from storage.sqlite import open_connection
from storage.transaction import SqlTransaction
from tests.factories import (
    NGN,
    Books,
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


class Tried(NamedTuple):
    """A payment through a provider, and one attempt at it."""

    payment: Payment
    attempt: Attempt


def settled(
    tried: Tried, minor: int | None = None, *, capture: str = "cap-1", fee: Money | None = None
) -> Settled:
    """Return a provider's word that it took the money, all that was asked unless told otherwise."""
    return Settled(
        provider_id=capture,
        reference=tried.attempt.reference,
        captured=naira(tried.payment.amount_minor if minor is None else minor),
        is_test=True,
        fee=fee,
    )


def hasty(path: Path) -> sqlite3.Connection:
    """Open a connection that never waits for the disk: no power is cut in these tests."""
    connection = open_connection(path)
    connection.execute("PRAGMA synchronous=OFF")
    return connection


@contextmanager
def palm_court(folder: Path, *, policy: Policy | None = None) -> Iterator["Estate"]:
    """Open the estate on a fresh file; afterwards its books must be in order."""
    books = open_books(folder, connect=hasty)
    try:
        yield Estate(books, policy=policy)
        assert books.run(examine) == []
    finally:
        books.close()


class Estate:
    """Palm Court and its people."""

    def __init__(self, books: Books, *, policy: Policy | None = None) -> None:
        self.books = books
        self.clock = books.clock
        self.told: list[EventName] = []
        books.run(lambda tx: self._build(tx, policy))

    def _build(self, tx: SqlTransaction, policy: Policy | None) -> None:
        self.tenant = add_tenant(tx, policy=policy)
        self.other = add_tenant(tx, name="Hill View")
        self.unit = add_unit(tx, self.tenant, code="A1")
        neighbour = add_unit(tx, self.tenant, code="B2")
        self.configuration = add_configuration(tx, self.tenant)
        self.admin = _member(tx, self.tenant, "Admin", role=Role.ADMIN)
        self.ada = _member(tx, self.tenant, "Ada", unit_id=self.unit.id)
        self.ben = _member(tx, self.tenant, "Ben", unit_id=self.unit.id)
        self.cyd = _member(tx, self.tenant, "Cyd", unit_id=neighbour.id)
        self.eve = _member(tx, self.other, "Eve", role=Role.ADMIN)

    def member(self, name: str, *, role: Role = Role.RESIDENT, unit_id: UnitId = NO_UNIT) -> Actor:
        """Let somebody in."""
        return self.books.run(lambda tx: _member(tx, self.tenant, name, role=role, unit_id=unit_id))

    def do(
        self, act: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a use case in a transaction of its own and keep what others were told."""

        def run(tx: Transaction) -> T:
            result = act(tx, *args, **kwargs)
            self.told += [event.name for event in tx.events]
            return result

        return self.books.run(run)

    def look(self, read: Callable[[Transaction], T]) -> T:
        """Read something."""
        return self.books.run(read)

    def change_tenant(self, *, fee_bearer: FeeBearer) -> None:
        """Let somebody else bear the fees."""
        before = self.look(lambda tx: tx.tenants.get(self.tenant.id))
        after = replace(before, fee_bearer=fee_bearer)
        self.books.run(lambda tx: tx.tenants.replace(before, after))

    def issue(self, total: int = TOTAL, *, due_on: date = DUE) -> Bill:
        """Ask A1 for money."""
        return self.do(
            issue_bill,
            actor=self.admin,
            unit_id=self.unit.id,
            type_=BillType.SERVICE_CHARGE,
            title="Service charge",
            total=naira(total),
            due_on=due_on,
        )

    def agreed(self, total: int = TOTAL) -> Bill:
        """Ask A1 for money, and let Ada agree."""
        return self.acknowledge(self.issue(total))

    def acknowledge(self, bill: Bill) -> Bill:
        """Let Ada agree to a bill as it stands."""
        return self.do(acknowledge_bill, actor=self.ada, bill_id=bill.id, revision=bill.revision)

    def bill(self, bill: Bill) -> Bill:
        """Return a bill as it stands now."""
        return self.look(lambda tx: tx.bills.get(bill.id))

    def fund(self, actor: Actor, minor: int) -> None:
        """Put money into somebody's wallet."""
        wallet = self.wallet(actor)
        self.books.run(lambda tx: top_up(tx, self.tenant, wallet, minor))

    def pay(self, bill: Bill, minor: int, *, actor: Actor | None = None, key: str = "") -> Bill:
        """Pay a bill, or a part of it, from Ada's wallet."""
        after, _ = self.do(
            pay_bill,
            actor=actor or self.ada,
            bill_id=bill.id,
            revision=bill.revision,
            amount=naira(minor),
            key=key or f"key-{len(self.told)}",
        )
        return after

    def wallet(self, actor: Actor) -> Wallet:
        """Return somebody's wallet."""
        return self.do(
            open_wallet, tenant_id=self.tenant.id, owner_id=actor.person_id, currency=NGN
        )

    def tenant_wallet(self) -> Wallet:
        """Return the tenant's own wallet."""
        return self.do(open_wallet, tenant_id=self.tenant.id, owner_id=TENANT_OWNED, currency=NGN)

    def balance(self, actor: Actor) -> int:
        """Return what somebody has, in kobo."""
        wallet = self.wallet(actor)
        return self.look(lambda tx: tx.ledger.get(wallet.account_id)).balance.minor

    def collected(self) -> int:
        """Return what the tenant's own wallet has, in kobo."""
        return self.account(AccountKind.TENANT_WALLET).balance.minor

    def account(self, kind: AccountKind, owner_id: int = 0, currency: Currency = NGN) -> Account:
        """Return an account of the tenant."""
        return self.look(
            lambda tx: tx.ledger.account(
                tenant_id=self.tenant.id, kind=kind, owner_id=owner_id, currency=currency
            )
        )

    def open_link(self, bill: Bill, minor: int | None = None, *, by: Actor | None = None) -> Tried:
        """Ask for a payment page for a bill, send the call, and learn the link."""
        tried = self.ask_link(bill, minor, by=by)
        self.do(begin_call, attempt_id=tried.attempt.id)
        link = Pending(link="https://pay.example/1", provider_ref="ref-1")
        return self.answer(tried, link)

    def ask_link(self, bill: Bill, minor: int | None = None, *, by: Actor | None = None) -> Tried:
        """Ask for a payment page for a bill; nothing has left yet."""
        payment = self.do(
            open_bill_link,
            actor=by or self.ada,
            bill_id=bill.id,
            revision=bill.revision,
            amount=bill.rest if minor is None else naira(minor),
            configuration=self.configuration,
        )
        return self.tried(payment)

    def answer(self, tried: Tried, outcome: Outcome, *, is_cancelling: bool = False) -> Tried:
        """Record a provider's answer."""
        self.do(
            record_answer,
            attempt_id=tried.attempt.id,
            outcome=outcome,
            is_cancelling=is_cancelling,
        )
        return self.now(tried)

    def settle(self, tried: Tried, minor: int | None = None, *, capture: str = "cap-1") -> Tried:
        """Let the provider say that it took the money, whole unless told otherwise."""
        return self.answer(tried, settled(tried, minor, capture=capture))

    def tried(self, payment: Payment) -> Tried:
        """Return a payment with its newest attempt."""
        return self.look(
            lambda tx: Tried(tx.payments.get(payment.id), tx.payments.attempts(payment.id)[-1])
        )

    def now(self, tried: Tried) -> Tried:
        """Return the same payment and attempt as they stand."""
        return self.look(
            lambda tx: Tried(
                tx.payments.get(tried.payment.id), tx.payments.attempt(tried.attempt.id)
            )
        )

    def count(self, name: EventName) -> int:
        """Count how often something was told."""
        return self.told.count(name)


def _member(
    tx: SqlTransaction,
    tenant: Tenant,
    name: str,
    *,
    role: Role = Role.RESIDENT,
    unit_id: UnitId = NO_UNIT,
) -> Actor:
    pin_hash = "" if role is Role.RESIDENT else "hash of 2580"
    person = add_person(tx, name=name, pin_hash=pin_hash)
    add_member(tx, tenant, person, roles=[role], unit_id=unit_id)
    return actor_of(tx, person_id=person.id, tenant_id=tenant.id)


def live_with_ada(estate: Estate, role: Role = Role.ADMIN) -> Actor:
    """Let somebody in who shares Ada's second home, and has no part in the bills of her first."""
    (home,) = estate.cyd.unit_ids
    ada = estate.look(lambda tx: tx.people.person(estate.ada.person_id))
    estate.books.run(
        lambda tx: add_member(tx, estate.tenant, ada, roles=[Role.RESIDENT], unit_id=home)
    )
    return estate.member("Partner", role=role, unit_id=home)

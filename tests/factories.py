"""What every test builds with: time, chance, a database file, and records in it.

Records are made through the open transaction's own methods, so what a test stands on is what the
service would have written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from core.domain.bills import Acknowledgment, Bill, BillId, BillType
from core.domain.captures import CaptureKey
from core.domain.configurations import Configuration, ConfigurationId, Health, Keys, KeysId
from core.domain.ledger import (
    AccountId,
    AccountKind,
    Hold,
    HoldId,
    Journal,
    JournalId,
    JournalKind,
    Leg,
    Subject,
    fingerprint,
)
from core.domain.money import Currency, Money
from core.domain.payments import AttemptId, Method, Payment, PaymentId, Purpose
from core.domain.people import (
    NO_UNIT,
    Identity,
    IdentityId,
    Membership,
    MembershipId,
    Person,
    PersonId,
    Role,
    Unit,
    UnitId,
)
from core.domain.tenants import Policy, Tenant, TenantId, TenantKind
from core.domain.unmatched import Unmatched
from core.domain.wallets import TENANT_OWNED, Wallet, WalletId
from core.use_cases.unmatched import keep_apart, suspense
from storage.transaction import SqlTransaction
from tests.books import (
    CAUSE,
    NOW,
    SECRET,
    Books,
    FakeClock,
    SeededRandomness,
    end_test,
    new_file,
    open_books,
    open_database,
    ring,
)

__all__ = [
    "CAUSE",
    "CREDENTIALS",
    "NGN",
    "NOW",
    "PHONE",
    "SECRET",
    "USD",
    "Books",
    "FakeClock",
    "SeededRandomness",
    "add_bill",
    "add_configuration",
    "add_hold",
    "add_member",
    "add_payment",
    "add_person",
    "add_tenant",
    "add_unit",
    "add_wallet",
    "end_test",
    "naira",
    "new_file",
    "open_books",
    "open_database",
    "post",
    "ring",
    "top_up",
]

NGN: Final = Currency("NGN")
USD: Final = Currency("USD")
PHONE: Final = "+2348030000001"
CREDENTIALS: Final = {
    "secret_key": "sk_test_0123456789abcdef",
    "webhook_secret": "whsec_0123456789abcdef",
}


def naira(kobo: int) -> Money:
    """Return an amount in kobo."""
    return Money(kobo, NGN)


def add_tenant(
    tx: SqlTransaction,
    *,
    name: str = "Palm Court",
    currency: Currency = NGN,
    policy: Policy | None = None,
    **changes: Any,
) -> Tenant:
    """Store an estate in Lagos."""
    tenant = Tenant(
        id=TenantId(tx.new_id()),
        kind=TenantKind.ESTATE,
        name=name,
        currency=currency,
        country="NG",
        timezone="Africa/Lagos",
        policy=policy or Policy(),
        **changes,
    )
    tx.tenants.add(tenant)
    return tx.tenants.get(tenant.id)


def add_person(
    tx: SqlTransaction, *, name: str = "Ada", telegram_id: int | None = None, **changes: Any
) -> Person:
    """Store a person, with a Telegram identity where an id is given."""
    person = Person(id=PersonId(tx.new_id()), name=name, **changes)
    tx.people.add_person(person)
    if telegram_id is not None:
        identity = Identity(
            id=IdentityId(tx.new_id()),
            person_id=person.id,
            channel="telegram",
            external_id=telegram_id,
        )
        tx.people.add_identity(identity)
    return tx.people.person(person.id)


def add_unit(tx: SqlTransaction, tenant: Tenant, *, code: str = "A1") -> Unit:
    """Store a home."""
    unit = Unit(id=UnitId(tx.new_id()), tenant_id=tenant.id, code=code)
    tx.people.add_unit(unit)
    return unit


def add_member(
    tx: SqlTransaction,
    tenant: Tenant,
    person: Person,
    *,
    roles: Sequence[Role] = (Role.RESIDENT,),
    unit_id: UnitId = NO_UNIT,
) -> Membership:
    """Store an active membership."""
    membership = Membership(
        id=MembershipId(tx.new_id()),
        tenant_id=tenant.id,
        person_id=person.id,
        unit_id=unit_id,
        roles=frozenset(roles),
    )
    tx.people.add_membership(membership)
    return tx.people.membership(membership.id)


def add_wallet(
    tx: SqlTransaction,
    tenant: Tenant,
    *,
    owner_id: int = TENANT_OWNED,
    currency: Currency | None = None,
) -> Wallet:
    """Store a person's wallet, or the tenant's own, with its account."""
    currency = currency or tenant.currency
    kind = AccountKind.TENANT_WALLET if owner_id == TENANT_OWNED else AccountKind.MEMBER_WALLET
    account = tx.ledger.account(
        tenant_id=tenant.id, kind=kind, owner_id=owner_id, currency=currency
    )
    wallet = Wallet(
        id=WalletId(tx.new_id()),
        tenant_id=tenant.id,
        owner_id=owner_id,
        currency=currency,
        account_id=account.id,
    )
    tx.wallets.add(wallet)
    return tx.wallets.get(wallet.id)


def post(
    tx: SqlTransaction,
    tenant: Tenant,
    *legs: tuple[AccountId, AccountId, int],
    kind: JournalKind = JournalKind.TOP_UP,
    key: str | None = None,
    subject: Subject | None = None,
    hold_id: HoldId | None = None,
    currency: Currency | None = None,
) -> Journal:
    """Post a journal of legs (from, to, minor units)."""
    subject = subject or Subject(kind="test", id=1)
    lines = [
        Leg(source=a, target=b, amount=Money(minor, currency or tenant.currency))
        for a, b, minor in legs
    ]
    journal = Journal(
        id=JournalId(tx.new_id()),
        token=tx.token(),
        tenant_id=tenant.id,
        kind=kind,
        subject=subject,
        key=key or tx.key(22),
        fingerprint=fingerprint(kind, subject, lines),
        lines=len(lines),
        posted_at=tx.now,
    )
    tx.ledger.add_journal(journal, lines, hold_id=hold_id)
    return tx.ledger.journal(journal.id)


def keep_money(
    tx: SqlTransaction,
    tenant: Tenant,
    minor: int,
    *,
    capture: CaptureKey | None = None,
    payment: Payment | None = None,
    attempt_id: AttemptId | None = None,
    currency: Currency | None = None,
) -> Unmatched:
    """Let money arrive that fits no payment: from a bank, or as a provider's capture."""
    currency = currency or tenant.currency
    kept = suspense(tx, tenant_id=tenant.id, currency=currency)
    kind, owner_id = AccountKind.ADJUSTMENTS, 0
    if capture is not None:
        kind, owner_id = AccountKind.PROVIDER, int(capture.configuration_id)
    source = tx.ledger.account(tenant_id=tenant.id, kind=kind, owner_id=owner_id, currency=currency)
    journal = post(
        tx,
        tenant,
        (source.id, kept.id, minor),
        currency=currency,
        kind=JournalKind.SUSPENSE,
        key=str(capture) if capture else None,
        subject=None if payment is None else Subject(kind="payment", id=payment.id),
    )
    return keep_apart(
        tx,
        journal=journal,
        account=kept,
        amount=Money(minor, currency),
        capture=capture,
        payment_id=None if payment is None else payment.id,
        attempt_id=attempt_id,
    )


def top_up(tx: SqlTransaction, tenant: Tenant, wallet: Wallet, minor: int) -> Journal:
    """Put money into a wallet, as if a provider had settled it."""
    provider = tx.ledger.account(
        tenant_id=tenant.id, kind=AccountKind.PROVIDER, owner_id=1, currency=wallet.currency
    )
    return post(tx, tenant, (provider.id, wallet.account_id, minor), currency=wallet.currency)


def add_hold(tx: SqlTransaction, tenant: Tenant, wallet: Wallet, minor: int) -> Hold:
    """Reserve money of a wallet."""
    hold = Hold(
        id=HoldId(tx.new_id()),
        tenant_id=tenant.id,
        account_id=wallet.account_id,
        amount=Money(minor, wallet.currency),
        subject=Subject(kind="test", id=1),
        expires_at=None,
    )
    tx.ledger.add_hold(hold)
    return tx.ledger.hold(hold.id)


def add_bill(
    tx: SqlTransaction,
    tenant: Tenant,
    *,
    debtor: Person | None = None,
    unit_id: UnitId = NO_UNIT,
    total_minor: int = 100_000,
    due_on: date = date(2026, 3, 16),
    acknowledgment: Acknowledgment = Acknowledgment.PENDING,
    **changes: Any,
) -> Bill:
    """Store a bill of a person, or of a unit."""
    count = tx.tenants.next_number(tenant.id, kind="bill", year=tx.now.year)
    bill = Bill(
        id=BillId(tx.new_id()),
        tenant_id=tenant.id,
        number=f"BILL-{tx.now.year}-{count:06d}",
        unit_id=unit_id,
        debtor_id=None if debtor is None else debtor.id,
        type=BillType.SERVICE_CHARGE,
        title="Service charge",
        description="",
        currency=tenant.currency,
        total_minor=total_minor,
        due_on=due_on,
        issued_at=tx.now,
        issued_by=PersonId(1) if debtor is None else debtor.id,
        acknowledgment=(
            acknowledgment
            if acknowledgment is Acknowledgment.NOT_REQUIRED
            else Acknowledgment.PENDING
        ),
        **changes,
    )
    tx.bills.add(bill)
    if acknowledgment is Acknowledgment.ACKNOWLEDGED:
        tx.bills.replace(bill, bill.acknowledge(revision=bill.revision))
    return tx.bills.get(bill.id)


def add_payment(
    tx: SqlTransaction,
    tenant: Tenant,
    payer: Person,
    *,
    bill: Bill | None = None,
    minor: int = 100_000,
    method: Method = Method.PROVIDER,
) -> Payment:
    """Store a pending payment, of a bill or of a top-up."""
    payment = Payment(
        id=PaymentId(tx.new_id()),
        token=tx.token(),
        tenant_id=tenant.id,
        payer_id=payer.id,
        purpose=Purpose.TOP_UP if bill is None else Purpose.BILL,
        bill_id=None if bill is None else bill.id,
        method=method,
        currency=tenant.currency,
        amount_minor=minor,
        created_at=tx.now,
    )
    tx.payments.add(payment)
    return tx.payments.get(payment.id)


def add_configuration(
    tx: SqlTransaction,
    tenant: Tenant,
    *,
    provider: str = "sandbox",
    is_enabled: bool = True,
    credentials: Mapping[str, str] | None = None,
) -> Configuration:
    """Store a tenant's test configuration of a provider, with keys that work."""
    place = len(tx.configurations.owned(tenant.id))
    configuration = Configuration(
        id=ConfigurationId(tx.new_id()),
        tenant_id=tenant.id,
        provider=provider,
        is_test=True,
        is_enabled=False,
        place=place,
    )
    tx.configurations.add(configuration)
    keys = Keys(
        id=KeysId(tx.new_id()),
        configuration_id=configuration.id,
        made_at=tx.now,
        health=Health.WORKING,
    )
    tx.configurations.add_keys(keys, CREDENTIALS if credentials is None else credentials)
    in_use = replace(configuration.use(keys), is_enabled=is_enabled)
    return tx.configurations.replace(configuration, in_use)

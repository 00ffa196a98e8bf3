"""Bills: issue, acknowledge, pay from the wallet, amend, cancel."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from core.domain.acts import Event, EventName
from core.domain.bills import (
    MAX_DESCRIPTION,
    MAX_TITLE,
    Acknowledgment,
    Bill,
    BillId,
    BillType,
    Debtors,
    Life,
    owes,
)
from core.domain.calendar import local_date
from core.domain.errors import (
    BillDisputed,
    InsufficientFunds,
    InvalidAmount,
    InvalidInput,
    NotFound,
    PaymentOpen,
    PinNeeded,
    TooLong,
)
from core.domain.ledger import Account, Subject
from core.domain.money import MAX_MINOR, Money
from core.domain.payments import Receipt
from core.domain.people import NO_UNIT, Actor, MembershipStatus, PersonId, Scope, UnitId
from core.domain.tenants import Tenant
from core.ports import Transaction
from core.use_cases.payments import (
    allocate,
    check_no_interest,
    issue_receipt,
    pay_from_wallet,
)
from core.use_cases.reminders import plan_reminders, unplan_reminders
from core.use_cases.returns import give_back
from core.use_cases.wallets import open_wallet, wallet_account

MAX_DUE_AHEAD: Final = timedelta(days=5 * 366)
MAX_DUE_BEHIND: Final = timedelta(days=366)


def issue_bill(
    tx: Transaction,
    *,
    actor: Actor,
    unit_id: UnitId = NO_UNIT,
    debtor_id: PersonId | None = None,
    type_: BillType,
    title: str,
    total: Money,
    due_on: date,
    description: str = "",
) -> Bill:
    """Ask a unit or a person for money.

    Raises:
        NotAllowed: the actor lacks `bills:manage`.
        NotFound: the unit or person is not in the tenant.
        InvalidAmount, TooLong, InvalidInput: content we do not accept.
    """
    actor.check(Scope.BILLS_MANAGE, actor.tenant_id)
    tenant = tx.tenants.get(actor.tenant_id)
    tenant.check_open()
    _check_content(tx, tenant, title=title, description=description, total=total, due_on=due_on)
    _check_debtor(tx, tenant, unit_id=unit_id, debtor_id=debtor_id)
    must_ask = tenant.policy.must_acknowledge
    year = local_date(tx.now, tenant.timezone).year
    number = tx.tenants.next_number(tenant.id, kind="bill", year=year)
    bill = Bill(
        id=BillId(tx.new_id()),
        tenant_id=tenant.id,
        number=f"BILL-{year}-{number:06d}",
        unit_id=unit_id,
        debtor_id=debtor_id,
        type=type_,
        title=title.strip(),
        description=description.strip(),
        currency=total.currency,
        total_minor=total.minor,
        due_on=due_on,
        issued_at=tx.now,
        issued_by=actor.person_id,
        acknowledgment=Acknowledgment.PENDING if must_ask else Acknowledgment.NOT_REQUIRED,
    )
    issued = tx.bills.add(bill)
    plan_reminders(tx, bill=issued, tenant=tenant)
    _tell(tx, EventName.BILL_CREATED, issued)
    return issued


def check_due(due_on: date, *, today: date) -> None:
    """Let a due date pass that can be meant, before a bill is drafted and when it is issued.

    Raises:
        InvalidInput: more than a year back or five ahead of the tenant's local date.
    """
    if not today - MAX_DUE_BEHIND <= due_on <= today + MAX_DUE_AHEAD:
        example = (today + timedelta(days=14)).strftime("%d/%m/%Y")
        raise InvalidInput(what="due", example=example)


def own_bill(tx: Transaction, *, actor: Actor, bill_id: BillId) -> Bill:
    """Return a bill that the actor owes (his own, or his unit's).

    Raises:
        NotFound: there is none, or it is not his to see.
    """
    bill = tx.bills.get(bill_id)
    is_here = bill.tenant_id == actor.tenant_id
    if not is_here or not owes(bill, person_id=actor.person_id, unit_ids=actor.unit_ids):
        raise NotFound(kind="bill")
    return bill


def seen_bill(tx: Transaction, *, actor: Actor, bill_id: BillId) -> Bill:
    """Return a bill that the actor may look at: his own, or any with `bills:view`.

    Raises:
        NotFound: there is none, or it is not his to see.
    """
    bill = tx.bills.get(bill_id)
    if bill.tenant_id == actor.tenant_id and actor.has(Scope.BILLS_VIEW):
        return bill
    return own_bill(tx, actor=actor, bill_id=bill_id)


def debtors_of(actor: Actor) -> Debtors:
    """Return whose bills count as the actor's own."""
    return Debtors(tenant_id=actor.tenant_id, person_id=actor.person_id, unit_ids=actor.unit_ids)


def acknowledge_bill(tx: Transaction, *, actor: Actor, bill_id: BillId, revision: int) -> Bill:
    """Agree to owe a bill, in the revision that was shown.

    Raises:
        NotFound: it is not the actor's.
        StaleCard: another revision was shown.
        BillCancelled, IllegalTransition: nothing to agree to.
    """
    bill = own_bill(tx, actor=actor, bill_id=bill_id)
    acknowledged = tx.bills.replace(bill, bill.acknowledge(revision=revision))
    _tell(tx, EventName.BILL_ACKNOWLEDGED, bill, person_id=actor.person_id)
    return acknowledged


def check_wallet_payment(
    tx: Transaction, *, actor: Actor, bill_id: BillId, revision: int, amount: Money
) -> Bill:
    """Let a payment from the wallet pass, before it is confirmed and again when it happens.

    Raises:
        NotFound, StaleCard, NotAcknowledged, BillDisputed, BillSettled, BillCancelled: the bill.
        InvalidAmount, BelowMinimum, AboveRest: the amount.
        PaymentOpen: a waiting link payment asks for the rest.
        WalletFrozen, InsufficientFunds, PinNeeded: the wallet or the person.
    """
    checked = _checked(tx, actor=actor, bill_id=bill_id, revision=revision, amount=amount)
    return checked.bill


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """What was looked at to let a payment pass: read once, as it stands in this transaction."""

    bill: Bill
    tenant: Tenant
    source: Account


def _checked(
    tx: Transaction, *, actor: Actor, bill_id: BillId, revision: int, amount: Money
) -> _Checked:
    bill = own_bill(tx, actor=actor, bill_id=bill_id)
    tenant = tx.tenants.get(bill.tenant_id)
    tenant.check_open()
    bill.check_revision(revision)
    bill.check_payable()
    most = wallet_rest(tx, bill=bill)
    if not most.is_positive:
        raise asked_for(tx, bill=bill, payer_id=actor.person_id)
    bill.check_part(amount, least=tenant.least_part(bill.total), most=most)
    _check_pinless(tx, tenant, actor, amount)
    wallet = open_wallet(tx, tenant_id=tenant.id, owner_id=actor.person_id, currency=bill.currency)
    wallet.check_debit()
    source = wallet_account(tx, wallet=wallet)
    if source.available < amount:
        raise InsufficientFunds(
            missing=amount - source.available, available=source.available, bill=bill
        )
    return _Checked(bill=bill, tenant=tenant, source=source)


def pay_bill(
    tx: Transaction, *, actor: Actor, bill_id: BillId, revision: int, amount: Money, key: str
) -> tuple[Bill, Receipt]:
    """Pay a bill, or a part of it, from the actor's wallet.

    `key` is the intent: the same one never pays twice. Raises as `check_wallet_payment`, and
    KeyReused, MoneyStopped.
    """
    checked = _checked(tx, actor=actor, bill_id=bill_id, revision=revision, amount=amount)
    bill, source = checked.bill, checked.source
    payment, journal = pay_from_wallet(
        tx, bill=bill, payer_id=actor.person_id, source=source, amount=amount, key=key
    )
    after = allocate(tx, bill=bill, payment=payment, journal=journal, amount=amount, line=1)
    receipt = issue_receipt(
        tx,
        tenant=checked.tenant,
        payment=payment,
        journal=journal,
        payer=source.id,
        amount=amount,
        settled=amount,
    )
    if not after.rest.is_positive:
        unplan_reminders(tx, bill_id=bill_id)
    return after, receipt


def wallet_rest(tx: Transaction, *, bill: Bill) -> Money:
    """Return what may still be paid at once: the rest that no waiting link asks for."""
    return Money(max(0, bill.rest.minor - tx.payments.open_minor(bill.id)), bill.currency)


def asked_for(tx: Transaction, *, bill: Bill, payer_id: PersonId) -> PaymentOpen:
    """Return the refusal of a bill whose whole rest is asked for: by which payment of his, if any.

    `payment_id` is missing where only others of the household are about to pay.
    """
    own = tx.payments.open_for(bill.id, payer_id)
    return PaymentOpen(bill=bill) if own is None else PaymentOpen(bill=bill, payment_id=own.id)


def amend_bill(
    tx: Transaction, *, actor: Actor, bill_id: BillId, revision: int, total: Money, reason: str
) -> Bill:
    """Ask for another amount; what was paid beyond it goes back to the payers' wallets.

    Raises:
        NotAllowed: the actor lacks `bills:manage`; OwnBill: he has a part in it.
        StaleCard: another revision was shown.
        BillDisputed: whoever ends the dispute amends it (`amend_disputed`).
        InvalidAmount, BillCancelled: nothing to amend.
        InsufficientFunds: the tenant wallet cannot give the excess back.
    """
    actor.check(Scope.BILLS_MANAGE, actor.tenant_id)
    bill = _to_change(tx, actor, bill_id, revision)
    return put_amended(tx, actor=actor, bill=bill, amended=bill.amend(total=total), reason=reason)


def put_amended(tx: Transaction, *, actor: Actor, bill: Bill, amended: Bill, reason: str) -> Bill:
    """Store an amended bill, giving back what was paid beyond its total (no scope check)."""
    excess = Money(bill.paid.minor - amended.total_minor, bill.currency)
    if excess.is_positive:
        key = f"amend:{bill.id}:{amended.revision}"
        give_back(tx, actor=actor, bill=bill, amount=excess, key=key)
        amended = amended.give_back(excess)
    note_id = tx.add_note(bill.tenant_id, reason)
    stored = tx.bills.replace(bill, amended, note_id=note_id)
    plan_reminders(tx, bill=stored, tenant=tx.tenants.get(bill.tenant_id))
    _tell(tx, EventName.BILL_AMENDED, stored)
    return stored


def cancel_bill(
    tx: Transaction, *, actor: Actor, bill_id: BillId, revision: int, reason: str
) -> Bill:
    """Take a bill back; what was paid goes back to the payers' wallets.

    Raises:
        NotAllowed: the actor lacks `bills:manage`; OwnBill: he has a part in it.
        StaleCard: another revision was shown.
        BillDisputed: whoever ends the dispute cancels it (`cancel_disputed`).
        BillCancelled: it was cancelled before.
        InsufficientFunds: the tenant wallet cannot give back what was paid.
    """
    actor.check(Scope.BILLS_MANAGE, actor.tenant_id)
    bill = _to_change(tx, actor, bill_id, revision)
    return put_cancelled(tx, actor=actor, bill=bill, reason=reason)


def put_cancelled(tx: Transaction, *, actor: Actor, bill: Bill, reason: str) -> Bill:
    """Store a cancelled bill, giving back what was paid (no scope check)."""
    cancelled = bill.cancel()
    if bill.paid.is_positive:
        give_back(tx, actor=actor, bill=bill, amount=bill.paid, key=f"cancel:{bill.id}")
        cancelled = cancelled.give_back(bill.paid)
    note_id = tx.add_note(bill.tenant_id, reason)
    stored = tx.bills.replace(bill, cancelled, note_id=note_id)
    unplan_reminders(tx, bill_id=bill.id)
    _tell(tx, EventName.BILL_CANCELLED, bill)
    return stored


def _to_change(tx: Transaction, actor: Actor, bill_id: BillId, revision: int) -> Bill:
    bill = tx.bills.get(bill_id)
    if bill.tenant_id != actor.tenant_id:
        raise NotFound(kind="bill")
    bill.check_revision(revision)
    check_no_interest(tx, actor=actor, bill=bill)
    if bill.life is Life.OPEN and bill.acknowledgment is Acknowledgment.DISPUTED:
        raise BillDisputed(bill=bill)
    return bill


def _check_pinless(tx: Transaction, tenant: Tenant, actor: Actor, amount: Money) -> None:
    if tenant.pinless < amount and not tx.people.person(actor.person_id).has_pin:
        raise PinNeeded(most=tenant.pinless)


def _check_content(
    tx: Transaction, tenant: Tenant, *, title: str, description: str, total: Money, due_on: date
) -> None:
    if total.currency != tenant.currency or not 0 < total.minor <= MAX_MINOR:
        raise InvalidAmount(text=str(total.minor), reason="positive")
    if not title.strip():
        raise InvalidInput(what="title", example="Service charge, March")
    if len(title.strip()) > MAX_TITLE:
        raise TooLong(limit=MAX_TITLE)
    if len(description.strip()) > MAX_DESCRIPTION:
        raise TooLong(limit=MAX_DESCRIPTION)
    check_due(due_on, today=local_date(tx.now, tenant.timezone))


def _check_debtor(
    tx: Transaction, tenant: Tenant, *, unit_id: UnitId, debtor_id: PersonId | None
) -> None:
    if (unit_id == NO_UNIT) == (debtor_id is None):
        raise InvalidInput(what="debtor", example="A-14")
    if unit_id != NO_UNIT:
        if tx.people.unit(unit_id).tenant_id != tenant.id:
            raise NotFound(kind="unit")
        return
    members = tx.people.memberships_of(debtor_id) if debtor_id else ()
    if not any(m.tenant_id == tenant.id and m.status is not MembershipStatus.LEFT for m in members):
        raise NotFound(kind="person")


def _tell(tx: Transaction, name: EventName, bill: Bill, *, person_id: int = 0) -> None:
    subject = Subject(kind="bill", id=bill.id)
    tx.events.append(
        Event(name=name, tenant_id=bill.tenant_id, subject=subject, person_id=person_id)
    )

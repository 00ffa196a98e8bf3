"""What a provider captured: credited exactly once, under the provider's own id of the capture.

The key is (configuration, the provider's id), the same from webhook, look-up and reconcile. Money
that arrives and fits nothing goes to the payer's wallet; money that disagrees with what we asked
goes to suspense and the desk.
"""

from dataclasses import replace
from enum import StrEnum

from core.domain.acts import EventName
from core.domain.bills import Bill
from core.domain.errors import KeyReused, Refusal
from core.domain.ledger import Account, AccountKind, Journal, JournalKind, Leg, Subject
from core.domain.money import Money
from core.domain.payments import Attempt, Payment
from core.domain.providers import Settled
from core.domain.tenants import FeeBearer, Tenant
from core.domain.wallets import WalletStatus
from core.ports import Transaction
from core.use_cases.capture_fees import await_fees, book_late_fee, fee_legs, fee_told
from core.use_cases.ledger import post
from core.use_cases.payments import (
    allocate,
    issue_receipt,
    repay,
    tell,
    tenant_wallet,
)
from core.use_cases.reminders import unplan_reminders
from core.use_cases.unmatched import keep_apart, suspense
from core.use_cases.wallets import open_wallet, wallet_account


class Taken(StrEnum):
    """What became of what a provider says it took."""

    CREDITED = "credited"
    KEPT_APART = "kept_apart"
    """It is posted, to suspense: nothing is left to ask the provider."""
    NOTHING = "nothing"
    """It is no money, or another payment's: the provider has not said what became of ours."""


def credit_captures(tx: Transaction, *, attempt: Attempt, settled: Settled) -> Taken:
    """Post every capture that was not posted before; return the least of what became of them.

    Raises:
        KeyReused: a capture came back with another amount than it was credited with.
    """
    captures = (settled, *settled.more)
    results = {_credit(tx, attempt, capture) for capture in captures}
    if Taken.CREDITED in results:
        await_fees(tx, attempt=attempt, captures=captures)
    return next(taken for taken in reversed(Taken) if taken in results)


def keep_receipt(tx: Transaction, *, attempt: Attempt, settled: Settled) -> Attempt:
    """Keep the number by which the payer knows a capture; a look-up may not have told it."""
    if settled.receipt in {"", attempt.receipt}:
        return attempt
    return tx.payments.replace_attempt(attempt, replace(attempt, receipt=settled.receipt))


def _credit(tx: Transaction, attempt: Attempt, capture: Settled) -> Taken:
    key = str(attempt.key_of(capture.provider_id))
    posted = tx.ledger.journal_by_key(attempt.tenant_id, key)
    if posted is not None:
        _check_same(tx, posted, capture)
        if posted.subject.id != attempt.payment_id:
            return Taken.NOTHING
        if posted.kind is JournalKind.SUSPENSE:
            return _apart(attempt, capture)
        book_late_fee(tx, attempt=attempt, capture=capture, posted=posted)
        return Taken.CREDITED
    if not capture.captured.is_positive:
        return Taken.NOTHING
    if _is_of_another_tenant(tx, attempt, capture):
        return Taken.NOTHING
    payment = tx.payments.get(attempt.payment_id)
    if not _agrees(tx, attempt, payment, capture):
        return _suspend(tx, attempt, payment, capture, key)
    return _credit_payer(tx, attempt, payment, capture, key)


def _check_same(tx: Transaction, posted: Journal, capture: Settled) -> None:
    first = tx.ledger.transfers(posted.id)[0]
    if first.leg.amount != capture.captured:
        raise KeyReused(key=posted.key)


def _is_of_another_tenant(tx: Transaction, attempt: Attempt, capture: Settled) -> bool:
    """Tell whether an account that tenants share names another's attempt: that one is credited."""
    if capture.reference == attempt.reference:
        return False
    named = tx.payments.attempt_by_reference(attempt.configuration_id, capture.reference)
    return named is not None and named.tenant_id != attempt.tenant_id


def _agrees(tx: Transaction, attempt: Attempt, payment: Payment, capture: Settled) -> bool:
    configuration = tx.configurations.get(attempt.configuration_id)
    return (
        capture.reference == attempt.reference
        and capture.captured.currency == payment.currency
        and capture.is_test == configuration.is_test
    )


def _suspend(
    tx: Transaction, attempt: Attempt, payment: Payment, capture: Settled, key: str
) -> Taken:
    source = _provider_account(tx, attempt, capture.captured)
    target = suspense(tx, tenant_id=attempt.tenant_id, currency=capture.captured.currency)
    journal = post(
        tx,
        tenant_id=attempt.tenant_id,
        kind=JournalKind.SUSPENSE,
        subject=Subject(kind="payment", id=payment.id),
        key=key,
        legs=[Leg(source=source.id, target=target.id, amount=capture.captured)],
    )
    keep_apart(
        tx,
        journal=journal,
        account=target,
        amount=capture.captured,
        capture=attempt.key_of(capture.provider_id),
        reference=attempt.reference,
        payment_id=payment.id,
        attempt_id=attempt.id,
    )
    if said := payer_as_told(capture):
        # Beside the journal in the same act; the capture's id says which of several it is.
        tx.add_note(attempt.tenant_id, f"{capture.provider_id} {said}")
    tell(tx, name=EventName.MONEY_UNMATCHED, payment=payment, other_id=journal.id)
    return _apart(attempt, capture)


def payer_as_told(capture: Settled) -> str:
    """Return what the provider says of the payer: a masked card or account, its own number."""
    label = "" if capture.method is None else capture.method.label
    return " · ".join(part for part in (label, capture.receipt) if part)


def _apart(attempt: Attempt, capture: Settled) -> Taken:
    """Tell whether what was kept apart is ours: else the provider still owes us an answer."""
    return Taken.KEPT_APART if capture.reference == attempt.reference else Taken.NOTHING


def _credit_payer(
    tx: Transaction, attempt: Attempt, payment: Payment, capture: Settled, key: str
) -> Taken:
    tenant = tx.tenants.get(payment.tenant_id)
    wallet = open_wallet(
        tx, tenant_id=tenant.id, owner_id=payment.payer_id, currency=payment.currency
    )
    if wallet.status is WalletStatus.CLOSED:
        return _suspend(tx, attempt, payment, capture, key)
    payer = wallet_account(tx, wallet=wallet)
    receiver = tenant_wallet(tx, tenant_id=tenant.id, currency=payment.currency)
    was_open = payment.is_open
    bill = None if payment.bill_id is None else tx.bills.get(payment.bill_id)
    settled = _part_for_bill(tenant, payment, bill, capture)
    legs = [
        Leg(
            source=_provider_account(tx, attempt, capture.captured).id,
            target=payer.id,
            amount=capture.captured,
        )
    ]
    if settled.is_positive:
        legs.append(Leg(source=payer.id, target=receiver.account_id, amount=settled))
    legs += fee_legs(
        tx, attempt=attempt, tenant=tenant, payer=payer, capture=capture, settled=settled
    )
    journal = post(
        tx,
        tenant_id=tenant.id,
        kind=JournalKind.TOP_UP if bill is None else JournalKind.LINK_PAYMENT,
        subject=Subject(kind="payment", id=payment.id),
        key=key,
        legs=legs,
    )
    repay(tx, wallet=wallet, because=journal)
    repay(tx, wallet=receiver, because=journal)
    completed = tx.payments.replace(payment, payment.complete(capture.captured, at=tx.now))
    if bill is not None and settled.is_positive:
        line = len(tx.payments.allocations_of(payment.id)) + 1
        after = allocate(
            tx, bill=bill, payment=completed, journal=journal, amount=settled, line=line
        )
        if not after.rest.is_positive:
            unplan_reminders(tx, bill_id=bill.id)
    issue_receipt(
        tx,
        tenant=tenant,
        payment=completed,
        journal=journal,
        payer=payer.id,
        amount=capture.captured,
        settled=settled,
    )
    _tell(tx, completed, journal, was_open=was_open, has_surplus=settled < capture.captured)
    return Taken.CREDITED


def _tell(
    tx: Transaction, payment: Payment, journal: Journal, *, was_open: bool, has_surplus: bool
) -> None:
    if not was_open:
        tell(tx, name=EventName.PAYMENT_LATE_CAPTURE, payment=payment, other_id=journal.id)
    if payment.bill_id is None:
        tell(tx, name=EventName.WALLET_TOPPED_UP, payment=payment, other_id=journal.id)
    elif has_surplus:
        tell(tx, name=EventName.SURPLUS_KEPT, payment=payment, other_id=journal.id)


def _part_for_bill(tenant: Tenant, payment: Payment, bill: Bill | None, capture: Settled) -> Money:
    nothing = Money(0, capture.captured.currency)
    if bill is None or not payment.is_open:
        return nothing
    try:
        bill.check_payable()
    except Refusal:
        return nothing
    fee = fee_told(capture)
    reaches = capture.captured
    if fee is not None and tenant.fee_bearer is FeeBearer.PAYER:
        reaches = Money(max(0, reaches.minor - fee.minor), reaches.currency)
    return min(reaches, bill.rest)


def _provider_account(tx: Transaction, attempt: Attempt, amount: Money) -> Account:
    return tx.ledger.account(
        tenant_id=attempt.tenant_id,
        kind=AccountKind.PROVIDER,
        owner_id=attempt.configuration_id,
        currency=amount.currency,
    )

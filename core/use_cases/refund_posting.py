"""Refunds in the books: held money posted, late money covered, what came back put somewhere.

What a provider has moved is always posted, once under its key. Where a wallet cannot cover it, the
rest comes from what its owner owes.
"""

from dataclasses import replace

from core.domain.acts import EventName
from core.domain.configurations import ConfigurationId
from core.domain.errors import IllegalTransition
from core.domain.ledger import Account, AccountKind, Journal, JournalKind, Leg, Subject
from core.domain.money import Money
from core.domain.payments import AttemptId, Payment
from core.domain.refunds import CHECK, REPEAT, Destination, Origin, Refund, RefundId, RefundStatus
from core.domain.unmatched import Unmatched
from core.domain.wallets import TENANT_OWNED, Wallet, WalletStatus
from core.ports import Transaction
from core.use_cases.ledger import post, post_hold
from core.use_cases.payments import tenant_account
from core.use_cases.refund_counts import count_done, count_late, kept_apart
from core.use_cases.refundable import left_to_refund, refundable_of
from core.use_cases.refunds import count_return, tell_refund
from core.use_cases.unmatched import keep_apart, suspense
from core.use_cases.wallets import open_wallet, wallet_account


def refund_key(configuration_id: ConfigurationId, provider_id: str) -> str:
    """Return the key under which a provider's refund is posted, once."""
    return f"refund:{configuration_id}:{provider_id}"


def complete_held(tx: Transaction, *, refund: Refund, key: str) -> Refund:
    """Post what was held for a refund that its provider has made.

    Raises:
        IllegalTransition: nothing was held for it.
        MoneyStopped: the books are being checked.
    """
    if refund.hold_id is None:
        raise IllegalTransition(machine="refund", from_status=refund.status, to_status="completed")
    own = tx.ledger.hold(refund.hold_id).account_id
    leg = Leg(source=own, target=_provider(tx, refund).id, amount=refund.amount)
    journal = post_hold(tx, hold_id=refund.hold_id, legs=[leg], kind=JournalKind.REFUND, key=key)
    done = _end(tx, refund, journal)
    count_done(tx, refund=done)
    return done


def complete_late(tx: Transaction, *, refund: Refund, key: str) -> Refund:
    """Post a refund that its provider made after we had let it go; it must fit."""
    kept = kept_apart(tx, refund=refund)
    if kept is None:
        payment = tx.payments.get(refund.paid_id)
        journal = _post_uncovered(tx, payment, refund, key)
    else:
        journal = _post_kept(tx, kept, refund, key)
    done = _end(tx, refund, journal)
    count_late(tx, refund=done)
    return done


def book_found(
    tx: Transaction,
    *,
    payment: Payment,
    attempt_id: AttemptId,
    configuration_id: ConfigurationId,
    capture: str,
    amount: Money,
    key: str,
) -> Refund:
    """Post what a provider gave back without our asking, or beyond what we may ask for."""
    refund_id = RefundId(tx.new_id())
    found = tx.refunds.add(
        Refund(
            id=refund_id,
            tenant_id=payment.tenant_id,
            payment_id=payment.id,
            payer_id=payment.payer_id,
            reference=f"hzf{refund_id:x}",
            currency=payment.currency,
            amount_minor=amount.minor,
            destination=Destination.ORIGINAL,
            origin=Origin.PROVIDER,
            requested_at=tx.now,
            attempt_id=attempt_id,
            configuration_id=configuration_id,
            capture=capture,
            sent_at=tx.now,
            status=RefundStatus.PROCESSING,
        )
    )
    journal = _post_uncovered(tx, payment, found, key)
    done = _end(tx, found, journal, name=EventName.REFUND_FOUND)
    before = tx.refunds.refundable(payment)
    tx.refunds.replace_refundable(before, before.grown(payment).take_back(amount))
    return done


def _post_uncovered(tx: Transaction, payment: Payment, refund: Refund, key: str) -> Journal:
    """Move what nobody held: the bill's part from the tenant, the rest from the payer."""
    refundable = refundable_of(tx, payment=payment)
    of_tenant = min(refund.amount, left_to_refund(tx, payment=payment, refundable=refundable))
    of_payer = refund.amount - of_tenant
    target = _provider(tx, refund)
    legs: list[Leg] = []
    if of_tenant.is_positive:
        own = tenant_account(tx, tenant_id=payment.tenant_id, amount=of_tenant)
        legs += covered_legs(tx, source=own, amount=of_tenant, target=target)
    if of_payer.is_positive:
        wallet = open_wallet(
            tx, tenant_id=payment.tenant_id, owner_id=payment.payer_id, currency=payment.currency
        )
        legs += covered_legs(
            tx, source=wallet_account(tx, wallet=wallet), amount=of_payer, target=target
        )
    return post(
        tx,
        tenant_id=payment.tenant_id,
        kind=JournalKind.REFUND,
        subject=Subject(kind="refund", id=refund.id),
        key=key,
        legs=legs,
    )


def _post_kept(tx: Transaction, kept: Unmatched, refund: Refund, key: str) -> Journal:
    """Move what is still free of money that was kept apart; the rest the tenant owes."""
    target = _provider(tx, refund).id
    covered = min(kept.free, refund.amount)
    owed = tx.ledger.account(
        tenant_id=refund.tenant_id,
        kind=AccountKind.OWED,
        owner_id=TENANT_OWNED,
        currency=refund.currency,
    )
    parts = ((kept.account_id, covered), (owed.id, refund.amount - covered))
    return post(
        tx,
        tenant_id=refund.tenant_id,
        kind=JournalKind.REFUND,
        subject=Subject(kind="refund", id=refund.id),
        key=key,
        legs=[
            Leg(source=source, target=target, amount=part)
            for source, part in parts
            if part.is_positive
        ],
    )


def covered_legs(tx: Transaction, *, source: Account, amount: Money, target: Account) -> list[Leg]:
    """Return legs that take an amount from an account, what is missing from what its owner owes."""
    missing = amount - Money(max(0, source.available.minor), amount.currency)
    legs = []
    if missing.is_positive:
        owed = tx.ledger.account(
            tenant_id=source.tenant_id,
            kind=AccountKind.OWED,
            owner_id=source.owner_id,
            currency=amount.currency,
        )
        legs.append(Leg(source=owed.id, target=source.id, amount=missing))
    return [*legs, Leg(source=source.id, target=target.id, amount=amount)]


def _end(
    tx: Transaction,
    refund: Refund,
    journal: Journal,
    *,
    name: EventName = EventName.REFUND_COMPLETED,
) -> Refund:
    count_return(tx, refund=refund, journal_id=journal.id)
    moved = refund.move(RefundStatus.COMPLETED, at=tx.now)
    done = tx.refunds.replace(refund, replace(moved, journal_id=journal.id, error=None))
    tx.work.unplan(CHECK, REPEAT, subject=refund.id)
    tell_refund(tx, name=name, refund=done)
    return done


def charge_refund_fee(tx: Transaction, *, refund: Refund, fee: Money | None) -> None:
    """Book what the provider charged the tenant for giving money back."""
    is_ours = refund.status is RefundStatus.COMPLETED and refund.configuration_id is not None
    if fee is None or not fee.is_positive or fee.currency != refund.currency or not is_ours:
        return
    own = tenant_account(tx, tenant_id=refund.tenant_id, amount=fee)
    fees = tx.ledger.account(
        tenant_id=refund.tenant_id,
        kind=AccountKind.PROVIDER_FEES,
        owner_id=refund.configuration_id or 0,
        currency=fee.currency,
    )
    post(
        tx,
        tenant_id=refund.tenant_id,
        kind=JournalKind.PROVIDER_FEE,
        subject=Subject(kind="refund", id=refund.id),
        key=f"refund-fee:{refund.id}",
        legs=covered_legs(tx, source=own, amount=fee, target=fees),
    )


def book_returned(tx: Transaction, *, refund: Refund, part: Money | None = None) -> Refund:
    """Put money that came back where it was: the payer's wallet, his bill asks for it again.

    What was kept apart before, and what belongs to a closed wallet, is kept apart. `part` is what
    came back, None for all that was still gone.

    Raises:
        IllegalTransition: it, or so much of it, had not gone out.
    """
    amount = part or Money(refund.away_minor, refund.currency)
    back = refund.come_back(amount, at=tx.now)
    key = f"refund-return:{refund.id}"
    kept = kept_apart(tx, refund=refund)
    target = suspense(tx, tenant_id=refund.tenant_id, currency=refund.currency)
    wallet = None if kept else _payers_wallet(tx, refund)
    is_open = wallet is not None and wallet.status is not WalletStatus.CLOSED
    journal = post(
        tx,
        tenant_id=refund.tenant_id,
        kind=JournalKind.REFUND_RETURN,
        subject=Subject(kind="refund", id=refund.id),
        key=f"{key}:{refund.returned_minor}" if refund.returned_minor else key,
        legs=[
            Leg(
                source=_provider(tx, refund).id,
                target=wallet.account_id if wallet and is_open else target.id,
                amount=amount,
            )
        ],
    )
    if not is_open:
        keep_apart(
            tx,
            journal=journal,
            account=target,
            amount=amount,
            capture=kept.key if kept else None,
            reference=kept.reference if kept else "",
            payment_id=kept.payment_id if kept else refund.payment_id,
            attempt_id=refund.attempt_id,
        )
    stored = tx.refunds.replace(refund, back)
    if refund.origin is Origin.PROVIDER:
        payment = tx.payments.get(refund.paid_id)
        before = tx.refunds.refundable(payment)
        tx.refunds.replace_refundable(before, before.grown(payment).come_back(amount))
    tell_refund(tx, name=EventName.REFUND_RETURNED, refund=stored)
    return stored


def _payers_wallet(tx: Transaction, refund: Refund) -> Wallet:
    payer_id = tx.payments.get(refund.paid_id).payer_id
    return open_wallet(tx, tenant_id=refund.tenant_id, owner_id=payer_id, currency=refund.currency)


def _provider(tx: Transaction, refund: Refund) -> Account:
    return tx.ledger.account(
        tenant_id=refund.tenant_id,
        kind=AccountKind.PROVIDER,
        owner_id=refund.configuration_id or 0,
        currency=refund.currency,
    )

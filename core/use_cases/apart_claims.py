"""Claims of payers' banks to money that was kept apart: it waits, and what is lost is booked.

While one is open the desk neither matches that money nor sends it back. What the bank took comes
first out of what is still kept apart, then from the members it was given to, and from what they, or
the tenant, owe where that is not enough.
"""

from dataclasses import replace

from core.domain.acts import Event, EventName
from core.domain.chargebacks import Chargeback, ChargebackId
from core.domain.differences import Difference, DifferenceId, DifferenceKind
from core.domain.ledger import (
    Account,
    AccountKind,
    Journal,
    JournalId,
    JournalKind,
    Leg,
    Subject,
)
from core.domain.money import Money
from core.domain.payments import Attempt
from core.domain.people import PersonId
from core.domain.providers import Settled
from core.domain.refunds import GONE, OPEN, RefundStatus
from core.domain.unmatched import Unmatched, UnmatchedId
from core.domain.wallets import TENANT_OWNED
from core.ports import Transaction
from core.use_cases.ledger import post
from core.use_cases.refund_posting import covered_legs, refund_key
from core.use_cases.refunds import give_up
from core.use_cases.wallets import open_wallet, wallet_account


def kept_of(tx: Transaction, *, attempt: Attempt, capture: Settled) -> Unmatched | None:
    """Return where a capture was kept apart, None where it is elsewhere, or in no books."""
    key = str(attempt.key_of(capture.provider_id))
    posted = tx.ledger.journal_by_key(attempt.tenant_id, key)
    kept = None if posted is None else tx.unmatched.find(UnmatchedId(posted.id))
    if kept is None or kept.payment_id != attempt.payment_id:
        return None
    return kept


def add_apart_claim(
    tx: Transaction, *, attempt: Attempt, capture: Settled, kept: Unmatched, claimed: Money | None
) -> Chargeback | None:
    """Keep a claim to money that was kept apart; refunds of it that were not sent are given up.

    None where its currency is not the payment's, which no claim of the payment can have: the desk
    is told.
    """
    if kept.currency != tx.payments.get(attempt.payment_id).currency:
        _note_foreign(tx, attempt, kept, claimed)
        return None
    known = tx.chargebacks.add(
        new_claim(
            tx,
            attempt=attempt,
            capture=capture,
            left=left_apart(tx, kept=kept),
            claimed=claimed,
            unmatched_id=kept.id,
        )
    )
    for refund in tx.refunds.of_unmatched(kept.id):
        if refund.status in {RefundStatus.PENDING, RefundStatus.APPROVED}:
            give_up(tx, refund=refund)
    return known


def _note_foreign(
    tx: Transaction, attempt: Attempt, kept: Unmatched, claimed: Money | None
) -> None:
    """Put a claim to money in another currency on the desk, once; nothing is booked."""
    amount = claimed or left_apart(tx, kept=kept)
    told = Difference(
        id=DifferenceId(tx.new_id()),
        tenant_id=attempt.tenant_id,
        configuration_id=attempt.configuration_id,
        kind=DifferenceKind.CLAIMED,
        provider_id=kept.capture,
        reference=attempt.reference,
        currency=amount.currency,
        listed_minor=amount.minor,
        booked_currency=kept.currency,
        booked_minor=kept.amount_minor,
        found_at=tx.now,
        payment_id=kept.payment_id,
    )
    if tx.differences.has(told):
        return
    tx.differences.add(told)
    tx.events.append(
        Event(
            name=EventName.MONEY_DIFFERS,
            tenant_id=told.tenant_id,
            subject=Subject(kind="difference", id=told.id),
        )
    )


def is_out_of_reach(tx: Transaction, *, attempt: Attempt, capture: Settled) -> bool:
    """Tell whether a look-up says of money that was kept apart what no claim of ours can hold.

    It is lost in another currency than its payment's, or a bank gave back what was booked as lost:
    a human must look for it.
    """
    kept = kept_of(tx, attempt=attempt, capture=capture)
    if kept is None:
        return False
    lost_minor = 0 if capture.lost is None else capture.lost.minor
    if kept.currency != tx.payments.get(attempt.payment_id).currency:
        return lost_minor > 0
    return lost_minor < _lost_minor(tx, kept)


def new_claim(
    tx: Transaction,
    *,
    attempt: Attempt,
    capture: Settled,
    left: Money,
    claimed: Money | None,
    taken_before_minor: int = 0,
    unmatched_id: UnmatchedId | None = None,
) -> Chargeback:
    """Return a claim to what is left of a capture, or to a part: what the event said, if it can be.

    It is not stored yet.
    """
    is_part = claimed is not None and claimed.currency == left.currency and claimed < left
    return Chargeback(
        id=ChargebackId(tx.new_id()),
        tenant_id=attempt.tenant_id,
        payment_id=attempt.payment_id,
        attempt_id=attempt.id,
        configuration_id=attempt.configuration_id,
        capture=capture.provider_id,
        currency=left.currency,
        amount_minor=claimed.minor if claimed is not None and is_part else left.minor,
        opened_at=tx.now,
        is_followed=capture.is_disputed is not None,
        taken_before_minor=taken_before_minor,
        unmatched_id=unmatched_id,
    )


def left_apart(tx: Transaction, *, kept: Unmatched) -> Money:
    """Return what a bank can still take of money that was kept apart, wherever it is now."""
    gone = sum(
        each.amount_minor for each in tx.refunds.of_unmatched(kept.id) if each.status in GONE
    )
    return Money(max(0, kept.amount_minor - gone - _lost_minor(tx, kept)), kept.currency)


def gone_apart(tx: Transaction, *, kept: Unmatched) -> Money:
    """Return what of it has gone, or may have: refunds of ours, and what banks took."""
    counted = GONE | OPEN
    ours = sum(
        each.amount_minor for each in tx.refunds.of_unmatched(kept.id) if each.status in counted
    )
    return Money(ours + _lost_minor(tx, kept), kept.currency)


def lose_apart(tx: Transaction, *, claim: Chargeback, kept: Unmatched, lost: Money) -> Chargeback:
    """Book what a bank took of money that was kept apart; return the claim with its journal."""
    amount = min(lost, left_apart(tx, kept=kept))
    if not amount.is_positive:
        return claim
    target = tx.ledger.account(
        tenant_id=kept.tenant_id,
        kind=AccountKind.PROVIDER,
        owner_id=claim.configuration_id,
        currency=kept.currency,
    )
    here = min(amount, kept.free)
    legs = [Leg(source=kept.account_id, target=target.id, amount=here)] if here.is_positive else []
    legs += _from_members(tx, kept, amount - here, target)
    journal = _post(tx, claim, legs)
    if here.is_positive:
        tx.unmatched.give(kept, kept.give(here), journal_id=journal.id)
    _tell_members(tx, claim, journal, legs)
    return replace(claim, journal_id=journal.id)


def _post(tx: Transaction, claim: Chargeback, legs: list[Leg]) -> Journal:
    return post(
        tx,
        tenant_id=claim.tenant_id,
        kind=JournalKind.REFUND,
        subject=Subject(kind="chargeback", id=claim.id),
        key=refund_key(claim.configuration_id, f"claim:{claim.id}"),
        legs=legs,
    )


def _from_members(tx: Transaction, kept: Unmatched, amount: Money, target: Account) -> list[Leg]:
    """Take an amount from whom it was given to, the newest first; the rest the tenant owes."""
    given: dict[PersonId, Money] = {}
    for person_id, part in tx.unmatched.given_to(kept.id):
        given[person_id] = given.get(person_id, Money(0, amount.currency)) + part
    legs: list[Leg] = []
    for person_id, most in given.items():
        part = min(amount, most)
        if part.is_positive:
            wallet = open_wallet(
                tx, tenant_id=kept.tenant_id, owner_id=person_id, currency=amount.currency
            )
            legs += covered_legs(
                tx, source=wallet_account(tx, wallet=wallet), amount=part, target=target
            )
            amount -= part
    if amount.is_positive:
        owed = tx.ledger.account(
            tenant_id=kept.tenant_id,
            kind=AccountKind.OWED,
            owner_id=TENANT_OWNED,
            currency=amount.currency,
        )
        legs.append(Leg(source=owed.id, target=target.id, amount=amount))
    return legs


def _tell_members(tx: Transaction, claim: Chargeback, journal: Journal, legs: list[Leg]) -> None:
    """Tell each member from whose wallet it went."""
    for leg in legs:
        source = tx.ledger.get(leg.source)
        if source.kind is AccountKind.MEMBER_WALLET:
            tx.events.append(
                Event(
                    name=EventName.MONEY_TAKEN_BACK,
                    tenant_id=claim.tenant_id,
                    subject=Subject(kind="journal", id=journal.id),
                    person_id=source.owner_id,
                    other_id=claim.id,
                )
            )


def _lost_minor(tx: Transaction, kept: Unmatched) -> int:
    """Return what banks took of it, by the journals of claims that were lost."""
    if kept.payment_id is None:
        return 0
    claims = tx.chargebacks.of(kept.payment_id)
    lost = [each.journal_id for each in claims if each.unmatched_id == kept.id and each.journal_id]
    return sum(_taken_by(tx, journal_id) for journal_id in lost)


def _taken_by(tx: Transaction, journal_id: JournalId) -> int:
    """Return what a journal moved to the provider, who is the last one to be given anything."""
    legs = [each.leg for each in tx.ledger.transfers(journal_id)]
    return sum(leg.amount.minor for leg in legs if leg.target == legs[-1].target)

"""Money that came in and fitted nothing: kept apart, and given to the member it belongs to.

It waits in the tenant's suspense account, each journal's money as one. Four eyes come with
approvals; until then it takes a person with `finance:adjust:initiate`, the own PIN, a written
reason, and never reaches that person's household.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from core.domain.acts import Event, EventName
from core.domain.bills import Bill
from core.domain.captures import CaptureKey
from core.domain.differences import DifferenceId
from core.domain.errors import (
    InvalidInput,
    NotAllowed,
    NotFound,
    NotJoined,
    PaymentContested,
    PinNeeded,
    TooLong,
    UnmatchedGone,
)
from core.domain.ledger import (
    Account,
    AccountKind,
    Entry,
    Journal,
    JournalId,
    JournalKind,
    Leg,
    Subject,
)
from core.domain.money import Currency, Money
from core.domain.payments import AttemptId, PaymentId
from core.domain.people import Actor, PersonId, Scope
from core.domain.tenants import TenantId
from core.domain.unmatched import Unmatched, UnmatchedId
from core.domain.wallets import Wallet, WalletStatus
from core.ports import Transaction
from core.use_cases.ledger import post
from core.use_cases.payments import is_of_household, repay
from core.use_cases.people import actor_of
from core.use_cases.wallets import open_wallet

MAX_REASON: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedMove:
    """One move of unmatched money with what is known of it; "" and None for what nobody knows.

    `amount` is negative for money that left: it was given to the member `person`, or `is_back`: it
    went back by its provider. Else `person` is who had asked for the payment. `told` is what the
    provider says of the payer.
    """

    amount: Money
    at: datetime
    is_back: bool = False
    provider: str = ""
    reference: str = ""
    person: str = ""
    bill: Bill | None = None
    told: str = ""


def suspense(tx: Transaction, *, tenant_id: TenantId, currency: Currency) -> Account:
    """Return the account in which a tenant's unmatched money waits."""
    return tx.ledger.account(
        tenant_id=tenant_id, kind=AccountKind.SUSPENSE, owner_id=0, currency=currency
    )


def keep_apart(
    tx: Transaction,
    *,
    journal: Journal,
    account: Account,
    amount: Money,
    capture: CaptureKey | None = None,
    reference: str = "",
    payment_id: PaymentId | None = None,
    attempt_id: AttemptId | None = None,
) -> Unmatched:
    """Remember what a journal has put into suspense, once, and what is known of it."""
    known = tx.unmatched.find(UnmatchedId(journal.id))
    if known is not None:
        return known
    return tx.unmatched.add(
        Unmatched(
            id=UnmatchedId(journal.id),
            tenant_id=journal.tenant_id,
            account_id=account.id,
            currency=amount.currency,
            amount_minor=amount.minor,
            kept_at=tx.now,
            configuration_id=capture.configuration_id if capture else None,
            capture=capture.provider_id if capture else "",
            reference=reference,
            payment_id=payment_id,
            attempt_id=attempt_id,
        )
    )


def seen_unmatched(tx: Transaction, *, actor: Actor, unmatched_id: UnmatchedId) -> Unmatched:
    """Return unmatched money of the actor's tenant.

    Raises:
        NotAllowed: the actor lacks `reports:view`.
        NotFound: there is none of this id here.
    """
    actor.check(Scope.REPORTS_VIEW, actor.tenant_id)
    found = tx.unmatched.get(unmatched_id)
    if found.tenant_id != actor.tenant_id:
        raise NotFound(kind="money")
    return found


def how_it_came(tx: Transaction, *, unmatched: Unmatched) -> UnmatchedMove:
    """Return what is known of where unmatched money came from, with all that was kept apart."""
    return _came(tx, tx.ledger.journal(JournalId(unmatched.id)), unmatched.amount)


def unmatched_moves(
    tx: Transaction, *, tenant_id: TenantId, limit: int
) -> tuple[UnmatchedMove, ...]:
    """Return the moves since there was none, newest first, at most `limit` of each currency."""
    kept = tx.ledger.accounts(tenant_id=tenant_id, kind=AccountKind.SUSPENSE)
    moves: list[UnmatchedMove] = []
    for account in kept:
        if not account.balance.is_positive:
            continue
        for entry in tx.ledger.entries(account.id, before_seq=None, limit=limit):
            if not entry.balance_after.is_positive:
                break
            moves.append(_move(tx, entry))
    return tuple(moves)


def _move(tx: Transaction, entry: Entry) -> UnmatchedMove:
    if entry.amount.is_positive:
        return _came(tx, tx.ledger.journal(entry.journal_id), entry.amount)
    plain = UnmatchedMove(amount=entry.amount, at=entry.posted_at)
    if entry.subject.kind == "refund":
        return replace(plain, is_back=True)
    is_given = entry.subject.kind == "person"
    name = tx.people.person(PersonId(entry.subject.id)).name if is_given else ""
    return replace(plain, person=name)


def _came(tx: Transaction, journal: Journal, amount: Money) -> UnmatchedMove:
    plain = UnmatchedMove(amount=amount, at=journal.posted_at)
    kept = tx.unmatched.find(UnmatchedId(journal.id))
    if kept is None or kept.configuration_id is None:
        return plain
    found = replace(
        plain,
        provider=tx.configurations.get(kept.configuration_id).provider,
        reference=kept.reference,
        told=_told(tx, journal, kept),
        is_back=journal.kind is JournalKind.REFUND_RETURN,
    )
    if kept.payment_id is None:
        return found
    payment = tx.payments.get(kept.payment_id)
    return replace(
        found,
        person=tx.people.person(payment.payer_id).name,
        bill=None if payment.bill_id is None else tx.bills.get(payment.bill_id),
    )


def _told(tx: Transaction, journal: Journal, kept: Unmatched) -> str:
    """Return what the provider said of the payer: with the capture, or in its list."""
    about = f"{kept.capture} "
    notes = tx.timeline.notes_beside(journal.id)
    found = next((n.removeprefix(about) for n in notes if n.startswith(about)), "")
    if found or journal.subject.kind != "difference":
        return found
    return tx.note(tx.differences.get(DifferenceId(journal.subject.id)).told_id)


def give_unmatched(
    tx: Transaction,
    *,
    actor: Actor,
    unmatched_id: UnmatchedId,
    person_id: PersonId,
    amount: Money,
    reason: str,
    key: str,
    has_pin_check: bool,
) -> Journal:
    """Move unmatched money into a member's wallet and tell the member.

    `key` is the person's intent; `has_pin_check` says that the PIN was checked for it.

    Raises:
        NotAllowed: the actor lacks `finance:adjust:initiate`, or gives it to his own household.
        PinNeeded: no PIN was checked.
        NotFound: no such money here, no active member, or the wallet is closed.
        UnmatchedGone: nothing of it waits any more.
        PaymentContested: the payer's bank claims it.
        InvalidAmount, AmountOutOfRange: not positive, or more than is free of it.
        InvalidInput, TooLong: a reason is owed, and not a book.
        MoneyStopped: the books are being checked.
    """
    check_receiver(tx, actor=actor, person_id=person_id)
    if not has_pin_check:
        raise PinNeeded
    check_reason(reason)
    kept = _locked(tx, actor, unmatched_id)
    is_posted = tx.ledger.journal_by_key(actor.tenant_id, f"intent:{key}") is not None
    if not is_posted and not kept.free.is_positive:
        raise UnmatchedGone
    if not is_posted:
        _check_unclaimed(tx, kept)
    after = kept if is_posted else kept.give(amount)
    wallet = _open_wallet(tx, actor, person_id, amount.currency)
    # The note stands in the same act as the journal.
    tx.add_note(actor.tenant_id, reason.strip())
    journal = post(
        tx,
        tenant_id=actor.tenant_id,
        kind=JournalKind.SUSPENSE,
        subject=Subject(kind="person", id=person_id),
        key=f"intent:{key}",
        legs=[Leg(source=kept.account_id, target=wallet.account_id, amount=amount)],
    )
    if is_posted:
        return journal
    tx.unmatched.give(kept, after, journal_id=journal.id)
    repay(tx, wallet=wallet, because=journal)
    tx.events.append(
        Event(
            name=EventName.MONEY_MATCHED,
            tenant_id=actor.tenant_id,
            subject=Subject(kind="journal", id=journal.id),
            person_id=person_id,
        )
    )
    return journal


def _locked(tx: Transaction, actor: Actor, unmatched_id: UnmatchedId) -> Unmatched:
    """Return unmatched money of the actor's tenant, after whoever claims its payment's money."""
    kept = tx.unmatched.get(unmatched_id)
    if kept.tenant_id != actor.tenant_id:
        raise NotFound(kind="money")
    if kept.payment_id is None:
        return kept
    tx.payments.lock(kept.payment_id)
    return tx.unmatched.get(unmatched_id)


def _check_unclaimed(tx: Transaction, kept: Unmatched) -> None:
    if kept.key is not None and tx.chargebacks.open_for(kept.key) is not None:
        raise PaymentContested(payment_id=kept.payment_id)


def _open_wallet(tx: Transaction, actor: Actor, person_id: PersonId, currency: Currency) -> Wallet:
    wallet = open_wallet(tx, tenant_id=actor.tenant_id, owner_id=person_id, currency=currency)
    if wallet.status is WalletStatus.CLOSED:
        raise NotFound(kind="wallet")
    return wallet


def check_receiver(tx: Transaction, *, actor: Actor, person_id: PersonId) -> None:
    """Let a member pass to whom the actor may give unmatched money.

    Raises:
        NotAllowed: the actor lacks `finance:adjust:initiate`, or gives it to his own household.
        NotFound: no active member here.
    """
    actor.check(Scope.ADJUST_INITIATE, actor.tenant_id)
    if is_of_household(tx, actor=actor, person_id=person_id):
        raise NotAllowed(scope=Scope.ADJUST_INITIATE.value)
    try:
        actor_of(tx, person_id=person_id, tenant_id=actor.tenant_id)
    except NotJoined:
        raise NotFound(kind="person") from None


def check_reason(reason: str) -> None:
    """Let a written reason pass.

    Raises:
        InvalidInput, TooLong: it is missing or a book.
    """
    if not reason.strip():
        raise InvalidInput(what="answer", example="Paid in at the bank without a name")
    if len(reason) > MAX_REASON:
        raise TooLong(limit=MAX_REASON)

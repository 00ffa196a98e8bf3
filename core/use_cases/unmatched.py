"""Money that came in and fitted nothing: given to the member it belongs to.

It waits in the tenant's suspense account. Four eyes come with approvals; until then it takes a
person with `finance:adjust:initiate`, the own PIN, a written reason, and never reaches
that person's household.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from core.domain.acts import Event, EventName
from core.domain.bills import Bill
from core.domain.captures import CaptureKey
from core.domain.configurations import ConfigurationId
from core.domain.errors import (
    AmountOutOfRange,
    InvalidAmount,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotJoined,
    PinNeeded,
    TooLong,
)
from core.domain.ledger import Account, AccountKind, Entry, Journal, JournalKind, Leg, Subject
from core.domain.money import Money
from core.domain.payments import PaymentId
from core.domain.people import Actor, PersonId, Scope
from core.domain.tenants import TenantId
from core.domain.wallets import WalletStatus
from core.ports import Transaction
from core.use_cases.ledger import post
from core.use_cases.payments import is_of_household, repay
from core.use_cases.people import actor_of
from core.use_cases.wallets import open_wallet

MAX_REASON: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedMove:
    """One move of unmatched money with what is known of it; "" and None for what nobody knows.

    `amount` is negative for money that was given to a member, whose name is `person`; else
    `person` is who had asked for the payment. `told` is what the provider says of the payer.
    """

    amount: Money
    at: datetime
    provider: str = ""
    reference: str = ""
    person: str = ""
    bill: Bill | None = None
    told: str = ""


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
    plain = UnmatchedMove(amount=entry.amount, at=entry.posted_at)
    if not entry.amount.is_positive:
        is_given = entry.subject.kind == "person"
        name = tx.people.person(PersonId(entry.subject.id)).name if is_given else ""
        return replace(plain, person=name)
    capture = CaptureKey.read(tx.ledger.journal(entry.journal_id).key)
    if capture is None:
        return plain
    about = f"{capture.provider_id} "
    notes = tx.timeline.notes_beside(entry.journal_id)
    found = replace(
        plain,
        provider=tx.configurations.get(capture.configuration_id).provider,
        told=next((n.removeprefix(about) for n in notes if n.startswith(about)), ""),
    )
    return _with_payment(tx, found, entry, capture.configuration_id)


def _with_payment(
    tx: Transaction, found: UnmatchedMove, entry: Entry, configuration_id: ConfigurationId
) -> UnmatchedMove:
    if entry.subject.kind != "payment":
        return found
    payment = tx.payments.get(PaymentId(entry.subject.id))
    tried = [
        each
        for each in tx.payments.attempts(payment.id)
        if each.configuration_id == configuration_id
    ]
    return replace(
        found,
        reference=tried[-1].reference if tried else "",
        person=tx.people.person(payment.payer_id).name,
        bill=None if payment.bill_id is None else tx.bills.get(payment.bill_id),
    )


def give_unmatched(
    tx: Transaction,
    *,
    actor: Actor,
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
        NotFound: no active member, or the wallet is closed.
        InvalidAmount, AmountOutOfRange: not positive, or more than waits.
        InvalidInput, TooLong: a reason is owed, and not a book.
        MoneyStopped: the books are being checked.
    """
    check_receiver(tx, actor=actor, person_id=person_id)
    if not has_pin_check:
        raise PinNeeded
    check_reason(reason)
    source = _kept(tx, actor=actor, amount=amount)
    if tx.ledger.journal_by_key(actor.tenant_id, f"intent:{key}") is None:
        waiting(tx, actor=actor, amount=amount)
    wallet = open_wallet(
        tx, tenant_id=actor.tenant_id, owner_id=person_id, currency=amount.currency
    )
    if wallet.status is WalletStatus.CLOSED:
        raise NotFound(kind="wallet")
    # The note stands in the same act as the journal.
    tx.add_note(actor.tenant_id, reason.strip())
    journal = post(
        tx,
        tenant_id=actor.tenant_id,
        kind=JournalKind.SUSPENSE,
        subject=Subject(kind="person", id=person_id),
        key=f"intent:{key}",
        legs=[Leg(source=source.id, target=wallet.account_id, amount=amount)],
    )
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


def waiting(tx: Transaction, *, actor: Actor, amount: Money) -> Account:
    """Return the account from which this amount of unmatched money can be given.

    Raises:
        InvalidAmount: not positive.
        AmountOutOfRange: less waits in this currency.
    """
    kept = _kept(tx, actor=actor, amount=amount)
    if kept.available < amount:
        raise AmountOutOfRange(least=Money(1, amount.currency), most=kept.available)
    return kept


def _kept(tx: Transaction, *, actor: Actor, amount: Money) -> Account:
    if not amount.is_positive:
        raise InvalidAmount(text=str(amount.minor), reason="positive")
    return tx.ledger.account(
        tenant_id=actor.tenant_id,
        kind=AccountKind.SUSPENSE,
        owner_id=0,
        currency=amount.currency,
    )


def check_reason(reason: str) -> None:
    """Let a written reason pass.

    Raises:
        InvalidInput, TooLong: it is missing or a book.
    """
    if not reason.strip():
        raise InvalidInput(what="answer", example="Paid in at the bank without a name")
    if len(reason) > MAX_REASON:
        raise TooLong(limit=MAX_REASON)

"""Posting to the ledger: journals under idempotency keys, holds, reversals."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.errors import InsufficientFunds, KeyReused
from core.domain.ledger import (
    Account,
    AccountId,
    Hold,
    HoldId,
    Journal,
    JournalId,
    JournalKind,
    Leg,
    Posting,
    Purse,
    Subject,
    fingerprint,
)
from core.domain.money import Money
from core.domain.tenants import TenantId
from core.ports import Transaction


def post(
    tx: Transaction,
    *,
    tenant_id: TenantId,
    kind: JournalKind,
    subject: Subject,
    key: str,
    legs: Sequence[Leg],
    reverses: JournalId | None = None,
    hold_id: HoldId | None = None,
    source: Account | None = None,
) -> Journal:
    """Post a journal, or return the one already posted under this key.

    `source` is where the first leg starts, as it stands now, if the caller has just read it.

    Raises:
        KeyReused: the key was used for other content.
        InsufficientFunds: a leg would break the floor of its source; legs count in order.
        MoneyStopped: the books are being checked.
    """
    digest = fingerprint(kind, subject, legs)
    posted = tx.ledger.journal_by_key(tenant_id, key)
    if posted is not None:
        if posted.fingerprint != digest:
            raise KeyReused(key=key)
        return posted
    journal = Journal(
        id=JournalId(tx.new_id()),
        token=tx.token(),
        tenant_id=tenant_id,
        kind=kind,
        subject=subject,
        key=key,
        fingerprint=digest,
        lines=len(legs),
        posted_at=tx.now,
        reverses_id=reverses,
    )
    tx.ledger.add_journal(journal, legs, hold_id=hold_id, source=source)
    return journal


def post_many(
    tx: Transaction, *, tenant_id: TenantId, postings: Sequence[Posting]
) -> list[Journal | InsufficientFunds | KeyReused]:
    """Post journals of one tenant at once, each as `post` would, in the order they come.

    One that cannot be posted leaves the others alone: its refusal stands in its place. Accounts are
    locked together in the order of their ids, so that two batches never wait for each other.

    Raises:
        MoneyStopped: the books are being checked.
    """
    known = {j.key: j for j in tx.ledger.journals_by_keys(tenant_id, {p.key for p in postings})}
    touched = {end for p in postings for leg in p.legs for end in (leg.source, leg.target)}
    purse = Purse(tx.ledger.lock(touched))
    batch: list[tuple[Journal, Sequence[Leg]]] = []
    outcomes: list[Journal | InsufficientFunds | KeyReused] = []
    for posting in postings:
        digest = fingerprint(posting.kind, posting.subject, posting.legs)
        posted = known.get(posting.key)
        if posted is not None:
            is_same = posted.fingerprint == digest
            outcomes.append(posted if is_same else KeyReused(key=posting.key))
            continue
        short = purse.move(posting.legs)
        if short is not None:
            outcomes.append(short)
            continue
        journal = _journal(tx, tenant_id, posting, digest)
        known[posting.key] = journal
        batch.append((journal, posting.legs))
        outcomes.append(journal)
    if batch:
        tx.ledger.add_journals(batch)
    return outcomes


def _journal(tx: Transaction, tenant_id: TenantId, posting: Posting, digest: str) -> Journal:
    return Journal(
        id=JournalId(tx.new_id()),
        token=tx.token(),
        tenant_id=tenant_id,
        kind=posting.kind,
        subject=posting.subject,
        key=posting.key,
        fingerprint=digest,
        lines=len(posting.legs),
        posted_at=tx.now,
    )


def reverse(tx: Transaction, *, journal_id: JournalId) -> Journal:
    """Correct a journal by its mirror image, last line first.

    Raises:
        InsufficientFunds: what was moved is no longer there.
        KeyReused: never; a second reversal returns the first.
    """
    wrong = tx.ledger.journal(journal_id)
    legs = [
        Leg(source=t.leg.target, target=t.leg.source, amount=t.leg.amount)
        for t in reversed(tx.ledger.transfers(journal_id))
    ]
    return post(
        tx,
        tenant_id=wrong.tenant_id,
        kind=JournalKind.REVERSAL,
        subject=wrong.subject,
        key=f"reversal:{journal_id}",
        legs=legs,
        reverses=journal_id,
    )


def place_hold(
    tx: Transaction,
    *,
    tenant_id: TenantId,
    account_id: AccountId,
    amount: Money,
    subject: Subject,
    expires_at: datetime | None = None,
) -> Hold:
    """Reserve an amount on an account.

    Raises:
        InsufficientFunds: the available balance is short.
        MoneyStopped: the books are being checked.
    """
    hold = Hold(
        id=HoldId(tx.new_id()),
        tenant_id=tenant_id,
        account_id=account_id,
        amount=amount,
        subject=subject,
        expires_at=expires_at,
    )
    tx.ledger.add_hold(hold)
    return hold


def post_hold(
    tx: Transaction, *, hold_id: HoldId, legs: Sequence[Leg], kind: JournalKind, key: str = ""
) -> Journal:
    """Make a hold final: it is resolved first, then its transfers follow.

    The legs start at the held account; the rest of the hold is released. `key` is the journal's,
    the hold's own where none is given.

    Raises:
        IllegalTransition: it was resolved before.
        InvalidAmount: the legs exceed the hold.
    """
    hold = tx.ledger.hold(hold_id)
    total = sum((leg.amount for leg in legs), Money(0, hold.amount.currency))
    tx.ledger.replace_hold(hold, hold.post(total))
    return post(
        tx,
        tenant_id=hold.tenant_id,
        kind=kind,
        subject=hold.subject,
        key=key or f"hold:{hold_id}",
        legs=legs,
        hold_id=hold_id,
    )


def void_hold(tx: Transaction, *, hold_id: HoldId) -> Hold:
    """Release a hold.

    Raises:
        IllegalTransition: it was resolved before.
    """
    hold = tx.ledger.hold(hold_id)
    return tx.ledger.replace_hold(hold, hold.void())


def expire_hold(tx: Transaction, *, hold_id: HoldId) -> Hold:
    """Release a hold whose time is over.

    Raises:
        IllegalTransition: it was resolved before, or its time has not come.
    """
    hold = tx.ledger.hold(hold_id)
    return tx.ledger.replace_hold(hold, hold.expire(at=tx.now))

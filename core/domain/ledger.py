"""The ledger's records: accounts, transfers, journals, holds, entries.

An immutable transfer moves one positive amount from one account to another; a journal groups
transfers under one token, kind, subject and idempotency key. The database writes the counters and
entries by trigger and refuses what breaks a floor (design section 4). Balance = credits − debits.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType, Protocol

from core.domain.errors import IllegalTransition, InsufficientFunds, InvalidAmount
from core.domain.machines import NONE, machine
from core.domain.money import Currency, Money
from core.domain.tenants import TenantId

AccountId = NewType("AccountId", int)
TransferId = NewType("TransferId", int)
JournalId = NewType("JournalId", int)
HoldId = NewType("HoldId", int)


class AccountKind(StrEnum):
    """What a place in the ledger is for."""

    MEMBER_WALLET = "member_wallet"
    TENANT_WALLET = "tenant_wallet"
    CASH_BOX = "cash_box"
    PROVIDER = "provider"
    """Minus what the provider holds for us; together with its fees account."""
    PROVIDER_FEES = "provider_fees"
    SUSPENSE = "suspense"
    """Money whose payer is unknown, until a human decides."""
    OWED = "owed"
    """What an owner owes after a provider took money that the wallet no longer had."""
    EXTERNAL = "external"
    ADJUSTMENTS = "adjustments"


FLOORED: Final = frozenset(
    {
        AccountKind.MEMBER_WALLET,
        AccountKind.TENANT_WALLET,
        AccountKind.SUSPENSE,
    }
)
"""Kinds whose available balance may never fall below zero."""


class JournalKind(StrEnum):
    """Why money moved."""

    BILL_PAYMENT = "bill_payment"
    LINK_PAYMENT = "link_payment"
    TOP_UP = "top_up"
    SURPLUS = "surplus"
    SUSPENSE = "suspense"
    REVERSAL = "reversal"
    BILL_RETURN = "bill_return"
    PROVIDER_FEE = "provider_fee"
    HOLD_POSTED = "hold_posted"
    REPAYMENT = "repayment"
    REFUND = "refund"
    REFUND_RETURN = "refund_return"


class HoldStatus(StrEnum):
    """How a hold stands."""

    OPEN = "open"
    POSTED = "posted"
    VOIDED = "voided"
    EXPIRED = "expired"


HOLD_TRANSITIONS: Final = machine(
    "hold",
    {
        NONE: (HoldStatus.OPEN,),
        HoldStatus.OPEN: (HoldStatus.POSTED, HoldStatus.VOIDED, HoldStatus.EXPIRED),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A place in the ledger; counters in minor units, written by triggers alone."""

    id: AccountId
    tenant_id: TenantId
    currency: Currency
    kind: AccountKind
    owner_id: int
    """Person for a member wallet, provider configuration for provider accounts, else 0."""
    has_floor: bool
    debits_minor: int = 0
    credits_minor: int = 0
    held_minor: int = 0
    entry_seq: int = 0

    @property
    def balance(self) -> Money:
        """Credits minus debits."""
        return Money(self.credits_minor - self.debits_minor, self.currency)

    @property
    def held(self) -> Money:
        """Sum of open holds."""
        return Money(self.held_minor, self.currency)

    @property
    def available(self) -> Money:
        """What can be spent: balance minus open holds."""
        return self.balance - self.held


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a row is about: kind of entity and its id."""

    kind: str
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One positive amount from one account to another."""

    source: AccountId
    target: AccountId
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """One balanced act in the books; immutable."""

    id: JournalId
    token: str
    tenant_id: TenantId
    kind: JournalKind
    subject: Subject
    key: str
    fingerprint: str
    lines: int
    posted_at: datetime
    act_id: int = 0
    reverses_id: JournalId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One line of a journal, as stored."""

    id: TransferId
    journal_id: JournalId
    line: int
    leg: Leg
    hold_id: HoldId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of an account's statement, newest last by `seq`, without gaps.

    `amount` is negative for money that left. `kind`, `subject`, `token`, `posted_at` come from
    the journal; `counter_kind` is the kind of the account on the other side.
    """

    account_id: AccountId
    seq: int
    amount: Money
    balance_after: Money
    journal_id: JournalId
    token: str
    kind: JournalKind
    subject: Subject
    counter_kind: AccountKind
    posted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An amount reserved on an account, resolved once."""

    id: HoldId
    tenant_id: TenantId
    account_id: AccountId
    amount: Money
    subject: Subject
    expires_at: datetime | None
    status: HoldStatus = HoldStatus.OPEN
    status_seq: int = 0
    posted_minor: int = 0
    row_version: int = 1

    def post(self, amount: Money) -> "Hold":
        """Make the hold final for up to its amount; the rest is released.

        Raises:
            IllegalTransition: it was resolved before.
            InvalidAmount: the amount is not within (0, held].
        """
        if not 0 < amount.minor <= self.amount.minor or amount.currency != self.amount.currency:
            raise InvalidAmount(text=str(amount.minor), reason="hold")
        return replace(self._resolve(HoldStatus.POSTED), posted_minor=amount.minor)

    def void(self) -> "Hold":
        """Release the whole amount.

        Raises:
            IllegalTransition: it was resolved before.
        """
        return self._resolve(HoldStatus.VOIDED)

    def expire(self, *, at: datetime) -> "Hold":
        """Time out.

        Raises:
            IllegalTransition: it was resolved before, or its time has not come.
        """
        if self.expires_at is None or at < self.expires_at:
            raise IllegalTransition(machine="hold", from_status=self.status, to_status="expired")
        return self._resolve(HoldStatus.EXPIRED)

    def _resolve(self, status: HoldStatus) -> "Hold":
        HOLD_TRANSITIONS.check(self.status, status)
        return replace(self, status=status)


class Purse:
    """What accounts could spend while a batch is decided in memory, leg by leg."""

    def __init__(self, accounts: Mapping[AccountId, Account]) -> None:
        """Start with the accounts as they stand."""
        self._accounts = accounts
        self._available = {each.id: each.available for each in accounts.values()}

    def move(self, legs: Sequence[Leg]) -> InsufficientFunds | None:
        """Move the legs in order; return why not, with nothing moved."""
        after = dict[AccountId, Money]()
        for leg in legs:
            left = after.get(leg.source, self._available[leg.source])
            if self._accounts[leg.source].has_floor and left < leg.amount:
                return InsufficientFunds(missing=leg.amount - left, available=left)
            after[leg.source] = left - leg.amount
            held = after.get(leg.target, self._available[leg.target])
            after[leg.target] = held + leg.amount
        self._available |= after
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A journal that is asked for: what moves, under which key."""

    kind: JournalKind
    subject: Subject
    key: str
    legs: tuple[Leg, ...]


def fingerprint(kind: JournalKind, subject: Subject, legs: Sequence[Leg]) -> str:
    """Digest what a journal moves, so that a reused key with other content is seen.

    Shape: 64 lower-case hex digits of SHA-256.
    """
    lines = [f"{kind}|{subject.kind}|{subject.id}"]
    lines += [f"{leg.source}>{leg.target}:{leg.amount.minor}{leg.amount.currency}" for leg in legs]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


class StoredLedger(Protocol):
    """The ledger on an open transaction."""

    def account(
        self, *, tenant_id: TenantId, kind: AccountKind, owner_id: int, currency: Currency
    ) -> Account:
        """Return the account of an owner, opening it at the first need."""
        ...

    def find(
        self, *, tenant_id: TenantId, kind: AccountKind, owner_id: int, currency: Currency
    ) -> Account | None:
        """Return the account of an owner, if it was ever opened."""
        ...

    def accounts(self, *, tenant_id: TenantId, kind: AccountKind) -> tuple[Account, ...]:
        """Return a tenant's accounts of a kind, in all currencies, oldest first."""
        ...

    def get(self, account_id: AccountId) -> Account:
        """Return one account as it stands.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def add_journal(
        self,
        journal: Journal,
        legs: Sequence[Leg],
        *,
        hold_id: HoldId | None = None,
        source: Account | None = None,
    ) -> None:
        """Write a journal and its transfers, in order.

        `source` is where the first leg starts, as it stands now, if the caller has just read it.

        Raises:
            InsufficientFunds: a leg would break the floor of its source.
            MoneyStopped: the books are being checked.
        """
        ...

    def add_journals(self, batch: Sequence[tuple[Journal, Sequence[Leg]]]) -> None:
        """Write journals of one tenant and their transfers, in order, in one go.

        The floors of the sources must have been checked: whoever breaks one undoes all.

        Raises:
            MoneyStopped: the books are being checked.
        """
        ...

    def lock(self, account_ids: Collection[AccountId]) -> dict[AccountId, Account]:
        """Return accounts as they stand and keep others from moving them; by id, in its order."""
        ...

    def journals_by_keys(self, tenant_id: TenantId, keys: Collection[str]) -> tuple[Journal, ...]:
        """Return the journals that were posted under any of these keys."""
        ...

    def journal_by_key(self, tenant_id: TenantId, key: str) -> Journal | None:
        """Return the journal that was posted under this key, if any."""
        ...

    def journal(self, journal_id: JournalId) -> Journal:
        """Return one journal.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def transfers(self, journal_id: JournalId) -> tuple[Transfer, ...]:
        """Return a journal's lines in order."""
        ...

    def entries(
        self, account_id: AccountId, *, before_seq: int | None, limit: int
    ) -> tuple[Entry, ...]:
        """Return a page of a statement, newest first, older than `before_seq`."""
        ...

    def turnover(self, account: Account, *, since: datetime) -> tuple[Money, Money]:
        """Return what came in and what went out since a time, both positive, at any size.

        Entries are numbered in the order of their commits; the first one that is not older than
        `since` begins the sum.
        """
        ...

    def add_hold(self, hold: Hold) -> Hold:
        """Reserve an amount.

        Raises:
            InsufficientFunds: the available balance is short.
            MoneyStopped: the books are being checked.
        """
        ...

    def hold(self, hold_id: HoldId) -> Hold:
        """Return one hold.

        Raises:
            NotFound: there is none of this id.
        """
        ...

    def replace_hold(self, before: Hold, after: Hold) -> Hold:
        """Store a resolution if the hold still stands at `before`; return it as stored.

        Raises:
            StaleState: somebody resolved it meanwhile.
        """
        ...

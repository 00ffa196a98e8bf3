"""Accounts, journals, transfers, holds and entries.

`transfer` inserts drive everything: triggers write entries and account counters
(`storage/triggers.py`). Nothing here updates an account.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import alias, bindparam, case, func, or_, select

from core.domain.errors import InsufficientFunds, MoneyStopped, NotFound
from core.domain.ledger import (
    FLOORED,
    Account,
    AccountId,
    AccountKind,
    Entry,
    Hold,
    HoldId,
    Journal,
    JournalId,
    JournalKind,
    Leg,
    Subject,
    Transfer,
    TransferId,
)
from core.domain.money import MAX_MINOR, Currency, Money
from core.domain.tenants import PLATFORM, TenantId
from storage.ledger_tables import ACCOUNT, ENTRY, HOLD, JOURNAL, MONEY_STOP, TRANSFER
from storage.records import Records
from storage.statements import IsListed, Row, Statement, inserting

__all__ = ["ACCOUNT", "ENTRY", "HOLD", "JOURNAL", "MONEY_STOP", "TRANSFER", "SqlLedger"]

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

_JOURNALS: Final = Records(
    JOURNAL,
    Journal,
    frozen=(
        "id",
        "token",
        "tenant_id",
        "kind",
        "subject_kind",
        "subject_id",
        "key",
        "fingerprint",
        "lines",
        "posted_at",
        "act_id",
        "reverses_id",
    ),
    has_act=True,
)
_HOLDS: Final = Records(
    HOLD,
    Hold,
    frozen=(
        "id",
        "tenant_id",
        "account_id",
        "currency",
        "amount_minor",
        "subject_kind",
        "subject_id",
        "expires_at",
        "act_id",
    ),
    has_act=True,
)
_TRANSFERS: Final = Records(
    TRANSFER,
    Journal,
    frozen=[column.name for column in TRANSFER.columns],
)
_ACCOUNTS: Final = Records(
    ACCOUNT, Account, frozen=("id", "tenant_id", "currency", "kind", "owner_id", "has_floor")
)

_OF_OWNER: Final = _ACCOUNTS.by("tenant_id", "kind", "owner_id", "currency")
_OF_KIND: Final = Statement(
    _ACCOUNTS.select()
    .where(ACCOUNT.c.tenant_id == bindparam("tenant_id"), ACCOUNT.c.kind == bindparam("kind"))
    .order_by(ACCOUNT.c.id)
)
_ACCOUNT: Final = _ACCOUNTS.by("id")
_BY_KEY: Final = _JOURNALS.by("tenant_id", "key")
_JOURNAL: Final = _JOURNALS.by("id")
_HOLD: Final = _HOLDS.by("id")
_STOPPED: Final = Statement(
    select(MONEY_STOP.c.tenant_id).where(
        or_(MONEY_STOP.c.tenant_id == bindparam("tenant_id"), MONEY_STOP.c.tenant_id == PLATFORM)
    )
)
_ADD_TRANSFER: Final = inserting(TRANSFER)
_ADD_JOURNAL: Final = inserting(JOURNAL)
_LOCKED: Final = Statement(
    _ACCOUNTS.select()
    .where(IsListed(ACCOUNT.c.id, bindparam("ids")))
    .order_by(ACCOUNT.c.id)
    # Weaker than FOR UPDATE: checks of references take a share lock that must not wait for it.
    .with_for_update(key_share=True)
)
_BY_KEYS: Final = Statement(
    _JOURNALS.select().where(
        JOURNAL.c.tenant_id == bindparam("tenant_id"), IsListed(JOURNAL.c.key, bindparam("keys"))
    )
)
_LINES: Final = Statement(
    select(
        TRANSFER.c.id,
        TRANSFER.c.line,
        TRANSFER.c.from_account,
        TRANSFER.c.to_account,
        TRANSFER.c.amount_minor,
        TRANSFER.c.currency,
        TRANSFER.c.hold_id,
    )
    .where(TRANSFER.c.journal_id == bindparam("journal_id"))
    .order_by(TRANSFER.c.line)
)
_COUNTER: Final = alias(ACCOUNT, "counter")
_ENTRIES: Final = Statement(
    select(
        ENTRY.c.seq,
        case((ENTRY.c.side == "debit", -ENTRY.c.amount_minor), else_=ENTRY.c.amount_minor),
        ENTRY.c.balance_after_minor,
        TRANSFER.c.currency,
        JOURNAL.c.id,
        JOURNAL.c.token,
        JOURNAL.c.kind,
        JOURNAL.c.subject_kind,
        JOURNAL.c.subject_id,
        _COUNTER.c.kind,
        JOURNAL.c.posted_at,
    )
    .select_from(ENTRY)
    .join(TRANSFER, TRANSFER.c.id == ENTRY.c.transfer_id)
    .join(JOURNAL, JOURNAL.c.id == TRANSFER.c.journal_id)
    .join(
        _COUNTER,
        _COUNTER.c.id
        == case((ENTRY.c.side == "debit", TRANSFER.c.to_account), else_=TRANSFER.c.from_account),
    )
    .where(ENTRY.c.account_id == bindparam("account_id"), ENTRY.c.seq < bindparam("before_seq"))
    .order_by(ENTRY.c.seq.desc())
    .limit(bindparam("limit"))
)


_POSTED_AT: Final = Statement(
    select(JOURNAL.c.posted_at)
    .select_from(ENTRY)
    .join(TRANSFER, TRANSFER.c.id == ENTRY.c.transfer_id)
    .join(JOURNAL, JOURNAL.c.id == TRANSFER.c.journal_id)
    .where(ENTRY.c.account_id == bindparam("account_id"), ENTRY.c.seq == bindparam("seq"))
)
_TURNOVER: Final = Statement(
    select(
        func.coalesce(func.sum(case((ENTRY.c.side == "credit", ENTRY.c.amount_minor), else_=0)), 0),
        func.coalesce(func.sum(case((ENTRY.c.side == "debit", ENTRY.c.amount_minor), else_=0)), 0),
    ).where(ENTRY.c.account_id == bindparam("account_id"), ENTRY.c.seq >= bindparam("first"))
)
"""One range of the clustered key: no join, no row of another account or an older month."""


class SqlLedger:
    """The ledger in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def account(
        self, *, tenant_id: TenantId, kind: AccountKind, owner_id: int, currency: Currency
    ) -> Account:
        """Return the account of an owner, opening it at the first need."""
        found = self.find(tenant_id=tenant_id, kind=kind, owner_id=owner_id, currency=currency)
        if found is not None:
            return found
        opened = Account(
            id=AccountId(self._tx.new_id()),
            tenant_id=tenant_id,
            currency=currency,
            kind=kind,
            owner_id=owner_id,
            has_floor=kind in FLOORED,
        )
        _ACCOUNTS.add(self._tx, opened)
        return opened

    def find(
        self, *, tenant_id: TenantId, kind: AccountKind, owner_id: int, currency: Currency
    ) -> Account | None:
        """Return the account of an owner, if it was ever opened."""
        return _ACCOUNTS.one(
            self._tx,
            _OF_OWNER,
            tenant_id=tenant_id,
            kind=kind.value,
            owner_id=owner_id,
            currency=currency,
        )

    def accounts(self, *, tenant_id: TenantId, kind: AccountKind) -> tuple[Account, ...]:
        """Return a tenant's accounts of a kind, in all currencies, oldest first."""
        return _ACCOUNTS.many(self._tx, _OF_KIND, tenant_id=tenant_id, kind=kind.value)

    def get(self, account_id: AccountId) -> Account:
        """Return one account as it stands, else `NotFound`."""
        found = _ACCOUNTS.one(self._tx, _ACCOUNT, id=account_id)
        if found is None:
            raise NotFound(kind="account")
        return found

    def add_journal(
        self,
        journal: Journal,
        legs: Sequence[Leg],
        *,
        hold_id: HoldId | None = None,
        source: Account | None = None,
    ) -> None:
        """Write a journal and its transfers, in order; `InsufficientFunds` leg by leg."""
        self._check_stop(journal.tenant_id)
        act_id = self._tx.act(journal.tenant_id)
        _JOURNALS.add(self._tx, journal, act_id=act_id)
        for line, leg in enumerate(legs, start=1):
            self._check_floor(leg, source)
            source = None
            values = self._line(journal, line, leg, act_id=act_id, hold_id=hold_id)
            self._tx.seal(act_id, TRANSFER.name, _ADD_TRANSFER.run(self._tx.cursor, values))

    def add_journals(self, batch: Sequence[tuple[Journal, Sequence[Leg]]]) -> None:
        """Write journals of one tenant and their transfers, in order, in one go."""
        tenant_id = batch[0][0].tenant_id
        self._check_stop(tenant_id)
        act_id = self._tx.act(tenant_id)
        rows = [{**_JOURNALS.row(self._tx, journal), "act_id": act_id} for journal, _ in batch]
        for stored in _ADD_JOURNAL.run_many(self._tx.cursor, rows):
            sealed = {name: stored[name] for name in _JOURNALS.sealed_columns}
            self._tx.seal(act_id, JOURNAL.name, sealed)
        lines = [
            self._line(journal, line, leg, act_id=act_id)
            for journal, legs in batch
            for line, leg in enumerate(legs, start=1)
        ]
        for stored in _ADD_TRANSFER.run_many(self._tx.cursor, lines):
            self._tx.seal(act_id, TRANSFER.name, stored)

    def lock(self, account_ids: Collection[AccountId]) -> dict[AccountId, Account]:
        """Return accounts as they stand and keep others from moving them; by id, in its order."""
        listed = f"[{','.join(str(each) for each in sorted(account_ids))}]"
        return {each.id: each for each in _ACCOUNTS.many(self._tx, _LOCKED, ids=listed)}

    def journals_by_keys(self, tenant_id: TenantId, keys: Collection[str]) -> tuple[Journal, ...]:
        """Return the journals that were posted under any of these keys."""
        listed = orjson.dumps(sorted(keys)).decode()
        return _JOURNALS.many(self._tx, _BY_KEYS, tenant_id=tenant_id, keys=listed)

    def _line(
        self,
        journal: Journal,
        line: int,
        leg: Leg,
        *,
        act_id: int,
        hold_id: HoldId | None = None,
    ) -> dict[str, Any]:
        return {
            "id": self._tx.new_id(),
            "journal_id": journal.id,
            "line": line,
            "tenant_id": journal.tenant_id,
            "currency": leg.amount.currency,
            "from_account": leg.source,
            "to_account": leg.target,
            "amount_minor": leg.amount.minor,
            "hold_id": hold_id,
            "act_id": act_id,
        }

    def journal_by_key(self, tenant_id: TenantId, key: str) -> Journal | None:
        """Return the journal that was posted under this key, if any."""
        return _JOURNALS.one(self._tx, _BY_KEY, tenant_id=tenant_id, key=key)

    def journal(self, journal_id: JournalId) -> Journal:
        """Return one journal, else `NotFound`."""
        found = _JOURNALS.one(self._tx, _JOURNAL, id=journal_id)
        if found is None:
            raise NotFound(kind="journal")
        return found

    def transfers(self, journal_id: JournalId) -> tuple[Transfer, ...]:
        """Return a journal's lines in order."""
        rows = _LINES.rows(self._tx.cursor, {"journal_id": journal_id})
        return tuple(_transfer(journal_id, row) for row in rows)

    def entries(
        self, account_id: AccountId, *, before_seq: int | None, limit: int
    ) -> tuple[Entry, ...]:
        """Return a page of a statement, newest first, older than `before_seq`."""
        values = {
            "account_id": account_id,
            "before_seq": MAX_MINOR if before_seq is None else before_seq,
            "limit": limit,
        }
        return tuple(_entry(account_id, row) for row in _ENTRIES.rows(self._tx.cursor, values))

    def turnover(self, account: Account, *, since: datetime) -> tuple[Money, Money]:
        """Return what came in and what went out since a time, both positive, at any size."""
        values = {"account_id": account.id, "first": self._first_since(account, since)}
        came, went = _TURNOVER.rows(self._tx.cursor, values)[0]
        return Money(int(came), account.currency), Money(int(went), account.currency)

    def _first_since(self, account: Account, since: datetime) -> int:
        """Return the number of the first entry that is not older: halving, at most 54 looks."""
        low, high = 1, account.entry_seq + 1
        while low < high:
            middle = (low + high) // 2
            values = {"account_id": account.id, "seq": middle}
            if _POSTED_AT.rows(self._tx.cursor, values)[0][0] < since:
                low = middle + 1
            else:
                high = middle
        return low

    def add_hold(self, hold: Hold) -> Hold:
        """Reserve an amount, else `InsufficientFunds`."""
        self._check_stop(hold.tenant_id)
        account = self.get(hold.account_id)
        if account.has_floor and account.available < hold.amount:
            raise _short(account, hold.amount)
        return _HOLDS.add(self._tx, hold, act_id=self._tx.act(hold.tenant_id))

    def hold(self, hold_id: HoldId) -> Hold:
        """Return one hold, else `NotFound`."""
        found = _HOLDS.one(self._tx, _HOLD, id=hold_id)
        if found is None:
            raise NotFound(kind="hold")
        return found

    def replace_hold(self, before: Hold, after: Hold) -> Hold:
        """Store a resolution where `before` still stands, else `StaleState`; return it."""
        return _HOLDS.replace(
            self._tx, before, after, act_id=lambda: self._tx.act(before.tenant_id)
        )

    def _check_stop(self, tenant_id: TenantId) -> None:
        if _STOPPED.rows(self._tx.cursor, {"tenant_id": tenant_id}):
            raise MoneyStopped

    def _check_floor(self, leg: Leg, known: Account | None) -> None:
        is_known = known is not None and known.id == leg.source
        source = known if known is not None and is_known else self.get(leg.source)
        if source.has_floor and source.available < leg.amount:
            raise _short(source, leg.amount)


def _short(account: Account, wanted: Money) -> InsufficientFunds:
    return InsufficientFunds(missing=wanted - account.available, available=account.available)


def _transfer(journal_id: JournalId, row: Row) -> Transfer:
    amount = Money(row[4], Currency(row[5]))
    return Transfer(
        id=TransferId(row[0]),
        journal_id=journal_id,
        line=row[1],
        leg=Leg(source=AccountId(row[2]), target=AccountId(row[3]), amount=amount),
        hold_id=row[6],
    )


def _entry(account_id: AccountId, row: Row) -> Entry:
    currency = Currency(row[3])
    return Entry(
        account_id=account_id,
        seq=row[0],
        amount=Money(row[1], currency),
        balance_after=Money(row[2], currency),
        journal_id=JournalId(row[4]),
        token=row[5],
        kind=JournalKind(row[6]),
        subject=Subject(kind=row[7], id=row[8]),
        counter_kind=AccountKind(row[9]),
        posted_at=row[10],
    )

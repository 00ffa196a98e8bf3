"""Tables of the ledger: accounts, journals, holds, transfers, entries, the money stop."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
)

from core.domain.ledger import HOLD_TRANSITIONS
from core.domain.money import MAX_MINOR
from storage.records import Axis, axis_columns
from storage.schema import flag, ident, number, only_where, table, text, time

IS_OF_CAPTURE: Final = "kind IN ('link_payment', 'top_up', 'suspense')"
"""What is posted under the key of a capture, which a provider's event may name."""

ACCOUNT: Final = table(
    "account",
    ident(primary_key=True),
    ident("tenant_id"),
    text("currency"),
    text("kind"),
    ident("owner_id"),
    flag("has_floor"),
    number("debits_minor"),
    number("credits_minor"),
    number("held_minor"),
    number("entry_seq"),
    ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
    UniqueConstraint("tenant_id", "kind", "owner_id", "currency"),
    UniqueConstraint("id", "tenant_id", "currency"),
    CheckConstraint("has_floor IN (0, 1)", name="floor_flag"),
    CheckConstraint(
        "has_floor = 0 OR credits_minor - debits_minor - held_minor >= 0", name="floor"
    ),
    CheckConstraint("debits_minor >= 0 AND credits_minor >= 0", name="counters"),
    CheckConstraint("held_minor >= 0", name="held"),
    CheckConstraint(
        f"credits_minor - debits_minor BETWEEN -{MAX_MINOR} AND {MAX_MINOR}", name="range"
    ),
)

JOURNAL: Final = table(
    "journal",
    ident(primary_key=True),
    text("token"),
    ident("tenant_id"),
    text("kind"),
    text("subject_kind"),
    ident("subject_id"),
    text("key"),
    text("fingerprint"),
    number("lines"),
    time("posted_at"),
    ident("act_id"),
    ident("reverses_id", nullable=True),
    ForeignKeyConstraint(["tenant_id", "act_id"], ["act.tenant_id", "act.id"]),
    ForeignKeyConstraint(["reverses_id"], ["journal.id"]),
    UniqueConstraint("token"),
    UniqueConstraint("tenant_id", "key"),
    UniqueConstraint("reverses_id"),
    UniqueConstraint("id", "tenant_id", "act_id"),
    CheckConstraint("lines BETWEEN 1 AND 1000", name="lines"),
    CheckConstraint("token LIKE 'TXN-%'", name="token"),
    Index("ix_journal_subject", "subject_kind", "subject_id"),
    Index("ix_journal_capture", "key", **only_where(IS_OF_CAPTURE)),
    Index("ix_journal_act_id", "act_id"),
)

HOLD: Final = table(
    "hold",
    ident(primary_key=True),
    ident("tenant_id"),
    ident("account_id"),
    text("currency"),
    number("amount_minor"),
    text("subject_kind"),
    ident("subject_id"),
    time("expires_at", nullable=True),
    number("posted_minor"),
    ident("act_id"),
    number("row_version"),
    *axis_columns("hold", Axis("status", HOLD_TRANSITIONS)),
    ForeignKeyConstraint(
        ["account_id", "tenant_id", "currency"],
        ["account.id", "account.tenant_id", "account.currency"],
    ),
    ForeignKeyConstraint(["tenant_id", "act_id"], ["act.tenant_id", "act.id"]),
    UniqueConstraint("id", "account_id"),
    CheckConstraint(f"amount_minor BETWEEN 1 AND {MAX_MINOR}", name="amount"),
    CheckConstraint(
        "(status = 'posted' AND posted_minor BETWEEN 1 AND amount_minor)"
        " OR (status <> 'posted' AND posted_minor = 0)",
        name="posted",
    ),
    Index("ix_hold_open", "account_id", **only_where("status = 'open'")),
    Index("ix_hold_act_id", "act_id"),
)

TRANSFER: Final = table(
    "transfer",
    ident(primary_key=True),
    ident("journal_id"),
    number("line"),
    ident("tenant_id"),
    text("currency"),
    ident("from_account"),
    ident("to_account"),
    number("amount_minor"),
    ident("hold_id", nullable=True),
    ident("act_id"),
    ForeignKeyConstraint(
        ["journal_id", "tenant_id", "act_id"],
        ["journal.id", "journal.tenant_id", "journal.act_id"],
    ),
    ForeignKeyConstraint(
        ["from_account", "tenant_id", "currency"],
        ["account.id", "account.tenant_id", "account.currency"],
    ),
    ForeignKeyConstraint(
        ["to_account", "tenant_id", "currency"],
        ["account.id", "account.tenant_id", "account.currency"],
    ),
    ForeignKeyConstraint(["hold_id", "from_account"], ["hold.id", "hold.account_id"]),
    UniqueConstraint("journal_id", "line"),
    CheckConstraint(f"amount_minor BETWEEN 1 AND {MAX_MINOR}", name="amount"),
    CheckConstraint("from_account <> to_account", name="two_accounts"),
    CheckConstraint("line >= 1", name="line"),
    Index("ix_transfer_act_id", "act_id"),
    Index("ix_transfer_hold", "hold_id", **only_where("hold_id IS NOT NULL")),
)

ENTRY: Final = table(
    "entry",
    ident("account_id", primary_key=True),
    number("seq", primary_key=True, autoincrement=False),
    ident("transfer_id"),
    text("side"),
    number("amount_minor"),
    number("balance_after_minor"),
    ForeignKeyConstraint(["account_id"], ["account.id"]),
    ForeignKeyConstraint(["transfer_id"], ["transfer.id"]),
    UniqueConstraint("transfer_id", "side"),
    CheckConstraint("side IN ('debit', 'credit')", name="side"),
    CheckConstraint("amount_minor > 0", name="amount"),
    CheckConstraint("seq >= 1", name="seq"),
    sqlite_with_rowid=False,
)

MONEY_STOP: Final = table(
    "money_stop",
    ident("tenant_id", primary_key=True),
    text("reason"),
    time("since"),
    ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
)

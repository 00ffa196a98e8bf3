"""Accounts, journals, holds, transfers, entries, the money stop, wallets."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0003"
down_revision: Final[str | None] = "0002"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Create the tables. There is no way back but a backup."""
    op.create_table(
        "account",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("has_floor", WHOLE, nullable=False),
        sa.Column("debits_minor", WHOLE, nullable=False),
        sa.Column("credits_minor", WHOLE, nullable=False),
        sa.Column("held_minor", WHOLE, nullable=False),
        sa.Column("entry_seq", WHOLE, nullable=False),
        sa.CheckConstraint(
            "credits_minor - debits_minor BETWEEN -9007199254740991 AND 9007199254740991",
            name=op.f("ck_account_range"),
        ),
        sa.CheckConstraint(
            "debits_minor >= 0 AND credits_minor >= 0", name=op.f("ck_account_counters")
        ),
        sa.CheckConstraint(
            "has_floor = 0 OR credits_minor - debits_minor - held_minor >= 0",
            name=op.f("ck_account_floor"),
        ),
        sa.CheckConstraint("has_floor IN (0, 1)", name=op.f("ck_account_floor_flag")),
        sa.CheckConstraint("held_minor >= 0", name=op.f("ck_account_held")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_account_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint(
            "id", "tenant_id", "currency", name=op.f("uq_account_id_tenant_id_currency")
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "kind",
            "owner_id",
            "currency",
            name=op.f("uq_account_tenant_id_kind_owner_id_currency"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "journal",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("lines", WHOLE, nullable=False),
        sa.Column("posted_at", WHOLE, nullable=False),
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("reverses_id", WHOLE, autoincrement=False, nullable=True),
        sa.CheckConstraint("token LIKE 'TXN-%'", name=op.f("ck_journal_token")),
        sa.CheckConstraint("lines BETWEEN 1 AND 1000", name=op.f("ck_journal_lines")),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["journal.id"], name=op.f("fk_journal_reverses_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "act_id"],
            ["act.tenant_id", "act.id"],
            name=op.f("fk_journal_tenant_id_act_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
        sa.UniqueConstraint(
            "id", "tenant_id", "act_id", name=op.f("uq_journal_id_tenant_id_act_id")
        ),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_journal_reverses_id")),
        sa.UniqueConstraint("tenant_id", "key", name=op.f("uq_journal_tenant_id_key")),
        sa.UniqueConstraint("token", name=op.f("uq_journal_token")),
        sqlite_strict=True,
    )
    op.create_index("ix_journal_act_id", "journal", ["act_id"], unique=False)
    op.create_index("ix_journal_subject", "journal", ["subject_kind", "subject_id"], unique=False)
    op.create_table(
        "hold",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("account_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", WHOLE, nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("expires_at", WHOLE, nullable=True),
        sa.Column("posted_minor", WHOLE, nullable=False),
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_seq", WHOLE, nullable=False),
        sa.Column(
            "status_machine", sa.Text(), sa.Computed("'hold'", persisted=True), nullable=False
        ),
        sa.CheckConstraint(
            "(status = 'posted' AND posted_minor BETWEEN 1 AND amount_minor)"
            " OR (status <> 'posted' AND posted_minor = 0)",
            name=op.f("ck_hold_posted"),
        ),
        sa.CheckConstraint(
            "amount_minor BETWEEN 1 AND 9007199254740991", name=op.f("ck_hold_amount")
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "tenant_id", "currency"],
            ["account.id", "account.tenant_id", "account.currency"],
            name=op.f("fk_hold_account_id_tenant_id_currency"),
        ),
        sa.ForeignKeyConstraint(
            ["status_machine", "id", "status_seq", "status"],
            [
                "status_event.machine",
                "status_event.entity",
                "status_event.seq",
                "status_event.to_status",
            ],
            name=op.f("fk_hold_status_machine_id_status_seq_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "act_id"],
            ["act.tenant_id", "act.id"],
            name=op.f("fk_hold_tenant_id_act_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
        sa.UniqueConstraint("id", "account_id", name=op.f("uq_hold_id_account_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_hold_act_id", "hold", ["act_id"], unique=False)
    op.create_index(
        "ix_hold_open",
        "hold",
        ["account_id"],
        unique=False,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "transfer",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("journal_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("line", WHOLE, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("from_account", WHOLE, autoincrement=False, nullable=False),
        sa.Column("to_account", WHOLE, autoincrement=False, nullable=False),
        sa.Column("amount_minor", WHOLE, nullable=False),
        sa.Column("hold_id", WHOLE, autoincrement=False, nullable=True),
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "amount_minor BETWEEN 1 AND 9007199254740991", name=op.f("ck_transfer_amount")
        ),
        sa.CheckConstraint("from_account <> to_account", name=op.f("ck_transfer_two_accounts")),
        sa.CheckConstraint("line >= 1", name=op.f("ck_transfer_line")),
        sa.ForeignKeyConstraint(
            ["from_account", "tenant_id", "currency"],
            ["account.id", "account.tenant_id", "account.currency"],
            name=op.f("fk_transfer_from_account_tenant_id_currency"),
        ),
        sa.ForeignKeyConstraint(
            ["hold_id", "from_account"],
            ["hold.id", "hold.account_id"],
            name=op.f("fk_transfer_hold_id_from_account"),
        ),
        sa.ForeignKeyConstraint(
            ["journal_id", "tenant_id", "act_id"],
            ["journal.id", "journal.tenant_id", "journal.act_id"],
            name=op.f("fk_transfer_journal_id_tenant_id_act_id"),
        ),
        sa.ForeignKeyConstraint(
            ["to_account", "tenant_id", "currency"],
            ["account.id", "account.tenant_id", "account.currency"],
            name=op.f("fk_transfer_to_account_tenant_id_currency"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sa.UniqueConstraint("journal_id", "line", name=op.f("uq_transfer_journal_id_line")),
        sqlite_strict=True,
    )
    op.create_index("ix_transfer_act_id", "transfer", ["act_id"], unique=False)
    op.create_index(
        "ix_transfer_hold",
        "transfer",
        ["hold_id"],
        unique=False,
        sqlite_where=sa.text("hold_id IS NOT NULL"),
        postgresql_where=sa.text("hold_id IS NOT NULL"),
    )
    op.create_table(
        "entry",
        sa.Column("account_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("seq", WHOLE, autoincrement=False, nullable=False),
        sa.Column("transfer_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("amount_minor", WHOLE, nullable=False),
        sa.Column("balance_after_minor", WHOLE, nullable=False),
        sa.CheckConstraint("side IN ('debit', 'credit')", name=op.f("ck_entry_side")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_entry_amount")),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_entry_seq")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_entry_account_id")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name=op.f("fk_entry_transfer_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "seq", name=op.f("pk_entry")),
        sa.UniqueConstraint("transfer_id", "side", name=op.f("uq_entry_transfer_id_side")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "money_stop",
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_money_stop_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_money_stop")),
        sqlite_strict=True,
    )
    op.create_table(
        "wallet",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("owner_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("account_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("frozen_by", WHOLE, autoincrement=False, nullable=False),
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_seq", WHOLE, nullable=False),
        sa.Column(
            "status_machine", sa.Text(), sa.Computed("'wallet'", persisted=True), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "tenant_id", "currency"],
            ["account.id", "account.tenant_id", "account.currency"],
            name=op.f("fk_wallet_account_id_tenant_id_currency"),
        ),
        sa.ForeignKeyConstraint(
            ["status_machine", "id", "status_seq", "status"],
            [
                "status_event.machine",
                "status_event.entity",
                "status_event.seq",
                "status_event.to_status",
            ],
            name=op.f("fk_wallet_status_machine_id_status_seq_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "act_id"],
            ["act.tenant_id", "act.id"],
            name=op.f("fk_wallet_tenant_id_act_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet")),
        sa.UniqueConstraint("account_id", name=op.f("uq_wallet_account_id")),
        sa.UniqueConstraint(
            "tenant_id", "owner_id", "currency", name=op.f("uq_wallet_tenant_id_owner_id_currency")
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_wallet_act_id", "wallet", ["act_id"], unique=False)

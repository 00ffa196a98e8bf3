"""Payers' requests for money back, and how staff decided each."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0024"
down_revision: Final[str | None] = "0023"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
IS_OPEN: Final = "status = 'open'"
CHECKS: Final = {
    "amount": "amount_minor BETWEEN 1 AND 9007199254740991",
    "ended": f"({IS_OPEN}) = (decided_at IS NULL)",
    "decided": "(decided_at IS NULL) = (decided_by IS NULL)",
    "approved": "(status = 'approved') = (refund_id IS NOT NULL)",
    "answered": "(status = 'rejected') = (answer_id <> 0)",
    "own": "decided_by IS NULL OR (status = 'withdrawn') = (decided_by = payer_id)",
}


def upgrade() -> None:
    """Create the table. There is no way back but a backup."""
    op.create_table(
        "refund_request",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("payment_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("payer_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", WHOLE, nullable=False),
        sa.Column("reason_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("asked_at", WHOLE, nullable=False),
        sa.Column("answer_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("decided_by", WHOLE, autoincrement=False, nullable=True),
        sa.Column("decided_at", WHOLE, nullable=True),
        sa.Column("refund_id", WHOLE, autoincrement=False, nullable=True),
        sa.Column("act_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_seq", WHOLE, nullable=False),
        sa.Column(
            "status_machine",
            sa.Text(),
            sa.Computed("'refund_request'", persisted=True),
            nullable=False,
        ),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_refund_request_{name}"))
            for name, condition in CHECKS.items()
        ),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_refund_request_{column}"))
            for column, target in (
                ("payer_id", "person.id"),
                ("reason_id", "note.id"),
                ("answer_id", "note.id"),
                ("refund_id", "refund.id"),
            )
        ),
        sa.ForeignKeyConstraint(
            ["payment_id", "tenant_id", "currency"],
            ["payment.id", "payment.tenant_id", "payment.currency"],
            name=op.f("fk_refund_request_payment_id_tenant_id_currency"),
        ),
        sa.ForeignKeyConstraint(
            ["status_machine", "id", "status_seq", "status"],
            [
                "status_event.machine",
                "status_event.entity",
                "status_event.seq",
                "status_event.to_status",
            ],
            name=op.f("fk_refund_request_status_machine_id_status_seq_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "act_id"],
            ["act.tenant_id", "act.id"],
            name=op.f("fk_refund_request_tenant_id_act_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_request")),
        sqlite_strict=True,
    )
    op.create_index("ix_refund_request_act_id", "refund_request", ["act_id"], unique=False)
    op.create_index("ix_refund_request_payment", "refund_request", ["payment_id"], unique=False)
    for name, column, is_unique in (
        ("uq_refund_request_open", "payment_id", True),
        ("ix_refund_request_open", "tenant_id", False),
    ):
        op.create_index(
            name,
            "refund_request",
            [column],
            unique=is_unique,
            sqlite_where=sa.text(IS_OPEN),
            postgresql_where=sa.text(IS_OPEN),
        )

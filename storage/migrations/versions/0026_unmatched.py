"""Unmatched money, one row for each journal that put it into suspense; refunds of it.

What older books gave of it names no such row: it is taken from one that is just as large, else
from the oldest.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0026"
down_revision: Final[str | None] = "0025"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
MAX_MINOR: Final = 9007199254740991
IS_FREE: Final = "given_minor + open_minor + done_minor < amount_minor"
IS_OPEN: Final = "status IN ('pending', 'approved', 'processing')"
CHECKS: Final = {
    "amount": f"amount_minor BETWEEN 1 AND {MAX_MINOR}",
    "counters": ("given_minor >= 0 AND open_minor >= 0 AND done_minor >= 0 AND over_minor >= 0"),
    "ceiling": "given_minor + open_minor + done_minor <= amount_minor",
    "capture": "capture = '' OR configuration_id IS NOT NULL",
}
REFUND_CHECKS: Final = {
    "source": "(payment_id IS NULL) <> (unmatched_id IS NULL)",
    "unmatched": ("payment_id IS NOT NULL OR (origin = 'staff' AND destination = 'original')"),
    "payer": "payer_id IS NOT NULL OR payment_id IS NULL",
    "destination": (
        "(destination = 'original' AND (attempt_id IS NOT NULL OR unmatched_id IS NOT NULL)"
        " AND configuration_id IS NOT NULL AND capture <> '' AND needs_consent = 0)"
        " OR (destination = 'wallet' AND attempt_id IS NULL AND configuration_id IS NULL"
        " AND capture = '' AND provider_ref = '')"
    ),
}
"""Those that are new or say something else than before."""

OLD_CHECKS: Final = {
    "amount": f"amount_minor BETWEEN 1 AND {MAX_MINOR}",
    "journal": "(status IN ('completed', 'returned')) = (journal_id IS NOT NULL)",
    "hold": "(origin = 'staff') = (hold_id IS NOT NULL)",
    "asker": "(origin = 'staff') = (requested_by IS NOT NULL)",
    "origin": "origin = 'staff' OR (origin = 'provider' AND destination = 'original')",
    "approved": (
        "status IN ('pending', 'cancelled') OR origin = 'provider' OR approved_by IS NOT NULL"
    ),
    "consent": (
        "needs_consent = 0 OR consented_at IS NOT NULL"
        " OR status IN ('pending', 'approved', 'cancelled')"
    ),
}
OLD_COLUMNS: Final = (
    *("id", "tenant_id", "payment_id", "payer_id", "reference", "currency", "amount_minor"),
    *("destination", "origin", "requested_at", "requested_by", "reason_id", "attempt_id"),
    *("configuration_id", "capture", "hold_id", "needs_consent", "consented_at", "approved_by"),
    *("sent_at", "ended_at", "ended_by", "provider_ref", "journal_id", "error", "needs"),
    *("checks", "act_id", "row_version", "status", "status_seq"),
)


def _ident(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, WHOLE, autoincrement=False, nullable=nullable)


def _number(name: str) -> "sa.Column[int]":
    return sa.Column(name, WHOLE, nullable=False)


def _text(name: str, *, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=nullable)


def _time(name: str, *, nullable: bool = True) -> "sa.Column[int]":
    return sa.Column(name, WHOLE, nullable=nullable)


def upgrade() -> None:
    """Add the tables, fill them, and let a refund be of unmatched money. No way back."""
    _create_unmatched()
    _fill()
    if op.get_bind().dialect.name == "sqlite":
        _rebuild_refund()
    else:
        _alter_refund()
    op.create_index(
        "ix_refund_unmatched",
        "refund",
        ["unmatched_id"],
        unique=False,
        sqlite_where=sa.text("unmatched_id IS NOT NULL"),
        postgresql_where=sa.text("unmatched_id IS NOT NULL"),
    )


def _create_unmatched() -> None:
    op.create_table(
        "unmatched",
        _ident("id"),
        _ident("tenant_id"),
        _ident("account_id"),
        _text("currency"),
        _number("amount_minor"),
        _time("kept_at", nullable=False),
        _ident("configuration_id", nullable=True),
        _text("capture"),
        _text("reference"),
        _ident("payment_id", nullable=True),
        _ident("attempt_id", nullable=True),
        *(_number(f"{name}_minor") for name in ("given", "open", "done", "over")),
        _number("row_version"),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_unmatched_{name}"))
            for name, condition in CHECKS.items()
        ),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_unmatched_{column}"))
            for column, target in (
                ("id", "journal.id"),
                ("configuration_id", "provider_configuration.id"),
                ("attempt_id", "attempt.id"),
            )
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "tenant_id", "currency"],
            ["account.id", "account.tenant_id", "account.currency"],
            name=op.f("fk_unmatched_account_id_tenant_id_currency"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id", "tenant_id"],
            ["payment.id", "payment.tenant_id"],
            name=op.f("fk_unmatched_payment_id_tenant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmatched")),
        sa.UniqueConstraint(
            "id", "tenant_id", "currency", name=op.f("uq_unmatched_id_tenant_id_currency")
        ),
        sqlite_strict=True,
    )
    for name, columns, condition in (
        ("ix_unmatched_waiting", ["tenant_id", "id"], IS_FREE),
        ("ix_unmatched_payment", ["payment_id"], "payment_id IS NOT NULL"),
    ):
        op.create_index(
            name,
            "unmatched",
            columns,
            unique=False,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
    op.create_index("ix_unmatched_capture", "unmatched", ["configuration_id", "capture"])
    op.create_table(
        "unmatched_given",
        _ident("journal_id"),
        _ident("unmatched_id"),
        _number("amount_minor"),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_unmatched_given_amount")),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_unmatched_given_{column}"))
            for column, target in (("journal_id", "journal.id"), ("unmatched_id", "unmatched.id"))
        ),
        sa.PrimaryKeyConstraint("journal_id", "unmatched_id", name=op.f("pk_unmatched_given")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_unmatched_given", "unmatched_given", ["unmatched_id"], unique=False)


@dataclass
class _Kept:
    """What is left of a journal's money while its gifts are told apart."""

    id: int
    left: int


def _fill() -> None:
    bind = op.get_bind()
    moves = bind.execute(
        sa.text(
            "SELECT a.id AS account, t.journal_id AS journal, j.reverses_id AS reverses,"
            " CASE WHEN t.to_account = a.id THEN t.amount_minor ELSE -t.amount_minor END AS minor"
            " FROM account a JOIN transfer t ON a.id IN (t.from_account, t.to_account)"
            " JOIN journal j ON j.id = t.journal_id WHERE a.kind = 'suspense' ORDER BY t.id"
        )
    ).fetchall()
    here: dict[int, list[_Kept]] = {}
    given: dict[tuple[int, int], int] = {}
    total: dict[int, int] = {}
    for account, journal, reverses, minor in moves:
        kept = here.setdefault(account, [])
        if minor > 0:
            _keep(kept, journal, minor)
            total[journal] = total.get(journal, 0) + minor
            continue
        for each, part in _taken(kept, -minor, reverses):
            given[journal, each.id] = given.get((journal, each.id), 0) + part
            each.left -= part
    for account, kept in here.items():
        for each in kept:
            gone = total[each.id] - each.left
            moved = {"account": account, "minor": total[each.id], "given": gone}
            bind.execute(_ADD, {**_known(bind, each.id), **moved})
    for (journal, unmatched), minor in given.items():
        bind.execute(_GIVE, {"journal": journal, "unmatched": unmatched, "minor": minor})


_ADD: Final = sa.text(
    "INSERT INTO unmatched (id, tenant_id, account_id, currency, amount_minor, kept_at,"
    " configuration_id, capture, reference, payment_id, attempt_id, given_minor, open_minor,"
    " done_minor, over_minor, row_version)"
    " VALUES (:journal, :tenant, :account, (SELECT currency FROM account WHERE id = :account),"
    " :minor, :kept_at, :configuration, :capture, :reference, :payment, :attempt, :given,"
    " 0, 0, 0, 1)"
)
_GIVE: Final = sa.text(
    "INSERT INTO unmatched_given (journal_id, unmatched_id, amount_minor)"
    " VALUES (:journal, :unmatched, :minor)"
)


def _keep(kept: list[_Kept], journal: int, minor: int) -> None:
    for each in kept:
        if each.id == journal:
            each.left += minor
            return
    kept.append(_Kept(journal, minor))


def _taken(kept: list[_Kept], minor: int, reverses: int | None) -> Iterator[tuple[_Kept, int]]:
    """Yield what a debit takes: of what it reverses, of one just as large, then of the oldest."""
    waiting = [each for each in kept if each.left]
    waiting.sort(key=lambda each: (each.id != reverses, each.left != minor))
    for each in waiting:
        part = min(each.left, minor)
        if part:
            yield each, part
        minor -= part


def _known(bind: sa.Connection, journal: int) -> dict[str, Any]:
    """Return what a journal tells of the capture that it booked."""
    key, kind, subject, tenant, posted_at = bind.execute(
        sa.text(
            "SELECT key, subject_kind, subject_id, tenant_id, posted_at FROM journal WHERE id = :id"
        ),
        {"id": journal},
    ).one()
    found: dict[str, Any] = {
        "journal": journal,
        "tenant": tenant,
        "kept_at": posted_at,
        "configuration": None,
        "capture": "",
        "reference": "",
        "payment": subject if kind == "payment" else None,
        "attempt": None,
    }
    head, _, rest = key.partition(":")
    number, _, capture = rest.partition(":")
    if head != "capture" or not number.isdecimal():
        return found
    found |= {"configuration": int(number), "capture": capture}
    listed = bind.execute(
        sa.text("SELECT reference FROM difference WHERE journal_id = :id"), {"id": journal}
    ).scalar()
    tried = bind.execute(
        sa.text(
            "SELECT id, reference FROM attempt WHERE configuration_id = :configuration"
            " AND (reference = :listed OR (:listed = '' AND payment_id = :payment))"
        ),
        {**found, "listed": listed or "", "payment": found["payment"] or 0},
    ).fetchall()
    if len(tried) == 1:
        found |= {"attempt": tried[0][0], "reference": tried[0][1]}
    return found | ({"reference": listed} if listed else {})


def _rebuild_refund() -> None:
    """SQLite changes a column by making its table anew."""
    op.create_table(
        "refund_new",
        _ident("id"),
        _ident("tenant_id"),
        _ident("payment_id", nullable=True),
        _ident("unmatched_id", nullable=True),
        _ident("payer_id", nullable=True),
        _text("reference"),
        _text("currency"),
        _number("amount_minor"),
        _text("destination"),
        _text("origin"),
        _time("requested_at", nullable=False),
        _ident("requested_by", nullable=True),
        _ident("reason_id"),
        _ident("attempt_id", nullable=True),
        _ident("configuration_id", nullable=True),
        _text("capture"),
        _ident("hold_id", nullable=True),
        _number("needs_consent"),
        _time("consented_at"),
        _ident("approved_by", nullable=True),
        _time("sent_at"),
        _time("ended_at"),
        _ident("ended_by", nullable=True),
        _text("provider_ref"),
        _ident("journal_id", nullable=True),
        _text("error", nullable=True),
        _text("needs"),
        _number("checks"),
        _ident("act_id"),
        _number("row_version"),
        _text("status"),
        _number("status_seq"),
        sa.Column(
            "status_machine", sa.Text(), sa.Computed("'refund'", persisted=True), nullable=False
        ),
        *_refund_constraints(),
        sqlite_strict=True,
    )
    names = ", ".join(OLD_COLUMNS)
    op.execute(f"INSERT INTO refund_new ({names}) SELECT {names} FROM refund")
    op.drop_table("refund")
    op.rename_table("refund_new", "refund")
    op.create_index("ix_refund_act_id", "refund", ["act_id"], unique=False)
    op.create_index("ix_refund_payment", "refund", ["payment_id"], unique=False)
    op.create_index(
        "ix_refund_open", "refund", ["tenant_id"], unique=False, sqlite_where=sa.text(IS_OPEN)
    )


def _refund_constraints() -> Iterator[sa.Constraint]:
    for name, condition in {**OLD_CHECKS, **REFUND_CHECKS}.items():
        yield sa.CheckConstraint(condition, name=op.f(f"ck_refund_{name}"))
    for columns, targets in (
        (["attempt_id"], ["attempt.id"]),
        (["configuration_id"], ["provider_configuration.id"]),
        (["hold_id"], ["hold.id"]),
        (["journal_id"], ["journal.id"]),
        (["payer_id"], ["person.id"]),
        (["reason_id"], ["note.id"]),
        (["tenant_id", "act_id"], ["act.tenant_id", "act.id"]),
        (
            ["payment_id", "tenant_id", "currency"],
            ["payment.id", "payment.tenant_id", "payment.currency"],
        ),
        (
            ["unmatched_id", "tenant_id", "currency"],
            ["unmatched.id", "unmatched.tenant_id", "unmatched.currency"],
        ),
        (
            ["status_machine", "id", "status_seq", "status"],
            [f"status_event.{name}" for name in ("machine", "entity", "seq", "to_status")],
        ),
    ):
        yield sa.ForeignKeyConstraint(columns, targets, name=op.f(f"fk_refund_{'_'.join(columns)}"))
    yield sa.PrimaryKeyConstraint("id", name=op.f("pk_refund"))
    yield sa.UniqueConstraint("hold_id", name=op.f("uq_refund_hold_id"))
    yield sa.UniqueConstraint("reference", name=op.f("uq_refund_reference"))


def _alter_refund() -> None:
    op.add_column("refund", _ident("unmatched_id", nullable=True))
    for name in ("payment_id", "payer_id"):
        op.alter_column("refund", name, existing_type=WHOLE, nullable=True)
    op.create_foreign_key(
        op.f("fk_refund_unmatched_id_tenant_id_currency"),
        "refund",
        "unmatched",
        ["unmatched_id", "tenant_id", "currency"],
        ["id", "tenant_id", "currency"],
    )
    op.drop_constraint(op.f("ck_refund_destination"), "refund", type_="check")
    for name, condition in REFUND_CHECKS.items():
        op.create_check_constraint(op.f(f"ck_refund_{name}"), "refund", condition)

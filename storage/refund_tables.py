"""Tables of refunds, what the database refuses of them, and what must hold between them.

A refund is never more than its payment, or what was kept apart, leaves, and done only with a
journal that moved as much.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint

from core.domain.money import MAX_MINOR
from core.domain.refunds import TRANSITIONS
from storage.records import Axis, axis_columns
from storage.rules import Rule, refuse
from storage.schema import flag, ident, number, only_where, table, text, time

IS_OPEN: Final = "status IN ('pending', 'approved', 'processing')"
IS_GONE: Final = "status IN ('completed', 'returned')"

REFUND: Final = table(
    "refund",
    ident(primary_key=True),
    ident("tenant_id"),
    ident("payment_id", nullable=True),
    ident("unmatched_id", nullable=True),
    ident("payer_id", nullable=True),
    text("reference"),
    text("currency"),
    number("amount_minor"),
    number("returned_minor", server_default="0"),
    text("destination"),
    text("origin"),
    time("requested_at"),
    ident("requested_by", nullable=True),
    ident("reason_id"),
    ident("attempt_id", nullable=True),
    ident("configuration_id", nullable=True),
    text("capture"),
    ident("hold_id", nullable=True),
    flag("needs_consent"),
    time("consented_at", nullable=True),
    ident("approved_by", nullable=True),
    time("sent_at", nullable=True),
    time("ended_at", nullable=True),
    ident("ended_by", nullable=True),
    text("provider_ref"),
    ident("journal_id", nullable=True),
    text("error", nullable=True),
    text("needs"),
    number("checks"),
    ident("act_id"),
    number("row_version"),
    *axis_columns("refund", Axis("status", TRANSITIONS)),
    ForeignKeyConstraint(
        ["payment_id", "tenant_id", "currency"],
        ["payment.id", "payment.tenant_id", "payment.currency"],
    ),
    ForeignKeyConstraint(
        ["unmatched_id", "tenant_id", "currency"],
        ["unmatched.id", "unmatched.tenant_id", "unmatched.currency"],
    ),
    ForeignKeyConstraint(["payer_id"], ["person.id"]),
    ForeignKeyConstraint(["reason_id"], ["note.id"]),
    ForeignKeyConstraint(["attempt_id"], ["attempt.id"]),
    ForeignKeyConstraint(["configuration_id"], ["provider_configuration.id"]),
    ForeignKeyConstraint(["hold_id"], ["hold.id"]),
    ForeignKeyConstraint(["journal_id"], ["journal.id"]),
    ForeignKeyConstraint(["tenant_id", "act_id"], ["act.tenant_id", "act.id"]),
    UniqueConstraint("reference"),
    UniqueConstraint("hold_id"),
    CheckConstraint(f"amount_minor BETWEEN 1 AND {MAX_MINOR}", name="amount"),
    CheckConstraint(f"({IS_GONE}) = (journal_id IS NOT NULL)", name="journal"),
    CheckConstraint("(origin = 'staff') = (hold_id IS NOT NULL)", name="hold"),
    CheckConstraint("(origin = 'staff') = (requested_by IS NOT NULL)", name="asker"),
    CheckConstraint(
        "origin = 'staff' OR (origin = 'provider' AND destination = 'original')", name="origin"
    ),
    CheckConstraint("(payment_id IS NULL) <> (unmatched_id IS NULL)", name="source"),
    CheckConstraint(
        "payment_id IS NOT NULL OR (origin = 'staff' AND destination = 'original')",
        name="unmatched",
    ),
    CheckConstraint("payer_id IS NOT NULL OR payment_id IS NULL", name="payer"),
    CheckConstraint(
        "(destination = 'original' AND (attempt_id IS NOT NULL OR unmatched_id IS NOT NULL)"
        " AND configuration_id IS NOT NULL AND capture <> '' AND needs_consent = 0)"
        " OR (destination = 'wallet' AND attempt_id IS NULL AND configuration_id IS NULL"
        " AND capture = '' AND provider_ref = '')",
        name="destination",
    ),
    CheckConstraint(
        "status IN ('pending', 'cancelled') OR origin = 'provider' OR approved_by IS NOT NULL",
        name="approved",
    ),
    CheckConstraint(
        "needs_consent = 0 OR consented_at IS NOT NULL"
        " OR status IN ('pending', 'approved', 'cancelled')",
        name="consent",
    ),
    Index("ix_refund_payment", "payment_id"),
    Index("ix_refund_unmatched", "unmatched_id", **only_where("unmatched_id IS NOT NULL")),
    Index("ix_refund_open", "tenant_id", **only_where(IS_OPEN)),
    Index("ix_refund_act_id", "act_id"),
)

REFUNDABLE: Final = table(
    "refundable",
    ident("payment_id", primary_key=True),
    ident("tenant_id"),
    text("currency"),
    number("captured_minor"),
    number("open_minor"),
    number("done_minor"),
    number("reversed_minor"),
    time("contested_at", nullable=True),
    number("row_version"),
    ForeignKeyConstraint(
        ["payment_id", "tenant_id", "currency"],
        ["payment.id", "payment.tenant_id", "payment.currency"],
    ),
    CheckConstraint("open_minor >= 0 AND done_minor >= 0 AND reversed_minor >= 0", name="counters"),
    CheckConstraint("open_minor + done_minor <= captured_minor", name="ceiling"),
    CheckConstraint("reversed_minor <= captured_minor", name="reversed"),
    Index("ix_refundable_contested", "tenant_id", **only_where("contested_at IS NOT NULL")),
)
"""One row a payment: no sum of refunds is more than was captured."""


def _sum(where: str, *, of: str, what: str = "amount_minor") -> str:
    total = f"SELECT COALESCE(SUM({what}), 0) FROM refund"
    return f"({total} WHERE payment_id = {of} AND {where})"


def _captured(of: str) -> str:
    return f"(SELECT captured_minor FROM payment WHERE id = {of})"


_MINE: Final = "NEW.payment_id"
_OPEN_SUM: Final = _sum(f"origin = 'staff' AND {IS_OPEN}", of=_MINE)
_DONE_SUM: Final = _sum(f"origin = 'staff' AND {IS_GONE}", of=_MINE)
_AWAY: Final = "amount_minor - returned_minor"
_REVERSED_SUM: Final = _sum(f"origin = 'provider' AND {IS_GONE}", of=_MINE, what=_AWAY)
_FOUND_SUM: Final = _sum(f"origin = 'provider' AND ({IS_OPEN} OR {IS_GONE})", of=_MINE, what=_AWAY)
_TAKEN_SUM: Final = f"{_OPEN_SUM} + {_DONE_SUM} + {_FOUND_SUM}"
_IS_CONTESTED: Final = (
    "EXISTS (SELECT 1 FROM refundable WHERE payment_id = NEW.payment_id"
    " AND contested_at IS NOT NULL)"
)
_UNMATCHED_SUM: Final = (
    "(SELECT COALESCE(SUM(amount_minor), 0) FROM refund"
    f" WHERE unmatched_id = NEW.unmatched_id AND ({IS_OPEN} OR {IS_GONE}))"
)
_MOVED: Final = (
    "(SELECT COALESCE(SUM(t.amount_minor), 0) FROM journal j"
    " JOIN transfer t ON t.journal_id = j.id JOIN account a ON a.id = t.to_account"
    " WHERE j.id = NEW.journal_id AND j.tenant_id = NEW.tenant_id"
    " AND j.subject_kind = 'refund' AND j.subject_id = NEW.id AND a.kind ="
    " CASE NEW.destination WHEN 'original' THEN 'provider' ELSE 'member_wallet' END)"
)


def _came_back(of: str) -> str:
    """Return the sum of the journals by which a refund came back."""
    return (
        "(SELECT COALESCE(SUM(t.amount_minor), 0) FROM journal j"
        " JOIN transfer t ON t.journal_id = j.id WHERE j.kind = 'refund_return'"
        f" AND j.subject_kind = 'refund' AND j.subject_id = {of})"
    )


def refund_rules() -> Iterator[Rule]:
    """Yield what the database refuses of refunds."""
    yield refuse(
        "refund_ceiling",
        "BEFORE INSERT ON refund",
        f"(NEW.origin = 'staff' AND NEW.amount_minor + {_TAKEN_SUM} > {_captured(_MINE)})"
        f" OR (NEW.origin = 'provider'"
        f" AND NEW.amount_minor + {_FOUND_SUM} > {_captured(_MINE)})",
        "refund.ceiling",
    )
    yield refuse(
        "refund_contested",
        "BEFORE INSERT ON refund",
        f"NEW.origin = 'staff' AND {_IS_CONTESTED}",
        "refund.contested",
    )
    yield refuse(
        "refund_begun",
        "BEFORE INSERT ON refund",
        "NEW.journal_id IS NOT NULL OR NEW.returned_minor <> 0"
        " OR (NEW.origin = 'staff' AND (NEW.status <> 'pending' OR NOT EXISTS"
        " (SELECT 1 FROM hold h JOIN account a ON a.id = h.account_id WHERE h.id = NEW.hold_id"
        " AND h.tenant_id = NEW.tenant_id AND h.currency = NEW.currency AND h.status = 'open'"
        " AND h.amount_minor = NEW.amount_minor"
        " AND a.kind = CASE WHEN NEW.unmatched_id IS NULL THEN 'tenant_wallet'"
        " ELSE 'suspense' END"
        " AND h.subject_kind = 'refund' AND h.subject_id = NEW.id)))"
        " OR (NEW.origin = 'provider' AND NEW.status <> 'processing')"
        " OR (NEW.destination = 'wallet' AND NEW.needs_consent = 0 AND NOT EXISTS"
        " (SELECT 1 FROM payment WHERE id = NEW.payment_id AND method = 'wallet'))"
        " OR (NEW.destination = 'original' AND NEW.payment_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM attempt WHERE id = NEW.attempt_id AND payment_id = NEW.payment_id"
        " AND configuration_id = NEW.configuration_id))",
        "refund.begun",
    )
    yield from _unmatched()
    yield refuse(
        "refund_moved",
        "BEFORE UPDATE ON refund",
        "(OLD.journal_id IS NOT NULL AND (NEW.journal_id IS NULL"
        " OR NEW.journal_id <> OLD.journal_id)) OR (OLD.journal_id IS NULL"
        f" AND NEW.journal_id IS NOT NULL AND {_MOVED} <> NEW.amount_minor)",
        "refund.moved",
    )
    yield from _returned()
    yield refuse(
        "refund_held",
        "BEFORE UPDATE ON refund",
        "NEW.status NOT IN ('pending', 'approved', 'processing') AND EXISTS"
        " (SELECT 1 FROM hold WHERE id = NEW.hold_id AND status = 'open')",
        "refund.held",
    )
    yield from _refundable()


def _returned() -> Iterator[Rule]:
    """Say what is refused of what came back of a refund."""
    yield refuse(
        "refund_returned",
        "BEFORE UPDATE ON refund",
        "(NEW.status = 'returned') <> (NEW.returned_minor = NEW.amount_minor)"
        " OR NEW.returned_minor < OLD.returned_minor OR NEW.returned_minor > NEW.amount_minor"
        " OR (NEW.returned_minor <> OLD.returned_minor AND (NEW.journal_id IS NULL"
        f" OR NEW.returned_minor <> {_came_back('NEW.id')}))",
        "refund.returned",
    )


def _unmatched() -> Iterator[Rule]:
    """Say what is refused of refunds of money that was kept apart."""
    yield refuse(
        "refund_unmatched",
        "BEFORE INSERT ON refund",
        "NEW.unmatched_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM unmatched u"
        " JOIN hold h ON h.account_id = u.account_id WHERE u.id = NEW.unmatched_id"
        " AND h.id = NEW.hold_id AND u.configuration_id = NEW.configuration_id"
        " AND u.capture = NEW.capture"
        f" AND u.given_minor + {_UNMATCHED_SUM} + NEW.amount_minor <= u.amount_minor)",
        "refund.unmatched",
    )
    yield refuse(
        "refund_unmatched_contested",
        "BEFORE INSERT ON refund",
        "NEW.unmatched_id IS NOT NULL AND EXISTS (SELECT 1 FROM chargeback c"
        " WHERE c.configuration_id = NEW.configuration_id AND c.capture = NEW.capture"
        " AND c.status IN ('open', 'evidence_sent'))",
        "refund.contested",
    )
    yield refuse(
        "refund_unmatched_frozen",
        "BEFORE UPDATE ON refund",
        "NEW.unmatched_id IS NOT OLD.unmatched_id",
        "refund.frozen",
    )


def _refundable() -> Iterator[Rule]:
    yield refuse(
        "refundable_birth",
        "BEFORE INSERT ON refundable",
        "NEW.open_minor <> 0 OR NEW.done_minor <> 0 OR NEW.reversed_minor <> 0"
        f" OR NEW.contested_at IS NOT NULL OR NEW.captured_minor <> {_captured(_MINE)}",
        "refundable.birth",
    )
    yield refuse(
        "refundable_counted",
        "BEFORE UPDATE ON refundable",
        f"NEW.open_minor <> {_OPEN_SUM} OR NEW.done_minor <> {_DONE_SUM}"
        f" OR NEW.reversed_minor <> {_REVERSED_SUM}"
        f" OR NEW.captured_minor <> {_captured(_MINE)}",
        "refundable.counted",
    )


def _part(origin: str, status: str, *, what: str = "amount_minor") -> str:
    return f"SUM(CASE WHEN origin = '{origin}' AND {status} THEN {what} ELSE 0 END)"


REFUND_BOOKS: Final[tuple[tuple[str, str], ...]] = (
    (
        "payment {0}: what its refunds come to differs from its refunds",
        (
            "SELECT p.id FROM payment p LEFT JOIN refundable r ON r.payment_id = p.id"
            " JOIN (SELECT payment_id,"
            f" {_part('staff', IS_OPEN)} AS opened, {_part('staff', IS_GONE)} AS finished,"
            f" {_part('provider', IS_GONE, what=_AWAY)} AS found FROM refund"
            " WHERE payment_id IS NOT NULL GROUP BY payment_id) f"
            " ON f.payment_id = p.id"
            " WHERE r.payment_id IS NULL OR r.open_minor <> f.opened OR r.done_minor <> f.finished"
            " OR r.reversed_minor <> f.found OR r.captured_minor > p.captured_minor"
        ),
    ),
    (
        "payment {0}: more was refunded than captured",
        (
            "SELECT p.id FROM payment p JOIN refundable r ON r.payment_id = p.id"
            " WHERE r.open_minor + r.done_minor > p.captured_minor"
            " OR r.reversed_minor > p.captured_minor"
        ),
    ),
    (
        "refund {0}: its journal moved another amount",
        (
            "SELECT r.id FROM refund r WHERE r.journal_id IS NOT NULL AND r.amount_minor <>"
            " (SELECT COALESCE(SUM(t.amount_minor), 0) FROM journal j"
            " JOIN transfer t ON t.journal_id = j.id JOIN account a ON a.id = t.to_account"
            " WHERE j.id = r.journal_id AND j.subject_kind = 'refund' AND j.subject_id = r.id"
            " AND a.kind ="
            " CASE r.destination WHEN 'original' THEN 'provider' ELSE 'member_wallet' END)"
        ),
    ),
    (
        "refund {0}: what came back of it differs from its journals",
        f"SELECT id FROM refund WHERE returned_minor <> {_came_back('refund.id')}",
    ),
    (
        "refund {0}: its hold and its status disagree",
        (
            "SELECT r.id FROM refund r JOIN hold h ON h.id = r.hold_id"
            f" WHERE (h.status = 'open') <> ({IS_OPEN.replace('status', 'r.status')})"
            " OR h.amount_minor <> r.amount_minor"
        ),
    ),
    (
        "refund {0}: journal {1} moved its money without it",
        (
            "SELECT j.subject_id, j.id FROM journal j LEFT JOIN refund r ON r.id = j.subject_id"
            " WHERE j.subject_kind = 'refund' AND j.kind = 'refund'"
            " AND (r.journal_id IS NULL OR r.journal_id <> j.id)"
        ),
    ),
)
"""Sentence and query of what must hold, as in `storage/books.py`."""

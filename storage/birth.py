"""How a database is born: seeds, the stamp of its mode, the one-row tables."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, select

from core.domain.bills import ACKNOWLEDGMENT_TRANSITIONS, LIFE_TRANSITIONS
from core.domain.chargebacks import TRANSITIONS as CHARGEBACK_TRANSITIONS
from core.domain.dialogues import INTENT_TRANSITIONS
from core.domain.differences import TRANSITIONS as DIFFERENCE_TRANSITIONS
from core.domain.disputes import TRANSITIONS as DISPUTE_TRANSITIONS
from core.domain.ledger import HOLD_TRANSITIONS
from core.domain.machines import NONE, Machine
from core.domain.payments import ATTEMPT_TRANSITIONS
from core.domain.payments import TRANSITIONS as PAYMENT_TRANSITIONS
from core.domain.people import INVITATION_TRANSITIONS, MEMBERSHIP_TRANSITIONS
from core.domain.refund_requests import TRANSITIONS as REFUND_REQUEST_TRANSITIONS
from core.domain.refunds import TRANSITIONS as REFUND_TRANSITIONS
from core.domain.tenants import PLATFORM
from core.domain.tenants import TRANSITIONS as TENANT_TRANSITIONS
from core.domain.wallets import TRANSITIONS as WALLET_TRANSITIONS
from storage import audit
from storage.records import FSM
from storage.schema import number, table, text, time
from storage.statements import Cursor, Statement, inserting, inserting_once, written

MACHINES: Final[tuple[Machine, ...]] = (
    TENANT_TRANSITIONS,
    MEMBERSHIP_TRANSITIONS,
    INVITATION_TRANSITIONS,
    WALLET_TRANSITIONS,
    HOLD_TRANSITIONS,
    ACKNOWLEDGMENT_TRANSITIONS,
    LIFE_TRANSITIONS,
    DISPUTE_TRANSITIONS,
    PAYMENT_TRANSITIONS,
    ATTEMPT_TRANSITIONS,
    REFUND_TRANSITIONS,
    DIFFERENCE_TRANSITIONS,
    CHARGEBACK_TRANSITIONS,
    REFUND_REQUEST_TRANSITIONS,
    INTENT_TRANSITIONS,
)
"""Every machine whose steps the database knows."""

SANDBOX: Final = "sandbox"
"""The mode of books whose money is pretend."""

BIRTH: Final = table(
    "birth",
    number("id", primary_key=True, autoincrement=False),
    text("mode"),
    time("at"),
    CheckConstraint("id = 1", name="one_row"),
    CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
)
"""What this database is for; stamped once."""

LAST_GROUP: Final = table(
    "last_group",
    number("only", primary_key=True, autoincrement=False),
    number("id"),
    CheckConstraint('"only" = 1', name="one_row"),
)
"""The id of the newest committed group: what a failed COMMIT is compared with."""

FREEZE: Final = table(
    "outflow_freeze",
    number("only", primary_key=True, autoincrement=False),
    text("reason"),
    time("since"),
    CheckConstraint('"only" = 1', name="one_row"),
)
"""While a row stands here, outflows and older messages stay parked (after a restore)."""


_ADD_STEP: Final = inserting_once(FSM)
_STAMP: Final = inserting(BIRTH)
_MODE: Final = Statement(select(BIRTH.c.mode))
_ROOT: Final[dict[str, Any]] = {"tenant": PLATFORM, "none": NONE, "active": "active", "empty": b""}
_EVENT: Final = (
    "INSERT INTO status_event (machine, entity, seq, before_seq, from_status, to_status, act_id,"
    " note_id) VALUES ('tenant', :tenant, "
)
_SEEDS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ('INSERT INTO last_group ("only", id) VALUES (1, 0)', {}),
    (
        (
            "INSERT INTO act (id, tenant_id, cause_kind, cause_reference, person_id, identity_id,"
            " at) VALUES (1, :tenant, 'command', 'birth', 0, 0, 0)"
        ),
        _ROOT,
    ),
    (
        (
            "INSERT INTO note (id, tenant_id, body, salt, commitment, act_id)"
            " VALUES (0, :tenant, :empty, '', '', 1)"
        ),
        _ROOT,
    ),
    (f"{_EVENT} 0, 0, :none, :none, 1, 0)", _ROOT),
    (f"{_EVENT} 1, 0, :none, :active, 1, 0)", _ROOT),
    (
        (
            "INSERT INTO tenant (id, kind, name, currency, country, timezone, fee_bearer,"
            " billing_email, policy, row_version, status, status_seq) VALUES (:tenant,"
            " 'platform', 'Hazina', 'USD', '', 'UTC', 'tenant', '', '{}', 1, 'active', 1)"
        ),
        _ROOT,
    ),
)
"""Sentences and their values; a value may be unused."""


def fsm_rows() -> list[tuple[str, str, str]]:
    """Return every legal step, and each machine's root."""
    return [(machine.name, a, b) for machine in MACHINES for a, b in ((NONE, NONE), *machine.steps)]


def add_steps(cursor: Cursor) -> None:
    """Write the steps that machines have learned since."""
    for machine, before, after in fsm_rows():
        step = {"machine": machine, "from_status": before, "to_status": after}
        _ADD_STEP.run(cursor, step)


def seed(cursor: Cursor) -> None:
    """Write the rows every database starts with: steps, note 0, the platform tenant.

    The reference of acts to tenants must be off: the platform's first act and its tenant row point
    at each other.
    """
    add_steps(cursor)
    for sentence, values in _SEEDS:
        written(sentence).run(cursor, values)


def seal(cursor: Cursor) -> None:
    """Begin the platform's chain with what every database starts with."""
    audit.seal_group(cursor, {PLATFORM: audit.lines_of(cursor, PLATFORM, 1, 1)})


def stamp(cursor: Cursor, *, mode: str, at: datetime) -> None:
    """Write what this database is for."""
    _STAMP.run(cursor, {"id": 1, "mode": mode, "at": at})


def mode_of(cursor: Cursor) -> str | None:
    """Return what this database is for, None before it was stamped."""
    rows = _MODE.rows(cursor, {})
    return str(rows[0][0]) if rows else None

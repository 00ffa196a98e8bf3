"""How a database is born: seeds, the stamp of its mode, the one-row tables."""

import sqlite3
from typing import Final

from sqlalchemy import CheckConstraint

from core.domain.bills import ACKNOWLEDGMENT_TRANSITIONS, LIFE_TRANSITIONS
from core.domain.dialogues import INTENT_TRANSITIONS
from core.domain.disputes import TRANSITIONS as DISPUTE_TRANSITIONS
from core.domain.ledger import HOLD_TRANSITIONS
from core.domain.machines import NONE, Machine
from core.domain.payments import ATTEMPT_TRANSITIONS
from core.domain.payments import TRANSITIONS as PAYMENT_TRANSITIONS
from core.domain.people import INVITATION_TRANSITIONS, MEMBERSHIP_TRANSITIONS
from core.domain.tenants import PLATFORM
from core.domain.tenants import TRANSITIONS as TENANT_TRANSITIONS
from core.domain.wallets import TRANSITIONS as WALLET_TRANSITIONS
from storage import audit
from storage.schema import number, table, text, time

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
    INTENT_TRANSITIONS,
)
"""Every machine whose steps the database knows."""

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
    CheckConstraint("only = 1", name="one_row"),
)
"""The id of the newest committed group: what a failed COMMIT is compared with."""

FREEZE: Final = table(
    "outflow_freeze",
    number("only", primary_key=True, autoincrement=False),
    text("reason"),
    time("since"),
    CheckConstraint("only = 1", name="one_row"),
)
"""While a row stands here, outflows and older messages stay parked (after a restore)."""


def fsm_rows() -> list[tuple[str, str, str]]:
    """Return every legal step, and each machine's root."""
    return [(machine.name, a, b) for machine in MACHINES for a, b in ((NONE, NONE), *machine.steps)]


def add_steps(connection: sqlite3.Connection) -> None:
    """Write the steps that machines have learned since."""
    connection.executemany(
        "INSERT INTO fsm (machine, from_status, to_status) VALUES (?, ?, ?)"
        " ON CONFLICT (machine, from_status, to_status) DO NOTHING",
        fsm_rows(),
    )


def seed(connection: sqlite3.Connection) -> None:
    """Write the rows every database starts with: steps, note 0, the platform tenant.

    Foreign keys must be off: the platform's first act and its tenant row point at each other.
    """
    execute = connection.execute
    add_steps(connection)
    execute("INSERT INTO last_group (only, id) VALUES (1, 0)")
    execute(
        "INSERT INTO act (id, tenant_id, cause_kind, cause_reference, person_id, identity_id, at)"
        " VALUES (1, ?, 'command', 'birth', 0, 0, 0)",
        (PLATFORM,),
    )
    execute(
        "INSERT INTO note (id, tenant_id, body, salt, commitment, act_id)"
        " VALUES (0, ?, x'', '', '', 1)",
        (PLATFORM,),
    )
    for seq, before, after in ((0, NONE, NONE), (1, NONE, "active")):
        execute(
            "INSERT INTO status_event (machine, entity, seq, before_seq, from_status, to_status,"
            " act_id, note_id) VALUES ('tenant', ?, ?, 0, ?, ?, 1, 0)",
            (PLATFORM, seq, before, after),
        )
    execute(
        "INSERT INTO tenant (id, kind, name, currency, country, timezone, fee_bearer,"
        " billing_email, policy, row_version, status, status_seq)"
        " VALUES (?, 'platform', 'Hazina', 'USD', '', 'UTC', 'tenant', '', '{}', 1, 'active', 1)",
        (PLATFORM,),
    )


def seal(connection: sqlite3.Connection) -> None:
    """Begin the platform's chain with what every database starts with."""
    cursor = connection.cursor()
    audit.seal_group(cursor, {PLATFORM: audit.lines_of(cursor, PLATFORM, 1, 1)})


def stamp(connection: sqlite3.Connection, *, mode: str, at_micros: int) -> None:
    """Write what this database is for."""
    connection.execute("INSERT INTO birth (id, mode, at) VALUES (1, ?, ?)", (mode, at_micros))


def mode_of(connection: sqlite3.Connection) -> str | None:
    """Return what this database is for, None before it was stamped."""
    rows = connection.execute("SELECT mode FROM birth").fetchall()
    return str(rows[0][0]) if rows else None

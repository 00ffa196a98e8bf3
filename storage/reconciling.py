"""How far each configuration's own list was compared with the books, and the window's captures."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    bindparam,
    delete,
    func,
    select,
)
from sqlalchemy import (
    text as text_clause,
)

from core.domain.captures import CaptureKey
from core.domain.configurations import Configuration, ConfigurationId
from core.domain.payments import PaymentId
from core.domain.reconciling import Listed, Phase, Reconciling, Unlisted
from core.domain.tenants import PLATFORM
from storage.payment_tables import ATTEMPT
from storage.records import Records
from storage.rules import Rule, refuse
from storage.schema import UtcTime, ident, number, sealed, table, text, time
from storage.statements import Statement, inserting_once

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

_PHASES: Final = ", ".join(repr(each.value) for each in Phase)

RECONCILING: Final = table(
    "reconciling",
    ident("configuration_id", primary_key=True),
    time("begun_at"),
    time("since"),
    time("until"),
    time("done_until", nullable=True),
    text("phase"),
    text("page"),
    number("pages"),
    number("failures"),
    number("row_version"),
    ForeignKeyConstraint(["configuration_id"], ["provider_configuration.id"]),
    CheckConstraint(f"phase IN ({_PHASES})", name="phase"),
    CheckConstraint("since <= until", name="window"),
    CheckConstraint("done_until IS NULL OR done_until <= until", name="done"),
    CheckConstraint("pages >= 0 AND failures >= 0", name="counts"),
)
"""One row a configuration; `done_until` only grows, when a window was read to its end."""

LISTED: Final = table(
    "listed_capture",
    ident("configuration_id", primary_key=True),
    text("provider_id", primary_key=True),
    text("reference"),
    text("currency"),
    number("captured_minor"),
    number("refunded_minor", nullable=True),
    time("captured_at", nullable=True),
    sealed("told"),
    ForeignKeyConstraint(["configuration_id"], ["provider_configuration.id"]),
    CheckConstraint("captured_minor > 0", name="captured"),
    sqlite_with_rowid=False,
)
"""Captures of the window under way; gone when it was compared."""

_STATES: Final = Records(RECONCILING, Reconciling, frozen=("configuration_id",))
_LISTED: Final = Records(LISTED, Listed, secret=("told",))

_STATE: Final = _STATES.by("configuration_id")
_ALL: Final = Statement(
    _STATES.select().order_by(RECONCILING.c.configuration_id).limit(bindparam("limit"))
)
_BEGIN: Final = inserting_once(RECONCILING)
_KEEP: Final = inserting_once(LISTED)
_FIND: Final = _LISTED.by("configuration_id", "provider_id")
_IS_MINE: Final = LISTED.c.configuration_id == bindparam("configuration_id")
_PAGE: Final = Statement(
    _LISTED.select()
    .where(_IS_MINE, LISTED.c.provider_id > bindparam("after"))
    .order_by(LISTED.c.provider_id)
    .limit(bindparam("limit"))
)
_FORGET: Final = Statement(delete(LISTED).where(_IS_MINE))
_FIRST: Final = Statement(
    select(func.min(ATTEMPT.c.created_at)).where(
        ATTEMPT.c.configuration_id == bindparam("configuration_id")
    )
)
_WAITING: Final = Statement(
    text_clause(
        "SELECT c.id FROM provider_configuration c"
        " LEFT JOIN reconciling r ON r.configuration_id = c.id"
        f" WHERE (c.tenant_id = {PLATFORM} OR c.keys_id > 0) AND (r.configuration_id IS NULL"
        " OR (r.phase = 'idle' AND r.begun_at <= :before)) ORDER BY c.id LIMIT :limit"
    ).bindparams(bindparam("before", type_=UtcTime()))
)
_UNLISTED: Final = Statement(
    text_clause(
        "SELECT DISTINCT j.key, a.payment_id FROM attempt a"
        " JOIN receipt r ON r.payment_id = a.payment_id JOIN journal j ON j.id = r.journal_id"
        " WHERE a.configuration_id = :configuration_id AND a.created_at >= :since"
        " AND a.status = 'settled' AND j.posted_at < :until"
        " AND substr(j.key, 1, length(CAST(:head AS text))) = :head"
        " AND NOT EXISTS (SELECT 1 FROM listed_capture l"
        " WHERE l.configuration_id = a.configuration_id"
        " AND l.provider_id = substr(j.key, length(CAST(:head AS text)) + 1))"
        " ORDER BY j.key LIMIT :limit"
    ).bindparams(bindparam("since", type_=UtcTime()), bindparam("until", type_=UtcTime()))
)


def reconciling_rules() -> list[Rule]:
    """Return what the database refuses: a point that goes back, or moves while nothing was read."""
    moved = "NEW.done_until IS NOT OLD.done_until"
    return [
        refuse(
            "reconciling_done",
            "BEFORE UPDATE ON reconciling",
            f"({moved} AND (NEW.done_until IS NULL OR NEW.done_until < OLD.done_until"
            " OR NEW.done_until <> OLD.until OR NEW.phase <> 'idle' OR OLD.phase <> 'judging'))"
            " OR (NEW.phase = 'judging' AND OLD.phase = 'idle')",
            "reconciling.done",
        )
    ]


class SqlReconciling:
    """How far reconciling is, in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def find(self, configuration_id: ConfigurationId) -> Reconciling | None:
        """Return how far a configuration is, None before its first window."""
        return _STATES.one(self._tx, _STATE, configuration_id=configuration_id)

    def all(self, *, limit: int) -> tuple[Reconciling, ...]:
        """Return how far each configuration is, by id."""
        return _STATES.many(self._tx, _ALL, limit=limit)

    def add(self, reconciling: Reconciling) -> bool:
        """Store the first state of a configuration; False where somebody was faster."""
        _BEGIN.run(self._tx.cursor, _STATES.row(self._tx, reconciling))
        return bool(self._tx.cursor.rowcount)

    def replace(self, before: Reconciling, after: Reconciling) -> Reconciling:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        return _STATES.replace(self._tx, before, after)

    def waiting(self, *, before: datetime, limit: int) -> tuple[Configuration, ...]:
        """Return configurations without a window under way or begun since, by id."""
        rows = _WAITING.rows(self._tx.cursor, {"before": before, "limit": limit})
        return tuple(self._tx.configurations.get(ConfigurationId(row[0])) for row in rows)

    def first_attempt_at(self, configuration_id: ConfigurationId) -> datetime | None:
        """Return when a configuration was first asked for money."""
        rows = _FIRST.rows(self._tx.cursor, {"configuration_id": configuration_id})
        found: datetime | None = rows[0][0]
        return found

    def keep(self, listed: Listed) -> None:
        """Keep a capture of the list, once."""
        _KEEP.run(self._tx.cursor, _LISTED.row(self._tx, listed))

    def listed(
        self, configuration_id: ConfigurationId, *, after: str, limit: int
    ) -> tuple[Listed, ...]:
        """Return kept captures by the provider's id, after a given one."""
        values = {"configuration_id": configuration_id, "after": after, "limit": limit}
        return _LISTED.many(self._tx, _PAGE, **values)

    def find_listed(self, configuration_id: ConfigurationId, provider_id: str) -> Listed | None:
        """Return one kept capture."""
        values = {"configuration_id": configuration_id, "provider_id": provider_id}
        return _LISTED.one(self._tx, _FIND, **values)

    def unlisted(
        self, configuration_id: ConfigurationId, *, since: datetime, until: datetime, limit: int
    ) -> tuple[Unlisted, ...]:
        """Return credited captures that are not kept, by the provider's id."""
        values = {
            "configuration_id": configuration_id,
            "head": str(CaptureKey(configuration_id, "")),
            "since": since,
            "until": until,
            "limit": limit,
        }
        found = (
            (CaptureKey.read(row[0]), row[1]) for row in _UNLISTED.rows(self._tx.cursor, values)
        )
        return tuple(
            Unlisted(payment_id=PaymentId(payment_id), provider_id=key.provider_id)
            for key, payment_id in found
            if key is not None
        )

    def forget_listed(self, configuration_id: ConfigurationId) -> None:
        """Forget a configuration's kept captures."""
        _FORGET.run(self._tx.cursor, {"configuration_id": configuration_id})

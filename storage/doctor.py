"""The promises, checked on a live database: books, histories, chains, work.

Each check is a query that finds what should not be; one sentence each, none with amounts or names.
`broken` holds what stops money, `examine` everything that a human must look at.
"""

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete

from core.domain.errors import InvariantBroken
from core.domain.tenants import PLATFORM, TenantId
from storage import audit
from storage.birth import fsm_rows
from storage.books import BOOKS
from storage.ledger_tables import MONEY_STOP
from storage.records import AXES
from storage.schema import UtcTime
from storage.statements import DIALECT, POSTGRESQL, Statement, inserting_once, speech_of, written
from storage.transaction import SqlTransaction
from storage.triggers import triggers
from storage.work import FROZEN, HELD

MOST: Final = 20
"""Findings of one check that are told one by one."""

MOST_MONEY: Final = 200
"""Payments that somebody must look for: each is told, they are somebody's money."""

SENT_TOO_LONG: Final = timedelta(hours=1)
UNSEALED_TOO_LONG: Final = timedelta(seconds=10)
SAFE_WAL: Final = (3, 51, 3)
"""Older SQLite can corrupt a WAL when two connections checkpoint; ours alone does."""


_STOP: Final = inserting_once(MONEY_STOP)
_LIFT: Final = Statement(delete(MONEY_STOP))


def examine(tx: SqlTransaction) -> list[str]:
    """Return one sentence for each thing that does not hold or waits for a human; [] is healthy."""
    return [*broken(tx), *_work(tx)]


def broken(tx: SqlTransaction) -> list[str]:
    """Return one sentence for each broken promise of the books, histories and chains."""
    return [
        *_file(tx),
        *_books(tx),
        *_histories(tx),
        *_rules(tx),
        *_chains(tx),
    ]


def warnings(tx: SqlTransaction) -> list[str]:
    """Return what is no failure but should be known."""
    found = []
    is_file = speech_of(tx.cursor).name != POSTGRESQL
    if is_file and sqlite3.sqlite_version_info < SAFE_WAL:
        found.append(
            f"SQLite {sqlite3.sqlite_version} is older than 3.51.3:"
            " no other program may checkpoint the file while the service runs"
        )
    for tenant_id, reason in _rows(tx, "SELECT tenant_id, reason FROM money_stop"):
        found.append(f"money is stopped for tenant {tenant_id}: {reason}")
    return [*found, *_frozen(tx)]


def figures(tx: SqlTransaction) -> dict[str, int]:
    """Return what an operator watches, by its name: all are 0 on a quiet day but `lanes`."""
    return {name: int(_rows(tx, query)[0][0]) for name, query in _FIGURES.items()}


_FIGURES: Final = {
    "money_stops": "SELECT COUNT(*) FROM money_stop",
    "frozen_outflows": "SELECT COUNT(*) FROM outflow_freeze",
    "attempts_unknown": "SELECT COUNT(*) FROM attempt WHERE status = 'unknown'",
    "suspense_accounts": (
        "SELECT COUNT(*) FROM account WHERE kind = 'suspense' AND credits_minor <> debits_minor"
    ),
    "refunds_open": "SELECT COUNT(*) FROM refund WHERE status = 'processing'",
    "differences_open": "SELECT COUNT(*) FROM difference WHERE status = 'open'",
    "acts_unsealed": "SELECT COUNT(*) FROM unsealed",
    "lanes": "SELECT COUNT(*) FROM lane",
    "rows_parked": "SELECT COUNT(*) FROM work WHERE status IN ('parked', 'dead')",
}


def money_stop(tx: SqlTransaction, tenant_id: TenantId, reason: str) -> None:
    """Refuse journals and holds of a tenant (platform: of all); the first reason stays."""
    _STOP.run(tx.cursor, {"tenant_id": tenant_id, "reason": reason[:200], "since": tx.now})
    if tx.cursor.rowcount:
        content = {"state": "stopped", "reason": reason[:200]}
        audit.add_change(tx, tenant_id, "money_stop", tenant_id, content)


def is_stopped(tx: SqlTransaction, tenant_id: TenantId = PLATFORM) -> bool:
    """Tell whether money of a tenant stands still."""
    stops = "SELECT 1 FROM money_stop WHERE tenant_id IN (:tenant, 1)"
    return bool(_rows(tx, stops, tenant=tenant_id))


def is_stopped_anywhere(tx: SqlTransaction) -> bool:
    """Tell whether anybody's money stands still."""
    return bool(_rows(tx, "SELECT 1 FROM money_stop"))


def lift(tx: SqlTransaction) -> int:
    """End every money stop after a clean look; return how many there were.

    Raises:
        InvariantBroken: something is still broken (`problems`).
    """
    if problems := broken(tx):
        raise InvariantBroken(problems=problems)
    stopped = [row[0] for row in _rows(tx, "SELECT tenant_id FROM money_stop")]
    _LIFT.run(tx.cursor, {})
    for tenant_id in stopped:
        audit.add_change(tx, tenant_id, "money_stop", tenant_id, {"state": "lifted"})
    return len(stopped)


def _file(tx: SqlTransaction) -> Iterator[str]:
    if speech_of(tx.cursor).name == POSTGRESQL:
        for (name,) in _rows(tx, _UNCHECKED):
            yield f"constraint {name} was never checked"
        return
    for row in _rows(tx, "PRAGMA quick_check(20)"):
        if row[0] != "ok":
            yield f"the file is damaged: {row[0]}"
    dangling = _rows(tx, "PRAGMA foreign_key_check")
    yield from sorted({f"{row[0]}: rows point at missing rows of {row[2]}" for row in dangling})


def _books(tx: SqlTransaction) -> Iterator[str]:
    for sentence, query in BOOKS:
        rows = _rows(tx, f"{query} LIMIT {MOST}")
        yield from (sentence.format(*row) for row in rows)


def _histories(tx: SqlTransaction) -> Iterator[str]:
    for name, axes in AXES.items():
        for axis in axes:
            query = (
                f"SELECT e.id FROM {name} e LEFT JOIN"
                " (SELECT entity, MAX(seq) AS seq, COUNT(*) AS steps FROM status_event"
                " WHERE machine = :machine GROUP BY entity) h ON h.entity = e.id"
                " LEFT JOIN status_event l ON l.machine = :machine AND l.entity = e.id"
                f" AND l.seq = h.seq WHERE l.to_status IS NOT e.{axis.field}"
                f" OR h.seq IS NOT e.{axis.field}_seq OR h.steps IS NOT h.seq + 1 LIMIT {MOST}"
            )
            for row in _rows(tx, query, machine=axis.machine.name):
                yield f"{name} {row[0]}: {axis.field} differs from its history"
    query = (
        "SELECT e.machine, e.entity, e.seq FROM status_event e LEFT JOIN status_event b"
        " ON b.machine = e.machine AND b.entity = e.entity AND b.seq = e.seq - 1"
        " LEFT JOIN fsm f ON f.machine = e.machine AND f.from_status = e.from_status"
        " AND f.to_status = e.to_status"
        " WHERE f.machine IS NULL OR (e.seq > 0 AND b.to_status IS NOT e.from_status)"
        f" LIMIT {MOST}"
    )
    for machine, entity, seq in _rows(tx, query):
        yield f"{machine} {entity}: step {seq} is not legal or does not follow the one before"


def _rules(tx: SqlTransaction) -> Iterator[str]:
    if speech_of(tx.cursor).name == POSTGRESQL:
        # Late: whoever runs on SQLite does not pay for it.
        from storage.postgres_triggers import changed  # noqa: PLC0415 - as above

        yield from changed(tx.cursor)
    else:
        kept = {row[0]: row[1] for row in _rows(tx, _TRIGGERS)}
        for name, text in triggers().items():
            if kept.get(name) != text:
                yield f"trigger {name} is missing or changed"
    steps = {tuple(row) for row in _rows(tx, "SELECT machine, from_status, to_status FROM fsm")}
    for step in fsm_rows():
        if step not in steps:
            yield f"step {' '.join(step)} is missing"
    for step in sorted(steps - set(fsm_rows())):
        yield f"step {' '.join(step)} is not ours"


_UNCHECKED: Final = (
    "SELECT conname FROM pg_constraint WHERE NOT convalidated"
    " AND connamespace = CAST(current_schema() AS regnamespace)"
)
_TRIGGERS: Final = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"


def _chains(tx: SqlTransaction) -> Iterator[str]:
    for (tenant_id,) in _rows(tx, "SELECT id FROM tenant ORDER BY id"):
        yield from audit.verify(tx.cursor, tenant_id)
    late = "SELECT count(*) FROM unsealed u JOIN act a ON a.id = u.act_id WHERE a.at < :before"
    before = _micros(tx) - UNSEALED_TOO_LONG // timedelta(microseconds=1)
    for (count,) in _rows(tx, late, before=before):
        if count:
            yield f"{count} acts have waited more than ten seconds to be sealed"


def _work(tx: SqlTransaction) -> Iterator[str]:
    before = _micros(tx) - SENT_TOO_LONG // timedelta(microseconds=1)
    late = (
        "SELECT kind, COUNT(*) FROM work WHERE status = 'sent' AND due_at < :before GROUP BY kind"
    )
    for kind, count in _rows(tx, late, before=before):
        yield f"work: {count} of kind {kind} were sent more than an hour ago and nobody knows more"
    # What a restore put aside waits for the release: the warnings count it.
    waits = {"frozen": FROZEN, "held": HELD}
    given_up = (
        "SELECT status, kind, COUNT(*) FROM work WHERE status IN ('dead', 'parked')"
        " AND last_error NOT IN (:frozen, :held) GROUP BY status, kind"
    )
    for status, kind, count in _rows(tx, given_up, **waits):
        yield f"work: {count} of kind {kind} are {status} and wait for a human"
    for refund_id, needs in _rows(tx, _REFUNDS_STUCK):
        yield f"refund {refund_id} waits for a human: {needs}"
    for (payment_id,) in _rows(tx, _CONTESTED):
        yield f"payment {payment_id}: the payer's bank claims its money"
    for difference_id, kind, provider in _rows(tx, _DIFFERENCES):
        yield f"difference {difference_id} ({kind}) with the list of {provider} waits for a human"
    nameless = (
        "SELECT DISTINCT last_error FROM work WHERE kind IN ('hook', 'call') AND status = 'parked'"
        " AND last_error NOT IN ('', :frozen, :held)"
        f" ORDER BY last_error LIMIT {MOST_MONEY}"
    )
    for (reason,) in _rows(tx, nameless, **waits):
        yield f"money to look for: {reason}"


def _frozen(tx: SqlTransaction) -> Iterator[str]:
    """Say what a restore put aside, and what to do before it is released."""
    freeze = tx.freeze.find()
    if freeze is None:
        return
    yield (
        f"outflows are frozen: the books were put back at {freeze.since:%Y-%m-%d %H:%M} UTC and end"
        f" at {freeze.books_at:%Y-%m-%d %H:%M} UTC: compare what each provider took since, then"
        " `outflows release`"
    )
    counted = (
        "SELECT kind, COUNT(*) FROM work WHERE status = 'parked'"
        " AND last_error IN (:frozen, :held) GROUP BY kind"
    )
    counts = {str(kind): count for kind, count in _rows(tx, counted, frozen=FROZEN, held=HELD)}
    if people := counts.get("update", 0) + counts.get("pin", 0):
        yield (
            f"held: {people} acts of people ({counts.get('pin', 0)} of them PIN checks) are older"
            " than the copy's end and may have been carried out since: the release drops them,"
            " `--held handle` carries out all but PIN checks"
        )
    if told := counts.get("message", 0) + counts.get("notice", 0):
        yield f"held: {told} messages and notices go out at the release, marked as repeated"
    for (count,) in _rows(tx, _DOUBTFUL, since=_micros_of(freeze.since)):
        if count:
            yield (
                f"held: payments of the copy that have no page: {count}; none is asked for, their"
                " providers are asked what became of them"
            )


def _rows(tx: SqlTransaction, query: str, **values: object) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in written(query).rows(tx.cursor, values)]


def _micros(tx: SqlTransaction) -> int:
    return _micros_of(tx.now)


def _micros_of(at: datetime) -> int:
    return UtcTime().process_bind_param(at, DIALECT) or 0


_REFUNDS_STUCK: Final = (
    "SELECT id, needs FROM refund WHERE status = 'processing' AND needs <> ''"
    f" ORDER BY id LIMIT {MOST_MONEY}"
)
_CONTESTED: Final = (
    "SELECT payment_id FROM refundable WHERE contested_at IS NOT NULL"
    f" ORDER BY payment_id LIMIT {MOST_MONEY}"
)
_DIFFERENCES: Final = (
    "SELECT d.id, d.kind, c.provider FROM difference d"
    " JOIN provider_configuration c ON c.id = d.configuration_id"
    f" WHERE d.status = 'open' AND (d.kind = 'missing' OR d.tenant_id = {PLATFORM})"
    f" ORDER BY d.id LIMIT {MOST_MONEY}"
)
"""What may mean that the books are wrong, and what no tenant sees."""

_DOUBTFUL: Final = (
    "SELECT COUNT(*) FROM attempt a JOIN payment p ON p.id = a.payment_id"
    " WHERE a.status IN ('created', 'sent', 'unknown') AND a.link = '' AND a.created_at < :since"
    " AND p.status IN ('pending', 'processing')"
)

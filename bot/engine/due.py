"""Due rows, one after another: one that fails spoils nothing for the others."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.logs import trace_of
from core.domain.errors import InvariantBroken
from core.domain.work import Due
from storage.transaction import SqlTransaction

AGAIN_AFTER: Final = timedelta(hours=1)

_log = structlog.get_logger(__name__)


def handle_each(
    tx: SqlTransaction, rows: Sequence[Due], act: Callable[[Due], object], *, at: datetime
) -> int:
    """Handle rows that were taken, each in a savepoint; returns how many there were.

    One that fails is undone, told in the log and due again an hour later.

    Raises:
        InvariantBroken: a promise of the books does not hold; the whole batch is undone.
    """
    for due in rows:
        try:
            with tx.inner():
                act(due)
        except InvariantBroken:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are due, too
            _log.error("due_failed", kind=due.kind, subject=due.subject, trace=trace_of(error))
            tx.work.plan(replace(due, due_at=max(at, tx.now) + AGAIN_AFTER))
    return len(rows)

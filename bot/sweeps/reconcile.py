"""Providers' own lists, compared with the books once a day, or at once where somebody asks."""

from datetime import datetime
from typing import Final

from core.domain.errors import StaleState
from core.domain.reconciling import EVERY
from core.use_cases.reconciling import begin_window
from storage.transaction import SqlTransaction

BATCH: Final = 100
MOST_ORDERED: Final = 10_000


def begin(tx: SqlTransaction, *, at: datetime) -> int:
    """Begin the day's window of each configuration that is due."""
    return _begin(tx, before=at - EVERY, limit=BATCH)


def order(tx: SqlTransaction) -> int:
    """Begin a window of each configuration that reads none now."""
    return _begin(tx, before=tx.now, limit=MOST_ORDERED)


def _begin(tx: SqlTransaction, *, before: datetime, limit: int) -> int:
    begun = 0
    for configuration in tx.reconciling.waiting(before=before, limit=limit):
        try:
            with tx.inner():
                begin_window(tx, configuration=configuration)
        except StaleState:
            continue  # another process was faster
        begun += 1
    return begun

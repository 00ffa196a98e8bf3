"""Providers' own lists, compared with the books once a day, or at once where somebody asks."""

from datetime import datetime
from typing import Final

from core.domain.differences import DifferenceId
from core.domain.errors import StaleState
from core.domain.reconciling import EVERY, Phase, Reconciling
from core.use_cases.reconciling import begin_window
from storage.transaction import SqlTransaction

BATCH: Final = 100
MOST_ORDERED: Final = 10_000
MOST_COUNTED: Final = 1_000
_MINUTES: Final = "%Y-%m-%dT%H:%MZ"


def begin(tx: SqlTransaction, *, at: datetime) -> int:
    """Begin the day's window of each configuration that is due."""
    return _begin(tx, before=at - EVERY, limit=BATCH)


def order(tx: SqlTransaction) -> int:
    """Begin a window of each configuration that reads none now."""
    return _begin(tx, before=tx.now, limit=MOST_ORDERED)


def compared(tx: SqlTransaction) -> dict[str, str]:
    """Say of each provider's list which time was compared, and how many differences wait."""
    return {_name(tx, state): _said(tx, state) for state in tx.reconciling.all(limit=MOST_ORDERED)}


def _name(tx: SqlTransaction, state: Reconciling) -> str:
    configuration = tx.configurations.get(state.configuration_id)
    owner = tx.tenants.get(configuration.tenant_id).name
    return f"{configuration.provider} of {owner} ({configuration.id})"


def _said(tx: SqlTransaction, state: Reconciling) -> str:
    under_way = (
        "" if state.phase is Phase.IDLE else f"; {_period(state)} is read now, ask again later"
    )
    if state.done_until is None:
        return f"nothing compared yet{under_way}"
    found = len(
        tx.differences.open_of(state.configuration_id, after=DifferenceId(0), limit=MOST_COUNTED)
    )
    count = f"{found} or more" if found == MOST_COUNTED else str(found)
    told = {0: "no differences", 1: "1 difference waits"}.get(found, f"{count} differences wait")
    is_whole = state.phase is Phase.IDLE and state.done_until == state.until
    what = _period(state) if is_whole else f"all up to {state.done_until:{_MINUTES}}"
    return f"{what} compared: {told}{under_way}"


def _period(state: Reconciling) -> str:
    return f"{state.since:{_MINUTES}} to {state.until:{_MINUTES}}"


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

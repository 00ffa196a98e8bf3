"""Rows nobody needs: emptied work, old dialogues, pads, tallies, keys, lanes, cards not kept."""

from datetime import datetime

from storage import dialogues
from storage.transaction import SqlTransaction


def clean(tx: SqlTransaction, *, at: datetime) -> int:
    """Delete what is over; `at` is not used, since rows carry real times."""
    del at
    dialogues.sweep(tx)
    tx.configurations.sweep()
    tx.tallies.sweep()
    tx.addresses.sweep()
    tx.methods.sweep()
    tx.leases.sweep()
    return tx.work.sweep()

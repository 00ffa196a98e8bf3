"""Rows nobody needs: old work, dialogues, pads, tallies, keys, tokens, lanes, cards not kept."""

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
    tx.access_tokens.sweep()
    tx.leases.sweep()
    return tx.work.sweep()

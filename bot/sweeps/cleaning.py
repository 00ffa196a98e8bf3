"""Rows nobody needs: old work, dialogues, pads, edits, tallies, keys, tokens, lanes, methods."""

from datetime import datetime

from storage import dialogues
from storage.transaction import SqlTransaction


def clean(tx: SqlTransaction, *, at: datetime) -> int:
    """Delete what is over; `at` is not used, since rows carry real times."""
    del at
    dialogues.sweep(tx)
    if tx.freeze.find() is None:  # what a restored copy holds back may be edits, too
        dialogues.sweep_edits(tx)
    tx.configurations.sweep()
    tx.tallies.sweep()
    tx.addresses.sweep()
    tx.methods.sweep()
    tx.access_tokens.sweep()
    tx.leases.sweep()
    return tx.work.sweep()

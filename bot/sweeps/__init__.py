"""Timed sweeps: what is due is in the table `due`; a timer only wakes them.

Each takes a bounded batch on a transaction and is safe to run twice. `SWEEPS` is the list of all;
`task` names them on the command line.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.sweeps import bills, cleaning, payments, reconcile, refunds
from storage.transaction import SqlTransaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One sweep: its name, the command-line task it belongs to ("" for none), its rhythm."""

    name: str
    task: str
    every_s: int
    run: Callable[..., int]
    order: Callable[[SqlTransaction], int] | None = None
    """Makes due what else would wait for its time, because somebody asks; returns how many."""

    def __call__(self, tx: SqlTransaction, *, at: datetime) -> int:
        """Run one batch; returns how many rows it took."""
        return self.run(tx, at=at)


SWEEPS: Final = (
    Sweep(name="payment_expiry", task="reconcile", every_s=15, run=payments.expire),
    Sweep(name="payment_check", task="reconcile", every_s=15, run=payments.look_up),
    Sweep(name="bill_reminders", task="bill_reminders", every_s=60, run=bills.remind),
    Sweep(name="overdue_bills", task="overdue_bills", every_s=60, run=bills.overdue),
    Sweep(name="refund_check", task="reconcile", every_s=15, run=refunds.look_up),
    Sweep(name="refund_consent", task="reconcile", every_s=60, run=refunds.give_up),
    Sweep(
        name="provider_lists",
        task="reconcile",
        every_s=900,
        run=reconcile.begin,
        order=reconcile.order,
    ),
    Sweep(name="chargeback_check", task="reconcile", every_s=300, run=refunds.follow_claims),
    Sweep(name="refund_requests", task="reconcile", every_s=60, run=refunds.remind),
    Sweep(name="cleaning", task="", every_s=3600, run=cleaning.clean),
)

LATER_TASKS: Final = ("recurring_payments", "recurring_reminders")
"""Tasks of later capabilities: named, not there yet."""

MAX_BATCHES: Final = 1000
"""Batches one sweep may take in a row."""

FULL_BATCH: Final = 100
"""A batch with fewer rows was the last one: nothing more is due."""

"""Unmatched money as its reader sees it, with what he may do about it."""

from core.domain.people import Actor, Scope
from core.domain.unmatched import Unmatched
from core.ports import Transaction
from core.use_cases.unmatched import how_it_came
from core.use_cases.unmatched_refunds import may_send_back
from handlers.screens import unmatched


def waiting(tx: Transaction, actor: Actor, kept: Unmatched) -> unmatched.Waiting:
    """Read unmatched money for somebody who looks after the books."""
    is_free = kept.free.is_positive
    return unmatched.Waiting(
        unmatched=kept,
        came=how_it_came(tx, unmatched=kept),
        may_match=is_free and actor.has(Scope.ADJUST_INITIATE),
        may_refund=is_free and may_send_back(tx, actor=actor, unmatched=kept),
    )

"""Unmatched money as its reader sees it, with what he may do about it."""

from collections.abc import Mapping
from typing import Final

from core.domain.people import Actor, Scope
from core.domain.unmatched import Unmatched
from core.ports import Transaction
from core.use_cases.unmatched import how_it_came
from core.use_cases.unmatched_refunds import may_send_back
from handlers.screens import unmatched
from handlers.visit import number

MEANT: Final = ("unmatched", "difference")
"""Under which a dialogue and an intent keep the money that is given or sent back."""


def meant_of(kept: Mapping[str, object]) -> dict[str, int]:
    """Return which money a dialogue or an intent is about."""
    return {name: number(kept, name) for name in MEANT if name in kept}


def waiting(tx: Transaction, actor: Actor, kept: Unmatched) -> unmatched.Waiting:
    """Read unmatched money for somebody who looks after the books."""
    is_free = kept.free.is_positive
    return unmatched.Waiting(
        unmatched=kept,
        came=how_it_came(tx, unmatched=kept),
        may_match=is_free and actor.has(Scope.ADJUST_INITIATE),
        may_refund=is_free and may_send_back(tx, actor=actor, unmatched=kept),
    )

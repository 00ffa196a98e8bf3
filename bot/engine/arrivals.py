"""What arrives is a row before anybody is told that it arrived."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from bot.engine.receipts import store_receipt
from core.domain.captures import CaptureKey
from core.domain.claims import Claim
from core.domain.configurations import ConfigurationId
from core.domain.payments import Attempt
from core.domain.providers import About, Authentic, Undecided
from core.domain.work import Kind, Priority
from handlers.adapter import lane_of, update_key
from handlers.adapter.invoices import receipt_in
from storage.transaction import SqlTransaction


def store_updates(tx: SqlTransaction, *, bot_id: int, updates: Sequence[Mapping[str, Any]]) -> int:
    """Store Telegram's updates; those seen before are passed over. Returns how many were new."""
    new = 0
    for update in updates:
        if tx.work.see(f"telegram:{bot_id}", update_key(update)):
            _store(tx, update, lane=lane_of(update, bot_id))
            new += 1
    return new


def _store(tx: SqlTransaction, update: Mapping[str, Any], *, lane: str) -> None:
    receipt = receipt_in(update)
    if receipt is not None:
        store_receipt(tx, receipt, lane=lane)
    else:
        tx.work.add(Kind.UPDATE, lane=lane, payload=orjson.dumps(update))


def store_hook(
    tx: SqlTransaction, *, configuration_id: int, provider: str, reading: Authentic | Undecided
) -> bool:
    """Store a provider's event; False when it was seen before, or is about nothing of ours."""
    is_ours = reading.about is not About.NOTHING
    if not is_ours or not tx.work.see(f"provider:{configuration_id}", reading.event_key):
        return False
    is_proven = isinstance(reading, Authentic)
    claimed = reading.claimed if isinstance(reading, Authentic) else None
    payload = orjson.dumps(
        {
            "configuration": configuration_id,
            "provider": provider,
            "reference": reading.reference,
            "about": reading.about,
            "is_proven": is_proven,
            "claim": reading.claim if isinstance(reading, Authentic) else Claim.OPEN,
            "claimed": None if claimed is None else [claimed.minor, claimed.currency],
        }
    )
    tx.work.add(Kind.HOOK, lane=f"h:{configuration_id}", payload=payload, priority=Priority.MONEY)
    return True


def attempt_named(
    tx: SqlTransaction, configuration_id: ConfigurationId, reference: str
) -> Attempt | None:
    """Return the attempt that an event names: by our reference, or by the id of its capture."""
    found = tx.payments.attempt_by_reference(configuration_id, reference)
    return found or tx.payments.attempt_by_capture(CaptureKey(configuration_id, reference))


def park_update(tx: SqlTransaction, *, bot_id: int, update: Mapping[str, Any]) -> None:
    """Keep an update that cannot be stored as an ordinary one, so that it blocks nobody."""
    number = str(update.get("update_id", ""))
    if tx.work.see(f"parked:{bot_id}", number):
        # The standard library writes what the fast one refuses: huge numbers, half characters.
        tx.work.add_parked(Kind.UPDATE, lane="parked", payload=json.dumps(update).encode())

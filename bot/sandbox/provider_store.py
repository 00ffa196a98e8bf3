"""The sandbox provider's memory, kept in one JSON file so that it survives restarts.

A change is in memory at once; `save()` returns when it is on the disk. Saves that meet share
one write. The file is replaced as a whole, so a crash leaves the old state or the new one.
"""

import asyncio
import logging
import os
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson

from bot.sandbox.provider_records import (
    TRANSITIONS,
    Checkout,
    CheckoutStatus,
    Delivery,
    checkout_from_json,
    delivery_from_json,
)
from bot.sandbox.provider_refund_records import Refund

MAX_CHECKOUTS: Final = 5_000
"""Beyond this the oldest checkouts that are over are forgotten."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The merchant's credentials, drawn once per state file; never shown in a repr."""

    secret_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)


class ProviderStore:
    """Checkouts by id and by reference, deliveries by sequence number, and the keys."""

    def __init__(self, path: Path | None, *, most: int = MAX_CHECKOUTS) -> None:
        """Read the file if it is there; `None` keeps everything in memory only."""
        self._path = path
        self._most = most
        self._checkouts: dict[str, Checkout] = {}
        self._ids: dict[str, str] = {}
        self._refunded: dict[str, str] = {}
        self._unsettled: set[str] = set()
        self._deliveries: dict[int, Delivery] = {}
        self._last_seq = 0
        self._generation = 0
        self._saved = 0
        self._listeners: list[Callable[[], None]] = []
        self._lock = asyncio.Lock()
        self._disk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-provider")
        self.keys = Keys(
            secret_key=f"sk_sandbox_{secrets.token_hex(16)}",
            webhook_secret=f"whsec_{secrets.token_hex(24)}",
        )
        self._load()

    def listen(self, call: Callable[[], None]) -> None:
        """Call back after each change of a checkout."""
        self._listeners.append(call)

    def find(self, reference: str) -> Checkout | None:
        """Return the checkout under a merchant's reference."""
        return self._checkouts.get(self._ids.get(reference, ""))

    def get(self, checkout_id: str) -> Checkout | None:
        """Return the checkout with our id."""
        return self._checkouts.get(checkout_id)

    def find_refund(self, reference: str) -> tuple[Checkout, Refund] | None:
        """Return the refund under a merchant's reference, and its checkout."""
        checkout = self._checkouts.get(self._refunded.get(reference, ""))
        if checkout is None:
            return None
        return checkout, next(each for each in checkout.refunds if each.reference == reference)

    def put(self, checkout: Checkout) -> None:
        """Add a checkout or replace it by its next state."""
        self._checkouts[checkout.id] = checkout
        self._ids[checkout.terms.reference] = checkout.id
        self._refunded |= {each.reference: checkout.id for each in checkout.refunds}
        self._note_waiting(checkout)
        self._forget_oldest()
        self._changed()

    def checkouts(self) -> Iterator[Checkout]:
        """Walk over all checkouts, oldest first."""
        return iter(tuple(self._checkouts.values()))

    def waiting(self) -> tuple[Checkout, ...]:
        """Return the checkouts to which time alone may still do something."""
        return tuple(self._checkouts[checkout_id] for checkout_id in sorted(self._unsettled))

    def next_seq(self) -> int:
        """Draw the next sequence number for a delivery."""
        self._last_seq += 1
        return self._last_seq

    def post(self, delivery: Delivery) -> None:
        """Queue a delivery, or put it back with its next due time."""
        self._deliveries[delivery.seq] = delivery
        self._generation += 1

    def drop(self, delivery: Delivery) -> None:
        """Forget a delivery that arrived, or that nobody wanted."""
        self._deliveries.pop(delivery.seq, None)
        self._generation += 1

    def deliveries(self) -> tuple[Delivery, ...]:
        """Return the webhooks on their way, oldest first."""
        return tuple(self._deliveries.values())

    def is_queued(self, delivery: Delivery) -> bool:
        """Tell whether a delivery still waits to be carried out."""
        return delivery.seq in self._deliveries

    def clear(self) -> None:
        """Forget everything but the keys."""
        self._checkouts.clear()
        self._ids.clear()
        self._refunded.clear()
        self._unsettled.clear()
        self._deliveries.clear()
        self._changed()

    async def save(self) -> None:
        """Return when every change made before this call is on the disk."""
        if self._path is None:
            return
        wanted = self._generation
        async with self._lock:
            if self._saved >= wanted:
                return
            generation, body = self._generation, self._encode()
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._disk, _replace, self._path, body)
            self._saved = generation

    def close(self) -> None:
        """Write what is unsaved and let the writer thread go."""
        if self._path is not None and self._saved < self._generation:
            self._disk.submit(_replace, self._path, self._encode())
        self._disk.shutdown(wait=True)

    def _changed(self) -> None:
        self._generation += 1
        for call in self._listeners:
            call()

    def _note_waiting(self, checkout: Checkout) -> None:
        may_expire = CheckoutStatus.EXPIRED in TRANSITIONS[checkout.status]
        has_refund = any(refund.next_at is not None for refund in checkout.refunds)
        if may_expire or checkout.late_at is not None or has_refund:
            self._unsettled.add(checkout.id)
        else:
            self._unsettled.discard(checkout.id)

    def _forget_oldest(self) -> None:
        if len(self._checkouts) <= self._most:
            return
        over = next((c for c in self._checkouts.values() if c.id not in self._unsettled), None)
        if over is not None:
            del self._checkouts[over.id]
            del self._ids[over.terms.reference]
            for refund in over.refunds:
                self._refunded.pop(refund.reference, None)

    def _encode(self) -> bytes:
        state = {
            "secret_key": self.keys.secret_key,
            "webhook_secret": self.keys.webhook_secret,
            "last_seq": self._last_seq,
            "checkouts": [checkout.as_json() for checkout in self._checkouts.values()],
            "deliveries": [delivery.as_json() for delivery in self._deliveries.values()],
        }
        return orjson.dumps(state)

    def _load(self) -> None:
        if self._path is None or not self._path.exists():
            self._generation += 1
            return
        try:
            self._decode(self._path.read_bytes())
        except (ValueError, KeyError, TypeError):
            self.clear()
            aside = self._path.with_suffix(".unreadable")
            self._path.replace(aside)
            log.warning("sandbox provider: state was unreadable, kept aside as %s", aside.name)

    def _decode(self, body: bytes) -> None:
        state = orjson.loads(body)
        self.keys = Keys(secret_key=state["secret_key"], webhook_secret=state["webhook_secret"])
        self._last_seq = state["last_seq"]
        for row in state["checkouts"]:
            self.put(checkout_from_json(row))
        for row in state["deliveries"]:
            self.post(delivery_from_json(row))


def _replace(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)

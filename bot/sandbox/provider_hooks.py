"""The pretend provider's webhooks: delivered over HTTP, repeated until they are taken.

What an event says and what proves it is each language's own (`provider_tongue`). Tries end after
`PAUSES_S`. Due times are world time, so a moved clock brings waiting tries forward.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import aiohttp

from bot.sandbox import provider_switches as switches
from bot.sandbox.provider_records import Delivery
from bot.sandbox.provider_store import ProviderStore
from bot.sandbox.provider_tongue import Happening, Tongue
from bot.sandbox.switches import Switchboard

PAUSES_S: Final = (1, 2, 5, 15, 30, 60, 120, 300, 600)
TIMEOUT_S: Final = 10
REORDER_HOLD_S: Final = 3
MAX_AT_ONCE: Final = 16
MAX_WAITING: Final = 10_000

log = logging.getLogger(__name__)


class Courier:
    """Queues events as deliveries and carries out those that are due."""

    def __init__(
        self,
        store: ProviderStore,
        board: Switchboard,
        tongues: Mapping[str, Tongue],
        *,
        now: Callable[[], datetime],
    ) -> None:
        """Work on the provider's store, in these languages by name; `now` is world time."""
        self._store = store
        self._board = board
        self._tongues = tongues
        self._now = now
        self.wake = asyncio.Event()

    def announce(self, happening: Happening) -> None:
        """Queue an event for its URL, unless webhooks are being lost or nobody is told.

        One that happens later leaves then.
        """
        terms = happening.checkout.terms
        self._post(
            self._tongues[terms.tongue].event(happening),
            url=happening.url,
            reference=terms.reference,
            tongue=terms.tongue,
            event_id=happening.event_id,
            copies=happening.copies,
            happens_at=happening.at,
        )

    def answer(self, body: bytes, *, url: str, reference: str, tongue: str) -> None:
        """Queue the answer to a question at the address that came with it, like an event."""
        self._post(body, url=url, reference=reference, tongue=tongue, event_id=reference)

    def _post(
        self,
        body: bytes,
        *,
        url: str,
        reference: str,
        tongue: str,
        event_id: str,
        copies: int | None = None,
        happens_at: datetime | None = None,
    ) -> None:
        trouble = self._trouble(tongue)
        if copies is None:
            copies = max(1, int(trouble.number(switches.HOOK_COPIES)))
        is_lost = trouble.is_on(switches.HOOK_LOSS) or not (url and body and copies)
        if is_lost or len(self._store.deliveries()) >= MAX_WAITING:
            return
        delivery = Delivery(
            seq=self._store.next_seq(),
            event_id=event_id,
            reference=reference,
            url=url,
            body=body.decode(),
            due_at=max(self._now(), happens_at or self._now())
            + timedelta(seconds=_hold_s(trouble)),
            copies_left=copies,
            tongue=tongue,
        )
        self._store.post(delivery)
        self.wake.set()

    async def deliver(self, session: aiohttp.ClientSession) -> None:
        """Try every delivery that is due once; in order within a reference."""
        lanes: dict[str, list[Delivery]] = {}
        for delivery in self._due():
            if not self._trouble(delivery.tongue).is_on(switches.OUTAGE):
                lanes.setdefault(delivery.reference, []).append(delivery)
        gate = asyncio.Semaphore(MAX_AT_ONCE)
        await asyncio.gather(*(self._drive(session, gate, lane) for lane in lanes.values()))

    def _due(self) -> list[Delivery]:
        now = self._now()
        return sorted(
            (each for each in self._store.deliveries() if self._is_due(each, now)),
            key=self._turn,
        )

    def _is_due(self, delivery: Delivery, now: datetime) -> bool:
        hold_s = _hold_s(self._trouble(delivery.tongue))
        horizon = now + timedelta(seconds=max(PAUSES_S[-1], hold_s))
        # A due time beyond the horizon was set before the world clock was moved back.
        return delivery.due_at <= now or delivery.due_at > horizon

    def _turn(self, delivery: Delivery) -> int:
        """Return what deliveries are sorted by: oldest first, or newest."""
        is_newest_first = self._trouble(delivery.tongue).is_on(switches.HOOK_REORDER)
        return -delivery.seq if is_newest_first else delivery.seq

    async def _drive(
        self, session: aiohttp.ClientSession, gate: asyncio.Semaphore, lane: list[Delivery]
    ) -> None:
        async with gate:
            for delivery in lane:
                is_taken = await self._send(session, delivery)
                self._settle(delivery, is_taken=is_taken)

    async def _send(self, session: aiohttp.ClientSession, delivery: Delivery) -> bool:
        body = delivery.body.encode()
        is_forged = self._trouble(delivery.tongue).is_on(switches.HOOK_FORGERY)
        tongue = self._tongues[delivery.tongue]
        proof = tongue.headers(body, at=self._now(), is_forged=is_forged)
        try:
            async with session.post(
                delivery.url,
                data=body,
                headers={"content-type": "application/json", **proof},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            ) as response:
                return response.ok
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _settle(self, delivery: Delivery, *, is_taken: bool) -> None:
        if not self._store.is_queued(delivery):
            return  # A reset emptied the queue while this one was on its way.
        if is_taken and delivery.copies_left > 1:
            again = replace(delivery, copies_left=delivery.copies_left - 1, attempt=0)
            self._store.post(again)
            self.wake.set()
        elif is_taken:
            self._store.drop(delivery)
        elif delivery.attempt >= len(PAUSES_S):
            log.warning("sandbox provider: webhook %s given up", delivery.event_id)
            self._store.drop(delivery)
        else:
            pause = timedelta(seconds=PAUSES_S[delivery.attempt])
            later = replace(delivery, attempt=delivery.attempt + 1, due_at=self._now() + pause)
            self._store.post(later)

    def _trouble(self, who: str) -> switches.Trouble:
        return switches.Trouble(self._board, who)


def _hold_s(trouble: switches.Trouble) -> int:
    hold_s = int(trouble.number(switches.HOOK_DELAY))
    is_reordered = trouble.is_on(switches.HOOK_REORDER)
    return max(hold_s, REORDER_HOLD_S) if is_reordered else hold_s

"""One process among several: its number, its lease, and what it hears of the others.

The lease is renewed every two seconds. When it could not be renewed in time nothing new is begun
until it is, and the lanes that were lost meanwhile are let go; when its number was given away the
process must end. The deadline is counted on this machine's own monotonic clock, from before the
renewal began, so it is always earlier than what the table says.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.engine.limits import Rates, SendLimits
from bot.engine.shares import MAX_SENDERS, may_begin, senders_of, share_of
from bot.roles import Part
from storage.database import Database
from storage.leases import Process
from storage.transaction import SqlTransaction

LEASE_S: Final = 10
RENEW_S: Final = 2.0
MARGIN_S: Final = 1.0
"""By how much the own deadline is earlier than the table's."""

FLOOD: Final = "telegram"
"""The pause that Telegram asked the whole bot for."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one renewal found out."""

    at: datetime
    living: tuple[Process, ...]
    flood_s: float


async def ignore_lapse() -> None:
    """Do nothing."""


class Membership:
    """Keeps a process's lease."""

    def __init__(
        self,
        database: Database,
        *,
        owner: str,
        parts: frozenset[Part],
        limits: SendLimits,
        rates: Rates,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        on_lost: Callable[[], None],
        is_gone: Callable[[str], bool] = lambda _owner: False,
    ) -> None:
        """Keep the ports.

        `owner` is a name nobody else has, `on_lost` ends the process, `is_gone` tells whether
        another owner has certainly died.
        """
        self._is_gone = is_gone
        self._database = database
        self.owner = owner
        self.parts = parts
        self._limits = limits
        self._rates = rates
        self._monotonic = monotonic
        self._sleep = sleep
        self._on_lost = on_lost
        self.on_lapse: Callable[[], Awaitable[None]] = ignore_lapse
        self._deadline_s = 0.0
        self._is_over = False
        self._shown_at: datetime | None = None
        self._is_sending = False
        self.senders = 0

    @property
    def is_alive(self) -> bool:
        """Tell whether this process still holds what it held (any thread may ask)."""
        return not self._is_over and self._monotonic() < self._deadline_s

    async def join(self) -> int:
        """Take a number and a lease; returns the number.

        Raises:
            NoNumberLeft: there are too many processes.
        """
        self._limits.close()
        began_s = self._monotonic()
        names = [part.value for part in self.parts]
        node = await self._database.run(
            lambda tx: tx.leases.join(owner=self.owner, parts=names, lease_s=LEASE_S)
        )
        self._deadline_s = began_s + LEASE_S - MARGIN_S
        await self.tick()
        return node

    async def run(self) -> None:
        """Renew until cancelled."""
        while True:
            await self._sleep(RENEW_S)
            try:
                await self.tick()
            except Exception:  # noqa: BLE001 - the next time tries again; meanwhile nothing begins
                _log.exception("lease_not_renewed")

    async def tick(self) -> None:
        """Renew the lease once, and hear of the others."""
        began_s = self._monotonic()
        heard = await self._database.run(self._renew)
        if heard is None:
            self._lose()
            return
        has_lapsed = self._monotonic() >= self._deadline_s
        self._deadline_s = began_s + LEASE_S - MARGIN_S
        if has_lapsed:
            _log.warning("lease_lapsed")
            await self.on_lapse()
        gone = [each.owner for each in heard.living if self._is_gone(each.owner)]
        if gone:
            await self._database.run(lambda tx: _bury(tx, gone))
            _log.warning("process_gone", count=len(gone))
        living = tuple(each for each in heard.living if each.owner not in gone)
        self._heed(replace(heard, living=living))

    async def leave(self) -> None:
        """Give everything back; nothing may be begun any more."""
        is_lost, self._is_over = self._is_over, True
        if not is_lost:
            await self._database.run(lambda tx: tx.leases.leave(self.owner))

    def _renew(self, tx: SqlTransaction) -> Heard | None:
        if not tx.leases.renew(self.owner, lease_s=LEASE_S):
            return None
        pauses = tx.leases.pauses()
        shared_s = (pauses[FLOOD] - tx.now).total_seconds() if FLOOD in pauses else 0.0
        own_s = self._limits.flood_left(self._monotonic())
        if own_s > max(0.0, shared_s) + MARGIN_S:
            tx.leases.pause(FLOOD, until=tx.now + timedelta(seconds=own_s))
        return Heard(at=tx.now, living=tx.leases.living(), flood_s=max(0.0, shared_s))

    def _heed(self, heard: Heard) -> None:
        now_s = self._monotonic()
        if heard.flood_s > 0:
            self._limits.stop_bot(heard.flood_s, now_s)
        if Part.SENDER not in self.parts:
            return
        self.senders = min(MAX_SENDERS, len(senders_of(heard.living)))
        if self._shown_at is None:
            self._shown_at = heard.at
        is_seen = may_begin(heard.living, self.owner, shown_at=self._shown_at)
        if self._is_sending or is_seen:
            self._is_sending = True
            self._limits.open(share_of(self.senders, self._rates), now_s)

    def _lose(self) -> None:
        if not self._is_over:
            self._is_over = True
            _log.critical("lease_lost", meaning="another process has this one's number")
            self._on_lost()


def _bury(tx: SqlTransaction, owners: Sequence[str]) -> None:
    """End what the dead held: nothing of theirs can still leave."""
    for owner in owners:
        tx.leases.leave(owner)

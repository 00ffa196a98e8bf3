"""A process's seat among several on one database: its number, its lease, its lanes, its duty."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from bot.engine.duty import Duty
from bot.engine.engine import Engine
from bot.engine.limits import Rates, SendLimits
from bot.engine.membership import Membership
from bot.engine.metrics import Metrics
from bot.engine.place import is_gone, name_owner
from bot.engine.sharing import SharedLanes
from bot.ports import SystemRandomness
from bot.roles import Part, kinds_of
from storage.database import Database

OWNER_CHARACTERS: Final = 22


class LostSeat(Exception):
    """Another process has this one's number: it must end and start anew."""


@dataclass(slots=True)
class Seat:
    """What makes this process one of several."""

    member: Membership
    lanes: SharedLanes
    polling: Duty
    lost: asyncio.Event
    randomness: SystemRandomness
    renewing: "asyncio.Task[None] | None" = None

    async def take(self) -> None:
        """Sit down: ids carry the leased number from here on.

        Raises:
            NoNumberLeft: there are too many processes.
        """
        self.randomness.take_node(await self.member.join())
        self.renewing = asyncio.create_task(self.member.run())

    def watch(self, engine: Engine, metrics: Metrics) -> None:
        """Look at these to know which lanes are busy, and tell what is held."""
        self.lanes.watch(engine.lanes)
        metrics.watch_share(
            lanes=lambda: self.lanes.count,
            senders=lambda: self.member.senders,
            is_alive=lambda: self.member.is_alive,
        )

    async def leave(self) -> None:
        """Give everything back at once."""
        if self.renewing is None:
            return
        self.renewing.cancel()
        await asyncio.gather(self.renewing, return_exceptions=True)
        await self.member.leave()


def open_seat(
    database: Database,
    randomness: SystemRandomness,
    limits: SendLimits,
    *,
    parts: frozenset[Part],
    bot_id: int,
    monotonic: Callable[[], float],
    sleep: Callable[[float], Awaitable[None]],
) -> Seat:
    """Put a seat together; nobody sits on it yet."""
    lost = asyncio.Event()
    member = Membership(
        database,
        owner=name_owner(randomness.key(OWNER_CHARACTERS)),
        parts=parts,
        limits=limits,
        rates=Rates(),
        monotonic=monotonic,
        sleep=sleep,
        on_lost=lost.set,
        is_gone=is_gone,
    )

    def may_release(key: str) -> bool:
        head, _, chat = key.partition(":")
        return head != "c" or limits.is_fresh(int(chat), monotonic())

    lanes = SharedLanes(
        database, member, kinds=kinds_of(parts), monotonic=monotonic, may_release=may_release
    )
    polling = Duty(database, member, name=f"poll:{bot_id}", sleep=sleep)
    return Seat(member=member, lanes=lanes, polling=polling, lost=lost, randomness=randomness)

"""However many send, and whoever comes or goes: no second sees more than Telegram takes."""

import random
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bot.engine.limits import Rates, SendLimits
from bot.engine.membership import LEASE_S, MARGIN_S, RENEW_S
from bot.engine.shares import A_SECOND, MAX_SENDERS, may_begin, share_of
from storage.leases import Process
from tests.books import NOW

STEP_S = 0.01


def process(
    owner: str, *, since: datetime = NOW, seen: datetime = NOW, parts: str = "sender"
) -> Process:
    return Process(
        node=1,
        owner=owner,
        parts=frozenset(parts.split(",")),
        since=since,
        seen_at=seen,
        until=NOW + timedelta(days=1),
    )


@pytest.mark.parametrize("senders", range(1, MAX_SENDERS + 1))
def test_all_shares_together_stay_within_a_second(senders: int) -> None:
    share = share_of(senders, Rates())
    assert senders * (share.burst + share.per_s) <= A_SECOND + 1e-9
    assert share.per_s > 0


def test_a_sender_alone_begins_at_once() -> None:
    assert may_begin([process("me"), process("w", parts="worker,web")], "me", shown_at=NOW)


def test_a_new_sender_waits_until_every_other_has_seen_it() -> None:
    later = NOW + timedelta(seconds=1)
    me = process("me", since=later, seen=later)
    assert not may_begin([me, process("a"), process("b", seen=later)], "me", shown_at=NOW)
    both = [me, process("a", seen=later), process("b", seen=later)]
    assert may_begin(both, "me", shown_at=NOW)


def test_too_many_senders_only_wait() -> None:
    later = NOW + timedelta(seconds=1)
    old = [process(str(number), seen=later) for number in range(MAX_SENDERS)]
    me = process("me", since=later, seen=later)
    assert not may_begin([*old, me], "me", shown_at=NOW)
    assert may_begin([*old[1:], me], "me", shown_at=NOW)


@dataclass
class Sender:
    """A process that sends whatever it may, and looks at the list every two seconds."""

    owner: str
    limits: SendLimits
    row: Process
    next_look_s: float
    shown_at: datetime | None = None
    is_sending: bool = False
    sent_s: list[float] = field(default_factory=list)
    deadline_s: float = 0.0

    def look(self, rows: dict[str, Process], now_s: float) -> None:
        at = NOW + timedelta(seconds=now_s)
        until = at + timedelta(seconds=LEASE_S)
        rows[self.owner] = self.row = Process(
            node=self.row.node,
            owner=self.owner,
            parts=self.row.parts,
            since=self.row.since,
            seen_at=at,
            until=until,
        )
        living = [row for row in rows.values() if row.until > at]
        self.shown_at = self.shown_at or at
        self.deadline_s = now_s + LEASE_S - MARGIN_S
        self.next_look_s = now_s + RENEW_S
        if self.is_sending or may_begin(living, self.owner, shown_at=self.shown_at):
            self.is_sending = True
            self.limits.open(share_of(min(MAX_SENDERS, len(living)), Rates()), now_s)


@pytest.mark.parametrize("seed", range(8))
def test_no_second_sees_too_many_while_senders_come_and_go(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same comings and goings each run
    rows: dict[str, Process] = {}
    running: list[Sender] = []
    sent_s: list[float] = []
    chats = 0
    for step in range(round(60 / STEP_S)):
        now_s = step * STEP_S
        at = NOW + timedelta(seconds=now_s)
        if chance.random() < 0.0025 or not running:
            row = process(f"s{step}", since=at, seen=at)
            limits = SendLimits(rates=Rates(), now=now_s)
            limits.close()
            rows[row.owner] = row
            running.append(Sender(owner=row.owner, limits=limits, row=row, next_look_s=now_s))
        if len(running) > 1 and chance.random() < 0.0025:
            gone = running.pop(chance.randrange(len(running)))
            if chance.random() < 0.5:
                del rows[gone.owner]  # It gave its lease back; the others were killed.
        for sender in running:
            if now_s >= sender.next_look_s:
                sender.look(rows, now_s)
            chats += 1
            while now_s < sender.deadline_s and sender.limits.take(chats, now_s) <= 0:
                sent_s.append(now_s)
                chats += 1
    worst = max(place - bisect_left(sent_s, at - 1 + 1e-6) + 1 for place, at in enumerate(sent_s))
    assert worst <= A_SECOND
    assert len(sent_s) > 60 * 4

"""How a story ended: what the books, the provider and the chats say, fit to be compared.

Ids and times differ from run to run, so everything is told by names, amounts and counts.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.player import draw
from bot.sandbox.world import World
from storage.transaction import SqlTransaction
from tests.scripts.stage import Stage
from tests.takings import takings

REPEATED: Final = "(repeated)"
_RECEIPT: Final = re.compile(r"RCPT-\d{4}-\d{6}")

_ACCOUNTS: Final = (
    "SELECT a.kind, coalesce(p.name, ''), a.credits_minor - a.debits_minor, a.held_minor"
    " FROM account a LEFT JOIN person p ON p.id = a.owner_id WHERE a.entry_seq > 0"
)
_BILLS: Final = (
    "SELECT number, title, total_minor, allocated_minor, refunded_minor, acknowledgment, life,"
    " revision FROM bill"
)
_PAYMENTS: Final = (
    "SELECT p.method, p.amount_minor, p.captured_minor, p.status, b.number,"
    " (SELECT count(*) FROM receipt r WHERE r.payment_id = p.id),"
    " (SELECT group_concat(status) FROM attempt t WHERE t.payment_id = p.id)"
    " FROM payment p LEFT JOIN bill b ON b.id = p.bill_id"
)
_JOURNALS: Final = "SELECT kind, count(*) FROM journal GROUP BY kind"
_PINS: Final = "SELECT name, pin_failures, pin_locked_until FROM person"
_ATTEMPTS: Final = "SELECT reference FROM attempt"
_CAPTURES: Final = "SELECT key FROM journal WHERE key LIKE 'capture:%'"
_UPDATES: Final = "SELECT status, count(*) FROM work WHERE kind = 'update' GROUP BY status"
_SEEN: Final = "SELECT key FROM seen WHERE source LIKE 'telegram:%'"
_PROOFS: Final = (
    "SELECT r.number, i.external_id FROM receipt r JOIN identity i ON i.person_id = r.payer_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What stands when everything has come to rest; each field is sorted."""

    accounts: list[Any]
    bills: list[Any]
    payments: list[Any]
    journals: list[Any]
    pins: list[Any]


async def ending(stage: Stage) -> Ending:
    """Look into the books."""

    def look(tx: SqlTransaction) -> Ending:
        return Ending(
            accounts=rows(tx, _ACCOUNTS),
            bills=rows(tx, _BILLS),
            payments=rows(tx, _PAYMENTS),
            journals=rows(tx, _JOURNALS),
            pins=rows(tx, _PINS),
        )

    return await stage.look(look)


async def check_told(stage: Stage) -> None:
    """Every receipt of the books was told to its payer once, or once more and marked so."""
    proofs = await stage.look(lambda tx: rows(tx, _PROOFS))
    assert problems_of_receipts(stage.world, proofs) == []


async def check_captures(stage: Stage) -> None:
    """Everything that the provider took is in the books, and of every attempt it has a page."""
    await check_takings(stage)
    asked = await stage.look(lambda tx: [row[0] for row in rows(tx, _ATTEMPTS)])
    assert sorted(asked) == sorted(one.terms.reference for one in stage.provider.checkouts())


async def check_takings(stage: Stage) -> None:
    """Everything that providers took is in the books, once, and nothing else is."""
    booked = await stage.look(lambda tx: [row[0].rpartition(":")[2] for row in rows(tx, _CAPTURES)])
    taken = [each.id for one in stage.provider.checkouts() for each in takings(one)]
    assert sorted(booked) == sorted(taken)


async def check_arrivals(stage: Stage, since: int) -> None:
    """Everything that people did after update `since` was stored, and handled, exactly once."""
    made = range(since + 1, stage.world.state.queue.last_update_id + 1)
    stored = await stage.look(lambda tx: rows(tx, _UPDATES))
    assert stored == [("done", len(made))]
    seen = await stage.look(lambda tx: {row[0] for row in rows(tx, _SEEN)})
    assert seen == {str(number) for number in made}


def problems_of_receipts(
    world: World, proofs: list[Any], *, left: Counter[int] | None = None
) -> list[str]:
    """Compare receipts in the books, (number, payer's chat), with those that chats show.

    `left` counts the messages of each chat that were in doubt twice and wait for a human.
    """
    problems: list[str] = []
    excused = Counter(left)
    plain, marked = receipts_told(world)
    for number, chat_id in proofs:
        key = (chat_id, number)
        if plain[key] > 1:
            problems.append(f"{number} was told {plain[key]} times as if for the first time")
        if plain[key] + marked[key] == 0:
            if not excused[chat_id]:
                problems.append(f"{number} was never told")
            excused[chat_id] -= 1
    known = {(chat_id, number) for number, chat_id in proofs}
    told = {*plain, *marked}
    return problems + [f"{key[1]} is in no book" for key in told - known]


def receipts_told(world: World) -> tuple[Counter[tuple[int, str]], Counter[tuple[int, str]]]:
    """Count receipts by (chat, number): those told plainly, and those marked as repeated."""
    plain: Counter[tuple[int, str]] = Counter()
    marked: Counter[tuple[int, str]] = Counter()
    for chat in world.state.chats.values():
        for message in chat.messages.values():
            text = draw(message)
            found = _RECEIPT.search(text)
            is_receipt = message.sender_id == world.state.bot.id and "New wallet balance" in text
            if is_receipt and found is not None:
                counts = marked if REPEATED in text else plain
                counts[chat.id, found[0]] += 1
    return plain, marked


def rows(tx: SqlTransaction, query: str) -> list[Any]:
    """Return the rows of a query, sorted."""
    tx.cursor.execute(query)
    return sorted((tuple(row) for row in tx.cursor.fetchall()), key=repr)

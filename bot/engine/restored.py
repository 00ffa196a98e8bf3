"""Books that were put back: what the copy had still to do waits, and people are told (ADR 0016).

The service that ran after the copy was taken may have done all of it. So nothing of the copy
leaves, nothing that people did is carried out anew, and what was asked of providers is only looked
up.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import orjson

from bot.engine.dispatch import CHANNEL
from bot.engine.notices import expand
from bot.engine.outbox import Outbox
from bot.engine.places import words_of
from bot.sweeps.bills import catch_up
from core.domain.freeze import Freeze
from core.domain.work import Kind, Priority
from handlers.chat import Reply, Show, person_of_lane
from handlers.screens import restored as screens
from handlers.words import Words
from storage.backup import Missed, Page
from storage.transaction import SqlTransaction

NOTHING_MISSED: Final = Missed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What a restore put aside: lanes of people, rows that were to be told; who was told of it."""

    held: int
    waiting: int
    told: int


def freeze(tx: SqlTransaction, *, outbox: Outbox, missed: Missed = NOTHING_MISSED) -> Frozen:
    """Put aside what a copy had still to do, and tell those whose acts it may not know.

    `missed` is what the replaced database knew and the copy does not, where it could be read.
    """
    # What fell due while these books were away may have been told: it waits like the copy's own.
    while catch_up(tx, at=tx.now):
        pass
    expand(tx)
    held = tx.freeze.hold()
    waiting = tx.freeze.park()
    tx.freeze.doubt()
    for page in missed.pages:
        _look_for(tx, page)
    tx.freeze.begin()
    told = _tell(tx, outbox, {*held, *missed.lanes})
    return Frozen(held=len(held), waiting=waiting, told=told)


def _look_for(tx: SqlTransaction, page: Page) -> None:
    """Keep a page that these books do not know, as an event of its provider would be kept."""
    kept = {
        "configuration": page.configuration_id,
        "provider": page.provider,
        "reference": page.reference,
    }
    reason = (
        f"{page.provider} was asked for {page.reference} after the copy,"
        f" which was {page.status} when the books were put back"
    )
    lane = f"h:{page.configuration_id}"
    tx.work.add_parked(Kind.HOOK, lane=lane, payload=orjson.dumps(kept), reason=reason)


def _tell(tx: SqlTransaction, outbox: Outbox, lanes: Iterable[str]) -> int:
    """Tell each of these people once; return how many."""
    frozen = tx.freeze.find()
    if frozen is None:
        return 0
    people = sorted({person_of_lane(lane) for lane in lanes} - {0})
    return sum(_tell_one(tx, outbox, each, frozen) for each in people)


def _tell_one(tx: SqlTransaction, outbox: Outbox, external_id: int, frozen: Freeze) -> bool:
    identity = tx.people.identity_of(CHANNEL, external_id)
    words = Words()
    if identity is not None:
        if not identity.is_reachable:
            return False
        person = tx.people.person(identity.person_id)
        words = words_of(tx, person, None, offered=identity.language_code)
    reply = Reply(screen=screens.put_back(words, frozen.books_at), show=Show.SEND)
    # A private chat has the number of its person.
    outbox.show(tx, external_id, reply, priority=Priority.MONEY)
    return True

"""Events become notices: expanded in the transaction that appended them, rendered when sent.

Each (event, recipient) is one row. Rendering sees fresh state, the recipient's language and quiet
hours; a notice that may wait for morning is due when quiet hours end.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from bot.engine.dispatch import CHANNEL, Dispatcher
from bot.engine.outbox import Message, Outbox
from bot.engine.places import words_of
from core.domain.acts import Event, EventName
from core.domain.calendar import end_of_quiet
from core.domain.errors import NotJoined
from core.domain.ledger import Subject
from core.domain.people import Actor, Identity, Person, PersonId, Scope
from core.domain.tenants import PLATFORM, TenantId
from core.domain.work import Kind, Priority, Work, WorkStatus
from core.use_cases import people
from handlers.commands import commands_for
from handlers.notices import NOTICES, Notice
from handlers.visit import Reader
from handlers.words import Words, choose
from storage.transaction import SqlTransaction

RIGHTS_CHANGED: Final = frozenset({EventName.MEMBER_JOINED, EventName.ROLE_CHANGED})
"""After these a person's own list of commands is announced anew."""

SEALED_WITHIN: Final = timedelta(seconds=5)
"""How long a notice waits for the seal that it shows; after that it comes without."""
SEAL_LOOK: Final = timedelta(seconds=0.25)


def expand(tx: SqlTransaction, *, is_repeat: bool = False) -> None:
    """Write one row for each recipient of each event of this transaction.

    `is_repeat`: people may have been told of it before, by books that were lost.
    """
    for event in tx.events:
        if event.name in RIGHTS_CHANGED:
            _announce(tx, PersonId(event.person_id))
        notice = NOTICES.get(event.name)
        if notice is None:
            continue
        for person_id in dict.fromkeys(notice.recipients(tx, event)):
            payload = orjson.dumps({"event": asdict(event), "person": person_id})
            tx.work.add(
                Kind.NOTICE,
                lane=f"n:{person_id}",
                payload=payload,
                due_at=_not_before(tx, notice, event, PersonId(person_id)),
                priority=notice.priority,
                is_repeat=is_repeat,
            )
    tx.events.clear()


class Notices:
    """Renders notices and queues their messages."""

    def __init__(self, dispatcher: Dispatcher, outbox: Outbox) -> None:
        """Keep who knows words and how messages are queued."""
        self._dispatcher = dispatcher
        self._outbox = outbox

    def render(self, tx: SqlTransaction, work: Work) -> None:
        """Render one notice and queue it, or drop it where nothing is left to say."""
        kept = orjson.loads(work.payload)
        event = _event(kept["event"])
        notice = NOTICES[event.name]
        if _is_unsealed(tx, notice, event) and tx.now < work.created_at + SEALED_WITHIN:
            tx.work.mark(work, status=WorkStatus.DUE, due_at=tx.now + SEAL_LOOK)
            return
        person_id = PersonId(kept["person"])
        identities = tx.people.identities(person_id)
        language = identities[0].language_code if identities else ""
        chat_id = _reachable(identities)
        if chat_id is not None:
            reader = self._reader(tx, event, person_id, offered=language)
            reply = notice.render(tx, reader, event)
            if reply is not None:
                self._outbox.show(
                    tx, chat_id, reply, priority=work.priority, is_repeat=work.is_repeat
                )
        tx.work.end(work)

    def _reader(
        self, tx: SqlTransaction, event: Event, person_id: PersonId, *, offered: str
    ) -> Reader:
        person = tx.people.person(person_id)
        tenant = tx.tenants.get(event.tenant_id)
        return Reader(
            person=person,
            tenant=tenant,
            words=words_of(tx, person, tenant, offered=offered),
            bot_username=self._dispatcher.bot_username,
            public_url=self._dispatcher.public_url,
            actor=_actor(tx, person, event.tenant_id),
        )


def _is_unsealed(tx: SqlTransaction, notice: Notice, event: Event) -> bool:
    """Tell whether a notice shows a seal that is not there: on a server it comes a moment later."""
    if notice.shows_seal_of is None:
        return False
    return not tx.seal_of(notice.shows_seal_of(tx, event))


def chat_of(tx: SqlTransaction, person_id: PersonId) -> int | None:
    """Return a person's private chat, None while nobody can write there."""
    return _reachable(tx.people.identities(person_id))


def _reachable(identities: Sequence[Identity]) -> int | None:
    for identity in identities:
        if identity.channel == CHANNEL and identity.is_reachable:
            return identity.external_id
    return None


def _announce(tx: SqlTransaction, person_id: PersonId) -> None:
    """Queue the list of commands of a person's private chat: everything any role of his opens."""
    chat_id = chat_of(tx, person_id)
    if chat_id is None:
        return
    memberships = tx.people.memberships_of(person_id)
    scopes = frozenset[Scope]().union(*(m.scopes for m in memberships))
    person = tx.people.person(person_id)
    offered = tx.people.identities(person_id)[0].language_code
    words = Words(language=choose(person.language, offered))
    commands = [{"command": c, "description": d} for c, d in commands_for(scopes, words)]
    payload = {"commands": commands, "scope": {"type": "chat", "chat_id": chat_id}}
    message = Message(method="setMyCommands", payload=payload, chat_id=chat_id)
    lane = f"a:commands:{chat_id}"
    tx.work.add(Kind.MESSAGE, lane=lane, payload=message.to_bytes(), priority=Priority.QUIET)


def _actor(tx: SqlTransaction, person: Person, tenant_id: TenantId) -> Actor | None:
    try:
        return people.actor_of(tx, person_id=person.id, tenant_id=tenant_id, person=person)
    except NotJoined:
        return None


def _not_before(tx: SqlTransaction, notice: Notice, event: Event, person_id: PersonId) -> datetime:
    if not notice.is_quiet or event.tenant_id == PLATFORM:
        return tx.now
    tenant = tx.tenants.get(event.tenant_id)
    zone = tx.people.person(person_id).timezone or tenant.timezone
    policy = tenant.policy
    return end_of_quiet(tx.now, timezone=zone, start=policy.quiet_from, end=policy.quiet_until)


def _event(kept: dict[str, Any]) -> Event:
    subject = Subject(kind=kept["subject"]["kind"], id=kept["subject"]["id"])
    return Event(
        name=EventName(kept["name"]),
        tenant_id=TenantId(kept["tenant_id"]),
        subject=subject,
        person_id=kept["person_id"],
        other_id=kept["other_id"],
    )

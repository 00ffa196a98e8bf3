"""PIN checks and hashes: Argon2id in a thread pool, with no transaction open.

Argon2id (19 MiB, t=2, p=1) works on a keyed hash of the digits, so that a stolen database alone
opens nothing. Source: OWASP password storage cheat sheet, Argon2id parameters.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import orjson
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from bot.engine.dispatch import Dispatcher
from bot.engine.notices import expand
from bot.engine.outbox import Outbox
from core.domain.acts import Cause, CauseKind
from core.domain.dialogues import PAD_LIFE, Pad, PadId, PadUse
from core.domain.work import Work
from handlers.chat import Chat, Did, Incoming, Screen, Sender
from handlers.flows import pins as pin_flows
from handlers.words import Words
from storage.database import Database
from storage.keyring import KeyRing
from storage.transaction import SqlTransaction

THREADS: Final = 2
HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the hasher found: whether the digits match, or their new hash."""

    is_right: bool = False
    pin_hash: str = ""


class Pins:
    """Checks PINs of work rows."""

    def __init__(
        self,
        database: Database,
        ring: KeyRing,
        dispatcher: Dispatcher,
        outbox: Outbox,
        *,
        hasher: PasswordHasher = HASHER,
    ) -> None:
        """Keep the ports; `hasher` makes new hashes, old ones carry their own parameters."""
        self._database = database
        self._ring = ring
        self._dispatcher = dispatcher
        self._outbox = outbox
        self._hasher = hasher
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="hazina-pin")

    async def handle(self, work: Work) -> None:
        """Check or hash the digits of a row and answer the person."""
        kept = orjson.loads(work.payload)
        loop = asyncio.get_running_loop()
        checked = await loop.run_in_executor(self._threads, self._check, kept)

        def answer(tx: SqlTransaction) -> None:
            incoming = asked_by(work)
            reply = self._dispatcher.after_pin(
                tx,
                incoming,
                pad=_pad(kept, work),
                is_right=checked.is_right,
                pin_hash=checked.pin_hash,
            )
            self._outbox.answer(tx, incoming, reply)
            expand(tx)
            tx.work.end(work)

        cause = Cause(kind=CauseKind.UPDATE, reference=str(work.id))
        await self._database.run(answer, cause=cause)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _check(self, kept: dict[str, Any]) -> Checked:
        keyed = self._ring.pepper(kept["digits"], person_id=kept["person"])
        if kept["ask"] == "hash":
            return Checked(pin_hash=self._hasher.hash(keyed))
        return Checked(is_right=_matches(kept["hash"], keyed), pin_hash=kept["hash"])


def _matches(pin_hash: str, keyed: str) -> bool:
    try:
        return HASHER.verify(pin_hash, keyed)
    except (Argon2Error, InvalidHashError):
        return False


def asked_by(work: Work) -> Incoming:
    """Return the press on OK that a row came from; its message is the pad."""
    kept = orjson.loads(work.payload)
    return Incoming(
        did=Did.PRESS,
        sender=Sender(
            external_id=kept["external"],
            name=kept["name"],
            language=kept["language"],
            username=kept["username"],
        ),
        chat=Chat(id=kept["chat"], is_private=True),
        message_id=kept["message"],
    )


def failed_check(work: Work, words: Words, reference: str) -> Screen:
    """Return what frees the pad of a check that is dead."""
    kept = orjson.loads(work.payload)
    use, intent_key = PadUse(kept["use"]), str(kept["intent"])
    return pin_flows.failed(words, use=use, intent_key=intent_key, reference=reference)


def _pad(kept: dict[str, Any], work: Work) -> Pad:
    """Return the pad as it was when OK was pressed; it went away with that press."""
    return Pad(
        id=PadId(kept["pad"]),
        person_id=kept["person"],
        chat_id=kept["chat"],
        use=PadUse(kept["use"]),
        slots="0123456789",
        expires_at=work.created_at + PAD_LIFE,
        intent_key=kept["intent"],
        first_hash=kept["hash"],
    )

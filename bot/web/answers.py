"""The doors at which providers that sign nothing answer our questions.

Each is a one-time address: whoever knows it was told by us. What comes there is stored, answered
200, and read later, in the order of its payment. Playing it again changes nothing.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

import orjson
import structlog
from aiohttp import web

from bot.engine.answers import ASK
from bot.web.payments import RETRY_S, bounded
from core.domain.addresses import Address
from core.domain.configurations import Configuration
from core.domain.outflows import Answering
from core.domain.payments import AttemptId
from core.domain.providers import About, Hook, Provider
from core.domain.refunds import RefundId
from core.domain.work import Kind, Priority
from core.use_cases.addresses import find_address
from core.use_cases.refunds import refund_lane
from storage.database import Database
from storage.transaction import SqlTransaction

PATH: Final = "/payments/hooks"
MAX_ANSWERS: Final = 20
"""Different ones that an address keeps; a question has one answer, told a few times."""

_SUBJECTS: Final = {About.PAYMENT: "attempt", About.REFUND: "refund"}
"""What a row calls the thing that its answer is about."""

_SECRET: Final = re.compile(r"[0-9a-f]{64}")

_log = structlog.get_logger(__name__)


class Adapters(Protocol):
    """The adapters of this process, by configuration."""

    async def adapter(self, configuration: Configuration) -> Provider | None:
        """Return the adapter of a configuration as it stands, None while it has no credentials."""
        ...


class AnswerDoors:
    """The HTTP doors of one-time addresses."""

    def __init__(
        self,
        database: Database,
        adapters: Adapters,
        *,
        now: Callable[[], datetime],
        count: Callable[[str], None],
    ) -> None:
        """Keep the ports; `count` is told refusals."""
        self._database = database
        self._adapters = adapters
        self._now = now
        self._count = count

    def mount(self, app: web.Application) -> None:
        """Add the routes; `late` is told that there will be no answer in time."""
        for end in ("", "/", "/{late:late}"):
            app.router.add_post(f"{PATH}/{{secret}}{end}", self.receive)

    async def receive(self, request: web.Request) -> web.StreamResponse:
        """Store an answer durably, then say what its provider wants to hear."""
        secret = request.match_info["secret"]
        if not _SECRET.fullmatch(secret):
            return self._turn(404, "answer_unknown")
        # Looking costs no commit: a stranger may try many.
        found = await self._database.read(lambda tx: _find(tx, secret))
        if found is None:
            return self._turn(404, "answer_unknown")
        address, configuration = found
        adapter = await self._adapters.adapter(configuration)
        if adapter is None or not isinstance(adapter, Answering):
            return self._turn(404, "answer_unknown")
        body = await bounded(request)
        if body is None:
            return self._turn(413, "answer_too_large")
        query = {"late": "1"} if "late" in request.match_info else {}
        hook = Hook(body=body, query=query, received_at=self._now())
        try:
            await self._database.run(lambda tx: store_answer(tx, address, hook))
        except Exception:  # noqa: BLE001 - whatever it is, the answer is asked for again
            _log.exception("answer_not_stored", about=address.about)
            return web.Response(status=503, headers={"Retry-After": str(RETRY_S)})
        told = adapter.acknowledge(hook)
        return web.Response(body=told, content_type="application/json")

    def _turn(self, status: int, reason: str) -> web.Response:
        self._count(reason)
        return web.Response(status=status, text=reason)


def _find(tx: SqlTransaction, secret: str) -> tuple[Address, Configuration] | None:
    address = find_address(tx, secret=secret)
    return None if address is None else (address, tx.configurations.get(address.configuration_id))


def store_answer(tx: SqlTransaction, address: Address, hook: Hook) -> bool:
    """Store what came to an address; False when it came before, or too much has."""
    subject, name = _SUBJECTS.get(address.about), f"answer:{address.digest}"
    if subject is None or tx.tallies.counted(name) >= MAX_ANSWERS:
        return False
    told = hashlib.sha256(hook.body + orjson.dumps(hook.query)).hexdigest()
    if not tx.work.see(name, told):
        return False
    tx.tallies.count(name, until=address.until)
    payload = orjson.dumps(
        {
            "ask": ASK,
            subject: address.subject,
            "configuration": address.configuration_id,
            "body": base64.b64encode(hook.body).decode(),
            "query": dict(hook.query),
        }
    )
    tx.work.add(Kind.CALL, lane=_lane(tx, address), payload=payload, priority=Priority.MONEY)
    return True


def _lane(tx: SqlTransaction, address: Address) -> str:
    if address.about is About.REFUND:
        return refund_lane(tx, refund=tx.refunds.get(RefundId(address.subject)))
    return f"p:{tx.payments.attempt(AttemptId(address.subject)).payment_id}"

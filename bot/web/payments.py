"""Providers' webhooks and the page people return to.

A webhook is verified on its raw bytes, stored under its own id, answered 200; what it leads to
happens later. The return page proves nothing: it says what is known and has the provider asked.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog
from aiohttp import web

from bot.engine.alarms import Alarm, Alarms
from bot.engine.arrivals import attempt_named, store_hook
from bot.engine.pace import Minute
from bot.web.return_page import looks_of, return_page
from core.domain.configurations import Configuration
from core.domain.payments import Attempt, AttemptStatus, PaymentStatus
from core.domain.providers import Authentic, Forged, Hook, Preparing, Provider, Undecided
from core.domain.tenants import PLATFORM, TenantId
from core.use_cases import links
from storage.database import Database
from storage.transaction import SqlTransaction

MAX_BODY_BYTES: Final = 128 * 1024
RETRY_S: Final = 10
UNPROVEN_A_MINUTE: Final = 120
"""Events of one configuration that prove nothing and name nothing we know; the rest come again."""
MAX_ID: Final = 2**63 - 1

_HEADERS: Final = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}

_log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Registry(Protocol):
    """The adapters of this process, by provider and owner."""

    async def find(
        self, provider: str, tenant_id: TenantId
    ) -> tuple[Configuration, Provider] | None:
        """Return a configuration and its adapter, None where nothing is set up."""
        ...


class PaymentDoors:
    """The HTTP doors of payments."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        *,
        now: Callable[[], datetime],
        bot_link: Callable[[], str],
        count: Callable[[str], None],
        alarms: Alarms,
        is_sandbox: bool = False,
    ) -> None:
        """Keep the ports; `bot_link` leads back to the chat, `count` is told refusals."""
        self._is_sandbox = is_sandbox
        self._alarms = alarms
        self._database = database
        self._registry = registry
        self._now = now
        self._bot_link = bot_link
        self._count = count
        self._unproven = Minute(UNPROVEN_A_MINUTE)

    def mount(self, app: web.Application) -> None:
        """Add the routes; a trailing slash is optional. Some write an event into the address."""
        for owner in ("", "/{tenant:[0-9]{1,19}}"):
            for end in ("", "/"):
                path = f"{{provider}}{owner}{end}"
                app.router.add_post(f"/payments/webhooks/{path}", self.receive)
                app.router.add_get(f"/payments/webhooks/{path}", self.receive, allow_head=False)
                app.router.add_get(f"/payments/callback/{path}", self.returned)

    async def receive(self, request: web.Request) -> web.StreamResponse:
        """Store an authentic event durably, then answer 200; turn everything else away."""
        found = await self._found(request)
        if found is None:
            return self._turn(404, "hook_unknown")
        body = await bounded(request)
        if body is None:
            return self._turn(413, "hook_too_large")
        configuration, provider = found
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = {name.lower(): value for name, value in request.query.items()}
        hook = Hook(body=body, headers=headers, query=query, received_at=self._now())
        if isinstance(provider, Preparing):
            await provider.prepare(hook)
        reading = provider.read_hook(hook)
        if isinstance(reading, Forged):
            _log.warning("hook_rejected", provider=configuration.provider, reason=reading.reason)
            await self._alarms.tell(Alarm.WEBHOOK_REJECTED, configuration.provider)
            return self._turn(401, "hook_forged")
        if isinstance(reading, Undecided) and not await self._names_ours(configuration, reading):
            if reading.reference and not await self._is_copy():
                self._count("hook_about_nothing")
                return _answered(provider.acknowledge(hook))
            if self._unproven.count(configuration.id, self._now()):
                return self._turn(429, "hook_too_many")
        return await self._keep(configuration, reading, answer=provider.acknowledge(hook))

    async def returned(self, request: web.Request) -> web.StreamResponse:
        """Say what is known of a payment, and have the provider asked."""
        reference = request.query.get("reference", "")[:100]
        found = await self._found(request)
        status, tried, may_ask = None, None, False
        if found is not None and reference:
            configuration = found[0]
            # Looking costs no commit: a stranger may ask for what is not there, often.
            status, tried, may_ask = await self._database.read(
                lambda tx: _look(tx, configuration, reference)
            )
        if may_ask:
            await self._database.run(lambda tx: _ask(tx, configuration, reference))
        page = return_page(
            status,
            tried=tried,
            reference=reference,
            link=self._bot_link(),
            looks=looks_of(request.query.get("looks", "")),
            is_sandbox=self._is_sandbox,
        )
        return web.Response(text=page, content_type="text/html", headers=_HEADERS)

    async def _found(self, request: web.Request) -> tuple[Configuration, Provider] | None:
        """Return whose door was knocked at: a tenant's own, or the process's."""
        tenant_id = int(request.match_info.get("tenant", "0"))
        if tenant_id > MAX_ID:
            return None
        owner = TenantId(tenant_id) if tenant_id else PLATFORM
        return await self._registry.find(request.match_info["provider"], owner)

    async def _keep(
        self, configuration: Configuration, reading: Authentic | Undecided, *, answer: bytes
    ) -> web.StreamResponse:
        try:
            await self._database.run(
                lambda tx: store_hook(
                    tx,
                    configuration_id=configuration.id,
                    provider=configuration.provider,
                    reading=reading,
                )
            )
        except Exception:  # noqa: BLE001 - whatever it is, the provider sends it again
            _log.exception("hook_not_stored", provider=configuration.provider)
            return web.Response(status=503, headers={"Retry-After": str(RETRY_S)})
        return _answered(answer)

    async def _names_ours(self, configuration: Configuration, reading: Undecided) -> bool:
        """Tell whether an unproven event is about an attempt of ours; looking costs no commit."""

        def look(tx: SqlTransaction) -> bool:
            return attempt_named(tx, configuration.id, reading.reference) is not None

        try:
            return bool(reading.reference) and await self._database.read(look)
        except Exception:  # noqa: BLE001 - then it cannot be stored either, and is sent again
            return True

    async def _is_copy(self) -> bool:
        """Tell whether a restored copy waits for its owner: it may lack what an event names.

        Then what names nothing is kept as well, but no faster than what names nothing at all.
        """
        try:
            return await self._database.read(lambda tx: tx.freeze.find() is not None)
        except Exception:  # noqa: BLE001 - then it cannot be stored either, and is sent again
            return True

    def _turn(self, status: int, reason: str) -> web.Response:
        self._count(reason)
        return web.Response(status=status, text=reason)


def _answered(body: bytes) -> web.Response:
    content_type = "application/json" if body.startswith(b"{") else "text/plain"
    return web.Response(body=body, content_type=content_type)


def _look(
    tx: SqlTransaction, configuration: Configuration, reference: str
) -> tuple[PaymentStatus | None, AttemptStatus | None, bool]:
    """Return how payment and attempt stand, and whether the provider may be asked once more."""
    attempt = tx.payments.attempt_by_reference(configuration.id, reference)
    if attempt is None:
        return None, None, False
    has_turns = tx.tallies.counted(_returns(tx, attempt)) < links.CHECKS_A_MINUTE
    may_ask = has_turns and links.is_watched(tx, attempt=attempt)
    return tx.payments.get(attempt.payment_id).status, attempt.status, may_ask


def _ask(tx: SqlTransaction, configuration: Configuration, reference: str) -> None:
    """Have the provider asked, a few times a minute at most."""
    attempt = tx.payments.attempt_by_reference(configuration.id, reference)
    if attempt is None or not links.is_watched(tx, attempt=attempt):
        return
    until = tx.now + timedelta(minutes=1)
    if tx.tallies.count(_returns(tx, attempt), until=until) <= links.CHECKS_A_MINUTE:
        links.ask_again(tx, attempt=attempt)


def _returns(tx: SqlTransaction, attempt: Attempt) -> str:
    return f"return:{attempt.id}:{int(tx.now.timestamp()) // 60}"


async def bounded(request: web.Request) -> bytes | None:
    """Return a body, None for one that is too large; it is read no further than that."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return None
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)

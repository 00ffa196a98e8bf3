"""The one place where the running service is put together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, NoReturn

import httpx
from aiohttp import web

from bot.application import CAPABILITIES
from bot.database import open_database
from bot.engine.alarms import Alarms
from bot.engine.arrivals import park_update, store_updates
from bot.engine.calls import Calls
from bot.engine.checkouts import Checkouts
from bot.engine.checks import Checks
from bot.engine.dispatch import Dispatcher
from bot.engine.engine import Engine
from bot.engine.leases import SoleOwner
from bot.engine.limits import Rates, SendLimits
from bot.engine.metrics import Metrics
from bot.engine.outbox import Outbox
from bot.engine.pace import Pace
from bot.engine.pins import Pins
from bot.engine.poller import RawUpdate
from bot.engine.request import AiohttpRequest
from bot.engine.sender import Sender
from bot.engine.telegram import Me, TelegramClient
from bot.engine.timers import Timers
from bot.http import open_client
from bot.outside import Clock, Outside
from bot.ports import SERVICE_NODE, SystemClock, SystemRandomness
from bot.providers.kit import Kit
from bot.registry import Registry, addresses_of, credentials_of
from bot.roles import Part
from bot.seat import Seat, open_seat
from bot.settings import Settings
from bot.tokens import SharedTokens
from bot.web import health
from bot.web.answers import AnswerDoors
from bot.web.payments import PaymentDoors
from bot.web.telegram import PATH, telegram_webhook
from core.domain.tokens import Tokens
from storage.database import Database
from storage.doctor import figures, is_stopped_anywhere
from storage.embedded import end_process
from storage.sqlite import Connect, open_connection
from storage.transaction import SqlTransaction


@dataclass(slots=True)
class Arrivals:
    """Stores updates durably; knows the bot they are for."""

    database: Database
    checkouts: Checkouts
    bot_id: int = 0

    async def store(self, updates: Sequence[RawUpdate]) -> None:
        """Make updates durable, all or none; questions before payments are answered instead."""
        others = self.checkouts.take(updates)
        if others:
            await self.database.run(
                lambda tx: store_updates(tx, bot_id=self.bot_id, updates=others)
            )

    async def park(self, update: RawUpdate, error: Exception) -> None:
        """Keep an update that cannot be stored."""
        del error
        await self.database.run(lambda tx: park_update(tx, bot_id=self.bot_id, update=update))


@dataclass(slots=True)
class Service:
    """Everything that runs, and what it needs."""

    settings: Settings
    outside: Outside
    clock: Clock
    database: Database
    client: TelegramClient
    http: httpx.AsyncClient
    registry: Registry
    dispatcher: Dispatcher
    engine: Engine
    pins: Pins
    timers: Timers
    metrics: Metrics
    arrivals: Arrivals
    alarms: Alarms
    web: web.Application
    seat: Seat | None = None
    """This process among several; None where it is the only one."""


def telegram_client(settings: Settings, *, request: AiohttpRequest | None = None) -> TelegramClient:
    """Return the client of the settings' bot, not yet open; `request` is another line out."""
    token = settings.telegram_bot_token.get_secret_value()
    return TelegramClient(token=token, api_url=settings.telegram_api_url, request=request)


def build(
    settings: Settings,
    *,
    me: Me,
    has_limits: bool = True,
    connect: Connect = open_connection,
    on_fatal: Callable[[], NoReturn] = end_process,
    outside: Outside | None = None,
) -> Service:
    """Put the service together.

    `has_limits` False lifts the limits for people and messages (benchmarks, stories); `connect`
    and `on_fatal` let tests make the disk fail; `outside` is another world (simulation).
    """
    outside = outside or Outside()
    randomness = outside.randomness or SystemRandomness(node=SERVICE_NODE)
    open_own = partial(open_database, settings, randomness=randomness)
    database = outside.database or open_own(connect=connect, on_fatal=on_fatal)
    clock = outside.clock or SystemClock(offset_s=settings.sandbox_clock_offset_s)
    limits = SendLimits(rates=Rates(), now=clock.monotonic(), is_lifted=not has_limits)
    seat: Seat | None = None
    if settings.is_shared or outside.is_shared:
        seat = open_seat(
            database,
            randomness,
            limits,
            parts=settings.parts,
            bot_id=me.id,
            monotonic=clock.monotonic,
            sleep=outside.sleep,
        )
    ground = _Ground(settings, outside, clock, database, limits, seat)
    return mounted(_assembled(ground, me, pace=Pace() if has_limits else None))


class _Ground(NamedTuple):
    """What a process stands on."""

    settings: Settings
    outside: Outside
    clock: Clock
    database: Database
    limits: SendLimits
    seat: Seat | None


def _dispatcher(settings: Settings, me: Me, pace: Pace | None) -> Dispatcher:
    return Dispatcher(
        CAPABILITIES,
        bot_username=me.username,
        bot_id=me.id,
        public_url=settings.public_url,
        pace=pace,
    )


def _assembled(ground: _Ground, me: Me, *, pace: Pace | None) -> Service:
    settings, outside, clock, database, limits, seat = ground
    metrics = Metrics()
    client = telegram_client(settings, request=outside.request)
    http = outside.http or open_client()
    tokens = SharedTokens(database, monotonic=clock.monotonic, sleep=outside.sleep)
    registry = _registry(settings, _kit(settings, http, tokens, clock), database)
    outbox = Outbox(is_sandbox=settings.is_sandbox)
    dispatcher = _dispatcher(settings, me, pace)
    pins = Pins(database, database.ring, dispatcher, outbox, hasher=outside.hasher)
    leases = seat.lanes if seat else SoleOwner(database)
    checkouts = Checkouts(database, client, monotonic=clock.monotonic, sleep=outside.sleep)
    alarms = Alarms(database, outbox, operators=settings.operator_ids)
    calls = Calls(database, registry, public_url=settings.public_url, leases=leases, alarms=alarms)
    sender = Sender(
        database,
        client,
        limits,
        monotonic=clock.monotonic,
        sleep=outside.sleep,
        count=metrics.sent,
        leases=leases,
    )
    engine = Engine(
        database,
        dispatcher=dispatcher,
        outbox=outbox,
        sender=sender,
        calls=calls,
        checks=Checks(database, registry),
        pins=pins,
        metrics=metrics,
        sleep=outside.sleep,
        operators=settings.operator_ids,
        leases=leases,
    )
    metrics.watch(depth=lambda: engine.lanes.depth, commits=lambda: database.commits)
    if seat is not None:
        seat.watch(engine, metrics)
    else:
        outbox.may_go_now = _way_is_clear(engine, limits, clock)
    return Service(
        settings=settings,
        outside=outside,
        clock=clock,
        database=database,
        client=client,
        http=http,
        registry=registry,
        dispatcher=dispatcher,
        engine=engine,
        pins=pins,
        timers=Timers(database, sleep=outside.sleep, new_alarm=outside.new_alarm),
        metrics=metrics,
        arrivals=Arrivals(database, checkouts, me.id),
        alarms=alarms,
        web=web.Application(),
        seat=seat,
    )


def _kit(settings: Settings, http: httpx.AsyncClient, tokens: Tokens, clock: Clock) -> Kit:
    """Return what all adapters share."""
    return Kit(
        client=http,
        tokens=tokens,
        now=clock.now,
        is_test=settings.is_sandbox,
        bot_token=settings.telegram_bot_token.get_secret_value(),
    )


def _registry(settings: Settings, kit: Kit, database: Database) -> Registry:
    """Return what opens the adapters of the settings' providers, and of tenants' own."""
    plays = settings.sandbox_plays if settings.is_sandbox else ""
    credentials, addresses = credentials_of(settings), addresses_of(settings)
    return Registry(kit, credentials, addresses, database, plays=plays)


def _way_is_clear(engine: Engine, limits: SendLimits, clock: Clock) -> Callable[[int], bool]:
    """Return what tells whether a message to a chat would leave at once."""

    def is_clear(chat_id: int) -> bool:
        is_idle = engine.lanes.is_idle(f"c:{chat_id}")
        return is_idle and limits.delay_for(chat_id, clock.monotonic()) <= 0

    return is_clear


def mounted(service: Service) -> Service:
    """Return the service with its HTTP doors; health and metrics are every process's."""
    settings, app = service.settings, service.web
    health.mount(
        app,
        metrics=service.metrics,
        ready=lambda: ready(service),
        look=lambda: service.database.read(figures),
    )
    if Part.WEB not in settings.parts:
        return service
    PaymentDoors(
        service.database,
        service.registry,
        now=service.clock.now,
        bot_link=lambda: chat_link(service),
        count=service.metrics.turned,
        alarms=service.alarms,
        is_sandbox=settings.is_sandbox,
    ).mount(app)
    AnswerDoors(
        service.database,
        service.registry,
        now=service.clock.now,
        count=service.metrics.turned,
    ).mount(app)
    secret = settings.telegram_webhook_secret.get_secret_value()
    if secret:
        handler = telegram_webhook(
            service.arrivals.store,
            secret=secret,
            park=service.arrivals.park,
            notice=service.metrics.turned,
        )
        app.router.add_post(PATH, handler)
    return service


def chat_link(service: Service) -> str:
    """Return the address that leads a payer back to the chat: the sandbox's page, or Telegram."""
    if service.settings.is_sandbox:
        return f"{service.settings.hazina_sandbox_url}/"
    return f"https://t.me/{service.dispatcher.bot_username}"


async def ready(service: Service) -> str:
    """Return "" when the service may be sent work, else what stands in the way."""

    def look(tx: SqlTransaction) -> str:
        return "money is stopped" if is_stopped_anywhere(tx) else ""

    if service.seat is not None and not service.seat.member.is_alive:
        return "lease"
    try:
        if not await service.database.is_current():
            return "migrations"
        return await service.database.read(look)
    except Exception:  # noqa: BLE001 - any trouble means: not ready
        return "database"

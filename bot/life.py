"""The service's life: start in order, run, stop without losing anything."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog
from telegram.error import InvalidToken, TelegramError

from bot.announce import announce_commands
from bot.engine.poller import Poller
from bot.engine.telegram import Me
from bot.outside import Door
from bot.ports import sleep
from bot.roles import Part
from bot.seat import LostSeat, Seat
from bot.settings import BadSetting, Settings, TelegramMode
from bot.web.telegram import PATH
from bot.wiring import Service, build, telegram_client
from storage.embedded import ServiceLock

RETRY_S: Final = (1, 2, 5, 10, 30)
STOP_WITHIN_S: Final = 15.0

T = TypeVar("T")

_log = structlog.get_logger(__name__)


async def run_service(settings: Settings, *, until: asyncio.Event | None = None) -> None:
    """Run until told to stop.

    Raises:
        AlreadyRunning: another service holds this file.
        LostSeat: another process has this one's number.
        BadSetting: Telegram does not know the token.
    """
    lock = None if settings.is_shared else ServiceLock(settings.database_path)
    if lock is not None:
        lock.take()
    stop = until or _signals()
    try:
        me = await _who_am_i(settings, stop)
        if me is not None:
            await serve(build(settings, me=me), stop)
    finally:
        if lock is not None:
            lock.release()


async def serve(service: Service, stop: asyncio.Event) -> None:
    """Run a service that was put together until told to stop; it ends closed."""
    door = service.outside.new_door(service.web, service.settings)
    tasks: list[asyncio.Task[None]] = []
    try:
        await service.client.open()
        settings = service.settings
        if service.seat is not None:
            await service.seat.take()
        await service.registry.open(is_test=settings.is_sandbox)
        await service.engine.start()
        await door.open()
        if Part.TIMER in settings.parts:
            service.timers.start()
        if Part.POLLER in settings.parts:
            tasks += [asyncio.create_task(_receive(service))]
            tasks += [asyncio.create_task(announce_commands(service))]
        _log.info(
            "ready",
            port=settings.http_port,
            mode=settings.mode,
            role=settings.hazina_role,
            updates=settings.telegram_mode,
        )
        if not settings.public_url:
            _log.warning("no_public_url", meaning="no webhooks; payments are found by look-ups")
        await _until(stop, tasks[:1], service.seat.lost if service.seat else None)
    finally:
        await _stop(service, door, tasks)


async def _until(
    stop: asyncio.Event, receiving: "list[asyncio.Task[None]]", lost: asyncio.Event | None
) -> None:
    """Wait for the stop; a receiver that fails ends the service, so that somebody restarts it.

    Raises:
        LostSeat: another process has this one's number.
    """
    stopping = asyncio.create_task(stop.wait())
    losing = asyncio.create_task((lost or asyncio.Event()).wait())
    waiting = {stopping, losing, *receiving}
    try:
        while not stopping.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if losing in done:
                raise LostSeat
            for task in done:
                task.result()
    finally:
        stopping.cancel()
        losing.cancel()


async def _receive(service: Service) -> None:
    """Receive updates: set the webhook once, or poll until cancelled, one process at a time."""
    settings, sleep = service.settings, service.outside.sleep
    if settings.telegram_mode is TelegramMode.WEBHOOK:
        secret = settings.telegram_webhook_secret.get_secret_value()
        url = f"{settings.public_url}{PATH}"
        await _patiently(lambda: service.client.set_webhook(url=url, secret=secret), sleep=sleep)
        return
    if service.seat is None:
        await _poll(service)
    else:
        await service.seat.polling.run(lambda: _poll(service))


async def _poll(service: Service) -> None:
    """Poll until cancelled."""
    sleep = service.outside.sleep
    await _patiently(service.client.delete_webhook, sleep=sleep)
    poller = Poller(
        service.client,
        service.arrivals.store,
        park=service.arrivals.park,
        sleep=sleep,
        notice=lambda trouble: _log.warning("poller", trouble=trouble.value),
    )
    await poller.run()


async def _stop(service: Service, door: Door, tasks: "list[asyncio.Task[None]]") -> None:
    """Stop in the order in which work flows: arrivals, timers, rows, connections, the file."""
    _log.info("stopping")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    service.timers.stop()
    await door.close()
    await service.arrivals.checkouts.stop()
    await service.engine.stop(within_s=STOP_WITHIN_S)
    if service.seat is not None:
        await _leave(service.seat)
    service.pins.close()
    await service.client.close()
    await service.http.aclose()
    await service.database.close()


async def _leave(seat: Seat) -> None:
    """Give the lease back; where that fails it runs out by itself."""
    try:
        await seat.leave()
    except Exception:  # noqa: BLE001 - others wait a few seconds longer, nothing else
        _log.exception("lease_not_given_back")


async def _who_am_i(settings: Settings, stop: asyncio.Event) -> Me | None:
    """Ask Telegram for the bot's name, patiently; None when told to stop meanwhile."""
    client = telegram_client(settings)
    await client.open()
    asking = asyncio.create_task(_patiently(client.get_me, sleep=sleep))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return asking.result() if asking.done() else None
    except InvalidToken:
        raise BadSetting("TELEGRAM_BOT_TOKEN: Telegram does not know this token") from None
    finally:
        asking.cancel()
        stopping.cancel()
        await asyncio.gather(asking, stopping, return_exceptions=True)
        await client.close()


async def _patiently(
    ask: Callable[[], Awaitable[T]], *, sleep: Callable[[float], Awaitable[None]]
) -> T:
    """Ask until Telegram answers; only a wrong token ends it."""
    tries = 0
    while True:
        try:
            return await ask()
        except InvalidToken:
            raise
        except TelegramError as error:
            pause = RETRY_S[min(tries, len(RETRY_S) - 1)]
            _log.warning("telegram_unreachable", error=type(error).__name__, again_in_s=pause)
            tries += 1
            await sleep(pause)


def _signals() -> asyncio.Event:
    """Return what the first SIGINT or SIGTERM sets."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    return stop

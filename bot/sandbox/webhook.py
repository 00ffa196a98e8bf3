"""Delivery of updates to the bot's webhook: in order within a lane, lanes side by side.

Anything but 2xx is repeated: at once, then after 2, 4, 8 … s, at most a minute, or as long as the
answer's Retry-After says. Source: tdlib/telegram-bot-api, WebhookActor.cpp, November 2026.
"""

import asyncio
import logging
from dataclasses import replace
from functools import partial
from typing import Final

import aiohttp
import orjson

from bot.sandbox.records import Update, Webhook
from bot.sandbox.updates import update_json
from bot.sandbox.world import World

SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
ANSWER_WITHIN_S: Final = 60.0
IDLE_S: Final = 5.0
MAX_PAUSE_S: Final = 60.0
MAX_RETRY_AFTER_S: Final = 3600.0

log = logging.getLogger(__name__)


class WebhookDelivery:
    """Carries what waits to the webhook while there is one."""

    def __init__(self, world: World, *, first_pause_s: float = 2.0) -> None:
        """Deliver for that world; `first_pause_s` doubles with every failure after the first."""
        self._world = world
        self._first_pause_s = first_pause_s
        self._lanes: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Deliver until cancelled."""
        queue = self._world.queue
        timeout = aiohttp.ClientTimeout(total=ANSWER_WITHIN_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            try:
                while True:
                    if (
                        queue.state.webhook.url
                        and self._world.board.value("telegram.outage") == "none"
                    ):
                        self._begin_lanes(session)
                    await queue.wait(IDLE_S)
            finally:
                for task in self._lanes.values():
                    task.cancel()
                await asyncio.gather(*self._lanes.values(), return_exceptions=True)

    def _begin_lanes(self, session: aiohttp.ClientSession) -> None:
        webhook = self._world.queue.state.webhook
        for update in self._world.queue.waiting():
            if len(self._lanes) >= webhook.max_connections:
                return
            if update.lane not in self._lanes:
                task = asyncio.create_task(self._work_lane(session, update.lane))
                self._lanes[update.lane] = task
                task.add_done_callback(partial(self._end_lane, update.lane))

    def _end_lane(self, lane: str, ended: asyncio.Task[None]) -> None:
        self._lanes.pop(lane, None)
        self._world.queue.wake()

    async def _work_lane(self, session: aiohttp.ClientSession, lane: str) -> None:
        tries = 0
        while True:
            webhook = self._world.queue.state.webhook
            waiting = (one for one in self._world.queue.waiting() if one.lane == lane)
            update = next(waiting, None)
            if update is None or not webhook.url:
                return
            pause_s = await self._deliver(session, webhook, update)
            if pause_s is None:
                tries = 0
                continue
            tries += 1
            own_pause_s = self._first_pause_s * 2 ** (tries - 2) if tries > 1 else 0.0
            await asyncio.sleep(max(pause_s, min(own_pause_s, MAX_PAUSE_S)))

    async def _deliver(
        self, session: aiohttp.ClientSession, webhook: Webhook, update: Update
    ) -> float | None:
        """Send one update; `None` when taken, else the seconds the bot asks us to wait."""
        times = 2 if self._world.board.is_on("telegram.duplicate") else 1
        try:
            for _ in range(times):
                refused_s = await self._post(session, webhook, update)
                if refused_s is not None:
                    return refused_s
        except (aiohttp.ClientError, TimeoutError) as error:
            self._note(f"Connection failed: {type(error).__name__}")
            return 0.0
        self._world.queue.take(update)
        return None

    async def _post(
        self, session: aiohttp.ClientSession, webhook: Webhook, update: Update
    ) -> float | None:
        headers = {"Content-Type": "application/json"}
        if webhook.secret:
            headers[SECRET_HEADER] = webhook.secret
        body = orjson.dumps(update_json(update))
        async with session.post(
            webhook.url, data=body, headers=headers, allow_redirects=False
        ) as answer:
            if answer.ok and answer.status < 300:  # noqa: PLR2004 - 2xx
                return None
            self._note(f"Wrong response from the webhook: {answer.status} {answer.reason}")
            asked = answer.headers.get("Retry-After", "")
            return min(float(asked), MAX_RETRY_AFTER_S) if asked.isdecimal() else 0.0

    def _note(self, problem: str) -> None:
        state = self._world.queue.state
        state.webhook = replace(state.webhook, last_error=problem, last_error_at=self._world.now())

"""The stage: Telegram, the provider, the network and the processes of one world."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, timedelta
from pathlib import Path
from typing import Final, TypeVar

from aiohttp import web
from pydantic import SecretStr

from bot.engine.telegram import Me
from bot.sandbox import acts
from bot.sandbox.bot_api import BotApi
from bot.sandbox.player import draw
from bot.sandbox.provider import ProviderOptions, ProviderServer
from bot.sandbox.records import ChatState, Message, Update
from bot.sandbox.switches import Switchboard
from bot.sandbox.webhook import IDLE_S, WebhookDelivery
from bot.sandbox.world import World
from bot.settings import Settings, TelegramMode
from storage.transaction import SqlTransaction
from tests.simulation import town
from tests.simulation.chance import Hours, Luck, SeededRandomness, luck
from tests.simulation.character import Character, Setting, character, heal, lay_lines
from tests.simulation.inline import Glass
from tests.simulation.life import FOR_EVER, Life
from tests.simulation.lines import Courier
from tests.simulation.loop import VirtualLoop, watch_crews
from tests.simulation.process import Process, Surroundings
from tests.simulation.touched import Watcher
from tests.simulation.trace import Trace
from tests.simulation.wire import Network

T = TypeVar("T")

OUTSIDE: Final = "127.0.0.1:9000"
SERVICE_PORT: Final = 9001
OWN_KEYS: Final = frozenset({"sandbox_api_url", "sandbox_secret_key", "sandbox_webhook_secret"})
SHORT_LIFE: Final = (3, 220)
"""Points after which a short life ends."""


class TownWorld(World):
    """A world that remembers all the bot said, also what was edited or deleted since."""

    said: list[tuple[int, str]]
    shown: list[tuple[int, str]]
    """As `said`, with what edits made of it."""
    ever_blocked: set[int]
    taken: list[int]
    """Updates that the service took over: Telegram forgot them."""

    def _taken(self, update: Update) -> None:
        self.taken.append(update.id)
        super()._taken(update)

    def save_message(self, message: Message) -> Message:
        is_new = message.id not in self.state.chats[message.chat_id].messages
        if message.sender_id == self.state.bot.id:
            self.shown.append((message.chat_id, draw(message)))
            if is_new:
                self.said.append(self.shown[-1])
        return super().save_message(message)

    def show_chat(self, chat: ChatState) -> None:
        if chat.is_blocked:
            self.ever_blocked.add(chat.id)
        super().show_chat(chat)


class Stage:
    """One world."""

    def __init__(
        self, seed: int, folder: Path, trace: Trace, *, setting: Setting | None = None
    ) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        watch_crews(loop)
        self.seed = seed
        self.trace = trace
        self.mood: Luck = luck(seed, "stage")
        drawn = character(luck(seed, "character"))
        self.character: Character = (setting and setting.character) or drawn
        self.plays = setting.plays if setting else ()
        self.claims = setting.claims if setting else None
        self.everybody = setting.everybody if setting else None
        self.hours = Hours(loop)
        self.hours.skip(timedelta(minutes=self.mood.randrange(20 * 60)))
        trace.clock = self.hours.world
        self.network = Network(trace, luck(seed, "network"))
        self.board = Switchboard()
        self.path = town.new_file(folder)
        self.watcher = Watcher()
        chance = SeededRandomness(luck(seed, "look"))
        self._glass = Glass(self.path, clock=self.hours, ring=town.KEYS, chance=chance)
        self.world = self._new_world(loop)
        self.provider = self._new_provider()
        self.processes: list[Process] = []
        self.pins_passed: Counter[int] = Counter()
        """Right PINs, by person."""
        self._lives = 0
        self._shut: list[asyncio.Task[None]] = []
        self._open_outside()
        heal(self.board)
        for key, value in setting.switches if setting else ():
            self.board.set(key, value)
        self.network.lines.update(setting.lines if setting else ())
        self._fragile = dict(setting.fragile) if setting else {}

    def start(self, *, is_safe: bool = False) -> None:
        """Start a process; its life may be short."""
        self._lives += 1
        is_short = not is_safe and self.mood.random() < self.character.deaths
        until = self.mood.randint(*SHORT_LIFE) if is_short else FOR_EVER
        life = Life(self.trace, luck(self.seed, f"life {self._lives}"), until=until)
        life.failing_commits = 0.0 if is_safe else self.character.failing_commits
        life.fragile = {} if is_safe else self._fragile
        life.look_after_commit = self.watcher.look
        self.trace.tell("starts", f"life {self._lives}")
        account = self.world.state.bot
        around = Surroundings(
            seed=self.seed,
            path=self.path,
            settings=self._settings(),
            me=Me(id=account.id, username=account.username, name=account.first_name),
            network=self.network,
            hours=self.hours,
            trace=self.trace,
            has_limits=self.character.has_limits,
            pins_passed=self.pins_passed,
            is_shared=self.character.processes > 1,
        )
        process = Process(around, life, number=self._lives)
        self.processes.append(process)
        process.start()

    async def kill(self) -> None:
        """End one process and clear its remains away."""
        process = self._pick()
        if process is not None:
            self.trace.tell("killed")
            await process.bury()

    async def stop(self) -> None:
        """Stop one process as an operator would."""
        process = self._pick()
        if process is not None:
            self.trace.tell("stops")
            await process.stop()

    async def clear(self) -> None:
        """Bury the dead."""
        for process in [each for each in self.processes if each.life.is_over]:
            self.processes.remove(process)
            await process.bury()

    @property
    def is_full(self) -> bool:
        """Tell whether as many processes live as should."""
        living = sum(not process.life.is_over for process in self.processes)
        return living >= self.character.processes

    def _pick(self) -> Process | None:
        if not self.processes:
            return None
        return self.processes.pop(self.mood.randrange(len(self.processes)))

    @property
    def has_deliveries(self) -> bool:
        """Tell whether webhooks of the provider are on their way."""
        return bool(self.provider._store.deliveries())  # noqa: SLF001 - nobody else asks

    def look(self, function: Callable[[SqlTransaction], T]) -> T:
        """Look into the books."""
        return self._glass.look(function)

    async def end(self) -> None:
        """Clear everything away."""
        while self.processes:
            await self.kill()
        for task in self._shut:
            task.cancel()
        await asyncio.gather(*self._shut, return_exceptions=True)
        self._glass.close()

    def skip(self, passed: timedelta) -> None:
        """Let time pass for everybody at once; the provider does not wait for its next tick."""
        self.hours.skip(passed)
        self.provider.desk.let_time_pass()

    def heal(self) -> None:
        """Let everything outside work from now on."""
        heal(self.board)
        lay_lines(self.network, self.mood, is_kind=True)

    def _new_world(self, loop: VirtualLoop) -> TownWorld:
        world = TownWorld(
            people=town.cast(),
            started=town.CAST,
            own_base=f"http://{OUTSIDE}",
            board=self.board,
            clock=lambda: self.hours.world().timestamp(),
            monotonic=loop.time,
        )
        world.hang_s = 25.0
        world.said, world.shown, world.taken, world.ever_blocked = [], [], [], set()
        return world

    def _new_provider(self) -> ProviderServer:
        tokens = luck(self.seed, "provider")
        return ProviderServer(
            ProviderOptions(
                base_url=f"http://{OUTSIDE}/sandbox/provider",
                webhook_url=f"http://127.0.0.1:{SERVICE_PORT}/payments/webhooks/sandbox/",
            ),
            self.board,
            now=lambda: self.hours.world().astimezone(UTC),
            new_token=lambda: f"{tokens.getrandbits(96):024x}",
        )

    def _open_outside(self) -> None:
        app = web.Application()
        BotApi(self.world).mount(app, "/sandbox/telegram")
        self.provider.mount(app, is_ticking=False)
        self.network.open(OUTSIDE, app)
        courier = Courier(self.network, "hooks")
        loop = asyncio.get_running_loop()
        ticking = self.provider._tick(courier)  # type: ignore[arg-type]  # noqa: SLF001 - its own clock
        self._shut.append(loop.create_task(ticking))
        if self.character.has_webhook:
            delivering = _deliver(self.world, Courier(self.network, "webhook"))
            self._shut.append(loop.create_task(delivering))

    def _settings(self) -> Settings:
        keys = {name.lower(): value for name, value in self.provider.child_env().items()}
        known = keys if self.plays else {name: keys[name] for name in keys if name in OWN_KEYS}
        is_webhook = self.character.has_webhook
        return Settings(
            _env_file=None,  # type: ignore[call-arg]
            database_url=f"sqlite+aiosqlite:///{self.path}",
            http_port=SERVICE_PORT,
            public_url=f"http://127.0.0.1:{SERVICE_PORT}",
            telegram_bot_token=SecretStr(self.world.state.bot.token),
            telegram_api_url=f"http://{OUTSIDE}/sandbox/telegram",
            telegram_mode=TelegramMode.WEBHOOK if is_webhook else TelegramMode.POLLING,
            telegram_webhook_secret=SecretStr("simulated-secret"),
            hazina_sandbox_url=f"http://{OUTSIDE}/sandbox",
            hazina_secret_key=SecretStr(town.SECRET_KEY),
            **{**known, "sandbox_plays": ",".join(self.plays)},  # type: ignore[arg-type]
        )


async def _deliver(world: World, courier: Courier) -> None:
    """Deliver updates to the webhook, as `WebhookDelivery.run` does."""
    delivery = WebhookDelivery(world)
    while True:
        is_open = world.board.value("telegram.outage") == "none"
        if world.queue.state.webhook.url and is_open:
            delivery._begin_lanes(courier)  # type: ignore[arg-type]  # noqa: SLF001 - as its run does
        await world.queue.wait(IDLE_S)


def press_start(world: World, person_id: int) -> None:
    """Let somebody press Start."""
    acts.start(world, person_id=person_id)

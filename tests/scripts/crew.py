"""The service as several real processes over one PostgreSQL database."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import psycopg

from bot.ports import SystemClock, SystemRandomness
from bot.providers import KINDS
from storage.keyring import KeyRing
from storage.server import ServerDatabase
from tests.postgres import PostgresServer, shared_server
from tests.scripts.process import Bot
from tests.scripts.stage import SECRET_KEY, Seed, Stage, free_port
from tests.scripts.three_logs import Rows

ROLES: Final = {
    "web": "web",
    "poller": "poller",
    "worker": "worker",
    "sender": "sender",
    "timer": "timer",
    "whole": "all",
}
"""Processes by name: each part runs twice, alone and together with all the others."""

READY_WITHIN_S: Final = 150.0


class Crew:
    """Every process of a stage by its name; the first one listens where webhooks go."""

    def __init__(
        self, stage: Stage, roles: Mapping[str, str], *, server: PostgresServer | None = None
    ) -> None:
        """Make the database; start nothing yet."""
        server = server or shared_server()
        self.url = server.url(server.create())
        self.stage = stage
        env = {"DATABASE_URL": self.url}
        self.processes = {
            name: Bot(
                stage,
                name=name,
                port=free_port() if place else stage.port,
                env={**env, "HAZINA_ROLE": role},
            )
            for place, (name, role) in enumerate(roles.items())
        }

    async def found(self, seed: Seed) -> None:
        """Migrate the database as an operator would, and write what the story begins with."""
        code, said = await next(iter(self)).command("migrate")
        assert code == 0, said
        database = ServerDatabase(
            self.url,
            clock=SystemClock(),
            randomness=SystemRandomness(node=255),
            ring=KeyRing([SECRET_KEY]),
            kinds=KINDS,
        )
        await database.run(seed)
        await database.close()

    async def start(self) -> None:
        """Start all and wait until they are ready."""
        for each in self:
            await each.start()
        await self.are_ready()

    async def are_ready(self) -> None:
        """Wait until all listen: seven starts at once take two cores a while."""
        await asyncio.gather(*(each.is_ready(within_s=READY_WITHIN_S) for each in self))

    async def stop(self) -> list[int]:
        """Stop all in order; returns their exit codes."""
        return await asyncio.gather(*(each.stop() for each in self))

    @contextmanager
    def rows(self) -> Iterator[Rows]:
        """Open what looks into the books."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            yield lambda query: connection.execute(query.encode()).fetchall()

    def __iter__(self) -> Iterator[Bot]:
        return iter(self.processes.values())

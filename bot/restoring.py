"""Books that are put back: from a backup by `restore`, or by other means and said by `freeze`."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.database import open_database
from bot.engine import restored
from bot.engine.outbox import Outbox
from bot.engine.restored import Frozen
from bot.ports import SystemClock, SystemRandomness, shell_node
from bot.settings import Settings
from storage import backup as backups
from storage.backup import Missed
from storage.embedded import AlreadyRunning, ServiceLock
from storage.keyring import KeyRing
from storage.transaction import SqlTransaction


def restore(settings: Settings, file: Path) -> Frozen:
    """Put a backup in place of the SQLite file, frozen; return what waits.

    Raises:
        AlreadyRunning, BadBackup, WrongMode, NewerSchema, UnreadableSecret: see `backups.restore`.
    """

    def put_back(part: Path, missed: Missed) -> Frozen:
        return asyncio.run(_freeze_file(settings, part, missed))

    now = SystemClock(offset_s=settings.sandbox_clock_offset_s).now()
    ring = KeyRing(settings.secret_keys)
    with _alone(settings):
        return backups.restore(file, settings.database_path, now, ring, put_back=put_back)


def freeze(settings: Settings) -> Frozen:
    """Freeze books that were put back by other means, such as PostgreSQL's own; return what waits.

    Raises:
        AlreadyRunning: the service works on them already.
    """
    with _alone(settings):
        return asyncio.run(_freeze(settings, Missed()))


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Keep the service off the file; on a server its processes' leases are looked at."""
    if settings.database_server:
        yield
        return
    lock = ServiceLock(settings.database_path)
    lock.take()
    try:
        yield
    finally:
        lock.release()


async def _freeze_file(settings: Settings, part: Path, missed: Missed) -> Frozen:
    there = settings.model_copy(update={"database_url": f"sqlite+aiosqlite:///{part}"})
    return await _freeze(there, missed)


async def _freeze(settings: Settings, missed: Missed) -> Frozen:
    outbox = Outbox(is_sandbox=settings.is_sandbox)

    def act(tx: SqlTransaction) -> Frozen:
        if tx.leases.living():
            raise AlreadyRunning(settings.mode)
        return restored.freeze(tx, outbox=outbox, missed=missed)

    database = open_database(settings, randomness=SystemRandomness(node=shell_node()))
    try:
        return await database.run(act)
    finally:
        await database.close()

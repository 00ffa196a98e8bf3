"""Which database the settings name: a SQLite file, or a PostgreSQL server.

Only here the two are told apart; everybody else is handed a `Database`.
"""

from collections.abc import Callable
from typing import NoReturn

from bot.ports import SystemClock, SystemRandomness
from bot.settings import Settings
from storage import setup
from storage.database import Database
from storage.embedded import EmbeddedDatabase, end_process
from storage.keyring import KeyRing
from storage.sqlite import Connect, open_connection


def prepare_database(settings: Settings, ring: KeyRing) -> None:
    """Create the database, or bring it to the newest schema.

    Raises:
        WrongMode: it was made for the other mode.
        NewerSchema: it was migrated by newer code.
        UnreadableSecret, WrongKeys: the ring is not the one it was written with.
    """
    now = SystemClock().now()
    if settings.database_server:
        # Late: whoever runs on SQLite does not load the driver.
        from storage import server_setup  # noqa: PLC0415 - as above

        server_setup.prepare(settings.database_server, mode=settings.mode, now=now, ring=ring)
    else:
        setup.prepare(settings.database_path, mode=settings.mode, now=now, ring=ring)


def check_database(settings: Settings, ring: KeyRing) -> None:
    """Let a database pass that this process may open.

    Raises:
        NeedsMigration: it is not at the newest schema.
        WrongMode: it was made for the other mode.
        WrongKeys: the ring is another database's, or lacks a key.
    """
    if settings.database_server:
        from storage import server_setup  # noqa: PLC0415 - as in `prepare_database`

        server_setup.check(settings.database_server, mode=settings.mode, ring=ring)
    else:
        setup.check(settings.database_path, mode=settings.mode, ring=ring)


def name_of(settings: Settings) -> str:
    """Return what people call this database; without passwords."""
    if settings.database_server:
        from storage.server_setup import name_of as named  # noqa: PLC0415 - as above

        return named(settings.database_server)
    return settings.database_path.name


def open_database(
    settings: Settings,
    *,
    randomness: SystemRandomness,
    connect: Connect = open_connection,
    on_fatal: Callable[[], NoReturn] = end_process,
) -> Database:
    """Open the database of the settings; it must be migrated already."""
    ring = KeyRing(settings.secret_keys)
    # Late: commands that open no books need no adapters.
    from bot.providers import KINDS  # noqa: PLC0415 - as above

    clock = SystemClock(offset_s=settings.sandbox_clock_offset_s)
    if settings.database_server:
        from storage.server import ServerDatabase  # noqa: PLC0415 - as in `prepare_database`
        from storage.server_wakeups import ServerWakeups  # noqa: PLC0415 - as above

        server = ServerDatabase(
            settings.database_server,
            clock=clock,
            randomness=randomness,
            ring=ring,
            kinds=KINDS,
            offset_s=settings.sandbox_clock_offset_s,
        )
        server.wakeups = ServerWakeups(settings.database_direct)
        return server
    return EmbeddedDatabase(
        settings.database_path,
        clock=clock,
        randomness=randomness,
        ring=ring,
        kinds=KINDS,
        connect=connect,
        on_fatal=on_fatal,
    )

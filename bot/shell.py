"""What every command of the shell does with the database of the settings."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.answers import fail, words_of
from bot.database import check_database, open_database
from bot.settings import Settings, load
from bot.start import log_redacted
from core.domain.errors import CoreError
from storage import setup
from storage.database import Database
from storage.keyring import KeyRing, UnreadableSecret
from storage.keys import OTHER, WrongKeys
from storage.transaction import SqlTransaction

T = TypeVar("T")


def write(function: Callable[[SqlTransaction], T]) -> T:
    """Run a function that changes the books; whoever is concerned is told by the service."""

    async def act(database: Database) -> T:
        def run(tx: SqlTransaction) -> T:
            from bot.engine.notices import expand

            result = function(tx)
            expand(tx)
            return result

        return await database.run(run)

    return with_database(act)


def look(function: Callable[[SqlTransaction], T]) -> T:
    """Run a function that only looks."""
    return with_database(lambda database: database.read(function))


def with_database(act: Callable[[Database], Awaitable[T]]) -> T:
    """Open the database of the settings for one act; whatever stands in the way is one line."""
    settings = load()
    log_redacted(settings)

    async def go() -> T:
        from bot.ports import SystemRandomness, shell_node

        database = open_database(
            with_keys(settings), randomness=SystemRandomness(node=shell_node())
        )
        try:
            return await act(database)
        finally:
            await database.close()

    try:
        check_database(settings, KeyRing(with_keys(settings).secret_keys))
        return asyncio.run(go())
    except setup.NeedsMigration:
        fail("the database is not at the newest schema: run `python main.py migrate` first")
    except (setup.WrongMode, setup.WasMoved, WrongKeys, OSError) as problem:
        fail(words_of(problem))
    except UnreadableSecret:
        fail(OTHER)
    except CoreError as problem:
        data = ", ".join(f"{k} {v}" for k, v in problem.data.items())
        fail(f"{type(problem).__name__}: {data}" if data else type(problem).__name__)


def with_keys(settings: Settings) -> Settings:
    """Use the sandbox's own key where none is set."""
    if settings.secret_keys or not settings.is_sandbox:
        return settings
    from bot.sandbox.start import own_key

    key = own_key(settings.database_path.parent)
    return settings.model_copy(update={"hazina_secret_key": type(settings.hazina_secret_key)(key)})

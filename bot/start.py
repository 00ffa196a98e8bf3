"""Start what `run` starts: the sandbox without a bot token, else the live bot.

The service comes this way without loading the command line.
"""

import asyncio
import gc
import sys
from collections.abc import Callable
from typing import Final

from bot import logs
from bot.settings import Settings, load
from storage import setup
from storage.embedded import AlreadyRunning
from storage.keyring import KeyRing, UnreadableSecret
from storage.keys import OTHER, WrongKeys

AGAIN: Final = 75
"""The exit code that asks whoever watches the process to start it again."""


class Refused(Exception):
    """The start is refused; the text says why in one line."""


def start() -> None:
    """Run until told to stop.

    Raises:
        BadSetting: a setting is missing or malformed.
        Refused: the database is another's, in use, or newer than this code; the port is taken.
    """
    settings = load()
    log_redacted(settings)
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_run(settings))
    except KeyboardInterrupt:
        return
    except AlreadyRunning:
        raise Refused("another Hazina has this database open") from None
    except UnreadableSecret:
        raise Refused(OTHER) from None
    except (
        setup.WrongMode,
        setup.NewerSchema,
        setup.WasMoved,
        WrongKeys,
        OSError,
    ) as problem:
        raise Refused(str(problem)) from None


def log_redacted(settings: Settings) -> None:
    """Send every log line through the redactor, which knows all secrets of the settings."""
    secrets = (
        settings.telegram_bot_token,
        settings.telegram_webhook_secret,
        settings.telegram_provider_token,
        settings.sandbox_secret_key,
        settings.sandbox_webhook_secret,
    )
    logs.configure(
        log_format=settings.log_format,
        level=settings.log_level,
        secrets=[
            *(secret.get_secret_value() for secret in secrets),
            *settings.secret_keys,
            *settings.database_passwords,
        ],
    )


async def _run(settings: Settings) -> None:
    if not settings.has_token:
        # Late: the live bot has no sandbox.
        from bot.sandbox.start import start_sandbox

        begin_collecting()
        await start_sandbox(settings, say=lambda line: print(line, flush=True))  # noqa: T201 - the one line on the terminal
        return
    # Late: the sandbox's supervisor has no service.
    from bot.database import prepare_database
    from bot.life import run_service
    from bot.seat import LostSeat

    begin_collecting()
    prepare_database(settings, KeyRing(settings.secret_keys))
    try:
        await run_service(settings)
    except LostSeat:
        sys.exit(AGAIN)


def begin_collecting() -> None:
    """Let the garbage collector begin, and pass over what was loaded: that stays."""
    gc.freeze()
    gc.enable()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop where it is installed: about a third less time per message."""
    if sys.platform == "win32":
        return None
    try:
        # Late: optional.
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory

"""Keys of tenants' providers, tried out: one harmless question, with no transaction open.

The row carries which keys and who asked, never what they are. Asking twice does no harm, so a row
that was found again is simply asked again.
"""

import asyncio
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

import orjson
import structlog

from bot.engine.notices import expand
from core.domain.acts import Cause, CauseKind
from core.domain.configurations import UNUSABLE, KeysId
from core.domain.errors import NotFound, ProviderProblem
from core.domain.people import PersonId
from core.domain.providers import Accepted, Declined, Provider, ProviderError, Unknown
from core.domain.work import Work
from core.use_cases import configurations
from storage.database import Database
from storage.transaction import SqlTransaction

CHECK_S: Final = 45
"""Somebody waits for the answer."""

_log = structlog.get_logger(__name__)

Answer = Accepted | Declined | Unknown


class Openers(Protocol):
    """What opens an adapter for nobody else."""

    def made(self, name: str, credentials: Mapping[str, str], *, is_test: bool) -> Provider:
        """Return an adapter that was just opened; else `ProviderProblem`."""
        ...


class Entered(NamedTuple):
    """Keys that are to be tried out."""

    provider: str
    is_test: bool
    credentials: Mapping[str, str]


class Checks:
    """Asks providers whether keys work."""

    def __init__(self, database: Database, openers: Openers) -> None:
        """Keep the ports."""
        self._database = database
        self._openers = openers

    async def handle(self, work: Work) -> None:
        """Try the keys of a row out and tell whoever asked."""
        kept = orjson.loads(work.payload)
        keys_id, person_id = KeysId(kept["keys"]), PersonId(kept["person"])
        entered = await self._database.read(lambda tx: entered_keys(tx, keys_id))
        answer = None if entered is None else await ask(self._openers, entered)

        def record(tx: SqlTransaction) -> None:
            if answer is not None and entered_keys(tx, keys_id) is not None:
                configurations.record_check(tx, keys_id=keys_id, answer=answer, asked_by=person_id)
            expand(tx)
            tx.work.end(work)

        cause = Cause(kind=CauseKind.CALL, reference=str(work.id))
        await self._database.run(record, cause=cause)


def entered_keys(tx: SqlTransaction, keys_id: KeysId) -> Entered | None:
    """Return keys as their adapter needs them, None where they are gone."""
    try:
        keys = tx.configurations.keys(keys_id)
    except NotFound:
        return None
    configuration = tx.configurations.get(keys.configuration_id)
    return Entered(
        configuration.provider, configuration.is_test, tx.configurations.credentials(keys)
    )


async def ask(openers: Openers, entered: Entered) -> Answer:
    """Ask a provider whether keys work; whatever goes wrong is an answer, too."""
    try:
        adapter = openers.made(entered.provider, entered.credentials, is_test=entered.is_test)
    except ProviderProblem as problem:
        what = str(problem.data.get("what", ""))
        _log.warning("keys_not_opened", provider=entered.provider, what=what)
        return Declined(error=ProviderError.AUTHENTICATION_ERROR, detail=f"{UNUSABLE} {what}")
    try:
        async with asyncio.timeout(CHECK_S):
            answer = await adapter.check()
    except TimeoutError:
        answer = Unknown(error=ProviderError.TIMEOUT_ERROR, detail="took too long")
    _log.info("keys_checked", provider=entered.provider, answer=type(answer).__name__)
    return answer

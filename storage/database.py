"""The database as the edges see it: `await database.run(f)` writes, `await database.read(f)` looks.

Functions are plain `f(tx)`: they have no side effects outside `tx`, never sleep or call out. Which
database stands behind it is chosen where it is opened: one file (`storage/embedded.py`) or a server
(`storage/server.py`).
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, Final, TypeVar

from core.domain.acts import Cause
from core.domain.work import Work
from storage.jobs import Job, Mailbox
from storage.keyring import KeyRing
from storage.transaction import NO_CAUSE, SqlTransaction
from storage.wakeups import NobodyElse, Wakeups

T = TypeVar("T")

READ_TIMEOUT_S: Final = 30.0


class Database(ABC):
    """Runs plain functions in transactions, on threads of its own."""

    ring: KeyRing
    wakeups: Wakeups = NobodyElse()
    """How processes of one database hear of each other's work."""
    finishing: Callable[[SqlTransaction], None] | None = None
    """What is run at the end of every writing function, in its transaction."""
    _mailbox: Mailbox | None = None

    @abstractmethod
    def now(self) -> datetime:
        """Return the time as transactions see it."""

    @property
    @abstractmethod
    def commits(self) -> int:
        """How many times this process committed since the start."""

    def on_commit(self, hand_over: Callable[[Sequence[Work]], None]) -> None:
        """Call this on the event loop with the work rows of each committed function."""
        mailbox = self._mailbox_here()

        def tell(work: Sequence[Work]) -> None:
            mailbox.put(hand_over, work)

        self._follow(tell)

    def _mailbox_here(self) -> Mailbox:
        loop = asyncio.get_running_loop()
        if self._mailbox is None or self._mailbox.loop is not loop:
            self._mailbox = Mailbox(loop)
        return self._mailbox

    async def run(self, function: Callable[[SqlTransaction], T], *, cause: Cause = NO_CAUSE) -> T:
        """Run a function in a write transaction; return after the durable commit.

        Raises:
            Exception: whatever the function raised; its changes are undone.
            NotCommitted: the commit failed and nothing happened.
            CommitUnknown: the server went away during the commit; look before acting again.
        """
        mailbox = self._mailbox_here()
        future: asyncio.Future[T] = mailbox.loop.create_future()

        def deliver(job: Job) -> None:
            mailbox.put(settle, future, job)

        whole = finished(function, self.finishing)
        self._submit(Job(function=whole, cause=cause, deliver=deliver))
        return await future

    @abstractmethod
    async def read(self, function: Callable[[SqlTransaction], T]) -> T:
        """Run a function on a read-only snapshot, 30 s at most."""

    @abstractmethod
    async def is_current(self) -> bool:
        """Tell whether the schema, the steps and the triggers are those of today's code."""

    @abstractmethod
    async def close(self) -> None:
        """Finish what is queued and close."""

    @abstractmethod
    def _submit(self, job: Job) -> None:
        """Queue a function for a writer thread."""

    @abstractmethod
    def _follow(self, tell: Callable[[Sequence[Work]], None]) -> None:
        """Call this on a writer thread with what each committed function wrote."""


def finished(
    function: Callable[[SqlTransaction], T], finishing: Callable[[SqlTransaction], None] | None
) -> Callable[[SqlTransaction], T]:
    """Return a function that goes on with `finishing`."""
    if finishing is None:
        return function

    @wraps(function, updated=())
    def whole(tx: SqlTransaction) -> T:
        result = function(tx)
        finishing(tx)
        return result

    return whole


def settle(future: "asyncio.Future[Any]", job: Job) -> None:
    """Give a job's outcome to whoever waits for it."""
    if future.cancelled():
        return
    if isinstance(job.error, StopIteration):
        future.set_exception(RuntimeError("a function let StopIteration out"))
    elif job.error is not None:
        future.set_exception(job.error)
    else:
        future.set_result(job.result)

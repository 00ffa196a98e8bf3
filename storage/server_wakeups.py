"""Knocks through PostgreSQL: NOTIFY on a connection of its own, never inside a transaction of ours.

A NOTIFY takes a lock that serialises commits, so business transactions have none. A process that
wrote rows for others says so once for many commits, at most twenty times a second. Listening is one
more connection and thread. Both come back by themselves when the server was away; until then
everybody looks once a second.
"""

import contextlib
import threading
from collections.abc import Callable
from typing import Final

import psycopg
import structlog

from storage.postgres import CONNECT_S
from storage.wakeups import Wakeups

CHANNEL: Final = "hazina"
EVERY_S: Final = 0.05
"""The shortest time between two knocks of one process."""
HEAR_S: Final = 0.5
"""How long the listener waits before it looks whether it is to end."""
AGAIN_S: Final = 1.0
"""The pause before a connection is tried again."""

_log = structlog.get_logger(__name__)


class ServerWakeups(Wakeups):
    """Knocks and hears knocks; both threads begin when they are first needed."""

    def __init__(self, url: str) -> None:
        """Keep the address; it must lead to the server itself, not to a pool of transactions."""
        self._url = url
        self._own_pid = 0
        self._is_told = threading.Event()
        self._is_over = threading.Event()
        self._wake: Callable[[], None] = _ignore
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def tell(self) -> None:
        """Knock soon; many calls are one knock."""
        self._is_told.set()
        self._begin("tell", self._telling)

    def listen(self, wake: Callable[[], None]) -> None:
        """Call this, on a thread of its own, when another process has knocked."""
        self._wake = wake
        self._begin("listen", self._listening)

    def close(self) -> None:
        """End both threads."""
        self._is_over.set()
        self._is_told.set()
        for thread in self._threads:
            thread.join()

    def _begin(self, name: str, work: Callable[[psycopg.Connection], None]) -> None:
        with self._lock:
            known = {thread.name for thread in self._threads}
            if self._is_over.is_set() or f"hazina-{name}" in known:
                return
            thread = threading.Thread(
                target=self._keep_at, args=(work,), name=f"hazina-{name}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def _keep_at(self, work: Callable[[psycopg.Connection], None]) -> None:
        """Work on a connection of its own, and on another one when that broke."""
        while not self._is_over.is_set():
            try:
                with psycopg.connect(
                    self._url,
                    autocommit=True,
                    connect_timeout=CONNECT_S,
                    application_name="hazina-knock",
                ) as connection:
                    work(connection)
            except psycopg.Error as error:
                _log.info("knocks_interrupted", error=type(error).__name__)
                self._is_over.wait(AGAIN_S)

    def _telling(self, connection: psycopg.Connection) -> None:
        self._own_pid = connection.info.backend_pid
        while not self._is_over.is_set():
            self._is_told.wait()
            if self._is_over.is_set():
                return
            self._is_told.clear()
            connection.execute(f"NOTIFY {CHANNEL}")
            self._is_over.wait(EVERY_S)

    def _listening(self, connection: psycopg.Connection) -> None:
        connection.execute(f"LISTEN {CHANNEL}")
        tell(self._wake)  # Whatever was said meanwhile was not heard.
        while not self._is_over.is_set():
            for knock in connection.notifies(timeout=HEAR_S, stop_after=1):
                if knock.pid != self._own_pid:
                    tell(self._wake)


def tell(wake: Callable[[], None]) -> None:
    """Wake; a listener that is gone (a closed event loop) must not end the thread."""
    with contextlib.suppress(RuntimeError):
        wake()


def _ignore() -> None:
    """Hear nothing."""

"""Two PostgreSQL servers: one is written to, the other follows it commit by commit."""

import shutil
import time
from signal import SIGKILL, SIGQUIT, Signals
from typing import Any, Final

import psycopg

from tests.postgres import PostgresServer

ATTACH_S: Final = 60
STRICT: Final = "ALTER SYSTEM SET synchronous_standby_names = '*'"
"""A commit counts when the follower has it, too."""
ALONE: Final = "ALTER SYSTEM RESET synchronous_standby_names"


class Pair:
    """A primary and its synchronous standby; after a promotion they change places."""

    def __init__(self) -> None:
        """Make and start the first; it is alone until `follow`."""
        self.primary = PostgresServer(is_durable=True)
        self.standby = PostgresServer(is_durable=True)
        self.primary.start()
        self.name = self.primary.create()

    @property
    def url(self) -> str:
        """The address of whichever is written to, as an operator would set it."""
        hosts = f"{self.primary.folder},{self.standby.folder}"
        how = "target_session_attrs=read-write&load_balance_hosts=random"
        return f"postgresql://hazina@/{self.name}?host={hosts}&{how}"

    def follow(self) -> None:
        """Make the standby anew from the primary; from then on commits wait for it."""
        self.standby.stop(SIGKILL)
        shutil.rmtree(self.standby.data)
        source = ("-h", str(self.primary.folder), "-U", "hazina", "-R", "-X", "stream")
        self.standby.tool("pg_basebackup", *source, "-c", "fast")
        self.standby.start()
        deadline = time.monotonic() + ATTACH_S
        while not self.ask("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"):
            assert time.monotonic() < deadline, "the standby does not attach"
            time.sleep(0.05)
        self.tell(STRICT)

    def restart(self) -> None:
        """Let the primary crash and come back."""
        self.primary.stop(SIGQUIT)
        self.primary.start()

    def fail_over(self, how: Signals) -> None:
        """Kill the primary and promote the standby; they change places."""
        self.primary.stop(how)
        self.primary, self.standby = self.standby, self.primary
        self.ask("SELECT pg_promote(true, 30)")
        self.tell(ALONE)

    def start_replaced(self) -> None:
        """Start the primary that was replaced, as one that need not wait for any standby."""
        self.standby.start()
        for setting in (ALONE, "SELECT pg_reload_conf()"):
            ask(self.standby, self.name, setting)

    def cut_off(self) -> int:
        """End every connection to the primary but our own; return how many."""
        return len(
            self.ask(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )

    def tell(self, setting: str) -> None:
        """Change a setting of the primary."""
        self.ask(setting)
        self.ask("SELECT pg_reload_conf()")

    def ask(self, query: str) -> list[Any]:
        """Ask the primary."""
        return ask(self.primary, self.name, query)

    def remove(self) -> None:
        """Stop both and delete their files."""
        self.standby.stop(SIGKILL)
        self.primary.stop(SIGKILL)
        for each in (self.primary, self.standby):
            each.remove()


def ask(server: PostgresServer, name: str, query: str) -> list[Any]:
    """Run one query on one server."""
    with psycopg.connect(server.url(name), autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []

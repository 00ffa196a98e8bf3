"""The bot as a child process: started, watched, killed and started again from the page.

Only the process that we started is ever signalled, by its own handle.
"""

import asyncio
import contextlib
import os
import random
import socket
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

MAX_LINES: Final = 400
MAX_LINE: Final = 2_000
STOP_WITHIN_S: Final = 10.0
READY_WITHIN_S: Final = 60.0
LOOK_EVERY_S: Final = 0.2
PORTS: Final = range(15_000, 32_000)
PORTS_TRIED: Final = 100

Deed = Callable[[], Awaitable[None]]


class ChildStatus(StrEnum):
    """How the process stands."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    KILLED = "killed"
    ENDED = "ended"
    """It ended by itself; the exit code says more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildView:
    """What the panel shows; `lines` are the newest log lines, oldest first."""

    status: str
    pid: int
    exit_code: int | None
    started_at: float
    starts: int
    lines: tuple[str, ...] = field(default=())


def free_port() -> int:
    """Return a loopback port that nobody uses at the moment.

    It is below those that outgoing connections take: one of them could hold it while the bot is
    down, and whoever looks whether the bot listens could meet himself.

    Raises:
        OSError: none of many is free.
    """
    tried = random.sample(PORTS, k=PORTS_TRIED)
    for port in tried[:-1]:
        with contextlib.suppress(OSError):
            return _bound(port)
    return _bound(tried[-1])


def _bound(port: int) -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", port))
    return port


class Child:
    """One process at a time, its log and its state."""

    def __init__(
        self,
        *,
        argv: tuple[str, ...],
        env: Callable[[], Mapping[str, str]],
        port: int,
        on_change: Callable[[], None],
        on_line: Callable[[str], None],
    ) -> None:
        """Start nothing yet; `env` is asked for anew at every start."""
        self._argv = argv
        self._env = env
        self._port = port
        self._on_change = on_change
        self._on_line = on_line
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._lock = asyncio.Lock()
        self._lines: deque[str] = deque(maxlen=MAX_LINES)
        self._started_at = 0.0
        self._starts = 0
        self.status = ChildStatus.STOPPED

    @property
    def is_up(self) -> bool:
        """Whether requests can be passed on to it."""
        return self.status is ChildStatus.RUNNING

    def view(self) -> ChildView:
        """Return what the panel shows."""
        process = self._process
        return ChildView(
            status=self.status.value,
            pid=process.pid if process and process.returncode is None else 0,
            exit_code=process.returncode if process else None,
            started_at=self._started_at,
            starts=self._starts,
            lines=tuple(self._lines),
        )

    async def start(self) -> None:
        """Start the process unless it runs."""
        async with self._lock:
            await self._start()

    async def stop(self) -> None:
        """Ask it to end; after `STOP_WITHIN_S` it is killed."""
        async with self._lock:
            await self._stop()

    async def restart(self, *, meanwhile: Deed | None = None) -> None:
        """End it, do what is to be done while it is down, and start it again in any case."""
        async with self._lock:
            await self._stop()
            try:
                if meanwhile is not None:
                    await meanwhile()
            finally:
                await self._start()

    async def kill(self) -> None:
        """End it at once, as `kill -9` does: nothing is finished or said goodbye to."""
        async with self._lock:
            process = self._process
            if process is None or process.returncode is not None:
                return
            self._become(ChildStatus.KILLED)
            process.kill()
            await process.wait()
            await self._end_tasks()
            self._become(ChildStatus.KILLED)

    async def _start(self) -> None:
        if self._process is not None and self._process.returncode is None:
            return
        await self._end_tasks()
        self._process = await asyncio.create_subprocess_exec(
            *self._argv,
            env={**os.environ, **self._env()},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=1 << 20,
            start_new_session=True,
        )
        self._started_at = time.time()
        self._starts += 1
        self._become(ChildStatus.STARTING)
        self._tasks = [
            asyncio.create_task(self._read(self._process)),
            asyncio.create_task(self._look(self._process)),
        ]

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        self._become(ChildStatus.STOPPING)
        process.terminate()
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        await self._end_tasks()
        self._become(ChildStatus.STOPPED)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is not None:
            while True:
                try:
                    raw = await process.stdout.readline()
                except ValueError:
                    continue
                if not raw:
                    break
                line = raw.decode("utf-8", "replace").rstrip()[:MAX_LINE]
                self._lines.append(line)
                self._on_line(line)
        await process.wait()
        if self.status in {ChildStatus.STARTING, ChildStatus.RUNNING}:
            self._become(ChildStatus.ENDED)

    async def _look(self, process: asyncio.subprocess.Process) -> None:
        deadline_s = time.monotonic() + READY_WITHIN_S
        while process.returncode is None and time.monotonic() < deadline_s:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                writer.close()
                break
            await asyncio.sleep(LOOK_EVERY_S)
        if process.returncode is None and self.status is ChildStatus.STARTING:
            self._become(ChildStatus.RUNNING)

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def _become(self, status: ChildStatus) -> None:
        self.status = status
        self._on_change()

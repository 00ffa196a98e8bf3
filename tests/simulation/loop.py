"""An event loop without sockets, threads or waiting: time moves only when nothing else can.

What is ready runs in the order in which it became ready; then the clock jumps to the next timer.
The same program with the same chance does the same, to the last callback.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, Final, TypeVar

T = TypeVar("T")

START_S: Final = 1000.0
"""Seconds of the loop's clock at its beginning."""


class Died(asyncio.CancelledError):
    """The process is dead: whatever it still tries is dropped, without a word."""


class Stuck(AssertionError):
    """Everything waits, and nothing will ever wake it."""


class _Nothing:
    """A selector that watches nothing: selecting means that time passes."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise Stuck
        if timeout > 0:
            self._loop.pass_by()
        return []

    def close(self) -> None:
        """Nothing is open."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs everything on the calling thread, executors included."""

    _scheduled: list[asyncio.TimerHandle]

    def __init__(self) -> None:
        super().__init__()
        self._at_s = START_S
        self._selector = _Nothing(self)

    def time(self) -> float:
        return self._at_s

    def pass_by(self) -> None:
        """Go to the next timer."""
        self._at_s = max(self._at_s, self._scheduled[0].when())

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> "asyncio.Future[T]":
        """Call the function soon, here."""
        future: asyncio.Future[T] = self.create_future()
        self.call_soon(_call, future, func, args)
        return future

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps outside."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a fresh virtual loop."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(main)
    finally:
        _end_all(loop)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


class Crew:
    """The tasks of one process, in the order in which they began; children belong to it, too."""

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[Any], None] = {}

    def __iter__(self) -> Iterator["asyncio.Task[Any]"]:
        return iter(tuple(self._tasks))

    def start(self, coro: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Begin a task of this process."""
        context = contextvars.copy_context()
        context.run(_CREW.set, self)
        task = asyncio.get_running_loop().create_task(coro, context=context)
        self.add(task)
        return task

    def run(self, act: Callable[..., object], *args: object) -> None:
        """Call something as this process: the tasks it begins belong to it."""
        contextvars.copy_context().run(self._run, act, args)

    def _run(self, act: Callable[..., object], args: tuple[object, ...]) -> None:
        _CREW.set(self)
        act(*args)

    def add(self, task: "asyncio.Task[Any]") -> None:
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))

    def cancel(self) -> None:
        """Cancel all, the oldest first."""
        for task in self:
            task.cancel()


def watch_crews(loop: asyncio.AbstractEventLoop) -> None:
    """Let every task that a crew's task begins belong to that crew."""

    def make(
        loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, T], **more: Any
    ) -> "asyncio.Task[T]":
        task = asyncio.Task(coro, loop=loop, **more)
        crew = _CREW.get()
        if crew is not None:
            crew.add(task)
        return task

    loop.set_task_factory(make)  # type: ignore[arg-type]


_CREW: contextvars.ContextVar[Crew | None] = contextvars.ContextVar("crew", default=None)


class RhythmAlarm:
    """The timers' alarm on the virtual loop: one task a rhythm, never twice at once."""

    def __init__(self) -> None:
        self._rhythms: list[tuple[int, Callable[[], Awaitable[None]]]] = []
        self._tasks: list[asyncio.Task[None]] = []

    def add(self, wake: Callable[[], Awaitable[None]], *, every_s: int) -> None:
        self._rhythms.append((every_s, wake))

    def start(self) -> None:
        for every_s, wake in self._rhythms:
            self._tasks.append(asyncio.create_task(self._beat(every_s, wake)))

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _beat(self, every_s: int, wake: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(every_s)
            await wake()


def _call(future: "asyncio.Future[T]", func: Callable[..., T], args: tuple[Any, ...]) -> None:
    if future.cancelled():
        return
    try:
        future.set_result(func(*args))
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - handed to whoever waits
        future.set_exception(error)


def _end_all(loop: VirtualLoop) -> None:
    left = sorted(asyncio.all_tasks(loop), key=lambda task: task.get_name())
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))

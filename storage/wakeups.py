"""The knock on other processes' doors: there is work, look now rather than within a second.

A knock carries nothing and may be lost; everybody looks once a second anyway.
"""

from collections.abc import Callable
from typing import Protocol


class Wakeups(Protocol):
    """Knocks and hears knocks."""

    def tell(self) -> None:
        """Knock on the doors of the other processes, soon and at most twenty times a second."""
        ...

    def listen(self, wake: Callable[[], None]) -> None:
        """Call this, on whatever thread, when another process has knocked."""
        ...

    def close(self) -> None:
        """Neither knock nor hear any more."""
        ...


class NobodyElse:
    """The database has one process: nobody knocks, nobody hears."""

    def tell(self) -> None:
        """Do nothing."""

    def listen(self, wake: Callable[[], None]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

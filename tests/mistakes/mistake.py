"""One known mistake: how it is planted, and which instrument must find it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

Instrument = Callable[[], str]


class Plant(Protocol):
    """As much of pytest's monkeypatch as planting takes."""

    def setattr(self, target: Any, name: str, value: Any) -> None:
        """Replace something of the running code."""
        ...


@dataclass(frozen=True, slots=True)
class Mistake:
    """`plant` says in its docstring what is done wrong."""

    plant: Callable[[Plant], None]
    found_by: Instrument

    @property
    def name(self) -> str:
        """Return a short name."""
        return self.plant.__name__

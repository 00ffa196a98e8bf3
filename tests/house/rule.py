"""What a house rule is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.house.tree import Source

Finding = tuple[int, str]
"""A line and what is wrong there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A check over one file, where it holds, and samples that prove it can fail and pass.

    `bad` and `good` are (path, text): what the check must flag and must let through.
    """

    name: str
    find: Callable[[Source], Iterator[Finding]]
    folders: tuple[str, ...]
    bad: tuple[tuple[str, str], ...] = field(repr=False)
    good: tuple[tuple[str, str], ...] = field(repr=False)
    but: tuple[str, ...] = ()

    def holds_for(self, source: Source) -> bool:
        """Say whether the rule looks at this file."""
        return source.is_in(*self.folders) and not (self.but and source.is_in(*self.but))

    def findings(self, source: Source) -> list[str]:
        """Return what is wrong in the file, as path:line: text; empty when it is out of reach."""
        if not self.holds_for(source):
            return []
        return [f"{source.path}:{line}: {text}" for line, text in sorted(set(self.find(source)))]

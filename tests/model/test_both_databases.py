"""The same command log on SQLite, on PostgreSQL and on the model: the same came of each command.

After every command its results and refusals are compared, ids left out; at the end every row of
every table, the audit chain's acts included. `SEEDS=2000 make soak` plays a hundred logs.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.books import open_books, open_server_books
from tests.core.estate import hasty
from tests.model.commands import KINDS, Ledgers, draw
from tests.model.side import Side

pytestmark = pytest.mark.sqlite  # On both of its own accord: once is enough.

LOGS: Final = max(3, int(os.environ.get("SEEDS", "0")) // 20)
LENGTH: Final = 200
LOOK_EVERY: Final = 20
"""How often everything is compared with the model; refusals are at every command."""


@pytest.mark.parametrize("seed", range(LOGS))
def test_the_same_log_has_the_same_outcome_on_both(tmp_path: Path, seed: int) -> None:
    play(tmp_path, seed, length=LENGTH)


def test_a_log_may_hold_every_rule_of_the_lives() -> None:
    assert sorted(kind.name for kind in KINDS) == sorted(
        rule.function.__name__ for rule in Ledgers().rules
    )


def play(folder: Path, seed: int, *, length: int) -> None:
    """Play a log on both."""
    with opened(folder, seed) as (ours, theirs):
        for number, command in enumerate(draw(seed, length)):
            assert ours.play(command) == theirs.play(command), f"seed {seed}, {number}: {command}"
            if number % LOOK_EVERY == 0:
                ours.lives.both_agree()
                theirs.lives.both_agree()
        left, right = ours.picture(), theirs.picture()
        for table in left:
            assert left[table] == right[table], f"seed {seed}: {table}"


@contextmanager
def opened(folder: Path, seed: int) -> Iterator[tuple[Side, Side]]:
    """Begin on SQLite and on PostgreSQL; at the end the books of both must be in order."""
    payer_bears_fee = seed % 2 == 1
    with ExitStack() as stack:
        sides = []
        for books in (open_books(folder, connect=hasty), open_server_books(folder)):
            stack.callback(books.close)
            sides.append(Side(books, payer_bears_fee=payer_bears_fee))
        yield sides[0], sides[1]
        for side in sides:
            side.check()

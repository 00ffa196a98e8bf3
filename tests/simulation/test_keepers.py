"""Worlds with unmatched money: nothing of it is matched and sent back, nothing is lost.

`SEEDS=2000 make soak` plays a quarter as many of them.
"""

import os
from typing import Final

import pytest

from tests.simulation.keepers import play_keepers
from tests.simulation.test_seeds import check

CHUNKS: Final = 2
SEEDS: Final = int(os.environ.get("SEEDS", "0")) // 4 or 6
FIRST: Final = int(os.environ.get("FIRST_SEED", "1000"))


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_world_with_unmatched_money_comes_to_a_good_end(chunk: int) -> None:
    for seed in range(FIRST + chunk, FIRST + SEEDS, CHUNKS):
        check(play_keepers(seed))

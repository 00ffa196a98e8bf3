"""Worlds with two real adapters at once: each provider's success is one credit, all is settled.

`SEEDS=2000 make soak` plays a quarter as many of them; `make simulate PAIR=1 SEED=…` replays one.
"""

import os
from typing import Final

import pytest

from tests.simulation.pairs import PAIRS, play_pair
from tests.simulation.test_seeds import check

SEEDS: Final = int(os.environ.get("SEEDS", "0")) // 4 or 6
FIRST: Final = int(os.environ.get("FIRST_SEED", "1000"))


@pytest.mark.parametrize("place", range(len(PAIRS)), ids=lambda place: "-".join(PAIRS[place]))
def test_every_world_with_two_providers_comes_to_a_good_end(place: int) -> None:
    first = FIRST - FIRST % len(PAIRS) + place
    for seed in range(first, first + SEEDS, len(PAIRS)):
        check(play_pair(seed), how="PAIR=1 ")

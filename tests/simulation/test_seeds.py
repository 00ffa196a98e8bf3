"""Hundreds of worlds, each made of one number; `SEEDS=2000 make soak` plays as many as told.

A failure prints the seed, the step and the last lines of its trace. It is replayed by
`make simulate SEED=…`, to the last callback.
"""

import os
import subprocess
import sys
from typing import Final

import pytest

from tests.simulation.kept import KEPT
from tests.simulation.play import Report, simulate

CHUNKS: Final = 16
SEEDS: Final = int(os.environ.get("SEEDS", "200"))
FIRST: Final = int(os.environ.get("FIRST_SEED", "1000"))


def check(report: Report, *, how: str = "") -> None:
    """Fail with everything that is needed to see what happened."""
    if report.problems:
        problems = "\n".join(report.problems)
        pytest.fail(
            f"seed {report.seed}, step {report.step}: make simulate {how}SEED={report.seed}\n"
            f"{report.tail}\n{problems}",
            pytrace=False,
        )


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_world_comes_to_a_good_end(chunk: int) -> None:
    for seed in range(FIRST + chunk, FIRST + SEEDS, CHUNKS):
        check(simulate(seed))


@pytest.mark.parametrize(("seed", "what"), KEPT, ids=lambda each: str(each)[:40])
def test_what_failed_once_is_played_for_ever(seed: int, what: str) -> None:
    check(simulate(seed))


def test_a_seed_replays_exactly() -> None:
    """Twice here and once in another process, whose hashes are seeded otherwise."""
    digests = {simulate(seed=41, steps=40).digest for _ in range(2)}
    command = [sys.executable, "-m", "tests.simulation", "--seed", "41", "--steps", "40"]
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    played = subprocess.run(  # noqa: S603 - this very interpreter, fixed arguments
        command, env=environment, capture_output=True, text=True, check=True, timeout=600
    )
    assert len(digests) == 1
    assert f"seed 41 {digests.pop()[:16]}" in played.stdout


def test_another_seed_is_another_world() -> None:
    assert simulate(seed=41, steps=5).digest != simulate(seed=42, steps=5).digest

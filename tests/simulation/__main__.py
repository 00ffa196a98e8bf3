"""Replay one seed, or look at many: `python -m tests.simulation --seed 7 --count 100`."""

import argparse
import sys
import time

from tests.simulation.pairs import LONG, play_pair
from tests.simulation.play import STEPS, Report, simulate


def main() -> int:
    """Play the seeds and say how they ended; 1 where one failed."""
    asked = argparse.ArgumentParser(prog="python -m tests.simulation")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--count", type=int, default=1)
    asked.add_argument("--steps", type=int, default=0, help="0: as many as such worlds have")
    asked.add_argument("--trace", action="store_true", help="print the last lines of every seed")
    asked.add_argument(
        "--pair", action="store_true", help="let payers choose between two providers"
    )
    given = asked.parse_args()
    failed = 0
    began_s = time.monotonic()
    for seed in range(given.seed, given.seed + given.count):
        play, steps = (play_pair, LONG) if given.pair else (simulate, STEPS)
        report = play(seed, steps=given.steps or steps)
        failed += bool(report.problems)
        show(report, has_trace=given.trace or bool(report.problems))
    took_s = time.monotonic() - began_s
    print(f"{given.count} seeds, {failed} failed, {given.count * 60 / took_s:.0f} seeds a minute")
    return 1 if failed else 0


def show(report: Report, *, has_trace: bool) -> None:
    """Print how a world ended."""
    if has_trace:
        print(report.tail)
    counts = " ".join(f"{kind} {count}" for kind, count in sorted(report.counts.items()))
    print(f"seed {report.seed} {report.digest[:16]} {counts}")
    for problem in report.problems:
        print(f"  PROBLEM {problem}")


if __name__ == "__main__":
    sys.exit(main())

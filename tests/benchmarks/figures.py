"""How figures are worded: medians of windows, the first and the last of them, conditions."""

import logging
import os
import platform
import sqlite3
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from storage.sqlite import open_connection

SYNCS: Final = 50
LARGE: Final = "HAZINA_BENCH_LARGE"
"""Set by `make bench-large` to the part of the goals' sizes that is wanted: 1 is all of it."""


def quiet() -> None:
    """Let nothing be logged: logging is not what is measured, and a child's pipe is read by nobody.

    Errors too: an event that belongs to nothing is one, and `bench_hooks` sends thousands.
    """
    level = logging.CRITICAL
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level))
    logging.basicConfig(level=level)


def sized(usual: int, *, goal: int, step: int) -> int:
    """Return how many rows a table is to have: `usual`, or of the goal's the part asked for.

    What the goals say takes long and much disk. A part is rounded down to whole steps.

    Raises:
        ValueError: the part is no number above 0 and up to 1, or less than one step.
    """
    if LARGE not in os.environ:
        return usual
    part = float(os.environ[LARGE])
    rows = int(goal * part) // step * step
    if not 0 < part <= 1 or not rows:
        raise ValueError(f"{LARGE}={part:g}: a part of {goal:,} rows, above 0 and up to 1")
    return rows


def tell(done: int, total: int, what: str) -> None:
    """Say beside the figures how far the filling of a large table is, about every tenth of it."""
    if LARGE in os.environ and done % (total // 10) == 0:
        print(f"{time.strftime('%H:%M:%S')} {done:,} of {total:,} {what}", file=sys.stderr)


def conditions(folder: Path) -> str:
    """Say where figures come from: cores, versions, what one durable commit costs on this disk."""
    path = folder / "sync.db"
    connection = open_connection(path)
    connection.execute("CREATE TABLE one (id INTEGER PRIMARY KEY)")
    took = []
    for _ in range(SYNCS):
        started = time.perf_counter()
        connection.execute("INSERT INTO one DEFAULT VALUES")
        took.append(time.perf_counter() - started)
    connection.close()
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version} WAL FULL,"
        f" one-row commit {statistics.median(took) * 1000:.2f} ms"
    )


def rated(
    ours: Sequence[float],
    floor: Sequence[float],
    *,
    unit: str = "/s",
    sides: tuple[str, str] = ("ours", "floor"),
) -> str:
    """Word the medians of windows measured in turns, and the ratio of first and last window."""
    ratios = [own / other for own, other in zip(ours, floor, strict=True)]
    return (
        f"{statistics.median(ratios):.2f} ({sides[0]} {figure(statistics.median(ours))}{unit},"
        f" {sides[1]} {figure(statistics.median(floor))}{unit};"
        f" first window {ratios[0]:.2f}, last {ratios[-1]:.2f}, {len(ratios)} windows)"
    )


def figure(value: float) -> str:
    """Return a figure with three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def p99(values: Sequence[float]) -> float:
    """Return what 99 of 100 values do not exceed."""
    return sorted(values)[max(0, -(-len(values) * 99 // 100) - 1)]

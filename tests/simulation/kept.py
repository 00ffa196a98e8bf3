"""Seeds that once failed, each with what it found; they are played for ever.

A later change of the code or of the town may lead a seed elsewhere, so each finding has a test of
its own beside the code, too.
"""

from typing import Final

KEPT: Final[tuple[tuple[int, str], ...]] = (
    (
        1,
        "a capture stayed unknown: its look-ups failed till the watch was over, then none was made",
    ),
    (
        1052,
        "two processes on one file counted their groups alike: a COMMIT that failed was believed",
    ),
)

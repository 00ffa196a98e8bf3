"""A bot that outlived its supervisor: found by a note of its process id and ended.

A supervisor that was killed cannot stop its child; the child would hold the database. The note
is trusted only where the process of that id was started with our own command line.
"""

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Final

END_WITHIN_S: Final = 5.0
LOOK_EVERY_S: Final = 0.05


def note_child(note: Path, pid: int) -> None:
    """Write down which process we started; 0 means none."""
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(str(pid))


def end_orphan(note: Path, argv: tuple[str, ...]) -> bool:
    """End the noted process if it still runs with that command line; say whether it did."""
    try:
        pid = int(note.read_text())
    except (OSError, ValueError):
        return False
    if pid <= 1 or _command_line(pid) != argv:
        return False
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)
        if _is_gone(pid, argv):
            return True
    return False


def _command_line(pid: int) -> tuple[str, ...]:
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ()
    return tuple(part.decode("utf-8", "replace") for part in raw.split(b"\0")[:-1])


def _is_gone(pid: int, argv: tuple[str, ...]) -> bool:
    deadline_s = time.monotonic() + END_WITHIN_S
    while time.monotonic() < deadline_s:
        if _command_line(pid) != argv:
            return True
        time.sleep(LOOK_EVERY_S)
    return False

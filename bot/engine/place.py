"""Where a process runs, so that others on the same machine see at once when it has died.

An owner's name says on which start of which machine, in which space of process numbers, and under
which number it runs. Only who shares all of these may judge: there a number that is not there any
more is a proof, and no lease need be waited for. A number that was given to another program looks
alive, which is only slower. Everywhere else nothing is known.
"""

import hashlib
import os
from pathlib import Path
from typing import Final

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_SPACE: Final = Path("/proc/self/ns/pid")
_ENDED: Final = frozenset("ZX")
"""States of a process that does nothing any more and was not yet collected."""


def here() -> str:
    """Return what this machine's start and space of numbers are called; "" where nobody says."""
    try:
        text = f"{_BOOT.read_text().strip()} {_SPACE.readlink()}"
    except OSError:
        return ""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def name_owner(key: str) -> str:
    """Return a name for this process; `key` makes it one that nobody had before."""
    return f"{here()}.{os.getpid()}.{key}"


def is_gone(owner: str) -> bool:
    """Tell whether an owner's process has certainly ended; False where nobody can know."""
    place, _, rest = owner.partition(".")
    number, _, _ = rest.partition(".")
    if not place or place != here() or not number.isdecimal():
        return False
    return not _runs(int(number))


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return True
    return state not in _ENDED

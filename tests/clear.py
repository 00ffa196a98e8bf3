"""Whether a secret stands somewhere in clear."""

import re
from typing import Final

_HASH: Final = re.compile(rb"[0-9a-f]{64}")


def is_in_clear(secret: str, content: bytes) -> bool:
    """Tell whether a secret stands there; within a longer number, or a hash, digits are chance."""
    escaped = re.escape(secret)
    # The secret comes first in the pattern: it is looked for fast.
    alone = re.compile(rf"{escaped}(?!\d)(?<!\d{escaped})".encode())
    return bool(alone.search(content)) and bool(alone.search(_HASH.sub(b"#", content)))

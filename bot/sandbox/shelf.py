"""Where uploaded bytes lie: a folder, or memory when the world keeps nothing."""

import struct
from pathlib import Path
from typing import Final

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8"
_JPEG_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB})


class Shelf:
    """Bytes by their unique id."""

    def __init__(self, folder: Path | None) -> None:
        """Use the folder, made when first needed; `None` keeps the bytes in memory."""
        self._folder = folder
        self._memory: dict[str, bytes] = {}

    def put(self, unique_id: str, content: bytes) -> None:
        """Keep the bytes."""
        if self._folder is None:
            self._memory[unique_id] = content
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / unique_id).write_bytes(content)

    def get(self, unique_id: str) -> bytes | None:
        """Return the bytes, if they are still there."""
        if self._folder is None:
            return self._memory.get(unique_id)
        path = self._folder / unique_id
        return path.read_bytes() if path.is_file() else None

    def clear(self) -> None:
        """Throw everything away."""
        self._memory.clear()
        if self._folder is not None and self._folder.is_dir():
            for path in self._folder.iterdir():
                path.unlink()


def picture_size(content: bytes) -> tuple[int, int]:
    """Return width and height in pixels of a PNG or JPEG; (0, 0) of anything else."""
    if content.startswith(_PNG) and len(content) >= 24:  # noqa: PLR2004 - signature, length, IHDR
        width, height = struct.unpack(">II", content[16:24])
        return int(width), int(height)
    if content.startswith(_JPEG):
        return _jpeg_size(content)
    return 0, 0


def _jpeg_size(content: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:  # noqa: PLR2004 - a marker begins
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return int(width), int(height)
        at += 2 + length
    return 0, 0

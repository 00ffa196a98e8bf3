"""The small world of `estate.py`, built once and handed out as copies."""

import shutil
from pathlib import Path

import pytest

from tests.factories import open_books
from tests.storage.estate import Ids, build


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ids]:
    """Return the file every test may look at and none may change, and its ids."""
    books = open_books(tmp_path_factory.mktemp("estate"))
    ids = books.run(build)
    books.close()
    return books.path, ids


@pytest.fixture
def ids(built: tuple[Path, Ids]) -> Ids:
    """Return the ids of what is in the world."""
    return dict(built[1])


@pytest.fixture
def estate(built: tuple[Path, Ids], tmp_path: Path) -> Path:
    """Return a copy of the world that a test may change."""
    return Path(shutil.copyfile(built[0], tmp_path / "estate.db"))

"""An estate for every test of a use case."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.estate import Estate, palm_court


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with palm_court(tmp_path) as built:
        yield built

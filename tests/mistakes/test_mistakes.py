"""Instruments are worth what they find: mistakes are planted one at a time, and each is found.

Only here is running code replaced. A world that came to a bad end is played once more without the
mistake, so that it is the mistake that was found.
"""

import pytest

from tests.mistakes import of_engine, of_money, of_one_database, of_tables
from tests.mistakes.instruments import World
from tests.mistakes.mistake import Mistake

MISTAKES = (
    *of_money.MISTAKES,
    *of_engine.MISTAKES,
    *of_tables.MISTAKES,
    *of_one_database.MISTAKES,
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda each: each.name)
def test_a_planted_mistake_is_found(mistake: Mistake, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as planted:
        mistake.plant(planted)
        found = mistake.found_by()
    assert found, f"nobody found: {mistake.plant.__doc__}"
    print(f"{mistake.name}: {found[:160]}")  # noqa: T201 - which instrument it was, shown by -s
    if isinstance(mistake.found_by, World):
        assert mistake.found_by.again() == []


def test_there_are_thirty() -> None:
    assert len({mistake.name for mistake in MISTAKES}) >= 30

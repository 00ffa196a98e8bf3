"""Thirty acts a minute and person; memory stays bounded."""

from datetime import timedelta

import pytest

from bot.engine import pace as module
from bot.engine.pace import Pace
from core.domain.errors import TooManyRequests
from tests.books import NOW


def test_the_limit_is_that_of_the_product() -> None:
    pace = Pace()
    over = [pace.count(1, at=NOW) for _ in range(32)]
    assert over == [0] * 30 + [1, 2]


def test_everybody_has_a_count_of_his_own() -> None:
    pace = Pace(limit=1)
    assert [pace.count(1, at=NOW), pace.count(2, at=NOW), pace.count(1, at=NOW)] == [0, 0, 1]


def test_the_next_minute_begins_anew() -> None:
    pace = Pace(limit=1)
    pace.count(1, at=NOW)
    assert pace.count(1, at=NOW + timedelta(minutes=1)) == 0


def test_a_crowd_does_not_fill_the_memory() -> None:
    pace = Pace(limit=1)
    for person in range(module.MAX_PERSONS):
        pace.count(person, at=NOW)
    assert pace.count(0, at=NOW) == 0


def test_ten_acts_with_money_pass_in_a_minute() -> None:
    pace = Pace()
    for _ in range(10):
        pace.check_money(1, at=NOW)
    with pytest.raises(TooManyRequests):
        pace.check_money(1, at=NOW)
    pace.check_money(2, at=NOW)
    pace.check_money(1, at=NOW + timedelta(minutes=1))

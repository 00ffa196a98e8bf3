"""What a process does follows from its role, by one table."""

import pytest

from bot.roles import EVERY_PART, KINDS, Part, kinds_of, parts_of
from core.domain.work import Kind


def test_all_is_every_part() -> None:
    assert parts_of("all") == EVERY_PART
    assert kinds_of(parts_of("all")) == frozenset(Kind)


def test_parts_are_written_with_commas() -> None:
    assert parts_of("web, poller") == {Part.WEB, Part.POLLER}
    assert kinds_of(parts_of("web,timer")) == frozenset()
    assert kinds_of(parts_of("sender,web")) == {Kind.MESSAGE}


@pytest.mark.parametrize("role", ["", ",", "all,web", "painter", "worker;sender", "WEB"])
def test_anything_else_is_refused_in_words(role: str) -> None:
    with pytest.raises(ValueError, match="web, poller, worker, sender, timer"):
        parts_of(role)


def test_every_kind_of_row_belongs_to_exactly_one_part() -> None:
    owners = [kind for kinds in KINDS.values() for kind in kinds]
    assert sorted(owners) == sorted(Kind)
    assert set(KINDS) == set(Part)

"""What people type is in no file in clear: not while it is asked, not once it was used."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.handlers.estate import Estate
from tests.handlers.flows.test_disputes import disputed
from tests.handlers.flows.test_newbill import up_to_the_amount

pytestmark = pytest.mark.sqlite


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    yield opened
    opened.close()


def is_in_clear(estate: Estate, typed: str) -> bool:
    """Tell whether the database's files hold these words."""
    path = estate.books.path
    return any(typed.encode() in each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


def test_the_look_itself_finds_what_is_stored_in_clear(estate: Estate) -> None:
    estate.bill()
    assert is_in_clear(estate, "Palm Court")


def test_a_note_is_never_in_clear(estate: Estate) -> None:
    up_to_the_amount(estate)
    estate.bello.says("12,500")
    estate.bello.presses("Month end")
    estate.bello.says("Meter 4711 leaks")
    assert not is_in_clear(estate, "4711 leaks")
    estate.bello.presses("Issue")
    assert not is_in_clear(estate, "4711 leaks")


def test_a_dispute_is_never_in_clear(estate: Estate) -> None:
    estate.bill()
    disputed(estate)
    assert not is_in_clear(estate, "usage was lower")
    estate.bello.presses("Open dispute")
    estate.bello.presses("Reject with answer")
    estate.bello.says("Look at the meter")
    assert not is_in_clear(estate, "Look at the meter")
    estate.bello.presses("Reject dispute")
    assert "Look at the meter" in estate.ada.sees
    assert not is_in_clear(estate, "Look at the meter")


def test_a_reason_is_never_in_clear(estate: Estate) -> None:
    estate.bill()
    estate.bello.says("/find BILL-2026-000001")
    estate.bello.presses("Cancel bill")
    estate.bello.says("Issued to the wrong home")
    assert not is_in_clear(estate, "wrong home")
    estate.bello.presses("Confirm")
    assert not is_in_clear(estate, "wrong home")

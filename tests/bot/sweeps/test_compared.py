"""What a shell is told of providers' lists: which time was compared, and what differs."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import TASKS, app
from bot.sweeps import SWEEPS, reconcile
from core.domain.configurations import ConfigurationId
from core.domain.differences import Difference, DifferenceId, DifferenceKind
from core.domain.reconciling import Reconciling
from storage.transaction import SqlTransaction
from tests.core.estate import Estate, palm_court
from tests.factories import NGN


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with palm_court(tmp_path) as found:
        yield found


def own(tx: SqlTransaction, estate: Estate) -> ConfigurationId:
    return tx.configurations.owned(estate.tenant.id)[0].id


def said(estate: Estate) -> str:
    (line,) = estate.books.run(reconcile.compared).values()
    return line


def read(tx: SqlTransaction, estate: Estate, *, is_read: bool) -> None:
    """Begin a window of two days, and end it."""
    first = Reconciling(
        configuration_id=own(tx, estate),
        begun_at=tx.now,
        since=tx.now - timedelta(days=2),
        until=tx.now,
    )
    tx.reconciling.add(first)
    begun = tx.reconciling.replace(first, first.begin(since=first.since, at=tx.now))
    if is_read:
        judged = tx.reconciling.replace(begun, begun.turn(""))
        tx.reconciling.replace(judged, judged.finish())


def differ(tx: SqlTransaction, estate: Estate) -> None:
    found = Difference(
        id=DifferenceId(tx.new_id()),
        tenant_id=estate.tenant.id,
        configuration_id=own(tx, estate),
        kind=DifferenceKind.STRANGE,
        provider_id="x-odd",
        reference="",
        currency=NGN,
        listed_minor=5_000,
        booked_currency=NGN,
        booked_minor=0,
        found_at=tx.now,
    )
    tx.differences.add(found)


def test_a_list_that_agrees_is_said_to_with_its_period(estate: Estate) -> None:
    estate.books.run(lambda tx: read(tx, estate, is_read=True))
    period = "2026-02-28T09:00Z to 2026-03-02T09:00Z"
    assert said(estate) == f"{period} compared: no differences"
    estate.books.run(lambda tx: differ(tx, estate))
    assert said(estate) == f"{period} compared: 1 difference waits"


def test_a_list_under_way_is_not_called_compared(estate: Estate) -> None:
    estate.books.run(lambda tx: read(tx, estate, is_read=False))
    assert said(estate) == (
        "nothing compared yet; 2026-02-28T09:00Z to 2026-03-02T09:00Z is read now, ask again later"
    )


def test_a_list_names_its_provider_and_whose_it_is(estate: Estate) -> None:
    estate.books.run(lambda tx: read(tx, estate, is_read=True))
    (name,) = estate.books.run(reconcile.compared)
    assert name.startswith("sandbox of Palm Court")


def test_the_tasks_of_a_sweep_are_in_its_help() -> None:
    named = set(TASKS.removeprefix("One of ").removesuffix(".").split(", "))
    assert named == {"all", *(sweep.task for sweep in SWEEPS if sweep.task)}
    shown = CliRunner().invoke(app, ["process-payments", "--help"]).stdout
    assert all(task in shown for task in named)

"""A provider's genuine event is never thrown away."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.engine.arrivals import store_hook
from bot.engine.calls import handle_hook
from core.domain.providers import Authentic, Undecided
from core.domain.work import Kind, WorkStatus
from storage.doctor import examine
from tests.factories import Books, add_configuration, add_tenant, open_books


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    opened = open_books(tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize("reference", ["hz-of-a-lost-day", ""])
def test_an_event_that_names_nothing_of_ours_waits_for_a_human(
    books: Books, reference: str
) -> None:
    configuration = books.run(lambda tx: add_configuration(tx, add_tenant(tx)))
    books.run(
        lambda tx: store_hook(
            tx,
            configuration_id=configuration.id,
            provider="sandbox",
            reading=Authentic(event_key="evt_1", reference=reference, kind="paid"),
        )
    )
    (work,) = books.run(lambda tx: tx.work.live(at=tx.now, after=0, limit=10))
    assert work.kind is Kind.HOOK
    books.run(lambda tx: handle_hook(tx, work))
    kept = books.run(lambda tx: tx.work.get(work.id))
    assert kept is not None
    assert (kept.status, kept.payload) == (WorkStatus.PARKED, work.payload)
    assert "work: 1 of kind hook are parked and wait for a human" in books.run(examine)


def test_a_hint_that_nobody_can_prove_and_that_names_nothing_is_let_go(books: Books) -> None:
    configuration = books.run(lambda tx: add_configuration(tx, add_tenant(tx)))
    books.run(
        lambda tx: store_hook(
            tx,
            configuration_id=configuration.id,
            provider="sandbox",
            reading=Undecided(event_key="evt_1", reference="made-up"),
        )
    )
    (work,) = books.run(lambda tx: tx.work.live(at=tx.now, after=0, limit=10))
    books.run(lambda tx: handle_hook(tx, work))
    kept = books.run(lambda tx: tx.work.get(work.id))
    assert kept is not None
    assert kept.status is WorkStatus.DONE

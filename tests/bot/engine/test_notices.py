"""An event becomes one row for each who is told, and is rendered fresh when it is sent."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.engine.notices import SEALED_WITHIN, chat_of, expand
from core.domain.acts import Event, EventName
from core.domain.ledger import Subject
from core.domain.people import Identity, IdentityId
from core.domain.work import Kind
from core.use_cases import people
from storage.transaction import SqlTransaction
from tests.books import NOW, FakeClock
from tests.bot.engine.desk import CHAT, open_desk
from tests.core.estate import Estate, palm_court
from tests.fakes.time import HandTime


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with palm_court(tmp_path) as found:
        yield found


def _reach(tx: SqlTransaction, person_id: Any, chat_id: int) -> None:
    tx.people.add_identity(
        Identity(
            id=IdentityId(tx.new_id()),
            person_id=person_id,
            channel="telegram",
            external_id=chat_id,
        )
    )


def _told(
    estate: Estate, name: EventName, *, subject_id: int, person_id: int = 0, other_id: int = 0
) -> None:
    def tell(tx: SqlTransaction) -> None:
        tx.events.append(
            Event(
                name=name,
                tenant_id=estate.tenant.id,
                subject=Subject(kind="bill", id=subject_id),
                person_id=person_id,
                other_id=other_id,
            )
        )
        expand(tx)

    estate.books.run(tell)


def _rows(estate: Estate, kind: Kind) -> list[tuple[str, str, int]]:
    query = "SELECT lane, status, due_at - created_at FROM work WHERE kind = :kind ORDER BY id"
    found = estate.books.rows(query, kind=kind.value)
    return [(row[0], row[1], row[2]) for row in found]


def test_each_recipient_gets_a_row_and_nobody_two(estate: Estate) -> None:
    bill = estate.issue()
    _told(estate, EventName.BILL_CREATED, subject_id=bill.id)
    lanes = [lane for lane, _, _ in _rows(estate, Kind.NOTICE)]
    assert sorted(lanes) == sorted([f"n:{estate.ada.person_id}", f"n:{estate.ben.person_id}"])


def test_what_was_told_is_not_told_again_by_the_same_transaction(estate: Estate) -> None:
    def tell(tx: SqlTransaction) -> int:
        expand(tx)
        expand(tx)
        return len(tx.events)

    assert estate.books.run(tell) == 0


async def test_a_notice_is_rendered_with_what_is_true_when_it_is_sent(
    tmp_path: Path, estate: Estate
) -> None:
    estate.books.run(lambda tx: _reach(tx, estate.ada.person_id, CHAT))
    bill = estate.issue()
    _told(estate, EventName.BILL_CREATED, subject_id=bill.id)
    async with open_desk(tmp_path, path=estate.books.path) as desk:
        await desk.later(0)
        assert len(desk.api.texts) == 1
        assert bill.number in desk.api.texts[0]
        assert {status for status, _ in await desk.rows(Kind.NOTICE)} == {"done"}


async def test_nobody_is_written_to_who_cannot_be_reached(tmp_path: Path, estate: Estate) -> None:
    estate.books.run(lambda tx: _reach(tx, estate.ada.person_id, CHAT))
    estate.books.run(lambda tx: people.lose(tx, channel="telegram", external_id=CHAT))
    bill = estate.issue()
    _told(estate, EventName.BILL_CREATED, subject_id=bill.id)
    async with open_desk(tmp_path, path=estate.books.path) as desk:
        await desk.later(0)
        assert desk.api.calls == []
        assert {status for status, _ in await desk.rows(Kind.NOTICE)} == {"done"}
    assert estate.books.run(lambda tx: chat_of(tx, estate.ada.person_id)) is None


@pytest.mark.parametrize(("wait", "seal"), [(timedelta(seconds=1), "5ea1"), (SEALED_WITHIN, "")])
async def test_a_receipt_waits_for_its_seal_but_not_for_ever(
    tmp_path: Path, estate: Estate, monkeypatch: pytest.MonkeyPatch, wait: timedelta, seal: str
) -> None:
    """A server is sealed a moment after the commit; where nobody seals, people are told even so."""
    seals = [""]
    monkeypatch.setattr(SqlTransaction, "seal_of", lambda _tx, _journal_id: seals[-1])
    estate.books.run(lambda tx: _reach(tx, estate.ada.person_id, CHAT))
    tried = estate.settle(estate.open_link(estate.agreed()))
    (receipt,) = estate.look(lambda tx: tx.payments.receipts_of(tried.payment.id))
    _told(
        estate,
        EventName.RECEIPT_ISSUED,
        subject_id=tried.payment.id,
        person_id=estate.ada.person_id,
        other_id=receipt.id,
    )
    soon = HandTime(FakeClock(NOW + timedelta(seconds=1)))
    async with open_desk(tmp_path, path=estate.books.path, time=soon) as desk:
        await desk.later(0)
        assert not any(receipt.number in text for text in desk.api.texts)
        seals.append(seal)
        await desk.later(wait.total_seconds())
        (told,) = [text for text in desk.api.texts if receipt.number in text]
    assert ("Books sealed" in told) is bool(seal)


def test_what_may_wait_waits_until_quiet_hours_end(estate: Estate) -> None:
    estate.agreed()
    estate.clock.move(hours=13)
    _told(
        estate,
        EventName.BILL_REMINDER,
        subject_id=estate.ada.person_id,
        person_id=estate.ada.person_id,
    )
    waits = [waits for _, _, waits in _rows(estate, Kind.NOTICE)]
    assert len(waits) == 1
    assert timedelta(microseconds=waits[0]) > timedelta(hours=1)


def test_new_rights_bring_a_new_list_of_commands(estate: Estate) -> None:
    estate.books.run(lambda tx: _reach(tx, estate.ada.person_id, CHAT))
    _told(
        estate,
        EventName.MEMBER_JOINED,
        subject_id=estate.ada.person_id,
        person_id=estate.ada.person_id,
    )
    lanes = [lane for lane, _, _ in _rows(estate, Kind.MESSAGE)]
    assert lanes == [f"a:commands:{CHAT}"]

"""The desk on differences: seen by who sees the reports, matched or ignored by who may adjust."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.captures import CaptureKey
from core.domain.differences import Difference, DifferenceId, DifferenceKind, DifferenceStatus
from core.domain.ledger import AccountKind
from storage.transaction import SqlTransaction
from tests.factories import NGN, NOW, keep_money, naira
from tests.handlers.chatting import Talker
from tests.handlers.estate import Estate


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    opened = Estate(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def kemi(estate: Estate) -> Talker:
    """Kemi keeps the books."""
    return estate.treasurer()


def differs(estate: Estate, kind: DifferenceKind = DifferenceKind.STRANGE) -> Difference:
    """Let 70.00 NGN differ."""

    def build(tx: SqlTransaction) -> Difference:
        found = Difference(
            id=DifferenceId(tx.new_id()),
            tenant_id=estate.tenant.id,
            configuration_id=estate.sandbox.id,
            kind=kind,
            provider_id=f"x-{kind}",
            reference="",
            currency=NGN,
            listed_minor=7_000,
            booked_currency=NGN,
            booked_minor=0,
            found_at=tx.now,
            captured_at=NOW,
            told_id=tx.add_note(estate.tenant.id, "Visa •••• 4081"),
        )
        return tx.differences.add(found)

    return estate.run(build)


def now(estate: Estate, difference: Difference) -> Difference:
    return estate.run(lambda tx: tx.differences.get(difference.id))


def test_a_strange_capture_is_matched_whole_to_a_member(estate: Estate, kemi: Talker) -> None:
    found = differs(estate)
    kemi.says("/desk")
    kemi.presses("Differences 1")
    assert kemi.sees == (
        "Differences: 1\n"
        "A provider's own list and the books do not agree. No money was moved.\n"
        "• Sandbox Pay took 70.00 NGN for no payment of ours. Mon 2 Mar 2026, 10:00"
    )
    kemi.presses("Open 70.00")
    assert kemi.sees == (
        "Sandbox Pay took 70.00 NGN for no payment of ours.\n"
        "When: Mon 2 Mar 2026, 10:00\n"
        "The provider says: Visa •••• 4081\n"
        "Its own number: x-strange\n"
        "Match it to the member whose money it is, send it back if you know of nobody, or ignore "
        "it if it came from elsewhere."
    )
    kemi.presses("Match")
    kemi.says("ada")
    kemi.presses("A-14 · Ada")
    kemi.says("Her bank slip shows it")
    kemi.presses("Give 70.00")
    assert estate.balance(estate.ada) == naira(0)
    kemi.enters("4829")
    assert "✅ 70.00 NGN moved to the wallet of Ada, who was told." in kemi.sees
    assert estate.balance(estate.ada) == naira(7_000)
    after = now(estate, found)
    assert after.status is DifferenceStatus.MATCHED
    booked = estate.run(lambda tx: tx.ledger.journal_by_key(estate.tenant.id, after.key))
    assert booked is not None
    assert after.journal_id == booked.id
    kept = estate.run(
        lambda tx: tx.ledger.account(
            tenant_id=estate.tenant.id, kind=AccountKind.SUSPENSE, owner_id=0, currency=NGN
        )
    )
    assert kept.balance == naira(0)
    kemi.says("/desk")
    assert not [label for label in kemi.labels if label.startswith("Differences")]


def test_it_is_ignored_with_a_reason_that_stays(estate: Estate, kemi: Talker) -> None:
    found = differs(estate)
    kemi.says("/desk")
    kemi.presses("Differences 1")
    kemi.presses("Open 70.00")
    kemi.presses("Ignore")
    kemi.says("x" * 301)
    kemi.says("Paid for the shop on our website")
    assert kemi.sees == (
        "Ignore this difference?\n"
        "Sandbox Pay took 70.00 NGN for no payment of ours.\n"
        "Reason: Paid for the shop on our website\n"
        "No money moves. It leaves the desk and stays in the books, with your name."
    )
    kemi.presses("Ignore it")
    assert "Ignored by Kemi: “Paid for the shop on our website”" in kemi.sees
    assert now(estate, found).status is DifferenceStatus.IGNORED
    assert not {"Match", "Refund", "Ignore"} & set(kemi.labels)


def test_a_claim_in_another_currency_is_shown_and_seen(estate: Estate, kemi: Talker) -> None:
    found = differs(estate, DifferenceKind.CLAIMED)
    kemi.says("/desk")
    kemi.presses("Differences 1")
    assert "The payer's bank claims back 70.00 NGN" in kemi.sees
    kemi.presses("Open 70.00")
    assert not {"Match", "Refund", "Ignore"} & set(kemi.labels)
    kemi.presses("Seen")
    kemi.says("Sent the contract to the bank")
    kemi.presses("Seen")
    assert "✅ Seen by Kemi: “Sent the contract to the bank”" in kemi.sees
    assert now(estate, found).status is DifferenceStatus.IGNORED


def test_a_capture_that_was_credited_meanwhile_cannot_be_matched(
    estate: Estate, kemi: Talker
) -> None:
    found = differs(estate)
    kemi.says("/desk")
    kemi.presses("Differences 1")
    kemi.presses("Open 70.00")
    kemi.presses("Match")
    kemi.says("ada")
    kemi.presses("A-14 · Ada")
    kemi.says("Her bank slip shows it")
    estate.run(lambda tx: _credit(tx, estate, found))
    kemi.presses("Give 70.00")
    kemi.enters("4829")
    assert "This card is out of date" in kemi.sees
    assert estate.balance(estate.ada) == naira(0)
    assert now(estate, found).is_open


def test_what_moves_no_money_has_no_match(estate: Estate, kemi: Talker) -> None:
    found = differs(estate, DifferenceKind.AMOUNT)
    kemi.says("/desk")
    kemi.presses("Differences 1")
    kemi.presses("Open 70.00")
    assert "Match" not in kemi.labels
    kemi.presses_data(f"unmatched:for:{found.id}", kemi.messages[-1])
    assert now(estate, found).is_open


def test_an_administrator_sees_it_and_decides_nothing(estate: Estate) -> None:
    found = differs(estate)
    bello = estate.bello
    bello.says("/desk")
    bello.presses("Differences 1")
    bello.presses("Open 70.00")
    assert not {"Match", "Refund", "Ignore"} & set(bello.labels)
    for verb in ("unmatched:for", "differences:ignore"):
        bello.presses_data(f"{verb}:{found.id}", bello.messages[-1])
        assert "Your role does not allow that" in bello.sees


def test_nobody_else_sees_it(estate: Estate) -> None:
    found = differs(estate)
    for data in ("differences:list", f"differences:card:{found.id}"):
        estate.ada.says("/menu")
        estate.ada.presses_data(data, estate.ada.messages[-1])
        assert "70.00" not in estate.ada.sees


def _credit(tx: SqlTransaction, estate: Estate, difference: Difference) -> None:
    """Let a look-up have found it and kept it apart."""
    keep_money(tx, estate.tenant, 7_000, capture=CaptureKey.read(difference.key))

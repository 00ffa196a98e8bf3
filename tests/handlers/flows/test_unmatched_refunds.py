"""The desk sends unmatched money back: how much, why, PIN; told when it is done or failed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.captures import CaptureKey
from core.domain.differences import Difference, DifferenceId, DifferenceKind
from core.domain.outflows import Moved, Outflow
from core.domain.providers import Declined, ProviderError
from core.domain.refunds import Refund, RefundStatus
from core.domain.unmatched import Unmatched, UnmatchedId
from core.use_cases.refunding import begin_refund, record_refund
from storage.transaction import SqlTransaction
from tests.factories import NGN, NOW, add_payment, keep_money, naira
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


@pytest.fixture
def kept(estate: Estate, kemi: Talker) -> Unmatched:
    """500.00 NGN that Sandbox Pay took for a payment of Ada's were kept apart."""
    ada = estate.ada.person

    def build(tx: SqlTransaction) -> Unmatched:
        payment = add_payment(tx, estate.tenant, ada, bill=None, minor=40_000)
        key = CaptureKey(estate.sandbox.id, "x-odd")
        return keep_money(tx, estate.tenant, 50_000, capture=key, payment=payment)

    return estate.run(build)


def refunds(estate: Estate, kept: Unmatched) -> tuple[Refund, ...]:
    return estate.run(lambda tx: tx.refunds.of_unmatched(kept.id))


def answer(estate: Estate, refund: Refund, outcome: Outflow) -> None:
    """Let the call be made, and the provider answer."""

    def act(tx: SqlTransaction) -> None:
        begin_refund(tx, refund_id=refund.id)
        record_refund(tx, refund_id=refund.id, outcome=outcome)

    estate.let(act)


def gone(refund: Refund) -> Moved:
    return Moved(
        provider_id="rfd-1", reference=refund.reference, amount=refund.amount, is_test=True
    )


def up_to_the_confirmation(kemi: Talker, amount: str = "All of it: 500.00") -> None:
    kemi.says("/desk")
    kemi.presses("Unmatched money")
    kemi.presses("Refund 500.00")
    assert "How much goes back?" in kemi.sees
    kemi.presses(amount)
    kemi.says("Paid twice at the shop")


def test_all_of_it_goes_back_after_the_pin(estate: Estate, kemi: Talker, kept: Unmatched) -> None:
    up_to_the_confirmation(kemi)
    assert kemi.sees == (
        "Send 500.00 NGN of unmatched money back by Sandbox Pay\n"
        "To: whoever paid it; Sandbox Pay knows the card or account.\n"
        "The payment was asked for by Ada, who is told.\n"
        "Reason: Paid twice at the shop\n"
        "It is set aside at once, so that nobody can match it meanwhile. If Sandbox Pay cannot "
        "send it back, it waits at the desk again. Nothing has moved yet."
    )
    kemi.presses("Refund 500.00")
    assert refunds(estate, kept) == ()
    kemi.enters("4829")
    assert "Refund of unmatched money" in kemi.sees
    assert "⏳ 500.00 NGN is on its way back" in kemi.sees
    assert "To: whoever paid it at Sandbox Pay" in kemi.sees
    assert "Refund by Palm Court for unmatched money" in estate.ada.sees
    kemi.says("/desk")
    kemi.presses("Unmatched money")
    assert "All of it is on its way back: see the refunds at the desk." in kemi.sees
    (refund,) = refunds(estate, kept)
    answer(estate, refund, gone(refund))
    assert "↩️ 500.00 NGN went back by the way it came" in kemi.sees
    assert "↩️ 500.00 NGN went back by the way it came" in estate.ada.sees
    kemi.says("/desk")
    assert "Unmatched money: none." in kemi.sees


def test_a_part_goes_back_and_the_rest_waits(estate: Estate, kemi: Talker, kept: Unmatched) -> None:
    kemi.says("/desk")
    kemi.presses("Unmatched money")
    kemi.presses("Refund 500.00")
    kemi.says("501")
    assert "At most 500.00 NGN may go back." in kemi.sees
    kemi.says("120")
    kemi.says("Paid too much")
    assert "380.00 NGN of it stays unmatched." in kemi.sees
    kemi.presses("Refund 120.00")
    kemi.enters("4829")
    kemi.says("/desk")
    kemi.presses("Unmatched money")
    assert "380.00 NGN left" in kemi.sees
    kemi.finds("Match 380.00")
    kemi.finds("Refund 380.00")


def test_what_fails_is_told_and_waits_at_the_desk_again(
    estate: Estate, kemi: Talker, kept: Unmatched
) -> None:
    up_to_the_confirmation(kemi)
    kemi.presses("Refund 500.00")
    kemi.enters("4829")
    (refund,) = refunds(estate, kept)
    answer(estate, refund, Declined(error=ProviderError.DECLINED_CARD))
    failed = "⚠️ 500.00 NGN could not be sent back; it waits as unmatched money"
    for person in (kemi, estate.bello, estate.ada):
        assert failed in person.sees
    kemi.says("/desk")
    kemi.presses("Unmatched money")
    kemi.presses("Match 500.00")
    assert "Unmatched money: 500.00 NGN" in kemi.sees


def test_a_second_tap_and_an_old_button_send_nothing_twice(
    estate: Estate, kemi: Talker, kept: Unmatched
) -> None:
    up_to_the_confirmation(kemi)
    shown, button = kemi.finds("Refund 500.00")
    kemi.presses("Refund 500.00")
    kemi.enters("4829")
    kemi.presses_data(button.data, shown)
    kemi.presses_data(f"sendback:of:{kept.id}", shown)
    assert "This money waits no more: it was matched or is on its way back." in kemi.sees
    kemi.presses_data(f"unmatched:of:{kept.id}", shown)
    assert "This money waits no more: it was matched or is on its way back." in kemi.sees
    assert [each.status for each in refunds(estate, kept)] == [RefundStatus.PROCESSING]


def test_a_resident_sends_nothing_back(estate: Estate, kept: Unmatched) -> None:
    estate.tunde.says("/menu")
    estate.tunde.presses_data(f"sendback:of:{kept.id}", estate.tunde.messages[-1])
    assert "Your role does not allow that" in estate.tunde.sees


def test_a_difference_goes_back_whole(estate: Estate, kemi: Talker) -> None:
    def build(tx: SqlTransaction) -> Difference:
        found = Difference(
            id=DifferenceId(tx.new_id()),
            tenant_id=estate.tenant.id,
            configuration_id=estate.sandbox.id,
            kind=DifferenceKind.STRANGE,
            provider_id="x-1",
            reference="shop-77",
            currency=NGN,
            listed_minor=7_000,
            booked_currency=NGN,
            booked_minor=0,
            found_at=tx.now,
            captured_at=NOW,
            told_id=tx.add_note(estate.tenant.id, "Visa •••• 4081"),
        )
        return tx.differences.add(found)

    found = estate.run(build)
    kemi.says("/desk")
    kemi.presses("Differences 1")
    kemi.presses("Open 70.00")
    assert {"Match", "Refund", "Ignore"} <= set(kemi.labels)
    kemi.presses("Refund")
    kemi.says("It is of our website")
    assert kemi.sees == (
        "Send 70.00 NGN of unmatched money back by Sandbox Pay\n"
        "To: whoever paid it. Sandbox Pay says: Visa •••• 4081\n"
        "Reason: It is of our website\n"
        "It is taken into the books first, as unmatched money.\n"
        "It is set aside at once, so that nobody can match it meanwhile. If Sandbox Pay cannot "
        "send it back, it waits at the desk again. Nothing has moved yet."
    )
    kemi.presses("Refund 70.00")
    kemi.enters("4829")
    assert "⏳ 70.00 NGN is on its way back" in kemi.sees
    after = estate.run(lambda tx: tx.differences.get(found.id))
    assert after.journal_id is not None
    kemi.presses_data(f"differences:card:{found.id}", kemi.messages[-1])
    assert "↩️ Booked by Kemi to go back: “It is of our website”" in kemi.sees
    booked = UnmatchedId(after.journal_id)
    kept = estate.run(lambda tx: tx.unmatched.get(booked))
    (refund,) = refunds(estate, kept)
    answer(estate, refund, gone(refund))
    assert estate.run(lambda tx: tx.ledger.get(kept.account_id)).balance == naira(0)

"""Money that fits no payment goes back once, or waits again; nobody has it twice."""

from dataclasses import replace
from functools import partial

import pytest

from core.domain.acts import EventName
from core.domain.captures import CaptureKey
from core.domain.chargebacks import Chargeback, ChargebackId
from core.domain.differences import DifferenceKind
from core.domain.errors import (
    AboveRefundable,
    AmountOutOfRange,
    InvalidInput,
    NotAllowed,
    NotFound,
    OutflowsFrozen,
    PaymentContested,
    PinNeeded,
    StaleCard,
    UnmatchedGone,
)
from core.domain.ledger import AccountKind
from core.domain.outflows import Outflow
from core.domain.people import Actor, Role
from core.domain.providers import Declined, Pending, ProviderError, Unknown
from core.domain.refunds import Refund, RefundStatus
from core.domain.unmatched import Unmatched, UnmatchedId
from core.ports import Transaction
from core.use_cases.comparing import judge
from core.use_cases.refunding import begin_refund, record_refund
from core.use_cases.timeline import bill_story
from core.use_cases.unmatched import give_unmatched
from core.use_cases.unmatched_refunds import (
    may_send_back,
    send_back,
    sending_back,
)
from tests.core.estate import Estate, Tried, live_with_ada, settled
from tests.core.use_cases.refunding import listed, moved, returned
from tests.factories import NGN, keep_money, naira

CAPTURE = "cap-odd"
KEPT = 120_000
DECLINED = Declined(error=ProviderError.DECLINED_CARD)


class Kept:
    """A capture of 1,200.00 for Ada's bill that disagrees with what was asked."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.bill = estate.agreed()
        self.tried: Tried = estate.open_link(self.bill)
        self.said = replace(settled(self.tried, KEPT, capture=CAPTURE), is_test=False)
        estate.answer(self.tried, self.said)
        self.treasurer = estate.member("Treasurer", role=Role.FINANCE)

    def now(self) -> Unmatched:
        """Return it as it stands, though nothing of it may wait."""
        key = CaptureKey(self.estate.configuration.id, CAPTURE)
        journal = self.estate.look(
            lambda tx: tx.ledger.journal_by_key(self.estate.tenant.id, str(key))
        )
        assert journal is not None
        return self.estate.look(lambda tx: tx.unmatched.get(UnmatchedId(journal.id)))

    def ask(
        self, minor: int = KEPT, *, by: Actor | None = None, reason: str = "Fits nothing"
    ) -> Refund:
        """Let staff send it back."""
        return self.estate.do(
            send_back,
            actor=by or self.treasurer,
            unmatched_id=self.now().id,
            amount=naira(minor),
            reason=reason,
        )

    def send(self, minor: int = KEPT) -> Refund:
        """Send it back, and mark the call as sent."""
        refund = self.ask(minor)
        assert self.estate.do(begin_refund, refund_id=refund.id) is not None
        return self.estate.look(lambda tx: tx.refunds.get(refund.id))

    def answer(self, refund: Refund, outcome: Outflow) -> Refund:
        """Record what the provider answered."""
        return self.estate.do(record_refund, refund_id=refund.id, outcome=outcome)

    def give(self, minor: int = KEPT, *, key: str = "k1") -> None:
        """Match it to Ben."""
        self.estate.do(
            give_unmatched,
            actor=self.treasurer,
            unmatched_id=self.now().id,
            person_id=self.estate.ben.person_id,
            amount=naira(minor),
            reason="His slip",
            key=key,
            has_pin_check=True,
        )

    def suspense(self) -> tuple[int, int]:
        """Return what lies in suspense, and what of it is held, in kobo."""
        account = self.estate.account(AccountKind.SUSPENSE)
        return account.balance.minor, account.held.minor

    def at_provider(self) -> int:
        """Return what the provider holds for the tenant, in kobo."""
        account = self.estate.account(AccountKind.PROVIDER, self.estate.configuration.id)
        return -account.balance.minor


@pytest.fixture
def kept(estate: Estate) -> Kept:
    return Kept(estate)


def test_it_is_held_at_once_and_goes_back_by_its_provider(estate: Estate, kept: Kept) -> None:
    refund = kept.send()
    assert kept.suspense() == (KEPT, KEPT)
    assert (refund.payment_id, refund.unmatched_id) == (None, kept.now().id)
    assert refund.payer_id == estate.ada.person_id
    done = kept.answer(refund, moved(refund))
    assert done.status is RefundStatus.COMPLETED
    assert kept.suspense() == (0, 0)
    assert kept.at_provider() == 0
    assert estate.bill(kept.bill).rest == kept.bill.rest
    assert estate.count(EventName.REFUND_COMPLETED) == 1


def test_the_provider_is_asked_for_the_capture_itself(estate: Estate, kept: Kept) -> None:
    refund = kept.ask(5_000)
    request = estate.do(begin_refund, refund_id=refund.id)
    assert request is not None
    assert (request.provider_id, request.captured, request.amount) == (
        CAPTURE,
        naira(KEPT),
        naira(5_000),
    )
    assert request.payment_reference == kept.tried.attempt.reference
    assert request.reason == kept.bill.number
    assert estate.do(begin_refund, refund_id=refund.id) is None


def test_what_is_on_its_way_back_is_neither_matched_nor_sent_back_again(kept: Kept) -> None:
    kept.ask(100_000)
    with pytest.raises(AmountOutOfRange):
        kept.give(20_001)
    with pytest.raises(AboveRefundable):
        kept.ask(20_001)
    kept.ask(20_000)
    with pytest.raises(UnmatchedGone):
        kept.give(1)
    with pytest.raises(UnmatchedGone):
        kept.ask(1)
    assert kept.suspense() == (KEPT, KEPT)


def test_what_was_matched_is_not_sent_back_with_the_money_of_others(
    estate: Estate, kept: Kept
) -> None:
    estate.books.run(lambda tx: keep_money(tx, estate.tenant, 5 * KEPT))
    kept.give()
    with pytest.raises(UnmatchedGone):
        kept.ask()
    assert kept.suspense() == (5 * KEPT, 0)


@pytest.mark.parametrize("outcome", [Unknown(error=ProviderError.TIMEOUT_ERROR), Pending()])
def test_what_is_not_known_stays_held(kept: Kept, outcome: Outflow) -> None:
    refund = kept.send()
    after = kept.answer(refund, outcome)
    assert (after.status, after.checks) == (RefundStatus.PROCESSING, 1)
    assert kept.suspense() == (KEPT, KEPT)
    assert kept.answer(after, moved(after)).status is RefundStatus.COMPLETED
    kept.answer(after, moved(after))
    assert kept.suspense() == (0, 0)


def test_what_needs_a_human_is_told_and_stays_held(estate: Estate, kept: Kept) -> None:
    refund = kept.send()
    kept.answer(refund, Pending(needs="confirm it"))
    assert estate.count(EventName.REFUND_STUCK) == 1
    assert kept.suspense() == (KEPT, KEPT)
    kept.answer(refund, moved(refund))
    assert kept.suspense() == (0, 0)


def test_what_fails_waits_again_and_can_be_matched_or_tried_again(
    estate: Estate, kept: Kept
) -> None:
    refund = kept.send()
    assert kept.answer(refund, DECLINED).status is RefundStatus.FAILED
    assert estate.count(EventName.REFUND_FAILED) == 1
    assert kept.suspense() == (KEPT, 0)
    assert kept.now().is_whole
    kept.give(20_000)
    again = kept.send(100_000)
    kept.answer(again, moved(again))
    assert kept.suspense() == (0, 0)
    assert estate.balance(estate.ben) == 20_000


def test_what_went_back_after_all_is_booked_and_the_tenant_owes_what_was_matched(
    estate: Estate, kept: Kept
) -> None:
    refund = kept.send()
    kept.answer(refund, DECLINED)
    kept.give(50_000)
    assert kept.answer(refund, moved(refund)).status is RefundStatus.COMPLETED
    assert kept.suspense() == (0, 0)
    assert kept.at_provider() == 0
    assert estate.account(AccountKind.OWED).balance == naira(-50_000)
    assert kept.now().over_minor == 50_000


def test_a_late_word_never_takes_what_another_refund_holds(estate: Estate, kept: Kept) -> None:
    first = kept.send()
    kept.answer(first, DECLINED)
    second = kept.send()
    kept.answer(first, moved(first))
    assert kept.suspense() == (KEPT, KEPT)
    kept.answer(second, moved(second, provider_id="rfd-2"))
    assert kept.suspense() == (0, 0)


def test_what_came_back_waits_again_and_can_be_sent_once_more(estate: Estate, kept: Kept) -> None:
    refund = kept.send()
    kept.answer(refund, moved(refund))
    assert kept.answer(refund, returned(refund)).status is RefundStatus.RETURNED
    kept.answer(refund, returned(refund))
    assert kept.suspense() == (KEPT, 0)
    (waits,) = estate.look(
        lambda tx: tx.unmatched.waiting_in(estate.tenant.id, after=None, limit=5)
    )
    assert (waits.free, waits.capture) == (naira(KEPT), CAPTURE)
    again = estate.do(
        send_back,
        actor=kept.treasurer,
        unmatched_id=waits.id,
        amount=naira(KEPT),
        reason="New account",
    )
    kept.answer(again, moved(again, provider_id="rfd-2"))


def test_the_look_up_of_what_went_back_credits_nobody(estate: Estate, kept: Kept) -> None:
    refund = kept.send()
    kept.answer(refund, moved(refund))
    estate.answer(kept.tried, kept.said)
    assert kept.suspense() == (0, 0)
    assert estate.balance(estate.ada) == 0


@pytest.mark.parametrize(
    ("who", "refusal"),
    [("ada", NotAllowed), ("cyd", NotAllowed), ("eve", NotFound), ("partner", NotAllowed)],
)
def test_who_may_not_send_it_back(
    estate: Estate, kept: Kept, who: str, refusal: type[Exception]
) -> None:
    partner = live_with_ada(estate) if who == "partner" else None
    by = partner or getattr(estate, who)
    if who == "eve":
        by = replace(estate.admin, tenant_id=estate.eve.tenant_id)
    with pytest.raises(refusal):
        kept.ask(by=by)
    assert kept.suspense() == (KEPT, 0)


def _no_pin(tx: Transaction, actor: Actor) -> None:
    person = tx.people.person(actor.person_id)
    tx.people.replace_person(person, replace(person, pin_hash=""))


def test_it_takes_a_pin_a_reason_and_books_that_stand(estate: Estate, kept: Kept) -> None:
    with pytest.raises(InvalidInput):
        kept.ask(reason=" ")
    estate.books.run(lambda tx: tx.freeze.doubt())
    estate.books.run(lambda tx: tx.freeze.begin())
    with pytest.raises(OutflowsFrozen):
        kept.ask()
    estate.books.run(lambda tx: tx.freeze.release())
    estate.books.run(lambda tx: _no_pin(tx, kept.treasurer))
    with pytest.raises(PinNeeded):
        kept.ask()
    assert kept.suspense() == (KEPT, 0)


def test_what_came_by_no_capture_cannot_go_back(estate: Estate, kept: Kept) -> None:
    cash = estate.books.run(lambda tx: keep_money(tx, estate.tenant, 5_000))
    assert not estate.look(lambda tx: may_send_back(tx, actor=kept.treasurer, unmatched=cash))
    with pytest.raises(StaleCard):
        estate.do(sending_back, actor=kept.treasurer, unmatched_id=cash.id)


def claimed(tx: Transaction, kept: Kept) -> Chargeback:
    """Let a bank claim the capture."""
    return tx.chargebacks.add(
        Chargeback(
            id=ChargebackId(tx.new_id()),
            tenant_id=kept.estate.tenant.id,
            payment_id=kept.tried.payment.id,
            attempt_id=kept.tried.attempt.id,
            configuration_id=kept.estate.configuration.id,
            capture=CAPTURE,
            currency=NGN,
            amount_minor=KEPT,
            opened_at=tx.now,
            is_followed=False,
        )
    )


def test_what_a_bank_claims_is_not_sent_back(estate: Estate, kept: Kept) -> None:
    estate.books.run(lambda tx: claimed(tx, kept))
    with pytest.raises(PaymentContested):
        kept.ask()
    assert kept.suspense() == (KEPT, 0)


def test_what_a_bank_claims_before_the_call_waits_again(estate: Estate, kept: Kept) -> None:
    refund = kept.ask()
    estate.books.run(lambda tx: claimed(tx, kept))
    assert estate.do(begin_refund, refund_id=refund.id) is None
    assert estate.look(lambda tx: tx.refunds.get(refund.id)).status is RefundStatus.FAILED
    assert kept.suspense() == (KEPT, 0)


def test_the_list_and_the_books_agree_about_what_went_back(estate: Estate, kept: Kept) -> None:
    refund = kept.send(50_000)
    kept.answer(refund, moved(refund))
    same = partial(listed, estate, CAPTURE, KEPT, reference=kept.tried.attempt.reference)
    assert estate.look(lambda tx: judge(tx, listed=same(refunded_minor=50_000))) is None
    found = estate.look(lambda tx: judge(tx, listed=same(refunded_minor=50_001)))
    assert found is not None
    assert found.kind is DifferenceKind.REFUNDED


def test_the_story_of_the_bill_has_every_try(estate: Estate, kept: Kept) -> None:
    first = kept.send()
    kept.answer(first, DECLINED)
    second = kept.send()
    story = estate.look(lambda tx: bill_story(tx, actor=kept.treasurer, bill_id=kept.bill.id))
    assert [each.id for each in story.refunds] == [first.id, second.id]

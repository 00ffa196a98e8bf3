"""How a claim of the payer's bank ends: by its provider's word, or by staff's."""

from dataclasses import replace

import pytest

from core.domain.acts import EventName
from core.domain.chargebacks import Chargeback, ChargebackStatus
from core.domain.claims import Claim
from core.domain.errors import (
    AboveRefundable,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
    NotFound,
    OutflowsFrozen,
    PaymentContested,
    Refusal,
)
from core.domain.ledger import AccountKind
from core.domain.money import Currency, Money
from core.domain.people import Role
from core.domain.providers import Settled
from core.domain.refunds import RefundStatus
from core.ports import Transaction
from core.use_cases.chargebacks import follow_event
from core.use_cases.claims import handle_claim
from core.use_cases.refundable import payment_to_refund
from tests.core.estate import Estate, live_with_ada, settled
from tests.core.use_cases.refunding import Refunds
from tests.core.use_cases.test_giving_back import cancel, spend_collected
from tests.factories import naira

EVIDENCE, WON, LOST = (
    ChargebackStatus.EVIDENCE_SENT,
    ChargebackStatus.WON,
    ChargebackStatus.LOST,
)


def event(refunds: Refunds, claim: Claim = Claim.OPEN, claimed: Money | None = None) -> bool:
    """Let a provider's proven event tell of a claim that its look-ups do not tell of."""
    said = settled(refunds.tried, 100_000, capture=refunds.capture)
    told = {"attempt": refunds.tried.attempt, "settled": said, "claim": claim}
    return bool(refunds.estate.do(follow_event, **told, claimed=claimed))  # type: ignore[arg-type]


def claim_of(refunds: Refunds) -> Chargeback:
    def look(tx: Transaction) -> Chargeback:
        (claim,) = tx.chargebacks.open_in(refunds.estate.tenant.id, limit=5)
        return claim

    return refunds.estate.look(look)


def handle(
    refunds: Refunds, status: ChargebackStatus, *, reason: str = "Letter of the bank"
) -> Chargeback:
    return refunds.estate.do(
        handle_claim,
        actor=refunds.estate.admin,
        chargeback_id=claim_of(refunds).id,
        status=status,
        reason=reason,
    )


def test_what_staff_win_may_be_refunded_again(estate: Estate) -> None:
    refunds = Refunds(estate)
    event(refunds)
    handle(refunds, EVIDENCE)
    with pytest.raises(PaymentContested):
        refunds.ask(1_000)
    won = handle(refunds, WON)
    assert (won.status, won.refund_id, won.handled_by) == (WON, None, estate.admin.person_id)
    assert estate.look(lambda tx: tx.note(won.reason_id)) == "Letter of the bank"
    assert (estate.collected(), estate.count(EventName.CHARGEBACK_CLOSED)) == (100_000, 1)
    assert refunds.ask(100_000).is_open


def test_what_staff_lose_leaves_the_books_once(estate: Estate) -> None:
    refunds = Refunds(estate)
    refunds.finish(refunds.send(30_000))
    event(refunds)
    assert claim_of(refunds).amount == naira(70_000)
    lost = handle(refunds, LOST)
    assert (refunds.at_provider(), estate.collected(), refunds.rest()) == (0, 0, 100_000)
    assert [each.id for each in refunds.all()][-1] == lost.refund_id
    # The provider's own total of what went back may hold it, or not.
    refunds.told(30_000)
    refunds.told(100_000)
    assert (refunds.at_provider(), len(refunds.all())) == (0, 2)
    with pytest.raises(AboveRefundable):
        refunds.ask(1)


def test_what_the_tenant_no_longer_has_is_owed(estate: Estate) -> None:
    refunds = Refunds(estate)
    spend_collected(estate, 60_000)
    event(refunds)
    event(refunds, Claim.LOST)
    assert estate.account(AccountKind.OWED).balance.minor == -60_000
    assert (estate.collected(), refunds.at_provider()) == (0, 0)


@pytest.mark.parametrize(("word", "left"), [(Claim.WON, 100_000), (Claim.LOST, 0)])
def test_a_proven_event_ends_it_once(estate: Estate, word: Claim, left: int) -> None:
    refunds = Refunds(estate)
    for _ in range(2):
        event(refunds)
    for _ in range(2):
        event(refunds, word)
    assert estate.collected() == left
    assert estate.count(EventName.CHARGEBACK_OPENED) == 1
    assert estate.count(EventName.CHARGEBACK_CLOSED) == 1


def test_a_win_that_nobody_told_of_before_changes_nothing(estate: Estate) -> None:
    refunds = Refunds(estate)
    event(refunds, Claim.WON)
    assert (estate.collected(), estate.count(EventName.CHARGEBACK_OPENED)) == (100_000, 0)


def test_a_loss_that_nobody_told_of_before_is_booked_once(estate: Estate) -> None:
    refunds = Refunds(estate)
    for word in (Claim.LOST, Claim.LOST, Claim.OPEN, Claim.LOST):
        event(refunds, word)
        assert (refunds.at_provider(), estate.collected()) == (0, 0)
    assert estate.count(EventName.CHARGEBACK_OPENED) == 1
    assert estate.count(EventName.CHARGEBACK_CLOSED) == 1


def test_what_staff_took_for_won_is_booked_when_its_provider_calls_it_lost(estate: Estate) -> None:
    refunds = Refunds(estate)
    event(refunds)
    handle(refunds, WON)
    refunds.finish(refunds.send(30_000))
    for _ in range(2):
        event(refunds, Claim.LOST)
    assert (refunds.at_provider(), estate.collected()) == (0, 0)
    assert estate.count(EventName.CHARGEBACK_CLOSED) == 2


def test_a_loss_that_is_told_again_takes_no_more(estate: Estate) -> None:
    refunds = Refunds(estate)
    event(refunds)
    refunds.told(40_000)
    for _ in range(2):
        event(refunds, Claim.LOST, naira(40_000))
    assert (refunds.at_provider(), len(refunds.all())) == (60_000, 1)


def test_only_the_part_that_was_lost_is_booked_and_the_rest_is_free(estate: Estate) -> None:
    refunds = Refunds(estate)
    event(refunds)
    for _ in range(2):
        event(refunds, Claim.LOST, naira(40_000))
    assert (refunds.at_provider(), estate.collected(), len(refunds.all())) == (60_000, 60_000, 1)
    assert refunds.ask(60_000).is_open


def test_a_claim_to_a_part_is_ended_by_staff_as_that_part(estate: Estate) -> None:
    refunds = Refunds(estate)
    event(refunds, Claim.OPEN, naira(25_000))
    assert claim_of(refunds).amount == naira(25_000)
    handle(refunds, LOST)
    assert (refunds.at_provider(), estate.collected()) == (75_000, 75_000)


def test_a_part_of_the_loss_that_a_total_told_is_not_booked_again(estate: Estate) -> None:
    refunds = Refunds(estate)
    event(refunds)
    refunds.told(30_000)
    event(refunds, Claim.LOST, naira(40_000))
    refunds.told(40_000)
    assert (refunds.at_provider(), len(refunds.all())) == (60_000, 2)


@pytest.mark.parametrize(
    "said", [naira(100_001), Money(100, Currency("USD"))], ids=["too much", "other currency"]
)
def test_a_loss_that_cannot_be_is_left_to_staff(estate: Estate, said: Money) -> None:
    refunds = Refunds(estate)
    for _ in range(2):
        event(refunds, Claim.LOST, said)
    claim = claim_of(refunds)
    assert (claim.said, refunds.at_provider(), estate.collected()) == (said, 100_000, 100_000)
    assert estate.count(EventName.CHARGEBACK_DOUBTFUL) == 1
    with pytest.raises(PaymentContested):
        refunds.ask(1)
    handle(refunds, LOST)
    assert (refunds.at_provider(), estate.count(EventName.CHARGEBACK_CLOSED)) == (0, 1)


def test_what_is_refunded_already_cannot_be_lost_as_well_unseen(estate: Estate) -> None:
    refunds = Refunds(estate)
    refunds.finish(refunds.send(30_000))
    event(refunds, Claim.LOST, naira(100_000))
    assert (claim_of(refunds).said, refunds.at_provider()) == (naira(100_000), 70_000)
    handle(refunds, WON)
    assert refunds.ask(70_000).is_open


@pytest.mark.parametrize(
    "said", [naira(100_001), Money(100, Currency("USD"))], ids=["too much", "other currency"]
)
def test_a_look_up_that_tells_of_a_loss_that_cannot_be_is_left_to_staff(
    estate: Estate, said: Money
) -> None:
    refunds = Refunds(estate)
    plain = settled(refunds.tried, capture=refunds.capture)
    told = replace(plain, is_disputed=False, refunded=naira(0), lost=said)
    for _ in range(2):
        estate.answer(refunds.tried, told)
    claim = claim_of(refunds)
    assert (claim.said, refunds.at_provider(), estate.collected()) == (said, 100_000, 100_000)
    handle(refunds, WON)
    estate.answer(refunds.tried, told)
    opened = estate.look(lambda tx: tx.chargebacks.open_of(refunds.payment.id))
    assert (opened, estate.count(EventName.CHARGEBACK_DOUBTFUL)) == ((), 1)


def test_what_was_taken_just_before_a_claim_is_not_its_loss(estate: Estate) -> None:
    refunds = Refunds(estate)
    refunds.told(30_000)
    event(refunds)
    event(refunds, Claim.LOST)
    assert (refunds.at_provider(), [each.amount_minor for each in refunds.all()]) == (
        0,
        [30_000, 70_000],
    )


class Twice:
    """A bill of 1,000 that was paid through two attempts of one payment, 1,000 each."""

    def __init__(self, estate: Estate) -> None:
        self.refunds = Refunds(estate)
        self.second = replace(settled(self.refunds.tried), provider_id="cap-second")

    @property
    def both(self) -> Settled:
        """Return what the provider says of both captures."""
        return replace(self.first, more=(self.second,))

    @property
    def first(self) -> Settled:
        """Return what it says of the one that paid the bill."""
        return settled(self.refunds.tried, 100_000, capture=self.refunds.capture)


def test_each_capture_of_a_payment_is_claimed_and_lost_by_itself(estate: Estate) -> None:
    twice = Twice(estate)
    refunds = twice.refunds
    estate.answer(refunds.tried, twice.both)
    attempt = refunds.tried.attempt
    claims = (twice.first, twice.second)
    for said in claims:
        estate.do(follow_event, attempt=attempt, settled=said, claim=Claim.OPEN)
    assert len(estate.look(lambda tx: tx.chargebacks.open_of(refunds.payment.id))) == 2
    for left, said in zip((100_000, 0), claims, strict=True):
        with pytest.raises(PaymentContested):
            refunds.ask(1)
        estate.do(follow_event, attempt=attempt, settled=said, claim=Claim.LOST)
        assert refunds.at_provider() == left
    assert estate.count(EventName.CHARGEBACK_CLOSED) == 2
    # The bill's part came from the organisation, the surplus from who had paid twice.
    assert (estate.collected(), estate.balance(estate.ada)) == (0, 0)


def test_look_ups_follow_the_claims_of_each_capture(estate: Estate) -> None:
    twice = Twice(estate)
    refunds = twice.refunds
    still = replace(twice.first, is_disputed=True)
    gone = replace(twice.second, is_disputed=False, lost=naira(100_000))
    estate.answer(refunds.tried, replace(still, more=(replace(twice.second, is_disputed=True),)))
    estate.answer(refunds.tried, replace(still, more=(gone,)))
    (claim,) = estate.look(lambda tx: tx.chargebacks.open_of(refunds.payment.id))
    assert (claim.capture, refunds.at_provider()) == (refunds.capture, 100_000)
    free = replace(twice.first, is_disputed=False, more=(gone,))
    estate.answer(refunds.tried, free)
    assert estate.look(lambda tx: tx.chargebacks.open_of(refunds.payment.id)) == ()


def test_look_ups_end_it_and_staff_need_not(estate: Estate) -> None:
    refunds = Refunds(estate)
    refunds.told(0, is_disputed=True)
    for status in (WON, LOST):
        with pytest.raises(IllegalTransition):
            handle(refunds, status)
    handle(refunds, EVIDENCE)
    event(refunds, Claim.OPEN)
    said = settled(refunds.tried, capture=refunds.capture)
    lost = replace(said, is_disputed=False, refunded=naira(0), lost=naira(40_000))
    for _ in range(2):
        estate.answer(refunds.tried, lost)
    assert (refunds.at_provider(), estate.collected()) == (60_000, 60_000)
    # A refund beside it, in the provider's own dashboard, is not taken for the bank's money.
    estate.answer(refunds.tried, replace(lost, refunded=naira(10_000)))
    assert refunds.at_provider() == 50_000
    assert refunds.ask(50_000).status is RefundStatus.PROCESSING


def test_staff_end_what_look_ups_no_longer_tell_of(estate: Estate) -> None:
    refunds = Refunds(estate)
    refunds.told(0, is_disputed=True)
    refunds.told(0)
    lost = handle(refunds, LOST)
    assert (lost.status, refunds.at_provider(), estate.collected()) == (LOST, 0, 0)


def test_who_may_not_ends_no_claim(estate: Estate) -> None:
    refunds = Refunds(estate)
    event(refunds)
    claim = claim_of(refunds)

    def refusal(status: ChargebackStatus, **what: object) -> type[Refusal]:
        kept = {"actor": estate.admin, "reason": "Letter", **what}
        with pytest.raises(Refusal) as refused:
            estate.do(handle_claim, chargeback_id=claim.id, status=status, **kept)  # type: ignore[arg-type]
        return refused.type

    assert refusal(LOST, actor=estate.ada) is NotAllowed
    assert refusal(LOST, actor=estate.eve) is NotFound
    assert refusal(LOST, actor=estate.member("Clerk", role=Role.AUDITOR)) is NotAllowed
    assert refusal(LOST, reason=" ") is InvalidInput
    estate.books.run(lambda tx: tx.freeze.doubt())
    estate.books.run(lambda tx: tx.freeze.begin())
    assert refusal(LOST) is OutflowsFrozen
    estate.books.run(lambda tx: tx.freeze.release())
    handle(refunds, WON)
    with pytest.raises(IllegalTransition):
        estate.do(
            handle_claim, actor=estate.admin, chargeback_id=claim.id, status=LOST, reason="No"
        )


def test_nobody_ends_a_claim_to_what_his_household_paid(estate: Estate) -> None:
    refunds = Refunds(estate)
    partner = live_with_ada(estate)
    event(refunds)
    claim = claim_of(refunds)
    with pytest.raises(NotAllowed):
        estate.do(handle_claim, actor=partner, chargeback_id=claim.id, status=WON, reason="Letter")
    with pytest.raises(NotAllowed):
        estate.do(payment_to_refund, actor=partner, payment_id=refunds.payment.id)
    assert handle(refunds, WON).status is WON


def test_a_bill_is_not_cancelled_while_a_bank_claims_what_paid_it(estate: Estate) -> None:
    refunds = Refunds(estate)
    event(refunds)
    with pytest.raises(PaymentContested):
        cancel(estate, refunds.bill)
    assert estate.collected() == 100_000
    event(refunds, Claim.WON)
    cancel(estate, refunds.bill)
    assert (estate.collected(), estate.balance(estate.ada)) == (0, 100_000)


def test_money_claimed_before_claims_were_records_is_let_go(estate: Estate) -> None:
    refunds = Refunds(estate)

    def mark(tx: Transaction) -> None:
        before = tx.refunds.refundable(refunds.payment)
        tx.refunds.replace_refundable(before, before.contest(at=tx.now))

    estate.look(mark)
    refunds.told(0)
    with pytest.raises(PaymentContested):
        refunds.ask(1_000)
    refunds.told(0, is_disputed=False)
    assert refunds.ask(1_000).is_open

"""Claims of payers' banks to money that was kept apart: it waits, and what is lost is booked."""

from dataclasses import replace

import pytest

from core.domain.acts import EventName
from core.domain.chargebacks import Chargeback, ChargebackStatus
from core.domain.claims import Claim
from core.domain.differences import DifferenceKind
from core.domain.errors import PaymentContested, UnmatchedGone
from core.domain.ledger import AccountKind
from core.domain.money import Currency, Money
from core.domain.providers import Settled
from core.domain.refunds import RefundStatus
from core.use_cases.chargebacks import follow_event
from core.use_cases.claims import handle_claim
from core.use_cases.comparing import stands
from core.use_cases.refunding import begin_refund
from tests.core.estate import Estate, settled
from tests.core.use_cases.test_unmatched_refunds import KEPT, Kept
from tests.factories import naira


@pytest.fixture
def kept(estate: Estate) -> Kept:
    return Kept(estate)


def event(kept: Kept, claim: Claim = Claim.OPEN, claimed: Money | None = None) -> None:
    """Let a proven event tell of a claim."""
    kept.estate.do(
        follow_event,
        attempt=kept.tried.attempt,
        settled=kept.said,
        claim=claim,
        claimed=claimed,
    )


def claim_of(kept: Kept) -> Chargeback:
    (claim,) = kept.estate.look(lambda tx: tx.chargebacks.of(kept.tried.payment.id))
    return claim


def at_provider(kept: Kept) -> int:
    configuration = kept.estate.configuration
    return -kept.estate.account(AccountKind.PROVIDER, configuration.id).balance.minor


def test_what_is_claimed_is_neither_matched_nor_sent_back(estate: Estate, kept: Kept) -> None:
    event(kept)
    assert claim_of(kept).amount == naira(KEPT)
    assert estate.count(EventName.CHARGEBACK_OPENED) == 1
    with pytest.raises(PaymentContested):
        kept.ask()
    with pytest.raises(PaymentContested):
        kept.give(1_000)
    event(kept, Claim.WON)
    kept.give(1_000)
    assert kept.ask(1_000).is_open


@pytest.mark.parametrize(("claimed", "lost"), [(None, KEPT), (naira(50_000), 50_000)])
def test_what_was_lost_leaves_once_and_the_rest_is_free(
    kept: Kept, claimed: Money | None, lost: int
) -> None:
    for word in (Claim.OPEN, Claim.LOST, Claim.LOST):
        event(kept, word, claimed)
    assert (at_provider(kept), kept.now().free) == (KEPT - lost, naira(KEPT - lost))
    claim = claim_of(kept)
    assert (claim.status, claim.refund_id) == (ChargebackStatus.LOST, None)
    assert claim.journal_id is not None
    if lost == KEPT:
        with pytest.raises(UnmatchedGone):
            kept.give(1)


def test_a_refund_that_was_not_sent_does_not_leave_beside_a_claim(
    estate: Estate, kept: Kept
) -> None:
    refund = kept.ask(20_000)
    event(kept)
    assert estate.do(begin_refund, refund_id=refund.id) is None
    assert estate.look(lambda tx: tx.refunds.get(refund.id)).status is RefundStatus.FAILED
    assert kept.now().free == naira(KEPT)


def test_what_was_matched_comes_back_from_whom_it_was_given_to(estate: Estate, kept: Kept) -> None:
    kept.give(100_000)
    event(kept, Claim.LOST)
    assert (at_provider(kept), kept.now().free) == (0, naira(0))
    assert estate.balance(estate.ben) == 0
    assert estate.account(AccountKind.OWED).balance.minor == 0


def test_what_a_member_has_no_more_he_owes(estate: Estate, kept: Kept) -> None:
    kept.give(100_000)
    spend(estate, 30_000)
    event(kept, Claim.LOST)
    owed = estate.account(AccountKind.OWED, estate.ben.person_id)
    assert (at_provider(kept), owed.balance.minor) == (0, -30_000)
    assert estate.count(EventName.MONEY_TAKEN_BACK) == 1


def spend(estate: Estate, minor: int) -> None:
    """Let Ben spend some of what he was given."""
    bill = estate.acknowledge(estate.issue(minor))
    estate.pay(bill, minor, actor=estate.ben)


def test_more_than_was_kept_is_left_to_staff(estate: Estate, kept: Kept) -> None:
    event(kept, Claim.LOST, naira(KEPT + 1))
    assert (claim_of(kept).said, at_provider(kept)) == (naira(KEPT + 1), KEPT)
    assert estate.count(EventName.CHARGEBACK_DOUBTFUL) == 1
    estate.do(
        handle_claim,
        actor=estate.admin,
        chargeback_id=claim_of(kept).id,
        status=ChargebackStatus.LOST,
        reason="Letter of the bank",
    )
    assert (at_provider(kept), kept.now().free) == (0, naira(0))


@pytest.mark.parametrize("is_told_first", [True, False])
def test_look_ups_follow_it_to_its_end(estate: Estate, kept: Kept, *, is_told_first: bool) -> None:
    if is_told_first:
        estate.answer(kept.tried, replace(kept.said, is_disputed=True))
    lost = replace(kept.said, is_disputed=False, lost=naira(40_000))
    for _ in range(2):
        estate.answer(kept.tried, lost)
    assert (claim_of(kept).status, at_provider(kept)) == (ChargebackStatus.LOST, KEPT - 40_000)


def test_a_look_up_that_it_is_over_frees_it(estate: Estate, kept: Kept) -> None:
    estate.answer(kept.tried, replace(kept.said, is_disputed=True))
    estate.answer(kept.tried, replace(kept.said, is_disputed=False))
    assert (claim_of(kept).status, at_provider(kept)) == (ChargebackStatus.WON, KEPT)
    kept.give(KEPT)


def test_a_claim_in_another_currency_than_the_payments_is_for_a_human(estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    odd = replace(settled(tried, 100, capture="cap-usd"), captured=Money(100, Currency("USD")))
    estate.answer(tried, odd)
    for claim, is_placed in ((Claim.OPEN, True), (Claim.OPEN, True), (Claim.LOST, False)):
        told = {"attempt": tried.attempt, "settled": odd, "claim": claim}
        assert estate.do(follow_event, **told) is is_placed  # type: ignore[arg-type]
    estate.answer(tried, replace(odd, is_disputed=True))
    assert estate.look(lambda tx: tx.chargebacks.of(tried.payment.id)) == ()
    tenant_id = estate.tenant.id
    (found,) = estate.look(lambda tx: tx.differences.open_in(tenant_id, after=None, limit=5))
    assert (found.kind, found.listed, found.provider_id, found.payment_id) == (
        DifferenceKind.CLAIMED,
        odd.captured,
        "cap-usd",
        tried.payment.id,
    )
    assert estate.count(EventName.MONEY_DIFFERS) == 1
    assert estate.look(lambda tx: stands(tx, difference=found))


def test_look_ups_follow_what_came_under_another_reference(estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    astray = replace(settled(tried, KEPT, capture="cap-astray"), reference="somebody-elses")
    estate.answer(tried, astray)
    estate.answer(tried, replace(astray, is_disputed=True))
    estate.answer(tried, replace(astray, is_disputed=False, lost=naira(50_000)))
    (claim,) = estate.look(lambda tx: tx.chargebacks.of(tried.payment.id))
    assert (claim.status, claim.amount) == (ChargebackStatus.LOST, naira(KEPT))
    provider = estate.account(AccountKind.PROVIDER, estate.configuration.id)
    assert provider.balance.minor == 50_000 - KEPT


def test_a_look_up_that_tells_of_a_loss_in_another_currency_is_for_a_human(estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    odd = replace(settled(tried, 100, capture="cap-usd"), captured=Money(100, Currency("USD")))
    estate.answer(tried, odd)

    def is_placed(said: Settled) -> bool:
        told = {"attempt": tried.attempt, "settled": said, "claim": Claim.OPEN}
        return bool(estate.do(follow_event, **told))  # type: ignore[arg-type]

    assert is_placed(replace(odd, is_disputed=True))
    assert not is_placed(replace(odd, is_disputed=False, lost=Money(100, Currency("USD"))))
    assert is_placed(replace(odd, is_disputed=False))


def test_what_is_given_back_after_it_was_lost_is_for_a_human(estate: Estate, kept: Kept) -> None:
    event(kept, Claim.LOST)
    told = {"attempt": kept.tried.attempt, "claim": Claim.WON}
    for said in (kept.said, replace(kept.said, is_disputed=False)):
        assert estate.do(follow_event, settled=said, **told) is False  # type: ignore[arg-type]
    assert at_provider(kept) == 0

"""A capture that the books do not have is booked, and goes back, once."""

from dataclasses import replace
from functools import partial

import pytest

from core.domain.differences import Difference, DifferenceId, DifferenceKind, DifferenceStatus
from core.domain.errors import NotAllowed, StaleCard
from core.domain.ledger import AccountKind
from core.domain.people import Role
from core.use_cases.comparing import judge
from core.use_cases.refunding import begin_refund, record_refund
from core.use_cases.unmatched_refunds import send_difference_back
from tests.core.estate import Estate
from tests.core.use_cases.refunding import listed, moved
from tests.factories import NGN, naira


def differs(estate: Estate) -> Difference:
    """Let the provider list 70.00 under no reference of ours."""
    found = Difference(
        id=DifferenceId(1),
        tenant_id=estate.tenant.id,
        configuration_id=estate.configuration.id,
        kind=DifferenceKind.STRANGE,
        provider_id="x-1",
        reference="shop-77",
        currency=NGN,
        listed_minor=7_000,
        booked_currency=NGN,
        booked_minor=0,
        found_at=estate.clock.now(),
    )
    return estate.books.run(
        lambda tx: tx.differences.add(replace(found, id=DifferenceId(tx.new_id())))
    )


def test_a_capture_that_the_books_do_not_have_is_booked_and_goes_back(estate: Estate) -> None:
    treasurer = estate.member("Treasurer", role=Role.FINANCE)
    found = differs(estate)
    send = partial(send_difference_back, actor=treasurer, difference_id=found.id, reason="Website")
    refund = estate.do(send)
    ended = estate.look(lambda tx: tx.differences.get(found.id))
    assert (ended.status, ended.journal_id) == (DifferenceStatus.MATCHED, refund.unmatched_id)
    assert (refund.payer_id, refund.attempt_id) == (None, None)
    with pytest.raises(StaleCard):
        estate.do(send)
    request = estate.do(begin_refund, refund_id=refund.id)
    assert request is not None
    assert (request.provider_id, request.payment_reference) == ("x-1", "shop-77")
    estate.do(record_refund, refund_id=refund.id, outcome=moved(refund))
    account = estate.account(AccountKind.SUSPENSE)
    assert (account.balance, account.held) == (naira(0), naira(0))
    seen = listed(estate, "x-1", 7_000, refunded_minor=7_000)
    assert estate.look(lambda tx: judge(tx, listed=seen)) is None


def test_a_difference_is_decided_by_who_may_adjust(estate: Estate) -> None:
    found = differs(estate)
    with pytest.raises(NotAllowed):
        estate.do(
            send_difference_back, actor=estate.admin, difference_id=found.id, reason="Website"
        )
    assert estate.look(lambda tx: tx.differences.get(found.id)).is_open

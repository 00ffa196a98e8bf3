"""How a request for money back ends, and when it is only said again."""

from datetime import timedelta

import pytest

from core.domain.acts import NoteId
from core.domain.errors import IllegalTransition
from core.domain.payments import PaymentId
from core.domain.people import PersonId
from core.domain.refund_requests import (
    SAME_WITHIN,
    RefundRequest,
    RefundRequestId,
    RefundRequestStatus,
)
from core.domain.tenants import TenantId
from tests.factories import NGN, NOW, naira

STAFF = PersonId(9)
REQUEST = RefundRequest(
    id=RefundRequestId(1),
    tenant_id=TenantId(2),
    payment_id=PaymentId(3),
    payer_id=PersonId(4),
    currency=NGN,
    amount_minor=40_000,
    reason_id=NoteId(5),
    asked_at=NOW,
)


@pytest.mark.parametrize("status", list(RefundRequestStatus)[1:])
def test_it_ends_once(status: RefundRequestStatus) -> None:
    ended = REQUEST.end(status, by=STAFF, at=NOW)
    assert (ended.status, ended.decided_by, ended.decided_at) == (status, STAFF, NOW)
    assert (REQUEST.is_open, ended.is_open) == (True, False)
    for again in RefundRequestStatus:
        with pytest.raises(IllegalTransition):
            ended.end(again, by=STAFF, at=NOW)


def test_only_the_same_amount_within_minutes_of_the_end_is_said_again() -> None:
    ended = REQUEST.end(RefundRequestStatus.REJECTED, by=STAFF, at=NOW)
    late = NOW + SAME_WITHIN
    assert ended.is_repeated_by(naira(40_000), at=late - timedelta(seconds=1))
    assert not ended.is_repeated_by(naira(40_000), at=late)
    assert not ended.is_repeated_by(naira(40_001), at=NOW)
    assert not REQUEST.is_repeated_by(naira(40_000), at=NOW)

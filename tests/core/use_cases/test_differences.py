"""Nobody decides about a difference of what he or his household paid."""

import pytest

from core.domain.differences import Difference, DifferenceId, DifferenceKind, DifferenceStatus
from core.domain.errors import NotAllowed
from core.domain.people import Role
from core.ports import Transaction
from core.use_cases.differences import ignore_difference, match_difference, may_decide
from tests.core.estate import Estate, live_with_ada
from tests.core.use_cases.refunding import Refunds
from tests.factories import NGN, NOW


def differs(estate: Estate) -> Difference:
    """Let a provider list a capture for Ada's payment that the books do not have."""
    payment = Refunds(estate).payment

    def build(tx: Transaction) -> Difference:
        found = Difference(
            id=DifferenceId(tx.new_id()),
            tenant_id=estate.tenant.id,
            configuration_id=estate.configuration.id,
            kind=DifferenceKind.UNCREDITED,
            provider_id="x-1",
            reference="",
            currency=NGN,
            listed_minor=7_000,
            booked_currency=NGN,
            booked_minor=0,
            found_at=tx.now,
            captured_at=NOW,
            payment_id=payment.id,
            told_id=tx.add_note(estate.tenant.id, "Visa"),
        )
        return tx.differences.add(found)

    return estate.books.run(build)


def test_nobody_decides_about_what_his_household_paid(estate: Estate) -> None:
    found = differs(estate)
    partner = live_with_ada(estate, Role.FINANCE)
    assert not estate.look(lambda tx: may_decide(tx, actor=partner, difference=found))
    with pytest.raises(NotAllowed):
        estate.do(ignore_difference, actor=partner, difference_id=found.id, reason="Website")
    with pytest.raises(NotAllowed):
        estate.do(
            match_difference,
            actor=partner,
            difference_id=found.id,
            person_id=estate.ben.person_id,
            reason="Bank slip",
            key="k1",
            has_pin_check=True,
        )
    other = estate.member("Kemi", role=Role.FINANCE)
    assert estate.look(lambda tx: may_decide(tx, actor=other, difference=found))
    ended = estate.do(ignore_difference, actor=other, difference_id=found.id, reason="Website")
    assert ended.status is DifferenceStatus.IGNORED

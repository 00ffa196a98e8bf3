"""What is said of a provider's fee before the tap: what it kept lately, or nothing."""

from collections.abc import Sequence

import pytest

from core.domain.bills import Bill
from core.domain.money import Money
from core.domain.tenants import FeeBearer
from core.use_cases.choice import ways
from core.use_cases.fees import about_fee, rounded
from tests.core.estate import Estate, settled
from tests.factories import naira


def captures(estate: Estate, *pairs: tuple[int, int]) -> None:
    """Let the provider take amounts and keep fees, in kobo."""
    for number, (minor, fee) in enumerate(pairs):
        tried = estate.open_link(estate.agreed(minor))
        estate.answer(tried, settled(tried, capture=f"cap-{number}", fee=naira(fee)))


def about(estate: Estate, minor: int) -> Money | None:
    """Return what is said of an amount."""
    return estate.look(
        lambda tx: about_fee(
            tx,
            tenant_id=estate.tenant.id,
            configuration_id=estate.configuration.id,
            amount=naira(minor),
        )
    )


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], None),
        ([(100_000, 1_500)] * 2, None),
        ([(100_000, 1_500)] * 3, 1_500),
        ([(100_000, 1_000), (100_000, 1_543), (100_000, 9_000)], 1_500),
        ([(100_000, 1_500), (100_000, 1_500), (1_000_000, 1_500)], None),
        ([(50_000, 1_000), (50_000, 1_000), (200_000, 4_000)], 2_000),
        ([(100_000, 0)] * 3, None),
    ],
)
def test_only_enough_captures_of_about_this_size_tell(
    estate: Estate, pairs: Sequence[tuple[int, int]], expected: int | None
) -> None:
    captures(estate, *pairs)
    assert about(estate, 100_000) == (None if expected is None else naira(expected))


def test_captures_of_others_tell_nothing(estate: Estate) -> None:
    captures(estate, *[(100_000, 1_500)] * 3)
    found = estate.look(
        lambda tx: about_fee(
            tx,
            tenant_id=estate.other.id,
            configuration_id=estate.configuration.id,
            amount=naira(100_000),
        )
    )
    assert found is None


@pytest.mark.parametrize(
    ("minor", "two_figures"), [(0, 0), (7, 7), (99, 99), (154, 150), (15_500, 16_000)]
)
def test_a_guess_keeps_two_figures(minor: int, two_figures: int) -> None:
    assert rounded(minor) == two_figures


def fees(estate: Estate, bill: Bill | None) -> list[Money | None]:
    """Return what Ada is told of the fees of 1,000.00, for a bill or for her wallet."""
    found = estate.look(
        lambda tx: ways(
            tx,
            tenant_id=estate.tenant.id,
            payer_id=estate.ada.person_id,
            amount=naira(100_000),
            bill=bill,
        )
    )
    return [way.fee for way in found]


@pytest.mark.parametrize("bearer", FeeBearer)
def test_a_payer_is_told_only_what_he_bears(estate: Estate, bearer: FeeBearer) -> None:
    captures(estate, *[(100_000, 1_500)] * 3)
    estate.change_tenant(fee_bearer=bearer)
    bill = estate.agreed(100_000)
    for_bill, for_wallet = fees(estate, bill), fees(estate, None)
    bears = bearer is FeeBearer.PAYER
    assert (for_bill, for_wallet) == ([naira(1_500) if bears else None], [naira(1_500)])

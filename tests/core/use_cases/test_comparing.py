"""One capture of a provider's list against the books."""

import pytest

from core.domain.differences import Difference, DifferenceKind
from core.domain.reconciling import Listed
from core.domain.tenants import PLATFORM
from core.use_cases.comparing import judge
from tests.core.estate import Estate
from tests.factories import NGN, add_configuration


def listed(estate: Estate, reference: str, *, is_shared: bool) -> Difference | None:
    """Compare a capture in the list of another configuration, perhaps the platform's."""
    owner = estate.look(lambda tx: tx.tenants.get(PLATFORM)) if is_shared else estate.other
    other = estate.books.run(lambda tx: add_configuration(tx, owner))
    found = Listed(
        configuration_id=other.id,
        provider_id="x-1",
        reference=reference,
        currency=NGN,
        captured_minor=1_000,
    )
    return estate.look(lambda tx: judge(tx, listed=found))


def test_a_reference_that_is_ours_elsewhere_is_no_difference_here(estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    assert listed(estate, tried.attempt.reference, is_shared=True) is None


def test_a_made_up_reference_is_strange_and_belongs_to_the_configurations_owner(
    estate: Estate,
) -> None:
    tried = estate.open_link(estate.agreed())
    found = listed(estate, tried.attempt.reference[:-1] + "?", is_shared=True)
    assert found is not None
    assert (found.kind, found.tenant_id) == (DifferenceKind.STRANGE, PLATFORM)


@pytest.mark.parametrize("reference", ["", "hz", "hz-1", "hzzz-1", "hz" + "f" * 16 + "-1"])
def test_whatever_stands_as_a_reference_is_no_mistake_of_ours(
    estate: Estate, reference: str
) -> None:
    found = listed(estate, reference, is_shared=False)
    assert found is not None
    assert (found.tenant_id, found.payment_id) == (estate.other.id, None)

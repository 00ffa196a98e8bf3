"""A provider's circuit breaker at its edges: how it falls, rests, is tried and comes back."""

from datetime import timedelta

import pytest

from core.domain.configurations import ConfigurationId
from core.domain.money import Currency, Money
from core.domain.providers import Declined, Outcome, Pending, ProviderError, Settled, Unknown
from core.domain.standings import DOWN_AFTER, PAUSES, WITHIN, Standing, is_trouble
from tests.books import NOW

UP = Standing(configuration_id=ConfigurationId(1))


def fallen() -> Standing:
    """Return what has just fallen."""
    standing = UP
    for _ in range(DOWN_AFTER):
        standing = standing.fail(at=NOW)
    return standing


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Unknown(error=ProviderError.TIMEOUT_ERROR), True),
        (Unknown(error=ProviderError.PROVIDER_ERROR, detail="HTTP 503"), True),
        (Declined(error=ProviderError.PROVIDER_ERROR), True),
        (Declined(error=ProviderError.AUTHENTICATION_ERROR), True),
        (Declined(error=ProviderError.DECLINED_CARD), False),
        (Declined(error=ProviderError.INSUFFICIENT_FUNDS), False),
        (Declined(error=ProviderError.INVALID_CARD), False),
        (Pending(link="https://pay.example/1"), False),
        (
            Settled(
                provider_id="c", reference="r", captured=Money(1, Currency("NGN")), is_test=True
            ),
            False,
        ),
    ],
)
def test_only_the_providers_own_fault_is_trouble(outcome: Outcome, *, expected: bool) -> None:
    assert is_trouble(outcome) is expected


def test_one_trouble_too_few_is_none() -> None:
    standing = UP
    for _ in range(DOWN_AFTER - 1):
        standing = standing.fail(at=NOW)
    assert not standing.is_down
    assert standing.fail(at=NOW).is_down


def test_an_answer_in_between_begins_the_count_anew() -> None:
    standing = UP.fail(at=NOW).fail(at=NOW).recover().fail(at=NOW).fail(at=NOW)
    assert not standing.is_down


@pytest.mark.parametrize(("late", "is_down"), [(WITHIN, True), (WITHIN * 2, False)])
def test_troubles_count_together_within_a_while(late: timedelta, *, is_down: bool) -> None:
    standing = UP.fail(at=NOW).fail(at=NOW).fail(at=NOW + late)
    assert standing.is_down is is_down
    assert standing.troubles == (3 if is_down else 1)


def test_it_rests_for_the_first_pause_exactly() -> None:
    standing = fallen()
    assert standing.is_resting(at=NOW + PAUSES[0] - timedelta(microseconds=1))
    assert not standing.is_resting(at=NOW + PAUSES[0])
    assert standing.is_down


def test_more_trouble_changes_nothing_of_what_is_down() -> None:
    assert fallen().fail(at=NOW + timedelta(hours=1)) == fallen()


def test_one_payer_tries_and_others_wait_longer_each_time() -> None:
    standing, at = fallen(), NOW
    waited = []
    for _ in range(len(PAUSES) + 1):
        assert standing.try_at is not None
        waited.append(standing.try_at - at)
        at = standing.try_at
        standing = standing.let_try(at=at)
        assert standing.is_resting(at=at)
        assert standing.let_try(at=at) is standing
    assert waited == [*PAUSES, PAUSES[-1]]


def test_what_rests_or_is_up_takes_no_trial() -> None:
    assert fallen().let_try(at=NOW) == fallen()
    assert UP.let_try(at=NOW) is UP


def test_the_first_answer_forgets_everything() -> None:
    tried = fallen().let_try(at=NOW + PAUSES[0])
    assert tried.recover() == UP
    assert UP.fail(at=NOW).recover().is_clean

"""Providers that fall and come back, and what payers are offered meanwhile."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from core.domain.acts import EventName
from core.domain.configurations import Configuration, ConfigurationId
from core.domain.methods import Preference
from core.domain.providers import Declined, Outcome, Pending, ProviderError, Unknown
from core.domain.standings import DOWN_AFTER, PAUSES
from core.domain.tenants import PLATFORM
from core.use_cases.choice import ENOUGH, Way, other_ways, ways
from core.use_cases.links import begin_call, open_top_up
from core.use_cases.standings import hear_opening, let_try
from storage.transaction import SqlTransaction
from tests.core.estate import Estate, Tried
from tests.factories import add_configuration, naira

BROKEN = Unknown(error=ProviderError.PROVIDER_ERROR, detail="HTTP 500")
PAGE = Pending(link="https://pay.example/1")


@pytest.fixture
def second(estate: Estate) -> Configuration:
    """Another provider, second by its place."""
    return estate.books.run(lambda tx: add_configuration(tx, estate.tenant, provider="paystack"))


def hears(estate: Estate, *outcomes: Outcome, is_first: bool = True) -> list[EventName | None]:
    """Let the estate's first provider answer requests for pages."""
    return [
        estate.do(
            hear_opening,
            configuration=estate.configuration,
            outcome=outcome,
            is_first=is_first,
        )
        for outcome in outcomes
    ]


def falls(estate: Estate) -> None:
    """Let it fall."""
    hears(estate, *[BROKEN] * DOWN_AFTER)


def offered(estate: Estate) -> Sequence[Way]:
    """Return what Ada is offered."""
    return estate.look(
        lambda tx: ways(
            tx,
            tenant_id=estate.tenant.id,
            payer_id=estate.ada.person_id,
            amount=naira(500_000),
        )
    )


def names(found: Sequence[Way]) -> list[tuple[str, bool]]:
    return [(way.provider, way.has_trouble) for way in found]


def test_a_fall_and_its_end_are_told_once_each(estate: Estate) -> None:
    told = hears(estate, *[BROKEN] * (DOWN_AFTER + 2), PAGE, PAGE)
    assert [each for each in told if each] == [
        EventName.PROVIDER_DOWN,
        EventName.PROVIDER_RECOVERED,
    ]
    assert estate.count(EventName.PROVIDER_DOWN) == estate.count(EventName.PROVIDER_RECOVERED) == 1


def test_a_payers_declined_cards_are_no_trouble(estate: Estate) -> None:
    no = Declined(error=ProviderError.DECLINED_CARD)
    assert hears(estate, *[no] * 9) == [None] * 9
    assert estate.look(lambda tx: tx.standings.find(estate.configuration.id)) is None


def test_asking_again_for_the_same_page_counts_no_second_time(estate: Estate) -> None:
    hears(estate, *[BROKEN] * 9, is_first=False)
    assert estate.look(lambda tx: tx.standings.down(estate.tenant.id)) == {}


def test_a_page_that_comes_late_brings_it_back_and_a_mere_answer_does_not(estate: Estate) -> None:
    falls(estate)
    assert hears(estate, Pending(), is_first=False) == [None]
    assert hears(estate, PAGE, is_first=False) == [EventName.PROVIDER_RECOVERED]


def test_what_is_down_is_offered_last_with_a_warning(estate: Estate, second: Configuration) -> None:
    assert names(offered(estate)) == [("sandbox", False), (second.provider, False)]
    falls(estate)
    assert names(offered(estate)) == [(second.provider, False), ("sandbox", True)]
    hears(estate, PAGE)
    assert names(offered(estate)) == [("sandbox", False), (second.provider, False)]


def test_after_a_pause_one_payer_tries_it_in_its_own_place(
    estate: Estate, second: Configuration
) -> None:
    falls(estate)
    estate.clock.move(seconds=int(PAUSES[0].total_seconds()))
    assert names(offered(estate)) == [("sandbox", True), (second.provider, False)]
    estate.do(let_try, configuration_id=estate.configuration.id)
    assert names(offered(estate)) == [(second.provider, False), ("sandbox", True)]
    estate.clock.move(seconds=int(PAUSES[1].total_seconds()))
    assert names(offered(estate))[0] == ("sandbox", True)


def test_opening_a_payment_is_the_trial(estate: Estate, second: Configuration) -> None:
    falls(estate)
    estate.clock.move(seconds=int(PAUSES[0].total_seconds()))
    estate.ask_link(estate.agreed())
    assert names(offered(estate)) == [(second.provider, False), ("sandbox", True)]


def test_what_failed_this_payment_comes_last_for_it_though_it_is_up(
    estate: Estate, second: Configuration
) -> None:
    tried = estate.ask_link(estate.agreed())
    estate.do(begin_call, attempt_id=tried.attempt.id)
    failed = estate.answer(tried, Declined(error=ProviderError.PROVIDER_ERROR))
    found = estate.look(lambda tx: other_ways(tx, payment=failed.payment))
    assert names(found) == [(second.provider, False), ("sandbox", True)]
    assert names(offered(estate))[0] == ("sandbox", False)


def test_a_declined_card_does_not_move_its_provider(estate: Estate, second: Configuration) -> None:
    tried = estate.open_link(estate.agreed())
    declined = estate.answer(tried, Declined(error=ProviderError.DECLINED_CARD))
    found = estate.look(lambda tx: other_ways(tx, payment=declined.payment))
    assert names(found) == [("sandbox", False), (second.provider, False)]


def test_a_preferred_provider_comes_first_but_not_while_it_is_down(
    estate: Estate, second: Configuration
) -> None:
    estate.books.run(
        lambda tx: tx.methods.prefer(
            estate.ada.person_id, estate.tenant.id, Preference(provider=second.provider)
        )
    )
    assert names(offered(estate))[0] == (second.provider, False)
    for _ in range(DOWN_AFTER):
        estate.do(hear_opening, configuration=second, outcome=BROKEN, is_first=True)
    assert names(offered(estate)) == [("sandbox", False), (second.provider, True)]


def test_a_fall_stands_in_the_audit_chain(estate: Estate) -> None:
    falls(estate)
    hears(estate, PAGE)
    found = estate.books.rows(
        "SELECT content FROM change WHERE entity = 'provider_standing' ORDER BY act_id"
    )
    assert [row[0] for row in found] == [
        '{"is_down":"True","troubles":"3"}',
        '{"is_down":"False","troubles":"0"}',
    ]


def test_of_the_newest_attempts_only_decided_ones_tell_how_well_a_provider_does(
    estate: Estate,
) -> None:
    bill = estate.agreed()
    estate.settle(estate.open_link(bill, 100_000), capture="cap-1")
    estate.answer(estate.open_link(bill, 100_000), Declined(error=ProviderError.DECLINED_CARD))
    estate.open_link(estate.agreed())
    at = estate.clock.now()

    def count(since: datetime) -> tuple[int, int]:
        return estate.look(lambda tx: tx.payments.decided(estate.configuration.id, since=since))

    assert count(at) == (1, 2)
    assert count(at + timedelta(seconds=1)) == (0, 0)


def test_of_shared_providers_the_one_that_settles_more_comes_first(estate: Estate) -> None:
    def share(tx: SqlTransaction) -> list[Configuration]:
        shared = [
            Configuration(
                id=ConfigurationId(tx.new_id()),
                tenant_id=PLATFORM,
                provider=provider,
                is_test=True,
            )
            for provider in ("flutterwave", "paystack")
        ]
        for each in shared:
            tx.configurations.add(each)
        return shared

    first, _ = estate.books.run(share)
    assert names(offered(estate))[1:] == [("flutterwave", False), ("paystack", False)]
    for _ in range(ENOUGH):
        tried = open_at(estate, first)
        estate.answer(tried, Declined(error=ProviderError.DECLINED_CARD))
    assert names(offered(estate))[1:] == [("paystack", False), ("flutterwave", False)]


def open_at(estate: Estate, configuration: Configuration) -> Tried:
    """Let Ada ask for a page of a provider, to fill her wallet."""
    payment = estate.do(
        open_top_up, actor=estate.ada, amount=naira(100_000), configuration=configuration
    )
    tried = estate.tried(payment)
    estate.do(begin_call, attempt_id=tried.attempt.id)
    return tried

"""J-04: a provider falls; payers go on with another one, late money is kept, and it comes back."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bot.engine.alarms import DOWN_AFTER as SILENT_AFTER
from bot.engine.arrivals import store_hook
from core.domain.configurations import Configuration
from core.domain.payments import AttemptStatus, Payment
from core.domain.people import Actor, Identity, IdentityId
from core.domain.providers import Authentic, Pending, Provider, ProviderError, Unknown
from core.domain.standings import DOWN_AFTER, PAUSES
from core.use_cases.choice import other_ways, ways
from core.use_cases.links import open_top_up, retry_payment
from storage.transaction import SqlTransaction
from tests.bot.engine.desk import Desk, open_desk
from tests.core.estate import TOTAL, Estate, Tried, palm_court, settled
from tests.factories import add_configuration, naira
from tests.fakes.providers import FakeProvider, FakeRegistry

OPERATOR, KEEPER = 5001, 600
ERROR_500 = Unknown(error=ProviderError.PROVIDER_ERROR, detail="HTTP 500")


class Both(FakeRegistry):
    """Knows two configurations of the tenant, A and B."""

    def __init__(self, first: Configuration, second: Configuration) -> None:
        self.a, self.b = FakeProvider(honours_our_id=False), FakeProvider()
        super().__init__(first, self.a)
        self._adapters: dict[int, Provider] = {first.id: self.a, second.id: self.b}

    async def adapter(self, configuration: Configuration) -> Provider | None:
        """Return the adapter of the configuration."""
        return self._adapters.get(configuration.id)


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with palm_court(tmp_path) as found:
        yield found


@pytest.fixture
def second(estate: Estate) -> Configuration:
    """Provider B, second by its place; whoever keeps the keys is in Telegram."""

    def build(tx: SqlTransaction) -> Configuration:
        known = Identity(
            id=IdentityId(tx.new_id()),
            person_id=estate.admin.person_id,
            channel="telegram",
            external_id=KEEPER,
        )
        tx.people.add_identity(known)
        return add_configuration(tx, estate.tenant, provider="paystack")

    return estate.books.run(build)


def offered(estate: Estate) -> list[str]:
    """Return what Cyd is offered for his wallet."""
    found = estate.look(
        lambda tx: ways(
            tx,
            tenant_id=estate.tenant.id,
            payer_id=estate.cyd.person_id,
            amount=naira(100_000),
        )
    )
    return [way.provider for way in found]


def top_up(estate: Estate, actor: Actor) -> Payment:
    return estate.do(
        open_top_up, actor=actor, amount=naira(100_000), configuration=estate.configuration
    )


def told(desk: Desk, chat_id: int) -> list[str]:
    """Return what a chat was sent about a provider."""
    sent = [payload for _, payload in desk.api.calls if payload.get("chat_id") == chat_id]
    return [str(payload["text"]) for payload in sent]


async def falls(desk: Desk, estate: Estate, both: Both, payers: Sequence[Actor]) -> None:
    """Let provider A answer errors until it is down."""
    assert len(payers) == DOWN_AFTER
    for payer in payers:
        both.a.plans = [ERROR_500]
        top_up(estate, payer)
        await desk.later(0)


async def test_next_payers_are_offered_another_one_and_those_who_must_know_are_told(
    tmp_path: Path, estate: Estate, second: Configuration
) -> None:
    both = Both(estate.configuration, second)
    options = {"path": estate.books.path, "registry": both, "operators": (OPERATOR,)}
    async with open_desk(tmp_path, **options) as desk:
        assert offered(estate) == ["sandbox", "paystack"]
        await falls(desk, estate, both, (estate.ada, estate.ben, estate.cyd))
        assert offered(estate) == ["paystack", "sandbox"]
        (alarm,) = told(desk, OPERATOR)
        assert "PROVIDER_DOWN · Sandbox Pay of Palm Court" in alarm
        (notice,) = told(desk, KEEPER)
        assert "Sandbox Pay has trouble" in notice
        both.a.plans = [ERROR_500]
        top_up(estate, estate.ben)
        await desk.later(PAUSES[0].total_seconds())
        estate.clock.at = desk.time.clock.now()
        assert offered(estate) == ["sandbox", "paystack"]
        top_up(estate, estate.cyd)
        await desk.later(0)
        assert offered(estate) == ["sandbox", "paystack"]
        assert "PROVIDER_RECOVERED · Sandbox Pay of Palm Court" in told(desk, OPERATOR)[-1]
        assert len(told(desk, OPERATOR)) == len(told(desk, KEEPER)) == 2


async def test_the_payer_goes_on_with_another_one_and_late_money_is_kept(
    tmp_path: Path, estate: Estate, second: Configuration
) -> None:
    both = Both(estate.configuration, second)
    bill = estate.agreed()
    first = estate.ask_link(bill)
    both.a.plans = [ERROR_500]
    async with open_desk(tmp_path, path=estate.books.path, registry=both) as desk:
        await desk.later(0)
        failed = estate.now(first)
        assert failed.attempt.status is AttemptStatus.UNKNOWN
        found = estate.look(lambda tx: other_ways(tx, payment=failed.payment))
        assert [(way.provider, way.has_trouble) for way in found] == [
            ("paystack", False),
            ("sandbox", True),
        ]
        payment = estate.do(
            retry_payment,
            actor=estate.ada,
            payment_id=first.payment.id,
            configuration=found[0].configuration,
        )
        await desk.later(0)
        other = estate.tried(payment)
        assert other.attempt.link
        await captures(desk, both.b, second, other, capture="b-1")
        assert (estate.bill(bill).rest, estate.balance(estate.ada)) == (naira(0), 0)
        await captures(desk, both.a, estate.configuration, first, capture="a-1")
        assert estate.balance(estate.ada) == TOTAL
        assert estate.collected() == TOTAL


async def captures(
    desk: Desk, provider: FakeProvider, at: Configuration, tried: Tried, *, capture: str
) -> None:
    """Let a provider take the money and say so."""
    provider.plans = [settled(tried, capture=capture)]
    await hints(desk, at, tried, key=capture)


async def hints(desk: Desk, at: Configuration, tried: Tried, *, key: str) -> None:
    """Let a provider's event say that there is something to look up."""
    reading = Authentic(event_key=key, reference=tried.attempt.reference, kind="paid")
    await desk.run(
        lambda tx: store_hook(tx, configuration_id=at.id, provider=at.provider, reading=reading)
    )
    await desk.later(0)


async def test_look_ups_alone_neither_fell_nor_mend_a_provider(
    tmp_path: Path, estate: Estate, second: Configuration
) -> None:
    both = Both(estate.configuration, second)
    waiting = estate.open_link(estate.agreed())
    async with open_desk(tmp_path, path=estate.books.path, registry=both) as desk:
        for number in range(DOWN_AFTER + 1):
            both.a.plans = [ERROR_500]
            await hints(desk, estate.configuration, waiting, key=f"evt-{number}")
        assert offered(estate) == ["sandbox", "paystack"]
        await falls(desk, estate, both, (estate.ada, estate.ben, estate.cyd))
        both.a.plans = [Pending()]
        await hints(desk, estate.configuration, waiting, key="evt-late")
        assert estate.look(lambda tx: tx.standings.down(estate.tenant.id)) != {}


async def test_operators_hear_that_look_ups_go_unanswered_unless_they_know_that_it_is_down(
    tmp_path: Path, estate: Estate, second: Configuration
) -> None:
    both = Both(estate.configuration, second)
    waiting = estate.open_link(estate.agreed())
    options = {"path": estate.books.path, "registry": both, "operators": (OPERATOR,)}
    async with open_desk(tmp_path, **options) as desk:
        await desk.later(0)
        for number in range(SILENT_AFTER):
            both.a.plans = [ERROR_500]
            await hints(desk, estate.configuration, waiting, key=f"evt-{number}")
        await desk.later(0)
        assert ["does not answer" in text for text in told(desk, OPERATOR)] == [True]
        await falls(desk, estate, both, (estate.ada, estate.ben, estate.cyd))
        desk.time.pass_by(3600)
        for number in range(SILENT_AFTER):
            both.a.plans = [ERROR_500]
            await hints(desk, estate.configuration, waiting, key=f"late-{number}")
        assert ["PROVIDER_DOWN" in text for text in told(desk, OPERATOR)] == [False, True]

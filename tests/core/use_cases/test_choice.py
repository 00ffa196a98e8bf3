"""What a payer is offered: what takes the amount, from him, and nothing else."""

from collections.abc import Mapping

import pytest

from core.domain.configurations import Configuration
from core.domain.errors import NoProvider, NotTaken
from core.domain.money import Currency, Money
from core.domain.people import Actor
from core.domain.tenants import Tenant
from core.use_cases.choice import check_any, check_way, other_ways, reaching, taken, ways
from storage.transaction import SqlTransaction
from tests.books import NOW
from tests.core.estate import Estate
from tests.factories import add_configuration, add_member, add_person, add_tenant, naira

KES = Currency("KES")


def adds(estate: Estate, tenant: Tenant, provider: str) -> Configuration:
    """Let an organisation switch a provider on."""
    return estate.books.run(lambda tx: add_configuration(tx, tenant, provider=provider))


def offered(estate: Estate, minor: int) -> list[str]:
    """Return the providers that Ada is offered in Palm Court, in order."""
    found = estate.look(
        lambda tx: ways(
            tx, tenant_id=estate.tenant.id, payer_id=estate.ada.person_id, amount=naira(minor)
        )
    )
    return [way.provider for way in found]


def test_below_its_least_amount_a_provider_is_not_offered(estate: Estate) -> None:
    adds(estate, estate.tenant, "paystack")
    assert offered(estate, 5_000) == ["sandbox", "paystack"]
    assert offered(estate, 4_999) == ["sandbox"]


def test_what_takes_another_currency_is_not_offered(estate: Estate) -> None:
    adds(estate, estate.tenant, "mpesa")
    assert offered(estate, 100_000) == ["sandbox"]


def test_a_provider_that_this_process_cannot_ask_is_not_offered(estate: Estate) -> None:
    adds(estate, estate.tenant, "forgotten")
    assert offered(estate, 100_000) == ["sandbox"]


def test_an_old_button_of_what_takes_no_such_amount_is_refused(estate: Estate) -> None:
    bill = estate.agreed()
    paystack = adds(estate, estate.tenant, "paystack")
    payment = estate.ask_link(bill, 100_000).payment
    estate.do(check_way, payment=payment, configuration=paystack)
    estate.do(check_way, payment=payment, configuration=estate.configuration)
    mpesa = adds(estate, estate.tenant, "mpesa")
    with pytest.raises(NotTaken) as refused:
        estate.do(check_way, payment=payment, configuration=mpesa)
    assert refused.value.data["bill"] == estate.bill(bill)


def test_another_tenants_provider_may_not_be_asked(estate: Estate) -> None:
    payment = estate.ask_link(estate.agreed()).payment
    theirs = adds(estate, estate.other, "paystack")
    with pytest.raises(NoProvider):
        estate.do(check_way, payment=payment, configuration=theirs)


def test_a_retry_is_offered_what_takes_its_amount(estate: Estate) -> None:
    adds(estate, estate.tenant, "mpesa")
    payment = estate.ask_link(estate.agreed()).payment
    assert [way.provider for way in estate.look(lambda tx: other_ways(tx, payment=payment))] == [
        "sandbox"
    ]


@pytest.mark.parametrize("minor", [100_000, 1])
def test_nothing_switched_on_is_told_as_such(estate: Estate, minor: int) -> None:
    with pytest.raises(NoProvider):
        estate.look(
            lambda tx: ways(
                tx, tenant_id=estate.other.id, payer_id=estate.eve.person_id, amount=naira(minor)
            )
        )
    with pytest.raises(NoProvider):
        estate.look(lambda tx: check_any(tx, tenant_id=estate.other.id))


class Nairobi:
    """An organisation whose only provider asks on the payer's phone."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.tenant = estate.books.run(lambda tx: add_tenant(tx, name="Nairobi", currency=KES))
        adds(estate, self.tenant, "mpesa")

    def payer(self, *, is_verified: bool) -> Actor:
        """Let somebody in, with or without a verified phone."""

        def act(tx: SqlTransaction) -> Actor:
            person = add_person(
                tx,
                name="Wanjiru",
                phone="+254712345678",
                phone_verified_at=NOW if is_verified else None,
            )
            add_member(tx, self.tenant, person)
            return Actor(person_id=person.id, tenant_id=self.tenant.id)

        return self.estate.books.run(act)

    def refusal(self, payer: Actor, minor: int) -> NotTaken:
        """Return why nothing is offered."""
        with pytest.raises(NotTaken) as refused:
            self.ways(payer, minor)
        return refused.value

    def ways(self, payer: Actor, minor: int) -> list[str]:
        """Return what is offered."""
        found = self.estate.look(
            lambda tx: ways(
                tx,
                tenant_id=self.tenant.id,
                payer_id=payer.person_id,
                amount=Money(minor, KES),
            )
        )
        return [way.provider for way in found]


@pytest.fixture
def nairobi(estate: Estate) -> Nairobi:
    return Nairobi(estate)


def test_a_prompt_needs_a_verified_phone(nairobi: Nairobi) -> None:
    assert nairobi.ways(nairobi.payer(is_verified=True), 10_000) == ["mpesa"]
    refusal = nairobi.refusal(nairobi.payer(is_verified=False), 10_000)
    assert refusal.data["needs_phone"]


def test_cents_are_refused_with_the_nearest_amount(nairobi: Nairobi) -> None:
    refusal = nairobi.refusal(nairobi.payer(is_verified=True), 10_050)
    assert refusal.data["nearest"] == Money(10_100, KES)
    assert not refusal.data["needs_phone"]


def test_only_amounts_that_somebody_takes_are_offered(nairobi: Nairobi) -> None:
    payer, amounts = nairobi.payer(is_verified=True), [Money(m, KES) for m in (50, 100, 30_000_000)]
    found = nairobi.estate.look(
        lambda tx: taken(tx, tenant_id=nairobi.tenant.id, payer_id=payer.person_id, amounts=amounts)
    )
    assert found == (Money(100, KES),)


def test_how_a_payer_can_pay_at_all_is_known_before_an_amount(
    estate: Estate, nairobi: Nairobi
) -> None:
    def how(payer: Actor) -> Mapping[str, bool]:
        return estate.look(
            lambda tx: reaching(tx, tenant_id=payer.tenant_id, payer_id=payer.person_id)
        )

    assert how(nairobi.payer(is_verified=True)) == {"mpesa": True}
    assert how(nairobi.payer(is_verified=False)) == {}
    adds(estate, estate.tenant, "mpesa")
    assert how(estate.ada) == {"sandbox": False}

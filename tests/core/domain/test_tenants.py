"""What a tenant decides, and what is usual where it decided nothing."""

import pytest

from core.domain.money import EXPONENTS, Currency, Money
from core.domain.tenants import PINLESS, Policy, Tenant, TenantId, TenantKind


def tenant(currency: str, *, pinless_minor: int = 0) -> Tenant:
    return Tenant(
        id=TenantId(2),
        kind=TenantKind.ESTATE,
        name="Palm Court",
        currency=Currency(currency),
        country="NG",
        timezone="Africa/Lagos",
        policy=Policy(pinless_minor=pinless_minor),
    )


def test_every_currency_has_a_usual_limit_without_a_pin() -> None:
    assert PINLESS.keys() == EXPONENTS.keys()


@pytest.mark.parametrize(("currency", "minor"), [("NGN", 5_000_000), ("UGX", 120_000)])
def test_the_usual_limit_is_in_minor_units(currency: str, minor: int) -> None:
    assert tenant(currency).pinless == Money(minor, Currency(currency))


def test_a_tenant_may_set_its_own_limit() -> None:
    assert tenant("NGN", pinless_minor=100).pinless == Money(100, Currency("NGN"))


def test_what_an_ordinary_month_costs_passes_without_a_pin() -> None:
    assert Money(500_000, Currency("NGN")) <= tenant("NGN").pinless

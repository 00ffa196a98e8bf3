"""Saved methods: what can still be charged, what they are called, what tells two cards apart."""

from dataclasses import replace
from datetime import date

import pytest

from core.domain.configurations import ConfigurationId
from core.domain.errors import MethodGone, TooLong
from core.domain.methods import MAX_NAME, PaymentMethod, print_of
from core.domain.payments import MethodId
from core.domain.people import PersonId
from core.domain.providers import SavedMethod
from core.domain.tenants import TenantId
from tests.factories import NOW

CARD = SavedMethod(token="tok_1", owner="cus_1", label="Visa •••• 4081", expires="2027-03")
METHOD = PaymentMethod(
    id=MethodId(1),
    tenant_id=TenantId(2),
    person_id=PersonId(3),
    configuration_id=ConfigurationId(4),
    provider="sandbox",
    label=CARD.label,
    kept_at=NOW,
    expires="2027-03",
    is_default=True,
)


@pytest.mark.parametrize(
    ("expires", "is_good"), [("2026-10", False), ("2026-11", True), ("2027-01", True), ("", True)]
)
def test_a_card_is_good_until_its_last_month_is_over(expires: str, *, is_good: bool) -> None:
    method = replace(METHOD, expires=expires)
    assert method.is_good(today=date(2026, 11, 30)) is is_good


def test_what_its_provider_gave_up_is_neither_good_nor_default() -> None:
    retired = METHOD.retire()
    assert (retired.is_active, retired.is_default) == (False, False)
    with pytest.raises(MethodGone):
        retired.check_good(today=date(2026, 11, 1))
    assert retired.revive(CARD).is_good(today=date(2026, 11, 1))


def test_a_name_stands_beside_the_mask_and_has_an_end() -> None:
    assert METHOD.rename("Salary card").title == "Salary card · Visa •••• 4081"
    assert METHOD.rename("").title == "Visa •••• 4081"
    with pytest.raises(TooLong):
        METHOD.rename("x" * (MAX_NAME + 1))


def test_the_same_card_is_known_by_its_providers_mark_whatever_the_token() -> None:
    marked = replace(CARD, fingerprint="SIG_1")
    assert print_of(marked) == print_of(replace(marked, token="tok_2", owner="other"))
    assert print_of(marked) != print_of(replace(marked, fingerprint="SIG_2"))
    assert print_of(CARD) == print_of(replace(CARD, token="tok_2"))
    assert print_of(CARD) != print_of(replace(CARD, label="Visa •••• 1111"))


def test_what_charges_a_method_shows_in_no_repr() -> None:
    shown = repr(replace(CARD, fingerprint="SIG_1"))
    assert not any(secret in shown for secret in ("tok_1", "cus_1", "SIG_1"))

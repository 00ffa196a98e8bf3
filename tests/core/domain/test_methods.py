"""Saved methods: what can still be charged, what they are called, what tells two cards apart."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.domain.configurations import ConfigurationId
from core.domain.consent import Consent
from core.domain.errors import MethodGone, MethodLimited, MethodWaits, TooLong
from core.domain.methods import FORGOTTEN_AFTER, MAX_NAME, TRUST, PaymentMethod, print_of
from core.domain.payments import MethodId
from core.domain.people import PersonId
from core.domain.providers import SavedMethod
from core.domain.tenants import TenantId
from tests.factories import NOW, naira

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
    assert retired.revive(CARD, account="", at=NOW).is_good(today=date(2026, 11, 1))


def test_a_card_waits_for_its_first_charge_and_no_longer() -> None:
    method = replace(METHOD, waits_until=NOW + timedelta(hours=24))
    for moment, may in ((NOW, False), (NOW + timedelta(hours=24), True)):
        if may:
            method.check_charge(naira(1), charged=naira(0), at=moment)
            continue
        with pytest.raises(MethodWaits):
            method.check_charge(naira(1), charged=naira(0), at=moment)


@pytest.mark.parametrize(
    ("charged", "amount", "may"), [(0, 500, True), (0, 501, False), (499, 1, True), (500, 1, False)]
)
def test_a_limited_card_is_charged_no_more_than_was_paid_with_it(
    charged: int, amount: int, *, may: bool
) -> None:
    method = replace(METHOD, day_limit_minor=500)
    if may:
        method.check_charge(naira(amount), charged=naira(charged), at=NOW)
        return
    with pytest.raises(MethodLimited) as refused:
        method.check_charge(naira(amount), charged=naira(charged), at=NOW)
    assert refused.value.data["left"] == naira(500 - charged)


def test_a_trusted_card_has_no_limit() -> None:
    replace(METHOD, day_limit_minor=500).trust().check_charge(
        naira(10**9), charged=naira(10**9), at=NOW
    )


def test_every_consent_says_what_may_be_done() -> None:
    assert set(TRUST) == set(Consent)
    assert not TRUST[Consent.GIVEN].wait
    assert TRUST[Consent.NOT_ASKED].wait >= timedelta(hours=24)


def test_an_account_that_is_not_known_contradicts_none() -> None:
    method = replace(METHOD, account="a")
    assert [method.is_elsewhere(each) for each in ("a", "", "b")] == [False, False, True]
    assert not METHOD.is_elsewhere("b")


def test_a_charge_is_told_of_apart_the_first_time_and_after_a_month() -> None:
    charged = METHOD.charge(at=NOW)
    assert METHOD.is_new_again(at=NOW)
    assert not charged.is_new_again(at=NOW + timedelta(days=29))
    assert charged.is_new_again(at=NOW + FORGOTTEN_AFTER)


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

"""Saved methods: kept because their owner said so, shown to nobody else, gone when removed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.acts import EventName
from core.domain.consent import Consent
from core.domain.errors import (
    MethodGone,
    NoProvider,
    NotAllowed,
    NotFound,
    OfferOver,
    TooManyMethods,
)
from core.domain.methods import MAX_METHODS, OFFER_LIFE, PaymentMethod
from core.domain.people import Actor
from core.domain.providers import SavedMethod
from core.use_cases.links import begin_call
from core.use_cases.methods import (
    allow_keeping,
    good_methods,
    keep_method,
    keepable,
    make_default,
    name_method,
    object_to_method,
    prefer_provider,
    remove_method,
)
from tests.core.estate import TOTAL, Estate, Tried, settled

VISA = SavedMethod(
    token="tok_visa", owner="ada@example.org", label="Visa •••• 4081", expires="2029-12"
)
VERVE = SavedMethod(token="tok_verve", owner="ada@example.org", label="Verve •••• 5061")


def paid(
    estate: Estate,
    card: SavedMethod | None = VISA,
    *,
    capture: str = "cap-1",
    by: Actor | None = None,
) -> Tried:
    """Let Ada, or another, pay a bill by link with a card that its provider lets us keep."""
    tried = estate.open_link(estate.agreed(), by=by)
    return estate.answer(tried, replace(settled(tried, capture=capture), method=card))


def kept(estate: Estate, card: SavedMethod = VISA, *, capture: str = "cap-1") -> PaymentMethod:
    """Let Ada keep what she paid with."""
    tried = paid(estate, card, capture=capture)
    return estate.do(keep_method, actor=estate.ada, payment_id=tried.payment.id)


def listed(estate: Estate, actor: Actor | None = None) -> list[tuple[str, bool]]:
    """Return what somebody keeps: masks, and whether each is the default."""
    who = actor or estate.ada
    found = estate.look(lambda tx: tx.methods.of(who.person_id, who.tenant_id))
    return [(each.label, each.is_default) for each in found]


def test_a_payment_offers_what_it_was_paid_with_and_keeps_nothing_by_itself(
    estate: Estate,
) -> None:
    tried = paid(estate)
    assert estate.do(keepable, payment=tried.payment) == VISA
    assert listed(estate) == []


def test_the_first_one_that_is_kept_is_the_default(estate: Estate) -> None:
    kept(estate)
    kept(estate, VERVE, capture="cap-2")
    assert listed(estate) == [("Visa •••• 4081", True), ("Verve •••• 5061", False)]
    assert estate.count(EventName.PAYMENT_METHOD_ADDED) == 2


def test_what_is_charged_is_what_the_provider_gave(estate: Estate) -> None:
    method = kept(estate)
    secret = estate.look(lambda tx: tx.methods.secret(method))
    assert (secret.token, secret.owner, secret.label) == (VISA.token, VISA.owner, VISA.label)


def test_nothing_is_offered_where_the_provider_keeps_nothing(estate: Estate) -> None:
    tried = paid(estate, None)
    with pytest.raises(OfferOver):
        estate.do(keep_method, actor=estate.ada, payment_id=tried.payment.id)


def test_a_day_later_it_is_too_late(estate: Estate) -> None:
    tried = paid(estate)
    estate.clock.at += OFFER_LIFE
    with pytest.raises(OfferOver):
        estate.do(keep_method, actor=estate.ada, payment_id=tried.payment.id)
    assert estate.books.run(lambda tx: tx.methods.sweep()) == 1
    assert listed(estate) == []


def test_a_late_word_of_the_same_capture_offers_it_no_second_time(estate: Estate) -> None:
    tried = paid(estate)
    estate.do(keep_method, actor=estate.ada, payment_id=tried.payment.id)
    estate.answer(tried, replace(settled(tried), method=VISA))
    assert estate.do(keepable, payment=tried.payment) is None


def test_only_the_payer_keeps_it(estate: Estate) -> None:
    tried = paid(estate)
    for stranger in (estate.ben, estate.admin, estate.eve):
        with pytest.raises(NotFound):
            estate.do(keep_method, actor=stranger, payment_id=tried.payment.id)


def test_the_same_card_is_offered_and_kept_once(estate: Estate) -> None:
    kept(estate)
    again = paid(estate, replace(VISA, token="tok_newer"), capture="cap-2")
    assert estate.do(keepable, payment=again.payment) is None
    assert len(listed(estate)) == 1


def test_a_card_that_was_given_up_lives_again_with_its_new_token(estate: Estate) -> None:
    method = kept(estate)
    estate.books.run(lambda tx: tx.methods.replace(method, method.retire()))
    again = kept(estate, replace(VISA, token="tok_newer"), capture="cap-2")
    assert (again.id, again.is_active) == (method.id, True)
    assert estate.look(lambda tx: tx.methods.secret(again)).token == "tok_newer"


def test_two_payments_with_one_card_keep_it_once(estate: Estate) -> None:
    first, second = paid(estate), paid(estate, capture="cap-2")
    for tried in (first, second):
        estate.do(keep_method, actor=estate.ada, payment_id=tried.payment.id)
    assert listed(estate) == [("Visa •••• 4081", True)]


def test_there_is_an_end_to_how_many_are_kept(estate: Estate) -> None:
    for number in range(MAX_METHODS):
        kept(estate, replace(VERVE, label=f"Verve •••• {number:04}"), capture=f"cap-{number}")
    with pytest.raises(TooManyMethods):
        kept(estate, capture="cap-x")


def test_another_one_becomes_the_default(estate: Estate) -> None:
    kept(estate)
    other = kept(estate, VERVE, capture="cap-2")
    estate.do(make_default, actor=estate.ada, method_id=other.id)
    assert listed(estate) == [("Verve •••• 5061", True), ("Visa •••• 4081", False)]


def test_what_was_given_up_is_offered_no_more_and_no_default(estate: Estate) -> None:
    method = kept(estate)
    estate.books.run(lambda tx: tx.methods.replace(method, method.retire()))
    assert estate.do(good_methods, actor=estate.ada) == ()
    with pytest.raises(MethodGone):
        estate.do(make_default, actor=estate.ada, method_id=method.id)


def test_what_has_expired_or_whose_provider_is_off_is_not_offered(estate: Estate) -> None:
    kept(estate, replace(VISA, expires="2026-01"))
    verve = kept(estate, VERVE, capture="cap-2")
    assert estate.do(good_methods, actor=estate.ada) == (verve,)
    off = replace(estate.configuration, is_enabled=False)
    estate.books.run(lambda tx: tx.configurations.replace(estate.configuration, off))
    assert estate.do(good_methods, actor=estate.ada) == ()


def test_removed_is_gone_and_the_next_one_is_the_default(estate: Estate) -> None:
    method = kept(estate)
    kept(estate, VERVE, capture="cap-2")
    estate.do(remove_method, actor=estate.ada, method_id=method.id)
    assert listed(estate) == [("Verve •••• 5061", True)]
    with pytest.raises(NotFound):
        estate.look(lambda tx: tx.methods.secret(method))


def test_a_card_of_which_its_holder_was_not_asked_waits_and_is_limited(estate: Estate) -> None:
    method = kept(estate)
    assert method.waits_until == estate.clock.at + timedelta(hours=24)
    assert method.day_limit_minor == TOTAL


def test_a_card_that_its_holder_let_be_saved_waits_for_nothing(estate: Estate) -> None:
    method = kept(estate, replace(VISA, consent=Consent.GIVEN))
    assert (method.waits_until, method.day_limit_minor) == (None, 0)


def test_paying_on_a_page_once_more_lifts_the_limit_once_the_wait_is_over(estate: Estate) -> None:
    method = kept(estate)
    paid(estate, capture="cap-2")
    assert estate.look(lambda tx: tx.methods.get(method.id)).day_limit_minor == TOTAL
    estate.clock.move(hours=24)
    paid(estate, capture="cap-3")
    assert estate.look(lambda tx: tx.methods.get(method.id)).day_limit_minor == 0


def test_who_keeps_a_card_hears_that_another_one_saved_it_and_may_object(estate: Estate) -> None:
    kept(estate)
    tried = paid(estate, capture="cap-2", by=estate.ben)
    theirs = estate.do(keep_method, actor=estate.ben, payment_id=tried.payment.id)
    assert estate.count(EventName.PAYMENT_METHOD_SHARED) == 2
    estate.do(object_to_method, actor=estate.ada, method_id=theirs.id)
    assert listed(estate, estate.ben) == []
    assert len(listed(estate)) == 1
    assert estate.count(EventName.PAYMENT_METHOD_OBJECTED) == 1


def test_who_saved_a_card_later_cannot_stop_one_that_is_trusted(estate: Estate) -> None:
    mine = kept(estate, replace(VISA, consent=Consent.GIVEN))
    tried = paid(estate, capture="cap-2", by=estate.ben)
    estate.do(keep_method, actor=estate.ben, payment_id=tried.payment.id)
    with pytest.raises(NotAllowed):
        estate.do(object_to_method, actor=estate.ben, method_id=mine.id)
    assert listed(estate) == [(VISA.label, True)]


def test_a_card_that_somebody_objected_to_is_not_offered_to_him_again(estate: Estate) -> None:
    method = kept(estate)
    twice = paid(estate, VERVE, capture="cap-2")
    estate.do(object_to_method, actor=estate.admin, method_id=method.id)
    again = paid(estate, capture="cap-3")
    assert estate.do(keepable, payment=again.payment) is None
    assert estate.do(keepable, payment=twice.payment) == VERVE


def test_what_waited_to_be_kept_is_not_once_somebody_objected(estate: Estate) -> None:
    first, second = paid(estate), paid(estate, capture="cap-2")
    method = estate.do(keep_method, actor=estate.ada, payment_id=first.payment.id)
    estate.do(object_to_method, actor=estate.admin, method_id=method.id)
    with pytest.raises(OfferOver):
        estate.do(keep_method, actor=estate.ada, payment_id=second.payment.id)


def test_only_staff_and_who_keeps_the_same_card_may_object(estate: Estate) -> None:
    method = kept(estate)
    for stranger, refused in (
        (estate.ada, NotAllowed),
        (estate.ben, NotAllowed),
        (estate.eve, NotFound),
    ):
        with pytest.raises(refused):
            estate.do(object_to_method, actor=stranger, method_id=method.id)
    assert len(listed(estate)) == 1


def test_a_card_kept_in_another_account_is_not_charged_and_another_one_is(estate: Estate) -> None:
    def pay(account: str, card: SavedMethod, capture: str) -> Tried:
        tried = estate.open_link(estate.agreed())
        word = replace(settled(tried, capture=capture), method=card, account=account)
        return estate.answer(tried, word)

    def keep(account: str, card: SavedMethod, capture: str) -> PaymentMethod:
        tried = pay(account, card, capture)
        return estate.do(keep_method, actor=estate.ada, payment_id=tried.payment.id)

    keep("acct_1", VISA, "cap-1")
    verve = keep("acct_2", VERVE, "cap-2")
    assert estate.do(good_methods, actor=estate.ada) == (verve,)
    again = keep("acct_2", replace(VISA, token="tok_new"), "cap-3")
    assert len(estate.do(good_methods, actor=estate.ada)) == 2
    assert estate.look(lambda tx: tx.methods.secret(again)).token == "tok_new"


def test_nobody_touches_anothers_method(estate: Estate) -> None:
    method = kept(estate)
    for stranger in (estate.ben, estate.admin, estate.eve):
        for act in (make_default, remove_method):
            with pytest.raises(NotFound):
                estate.do(act, actor=stranger, method_id=method.id)
        with pytest.raises(NotFound):
            estate.do(name_method, actor=stranger, method_id=method.id, name="mine")
    assert listed(estate, estate.ben) == []


def test_a_name_is_kept(estate: Estate) -> None:
    method = kept(estate)
    named = estate.do(name_method, actor=estate.ada, method_id=method.id, name="Salary")
    assert named.title == "Salary · Visa •••• 4081"


def test_a_provider_is_preferred_by_one_person_at_one_tenant(estate: Estate) -> None:
    estate.do(prefer_provider, actor=estate.ada, provider="sandbox")

    def preferred(actor: Actor) -> str:
        return estate.look(lambda tx: tx.methods.preferred(actor.person_id, actor.tenant_id))

    assert (preferred(estate.ada), preferred(estate.ben)) == ("sandbox", "")
    with pytest.raises(NoProvider):
        estate.do(prefer_provider, actor=estate.ada, provider="paystack")
    estate.do(prefer_provider, actor=estate.ada, provider="")
    assert preferred(estate.ada) == ""


def test_a_provider_may_keep_a_card_only_where_its_payer_let_it_before(estate: Estate) -> None:
    def is_kept() -> bool:
        tried = estate.ask_link(estate.agreed())
        request = estate.do(begin_call, attempt_id=tried.attempt.id)
        assert request is not None
        return request.keeps_method

    assert not is_kept()
    estate.do(prefer_provider, actor=estate.ada, provider="sandbox")
    estate.do(allow_keeping, actor=estate.ada, is_allowed=True)
    assert is_kept()
    assert estate.look(lambda tx: tx.methods.preferred(estate.ada.person_id, estate.tenant.id))
    estate.do(allow_keeping, actor=estate.ada, is_allowed=False)
    assert not is_kept()


def test_money_that_fits_nothing_offers_no_card(estate: Estate) -> None:
    tried = estate.open_link(estate.agreed())
    strange = replace(settled(tried), method=VISA, is_test=False)
    estate.answer(tried, strange)
    assert estate.do(keepable, payment=tried.payment) is None


def test_a_method_is_its_owner_s_in_its_own_organisation_alone(estate: Estate) -> None:
    method = kept(estate)
    elsewhere = replace(estate.ada, tenant_id=estate.other.id)
    for actor in (elsewhere, estate.ben, estate.eve):
        with pytest.raises(NotFound):
            estate.do(remove_method, actor=actor, method_id=method.id)
    assert listed(estate) == [(VISA.label, True)]

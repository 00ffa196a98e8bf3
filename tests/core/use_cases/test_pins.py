"""PINs: pads, tries that are counted before they are checked, the lock and its end."""

from datetime import timedelta

import pytest

from core.domain.acts import EventName
from core.domain.dialogues import PadUse
from core.domain.errors import NotForYou, PinLocked, PinNeeded, PinWeak, StaleCard
from core.domain.people import PIN_FAILURES
from core.use_cases.pins import (
    check_strength,
    count_try,
    fail_check,
    open_pad,
    own_pad,
    pass_check,
    set_pin,
    type_digits,
)
from tests.core.estate import Estate


@pytest.fixture
def ada(estate: Estate) -> Estate:
    """Ada has a PIN."""
    estate.do(set_pin, person_id=estate.ada.person_id, pin_hash="argon")
    return estate


def fail(estate: Estate) -> int:
    """Count a try and find it wrong; return how many are left."""
    estate.do(count_try, person_id=estate.ada.person_id)
    return estate.do(fail_check, person_id=estate.ada.person_id)


def test_five_wrong_tries_lock_for_half_an_hour(ada: Estate) -> None:
    assert [fail(ada) for _ in range(PIN_FAILURES)] == [4, 3, 2, 1, 0]
    assert ada.count(EventName.PIN_LOCKED) == 1
    with pytest.raises(PinLocked) as refused:
        fail(ada)
    assert refused.value.until == ada.clock.now() + timedelta(minutes=30)


def test_locked_is_locked_for_pads_too(ada: Estate) -> None:
    for _ in range(PIN_FAILURES):
        fail(ada)
    with pytest.raises(PinLocked):
        ada.do(open_pad, person_id=ada.ada.person_id, chat_id=1, use=PadUse.CHECK)


@pytest.mark.parametrize(("seconds", "is_locked"), [(1_799, True), (1_800, False)])
def test_the_lock_lapses_and_the_count_starts_anew(
    ada: Estate, seconds: int, *, is_locked: bool
) -> None:
    for _ in range(PIN_FAILURES):
        fail(ada)
    ada.clock.move(seconds=seconds)
    if is_locked:
        with pytest.raises(PinLocked):
            fail(ada)
        return
    assert fail(ada) == 4


def test_a_right_pin_forgives_earlier_tries(ada: Estate) -> None:
    fail(ada)
    fail(ada)
    ada.do(count_try, person_id=ada.ada.person_id)
    ada.do(pass_check, person_id=ada.ada.person_id)
    assert fail(ada) == 4


def test_a_crash_between_counting_and_checking_costs_a_try(ada: Estate) -> None:
    for _ in range(PIN_FAILURES - 1):
        ada.do(count_try, person_id=ada.ada.person_id)
    assert fail(ada) == 0


def test_tries_at_once_are_at_most_five(ada: Estate) -> None:
    person_id = ada.ada.person_id
    results = ada.books.run_group([lambda tx: count_try(tx, person_id=person_id)] * 20)
    assert [isinstance(result, PinLocked) for result in results] == [False] * 5 + [True] * 15


def test_the_last_try_may_still_be_right(ada: Estate) -> None:
    for _ in range(PIN_FAILURES - 1):
        fail(ada)
    ada.do(count_try, person_id=ada.ada.person_id)
    person = ada.do(pass_check, person_id=ada.ada.person_id)
    assert (person.pin_failures, person.pin_locked_until) == (0, None)
    assert fail(ada) == 4


def test_one_persons_lock_is_nobody_elses(ada: Estate) -> None:
    ada.do(set_pin, person_id=ada.ben.person_id, pin_hash="argon")
    for _ in range(PIN_FAILURES):
        fail(ada)
    assert ada.do(count_try, person_id=ada.ben.person_id).pin_failures == 1


def test_without_a_pin_there_is_nothing_to_check(estate: Estate) -> None:
    with pytest.raises(PinNeeded):
        estate.do(count_try, person_id=estate.ada.person_id)
    with pytest.raises(PinNeeded):
        estate.do(open_pad, person_id=estate.ada.person_id, chat_id=1, use=PadUse.CHECK)
    pad = estate.do(open_pad, person_id=estate.ada.person_id, chat_id=1, use=PadUse.SET)
    assert sorted(pad.slots) == list("0123456789")


def test_a_new_pin_is_told_of_and_starts_a_new_count(ada: Estate) -> None:
    fail(ada)
    person = ada.do(set_pin, person_id=ada.ada.person_id, pin_hash="other")
    assert (person.pin_hash, person.pin_failures) == ("other", 0)
    assert ada.count(EventName.PIN_CHANGED) == 2


def test_a_pad_is_its_owners_for_two_minutes(ada: Estate) -> None:
    pad = ada.do(open_pad, person_id=ada.ada.person_id, chat_id=1, use=PadUse.CHECK)
    with pytest.raises(NotForYou):
        ada.do(own_pad, pad_id=pad.id, person_id=ada.ben.person_id)
    ada.clock.move(seconds=119)
    assert ada.do(own_pad, pad_id=pad.id, person_id=ada.ada.person_id) == pad
    ada.clock.move(seconds=1)
    with pytest.raises(StaleCard):
        ada.do(own_pad, pad_id=pad.id, person_id=ada.ada.person_id)


def test_keys_of_a_pad_are_slots_not_digits(ada: Estate) -> None:
    pad = ada.do(open_pad, person_id=ada.ada.person_id, chat_id=1, use=PadUse.CHECK)
    pressed = pad.press(3).press(0)
    assert pressed.digits == pad.slots[3] + pad.slots[0]
    assert pressed.rub_out().digits == pad.slots[3]
    assert pressed.press(10) == pressed.press(-1) == pressed
    full = pad
    for _ in range(9):
        full = full.press(1)
    assert len(full.digits) == 6


def test_typed_digits_replace_pressed_ones(ada: Estate) -> None:
    pad = ada.do(open_pad, person_id=ada.ada.person_id, chat_id=1, use=PadUse.CHECK)
    typed = ada.do(type_digits, pad=pad, digits="4821")
    assert ada.look(lambda tx: tx.dialogues.pad(pad.id)) == typed
    for digits in ("482", "4821736", "48a1", "٤٨٢١", ""):
        with pytest.raises(PinWeak):
            ada.do(type_digits, pad=typed, digits=digits)


@pytest.mark.parametrize("digits", ["1111", "1234", "4321", "890123", "0000", "98765", "123"])
def test_what_anybody_would_try_first_is_no_pin(digits: str) -> None:
    with pytest.raises(PinWeak):
        check_strength(digits)


@pytest.mark.parametrize("digits", ["4821", "1122", "90210", "135790"])
def test_other_digits_are_a_pin(digits: str) -> None:
    check_strength(digits)

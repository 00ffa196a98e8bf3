"""Every refusal says what happened, whether money moved, and what to do next."""

from datetime import UTC, datetime

import pytest

from core.domain import errors
from core.domain.errors import Refusal
from handlers.adapter import ASKABLE, PASSING, REFUSALS, screen_of, to_calls
from handlers.chat import Show
from handlers.words import PSEUDO, Words
from tests.factories import naira
from tests.handlers.chatting import plain

WORDS = Words(timezone="Africa/Lagos")
UNTIL = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SAMPLES: dict[type[Refusal], Refusal] = {
    errors.PinLocked: errors.PinLocked(until=UNTIL),
    errors.InvalidAmount: errors.InvalidAmount(text="x", reason="zero"),
    errors.AmountOutOfRange: errors.AmountOutOfRange(least=naira(1), most=naira(500)),
    errors.InsufficientFunds: errors.InsufficientFunds(missing=naira(100), available=naira(50)),
    errors.BelowMinimum: errors.BelowMinimum(least=naira(50_000)),
    errors.AboveRest: errors.AboveRest(most=naira(300_000)),
    errors.LinkUsed: errors.LinkUsed(state="used", is_own=False),
    errors.TooManyRequests: errors.TooManyRequests(retry_after_s=61),
    errors.TooLong: errors.TooLong(limit=80),
    errors.InvalidInput: errors.InvalidInput(what="date", example="03/03/2027"),
    errors.PaymentOpen: errors.PaymentOpen(payment_id=5),
    errors.CurrencyMismatch: errors.CurrencyMismatch(expected="NGN", actual="USD"),
}
NO_MONEY_ASKED = {
    errors.LinkUsed,
    errors.WrongPhone,
    errors.PhoneNeeded,
    errors.AlreadyMember,
    errors.UnknownLink,
}
"""Doors into an organisation: nobody wonders about money there."""


def sample(kind: type[Refusal]) -> Refusal:
    """Return a refusal of a kind, bare where its data do not matter."""
    return SAMPLES.get(kind) or kind()


def kinds() -> list[type[Refusal]]:
    """Return every refusal of core."""
    return [kind for kind in Refusal.__subclasses__() if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", kinds())
def test_every_refusal_has_words_that_telegram_takes(kind: type[Refusal]) -> None:
    assert kind in REFUSALS
    for refusal in (sample(kind), kind(until=UNTIL) if kind is errors.PinLocked else kind()):
        assert to_calls(screen_of(WORDS, refusal), Show.SEND, 5).method == "sendMessage"


@pytest.mark.parametrize("kind", [k for k in kinds() if k not in NO_MONEY_ASKED])
def test_every_refusal_says_that_nothing_happened(kind: type[Refusal]) -> None:
    text = plain(screen_of(WORDS, sample(kind))).lower()
    assert any(
        said in text
        for said in ("no money", "nothing was", "nothing moved", "no more money", "nothing more")
    ), text


@pytest.mark.parametrize("kind", kinds())
def test_every_refusal_leads_on(kind: type[Refusal]) -> None:
    screen = screen_of(WORDS, sample(kind))
    assert screen.rows or screen.ask_contact or screen.drop_keyboard or "privately" in screen.html


@pytest.mark.parametrize("kind", kinds())
def test_no_words_escape_translation(kind: type[Refusal]) -> None:
    screen = screen_of(Words(language=PSEUDO, timezone="Africa/Lagos"), sample(kind))
    assert all("⟦" in line for line in screen.html.splitlines())


def test_what_is_asked_again_is_askable() -> None:
    for kind in (errors.InvalidInput, errors.BelowMinimum, errors.TooLong, errors.PinWeak):
        assert issubclass(kind, ASKABLE)
    assert not issubclass(errors.InsufficientFunds, (*ASKABLE, *PASSING))


def test_short_funds_name_the_figures_and_the_ways_out() -> None:
    screen = screen_of(WORDS, sample(errors.InsufficientFunds))
    assert plain(screen).splitlines() == [
        "⚠️ Not enough in the wallet. No money moved.",
        "Missing: 1.00 NGN",
        "Available: 0.50 NGN",
    ]
    assert screen.rows[0][0].label == "Top up"


def test_a_wrong_phone_names_nobody() -> None:
    screen = screen_of(WORDS, errors.WrongPhone(phone="+2348030000001", name="Ada"))
    assert "Ada" not in screen.html
    assert "0001" not in screen.html


def test_a_refusal_of_a_known_kind_takes_its_words() -> None:
    class Special(errors.WalletFrozen):
        pass

    assert "frozen" in screen_of(WORDS, Special()).html
    assert "does not go" in screen_of(WORDS, Refusal()).html


def test_every_question_has_its_own_words() -> None:
    asked = [
        plain(screen_of(WORDS, errors.InvalidInput(what=what, example="x"))).splitlines()[0]
        for what in ("name", "unit", "phone", "email", "date", "due", "title", "answer")
    ]
    assert len(set(asked)) == len(asked)

"""Every key of every provider says where it is found."""

from bot.providers import KINDS
from handlers.screens import credentials
from handlers.words import PSEUDO, Words

WORDS = Words()


def test_each_key_of_a_real_provider_has_a_place_and_a_name() -> None:
    for kind in KINDS.values():
        for what in () if kind.is_pretend else kind.credentials:
            place = credentials.where(WORDS, kind.name, kind.title, what)
            assert "The dashboard of" not in place, (kind.name, what)
            assert "⟦" in credentials.name_of(Words(language=PSEUDO), what), what


def test_what_mpesa_needs_is_looked_for_in_the_right_portal() -> None:
    places = {
        what: credentials.where(WORDS, "mpesa", "M-Pesa", what)
        for what in KINDS["mpesa"].credentials
    }
    daraja = {what for what, place in places.items() if "developer portal" in place}
    assert daraja == {"consumer_key", "consumer_secret", "passkey", "certificate"}
    assert all("organisation portal" in places[what] for what in places.keys() - daraja)


def test_only_what_may_be_left_out_says_skip() -> None:
    for kind in KINDS.values():
        for what in kind.credentials:
            place = credentials.where(WORDS, kind.name, kind.title, what)
            assert "skip" not in place.lower() or what in kind.defaults

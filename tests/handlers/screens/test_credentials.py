"""Every key of every provider says where it is found."""

import pytest

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


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("HTTP 401", "It does not know them"),
        ("HTTP 400 400.008.01", "It does not know them"),
        ("invalid_consumer_key_or_secret_provided", "It does not know them"),
        ("HTTP 403 more_permissions_required disputes", "lacks the permission “Disputes”"),
        ("HTTP 401 api_key_expired charges", "has expired"),
        ("not usable certificate", "the certificate is missing, malformed"),
        ("something <else>", "It said: something &lt;else&gt;"),
    ],
)
def test_why_keys_are_refused_is_said_in_plain_words(detail: str, said: str) -> None:
    assert said in credentials.why_refused(WORDS, detail)
    assert credentials.why_refused(WORDS, "") == ""

"""What is taken for a leak, and what for chance."""

import pytest

from tests.clear import is_in_clear

HASH = b"ab" * 32
WITHIN = b"db482659e8b27f34".rjust(64, b"0")


@pytest.mark.parametrize(
    "content", [b'{"pin":"482659"}', b"\x01482659\x02", b"a482659b", HASH + b"482659" + b"zz"]
)
def test_a_pin_in_clear_is_seen(content: bytes) -> None:
    assert is_in_clear("482659", content)


@pytest.mark.parametrize("content", [b"1482659", b"4826590", b"x" + WITHIN + b"y", HASH])
def test_the_same_digits_within_a_number_or_a_hash_are_chance(content: bytes) -> None:
    assert not is_in_clear("482659", content)

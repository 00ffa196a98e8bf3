import pytest

from storage.keyring import KeyRing, UnreadableSecret

OLD = "the old key, thirty-two letters long"
NEW = "the new key, thirty-two letters long"


def test_what_was_sealed_opens() -> None:
    ring = KeyRing([OLD])
    assert ring.open(ring.seal(b"secret", context="a.b"), context="a.b") == b"secret"


def test_the_same_text_never_looks_the_same() -> None:
    ring = KeyRing([OLD])
    assert ring.seal(b"x", context="a") != ring.seal(b"x", context="a")


def test_it_opens_nowhere_else() -> None:
    ring = KeyRing([OLD])
    with pytest.raises(UnreadableSecret, match=r"person\.email"):
        ring.open(ring.seal(b"x", context="person.phone"), context="person.email")


@pytest.mark.parametrize("at", [0, 5, 20, -1])
def test_a_changed_byte_is_noticed(at: int) -> None:
    ring = KeyRing([OLD])
    sealed = bytearray(ring.seal(b"a longer secret", context="a"))
    sealed[at] ^= 1
    with pytest.raises(UnreadableSecret):
        ring.open(bytes(sealed), context="a")


@pytest.mark.parametrize("stored", [b"", b"abc", b"x" * 40])
def test_what_was_never_sealed_is_refused(stored: bytes) -> None:
    with pytest.raises(UnreadableSecret):
        KeyRing([OLD]).open(stored, context="a")


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    old = KeyRing([OLD]).seal(b"x", context="a")
    both = KeyRing([NEW, OLD])
    assert both.open(old, context="a") == b"x"
    assert KeyRing([NEW]).open(both.seal(b"y", context="a"), context="a") == b"y"


def test_without_the_old_key_old_secrets_stay_shut() -> None:
    with pytest.raises(UnreadableSecret):
        KeyRing([NEW]).open(KeyRing([OLD]).seal(b"x", context="a"), context="a")


def test_what_is_found_stays_found_after_a_new_key() -> None:
    before = KeyRing([OLD]).index("+234", context="phone")
    assert KeyRing([NEW, OLD]).index("+234", context="phone") == before


def test_an_index_is_of_its_place() -> None:
    ring = KeyRing([OLD])
    assert ring.index("+234", context="phone") != ring.index("+234", context="email")


def test_a_pin_is_hashed_for_one_person() -> None:
    ring = KeyRing([OLD])
    assert ring.pepper("1234", person_id=1) != ring.pepper("1234", person_id=2)


@pytest.mark.parametrize("secrets", [[], ["short"], [OLD, "short"]])
def test_a_short_key_is_refused(secrets: list[str]) -> None:
    with pytest.raises(ValueError, match="32 characters"):
        KeyRing(secrets)

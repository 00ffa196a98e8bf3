"""A database knows the keys it was written with, and refuses every ring but the right one."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from storage import keys, setup
from storage.keyring import KeyRing, UnreadableSecret
from storage.keys import WrongKeys
from tests.factories import NOW

BORN = "the key of its birth, thirty-two letters"
SECOND = "the second key, thirty-two letters and more"
THIRD = "the third key, thirty-two letters and more"
OTHER = "the key of something else, thirty-two letters"

Check = Callable[..., None]


def prepare(path: Path, *secrets: str) -> None:
    setup.prepare(path, mode=setup.LIVE, now=NOW, ring=KeyRing(secrets))


def check(path: Path, *secrets: str) -> None:
    setup.check(path, mode=setup.LIVE, ring=KeyRing(secrets))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "x.db"
    prepare(path, BORN)
    return path


@pytest.mark.parametrize("act", [prepare, check])
@pytest.mark.parametrize(
    ("secrets", "words"),
    [
        ((OTHER,), keys.OTHER),
        ((OTHER, SECOND), keys.ORDER),
        ((BORN, SECOND), keys.ORDER),
        ((SECOND,), keys.ORDER),
        ((BORN,), keys.MISSING),
        ((THIRD, BORN), keys.MISSING),
    ],
)
def test_a_wrong_ring_is_refused_in_one_line(
    path: Path, act: Check, secrets: tuple[str, ...], words: str
) -> None:
    prepare(path, SECOND, BORN)
    with pytest.raises(WrongKeys) as refused:
        act(path, *secrets)
    assert str(refused.value) == words


def test_a_new_key_is_written_down_before_anybody_uses_it(path: Path) -> None:
    with pytest.raises(WrongKeys, match="migrate"):
        check(path, SECOND, BORN)
    prepare(path, SECOND, BORN)
    check(path, SECOND, BORN)


def test_a_file_of_before_is_stamped_with_the_keys_that_open_it(path: Path) -> None:
    unstamp(path, KeyRing([BORN]))
    prepare(path, SECOND, BORN)
    check(path, SECOND, BORN)


@pytest.mark.parametrize("secrets", [(OTHER,), (SECOND, OTHER)])
def test_a_file_of_before_refuses_what_does_not_open_it(
    path: Path, secrets: tuple[str, ...]
) -> None:
    unstamp(path, KeyRing([BORN]))
    with pytest.raises(UnreadableSecret):
        prepare(path, *secrets)
    prepare(path, BORN)


def test_a_file_of_before_refuses_a_ring_whose_last_key_does_not_find(path: Path) -> None:
    unstamp(path, KeyRing([BORN]))
    with pytest.raises(WrongKeys, match="born with"):
        prepare(path, BORN, OTHER)


def test_no_key_is_in_the_file(path: Path) -> None:
    prepare(path, SECOND, BORN)
    raw = path.read_bytes()
    assert not any(secret.encode() in raw for secret in (BORN, SECOND))


def unstamp(path: Path, ring: KeyRing) -> None:
    """Make a file as it was before it knew its keys, with somebody in it."""
    phone, found = ring.seal(b"+234", context="person.phone"), ring.index("+234", context="phone")
    with closing(sqlite3.connect(path)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("DELETE FROM ring_key")
        connection.execute(
            "INSERT INTO person (id, name, phone, phone_index, language, timezone, email, pin_hash,"
            " pin_failures, has_reminders, row_version)"
            " VALUES (7, 'Ada', ?, ?, '', '', x'', x'', 0, 1, 1)",
            (phone, found),
        )
        connection.execute("PRAGMA user_version = 1")
        connection.commit()

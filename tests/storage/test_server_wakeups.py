"""Knocks through a real server: heard by others, few, and again after the server was away."""

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from storage.server_wakeups import CHANNEL, EVERY_S, ServerWakeups
from tests.postgres import new_database


class Ear:
    """Counts what it hears."""

    def __init__(self, wakeups: ServerWakeups) -> None:
        self.times = 0
        self._heard = threading.Event()
        wakeups.listen(self._hear)

    def _hear(self) -> None:
        self.times += 1
        self._heard.set()

    def wait(self) -> bool:
        """Wait for the next knock."""
        is_heard = self._heard.wait(60)
        self._heard.clear()
        return is_heard


@pytest.fixture(scope="module")
def url() -> str:
    return new_database(is_kept=True)


@pytest.fixture
def pair(url: str) -> Iterator[tuple[ServerWakeups, ServerWakeups]]:
    both = (ServerWakeups(url), ServerWakeups(url))
    yield both
    for each in both:
        each.close()


def test_another_process_hears_a_knock(pair: tuple[ServerWakeups, ServerWakeups]) -> None:
    one, other = pair
    ear = Ear(other)
    assert ear.wait(), "it looks once when it begins to listen"
    one.tell()
    assert ear.wait()


def test_nobody_hears_himself(pair: tuple[ServerWakeups, ServerWakeups]) -> None:
    one, other = pair
    own, others = Ear(one), Ear(other)
    assert own.wait()
    assert others.wait()
    one.tell()
    assert others.wait()
    assert own.times == 1


def test_many_calls_are_few_knocks(pair: tuple[ServerWakeups, ServerWakeups]) -> None:
    one, other = pair
    ear = Ear(other)
    assert ear.wait()
    began = time.monotonic()
    while time.monotonic() - began < 0.5:
        one.tell()
    assert ear.wait()
    assert 2 <= ear.times <= 0.5 / EVERY_S + 3


def test_a_broken_connection_comes_back(
    pair: tuple[ServerWakeups, ServerWakeups], url: str
) -> None:
    one, other = pair
    ear = Ear(other)
    assert ear.wait()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert ear.wait(), "it looks when it listens again"
    one.tell()
    assert ear.wait()


def test_closing_ends_both_threads(url: str) -> None:
    wakeups = ServerWakeups(url)
    ear = Ear(wakeups)
    assert ear.wait()
    wakeups.tell()
    wakeups.close()
    assert not [t for t in threading.enumerate() if t.name in {"hazina-tell", "hazina-listen"}]
    wakeups.tell()


def test_a_listener_that_is_gone_ends_nothing(
    pair: tuple[ServerWakeups, ServerWakeups], url: str
) -> None:
    one, other = pair
    heard: list[int] = []

    def gone() -> None:
        heard.append(1)
        raise RuntimeError("the event loop is closed")

    other.listen(gone)
    with psycopg.connect(url, autocommit=True) as connection:
        while len(heard) < 2:
            connection.execute(f"NOTIFY {CHANNEL}")
    assert one is not other

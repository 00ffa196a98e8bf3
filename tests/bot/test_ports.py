"""Ids grow, differ between processes and stay within 63 bits; the clock can be moved."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from bot.ports import SERVICE_NODE, SystemClock, SystemRandomness, shell_node

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_ids_grow_even_when_the_clock_goes_back() -> None:
    randomness = SystemRandomness(node=SERVICE_NODE)
    ids = [randomness.new_id(at=AT - timedelta(seconds=n)) for n in range(5)]
    assert ids == sorted(set(ids))


def test_a_millisecond_that_is_full_borrows_from_the_next() -> None:
    randomness = SystemRandomness(node=SERVICE_NODE)
    ids = [randomness.new_id(at=AT) for _ in range(2**14 + 5)]
    assert ids == sorted(set(ids))


def test_ids_fit_into_63_bits_for_a_lifetime() -> None:
    randomness = SystemRandomness(node=255)
    assert 0 < randomness.new_id(at=datetime(2090, 1, 1, tzinfo=UTC)) < 2**63


def test_two_processes_never_draw_the_same_id() -> None:
    service, shell = SystemRandomness(node=SERVICE_NODE), SystemRandomness(node=7)
    assert service.new_id(at=AT) != shell.new_id(at=AT)


def test_threads_never_draw_the_same_id() -> None:
    randomness = SystemRandomness(node=SERVICE_NODE)
    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda _: randomness.new_id(at=AT), range(2000)))
    assert len(set(ids)) == 2000


def test_a_shell_is_never_the_service() -> None:
    assert all(0 < shell_node() < 256 for _ in range(300))


def test_keys_are_of_the_alphabet_of_links() -> None:
    key = SystemRandomness(node=0).key(4000)
    assert len(key) == 4000
    assert len(set(key)) == 64
    assert key.replace("-", "a").replace("_", "a").isalnum()


def test_shuffling_keeps_every_sign() -> None:
    assert sorted(SystemRandomness(node=0).shuffled("0123456789")) == list("0123456789")


def test_the_sandbox_moves_its_clock() -> None:
    ahead = SystemClock(offset_s=3600).now() - SystemClock().now()
    assert timedelta(minutes=59) < ahead < timedelta(minutes=61)
    assert SystemClock().now().tzinfo is UTC

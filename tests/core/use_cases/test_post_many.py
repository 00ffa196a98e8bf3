"""Many journals at once: each as if alone, in the order they come."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.errors import InsufficientFunds, KeyReused
from core.domain.ledger import Journal, JournalKind, Leg, Posting, Subject
from core.use_cases.ledger import post, post_many
from tests.core.estate import Estate, palm_court
from tests.factories import naira


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with palm_court(tmp_path) as found:
        yield found


def posting(estate: Estate, minor: int, *, key: str, back: bool = False) -> Posting:
    ends = [estate.wallet(estate.ada).account_id, estate.tenant_wallet().account_id]
    source, target = reversed(ends) if back else ends
    return Posting(
        kind=JournalKind.BILL_PAYMENT,
        subject=Subject(kind="test", id=1),
        key=key,
        legs=(Leg(source=source, target=target, amount=naira(minor)),),
    )


def test_each_leg_needs_funds_in_the_order_they_come(estate: Estate) -> None:
    estate.fund(estate.ada, 1_000)
    batch = [
        posting(estate, 700, key="a"),
        posting(estate, 700, key="b"),
        posting(estate, 500, key="c", back=True),
        posting(estate, 700, key="d"),
    ]
    outcomes = estate.do(post_many, tenant_id=estate.tenant.id, postings=batch)
    assert [type(each) for each in outcomes] == [Journal, InsufficientFunds, Journal, Journal]
    assert (estate.balance(estate.ada), estate.collected()) == (100, 900)


def test_a_key_posts_once_in_a_batch_and_across(estate: Estate) -> None:
    estate.fund(estate.ada, 1_000)
    first = posting(estate, 100, key="a")
    (posted,) = estate.do(post_many, tenant_id=estate.tenant.id, postings=[first])
    batch = [first, posting(estate, 100, key="b"), posting(estate, 100, key="b"), first]
    again = estate.do(post_many, tenant_id=estate.tenant.id, postings=batch)
    assert again[0] == again[3]
    assert isinstance(posted, Journal)
    assert isinstance(again[0], Journal)
    assert again[0].id == posted.id
    assert again[1] == again[2]
    assert estate.balance(estate.ada) == 800


def test_a_key_with_other_content_is_refused_alone(estate: Estate) -> None:
    estate.fund(estate.ada, 1_000)
    estate.do(post_many, tenant_id=estate.tenant.id, postings=[posting(estate, 100, key="a")])
    batch = [posting(estate, 200, key="a"), posting(estate, 300, key="b")]
    outcomes = estate.do(post_many, tenant_id=estate.tenant.id, postings=batch)
    assert [type(each) for each in outcomes] == [KeyReused, Journal]
    assert estate.balance(estate.ada) == 600


def test_many_at_once_leave_what_one_by_one_leaves(estate: Estate) -> None:
    estate.fund(estate.ada, 10_000)
    batch = [posting(estate, 10 + n, key=f"k{n}") for n in range(60)]
    estate.do(post_many, tenant_id=estate.tenant.id, postings=batch)
    wallet = estate.wallet(estate.ada).account_id
    entries = estate.look(lambda tx: tx.ledger.entries(wallet, before_seq=None, limit=100))
    assert [entry.seq for entry in entries] == list(range(61, 0, -1))
    moved = [-entry.amount.minor for entry in reversed(entries)][1:]
    assert moved == [10 + n for n in range(60)]
    leg = batch[0].legs
    alone = estate.do(
        post,
        tenant_id=estate.tenant.id,
        kind=JournalKind.BILL_PAYMENT,
        subject=Subject(kind="test", id=1),
        key="alone",
        legs=leg,
    )
    assert alone.lines == 1

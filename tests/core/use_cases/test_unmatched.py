"""Unmatched money reaches whom it belongs to, by who may, once, and never himself."""

from dataclasses import replace

import pytest

from core.domain.acts import EventName
from core.domain.errors import (
    AmountOutOfRange,
    InvalidAmount,
    InvalidInput,
    KeyReused,
    NotAllowed,
    NotFound,
    PinNeeded,
    TooLong,
)
from core.domain.ledger import Journal
from core.domain.people import Actor, Role
from core.domain.providers import SavedMethod
from core.domain.unmatched import Unmatched
from core.use_cases.reports import unmatched_money
from core.use_cases.unmatched import UnmatchedMove, give_unmatched, unmatched_moves
from tests.core.estate import Estate, settled
from tests.factories import keep_money, naira


@pytest.fixture
def treasurer(estate: Estate) -> Actor:
    """Let 5,000 kobo wait, and somebody in who may give it."""
    arrive(estate)
    return estate.member("Treasurer", role=Role.FINANCE)


def arrive(estate: Estate, minor: int = 5_000) -> Unmatched:
    return estate.books.run(lambda tx: keep_money(tx, estate.tenant, minor))


def give(
    estate: Estate,
    by: Actor,
    *,
    to: Actor | None = None,
    money: Unmatched | None = None,
    minor: int = 3_000,
    reason: str = "Bank slip 12",
    key: str = "k1",
    has_pin_check: bool = True,
) -> Journal:
    return estate.do(
        give_unmatched,
        actor=by,
        unmatched_id=(money or oldest(estate)).id,
        person_id=(to or estate.ada).person_id,
        amount=naira(minor),
        reason=reason,
        key=key,
        has_pin_check=has_pin_check,
    )


def oldest(estate: Estate) -> Unmatched:
    found = estate.look(lambda tx: tx.unmatched.waiting_in(estate.tenant.id, after=None, limit=1))
    return found[0]


def waits(estate: Estate) -> int:
    return sum(
        m.minor for m in estate.look(lambda tx: unmatched_money(tx, tenant_id=estate.tenant.id))
    )


def test_it_reaches_the_wallet_once_and_the_member_is_told(
    estate: Estate, treasurer: Actor
) -> None:
    before = estate.balance(estate.ada)
    first, again = give(estate, treasurer), give(estate, treasurer)
    assert first.id == again.id
    assert estate.balance(estate.ada) == before + 3_000
    assert waits(estate) == 2_000
    assert EventName.MONEY_MATCHED in estate.told


def test_a_key_serves_one_gift_only(estate: Estate, treasurer: Actor) -> None:
    give(estate, treasurer)
    with pytest.raises(KeyReused):
        give(estate, treasurer, minor=1_000)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"minor": 5_001}, AmountOutOfRange),
        ({"minor": 0}, InvalidAmount),
        ({"minor": -1}, InvalidAmount),
        ({"reason": " "}, InvalidInput),
        ({"reason": "x" * 301}, TooLong),
        ({"has_pin_check": False}, PinNeeded),
    ],
)
def test_what_is_refused_moves_nothing(
    estate: Estate, treasurer: Actor, change: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        give(estate, treasurer, **change)  # type: ignore[arg-type]  # one value of several types
    assert waits(estate) == 5_000


def test_nobody_gives_it_to_himself(estate: Estate, treasurer: Actor) -> None:
    with pytest.raises(NotAllowed):
        give(estate, treasurer, to=treasurer)


def test_nobody_gives_it_to_his_household(estate: Estate) -> None:
    arrive(estate)
    partner = estate.member("Treasurer", role=Role.FINANCE, unit_id=estate.unit.id)
    with pytest.raises(NotAllowed):
        give(estate, partner, to=estate.ada)
    give(estate, partner, to=estate.cyd)


def test_who_may_not_is_refused(estate: Estate, treasurer: Actor) -> None:
    for actor in (estate.ada, estate.admin):
        with pytest.raises(NotAllowed):
            give(estate, actor, to=estate.ben)


def test_it_stays_in_its_tenant(estate: Estate, treasurer: Actor) -> None:
    with pytest.raises(NotFound):
        give(estate, treasurer, to=estate.eve)


def moves(estate: Estate) -> tuple[UnmatchedMove, ...]:
    return estate.look(lambda tx: unmatched_moves(tx, tenant_id=estate.tenant.id, limit=5))


def test_what_is_known_of_unmatched_money_is_said(estate: Estate) -> None:
    bill = estate.agreed()
    tried = estate.open_link(bill)
    card = SavedMethod(token="tok", owner="cus", label="Visa •••• 4081")
    first = replace(settled(tried, 120_000), is_test=False, method=card, receipt="R77")
    second = replace(settled(tried, 30_000, capture="cap-2"), is_test=False)
    estate.answer(tried, replace(first, more=(second,)))
    later, earlier = moves(estate)
    assert earlier == UnmatchedMove(
        amount=naira(120_000),
        at=estate.clock.now(),
        provider=estate.configuration.provider,
        reference=tried.attempt.reference,
        person="Ada",
        bill=estate.bill(bill),
        told="Visa •••• 4081 · R77",
    )
    assert (later.amount, later.told) == (naira(30_000), "")


def test_what_was_given_is_among_the_moves_until_nothing_waits(
    estate: Estate, treasurer: Actor
) -> None:
    give(estate, treasurer)
    assert [(each.amount.minor, each.person, each.provider) for each in moves(estate)] == [
        (-3_000, "Ada", ""),
        (5_000, "", ""),
    ]
    give(estate, treasurer, minor=2_000, key="k2")
    assert moves(estate) == ()
    arrive(estate)
    assert [each.amount.minor for each in moves(estate)] == [5_000]

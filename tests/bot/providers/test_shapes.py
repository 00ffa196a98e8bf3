"""Shapes, and that they tell what departs from them."""

import re

import pytest

from tests.bot.providers.shapes import NUMBER, Contract, Kind, ListOf, OneOf, broken, or_null

MONEY = Contract(must={"value": re.compile(r"[0-9]+\.[0-9]{2}")}, may={"currency": str})
CART = Contract(
    must={"total": MONEY},
    may={
        "rows": ListOf(Contract(must={"amount": MONEY}, may={"count": int})),
        "payer": or_null(Contract(must={"name": str})),
        "status": frozenset({"open", "paid"}),
        "rate": NUMBER,
        "id": OneOf((int, str)),
    },
)
TOTAL = {"value": "5.00"}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"rows": []},
        {"rows": [{"amount": TOTAL, "count": 1}]},
        {"payer": None},
        {"payer": {"name": "Ada"}},
        {"status": "open", "rate": 1, "id": 7},
        {"rate": 1.5, "id": "7"},
    ],
)
def test_what_has_the_shape_passes(more: dict[str, object]) -> None:
    assert not CART.broken({"total": TOTAL, **more})


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"total": {}}, ["total.value is missing"]),
        ({"total": "5.00"}, ["total is '5.00'"]),
        ({"total": {"value": "5", "sum": 5}}, ["total.sum is not known", "total.value is '5'"]),
        ({"rows": {}}, ["rows is {}"]),
        ({"rows": [{"amount": TOTAL}, {"count": 1}]}, ["rows[1].amount is missing"]),
        ({"rows": [{"amount": TOTAL, "count": True}]}, ["rows[0].count is True"]),
        ({"payer": {"name": 1}}, ["payer.name is 1"]),
        ({"payer": {}}, ["payer.name is missing"]),
        ({"payer": "Ada"}, ["payer is 'Ada'"]),
        ({"status": "marvellous"}, ["status is 'marvellous'"]),
        ({"status": ["open"]}, ["status is ['open']"]),
        ({"rate": "1"}, ["rate is '1'"]),
        ({"id": None}, ["id is None"]),
        ({"teapot": 1}, ["teapot is not known"]),
    ],
)
def test_what_departs_is_told_by_its_way(changed: dict[str, object], told: list[str]) -> None:
    assert CART.broken({"total": TOTAL, **changed}) == told


@pytest.mark.parametrize(("kind", "value"), [(int, 5), (None, None), (ListOf(str), ["a"])])
def test_kind_may_stand_alone(kind: Kind, value: object) -> None:
    assert not broken(value, kind)
    assert broken({}, kind) == ["it is {}"]

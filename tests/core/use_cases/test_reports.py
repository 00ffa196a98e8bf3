"""A tenant's month in figures: exact however much happened, and read in bounded time."""

from datetime import UTC, datetime
from typing import Final

import pytest

from core.use_cases.payments import tenant_wallet
from core.use_cases.reports import tenant_report
from storage.transaction import SqlTransaction
from tests.core.estate import Estate
from tests.factories import post, top_up

MANY: Final = 600
"""More moves than any page shows."""


def moves(estate: Estate, count: int, *, minor: int) -> None:
    """Let that many payments of Ada's reach the tenant, each followed by one of 1 kobo back."""
    payer = estate.wallet(estate.ada)

    def act(tx: SqlTransaction) -> None:
        own = tenant_wallet(tx, tenant_id=estate.tenant.id, currency=estate.tenant.currency)
        top_up(tx, estate.tenant, payer, count * minor)
        for n in range(count):
            key = f"{tx.now.isoformat()}:{n}"
            there = (payer.account_id, own.account_id, minor)
            back = (own.account_id, payer.account_id, 1)
            post(tx, estate.tenant, there, key=f"{key}:there")
            post(tx, estate.tenant, back, key=f"{key}:back")

    estate.books.run(act)


def figures(estate: Estate) -> tuple[int, int]:
    report = estate.do(tenant_report, actor=estate.admin)
    return report.came_in.minor, report.went_out.minor


def test_a_month_is_exact_at_any_size(estate: Estate) -> None:
    moves(estate, 10, minor=500)
    estate.clock.at = datetime(2026, 4, 1, 12, tzinfo=UTC)
    moves(estate, MANY, minor=200)
    assert figures(estate) == (MANY * 200, MANY)


def test_a_month_without_moves_is_zero(estate: Estate) -> None:
    moves(estate, 3, minor=500)
    assert figures(estate) == (1_500, 3)
    estate.clock.at = datetime(2026, 4, 1, 12, tzinfo=UTC)
    assert figures(estate) == (0, 0)


def test_a_tenant_without_moves_has_a_report(estate: Estate) -> None:
    assert figures(estate) == (0, 0)


def test_looking_opens_no_account(estate: Estate) -> None:
    before = estate.books.rows("SELECT * FROM account ORDER BY id")
    report = estate.do(tenant_report, actor=estate.admin)
    assert (report.fees.minor, report.owed.minor) == (0, 0)
    assert estate.books.rows("SELECT * FROM account ORDER BY id") == before


def test_a_tenant_whose_wallet_was_never_opened_has_an_empty_report(estate: Estate) -> None:
    report = estate.do(tenant_report, actor=estate.admin)
    assert report.wallet.balance.minor == 0
    assert report.entries == ()


@pytest.mark.parametrize(
    ("at", "came_in"),
    [(datetime(2026, 3, 31, 22, 59, tzinfo=UTC), 0), (datetime(2026, 3, 31, 23, tzinfo=UTC), 500)],
)
def test_a_month_begins_at_local_midnight(estate: Estate, at: datetime, came_in: int) -> None:
    estate.clock.at = at
    moves(estate, 1, minor=500)
    estate.clock.at = datetime(2026, 4, 2, tzinfo=UTC)
    assert figures(estate)[0] == came_in

"""PayPal's list of transactions: what counts as money that came in, how far it goes, its slices."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

import httpx
import pytest

from bot.providers.paypal.codes import LIST_LAG, MOST_SPAN
from core.domain.money import Money
from core.domain.providers import Listing, Listings, Settled, Unknown
from core.domain.reconciling import MARGIN, OVERLAP
from tests.bot.providers import paypal_says as says
from tests.bot.providers.conformance import NOW, Fact, Taken
from tests.bot.providers.conformance_listings import Listed, Row
from tests.bot.providers.paypal_dialect import USD, PayPalDialect, adapter

TOO_MANY = httpx.Response(400, json={"name": "RESULTSET_TOO_LARGE", "details": [], "links": []})
Answer = Callable[[Mapping[str, str]], httpx.Response]


def a_row(number: int = 1, *, at: datetime = NOW) -> Row:
    taken = Taken(provider_id=f"CAP{number}", amount=Money(1_000 + number, USD))
    fact = Fact(status="paid", reference=f"ATT-{number}", taken=(taken,))
    return Row(fact=fact, paid_at=at)


class TestPayPalList(Listed):
    """The suite's part on lists, spoken by PayPal."""

    dialect = PayPalDialect()

    async def test_listed_money_of_another_mode_is_reported_as_such(self) -> None:
        """No answer tells the mode: the address does."""
        assert [each.is_test for each in await self.everything([self.row(1)])] == [True]


async def read(
    answer: Answer, *, since: datetime = NOW - timedelta(days=2), after: str = ""
) -> Listing | Unknown:
    """Read one page of what was captured until an hour from now."""

    def behave(request: httpx.Request) -> httpx.Response:
        is_token = request.url.path.endswith("/token")
        return says.token() if is_token else answer(dict(request.url.params))

    async with httpx.AsyncClient(transport=httpx.MockTransport(behave)) as client:
        provider = adapter(client)
        assert isinstance(provider, Listings)
        until = NOW + timedelta(hours=1)
        return await provider.captures(since=since, until=until, after=after)


async def shown(*rows: Mapping[str, object]) -> list[Settled]:
    """Return what is read of these transactions."""
    page = await read(lambda query: says.listed(query, rows))
    assert isinstance(page, Listing)
    return list(page.items)


@pytest.mark.parametrize("code", ["T1107", "T0200", "T0400", "T1201", "T2101"])
async def test_what_is_no_payment_is_left_out(code: str) -> None:
    assert await shown(says.transaction(a_row(), transaction_event_code=code)) == []


@pytest.mark.parametrize("value", ["-10.01", "-.50", "0.00"])
async def test_money_that_was_sent_is_left_out(value: str) -> None:
    amount = {"currency_code": "USD", "value": value}
    assert await shown(says.transaction(a_row(), transaction_amount=amount)) == []


@pytest.mark.parametrize(("status", "is_back"), [("S", False), ("F", False), ("V", True)])
async def test_what_was_wholly_given_back_says_so(status: str, *, is_back: bool) -> None:
    (found,) = await shown(says.transaction(a_row(), transaction_status=status))
    assert found.refunded == (found.captured if is_back else None)


async def test_a_word_of_another_program_is_no_reference() -> None:
    row = says.transaction(a_row(), custom_field="T-shirt, size: L", invoice_id="")
    assert [each.reference for each in await shown(row)] == [""]


async def test_money_that_no_payment_of_ours_is_in_is_left_out() -> None:
    amount = {"currency_code": "MXN", "value": "200.00"}
    row = says.transaction(a_row(), transaction_amount=amount, custom_field=None, invoice_id=None)
    assert await shown(row) == []


async def test_ours_in_money_that_we_do_not_know_makes_the_list_unknown() -> None:
    row = says.transaction(a_row(), transaction_amount={"currency_code": "MXN", "value": "2.00"})
    assert isinstance(await read(lambda query: says.listed(query, [row])), Unknown)


async def test_one_capture_listed_twice_is_one_and_two_of_one_id_are_unknown() -> None:
    row, other = says.transaction(a_row()), a_row(2)
    assert len(await shown(row, row)) == 1
    twice = [row, says.transaction(other, transaction_id="CAP1")]
    assert isinstance(await read(lambda query: says.listed(query, twice)), Unknown)


async def test_list_that_lags_far_behind_is_unknown() -> None:
    until = NOW + timedelta(hours=1)
    for refreshed, kind in ((until - LIST_LAG, Listing), (until - LIST_LAG * 2, Unknown)):
        page = await read(partial(says.listed, shown=[], refreshed=refreshed))
        assert isinstance(page, kind)


async def test_list_that_says_nothing_of_its_age_is_read() -> None:
    row = says.transaction(a_row())
    page = await read(lambda query: says.listed(query, [row], refreshed=None))
    assert isinstance(page, Listing)
    assert len(page.items) == 1


def test_what_is_too_young_for_the_list_is_looked_for_by_the_next_window() -> None:
    assert LIST_LAG + 2 * MARGIN < OVERLAP


async def test_it_is_asked_for_more_than_the_window_and_for_no_more_than_a_month() -> None:
    asked: list[Mapping[str, str]] = []

    def answer(query: Mapping[str, str]) -> httpx.Response:
        asked.append(query)
        return says.listed(query, [])

    for days in (0, 30, 90):
        await read(answer, since=NOW - timedelta(days=days))
    starts = [datetime.fromisoformat(each["start_date"]) for each in asked]
    ends = [datetime.fromisoformat(each["end_date"]) for each in asked]
    assert starts[0] == NOW - LIST_LAG
    assert max(end - start for start, end in zip(starts, ends, strict=True)) <= MOST_SPAN


async def everything(answer: Answer) -> list[str]:
    """Read all pages; return the ids in the order in which they came."""
    found: list[str] = []
    after = ""
    for _ in range(40):
        page = await read(answer, after=after)
        assert isinstance(page, Listing)
        found += [each.provider_id for each in page.items]
        after = page.after
        if not after:
            return found
    raise AssertionError


async def test_time_in_which_too_much_happened_is_halved_until_it_fits() -> None:
    rows = [a_row(number, at=NOW - timedelta(hours=5 * number)) for number in range(9)]

    def answer(query: Mapping[str, str]) -> httpx.Response:
        since, until = (datetime.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        within = [each for each in rows if since <= each.paid_at <= until]
        if len(within) > 3:
            return TOO_MANY
        return says.listed(query, [says.transaction(each) for each in within])

    assert set(await everything(answer)) == {f"CAP{number}" for number in range(9)}


async def test_an_hour_in_which_too_much_happened_is_unknown() -> None:
    def answer(query: Mapping[str, str]) -> httpx.Response:
        return TOO_MANY

    after = ""
    for _ in range(40):
        page = await read(answer, after=after)
        if isinstance(page, Unknown):
            return
        after = page.after
    raise AssertionError


async def test_pages_that_shift_between_two_answers_lose_nothing() -> None:
    rows = [says.transaction(a_row(number)) for number in range(150)]
    asked = 0

    def answer(query: Mapping[str, str]) -> httpx.Response:
        nonlocal asked
        asked += 1
        # The list is refreshed after the first page: newest first, all others move down.
        known, refreshed = (rows[:140], NOW) if asked == 1 else (rows, NOW + timedelta(minutes=5))
        return says.listed(query, known, refreshed=refreshed)

    assert set(await everything(answer)) == {f"CAP{number}" for number in range(150)}


async def test_list_that_changes_with_every_page_is_unknown() -> None:
    rows = [says.transaction(a_row(number)) for number in range(150)]
    asked, after = 0, ""

    def answer(query: Mapping[str, str]) -> httpx.Response:
        nonlocal asked
        asked += 1
        return says.listed(query, rows, refreshed=NOW + timedelta(minutes=asked))

    for _ in range(40):
        page = await read(answer, after=after)
        if isinstance(page, Unknown):
            return
        after = page.after
    raise AssertionError


@pytest.mark.parametrize("after", ["2", "1.2.3", "-1.5.1.0.0", "next", "9" * 400])
async def test_page_that_nobody_gave_out_is_not_asked_for(after: str) -> None:
    asked: list[Mapping[str, str]] = []

    def answer(query: Mapping[str, str]) -> httpx.Response:
        asked.append(query)
        return says.listed(query, [])

    assert isinstance(await read(answer, after=after), Unknown)
    assert asked == []


@pytest.mark.parametrize(
    "changes",
    [
        {"transaction_id": None},
        {"transaction_event_code": "ANY"},
        {"transaction_status": "SX"},
        {"transaction_amount": {"currency_code": "USD", "value": 10.5}},
        {"transaction_amount": {"currency_code": "USD", "value": "10.555"}},
        {"custom_field": {"sub": "ject"}},
        {"custom_field": "line\nbreak"},
    ],
)
async def test_odd_transaction_makes_the_list_unknown(changes: Mapping[str, object]) -> None:
    row = says.transaction(a_row(), **changes)
    assert isinstance(await read(lambda query: says.listed(query, [row])), Unknown)

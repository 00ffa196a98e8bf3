"""The suite's part on lists of captures, for adapters whose capabilities say that they list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import httpx
import pytest

from core.domain.money import Money
from core.domain.providers import Listing, Listings, Settled, Unknown
from tests.bot.providers.conformance import NOW, Dialect, Fact, Suite, Taken, raising
from tests.bot.providers.conformance_failures import HOSTILE_BODIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An attempt in the provider's list: what it believes of it, and when it was paid."""

    fact: Fact
    paid_at: datetime


class ListDialect(Dialect, Protocol):
    """How one provider lists."""

    page_size: int
    """How many attempts the adapter asks for at a time."""

    def answer_list(self, request: httpx.Request, rows: Sequence[Row]) -> httpx.Response:
        """Answer a call about the list as the provider would; `rows` are oldest first."""
        ...


class Listed(Suite):
    """The provider's own list is read to its end, with the facts that a look-up gives."""

    dialect: ListDialect
    since = NOW - timedelta(hours=1)

    def row(self, number: int, *, paid_at: datetime = NOW, status: str = "paid") -> Row:
        """Return one of many attempts."""
        amount = Money(1_000 + number, self.dialect.currency)
        taken = (Taken(provider_id=str(90_000 + number), amount=amount),)
        fact = Fact(status=status, reference=f"ATT-{number}", taken=taken)
        return Row(fact=fact, paid_at=paid_at)

    async def page(
        self, behave: Callable[[httpx.Request], httpx.Response], after: str = ""
    ) -> Listing | Unknown:
        """Read one page over a network that behaves as told."""
        async with httpx.AsyncClient(transport=httpx.MockTransport(behave)) as client:
            provider = self.dialect.adapter(client)
            assert provider.capabilities.can_list
            assert isinstance(provider, Listings)
            until = NOW + timedelta(hours=1)
            return await provider.captures(since=self.since, until=until, after=after)

    async def everything(self, rows: Sequence[Row]) -> list[Settled]:
        """Read all pages."""
        found: list[Settled] = []
        after = ""
        for _ in range(20):
            page = await self.page(lambda r: self.dialect.answer_list(r, rows), after)
            assert isinstance(page, Listing)
            found += page.items
            after = page.after
            if not after:
                return found
        raise AssertionError

    async def test_nothing_is_an_empty_list(self) -> None:
        assert await self.everything([]) == []

    async def test_each_capture_is_listed_once_over_many_pages(self) -> None:
        rows = [self.row(number) for number in range(self.dialect.page_size * 2 + 1)]
        found = await self.everything(rows)
        listed = {(each.provider_id, each.reference, each.captured) for each in found}
        taken = {
            (row.fact.taken[0].provider_id, row.fact.reference, row.fact.taken[0].amount)
            for row in rows
        }
        assert len(found) == len(rows)
        assert listed == taken

    async def test_a_page_is_oldest_first(self) -> None:
        rows = [self.row(n, paid_at=NOW + timedelta(minutes=n)) for n in range(3)]
        assert [each.reference for each in await self.everything(rows)] == [
            "ATT-0",
            "ATT-1",
            "ATT-2",
        ]

    async def test_what_took_no_money_is_left_out(self) -> None:
        rows = [self.row(1, status="open"), self.row(2, status="declined"), self.row(3)]
        assert [each.reference for each in await self.everything(rows)] == ["ATT-3"]

    async def test_what_was_captured_at_another_time_is_left_out(self) -> None:
        early = self.row(1, paid_at=self.since - timedelta(seconds=1))
        late = self.row(2, paid_at=NOW + timedelta(hours=1))
        assert await self.everything([early, late]) == []

    async def test_listed_money_of_another_mode_is_reported_as_such(self) -> None:
        row = self.row(1)
        found = await self.everything([replace(row, fact=replace(row.fact, is_test=False))])
        assert [each.is_test for each in found] == [False]

    async def test_word_that_nobody_knows_makes_the_list_unknown(self) -> None:
        rows = [self.row(1), self.row(2, status="unheard")]
        page = await self.page(lambda r: self.dialect.answer_list(r, rows))
        assert isinstance(page, Unknown)

    @pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
    async def test_list_that_fails_is_unknown_and_never_empty(self, status: int) -> None:
        assert isinstance(await self.page(lambda _: httpx.Response(status)), Unknown)
        assert isinstance(await self.page(raising(httpx.ReadTimeout)), Unknown)

    async def test_hostile_list(self) -> None:
        for name, spoil in HOSTILE_BODIES.items():

            def behave(
                request: httpx.Request, spoil: Callable[[bytes], bytes] = spoil
            ) -> httpx.Response:
                good = self.dialect.answer_list(request, [self.row(1)])
                return httpx.Response(200, content=spoil(good.content))

            assert isinstance(await self.page(behave), Unknown), name

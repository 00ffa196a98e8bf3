"""What only Flutterwave's stand-in does: several captures, list pages, exact decimals."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.sandbox import provider_switches as switches
from bot.sandbox.standins.flutterwave_views import ROWS
from core.domain.providers import Declined, Listing, Listings, Pending, Settled
from tests.bot.providers.loopback import START, Loopback, provider_on_loopback


@pytest.fixture
async def played() -> AsyncIterator[Loopback]:
    async with provider_on_loopback(plays="flutterwave") as running:
        yield running


async def look_up(played: Loopback, reference: str = "ATT-1") -> object:
    page, asked = played.refs[reference], played.request().amount
    return await played.adapter.advance(reference=reference, provider_ref=page, asked=asked)


async def test_who_pays_twice_on_one_page_is_credited_twice(played: Loopback) -> None:
    played.board.turn_on(switches.TWICE)
    await played.press(await played.page(), "pay")
    outcome = await look_up(played)
    assert isinstance(outcome, Settled)
    captured = [each.captured for each in (outcome, *outcome.more)]
    assert captured == [played.request().amount] * 2
    assert len({outcome.provider_id, *(each.provider_id for each in outcome.more)}) == 2


async def test_a_part_of_a_unit_arrives_as_it_was_asked_for(played: Loopback) -> None:
    request = played.request(minor=500_007)
    page = await played.adapter.create_link(request)
    assert isinstance(page, Pending)
    await played.press(page.link, "pay")
    outcome = await played.adapter.advance(
        reference=request.reference, provider_ref=page.provider_ref, asked=request.amount
    )
    assert isinstance(outcome, Settled)
    assert outcome.captured == request.amount


async def test_a_reference_makes_one_page(played: Loopback) -> None:
    await played.page()
    again = await played.adapter.create_link(played.request())
    assert not isinstance(again, Pending | Declined)
    assert len(played.server.checkouts()) == 1


async def test_its_list_is_read_page_by_page_to_its_end(played: Loopback) -> None:
    references = [f"ATT-{number}" for number in range(ROWS + 2)]
    for reference in references:
        await played.press(await played.page(reference), "pay")
    lists, found, after = played.adapter, list[str](), ""
    assert isinstance(lists, Listings)
    for _ in range(2):
        span = timedelta(minutes=5)
        page = await lists.captures(since=START - span, until=START + span, after=after)
        assert isinstance(page, Listing)
        found, after = [*found, *(each.reference for each in page.items)], page.after
    assert (sorted(found), after) == (sorted(references), "")

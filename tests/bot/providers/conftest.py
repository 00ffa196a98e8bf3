"""Every call that an adapter makes in these tests is held to its provider's description."""

from collections.abc import Iterator

import httpx
import pytest

from tests.bot.providers.contracts import broken_by

_ANSWER = httpx.MockTransport.handle_async_request


@pytest.fixture(autouse=True)
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect what calls break; the test fails in the end if they broke anything."""
    found: list[str] = []

    async def watched(transport: httpx.MockTransport, request: httpx.Request) -> httpx.Response:
        await request.aread()
        found.extend(broken_by(request))
        return await _ANSWER(transport, request)

    monkeypatch.setattr(httpx.MockTransport, "handle_async_request", watched)
    yield found
    assert not found, found

"""The suite's part on what goes wrong: networks that fail, providers that babble."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from typing import Final

import httpx
import pytest

from core.domain.money import MAX_MINOR
from core.domain.providers import ProviderError, Settled, Unknown
from tests.bot.providers.conformance import Act, Suite, both, look_up, raising


class Failures(Suite):
    """When the network or the provider fails, nobody knows, and nobody pretends to."""

    @both
    @pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
    async def test_failure_before_sending(
        self, act: Act, error: type[httpx.TransportError]
    ) -> None:
        outcome, network = await self.watched(act, raising(error))
        assert isinstance(outcome, Unknown)
        assert outcome.error is ProviderError.NETWORK_ERROR
        assert len(network.calls) == 1

    @both
    @pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.WriteTimeout])
    async def test_time_out_after_sending(
        self, act: Act, error: type[httpx.TransportError]
    ) -> None:
        outcome, network = await self.watched(act, raising(error))
        assert isinstance(outcome, Unknown)
        assert outcome.error is ProviderError.TIMEOUT_ERROR
        assert len(network.calls) == 1

    @both
    @pytest.mark.parametrize(
        "error", [httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError]
    )
    async def test_connection_that_breaks(
        self, act: Act, error: type[httpx.TransportError]
    ) -> None:
        outcome, network = await self.watched(act, raising(error))
        assert isinstance(outcome, Unknown)
        assert outcome.error is ProviderError.NETWORK_ERROR
        assert len(network.calls) == 1

    @both
    @pytest.mark.parametrize("status", [409, 418, 429, 500, 502, 503, 504])
    async def test_busy_or_broken_provider(self, act: Act, status: int) -> None:
        outcome, network = await self.watched(act, lambda _: httpx.Response(status, text="<html>"))
        assert isinstance(outcome, Unknown)
        assert outcome.error is ProviderError.PROVIDER_ERROR
        assert len(network.calls) == 1

    @both
    @pytest.mark.parametrize("status", [400, 404, 422])
    async def test_refusal_by_something_in_between_decides_nothing(
        self, act: Act, status: int
    ) -> None:
        outcome, _ = await self.watched(act, lambda _: httpx.Response(status, text="<html>"))
        assert isinstance(outcome, Unknown)

    @both
    @pytest.mark.parametrize("status", [401, 403])
    async def test_refused_keys_decide_nothing_about_the_money(self, act: Act, status: int) -> None:
        outcome, _ = await self.watched(act, lambda _: httpx.Response(status))
        assert isinstance(outcome, Unknown)
        assert outcome.error is ProviderError.AUTHENTICATION_ERROR

    @both
    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    async def test_redirect_is_not_followed(self, act: Act, status: int) -> None:
        away = {"location": "https://elsewhere.example/"}
        outcome, network = await self.watched(act, lambda _: httpx.Response(status, headers=away))
        assert isinstance(outcome, Unknown)
        assert len(network.calls) == 1

    @both
    async def test_outcome_tells_no_secret(self, act: Act) -> None:
        outcome, _ = await self.watched(act, raising(httpx.ConnectError))
        assert not [secret for secret in self.dialect.secrets if secret in repr(outcome)]

    async def test_adapter_tells_no_secret(self) -> None:
        async with httpx.AsyncClient() as client:
            shown = repr(vars(self.dialect.adapter(client)))
        assert not [secret for secret in self.dialect.secrets if secret in shown]

    async def test_cancelling_is_not_swallowed(self) -> None:
        def behave(request: httpx.Request) -> httpx.Response:
            raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await self.watched(look_up, behave)


HOSTILE_BODIES: Final[dict[str, Callable[[bytes], bytes]]] = {
    "empty": lambda _: b"",
    "cut in half": lambda good: good[: len(good) // 2],
    "html": lambda _: b"<!doctype html><title>Welcome</title>",
    "null": lambda _: b"null",
    "list": lambda good: b"[" + good + b"]",
    "text": lambda _: b'"paid"',
    "two values": lambda good: good + good,
    "repeated key": lambda good: good.replace(b'{"', b'{"id":"x","id":"y","', 1),
    "not utf-8": lambda good: good.replace(b'{"', b'{"\xff":1,"', 1),
    "utf-16": lambda good: good.decode().encode("utf-16"),
    "not a number": lambda good: good.replace(b'{"', b'{"n":NaN,"', 1),
    "infinite": lambda good: good.replace(b'{"', b'{"n":-Infinity,"', 1),
    "number beyond reading": lambda good: good.replace(b'{"', b'{"n":' + b"9" * 5_000 + b',"', 1),
    "exponent": lambda good: good.replace(b'{"', b'{"n":1e999999,"', 1),
    "deep": lambda good: good.replace(b'{"', b'{"n":' + b"[" * 30_000 + b',"', 1),
    "too long": lambda good: good + b" " * 1_000_000,
}

HOSTILE_AMOUNTS: Final = (
    b"0",
    b"-500000",
    b"500000.0",
    b"500000.5",
    b"5e5",
    b"1" + b"0" * 30,
    str(MAX_MINOR + 1).encode(),
    b"true",
    b"null",
    b"[500000]",
    b'"five"',
    b'"0x7a120"',
    b'"NaN"',
)


HOSTILE_MAJORS: Final = (
    b"0",
    b"0.00",
    b"-5000",
    b"5000.001",
    b"5e3",
    b"1" + b"0" * 30,
    b"1e999999",
    b"true",
    b"null",
    b"[5000]",
    b'"five"',
    b'"0x1388"',
    b'"NaN"',
    b'"5,000.00"',
    b'" 5000"',
)


class Bodies(Suite):
    """A body that is not exactly what the contract says decides nothing."""

    hostile_amounts: tuple[bytes, ...] = HOSTILE_AMOUNTS
    """`HOSTILE_MAJORS` for providers that write amounts in major units."""

    @both
    @pytest.mark.parametrize("spoil", HOSTILE_BODIES.values(), ids=HOSTILE_BODIES.keys())
    async def test_hostile_body(self, act: Act, spoil: Callable[[bytes], bytes]) -> None:
        assert isinstance(await self.read(spoil, act), Unknown)

    async def test_amount_that_is_none(self) -> None:
        for token in self.hostile_amounts:
            outcome = await self.read(lambda good, t=token: self.dialect.with_amount(good, t))  # type: ignore[misc]
            assert isinstance(outcome, Unknown), token

    async def test_spoiling_is_what_makes_it_unknown(self) -> None:
        assert isinstance(await self.read(lambda good: good), Settled)

    async def test_compressed_bomb_is_not_opened(self) -> None:
        def behave(_: httpx.Request) -> httpx.Response:
            bomb = gzip.compress(b" " * 10_000_000)
            return httpx.Response(200, stream=_Once(bomb), headers={"content-encoding": "gzip"})

        outcome, _ = await self.watched(look_up, behave)
        assert isinstance(outcome, Unknown)


class _Once(httpx.AsyncByteStream):
    """A body that arrives in one piece and is not unpacked before it is asked for."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content

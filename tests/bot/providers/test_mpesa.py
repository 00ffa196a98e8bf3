"""M-Pesa's adapter against the suite that every adapter passes, and what is its own."""

import asyncio
import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from bot.providers.mpesa.codes import ADDRESS, SANDBOX
from core.domain.errors import ProviderProblem
from core.domain.money import Money
from core.domain.outflows import (
    Answering,
)
from core.domain.providers import (
    Accepted,
    Declined,
    Hook,
    Pending,
    ProviderError,
    Settled,
    Unknown,
)
from tests.bot.providers import mpesa_says as says
from tests.bot.providers.conformance import (
    ANSWER_URL,
    NOW,
    REQUEST,
    Fact,
    create,
    look_up,
    raising,
)
from tests.bot.providers.conformance_failures import Failures
from tests.bot.providers.conformance_prompts import PromptBodies, Prompts
from tests.bot.providers.kits import a_kit
from tests.bot.providers.mpesa_dialect import (
    CREDENTIALS,
    MAKER,
    MpesaDialect,
    adapter,
    posted,
)


class TestMpesa(Prompts, Failures, PromptBodies):
    """The suite, spoken by M-Pesa."""

    dialect = MpesaDialect()

    async def test_money_of_another_mode_is_reported_as_such(self) -> None:
        """No word tells the mode: the address does."""
        async with httpx.AsyncClient() as client:
            live = adapter(client, ADDRESS)
            assert isinstance(live, Answering)
            outcome = live.read_answer(self.dialect.answered(self.paid), self.question)
        assert isinstance(outcome, Settled)
        assert outcome.is_test is False

    async def test_prompt_proves_itself_at_nairobis_clock(self) -> None:
        _, network = await self.watched(create, lambda r: self.dialect.answer(r, Fact()))
        body = json.loads(network.calls[0].content)
        proof = base64.b64decode(body["Password"]).decode()
        assert body["Timestamp"] == "20261121120000"
        assert proof == f"174379{CREDENTIALS['passkey']}20261121120000"

    async def test_prompt_says_whom_it_asks_and_where_the_answer_goes(self) -> None:
        _, network = await self.watched(create, lambda r: self.dialect.answer(r, Fact()))
        body = json.loads(network.calls[0].content)
        named = ("TransactionType", "PartyA", "PartyB", "PhoneNumber", "CallBackURL")
        assert [body[name] for name in named] == [
            "CustomerPayBillOnline",
            "254712345678",
            "174379",
            "254712345678",
            ANSWER_URL,
        ]
        assert body["TransactionDesc"] == "Service charg"

    async def test_till_is_paid_through_its_store(self) -> None:
        outcome, bodies = await posted(
            lambda provider: provider.create_link(replace(REQUEST, amount=self.asked)),
            lambda r: self.dialect.answer(r, Fact()),
            till="888880",
        )
        named = [bodies[0][name] for name in ("TransactionType", "BusinessShortCode", "PartyB")]
        assert isinstance(outcome, Pending)
        assert named == ["CustomerBuyGoodsOnline", "174379", "888880"]

    async def test_long_reference_is_known_by_its_end(self) -> None:
        long = replace(REQUEST, reference="hz19f0c2a7b41-1-k3m9_x-b", amount=self.asked)
        _, bodies = await posted(
            lambda provider: provider.create_link(long), lambda r: self.dialect.answer(r, Fact())
        )
        assert bodies[0]["AccountReference"] == "2a7b411k3m9xb"[-12:]

    async def test_phone_that_is_being_asked_already_is_not_asked_again(self) -> None:
        message = "Unable to lock subscriber, a transaction is already in process"
        busy = says.refused(500, "500.001.1001", message)
        outcome, _ = await self.watched(create, lambda _: busy)
        assert isinstance(outcome, Declined)

    async def test_our_wrong_password_decides_nothing_about_the_money(self) -> None:
        wrong = says.refused(500, "500.001.1001", "Wrong credentials")
        for act in (create, look_up):
            outcome, _ = await self.watched(act, lambda _: wrong)
            assert isinstance(outcome, Unknown)
            assert outcome.error is ProviderError.AUTHENTICATION_ERROR
            assert outcome.is_unsent is (act is create)

    async def test_too_many_calls_ask_nobody(self) -> None:
        busy = says.refused(500, "500.003.02", "Spike arrest violation")
        outcome, _ = await self.watched(create, lambda _: busy)
        assert isinstance(outcome, Unknown)
        assert outcome.is_unsent

    async def test_without_a_token_nobody_was_asked(self) -> None:
        def behave(request: httpx.Request) -> httpx.Response:
            raise httpx.ReadTimeout("slow", request=request)

        async with httpx.AsyncClient(transport=httpx.MockTransport(behave)) as client:
            outcome = await create(adapter(client), self.asked)
        assert isinstance(outcome, Unknown)
        assert outcome.is_unsent

    async def test_prompt_whose_answer_is_late_may_have_come(self) -> None:
        outcome, _ = await self.watched(create, raising(httpx.ReadTimeout))
        assert isinstance(outcome, Unknown)
        assert not outcome.is_unsent

    @pytest.mark.parametrize("code", ["1037", "1"])
    async def test_word_that_nothing_has_ended_counts_before_its_code(self, code: str) -> None:
        told = says.callback(Fact(status="expired"))
        told["Body"]["stkCallback"] |= {  # type: ignore[index]
            "ResultCode": code,
            "ResultDesc": "The transaction is still under processing",
        }
        assert isinstance(self.heard(says.hook(told)), Pending)

    @pytest.mark.parametrize("written", [b"5000.00", b"5000.0", b'"5000.00"', b'"5000"'])
    def test_amount_counts_however_it_is_written(self, written: bytes) -> None:
        good = self.dialect.answered(self.paid)
        outcome = self.heard(replace(good, body=says.with_amount(good.body, written)))
        assert isinstance(outcome, Settled)
        assert outcome.captured == self.asked

    def test_acknowledgment_is_what_daraja_wants(self) -> None:
        told = json.loads(self.provider().acknowledge(Hook(body=b"", received_at=NOW)))
        assert told == {"ResultCode": 0, "ResultDesc": "Accepted"}

    def test_capture_says_when_it_was_taken(self) -> None:
        outcome = self.heard(self.dialect.answered(self.paid))
        assert isinstance(outcome, Settled)
        assert outcome.settled_at == datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class Doorkeeper:
    """Gives out tokens, each of which ends the one before; counts them."""

    def __init__(self) -> None:
        self.given = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/v1/generate":
            self.given += 1
            token = f"token-number-{self.given:04}"
            return httpx.Response(200, json={"access_token": token, "expires_in": 3599})
        if request.headers["authorization"] != f"Bearer token-number-{self.given:04}":
            return says.refused(404, "404.001.03", "Invalid Access Token")
        return says.prompting(request, Fact())


async def test_many_calls_share_one_token() -> None:
    keeper = Doorkeeper()
    async with httpx.AsyncClient(transport=httpx.MockTransport(keeper)) as client:
        provider = adapter(client)
        outcomes = await asyncio.gather(
            *(create(provider, Money(100_000, says.KES)) for _ in range(5))
        )
    assert [type(outcome) for outcome in outcomes] == [Pending] * 5
    assert keeper.given == 1


async def test_token_that_somebody_else_replaced_is_fetched_anew_once() -> None:
    keeper = Doorkeeper()
    async with httpx.AsyncClient(transport=httpx.MockTransport(keeper)) as client:
        provider = adapter(client)
        await create(provider, Money(100_000, says.KES))
        keeper.given += 1
        outcomes = await asyncio.gather(
            *(create(provider, Money(100_000, says.KES)) for _ in range(3))
        )
    assert [type(outcome) for outcome in outcomes] == [Pending] * 3
    assert keeper.given == 3


async def test_token_that_is_never_taken_is_not_fetched_for_ever() -> None:
    calls = []

    def behave(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        if request.method == "GET":
            return says.token()
        return says.refused(404, "404.001.03", "Invalid Access Token")

    outcome, bodies = await posted(lambda p: create(p, Money(100_000, says.KES)), behave)
    assert isinstance(outcome, Unknown)
    assert outcome.error is ProviderError.AUTHENTICATION_ERROR
    assert len(bodies) == 2


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (says.token(), Accepted(account="174379", is_test=True)),
        (
            says.refused(400, "400.008.01", "Invalid Authentication passed"),
            Declined(error=ProviderError.AUTHENTICATION_ERROR, detail="HTTP 400 400.008.01"),
        ),
        (
            httpx.Response(503),
            Unknown(error=ProviderError.PROVIDER_ERROR, detail="HTTP 503"),
        ),
    ],
)
async def test_credentials_are_checked_without_moving_money(
    answer: httpx.Response, expected: object
) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer)) as client:
        assert await adapter(client).check() == expected


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"consumer_secret": ""}, "consumer_secret"),
        ({"shortcode": "17A379"}, "shortcode"),
        ({"passkey": "short"}, "passkey"),
        ({"initiator_password": ""}, "initiator_password"),
        ({"certificate": ""}, "certificate"),
        (
            {
                "certificate": "-----BEGIN CERTIFICATE-----\n"
                + "A" * 200
                + "\n-----END CERTIFICATE-----"
            },
            "certificate",
        ),
    ],
)
async def test_what_is_wrong_is_named_and_never_shown(changes: dict[str, str], what: str) -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(ProviderProblem) as caught:
            adapter(client, **changes)
    assert caught.value.data == {"provider": "mpesa", "what": what}


@pytest.mark.parametrize(("address", "is_test"), [(ADDRESS, True), (SANDBOX, False)])
async def test_pretend_money_never_meets_real_books(address: str, *, is_test: bool) -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(ProviderProblem) as caught:
            MAKER.open(a_kit(client, is_test=is_test), CREDENTIALS, address=address)
    assert caught.value.data["what"] == "mode"

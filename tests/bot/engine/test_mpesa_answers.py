"""M-Pesa's own adapter in the engine: from the prompt on a phone to the money in the wallet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import httpx
import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.web.answers import AnswerDoors
from core.domain.configurations import Configuration
from core.domain.money import Money
from core.domain.payments import AttemptStatus, PaymentId, PaymentStatus
from core.domain.people import Role
from core.domain.providers import ProviderError
from core.use_cases.links import open_top_up
from core.use_cases.people import actor_of
from storage.doctor import examine
from storage.transaction import SqlTransaction
from tests.books import NOW
from tests.bot.engine.desk import Desk, open_desk
from tests.bot.providers import mpesa_says as says
from tests.bot.providers.conformance import FIRST, PROVIDER_REF, RECEIPT, Fact
from tests.bot.providers.mpesa_dialect import MpesaDialect, adapter
from tests.factories import add_configuration, add_member, add_person, add_tenant
from tests.fakes.providers import FakeRegistry

HOST = "https://hazina.example"
ASKED = Money(150_000, says.KES)
PAID = Fact(status="paid", taken=(replace(FIRST, amount=ASKED),))


class Asked(NamedTuple):
    """A top-up by M-Pesa of which the payer is asked."""

    desk: Desk
    payment_id: PaymentId
    prompts: list[httpx.Request]
    door: TestClient[web.Request, web.Application]

    async def answer(self, fact: Fact) -> None:
        """Let Safaricom answer where the prompt said."""
        told = orjson.loads(self.prompts[0].content)["CallBackURL"].removeprefix(HOST)
        async with self.door.post(told, data=MpesaDialect().answered(fact).body) as answer:
            assert (answer.status, (await answer.json())["ResultCode"]) == (200, 0)
        await self.desk.later(0)

    async def status(self) -> PaymentStatus:
        return await self.desk.run(lambda tx: tx.payments.get(self.payment_id).status)


def _begin(tx: SqlTransaction, phone: str) -> tuple[Configuration, PaymentId]:
    tenant = add_tenant(tx, name="Kilimani Court", currency=says.KES)
    configuration = add_configuration(tx, tenant, provider="mpesa")
    payer = add_person(tx, name="Amina", phone=phone, phone_verified_at=NOW if phone else None)
    add_member(tx, tenant, payer, roles=[Role.RESIDENT])
    actor = actor_of(tx, person_id=payer.id, tenant_id=tenant.id)
    payment = open_top_up(tx, actor=actor, amount=ASKED, configuration=configuration)
    return configuration, payment.id


@asynccontextmanager
async def asked(tmp_path: Path, *, phone: str = "+254712345678") -> AsyncIterator[Asked]:
    prompts: list[httpx.Request] = []

    def behave(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("processrequest"):
            prompts.append(request)
        return MpesaDialect().answer(request, Fact())

    registry = FakeRegistry(None, None)
    transport = httpx.MockTransport(behave)
    async with (
        httpx.AsyncClient(transport=transport) as client,
        open_desk(tmp_path, registry=registry) as desk,
    ):
        registry.provider = adapter(client)
        registry.configuration, payment_id = await desk.run(lambda tx: _begin(tx, phone))
        await desk.later(0)
        app = web.Application()
        now = desk.time.clock.now
        AnswerDoors(desk.database, registry, now=now, count=lambda _: None).mount(app)
        async with TestClient(TestServer(app)) as door:
            yield Asked(desk, payment_id, prompts, door)
        assert await desk.run(examine) == []


async def test_a_prompt_that_is_answered_fills_the_wallet_once(tmp_path: Path) -> None:
    async with asked(tmp_path) as top_up:
        (prompt,) = top_up.prompts
        assert orjson.loads(prompt.content)["PhoneNumber"] == "254712345678"
        for _ in range(2):
            await top_up.answer(PAID)
        (attempt,) = await top_up.desk.run(lambda tx: tx.payments.attempts(top_up.payment_id))
        payment = await top_up.desk.run(lambda tx: tx.payments.get(top_up.payment_id))
    assert (payment.status, payment.captured_minor) == (PaymentStatus.COMPLETED, ASKED.minor)
    assert (attempt.provider_ref, attempt.receipt) == (PROVIDER_REF, RECEIPT)


async def test_a_payer_who_says_no_has_paid_nothing(tmp_path: Path) -> None:
    async with asked(tmp_path) as top_up:
        await top_up.answer(Fact(status="declined"))
        (attempt,) = await top_up.desk.run(lambda tx: tx.payments.attempts(top_up.payment_id))
        assert (attempt.status, attempt.error) == (
            AttemptStatus.DECLINED,
            ProviderError.DECLINED_CARD,
        )
        assert await top_up.status() is PaymentStatus.PROCESSING


@pytest.mark.parametrize(
    "fact", [replace(PAID, reference="ATT-OTHER"), Fact(status="paid"), Fact(status="unheard")]
)
async def test_an_answer_about_something_else_fills_nothing(tmp_path: Path, fact: Fact) -> None:
    async with asked(tmp_path) as top_up:
        await top_up.answer(fact)
        assert await top_up.status() is PaymentStatus.PROCESSING


async def test_a_payer_without_a_phone_in_kenya_is_told_and_not_asked(tmp_path: Path) -> None:
    async with asked(tmp_path, phone="+2348031234567") as top_up:
        (attempt,) = await top_up.desk.run(lambda tx: tx.payments.attempts(top_up.payment_id))
    assert top_up.prompts == []
    assert (attempt.status, attempt.error) == (AttemptStatus.DECLINED, ProviderError.INVALID_CARD)

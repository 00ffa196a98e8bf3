"""What goes out by M-Pesa: payouts and reversals, whose end comes to one-time addresses."""

import base64
from dataclasses import replace
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import padding

from bot.providers.mpesa.codes import ADDRESS
from core.domain.money import Money
from core.domain.outflows import (
    Answering,
    Destination,
    Moved,
    PayoutRequest,
    Payouts,
    Refunds,
)
from core.domain.providers import (
    About,
    Declined,
    PartOf,
    Pending,
    ProviderError,
    Rail,
    Unknown,
)
from tests.bot.providers import mpesa_says as says
from tests.bot.providers.conformance import (
    ANSWER_URL,
    RECEIPT,
)
from tests.bot.providers.conformance_answers import AnsweredLater
from tests.bot.providers.conformance_outflows import OUR_REFERENCE, Book
from tests.bot.providers.conformance_payouts import PayingOut
from tests.bot.providers.conformance_refunds import Refunding
from tests.bot.providers.mpesa_dialect import (
    PASSWORD,
    MpesaDialect,
    PhoneDialect,
    ReversalDialect,
    adapter,
    posted,
)


class NoModes:
    """No word about money that goes out tells the mode: the address does."""

    async def test_money_of_another_mode_is_reported_as_such(self) -> None:
        assert isinstance(self, AnsweredLater)
        done = self.dialect.ended(replace(self.whole, status="done"))
        async with httpx.AsyncClient() as client:
            live = adapter(client, ADDRESS)
            assert isinstance(live, Answering)
            outcome = live.read_answer(done, self.question)
        assert isinstance(outcome, Moved)
        assert outcome.is_test is False


class ToSomebody(NoModes, AnsweredLater, PayingOut):
    """Payouts; what came back is not told by any word that we know."""

    about = About.PAYOUT

    async def test_what_came_back_is_returned_whole(self) -> None:
        outcome = await self.told(replace(self.whole, status="returned"))
        assert isinstance(outcome, Unknown)

    async def test_what_moved_and_what_came_back_have_one_id(self) -> None:
        await self.test_what_came_back_is_returned_whole()


class TestMpesaToPhones(ToSomebody):
    """Payouts to phones, spoken by M-Pesa."""

    dialect = PhoneDialect()
    destination = Destination(rail=Rail.MOBILE, number="+254712345678", name="Amina")

    async def test_first_answer_that_was_lost_is_no_matter(self) -> None:
        lost = replace(self.question, provider_ref="")
        outcome = await self.heard(self.dialect.ended(replace(self.whole, status="failed")), lost)
        assert outcome == Declined(error=ProviderError.INSUFFICIENT_FUNDS, detail="1")

    async def test_our_own_password_is_not_the_payers(self) -> None:
        told = says.result(OUR_REFERENCE, "2001")
        outcome = await self.heard(says.hook(told))
        assert outcome == Declined(error=ProviderError.AUTHENTICATION_ERROR, detail="2001")


class TestMpesaToTills(ToSomebody):
    """Payouts to tills, which carry no reference of ours."""

    dialect = MpesaDialect()
    destination = Destination(rail=Rail.TILL, number="888880", name="Water")

    async def test_asked_twice_it_is_sent_once(self) -> None:
        """It would be sent twice, and the capabilities say so: nobody asks twice."""
        async with httpx.AsyncClient() as client:
            can = self.dialect.adapter(client).capabilities
        assert can.unrepeatable == {Rail.TILL, Rail.PAYBILL}

    async def test_lost_answer_is_unknown_and_asked_again_it_is_sent_once(self) -> None:
        (first, _), _ = await self.twice(loses="answer")
        assert isinstance(first, Unknown)

    async def test_first_answer_that_was_lost_lets_only_success_count(self) -> None:
        lost = replace(self.question, provider_ref="")
        done, failed = (replace(self.whole, status=status) for status in ("done", "failed"))
        assert isinstance(await self.heard(self.dialect.ended(done), lost), Moved)
        assert isinstance(await self.heard(self.dialect.ended(failed), lost), Unknown)


class TestMpesaReversals(NoModes, AnsweredLater, Refunding):
    """Refunds, spoken by M-Pesa: a payment goes back whole or not at all."""

    dialect = ReversalDialect()
    about = About.REFUND

    async def test_a_part_is_given_back_exactly(self) -> None:
        """A part cannot be given back, and nothing is sent."""
        part, book = Money(123_400, self.asked.currency), Book(next=self.whole)
        transport = httpx.MockTransport(lambda r: self.dialect.answer_outflow(r, book))
        async with httpx.AsyncClient(transport=transport) as client:
            provider = self.dialect.adapter(client)
            assert isinstance(provider, Refunds)
            outcome = await provider.refund(replace(self.request(part), captured=self.asked))
        assert isinstance(outcome, Declined)
        assert provider.capabilities.refunds is PartOf.WHOLE
        assert book.sent == []

    async def test_somebody_elses_refund_of_the_same_payment_is_not_ours(self) -> None:
        """It went back whole by another hand: nothing is left to do, and nothing went twice."""
        told = says.result(self.dialect.provider_ref(self.whole), "R000001")
        outcome = await self.heard(says.hook(told))
        assert isinstance(outcome, Moved)
        assert (outcome.provider_id, outcome.amount) == (RECEIPT, self.asked)

    async def test_payment_without_a_receipt_cannot_be_reversed(self) -> None:
        async with httpx.AsyncClient() as client:
            provider = self.dialect.adapter(client)
            assert isinstance(provider, Refunds)
            outcome = await provider.refund(replace(self.request(self.asked), receipt=""))
        assert isinstance(outcome, Declined)


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        (
            Destination(rail=Rail.MOBILE, number="+254112345678", name="Amina"),
            ("BusinessPayment", "600996", "254112345678", None, None),
        ),
        (
            Destination(rail=Rail.TILL, number="888880", name="Water & Sons"),
            ("BusinessBuyGoods", "600996", "888880", "4", "Water Sons"),
        ),
        (
            Destination(rail=Rail.PAYBILL, number="888880", name="Water", account="A-14"),
            ("BusinessPayBill", "600996", "888880", "4", "A-14"),
        ),
    ],
)
async def test_payouts_name_whom_they_are_for(
    to: Destination, expected: tuple[str | None, ...]
) -> None:
    def behave(request: httpx.Request) -> httpx.Response:
        return MpesaDialect().answer_outflow(request, Book())

    outcome, (body,) = await posted(lambda p: p.pay_out(a_payout(to)), behave)
    named = ("CommandID", "PartyA", "PartyB", "RecieverIdentifierType", "AccountReference")
    assert isinstance(outcome, Pending)
    assert tuple(body.get(name) for name in named) == expected
    assert (body["ResultURL"], body["QueueTimeOutURL"]) == (ANSWER_URL, f"{ANSWER_URL}/late")
    assert sorted(name for name in body if name.startswith("Initiator")) == [
        "InitiatorName" if to.rail is Rail.MOBILE else "Initiator"
    ]
    sealed = base64.b64decode(body["SecurityCredential"])
    assert says.certificate()[1].decrypt(sealed, padding.PKCS1v15()).decode() == PASSWORD


@pytest.mark.parametrize(
    "request_",
    [
        {"minor": 900},
        {"minor": 100_050},
        {"minor": 25_000_100},
        {"to": Destination(rail=Rail.BANK, number="0123456789", name="Court")},
        {"to": Destination(rail=Rail.MOBILE, number="+2348030000001", name="Ada")},
        {"to": Destination(rail=Rail.PAYBILL, number="888880", name="Water")},
        {"url": ""},
    ],
)
async def test_payout_that_cannot_go_is_not_sent(request_: dict[str, Any]) -> None:
    to = request_.get("to", Destination(rail=Rail.MOBILE, number="+254712345678", name="Amina"))
    asked = a_payout(to, minor=request_.get("minor", 100_000))
    asked = replace(asked, answer_url=request_.get("url", ANSWER_URL))
    outcome, bodies = await posted(lambda p: p.pay_out(asked), lambda _: says.token())
    assert isinstance(outcome, Declined)
    assert bodies == []


def a_payout(to: Destination, *, minor: int = 100_000) -> PayoutRequest:
    return PayoutRequest(
        reference=OUR_REFERENCE,
        amount=Money(minor, says.KES),
        destination=to,
        reason="November",
        answer_url=ANSWER_URL,
    )


async def test_without_an_initiator_nothing_goes_out_and_nothing_is_promised() -> None:
    less = dict.fromkeys(("initiator_name", "initiator_password", "certificate"), "")
    async with httpx.AsyncClient() as client:
        provider = adapter(client, **less)
        assert isinstance(provider, Payouts)
        phone = Destination(rail=Rail.MOBILE, number="+254712345678", name="Amina")
        outcome = await provider.pay_out(a_payout(phone))
    can = provider.capabilities
    assert (can.refunds, can.rails, can.can_prompt) == (PartOf.NOTHING, frozenset(), True)
    assert isinstance(outcome, Declined)

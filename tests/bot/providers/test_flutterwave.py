"""Flutterwave's adapter against the suite that every adapter passes, and what is its own."""

import json
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from bot.sandbox.standins.flutterwave_views import pages
from core.domain.errors import ProviderProblem
from core.domain.money import Currency, Money
from core.domain.providers import (
    About,
    Accepted,
    Authentic,
    Declined,
    Forged,
    Hook,
    Outcome,
    Pending,
    Provider,
    ProviderError,
    Settled,
    Unknown,
)
from tests.bot.providers import flutterwave_says as says
from tests.bot.providers.conformance import (
    FIRST,
    NOW,
    REFERENCE,
    REQUEST,
    Answers,
    Fact,
    ManyCaptures,
    Taken,
    create,
    look_up,
)
from tests.bot.providers.conformance_failures import HOSTILE_MAJORS, Bodies, Failures
from tests.bot.providers.conformance_hooks import Hooks
from tests.bot.providers.conformance_listings import Listed
from tests.bot.providers.conformance_saved import ChargingSaved
from tests.bot.providers.flutterwave_dialect import (
    HASH,
    KEY,
    LIVE_KEY,
    MAKER,
    NGN,
    FlutterwaveDialect,
    LiveDialect,
    adapter,
    told,
)
from tests.bot.providers.kits import a_kit


class TestFlutterwave(Answers, ManyCaptures, Failures, Bodies, Hooks, ChargingSaved, Listed):
    """The suite, spoken by Flutterwave."""

    dialect = FlutterwaveDialect()
    hostile_amounts = HOSTILE_MAJORS

    async def test_money_of_another_mode_is_reported_as_such(self) -> None:
        """The key tells the mode; a mock reference under a live key shows pretend money."""
        suite = TestFlutterwave()
        suite.dialect = LiveDialect()
        for is_test in (True, False):
            outcome = await suite.told(replace(self.paid, is_test=is_test))
            assert isinstance(outcome, Settled)
            assert outcome.is_test is is_test

    async def test_listed_money_of_another_mode_is_reported_as_such(self) -> None:
        suite = TestFlutterwave()
        suite.dialect = LiveDialect()
        pretend, real = self.row(1), self.row(2)
        real = replace(real, fact=replace(real.fact, is_test=False))
        found = await suite.everything([pretend, real])
        assert [(each.reference, each.is_test) for each in found] == [
            ("ATT-1", True),
            ("ATT-2", False),
        ]

    @pytest.mark.parametrize("status", ["processing", "declined"])
    async def test_word_about_another_reference_decides_nothing(self, status: str) -> None:
        outcome = await self.told(Fact(status=status, reference="ATT-OTHER"))
        assert isinstance(outcome, Unknown)

    async def test_look_up_that_finds_nothing_is_unknown(self) -> None:
        async def without_page(provider: Provider, asked: Money) -> Outcome:
            return await provider.advance(reference=REFERENCE, provider_ref="", asked=asked)

        known, _ = await self.watched(look_up, lambda _: says.not_found())
        unknown, _ = await self.watched(without_page, lambda _: says.not_found())
        assert known == Pending()
        assert isinstance(unknown, Unknown)

    @pytest.mark.parametrize(
        ("status", "said", "is_open"),
        [
            (200, {"status": "error"}, True),
            (400, {"status": "error"}, True),
            (503, {"status": "error"}, False),
            (404, {}, False),
        ],
    )
    async def test_only_flutterwave_can_say_that_nobody_has_tried(
        self, status: int, said: dict[str, object], *, is_open: bool
    ) -> None:
        answer = {**said, "message": "No transaction was found for this id", "data": None}
        outcome, _ = await self.watched(look_up, lambda _: says.written(answer, status=status))
        assert isinstance(outcome, Pending if is_open else Unknown)

    @pytest.mark.parametrize(("minutes", "expected"), [(60, 60), (-5, 1), (9_999, 1_440)])
    async def test_page_closes_when_the_payment_expires(self, minutes: int, expected: int) -> None:
        request = replace(REQUEST, expires_at=NOW + timedelta(minutes=minutes))
        _, network = await self.watched(
            lambda provider, _: provider.create_link(request),
            lambda r: self.dialect.answer(r, Fact()),
        )
        body = json.loads(network.calls[0].content)
        assert body["configurations"] == {"session_duration": expected}

    async def test_part_of_a_unit_is_written_exactly(self) -> None:
        odd = Money(500_007, NGN)
        _, network = await self.watched(
            lambda provider, _: create(provider, odd), lambda r: self.dialect.answer(r, Fact())
        )
        assert json.loads(network.calls[0].content)["amount"] == "5000.07"

    async def test_fee_that_the_payer_bore_is_no_part_of_what_he_paid(self) -> None:
        data = {**says.transaction(self.paid), "charged_amount": "5060.00", "app_fee": "100.50"}
        outcome, _ = await self.watched(look_up, lambda _: says.said(data))
        assert isinstance(outcome, Settled)
        assert (outcome.captured, outcome.fee) == (self.asked, Money(4_050, NGN))

    async def test_less_than_was_asked_for_is_what_was_charged(self) -> None:
        data = {**says.transaction(self.paid), "charged_amount": "4000"}
        outcome, _ = await self.watched(look_up, lambda _: says.said(data))
        assert isinstance(outcome, Settled)
        assert outcome.captured == Money(400_000, NGN)

    @pytest.mark.parametrize(
        ("fee", "expected"), [("70.125", 7_012), (70, 7_000), (None, None), ("free", None)]
    )
    async def test_fee_may_have_more_places_than_money(
        self, fee: object, expected: int | None
    ) -> None:
        data = {**says.transaction(self.paid), "app_fee": fee}
        outcome, _ = await self.watched(look_up, lambda _: says.said(data))
        assert isinstance(outcome, Settled)
        assert outcome.fee == (None if expected is None else Money(expected, NGN))

    async def test_currency_without_decimals_is_read_as_it_is(self) -> None:
        data = {**says.transaction(self.paid), "currency": "UGX", "app_fee": None}
        outcome, _ = await self.watched(
            look_up, lambda _: says.said({**data, "amount": "5000.00", "charged_amount": 5000})
        )
        assert isinstance(outcome, Settled)
        assert outcome.captured == Money(5_000, Currency("UGX"))

    async def test_success_after_a_refused_card_counts(self) -> None:
        """The look-up shows one try; the list shows the others, in whatever order."""
        refused, paid = Fact(status="declined"), self.paid

        def behave(request: httpx.Request) -> httpx.Response:
            if request.url.path != "/v3/transactions":
                return says.said(says.transaction(refused))
            return says.said([says.row(paid), says.row(refused)], meta=pages(1, most=1))

        outcome, network = await self.watched(look_up, behave)
        assert isinstance(outcome, Settled)
        assert outcome.captured == self.asked
        assert [call.url.params["tx_ref"] for call in network.calls[:2]] == [REFERENCE] * 2

    @pytest.mark.parametrize(
        "answer", [httpx.Response(503), says.refused(400, "from is required"), says.said({})]
    )
    async def test_list_that_fails_hides_no_money_that_was_looked_up(
        self, answer: httpx.Response
    ) -> None:
        def behave(request: httpx.Request) -> httpx.Response:
            is_list = request.url.path == "/v3/transactions"
            return answer if is_list else says.said(says.transaction(self.paid))

        outcome, _ = await self.watched(look_up, behave)
        assert isinstance(outcome, Settled)
        assert outcome.more == ()

    async def test_list_of_somebody_elses_tries_adds_nothing(self) -> None:
        other = Taken(provider_id="77", amount=self.asked)
        others = Fact(status="paid", reference="ATT-OTHER", taken=(other,))

        def behave(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/v3/transactions":
                return says.said([says.row(others)], meta=pages(1, most=9))
            return says.said(says.transaction(self.paid))

        outcome, _ = await self.watched(look_up, behave)
        assert isinstance(outcome, Settled)
        assert (outcome.provider_id, outcome.more) == (FIRST.provider_id, ())

    async def test_refused_card_may_be_followed_by_another_on_the_same_page(self) -> None:
        outcome = await self.told(Fact(status="declined"))
        assert isinstance(outcome, Declined)
        assert not outcome.is_final

    @pytest.mark.parametrize(
        ("status", "message"),
        [
            (400, "Something went wrong"),
            (400, "Charge already initiated, token required"),
            (409, "token is required"),
        ],
    )
    async def test_refusal_that_proves_nothing_decides_nothing(
        self, status: int, message: str
    ) -> None:
        outcome, _ = await self.watched(self.charge, lambda _: says.refused(status, message))
        assert isinstance(outcome, Unknown)

    async def test_link_to_confirm_is_one_that_can_be_opened(self) -> None:
        outcome, _ = await self.watched(self.charge, lambda _: self.dialect.confirm())
        assert outcome == Pending(link="https://flw.example/mock?message=Approved.%20Go")

    @pytest.mark.parametrize("spoilt", ["card", "customer"])
    async def test_strange_card_is_no_reason_to_doubt_the_money(self, spoilt: str) -> None:
        data = {**says.transaction(self.paid), spoilt: []}
        outcome, _ = await self.watched(look_up, lambda _: says.said(data))
        assert isinstance(outcome, Settled)
        assert outcome.method is None

    def verbatim(self, proof: str, *, secret: str = HASH) -> object:
        """Judge an event that brings only the hash, as the dashboard has it."""
        body = self.genuine().body
        hook = Hook(body=body, headers={"verif-hash": proof}, received_at=NOW)
        credentials = {"secret_key": KEY, "webhook_secret": secret}
        client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500)))
        provider = MAKER.open(a_kit(client), credentials, address=MAKER.address)
        return provider.read_hook(hook)

    def test_hash_as_the_dashboard_has_it_proves_the_sender(self) -> None:
        reading = self.verbatim(HASH)
        assert isinstance(reading, Authentic)
        assert reading.reference == REFERENCE

    @pytest.mark.parametrize("proof", ["", HASH[:-1], HASH + "x", HASH.upper(), "\udcff"])
    def test_other_hash_proves_nothing(self, proof: str) -> None:
        assert isinstance(self.verbatim(proof), Forged)

    def test_without_a_hash_of_ours_nothing_is_proven(self) -> None:
        assert isinstance(self.verbatim("", secret=""), Forged)

    def test_right_hash_does_not_make_up_for_a_wrong_signature(self) -> None:
        hook = self.dialect.hook(event_id="evt_1", reference=REFERENCE, at=NOW, is_genuine=False)
        reading = self.reading(replace(hook, headers={**hook.headers, "verif-hash": HASH}))
        assert isinstance(reading, Forged)

    @pytest.mark.parametrize(
        ("event", "data", "about", "reference"),
        [
            (
                "charge.completed",
                {"id": 1, "tx_ref": "R-1", "status": "failed"},
                About.PAYMENT,
                "R-1",
            ),
            (
                "transfer.completed",
                {"id": 1, "reference": "w-1", "status": "SUCCESSFUL"},
                About.PAYOUT,
                "w-1",
            ),
            ("subscription.cancelled", {}, About.NOTHING, ""),
        ],
    )
    def test_events_name_what_they_are_about(
        self, event: str, data: dict[str, object], about: About, reference: str
    ) -> None:
        reading = self.reading(told(event, data))
        assert isinstance(reading, Authentic)
        assert (reading.kind, reading.about, reading.reference) == (event, about, reference)

    def test_failure_and_later_success_of_one_try_are_two_events(self) -> None:
        data = {"id": 1, "tx_ref": "R-1"}
        readings = [
            self.reading(told("charge.completed", {**data, "status": status}))
            for status in ("failed", "successful")
        ]
        assert len({each.event_key for each in readings if isinstance(each, Authentic)}) == 2

    def test_proven_event_that_cannot_be_read_is_kept_and_names_nothing(self) -> None:
        reading = self.reading(told("charge.completed", {"id": True, "tx_ref": 5}))
        assert isinstance(reading, Authentic)
        assert (reading.kind, reading.reference) == ("unreadable", "")

    async def test_pages_that_do_not_follow_make_the_list_unknown(self) -> None:
        page = await self.page(lambda _: says.said([], meta=pages(1, most=3)), after="2")
        assert isinstance(page, Unknown)

    async def test_list_is_asked_for_a_day_more_on_either_side(self) -> None:
        asked: list[httpx.URL] = []

        def behave(request: httpx.Request) -> httpx.Response:
            asked.append(request.url)
            return says.said([], meta=pages(1, most=1))

        await self.page(behave)
        assert dict(asked[0].params) == {"from": "2026-11-20", "to": "2026-11-22", "page": "1"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (says.said([], meta=pages(1, most=1)), Accepted(account="", is_test=True)),
        (
            says.refused(401, "Invalid authorization key"),
            Declined(error=ProviderError.AUTHENTICATION_ERROR, detail="HTTP 401 invalid"),
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
    ("given", "what"),
    [
        ({"secret_key": ""}, "secret_key"),
        ({"secret_key": KEY.replace("SECK", "PUBK")}, "secret_key"),
        ({"webhook_secret": "short"}, "webhook_secret"),
        ({"public_key": KEY}, "public_key"),
        ({"public_key": LIVE_KEY.replace("SECK", "PUBK")}, "public_key"),
        ({"url": "http://api.flutterwave.example"}, "url"),
    ],
)
async def test_what_is_wrong_is_named_and_never_shown(given: dict[str, str], what: str) -> None:
    credentials = {"secret_key": KEY, "webhook_secret": HASH, **given}
    address = credentials.pop("url", MAKER.address)
    async with httpx.AsyncClient() as client:
        with pytest.raises(ProviderProblem) as caught:
            MAKER.open(a_kit(client), credentials, address=address)
    assert caught.value.data == {"provider": "flutterwave", "what": what}


@pytest.mark.parametrize(("key", "is_test"), [(KEY, True), (LIVE_KEY, False)])
async def test_one_key_is_enough_and_tells_the_mode(key: str, *, is_test: bool) -> None:
    public = key.replace("SECK", "PUBK")
    async with httpx.AsyncClient() as client:
        for given in ({"secret_key": key}, {"secret_key": key, "public_key": public}):
            MAKER.open(a_kit(client), given, address=MAKER.address)
            assert MAKER.is_test(given) is is_test

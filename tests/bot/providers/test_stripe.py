"""Stripe's adapter against the suite that every adapter passes, and what is its own."""

from dataclasses import replace

import httpx
import pytest

from bot.providers.stripe.codes import VERSION
from core.domain.claims import Claim
from core.domain.money import Money
from core.domain.providers import (
    About,
    Authentic,
    ChargeRequest,
    Declined,
    Forged,
    Outcome,
    Pending,
    Provider,
    ProviderError,
    SavedCharges,
    Settled,
    Unknown,
)
from tests.bot.providers import stripe_says as says
from tests.bot.providers.conformance import (
    NOW,
    REFERENCE,
    Answers,
    Fact,
    create,
    look_up,
)
from tests.bot.providers.conformance_failures import Bodies, Failures
from tests.bot.providers.conformance_hooks import StampedHooks
from tests.bot.providers.conformance_listings import Listed
from tests.bot.providers.conformance_saved import ChargingSaved
from tests.bot.providers.stripe_dialect import (
    OTHER_SIGNING,
    SIGNING,
    USD,
    StripeDialect,
    adapter,
    told,
)


class TestStripe(Answers, Failures, Bodies, StampedHooks, ChargingSaved, Listed):
    """The suite, spoken by Stripe."""

    dialect = StripeDialect()

    async def of_page(self, **changes: object) -> Outcome:
        """Look a paid page up of which something is said otherwise."""
        shown = {**says.page(self.paid), **changes}
        outcome, _ = await self.watched(look_up, lambda _: says.said(shown))
        return outcome

    async def of_charge(self, **changes: object) -> Outcome:
        """Look a paid page up of whose charge something is said otherwise."""
        charge = {**says.charge(self.asked), **changes}
        return await self.of_page(
            payment_intent={**says.intent(self.paid), "latest_charge": charge}
        )

    async def test_expired_page_may_still_bring_money(self) -> None:
        """Nobody can pay it any more: here it is the end."""
        outcome = await self.told(Fact(status="expired"))
        assert outcome == Declined(error=ProviderError.TIMEOUT_ERROR, detail="expired")

    async def test_owner_who_must_confirm_is_given_a_page(self) -> None:
        outcome, keys = await self.confirmed(return_url="https://hazina.example/back/")
        assert outcome == Pending(link=says.LINK, provider_ref="page_1")
        assert keys == [REFERENCE, f"{REFERENCE}-page"]

    async def test_owner_who_has_no_way_back_is_declined(self) -> None:
        outcome, keys = await self.confirmed(return_url="")
        assert isinstance(outcome, Declined)
        assert (outcome.error, keys) == (ProviderError.AUTHENTICATION_ERROR, [REFERENCE])

    async def confirmed(self, *, return_url: str) -> tuple[Outcome, list[str]]:
        """Charge a card whose bank wants to see its owner; return the keys of the calls, too."""
        keys = []

        def behave(request: httpx.Request) -> httpx.Response:
            keys.append(request.headers["idempotency-key"])
            is_page = request.url.path.endswith("/checkout/sessions")
            assert not is_page or says.form(request)["customer"] == self.dialect.saved.owner
            return says.said(says.new_page(REFERENCE)) if is_page else self.dialect.confirm()

        async with httpx.AsyncClient(transport=httpx.MockTransport(behave)) as client:
            provider = adapter(client)
            assert isinstance(provider, SavedCharges)
            asked = ChargeRequest(
                reference=REFERENCE,
                amount=self.asked,
                method=self.dialect.saved,
                title="November",
                return_url=return_url,
            )
            return await provider.charge_saved(asked), keys

    async def test_card_that_is_gone_declines_because_nothing_was_made(self) -> None:
        gone = says.refused(400, "resource_missing", param="payment_method")
        outcome, _ = await self.watched(self.charge, lambda _: gone)
        assert isinstance(outcome, Declined)
        assert outcome.error is ProviderError.INVALID_CARD

    async def test_every_call_names_the_version(self) -> None:
        for act in (create, look_up):
            _, network = await self.watched(act, lambda r: self.dialect.answer(r, self.paid))
            assert network.calls[0].headers["stripe-version"] == VERSION

    async def test_key_used_for_something_else_decides_nothing(self) -> None:
        used = says.refused(400, "idempotency_key_in_use", kind="idempotency_error")
        for act in (create, self.charge):
            outcome, _ = await self.watched(act, lambda _: used)
            assert isinstance(outcome, Unknown)

    async def test_refused_card_may_be_followed_by_another_on_the_same_page(self) -> None:
        outcome = await self.told(Fact(status="declined"))
        assert isinstance(outcome, Declined)
        assert not outcome.is_final

    async def test_bank_debit_that_failed_afterwards_is_the_end(self) -> None:
        shown = {**says.page(Fact(status="declined")), "status": "complete", "url": None}
        outcome, _ = await self.watched(look_up, lambda _: says.said(shown))
        assert isinstance(outcome, Declined)
        assert outcome.is_final

    async def test_page_that_costs_nothing_is_none_of_ours(self) -> None:
        assert isinstance(await self.of_page(payment_status="no_payment_required"), Unknown)

    async def test_facts_of_the_charge_are_told(self) -> None:
        outcome = await self.of_charge(amount_refunded=1_500, receipt_number="1230-4567")
        assert isinstance(outcome, Settled)
        assert (outcome.refunded, outcome.fee) == (Money(1_500, USD), Money(175, USD))
        assert (outcome.receipt, outcome.settled_at) == ("1230-4567", NOW)

    @pytest.mark.parametrize(
        "entry", [None, "txn_1", {"currency": "gbp", "fee": 140}, {"currency": "usd", "fee": "x"}]
    )
    async def test_fee_that_is_not_known_in_the_same_currency_is_none(self, entry: object) -> None:
        outcome = await self.of_charge(balance_transaction=entry)
        assert isinstance(outcome, Settled)
        assert (outcome.fee, outcome.is_fee_to_come) == (None, entry is None)

    @pytest.mark.parametrize(
        ("answer", "is_claimed"),
        [
            (says.a_list([{"status": "needs_response"}]), True),
            (says.a_list([{"status": "lost", "amount": 300, "currency": "usd"}]), False),
            (says.a_list([{"status": "won"}, {"status": "warning_closed"}]), False),
            (says.a_list([{"status": "warning_needs_response"}]), False),
            (httpx.Response(500), None),
        ],
    )
    async def test_dispute_counts_while_it_claims_the_money(
        self, answer: httpx.Response, *, is_claimed: bool | None
    ) -> None:
        charge = {**says.charge(self.asked), "disputed": True}
        shown = says.page(self.paid)
        shown["payment_intent"] = {**says.intent(self.paid), "latest_charge": charge}

        def behave(request: httpx.Request) -> httpx.Response:
            is_dispute = request.url.path.endswith("/disputes")
            assert not is_dispute or request.url.params["payment_intent"] == "90001"
            return answer if is_dispute else says.said(shown)

        outcome, _ = await self.watched(look_up, behave)
        assert isinstance(outcome, Settled)
        assert outcome.is_disputed is is_claimed
        lost = Money(300 if b'"lost"' in answer.content else 0, self.asked.currency)
        assert outcome.lost == (lost if is_claimed is False else None)

    async def test_each_capture_has_a_dispute_of_its_own(self) -> None:
        charge = {**says.charge(self.asked), "disputed": True}
        first = {**says.intent(self.paid), "latest_charge": charge}
        listed = [first, {**first, "id": "pi_2"}]

        def behave(request: httpx.Request) -> httpx.Response:
            if not request.url.path.endswith("/disputes"):
                return says.a_list(listed)
            is_second = request.url.params["payment_intent"] == "pi_2"
            return says.a_list([{"status": "won" if is_second else "needs_response"}])

        async def act(provider: Provider, asked: Money) -> Outcome:
            return await provider.advance(reference=REFERENCE, provider_ref="", asked=asked)

        outcome, _ = await self.watched(act, behave)
        assert isinstance(outcome, Settled)
        assert {each.provider_id: each.is_disputed for each in (outcome, *outcome.more)} == {
            "90001": True,
            "pi_2": False,
        }

    async def test_charge_is_looked_up_by_its_own_id(self) -> None:
        outcome, path = await self.sought("pi_9", says.said(says.intent(self.paid)))
        assert path == "/v1/payment_intents/pi_9"
        assert isinstance(outcome, Settled)

    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({"status": "processing"}, Pending(provider_ref="pi_open")),
            ({"status": "requires_action"}, Pending(provider_ref="pi_open")),
            ({"last_payment_error": None}, Pending(provider_ref="pi_open")),
            (
                {"status": "canceled"},
                Declined(error=ProviderError.DECLINED_CARD, detail="canceled"),
            ),
            (
                {},
                Declined(error=ProviderError.DECLINED_CARD, detail="do_not_honor", is_final=False),
            ),
        ],
    )
    async def test_charge_that_took_nothing_says_how_it_stands(
        self, changed: dict[str, object], expected: Outcome
    ) -> None:
        shown = {**says.intent(Fact(status="declined")), **changed}
        outcome, _ = await self.sought("pi_open", says.said(shown))
        assert outcome == expected

    async def test_refusal_that_is_no_cards_decides_nothing(self) -> None:
        intent = says.intent(Fact(status="declined"))
        strange = says.refused(402, "x", kind="api_error", payment_intent=intent)
        outcome, _ = await self.watched(self.charge, lambda _: strange)
        assert isinstance(outcome, Unknown)

    @pytest.mark.parametrize("changed", [{"paid": False}, {"amount_captured": 499_999}])
    async def test_charge_that_is_not_paid_as_its_intent_says_is_unknown(
        self, changed: dict[str, object]
    ) -> None:
        assert isinstance(await self.of_charge(**changed), Unknown)

    async def test_what_is_no_card_is_not_kept(self) -> None:
        details = {"type": "link", "card": says.CARD}
        outcome = await self.of_charge(payment_method_details=details)
        assert isinstance(outcome, Settled)
        assert outcome.method is None

    @pytest.mark.parametrize("value", [None, "soon", 0, -1, 2**60])
    async def test_strange_date_is_no_reason_to_doubt_the_money(self, value: object) -> None:
        outcome = await self.of_charge(created=value)
        assert isinstance(outcome, Settled)
        assert outcome.settled_at is None

    async def test_what_has_no_id_is_searched_for_by_our_reference(self) -> None:
        second = replace(self.paid.taken[0], provider_id="90002")
        later = says.intent(replace(self.paid, taken=(second,)))
        failed = says.intent(Fact(status="declined"))
        answer = says.a_list([later, failed, says.intent(self.paid)])
        outcome, path = await self.sought("", answer)
        assert path == "/v1/payment_intents/search"
        assert isinstance(outcome, Settled)
        assert [each.provider_id for each in (outcome, *outcome.more)] == ["90001", "90002"]

    async def test_search_that_does_not_find_money_decides_nothing(self) -> None:
        open_, other = says.intent(Fact()), says.intent(replace(self.paid, reference="ATT-OTHER"))
        for rows in ([], [other], [open_, open_], [says.intent(self.paid)] * 2):
            outcome, _ = await self.sought("", says.a_list(rows))
            assert isinstance(outcome, Unknown)
        outcome, _ = await self.sought("", says.a_list([says.intent(self.paid)], has_more=True))
        assert isinstance(outcome, Unknown)

    async def sought(self, ref: str, answer: httpx.Response) -> tuple[Outcome, str]:
        """Look up by an id, or without; return the path of the call, too."""

        async def act(provider: Provider, asked: Money) -> Outcome:
            return await provider.advance(reference=REFERENCE, provider_ref=ref, asked=asked)

        outcome, network = await self.watched(act, lambda _: answer)
        return outcome, network.calls[0].url.path

    async def test_money_that_others_took_is_listed_without_a_reference(self) -> None:
        shown = {**says.intent(self.row(1).fact), "metadata": {"order": "17"}}
        page = await self.page(lambda _: says.a_list([shown]))
        assert not isinstance(page, Unknown)
        assert [each.reference for each in page.items] == [""]

    @pytest.mark.parametrize("secret", [SIGNING, OTHER_SIGNING])
    def test_one_of_two_signatures_is_enough_while_the_secret_is_changed(self, secret: str) -> None:
        hook = self.genuine()
        _, other = says.signed({}, OTHER_SIGNING, NOW)
        _, fits = hook.headers["stripe-signature"].split(",", 1)
        both = f"{other},{fits}" if secret == SIGNING else other
        reading = self.reading(replace(hook, headers={"stripe-signature": both}))
        assert isinstance(reading, Authentic if secret == SIGNING else Forged)

    @pytest.mark.parametrize(
        "spoilt", ["t={0},t={0},v1={1}", "v1={1}", "t={0},v0={1}", "t=,v1={1}"]
    )
    def test_header_with_anything_amiss_is_forged(self, spoilt: str) -> None:
        hook = self.genuine()
        stamp, proof, _ = hook.headers["stripe-signature"].split(",")
        header = spoilt.format(stamp.removeprefix("t="), proof.removeprefix("v1="))
        assert isinstance(self.reading(replace(hook, headers={"stripe-signature": header})), Forged)

    @pytest.mark.parametrize(
        ("kind", "thing", "about", "reference"),
        [
            (
                "payment_intent.succeeded",
                {"object": "payment_intent", "metadata": {"hazina_reference": "R-1"}},
                About.PAYMENT,
                "R-1",
            ),
            (
                "refund.failed",
                {"object": "refund", "metadata": {"hazina_payment": "R-1"}},
                About.REFUND,
                "R-1",
            ),
            (
                "charge.updated",
                {"object": "charge", "metadata": {"hazina_reference": "R-1"}},
                About.PAYMENT,
                "R-1",
            ),
            (
                "charge.refunded",
                {"object": "charge", "metadata": {"hazina_reference": "R-1"}},
                About.REFUND,
                "R-1",
            ),
            (
                "charge.dispute.created",
                {"object": "dispute", "payment_intent": "pi_9", "metadata": {}},
                About.DISPUTE,
                "pi_9",
            ),
            (
                "payment_intent.succeeded",
                {"object": "payment_intent", "metadata": {}},
                About.NOTHING,
                "",
            ),
            ("customer.created", {}, About.NOTHING, ""),
        ],
    )
    def test_events_name_what_they_are_about(
        self, kind: str, thing: dict[str, object], about: About, reference: str
    ) -> None:
        reading = self.reading(told(kind, thing))
        assert isinstance(reading, Authentic)
        assert (reading.kind, reading.about, reading.reference) == (kind, about, reference)

    @pytest.mark.parametrize(
        ("status", "claim"),
        [("won", Claim.WON), ("lost", Claim.LOST), ("needs_response", Claim.OPEN)],
    )
    def test_dispute_says_who_has_the_money(self, status: str, claim: Claim) -> None:
        thing = {"object": "dispute", "payment_intent": "pi_9", "status": status}
        reading = self.reading(told("charge.dispute.closed", thing))
        assert isinstance(reading, Authentic)
        assert reading.claim is claim

    def test_signed_event_that_cannot_be_read_is_kept_and_names_nothing(self) -> None:
        reading = self.reading(told("charge.refunded", {"object": "teapot"}))
        assert isinstance(reading, Authentic)
        assert (reading.kind, reading.reference) == ("unreadable", "")

"""The calls to PayPal, under one configuration."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from bot.providers import wire
from bot.providers.kit import Kit, Maker, under_token
from bot.providers.paypal import answers, asks, disputes, events, lists
from bot.providers.paypal.certificates import Certificates, Roots, trusted_roots
from bot.providers.paypal.codes import (
    ADDRESS,
    CAPABILITIES,
    CAPTURED_BEFORE,
    FORGOTTEN,
    ID,
    LIST_BYTES,
    MODES,
    NOT_YET,
    REFERENCE,
    TOO_MANY,
    UNVAULTED,
    VANISHED,
    VAULT_ID,
)
from bot.providers.paypal.keys import CREDENTIALS, DEFAULTS, Keys
from bot.providers.wire import MAX_BYTES, Answer, Heard, Line, Refused, Unreadable
from core.domain.money import Money
from core.domain.outflows import Outflow, RefundRequest
from core.domain.providers import (
    Accepted,
    Authentic,
    Capabilities,
    ChargeRequest,
    Declined,
    Forged,
    Hook,
    LinkRequest,
    Listing,
    Outcome,
    Pending,
    ProviderError,
    Reading,
    SavedMethod,
    Settled,
    Unknown,
)
from core.domain.tokens import AccessToken

_ORDERS: Final = "/v2/checkout/orders"
_DISPUTES: Final = "/v1/customer/disputes"
_VAULT: Final = "/v3/vault/payment-tokens"
_REPORTS: Final = "/v1/reporting/transactions"


def open_paypal(
    kit: Kit, credentials: Mapping[str, str], *, address: str, roots: Roots = trusted_roots
) -> "PayPal":
    """Open the adapter with `client_id`, `client_secret` and perhaps `webhook_id`.

    Without the last no event can be proven; each is a hint to ask.

    Raises:
        ProviderProblem: one is missing or malformed, or the address is; or that address is one of
            pretend money in a process of real money, or the other way round (`mode`).
    """
    given = {**DEFAULTS, **credentials}
    wire.check_credentials("paypal", given, CREDENTIALS)
    url = wire.check_address("paypal", address)
    wire.check_mode("paypal", url, MODES, is_test=kit.is_test)
    keys = Keys(id=given["client_id"], secret=given["client_secret"], hook=given["webhook_id"])
    return PayPal(Line(client=kit.client, url=url), keys, kit=kit, roots=roots)


class PayPal:
    """PayPal under one configuration."""

    name: str = "paypal"
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, line: Line, keys: Keys, *, kit: Kit, roots: Roots) -> None:
        """Keep the way there; nothing is sent yet."""
        self._line = line
        self._keys = keys
        self._tokens = kit.tokens
        self._is_test = kit.is_test
        self._now = kit.now
        self._certificates = Certificates(line, now=kit.now, roots=roots, is_test=kit.is_test)

    async def create_link(self, request: LinkRequest) -> Outcome:
        """Open an order; asked again under the same reference, PayPal answers with the first.

        Where the account may save nobody, or not this, the order is opened without that.
        """
        reference = request.reference
        if not REFERENCE.fullmatch(reference):
            return Declined(error=ProviderError.PROVIDER_ERROR, detail="reference not usable")
        answer: Answer = wire.unknown("not asked")
        if request.keeps_method:
            body = asks.order(request, is_saving=True)
            answer = await self._ask("POST", _ORDERS, body=body, request_id=reference)
        if not request.keeps_method or _is_unsaved(answer):
            key = f"{reference}-plain" if request.keeps_method else reference
            body = asks.order(request, is_saving=False)
            answer = await self._ask("POST", _ORDERS, body=body, request_id=key)
        if isinstance(answer, Refused):
            return answer.as_declined
        return wire.read(answer, lambda it: answers.page(it, asked=reference))

    async def advance(self, *, reference: str, provider_ref: str, asked: Money) -> Outcome:
        """Look an order up by its id, and capture it where its payer has approved it.

        An order that PayPal has forgotten was never captured; it may only not be there yet.
        """
        if not ID.fullmatch(provider_ref):
            return wire.unknown("no order")
        answer = await self._order(provider_ref)
        if isinstance(answer, Refused) and answer.detail in FORGOTTEN:
            return Declined(error=answer.error, detail=answer.detail, is_final=False)
        is_approved = wire.read(
            answer,
            lambda it: answers.is_to_be_captured(
                it, order=provider_ref, reference=reference, asked=asked
            ),
        )
        if isinstance(is_approved, Unknown):
            return is_approved
        if is_approved:
            return await self._capture(reference, provider_ref)
        return await self._read(answer, reference, provider_ref)

    async def charge_saved(self, request: ChargeRequest) -> Outcome:
        """Charge a saved account, once under its reference for as long as `CHARGE_MEMORY`.

        An order that was made and not captured at once is captured; where PayPal wants to see its
        owner, he is given a page. A decline ends it, for nobody has a page.
        """
        reference = request.reference
        if not REFERENCE.fullmatch(reference) or not VAULT_ID.fullmatch(request.method.token):
            return Declined(error=ProviderError.PROVIDER_ERROR, detail="not possible here")
        body = asks.charge(request)
        answer = await self._ask("POST", _ORDERS, body=body, request_id=reference)
        if isinstance(answer, Refused):
            outcome: Outcome = answers.declined(answer) or answer.as_declined
        else:
            outcome = await self._charged(answer, request)
        return replace(outcome, is_final=True) if isinstance(outcome, Declined) else outcome

    async def forget(self, method: SavedMethod) -> Unknown | None:
        """Have a saved account's token deleted; one that PayPal does not know is gone."""
        if not VAULT_ID.fullmatch(method.token):
            return None
        answer = await self._ask("DELETE", f"{_VAULT}/{method.token}")
        if isinstance(answer, Refused):
            return None if answer.detail in FORGOTTEN | VANISHED else answer.as_unknown
        return answer if isinstance(answer, Unknown) else None

    async def captures(
        self, *, since: datetime, until: datetime, after: str = ""
    ) -> Listing | Unknown:
        """Return one page of what was captured, oldest first within the page."""
        asked = lists.slice_of(after) if after else lists.first(since, until)
        if asked is None:
            return wire.unknown("page")
        answer = await self._ask("GET", _REPORTS, query=asked.query, most_bytes=LIST_BYTES)
        if isinstance(answer, Refused) and answer.detail == TOO_MANY:
            half = asked.halved()
            return answer.as_unknown if half is None else Listing(items=(), after=half.cursor)
        return wire.read(
            answer,
            lambda it: lists.listing(
                it, asked=asked, since=since, until=until, is_test=self._is_test
            ),
        )

    async def refund(self, request: RefundRequest) -> Outflow:
        """Give back a capture or a part of it; PayPal gives once under one request id."""
        if not ID.fullmatch(request.provider_id) or not REFERENCE.fullmatch(request.reference):
            return Declined(error=ProviderError.PROVIDER_ERROR, detail="not possible here")
        path = f"/v2/payments/captures/{request.provider_id}/refund"
        answer = await self._ask(
            "POST", path, body=asks.refund(request), request_id=request.reference
        )
        if isinstance(answer, Refused):
            return answer.as_declined
        return self._read_refund(answer, request)

    async def look_up_refund(self, request: RefundRequest, *, refund_ref: str) -> Outflow:
        """Ask what became of a refund, by its id or by our reference within the order."""
        if ID.fullmatch(refund_ref):
            answer = await self._ask("GET", f"/v2/payments/refunds/{refund_ref}")
            return self._read_refund(answer, request)
        if not ID.fullmatch(request.provider_ref):
            return wire.unknown("no order")
        found = wire.read(
            await self._order(request.provider_ref),
            lambda it: answers.find_refund(it, request=request, is_test=self._is_test),
        )
        return found or wire.unknown("no such refund")

    async def prepare(self, hook: Hook) -> None:
        """Fetch the certificate that an event names, where it is PayPal's and not here yet."""
        address = hook.headers.get("paypal-cert-url", "")
        if self._keys.hook and self._certificates.is_paypals(address):
            await self._certificates.fetch(address)

    def read_hook(self, hook: Hook) -> Reading:
        """Judge a webhook by its raw bytes: size, certificate, then signature.

        No time is bounded: an event played again has the id of the first one.
        """
        if len(hook.body) > MAX_BYTES:
            return Forged(reason="too large")
        address = hook.headers.get("paypal-cert-url", "")
        if not self._certificates.is_paypals(address):
            return Forged(reason="certificate of somebody else")
        try:
            proof = events.proof(hook, webhook_id=self._keys.hook)
            key = self._certificates.key(address)
            if key is None or not self._keys.hook:
                return events.hint(hook)
        except Unreadable as problem:
            return Forged(reason=f"no proof: {problem}")
        if not proof.holds(key):
            return Forged(reason="wrong signature")
        try:
            return events.event(hook.body)
        except Unreadable:
            digest = hashlib.sha256(hook.body).hexdigest()
            return Authentic(event_key=f"sha256:{digest}", reference="", kind="unreadable")

    def acknowledge(self, hook: Hook) -> bytes:
        """Any 2xx is enough."""
        return b"ok"

    async def check(self) -> Accepted | Declined | Unknown:
        """Ask for a token: whoever gets one has keys that work."""
        fetched = await self._fetch_token()
        if isinstance(fetched, AccessToken):
            return Accepted(account="", is_test=self._is_test)
        if fetched.error is ProviderError.AUTHENTICATION_ERROR:
            return Declined(error=fetched.error, detail=fetched.detail)
        return fetched

    async def _order(self, number: str) -> Answer:
        return await self._ask("GET", f"{_ORDERS}/{number}")

    async def _capture(self, reference: str, number: str) -> Outcome:
        """Capture an approved order, once however often; say what came of it."""
        answer = await self._ask(
            "POST", f"{_ORDERS}/{number}/capture", body={}, request_id=f"{reference}-capture"
        )
        if isinstance(answer, Refused):
            if answer.detail == CAPTURED_BEFORE:
                return await self._read(await self._order(number), reference, number)
            if answer.detail in NOT_YET:
                return Pending()
            return answers.declined(answer) or answer.as_unknown
        return await self._read(answer, reference, number)

    async def _charged(self, answer: Answer, request: ChargeRequest) -> Outcome:
        """Say what came of an order over a saved account; capture it where that is left to do."""
        reference = request.reference
        found = wire.read(answer, lambda it: answers.charged(it, asked=reference))
        if not isinstance(found, answers.Charged):
            return found
        if not found.is_open:
            return await self._read(answer, reference, found.number)
        if found.amount != request.amount:
            return wire.unknown("amount")
        outcome = await self._capture(reference, found.number)
        if isinstance(outcome, Pending):
            return replace(outcome, provider_ref=found.number)
        return outcome

    async def _read(self, answer: Answer, reference: str, number: str) -> Outcome:
        outcome = wire.read(
            answer,
            lambda it: answers.order(it, number=number, asked=reference, is_test=self._is_test),
        )
        if not isinstance(outcome, Settled):
            return outcome
        return await self._with_disputes(outcome)

    async def _with_disputes(self, settled: Settled) -> Settled:
        """Ask of each capture whether it is claimed back; where PayPal does not say, nor do we."""
        more = [await self._with_disputes(each) for each in settled.more]
        path = f"{_DISPUTES}?disputed_transaction_id={settled.provider_id}"
        told = wire.read(await self._ask("GET", path), disputes.listed)
        if isinstance(told, Unknown):
            return replace(settled, is_disputed=None, more=tuple(more))
        if not told.open:
            return replace(await self._over(settled, told.over), more=tuple(more))
        parts = [await self._claimed(settled, number, whole) for number, whole in told.open]
        claimed = disputes.total(parts)
        return replace(settled, is_disputed=True, claimed=claimed, more=tuple(more))

    async def _claimed(self, settled: Settled, number: str, whole: Money | None) -> Money | None:
        """Ask what a dispute claims of a capture: it may be about others as well."""
        answer = await self._ask("GET", f"{_DISPUTES}/{number}")
        read = partial(disputes.part, number=number, capture=settled.provider_id)
        part = wire.read(answer, read)
        return whole if isinstance(part, Unknown) else part.amount

    async def _over(self, settled: Settled, over: tuple[str, ...]) -> Settled:
        """Say that nobody claims a capture, unless its money may be gone unseen by then.

        A dispute is a win only by its own outcome, which another call tells; one that is listed
        no more is none. Money that went back whole is in the order.
        """
        unseen = replace(settled, is_disputed=None)
        if settled.refunded == settled.captured:
            return replace(settled, is_disputed=False)
        if not over and disputes.is_beyond(settled.settled_at, now=self._now()):
            return unseen
        for number in over:
            answer = await self._ask("GET", f"{_DISPUTES}/{number}")
            is_won = wire.read(answer, partial(disputes.is_won, number=number))
            if is_won is not True:
                return unseen
        lost = Money(0, settled.captured.currency) if over else None
        return replace(settled, is_disputed=False, lost=lost)

    def _read_refund(self, answer: Answer, request: RefundRequest) -> Outflow:
        return wire.read(
            answer, lambda it: answers.refund(it, request=request, is_test=self._is_test)
        )

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
        request_id: str = "",
        most_bytes: int = MAX_BYTES,
    ) -> Answer:
        """Make a call under a token."""

        async def call(token: str) -> Heard | Unknown:
            headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
            if request_id:
                headers |= {"paypal-request-id": request_id, "prefer": "return=representation"}
            return await self._line.ask(
                method, path, headers=headers, body=body, query=query, most_bytes=most_bytes
            )

        heard = await under_token(self._token, call, is_stale=_is_stale)
        return wire.understood(heard, answers.envelope)

    async def _token(self, *, refused: str = "") -> str | Unknown:
        key = f"paypal:{self._keys.digest}:{self._line.url}"
        return await self._tokens.token(key, self._fetch_token, refused=refused)

    async def _fetch_token(self) -> AccessToken | Unknown:
        heard = await self._line.ask(
            "POST",
            "/v1/oauth2/token",
            headers={
                "authorization": f"Basic {self._keys.basic}",
                "content-type": "application/x-www-form-urlencoded",
            },
            content=b"grant_type=client_credentials",
        )
        return wire.read(wire.understood(heard, answers.envelope), answers.token)


_STALE: Final = 401


def _is_stale(heard: Heard | Unknown) -> bool:
    """Tell whether a call was refused because of its token; nothing came of it then."""
    return isinstance(heard, Heard) and heard.status == _STALE


def _is_unsaved(answer: Answer) -> bool:
    """Tell whether an order was refused that might be taken if it saved nobody's account."""
    if not isinstance(answer, Refused):
        return False
    return answer.detail == UNVAULTED or answer.proves_nothing_was_made


MAKER: Final = Maker(
    title="PayPal",
    open=open_paypal,
    credentials=CREDENTIALS,
    secrets=frozenset({"client_id", "client_secret"}),
    capabilities=CAPABILITIES,
    address=ADDRESS,
    defaults=DEFAULTS,
)

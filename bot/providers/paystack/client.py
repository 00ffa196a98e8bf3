"""The calls to Paystack, under one configuration."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from bot.providers import wire
from bot.providers.kit import Kit, Maker
from bot.providers.paystack import answers, events
from bot.providers.paystack.codes import (
    ADDRESS,
    CAPABILITIES,
    LINK_LIFE,
    LIST_BYTES,
    LISTED,
    PAYOUT_REFERENCE,
    RECIPIENTS,
    REFERENCE,
)
from bot.providers.wire import MAX_BYTES, Answer, Line, Refused, Unreadable, inner
from core.domain.money import Money
from core.domain.outflows import Destination, Outflow, PayoutRequest, RefundRequest
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
    ProviderError,
    Rail,
    Reading,
    Settled,
    Unknown,
)

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,18}")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{128}")
_ABROAD: Final = re.compile(r"\+(254|233)(?=[0-9]{9}$)")
_CREDENTIALS: Final = {"secret_key": re.compile(r"sk_(test|live)_[A-Za-z0-9]{16,100}")}


def open_paystack(kit: Kit, credentials: Mapping[str, str], *, address: str) -> "Paystack":
    """Open the adapter with the credential `secret_key`.

    Raises:
        ProviderProblem: it is missing or malformed, or the address is.
    """
    wire.check_credentials("paystack", credentials, _CREDENTIALS)
    url = wire.check_address("paystack", address)
    return Paystack(Line(client=kit.client, url=url), Key(secret=credentials["secret_key"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """The secret key; a repr does not show it."""

    secret: str = field(repr=False)

    @property
    def is_test(self) -> bool:
        """Tell whether what it moves is pretend."""
        return self.secret.startswith("sk_test_")


class Paystack:
    """Paystack under one configuration."""

    name: str = "paystack"
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, line: Line, key: Key) -> None:
        """Keep the way there; nothing is sent yet."""
        self._line = line
        self._key = key

    async def create_link(self, request: LinkRequest) -> Outcome:
        """Open a page; a repetition is refused by Paystack, and looked up by us."""
        if not REFERENCE.fullmatch(request.reference):
            return Declined(error=ProviderError.PROVIDER_ERROR, detail="reference not usable")
        purpose = {"display_name": "For", "variable_name": "title", "value": request.title}
        metadata = {"cancel_action": request.return_url, "custom_fields": [purpose]}
        body = {
            **_amount_of(request.amount),
            "reference": request.reference,
            "email": request.email,
            "callback_url": request.return_url,
            "metadata": metadata,
        }
        answer = await self._ask("POST", "/transaction/initialize", body=body)
        if isinstance(answer, Refused):
            return answer.as_declined
        return wire.read(answer, lambda it: answers.page(it, asked=request.reference))

    async def advance(self, *, reference: str, provider_ref: str, asked: Money) -> Outcome:
        """Look a transaction up by our reference, and what went back of it."""
        if not REFERENCE.fullmatch(reference):
            return wire.unknown("reference not usable")
        answer = await self._ask("GET", f"/transaction/verify/{quote(reference, safe='')}")
        outcome = wire.read(answer, lambda it: answers.transaction(it, asked=reference))
        return await self._with_refunds(outcome)

    async def charge_saved(self, request: ChargeRequest) -> Outcome:
        """Charge a reusable authorization; a decline ends it, for nobody has its page.

        An amount that we did not ask for is looked up: whether the payer bore the fee, only a
        look-up tells.
        """
        body = {
            **_amount_of(request.amount),
            "reference": request.reference,
            "email": request.method.owner,
            "authorization_code": request.method.token,
        }
        answer = await self._ask("POST", "/transaction/charge_authorization", body=body)
        if isinstance(answer, Refused):
            return answer.as_declined
        outcome = wire.read(answer, lambda it: answers.charge(it, asked=request.reference))
        if isinstance(outcome, Settled) and outcome.captured != request.amount:
            reference, asked = request.reference, request.amount
            outcome = await self.advance(reference=reference, provider_ref="", asked=asked)
        return replace(outcome, is_final=True) if isinstance(outcome, Declined) else outcome

    async def captures(
        self, *, since: datetime, until: datetime, after: str = ""
    ) -> Listing | Unknown:
        """Return one page of what was captured, oldest first; the pages begin with the newest.

        All that was begun in the time is asked for, paid or not: that set does not change while
        it is read.
        """
        query = {
            "use_cursor": "true",
            "perPage": str(LISTED),
            "from": (since - LINK_LIFE).astimezone(UTC).isoformat(),
            "to": until.astimezone(UTC).isoformat(),
        }
        if after:
            query["next"] = after
        answer = await self._ask("GET", "/transaction", query=query, most_bytes=LIST_BYTES)
        return wire.read(answer, lambda it: answers.listing(it, since=since, until=until))

    async def refund(self, request: RefundRequest) -> Outflow:
        """Give money back, once: what was asked for this transaction is looked through first."""
        found = await self._find_refund(request)
        if found is not None:
            return found
        body = {
            **_amount_of(request.amount),
            "transaction": request.provider_id,
            "customer_note": request.reason,
            "merchant_note": request.reference,
        }
        answer = await self._ask("POST", "/refund", body=body)
        if isinstance(answer, Refused):
            return answer.as_declined
        return wire.read(answer, lambda it: answers.refund(inner(it, "data"), request=request))

    async def look_up_refund(self, request: RefundRequest, *, refund_ref: str) -> Outflow:
        """Ask what became of a refund, by its id or by our reference in its note."""
        if not _NUMBER.fullmatch(refund_ref):
            return await self._find_refund(request) or wire.unknown("no such refund")
        answer = await self._ask("GET", f"/refund/{refund_ref}")
        return wire.read(answer, lambda it: answers.refund(inner(it, "data"), request=request))

    async def pay_out(self, request: PayoutRequest) -> Outflow:
        """Send money from the balance; Paystack sends once under one reference."""
        kind = RECIPIENTS.get((request.destination.rail, request.amount.currency))
        if kind is None or not PAYOUT_REFERENCE.fullmatch(request.reference):
            return Declined(error=ProviderError.PROVIDER_ERROR, detail="not possible here")
        recipient = await self._recipient(request, *kind)
        if not isinstance(recipient, str):
            return recipient
        body = {
            **_amount_of(request.amount),
            "source": "balance",
            "recipient": recipient,
            "reference": request.reference,
            "reason": request.reason,
        }
        if request.destination.account:
            body["account_reference"] = request.destination.account
        answer = await self._ask("POST", "/transfer", body=body)
        if isinstance(answer, Refused):
            return answer.as_declined
        return wire.read(answer, lambda it: answers.transfer(it, asked=request.reference))

    async def look_up_payout(
        self, *, reference: str, payout_ref: str, answer_url: str = ""
    ) -> Outflow:
        """Ask what became of a transfer, by our reference."""
        answer = await self._ask("GET", f"/transfer/verify/{quote(reference, safe='')}")
        return wire.read(answer, lambda it: answers.transfer(it, asked=reference))

    def read_hook(self, hook: Hook) -> Reading:
        """Judge a webhook by its raw bytes: size, then signature (constant-time).

        No time is signed: an event played again has the key of the first one.
        """
        if len(hook.body) > MAX_BYTES:
            return Forged(reason="too large")
        signature = hook.headers.get("x-paystack-signature", "")
        if not _SIGNATURE.fullmatch(signature):
            return Forged(reason="no signature")
        expected = hmac.new(self._key.secret.encode(), hook.body, "sha512").hexdigest()
        if not hmac.compare_digest(expected, signature):
            return Forged(reason="wrong signature")
        try:
            return events.event(hook.body)
        except Unreadable:
            digest = hashlib.sha256(hook.body).hexdigest()
            return Authentic(event_key=f"sha256:{digest}", reference="", kind="unreadable")

    def acknowledge(self, hook: Hook) -> bytes:
        """Any 200 is enough."""
        return b"ok"

    async def check(self) -> Accepted | Declined | Unknown:
        """Ask for the newest transaction; the key tells the mode, and the answer confirms it."""
        answer = await self._ask("GET", "/transaction", query={"perPage": "1"})
        if isinstance(answer, Refused) and answer.error is ProviderError.AUTHENTICATION_ERROR:
            return Declined(error=answer.error, detail=answer.detail)
        return wire.read(answer, lambda it: answers.accepted(it, is_test=self._key.is_test))

    async def _with_refunds(self, outcome: Outcome) -> Outcome:
        """Ask what went back of a capture: the transaction itself tells only that all of it did."""
        if not isinstance(outcome, Settled) or outcome.refunded is not None:
            return outcome
        answer = await self._refunds_of(outcome.provider_id)
        back = wire.read(answer, lambda it: answers.given_back(it, capture=outcome))
        if isinstance(back, Unknown):
            return replace(outcome, has_gaps=True)
        return replace(outcome, refunded=back)

    async def _find_refund(self, request: RefundRequest) -> Outflow | None:
        answer = await self._refunds_of(request.provider_id)
        return wire.read(answer, lambda it: answers.find_refund(it, request=request))

    async def _refunds_of(self, transaction: str) -> Answer:
        return await self._ask("GET", "/refund", query={"transaction": transaction})

    async def _recipient(self, request: PayoutRequest, kind: str, bank: str) -> str | Outflow:
        to = request.destination
        body = {
            "type": kind,
            "name": to.name,
            "account_number": _account_number(to),
            "bank_code": to.bank_code or bank,
            "currency": request.amount.currency,
        }
        answer = await self._ask("POST", "/transferrecipient", body=body)
        if isinstance(answer, Refused) and answer.proves_nothing_was_made:
            return Declined(error=ProviderError.INVALID_CARD, detail=answer.detail)
        return wire.read(answer, answers.recipient)

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
        most_bytes: int = MAX_BYTES,
    ) -> Answer:
        headers = {"authorization": f"Bearer {self._key.secret}"}
        heard = await self._line.ask(
            method, path, headers=headers, body=body, query=query, most_bytes=most_bytes
        )
        return wire.understood(heard, answers.envelope)


def _amount_of(amount: Money) -> dict[str, object]:
    return {"amount": amount.minor, "currency": amount.currency}


def _account_number(to: Destination) -> str:
    """Return the number as Paystack takes it: phones as they are dialled within the country."""
    return _ABROAD.sub("0", to.number) if to.rail is Rail.MOBILE else to.number


MAKER: Final = Maker(
    title="Paystack",
    open=open_paystack,
    credentials=_CREDENTIALS,
    secrets=frozenset(_CREDENTIALS),
    capabilities=CAPABILITIES,
    address=ADDRESS,
    is_test=lambda credentials: Key(secret=credentials.get("secret_key", "")).is_test,
)

"""The calls to Flutterwave, under one configuration."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.providers import wire
from bot.providers.flutterwave import answers, outgoing
from bot.providers.flutterwave.codes import (
    ADDRESS,
    BANKS,
    CAPABILITIES,
    COUNTRIES,
    LIST_BYTES,
    LONGEST_PAGE_MIN,
    NOT_FOUND,
    REFERENCE,
)
from bot.providers.kit import Kit, Maker
from bot.providers.wire import MAX_BYTES, Answer, Line, Refused, Unreadable, inner
from core.domain.errors import ProviderProblem
from core.domain.money import Currency, Money
from core.domain.outflows import Outflow, PayoutRequest, RefundRequest
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
    Rail,
    Reading,
    Settled,
    Unknown,
)

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,18}")
_PAGE: Final = re.compile(r"[1-9][0-9]{0,5}")
_A_DAY: Final = timedelta(days=1)
_CREDENTIALS: Final = {
    "secret_key": re.compile(r"FLWSECK(_TEST)?-[A-Za-z0-9-]{8,100}"),
    "webhook_secret": re.compile(r"([!-~]{16,200})?"),
    "public_key": re.compile(r"(FLWPUBK(_TEST)?-[A-Za-z0-9-]{8,100})?"),
}
_DEFAULTS: Final = {"webhook_secret": "", "public_key": ""}


def open_flutterwave(kit: Kit, credentials: Mapping[str, str], *, address: str) -> "Flutterwave":
    """Open the adapter with `secret_key`, and `webhook_secret` (without it all events are refused).

    No call needs `public_key`; one of the other mode shows that keys were mixed up.

    Raises:
        ProviderProblem: one is missing or malformed, or the address is, or keys do not match.
    """
    given = {**_DEFAULTS, **credentials}
    wire.check_credentials("flutterwave", given, _CREDENTIALS)
    url = wire.check_address("flutterwave", address)
    keys = Keys(secret=given["secret_key"], hook=given["webhook_secret"])
    if given["public_key"] and given["public_key"].startswith("FLWPUBK_TEST-") != keys.is_test:
        raise ProviderProblem(provider="flutterwave", what="public_key")
    return Flutterwave(Line(client=kit.client, url=url), keys, now=kit.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The secret key, and the secret hash that events bring along; a repr shows neither."""

    secret: str = field(repr=False)
    hook: str = field(repr=False)

    @property
    def is_test(self) -> bool:
        """Tell whether what it moves is pretend."""
        return self.secret.startswith("FLWSECK_TEST-")


class Flutterwave:
    """Flutterwave under one configuration."""

    name: str = "flutterwave"
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, line: Line, keys: Keys, *, now: Callable[[], datetime]) -> None:
        """Keep the way there; nothing is sent yet."""
        self._line = line
        self._keys = keys
        self._now = now

    async def create_link(self, request: LinkRequest) -> Outcome:
        """Open a page that closes when the payment expires; a repetition is looked up by us."""
        if not REFERENCE.fullmatch(request.reference):
            return Declined(error=ProviderError.PROVIDER_ERROR, detail="reference not usable")
        minutes = (request.expires_at - self._now()) // timedelta(minutes=1)
        customer = {"email": request.email}
        if request.phone:
            customer["phonenumber"] = request.phone
        body = {
            **_amount_of(request.amount),
            "tx_ref": request.reference,
            "redirect_url": request.return_url,
            "customer": customer,
            "customizations": {"title": request.title},
            "configurations": {"session_duration": max(1, min(minutes, LONGEST_PAGE_MIN))},
        }
        answer = await self._ask("POST", "/payments", body=body)
        return (
            answer.as_declined if isinstance(answer, Refused) else wire.read(answer, answers.page)
        )

    async def advance(self, *, reference: str, provider_ref: str, asked: Money) -> Outcome:
        """Look up what was captured under our reference, and what went back of it."""
        outcome = await self._tried(reference, provider_ref)
        if not isinstance(outcome, Settled):
            return outcome
        first, *more = [await self._with_refunds(each) for each in (outcome, *outcome.more)]
        return replace(first, more=tuple(more))

    async def _tried(self, reference: str, provider_ref: str) -> Outcome:
        """Look up what was tried under our reference, and all that was captured under it.

        Before the first try Flutterwave knows of nothing. Where we hold its page, that is an open
        page; where we do not, nobody knows whether there is one. A list that cannot be had hides
        nothing that was looked up; the next look-up, or comparing the books, finds the rest.
        """
        if not REFERENCE.fullmatch(reference):
            return wire.unknown("reference not usable")
        query, is_test = {"tx_ref": reference}, self._keys.is_test
        answer = await self._ask("GET", "/transactions/verify_by_reference", query=query)
        if isinstance(answer, Refused) and answer.detail == NOT_FOUND:
            return Pending() if provider_ref else answer.as_unknown
        first = wire.read(
            answer, lambda it: answers.transaction(it, asked=reference, is_test=is_test)
        )
        if isinstance(first, Unknown):
            return first
        rest = await self._ask("GET", "/transactions", query=query, most_bytes=LIST_BYTES)
        if isinstance(rest, Refused | Unknown):
            return first
        try:
            return answers.together(rest, first=first, asked=reference, is_test=is_test)
        except Unreadable:
            return first

    async def charge_saved(self, request: ChargeRequest) -> Outcome:
        """Charge a card's token; a decline ends it, for nobody has its page."""
        body = {
            **_amount_of(request.amount),
            "tx_ref": request.reference,
            "token": request.method.token,
            "email": request.method.owner,
            "narration": request.title,
        }
        if request.amount.currency in COUNTRIES:
            body["country"] = COUNTRIES[request.amount.currency]
        answer = await self._ask("POST", "/tokenized-charges", body=body)
        if isinstance(answer, Refused):
            return answer.as_declined
        asked, is_test = request.reference, self._keys.is_test
        outcome = wire.read(answer, lambda it: answers.charge(it, asked=asked, is_test=is_test))
        return replace(outcome, is_final=True) if isinstance(outcome, Declined) else outcome

    async def captures(
        self, *, since: datetime, until: datetime, after: str = ""
    ) -> Listing | Unknown:
        """Return one page of what was captured, oldest first; the pages begin with the newest.

        Days are asked for, a day more on either side, for whose days they are is not said. All
        that was begun then is asked for, paid or not: that set does not change while it is read.
        """
        if not _PAGE.fullmatch(after or "1"):
            return wire.unknown("no such page")
        number = int(after or "1")
        query = {
            "from": (since - _A_DAY).astimezone(UTC).date().isoformat(),
            "to": (until + _A_DAY).astimezone(UTC).date().isoformat(),
            "page": str(number),
        }
        answer = await self._ask("GET", "/transactions", query=query, most_bytes=LIST_BYTES)
        is_test = self._keys.is_test
        return wire.read(
            answer,
            lambda it: answers.listing(
                it, since=since, until=until, number=number, is_test=is_test
            ),
        )

    async def refund(self, request: RefundRequest) -> Outflow:
        """Give money back, once: what was asked for this transaction is looked through first."""
        if not _NUMBER.fullmatch(request.provider_id):
            return wire.unknown("no such transaction")
        found = await self._find_refund(request)
        if found is not None:
            return found
        path = f"/transactions/{request.provider_id}/refund"
        body = {"amount": _written(request.amount), "comments": outgoing.comment(request)}
        answer = await self._ask("POST", path, body=body)
        if isinstance(answer, Refused):
            return answer.as_declined
        return self._read_refund(answer, request)

    async def look_up_refund(self, request: RefundRequest, *, refund_ref: str) -> Outflow:
        """Ask what became of a refund, by its id or by our reference in its comment."""
        if not _NUMBER.fullmatch(refund_ref):
            return await self._find_refund(request) or wire.unknown("no such refund")
        return self._read_refund(await self._ask("GET", f"/refunds/{refund_ref}"), request)

    async def pay_out(self, request: PayoutRequest) -> Outflow:
        """Send money from the balance of its own currency; once under one reference.

        Flutterwave's own retry would send under a new id: it is never used.
        """
        to, currency = request.destination, request.amount.currency
        bank = to.bank_code or BANKS.get((to.rail, currency), "")
        if (
            (to.rail, currency) not in BANKS
            or not bank
            or not REFERENCE.fullmatch(request.reference)
        ):
            return Declined(error=ProviderError.PROVIDER_ERROR, detail="not possible here")
        body = {
            **_amount_of(request.amount),
            "debit_currency": currency,
            "account_bank": bank,
            "account_number": to.number.lstrip("+") if to.rail is Rail.MOBILE else to.number,
            "beneficiary_name": to.name,
            "reference": request.reference,
            "narration": request.reason,
        }
        answer = await self._ask("POST", "/transfers", body=body)
        if isinstance(answer, Refused):
            return answer.as_declined
        asked, is_test = request.reference, self._keys.is_test
        return wire.read(answer, lambda it: outgoing.transfer(it, asked=asked, is_test=is_test))

    async def look_up_payout(
        self, *, reference: str, payout_ref: str, answer_url: str = ""
    ) -> Outflow:
        """Ask what became of a transfer, by our reference."""
        query, is_test = {"reference": reference}, self._keys.is_test
        answer = await self._ask("GET", "/transfers", query=query, most_bytes=LIST_BYTES)
        return wire.read(
            answer, lambda it: outgoing.find_transfer(it, asked=reference, is_test=is_test)
        )

    def read_hook(self, hook: Hook) -> Reading:
        """Judge a webhook: by the signature of its raw bytes where it has one, else by the hash.

        Constant-time. No time is signed: an event played again has the key of the first one.
        """
        if len(hook.body) > MAX_BYTES:
            return Forged(reason="too large")
        if not self._keys.hook:
            return Forged(reason="no secret hash set")
        if not self._is_proven(hook):
            return Forged(reason="wrong signature")
        try:
            return answers.event(hook.body)
        except Unreadable:
            digest = hashlib.sha256(hook.body).hexdigest()
            return Authentic(event_key=f"sha256:{digest}", reference="", kind="unreadable")

    def acknowledge(self, hook: Hook) -> bytes:
        """Any 200 is enough."""
        return b"ok"

    async def check(self) -> Accepted | Declined | Unknown:
        """Ask for the newest transactions; the key tells the mode."""
        query = {"page": "1"}
        answer = await self._ask("GET", "/transactions", query=query, most_bytes=LIST_BYTES)
        if isinstance(answer, Refused) and answer.error is ProviderError.AUTHENTICATION_ERROR:
            return Declined(error=answer.error, detail=answer.detail)
        is_test = self._keys.is_test
        return wire.read(answer, lambda it: answers.accepted(it, is_test=is_test))

    def _is_proven(self, hook: Hook) -> bool:
        secret = self._keys.hook.encode()
        signature = hook.headers.get("flutterwave-signature")
        if signature is None:
            sent = hook.headers.get("verif-hash", "")
            return hmac.compare_digest(secret, sent.encode(errors="replace"))
        expected = base64.b64encode(hmac.digest(secret, hook.body, "sha256"))
        return hmac.compare_digest(expected, signature.encode(errors="replace"))

    async def _with_refunds(self, capture: Settled) -> Settled:
        answer = await self._refunds_of(capture.provider_id, capture.captured.currency)
        back = wire.read(answer, lambda it: outgoing.given_back(it, capture=capture))
        if isinstance(back, Unknown):
            return replace(capture, has_gaps=True)
        return replace(capture, refunded=back)

    async def _refunds_of(self, transaction: str, currency: Currency) -> Answer:
        query = {"id": transaction, "currency": currency}
        return await self._ask("GET", "/refunds", query=query, most_bytes=LIST_BYTES)

    async def _find_refund(self, request: RefundRequest) -> Outflow | None:
        answer = await self._refunds_of(request.provider_id, request.amount.currency)
        is_test = self._keys.is_test
        return wire.read(
            answer, lambda it: outgoing.find_refund(it, request=request, is_test=is_test)
        )

    def _read_refund(self, answer: Answer, request: RefundRequest) -> Outflow:
        is_test = self._keys.is_test
        return wire.read(
            answer,
            lambda it: outgoing.refund(inner(it, "data"), request=request, is_test=is_test),
        )

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
        most_bytes: int = MAX_BYTES,
    ) -> Answer:
        headers = {"authorization": f"Bearer {self._keys.secret}"}
        heard = await self._line.ask(
            method, path, headers=headers, body=body, query=query, most_bytes=most_bytes
        )
        return wire.understood(heard, answers.envelope)


def _amount_of(amount: Money) -> dict[str, object]:
    return {"amount": _written(amount), "currency": amount.currency}


def _written(amount: Money) -> int | str:
    """Write an amount in major units: a number where it is whole, else exact text."""
    exact = amount.decimal()
    return int(exact) if exact == exact.to_integral_value() else f"{exact:f}"


MAKER: Final = Maker(
    title="Flutterwave",
    open=open_flutterwave,
    credentials=_CREDENTIALS,
    secrets=frozenset({"secret_key", "webhook_secret"}),
    capabilities=CAPABILITIES,
    address=ADDRESS,
    defaults=_DEFAULTS,
    is_test=lambda credentials: Keys(secret=credentials.get("secret_key", ""), hook="").is_test,
)

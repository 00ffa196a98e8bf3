"""The calls to Pesapal, under one configuration."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson

from bot.providers import wire
from bot.providers.kit import Kit, Maker, under_token
from bot.providers.pesapal import answers
from bot.providers.pesapal.codes import (
    ADDRESS,
    CAPABILITIES,
    LIST_BYTES,
    MODES,
    NOTICES_S,
    REFERENCE,
    REFUND_WORD,
    REMARKS,
    TITLE,
    TOKEN_S,
)
from bot.providers.wire import MAX_BYTES, TOKEN, Answer, Heard, Line, Refused, Unreadable
from core.domain.money import Money
from core.domain.outflows import Outflow, RefundRequest
from core.domain.providers import (
    Accepted,
    Capabilities,
    Declined,
    Forged,
    Hook,
    LinkRequest,
    Outcome,
    Pending,
    ProviderError,
    Reading,
    Unknown,
)
from core.domain.tokens import AccessToken

_KEY: Final = re.compile(r"[!-~]{8,100}")
_CREDENTIALS: Final = {
    "consumer_key": _KEY,
    "consumer_secret": _KEY,
    "ipn_id": re.compile(r"([0-9a-fA-F-]{32,36})?"),
}
_DEFAULTS: Final = {"ipn_id": ""}


def open_pesapal(kit: Kit, credentials: Mapping[str, str], *, address: str) -> "Pesapal":
    """Open the adapter with `consumer_key`, `consumer_secret` and perhaps `ipn_id`.

    Raises:
        ProviderProblem: one is missing or malformed, or the address is; or that address is one of
            pretend money in a process of real money, or the other way round (`mode`).
    """
    given = {**_DEFAULTS, **credentials}
    wire.check_credentials("pesapal", given, _CREDENTIALS)
    url = wire.check_address("pesapal", address)
    wire.check_mode("pesapal", url, MODES, is_test=kit.is_test)
    keys = Keys(key=given["consumer_key"], secret=given["consumer_secret"], notices=given["ipn_id"])
    return Pesapal(Line(client=kit.client, url=url), keys, kit=kit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The consumer key and its secret; a repr shows neither. `notices` is our address's id."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    notices: str = ""

    @property
    def digest(self) -> str:
        """Return what tells these keys from others without showing them."""
        return hashlib.sha256(f"{self.key}:{self.secret}".encode()).hexdigest()


class Pesapal:
    """Pesapal under one configuration."""

    name: str = "pesapal"
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, line: Line, keys: Keys, *, kit: Kit) -> None:
        """Keep the way there; nothing is sent yet."""
        self._line = line
        self._keys = keys
        self._tokens = kit.tokens
        self._is_test = kit.is_test

    async def create_link(self, request: LinkRequest) -> Outcome:
        """Open a page; Pesapal refuses a reference that it has seen."""
        if not REFERENCE.fullmatch(request.reference):
            return Declined(error=ProviderError.PROVIDER_ERROR, detail="reference not usable")
        notices = await self._notices(request.return_url)
        if isinstance(notices, Unknown):
            return notices
        payer = {"email_address": request.email}
        if request.phone:
            payer["phone_number"] = request.phone
        body = {
            "id": request.reference,
            "currency": request.amount.currency,
            "amount": _number(request.amount),
            "description": request.title[:TITLE],
            "callback_url": request.return_url,
            "cancellation_url": request.return_url,
            "notification_id": notices,
            "billing_address": payer,
        }
        answer = await self._ask("POST", "/api/Transactions/SubmitOrderRequest", body=body)
        if isinstance(answer, Refused):
            return answer.as_declined
        return wire.read(answer, lambda it: answers.page(it, asked=request.reference))

    async def advance(self, *, reference: str, provider_ref: str, asked: Money) -> Outcome:
        """Look an order up by its tracking id; without that id nobody can ask."""
        answer = await self._status(provider_ref)
        if answers.is_unpaid(answer):
            return Pending()
        return wire.read(
            answer, lambda it: answers.status(it, asked=reference, is_test=self._is_test)
        )

    async def refund(self, request: RefundRequest) -> Outflow:
        """Ask for a payment to be given back whole; Pesapal takes one request per payment.

        What it refuses may be our own request of before, so a refusal decides nothing.
        """
        if request.amount != request.captured:
            return Declined(error=ProviderError.PROVIDER_ERROR, detail="only whole payments")
        found = await self._given_back(request)
        if found is not None:
            return found
        body = {
            "confirmation_code": request.provider_id,
            "amount": _number(request.amount),
            "username": request.reference,
            "remarks": request.reason[:REMARKS] or REFUND_WORD,
        }
        answer = await self._ask("POST", "/api/Transactions/RefundRequest", body=body)
        return wire.read(answer, lambda it: answers.asked_for(it, provider_id=request.provider_id))

    async def look_up_refund(self, request: RefundRequest, *, refund_ref: str) -> Outflow:
        """Ask whether a payment was given back; `refund_ref` proves that it was asked for."""
        found = await self._given_back(request)
        if found is not None:
            return found
        if not refund_ref:
            return wire.unknown("no word of a refund")
        return answers.asked_for({}, provider_id=request.provider_id)

    def read_hook(self, hook: Hook) -> Reading:
        """Read a notice, which nothing proves: it names an order to ask about."""
        if len(hook.body) > MAX_BYTES:
            return Forged(reason="too large")
        try:
            return answers.notice(hook)
        except Unreadable:
            return Forged(reason="no notice")

    def acknowledge(self, hook: Hook) -> bytes:
        """Return the notice's own names with a 200; Pesapal sends it again until it reads that."""
        named = answers.notice_names(hook)
        return wire.as_json(
            {
                "orderNotificationType": named.get("ordernotificationtype"),
                "orderTrackingId": named.get("ordertrackingid"),
                "orderMerchantReference": named.get("ordermerchantreference"),
                "status": 200,
            }
        )

    async def check(self) -> Accepted | Declined | Unknown:
        """Ask for a token: whoever gets one has keys that work."""
        fetched = await self._fetch_token()
        if isinstance(fetched, AccessToken):
            return Accepted(account="", is_test=self._is_test)
        if fetched.error is ProviderError.AUTHENTICATION_ERROR:
            return Declined(error=fetched.error, detail=fetched.detail)
        return fetched

    async def _given_back(self, request: RefundRequest) -> Outflow | None:
        answer = await self._status(request.provider_ref)
        return wire.read(
            answer, lambda it: answers.refund(it, request=request, is_test=self._is_test)
        )

    async def _status(self, tracked: str) -> Answer:
        if not TOKEN.fullmatch(tracked):
            return wire.unknown("no tracking id")
        path, query = "/api/Transactions/GetTransactionStatus", {"orderTrackingId": tracked}
        return await self._ask("GET", path, query=query)

    async def _notices(self, return_url: str) -> str | Unknown:
        """Return the id under which Pesapal knows where our notices go.

        Their door is beside the one that people return by, with the same owner.
        """
        if self._keys.notices:
            return self._keys.notices
        path = return_url.partition("?")[0]
        address = path.replace("/payments/callback/", "/payments/webhooks/")

        async def fetch() -> AccessToken | Unknown:
            found = await self._find_notices(address)
            if isinstance(found, Unknown):
                return found
            return AccessToken(value=found, lives_s=NOTICES_S)

        return await self._tokens.token(f"pesapal-ipn:{self._keys.digest}:{address}", fetch)

    async def _find_notices(self, address: str) -> str | Unknown:
        """Look for our address among those registered; register it where it is new."""
        heard = await self._send("GET", "/api/URLSetup/GetIpnList", most_bytes=LIST_BYTES)
        if isinstance(heard, Unknown):
            return heard
        if not heard.is_success:
            return wire.refused(heard)
        try:
            known = answers.notices(heard, address=address)
        except Unreadable as problem:
            return wire.unknown(str(problem))
        if known:
            return known
        body = {"url": address, "ipn_notification_type": "POST"}
        answer = await self._ask("POST", "/api/URLSetup/RegisterIPN", body=body)
        return wire.read(answer, answers.registered)

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        return wire.understood(
            await self._send(method, path, body=body, query=query), answers.envelope
        )

    async def _send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
        most_bytes: int = MAX_BYTES,
    ) -> Heard | Unknown:
        """Make a call under a token."""

        async def call(token: str) -> Heard | Unknown:
            return await self._line.ask(
                method,
                path,
                headers={"authorization": f"Bearer {token}", **_JSON},
                content=None if body is None else orjson.dumps(body),
                query=query,
                most_bytes=most_bytes,
            )

        return await under_token(self._token, call, is_stale=_is_stale)

    async def _token(self, *, refused: str = "") -> str | Unknown:
        key = f"pesapal:{self._keys.digest}:{self._line.url}"
        return await self._tokens.token(key, self._fetch_token, refused=refused)

    async def _fetch_token(self) -> AccessToken | Unknown:
        keys = {"consumer_key": self._keys.key, "consumer_secret": self._keys.secret}
        heard = await self._line.ask("POST", "/api/Auth/RequestToken", headers={}, body=keys)
        return wire.read(
            wire.understood(heard, answers.envelope), lambda it: answers.token(it, lives_s=TOKEN_S)
        )


_JSON: Final = {"content-type": "application/json"}


def _is_stale(heard: Heard | Unknown) -> bool:
    """Tell whether a call was refused because of its token; nothing came of it then."""
    answer = wire.understood(heard, answers.envelope)
    return isinstance(answer, Refused) and answer.error is ProviderError.AUTHENTICATION_ERROR


def _number(amount: Money) -> orjson.Fragment:
    """Write an amount as a JSON number in major units, exactly."""
    return orjson.Fragment(answers.money(amount))


MAKER: Final = Maker(
    title="Pesapal",
    open=open_pesapal,
    credentials=_CREDENTIALS,
    secrets=frozenset({"consumer_key", "consumer_secret"}),
    capabilities=CAPABILITIES,
    address=ADDRESS,
    defaults=_DEFAULTS,
)

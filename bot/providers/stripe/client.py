"""The calls to Stripe, under one configuration."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from urllib.parse import quote

from bot.providers import wire
from bot.providers.kit import Kit, Maker
from bot.providers.stripe import answers, asks, events
from bot.providers.stripe.codes import (
    ADDRESS,
    CAPABILITIES,
    LIST_BYTES,
    LISTED,
    PAGE_LIFE,
    READS,
    REFERENCE_KEY,
    REFUNDS_LISTED,
    REFUSED,
    UNCONFIRMED,
    VERSION,
)
from bot.providers.wire import MAX_BYTES, MAX_ROWS, TOKEN, Answer, Heard, Line, Refused, Unreadable
from core.domain.errors import ProviderProblem
from core.domain.money import Money
from core.domain.outflows import Outflow, RefundRequest
from core.domain.providers import (
    Accepted,
    Capabilities,
    ChargeRequest,
    Declined,
    Hook,
    LinkRequest,
    Listing,
    Outcome,
    Pending,
    ProviderError,
    Reading,
    Settled,
    Unknown,
)

_CREDENTIALS: Final = {
    "secret_key": re.compile(r"(sk|rk)_(test|live)_[A-Za-z0-9]{16,250}"),
    "webhook_secret": re.compile(r"whsec_[A-Za-z0-9+/=_-]{16,250}"),
    "publishable_key": re.compile(r"(pk_(test|live)_[A-Za-z0-9]{16,250})?"),
}
_DEFAULTS: Final = {"publishable_key": ""}


def open_stripe(kit: Kit, credentials: Mapping[str, str], *, address: str) -> "Stripe":
    """Open the adapter with the credentials `secret_key` and `webhook_secret`.

    No call needs `publishable_key`; one of the other mode shows that keys were mixed up.

    Raises:
        ProviderProblem: one is missing or malformed, or the address is.
    """
    given = {**_DEFAULTS, **credentials}
    wire.check_credentials("stripe", given, _CREDENTIALS)
    line = Line(client=kit.client, url=wire.check_address("stripe", address))
    keys = Keys(secret=given["secret_key"], webhook_secret=given["webhook_secret"])
    if given["publishable_key"] and given["publishable_key"].startswith("pk_test_") != keys.is_test:
        raise ProviderProblem(provider="stripe", what="publishable_key")
    return Stripe(line, keys, now=kit.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The secret or restricted key, and what signs events; a repr shows neither."""

    secret: str = field(repr=False)
    webhook_secret: str = field(default="", repr=False)

    @property
    def is_test(self) -> bool:
        """Tell whether what they move is pretend."""
        return self.secret[2:].startswith("_test_")


class Stripe:
    """Stripe under one configuration."""

    name: str = "stripe"
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, line: Line, keys: Keys, *, now: Callable[[], datetime]) -> None:
        """Keep the way there; nothing is sent yet."""
        self._line = line
        self._keys = keys
        self._now = now

    async def create_link(self, request: LinkRequest) -> Outcome:
        """Open a page; a repetition within a day answers with the first one.

        A page with another end would be refused under the same key. Nobody has the link of a first
        one whose answer was lost, so a second does no harm.
        """
        form = asks.page(request, now=self._now())
        key = request.reference if "expires_at" in form else f"{request.reference}-day"
        return await self._open_page(form, key=key, asked=request.reference)

    async def advance(self, *, reference: str, provider_ref: str, asked: Money) -> Outcome:
        """Look a page or a charge up by Stripe's id of it, or search for our reference.

        A search finds what is some minutes old; that it finds nothing decides nothing.
        """
        if not TOKEN.fullmatch(reference):
            return wire.unknown("reference not usable")
        if not provider_ref:
            outcome = await self._search(reference)
        elif provider_ref.startswith("pi_"):
            path = f"/payment_intents/{quote(provider_ref, safe='')}"
            answer = await self._get(path, asks.IN_INTENT)
            outcome = wire.read(answer, lambda it: answers.intent(it, asked=reference))
        else:
            path = f"/checkout/sessions/{quote(provider_ref, safe='')}"
            answer = await self._get(path, asks.IN_PAGE)
            outcome = wire.read(answer, lambda it: answers.page(it, asked=reference))
        return await self._with_disputes(outcome)

    async def charge_saved(self, request: ChargeRequest) -> Outcome:
        """Charge a saved card; a decline ends it, for nobody has its page.

        Where the bank wants to see its owner, he is given a page of his own, under the same
        reference. That takes an address to come back to; without one the charge is declined.
        """
        heard = await self._post("/payment_intents", asks.charge(request), key=request.reference)
        if isinstance(heard, Heard) and heard.status == REFUSED:
            outcome = _readable(heard, request)
        else:
            answer = wire.understood(heard, answers.envelope)
            if isinstance(answer, Refused):
                return answer.as_declined
            outcome = wire.read(answer, lambda it: answers.intent(it, asked=request.reference))
        if not isinstance(outcome, Declined):
            return outcome
        if outcome.detail != UNCONFIRMED or not request.return_url:
            return replace(outcome, is_final=True)
        form, key = asks.confirming_page(request), f"{request.reference}-page"
        return await self._open_page(form, key=key, asked=request.reference)

    async def captures(
        self, *, since: datetime, until: datetime, after: str = ""
    ) -> Listing | Unknown:
        """Return one page of what was captured, oldest first; the pages begin with the newest.

        All that was begun in the time is asked for, paid or not: that set does not change while
        it is read. Money that others took with the same account has no reference.
        """
        query = {
            "limit": str(LISTED),
            "created[gte]": str(int((since - PAGE_LIFE).timestamp())),
            "created[lte]": str(int(until.timestamp())),
            **asks.IN_LIST,
        }
        if after:
            query["starting_after"] = after
        answer = await self._get("/payment_intents", query, most_bytes=LIST_BYTES)
        return wire.read(answer, lambda it: answers.listing(it, since=since, until=until))

    async def refund(self, request: RefundRequest) -> Outflow:
        """Give money back, once: what was asked for this payment is looked through first.

        The key alone would not do: Stripe forgets it after a day.
        """
        found = await self._find_refund(request)
        if found is not None:
            return found
        heard = await self._post("/refunds", asks.refund(request), key=request.reference)
        answer = wire.understood(heard, answers.envelope)
        if isinstance(answer, Refused):
            return answer.as_declined
        return self._read_refund(answer, request)

    async def look_up_refund(self, request: RefundRequest, *, refund_ref: str) -> Outflow:
        """Ask what became of a refund, by its id or by our reference in its metadata."""
        if not TOKEN.fullmatch(refund_ref):
            return await self._find_refund(request) or wire.unknown("no such refund")
        answer = await self._get(f"/refunds/{quote(refund_ref, safe='')}", {})
        return self._read_refund(answer, request)

    def read_hook(self, hook: Hook) -> Reading:
        """Judge a webhook by its raw bytes; constant-time."""
        return events.read(hook, secret=self._keys.webhook_secret)

    def acknowledge(self, hook: Hook) -> bytes:
        """Any 2xx is enough."""
        return b"ok"

    async def check(self) -> Accepted | Declined | Unknown:
        """Read one row of everything that the key must be able to read; say what it may not."""
        is_test = self._keys.is_test
        for what in READS:
            answer = await self._get(f"/{what}", {"limit": "1"})
            if isinstance(answer, Refused) and answer.error is ProviderError.AUTHENTICATION_ERROR:
                return Declined(error=answer.error, detail=f"{answer.detail} {what}")
            read = wire.read(answer, lambda it: answers.readable(it, is_test=is_test))
            if isinstance(read, Unknown):
                return read
        return Accepted(account=await self._account(), is_test=is_test)

    async def _account(self) -> str:
        """Return whose account the key is for, "" where a restricted key may not see that."""
        answer = await self._get("/account", {})
        told = wire.read(answer, answers.account)
        return told if isinstance(told, str) else ""

    async def _open_page(self, form: asks.Form, *, key: str, asked: str) -> Pending | Outcome:
        heard = await self._post("/checkout/sessions", form, key=key)
        answer = wire.understood(heard, answers.envelope)
        if isinstance(answer, Refused):
            return answer.as_declined
        return wire.read(answer, lambda it: answers.new_page(it, asked=asked))

    async def _search(self, reference: str) -> Outcome:
        words = f'metadata["{REFERENCE_KEY}"]:"{reference}"'
        query = {"query": words, "limit": str(MAX_ROWS), **asks.IN_LIST}
        answer = await self._get("/payment_intents/search", query, most_bytes=LIST_BYTES)
        return wire.read(answer, lambda it: answers.found(it, asked=reference))

    async def _with_disputes(self, outcome: Outcome) -> Outcome:
        """Ask how the dispute of a capture stands: its charge says only that there was one.

        Where that cannot be had nobody knows: the charge says the same for ever after.
        """
        if not isinstance(outcome, Settled):
            return outcome
        more = [await self._with_dispute(each) for each in outcome.more]
        return replace(await self._with_dispute(outcome), more=tuple(more))

    async def _with_dispute(self, capture: Settled) -> Settled:
        if not capture.is_disputed:
            return capture
        query = {"payment_intent": capture.provider_id, "limit": str(MAX_ROWS)}
        claims = wire.read(await self._get("/disputes", query), answers.claims)
        if isinstance(claims, Unknown):
            return replace(capture, is_disputed=None)
        is_open, lost = claims
        none = None if is_open else Money(0, capture.captured.currency)
        return replace(capture, is_disputed=is_open, lost=lost or none)

    async def _find_refund(self, request: RefundRequest) -> Outflow | None:
        query = {"payment_intent": request.provider_id, "limit": str(REFUNDS_LISTED)}
        answer = await self._get("/refunds", query, most_bytes=LIST_BYTES)
        is_test = self._keys.is_test
        return wire.read(
            answer, lambda it: answers.find_refund(it, request=request, is_test=is_test)
        )

    def _read_refund(self, answer: Answer, request: RefundRequest) -> Outflow:
        is_test = self._keys.is_test
        return wire.read(answer, lambda it: answers.refund(it, request=request, is_test=is_test))

    async def _get(
        self, path: str, query: Mapping[str, str], *, most_bytes: int = MAX_BYTES
    ) -> Answer:
        heard = await self._line.ask(
            "GET", path, headers=self._headers(), query=query, most_bytes=most_bytes
        )
        return wire.understood(heard, answers.envelope)

    async def _post(self, path: str, form: asks.Form, *, key: str) -> Heard | Unknown:
        headers = {
            **self._headers(),
            "content-type": "application/x-www-form-urlencoded",
            "idempotency-key": key,
        }
        return await self._line.ask("POST", path, headers=headers, content=asks.encoded(form))

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._keys.secret}", "stripe-version": VERSION}


def _readable(heard: Heard, request: ChargeRequest) -> Outcome:
    try:
        said = heard.record(with_decimals=True)
        return answers.refused_charge(said, asked=request.reference)
    except Unreadable as problem:
        return wire.unknown(str(problem))


MAKER: Final = Maker(
    title="Stripe",
    open=open_stripe,
    credentials=_CREDENTIALS,
    secrets=frozenset({"secret_key", "webhook_secret"}),
    capabilities=CAPABILITIES,
    address=ADDRESS,
    defaults=_DEFAULTS,
    is_test=lambda credentials: Keys(secret=credentials.get("secret_key", "")).is_test,
)

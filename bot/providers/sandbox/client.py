"""The sandbox provider's calls and the proof of its events."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import quote

import httpx

from bot.providers import wire
from bot.providers.kit import Kit, Maker
from bot.providers.sandbox import answers
from bot.providers.wire import (
    DEADLINE_S,
    MAX_BYTES,
    SECRET,
    TIMEOUTS,
    Answer,
    Heard,
    Line,
    Refused,
    Unreadable,
    text,
)
from core.domain.money import EXPONENTS, Money
from core.domain.outflows import Outflow, RefundRequest
from core.domain.providers import (
    Accepted,
    Capabilities,
    ChargeRequest,
    Declined,
    Forged,
    Hook,
    LinkRequest,
    Outcome,
    PartOf,
    ProviderError,
    Reading,
    Truth,
    Unknown,
)

TOLERANCE: Final = timedelta(seconds=300)

CAPABILITIES: Final = Capabilities(
    currencies=frozenset(EXPONENTS) - {"XTR"},
    can_link=True,
    refunds=PartOf.ANY,
    refund_days=10,
    can_charge_saved=True,
    honours_our_id=True,
    truth=Truth.BY_QUERY,
)

ERRORS: Final[dict[int, ProviderError]] = {
    401: ProviderError.AUTHENTICATION_ERROR,
    403: ProviderError.AUTHENTICATION_ERROR,
}
"""Why our call failed, by HTTP status; everything else is `PROVIDER_ERROR`.

The codes in the body (`invalid_request`, `reference_reused`, `not_found`, `rate_limited`) are kept
as detail. Only `invalid_request` to a create or a refund proves that nothing was made.
"""

_REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=-]{0,79}")
_SIGNATURE: Final = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")
_CREDENTIALS: Final = {"secret_key": SECRET, "webhook_secret": SECRET}
_WAY_BACK: Final = "/payments/callback/"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """Where the provider is and how the two sides prove themselves; keys stay out of reprs."""

    url: str
    secret_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    timeouts: httpx.Timeout = field(default_factory=lambda: TIMEOUTS)
    deadline_s: float = DEADLINE_S


def open_sandbox(kit: Kit, credentials: Mapping[str, str], *, address: str) -> "SandboxProvider":
    """Open the adapter with the credentials `secret_key` and `webhook_secret`.

    Raises:
        ProviderProblem: one is missing or malformed, or the address is.
    """
    wire.check_credentials("sandbox", credentials, _CREDENTIALS)
    config = SandboxConfig(
        url=wire.check_address("sandbox", address),
        secret_key=credentials["secret_key"],
        webhook_secret=credentials["webhook_secret"],
    )
    return SandboxProvider(kit.client, config)


class SandboxProvider:
    """The sandbox provider under one configuration."""

    name: str = "sandbox"
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, client: httpx.AsyncClient, config: SandboxConfig) -> None:
        """Keep the shared client; nothing is sent yet."""
        self._config = config
        self._line = Line(
            client=client, url=config.url, timeouts=config.timeouts, deadline_s=config.deadline_s
        )

    async def create_link(self, request: LinkRequest) -> Outcome:
        """Open a payment page under our reference; a repetition answers with the first one."""
        answer = await self._ask(
            "POST",
            "/v1/checkouts",
            body={
                "reference": request.reference,
                "amount_minor": request.amount.minor,
                "currency": request.amount.currency,
                "email": request.email,
                "title": request.title,
                "return_url": request.return_url,
                "expires_at": request.expires_at.isoformat(),
                **_hooks_beside(request.return_url),
            },
        )
        if isinstance(answer, Refused):
            return answer.as_declined
        return answers.outcome(answer, reference=request.reference)

    async def advance(self, *, reference: str, provider_ref: str, asked: Money) -> Outcome:
        """Look an attempt up by our reference; the rest is not needed here."""
        if not _REFERENCE.fullmatch(reference):
            return Unknown(error=ProviderError.PROVIDER_ERROR, detail="reference not usable")
        answer = await self._ask("GET", f"/v1/checkouts/{quote(reference, safe='')}")
        return answers.outcome(answer, reference=reference)

    async def charge_saved(self, request: ChargeRequest) -> Outcome:
        """Charge a card that paid before; a repetition answers with the first charge."""
        answer = await self._ask(
            "POST",
            "/v1/charges",
            body={
                "reference": request.reference,
                "amount_minor": request.amount.minor,
                "currency": request.amount.currency,
                "card": request.method.token,
                "email": request.method.owner,
                "title": request.title,
                "return_url": request.return_url,
                **_hooks_beside(request.return_url),
            },
        )
        if isinstance(answer, Refused):
            return answer.as_declined
        return answers.outcome(answer, reference=request.reference)

    async def refund(self, request: RefundRequest) -> Outflow:
        """Give a part of a capture back; a repetition answers with the first refund."""
        answer = await self._ask(
            "POST",
            "/v1/refunds",
            body={
                "reference": request.reference,
                "checkout": request.payment_reference,
                "capture": request.provider_id,
                "amount_minor": request.amount.minor,
            },
        )
        if isinstance(answer, Refused) and answer.proves_nothing_was_made:
            return Declined(error=answer.error, detail=answer.detail)
        return answers.outflow(answer, reference=request.reference)

    async def look_up_refund(self, request: RefundRequest, *, refund_ref: str) -> Outflow:
        """Look a refund up by our reference; the provider's own id is not needed here."""
        answer = await self._ask("GET", f"/v1/refunds/{quote(request.reference, safe='')}")
        return answers.outflow(answer, reference=request.reference)

    def read_hook(self, hook: Hook) -> Reading:
        """Judge a webhook by its raw bytes: size, signature (constant-time), then age.

        A signed event that cannot be read is authentic and names no attempt: it is kept.
        """
        if len(hook.body) > MAX_BYTES:
            return Forged(reason="too large")
        header = _SIGNATURE.fullmatch(hook.headers.get("x-sandbox-signature", ""))
        if header is None:
            return Forged(reason="no signature")
        signed_at, signature = header.groups()
        key, signed = self._config.webhook_secret.encode(), f"{signed_at}.".encode() + hook.body
        expected = hmac.new(key, signed, "sha256").hexdigest()
        if not hmac.compare_digest(expected, signature):
            return Forged(reason="wrong signature")
        if abs(hook.received_at.timestamp() - int(signed_at)) > TOLERANCE.total_seconds():
            return Forged(reason="stale")
        return answers.event(hook.body)

    def acknowledge(self, hook: Hook) -> bytes:
        """Any 2xx is enough."""
        return b"ok"

    async def check(self) -> Accepted | Declined | Unknown:
        """List what changed in the last second: nothing, most likely."""
        answer = await self._ask("GET", "/v1/checkouts", query={"after": "~"})
        if isinstance(answer, Refused):
            if answer.error is ProviderError.AUTHENTICATION_ERROR:
                return Declined(error=answer.error, detail=answer.detail)
            return answer.as_unknown
        return answer if isinstance(answer, Unknown) else Accepted(account="", is_test=True)

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        headers = {"authorization": f"Bearer {self._config.secret_key}"}
        if body is not None:
            headers["content-type"] = "application/json"
        content = None if body is None else wire.as_json(body)
        heard = await self._line.ask(method, path, headers=headers, content=content, query=query)
        if isinstance(heard, Unknown):
            return heard
        try:
            return _read_answer(heard)
        except Unreadable as problem:
            return wire.unknown(str(problem))


def _read_answer(heard: Heard) -> Answer:
    if heard.status in {200, 201}:
        return heard.record()
    code = _error_code(heard)
    return Refused(
        error=ERRORS.get(heard.status, ProviderError.PROVIDER_ERROR),
        detail=f"HTTP {heard.status} {code}".strip(),
        proves_nothing_was_made=heard.status in {400, 422} and code == "invalid_request",
    )


def _error_code(heard: Heard) -> str:
    try:
        error = heard.record().get("error")
        return text(error, "code", answers.WORD) if isinstance(error, Mapping) else ""
    except Unreadable:
        return ""


def _hooks_beside(return_url: str) -> dict[str, str]:
    """Name the door for events that is beside the page payers return to: its owner's own."""
    page = return_url.partition("?")[0]
    if _WAY_BACK not in page:
        return {}
    return {"webhook_url": page.replace(_WAY_BACK, "/payments/webhooks/")}


MAKER: Final = Maker(
    title="Sandbox",
    open=open_sandbox,
    credentials=_CREDENTIALS,
    secrets=frozenset({"secret_key", "webhook_secret"}),
    capabilities=CAPABILITIES,
    is_test=lambda _: True,
)

"""M-Pesa's Daraja, played by the sandbox: prompts on a phone, reversals, payouts.

A prompt is a checkout without a page: people answer it on the phone that the chat page shows
(`phones.py`). Nothing is signed; what became of a question goes to the address that came with it.
A new access token ends the one before. A phone has one prompt at a time. Payouts are remembered
while the sandbox runs.

Source: as of `bot/providers/mpesa`; this is the far side of the wire and shares no code with it.
"""

import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web

from bot.sandbox.provider_desk import Desk, NotRefundable
from bot.sandbox.provider_door import TITLE, URL, BadRequest, Door, as_json, read_body, read_text
from bot.sandbox.provider_records import Checkout, CheckoutStatus, Terms
from bot.sandbox.provider_store import ProviderStore
from bot.sandbox.provider_tongue import Happening
from bot.sandbox.standins import mpesa_views as views
from bot.sandbox.standins.mpesa_shop import SHORTCODE, shop_of
from bot.sandbox.standins.standin import Api, bears

PREFIX: Final = "/daraja"
LASTS: Final = timedelta(minutes=2)
"""For how long a phone asks."""
TOKEN_S: Final = 3599
MOST_SHILLINGS: Final = 250_000

_PHONE: Final = re.compile(r"254[17][0-9]{8}")
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9 ._-]{1,12}")
_STAMP: Final = re.compile(r"[0-9]{14}")
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")


class MpesaStandin:
    """Daraja under one made-up app."""

    title: str = "M-Pesa"

    def __init__(self, store: ProviderStore, *, base_url: str, webhook_url: str) -> None:
        """Speak of what the store knows; events go to the addresses that questions bring."""
        self._store = store
        self._base_url = base_url
        self._webhook_url = webhook_url
        self.shop = shop_of(store.keys)
        self._token = ""

    def env(self) -> Mapping[str, str]:
        """Return the settings by which the bot finds this provider."""
        return {**self.shop.env(), "MPESA_API_URL": f"{self._base_url}{PREFIX}"}

    def event(self, happening: Happening) -> bytes:
        """Tell how a prompt or a reversal ended."""
        if happening.refund is not None:
            return views.reversed_(happening.checkout, happening.refund)
        if not happening.kind.startswith("checkout."):
            return b""
        return views.callback(happening.checkout)

    def headers(self, body: bytes, *, at: datetime, is_forged: bool) -> Mapping[str, str]:
        """Prove nothing: Safaricom signs nothing."""
        return {}

    def turned_away(self, request: web.Request) -> web.Response | None:
        """Check the access token, or for a new one the app's own key; constant-time."""
        if request.path.endswith("/oauth/v1/generate"):
            given = request.headers.get("authorization", "").encode(errors="replace")
            is_ours = hmac.compare_digest(given, self.shop.basic().encode())
            said = views.refusal("400.008.01", "Invalid Authentication passed")
            return None if is_ours else as_json(400, said)
        if self._token and bears(request, self._token):
            return None
        return as_json(401, views.refusal("404.001.03", "Invalid Access Token"))

    def failure(self, status: int) -> web.Response:
        """Say that it does not work now."""
        if status == web.HTTPTooManyRequests.status_code:
            return as_json(status, views.refusal("500.003.02", "System is busy"))
        return as_json(status, views.refusal("500.003.1001", "Internal Server Error"))

    def bad_request(self, what: str) -> web.Response:
        """Name the field."""
        return as_json(400, views.refusal("400.002.02", f"Bad Request - Invalid {what}"))

    def missing(self) -> web.Response:
        """Say that there is no such thing."""
        return as_json(404, views.refusal("404.001.01", "Resource not found"))

    def new_token(self) -> str:
        """Draw an access token; the one before is worth nothing any more."""
        self._token = secrets.token_urlsafe(21)
        return self._token

    def routes(self, desk: Desk, door: Door) -> list[web.RouteDef]:
        """Return the API's routes."""
        api = _Api(self, self._store, desk)
        return [
            web.get(f"{PREFIX}/oauth/v1/generate", door.listing(api.token)),
            web.post(f"{PREFIX}/mpesa/stkpush/v1/processrequest", door.making(api.prompt)),
            web.post(f"{PREFIX}/mpesa/stkpushquery/v1/query", door.showing(api.look_up)),
            web.post(f"{PREFIX}/mpesa/reversal/v1/request", door.giving_back(api.reverse)),
            web.post(f"{PREFIX}/mpesa/transactionstatus/v1/query", door.listing(api.status)),
            web.post(f"{PREFIX}/mpesa/b2c/v3/paymentrequest", door.listing(api.to_phone)),
            web.post(f"{PREFIX}/mpesa/b2b/v1/paymentrequest", door.listing(api.to_business)),
        ]


class _Api(Api):
    """The calls."""

    def __init__(self, standin: MpesaStandin, store: ProviderStore, desk: Desk) -> None:
        super().__init__(standin, store, desk, base_url="", webhook_url="")
        self._standin = standin
        self._payouts: dict[str, int] = {}

    async def token(self, request: web.Request) -> web.Response:
        """Give an access token; its life comes as text, as Daraja's often does."""
        token = self._standin.new_token()
        return as_json(200, {"access_token": token, "expires_in": str(TOKEN_S)})

    async def prompt(self, request: web.Request) -> web.Response:
        """Ask on a phone, unless it is being asked already."""
        self._desk.let_time_pass()
        body = await read_body(request)
        if not self._is_proved(body):
            return as_json(500, views.refusal("500.001.1001", "Wrong credentials"))
        phone = read_text(body, "PhoneNumber", _PHONE)
        if self._asked_now(phone) is not None:
            words = "Unable to lock subscriber, a transaction is already in process"
            return as_json(500, views.refusal("500.001.1001", words))
        now = self._desk.now()
        terms = Terms(
            reference=f"ws_CO_{views.stamp(now)}{secrets.token_hex(4)}",
            amount_minor=_shillings(body) * 100,
            currency="KES",
            email="",
            title=read_text(body, "TransactionDesc", TITLE),
            return_url="",
            expires_at=now + LASTS,
            webhook_url=read_text(body, "CallBackURL", URL),
            tongue="mpesa",
            phone=phone,
            account=read_text(body, "AccountReference", _ACCOUNT),
        )
        made = self._desk.open(terms)
        return as_json(
            200,
            {
                "MerchantRequestID": f"29115-{made.id}-1",
                "CheckoutRequestID": terms.reference,
                "ResponseCode": "0",
                "ResponseDescription": "Success. Request accepted for processing",
                "CustomerMessage": "Success. Request accepted for processing",
            },
        )

    async def look_up(self, request: web.Request) -> web.Response:
        """Say how a prompt ended; while somebody thinks, that is an error."""
        self._desk.let_time_pass()
        try:
            body = await read_body(request)
            is_proved = self._is_proved(body)
        except BadRequest as problem:
            return self._manners.bad_request(str(problem))
        if not is_proved:
            return as_json(500, views.refusal("500.001.1001", "Wrong credentials"))
        checkout = self._store.find(str(body.get("CheckoutRequestID", "")))
        if checkout is None or checkout.terms.tongue != "mpesa":
            return self._manners.bad_request("CheckoutRequestID")
        end = views.end_of(checkout)
        if end is None:
            words = "The transaction is being processed"
            return as_json(500, views.refusal("500.001.1001", words))
        said = {
            "ResponseCode": "0",
            "ResponseDescription": "The service request has been accepted successfully",
            "MerchantRequestID": f"29115-{checkout.id}-1",
            "CheckoutRequestID": checkout.terms.reference,
            "ResultCode": end[0],
            "ResultDesc": end[1],
        }
        return as_json(200, said)

    async def reverse(self, request: web.Request) -> web.Response:
        """Give a whole payment back, once; what becomes of it is told later."""
        body = await read_body(request)
        url, conversation = read_text(body, "ResultURL", URL), _new_conversation()
        problem = self._reverse(body, conversation, url=url)
        if problem is not None:
            self._tell(views.result(conversation, problem), url=url, about=conversation)
        return as_json(200, views.accepted(conversation))

    def _reverse(
        self, body: Mapping[str, Any], conversation: str, *, url: str
    ) -> tuple[str, str] | None:
        """Begin a reversal; return why there is none."""
        if not self._standin.shop.is_initiator(
            body.get("Initiator"), body.get("SecurityCredential")
        ):
            return views.BAD_PASSWORD
        paid = self._paid(str(body.get("TransactionID", "")))
        if paid is None:
            return views.NO_SUCH_RECEIPT
        try:
            self._desk.refund(
                paid,
                reference=conversation,
                capture_id=paid.captures[0].id,
                amount_minor=_shillings(body) * 100,
                answer_url=url,
            )
        except NotRefundable as problem:
            return views.REVERSED_BEFORE if str(problem) == "amount" else views.NOT_ENOUGH
        return None

    async def status(self, request: web.Request) -> web.Response:
        """Tell later how a reversal or a payout stands."""
        self._desk.let_time_pass()
        body = await read_body(request)
        url = read_text(body, "ResultURL", URL)
        asked = read_text(body, "OriginalConversationID", _ID)
        conversation = _new_conversation()
        if not self._standin.shop.is_initiator(
            body.get("Initiator"), body.get("SecurityCredential")
        ):
            told = views.result(conversation, views.BAD_PASSWORD)
        elif (found := self._store.find_refund(asked)) is not None:
            told = views.looked_up(found[1], question=conversation)
        elif asked in self._payouts:
            told = views.result(conversation, views.DONE, self._sent(asked))
        else:
            told = views.result(conversation, views.NO_SUCH_RECEIPT)
        self._tell(told, url=url, about=conversation)
        return as_json(200, views.accepted(conversation))

    async def to_phone(self, request: web.Request) -> web.Response:
        """Send money to a phone, once under the merchant's own id."""
        body = await read_body(request)
        conversation = read_text(body, "OriginatorConversationID", _ID)
        read_text(body, "PartyB", _PHONE)
        if conversation in self._payouts:
            words = "Duplicate OriginatorConversationID."
            return as_json(500, views.refusal("500.002.1001", words))
        return self._send(body, conversation, by="InitiatorName")

    async def to_business(self, request: web.Request) -> web.Response:
        """Send money to a till or a paybill; asked twice, it is sent twice."""
        return self._send(await read_body(request), _new_conversation(), by="Initiator")

    def _send(self, body: Mapping[str, Any], conversation: str, *, by: str) -> web.Response:
        url, minor = read_text(body, "ResultURL", URL), _shillings(body) * 100
        told = views.result(conversation, views.BAD_PASSWORD)
        if self._standin.shop.is_initiator(body.get(by), body.get("SecurityCredential")):
            self._payouts[conversation] = minor
            facts = {"TransactionAmount": views.shillings(minor)}
            told = views.result(conversation, views.DONE, facts)
        self._tell(told, url=url, about=conversation)
        return as_json(200, views.accepted(conversation))

    def _sent(self, conversation: str) -> Mapping[str, object]:
        return {
            "OriginatorConversationID": conversation,
            "TransactionStatus": "Completed",
            "Amount": views.shillings(self._payouts[conversation]),
            "ReceiptNo": views.named(conversation),
        }

    def _tell(self, body: bytes, *, url: str, about: str) -> None:
        self._desk.answer(body, url=url, reference=about, tongue="mpesa")

    def _is_proved(self, body: Mapping[str, Any]) -> bool:
        stamp = read_text(body, "Timestamp", _STAMP)
        given = str(body.get("Password", "")).encode(errors="replace")
        is_ours = hmac.compare_digest(given, self._standin.shop.proof(stamp).encode())
        return is_ours and body.get("BusinessShortCode") == SHORTCODE

    def _asked_now(self, phone: str) -> Checkout | None:
        waiting = (each for each in self._store.waiting() if each.terms.phone == phone)
        return next((each for each in waiting if each.status is CheckoutStatus.OPEN), None)

    def _paid(self, receipt: str) -> Checkout | None:
        mine = (each for each in self._store.checkouts() if each.terms.tongue == "mpesa")
        paid = (each for each in mine if each.captures)
        return next((e for e in paid if views.receipt_of(e.captures[0]) == receipt), None)


def _new_conversation() -> str:
    return f"29112-{secrets.token_hex(6)}-1"


def _shillings(body: Mapping[str, Any]) -> int:
    value = body.get("Amount")
    if type(value) is not int or not 0 < value <= MOST_SHILLINGS:
        raise BadRequest("Amount")
    return value

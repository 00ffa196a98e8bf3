"""The adapter: which calls are made, and which answer is read how."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.providers import wire
from bot.providers.kit import Kit, Maker, under_token
from bot.providers.mpesa import answers
from bot.providers.mpesa.codes import (
    ADDRESS,
    BUSINESS,
    COLLECTS,
    KES,
    LATE,
    LEAST_PAYOUT,
    MOST_PAYOUT,
    MOVES,
    NAIROBI,
    ONGOING_WORDS,
    PHONE,
    RECEIPT,
    RECEIVED_BEFORE,
    REMARKS,
    SANDBOX,
    SHORT_ACCOUNT,
    SHORT_REFERENCE,
    SHORT_TITLE,
    STALE_TOKENS,
    TURNED_AWAY,
)
from bot.providers.mpesa.codes import ID as REFERENCE
from bot.providers.mpesa.shop import CREDENTIALS, OPTIONAL, Shop, shop_of
from bot.providers.wire import MAX_BYTES, Answer, Line, Refused, Unreadable
from core.domain.errors import ProviderProblem
from core.domain.money import Money
from core.domain.outflows import Destination, Outflow, PayoutRequest, Question, RefundRequest
from core.domain.providers import (
    About,
    Accepted,
    Capabilities,
    Declined,
    Forged,
    Hook,
    LinkRequest,
    Outcome,
    Pending,
    ProviderError,
    Rail,
    Reading,
    Unknown,
)
from core.domain.tokens import AccessToken, Tokens

_STATUS: Final = "/mpesa/transactionstatus/v1/query"


def open_mpesa(kit: Kit, credentials: Mapping[str, str], *, address: str) -> "Mpesa":
    """Open the adapter; the initiator's three credentials are given together, or none of them.

    Raises:
        ProviderProblem: a credential is missing or malformed, or the address is, or leads to the
            other kind of money than this process moves (`mode`).
    """
    wire.check_credentials("mpesa", credentials, CREDENTIALS)
    url = wire.check_address("mpesa", address)
    is_test = {ADDRESS: False, SANDBOX: True}.get(url, kit.is_test)
    if is_test is not kit.is_test:
        raise ProviderProblem(provider="mpesa", what="mode")
    shop = shop_of(credentials, is_test=is_test)
    return Mpesa(Line(client=kit.client, url=url), shop, tokens=kit.tokens, now=kit.now)


class Mpesa:
    """M-Pesa under one configuration."""

    name: str = "mpesa"

    def __init__(
        self, line: Line, shop: Shop, *, tokens: Tokens, now: Callable[[], datetime]
    ) -> None:
        """Keep the way there; nothing is sent yet."""
        self._line = line
        self._shop = shop
        self._tokens = tokens
        self._now = now
        self.capabilities: Capabilities = MOVES if shop.initiator else COLLECTS

    async def create_link(self, request: LinkRequest) -> Outcome:
        """Ask on the payer's phone; a second call would ask there a second time."""
        phone = request.phone.removeprefix("+")
        if not PHONE.fullmatch(request.phone):
            return Declined(error=ProviderError.INVALID_CARD, detail="no phone in Kenya")
        if not self.capabilities.takes(request.amount) or not request.answer_url:
            return Declined(error=ProviderError.PROVIDER_ERROR, detail="not possible here")
        body = {
            **self._password(),
            "TransactionType": (
                "CustomerBuyGoodsOnline" if self._shop.till else "CustomerPayBillOnline"
            ),
            "Amount": _shillings(request.amount),
            "PartyA": phone,
            "PartyB": self._shop.till or self._shop.shortcode,
            "PhoneNumber": phone,
            "CallBackURL": request.answer_url,
            "AccountReference": short_reference(request.reference),
            "TransactionDesc": _plain(request.title, SHORT_TITLE) or "Payment",
        }
        answer = await self._ask("/mpesa/stkpush/v1/processrequest", body)
        if isinstance(answer, Refused) and answer.detail.endswith(TURNED_AWAY):
            return replace(answer.as_unknown, is_unsent=True)
        if isinstance(answer, Refused):
            return answer.as_declined
        return wire.read(answer, answers.prompt)

    async def advance(self, *, reference: str, provider_ref: str, asked: Money) -> Outcome:
        """Look a prompt up by its id; while the payer thinks, Daraja answers an error."""
        if not REFERENCE.fullmatch(provider_ref):
            return wire.unknown("the prompt's id is not known")
        body = {**self._password(), "CheckoutRequestID": provider_ref}
        answer = await self._ask("/mpesa/stkpushquery/v1/query", body)
        if isinstance(answer, Refused) and answer.detail.endswith(ONGOING_WORDS):
            return Pending()
        return wire.read(
            answer,
            lambda it: answers.prompted(
                it,
                reference=reference,
                prompt_id=provider_ref,
                asked=asked,
                is_test=self._shop.is_test,
            ),
        )

    def read_answer(self, hook: Hook, question: Question) -> Outcome | Outflow:
        """Read what came to a question's own address."""
        if LATE in hook.query:
            return Unknown(error=ProviderError.TIMEOUT_ERROR, detail="a queue was too slow")
        if len(hook.body) > MAX_BYTES:
            return wire.unknown("answer too large")
        try:
            if question.about is About.PAYMENT:
                return answers.callback(hook.body, question, is_test=self._shop.is_test)
            return answers.result(hook.body, question, is_test=self._shop.is_test)
        except Unreadable as problem:
            return wire.unknown(str(problem))

    async def refund(self, request: RefundRequest) -> Outflow:
        """Reverse a payment; one that was reversed before is told as such, so it happens once."""
        is_whole = request.amount == request.captured and request.amount.currency == KES
        if not is_whole or not RECEIPT.fullmatch(request.receipt):
            return Declined(error=ProviderError.PROVIDER_ERROR, detail="not possible here")
        body = {
            "CommandID": "TransactionReversal",
            "TransactionID": request.receipt,
            "Amount": _shillings(request.amount),
            "ReceiverParty": self._shop.shortcode,
            "RecieverIdentifierType": "11",
            **_noted(request.reference, request.reason),
        }
        return await self._begin("/mpesa/reversal/v1/request", body, to=request.answer_url)

    async def look_up_refund(self, request: RefundRequest, *, refund_ref: str) -> Outflow:
        """Have the answer sent to the request's address; without its id a human must look."""
        if not REFERENCE.fullmatch(refund_ref):
            return wire.unknown("the reversal's id is not known")
        return await self._look_up(
            refund_ref, request.reference, self._shop.shortcode, to=request.answer_url
        )

    async def pay_out(self, request: PayoutRequest) -> Outflow:
        """Send to a phone under our reference, or to a till or a paybill under none."""
        initiator, to, minor = self._shop.initiator, request.destination, request.amount.minor
        fits = LEAST_PAYOUT <= minor <= MOST_PAYOUT and request.amount.currency == KES
        if initiator is None or not fits or minor % 100 or not _is_reachable(to):
            return Declined(error=ProviderError.PROVIDER_ERROR, detail="not possible here")
        body = {
            "Amount": _shillings(request.amount),
            "PartyA": initiator.shortcode,
            **_noted(request.reference, request.reason),
        }
        if to.rail is not Rail.MOBILE:
            path, business = "/mpesa/b2b/v1/paymentrequest", {**body, **_business(to)}
            return await self._begin(path, business, to=request.answer_url)
        person = {
            **body,
            "OriginatorConversationID": request.reference,
            "CommandID": "BusinessPayment",
            "PartyB": to.number.removeprefix("+"),
            "Occassion": _plain(request.reason, REMARKS),
        }
        path = "/mpesa/b2c/v3/paymentrequest"
        begun = await self._begin(path, person, to=request.answer_url, by="InitiatorName")
        is_known = isinstance(begun, Unknown) and begun.detail.endswith(RECEIVED_BEFORE)
        return Pending(provider_ref=request.reference) if is_known else begun

    async def look_up_payout(
        self, *, reference: str, payout_ref: str, answer_url: str = ""
    ) -> Outflow:
        """Have the answer sent to the address; one to a phone also goes by our reference."""
        shortcode = self._shop.initiator.shortcode if self._shop.initiator else ""
        asked = payout_ref or reference
        outcome = await self._look_up(asked, reference, shortcode, to=answer_url)
        if isinstance(outcome, Pending) and not payout_ref:
            return wire.unknown("asked; the answer comes to its own address")
        return outcome

    def read_hook(self, hook: Hook) -> Reading:
        """Nothing of ours comes to the common address, and nothing that comes is signed."""
        return Forged(reason="not signed")

    def acknowledge(self, hook: Hook) -> bytes:
        """Say what Daraja wants to hear."""
        return b'{"ResultCode":0,"ResultDesc":"Accepted"}'

    async def check(self) -> Accepted | Declined | Unknown:
        """Ask for an access token, or have one."""
        token = await self._token()
        if not isinstance(token, Unknown):
            return Accepted(account=self._shop.shortcode, is_test=self._shop.is_test)
        if token.error is ProviderError.AUTHENTICATION_ERROR:
            return Declined(error=token.error, detail=token.detail)
        return token

    async def _look_up(
        self, conversation: str, reference: str, shortcode: str, *, to: str
    ) -> Outflow:
        body = {
            "CommandID": "TransactionStatusQuery",
            "PartyA": shortcode,
            "IdentifierType": "4",
            "TransactionID": "",
            "OriginalConversationID": conversation,
            "OriginatorConversationID": conversation,
            **_noted(reference, reference),
        }
        begun = await self._begin(_STATUS, body, to=to)
        if isinstance(begun, Declined):
            return Unknown(error=begun.error, detail=begun.detail)
        return Pending(provider_ref=conversation) if isinstance(begun, Pending) else begun

    async def _begin(
        self, path: str, body: Mapping[str, object], *, to: str, by: str = "Initiator"
    ) -> Outflow:
        """Begin what is answered later, at an address of ours; `by` names who begins it."""
        initiator = self._shop.initiator
        if initiator is None or not to:
            return Declined(error=ProviderError.PROVIDER_ERROR, detail="not possible here")
        signed = {
            **body,
            by: initiator.name,
            "SecurityCredential": initiator.proof,
            "ResultURL": to,
            "QueueTimeOutURL": f"{to}/{LATE}",
        }
        answer = await self._ask(path, signed)
        if isinstance(answer, Refused):
            return answer.as_declined
        begun = wire.read(answer, answers.accepted)
        return Pending(provider_ref=begun) if isinstance(begun, str) else begun

    def _password(self) -> dict[str, object]:
        """Return how a prompt proves itself, at this second of Nairobi's clock."""
        at, shop = self._now().astimezone(NAIROBI).strftime("%Y%m%d%H%M%S"), self._shop
        proof = base64.b64encode(f"{shop.shortcode}{shop.passkey}{at}".encode()).decode()
        return {"BusinessShortCode": shop.shortcode, "Password": proof, "Timestamp": at}

    async def _token(self, *, refused: str = "") -> str | Unknown:
        """Return the one live token of this app: a new one ends the one before."""
        named = hashlib.sha256(f"{self._line.url} {self._shop.key}".encode()).hexdigest()
        return await self._tokens.token(f"mpesa:{named}", self._fetch_token, refused=refused)

    async def _fetch_token(self) -> AccessToken | Unknown:
        pair = base64.b64encode(f"{self._shop.key}:{self._shop.secret}".encode()).decode()
        heard = await self._line.ask(
            "GET",
            "/oauth/v1/generate",
            headers={"authorization": f"Basic {pair}"},
            query={"grant_type": "client_credentials"},
        )
        return wire.read(wire.understood(heard, answers.envelope), answers.token)

    async def _ask(self, path: str, body: Mapping[str, object]) -> Answer:
        """Make one call under a token."""

        async def call(token: str) -> Answer:
            headers = {"authorization": f"Bearer {token}"}
            heard = await self._line.ask("POST", path, headers=headers, body=body)
            return wire.understood(heard, answers.envelope)

        return await under_token(self._token, call, is_stale=_is_stale)


def short_reference(reference: str) -> str:
    """Return a reference as a statement shows it: its last twelve letters and digits."""
    if len(reference) <= SHORT_REFERENCE:
        return reference
    return re.sub(r"[^A-Za-z0-9]", "", reference)[-SHORT_REFERENCE:]


def _is_stale(answer: Answer) -> bool:
    """Tell whether a call was refused because of its token; nothing came of it then."""
    return isinstance(answer, Refused) and answer.detail.rpartition(" ")[2] in STALE_TOKENS


def _is_reachable(to: Destination) -> bool:
    """Tell whether a payout can go there; a paybill wants to know for which account."""
    if to.rail is Rail.MOBILE:
        return bool(PHONE.fullmatch(to.number))
    is_named = to.rail is Rail.TILL or bool(_plain(to.account, SHORT_ACCOUNT))
    return to.rail is not Rail.BANK and is_named and bool(BUSINESS.fullmatch(to.number))


def _business(to: Destination) -> dict[str, object]:
    """Return how a till or a paybill is named; the field's spelling is Daraja's."""
    is_till = to.rail is Rail.TILL
    return {
        "CommandID": "BusinessBuyGoods" if is_till else "BusinessPayBill",
        "SenderIdentifierType": "4",
        "RecieverIdentifierType": "4",
        "PartyB": to.number,
        "AccountReference": _plain(to.account or to.name, SHORT_ACCOUNT),
    }


def _noted(reference: str, reason: str) -> dict[str, object]:
    return {"Remarks": reference[:REMARKS], "Occasion": _plain(reason, REMARKS)}


def _shillings(amount: Money) -> int:
    return amount.minor // 100


def _plain(words: str, most: int) -> str:
    """Return a text as Daraja takes it: letters, digits, spaces and dashes."""
    return " ".join(re.sub(r"[^A-Za-z0-9 -]+", " ", words).split())[:most].strip()


MAKER: Final = Maker(
    title="M-Pesa",
    open=open_mpesa,
    credentials=CREDENTIALS,
    secrets=frozenset({"consumer_key", "consumer_secret", "passkey", "initiator_password"}),
    capabilities=MOVES,
    address=ADDRESS,
    defaults=dict.fromkeys(OPTIONAL, ""),
)

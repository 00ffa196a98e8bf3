"""The sandbox provider's answers and events, read field by field.

Whatever is not understood to the last field is `Unknown`, never a guess; only what may be kept of
a card is no reason to doubt the money.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.providers import wire
from bot.providers.wire import EMAIL, LAST4, LINK, TOKEN, Answer, Record, Refused, Unreadable, text
from core.domain.consent import Consent
from core.domain.money import Money
from core.domain.outflows import Moved, Outflow, Returned
from core.domain.providers import (
    About,
    Authentic,
    Declined,
    Outcome,
    Pending,
    ProviderError,
    SavedMethod,
    Settled,
    Unknown,
)

STATUSES: Final[dict[str, type[Outcome]]] = {
    "open": Pending,
    "processing": Pending,
    "paid": Settled,
    "declined": Declined,
    "expired": Declined,
}

MOVED: Final[dict[str, type[Moved | Returned]]] = {"done": Moved, "returned": Returned}

ABOUT: Final = {"checkout": About.PAYMENT, "refund": About.REFUND, "dispute": About.DISPUTE}
"""What an event is about, by how its type begins."""

DECLINES: Final[dict[str, ProviderError]] = {
    "insufficient_funds": ProviderError.INSUFFICIENT_FUNDS,
    "invalid_card": ProviderError.INVALID_CARD,
    "expired_card": ProviderError.EXPIRED_CARD,
    "declined_by_bank": ProviderError.DECLINED_CARD,
}
"""Why the payer's payment failed. A word we do not know is `DECLINED_CARD`."""

WORD: Final = re.compile(r"[a-z][a-z0-9_.]{0,39}")
_MONTH: Final = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
_MODES: Final = {"test": True, "live": False}


def outcome(answer: Answer, *, reference: str) -> Outcome:
    """Read what became of a checkout or a charge."""
    return wire.read(answer, lambda checkout: _read_checkout(checkout, asked=reference))


def _read_checkout(checkout: Record, *, asked: str) -> Outcome:
    """Read a checkout; only captured money may name another reference than we asked for."""
    status = text(checkout, "status", WORD)
    reference = text(checkout, "reference", TOKEN)
    kind = STATUSES.get(status)
    captures = wire.rows(checkout, "captures")
    if kind is None:
        raise Unreadable("status")
    if (kind is Settled) != bool(captures):
        raise Unreadable("status and captures disagree")
    if kind is Settled:
        return _read_captures(checkout, captures, reference=reference)
    if reference != asked:
        raise Unreadable("another reference")
    if kind is Pending:
        page_id = text(checkout, "id", TOKEN)
        return Pending(link=text(checkout, "link", LINK), provider_ref=page_id)
    return _read_decline(checkout, status=status)


def _read_decline(checkout: Record, *, status: str) -> Declined:
    if status == "expired":
        return Declined(error=ProviderError.TIMEOUT_ERROR, detail="expired", is_final=False)
    code = text(checkout, "decline_code", WORD)
    return Declined(error=DECLINES.get(code, ProviderError.DECLINED_CARD), detail=code)


def _read_captures(checkout: Record, captures: list[Record], *, reference: str) -> Settled:
    mode = _MODES.get(text(checkout, "mode", WORD))
    if mode is None:
        raise Unreadable("mode")
    account = text(checkout, "account", TOKEN)
    card = _read_card(checkout)
    first, *more = (
        _read_capture(capture, reference=reference, is_test=mode, account=account)
        for capture in captures
    )
    if len({settled.provider_id for settled in (first, *more)}) != len(captures):
        raise Unreadable("captures share an id")
    return replace(first, method=card, more=tuple(more))


def _read_card(checkout: Record) -> SavedMethod | None:
    """Read what may be charged again; its shape is no reason to doubt the money."""
    try:
        card = wire.inner(checkout, "card")
        return SavedMethod(
            token=text(card, "token", TOKEN),
            owner=text(card, "email", EMAIL),
            label=f"{text(card, 'brand', WORD).title()} •••• {text(card, 'last4', LAST4)}",
            expires=text(card, "expires", _MONTH),
            fingerprint=text(card, "fingerprint", TOKEN),
            consent=Consent(text(card, "consent", WORD)),
        )
    except (Unreadable, ValueError):
        return None


def _read_capture(capture: Record, *, reference: str, is_test: bool, account: str) -> Settled:
    currency = wire.currency(capture)
    lost_minor = wire.whole(capture, "lost_minor")
    has_fee = capture.get("fee_minor") is not None
    return Settled(
        provider_id=text(capture, "id", TOKEN),
        reference=reference,
        captured=Money(wire.whole(capture, "amount_minor", least=1), currency),
        is_test=is_test,
        account=account,
        fee=Money(wire.whole(capture, "fee_minor"), currency) if has_fee else None,
        settled_at=wire.instant(capture, "at"),
        refunded=Money(wire.whole(capture, "refunded_minor"), currency),
        is_disputed=wire.flag(capture, "is_disputed"),
        lost=Money(lost_minor, currency) if lost_minor else None,
    )


def outflow(answer: Answer, *, reference: str) -> Outflow:
    """Read what became of a refund."""
    if isinstance(answer, Unknown):
        return answer
    if isinstance(answer, Refused):
        return Unknown(error=answer.error, detail=answer.detail)
    try:
        return _read_refund(answer, asked=reference)
    except Unreadable as problem:
        return wire.unknown(str(problem))


def _read_refund(refund: Record, *, asked: str) -> Outflow:
    status = text(refund, "status", WORD)
    provider_id, is_test = text(refund, "id", TOKEN), _MODES.get(text(refund, "mode", WORD))
    amount = Money(wire.whole(refund, "amount_minor", least=1), wire.currency(refund))
    if is_test is None or text(refund, "reference", TOKEN) != asked:
        raise Unreadable("mode or another reference")
    if status in {"pending", "needs_attention"}:
        return Pending(provider_ref=provider_id, needs=status.removeprefix("pending"))
    if status == "failed":
        return Declined(error=ProviderError.PROVIDER_ERROR, detail=status)
    made = MOVED.get(status)
    if made is None:
        raise Unreadable("status")
    return made(provider_id=provider_id, reference=asked, amount=amount, is_test=is_test)


def event(body: bytes) -> Authentic:
    """Read a signed event; one that cannot be read names no attempt."""
    try:
        told = wire.read_record(body)
        data, kind = told.get("data"), text(told, "type", WORD)
        return Authentic(
            event_key=text(told, "id", TOKEN),
            reference=text(data, "reference", TOKEN) if isinstance(data, Mapping) else "",
            kind=kind,
            about=ABOUT.get(kind.partition(".")[0], About.PAYMENT),
        )
    except Unreadable:
        digest = hashlib.sha256(body).hexdigest()
        return Authentic(event_key=f"sha256:{digest}", reference="", kind="unreadable")

"""What Pesapal's answers and notices say, read field by field."""

import re
from typing import Final

from bot.providers import wire
from bot.providers.pesapal.codes import (
    APPROVAL,
    CODE,
    DECLINES,
    FAILED,
    KEYS,
    LISTED,
    MALFORMED,
    NOT_PAID,
    NOTICES,
    REFERENCE,
    REVERSED,
    STATUSES,
)
from bot.providers.wire import (
    LINE,
    LINK,
    TOKEN,
    WORD,
    Answer,
    Heard,
    Record,
    Refused,
    Unreadable,
    maybe,
    text,
    whole,
)
from core.domain.money import Money
from core.domain.outflows import Moved, Outflow, RefundRequest
from core.domain.providers import (
    About,
    Declined,
    Hook,
    Outcome,
    Pending,
    ProviderError,
    Settled,
    Undecided,
)
from core.domain.tokens import AccessToken

_JWT: Final = re.compile(r"[A-Za-z0-9._=/+-]{16,4000}")
_UUID: Final = re.compile(r"[0-9a-fA-F-]{32,36}")


def envelope(heard: Heard) -> Answer:
    """Read an answer, or the refusal that it is, whatever its HTTP status.

    Raises:
        Unreadable: it is neither.
    """
    record = _record(heard)
    if record is None:
        return _refusal(heard, "")
    code = _error_code(record)
    is_failed_payment = heard.is_success and record.get("status_code") == FAILED
    if code is not None and not is_failed_payment:
        return _refusal(heard, code)
    if not heard.is_success:
        return _refusal(heard, "")
    if code is None and str(record.get("status")) != "200":
        raise Unreadable("status")
    return record


def token(answer: Record, *, lives_s: int) -> AccessToken:
    """Read an access token.

    Raises:
        Unreadable: it is none.
    """
    return AccessToken(value=text(answer, "token", _JWT), lives_s=lives_s)


def notices(heard: Heard, *, address: str) -> str:
    """Find the id of our address among those registered for notices, "" where it is not there.

    Raises:
        Unreadable: it is no such list.
    """
    record = wire.read_record(b'{"rows":' + heard.body + b"}", with_decimals=True)
    listed = wire.rows(record, "rows", most=LISTED)
    ours = [each for each in listed if each.get("url") == address]
    return text(ours[-1], "ipn_id", _UUID) if ours else ""


def registered(answer: Record) -> str:
    """Read the id under which an address was registered for notices.

    Raises:
        Unreadable: there is none.
    """
    return text(answer, "ipn_id", _UUID)


def page(answer: Record, *, asked: str) -> Pending:
    """Read a new page: its link, and Pesapal's tracking id of the order.

    Raises:
        Unreadable: it is none, or that of another reference.
    """
    if text(answer, "merchant_reference", REFERENCE) != asked:
        raise Unreadable("another reference")
    tracked = text(answer, "order_tracking_id", TOKEN)
    return Pending(link=text(answer, "redirect_url", LINK), provider_ref=tracked)


def status(answer: Record, *, asked: str, is_test: bool) -> Outcome:
    """Read what became of an order; only captured money may name another reference than asked for.

    Raises:
        Unreadable: it is no such thing.
    """
    kind = _kind(answer)
    if kind is Settled:
        return _settled(answer, is_test=is_test)
    if text(answer, "merchant_reference", REFERENCE) != asked:
        raise Unreadable("another reference")
    if kind is Pending:
        return Pending()
    said = maybe(answer, "description", LINE)
    return Declined(error=_reason(answer, said), detail=said, is_final=False)


def refund(answer: Record, *, request: RefundRequest, is_test: bool) -> Outflow | None:
    """Read of a payment whether it was given back; None while it stands as it was captured.

    Raises:
        Unreadable: it is another payment, or one that was never captured.
    """
    captured = status(answer, asked=request.payment_reference, is_test=is_test)
    if not isinstance(captured, Settled):
        raise Unreadable("status_code")
    if captured.provider_id != request.provider_id:
        raise Unreadable("another payment")
    if captured.refunded is None:
        return None
    return Moved(
        provider_id=f"reversal-{captured.provider_id}",
        reference=request.reference,
        amount=captured.refunded,
        is_test=is_test,
    )


def asked_for(_: Record, *, provider_id: str) -> Pending:
    """Say that a refund was asked for: it has no id but its payment's, and waits for a human."""
    return Pending(provider_ref=provider_id, needs=APPROVAL)


def notice(hook: Hook) -> Undecided:
    """Read a notice, from its body or from the address.

    It says that something changed, never what: one hint a minute about what it names.

    Raises:
        Unreadable: it is none.
    """
    named = notice_names(hook)
    reference = text(named, "ordermerchantreference", REFERENCE)
    kind = text(named, "ordernotificationtype", WORD).upper()
    minute = int(hook.received_at.timestamp()) // 60
    text(named, "ordertrackingid", TOKEN)
    return Undecided(
        event_key=f"hint:{reference}:{minute}",
        reference=reference,
        about=About.PAYMENT if kind in NOTICES else About.NOTHING,
    )


def notice_names(hook: Hook) -> Record:
    """Return what a notice names, under lower-case names, wherever it was written.

    Raises:
        Unreadable: it is none.
    """
    written = wire.read_record(hook.body, with_decimals=True) if hook.body else hook.query
    return {name.lower(): value for name, value in written.items()}


def _record(heard: Heard) -> Record | None:
    try:
        return heard.record(with_decimals=True)
    except Unreadable:
        if heard.is_success:
            raise
        return None


def _error_code(record: Record) -> str | None:
    """Return the code of an error, None where there is none: all its members may be null."""
    error = record.get("error")
    if error is None or error == "":
        return None
    if not isinstance(error, dict):
        raise Unreadable("error")
    is_told = any(error.get(name) for name in ("code", "error_type", "type", "message"))
    return maybe(error, "code", WORD) if is_told else None


def _refusal(heard: Heard, code: str) -> Refused:
    error = wire.refused(heard).error
    return Refused(
        error=ProviderError.AUTHENTICATION_ERROR if code in KEYS else error,
        detail=code or f"HTTP {heard.status}",
        proves_nothing_was_made=code in MALFORMED,
    )


def is_unpaid(answer: Answer) -> bool:
    """Tell whether an answer says that nobody has tried to pay yet."""
    return isinstance(answer, Refused) and answer.detail == NOT_PAID


def _kind(answer: Record) -> type[Outcome]:
    said = text(answer, "payment_status_description", WORD).casefold()
    kind = STATUSES.get((whole(answer, "status_code"), said))
    if kind is None:
        raise Unreadable("status_code")
    return kind


def _settled(answer: Record, *, is_test: bool) -> Settled:
    captured = wire.major(answer, "amount", wire.currency(answer))
    is_returned = whole(answer, "status_code") == REVERSED
    return Settled(
        provider_id=text(answer, "confirmation_code", CODE),
        reference=text(answer, "merchant_reference", REFERENCE),
        captured=captured,
        is_test=is_test,
        refunded=captured if is_returned else None,
    )


def _reason(answer: Record, said: str) -> ProviderError:
    words = f"{said} {maybe(answer, 'payment_status_code', LINE)}".casefold().replace("_", " ")
    known = (error for part, error in DECLINES if part in words)
    return next(known, ProviderError.DECLINED_CARD)


def money(amount: Money) -> str:
    """Write an amount in major units, exactly."""
    return f"{amount.decimal():f}"

"""What Stripe's answers say, read field by field."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.providers import wire
from bot.providers.stripe.codes import (
    DECLINES,
    DISPUTES_OVER,
    ERRORS,
    FACTORS,
    INTENTS,
    LISTED,
    LOST,
    NEEDS,
    PAGES,
    PAID,
    REFERENCE_KEY,
    REFUNDS,
    REFUNDS_LISTED,
)
from bot.providers.wire import (
    LAST4,
    LINE,
    LINK,
    TOKEN,
    WORD,
    Answer,
    Heard,
    Record,
    Refused,
    Unreadable,
    flag,
    inner,
    maybe,
    rows,
    text,
    whole,
)
from core.domain.consent import Consent
from core.domain.money import Money
from core.domain.outflows import Moved, Outflow, RefundRequest, Returned
from core.domain.providers import (
    Declined,
    Listing,
    Outcome,
    Pending,
    ProviderError,
    SavedMethod,
    Settled,
)

_METHOD: Final = re.compile(r"(pm|card|src)_[A-Za-z0-9_]{1,120}")
_CUSTOMER: Final = re.compile(r"cus_[A-Za-z0-9_]{1,120}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = 2**33
"""Seconds; about the year 2242."""
_REFUSALS: Final = frozenset({"invalid_request_error", "card_error"})
"""Errors of a call that made nothing. Of one whose key was used before, that is not said."""


def envelope(heard: Heard) -> Answer:
    """Read an answer, or the refusal that it is.

    Raises:
        Unreadable: it is neither.
    """
    return heard.record(with_decimals=True) if heard.is_success else _refusal(heard)


def new_page(answer: Record, *, asked: str) -> Pending:
    """Read a page that was just made.

    Raises:
        Unreadable: it is none, or that of another reference.
    """
    if text(answer, "client_reference_id", TOKEN) != asked:
        raise Unreadable("another reference")
    return Pending(link=text(answer, "url", LINK), provider_ref=text(answer, "id", TOKEN))


def page(answer: Record, *, asked: str) -> Outcome:
    """Read a page as it stands; only captured money may name another reference than we asked for.

    Raises:
        Unreadable: it is none.
    """
    status = text(answer, "status", WORD)
    is_paid = PAID.get(text(answer, "payment_status", WORD))
    reference = maybe(answer, "client_reference_id", TOKEN)
    if status not in PAGES or is_paid is None:
        raise Unreadable("status")
    paid_by = answer.get("payment_intent")
    of_it = intent(paid_by, asked=reference) if isinstance(paid_by, Mapping) else Pending()
    if isinstance(of_it, Settled):
        return replace(of_it, reference=reference)
    if is_paid or reference != asked:
        raise Unreadable("paid without a capture" if is_paid else "another reference")
    if status == "expired":
        return Declined(error=ProviderError.TIMEOUT_ERROR, detail="expired")
    if isinstance(of_it, Declined):
        return replace(of_it, is_final=status == "complete")
    return Pending(link=maybe(answer, "url", LINK), provider_ref=text(answer, "id", TOKEN))


def intent(answer: Record, *, asked: str) -> Outcome:
    """Read a PaymentIntent; one without its card, or whose card was refused, may get another.

    Raises:
        Unreadable: it is none.
    """
    kind, reference = _intent_kind(answer), our_reference(answer)
    if kind is Settled:
        return _settled(answer)
    if reference != asked:
        raise Unreadable("another reference")
    if kind is Declined:
        return Declined(error=ProviderError.DECLINED_CARD, detail="canceled")
    failed = answer.get("last_payment_error")
    if answer["status"] == "requires_payment_method" and isinstance(failed, Mapping):
        error, said = _reason(failed)
        return Declined(error=error, detail=said, is_final=False)
    return Pending(provider_ref=text(answer, "id", TOKEN))


def refused_charge(answer: Record, *, asked: str) -> Declined:
    """Read why a saved card was refused.

    Raises:
        Unreadable: it was not, or this is about another charge.
    """
    said = inner(answer, "error")
    tried = inner(said, "payment_intent")
    if text(said, "type", WORD) != "card_error" or our_reference(tried) != asked:
        raise Unreadable("another error")
    if text(tried, "status", WORD) not in {"requires_payment_method", "canceled"}:
        raise Unreadable("status")
    error, detail = _reason(said)
    return Declined(error=error, detail=detail)


def found(answer: Record, *, asked: str) -> Outcome:
    """Read what a search for our reference found.

    Raises:
        Unreadable: it found nothing yet, something else, or nothing that decides.
    """
    listed = rows(answer, "data")
    if flag(answer, "has_more") or any(our_reference(each) != asked for each in listed):
        raise Unreadable("search")
    read = [intent(each, asked=asked) for each in reversed(listed)]
    taken = [each for each in read if isinstance(each, Settled)]
    if len({each.provider_id for each in taken}) != len(taken):
        raise Unreadable("captures share an id")
    if taken:
        return replace(taken[0], more=tuple(taken[1:]))
    if len(read) != 1:
        raise Unreadable("nothing found yet" if not read else "several attempts")
    return read[0]


def listing(answer: Record, *, since: datetime, until: datetime) -> Listing:
    """Read a page of the list: what was captured from a moment on, up to another.

    Raises:
        Unreadable: anything in it is not what we expect.
    """
    listed = rows(answer, "data", most=LISTED)
    taken = [_settled(row) for row in listed if _intent_kind(row) is Settled]
    wanted = [each for each in taken if since <= (each.settled_at or since) < until]
    has_more = flag(answer, "has_more")
    after = text(listed[-1], "id", TOKEN) if listed and has_more else ""
    return Listing(items=tuple(reversed(wanted)), after=after)


def claims(answer: Record) -> tuple[bool, Money | None]:
    """Tell whether any dispute of a capture claims it back, and what the lost ones took of it.

    Raises:
        Unreadable: that cannot be told.
    """
    listed = rows(answer, "data")
    is_open = any(text(each, "status", WORD) not in {*DISPUTES_OVER, LOST} for each in listed)
    taken = [_amount(each, "amount") for each in listed if each.get("status") == LOST]
    if not taken:
        return is_open, None
    if len({each.currency for each in taken}) != 1:
        raise Unreadable("currencies")
    return is_open, Money(sum(each.minor for each in taken), taken[0].currency)


def refund(data: Record, *, request: RefundRequest, is_test: bool) -> Outflow:
    """Read a refund; it does not tell its mode, which is that of the key.

    Raises:
        Unreadable: it is none, or one of another payment.
    """
    status, number = text(data, "status", WORD), text(data, "id", TOKEN)
    kind = REFUNDS.get(status)
    if kind is None or text(data, "payment_intent", TOKEN) != request.provider_id:
        raise Unreadable("status" if kind is None else "another payment")
    if kind is Pending:
        return Pending(provider_ref=number, needs=status if status in NEEDS else "")
    amount, said = _amount(data, "amount"), maybe(data, "failure_reason", WORD) or status
    ours = request.reference
    if kind is Moved:
        at = _instant(data)
        return Moved(
            provider_id=number, reference=ours, amount=amount, is_test=is_test, moved_at=at
        )
    if data.get("failure_balance_transaction") is None:
        return Declined(error=ProviderError.PROVIDER_ERROR, detail=said)
    return Returned(provider_id=number, reference=ours, amount=amount, is_test=is_test, detail=said)


def find_refund(answer: Record, *, request: RefundRequest, is_test: bool) -> Outflow | None:
    """Find ours among the refunds of a payment, by our reference in its metadata.

    Raises:
        Unreadable: we cannot be sure that it is, or is not, there.
    """
    listed = rows(answer, "data", most=REFUNDS_LISTED)
    paid = request.provider_id
    if flag(answer, "has_more") or any(each.get("payment_intent") != paid for each in listed):
        raise Unreadable("refunds of one payment")
    ours = [
        each for each in listed if inner(each, "metadata").get(REFERENCE_KEY) == request.reference
    ]
    if len(ours) > 1:
        raise Unreadable("refunded twice")
    return refund(ours[0], request=request, is_test=is_test) if ours else None


def readable(answer: Record, *, is_test: bool) -> bool:
    """Read a list that proves that the key may read it.

    Raises:
        Unreadable: it is none, or of another mode than the key.
    """
    if any(row.get("livemode") is is_test for row in rows(answer, "data")):
        raise Unreadable("mode")
    return True


def account(data: Record) -> str:
    """Return whose account a key is for.

    Raises:
        Unreadable: that cannot be told.
    """
    return text(data, "id", TOKEN)


def our_reference(data: Record) -> str:
    """Return our reference from a thing's metadata, "" where it is not ours.

    Raises:
        Unreadable: it is no reference.
    """
    return maybe(inner(data, "metadata"), REFERENCE_KEY, TOKEN)


def _refusal(heard: Heard) -> Refused:
    try:
        said = inner(heard.record(with_decimals=True), "error")
        kind, code = text(said, "type", WORD), maybe(said, "code", WORD)
        about = maybe(said, "param", LINE)
    except Unreadable:
        kind, code, about = "", "", ""
    by_status = wire.refused(heard).error
    return Refused(
        error=ERRORS.get(f"{code} {about}", ERRORS.get(code, by_status)),
        detail=f"HTTP {heard.status} {code}".strip(),
        proves_nothing_was_made=heard.status in {400, 402, 404} and kind in _REFUSALS,
    )


def _settled(data: Record) -> Settled:
    charge = inner(data, "latest_charge")
    captured, of_charge = _amount(data, "amount_received"), _amount(charge, "amount_captured")
    if captured != of_charge or not flag(charge, "paid"):
        raise Unreadable("charge")
    refunded = _amount(charge, "amount_refunded", least=0)
    return Settled(
        provider_id=text(data, "id", TOKEN),
        reference=our_reference(data),
        captured=captured,
        is_test=not flag(data, "livemode"),
        fee=_fee(charge, captured),
        is_fee_to_come=charge.get("balance_transaction") is None,
        settled_at=_instant(charge),
        receipt=maybe(charge, "receipt_number", TOKEN),
        method=_method(data, charge),
        refunded=refunded,
        is_disputed=flag(charge, "disputed"),
    )


def _fee(charge: Record, captured: Money) -> Money | None:
    """Read what Stripe kept, where that is known by now and in the same currency.

    The entry of a charge that is captured asynchronously comes a moment after the charge.
    """
    try:
        entry = inner(charge, "balance_transaction")
        fee = _amount(entry, "fee", least=0)
    except Unreadable:
        return None
    return fee if fee.currency == captured.currency else None


def _method(data: Record, charge: Record) -> SavedMethod | None:
    """Read what may be charged again; its shape is no reason to doubt the money.

    That is a card whose holder ticked the box on the page: only then it may be shown `always`.
    Source: docs.stripe.com/api/payment_methods/object, allow_redisplay.
    """
    try:
        details, kept = inner(charge, "payment_method_details"), inner(data, "payment_method")
        owner = text(data, "customer", _CUSTOMER)
        is_kept = kept.get("allow_redisplay") == "always" and kept.get("customer") == owner
        if details.get("type") != "card" or not is_kept:
            return None
        card = inner(details, "card")
        year, month = whole(card, "exp_year", least=2000, most=2099), whole(card, "exp_month")
        brand = text(card, "brand", WORD).replace("_", " ").title()
        return SavedMethod(
            token=text(kept, "id", _METHOD),
            owner=owner,
            label=f"{brand} •••• {text(card, 'last4', LAST4)}",
            expires=f"{year}-{month:02}",
            fingerprint=maybe(card, "fingerprint", TOKEN),
            consent=Consent.GIVEN,
        )
    except Unreadable:
        return None


def _intent_kind(data: Record) -> type[Outcome]:
    kind = INTENTS.get(text(data, "status", WORD))
    if kind is None:
        raise Unreadable("status")
    return kind


def _reason(said: Record) -> tuple[ProviderError, str]:
    words = [word for word in (said.get("decline_code"), said.get("code")) if word is not None]
    known = (DECLINES[word] for word in words if isinstance(word, str) and word in DECLINES)
    detail = maybe(said, "decline_code", WORD) or maybe(said, "code", WORD)
    return next(known, ProviderError.DECLINED_CARD), detail


def _amount(data: Record, name: str, *, least: int = 1) -> Money:
    code = wire.currency(data)
    minor, rest = divmod(whole(data, name, least=least), FACTORS.get(code, 1))
    if rest:
        raise Unreadable(name)
    return Money(minor, code)


def _instant(data: Record) -> datetime | None:
    """Return when a thing was made; a date decides nothing here."""
    value = data.get("created")
    if not isinstance(value, int) or not 0 < value < _LATEST:
        return None
    return _EPOCH + timedelta(seconds=value)

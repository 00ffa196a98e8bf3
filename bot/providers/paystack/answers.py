"""What Paystack's answers say, read field by field."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

from bot.providers import wire
from bot.providers.paystack.codes import (
    DECLINES,
    ERRORS,
    LISTED,
    MODES,
    NEEDS,
    REFUNDS,
    STATUSES,
    TRANSFERS,
)
from bot.providers.wire import (
    EMAIL,
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
    inner,
    maybe,
    text,
    whole,
)
from core.domain.money import Money
from core.domain.outflows import Moved, Outflow, RefundRequest, Returned
from core.domain.providers import (
    Accepted,
    Declined,
    Listing,
    Outcome,
    Pending,
    ProviderError,
    SavedMethod,
    Settled,
)

_AUTHORIZATION: Final = re.compile(r"AUTH_[A-Za-z0-9]{1,60}")
_RECIPIENT: Final = re.compile(r"RCP_[A-Za-z0-9]{1,60}")
_TRANSFER: Final = re.compile(r"TRF_[A-Za-z0-9]{1,60}")
_CURSOR: Final = re.compile(r"[A-Za-z0-9+/=_-]{1,200}")
_NO_CURSOR: Final = "null"
"""A text, in Paystack's own sample of the way back from a first page."""
_YEAR: Final = re.compile(r"20[0-9]{2}")
_MONTH: Final = re.compile(r"0?[1-9]|1[0-2]")
_SHORT: Final = "balance is not enough"


def envelope(heard: Heard) -> Answer:
    """Read the envelope of an answer, or the refusal that it is.

    Raises:
        Unreadable: it is neither.
    """
    if not heard.is_success:
        return _refusal(heard)
    record = heard.record(with_decimals=True)
    if not wire.flag(record, "status"):
        raise Unreadable("status")
    return record


def page(answer: Record, *, asked: str) -> Pending:
    """Read a new page: its link, and Paystack's code of it.

    Raises:
        Unreadable: it is none, or that of another reference.
    """
    data = inner(answer, "data")
    if text(data, "reference", TOKEN) != asked:
        raise Unreadable("another reference")
    link, code = text(data, "authorization_url", LINK), text(data, "access_code", TOKEN)
    return Pending(link=link, provider_ref=code)


def charge(answer: Record, *, asked: str) -> Outcome:
    """Read the charge of a saved card, which may wait for its owner on a page.

    What was asked for is not told: more than that may have been captured, with a fee that the
    payer bore.

    Raises:
        Unreadable: it is none.
    """
    if inner(answer, "data").get("paused") is True:
        return page(answer, asked=asked)
    return transaction(answer, asked=asked)


def transaction(answer: Record, *, asked: str) -> Outcome:
    """Read a transaction; only captured money may name another reference than we asked for.

    Raises:
        Unreadable: it is none.
    """
    data = inner(answer, "data")
    kind = _kind(data, STATUSES)
    if kind is Settled:
        return _settled(data)
    if text(data, "reference", TOKEN) != asked:
        raise Unreadable("another reference")
    if kind is Pending:
        return Pending()
    said = maybe(data, "gateway_response", LINE)
    return Declined(error=_reason(data, said), detail=said, is_final=False)


def listing(answer: Record, *, since: datetime, until: datetime) -> Listing:
    """Read a page of the list: what was captured from a moment on, up to another.

    Raises:
        Unreadable: anything in it is not what we expect.
    """
    listed = wire.rows(answer, "data", most=LISTED)
    taken = [_settled(row) for row in listed if _kind(row, STATUSES) is Settled]
    wanted = [each for each in taken if since <= (each.settled_at or since) < until]
    return Listing(items=tuple(reversed(wanted)), after=_following(inner(answer, "meta")))


def _following(meta: Record) -> str:
    """Return where the list goes on, "" at its end.

    Raises:
        Unreadable: its pages are counted, which was not asked for, and there is more than this one.
    """
    if "next" not in meta and meta.get("pageCount") not in (0, 1):
        raise Unreadable("next")
    following = maybe(meta, "next", _CURSOR)
    return "" if following == _NO_CURSOR else following


def refund(data: Record, *, request: RefundRequest) -> Outflow:
    """Read a refund.

    Raises:
        Unreadable: it is none, or one of another transaction.
    """
    kind, status, number = _kind(data, REFUNDS), text(data, "status", WORD), _id(data)
    if _transaction_id(data) != request.provider_id:
        raise Unreadable("another transaction")
    if kind is Pending:
        return Pending(provider_ref=number, needs=status if status in NEEDS else "")
    if kind is Declined:
        return Declined(error=ProviderError.PROVIDER_ERROR, detail=status)
    return Moved(
        provider_id=number,
        reference=request.reference,
        amount=_amount(data, wire.number_or_digits),
        is_test=_mode(data),
        # The answer that made it tells only when that was.
        moved_at=wire.instant(data, "refunded_at") or wire.instant(data, "createdAt"),
    )


def find_refund(answer: Record, *, request: RefundRequest) -> Outflow | None:
    """Find ours among the refunds of a transaction, by the reference in its note.

    Raises:
        Unreadable: we cannot be sure that it is, or is not, there.
    """
    listed = wire.rows(answer, "data", most=LISTED)
    if len(listed) == LISTED or any(
        _transaction_id(each) != request.provider_id for each in listed
    ):
        raise Unreadable("refunds of one transaction")
    ours = [each for each in listed if each.get("merchant_note") == request.reference]
    if len(ours) > 1:
        raise Unreadable("refunded twice")
    if ours:
        return refund(ours[0], request=request)
    if any(_is_perhaps_ours(each, request) for each in listed):
        raise Unreadable("perhaps ours")
    return None


def given_back(answer: Record, *, capture: Settled) -> Money:
    """Read how much of a transaction has gone back in all, whoever asked for it.

    Raises:
        Unreadable: that cannot be told.
    """
    listed = wire.rows(answer, "data", most=LISTED)
    if len(listed) == LISTED or any(_transaction_id(e) != capture.provider_id for e in listed):
        raise Unreadable("refunds of one transaction")
    done = [each for each in listed if _kind(each, REFUNDS) is Moved]
    amounts = [_amount(each, wire.number_or_digits) for each in done]
    if any(each.currency != capture.captured.currency for each in amounts):
        raise Unreadable("currency")
    return sum(amounts, Money(0, capture.captured.currency))


def _is_perhaps_ours(row: Record, request: RefundRequest) -> bool:
    """Tell whether a refund that bears no note has just our amount."""
    has_note = isinstance(row.get("merchant_note"), str) and row.get("merchant_note") != ""
    return not has_note and wire.number_or_digits(row, "amount") == request.amount.minor


def recipient(answer: Record) -> str:
    """Read whom a transfer may go to.

    Raises:
        Unreadable: it is nobody.
    """
    return text(inner(answer, "data"), "recipient_code", _RECIPIENT)


def transfer(answer: Record, *, asked: str) -> Outflow:
    """Read a transfer.

    Raises:
        Unreadable: it is none, or that of another reference.
    """
    data = inner(answer, "data")
    kind, status = _kind(data, TRANSFERS), text(data, "status", WORD)
    code = text(data, "transfer_code", _TRANSFER)
    if text(data, "reference", TOKEN) != asked:
        raise Unreadable("another reference")
    if kind is Pending:
        return Pending(provider_ref=code, needs=status if status in NEEDS else "")
    if kind is Declined:
        return Declined(error=ProviderError.PROVIDER_ERROR, detail=status)
    amount, is_test = _amount(data, whole), _mode(data)
    if kind is Returned:
        return Returned(provider_id=code, reference=asked, amount=amount, is_test=is_test)
    return Moved(
        provider_id=code,
        reference=asked,
        amount=amount,
        is_test=is_test,
        fee=_maybe_money(data, "fee_charged", amount),
        moved_at=wire.instant(data, "transferred_at"),
    )


def accepted(answer: Record, *, is_test: bool) -> Accepted:
    """Read a list that proves that the key works.

    Raises:
        Unreadable: it is none, or of another mode than the key.
    """
    if any(_mode(row) is not is_test for row in wire.rows(answer, "data", most=LISTED)):
        raise Unreadable("mode")
    return Accepted(account="", is_test=is_test)


def _refusal(heard: Heard) -> Refused:
    try:
        record = heard.record(with_decimals=True)
        code, kind = maybe(record, "code", WORD), maybe(record, "type", WORD)
        said, is_ours = maybe(record, "message", LINE), record.get("status") is False
    except Unreadable:
        code, kind, said, is_ours = "", "", "", False
    is_short = code == "insufficient_balance" or _SHORT in said.casefold()
    is_invalid = kind == "validation_error" and "duplicate" not in f"{code} {said}".casefold()
    error = wire.refused(heard).error
    return Refused(
        error=ProviderError.INSUFFICIENT_FUNDS if is_short else ERRORS.get(code, error),
        detail=f"HTTP {heard.status} {code}".strip(),
        proves_nothing_was_made=heard.status in {400, 422} and is_ours and (is_short or is_invalid),
    )


def _settled(data: Record) -> Settled:
    """Read captured money.

    Where the business lets its customers bear the fee, more is captured than was asked for: what
    goes beyond it is the fee, or a part of it.
    """
    gross = _amount(data, whole)
    asked = (
        gross if data.get("requested_amount") is None else _amount(data, whole, "requested_amount")
    )
    captured = min(gross, asked)
    fee = _maybe_money(data, "fees", gross)
    is_returned = text(data, "status", WORD) == "reversed"
    return Settled(
        provider_id=_id(data),
        reference=text(data, "reference", TOKEN),
        captured=captured,
        is_test=_mode(data),
        fee=None if fee is None else max(Money(0, gross.currency), fee - (gross - captured)),
        # The charge of a card tells when it was made only, which is when it was paid.
        settled_at=wire.instant(data, "paid_at") or wire.instant(data, "transaction_date"),
        receipt=_receipt(data),
        method=_method(data),
        refunded=captured if is_returned else None,
    )


def _receipt(data: Record) -> str:
    """Read a receipt, a text or a number; its shape is no reason to doubt the money."""
    value = data.get("receipt_number")
    written = str(value) if type(value) in {str, int} else ""
    return written if TOKEN.fullmatch(written) else ""


def _method(data: Record) -> SavedMethod | None:
    """Read what may be charged again; its shape is no reason to doubt the money."""
    try:
        card = inner(data, "authorization")
        if card.get("channel") != "card" or not wire.flag(card, "reusable"):
            return None
        year, month = text(card, "exp_year", _YEAR), text(card, "exp_month", _MONTH)
        return SavedMethod(
            token=text(card, "authorization_code", _AUTHORIZATION),
            owner=text(inner(data, "customer"), "email", EMAIL),
            label=f"{text(card, 'brand', WORD).title()} •••• {text(card, 'last4', LAST4)}",
            expires=f"{year}-{month:0>2}",
            fingerprint=maybe(card, "signature", TOKEN),
        )
    except Unreadable:
        return None


def _kind(data: Record, table: dict[str, type[Outcome]] | dict[str, type[Outflow]]) -> type:
    kind = table.get(text(data, "status", WORD))
    if kind is None:
        raise Unreadable("status")
    return kind


def _reason(data: Record, said: str) -> ProviderError:
    codes = (data.get("gateway_response_code"), data.get("response_code"))
    words = (*codes, said.casefold().replace(" ", "_"))
    known = (DECLINES[word] for word in words if isinstance(word, str) and word in DECLINES)
    return next(known, ProviderError.DECLINED_CARD)


def _mode(data: Record) -> bool:
    mode = MODES.get(text(data, "domain", WORD))
    if mode is None:
        raise Unreadable("domain")
    return mode


def _id(data: Record) -> str:
    return str(whole(data, "id", least=1))


def _transaction_id(data: Record) -> str:
    """Return the transaction of a refund, which answers name by its id or show whole."""
    value = data.get("transaction")
    return (
        str(whole(data, "transaction", least=1))
        if isinstance(value, int)
        else _id(inner(data, "transaction"))
    )


def _amount(data: Record, read: Callable[[Record, str], int], name: str = "amount") -> Money:
    minor = read(data, name)
    if minor < 1:
        raise Unreadable(name)
    return Money(minor, wire.currency(data))


def _maybe_money(data: Record, name: str, like: Money) -> Money | None:
    return None if data.get(name) is None else Money(whole(data, name), like.currency)

"""What Flutterwave's answers about payments say, read field by field."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from bot.providers import wire
from bot.providers.flutterwave.codes import (
    EVENTS,
    LISTED,
    NOT_FOUND,
    REFUSES,
    REPEATS,
    STATUSES,
    WHY,
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
)
from core.domain.money import EXPONENTS, Money
from core.domain.providers import (
    About,
    Accepted,
    Authentic,
    Declined,
    Listing,
    Outcome,
    Pending,
    ProviderError,
    SavedMethod,
    Settled,
)

_CARD_TOKEN: Final = re.compile(r"flw-t[A-Za-z0-9-]{8,100}")
_FEE: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,10})?")
_EXPIRY: Final = re.compile(r"(0[1-9]|1[0-2])/([0-9]{2})")
_RECEIPT: Final = re.compile(r"(?!N/A)[!-~]{4,100}")
_REDIRECT: Final = re.compile(r"https?://[ -~]{1,2000}")
_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)


def envelope(heard: Heard) -> Answer:
    """Read the envelope of an answer, or the refusal that it is.

    Raises:
        Unreadable: it is neither.
    """
    if not heard.is_success:
        return _refusal(heard)
    record = heard.record(with_decimals=True)
    said = text(record, "status", WORD)
    if said == "error":
        return _refusal(heard)
    if said != "success":
        raise Unreadable("status")
    return record


def page(answer: Record) -> Pending:
    """Read a new page: its link, whose end is Flutterwave's name of it.

    Raises:
        Unreadable: it is none.
    """
    link = text(inner(answer, "data"), "link", LINK)
    code = link.partition("?")[0].rstrip("/").rpartition("/")[2]
    if not TOKEN.fullmatch(code):
        raise Unreadable("link")
    return Pending(link=link, provider_ref=code)


def charge(answer: Record, *, asked: str, is_test: bool) -> Outcome:
    """Read the charge of a saved card, which may wait for its owner on a page.

    Raises:
        Unreadable: it is none.
    """
    outcome = transaction(answer, asked=asked, is_test=is_test)
    meta = inner(answer, "data").get("meta")
    if (
        not isinstance(outcome, Pending)
        or not isinstance(meta, Mapping)
        or "authorization" not in meta
    ):
        return outcome
    link = text(inner(meta, "authorization"), "redirect", _REDIRECT)
    return Pending(link=link.replace(" ", "%20"))


def transaction(answer: Record, *, asked: str, is_test: bool) -> Outcome:
    """Read one transaction; only captured money may name another reference than we asked for.

    Raises:
        Unreadable: it is none.
    """
    data = inner(answer, "data")
    kind = _kind(data)
    if kind is Settled:
        return _settled(data, is_test=is_test)
    if text(data, "tx_ref", TOKEN) != asked:
        raise Unreadable("another reference")
    if kind is Pending:
        return Pending()
    said = maybe(data, "processor_response", LINE)
    return Declined(error=why(said, ProviderError.DECLINED_CARD), detail=said, is_final=False)


def together(answer: Record, *, first: Outcome, asked: str, is_test: bool) -> Outcome:
    """Put what was looked up together with all else that was captured under our reference.

    One capture listed twice makes nonsense of all.

    Raises:
        Unreadable: anything in the list is not what we expect.
    """
    listed = [row for row in _rows(answer) if row.get("tx_ref") == asked]
    paid = [_settled(row, is_test=is_test) for row in listed if _kind(row) is Settled]
    if len({each.provider_id for each in paid}) != len(paid):
        return wire.unknown("listed twice")
    if isinstance(first, Settled):
        paid = [first, *(each for each in paid if each.provider_id != first.provider_id)]
    if not paid:
        return first
    oldest, *later = sorted(paid, key=lambda each: int(each.provider_id))
    return replace(oldest, more=tuple(later))


def listing(
    answer: Record, *, since: datetime, until: datetime, number: int, is_test: bool
) -> Listing:
    """Read a page of the list: what was begun from a moment on, up to another, and captured.

    Flutterwave does not say when a transaction was paid, only when it was begun.

    Raises:
        Unreadable: anything in it is not what we expect.
    """
    taken = [_settled(row, is_test=is_test) for row in _rows(answer) if _kind(row) is Settled]
    wanted = [each for each in taken if since <= (each.settled_at or since) < until]
    about = inner(inner(answer, "meta"), "page_info")
    if wire.number_or_digits(about, "current_page") != number:
        raise Unreadable("current_page")
    is_last = number >= wire.number_or_digits(about, "total_pages")
    return Listing(items=tuple(sorted(wanted, key=_age)), after="" if is_last else str(number + 1))


def accepted(answer: Record, *, is_test: bool) -> Accepted:
    """Read a list that proves that the key works.

    Raises:
        Unreadable: it is none.
    """
    _rows(answer)
    return Accepted(account="", is_test=is_test)


def event(body: bytes) -> Authentic:
    """Read an event: one comes for every try, whatever became of it.

    Raises:
        Unreadable: it is none.
    """
    record = wire.read_record(body, with_decimals=True)
    name = text(record, "event", WORD)
    about, where = EVENTS.get(name, (About.NOTHING, ""))
    if about is About.NOTHING:
        key = f"{name}:{hashlib.sha256(body).hexdigest()}"
        return Authentic(event_key=key, reference="", kind=name, about=about)
    data = inner(record, "data")
    key = f"{name}:{number(data)}:{text(data, 'status', WORD)}"
    return Authentic(event_key=key, reference=text(data, where, TOKEN), kind=name, about=about)


def why(said: str, otherwise: ProviderError) -> ProviderError:
    """Return why something failed, by the words of a processor."""
    words = said.casefold().strip()
    return next((error for known, error in WHY if known.search(words)), otherwise)


def number(data: Record, name: str = "id") -> str:
    """Return an id: a whole number, which lists write as text.

    Raises:
        Unreadable: it is none.
    """
    value = wire.number_or_digits(data, name)
    if value < 1:
        raise Unreadable(name)
    return str(value)


def fee(data: Record, name: str, like: Money) -> Money | None:
    """Return a fee, which may have more places than money: rounded to the nearest minor unit.

    One that cannot be read is no reason to doubt the money.
    """
    value = data.get(name)
    written = str(value) if type(value) in {int, str} or isinstance(value, Decimal) else ""
    if not _FEE.fullmatch(written):
        return None
    exact = Decimal(written).scaleb(EXPONENTS[like.currency])
    return Money(int(exact.to_integral_value(ROUND_HALF_EVEN)), like.currency)


def _refusal(heard: Heard) -> Refused:
    try:
        record = heard.record(with_decimals=True)
        said, is_ours = maybe(record, "message", LINE).casefold(), record.get("status") == "error"
        is_made = isinstance(record.get("data"), Mapping) and "id" in inner(record, "data")
    except Unreadable:
        said, is_ours, is_made = "", False, False
    found = None if is_made or REPEATS.search(said) else REFUSES.search(said)
    plain = wire.refused(heard, found.group() if found else "")
    is_key = plain.error is ProviderError.AUTHENTICATION_ERROR
    is_missing = is_ours and NOT_FOUND in said and heard.status in {200, 400, 404}
    return Refused(
        error=plain.error if is_key else _whose_fault(said),
        detail=NOT_FOUND if is_missing else plain.detail,
        proves_nothing_was_made=heard.status in {400, 422} and is_ours and found is not None,
    )


def _whose_fault(said: str) -> ProviderError:
    """Return why our call failed: by what it lacked, or else by the provider's trouble."""
    error = why(said, ProviderError.PROVIDER_ERROR)
    return error if error is ProviderError.INSUFFICIENT_FUNDS else ProviderError.PROVIDER_ERROR


def _settled(data: Record, *, is_test: bool) -> Settled:
    """Read captured money.

    Where the business lets its customers bear the fee, more is charged than was asked for: what
    goes beyond it is the fee, or a part of it.
    """
    currency = wire.currency(data)
    asked = wire.major(data, "amount", currency)
    gross = (
        asked
        if data.get("charged_amount") is None
        else wire.major(data, "charged_amount", currency)
    )
    captured = min(asked, gross)
    known = fee(data, "app_fee", gross)
    ref = data.get("flw_ref")
    receipt = ref if isinstance(ref, str) and _RECEIPT.fullmatch(ref) else ""
    return Settled(
        provider_id=number(data),
        reference=text(data, "tx_ref", TOKEN),
        captured=captured,
        is_test=is_test or "FLW-MOCK" in receipt,
        fee=None if known is None else max(Money(0, currency), known - (gross - captured)),
        settled_at=wire.instant(data, "created_at"),
        receipt=receipt,
        method=_method(data),
        account=_account(data),
    )


def _method(data: Record) -> SavedMethod | None:
    """Read what may be charged again; its shape is no reason to doubt the money."""
    try:
        card = inner(data, "card")
        expiry = _EXPIRY.fullmatch(text(card, "expiry", _EXPIRY))
        month, year = expiry.groups() if expiry else ("", "")
        return SavedMethod(
            token=text(card, "token", _CARD_TOKEN),
            owner=text(inner(data, "customer"), "email", EMAIL),
            label=f"{text(card, 'type', WORD).title()} •••• {text(card, 'last_4digits', LAST4)}",
            expires=f"20{year}-{month}",
        )
    except Unreadable:
        return None


def _account(data: Record) -> str:
    """Return whose account it was taken with, "" where that is not told."""
    try:
        return str(wire.number_or_digits(data, "account_id"))
    except Unreadable:
        return ""


def _age(one: Settled) -> tuple[datetime, int]:
    return one.settled_at or _BEGINNING, int(one.provider_id)


def _rows(answer: Record) -> list[Record]:
    return wire.rows(answer, "data", most=LISTED)


def _kind(data: Record) -> type[Outcome]:
    kind = STATUSES.get(text(data, "status", WORD))
    if kind is None:
        raise Unreadable("status")
    return kind

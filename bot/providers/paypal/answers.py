"""What PayPal's answers say, read field by field."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, NamedTuple

from bot.providers import wire
from bot.providers.paypal.codes import (
    APPROVED,
    CAPTURES,
    CLEARS_IN_DAYS,
    DECLINES,
    ERRORS,
    ID,
    ISSUE,
    NEEDS,
    ORDERS,
    REFERENCE,
    REFUNDED,
    REFUNDS,
    TO_CONFIRM,
    UNDECIDED,
    VAULT_ID,
)
from bot.providers.wire import (
    EMAIL,
    LINE,
    LINK,
    WORD,
    Answer,
    Heard,
    Record,
    Refused,
    Unreadable,
    inner,
    maybe,
    rows,
    text,
)
from core.domain.money import Money
from core.domain.outflows import Moved, Outflow, RefundRequest
from core.domain.providers import Declined, Outcome, Pending, ProviderError, SavedMethod, Settled
from core.domain.tokens import AccessToken

_BEARER: Final = re.compile(r"[A-Za-z0-9._~+/=-]{16,2000}")
_TO_PAY: Final = ("payer-action", "approve")
_A_DAY_S: Final = 86_400
_NOTHING_TO_SAY: Final = 204


def envelope(heard: Heard) -> Answer:
    """Read an answer, or the refusal that it is.

    Raises:
        Unreadable: it is neither.
    """
    if heard.status == _NOTHING_TO_SAY and not heard.body:
        return {}
    return heard.record(with_decimals=True) if heard.is_success else _refusal(heard)


def token(answer: Record) -> AccessToken:
    """Read an access token.

    Raises:
        Unreadable: it is none.
    """
    lives_s = wire.whole(answer, "expires_in", least=1)
    return AccessToken(value=text(answer, "access_token", _BEARER), lives_s=min(lives_s, _A_DAY_S))


def page(answer: Record, *, asked: str) -> Pending:
    """Read a new order: where it is approved, and its id. One that went further has no page.

    Raises:
        Unreadable: it is none, or that of another reference.
    """
    status, number = _order_status(answer), text(answer, "id", ID)
    if any(_reference(unit) != asked for unit in _units(answer)):
        raise Unreadable("another reference")
    if ORDERS[status] is not Pending:
        return Pending(provider_ref=number)
    return Pending(link=_link(answer, _TO_PAY), provider_ref=number)


class Charged(NamedTuple):
    """An order over a saved account: its id, its amount, and whether it waits to be captured."""

    number: str
    amount: Money
    is_open: bool


def charged(answer: Record, *, asked: str) -> Charged | Pending:
    """Read a new order over a saved account, or the page on which its owner must confirm.

    Raises:
        Unreadable: it is none, or took no money and has another reference.
    """
    status = _order_status(answer)
    if status == TO_CONFIRM:
        return page(answer, asked=asked)
    number, unit = text(answer, "id", ID), _only(_units(answer))
    is_open = ORDERS[status] is Pending and not _captures(answer)
    if is_open and _reference(unit) != asked:
        raise Unreadable("another reference")
    return Charged(number, money(inner(unit, "amount")), is_open)


def is_to_be_captured(answer: Record, *, order: str, reference: str, asked: Money) -> bool:
    """Tell whether an order was approved, and is the one that we asked for.

    Raises:
        Unreadable: it is not, though it was approved.
    """
    if _order_status(answer) != APPROVED or _captures(answer):
        return False
    unit = _only(_units(answer))
    if text(answer, "id", ID) != order or _reference(unit) != reference:
        raise Unreadable("another reference")
    if money(inner(unit, "amount")) != asked:
        raise Unreadable("amount")
    return True


def order(answer: Record, *, number: str, asked: str, is_test: bool) -> Outcome:
    """Read an order; only captured money may name another reference than we asked for.

    Raises:
        Unreadable: it is none.
    """
    status, captures = _order_status(answer), _captures(answer)
    if text(answer, "id", ID) != number:
        raise Unreadable("another order")
    kinds = [_kind(each) for each in captures]
    taken = [each for each, kind in zip(captures, kinds, strict=True) if kind is Settled]
    if taken:
        return _settled(answer, taken, is_test=is_test)
    if any(_reference(unit) != asked for unit in (*_units(answer), *captures)):
        raise Unreadable("another reference")
    if Pending in kinds:
        reasons = [_status_reason(each) for each in captures]
        return Pending(
            needs=next((each for each in reasons if each in NEEDS), ""),
            is_clearing=True,
            clears_in_days=max(CLEARS_IN_DAYS.get(each, 0) for each in reasons),
        )
    if captures:
        return _declined(captures[-1])
    if ORDERS[status] is Declined:
        return Declined(error=ProviderError.PROVIDER_ERROR, detail=status)
    if ORDERS[status] is Settled:
        raise Unreadable("captures")
    return Pending()


def declined(refusal: Refused) -> Declined | None:
    """Read a refused capture as the payer's failure, None where it is none.

    He may choose another way to pay on the same page.
    """
    error = DECLINES.get(refusal.detail)
    if error is None or not refusal.proves_nothing_was_made:
        return None
    return Declined(error=error, detail=refusal.detail, is_final=False)


def refund(answer: Record, *, request: RefundRequest, is_test: bool) -> Outflow:
    """Read a refund.

    Raises:
        Unreadable: it is none, one of another capture, or not ours.
    """
    kind, number = REFUNDS.get(text(answer, "status", WORD)), text(answer, "id", ID)
    if kind is None:
        raise Unreadable("status")
    if refunded_capture(answer) != request.provider_id:
        raise Unreadable("another capture")
    if text(answer, "invoice_id", REFERENCE) != request.reference:
        raise Unreadable("another reference")
    if kind is Pending:
        return Pending(provider_ref=number)
    if kind is Declined:
        detail = f"{text(answer, 'status', WORD)} {_status_reason(answer)}".strip()
        return Declined(error=ProviderError.PROVIDER_ERROR, detail=detail)
    return Moved(
        provider_id=number,
        reference=request.reference,
        amount=money(inner(answer, "amount")),
        is_test=is_test,
        moved_at=wire.instant(answer, "create_time"),
    )


def find_refund(answer: Record, *, request: RefundRequest, is_test: bool) -> Outflow | None:
    """Find ours among the refunds of an order, by our reference.

    Raises:
        Unreadable: we cannot be sure that it is, or is not, there.
    """
    ours = [each for each in _refunds(answer) if each.get("invoice_id") == request.reference]
    if not ours:
        return None
    return refund(_only(ours), request=request, is_test=is_test)


def _refusal(heard: Heard) -> Refused:
    name, issue = "", ""
    try:
        record = heard.record(with_decimals=True)
        name = maybe(record, "name", ISSUE) or maybe(record, "error", WORD)
        details = rows(record, "details") if record.get("details") else []
        issue = maybe(details[0], "issue", ISSUE) if details else ""
    except Unreadable:
        name, issue = "", ""
    is_said = heard.status in {400, 422} and bool(name) and issue not in UNDECIDED
    return Refused(
        error=ERRORS.get(issue or name, wire.refused(heard).error),
        detail=issue or name or f"HTTP {heard.status}",
        proves_nothing_was_made=is_said and name not in UNDECIDED,
    )


def _settled(answer: Record, taken: Iterable[Record], *, is_test: bool) -> Settled:
    refunds = _refunds(answer)
    first, *more = sorted(
        (_capture(each, refunds, is_test=is_test) for each in taken),
        key=lambda each: (each.settled_at is None, each.settled_at, each.provider_id),
    )
    if len({each.provider_id for each in (first, *more)}) != 1 + len(more):
        raise Unreadable("captured twice")
    return replace(first, more=tuple(more), method=_saved(answer))


def _saved(answer: Record) -> SavedMethod | None:
    """Read what may be charged again; its shape is no reason to doubt the money.

    PayPal may save an account a little later than it takes the money: then it has no id yet.
    """
    try:
        account = inner(inner(answer, "payment_source"), "paypal")
        vault = inner(inner(account, "attributes"), "vault")
        token, owner = text(vault, "id", VAULT_ID), _customer(vault)
        label = _masked(maybe(account, "email_address", EMAIL))
        return SavedMethod(
            token=token, owner=owner, label=label, fingerprint=maybe(account, "account_id", ID)
        )
    except Unreadable:
        return None


def _customer(vault: Record) -> str:
    return maybe(inner(vault, "customer"), "id", VAULT_ID) if vault.get("customer") else ""


def _masked(email: str) -> str:
    """Return what its owner knows an account by."""
    name, _, host = email.partition("@")
    return f"PayPal {name[:1]}•••@{host}" if host else "PayPal"


def _capture(data: Record, refunds: Iterable[Record], *, is_test: bool) -> Settled:
    number, captured = text(data, "id", ID), money(inner(data, "amount"))
    back = [
        money(inner(each, "amount"))
        for each in refunds
        if each.get("status") == "COMPLETED" and refunded_capture(each) == number
    ]
    given = sum(each.minor for each in back if each.currency == captured.currency)
    is_whole = text(data, "status", WORD) == REFUNDED
    return Settled(
        provider_id=number,
        reference=_reference(data),
        captured=captured,
        is_test=is_test,
        fee=_fee(data, captured),
        settled_at=wire.instant(data, "create_time"),
        refunded=captured if is_whole else Money(given, captured.currency),
    )


def _fee(data: Record, captured: Money) -> Money | None:
    """Read what PayPal kept; its shape is no reason to doubt the money."""
    try:
        fee = money(inner(inner(data, "seller_receivable_breakdown"), "paypal_fee"), least=0)
    except Unreadable:
        return None
    return fee if fee.currency == captured.currency else None


def _declined(capture: Record) -> Declined:
    code = ""
    if isinstance(capture.get("processor_response"), dict):
        code = maybe(inner(capture, "processor_response"), "response_code", LINE)
    error = DECLINES.get(code, ProviderError.DECLINED_CARD)
    return Declined(error=error, detail=code or text(capture, "status", WORD))


def _order_status(answer: Record) -> str:
    status = text(answer, "status", WORD)
    if status not in ORDERS:
        raise Unreadable("status")
    return status


def _kind(capture: Record) -> type[Outcome]:
    kind = CAPTURES.get(text(capture, "status", WORD))
    if kind is None:
        raise Unreadable("status")
    return kind


def _status_reason(data: Record) -> str:
    details = data.get("status_details")
    return maybe(details, "reason", ISSUE) if isinstance(details, dict) else ""


def _units(answer: Record) -> list[Record]:
    return rows(answer, "purchase_units")


def _payments(answer: Record, name: str) -> list[Record]:
    found: list[Record] = []
    for unit in _units(answer):
        if unit.get("payments") is not None:
            payments = inner(unit, "payments")
            found += rows(payments, name) if payments.get(name) is not None else []
    return found


def _captures(answer: Record) -> list[Record]:
    return _payments(answer, "captures")


def _refunds(answer: Record) -> list[Record]:
    return _payments(answer, "refunds")


def refunded_capture(refund_: Record) -> str:
    """Return the capture that a refund gives back, which only its link names.

    Raises:
        Unreadable: it has no such link.
    """
    return _link(refund_, ("up",)).rpartition("/")[2]


def _link(data: Record, names: Iterable[str]) -> str:
    links = {each.get("rel"): each for each in rows(data, "links")}
    found = next((links[name] for name in names if name in links), {})
    return text(found, "href", LINK)


def _reference(data: Record) -> str:
    return text(data, "custom_id", REFERENCE)


def _only(found: list[Record]) -> Record:
    if len(found) != 1:
        raise Unreadable("more than one")
    return found[0]


def money(data: Record, *, least: int = 1) -> Money:
    """Read an amount, in major units.

    Raises:
        Unreadable: it is none, or less than so many minor units.
    """
    if not isinstance(data.get("value"), str):
        raise Unreadable("value")
    return wire.major(data, "value", wire.currency(data, "currency_code"), least=least)

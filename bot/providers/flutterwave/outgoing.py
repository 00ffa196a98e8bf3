"""What Flutterwave's answers about refunds and transfers say, read field by field."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.providers import wire
from bot.providers.flutterwave.answers import fee, number, why
from bot.providers.flutterwave.codes import DISBURSED, LISTED, REFUNDS, TRANSFERS
from bot.providers.wire import LINE, TOKEN, WORD, Record, Unreadable, inner, maybe, text
from core.domain.money import Currency, Money
from core.domain.outflows import Moved, Outflow, RefundRequest, Returned
from core.domain.providers import Declined, Pending, ProviderError, Settled

_OLD_NAMES: Final = {
    "tx_id": "TransactionId",
    "amount_refunded": "AmountRefunded",
    "comments": "Comments",
    "created_at": "createdAt",
}
"""How some answers spell the fields of a refund."""


def comment(request: RefundRequest) -> str:
    """Return what a refund says of itself: our reference first, then why."""
    return f"{request.reference} {request.reason}".strip()


def refund(answered: Record, *, request: RefundRequest, is_test: bool) -> Outflow:
    """Read a refund. Some answers leave its currency out: it is the payment's.

    Raises:
        Unreadable: it is none, or one of another transaction.
    """
    data = _one_spelling(answered)
    status, ours = text(data, "status", WORD), number(data)
    if number(data, "tx_id") != request.provider_id:
        raise Unreadable("another transaction")
    kind = _kind(data)
    if kind is Pending:
        needs = "disbursement failed" if _disbursed(data) == "failed" else ""
        return Pending(provider_ref=ours, needs=needs)
    if kind is Declined:
        return Declined(error=ProviderError.PROVIDER_ERROR, detail=status)
    amount = _amount(data, request.amount.currency)
    return Moved(provider_id=ours, reference=request.reference, amount=amount, is_test=is_test)


def find_refund(answer: Record, *, request: RefundRequest, is_test: bool) -> Outflow | None:
    """Find ours among the refunds of a transaction, by the reference that its comment begins with.

    Raises:
        Unreadable: we cannot be sure that it is, or is not, there.
    """
    listed = _listed(answer)
    _check_of_one(answer, listed, request.provider_id)
    ours = [each for each in listed if _reference(each) == request.reference]
    if len(ours) > 1:
        raise Unreadable("refunded twice")
    if ours:
        return refund(ours[0], request=request, is_test=is_test)
    nameless = [each for each in listed if not _reference(each)]
    if any(_amount(each, request.amount.currency) == request.amount for each in nameless):
        raise Unreadable("a refund of this amount that may be ours")
    return None


def given_back(answer: Record, *, capture: Settled) -> Money:
    """Read how much of a transaction has gone back in all, whoever asked for it.

    Raises:
        Unreadable: that cannot be told.
    """
    listed, currency = _listed(answer), capture.captured.currency
    _check_of_one(answer, listed, capture.provider_id)
    done = [_amount(each, currency) for each in listed if _kind(each) is Moved]
    return sum(done, Money(0, currency))


def transfer(answer: Record, *, asked: str, is_test: bool) -> Outflow:
    """Read the answer to a transfer.

    Raises:
        Unreadable: it is none, or that of another reference.
    """
    return _transfer(inner(answer, "data"), asked=asked, is_test=is_test)


def find_transfer(answer: Record, *, asked: str, is_test: bool) -> Outflow:
    """Find ours in the list of transfers under our reference.

    Raises:
        Unreadable: it is not there, or not alone.
    """
    listed = wire.rows(answer, "data", most=LISTED)
    ours = [each for each in listed if each.get("reference") == asked]
    if len(ours) != 1:
        raise Unreadable("sent twice" if ours else "no such transfer")
    return _transfer(ours[0], asked=asked, is_test=is_test)


def _transfer(data: Record, *, asked: str, is_test: bool) -> Outflow:
    status, ours = text(data, "status", WORD), number(data)
    kind, said = TRANSFERS.get(status), maybe(data, "complete_message", LINE)
    if kind is None:
        raise Unreadable("status")
    if text(data, "reference", TOKEN) != asked:
        raise Unreadable("another reference")
    if kind is Pending:
        waits = data.get("requires_approval") == 1 and data.get("is_approved") == 0
        return Pending(provider_ref=ours, needs="approval" if waits else "")
    currency = wire.currency(data)
    amount = wire.major(data, "amount", currency)
    if _came_back(data):
        return Returned(
            provider_id=ours, reference=asked, amount=amount, is_test=is_test, detail=said
        )
    if kind is Declined:
        return Declined(error=why(said, ProviderError.PROVIDER_ERROR), detail=said)
    return Moved(
        provider_id=ours,
        reference=asked,
        amount=amount,
        is_test=is_test,
        fee=fee(data, "fee", amount),
    )


def _came_back(data: Record) -> bool:
    """Tell whether money that had arrived was taken back: its `reversal` says so, or nobody."""
    reversal = data.get("reversal")
    return (
        isinstance(reversal, Mapping)
        and reversal.get("initial_status") == "SUCCESSFUL"
        and reversal.get("reconciliation_status") == "REVERSED"
    )


def _one_spelling(data: Record) -> Record:
    return {
        **data,
        **{new: data[old] for new, old in _OLD_NAMES.items() if new not in data and old in data},
    }


def _listed(answer: Record) -> list[Record]:
    return [_one_spelling(row) for row in wire.rows(answer, "data", most=LISTED)]


def _check_of_one(answer: Record, listed: Sequence[Record], transaction: str) -> None:
    if any(number(each, "tx_id") != transaction for each in listed) or _goes_on(answer):
        raise Unreadable("refunds of one transaction")


def _kind(data: Record) -> type[Outflow]:
    status = text(data, "status", WORD)
    is_left = status == "completed"
    kind = DISBURSED.get(_disbursed(data), Pending) if is_left else REFUNDS.get(status)
    if kind is None:
        raise Unreadable("status")
    return kind


def _amount(data: Record, currency: Currency) -> Money:
    if data.get("currency") is not None and wire.currency(data) != currency:
        raise Unreadable("currency")
    return wire.major(data, "amount_refunded", currency)


def _reference(data: Record) -> str:
    said = data.get("comments")
    words = said.split(maxsplit=1) if isinstance(said, str) else []
    return words[0] if words else ""


def _disbursed(data: Record) -> str:
    """Return what became of a refund that left the balance; `meta` is an object, or text of one."""
    meta = data.get("meta")
    if isinstance(meta, str):
        try:
            meta = wire.read_record(meta.encode(), with_decimals=True)
        except ValueError:
            return ""
    said = meta.get("disburse_status") if isinstance(meta, Mapping) else None
    return said.casefold() if isinstance(said, str) else ""


def _goes_on(answer: Record) -> bool:
    """Tell whether a list has more pages than this one."""
    if answer.get("meta") is None:
        return False
    about = inner(answer, "meta").get("page_info")
    return isinstance(about, Mapping) and wire.number_or_digits(about, "total_pages") > 1

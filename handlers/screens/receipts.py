"""Receipts: proof of money that moved, to be kept and found again. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.bills import Bill
from core.domain.money import Money
from core.domain.payments import Method, Payment, Receipt
from core.domain.refunds import Refund
from handlers.chat import Button, Screen
from handlers.screens import doors
from handlers.screens.charges import keep_row
from handlers.screens.payments import provider_name
from handlers.screens.references import tail
from handlers.screens.statuses import refund_line, refunded_line
from handlers.words import Html, Words, lines


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptView:
    """A receipt with what it is about.

    `token` is its journal's, whole. `payer` and `payee` are names. `fee` is what the payer bore,
    `late_fee` what he bore after this, when the provider told it.
    `seal` is the hash of the block that covers its journal, "" before there is one. `after` is
    what was left of the bill, None for top-ups and old receipts.
    """

    receipt: Receipt
    payment: Payment
    token: str
    payer: str
    payee: str
    provider: str = ""
    fee: Money | None = None
    late_fee: Money | None = None
    bill: Bill | None = None
    after: Money | None = None
    seal: str = ""
    refunds: Sequence[Refund] = ()
    refund: str = ""
    """Data of the button by which staff refund it, or its payer asks for that; "" for neither."""
    keep: str = ""
    """Data of the button by which its payer keeps what he paid with, "" for nothing to keep."""
    charged: str = ""
    """The mask of the saved method that it was taken from, "" for none."""
    saved: str = ""
    """Leads staff to what its payer saved after it, "" for nothing that they may stop."""
    is_own: bool = True
    may_open_bill: bool = True


def receipt(words: Words, view: ReceiptView) -> Screen:
    """Show a receipt; it is a message of its own and never edited."""
    proof = view.receipt
    text = lines(
        f"<b>{_head(words, view)}</b>",
        words.t("Receipt %(number)s · %(token)s", number=proof.number, token=tail(view.token)),
        _what_for(words, view),
        _ways(words, view),
        words.t("Charged to: %(method)s", method=view.charged) if view.charged else "",
        _fee(words, view),
        _surplus(words, view),
        _rest(words, view),
        *(refund_line(words, each) for each in view.refunds),
        refunded_line(words, view.refunds, paid=view.payment.captured),
        _balance(words, view),
        words.t("Time: %(when)s", when=words.when(proof.issued_at)),
        words.t("Books sealed: <code>%(seal)s</code>", seal=view.seal[:12]) if view.seal else "",
    )
    copy = Button(label=words.label("Copy reference"), copy=view.token)
    label = words.label("Ask for money back") if view.is_own else words.label("Refund")
    back = Button(label=label, data=view.refund)
    first = (copy, back) if view.refund else (copy,)
    saved = Button(label=words.label("Saved card"), data=view.saved)
    stops = ((saved,),) if view.saved else ()
    rows = (first, *keep_row(words, view.keep), *stops, (_about(words, view),))
    return Screen(html=text, rows=rows, is_proof=True)


def _about(words: Words, view: ReceiptView) -> Button:
    """Lead to what the money was for, as far as the reader may look at it."""
    if view.bill is not None and view.may_open_bill:
        return Button(label=words.label("Open bill"), data=doors.bill(view.bill.id))
    if view.is_own:
        return Button(label=words.label("Open wallet"), data=doors.WALLET)
    return Button(label=words.label("Back to home"), data=doors.MENU)


def _head(words: Words, view: ReceiptView) -> Html:
    amount = words.money(view.receipt.amount)
    if view.bill is None:
        return words.t("✅ Topped up %(amount)s", amount=amount)
    if not view.receipt.settled.is_positive:
        return words.t("✅ Received %(amount)s, kept in the wallet", amount=amount)
    return words.t("✅ Paid %(amount)s", amount=amount)


def _what_for(words: Words, view: ReceiptView) -> Html:
    if view.bill is None:
        return words.t("For: wallet of %(payer)s", payer=view.payer)
    return words.t("For: %(number)s · %(title)s", number=view.bill.number, title=view.bill.title)


def _ways(words: Words, view: ReceiptView) -> Html:
    provider = provider_name(view.provider)
    if view.payment.method is Method.WALLET:
        return words.t(
            "From: wallet of %(payer)s · to: %(payee)s", payer=view.payer, payee=view.payee
        )
    if view.bill is None:
        return words.t(
            "From: %(provider)s · to: wallet of %(payer)s", provider=provider, payer=view.payer
        )
    return words.t(
        "From: %(payer)s by %(provider)s · to: %(payee)s",
        payer=view.payer,
        provider=provider,
        payee=view.payee,
    )


def _fee(words: Words, view: ReceiptView) -> Html:
    if view.late_fee is not None and view.late_fee.is_positive:
        return words.t("Fee: %(fee)s, taken later", fee=words.money(view.late_fee))
    if view.fee is None or not view.fee.is_positive:
        return words.t("Fee: none")
    return words.t("Fee: %(fee)s", fee=words.money(view.fee))


def _surplus(words: Words, view: ReceiptView) -> Html:
    proof = view.receipt
    kept = proof.amount - proof.settled
    if view.bill is None or not kept.is_positive:
        return Html("")
    return words.t(
        "To the bill: %(settled)s · kept in the wallet: %(kept)s",
        settled=words.money(proof.settled),
        kept=words.money(kept - (view.fee or Money(0, kept.currency))),
    )


def _rest(words: Words, view: ReceiptView) -> Html:
    if view.after is None:
        return Html("")
    if not view.after.is_positive:
        return words.t("The bill is paid.")
    return words.t("Left to pay: %(rest)s", rest=words.money(view.after))


def _balance(words: Words, view: ReceiptView) -> Html:
    if not view.is_own:
        return Html("")
    return words.t(
        "New wallet balance: %(balance)s", balance=words.money(view.receipt.balance_after)
    )

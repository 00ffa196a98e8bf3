"""Refusals about money: every one says that none moved, and what can be done instead."""

from typing import Final

from core.domain.bills import Bill
from core.domain.errors import Refusal
from core.domain.money import Money
from handlers.chat import Button, Rows, Screen
from handlers.screens import doors
from handlers.screens.home import home_row
from handlers.words import Html, Words, lines

_EXAMPLES: Final = "5000 · 5,000.00 · 12,50 · 5k"


def invalid_amount(words: Words, refusal: Refusal) -> Screen:
    """Say what is wrong with an amount and ask again."""
    known = {
        "negative": words.t("An amount is never negative."),
        "zero": words.t("The amount must be more than zero."),
        "positive": words.t("The amount must be more than zero."),
        "decimals": words.t("That has more decimals than this currency."),
        "ambiguous": words.t(
            "I cannot tell whether you mean a thousand or decimals. Write it without a separator."
        ),
        "currency": words.t("That is another currency than the one used here."),
        "large": words.t("That is more than I can count."),
        "amend": words.t("The new amount must be positive and different from the old one."),
    }
    reason = known.get(str(refusal.data.get("reason", "")))
    html = lines(
        reason or words.t("I cannot read that as an amount."),
        words.t("For example: %(examples)s", examples=_EXAMPLES),
        _again(words),
    )
    return Screen(html=html, rows=_leave(words))


def out_of_range(words: Words, refusal: Refusal) -> Screen:
    """Say between which amounts to choose."""
    least, most = _money(words, refusal, "least"), _money(words, refusal, "most")
    html = lines(
        words.t("The amount must be between %(least)s and %(most)s.", least=least, most=most),
        _again(words),
    )
    return Screen(html=html, rows=_leave(words))


def below_minimum(words: Words, refusal: Refusal) -> Screen:
    """Say how much a part must be at least."""
    html = lines(
        words.t(
            "A part payment is at least %(least)s here.", least=_money(words, refusal, "least")
        ),
        _again(words),
    )
    return Screen(html=html, rows=_leave(words))


def above_rest(words: Words, refusal: Refusal) -> Screen:
    """Say how much can be paid at most."""
    html = lines(
        words.t(
            "That is more than what is left: at most %(most)s.",
            most=_money(words, refusal, "most"),
        ),
        _again(words),
    )
    return Screen(html=html, rows=_leave(words))


def currency_mismatch(words: Words, refusal: Refusal) -> Screen:
    """Say that two currencies met."""
    html = words.t(
        "⚠️ This is in %(expected)s, not in %(actual)s. No money moved.",
        expected=refusal.data.get("expected", ""),
        actual=refusal.data.get("actual", ""),
    )
    return Screen(html=html, rows=home_row(words))


def insufficient(words: Words, refusal: Refusal) -> Screen:
    """Say how much is missing, and the other ways."""
    known = [
        words.t("Missing: %(missing)s", missing=_money(words, refusal, "missing")),
        words.t("Available: %(available)s", available=_money(words, refusal, "available")),
    ]
    has_figures = isinstance(refusal.data.get("missing"), Money)
    html = lines(
        words.t("⚠️ Not enough in the wallet. No money moved."), *(known if has_figures else ())
    )
    rows: Rows = ((Button(label=words.label("Top up"), data=doors.TOP_UP),),)
    bill = _bill(refusal)
    if bill is not None:
        target = f"{bill.id}.{bill.revision}"
        link = Button(label=words.label("Pay by link"), data=f"pay:link:{target}")
        part = Button(label=words.label("Pay a part"), data=f"pay:wallet:{target}")
        rows += ((link, part),)
    return Screen(html=html, rows=(*rows, *_back(words, bill)))


def wallet_frozen(words: Words, refusal: Refusal) -> Screen:
    """Say that nothing may leave the wallet, and how that ends."""
    html = lines(
        words.t("❄️ Your wallet is frozen: no money can leave it. Nothing was taken."),
        words.t("Who froze it can lift it: you under /wallet, More, or else an administrator."),
    )
    if refusal.data.get("reason") == "closed":
        html = words.t("Your wallet is closed: nothing can be paid from it. Nothing was taken.")
    rows = ((Button(label=words.label("Wallet"), data="wallet:more"),), *home_row(words))
    return Screen(html=html, rows=rows)


def money_stopped(words: Words, refusal: Refusal) -> Screen:
    """Say that the books are being checked."""
    html = lines(
        words.t("⚠️ The books are being checked: no money can move now, and none did."),
        words.t("You can look at everything. Please try again later; nothing is lost."),
    )
    return Screen(html=html, rows=home_row(words))


def not_acknowledged(words: Words, refusal: Refusal) -> Screen:
    """Ask for the bill to be acknowledged first."""
    html = lines(
        _about(words, refusal, words.t("⚠️ This bill needs your OK before it can be paid.")),
        words.t("No money moved. Open it to acknowledge or to dispute it."),
    )
    return _with_bill(words, refusal, html)


def bill_disputed(words: Words, refusal: Refusal) -> Screen:
    """Say that a disputed bill is not paid."""
    html = lines(
        _about(words, refusal, words.t("⚠️ This bill is disputed: nothing is paid until it ends.")),
        words.t("No money moved. You can withdraw the dispute on its card."),
    )
    return _with_bill(words, refusal, html)


def bill_settled(words: Words, refusal: Refusal) -> Screen:
    """Say that a bill is paid."""
    html = lines(
        _about(words, refusal, words.t("✅ Nothing is left to pay on this bill.")),
        words.t("No more money moved."),
    )
    return _with_bill(words, refusal, html)


def bill_cancelled(words: Words, refusal: Refusal) -> Screen:
    """Say that a bill no longer stands."""
    html = lines(
        _about(words, refusal, words.t("This bill was cancelled: nothing is owed for it.")),
        words.t("No money moved."),
    )
    return _with_bill(words, refusal, html)


def payment_open(words: Words, refusal: Refusal) -> Screen:
    """Say that a payment is under way already, and lead to it where it is his own."""
    payment_id, back = refusal.data.get("payment_id"), _back(words, _bill(refusal))
    if not isinstance(payment_id, int):
        html = lines(
            words.t("⏳ Somebody else is about to pay what is left of this bill. No money moved."),
            words.t("Ask at home, or look again in a while: the bill says what became of it."),
        )
        return Screen(html=html, rows=back)
    html = lines(
        words.t("⏳ You have begun to pay this already, and it is not over. No money moved now."),
        words.t("Finish or cancel that payment first. Do not pay twice."),
    )
    door = Button(label=words.label("Open the payment"), data=doors.payment(payment_id))
    return Screen(html=html, rows=((door,), *back))


def above_refundable(words: Words, refusal: Refusal) -> Screen:
    """Say how much may still go back."""
    most = refusal.data.get("most")
    if not isinstance(most, Money) or not most.is_positive:
        text = words.t("⚪ Nothing of this payment is left to refund. No money moved.")
        return Screen(html=text, rows=home_row(words))
    text = lines(words.t("⚠️ At most %(most)s may go back.", most=words.money(most)), _again(words))
    return Screen(html=text, rows=_leave(words))


def unmatched_gone(words: Words, refusal: Refusal) -> Screen:
    """Say that somebody was faster."""
    text = lines(
        words.t("⚪ This money waits no more: it was matched or is on its way back."),
        words.t("Nothing moved now. The desk shows what still waits."),
    )
    return Screen(html=text, rows=((Button(label=words.label("Desk"), data=doors.DESK),),))


def payment_contested(words: Words, refusal: Refusal) -> Screen:
    """Say that a bank claims the money."""
    head = words.t("🏦 The payer's bank claims this money back (chargeback).")
    if refusal.data.get("is_own"):
        head = words.t("🏦 Your bank claims this money back (chargeback).")
    text = lines(
        head,
        words.t("It is not refunded beside that, or it would go back twice. No money moved."),
    )
    return Screen(html=text, rows=home_row(words))


def refund_open(words: Words, refusal: Refusal) -> Screen:
    """Say that a bill waits for its refund."""
    text = lines(
        words.t("⏳ A refund of this bill is on its way."),
        words.t("Wait for its end, then change the bill. No money moved."),
    )
    return _with_bill(words, refusal, text)


def outflows_frozen(words: Words, refusal: Refusal) -> Screen:
    """Say that nothing leaves after a restore."""
    text = lines(
        words.t(
            "⏸ The books were put back from a copy, so no money leaves until they are checked."
        ),
        words.t("No money moved. The operator lifts this; then try again."),
    )
    return Screen(html=text, rows=home_row(words))


def window_closed(words: Words, refusal: Refusal) -> Screen:
    """Say that the time to dispute is over."""
    html = lines(
        words.t("The time to dispute this bill is over. Nothing was changed."),
        words.t("Ask an administrator if it is wrong: /support says who that is."),
    )
    return _with_bill(words, refusal, html)


def no_provider(words: Words, refusal: Refusal) -> Screen:
    """Say that no link can be made here."""
    html = lines(
        words.t("No payment provider is switched on here, so nothing can be paid by link."),
        words.t("No money moved. Pay from your wallet, or ask an administrator: /support."),
    )
    rows = ((Button(label=words.label("Wallet"), data=doors.WALLET),), *home_row(words))
    return Screen(html=html, rows=rows)


def not_taken(words: Words, refusal: Refusal) -> Screen:
    """Say that nobody takes this amount by link, and what to do instead."""
    bill = _bill(refusal)
    html = lines(
        words.t(
            "⚠️ %(amount)s cannot be paid by link here. No money moved.",
            amount=_money(words, refusal, "amount"),
        ),
        _why_not_taken(words, refusal),
        _instead(words, refusal, bill),
    )
    rows: Rows = ()
    if refusal.data.get("needs_phone"):
        rows = ((Button(label=words.label("Share my phone number"), data=doors.PHONE),),)
    if bill is None:
        rows = (*rows, (Button(label=words.label("Top up"), data=doors.TOP_UP),))
        return Screen(html=html, rows=(*rows, *_leave(words)))
    target = f"{bill.id}.{bill.revision}"
    part = Button(label=words.label("Other amount"), data=f"pay:change:l.{target}")
    wallet = Button(label=words.label("Pay from wallet"), data=f"pay:wallet:{target}")
    return Screen(html=html, rows=(*rows, (part, wallet), *_back(words, bill)))


def _instead(words: Words, refusal: Refusal, bill: Bill | None) -> Html:
    if refusal.data.get("needs_phone"):
        share = words.t("Share your number, then try again.")
        wallet = words.t("Share your number and try again, or pay from your wallet.")
        return share if bill is None else wallet
    if bill is None:
        return words.t("Choose another amount, or write one.")
    return words.t("Choose another amount, or pay from your wallet.")


def _why_not_taken(words: Words, refusal: Refusal) -> Html:
    if refusal.data.get("needs_phone"):
        return words.t(
            "The provider asks on your phone, and no phone number of yours has been verified."
        )
    if isinstance(refusal.data.get("nearest"), Money):
        return words.t(
            "The nearest amount that can: %(nearest)s.", nearest=_money(words, refusal, "nearest")
        )
    return words.t("No provider here takes this currency.")


def _about(words: Words, refusal: Refusal, sentence: Html) -> Html:
    bill = _bill(refusal)
    if bill is None:
        return sentence
    figures = words.t(
        "%(number)s · %(title)s · left to pay %(rest)s",
        number=bill.number,
        title=bill.title,
        rest=words.money(bill.rest),
    )
    return lines(sentence, figures)


def _with_bill(words: Words, refusal: Refusal, html: Html) -> Screen:
    bill = _bill(refusal)
    rows: Rows = ((Button(label=words.label("My bills"), data=doors.BILLS),),)
    if bill is not None:
        rows = ((Button(label=words.label("Open the bill"), data=doors.bill(bill.id)),),)
    return Screen(html=html, rows=(*rows, *home_row(words)))


def _back(words: Words, bill: Bill | None) -> Rows:
    if bill is None:
        return home_row(words)
    return ((Button(label=words.label("Back"), data=doors.bill(bill.id)),),)


def _bill(refusal: Refusal) -> Bill | None:
    bill = refusal.data.get("bill")
    return bill if isinstance(bill, Bill) else None


def _money(words: Words, refusal: Refusal, name: str) -> Html:
    amount = refusal.data.get(name)
    return words.money(amount) if isinstance(amount, Money) else Html("?")


def _again(words: Words) -> Html:
    return words.t("Please write it again, or /cancel. No money moved.")


def _leave(words: Words) -> Rows:
    return ((Button(label=words.label("Cancel"), data=doors.LEAVE),),)

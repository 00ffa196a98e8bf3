"""What people are told without having asked: short, with the way to where it can be acted on."""

from collections.abc import Sequence
from datetime import date, datetime

from core.domain.bills import Bill, BillSums
from core.domain.disputes import Dispute
from core.domain.money import Money
from core.domain.payments import Payment, Receipt
from core.use_cases.timeline import Explained
from handlers.chat import Button, Screen
from handlers.screens import doors
from handlers.screens.bills import summary
from handlers.screens.references import tail
from handlers.screens.reports import whose
from handlers.screens.statuses import reason_word, status_word
from handlers.words import Html, Words, lines


def new_bill(words: Words, *, is_again: bool) -> Html:
    """Return the line over a bill's card when it is first sent, or sent again."""
    return words.t("Once more, this bill:") if is_again else words.t("A new bill for you:")


def acknowledged(words: Words, bill: Bill, *, whose: str, name: str) -> Screen:
    """Tell staff that a debtor agreed."""
    text = words.t(
        "🔵 %(whose)s acknowledged %(number)s · %(total)s (%(name)s)",
        whose=whose,
        number=bill.number,
        total=words.money(bill.total),
        name=name,
    )
    return _with_bill(words, text, bill, is_silent=True)


def disputed(words: Words, bill: Bill, dispute: Dispute, *, whose: str, text: str) -> Screen:
    """Tell staff that a bill is contested."""
    html = lines(
        words.t(
            "🟠 Dispute %(dispute)s: %(whose)s contests %(number)s · %(total)s",
            dispute=dispute.number,
            whose=whose,
            number=bill.number,
            total=words.money(bill.total),
        ),
        words.t("Reason: %(reason)s", reason=reason_word(words, dispute.reason)),
        words.t("“%(text)s”", text=text) if text else "",
        words.t("1 file was sent with it.") if dispute.file_id else "",
    )
    rows = (
        (Button(label=words.label("Open dispute"), data=doors.dispute(dispute.id)),),
        (Button(label=words.label("Desk"), data=doors.DESK),),
    )
    return Screen(html=html, rows=rows)


def withdrawn(words: Words, bill: Bill, dispute: Dispute, *, whose: str) -> Screen:
    """Tell staff that a dispute was taken back."""
    text = words.t(
        "🔵 %(whose)s withdrew dispute %(dispute)s of %(number)s.",
        whose=whose,
        dispute=dispute.number,
        number=bill.number,
    )
    return _with_bill(words, text, bill, is_silent=True)


def rejected(words: Words, dispute: Dispute, *, answer: str, due_on: date) -> Html:
    """Return the line over the card whose dispute was rejected."""
    return lines(
        words.t("Your dispute %(number)s was rejected: the bill stands.", number=dispute.number),
        words.t("Answer: “%(answer)s”", answer=answer) if answer else "",
        words.t("It is now due %(day)s.", day=words.day(due_on)),
    )


def amended(
    words: Words, *, before: Money, after: Money, reason: str, back: Money, balance: Money
) -> Html:
    """Return the line over the card of a bill that now asks for something else."""
    return lines(
        words.t(
            "Your bill was changed: %(before)s → %(after)s (%(difference)s).",
            before=words.money(before),
            after=words.money(after),
            difference=words.signed(after - before),
        ),
        words.t("Answer: “%(reason)s”", reason=reason) if reason else "",
        _given_back(words, back, balance),
    )


def cancelled(words: Words, *, reason: str, back: Money, balance: Money) -> Html:
    """Return the line over the card of a bill that was taken back."""
    return lines(
        words.t("Your bill was cancelled: nothing is owed for it."),
        words.t("Reason: “%(reason)s”", reason=reason) if reason else "",
        _given_back(words, back, balance),
    )


def paid(words: Words, bill: Bill, *, amount: Money, whose: str, name: str, at: datetime) -> Screen:
    """Tell the household and staff that money came for a bill."""
    head = words.t(
        "✅ %(name)s paid %(amount)s for %(number)s · %(whose)s · %(when)s",
        name=name,
        amount=words.money(amount),
        number=bill.number,
        whose=whose,
        when=words.when(at),
    )
    rest = words.t("Nothing is left to pay.")
    if bill.rest.is_positive:
        rest = words.t("Left to pay: %(rest)s", rest=words.money(bill.rest))
    return _with_bill(words, lines(head, rest), bill, is_silent=True)


def money_came(words: Words, moved: Sequence[Explained], *, count: int, balance: Money) -> Screen:
    """Tell who keeps the money what came in lately, `moved` the newest of `count`."""
    left = count - len(moved)
    text = lines(
        words.n("💰 %(count)s payment came in", "💰 %(count)s payments came in", count),
        *(
            words.t(
                "%(amount)s · %(whose)s",
                amount=words.signed(each.entry.amount),
                whose=whose(words, each),
            )
            for each in moved
        ),
        words.n("and %(count)s more", "and %(count)s more", left) if left > 0 else "",
        words.t("The organisation's wallet: %(balance)s", balance=words.money(balance)),
    )
    report = Button(label=words.label("Report"), data=doors.REPORT)
    row: tuple[Button, ...] = (report,)
    proof = moved[0].receipt if len(moved) == 1 else None
    if proof is not None:
        row = (Button(label=words.label("Open receipt"), data=doors.receipt(proof.id)), report)
    return Screen(html=text, rows=(row,), is_silent=True)


def surplus(words: Words, bill: Bill, receipt: Receipt, *, kept: Money, today: date) -> Screen:
    """Tell the payer that not all of his money went to the bill, and where it is."""
    arrived = words.t(
        "👛 %(amount)s came in for %(number)s, and %(settled)s of it went to the bill.",
        amount=words.money(receipt.amount),
        number=bill.number,
        settled=words.money(receipt.settled),
    )
    if not receipt.settled.is_positive:
        arrived = words.t(
            "👛 %(amount)s came in for %(number)s, but the bill took none of it.",
            amount=words.money(receipt.amount),
            number=bill.number,
        )
    text = lines(
        arrived,
        words.t("How the bill stands: %(status)s.", status=status_word(words, bill, today)),
        words.t(
            "%(kept)s is in your wallet: nothing is lost. Receipt %(receipt)s.",
            kept=words.money(kept),
            receipt=receipt.number,
        ),
        words.t(
            "Wallet balance %(when)s: %(balance)s",
            when=words.when(receipt.issued_at),
            balance=words.money(receipt.balance_after),
        ),
    )
    return _with_wallet(words, text, bill)


def fee_taken(words: Words, payment: Payment, *, fee: Money, owed: Money, balance: Money) -> Screen:
    """Tell the payer what a provider kept of his payment, which it told after the receipt."""
    text = words.t(
        "The provider's fee for your payment %(token)s of %(amount)s was %(fee)s. It was taken "
        "from your wallet, which holds %(balance)s now.",
        token=tail(payment.token),
        amount=words.money(payment.amount),
        fee=words.money(fee),
        balance=words.money(balance),
    )
    missing = words.t(
        "%(owed)s of it was not there; it is taken from what comes in next.", owed=words.money(owed)
    )
    return _with_wallet(words, lines(text, missing if owed.is_positive else ""), None)


def late(
    words: Words,
    payment: Payment,
    receipt: Receipt,
    bill: Bill | None,
    *,
    provider: str,
    is_again: bool,
) -> Screen:
    """Tell the payer of money that came after its payment had ended, from whom, and where it is.

    `is_again` tells that money of this payment had come before.
    """
    came = {
        "amount": words.money(receipt.amount),
        "provider": provider,
        "token": tail(payment.token),
    }
    text = lines(
        words.t(
            "👛 %(amount)s was taken once more by %(provider)s: money for the payment %(token)s "
            "had come before.",
            **came,
        )
        if is_again
        else words.t(
            "👛 %(amount)s came in late by %(provider)s: the payment %(token)s had already ended.",
            **came,
        ),
        words.t("The money is in your wallet: nothing is lost."),
        words.t(
            "%(number)s was not paid by it; you can pay it from your wallet.", number=bill.number
        )
        if bill is not None and bill.is_payable
        else "",
        words.t(
            "Receipt %(number)s · wallet balance %(when)s: %(balance)s",
            number=receipt.number,
            when=words.when(receipt.issued_at),
            balance=words.money(receipt.balance_after),
        ),
    )
    return _with_wallet(words, text, bill)


def given_back(words: Words, bill: Bill, *, amount: Money, whose: str, name: str) -> Screen:
    """Tell who keeps the books that staff gave paid money back."""
    text = lines(
        words.t(
            "↩️ %(name)s gave %(amount)s back from the organisation's wallet "
            "for %(number)s · %(whose)s",
            name=name,
            amount=words.money(amount),
            number=bill.number,
            whose=whose,
        ),
        words.t("It went to the wallets of who had paid. The reason is kept with the bill."),
    )
    desk = Button(label=words.label("Desk"), data=doors.DESK)
    return Screen(html=text, rows=((desk,),), is_proof=True)


def digest(
    words: Words, bills: Sequence[Bill], sums: BillSums, *, today: date, tenant_name: str
) -> Screen:
    """Remind of everything that is open, once a day at most."""
    shown = [
        words.t(
            "%(number)s · %(title)s · %(amount)s · due %(day)s · %(status)s",
            number=bill.number,
            title=bill.title,
            amount=words.money(bill.rest),
            day=words.day(bill.due_on, today=today),
            status=status_word(words, bill, today),
        )
        for bill in bills
    ]
    left = sums.open - len(bills)
    text = lines(
        words.t("<b>Your open bills at %(name)s</b>", name=tenant_name),
        summary(words, sums),
        *shown,
        words.n("and %(count)s more", "and %(count)s more", left) if left > 0 else "",
    )
    rows = (
        (
            Button(label=words.label("See bills"), data=doors.BILLS),
            Button(label=words.label("Change reminders"), data=doors.SETTINGS),
        ),
    )
    return Screen(html=text, rows=rows)


def frozen(words: Words, *, tenant_name: str, is_frozen: bool) -> Screen:
    """Tell an owner that somebody else froze or unfroze his wallet."""
    text = words.t(
        "✅ Your wallet at %(name)s works again: an administrator lifted the freeze.",
        name=tenant_name,
    )
    if is_frozen:
        text = words.t(
            "❄️ An administrator froze your wallet at %(name)s: money can come in, none can leave. "
            "No money moved.",
            name=tenant_name,
        )
    return Screen(html=text, rows=((Button(label=words.label("Wallet"), data=doors.WALLET),),))


def pin_changed(words: Words, *, at: datetime, back: str = "") -> Screen:
    """Tell a person that his PIN is another one now; `back` leads on to what it was set for."""
    text = lines(
        words.t("🔐 A new PIN was set for you, %(when)s.", when=words.when(at)),
        words.t("If it was not you: freeze your wallet now, then tell an administrator."),
    )
    go_on = ((Button(label=words.label("Go on"), data=back),),) if back else ()
    # What was to go on comes below: the warning stays where it was read.
    return Screen(html=text, rows=(*go_on, *_security_rows(words)), is_proof=bool(back))


def pin_locked(words: Words, *, until: datetime | None) -> Screen:
    """Tell a person that too many wrong PINs were entered."""
    head = words.t("🔐 Too many wrong PINs: your PIN is locked.")
    if until is not None:
        head = words.t(
            "🔐 Too many wrong PINs: your PIN is locked until %(when)s.", when=words.when(until)
        )
    text = lines(
        head,
        words.t("No money moved. If it was not you: freeze your wallet now."),
    )
    return Screen(html=text, rows=_security_rows(words))


def pin_locked_of(words: Words, *, name: str) -> Screen:
    """Tell staff that somebody's PIN was locked."""
    text = words.t(
        "🔐 The PIN of %(name)s was locked after too many wrong tries. No money moved.", name=name
    )
    return Screen(html=text, rows=((Button(label=words.label("Back"), data=doors.MENU),),))


def joined(words: Words, *, name: str, unit: str, roles: str) -> Screen:
    """Tell staff who came in."""
    text = words.t("👋 %(name)s joined as %(roles)s.", name=name, roles=roles)
    if unit:
        text = words.t(
            "👋 %(name)s joined %(unit)s as %(roles)s.", name=name, unit=unit, roles=roles
        )
    row = (Button(label=words.label("People"), data=doors.PEOPLE),)
    return Screen(html=text, rows=(row,), is_silent=True)


def _given_back(words: Words, back: Money, balance: Money) -> Html:
    if not back.is_positive:
        return Html("")
    return words.t(
        "%(amount)s went back to your wallet, without a fee; it holds %(balance)s now.",
        amount=words.money(back),
        balance=words.money(balance),
    )


def _with_bill(words: Words, text: Html, bill: Bill, *, is_silent: bool) -> Screen:
    row = (Button(label=words.label("Open bill"), data=doors.bill(bill.id)),)
    return Screen(html=text, rows=(row,), is_silent=is_silent)


def _with_wallet(words: Words, text: Html, bill: Bill | None) -> Screen:
    wallet = Button(label=words.label("Open wallet"), data=doors.WALLET)
    if bill is None:
        return Screen(html=text, rows=((wallet,),), is_proof=True)
    about = Button(label=words.label("Open bill"), data=doors.bill(bill.id))
    if bill.is_payable:
        target = f"pay:wallet:{bill.id}.{bill.revision}"
        about = Button(label=words.label("Pay from wallet"), data=target)
    return Screen(html=text, rows=((wallet, about),), is_proof=True)


def _security_rows(words: Words) -> tuple[tuple[Button, ...], ...]:
    return (
        (Button(label=words.label("Freeze wallet"), data=doors.WALLET_MORE),),
        (Button(label=words.label("Back"), data=doors.MENU),),
    )

"""Paying a bill: from the wallet or by link, in full or in parts; the live screen; receipts."""

from dataclasses import replace
from typing import Final

from core.domain.bills import Bill, BillFilter, BillId
from core.domain.calendar import local_date
from core.domain.dialogues import IntentKey, IntentStatus
from core.domain.errors import NoProvider, NotFound, PaymentOpen, StaleCard
from core.domain.money import Money
from core.domain.payments import ConfigurationId, PaymentId, ReceiptId
from core.ports import Transaction
from core.use_cases.bills import (
    check_wallet_payment,
    debtors_of,
    own_bill,
    pay_bill,
    wallet_rest,
)
from core.use_cases.links import (
    cancel_payment,
    check_now,
    open_bill_link,
    own_payment,
    retry_payment,
)
from core.use_cases.timeline import seen_receipt
from core.use_cases.wallets import open_wallet, wallet_account
from handlers import parsing
from handlers.cards import (
    bill_screen,
    payment_screen,
    reader_of,
    receipt_screen,
    stale_reply,
)
from handlers.chat import Reply, Show, Step
from handlers.screens import bills, paying
from handlers.visit import IntentRoute, Routes, Visit, number, offer
from handlers.words import Html

AMOUNT_STEP: Final = "payments.amount"
_CONFIRMED: Final = frozenset({"bill.pay", "bill.link"})
"""What a confirm card offers, and only that may be dropped."""


def command(tx: Transaction, visit: Visit) -> Reply:
    """Show what can be paid now."""
    tenant, actor = visit.here
    today = local_date(tx.now, tenant.timezone)
    mine = debtors_of(actor)
    found = tx.bills.page(mine, BillFilter.TO_PAY, today=today, after=None, limit=bills.PAGE)
    review = tx.bills.count(mine, BillFilter.TO_REVIEW, today=today)
    screen = paying.overview(visit.words, found, today=today, review=review)
    return Reply(screen=screen, show=Show.SEND, ends_dialogue=True)


def methods(tx: Transaction, visit: Visit) -> Reply:
    """Ask how a bill is to be paid."""
    if stale := _stale(tx, visit, visit.argument):
        return stale
    bill = _bill(tx, visit, visit.argument)
    waiting = tx.payments.open_for(bill.id, visit.here[1].person_id)
    if waiting is not None:
        return _live(tx, visit, waiting.id)
    screen = paying.methods(visit.words, bill, balance=_balance(tx, visit))
    return Reply(screen=screen, ends_dialogue=True)


def from_wallet(tx: Transaction, visit: Visit) -> Reply:
    """Start paying from the wallet: ask for the amount where there is a choice."""
    return _choose(tx, visit, paying.Way.WALLET, visit.argument)


def by_link(tx: Transaction, visit: Visit) -> Reply:
    """Start paying by link, or show the link that is waiting already."""
    if stale := _stale(tx, visit, visit.argument):
        return stale
    bill = _bill(tx, visit, visit.argument)
    waiting = tx.payments.open_for(bill.id, visit.here[1].person_id)
    if waiting is not None:
        return _live(tx, visit, waiting.id)
    if not tx.payments.configurations_for(bill.tenant_id):
        raise NoProvider
    return _choose(tx, visit, paying.Way.LINK, visit.argument)


def change(tx: Transaction, visit: Visit) -> Reply:
    """Choose the amount again."""
    way, target = _way(visit.argument)
    return _choose(tx, visit, way, target, is_asked=True)


def full(tx: Transaction, visit: Visit) -> Reply:
    """Confirm paying all that may be paid now."""
    way, target = _way(visit.argument)
    if stale := _stale(tx, visit, target):
        return stale
    bill = _bill(tx, visit, target)
    return _confirm(tx, visit, way, bill, wallet_rest(tx, bill=bill))


def part(tx: Transaction, visit: Visit) -> Reply:
    """Ask for the amount of a part."""
    way, target = _way(visit.argument)
    if stale := _stale(tx, visit, target):
        return stale
    bill = _bill(tx, visit, target)
    screen = paying.ask_amount(visit.words, _choice(tx, visit, way, bill))
    data = {"way": way.value, "target": target}
    return Reply(screen=screen, step=Step(name=AMOUNT_STEP, data=data))


def part_typed(tx: Transaction, visit: Visit) -> Reply:
    """Confirm paying the typed amount; a wrong one is asked again."""
    way, target = paying.Way(str(visit.data["way"])), str(visit.data["target"])
    if stale := _stale(tx, visit, target):
        return replace(stale, show=Show.SEND)
    bill = _bill(tx, visit, target)
    amount = parsing.amount(visit.incoming.text, bill.currency)
    return replace(_confirm(tx, visit, way, bill, amount), show=Show.SEND)


def paid(tx: Transaction, visit: Visit) -> Reply:
    """Pay from the wallet: the receipt is a new message, the confirm card turns final."""
    intent = visit.intent
    if intent is None:
        raise StaleCard
    bill = own_bill(tx, actor=visit.here[1], bill_id=BillId(number(intent.arguments, "bill")))
    if outgrown := _outgrown(tx, visit, paying.Way.WALLET, bill):
        return outgrown
    after, receipt = pay_bill(
        tx,
        actor=visit.here[1],
        bill_id=bill.id,
        revision=number(intent.arguments, "revision"),
        amount=Money(number(intent.arguments, "amount"), bill.currency),
        key=intent.key,
    )
    return Reply(
        screen=paying.paid_from_wallet(visit.words, after, receipt),
        toast=visit.words.label("Paid"),
        ends_dialogue=True,
        more=(receipt_screen(tx, reader_of(visit), receipt, is_sealed=False),),
    )


def linked(tx: Transaction, visit: Visit) -> Reply:
    """Ask a provider for a payment page; its screen is live from here on."""
    arguments = visit.intent.arguments if visit.intent else {}
    bill = own_bill(tx, actor=visit.here[1], bill_id=BillId(number(arguments, "bill")))
    if outgrown := _outgrown(tx, visit, paying.Way.LINK, bill):
        return outgrown
    configuration_id = ConfigurationId(number(arguments, "configuration"))
    payment = open_bill_link(
        tx,
        actor=visit.here[1],
        bill_id=bill.id,
        revision=number(arguments, "revision"),
        amount=Money(number(arguments, "amount"), bill.currency),
        configuration=tx.payments.configuration(configuration_id),
    )
    return _live(tx, visit, payment.id)


def shown(tx: Transaction, visit: Visit) -> Reply:
    """Show a payment by link as it stands."""
    return _live(tx, visit, PaymentId(_id(visit.argument)))


def checked(tx: Transaction, visit: Visit) -> Reply:
    """Ask the provider at once."""
    payment_id = PaymentId(_id(visit.argument))
    check_now(tx, actor=visit.here[1], payment_id=payment_id)
    reply = _live(tx, visit, payment_id)
    return replace(reply, toast=visit.words.label("We are asking the provider now."))


def cancelled(tx: Transaction, visit: Visit) -> Reply:
    """Give a payment by link up."""
    words = visit.words
    payment_id = _cancel(tx, visit)
    note = words.t("We ask the provider to close the page first. Do not pay there any more.")
    return _live(tx, visit, payment_id, note=note)


def to_wallet(tx: Transaction, visit: Visit) -> Reply:
    """Give a payment by link up in order to pay from the wallet."""
    payment_id = _cancel(tx, visit)
    note = visit.words.t(
        "We ask the provider to close the page first, so that you do not pay twice. "
        "Then this message offers your wallet."
    )
    return _live(tx, visit, payment_id, note=note)


def retried(tx: Transaction, visit: Visit) -> Reply:
    """Try a declined payment again, with the chosen provider."""
    arguments = visit.intent.arguments if visit.intent else {}
    configuration_id = ConfigurationId(number(arguments, "configuration"))
    payment = retry_payment(
        tx,
        actor=visit.here[1],
        payment_id=PaymentId(number(arguments, "payment")),
        configuration=tx.payments.configuration(configuration_id),
    )
    return _live(tx, visit, payment.id)


def dropped(tx: Transaction, visit: Visit) -> Reply:
    """Leave a confirm card: its button is spent and the bill is shown again."""
    bill = own_bill(tx, actor=visit.here[1], bill_id=_drop(tx, visit))
    note = visit.words.t("Cancelled. Nothing was paid and no money moved.")
    screen = bill_screen(tx, reader_of(visit), bill, note=note)
    return Reply(screen=screen, toast=visit.words.label("Cancelled"), ends_dialogue=True)


def receipt(tx: Transaction, visit: Visit) -> Reply:
    """Show a receipt again, in a message of its own."""
    receipt_id = ReceiptId(_id(visit.argument))
    found = seen_receipt(tx, actor=visit.here[1], receipt_id=receipt_id)
    return Reply(screen=receipt_screen(tx, reader_of(visit), found), show=Show.SEND)


def _choose(
    tx: Transaction, visit: Visit, way: paying.Way, target: str, *, is_asked: bool = False
) -> Reply:
    if stale := _stale(tx, visit, target):
        return stale
    bill = _bill(tx, visit, target)
    choice = _choice(tx, visit, way, bill)
    if choice.least == choice.most and not is_asked:
        return _confirm(tx, visit, way, bill, choice.most)
    return Reply(screen=paying.amounts(visit.words, choice), ends_dialogue=True)


def _outgrown(tx: Transaction, visit: Visit, way: paying.Way, bill: Bill) -> Reply | None:
    """Ask for the amount again where less is left than the pressed card asks for."""
    arguments = visit.intent.arguments if visit.intent else {}
    most = wallet_rest(tx, bill=bill)
    is_payable = bill.is_payable and bill.revision == arguments["revision"]
    if not is_payable or not most.is_positive or number(arguments, "amount") <= most.minor:
        return None
    note = visit.words.t("⚠️ Less is left to pay than this card asked for. No money moved.")
    screen = paying.amounts(visit.words, _choice(tx, visit, way, bill), note=note)
    toast = visit.words.label("Less is left to pay. No money moved.")
    return Reply(screen=screen, toast=toast, ends_dialogue=True)


def _choice(tx: Transaction, visit: Visit, way: paying.Way, bill: Bill) -> paying.Choice:
    most = wallet_rest(tx, bill=bill)
    if not most.is_positive:
        raise PaymentOpen(bill=bill)
    return paying.Choice(
        bill=bill,
        way=way,
        least=min(visit.here[0].least_part(bill.total), most),
        most=most,
        balance=_balance(tx, visit) if way is paying.Way.WALLET else None,
        data=f"{bill.id}.{bill.revision}",
    )


def _confirm(tx: Transaction, visit: Visit, way: paying.Way, bill: Bill, amount: Money) -> Reply:
    """Check everything that can refuse, then show what is about to happen."""
    tenant, actor = visit.here
    if way is paying.Way.WALLET:
        check_wallet_payment(
            tx, actor=actor, bill_id=bill.id, revision=bill.revision, amount=amount
        )
        acts: tuple[tuple[str, str], ...] = (("", _offer(tx, visit, "bill.pay", bill, amount)),)
    else:
        least, most = tenant.least_part(bill.total), wallet_rest(tx, bill=bill)
        bill.check_part(amount, least=least, most=most)
        acts = tuple(
            (each.provider, _offer(tx, visit, "bill.link", bill, amount, configuration=each.id))
            for each in tx.payments.configurations_for(tenant.id)
        )
    if not acts:
        raise NoProvider
    view = paying.Confirm(
        bill=bill,
        amount=amount,
        payee=tenant.name,
        acts=acts,
        change=f"pay:change:{way}.{bill.id}.{bill.revision}",
        cancel=f"pay:drop:{acts[0][1].partition(':')[2]}",
        before=_balance(tx, visit) if way is paying.Way.WALLET else None,
        fee_bearer=tenant.fee_bearer,
        link_minutes=tenant.policy.link_minutes,
    )
    return Reply(screen=paying.confirm(visit.words, view), ends_dialogue=True)


def _offer(
    tx: Transaction, visit: Visit, verb: str, bill: Bill, amount: Money, **more: object
) -> str:
    return offer(tx, visit, verb, bill=bill.id, revision=bill.revision, amount=amount.minor, **more)


def _live(
    tx: Transaction, visit: Visit, payment_id: PaymentId, *, note: Html | None = None
) -> Reply:
    payment = own_payment(tx, actor=visit.here[1], payment_id=payment_id)
    screen = payment_screen(tx, reader_of(visit), payment, note=note if payment.is_open else None)
    return Reply(screen=screen, show=Show.LIVE, live=f"payment:{payment.id}", ends_dialogue=True)


def _cancel(tx: Transaction, visit: Visit) -> PaymentId:
    arguments = visit.intent.arguments if visit.intent else {}
    payment_id = PaymentId(number(arguments, "payment"))
    cancel_payment(tx, actor=visit.here[1], payment_id=payment_id)
    return payment_id


def _drop(tx: Transaction, visit: Visit) -> BillId:
    intent = tx.dialogues.intent(IntentKey(visit.argument))
    if intent is None or intent.owner_id != visit.person.id or intent.verb not in _CONFIRMED:
        raise StaleCard
    intent.check(by=visit.person.id, at=tx.now)
    words = visit.words.t("Cancelled. Nothing was paid and no money moved.")
    tx.dialogues.replace_intent(intent, intent.end(IntentStatus.CANCELLED, outcome=words))
    return BillId(number(intent.arguments, "bill"))


def _stale(tx: Transaction, visit: Visit, target: str) -> Reply | None:
    """Return the fresh card where `bill.revision` is no longer what the bill asks for."""
    bill = own_bill(tx, actor=visit.here[1], bill_id=BillId(_id(target.partition(".")[0])))
    if target.partition(".")[2] == str(bill.revision):
        return None
    return stale_reply(tx, visit, bill)


def _bill(tx: Transaction, visit: Visit, target: str) -> Bill:
    """Return the own bill of `bill.revision`, if it may be paid now."""
    bill = own_bill(tx, actor=visit.here[1], bill_id=BillId(_id(target.partition(".")[0])))
    bill.check_payable()
    return bill


def _balance(tx: Transaction, visit: Visit) -> Money:
    tenant, actor = visit.here
    wallet = open_wallet(
        tx, tenant_id=tenant.id, owner_id=actor.person_id, currency=tenant.currency
    )
    return wallet_account(tx, wallet=wallet).available


def _way(text: str) -> tuple[paying.Way, str]:
    head, _, target = text.partition(".")
    if head not in list(paying.Way):
        raise StaleCard
    return paying.Way(head), target


def _id(text: str) -> int:
    if not text.isdecimal():
        raise NotFound(kind="payment")
    return int(text)


ROUTES: Final = Routes(
    name="pay",
    commands={"pay": command},
    presses={
        "method": methods,
        "wallet": from_wallet,
        "link": by_link,
        "change": change,
        "full": full,
        "part": part,
        "drop": dropped,
        "show": shown,
        "check": checked,
        "receipt": receipt,
    },
    intents={
        "bill.pay": IntentRoute(flow=paid, needs_pin=True, moves_money=True),
        "bill.link": IntentRoute(flow=linked, moves_money=True),
        "payment.cancel": IntentRoute(flow=cancelled),
        "payment.wallet": IntentRoute(flow=to_wallet, moves_money=True),
        "payment.retry": IntentRoute(flow=retried, moves_money=True),
    },
    steps={AMOUNT_STEP: part_typed},
)

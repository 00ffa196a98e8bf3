"""Paying a bill: from the wallet or by link, in full or in parts, up to the press that does it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from core.domain.bills import Bill, BillFilter, BillId
from core.domain.calendar import local_date
from core.domain.dialogues import CONFIRM_LIFE, IntentKey, IntentStatus
from core.domain.errors import NotFound, StaleCard
from core.domain.money import Money
from core.ports import Transaction
from core.use_cases.bills import (
    asked_for,
    check_wallet_payment,
    debtors_of,
    own_bill,
    pay_bill,
    wallet_rest,
)
from core.use_cases.choice import check_any, ways
from core.use_cases.payments import same_lately
from core.use_cases.wallets import open_wallet, wallet_account
from handlers import parsing
from handlers.cards import (
    bill_screen,
    live_reply,
    name_of,
    reader_of,
    stale_reply,
)
from handlers.charging import charge_act, open_payment
from handlers.chat import Reply, Show, Step
from handlers.screens import bills, paying
from handlers.screens.charges import NO_CHARGE
from handlers.standing import warning
from handlers.visit import IntentRoute, Routes, Visit, number, offer
from handlers.ways import Offered, offered
from handlers.words import Html, lines

AMOUNT_STEP: Final = "payments.amount"
_CONFIRMED: Final = frozenset({"bill.pay", "bill.link", "bill.charge"})
"""What a confirm card offers, and only that may be dropped."""

REST: Final = "rest"
BALANCE: Final = "balance"
"""The figures a confirm card's buttons are bound to, besides bill, revision and amount."""


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
        return live_reply(tx, visit, waiting.id)
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
        return live_reply(tx, visit, waiting.id)
    check_any(tx, tenant_id=bill.tenant_id)
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
    """Pay from the wallet: the confirm card says what moved, the receipt comes as a notice.

    Only a later transaction can show a receipt with the seal of the books that covers it.
    """
    intent = visit.intent
    if intent is None:
        raise StaleCard
    bill = own_bill(tx, actor=visit.here[1], bill_id=BillId(number(intent.arguments, "bill")))
    if changed := _changed(tx, visit, paying.Way.WALLET, bill):
        return changed
    after, receipt = pay_bill(
        tx,
        actor=visit.here[1],
        bill_id=bill.id,
        revision=number(intent.arguments, "revision"),
        amount=Money(number(intent.arguments, "amount"), bill.currency),
        key=intent.key,
    )
    return Reply(
        screen=paying.moved_from_wallet(visit.words, after, receipt, payee=visit.here[0].name),
        toast=visit.words.label("Paid"),
        ends_dialogue=True,
    )


def linked(tx: Transaction, visit: Visit) -> Reply:
    """Ask a provider for a payment page, or for a charge; its screen is live from here on."""
    arguments = visit.intent.arguments if visit.intent else {}
    bill = own_bill(tx, actor=visit.here[1], bill_id=BillId(number(arguments, "bill")))
    if changed := _changed(tx, visit, paying.Way.LINK, bill):
        return changed
    return live_reply(tx, visit, open_payment(tx, visit, bill).id)


def renewed_wallet(tx: Transaction, visit: Visit) -> Reply:
    """Show a fresh confirm card in place of one that was pressed too late."""
    return _renew(tx, visit, paying.Way.WALLET)


def renewed_link(tx: Transaction, visit: Visit) -> Reply:
    """Show a fresh confirm card of a link in place of one that was pressed too late."""
    return _renew(tx, visit, paying.Way.LINK)


def dropped(tx: Transaction, visit: Visit) -> Reply:
    """Leave a confirm card: its button is spent and the bill is shown again."""
    bill = own_bill(tx, actor=visit.here[1], bill_id=_drop(tx, visit))
    note = visit.words.t("Cancelled. Nothing was paid and no money moved.")
    screen = bill_screen(tx, reader_of(visit), bill, note=note)
    return Reply(screen=screen, toast=visit.words.label("Cancelled"), ends_dialogue=True)


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


def _changed(tx: Transaction, visit: Visit, way: paying.Way, bill: Bill) -> Reply | None:
    """Show a fresh card where the figures of the pressed one are no longer true.

    The bill's revision does not rise with a payment, so the rest and the balance are compared, too.
    """
    arguments = visit.intent.arguments if visit.intent else {}
    most = wallet_rest(tx, bill=bill)
    if not bill.is_payable or bill.revision != arguments["revision"] or not most.is_positive:
        return None
    amount = Money(number(arguments, "amount"), bill.currency)
    if most < amount:
        note = visit.words.t("⚠️ Less is left to pay than this card asked for. No money moved.")
        screen = paying.amounts(visit.words, _choice(tx, visit, way, bill), note=note)
        toast = visit.words.label("Less is left to pay. No money moved.")
        return Reply(screen=screen, toast=toast, ends_dialogue=True)
    shown = {name: arguments.get(name) for name in (REST, BALANCE)}
    if shown == _figures(tx, visit, way, bill):
        return None
    note = visit.words.t(
        "⚠️ This card's figures were no longer true. No money moved. This is how it stands now:"
    )
    fresh = _confirm(tx, visit, way, bill, amount, note=note)
    toast = visit.words.label("The figures changed. No money moved.")
    return replace(fresh, toast=toast, keeps_intent=True)


def _renew(tx: Transaction, visit: Visit, way: paying.Way) -> Reply:
    arguments = visit.intent.arguments if visit.intent else {}
    target = f"{number(arguments, 'bill')}.{number(arguments, 'revision')}"
    if stale := _stale(tx, visit, target):
        return stale
    bill = _bill(tx, visit, target)
    note = visit.words.t("⚠️ This card was too old, so no money moved. This is how it stands now:")
    amount = Money(number(arguments, "amount"), bill.currency)
    is_late = visit.intent is not None and tx.now >= visit.intent.expires_at
    return _confirm(tx, visit, way, bill, amount, note=note if is_late else None)


def _figures(tx: Transaction, visit: Visit, way: paying.Way, bill: Bill) -> dict[str, int | None]:
    """Return what a confirm card says of the money as it stands, in minor units."""
    balance = _balance(tx, visit).minor if way is paying.Way.WALLET else None
    return {REST: bill.rest.minor, BALANCE: balance}


def _choice(tx: Transaction, visit: Visit, way: paying.Way, bill: Bill) -> paying.Choice:
    most = wallet_rest(tx, bill=bill)
    if not most.is_positive:
        raise asked_for(tx, bill=bill, payer_id=visit.here[1].person_id)
    return paying.Choice(
        bill=bill,
        way=way,
        least=min(visit.here[0].least_part(bill.total), most),
        most=most,
        balance=_balance(tx, visit) if way is paying.Way.WALLET else None,
        data=f"{bill.id}.{bill.revision}",
    )


def _confirm(
    tx: Transaction,
    visit: Visit,
    way: paying.Way,
    bill: Bill,
    amount: Money,
    *,
    note: Html | None = None,
) -> Reply:
    """Check everything that can refuse, then show what is about to happen."""
    tenant, actor = visit.here
    figures, charge = _figures(tx, visit, way, bill), NO_CHARGE
    if way is paying.Way.WALLET:
        check_wallet_payment(
            tx, actor=actor, bill_id=bill.id, revision=bill.revision, amount=amount
        )
        found = Offered((("", _offer(tx, visit, "bill.pay", bill, amount, **figures)),), Html(""))
    else:
        least, most = tenant.least_part(bill.total), _choice(tx, visit, way, bill).most
        bill.check_part(amount, least=least, most=most)
        found = _link_ways(tx, visit, bill, amount, figures)
        charge = charge_act(tx, visit, bill, amount, figures)
    view = paying.Confirm(
        bill=bill,
        amount=amount,
        payee=tenant.name,
        acts=found.acts,
        about=found.about,
        has_page=found.has_page,
        change=f"pay:change:{way}.{bill.id}.{bill.revision}",
        cancel=f"pay:drop:{(charge.pay or found.acts[0][1]).partition(':')[2]}",
        before=_balance(tx, visit) if way is paying.Way.WALLET else None,
        fee_bearer=tenant.fee_bearer,
        link_minutes=tenant.policy.link_minutes,
        until=tx.now + CONFIRM_LIFE,
        already=_already(tx, visit, bill, amount),
        charge=charge,
    )
    warned = lines(warning(tx, visit.words, asked_at=bill.issued_at), note or "")
    return Reply(screen=paying.confirm(visit.words, view, note=warned), ends_dialogue=True)


def _link_ways(
    tx: Transaction, visit: Visit, bill: Bill, amount: Money, figures: Mapping[str, int | None]
) -> Offered:
    tenant, actor = visit.here
    found = ways(tx, tenant_id=tenant.id, payer_id=actor.person_id, amount=amount, bill=bill)
    bound = {"bill": bill.id, "revision": bill.revision, "amount": amount.minor, **figures}
    return offered(tx, visit, "bill.link", found, **bound)


def _offer(
    tx: Transaction, visit: Visit, verb: str, bill: Bill, amount: Money, **more: object
) -> str:
    bound = {"bill": bill.id, "revision": bill.revision, "amount": amount.minor, **more}
    return offer(tx, visit, verb, **bound)


def _already(tx: Transaction, visit: Visit, bill: Bill, amount: Money) -> paying.Already | None:
    """Return that just this amount was paid a moment ago, if it was: it may be a mistake."""
    found = same_lately(tx, bill=bill, amount=amount)
    if found is None:
        return None
    allocation, at = found
    is_own = allocation.payer_id == visit.person.id
    return paying.Already(name="" if is_own else name_of(tx, allocation.payer_id), at=at)


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
    },
    intents={
        "bill.pay": IntentRoute(flow=paid, needs_pin=True, moves_money=True, renew=renewed_wallet),
        "bill.link": IntentRoute(flow=linked, moves_money=True, renew=renewed_link),
        "bill.charge": IntentRoute(
            flow=linked, needs_pin=True, moves_money=True, renew=renewed_link
        ),
    },
    steps={AMOUNT_STEP: part_typed},
)

"""Topping up the own wallet by link: amount, provider, payment page."""

from dataclasses import replace
from typing import Final

from core.domain.configurations import Configuration, ConfigurationId
from core.domain.errors import AmountOutOfRange
from core.domain.money import Currency, Money, exponent
from core.domain.payments import MethodId, Payment
from core.ports import Transaction
from core.use_cases.charges import charge_top_up
from core.use_cases.choice import Way, reaching, taken, ways
from core.use_cases.links import MAX_TOP_UP_MINOR, open_top_up
from core.use_cases.methods import good_methods
from core.use_cases.wallets import open_wallet, wallet_account
from handlers import parsing
from handlers.cards import payment_screen, reader_of
from handlers.charging import top_up_act
from handlers.chat import Reply, Show, Step
from handlers.screens import topups
from handlers.standing import warning
from handlers.visit import DRAFT, IntentRoute, Routes, Visit, number, offer, open_draft
from handlers.ways import offered

CHIPS: Final = (1_000, 5_000, 10_000)
"""Amounts that are offered, in major units."""


def begin(tx: Transaction, visit: Visit) -> Reply:
    """Offer amounts as a new message."""
    return replace(amounts(tx, visit), show=Show.SEND)


def amounts(tx: Transaction, visit: Visit) -> Reply:
    """Offer amounts in place.

    Raises:
        NoProvider: nothing takes money here.
    """
    tenant, actor = visit.here
    known = [_major(major, tenant.currency) for major in CHIPS]
    fitting = taken(tx, tenant_id=tenant.id, payer_id=actor.person_id, amounts=known)
    draft = open_draft(tx, visit)
    chips = [
        (amount, offer(tx, visit, "topup.amount", minor=amount.minor, draft=draft))
        for amount in fitting
    ]
    available, note = _available(tx, visit), warning(tx, visit.words)
    screen = topups.amounts(
        visit.words,
        tenant,
        available=available,
        chips=chips,
        note=note,
        reaching=reaching(tx, tenant_id=tenant.id, payer_id=actor.person_id),
    )
    return Reply(screen=screen, step=Step(name="topups.amount"))


def other(tx: Transaction, visit: Visit) -> Reply:
    """Ask for an amount."""
    tenant, _ = visit.here
    step = Step(name="topups.amount")
    return Reply(screen=topups.ask_amount(visit.words, tenant.currency), step=step)


def take_amount(tx: Transaction, visit: Visit) -> Reply:
    """Show a typed amount back, with the ways to pay it.

    Raises:
        InvalidAmount: no amount we accept.
        AmountOutOfRange: more than a wallet takes at once.
        NoProvider, NotTaken: nothing takes money here, or nothing takes this amount.
    """
    tenant, _ = visit.here
    amount = parsing.amount(visit.incoming.text, tenant.currency)
    most = Money(MAX_TOP_UP_MINOR, tenant.currency)
    if most < amount:
        raise AmountOutOfRange(least=Money(1, tenant.currency), most=most)
    chosen = _choose(tx, visit, amount, draft=open_draft(tx, visit))
    return replace(chosen, show=Show.SEND, ends_dialogue=True)


def take_chip(tx: Transaction, visit: Visit) -> Reply:
    """Open the page of the only provider, or let the person choose among several.

    Raises:
        NoProvider, NotTaken: nothing takes money here, or nothing takes this amount.
    """
    tenant, _ = visit.here
    amount = Money(_argument(visit, "minor"), tenant.currency)
    found = _ways(tx, visit, amount)
    is_plain = len(found) == 1 and not found[0].has_trouble
    if is_plain and not good_methods(tx, actor=visit.here[1]):
        return _open(tx, visit, amount, found[0].configuration)
    arguments = visit.intent.arguments if visit.intent else {}
    chosen = _choose(tx, visit, amount, draft=str(arguments.get(DRAFT, "")))
    return replace(chosen, keeps_intent=True)


def take_provider(tx: Transaction, visit: Visit) -> Reply:
    """Open the page of the chosen provider.

    Raises:
        NoProvider, NotTaken: it was switched off meanwhile, or takes no such amount any more.
    """
    tenant, _ = visit.here
    amount = Money(_argument(visit, "minor"), tenant.currency)
    wanted = ConfigurationId(_argument(visit, "configuration"))
    return _open(tx, visit, amount, tx.configurations.get(wanted))


def take_saved(tx: Transaction, visit: Visit) -> Reply:
    """Charge the saved method, without a page.

    Raises:
        NotFound, MethodGone: it is removed, or no good any more.
        NoProvider, NotTaken: its provider was switched off meanwhile, or takes no such amount.
    """
    tenant, actor = visit.here
    payment = charge_top_up(
        tx,
        actor=actor,
        amount=Money(_argument(visit, "minor"), tenant.currency),
        method_id=MethodId(_argument(visit, "method")),
    )
    return _live(tx, visit, payment)


def renewed(tx: Transaction, visit: Visit) -> Reply:
    """Show the ways to pay an amount anew, or the amounts in place of what was pressed too late."""
    arguments = visit.intent.arguments if visit.intent else {}
    if visit.intent is None or tx.now >= visit.intent.expires_at:
        return amounts(tx, visit)
    amount = Money(_argument(visit, "minor"), visit.here[0].currency)
    return _choose(tx, visit, amount, draft=str(arguments.get(DRAFT, "")))


def _major(major: int, currency: Currency) -> Money:
    return Money(major * 10 ** exponent(currency), currency)


def _argument(visit: Visit, name: str) -> int:
    return number({} if visit.intent is None else visit.intent.arguments, name)


def _available(tx: Transaction, visit: Visit) -> Money:
    tenant, actor = visit.here
    wallet = open_wallet(
        tx, tenant_id=tenant.id, owner_id=actor.person_id, currency=tenant.currency
    )
    return wallet_account(tx, wallet=wallet).available


def _ways(tx: Transaction, visit: Visit, amount: Money) -> tuple[Way, ...]:
    tenant, actor = visit.here
    return ways(tx, tenant_id=tenant.id, payer_id=actor.person_id, amount=amount)


def _choose(tx: Transaction, visit: Visit, amount: Money, *, draft: str) -> Reply:
    tenant, _ = visit.here
    bound: dict[str, object] = {"minor": amount.minor, DRAFT: draft}
    found = offered(tx, visit, "topup.open", _ways(tx, visit, amount), **bound)
    screen = topups.choose(
        visit.words,
        tenant,
        amount=amount,
        available=_available(tx, visit),
        ways=found.acts,
        phones=found.phones,
        about=found.about,
        note=warning(tx, visit.words),
        charge=top_up_act(tx, visit, amount, draft=draft),
    )
    return Reply(screen=screen)


def _open(tx: Transaction, visit: Visit, amount: Money, configuration: Configuration) -> Reply:
    _, actor = visit.here
    payment = open_top_up(tx, actor=actor, amount=amount, configuration=configuration)
    return _live(tx, visit, payment)


def _live(tx: Transaction, visit: Visit, payment: Payment) -> Reply:
    screen = payment_screen(tx, reader_of(visit), payment)
    return Reply(screen=screen, show=Show.LIVE, live=f"payment:{payment.id}", ends_dialogue=True)


ROUTES: Final = Routes(
    name="wallet",
    aliases={"deposit": begin, "topup": begin},
    presses={"topup": amounts, "other": other},
    intents={
        "topup.amount": IntentRoute(flow=take_chip, renew=amounts),
        "topup.open": IntentRoute(flow=take_provider, renew=amounts, moves_money=True),
        "topup.charge": IntentRoute(
            flow=take_saved, needs_pin=True, renew=renewed, moves_money=True
        ),
    },
    steps={"topups.amount": take_amount},
)

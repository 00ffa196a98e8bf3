"""Saved payment methods: keeping one after a payment, the list, name, default, end; preferences."""

from dataclasses import replace
from typing import Final

from core.domain.calendar import local_date
from core.domain.methods import PaymentMethod
from core.domain.money import Money
from core.domain.payments import MethodId, PaymentId
from core.domain.people import Scope
from core.ports import Transaction
from core.use_cases.methods import (
    allow_keeping,
    good_methods,
    keep_method,
    make_default,
    name_method,
    object_to_method,
    objectionable,
    own_method,
    prefer_provider,
    remove_method,
)
from handlers import parsing
from handlers.chat import Reply, Screen, Show, Step
from handlers.screens import doors
from handlers.screens import methods as screens
from handlers.visit import IntentRoute, Routes, Visit, number, offer
from handlers.words import Html

NAME_STEP: Final = "methods.name"


def listed(tx: Transaction, visit: Visit) -> Reply:
    """Show what the person keeps."""
    return Reply(screen=_list(tx, visit), ends_dialogue=True)


def shown(tx: Transaction, visit: Visit) -> Reply:
    """Show one method."""
    return Reply(screen=_card(tx, visit, _pressed(tx, visit)), ends_dialogue=True)


def kept(tx: Transaction, visit: Visit) -> Reply:
    """Keep what a payment was paid with: its payer says so by this press."""
    payment_id = PaymentId(_argument(visit, "payment"))
    method = keep_method(tx, actor=visit.here[1], payment_id=payment_id)
    screen = _card(tx, visit, method, note=screens.saved(visit.words, method))
    return Reply(screen=screen, show=Show.SEND, toast=visit.words.label("Saved"))


def ask_name(tx: Transaction, visit: Visit) -> Reply:
    """Ask what a method is to be called."""
    method = _pressed(tx, visit)
    unname = offer(tx, visit, "method.unname", method=method.id) if method.name else ""
    screen = screens.ask_name(visit.words, replace(_view(tx, visit, method), unname=unname))
    return Reply(screen=screen, step=Step(name=NAME_STEP, data={"method": method.id}))


def take_name(tx: Transaction, visit: Visit) -> Reply:
    """Keep a typed name.

    Raises:
        InvalidInput, TooLong: it is none.
    """
    name = parsing.method_name(visit.incoming.text)
    return replace(_named(tx, visit, number(visit.data, "method"), name), show=Show.SEND)


def unnamed(tx: Transaction, visit: Visit) -> Reply:
    """Take a name away."""
    return _named(tx, visit, _argument(visit, "method"), "")


def made_default(tx: Transaction, visit: Visit) -> Reply:
    """Offer a method first from now on."""
    method_id = MethodId(_argument(visit, "method"))
    method = make_default(tx, actor=visit.here[1], method_id=method_id)
    return Reply(screen=_card(tx, visit, method), toast=visit.words.label("Saved"))


def ask_removal(tx: Transaction, visit: Visit) -> Reply:
    """Ask whether a method is to go."""
    method = _pressed(tx, visit)
    remove = offer(tx, visit, "method.remove", method=method.id)
    return Reply(screen=screens.ask_removal(visit.words, method, remove=remove), ends_dialogue=True)


def removed(tx: Transaction, visit: Visit) -> Reply:
    """Forget a method."""
    method_id = MethodId(_argument(visit, "method"))
    method = remove_method(tx, actor=visit.here[1], method_id=method_id)
    note = screens.removed(visit.words, method)
    return Reply(screen=_list(tx, visit, note=note), toast=visit.words.label("Removed"))


def ask_stop(tx: Transaction, visit: Visit) -> Reply:
    """Ask whether somebody else's saved card is to be stopped.

    Raises:
        NotFound: it is removed by now, or another organisation's.
        NotAllowed: the person may not stop it.
    """
    actor = visit.here[1]
    method_id = MethodId(parsing.ident(visit.argument))
    method = objectionable(tx, actor=actor, method_id=method_id)
    is_staff = actor.has(Scope.REFUND_REQUEST)
    screen = screens.ask_stop(
        visit.words,
        method,
        owner=tx.people.person(method.person_id).name if is_staff else "",
        stop=offer(tx, visit, "method.stop", method=method.id),
        back=doors.MENU,
    )
    return Reply(screen=screen, show=Show.SEND, ends_dialogue=True)


def stopped(tx: Transaction, visit: Visit) -> Reply:
    """Stop somebody else's saved card."""
    method_id = MethodId(_argument(visit, "method"))
    method = object_to_method(tx, actor=visit.here[1], method_id=method_id)
    screen = screens.stopped(visit.words, method)
    return Reply(screen=screen, toast=visit.words.label("Stopped"), ends_dialogue=True)


def preferences(tx: Transaction, visit: Visit) -> Reply:
    """Offer the providers that take money here."""
    tenant, actor = visit.here
    providers = dict.fromkeys(each.provider for each in tx.configurations.usable(tenant.id))
    choices = [
        (provider, offer(tx, visit, "method.prefer", provider=provider))
        for provider in (*providers, "")
    ]
    preferred = tx.methods.preferred(actor.person_id, tenant.id)
    screen = screens.preferences(visit.words, preferred, choices)
    return Reply(screen=screen, ends_dialogue=True)


def preferred(tx: Transaction, visit: Visit) -> Reply:
    """Offer a provider first from now on."""
    arguments = visit.intent.arguments if visit.intent else {}
    prefer_provider(tx, actor=visit.here[1], provider=str(arguments.get("provider", "")))
    return Reply(screen=_list(tx, visit), toast=visit.words.label("Saved"))


def allowed(tx: Transaction, visit: Visit) -> Reply:
    """Let providers that must be told before keep what the person pays with, or no longer."""
    arguments = visit.intent.arguments if visit.intent else {}
    allow_keeping(tx, actor=visit.here[1], is_allowed=arguments.get("is_allowed") is True)
    return Reply(screen=_list(tx, visit), toast=visit.words.label("Saved"))


def _named(tx: Transaction, visit: Visit, method_id: int, name: str) -> Reply:
    method = name_method(tx, actor=visit.here[1], method_id=MethodId(method_id), name=name)
    return Reply(screen=_card(tx, visit, method), ends_dialogue=True)


def _pressed(tx: Transaction, visit: Visit) -> PaymentMethod:
    method_id = MethodId(parsing.ident(visit.argument))
    return own_method(tx, actor=visit.here[1], method_id=method_id)


def _list(tx: Transaction, visit: Visit, *, note: Html | None = None) -> Screen:
    tenant, actor = visit.here
    preference = tx.methods.preference(actor.person_id, tenant.id)
    return screens.listed(
        visit.words,
        [_view(tx, visit, each) for each in tx.methods.of(actor.person_id, tenant.id)],
        preference=preference,
        keeping=offer(tx, visit, "method.allow", is_allowed=not preference.is_keeping),
        note=note,
    )


def _card(
    tx: Transaction, visit: Visit, method: PaymentMethod, *, note: Html | None = None
) -> Screen:
    return screens.card(visit.words, _view(tx, visit, method), note=note)


def _view(tx: Transaction, visit: Visit, method: PaymentMethod) -> screens.MethodCard:
    tenant, actor = visit.here
    is_offered = any(each.id == method.id for each in good_methods(tx, actor=actor))
    may_choose = is_offered and not method.is_default
    account = tx.configurations.get(method.configuration_id).account
    limit = method.day_limit_minor
    return screens.MethodCard(
        method=method,
        today=local_date(tx.now, tenant.timezone),
        is_offered=is_offered,
        is_elsewhere=method.is_elsewhere(account),
        waits_until=method.waits_until if method.is_waiting(at=tx.now) else None,
        limit=Money(limit, tenant.currency) if limit else None,
        default=offer(tx, visit, "method.default", method=method.id) if may_choose else "",
    )


def _argument(visit: Visit, name: str) -> int:
    return number(visit.intent.arguments if visit.intent else {}, name)


ROUTES: Final = Routes(
    name="methods",
    aliases={"methods": listed},
    presses={
        "list": listed,
        "card": shown,
        "rename": ask_name,
        "remove": ask_removal,
        "prefer": preferences,
        "stop": ask_stop,
    },
    intents={
        "method.keep": IntentRoute(flow=kept),
        "method.unname": IntentRoute(flow=unnamed),
        "method.default": IntentRoute(flow=made_default),
        "method.remove": IntentRoute(flow=removed),
        "method.stop": IntentRoute(flow=stopped),
        "method.prefer": IntentRoute(flow=preferred),
        "method.allow": IntentRoute(flow=allowed),
    },
    steps={NAME_STEP: take_name},
)

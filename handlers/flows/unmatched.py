"""Giving unmatched money to whom it belongs: who, how much, why, confirm, PIN."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Final

from core.domain.differences import DifferenceId
from core.domain.errors import StaleCard, UnmatchedGone
from core.domain.money import Currency, Money
from core.domain.people import NO_UNIT, Membership, MembershipStatus, PersonId, Scope
from core.domain.unmatched import Unmatched, UnmatchedId
from core.ports import Transaction
from core.use_cases.differences import match_difference, matchable_difference
from core.use_cases.payments import is_of_household
from core.use_cases.reports import unmatched_money
from core.use_cases.unmatched import (
    check_reason,
    check_receiver,
    give_unmatched,
    how_it_came,
    seen_unmatched,
)
from handlers import parsing
from handlers.chat import Reply, Screen, Show, Step
from handlers.screens import doors, unmatched
from handlers.unmatched_cards import meant_of, waiting
from handlers.visit import IntentRoute, Routes, Visit, number, offer

WHO_STEP: Final = "unmatched.who"
AMOUNT_STEP: Final = "unmatched.amount"
REASON_STEP: Final = "unmatched.reason"
MOST_FOUND: Final = 6
MOST_LOOKED_THROUGH: Final = 200


def listed(tx: Transaction, visit: Visit) -> Reply:
    """Show what waits, each with what may be done about it.

    Raises:
        NotAllowed: the actor lacks `reports:view`.
    """
    tenant, actor = visit.here
    actor.check(Scope.REPORTS_VIEW, tenant.id)
    after = UnmatchedId(parsing.ident(visit.argument)) if visit.argument else None
    found = tx.unmatched.waiting_in(tenant.id, after=after, limit=unmatched.PAGE + 1)
    shown = found[: unmatched.PAGE]
    screen = unmatched.listed(
        visit.words,
        [waiting(tx, actor, each) for each in shown],
        sums=unmatched_money(tx, tenant_id=tenant.id),
        following=f"{doors.UNMATCHED}:{shown[-1].id}" if len(found) > len(shown) else "",
    )
    return Reply(screen=screen, ends_dialogue=True)


def begin(tx: Transaction, visit: Visit) -> Reply:
    """Ask whose unmatched money is.

    Raises:
        NotAllowed: the actor lacks `finance:adjust:initiate`.
        NotFound: there is none of this id here.
        UnmatchedGone: it was matched or sent back meanwhile.
    """
    begun = replace(visit, data={"unmatched": parsing.ident(visit.argument)})
    waits = _waits(tx, begun)
    screen = _ask_who(tx, begun, waits, (), searched="")
    return Reply(screen=screen, show=Show.SEND, step=Step(name=WHO_STEP, data=begun.data))


def begin_for(tx: Transaction, visit: Visit) -> Reply:
    """Ask whose the money of a difference is: a capture that is not in the books yet.

    Raises:
        NotAllowed: the actor lacks `finance:adjust:initiate`.
        NotFound: there is none of this id here.
        StaleCard: it has ended, or its money is in the books by now.
    """
    found = matchable_difference(
        tx, actor=visit.here[1], difference_id=DifferenceId(parsing.ident(visit.argument))
    )
    screen = unmatched.ask_who(
        visit.words, found.listed, (), searched="", moves=(), bills_in=visit.here[0].currency
    )
    return Reply(screen=screen, step=Step(name=WHO_STEP, data={"difference": found.id}))


def who_typed(tx: Transaction, visit: Visit) -> Reply:
    """List the members whose name or unit was typed."""
    waits = _waits(tx, visit)
    text = " ".join(visit.incoming.text.split())[: parsing.MAX_NAME]
    found = _search(tx, visit, text) if text else ()
    screen = _ask_who(tx, visit, waits, found, searched=text)
    return Reply(screen=screen, show=Show.SEND, step=Step(name=WHO_STEP, data=visit.data))


def who_pressed(tx: Transaction, visit: Visit) -> Reply:
    """Keep whose it is, ask how much; a capture is given as a whole.

    Raises:
        NotAllowed: the actor lacks `finance:adjust:initiate`, or it is his own household.
        NotFound: no active member here: not even the name is said.
    """
    person_id = PersonId(parsing.ident(visit.argument))
    check_receiver(tx, actor=visit.here[1], person_id=person_id)
    waits, name = _waits(tx, visit), tx.people.person(person_id).name
    data = {**visit.data, "person": person_id}
    if "difference" in data:
        return _ask_reason(tx, replace(visit, data=data), waits, waits)
    screen = unmatched.ask_amount(visit.words, waits, name)
    return Reply(screen=screen, step=Step(name=AMOUNT_STEP, data=data))


def amount_typed(tx: Transaction, visit: Visit) -> Reply:
    """Keep a typed amount, ask why."""
    waits = _waits(tx, visit)
    amount = parsing.amount(visit.incoming.text, waits.currency)
    return replace(_ask_reason(tx, visit, waits, amount), show=Show.SEND)


def all_pressed(tx: Transaction, visit: Visit) -> Reply:
    """Take all of it, ask why."""
    waits = _waits(tx, visit)
    return _ask_reason(tx, visit, waits, waits)


def reason_typed(tx: Transaction, visit: Visit) -> Reply:
    """Take the reason and show what is about to move."""
    reason = visit.incoming.text.strip()
    check_reason(reason)
    return replace(_confirm(tx, visit, reason), show=Show.SEND)


def given_again(tx: Transaction, visit: Visit) -> Reply:
    """Show anew what is about to move, with a fresh button."""
    if visit.intent is None:
        raise StaleCard
    kept = visit.intent.arguments
    data = {**meant_of(kept), "person": number(kept, "person"), "amount": number(kept, "minor")}
    there = replace(visit, data=data)
    if _waits(tx, there).minor < data["amount"]:
        raise StaleCard
    return _confirm(tx, there, str(kept["reason"]))


def _confirm(tx: Transaction, visit: Visit, reason: str) -> Reply:
    waits = _waits(tx, visit)
    person, minor = number(visit.data, "person"), number(visit.data, "amount")
    act = offer(
        tx,
        visit,
        "unmatched.give",
        person=person,
        minor=minor,
        currency=waits.currency,
        reason=reason,
        **meant_of(visit.data),
    )
    screen = unmatched.confirm(
        visit.words,
        waits,
        name=tx.people.person(PersonId(person)).name,
        amount=Money(minor, waits.currency),
        reason=reason,
        act=act,
        bills_in=visit.here[0].currency,
    )
    return Reply(screen=screen, ends_dialogue=True)


def give(tx: Transaction, visit: Visit) -> Reply:
    """Move it; the PIN was checked for it."""
    if visit.intent is None:
        raise StaleCard
    arguments = visit.intent.arguments
    person_id = PersonId(number(arguments, "person"))
    amount = Money(number(arguments, "minor"), Currency(str(arguments["currency"])))
    act: Callable[..., object]
    if arguments.get("difference"):
        wanted = DifferenceId(number(arguments, "difference"))
        act = partial(match_difference, difference_id=wanted)
    elif "unmatched" not in arguments:
        raise StaleCard  # A button of before each was given by itself.
    else:
        kept = UnmatchedId(number(arguments, "unmatched"))
        act = partial(give_unmatched, unmatched_id=kept, amount=amount)
    act(
        tx,
        actor=visit.here[1],
        person_id=person_id,
        reason=str(arguments["reason"]),
        key=visit.intent.key,
        has_pin_check=visit.person.has_pin,
    )
    name = tx.people.person(person_id).name
    return Reply(screen=unmatched.given(visit.words, name=name, amount=amount), ends_dialogue=True)


def _ask_who(
    tx: Transaction,
    visit: Visit,
    waits: Money,
    found: tuple[unmatched.Member, ...],
    *,
    searched: str,
) -> Screen:
    moves = []
    if "unmatched" in visit.data:
        moves = [how_it_came(tx, unmatched=_kept(tx, visit))]
    bills_in = visit.here[0].currency
    return unmatched.ask_who(
        visit.words, waits, found, searched=searched, moves=moves, bills_in=bills_in
    )


def _kept(tx: Transaction, visit: Visit) -> Unmatched:
    wanted = UnmatchedId(number(visit.data, "unmatched"))
    return seen_unmatched(tx, actor=visit.here[1], unmatched_id=wanted)


def _waits(tx: Transaction, visit: Visit) -> Money:
    """Return what waits of the money that the dialogue is about.

    Raises:
        NotAllowed: the actor lacks `finance:adjust:initiate`.
        StaleCard: the dialogue is over, or the capture is booked by now.
        UnmatchedGone: it was matched or sent back meanwhile.
    """
    tenant, actor = visit.here
    actor.check(Scope.ADJUST_INITIATE, tenant.id)
    if "difference" in visit.data:
        wanted = DifferenceId(number(visit.data, "difference"))
        return matchable_difference(tx, actor=actor, difference_id=wanted).listed
    if "unmatched" not in visit.data:
        raise StaleCard
    free = _kept(tx, visit).free
    if not free.is_positive:
        raise UnmatchedGone
    return free


def _ask_reason(tx: Transaction, visit: Visit, waits: Money, amount: Money) -> Reply:
    if "unmatched" in visit.data:
        _kept(tx, visit).give(amount)
    person = number(visit.data, "person") if "person" in visit.data else 0
    if not person:
        raise StaleCard
    name = tx.people.person(PersonId(person)).name
    screen = unmatched.ask_reason(visit.words, waits, name=name, amount=amount)
    data = {**visit.data, "amount": amount.minor}
    return Reply(screen=screen, step=Step(name=REASON_STEP, data=data))


def _search(tx: Transaction, visit: Visit, text: str) -> tuple[unmatched.Member, ...]:
    """Return active members by unit or name, but never of the household of who asks."""
    tenant = visit.here[0]
    units = tx.people.search_units(tenant.id, text, limit=MOST_FOUND)
    found = [each for unit in units for each in tx.people.members_of_unit(unit.id)]
    everybody = tx.people.members(tenant.id, after=None, limit=MOST_LOOKED_THROUGH)
    found += [
        each
        for each in everybody
        if each.unit_id == NO_UNIT
        and each.status is MembershipStatus.ACTIVE
        and text.casefold() in tx.people.person(each.person_id).name.casefold()
    ]
    people = {each.person_id: each for each in found}
    others = (
        each
        for each in people.values()
        if not is_of_household(tx, actor=visit.here[1], person_id=each.person_id)
    )
    return tuple(_member(tx, each) for each in islice(others, MOST_FOUND))


def _member(tx: Transaction, each: Membership) -> unmatched.Member:
    unit = "" if each.unit_id == NO_UNIT else tx.people.unit(each.unit_id).code
    name = tx.people.person(each.person_id).name
    return unmatched.Member(person_id=each.person_id, name=name, unit=unit)


ROUTES: Final = Routes(
    name="unmatched",
    presses={"start": listed, "of": begin, "for": begin_for, "to": who_pressed, "all": all_pressed},
    intents={
        "unmatched.give": IntentRoute(
            flow=give, needs_pin=True, moves_money=True, renew=given_again
        )
    },
    steps={WHO_STEP: who_typed, AMOUNT_STEP: amount_typed, REASON_STEP: reason_typed},
)

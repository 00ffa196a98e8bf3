"""Arriving: /start, and joining by an invitation link, with the own contact where it is bound."""

from typing import Final

from core.domain.errors import InvalidInput, PhoneNeeded, UnknownLink
from core.domain.people import NO_UNIT, Membership
from core.ports import Transaction
from core.use_cases.people import check_guesses, join, verify_phone
from handlers import parsing
from handlers.chat import Did, Reply, Show, Step
from handlers.screens import joining
from handlers.standing import home_of, moved
from handlers.visit import Routes, Visit


def start(tx: Transaction, visit: Visit) -> Reply:
    """Greet; a payload that no capability claims opens nothing.

    Raises:
        UnknownLink: there was a payload.
        TooManyRequests: too many of them.
    """
    if visit.argument:
        check_guesses(tx, person_id=visit.person.id)
        raise UnknownLink
    note = joining.greeting(visit.words, visit.person.name)
    return Reply(screen=home_of(tx, visit, note=note), show=Show.SEND, ends_dialogue=True)


def invited(tx: Transaction, visit: Visit) -> Reply:
    """Use an invitation link; one that is bound to a phone asks for the contact first.

    Raises:
        TooManyRequests, UnknownLink, LinkUsed, WrongPhone, AlreadyMember: as `join`.
    """
    try:
        membership = join(tx, person_id=visit.person.id, key=visit.argument)
    except PhoneNeeded:
        step = Step(name="start.contact", data={"key": visit.argument})
        return Reply(screen=joining.ask_contact(visit.words), show=Show.SEND, step=step)
    return _welcomed(tx, visit, membership)


def shared(tx: Transaction, visit: Visit) -> Reply:
    """Take the contact that a bound invitation asked for.

    Raises:
        InvalidInput: something else came, or somebody else's contact.
        WrongPhone: the invitation is for another phone.
        LinkUsed, AlreadyMember: as `join`.
    """
    contact = visit.incoming.contact
    if visit.incoming.did is not Did.CONTACT or contact is None or not contact.is_own:
        raise InvalidInput(what="contact", example="")
    phone = parsing.shared_phone(contact.phone)
    verify_phone(tx, person_id=visit.person.id, phone=phone)
    membership = join(tx, person_id=visit.person.id, key=str(visit.data["key"]))
    return _welcomed(tx, visit, membership)


def _welcomed(tx: Transaction, visit: Visit, membership: Membership) -> Reply:
    person = tx.people.person(visit.person.id)
    there = moved(tx, visit, person, membership.tenant_id)
    unit = membership.unit_id
    welcome = joining.welcome(
        there.words,
        tenant=tx.tenants.get(membership.tenant_id),
        unit="" if unit == NO_UNIT else tx.people.unit(unit).code,
        roles=membership.roles,
    )
    return Reply(screen=welcome, show=Show.SEND, ends_dialogue=True, more=(home_of(tx, there),))


ROUTES: Final = Routes(
    name="start",
    aliases={"start": start},
    steps={"start.contact": shared},
    links={"i": invited},
)

"""Settings: what a person decides about being spoken to, and the way to the PIN."""

from dataclasses import replace
from typing import Final

from core.domain.errors import InvalidInput
from core.domain.people import NO_UNIT, MembershipStatus, Person
from core.ports import Transaction
from core.use_cases.people import change_preferences, tenants_of, verify_phone
from handlers import parsing
from handlers.chat import Did, Reply, Screen, Show, Step
from handlers.screens import settings as screens
from handlers.visit import IntentRoute, Routes, Visit, offer
from handlers.words import choose


def card(tx: Transaction, visit: Visit) -> Reply:
    """Show the settings."""
    if visit.tenant is None:
        return Reply(screen=screens.stranger(visit.words))
    return Reply(screen=_card(tx, visit), ends_dialogue=True)


def set_reminders(tx: Transaction, visit: Visit) -> Reply:
    """Turn reminders on or off."""
    is_on = _argument(visit, "on") is True
    person = change_preferences(tx, person_id=visit.person.id, has_reminders=is_on)
    return _saved(tx, visit, person)


def languages(tx: Transaction, visit: Visit) -> Reply:
    """Offer the languages."""
    choices = [
        (language, offer(tx, visit, "settings.language", language=language))
        for language in screens.offered_languages()
    ]
    return Reply(screen=screens.languages(visit.words, visit.person.language, choices))


def set_language(tx: Transaction, visit: Visit) -> Reply:
    """Speak another language from now on."""
    language = str(_argument(visit, "language"))
    person = change_preferences(tx, person_id=visit.person.id, language=language)
    spoken = choose(person.language, visit.identity.language_code)
    words = replace(visit.words, language=spoken)
    return _saved(tx, replace(visit, words=words), person)


def ask_email(tx: Transaction, visit: Visit) -> Reply:
    """Ask for an e-mail address."""
    has_one = bool(visit.person.email)
    remove = offer(tx, visit, "settings.no_email") if has_one else ""
    screen = screens.ask_email(visit.words, visit.person.email, remove=remove)
    return Reply(screen=screen, step=Step(name="settings.email"))


def take_email(tx: Transaction, visit: Visit) -> Reply:
    """Keep a typed address.

    Raises:
        InvalidInput: it is none.
    """
    address = parsing.email(visit.incoming.text)
    person = change_preferences(tx, person_id=visit.person.id, email=address)
    return replace(_saved(tx, visit, person), show=Show.SEND)


def remove_email(tx: Transaction, visit: Visit) -> Reply:
    """Forget the address."""
    person = change_preferences(tx, person_id=visit.person.id, email="")
    return _saved(tx, visit, person)


def ask_phone(tx: Transaction, visit: Visit) -> Reply:
    """Ask for the own phone number."""
    screen = screens.ask_phone(visit.words, visit.person)
    return Reply(screen=screen, show=Show.SEND, step=Step(name="settings.phone"))


def take_phone(tx: Transaction, visit: Visit) -> Reply:
    """Keep the number of the own contact.

    Raises:
        InvalidInput: something else came, or somebody else's contact.
    """
    contact = visit.incoming.contact
    if visit.incoming.did is not Did.CONTACT or contact is None or not contact.is_own:
        raise InvalidInput(what="contact", example="")
    phone = parsing.shared_phone(contact.phone)
    person = verify_phone(tx, person_id=visit.person.id, phone=phone)
    screen = screens.phone_kept(visit.words, person)
    return Reply(screen=screen, show=Show.SEND, ends_dialogue=True)


def my_data(tx: Transaction, visit: Visit) -> Reply:
    """Show what we know about the person."""
    belongings = [
        screens.Belonging(
            tenant=tx.tenants.get(each.tenant_id).name,
            unit="" if each.unit_id == NO_UNIT else tx.people.unit(each.unit_id).code,
            roles=each.roles,
        )
        for each in tx.people.memberships_of(visit.person.id)
        if each.status is MembershipStatus.ACTIVE
    ]
    methods = [
        method.label
        for tenant in tenants_of(tx, person_id=visit.person.id)
        for method in tx.methods.of(visit.person.id, tenant.id)
    ]
    screen = screens.my_data(visit.words, visit.person, belongings, methods=methods)
    return Reply(screen=screen)


def _argument(visit: Visit, name: str) -> object:
    return None if visit.intent is None else visit.intent.arguments[name]


def _saved(tx: Transaction, visit: Visit, person: Person) -> Reply:
    there = replace(visit, person=person)
    screen = _card(tx, there, note=screens.saved(there.words))
    return Reply(screen=screen, ends_dialogue=True)


def _card(tx: Transaction, visit: Visit, *, note: str = "") -> Screen:
    tenant, _ = visit.here
    person = visit.person
    view = screens.SettingsView(
        person=person,
        tenant=tenant,
        tenants=len(tenants_of(tx, person_id=person.id)),
        pin=offer(tx, visit, "pin.change"),
        reminders=offer(tx, visit, "settings.reminders", on=not person.has_reminders),
    )
    return screens.card(visit.words, view, note=note)


ROUTES: Final = Routes(
    name="settings",
    commands={"settings": card},
    aliases={"pin": card, "language": languages},
    presses={
        "card": card,
        "languages": languages,
        "email": ask_email,
        "phone": ask_phone,
        "data": my_data,
    },
    intents={
        "settings.reminders": IntentRoute(flow=set_reminders),
        "settings.language": IntentRoute(flow=set_language),
        "settings.no_email": IntentRoute(flow=remove_email),
    },
    steps={"settings.email": take_email, "settings.phone": take_phone},
)

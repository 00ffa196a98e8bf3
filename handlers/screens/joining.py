"""Joining by invitation: asking for the contact, the welcome."""

from core.domain.people import Role
from core.domain.tenants import Tenant
from handlers.chat import Screen
from handlers.screens.people import role_words
from handlers.words import Html, Words, lines


def greeting(words: Words, name: str) -> Html:
    """Greet somebody we know, above the home card."""
    return words.t("Hello, %(name)s.", name=name)


def ask_contact(words: Words) -> Screen:
    """Ask for the own phone number; nothing of the invitation is shown before."""
    html = lines(
        words.t("<b>One step to join</b>"),
        words.t(
            "This invitation is for one phone number only. Press the button below to share "
            "yours, so that nobody else can use it."
        ),
        words.t("Your number is kept encrypted and never shown in full. /cancel stops here."),
    )
    return Screen(html=html, ask_contact=words.label("Share my phone number"))


def welcome(words: Words, *, tenant: Tenant, unit: str, roles: frozenset[Role]) -> Screen:
    """Confirm what was joined, as what; takes the contact keyboard away."""
    place = words.t("✅ You have joined <b>%(tenant)s</b>.", tenant=tenant.name)
    if unit:
        place = words.t(
            "✅ You have joined <b>%(tenant)s</b>, unit %(unit)s.", tenant=tenant.name, unit=unit
        )
    html = lines(
        place,
        words.t("Your role: %(roles)s.", roles=role_words(words, roles)),
        words.t("The invitation link is used up. /menu brings you home, /help explains the rest."),
    )
    return Screen(html=html, drop_keyboard=True)

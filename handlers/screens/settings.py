"""Settings: PIN, reminders, language, e-mail, organisation, what we know about the person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.domain.people import Person, Role
from core.domain.tenants import Tenant
from handlers.chat import Button, Screen
from handlers.screens import doors
from handlers.screens.home import back_row
from handlers.screens.people import masked, role_words
from handlers.words import LANGUAGES, Html, Words, lines

SETTINGS: Final = "settings:card"
_NAMES: Final = {"en": "English", "sw": "Kiswahili", "fr": "Français"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsView:
    """A person's settings; the other fields are data of one-use buttons.

    `tenant` is the organisation shown now, `tenants` counts all of them.
    """

    person: Person
    tenant: Tenant
    tenants: int
    pin: str
    reminders: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """Where a person belongs, as what."""

    tenant: str
    unit: str
    roles: frozenset[Role]


def card(words: Words, view: SettingsView, *, note: str = "") -> Screen:
    """Show everything that can be set."""
    person = view.person
    html = lines(
        note,
        words.t("<b>Settings</b>"),
        words.t("PIN: set") if person.has_pin else words.t("PIN: none yet"),
        words.t("Reminders: on") if person.has_reminders else words.t("Reminders: off"),
        words.t("Language: %(language)s", language=language_name(words, person.language)),
        words.t("E-mail: %(email)s", email=person.email or words.t("none")),
        words.t("Phone: %(phone)s", phone=_phone(words, person)),
        words.t("Organisation: %(tenant)s", tenant=view.tenant.name),
    )
    pin = words.label("Change PIN") if person.has_pin else words.label("Set a PIN")
    turn = words.label("Turn reminders off")
    if not person.has_reminders:
        turn = words.label("Turn reminders on")
    rows: list[tuple[Button, ...]] = [
        (
            Button(label=pin, data=view.pin),
            Button(label=turn, data=view.reminders),
        ),
        (
            Button(label=words.label("Language"), data="settings:languages"),
            Button(label=words.label("E-mail"), data="settings:email"),
        ),
        (
            Button(label=words.label("Phone"), data=doors.PHONE),
            Button(label=words.label("Payment methods"), data=doors.METHODS),
        ),
        (Button(label=words.label("My data"), data="settings:data"),),
    ]
    if view.tenants > 1:
        rows.append((Button(label=words.label("Switch organisation"), data="home:tenants"),))
    return Screen(html=html, rows=(*rows, back_row(words)))


def languages(words: Words, chosen: str, choices: Sequence[tuple[str, str]]) -> Screen:
    """Let the person choose; `choices` are (language, button's data), "" follows the app."""
    html = lines(
        words.t("<b>Language</b>"),
        words.t("Now: %(language)s", language=language_name(words, chosen)),
    )
    rows = tuple(
        (Button(label=language_name(words, language), data=data),) for language, data in choices
    )
    return Screen(html=html, rows=(*rows, back_row(words, SETTINGS)))


def ask_email(words: Words, current: str, *, remove: str) -> Screen:
    """Ask for an address; `remove` is a button's data, "" where there is nothing to remove."""
    html = lines(
        words.t("<b>Your e-mail address</b>"),
        words.t("Now: %(email)s", email=current or words.t("none")),
        words.t(
            "Payment providers ask for one. It is kept encrypted. Write it, for example "
            "ada@example.com."
        ),
    )
    rows = [(Button(label=words.label("Remove it"), data=remove),)] if remove else []
    last = (
        Button(label=words.label("Back"), data=SETTINGS),
        Button(label=words.label("Cancel"), data=doors.LEAVE),
    )
    return Screen(html=html, rows=(*rows, last))


def ask_phone(words: Words, person: Person) -> Screen:
    """Ask for the own phone number, by the chat app's own button: a typed one proves nothing."""
    html = lines(
        words.t("<b>Your phone number</b>"),
        words.t("Now: %(phone)s", phone=_phone(words, person)),
        words.t(
            "Providers such as M-Pesa ask for your PIN on your phone. Press the button below to "
            "share your number: only that shows that it is yours."
        ),
        words.t("It is kept encrypted and never shown in full. /cancel stops here."),
    )
    return Screen(html=html, ask_contact=words.label("Share my phone number"))


def phone_kept(words: Words, person: Person) -> Screen:
    """Confirm a shared number; takes the contact keyboard away."""
    html = lines(
        words.t("✅ Your phone number %(phone)s is verified.", phone=masked(person.phone)),
        words.t("Providers may ask you there from now on. /bills shows what you owe."),
    )
    return Screen(html=html, drop_keyboard=True)


def my_data(
    words: Words, person: Person, belongings: Sequence[Belonging], *, methods: Sequence[str]
) -> Screen:
    """Show what we know about the person, and what he can ask for; `methods` are masks."""
    phone = masked(person.phone) or words.t("none")
    where = [
        words.t("• %(tenant)s, as %(roles)s", tenant=each.tenant, roles=_roles(words, each))
        for each in belongings
    ]
    html = lines(
        words.t("<b>What we know about you</b>"),
        words.t("Name: %(name)s", name=person.name),
        words.t("Phone: %(phone)s", phone=phone),
        words.t("E-mail: %(email)s", email=person.email or words.t("none")),
        words.t("PIN: only a fingerprint that cannot be read back")
        if person.has_pin
        else words.t("PIN: none yet"),
        *where,
        *(words.t("Saved to pay with: %(method)s", method=each) for each in methods),
        words.t(
            "Your bills and every move of your wallet are kept in the books: /bills, /wallet. "
            "To have personal data corrected or erased, ask an administrator: /support. Amounts "
            "stay, because books must add up."
        ),
    )
    return Screen(html=html, rows=(back_row(words, SETTINGS),), is_protected=True)


def stranger(words: Words) -> Screen:
    """Tell somebody without a tenant that there is nothing to set yet."""
    html = words.t(
        "There is nothing to set yet: you belong to no organisation here. An invitation link "
        "from its administrator takes you in."
    )
    return Screen(html=html, rows=(back_row(words),))


def saved(words: Words) -> Html:
    """Confirm a change, above the card."""
    return words.t("✅ Saved.")


def language_name(words: Words, language: str) -> Html:
    """Return a language in its own words; "" follows the chat app."""
    if not language:
        return words.t("as in Telegram")
    return Html(_NAMES.get(language, language))


def offered_languages() -> tuple[str, ...]:
    """Return what can be chosen; "" follows the chat app."""
    return ("", *LANGUAGES)


def _phone(words: Words, person: Person) -> Html:
    """Return the number's end, and nothing of one that nobody verified."""
    if person.phone_verified_at is None:
        return words.t("none")
    return words.t("%(phone)s, verified", phone=masked(person.phone))


def _roles(words: Words, each: Belonging) -> Html:
    roles = role_words(words, each.roles)
    return words.t("%(roles)s, %(unit)s", roles=roles, unit=each.unit) if each.unit else roles

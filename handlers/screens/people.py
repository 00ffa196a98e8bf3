"""Members and invitations as staff see them; the names of roles as everybody sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.domain.people import MembershipStatus, Role, Scope
from core.domain.roles import CHECKER_SCOPES, ROLE_SCOPES
from core.domain.tenants import Tenant
from handlers.chat import Button, Screen
from handlers.screens.home import back_row
from handlers.words import Html, Words, escape, lines

LIST: Final = "people:list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One member of the list."""

    membership_id: int
    name: str
    unit: str
    roles: frozenset[Role]
    status: MembershipStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of members: `number` of `pages`; cursors are arguments, None where it ends."""

    lines: Sequence[Line]
    number: int
    pages: int
    total: int
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """An invitation that was just made; `phone` is masked, "" for nobody in particular."""

    tenant: Tenant
    role: Role
    unit: str
    phone: str
    link: str
    expires_at: datetime


def members(words: Words, tenant: Tenant, page: Page) -> Screen:
    """List the members, five at a time."""
    html = lines(
        words.t("<b>People of %(tenant)s</b>", tenant=tenant.name),
        words.t(
            "Members: %(total)s · page %(number)s/%(pages)s",
            total=page.total,
            number=page.number,
            pages=page.pages,
        ),
        *(_member(words, each) for each in page.lines),
    )
    turn = []
    if page.before is not None:
        turn.append(Button(label=words.label("« Previous"), data=f"{LIST}:{page.before}"))
    if page.after is not None:
        turn.append(Button(label=words.label("Next »"), data=f"{LIST}:{page.after}"))
    opens = tuple(
        (Button(label=_open(words, each), data=f"members:card:{each.membership_id}"),)
        for each in page.lines
    )
    invite = (
        Button(label=words.label("Invite somebody"), data="people:invite"),
        Button(label=words.label("Open invitations"), data="members:invitations"),
    )
    turns = (tuple(turn),) if turn else ()
    return Screen(html=html, rows=(*opens, *turns, invite, back_row(words)))


def choose_role(words: Words, roles: Sequence[Role]) -> Screen:
    """Ask what the invited person will be."""
    html = lines(
        words.t("<b>Invite somebody</b> · step 1 of 3"),
        words.t("What will this person be? The role decides what he or she may see and do."),
    )
    rows = tuple(
        (Button(label=role_word(words, role), data=f"people:role:{role.value}"),) for role in roles
    )
    return Screen(html=html, rows=(*rows, back_row(words, LIST)))


def ask_unit(words: Words, role: Role) -> Screen:
    """Ask for the unit."""
    html = lines(
        words.t("<b>Invite: %(role)s</b> · step 2 of 3", role=role_word(words, role)),
        words.t("Which unit? Write its code, for example A-14. A new code makes a new unit."),
    )
    skip = Button(label=words.label("No unit"), data="people:nounit")
    return Screen(html=html, rows=((skip,), _leave_row(words)))


def ask_phone(words: Words, role: Role, unit: str, *, anyone: str, example: str) -> Screen:
    """Ask for the phone; `anyone` is the button's data that does without, "" where it is owed.

    `example` is a number as it is written there.
    """
    title = words.t("<b>Invite: %(role)s</b> · step 3 of 3", role=role_word(words, role))
    if unit:
        title = words.t(
            "<b>Invite: %(role)s, unit %(unit)s</b> · step 3 of 3",
            role=role_word(words, role),
            unit=unit,
        )
    html = lines(
        title,
        words.t(
            "Write the person's phone number, for example %(example)s: the link then works "
            "for that phone only.",
            example=example,
        ),
        Html("") if anyone else words.t("This role needs a verified phone."),
    )
    rows = ((Button(label=words.label("Make the link without a phone"), data=anyone),),)
    return Screen(html=html, rows=(*(rows if anyone else ()), _leave_row(words)))


def confirm_grant(words: Words, role: Role, unit: str, *, phone: str, confirm: str) -> Screen:
    """Ask to confirm an invitation to a role with strong rights; `phone` is masked."""
    who = words.t("<b>Invite: %(role)s</b>", role=role_word(words, role))
    if unit:
        who = words.t(
            "<b>Invite: %(role)s, unit %(unit)s</b>", role=role_word(words, role), unit=unit
        )
    reach = words.t("The link works for whoever has it: pass it on with care.")
    if phone:
        reach = words.t("The link works only for the phone %(phone)s.", phone=phone)
    html = lines(
        who,
        reach,
        *_strong(words, role),
        words.t("So your PIN is asked next. Nobody is invited yet."),
    )
    make = Button(label=words.label("Make the invitation"), data=confirm)
    return Screen(html=html, rows=((make,), _leave_row(words)))


def _strong(words: Words, role: Role) -> tuple[Html, ...]:
    """Say which strong rights a role has, each in a sentence."""
    scopes = ROLE_SCOPES[role]
    told = (
        (Scope.MEMBERS_MANAGE in scopes, words.t("This role can invite people and suspend them.")),
        (bool(scopes & CHECKER_SCOPES), words.t("This role can approve money that goes out.")),
        (
            Scope.SETTINGS_PROVIDERS in scopes,
            words.t("This role can change the providers, and so where money goes."),
        ),
    )
    return tuple(sentence for is_so, sentence in told if is_so)


def invited(words: Words, view: Invited) -> Screen:
    """Show the link: once, to be passed on."""
    role = role_word(words, view.role)
    who = words.t("Role: %(role)s", role=role)
    if view.unit:
        who = words.t("Role: %(role)s · unit %(unit)s", role=role, unit=view.unit)
    phone = words.t("Anybody who has the link can use it: pass it on with care.")
    if view.phone:
        phone = words.t("Only for the phone %(phone)s.", phone=view.phone)
    html = lines(
        words.t("✅ <b>Invitation to %(tenant)s</b>", tenant=view.tenant.name),
        who,
        phone,
        words.t("Works once, until %(when)s.", when=words.when(view.expires_at)),
        escape(view.link),
    )
    rows = (
        (Button(label=words.label("Copy the link"), copy=view.link),),
        (Button(label=words.label("Invite another"), data="people:invite"),),
        back_row(words, LIST),
    )
    return Screen(html=html, rows=rows)


def role_words(words: Words, roles: frozenset[Role]) -> Html:
    """Name several roles, in their own order."""
    return Html(", ".join(role_word(words, role) for role in Role if role in roles))


def role_word(words: Words, role: Role) -> Html:
    """Name a role."""
    return {
        Role.RESIDENT: words.t("Resident"),
        Role.CUSTOMER: words.t("Customer"),
        Role.SUPPORT: words.t("Support"),
        Role.FINANCE: words.t("Finance"),
        Role.FINANCE_APPROVER: words.t("Finance approver"),
        Role.ADMIN: words.t("Administrator"),
        Role.AUDITOR: words.t("Auditor"),
        Role.GATE_OFFICER: words.t("Gate officer"),
        Role.RISK_OFFICER: words.t("Risk officer"),
        Role.PROVIDER_KEEPER: words.t("Provider keys"),
    }[role]


def masked(phone: str) -> str:
    """Return a phone with all but its last four digits hidden."""
    return f"••{phone[-4:]}" if phone else ""


def _open(words: Words, each: Line) -> str:
    if not each.unit:
        return words.label("Open %(name)s", name=each.name)
    return words.label("Open %(name)s · %(unit)s", name=each.name, unit=each.unit)


def _member(words: Words, each: Line) -> Html:
    roles = role_words(words, each.roles)
    line = words.t("• %(name)s · %(roles)s", name=each.name, roles=roles)
    if each.unit:
        line = words.t(
            "• %(name)s · %(unit)s · %(roles)s", name=each.name, unit=each.unit, roles=roles
        )
    if each.status is MembershipStatus.SUSPENDED:
        return words.t("%(line)s (suspended)", line=line)
    return line


def _leave_row(words: Words) -> tuple[Button, ...]:
    return (
        Button(label=words.label("Back"), data="people:invite"),
        Button(label=words.label("Cancel"), data="cancel:now"),
    )

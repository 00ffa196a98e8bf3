"""A member's card for who manages members: suspend, let in again; open invitations. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.people import MembershipStatus, Role
from core.domain.tenants import Tenant
from handlers.chat import Button, Rows, Screen
from handlers.screens import doors
from handlers.screens.people import role_word, role_words
from handlers.words import Html, Words, lines

INVITATIONS = "members:invitations"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCard:
    """A member; `act` suspends or lets in again, "" where nothing may be done."""

    membership_id: int
    name: str
    unit: str
    roles: frozenset[Role]
    status: MembershipStatus
    has_verified_phone: bool
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInvitation:
    """An invitation that was not used yet; `phone` is masked."""

    invitation_id: int
    role: Role
    unit: str
    phone: str
    expires_at: datetime


def card(words: Words, view: MemberCard) -> Screen:
    """Show a member and the one move there is."""
    rows: Rows = ()
    if not view.is_own and view.status is MembershipStatus.ACTIVE:
        data = f"members:suspend:{view.membership_id}"
        rows = ((Button(label=words.label("Suspend"), data=data),),)
    if not view.is_own and view.status is MembershipStatus.SUSPENDED:
        data = f"members:restore:{view.membership_id}"
        rows = ((Button(label=words.label("Let in again"), data=data),),)
    text = lines(
        _who(words, view),
        words.t("Role: %(role)s", role=role_words(words, view.roles)),
        words.t("Phone verified") if view.has_verified_phone else words.t("Phone not verified"),
        _status(words, view.status),
        words.t("This is you.") if view.is_own else "",
    )
    return Screen(html=text, rows=(*rows, _back(words)))


def confirm_suspend(words: Words, view: MemberCard, tenant: Tenant, *, act: str) -> Screen:
    """Say what suspending does."""
    text = lines(
        words.t("<b>Suspend %(name)s?</b>", name=view.name),
        words.t(
            "%(name)s can then see and pay nothing at %(tenant)s, in no unit, until you let this "
            "person in again. Bills and wallet stay as they are; no money moves.",
            name=view.name,
            tenant=tenant.name,
        ),
    )
    suspend = Button(label=words.label("Suspend %(name)s", name=view.name), data=act)
    return Screen(html=text, rows=((suspend,), _stay(words, view)))


def confirm_restore(words: Words, view: MemberCard, tenant: Tenant, *, act: str) -> Screen:
    """Say what letting in again does."""
    text = lines(
        words.t("<b>Let %(name)s in again?</b>", name=view.name),
        words.t(
            "%(name)s holds the same role at %(tenant)s as before: %(roles)s. No money moves.",
            name=view.name,
            tenant=tenant.name,
            roles=role_words(words, view.roles),
        ),
    )
    restore = Button(label=words.label("Let %(name)s in again", name=view.name), data=act)
    return Screen(html=text, rows=((restore,), _stay(words, view)))


def suspended(words: Words, name: str) -> Html:
    """Return the line over the card after suspending."""
    return words.t("✅ %(name)s is suspended and was told. No money moved.", name=name)


def restored(words: Words, name: str) -> Html:
    """Return the line over the card after letting in again."""
    return words.t("✅ %(name)s is in again and was told. No money moved.", name=name)


def invitations(words: Words, found: Sequence[OpenInvitation]) -> Screen:
    """List the invitations that still open the door."""
    text = lines(
        words.t("<b>Open invitations</b>"),
        *(_invitation(words, each) for each in found),
        "" if found else words.t("None: every link was used, taken back or has expired."),
    )
    rows = tuple(
        (
            Button(
                label=words.label("Take back: %(what)s", what=_short(words, each)),
                data=f"members:invitation:{each.invitation_id}",
            ),
        )
        for each in found
    )
    return Screen(html=text, rows=(*rows, _back(words)))


def confirm_revoke(words: Words, each: OpenInvitation, *, act: str) -> Screen:
    """Say what taking an invitation back does."""
    text = lines(
        words.t("<b>Take this invitation back?</b>"),
        _invitation(words, each),
        words.t("Its link will open nothing any more. You can invite again at any time."),
    )
    revoke = Button(label=words.label("Take it back"), data=act)
    stay = Button(label=words.label("Back"), data=INVITATIONS)
    return Screen(html=text, rows=((revoke,), (stay,)))


def told(words: Words, tenant: Tenant, *, is_suspended: bool) -> Screen:
    """Tell a person that he was shut out or let in again."""
    text = words.t("✅ %(tenant)s let you in again. No money moved.", tenant=tenant.name)
    if is_suspended:
        text = words.t(
            "⚠️ %(tenant)s suspended your membership: you can see and pay nothing there for now. "
            "Your bills and your wallet stay as they are; no money moved. Ask its administrators.",
            tenant=tenant.name,
        )
    return Screen(html=text, rows=((Button(label=words.label("Menu"), data=doors.MENU),),))


def _who(words: Words, view: MemberCard) -> Html:
    if not view.unit:
        return words.t("<b>%(name)s</b>", name=view.name)
    return words.t("<b>%(name)s</b> · %(unit)s", name=view.name, unit=view.unit)


def _status(words: Words, status: MembershipStatus) -> Html:
    if status is MembershipStatus.SUSPENDED:
        return words.t("Suspended: may see and pay nothing here.")
    return words.t("Active")


def _short(words: Words, each: OpenInvitation) -> str:
    role = str(role_word(words, each.role))
    return f"{role} · {each.unit or each.phone}" if each.unit or each.phone else role


def _invitation(words: Words, each: OpenInvitation) -> Html:
    return words.t(
        "• %(what)s · until %(when)s",
        what=_short(words, each),
        when=words.when(each.expires_at),
    )


def _stay(words: Words, view: MemberCard) -> tuple[Button, ...]:
    return (Button(label=words.label("Back"), data=f"members:card:{view.membership_id}"),)


def _back(words: Words) -> tuple[Button, ...]:
    return (Button(label=words.label("Back"), data=doors.PEOPLE),)

"""Claims of payers' banks: how one stands, what staff do about it, what they are told. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.chargebacks import Chargeback, ChargebackStatus
from core.domain.money import Money
from handlers.chat import Button, Rows, Screen
from handlers.screens import doors
from handlers.screens.home import home_row
from handlers.words import Html, Words, lines


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimCard:
    """A claim for its reader; `acts` are the statuses he may bring it to now.

    `is_told`: its provider says how it ends, so that nobody need. `came_back`: what was lost.
    """

    claim: Chargeback
    number: str
    payer: str
    provider: str
    reason: str = ""
    handler: str = ""
    acts: Sequence[ChargebackStatus] = ()
    is_told: bool = False
    came_back: bool = False


def card(words: Words, view: ClaimCard) -> Screen:
    """Show a claim as it stands."""
    claim = view.claim
    text = lines(
        words.t("<b>Chargeback of %(number)s</b> · paid by %(payer)s", **_names(view)),
        _state(words, view),
        words.t(
            "Opened %(when)s at %(provider)s", when=words.when(claim.opened_at), **_names(view)
        ),
        _doubt(words, view),
        words.t("Handled by %(name)s", name=view.handler) if view.handler else "",
        words.t("Reason: %(reason)s", reason=view.reason) if view.reason else "",
        _what_next(words, view),
    )
    return Screen(html=text, rows=(*_acts(words, view), *home_row(words)))


def ask_reason(words: Words, view: ClaimCard, status: ChargebackStatus) -> Screen:
    """Ask for the reason of a step."""
    text = lines(_head(words, view, status), _effect(words, view, status), _question(words, status))
    return Screen(html=text, rows=(_leave(words),))


def confirm(
    words: Words, view: ClaimCard, status: ChargebackStatus, *, reason: str, act: str
) -> Screen:
    """Show what is about to happen."""
    text = lines(
        _head(words, view, status),
        _effect(words, view, status),
        words.t("Reason: %(reason)s", reason=reason),
    )
    button = Button(label=_label(words, status), data=act)
    return Screen(html=text, rows=((button,), _leave(words)))


def line(words: Words, view: ClaimCard) -> Html:
    """Return a claim as one line of a list."""
    return words.t("%(number)s · %(state)s", number=view.number, state=_state(words, view))


def row(words: Words, view: ClaimCard) -> tuple[Button]:
    """Return the way from a list to a claim."""
    label = words.label("🏦 %(number)s", number=view.number)
    return (Button(label=label, data=f"claims:show:{view.claim.id}"),)


def told(words: Words, view: ClaimCard, *, paid: Money) -> Screen:
    """Tell staff that a bank claims money back, or how that ended."""
    claim, names = view.claim, _names(view)
    head, rest = (
        words.t(
            "🏦 Chargeback: the bank of %(payer)s claims back %(amount)s, paid for %(number)s.",
            amount=words.money(claim.amount if claim.amount.is_positive else paid),
            **names,
        ),
        words.t("It is not refundable meanwhile. Answer %(provider)s in time.", **names),
    )
    if claim.is_apart:
        rest = words.t(
            "It was kept apart, and is neither matched nor sent back meanwhile. Answer "
            "%(provider)s in time.",
            **names,
        )
    if claim.status is ChargebackStatus.WON:
        head = words.t(
            "🏦 Chargeback won: the bank of %(payer)s lets go of what was paid for %(number)s.",
            **names,
        )
        rest = words.t("The money stays, and may be refunded again.")
    elif claim.status is ChargebackStatus.LOST:
        head = words.t(
            "🏦 Chargeback lost: the bank of %(payer)s took back what was paid for %(number)s.",
            **names,
        )
        rest = words.t("The books show what left, and the bill asks for it again.")
        if claim.is_apart:
            rest = words.t(
                "It had been kept apart: the books show what left, first of what still was, "
                "then of whom it was given to."
            )
    elif claim.said is not None:
        head, rest = _doubt(words, view), words.t("Nothing was booked. It is not refundable.")
    show = Button(label=words.label("Show chargeback"), data=f"claims:show:{claim.id}")
    desk = Button(label=words.label("Desk"), data=doors.DESK)
    return Screen(html=lines(head, rest), rows=((show, desk),), is_proof=True)


def _doubt(words: Words, view: ClaimCard) -> Html:
    """Say what the provider tells that cannot be; "" where all is plain."""
    claim = view.claim
    if claim.said is None:
        return Html("")
    return words.t(
        "⚠️ %(provider)s says that the bank of %(payer)s took %(said)s of what was paid for "
        "%(number)s; at most %(amount)s can be gone. Compare with your account there, then say "
        "here how it ended.",
        said=words.money(claim.said),
        amount=words.money(claim.amount),
        **_names(view),
    )


def _state(words: Words, view: ClaimCard) -> Html:
    amount = words.money(view.claim.amount)
    return {
        ChargebackStatus.OPEN: words.t(
            "🏦 the bank claims %(amount)s back, not refundable", amount=amount
        ),
        ChargebackStatus.EVIDENCE_SENT: words.t(
            "🏦 the bank claims %(amount)s back; evidence was sent", amount=amount
        ),
        ChargebackStatus.WON: words.t("✅ won: %(amount)s stays", amount=amount),
        ChargebackStatus.LOST: _lost(words, view),
    }[view.claim.status]


def _lost(words: Words, view: ClaimCard) -> Html:
    if view.came_back:
        return words.t("✅ lost at first; the bank gave the money back, to the payer's wallet")
    return words.t("⚪ lost: the bank has taken the money")


def _what_next(words: Words, view: ClaimCard) -> Html:
    if not view.claim.is_open:
        return Html("")
    if view.is_told:
        return words.t("%(provider)s tells how it ends; it is asked every day.", **_names(view))
    return words.t(
        "%(provider)s may not tell how it ends: say it here once you know.", **_names(view)
    )


def _head(words: Words, view: ClaimCard, status: ChargebackStatus) -> Html:
    names = {**_names(view), "amount": words.money(view.claim.amount)}
    return {
        ChargebackStatus.EVIDENCE_SENT: words.t(
            "<b>Evidence sent</b> for %(number)s: %(amount)s of %(payer)s", **names
        ),
        ChargebackStatus.WON: words.t(
            "<b>Chargeback won</b>: %(number)s, %(amount)s of %(payer)s", **names
        ),
    }.get(
        status,
        words.t("<b>Chargeback lost</b>: %(number)s, %(amount)s of %(payer)s", **names),
    )


def _effect(words: Words, view: ClaimCard, status: ChargebackStatus) -> Html:
    names = _names(view)
    return {
        ChargebackStatus.EVIDENCE_SENT: words.t(
            "Send it at %(provider)s first. It stays unrefundable until the bank decides.", **names
        ),
        ChargebackStatus.WON: words.t("No money moves. It may be refunded again."),
    }.get(
        status,
        words.t(
            "It leaves the books: first what is still kept apart, then the wallets of whom it was "
            "given to. What is missing there is owed. This cannot be taken back."
        )
        if view.claim.is_apart
        else words.t(
            "It leaves the books: first what the organisation received, then the payer's wallet. "
            "What is missing there is owed. This cannot be taken back."
        ),
    )


def _question(words: Words, status: ChargebackStatus) -> Html:
    if status is ChargebackStatus.EVIDENCE_SENT:
        return words.t("What did you send? Your words are kept with the books.")
    return words.t("How do you know? Your words are kept with the books.")


def _label(words: Words, status: ChargebackStatus) -> str:
    return {
        ChargebackStatus.EVIDENCE_SENT: words.label("Evidence sent"),
        ChargebackStatus.WON: words.label("Won"),
    }.get(status, words.label("Lost"))


def _acts(words: Words, view: ClaimCard) -> Rows:
    row_ = tuple(
        Button(label=_label(words, each), data=f"claims:do:{view.claim.id}.{each}")
        for each in view.acts
    )
    return (row_,) if row_ else ()


def _names(view: ClaimCard) -> dict[str, str]:
    return {"number": view.number, "payer": view.payer, "provider": view.provider}


def _leave(words: Words) -> tuple[Button, ...]:
    return (Button(label=words.label("Cancel"), data=doors.LEAVE),)

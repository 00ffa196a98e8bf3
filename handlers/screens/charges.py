"""Charging saved methods: what is shown meanwhile, and the offer to save one. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.domain.money import Money
from handlers.chat import Button, Rows
from handlers.words import Html, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A saved method that is offered: its mask, "" for none, and data of buttons.

    `pay` charges it, `pin` sets the PIN that its owner lacks and comes back. Where it has neither,
    it waits until `until`, or only `left` may be charged now.
    """

    method: str = ""
    pay: str = ""
    pin: str = ""
    until: datetime | None = None
    left: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What saving a card allows: charges from `until`, None for at once, of at most `limit` a day.

    `is_agreed`: its holder let it be saved on the provider's page.
    """

    method: str = ""
    is_agreed: bool = False
    until: datetime | None = None
    limit: Money | None = None


NO_CHARGE: Final = Charge()
NO_TERMS: Final = Terms()


def charging(words: Words, *, method: str, amount: Html, provider: str) -> tuple[Html, ...]:
    """Say that a saved method is being charged, and that nobody need do anything."""
    return (
        words.t(
            "⏳ Charging %(method)s · %(amount)s by %(provider)s",
            method=method,
            amount=amount,
            provider=provider,
        ),
        words.t("You need do nothing: this message changes by itself. Do not pay again."),
    )


def confirming(words: Words, *, method: str, amount: Html, provider: str) -> tuple[Html, ...]:
    """Say that the owner of a saved method must confirm its charge on a page."""
    return (
        words.t(
            "⏳ %(provider)s wants you to confirm %(amount)s from %(method)s",
            method=method,
            amount=amount,
            provider=provider,
        ),
        words.t(
            "Open the page and confirm there; nothing is taken before. This message changes by "
            "itself."
        ),
    )


def expired(words: Words, *, method: str, amount: Html, provider: str) -> Html:
    """Say that a saved method was not charged in time."""
    return words.t(
        "⌛ The charge of %(amount)s to %(method)s by %(provider)s was not made in time. Nothing "
        "was taken.",
        amount=amount,
        method=method or words.t("your saved method"),
        provider=provider,
    )


def expired_in_doubt(words: Words, *, method: str, amount: Html, provider: str) -> Html:
    """Say that nobody knows whether a saved method was charged, and that we stopped waiting."""
    return words.t(
        "⌛ The charge of %(amount)s to %(method)s is over. %(provider)s did not tell us whether "
        "money was taken; none was credited.",
        amount=amount,
        method=method or words.t("your saved method"),
        provider=provider,
    )


def charge_line(words: Words, charge: Charge) -> Html:
    """Say why a saved method cannot be charged at once; nothing where it can."""
    if charge.pin:
        return words.t(
            "🔒 To pay with %(method)s you need a PIN. Set one, and you come back here.",
            method=charge.method,
        )
    if charge.until is not None:
        return words.t(
            "⏳ %(method)s can be charged from %(when)s. Pay another way until then.",
            method=charge.method,
            when=words.when(charge.until),
        )
    if charge.left is not None:
        return words.t(
            "⏳ %(method)s can be charged up to %(left)s now. Pay with it by link once more, and "
            "it has no such limit.",
            method=charge.method,
            left=words.money(charge.left),
        )
    return Html("")


def pin_row(words: Words, charge: Charge) -> Rows:
    """Lead to where a PIN is set, in place of the button that charges."""
    if not charge.pin:
        return ()
    return ((Button(label=words.label("Set a PIN"), data=charge.pin),),)


def keep_lines(words: Words, terms: Terms) -> tuple[Html, ...]:
    """Say what may be kept, what of it, and what that allows."""
    offered = words.t(
        "You can save %(method)s to pay faster next time, if it is yours: we keep no card number, "
        "only what the provider needs to charge it, encrypted.",
        method=terms.method,
    )
    return (offered, *terms_lines(words, terms))


def terms_lines(words: Words, terms: Terms) -> tuple[Html, ...]:
    """Say from when and how much a card may be charged, and why; nothing where all is allowed."""
    shown: list[Html] = []
    if terms.is_agreed:
        shown.append(words.t("Whoever paid with it let it be saved, on the provider's page."))
    if terms.until is not None:
        shown.append(
            words.t(
                "It can be charged from %(when)s, not before: if it is somebody else's, they can "
                "object until then.",
                when=words.when(terms.until),
            )
        )
    if terms.limit is not None:
        shown.append(
            words.t(
                "Up to %(limit)s in 24 hours, until you have paid with it by link once more.",
                limit=words.money(terms.limit),
            )
        )
    return tuple(shown)


def keep_row(words: Words, keep: str) -> Rows:
    """Offer to keep what was paid with; `keep` is the button's data, "" for nothing to keep."""
    if not keep:
        return ()
    return ((Button(label=words.label("Save this method"), data=keep),),)

"""Charging saved methods: what is shown meanwhile, and the offer to save one. Pure."""

from dataclasses import dataclass
from typing import Final

from handlers.chat import Button, Rows
from handlers.words import Html, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A saved method that is offered: its mask, "" for none, and data of buttons.

    `pay` charges it, `pin` sets the PIN that its owner lacks and comes back.
    """

    method: str = ""
    pay: str = ""
    pin: str = ""


NO_CHARGE: Final = Charge()


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


def pin_line(words: Words, charge: Charge) -> Html:
    """Say what a saved method lacks that is no good without a PIN."""
    if not charge.pin:
        return Html("")
    return words.t(
        "🔒 To pay with %(method)s you need a PIN. Set one, and you come back here.",
        method=charge.method,
    )


def pin_row(words: Words, charge: Charge) -> Rows:
    """Lead to where a PIN is set, in place of the button that charges."""
    if not charge.pin:
        return ()
    return ((Button(label=words.label("Set a PIN"), data=charge.pin),),)


def keep_line(words: Words, label: str) -> Html:
    """Say what may be kept, and what of it."""
    return words.t(
        "You can save %(method)s to pay faster next time, if it is yours: we keep no card number, "
        "only what the provider needs to charge it, encrypted.",
        method=label,
    )


def keep_row(words: Words, keep: str) -> Rows:
    """Offer to keep what was paid with; `keep` is the button's data, "" for nothing to keep."""
    if not keep:
        return ()
    return ((Button(label=words.label("Save this method"), data=keep),),)

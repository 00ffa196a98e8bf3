"""Charging saved methods: what is shown meanwhile, and the offer to save one. Pure."""

from handlers.chat import Button, Rows
from handlers.screens import doors
from handlers.words import Html, Words


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


def pin_line(words: Words, charge: tuple[str, str]) -> Html:
    """Say what a saved method lacks that is no good without a PIN; `charge` is (mask, data)."""
    method, data = charge
    if not method or data:
        return Html("")
    return words.t(
        "🔒 To pay with %(method)s you need a PIN. Set one, then try again.", method=method
    )


def pin_row(words: Words, charge: tuple[str, str]) -> Rows:
    """Lead to where a PIN is set, in place of the button that charges."""
    method, data = charge
    if not method or data:
        return ()
    return ((Button(label=words.label("Set a PIN"), data=doors.SETTINGS),),)


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

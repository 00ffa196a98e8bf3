"""Help: what can be done here, whom to ask, the terms, what to do about a payment."""

from collections.abc import Sequence

from core.domain.people import Scope
from handlers.chat import Button, Screen
from handlers.commands import commands_for
from handlers.screens import doors
from handlers.screens.home import back_row
from handlers.words import Html, Words, lines

_HELP = "help:card"


def card(words: Words, scopes: frozenset[Scope]) -> Screen:
    """List the commands of a role and the ways to support."""
    listed = [
        words.t("/%(command)s · %(text)s", command=command, text=text)
        for command, text in commands_for(scopes, words)
    ]
    html = lines(
        words.t("<b>Help</b>"),
        *listed,
        words.t("/cancel leaves whatever you are in. /find opens a number: TXN-…, BILL-…, RCPT-…"),
        words.t(
            "Everything can be done by buttons. Before money moves you see what, how much, to "
            "whom and what is left; afterwards you get a receipt."
        ),
    )
    rows = (
        (
            Button(label=words.label("Support"), data="help:support"),
            Button(label=words.label("Trouble with a payment"), data="help:payments"),
        ),
        (Button(label=words.label("Terms"), data="help:terms"),),
        back_row(words),
    )
    return Screen(html=html, rows=rows)


def terms(words: Words) -> Screen:
    """Say in short what one agrees to."""
    html = lines(
        words.t("<b>Terms in short</b>"),
        words.t(
            "1. Hazina keeps the books of your organisation and passes payments on. Bills are "
            "the organisation's: questions about them go to its administrators."
        ),
        words.t(
            "2. Money you pay by link is taken by the payment provider you choose, under that "
            "provider's terms. What it reports to us is credited to you, once."
        ),
        words.t(
            "3. The books are never edited: a mistake is put right by a visible correction. "
            "They are kept when you leave; ask an administrator to have personal data erased."
        ),
        words.t(
            "4. Your phone number and e-mail address are kept encrypted and used for signing "
            "in, receipts and nothing else."
        ),
        words.t(
            "5. What you pay with is saved only when you press Save: what the provider gives us "
            "to charge it, encrypted, never a card number. Removed is deleted: /methods."
        ),
    )
    return Screen(html=html, rows=(back_row(words, _HELP),))


def support(words: Words, admins: Sequence[str], tenant_name: str) -> Screen:
    """Say whom to ask; `admins` are names, empty for somebody without a tenant."""
    ask = words.t("Ask whoever sent you here: an administrator can invite you.")
    if admins:
        ask = words.t(
            "Ask an administrator of %(tenant)s: %(names)s.",
            tenant=tenant_name,
            names=", ".join(admins),
        )
    html = lines(
        words.t("<b>Support</b>"),
        ask,
        words.t("Name the number of the bill or receipt, so that it can be found at once."),
        words.t("Nobody of us ever asks for your PIN or for a card number in the chat."),
    )
    rows = (
        (Button(label=words.label("Trouble with a payment"), data="help:payments"),),
        back_row(words, _HELP),
    )
    return Screen(html=html, rows=rows)


def payments(words: Words) -> Screen:
    """Say what to do when a payment looks wrong."""
    html = lines(
        words.t("<b>Trouble with a payment</b>"),
        words.t(
            "<b>Paid, but still shown as waiting?</b> Press “Check now” under the payment. We "
            "ask the provider and tell you the truth. Do not pay again while it says “being "
            "checked”."
        ),
        words.t(
            "<b>Paid twice or too much?</b> What a bill does not need is kept in your wallet; "
            "nothing is lost."
        ),
        words.t(
            "<b>The bill is wrong?</b> Open it and press “Dispute”: payments and reminders stop "
            "until somebody answers."
        ),
        words.t(
            "<b>Somebody uses your wallet?</b> Freeze it: /wallet, More, Freeze now. Then tell "
            "an administrator."
        ),
    )
    rows = (
        (
            Button(label=words.label("My bills"), data=doors.BILLS),
            Button(label=words.label("Wallet"), data=doors.WALLET),
        ),
        back_row(words, _HELP),
    )
    return Screen(html=html, rows=rows)


def nothing_open(words: Words) -> Html:
    """Answer /cancel when nothing was open."""
    return words.t("Nothing is open that could be cancelled. No money moved.")

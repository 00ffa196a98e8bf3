"""After a restore: what people are told whose last acts the books may not know. Pure."""

from datetime import datetime

from handlers.chat import Button, Screen
from handlers.screens import doors
from handlers.words import Html, Words, lines


def put_back(words: Words, books_at: datetime) -> Screen:
    """Tell somebody that what he did around `books_at` and since may be missing."""
    html = lines(
        words.t(
            "⚠️ We had to put our books back to how they stood on %(when)s.",
            when=words.when(books_at),
        ),
        words.t("What you did here shortly before that or since may be missing."),
        words.t(
            "If you have paid since, do not pay again: look at your bills first, and tell your "
            "administrator what is missing. Money that was taken is not lost; we look for it."
        ),
    )
    bills = Button(label=words.label("Bills"), data=doors.BILLS)
    home = Button(label=words.label("Back to home"), data=doors.MENU)
    return Screen(html=html, rows=((bills, home),))


def before_paying(words: Words, books_at: datetime) -> Html:
    """Warn whoever is about to pay, above what he is asked to confirm."""
    return words.t(
        "⚠️ Our books were put back to %(when)s. If you have paid since, do not pay again: tell "
        "your administrator.",
        when=words.when(books_at),
    )

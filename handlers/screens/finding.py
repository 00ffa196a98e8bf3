"""Finding a bill or a receipt by its number. Pure."""

from handlers.chat import Button, Screen
from handlers.screens import doors
from handlers.words import Words, lines


def ask(words: Words) -> Screen:
    """Say what can be found, and how."""
    text = lines(
        words.t("<b>Find a bill or a receipt</b>"),
        words.t(
            "Write its number after the command: /find BILL-2026-000123, /find RCPT-2026-000881, "
            "or /find with the whole TXN- reference of a receipt."
        ),
    )
    back = Button(label=words.label("Back"), data=doors.MENU)
    return Screen(html=text, rows=((Button(label=words.label("Bills"), data=doors.BILLS), back),))

"""A tenant's own payment providers: what is refused about their keys."""

from core.domain.errors import Refusal
from handlers.chat import Button, Screen
from handlers.screens import doors
from handlers.screens.home import back_row
from handlers.words import Words, lines


def keys_not_working(words: Words, refusal: Refusal) -> Screen:
    """Say that keys which do not work are not taken into use."""
    html = lines(
        words.t("These keys were not taken into use: the provider never said that they work here."),
        words.t("Nothing was changed. Enter them once more, or check them at the provider first."),
    )
    return Screen(html=html, rows=(back_row(words),))


def other_mode(words: Words, refusal: Refusal) -> Screen:
    """Say that keys are for money of the other kind, and ask again."""
    what = (
        words.t("That is a test key, and the money here is real. Write the live key instead.")
        if refusal.data.get("is_test")
        else words.t("That is a live key, and no money here is real. Write the test key instead.")
    )
    html = lines(what, words.t("Nothing was kept. Your message is deleted from this chat."))
    return Screen(html=html, rows=((Button(label=words.label("Cancel"), data=doors.LEAVE),),))


def under_way(words: Words, refusal: Refusal) -> Screen:
    """Say that keys are still needed, and what to do meanwhile."""
    count = refusal.data.get("count", 0)
    html = lines(
        words.n(
            "%(count)s payment is under way with this provider, and only these keys can tell what "
            "became of it. Nothing was changed.",
            "%(count)s payments are under way with this provider, and only these keys can tell "
            "what became of them. Nothing was changed.",
            count if isinstance(count, int) else 0,
        ),
        words.t("Switch it off: nobody is offered it any more. Remove it in a day or two."),
    )
    return Screen(html=html, rows=(back_row(words),))

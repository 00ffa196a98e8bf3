"""What is said of the ways to pay by link before one is chosen: their fees, their trouble. Pure."""

from collections.abc import Sequence

from core.use_cases.choice import Way
from handlers.screens import prompts
from handlers.screens.payments import provider_name
from handlers.words import Html, Words, lines


def about(words: Words, ways: Sequence[Way]) -> Html:
    """Return the lines on phones, known fees and trouble; "" where there is nothing to say."""
    return lines(_phones(words, ways), _fees(words, ways), _trouble(words, ways))


def _phones(words: Words, ways: Sequence[Way]) -> Html:
    asking = (provider_name(each.provider) for each in ways if each.asks_on_phone)
    return lines(*(prompts.way(words, each) for each in asking))


def _fees(words: Words, ways: Sequence[Way]) -> Html:
    known = [
        words.t(
            "%(provider)s about %(fee)s",
            provider=provider_name(each.provider),
            fee=words.money(each.fee),
        )
        for each in ways
        if each.fee is not None
    ]
    if not known:
        return Html("")
    return words.t("Its fee lately: %(fees)s.", fees=Html(" · ".join(known)))


def _trouble(words: Words, ways: Sequence[Way]) -> Html:
    troubled = [provider_name(each.provider) for each in ways if each.has_trouble]
    if not troubled:
        return Html("")
    return words.t(
        "⚠️ %(providers)s: trouble lately. If no page opens, nothing is taken and you can pay "
        "another way.",
        providers=", ".join(troubled),
    )

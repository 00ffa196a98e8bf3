"""Saved payment methods: the list, one of them, its name, its end; refusals about them. Pure."""

from core.domain.errors import Refusal
from handlers.chat import Button, Screen
from handlers.screens import doors
from handlers.screens.home import home_row
from handlers.words import Words, lines


def gone(words: Words, refusal: Refusal) -> Screen:
    """Say that a saved method cannot be charged any more."""
    html = lines(
        words.t("⚠️ This saved payment method cannot be charged any more. No money moved."),
        words.t("Pay another way; you can remove it under your payment methods."),
    )
    return Screen(html=html, rows=_methods_row(words))


def offer_over(words: Words, refusal: Refusal) -> Screen:
    """Say that what was paid with cannot be saved any more."""
    html = lines(
        words.t("⌛ It is too late to save what you paid with: we keep it for a day only."),
        words.t("Nothing was saved and no money moved. After your next payment you can save it."),
    )
    return Screen(html=html, rows=_methods_row(words))


def too_many(words: Words, refusal: Refusal) -> Screen:
    """Say that no more can be kept."""
    html = words.t(
        "You have saved %(most)s payment methods, which is as many as we keep. Remove one first; "
        "nothing was saved now.",
        most=refusal.data.get("most", ""),
    )
    return Screen(html=html, rows=_methods_row(words))


def _methods_row(words: Words) -> tuple[tuple[Button, ...], ...]:
    door = Button(label=words.label("Payment methods"), data=doors.METHODS)
    return ((door,), *home_row(words))

"""Where a link leads: to a provider's page, or to an invoice inside the app. Pure."""

from typing import Final

from handlers.chat import Button
from handlers.words import Html, Words

INVOICES: Final = "telegram"
"""Who sends invoices into the app, and has no page."""


def what_to_do(words: Words, provider: str) -> Html:
    """Say what the payer does now."""
    if provider == INVOICES:
        return words.t("Open the invoice and pay it in the app; this message changes by itself.")
    return words.t("Open the payment page and pay there; this message changes by itself.")


def door(words: Words, provider: str, link: str) -> Button:
    """Lead there."""
    if provider == INVOICES:
        return Button(label=words.label("Open invoice"), url=link)
    return Button(label=words.label("Open payment page"), url=link)

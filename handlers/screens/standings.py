"""What those who keep a provider are told of its trouble. Pure."""

from core.domain.configurations import Configuration
from handlers.chat import Button, Rows, Screen
from handlers.screens.home import home_row
from handlers.screens.payments import provider_name
from handlers.words import Words, lines


def fell(words: Words, configuration: Configuration, *, may_open: bool) -> Screen:
    """Tell who keeps a provider that it opens no payment pages; `may_open` its card."""
    html = lines(
        words.t(
            "⚠️ %(provider)s has trouble: it opens no payment pages now, and nothing is charged.",
            provider=provider_name(configuration.provider),
        ),
        words.t(
            "Payers are offered your other providers first; now and then one may try it again. "
            "You are told when it works."
        ),
        words.t("If it lasts, check its keys: /providers.") if may_open else "",
    )
    return Screen(html=html, rows=_card_row(words, configuration, may_open=may_open))


def recovered(words: Words, configuration: Configuration, *, may_open: bool) -> Screen:
    """Tell that a provider opens payment pages again."""
    html = words.t(
        "✅ %(provider)s works again: it opens payment pages and stands in its own place.",
        provider=provider_name(configuration.provider),
    )
    return Screen(html=html, rows=_card_row(words, configuration, may_open=may_open))


def _card_row(words: Words, configuration: Configuration, *, may_open: bool) -> Rows:
    card = Button(label=words.label("Open"), data=f"providers:card:{configuration.id}")
    return ((card,), *home_row(words)) if may_open else home_row(words)

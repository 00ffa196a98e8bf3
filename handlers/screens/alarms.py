"""What operators are told of trouble outside: nothing in it is secret, nothing is a payer's."""

from handlers.chat import Screen
from handlers.words import Words, lines


def webhook_rejected(words: Words, provider: str, count: int) -> Screen:
    """Tell that somebody called a webhook without its signature; nothing was changed."""
    return Screen(
        html=lines(
            words.t("🚨 A webhook in the name of %(provider)s was refused.", provider=provider),
            words.t("Its signature is not right; nothing was changed. So far: %(n)s.", n=count),
            words.t("Check the webhook secret if payments are found late, else somebody tries."),
        )
    )


def provider_down(words: Words, provider: str, count: int) -> Screen:
    """Tell that a provider answers no calls; payments under way are looked up until it does."""
    return Screen(
        html=lines(
            words.t("🚨 %(provider)s does not answer. So far: %(n)s.", provider=provider, n=count),
            words.t("Payments under way stay open and are looked up until it answers again."),
        )
    )

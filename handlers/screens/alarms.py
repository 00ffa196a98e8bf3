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


def list_unread(words: Words, provider: str, count: int) -> Screen:
    """Tell that a provider's list could not be read for hours; the next day begins anew."""
    return Screen(
        html=lines(
            words.t("🚨 The list of %(provider)s could not be read to its end.", provider=provider),
            words.t("Its captures were not compared with the books. So far: %(n)s.", n=count),
            words.t("It is read again tomorrow, or at once by: process-payments --task reconcile"),
        )
    )


def money_differs(words: Words, provider: str, count: int) -> Screen:
    """Tell that the shared account's list shows what the books do not know; no money moved."""
    return Screen(
        html=lines(
            words.t(
                "🚨 The list of %(provider)s and the books do not agree about money of the "
                "shared account.",
                provider=provider,
            ),
            words.t("Nothing was moved. So far: %(n)s. `doctor` names each.", n=count),
        )
    )


def money_missing(words: Words, provider: str, count: int) -> Screen:
    """Tell that money was credited which the provider's list does not show; no money moved."""
    return Screen(
        html=lines(
            words.t(
                "🚨 Money was credited that the list of %(provider)s does not show.",
                provider=provider,
            ),
            words.t("Nothing was taken back. So far: %(n)s. `doctor` names each.", n=count),
            words.t("Compare with the provider's own pages today: the runbook says how."),
        )
    )

"""What operators are told of trouble outside: nothing in it is secret, nothing is a payer's."""

from handlers.chat import Screen
from handlers.screens.payments import provider_name
from handlers.words import Html, Words, lines


def webhook_rejected(words: Words, provider: str, count: int) -> Screen:
    """Tell that somebody called a webhook without its signature; nothing was changed."""
    return Screen(
        html=lines(
            words.t("🚨 A webhook in the name of %(provider)s was refused.", provider=provider),
            words.t("Its signature is not right; nothing was changed. So far: %(n)s.", n=count),
            words.t("Check the webhook secret if payments are found late, else somebody tries."),
        )
    )


def provider_silent(words: Words, provider: str, count: int) -> Screen:
    """Tell that a provider answers no look-ups; they go on until it does."""
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


def provider_down(words: Words, provider: str, owner: str) -> Screen:
    """Tell that a provider opens no payment pages; `owner` has keys of its own, "" for ours."""
    return Screen(
        html=lines(
            words.t(
                "🚨 PROVIDER_DOWN · %(provider)s: it opens no payment pages now.",
                provider=_whose(words, provider, owner),
            ),
            words.t("Payers are offered others first. Payments under way are followed as before."),
            words.t("One payer at a time may try it again, after longer and longer pauses."),
        )
    )


def provider_recovered(words: Words, provider: str, owner: str) -> Screen:
    """Tell that a provider opens payment pages again."""
    return Screen(
        html=words.t(
            "✅ PROVIDER_RECOVERED · %(provider)s: it opens payment pages again.",
            provider=_whose(words, provider, owner),
        )
    )


def _whose(words: Words, provider: str, owner: str) -> Html:
    name = provider_name(provider)
    if not owner:
        return words.t("%(provider)s, shared by all", provider=name)
    return words.t("%(provider)s of %(owner)s", provider=name, owner=owner)

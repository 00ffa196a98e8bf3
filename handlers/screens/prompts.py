"""What is said of payments that are asked for on the payer's phone: there is no page. Pure."""

from collections.abc import Sequence

from core.domain.payments import Attempt
from core.domain.providers import ProviderError
from handlers.words import Html, Words


def look(words: Words, provider: str) -> Html:
    """Send the payer to the phone."""
    return words.t(
        "Look at your phone: %(provider)s asks for your PIN there. This message changes by itself.",
        provider=provider,
    )


def preparing(words: Words, *, amount: Html, provider: str) -> Html:
    """Say that the phone is about to ask."""
    return words.t(
        "⏳ %(provider)s is about to ask on your phone · %(amount)s",
        provider=provider,
        amount=amount,
    )


def not_asked(words: Words, *, amount: Html, provider: str) -> tuple[Html, ...]:
    """Say that the phone was never asked; nobody asks it again by himself."""
    return (
        words.t(
            "🔎 %(provider)s has trouble: your phone was not asked · %(amount)s",
            amount=amount,
            provider=provider,
        ),
        words.t(
            "Nothing can have been taken. Pay another way, or cancel this payment and try again "
            "later."
        ),
    )


def expired(words: Words, *, amount: Html, provider: str) -> Html:
    """Say that nobody answered on the phone in time."""
    return words.t(
        "⌛ What %(provider)s asked on your phone for %(amount)s has expired. Nothing was taken.",
        provider=provider,
        amount=amount,
    )


def expired_in_doubt(words: Words, *, amount: Html, provider: str) -> Html:
    """Say that nobody knows what was answered on the phone, and that we stopped waiting."""
    return words.t(
        "⌛ What %(provider)s asked on your phone for %(amount)s has expired. It did not tell us "
        "whether money was taken; none was credited.",
        provider=provider,
        amount=amount,
    )


def left(words: Words, attempts: Sequence[Attempt]) -> Html:
    """Say that the phone may still ask for what was cancelled in the chat."""
    if not attempts or not attempts[-1].is_prompt:
        return Html("")
    return words.t("If your phone still asks for your PIN, press Cancel there, too.")


def way(words: Words, provider: str) -> Html:
    """Say beforehand how this provider is paid."""
    return words.t("%(provider)s asks for your PIN on your phone.", provider=provider)


def why_not(words: Words, error: ProviderError | None, provider: str) -> Html | None:
    """Return why nothing was taken, None where a phone says nothing of its own."""
    match error:
        case ProviderError.INSUFFICIENT_FUNDS:
            return words.t("There is not enough money on your %(provider)s.", provider=provider)
        case ProviderError.INVALID_CARD:
            return words.t(
                "We know no phone of yours that %(provider)s can ask. Pay another way.",
                provider=provider,
            )
        case ProviderError.DECLINED_CARD:
            return words.t("It was cancelled on the phone, or a limit of yours was reached.")
        case ProviderError.TIMEOUT_ERROR:
            return words.t("Nobody answered on the phone in time.")
        case ProviderError.AUTHENTICATION_ERROR:
            return words.t("The PIN was not right.")
        case _:
            return None

"""Why an invoice cannot be paid now: one sentence in a small window of the chat app. Pure."""

from core.domain.checkouts import Verdict
from handlers.words import Words


def refusal(words: Words, verdict: Verdict) -> str:
    """Return the plain sentence that refuses a payment, "" for one that may go on."""
    return {
        Verdict.GO: "",
        Verdict.UNKNOWN: words.label(
            "We do not know this invoice. Nothing was taken. Ask for a new one in the chat."
        ),
        Verdict.OTHER_AMOUNT: words.label(
            "This invoice is for another amount than is asked for. Nothing was taken. "
            "Ask for a new one in the chat."
        ),
        Verdict.PAID: words.label("This has been paid already. Nothing more was taken."),
        Verdict.OVER: words.label(
            "This invoice has ended. Nothing was taken. Ask for a new one in the chat."
        ),
        Verdict.NOT_OWED: words.label(
            "The bill has changed since. Nothing was taken. Open it again in the chat."
        ),
        Verdict.TAKEN: words.label(
            "Somebody else is paying this right now. Nothing was taken from you."
        ),
        Verdict.NOT_NOW: words.label(
            "Payments have to wait for a moment. Nothing was taken. Try again in a few minutes."
        ),
    }[verdict]

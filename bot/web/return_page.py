"""The page people return to from a provider: what is known, told anew until it is final.

No script, no outside asset. While the outcome is open the page loads itself again, less and less
often; the chat has it in any case.
"""

from collections.abc import Mapping
from html import escape
from typing import Final
from urllib.parse import urlencode

from core.domain.payments import AttemptStatus, PaymentStatus

LOOK_AFTER_S: Final = (1, 2, 2, 3, 3, 5, 5, 10)
"""How long each look waits for the next one, in seconds; the last holds for all that follow."""
MOST_LOOKS: Final = 60

_SAID: Final[Mapping[PaymentStatus | None, tuple[str, str]]] = {
    None: ("Back to the chat", "We know nothing of this payment. Nothing was changed."),
    PaymentStatus.COMPLETED: ("Paid", "Your payment is confirmed. The receipt is in the chat."),
    PaymentStatus.FAILED: ("Not paid", "This payment did not go through. See the chat."),
    PaymentStatus.EXPIRED: (
        "Link expired",
        "The link's time is over. If money was taken, it goes to your wallet; see the chat.",
    ),
    PaymentStatus.CANCELLED: ("Cancelled", "This payment was cancelled. See the chat."),
}
_APART: Final = (
    "Kept apart",
    "What arrived is not what was asked, so it was not credited. Don't pay again; see the chat.",
)
_DECLINED: Final = (
    "Not paid",
    "This try did not go through, and it took nothing. The chat has what you can do next.",
)
_CHECKING: Final = (
    "Checking your payment",
    (
        "Nothing has arrived yet. If you paid, don't pay again: this page and the chat change by "
        "themselves. If you left without paying, the chat opens the payment page again."
    ),
)
_STILL: Final = (
    "Checking your payment",
    "We are still asking the provider. The result comes to the chat; don't pay again.",
)
_STYLE: Final = (
    ":root{color-scheme:light dark;font:17px/1.5 system-ui,sans-serif}"
    "body{display:grid;place-items:center;min-height:100vh;margin:0;padding:1rem;"
    "box-sizing:border-box}"
    "main{max-width:26rem;text-align:center}h1{font-size:1.5rem;margin:0 0 .5rem}"
    "a{display:inline-block;margin-top:1.25rem;padding:.7rem 1.4rem;border-radius:.7rem;"
    "background:#14684f;color:#fff;text-decoration:none;font-weight:600}"
    "small{display:block;margin-top:1.5rem;opacity:.75}"
)


def return_page(
    status: PaymentStatus | None,
    *,
    reference: str,
    link: str,
    looks: int,
    is_sandbox: bool,
    tried: AttemptStatus | None = None,
) -> str:
    """Return the page as HTML; `link` leads to the chat, `looks` is how often it was shown.

    `status` is the payment's, `tried` that of the attempt whose page was left.
    """
    known = _known(status, tried)
    goes_on = known is None and looks < MOST_LOOKS
    title, text = known or (_CHECKING if goes_on else _STILL)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{_again(reference, looks) if goes_on else ''}"
        f"<title>{title} · Hazina</title><style>{_STYLE}</style>"
        f'<main><div role="status"><h1>{title}</h1><p>{text}</p></div>'
        f'<a href="{escape(link)}">Back to the chat</a>'
        f"{'<small>Sandbox: no real money</small>' if is_sandbox else ''}</main></html>"
    )


def _known(status: PaymentStatus | None, tried: AttemptStatus | None) -> tuple[str, str] | None:
    """Return what is said of what is known, None while it is not."""
    if tried is AttemptStatus.SETTLED and status is not PaymentStatus.COMPLETED:
        return _APART
    if status not in _SAID and tried in {AttemptStatus.DECLINED, AttemptStatus.EXPIRED}:
        return _DECLINED
    return _SAID.get(status)


def looks_of(text: str) -> int:
    """Read how often the page was shown; whatever is no such number counts as never."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_LOOKS))
    return int(text) if is_number else 0


def _again(reference: str, looks: int) -> str:
    after_s = LOOK_AFTER_S[min(looks, len(LOOK_AFTER_S) - 1)]
    query = escape(urlencode({"reference": reference, "looks": looks + 1}))
    return f'<meta http-equiv="refresh" content="{after_s};url=?{query}">'

"""What the sandbox payment provider can be told to do wrong, as switches on the panel.

Where it plays two providers at once, trouble may be with one of them only: `Trouble` is what one
of them sees of the board.
"""

from dataclasses import replace
from typing import Final

from bot.sandbox.switches import Switch, Switchboard, SwitchKind, Value

PLAYS: Final = "provider.plays"
HITS: Final = "provider.hits"
OUTAGE: Final = "provider.outage"
SLOW: Final = "provider.slow_s"
CREATE: Final = "provider.create"
LOOK_UP: Final = "provider.look_up"
AMOUNT: Final = "provider.amount"
CURRENCY: Final = "provider.wrong_currency"
REFERENCE: Final = "provider.wrong_reference"
LATE: Final = "provider.late"
TWICE: Final = "provider.capture_twice"
FEE: Final = "provider.fee_bps"
REFUND: Final = "provider.refund"
HOOK_DELAY: Final = "provider.hooks.delay_s"
HOOK_LOSS: Final = "provider.hooks.lose"
HOOK_COPIES: Final = "provider.hooks.copies"
HOOK_REORDER: Final = "provider.hooks.reorder"
HOOK_FORGERY: Final = "provider.hooks.forge"

GROUP: Final = "Payments"
HOOKS: Final = "Payment webhooks"

ALL: Final = "all"
PLAYED: Final = (
    ("sandbox", "Sandbox Pay"),
    ("paystack", "Paystack"),
    ("stripe", "Stripe"),
    ("flutterwave", "Flutterwave"),
    ("paypal", "PayPal"),
    ("pesapal", "Pesapal"),
    ("mpesa", "M-Pesa"),
)
"""Who can be played, and how the panel calls them."""


def add_switches(board: Switchboard) -> None:
    """Put the provider's switches on the board, in the order the panel shows them."""
    for switch in (*_CALLS, *_MONEY, *_WEBHOOKS):
        board.add(switch)


def _toggle(key: str, label: str, text: str, *, group: str = GROUP) -> Switch:
    return Switch(key=key, label=label, help=text, group=group)


def _number(
    key: str, label: str, text: str, *, unit: str, most: int, value: Value = 0, group: str = GROUP
) -> Switch:
    return Switch(
        key=key,
        label=label,
        help=text,
        kind=SwitchKind.NUMBER,
        value=value,
        unit=unit,
        maximum=most,
        group=group,
    )


def _choice(key: str, label: str, text: str, choices: tuple[tuple[str, str], ...]) -> Switch:
    return Switch(
        key=key,
        label=label,
        help=text,
        kind=SwitchKind.CHOICE,
        value=choices[0][0],
        choices=choices,
        group=GROUP,
    )


_CALLS: Final = (
    replace(
        _choice(
            PLAYS,
            "Play as",
            "Whose language the pretend provider speaks; Telegram's invoices are paid in the "
            "chat app, and what goes wrong below is none of theirs. The bot starts anew.",
            (*PLAYED, ("telegram", "Telegram"), ("paystack,stripe", "Paystack and Stripe")),
        ),
        restarts_bot=True,
    ),
    _choice(
        HITS,
        "Trouble is with",
        "Whom everything below happens to, where several are played.",
        ((ALL, "Everybody"), *((name, f"{label} only") for name, label in PLAYED)),
    ),
    _toggle(OUTAGE, "Outage", "Every call is cut off; webhooks wait until it is over."),
    _number(SLOW, "Slow answers", "Seconds before each answer.", unit="s", most=60),
    _choice(
        CREATE,
        "New payment pages",
        "What happens when the bot asks for a page.",
        (
            ("ok", "Work"),
            ("500", "Fail with 500"),
            ("503", "Fail with 503"),
            ("429", "Too many requests (429)"),
            ("hang", "Are made, but the answer never comes"),
        ),
    ),
    _choice(
        LOOK_UP,
        "Look-ups",
        "What the bot reads when it asks what became of a payment.",
        (
            ("ok", "Tell the truth"),
            ("cut", "Malformed JSON"),
            ("twice", "The same key twice"),
            ("huge", "A number too long"),
            ("404", "Not found"),
            ("500", "Fail with 500"),
        ),
    ),
)

_MONEY: Final = (
    _choice(
        AMOUNT,
        "Captured amount",
        "How much arrives when somebody presses Pay.",
        (("exact", "As asked"), ("short", "10 % less"), ("over", "10 % more")),
    ),
    _toggle(CURRENCY, "Wrong currency", "The money arrives in another currency."),
    _toggle(REFERENCE, "Wrong reference", "The money arrives under another reference."),
    _toggle(LATE, "Late capture", "Every payment arrives a minute after its page has expired."),
    _toggle(TWICE, "Capture twice", "Two captures under one reference."),
    _choice(
        REFUND,
        "Refunds",
        "What happens when the bot asks to give money back.",
        (
            ("ok", "Done at once"),
            ("later", "Pending, done a minute later"),
            ("late_fail", "Pending, failed a minute later"),
            ("attention", "Needs the payer's details for ten minutes, then done"),
            ("fail", "Refused"),
            ("return", "Done, sent back by the bank a minute later"),
            ("hang", "Are made, but the answer never comes"),
            ("500", "Fail with 500"),
        ),
    ),
    _number(FEE, "Fee", "Kept from each capture; 150 is 1.5 %.", unit="bps", most=2_000, value=150),
)

_WEBHOOKS: Final = (
    _number(
        HOOK_DELAY, "Delay", "Seconds before the first try.", unit="s", most=86_400, group=HOOKS
    ),
    _toggle(HOOK_LOSS, "Lose", "No webhook is ever sent.", group=HOOKS),
    _number(
        HOOK_COPIES,
        "Copies",
        "How often each event is delivered.",
        unit="times",
        most=20,
        value=1,
        group=HOOKS,
    ),
    _toggle(HOOK_REORDER, "Reorder", "Events are held, then sent newest first.", group=HOOKS),
    _toggle(HOOK_FORGERY, "Forge the signature", "Signed with a wrong key.", group=HOOKS),
)

_HEALTHY: Final = {each.key: each.value for each in (*_CALLS, *_MONEY, *_WEBHOOKS)}


class Trouble:
    """The board as one of the played providers sees it: what hits another is none of its."""

    def __init__(self, board: Switchboard, who: str) -> None:
        """See it as the provider of this name does."""
        self._board = board
        self._who = who

    def value(self, key: str) -> Value:
        """Return how it behaves."""
        is_hit = self._board.value(HITS) in {ALL, self._who}
        return self._board.value(key) if is_hit else _HEALTHY[key]

    def is_on(self, key: str) -> bool:
        """Tell whether it misbehaves in this way."""
        return self.value(key) != _HEALTHY[key]

    def number(self, key: str) -> float:
        """Return the number of a switch that has one."""
        is_hit = self._board.value(HITS) in {ALL, self._who}
        return self._board.number(key) if is_hit else float(_HEALTHY[key])

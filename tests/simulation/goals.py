"""What people want: where they begin, and what they tap or write on the way, the last step first.

Whoever wants something takes the step that is nearest to it of all that the screen offers.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from bot.sandbox import estate

STAFF: Final = (estate.BOLA, estate.NEWCOMER)
AMOUNTS: Final = (
    "500",
    "600.50",
    "750",
    "1,000",
    "2000",
    "1234.57",
    "5k",
    "12,5",
    "0",
    "-5",
    "1e9",
)
REASONS: Final = ("It is too high", "The pump is new", "no", "Wrong flat")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: a button by its label, or words where a screen asks for them."""

    label: re.Pattern[str] | None = None
    asked: re.Pattern[str] | None = None
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What somebody wants."""

    name: str
    opening: tuple[str, ...]
    steps: tuple[Step, ...]


def tap(label: str) -> Step:
    """Tap a button whose label begins so."""
    return Step(label=re.compile(label, re.IGNORECASE))


def write(asked: str, *answers: str) -> Step:
    """Write one of these where the screen asks so."""
    return Step(asked=re.compile(asked, re.IGNORECASE), answers=answers)


_AMOUNT: Final = write(
    "how much do you want to (pay|add)|how much\\? write|write the amount", *AMOUNTS
)
_TO_BILL: Final = (tap("acknowledge & pay"), tap("see the waiting"), tap("bill-"))

PAY_FROM_WALLET: Final = Goal(
    name="pay from the wallet",
    opening=("/bills", "/bills", "/pay"),
    steps=(tap("pay [0-9]"), _AMOUNT, tap("full|part"), tap("pay from wallet"), *_TO_BILL),
)
PAY_BY_LINK: Final = Goal(
    name="pay by link",
    opening=("/bills", "/bills", "/pay"),
    steps=(
        tap("open payment page"),
        tap("try again"),
        tap("pay [0-9]"),
        _AMOUNT,
        tap("full|part"),
        tap("pay by link"),
        *_TO_BILL,
        tap("check now"),
    ),
)
TOP_UP: Final = Goal(
    name="top up",
    opening=("/wallet",),
    steps=(
        tap("open payment page"),
        tap("try again"),
        tap("top up [0-9]"),
        _AMOUNT,
        tap("other amount"),
        tap("top up"),
    ),
)
DISPUTE: Final = Goal(
    name="dispute",
    opening=("/bills",),
    steps=(
        tap("confirm dispute"),
        write("tell in a few words", *REASONS),
        tap("the amount|it is not|already|the service|other reason"),
        tap("dispute$"),
        tap("bill-"),
    ),
)
WITHDRAW: Final = Goal(
    name="withdraw a dispute",
    opening=("/bills",),
    steps=(tap("withdraw"), tap("open dispute"), tap("disputed"), tap("bill-")),
)
SECURE: Final = Goal(
    name="set a PIN",
    opening=("/settings",),
    steps=(tap("set a pin"), tap("change pin")),
)
ANSWER: Final = Goal(
    name="answer a dispute",
    opening=("/desk",),
    steps=(
        tap("confirm new total|confirm cancelling|reject dispute"),
        write("write the new total", "400", "700.01", "5000", "90"),
        write("why|what is your answer", *REASONS),
        tap("amend|reject with|cancel bill"),
        tap("open dispute|bill-|🔴|dispute"),
    ),
)
ISSUE: Final = Goal(
    name="issue a bill",
    opening=("/newbill A-14", "/newbill B-02", "/newbill G-1"),
    steps=(
        tap("issue$"),
        tap("no note"),
        tap("in 7|month end"),
        write("write the amount", "700", "1,234.57", "0.03", "5k"),
        tap("use this title"),
        write("which title", "Pump"),
        tap("water|repairs|service|security"),
        tap("a-14|b-02|g-1"),
    ),
)
CHANGE: Final = Goal(
    name="change a bill",
    opening=("/bills",),
    steps=(
        tap("confirm new total|confirm cancelling"),
        write("write the new total|what should", "400", "700.01", "5000", "90"),
        write("why", *REASONS),
        tap("amend|cancel bill"),
        tap("bill-"),
    ),
)
REFUND: Final = Goal(
    name="refund",
    opening=tuple(f"/find RCPT-2026-{number:06d}" for number in (1, 1, 2, 2, 3, 4, 5)),
    steps=(
        tap("refund [0-9]"),
        write("your reason is kept", *REASONS),
        tap("back by|to the wallet"),
        write("how much goes back\\? write", "100", "500", "1,000", "9k", "0"),
        tap("all: |part"),
        tap("refund$"),
    ),
)
SEND_BACK: Final = Goal(
    name="send unmatched money back",
    opening=("/desk",),
    steps=(
        tap("refund [0-9]"),
        write("your reason is kept with the books", *REASONS),
        tap("all of it"),
        write("how much goes back\\? write", "100", "500", "9k", "0"),
        tap("unmatched money"),
    ),
)
MATCH: Final = Goal(
    name="match unmatched money",
    opening=("/desk",),
    steps=(
        tap("give [0-9]"),
        write("how do you know", *REASONS),
        tap("all of it"),
        write("how much of it belongs", "100", "500", "9k", "0"),
        tap("a-14|b-02"),
        write("whose money is it", "A-14", "B-02", "Nobody"),
        tap("match [0-9]"),
        tap("unmatched money"),
    ),
)
CONSENT: Final = Goal(
    name="answer where a refund goes", opening=("/menu",), steps=(tap("yes, to my wallet|no$"),)
)
LOOK: Final = Goal(
    name="look around",
    opening=("/report", "/people", "/wallet", "/menu", "/desk", "/find BILL-2026-000001"),
    steps=(tap("show moves|history|older|why|invite|people"),),
)

OF_RESIDENTS: Final = (
    *(PAY_FROM_WALLET,) * 5,
    *(PAY_BY_LINK,) * 4,
    *(TOP_UP,) * 2,
    *(DISPUTE,) * 2,
    WITHDRAW,
    SECURE,
    CONSENT,
)
OF_STAFF: Final = (
    *(ISSUE,) * 2,
    *(CHANGE,) * 3,
    *(ANSWER,) * 3,
    *(REFUND,) * 5,
    *(SEND_BACK,) * 3,
    LOOK,
)
OF_KEEPERS: Final = (LOOK, TOP_UP, SECURE, *(MATCH,) * 3, *(SEND_BACK,) * 3)

TOP_UP_BY_CHOICE: Final = replace(TOP_UP, steps=(*TOP_UP.steps, tap("pay by link")))
OF_CHOOSERS: Final = (
    *(PAY_BY_LINK,) * 8,
    *(TOP_UP_BY_CHOICE,) * 5,
    *(PAY_FROM_WALLET,) * 2,
    DISPUTE,
    CONSENT,
)


def goals_of(person_id: int) -> tuple[Goal, ...]:
    """Return what a person may want, more often what stands there more often."""
    if person_id in STAFF:
        return OF_STAFF
    return OF_KEEPERS if person_id == estate.CHIDI else OF_RESIDENTS

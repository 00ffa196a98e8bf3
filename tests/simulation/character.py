"""What a world is like: how its lines, its Telegram, its provider and its machine misbehave."""

from dataclasses import dataclass
from typing import Final

from bot.sandbox import provider_switches as provider
from bot.sandbox.switches import Switchboard, Value
from tests.simulation.chance import Luck
from tests.simulation.people import Someone
from tests.simulation.wire import Line, Network

HEALTHY: Final[dict[str, Value]] = {
    "telegram.outage": "none",
    "telegram.slow_s": 0,
    "telegram.hang": "never",
    "telegram.flood_s": 0,
    "telegram.duplicate": False,
    "telegram.reorder": False,
    "telegram.repress": False,
    "telegram.limits": False,
    provider.HITS: provider.ALL,
    provider.OUTAGE: False,
    provider.SLOW: 0,
    provider.CREATE: "ok",
    provider.LOOK_UP: "ok",
    provider.AMOUNT: "exact",
    provider.CURRENCY: False,
    provider.REFERENCE: False,
    provider.LATE: False,
    provider.TWICE: False,
    provider.REFUND: "ok",
    provider.HOOK_DELAY: 0,
    provider.HOOK_LOSS: False,
    provider.HOOK_COPIES: 1,
    provider.HOOK_REORDER: False,
    provider.HOOK_FORGERY: False,
}

TELEGRAM: Final[tuple[tuple[str, Value], ...]] = (
    ("telegram.outage", "error"),
    ("telegram.outage", "drop"),
    ("telegram.slow_s", 6),
    ("telegram.hang", "once"),
    ("telegram.flood_s", 3),
    ("telegram.duplicate", True),
    ("telegram.reorder", True),
    ("telegram.repress", True),
    ("telegram.limits", True),
)
PROVIDER: Final[tuple[tuple[str, Value], ...]] = (
    (provider.OUTAGE, True),
    (provider.SLOW, 9),
    (provider.CREATE, "500"),
    (provider.CREATE, "429"),
    (provider.CREATE, "hang"),
    (provider.LOOK_UP, "cut"),
    (provider.LOOK_UP, "twice"),
    (provider.LOOK_UP, "huge"),
    (provider.LOOK_UP, "404"),
    (provider.LOOK_UP, "500"),
    (provider.AMOUNT, "short"),
    (provider.AMOUNT, "over"),
    (provider.CURRENCY, True),
    (provider.LATE, True),
    (provider.TWICE, True),
    (provider.REFUND, "later"),
    (provider.REFUND, "late_fail"),
    (provider.REFUND, "fail"),
    (provider.REFUND, "return"),
    (provider.REFUND, "hang"),
    (provider.REFUND, "500"),
    (provider.HOOK_DELAY, 20),
    (provider.HOOK_LOSS, True),
    (provider.HOOK_COPIES, 3),
    (provider.HOOK_REORDER, True),
    (provider.HOOK_FORGERY, True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """How often what goes wrong; shares are in 0..1, per step where not said otherwise."""

    deaths: float
    """How often a new life is a short one."""
    stops: float
    clock_jumps: float
    switches: float
    failing_commits: float
    """Per commit."""
    naps: float
    nights: float
    has_limits: bool
    has_webhook: bool
    processes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A world of a wished kind: its character, what is wrong from the start, where it dies."""

    character: Character | None = None
    """None leaves it to the seed."""
    plays: tuple[str, ...] = ()
    """Providers that payers choose from; else the sandbox's own is the only one."""
    claims: float | None = None
    """How often a payer's bank does something, per step; None leaves it to the seed."""
    everybody: type[Someone] | None = None
    """What kind of people live there, None for those who live everywhere."""
    switches: tuple[tuple[str, Value], ...] = ()
    lines: tuple[tuple[str, Line], ...] = ()
    fragile: tuple[tuple[str, float], ...] = ()
    """Points of a life that are often the last: how their names begin, and how often in 0..1."""


CALM: Final = Character(
    deaths=0.0,
    stops=0.0,
    clock_jumps=0.0,
    switches=0.0,
    failing_commits=0.0,
    naps=0.05,
    nights=0.0,
    has_limits=False,
    has_webhook=False,
)
"""A world without faults."""


def character(mood: Luck) -> Character:
    """Draw a world's character; about one in six worlds has no fault at all but people."""
    is_kind = mood.random() < 0.16
    may = 0.0 if is_kind else 1.0
    return Character(
        deaths=may * mood.choice((0.0, 0.5, 0.9)),
        stops=may * mood.choice((0.0, 0.01, 0.03)),
        clock_jumps=may * mood.choice((0.0, 0.0, 0.02)),
        switches=may * mood.choice((0.0, 0.05, 0.15)),
        failing_commits=may * mood.choice((0.0, 0.0, 0.01, 0.04)),
        naps=mood.choice((0.02, 0.1)),
        nights=mood.choice((0.0, 0.01, 0.04)),
        has_limits=mood.random() < 0.4,
        has_webhook=mood.random() < 0.35,
        processes=mood.choice((1, 1, 2)),
    )


def lay_lines(network: Network, mood: Luck, *, is_kind: bool = False) -> None:
    """Give every line a character of its own."""
    for name in ("telegram", "poll", "provider", "hooks", "webhook"):
        bad = 0.0 if is_kind else mood.choice((0.0, 0.0, 0.02, 0.1))
        network.lines[name] = Line(
            delay_s=0.02 if is_kind else mood.choice((0.005, 0.05, 0.4)),
            slow=bad * mood.random(),
            refuses=bad * mood.random(),
            loses_request=bad * mood.random(),
            loses_answer=bad * mood.random(),
            repeats=bad * mood.random() if name in {"hooks", "webhook", "provider"} else 0.0,
        )


def flip(board: Switchboard, mood: Luck, *, plays: tuple[str, ...] = ()) -> str:
    """Turn one misbehaviour on, or everything off; return what was done.

    Where several providers are played, it is one's trouble as often as everybody's.
    """
    if mood.random() < 0.45:
        heal(board)
        return "all is well again"
    key, value = mood.choice(TELEGRAM if mood.random() < 0.4 else PROVIDER)
    board.set(key, value)
    if not plays:
        return f"{key} = {value}"
    board.set(provider.HITS, mood.choice((provider.ALL, provider.ALL, *plays)))
    return f"{key} = {value}, with {board.value(provider.HITS)}"


def heal(board: Switchboard) -> None:
    """Turn every misbehaviour off."""
    values = board.values()
    for key, value in HEALTHY.items():
        if values[key] != value:
            board.set(key, value)

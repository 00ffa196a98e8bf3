"""How Telegram can misbehave, and when: the switches of the Bot API side."""

import asyncio
from typing import Final

from bot.sandbox.refusals import ApiRefusal, ConnectionCut, too_many
from bot.sandbox.switches import Switch, Switchboard, SwitchKind

HANG_S: Final = 60.0
SENDING: Final = frozenset(
    {"sendmessage", "sendphoto", "senddocument", "editmessagetext", "editmessagecaption"}
)

SWITCHES: Final = (
    Switch(
        key="telegram.outage",
        label="Telegram is down",
        help="Every call fails, open polls end. What people write waits.",
        kind=SwitchKind.CHOICE,
        value="none",
        choices=(
            ("none", "No"),
            ("error", "Answers 502"),
            ("drop", "Drops connections"),
        ),
    ),
    Switch(
        key="telegram.slow_s",
        label="Slow answers",
        help="Every call but long polls takes this long.",
        kind=SwitchKind.NUMBER,
        value=0,
        maximum=30,
        unit="s",
    ),
    Switch(
        key="telegram.hang",
        label="Accepts, never answers",
        help="A message goes out but the bot is never told: nobody knows whether it arrived.",
        kind=SwitchKind.CHOICE,
        value="never",
        choices=(("never", "Never"), ("once", "Next message"), ("always", "Every message")),
    ),
    Switch(
        key="telegram.flood_s",
        label="Too many requests",
        help="Every message is answered 429 with this many seconds to wait; 0 is off.",
        kind=SwitchKind.NUMBER,
        value=0,
        maximum=600,
        unit="s",
    ),
    Switch(
        key="telegram.duplicate",
        label="Same update twice",
        help="Each update is delivered again after it was confirmed.",
    ),
    Switch(
        key="telegram.reorder",
        label="Updates swap places",
        help="Two things done within a second and a half arrive the other way round.",
    ),
    Switch(
        key="telegram.repress",
        label="App repeats presses",
        help="A tapped button reaches the bot twice, as two different presses.",
    ),
    Switch(
        key="telegram.limits",
        label="Keep Telegram's limits",
        help="1 message a second to a chat, 20 a minute to a group, 30 a second over all.",
        value=True,
    ),
)


def add_switches(board: Switchboard) -> None:
    """Put Telegram's switches on the board, once."""
    present = board.values()
    for switch in SWITCHES:
        if switch.key not in present:
            board.add(switch)


async def before(board: Switchboard, method: str) -> None:
    """Misbehave before a call is worked on.

    Raises:
        ApiRefusal: 502 in an outage, 429 in a flood.
        ConnectionCut: an outage that drops connections.
    """
    outage = board.value("telegram.outage")
    if outage == "drop":
        raise ConnectionCut
    if outage == "error":
        raise ApiRefusal(502, "Bad Gateway")
    slow_s = board.number("telegram.slow_s")
    if slow_s and method != "getupdates":
        await asyncio.sleep(slow_s)
    flood_s = int(board.number("telegram.flood_s"))
    if flood_s and method in SENDING:
        raise too_many(flood_s)


async def after(board: Switchboard, method: str, *, hang_s: float) -> None:
    """Misbehave after a call was carried out: leave the caller waiting for `hang_s`.

    Raises:
        ConnectionCut: the caller waited long and gets no answer.
    """
    if method not in SENDING or not board.is_on("telegram.hang"):
        return
    if board.value("telegram.hang") == "once":
        board.set("telegram.hang", "never")
    await asyncio.sleep(hang_s)
    raise ConnectionCut

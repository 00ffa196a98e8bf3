"""Worlds in which money arrives that fits no payment, and staff match it or send it back."""

from typing import Final

from bot.sandbox import estate
from bot.sandbox import provider_switches as provider
from tests.simulation.character import Setting
from tests.simulation.goals import MATCH, PAY_BY_LINK, SEND_BACK, TOP_UP, Goal
from tests.simulation.people import Someone
from tests.simulation.play import Report, simulate

STEPS: Final = 240
"""It takes some to pay, to be kept apart and to be sent back."""


class Keeper(Someone):
    """Staff who look after unmatched money, and residents who pay by link only."""

    turns = 4
    waits = 0.8
    pays = 0.9

    def _goals(self) -> tuple[Goal, ...]:
        if self.id == estate.CHIDI:
            return (MATCH, SEND_BACK)
        return (SEND_BACK,) if self.id == estate.BOLA else (PAY_BY_LINK, TOP_UP)


def play_keepers(seed: int, *, steps: int = STEPS) -> Report:
    """Play a world whose money arrives in another currency, or under another reference."""
    wrong = ((provider.CURRENCY if seed % 2 else provider.REFERENCE, True),)
    return simulate(seed, steps=steps, setting=Setting(everybody=Keeper, switches=wrong))

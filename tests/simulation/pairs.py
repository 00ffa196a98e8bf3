"""Worlds in which payers choose between two providers, each spoken to by its real adapter.

Trouble is with both or with one of them; people try again at the other one, and go back to pages
that they left open at the first.
"""

from typing import Final

from tests.simulation.character import Setting
from tests.simulation.play import Report, simulate

LONG: Final = 160
"""Steps: it takes some to be refused at one and to pay at the other."""
PAIRS: Final = (("paystack", "stripe"), ("flutterwave", "paystack"), ("stripe", "flutterwave"))


def play_pair(seed: int, *, steps: int = LONG) -> Report:
    """Play a world with two providers, drawn from its seed."""
    return simulate(seed, steps=steps, setting=Setting(plays=PAIRS[seed % len(PAIRS)]))

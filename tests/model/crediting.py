"""Random lives: money is put into wallets under keys that come again, and is taken back."""

from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model.lives import PAYER, PICK, Lives, newest

SOME_CREDITS: Final = (20_000, 100_000)
SOME_KEYS: Final = ("", "", "again", "again, with more", "again, for another")


class Crediting(Lives):
    """Credits of a random life."""

    @rule(who=PAYER, minor=st.sampled_from(SOME_CREDITS), key=st.sampled_from(SOME_KEYS))
    def credit(self, who: str, minor: int, key: str) -> None:
        """Put money into a wallet; under a key of before, the same or something else."""
        known = list(self.model.credits)[-1]
        payer, amount = self.model.credits[known]
        if key == "again":
            self.both.credit(payer, amount, key=known)
        elif key == "again, with more":
            self.both.credit(payer, amount + 1, key=known)
        elif key == "again, for another":
            self.both.credit("ben" if payer == "ada" else "ada", amount, key=known)
        else:
            self.both.credit(who, minor, key=self.fresh("credit"))

    @precondition(lambda self: bool(self.model.credits))
    @rule(pick=PICK)
    def reverse(self, pick: int) -> None:
        self.both.reverse(newest(list(self.model.credits), pick))

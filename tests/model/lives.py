"""What every random life of an estate has: storage and reference, time, and two invariants."""

from collections.abc import Sequence
from typing import Final, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.domain.bills import BillId
from tests.core.estate import Estate
from tests.model.both import Both
from tests.model.reference import LEAST_MINOR, PAYERS, TENANT, ModelBill, Reference

T = TypeVar("T")

TOTALS: Final = st.sampled_from([1_000, 50_000, 120_000, 300_000, 500_000])
PICK: Final = st.sampled_from([0, 0, 1, 2, 3])
"""Which thing an act is about, counted from the newest."""

PAYER: Final = st.sampled_from(PAYERS)
OWNER: Final = st.sampled_from((*PAYERS, TENANT))
AGE: Final = st.sampled_from([0] * 9 + [1])
"""How many revisions ago the pressed button was drawn."""

AMOUNT: Final = st.sampled_from(["all", "all", "half", "least", "too little", "too much", "none"])
HOURS: Final = st.sampled_from([1, 1, 2, 23, 49, 200])


class Lives(RuleBasedStateMachine):
    """An estate that is acted upon at random; parts of its life are its subclasses."""

    both: Both
    count: int

    @property
    def model(self) -> Reference:
        return self.both.reference

    @property
    def estate(self) -> Estate:
        return self.both.estate

    def teardown(self) -> None:
        self.both.close()

    @invariant()
    def both_agree(self) -> None:
        self.both.compare()

    @invariant()
    def the_books_hold(self) -> None:
        self.both.check_books()

    @rule(hours=HOURS)
    def wait(self, hours: int) -> None:
        self.model.now = self.both.clock.move(hours=hours)

    def has_bill(self) -> bool:
        return bool(self.model.bills)

    def has_link(self) -> bool:
        return bool(self.model.links)

    def has_hold(self) -> bool:
        return bool(self.model.holds)

    def bill(self, pick: int) -> tuple[ModelBill, BillId]:
        return newest(self.model.bills, pick), newest(self.both.bill_ids, pick)

    def fresh(self, name: str) -> str:
        """Return a key that was never used."""
        self.count += 1
        return f"{name}-{self.count:04d}"

    def minor(self, bill: ModelBill, amount: str) -> int:
        """Turn a wish into kobo."""
        most = bill.rest - self.model.asked(bill)
        return {
            "all": most,
            "half": most // 2,
            "least": min(LEAST_MINOR, -(-bill.total // 10)),
            "too little": 1,
            "too much": most + 1,
            "none": 0,
        }[amount]


def newest(things: Sequence[T], pick: int) -> T:
    """Return one of some things, counted from the newest."""
    return things[-1 - pick % len(things)]

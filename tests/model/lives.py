"""What every random life of an estate has: storage and reference, time, what must agree."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.domain.bills import BillId
from core.domain.payments import PaymentId
from core.use_cases.bills import acknowledge_bill, pay_bill
from tests.core.estate import Estate, hasty
from tests.factories import naira, open_books
from tests.model.both import Both
from tests.model.records import ModelBill, ModelLink
from tests.model.reference import LEAST_MINOR, PAYERS, TENANT, Reference

T = TypeVar("T")

SOME_TOTALS: Final = (1_000, 50_000, 120_000, 123_457, 300_000, 500_000)
SOME_PICKS: Final = (0, 0, 1, 2, 3)
OWNERS: Final = (*PAYERS, TENANT)
SOME_AGES: Final = (*[0] * 19, 1)
SOME_AMOUNTS: Final = (*["all", "half", "least"] * 3, "too little", "too much", "none")
SOME_HOURS: Final = (1, 1, 2, 23, 49, 200)

TOTALS: Final = st.sampled_from(SOME_TOTALS)
PICK: Final = st.sampled_from(SOME_PICKS)
"""Which thing an act is about, counted from the newest."""

PAYER: Final = st.sampled_from(PAYERS)
OWNER: Final = st.sampled_from(OWNERS)
AGE: Final = st.sampled_from(SOME_AGES)
"""How many revisions ago the pressed button was drawn."""

AMOUNT: Final = st.sampled_from(SOME_AMOUNTS)
HOURS: Final = st.sampled_from(SOME_HOURS)


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

    @initialize(payer_bears_fee=st.booleans())
    def begin(self, *, payer_bears_fee: bool) -> None:
        """Open an estate where both payers have money and two bills are agreed to."""
        self.folder = tempfile.TemporaryDirectory()
        books = open_books(Path(self.folder.name), connect=hasty)
        self.live(Both(Estate(books), payer_bears_fee=payer_bears_fee))

    def live(self, both: Both) -> None:
        """Begin on books of any kind."""
        self.both = both
        self.count = 0
        for payer in PAYERS:
            self.both.fund(payer, 400_000)
        for total in (300_000, 123_457):
            self.both.issue(total, days=14)
            self.agree(0, "ada", 0)

    def teardown(self) -> None:
        self.both.close()
        self.folder.cleanup()

    @invariant()
    def both_agree(self) -> None:
        self.both.compare()

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
        """Return a bill and its id; most often one that may be paid."""
        order = sorted(
            range(len(self.model.bills)), key=lambda n: not self.model.bills[n].why_not()
        )
        place = newest(order, pick)
        return self.model.bills[place], self.both.bill_ids[place]

    def link(self, pick: int) -> tuple[ModelLink, PaymentId]:
        """Return a link and its payment's id; most often an open one."""
        order = sorted(range(len(self.model.links)), key=lambda n: self.model.links[n].is_open)
        place = newest(order, pick)
        return self.model.links[place], self.both.payment_ids[place]

    def agree(self, pick: int, who: str, age: int) -> None:
        bill, bill_id = self.bill(pick)
        shown = bill.revision - age
        self.both.act(
            lambda: self.estate.do(
                acknowledge_bill,
                actor=self.both.actors[who],
                bill_id=bill_id,
                revision=shown,
            ),
            lambda: self.model.acknowledge(bill, revision=shown),
        )

    def spend(
        self, pick: int, who: str, amount: str, age: int = 0, *, is_second_press: bool = False
    ) -> None:
        bill, bill_id = self.bill(pick)
        minor, shown = self.minor(bill, amount), bill.revision - age
        keys = sorted(self.model.keys)
        key = keys[-1] if is_second_press and keys else self.fresh("key")
        self.both.act(
            lambda: self.estate.do(
                pay_bill,
                actor=self.both.actors[who],
                bill_id=bill_id,
                revision=shown,
                amount=naira(minor),
                key=key,
            ),
            lambda: self.model.pay(bill, who, revision=shown, amount=minor, key=key),
        )

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

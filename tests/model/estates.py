"""Random lives of whole estates: bills, links, wallets and holds, and what is about several."""

from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.model.billing import Billing
from tests.model.holding import Holding
from tests.model.keeping import Keeping
from tests.model.linking import EXTRA, FEE
from tests.model.lives import AMOUNT, PAYER, PICK, TOTALS

SOME_CHANGES: Final = ("dispute", "cancel", "amend", "amend and agree", "overpay")
MEANWHILE: Final = st.sampled_from(SOME_CHANGES)


class Estates(Billing, Keeping, Holding):
    """Everything that may happen to an estate."""

    @rule(pick=PICK, who=PAYER, amount=AMOUNT, extra=EXTRA, fee=FEE)
    def pay_by_link(self, pick: int, who: str, amount: str, extra: int, fee: int) -> None:
        self.acknowledge(pick, who, 0)
        self.open_link(0, who, amount, 0, is_sent=True)
        self.settle(0, 0, extra, fee, capture="", is_foreign=False)

    @rule(who=PAYER, amount=AMOUNT, meanwhile=MEANWHILE, total=TOTALS, fee=FEE)
    def change_while_paying(
        self, who: str, amount: str, meanwhile: str, total: int, fee: int
    ) -> None:
        self.acknowledge(0, who, 0)
        self.open_link(0, who, amount, 0, is_sent=True)
        if meanwhile == "dispute":
            self.dispute(0, who, 0)
        elif meanwhile == "cancel":
            self.cancel(0, 0)
        elif meanwhile == "amend":
            self.amend(0, total, 0)
        elif meanwhile == "amend and agree":
            self.amend(0, total, 0)
            self.acknowledge(0, who, 0)
        else:
            self.spend(0, who, "too much")
        self.settle(0, 0, 0, fee, capture="", is_foreign=False)

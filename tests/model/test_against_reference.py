"""Random lives of an estate: storage and reference agree on every figure, status and refusal.

After each step everything is compared and the books are checked; at the end of each life
everything that `doctor` looks at must be in order, the audit chain included.
"""

import os
from typing import Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.model.billing import Billing
from tests.model.holding import Holding
from tests.model.linking import EXTRA, FEE, Linking
from tests.model.lives import AMOUNT, PAYER, PICK, TOTALS

MEANWHILE: Final = st.sampled_from(["dispute", "cancel", "amend", "amend and agree", "overpay"])


class Estates(Billing, Linking, Holding):
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


def lived(examples: int) -> settings:
    """Return how long to look: that many lives of thirty steps, the same in every run.

    On PostgreSQL, where each step is a round trip, a third of them.
    """
    is_server = os.environ.get("HAZINA_TEST_DATABASE") == "postgresql"
    return settings(
        max_examples=examples // 3 if is_server else examples,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


# Hypothesis leaves out some rules in each life; the parts alone go deeper than the whole.
TestBills = Billing.TestCase
TestBills.settings = lived(40)
TestLinks = Linking.TestCase
TestLinks.settings = lived(60)
TestHolds = Holding.TestCase
TestHolds.settings = lived(20)
TestEstates = Estates.TestCase
TestEstates.settings = lived(80)

"""Random lives of an estate: storage and reference agree on every figure, status and refusal.

After each step everything is compared and the books are checked; at the end of each life
everything that `doctor` looks at must be in order, the audit chain included.
"""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize

from tests.model.billing import Billing
from tests.model.both import Both
from tests.model.holding import Holding
from tests.model.linking import Linking
from tests.model.reference import PAYERS


class Estates(Billing, Linking, Holding):
    """Everything that may happen to an estate."""

    @initialize(payer_bears_fee=st.booleans())
    def begin(self, *, payer_bears_fee: bool) -> None:
        """Open an estate where both payers have money and one bill is agreed to."""
        self.folder = tempfile.TemporaryDirectory()
        self.both = Both(Path(self.folder.name), payer_bears_fee=payer_bears_fee)
        self.count = 0
        for payer in PAYERS:
            self.top_up(payer, 400_000)
            self.send(0)
            self.settle(0, 0, 0, 0, capture="", is_foreign=False)
        self.issue(300_000, 14, is_agreed=True)

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


TestEstates = Estates.TestCase
TestEstates.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

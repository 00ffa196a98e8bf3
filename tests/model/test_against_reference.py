"""Random lives of an estate: storage and reference agree on every figure, status and refusal.

After each step everything is compared and the books are checked; at the end of each life
everything that `doctor` looks at must be in order, the audit chain included.
"""

import os

from hypothesis import HealthCheck, settings

from tests.model.billing import Billing
from tests.model.estates import Estates
from tests.model.holding import Holding
from tests.model.keeping import Keeping
from tests.model.linking import Linking


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
TestKept = Keeping.TestCase
TestKept.settings = lived(40)
TestHolds = Holding.TestCase
TestHolds.settings = lived(20)
TestEstates = Estates.TestCase
TestEstates.settings = lived(80)

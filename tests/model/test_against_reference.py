"""Random lives of an estate: storage and reference agree on every figure, status and refusal."""

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.domain.bills import BillId, BillType
from core.domain.calendar import local_date
from core.domain.disputes import DisputeReason
from core.domain.ledger import HoldId, JournalKind, Leg, Subject
from core.domain.providers import Declined, Outcome, Pending, ProviderError, Settled, Unknown
from core.use_cases import bills, disputes, ledger, links, wallets
from tests.factories import naira
from tests.model.both import Both
from tests.model.reference import (
    LEAST_MINOR,
    PAYERS,
    TENANT,
    Capture,
    ModelBill,
    ModelHold,
    ModelLink,
    Reference,
)

T = TypeVar("T")

ANSWERS: Final[dict[str, Outcome]] = {
    "pending": Pending(link="https://pay.example/1", provider_ref="ref-1"),
    "declined": Declined(error=ProviderError.DECLINED_CARD),
    "unknown": Unknown(error=ProviderError.TIMEOUT_ERROR),
}
TOTALS: Final = st.sampled_from([1_000, 50_000, 120_000, 300_000, 500_000])
PICK: Final = st.sampled_from([0, 0, 1, 2, 3])
"""Which thing an act is about, counted from the newest."""

PAYER: Final = st.sampled_from(PAYERS)
OWNER: Final = st.sampled_from((*PAYERS, TENANT))
AGE: Final = st.sampled_from([0] * 9 + [1])
"""How many revisions ago the pressed button was drawn."""

AMOUNT: Final = st.sampled_from(["all", "all", "half", "least", "too little", "too much", "none"])
EXTRA: Final = st.sampled_from([0, 0, 0, -20_000, 30_000])
FEE: Final = st.sampled_from([0, 0, 1_500, 90_000])
HOURS: Final = st.sampled_from([1, 1, 2, 23, 49, 200])


class Lives(RuleBasedStateMachine):
    """One estate, acted upon at random."""

    @initialize(payer_bears_fee=st.booleans())
    def open(self, *, payer_bears_fee: bool) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.both = Both(Path(self.folder.name), payer_bears_fee=payer_bears_fee)
        self.estate = self.both.estate
        self.count = 0
        for payer in PAYERS:
            self.fund(payer)
        self.issue(300_000, 0, is_agreed=True)

    def teardown(self) -> None:
        self.both.close()
        self.folder.cleanup()

    @property
    def model(self) -> Reference:
        return self.both.reference

    @invariant()
    def both_agree(self) -> None:
        self.both.compare()

    @invariant()
    def the_books_hold(self) -> None:
        self.both.check_books()

    def has_bill(self) -> bool:
        return bool(self.model.bills)

    def has_link(self) -> bool:
        return bool(self.model.links)

    def has_hold(self) -> bool:
        return bool(self.model.holds)

    def bill(self, pick: int) -> tuple[ModelBill, BillId]:
        return newest(self.model.bills, pick), newest(self.both.bill_ids, pick)

    def fresh(self, name: str) -> str:
        self.count += 1
        return f"{name}-{self.count}"

    def fund(self, payer: str) -> None:
        """Put money into a wallet, so that lives begin with something to lose."""
        link, capture = self.top_up(payer, 400_000), self.fresh("capture")
        self.send(0)
        self.settle(0, 0, 0, 0, capture=capture)
        assert link.status == "completed"

    # Time

    @rule(hours=HOURS)
    def wait(self, hours: int) -> None:
        self.model.now = self.both.clock.move(hours=hours)

    # Bills

    @precondition(lambda self: len(self.model.bills) < 6)
    @rule(total=TOTALS, days=st.sampled_from([0, 1, 14]), is_agreed=st.booleans())
    def issue(self, total: int, days: int, *, is_agreed: bool) -> None:
        due_on = local_date(self.model.now, "Africa/Lagos") + timedelta(days=days)
        bill = self.estate.do(
            bills.issue_bill,
            actor=self.estate.admin,
            unit_id=self.estate.unit.id,
            type_=BillType.LEVY,
            title="Levy",
            total=naira(total),
            due_on=due_on,
        )
        self.both.bill_ids.append(bill.id)
        self.model.issue(total=total, due_on=due_on)
        if is_agreed:
            self.acknowledge(0, "ada", 0)

    @precondition(has_bill)
    @rule(pick=PICK, who=PAYER, age=AGE)
    def acknowledge(self, pick: int, who: str, age: int) -> None:
        bill, bill_id = self.bill(pick)
        shown = bill.revision - age
        self.both.act(
            lambda: self.estate.do(
                bills.acknowledge_bill,
                actor=self.both.actors[who],
                bill_id=bill_id,
                revision=shown,
            ),
            lambda: self.model.acknowledge(bill, revision=shown),
        )

    @precondition(has_bill)
    @rule(pick=PICK, who=PAYER, age=AGE)
    def dispute(self, pick: int, who: str, age: int) -> None:
        bill, bill_id = self.bill(pick)
        shown = bill.revision - age
        self.both.act(
            lambda: self.estate.do(
                disputes.open_dispute,
                actor=self.both.actors[who],
                bill_id=bill_id,
                revision=shown,
                reason=DisputeReason.AMOUNT,
                text="Too much",
            ),
            lambda: self.model.dispute(bill, revision=shown),
        )

    @precondition(lambda self: any(b.acknowledgment == "disputed" for b in self.model.bills))
    @rule(
        how=st.sampled_from(["reject", "amend", "cancel", "withdraw", "withdraw and agree"]),
        total=TOTALS,
    )
    def end_dispute(self, how: str, total: int) -> None:
        places = [n for n, b in enumerate(self.model.bills) if b.acknowledgment == "disputed"]
        bill, bill_id = self.model.bills[places[-1]], self.both.bill_ids[places[-1]]
        self.both.act(
            lambda: end_dispute(self.both, bill_id, how, total),
            lambda: self.model.end_dispute(bill, how, total=total),
        )

    @precondition(has_bill)
    @rule(pick=PICK, who=PAYER, amount=AMOUNT, age=AGE, is_second_press=st.booleans())
    def pay(self, pick: int, who: str, amount: str, age: int, *, is_second_press: bool) -> None:
        bill, bill_id = self.bill(pick)
        minor, shown = self.minor(bill, amount), bill.revision - age
        keys = sorted(self.model.keys)
        key = keys[-1] if is_second_press and keys else self.fresh("key")
        self.both.act(
            lambda: self.estate.do(
                bills.pay_bill,
                actor=self.both.actors[who],
                bill_id=bill_id,
                revision=shown,
                amount=naira(minor),
                key=key,
            ),
            lambda: self.model.pay(bill, who, revision=shown, amount=minor, key=key),
        )

    @precondition(has_bill)
    @rule(pick=PICK, total=TOTALS, age=AGE)
    def amend(self, pick: int, total: int, age: int) -> None:
        bill, bill_id = self.bill(pick)
        shown = bill.revision - age
        self.both.act(
            lambda: self.estate.do(
                bills.amend_bill,
                actor=self.estate.admin,
                bill_id=bill_id,
                revision=shown,
                total=naira(total),
                reason="Meter read again",
            ),
            lambda: self.model.amend(bill, revision=shown, total=total),
        )

    @precondition(has_bill)
    @rule(pick=PICK, age=AGE)
    def cancel(self, pick: int, age: int) -> None:
        bill, bill_id = self.bill(pick)
        shown = bill.revision - age
        self.both.act(
            lambda: self.estate.do(
                bills.cancel_bill,
                actor=self.estate.admin,
                bill_id=bill_id,
                revision=shown,
                reason="Twice",
            ),
            lambda: self.model.cancel(bill, revision=shown),
        )

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

    # Links

    @precondition(has_bill)
    @rule(pick=PICK, who=PAYER, amount=AMOUNT, age=AGE, is_sent=st.booleans())
    def open_link(self, pick: int, who: str, amount: str, age: int, *, is_sent: bool) -> None:
        bill, bill_id = self.bill(pick)
        minor, shown = self.minor(bill, amount), bill.revision - age

        def real() -> None:
            payment = self.estate.do(
                links.open_bill_link,
                actor=self.both.actors[who],
                bill_id=bill_id,
                revision=shown,
                amount=naira(minor),
                configuration=self.estate.configuration,
            )
            self.both.payment_ids.append(payment.id)

        def model() -> None:
            self.model.open_link(bill, who, revision=shown, amount=minor)

        if self.both.act(real, model) and is_sent:
            self.send(0)

    @rule(who=PAYER, minor=st.sampled_from([100_000, 400_000]))
    def top_up(self, who: str, minor: int) -> ModelLink:
        payment = self.estate.do(
            links.open_top_up,
            actor=self.both.actors[who],
            amount=naira(minor),
            configuration=self.estate.configuration,
        )
        self.both.payment_ids.append(payment.id)
        self.model.top_up(who, amount=minor)
        return self.model.links[-1]

    @precondition(has_link)
    @rule(pick=PICK)
    def send(self, pick: int) -> None:
        link = newest(self.model.links, pick)
        attempt_id = self.both.attempt_ids(link)[-1]
        request = self.estate.do(links.begin_call, attempt_id=attempt_id)
        assert (request is not None) == self.model.send(link)

    def sent(self, pick: int, back: int) -> tuple[ModelLink, int] | None:
        """Return a link and the place of one of its sent tries."""
        link = newest(self.model.links, pick)
        places = [n for n, status in enumerate(link.tries) if status != "created"]
        return (link, newest(places, back)) if places else None

    @precondition(has_link)
    @rule(pick=PICK, back=PICK, word=st.sampled_from(sorted(ANSWERS)), is_cancelling=st.booleans())
    def answer(self, pick: int, back: int, word: str, *, is_cancelling: bool) -> None:
        found = self.sent(pick, back)
        if found is None:
            return
        link, place = found
        self.estate.do(
            links.record_answer,
            attempt_id=self.both.attempt_ids(link)[place],
            outcome=ANSWERS[word],
            is_cancelling=is_cancelling,
        )
        self.model.answer(link, place, word, is_cancelling=is_cancelling)

    @precondition(has_link)
    @rule(
        pick=PICK,
        back=PICK,
        extra=EXTRA,
        fee=FEE,
        capture=st.sampled_from(["", "", "", "again"]),
        is_foreign=st.sampled_from([False, False, False, True]),
    )
    def settle(
        self,
        pick: int,
        back: int,
        extra: int,
        fee: int,
        *,
        capture: str,
        is_foreign: bool = False,
    ) -> None:
        found = self.sent(pick, back)
        if found is None:
            return
        link, place = found
        said = self.capture(link, extra, fee, capture, is_foreign=is_foreign)
        attempt_id = self.both.attempt_ids(link)[place]
        attempt = self.estate.look(lambda tx: tx.payments.attempt(attempt_id))
        outcome = Settled(
            provider_id=said.key,
            reference="hz-foreign" if said.is_foreign else attempt.reference,
            captured=naira(said.amount),
            is_test=True,
            fee=naira(said.fee) if said.fee else None,
        )
        self.both.act(
            lambda: self.estate.do(links.record_answer, attempt_id=attempt_id, outcome=outcome),
            lambda: self.model.settle(link, place, said),
        )

    def capture(
        self, link: ModelLink, extra: int, fee: int, which: str, *, is_foreign: bool
    ) -> Capture:
        """Return what the provider says: something new, or what it said before."""
        known = [c for c, whose in self.model.captures.values() if whose is link]
        if which == "again" and known:
            return known[-1]
        amount = max(1, link.amount + extra)
        key = self.fresh("capture") if which in {"", "again"} else which
        return Capture(key=key, amount=amount, fee=fee, is_foreign=is_foreign)

    @precondition(has_link)
    @rule(pick=PICK)
    def retry(self, pick: int) -> None:
        link = newest(self.model.links, pick)
        payment_id = newest(self.both.payment_ids, pick)
        self.both.act(
            lambda: self.estate.do(
                links.retry_payment,
                actor=self.both.actors[link.payer],
                payment_id=payment_id,
                configuration=self.estate.configuration,
            ),
            lambda: self.model.retry(link),
        )

    @precondition(has_link)
    @rule(pick=PICK)
    def give_up(self, pick: int) -> None:
        link = newest(self.model.links, pick)
        payment_id = newest(self.both.payment_ids, pick)
        self.both.act(
            lambda: self.estate.do(
                links.cancel_payment,
                actor=self.both.actors[link.payer],
                payment_id=payment_id,
            ),
            lambda: self.model.give_up(link),
        )

    @precondition(lambda self: any(x.expires_at <= self.model.now for x in self.model.links))
    @rule()
    def expire_links(self) -> None:
        for link, payment_id in zip(self.model.links, self.both.payment_ids, strict=True):
            if link.expires_at <= self.model.now:
                self.estate.do(links.expire_payment, payment_id=payment_id)
                self.model.expire(link)

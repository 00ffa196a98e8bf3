"""Random lives: bills are issued, agreed to, contested, paid, amended and cancelled."""

from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from core.domain.bills import BillId
from core.domain.disputes import DisputeReason
from core.domain.people import Role
from core.ports import Transaction
from core.use_cases import bills, disputes
from tests.factories import naira
from tests.model.lives import AGE, AMOUNT, HOURS, PAYER, PICK, TOTALS, Lives

SOME_ENDS: Final = ("reject", "amend", "cancel", "withdraw", "withdraw and agree")
ENDS: Final = st.sampled_from(SOME_ENDS)


def contested(lives: Lives) -> list[int]:
    """Return the places of disputed bills."""
    bills_now = enumerate(lives.model.bills)
    return [n for n, bill in bills_now if (bill.acknowledgment, bill.life) == ("disputed", "open")]


class Billing(Lives):
    """Bills of a random life."""

    @precondition(lambda self: sum(b.life == "open" for b in self.model.bills) < 4)
    @rule(total=TOTALS, days=st.sampled_from([0, 1, 14]), is_agreed=st.booleans())
    def issue(self, total: int, days: int, *, is_agreed: bool) -> None:
        self.both.issue(total, days=days)
        if is_agreed:
            self.acknowledge(0, "ada", 0)

    @precondition(Lives.has_bill)
    @rule(pick=PICK, who=PAYER, age=AGE)
    def acknowledge(self, pick: int, who: str, age: int) -> None:
        self.agree(pick, who, age)

    @precondition(Lives.has_bill)
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

    @precondition(lambda self: bool(contested(self)))
    @rule(
        how=ENDS,
        total=TOTALS,
    )
    def end_dispute(self, how: str, total: int) -> None:
        place = contested(self)[-1]
        bill, bill_id = self.model.bills[place], self.both.bill_ids[place]
        self.both.act(
            lambda: self.really_end_dispute(bill_id, how, total),
            lambda: self.model.end_dispute(bill, how, total=total),
        )

    @precondition(Lives.has_bill)
    @rule(pick=PICK, who=PAYER, amount=AMOUNT, age=AGE, is_second_press=st.booleans())
    def pay(self, pick: int, who: str, amount: str, age: int, *, is_second_press: bool) -> None:
        self.spend(pick, who, amount, age, is_second_press=is_second_press)

    @precondition(Lives.has_bill)
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

    @precondition(lambda self: sum(b.life == "open" for b in self.model.bills) > 2)
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

    @precondition(Lives.has_bill)
    @rule(pick=PICK, who=PAYER, hours=HOURS, how=ENDS, total=TOTALS)
    def contest_and_answer(self, pick: int, who: str, hours: int, how: str, total: int) -> None:
        self.dispute(pick, who, 0)
        self.wait(hours)
        if contested(self):
            self.end_dispute(how, total)

    @precondition(Lives.has_bill)
    @rule(pick=PICK, who=PAYER, amount=AMOUNT)
    def agree_and_pay(self, pick: int, who: str, amount: str) -> None:
        self.acknowledge(pick, who, 0)
        self.pay(0, who, amount, 0, is_second_press=False)

    @precondition(Lives.has_bill)
    @rule(pick=PICK, who=PAYER)
    def contest_too_late(self, pick: int, who: str) -> None:
        self.wait(15 * 24)
        self.dispute(pick, who, 0)

    def really_end_dispute(self, bill_id: BillId, how: str, total: int) -> None:
        """End the open dispute of a bill in storage."""
        # Nobody rejects a version twice, so that each rejection has an administrator of its own.
        is_rejecting = how == "reject"
        judge = self.estate.member("Judge", role=Role.ADMIN) if is_rejecting else self.estate.admin

        def end(tx: Transaction) -> None:
            dispute = tx.disputes.open_of(bill_id)
            assert dispute is not None
            admin, ada, key = self.estate.admin, self.estate.ada, dispute.id
            if how == "reject":
                disputes.reject_dispute(tx, actor=judge, dispute_id=key, answer="It is right")
            elif how == "amend":
                disputes.amend_disputed(
                    tx, actor=admin, dispute_id=key, total=naira(total), answer="Yes"
                )
            elif how == "cancel":
                disputes.cancel_disputed(tx, actor=admin, dispute_id=key, answer="Yes")
            else:
                is_agreeing = how == "withdraw and agree"
                disputes.withdraw_dispute(
                    tx, actor=ada, bill_id=bill_id, is_acknowledging=is_agreeing
                )

        self.estate.do(end)

"""The estate in storage and its reference, side by side: one act on both, then a comparison."""

from collections.abc import Callable
from datetime import date, timedelta

from core.domain.bills import Bill, BillId
from core.domain.calendar import local_date
from core.domain.errors import CoreError
from core.domain.ledger import (
    AccountId,
    AccountKind,
    HoldId,
    JournalId,
    JournalKind,
    Leg,
    Subject,
)
from core.domain.payments import AttemptId, PaymentId
from core.domain.people import Role
from core.domain.refunds import RefundId
from core.domain.tenants import FeeBearer
from core.domain.wallets import WalletStatus
from core.use_cases.ledger import post, reverse
from storage.books import BOOKS
from storage.doctor import examine
from storage.statements import written
from storage.transaction import SqlTransaction
from tests.core.estate import Estate
from tests.factories import naira
from tests.model.records import ModelLink
from tests.model.reference import PAYERS, TENANT, Reference, Refused


class Both:
    """Storage and reference; lists of ids stand beside the reference's lists."""

    def __init__(self, estate: Estate, *, payer_bears_fee: bool) -> None:
        self.books = estate.books
        self.estate = estate
        if payer_bears_fee:
            self.estate.change_tenant(fee_bearer=FeeBearer.PAYER)
        self.clock = self.estate.clock
        self.reference = Reference(now=self.clock.now(), payer_bears_fee=payer_bears_fee)
        self.actors = {"ada": self.estate.ada, "ben": self.estate.ben}
        self.bill_ids: list[BillId] = []
        self.payment_ids: list[PaymentId] = []
        self.hold_ids: list[HoldId] = []
        self.refund_ids: list[RefundId] = []
        self.treasurer = self.estate.member("Treasurer", role=Role.FINANCE)
        self.journal_ids: dict[str, JournalId] = {}
        self.wallets = {name: self.estate.wallet(self.actors[name]) for name in PAYERS}
        self.wallets[TENANT] = self.estate.tenant_wallet()
        there = self.estate.configuration.id
        self.places = {
            "suspense": self._open(AccountKind.SUSPENSE),
            "fees": self._open(AccountKind.PROVIDER_FEES, there),
            "provider": self._open(AccountKind.PROVIDER, there),
            "away": self._open(AccountKind.EXTERNAL),
        }
        self.owed = {
            owner: self._open(AccountKind.OWED, wallet.owner_id)
            for owner, wallet in self.wallets.items()
        }

    def close(self) -> None:
        """Look at everything once more, and close the file."""
        try:
            assert self.books.run(examine) == []
        finally:
            self.books.close()

    def fund(self, payer: str, minor: int) -> None:
        """Let the provider put money into a wallet."""
        self.credit(payer, minor, key=f"fund:{payer}")

    def credit(self, payer: str, minor: int, *, key: str) -> None:
        """Put money into a wallet under a key, which may have been used before."""
        leg = Leg(
            source=self.places["provider"],
            target=self.wallets[payer].account_id,
            amount=naira(minor),
        )

        def real() -> None:
            journal = self.estate.do(
                post,
                tenant_id=self.estate.tenant.id,
                kind=JournalKind.TOP_UP,
                subject=Subject(kind="test", id=1),
                key=key,
                legs=[leg],
            )
            self.journal_ids[key] = journal.id

        self.act(real, lambda: self.reference.credit(payer, minor=minor, key=key))

    def reverse(self, key: str) -> None:
        """Take back what a credit brought, once."""
        journal_id = self.journal_ids[key]
        self.act(
            lambda: self.estate.do(reverse, journal_id=journal_id),
            lambda: self.reference.reverse(key),
        )

    def issue(self, total: int, *, days: int) -> None:
        """Ask the unit for money, due in some days."""
        due_on = local_date(self.clock.now(), "Africa/Lagos") + timedelta(days=days)
        self.bill_ids.append(self.estate.issue(total, due_on=due_on).id)
        self.reference.issue(total=total, due_on=due_on)

    def act(self, real: Callable[[], object], model: Callable[[], object]) -> bool:
        """Do the same on both sides, with the same refusal; True when it was done."""
        expected = actual = ""
        try:
            model()
        except Refused as refused:
            expected = refused.name
        try:
            real()
        except CoreError as refused:
            actual = type(refused).__name__
        assert actual == expected
        return not actual

    def attempt_ids(self, link: ModelLink) -> list[AttemptId]:
        """Return the attempts behind a link, oldest first."""
        payment_id = self.payment_ids[self.reference.links.index(link)]
        attempts = self.estate.look(lambda tx: tx.payments.attempts(payment_id))
        return [attempt.id for attempt in attempts]

    def compare(self) -> None:
        """Assert that every figure and status is the same on both sides, and that books hold."""
        self.books.run(self._compare)

    def _compare(self, tx: SqlTransaction) -> None:
        self._check_books(tx)
        self._compare_money(tx)
        today = local_date(tx.now, "Africa/Lagos")
        bills = [tx.bills.get(bill_id) for bill_id in self.bill_ids]
        assert [_told(bill, today) for bill in bills] == [
            (b.total, b.paid, b.acknowledgment, b.life, b.revision, b.due_on, b.word(today))
            for b in self.reference.bills
        ]
        asked = [tx.payments.open_minor(bill_id) for bill_id in self.bill_ids]
        assert asked == [self.reference.asked(bill) for bill in self.reference.bills]
        for payment_id, link in zip(self.payment_ids, self.reference.links, strict=True):
            payment = tx.payments.get(payment_id)
            assert (payment.status, payment.captured_minor) == (link.status, link.captured)
            assert [a.status for a in tx.payments.attempts(payment_id)] == link.tries
        backs = [tx.refunds.get(refund_id).status.value for refund_id in self.refund_ids]
        assert backs == [back.status for back in self.reference.backs]
        holds = [tx.ledger.hold(hold_id).status.value for hold_id in self.hold_ids]
        assert holds == [hold.status for hold in self.reference.holds]

    def _compare_money(self, tx: SqlTransaction) -> None:
        reference = self.reference
        assert sum(reference.balance.values()) == sum(reference.owed.values())
        for owner, wallet in self.wallets.items():
            account = tx.ledger.get(wallet.account_id)
            assert account.balance.minor == reference.balance[owner]
            assert account.held_minor == reference.held(owner)
            is_frozen = tx.wallets.get(wallet.id).status is WalletStatus.FROZEN
            assert is_frozen == (owner in reference.frozen)
        for place, account_id in self.places.items():
            assert tx.ledger.get(account_id).balance.minor == reference.balance[place]
        held = sum(kept.on_its_way for kept in reference.kept)
        assert tx.ledger.get(self.places["suspense"]).held_minor == held
        for owner, account_id in self.owed.items():
            assert tx.ledger.get(account_id).balance.minor == -reference.owed[owner]

    def _check_books(self, tx: SqlTransaction) -> None:
        """Run the cheap invariants: everything that the books themselves can say."""
        for sentence, query in BOOKS:
            rows = written(query).rows(tx.cursor, {})
            assert [sentence.format(*row) for row in rows] == []

    def _open(self, kind: AccountKind, owner_id: int = 0) -> AccountId:
        """Open an account that money may pass, so that comparing opens none."""
        return self.estate.account(kind, owner_id).id


def _told(bill: Bill, today: date) -> tuple[int, int, str, str, int, date, str]:
    return (
        bill.total_minor,
        bill.paid.minor,
        bill.acknowledgment.value,
        bill.life.value,
        bill.revision,
        bill.due_on,
        bill.shown(today=today).value,
    )

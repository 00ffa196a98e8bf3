"""What should happen to bills, wallets, links and holds, said once more and as plainly as possible.

Nothing here is shared with core but figures of the product: amounts are whole kobo, statuses are
words, a refusal is the name of core's type. Each act checks everything first and changes then.
"""

from datetime import date, datetime, timedelta
from typing import Final

from tests.model.records import Capture, ModelBack, ModelBill, ModelHold, ModelKept, ModelLink

PAYERS: Final = ("ada", "ben")
TENANT: Final = "tenant"
LEAST_MINOR: Final = 50_000
DISPUTE_DAYS: Final = 14
LINK_LIFE: Final = timedelta(minutes=60)
WATCHED: Final = timedelta(days=1)
DAY: Final = timedelta(days=1)

UNDECIDED: Final = ("sent", "waiting", "unknown")


class Refused(Exception):
    """The act must be refused with a core error of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Reference:
    """The estate as it should be."""

    def __init__(self, *, now: datetime, payer_bears_fee: bool) -> None:
        self.now = now
        self.payer_bears_fee = payer_bears_fee
        self.balance = dict.fromkeys((*PAYERS, TENANT, "suspense", "fees", "provider", "away"), 0)
        self.owed = dict.fromkeys((*PAYERS, TENANT), 0)
        self.frozen: set[str] = set()
        self.bills: list[ModelBill] = []
        self.links: list[ModelLink] = []
        self.holds: list[ModelHold] = []
        self.kept: list[ModelKept] = []
        self.backs: list[ModelBack] = []
        self.captures: dict[str, tuple[Capture, ModelLink]] = {}
        self.keys: set[str] = set()
        self.credits: dict[str, tuple[str, int]] = {}
        self.reversed: set[str] = set()

    def held(self, owner: str) -> int:
        return sum(
            hold.amount for hold in self.holds if (hold.owner, hold.status) == (owner, "open")
        )

    def available(self, owner: str) -> int:
        return self.balance[owner] - self.held(owner)

    def asked(self, bill: ModelBill) -> int:
        """Return what open links ask for."""
        return sum(link.amount for link in self.links if link.bill is bill and link.is_open)

    def move(self, source: str, target: str, minor: int) -> None:
        self.balance[source] -= minor
        self.balance[target] += minor

    def credit(self, payer: str, *, minor: int, key: str) -> None:
        """Put money into a wallet, once a key."""
        if key in self.credits:
            _refuse("KeyReused", when=self.credits[key] != (payer, minor))
            return
        self.credits[key] = (payer, minor)
        self.move("provider", payer, minor)

    def reverse(self, key: str) -> None:
        """Take back a credit, once."""
        payer, minor = self.credits[key]
        if key in self.reversed:
            return
        _refuse("InsufficientFunds", when=self.available(payer) < minor)
        self.reversed.add(key)
        self.move(payer, "provider", minor)

    # Bills

    def issue(self, *, total: int, due_on: date) -> None:
        self.bills.append(ModelBill(total=total, due_on=due_on, issued_at=self.now))

    def acknowledge(self, bill: ModelBill, *, revision: int) -> None:
        _shown(bill, revision)
        _refuse("BillCancelled", when=bill.life == "cancelled")
        _refuse("BillDisputed", when=bill.acknowledgment == "disputed")
        _refuse("IllegalTransition", when=bill.acknowledgment == "acknowledged")
        bill.acknowledgment = "acknowledged"

    def dispute(self, bill: ModelBill, *, revision: int) -> None:
        _shown(bill, revision)
        _refuse("BillCancelled", when=bill.life == "cancelled")
        _refuse("BillSettled", when=bill.rest == 0)
        late = self.now > bill.issued_at + timedelta(days=DISPUTE_DAYS)
        _refuse("DisputeWindowClosed", when=late)
        _refuse("IllegalTransition", when=bill.acknowledgment == "disputed")
        bill.acknowledgment, bill.contested_at = "disputed", self.now

    def end_dispute(self, bill: ModelBill, how: str, *, total: int) -> None:
        waited = self.now - (bill.contested_at or self.now)
        if how == "amend":
            self._check_amend(bill, total)
        if how == "cancel":
            self._check_give_back(bill.paid)
        bill.contested_at = None
        if how == "cancel":
            self._cancel(bill)
            return
        # Started days; whole ones when the debtor takes it back himself.
        days = waited // DAY if how.startswith("withdraw") else -(-waited // DAY)
        bill.due_on += timedelta(days=days)
        bill.acknowledgment = "acknowledged" if how == "withdraw and agree" else "pending"
        if how == "amend":
            self._amend(bill, total)

    def amend(self, bill: ModelBill, *, revision: int, total: int) -> None:
        self._check_change(bill, revision)
        self._check_amend(bill, total)
        self._amend(bill, total)

    def cancel(self, bill: ModelBill, *, revision: int) -> None:
        self._check_change(bill, revision)
        self._check_give_back(bill.paid)
        self._cancel(bill)

    def pay(self, bill: ModelBill, payer: str, *, revision: int, amount: int, key: str) -> None:
        self._check_part(bill, revision, amount)
        _refuse("WalletFrozen", when=payer in self.frozen)
        _refuse("InsufficientFunds", when=self.available(payer) < amount)
        _refuse("KeyReused", when=key in self.keys)
        self.keys.add(key)
        self.move(payer, TENANT, amount)
        bill.parts.append((payer, amount))
        self._repay(TENANT)

    # Links

    def open_link(self, bill: ModelBill, payer: str, *, revision: int, amount: int) -> None:
        _shown(bill, revision)
        _refuse(bill.why_not())
        of_bill = [link for link in self.links if link.bill is bill and link.is_open]
        _refuse("PaymentOpen", when=any(link.payer == payer for link in of_bill))
        self._check_part(bill, revision, amount)
        self._ask(payer, amount, bill)

    def top_up(self, payer: str, *, amount: int) -> None:
        self._ask(payer, amount, None)

    def send(self, link: ModelLink) -> bool:
        """Mark the newest try as sent; False when nothing leaves."""
        leaves = link.is_open and link.tries[-1] == "created"
        if leaves:
            link.tries[-1] = "sent"
        return leaves

    def answer(self, link: ModelLink, place: int, word: str, *, is_cancelling: bool) -> None:
        """Record that a try is pending, declined or unknown."""
        status = link.tries[place]
        if word == "pending":
            link.pages.add(place)
        if word == "pending" and status in {"sent", "unknown"}:
            link.tries[place] = "waiting"
            link.status = "processing" if link.status == "pending" else link.status
        if word == "declined" and status in UNDECIDED:
            link.tries[place] = "declined"
        if word == "unknown" and status in {"sent", "waiting"}:
            link.tries[place] = "unknown"
        if is_cancelling and word != "unknown":
            if link.tries[place] == "waiting":
                link.tries[place] = "expired"
            link.status = "cancelled" if link.is_open else link.status

    def settle(self, link: ModelLink, place: int, capture: Capture) -> None:
        """Record that the provider took money."""
        if capture.key in self.captures:
            known, whose = self.captures[capture.key]
            _refuse("KeyReused", when=known.amount != capture.amount)
            if whose is link and not known.is_foreign:
                link.tries[place] = "settled"
            else:
                self.answer(link, place, "unknown", is_cancelling=False)
            return
        self.captures[capture.key] = (capture, link)
        if capture.is_foreign:
            self.move("provider", "suspense", capture.amount)
            self.kept.append(ModelKept(key=capture.key, amount=capture.amount))
            self.answer(link, place, "unknown", is_cancelling=False)
            return
        self.move("provider", link.payer, capture.amount)
        part = self._pass_on(link, capture)
        mine = 0 if self.payer_bears_fee else capture.fee * part // capture.amount
        self._take_fee(TENANT, mine)
        self._take_fee(link.payer, capture.fee - mine)
        self._repay(link.payer)
        self._repay(TENANT)
        link.captured += capture.amount
        link.status = "completed"
        link.tries[place] = "settled"

    def retry(self, link: ModelLink) -> None:
        are_idle = all(
            status in {"declined", "expired"} or (status == "unknown" and not link.had_page(place))
            for place, status in enumerate(link.tries)
        )
        _refuse("PaymentOpen", when=not link.is_open or not are_idle)
        if link.bill is not None:
            _refuse(link.bill.why_not())
            _refuse("AboveRest", when=link.amount > link.bill.rest)
        link.put_away()
        link.tries.append("created")

    def give_up(self, link: ModelLink) -> None:
        _refuse("IllegalTransition", when=not link.is_open)
        if not link.had_page(len(link.tries) - 1):
            link.put_away()
            link.status = "cancelled"

    def expire(self, link: ModelLink) -> None:
        is_in_doubt = any(
            status == "sent" or (status == "unknown" and link.had_page(place))
            for place, status in enumerate(link.tries)
        )
        if not link.is_open or (is_in_doubt and self.now < link.expires_at + WATCHED):
            return
        ends = {"waiting": "expired", "unknown": "expired"}
        link.tries = [ends.get(status, status) for status in link.tries]
        link.status = "expired"

    # Money that fits no payment

    def give_kept(self, kept: ModelKept, payer: str, *, amount: int) -> None:
        _refuse("UnmatchedGone", when=kept.free <= 0)
        _refuse("InvalidAmount", when=amount <= 0)
        _refuse("AmountOutOfRange", when=kept.free < amount)
        kept.given += amount
        self.move("suspense", payer, amount)
        self._repay(payer)

    def send_back(self, kept: ModelKept, *, amount: int) -> None:
        _refuse("UnmatchedGone", when=kept.free <= 0)
        _refuse("InvalidAmount", when=amount <= 0)
        _refuse("AboveRefundable", when=kept.free < amount)
        back = ModelBack(kept=kept, amount=amount)
        kept.backs.append(back)
        self.backs.append(back)

    def end_back(self, back: ModelBack, how: str) -> None:
        """Record how a provider says that it ended; what went out late is owed where it lacks."""
        if how == "failed" and back.status == "processing":
            back.status = "failed"
        if how != "done" or back.status == "completed":
            return
        here = back.amount if back.status == "processing" else min(back.kept.free, back.amount)
        back.status = "completed"
        back.kept.done += here
        self.move("suspense", "provider", here)
        self.balance["provider"] += back.amount - here
        self.owed[TENANT] += back.amount - here

    # Wallets and holds

    def freeze(self, payer: str) -> None:
        _refuse("IllegalTransition", when=payer in self.frozen)
        self.frozen.add(payer)

    def thaw(self, payer: str) -> None:
        _refuse("IllegalTransition", when=payer not in self.frozen)
        self.frozen.remove(payer)

    def hold(self, owner: str, *, amount: int, expires_at: datetime | None) -> None:
        _refuse("InsufficientFunds", when=self.available(owner) < amount)
        self.holds.append(ModelHold(owner=owner, amount=amount, expires_at=expires_at))

    def post_hold(self, hold: ModelHold, *, amount: int) -> None:
        _refuse("InvalidAmount", when=amount > hold.amount)
        _refuse("IllegalTransition", when=hold.status != "open")
        hold.status = "posted"
        self.move(hold.owner, "away", amount)

    def void_hold(self, hold: ModelHold) -> None:
        _refuse("IllegalTransition", when=hold.status != "open")
        hold.status = "voided"

    def expire_hold(self, hold: ModelHold) -> None:
        is_due = hold.expires_at is not None and self.now >= hold.expires_at
        _refuse("IllegalTransition", when=hold.status != "open" or not is_due)
        hold.status = "expired"

    # Parts of acts

    def _ask(self, payer: str, amount: int, bill: ModelBill | None) -> None:
        ends = self.now + LINK_LIFE
        self.links.append(ModelLink(payer=payer, amount=amount, bill=bill, expires_at=ends))

    def _check_part(self, bill: ModelBill, revision: int, amount: int) -> None:
        _shown(bill, revision)
        _refuse(bill.why_not())
        most = bill.rest - self.asked(bill)
        _refuse("PaymentOpen", when=most <= 0)
        _refuse("InvalidAmount", when=amount <= 0)
        _refuse("AboveRest", when=amount > most)
        least = min(LEAST_MINOR, -(-bill.total // 10))
        _refuse("BelowMinimum", when=amount < least and amount != most)

    def _check_change(self, bill: ModelBill, revision: int) -> None:
        _shown(bill, revision)
        _refuse("BillCancelled", when=bill.life == "cancelled")
        _refuse("BillDisputed", when=bill.acknowledgment == "disputed")

    def _check_amend(self, bill: ModelBill, total: int) -> None:
        _refuse("InvalidAmount", when=total == bill.total)
        self._check_give_back(bill.paid - total)

    def _check_give_back(self, minor: int) -> None:
        _refuse("InsufficientFunds", when=minor > 0 and self.available(TENANT) < minor)

    def _amend(self, bill: ModelBill, total: int) -> None:
        self._give_back(bill, bill.paid - total)
        bill.total, bill.acknowledgment = total, "pending"
        bill.revision += 1

    def _cancel(self, bill: ModelBill) -> None:
        self._give_back(bill, bill.paid)
        bill.life = "cancelled"

    def _give_back(self, bill: ModelBill, minor: int) -> None:
        """Return money, what came last first."""
        while minor > 0:
            payer, amount = bill.parts.pop()
            part = min(minor, amount)
            self.move(TENANT, payer, part)
            minor -= part
            if amount > part:
                bill.parts.append((payer, amount - part))

    def _pass_on(self, link: ModelLink, capture: Capture) -> int:
        """Pay the bill as far as the money reaches, if it may still be paid by this link."""
        bill = link.bill
        if bill is None or not link.is_open or bill.why_not():
            return 0
        fee = capture.fee if self.payer_bears_fee else 0
        part = min(max(0, capture.amount - fee), bill.rest)
        if part:
            self.move(link.payer, TENANT, part)
            bill.parts.append((link.payer, part))
        return part

    def _repay(self, owner: str) -> None:
        """Let an owner repay what he owes from what he has."""
        amount = max(0, min(self.owed[owner], self.available(owner)))
        self.balance[owner] -= amount
        self.owed[owner] -= amount

    def _take_fee(self, bearer: str, fee: int) -> None:
        covered = min(fee, self.available(bearer))
        self.move(bearer, "fees", covered)
        self.owed[bearer] += fee - covered
        self.balance["fees"] += fee - covered


def _refuse(name: str, *, when: bool = True) -> None:
    if when and name:
        raise Refused(name)


def _shown(bill: ModelBill, revision: int) -> None:
    _refuse("StaleCard", when=revision != bill.revision)

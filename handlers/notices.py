"""Who is told what: one table, event → recipients and screen.

Recipients are chosen in the transaction of the event, so the actor is known and is not told what
he just saw himself. The screen is rendered later, from fresh state, in the recipient's words; None
means that there is nothing left to say.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from core.domain.acts import Event, EventName
from core.domain.bills import Bill, BillFilter, BillId
from core.domain.calendar import end_of_quiet, local_date
from core.domain.disputes import DisputeId, DisputeStatus
from core.domain.ledger import JournalId
from core.domain.money import Money
from core.domain.payments import Method, Payment, PaymentId, Receipt, ReceiptId
from core.domain.people import NO_UNIT, MembershipId, PersonId, Scope
from core.domain.wallets import TENANT_OWNED
from core.domain.work import Priority
from core.ports import Transaction
from core.use_cases.bills import debtors_of
from core.use_cases.timeline import explained
from core.use_cases.wallets import open_wallet, wallet_account
from handlers import (
    apart_cards,
    claim_cards,
    difference_cards,
    hearers,
    kept_cards,
    keys,
    method_cards,
    refund_cards,
    safety,
)
from handlers.cards import bill_screen, name_of, payment_screen, provider_of, receipt_screen
from handlers.cards import whose as whose_of
from handlers.chat import Reply, Screen, Show
from handlers.screens import notices as told
from handlers.screens.payments import provider_name
from handlers.screens.people import role_word
from handlers.visit import Reader

MAX_DIGEST: Final = 5
MAX_BUNDLED: Final = 50
BUNDLE_MINUTES: Final = 10
"""Money of the same ten minutes is told of in one message."""

Render = Callable[[Transaction, Reader, Event], Reply | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One line of the table.

    `is_quiet` waits until quiet hours end; anything else comes at once, without a sound at night.
    `shows_seal_of` names the journal whose seal it shows, and waits a moment for.
    """

    recipients: hearers.Recipients
    render: Render
    is_quiet: bool = False
    priority: Priority = Priority.MONEY
    shows_seal_of: Callable[[Transaction, Event], JournalId] | None = None


def _bill_created(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    note = told.new_bill(reader.words, is_again=bool(event.other_id))
    return _send(tx, reader, lambda: bill_screen(tx, reader, _bill(tx, event), note=note))


def _bill_acknowledged(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    bill = _bill(tx, event)
    name, whose = name_of(tx, PersonId(event.person_id)), whose_of(tx, bill)
    screen = told.acknowledged(reader.words, bill, whose=whose, name=name)
    return _send(tx, reader, lambda: screen)


def _bill_disputed(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    bill, dispute = _bill(tx, event), tx.disputes.get(DisputeId(event.other_id))
    text = tx.note(dispute.text_id)
    screen = told.disputed(reader.words, bill, dispute, whose=whose_of(tx, bill), text=text)
    return _send(tx, reader, lambda: screen)


def _dispute_resolved(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    bill, dispute = _bill(tx, event), tx.disputes.get(DisputeId(event.other_id))
    if dispute.status is DisputeStatus.WITHDRAWN:
        screen = told.withdrawn(reader.words, bill, dispute, whose=whose_of(tx, bill))
        return _send(tx, reader, lambda: screen)
    answer = tx.note(dispute.answer_id)
    note = told.rejected(reader.words, dispute, answer=answer, due_on=bill.due_on)
    return _send(tx, reader, lambda: bill_screen(tx, reader, bill, note=note))


def _bill_amended(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    bill = _bill(tx, event)
    revisions = tx.timeline.revisions(bill.id)
    newest = revisions[-1]
    before = revisions[-2].total if len(revisions) > 1 else newest.total
    note = told.amended(
        reader.words,
        before=before,
        after=newest.total,
        reason=tx.note(newest.note_id),
        back=_given_back(tx, reader, bill),
        balance=_balance(tx, reader, bill),
    )
    return _send(tx, reader, lambda: bill_screen(tx, reader, bill, note=note))


def _bill_cancelled(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    bill = _bill(tx, event)
    reason = next((s.note_id for s in reversed(tx.timeline.steps(bill.id)) if s.note_id), None)
    note = told.cancelled(
        reader.words,
        reason=tx.note(reason) if reason else "",
        back=_given_back(tx, reader, bill),
        balance=_balance(tx, reader, bill),
    )
    return _send(tx, reader, lambda: bill_screen(tx, reader, bill, note=note))


def _given_back_by_staff(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    bill = _bill(tx, event)
    legs = tx.ledger.transfers(JournalId(event.other_id))
    screen = told.given_back(
        reader.words,
        bill,
        amount=sum((each.leg.amount for each in legs), Money(0, bill.currency)),
        whose=whose_of(tx, bill),
        name=name_of(tx, PersonId(event.person_id)),
    )
    return _send(tx, reader, lambda: screen)


def _bill_paid(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    bill = _bill(tx, event)
    allocations = tx.payments.allocations_of_bill(bill.id)
    found = next((each for each in allocations if each.journal_id == event.other_id), None)
    if found is None:
        return None
    screen = told.paid(
        reader.words,
        bill,
        amount=found.amount,
        whose=whose_of(tx, bill),
        name=name_of(tx, found.payer_id),
        at=tx.ledger.journal(found.journal_id).posted_at,
    )
    return _send(tx, reader, lambda: screen)


def _money_came(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    """Show what came in within the same few minutes in one message, which counts."""
    if reader.actor is None or not reader.person.has_reminders:
        return None
    at = tx.ledger.journal(JournalId(event.other_id)).posted_at
    begun = at.replace(minute=at.minute - at.minute % BUNDLE_MINUTES, second=0, microsecond=0)
    until = begun + timedelta(minutes=BUNDLE_MINUTES)
    tenant = reader.tenant
    wallet = open_wallet(tx, tenant_id=tenant.id, owner_id=TENANT_OWNED, currency=tenant.currency)
    account = wallet_account(tx, wallet=wallet)
    newest = tx.ledger.entries(account.id, before_seq=None, limit=MAX_BUNDLED)
    bundled = [e for e in newest if begun <= e.posted_at < until and e.amount.is_positive]
    if not bundled:
        return None
    moved = explained(tx, entries=bundled[:MAX_DIGEST])
    screen = told.money_came(reader.words, moved, count=len(bundled), balance=account.balance)
    live = f"money:{tenant.id}:{begun:%Y%m%d%H%M}"
    return Reply(screen=screen, show=Show.LIVE, live=live)


def _payment_live(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    payment = _payment(tx, event)
    if payment.method is Method.WALLET or reader.actor is None:
        return None
    screen = payment_screen(tx, reader, payment)
    return Reply(screen=screen, show=Show.LIVE, live=f"payment:{payment.id}")


def _receipted(tx: Transaction, event: Event) -> JournalId:
    return tx.payments.receipt(ReceiptId(event.other_id)).journal_id


def _receipt_issued(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    receipt = tx.payments.receipt(ReceiptId(event.other_id))
    return _send(tx, reader, lambda: receipt_screen(tx, reader, receipt))


def _kept(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    screen = kept_cards.told(tx, reader, event)
    return None if screen is None else _send(tx, reader, lambda: screen)


def _late_capture(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    payment, receipt = _payment(tx, event), _receipt(tx, event)
    if receipt is None:
        return None
    bill = None if payment.bill_id is None else tx.bills.get(payment.bill_id)
    provider = provider_name(provider_of(tx, tx.ledger.journal(receipt.journal_id)))
    is_again = receipt != tx.payments.receipts_of(payment.id)[0]
    screen = told.late(reader.words, payment, receipt, bill, provider=provider, is_again=is_again)
    return _send(tx, reader, lambda: screen)


def _drawn(draw: Callable[[Transaction, Reader, Event], Screen | None]) -> Render:
    """Send what another file draws, while there is something to say."""

    def render(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
        screen = None if reader.actor is None else draw(tx, reader, event)
        return None if screen is None else _send(tx, reader, lambda: screen)

    return render


def _digest(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    if reader.actor is None or not reader.person.has_reminders:
        return None
    tenant, debtors = reader.tenant, debtors_of(reader.actor)
    today = local_date(tx.now, tenant.timezone)
    sums = tx.bills.sums(debtors, today=today, currency=tenant.currency)
    if not sums.open:
        return None
    found: dict[BillId, Bill] = {}
    for which in (BillFilter.OVERDUE, BillFilter.TO_REVIEW, BillFilter.TO_PAY):
        page = tx.bills.page(debtors, which, today=today, after=None, limit=MAX_DIGEST)
        found |= {bill.id: bill for bill in page if bill.id not in found}
    shown = list(found.values())[:MAX_DIGEST]
    screen = told.digest(reader.words, shown, sums, today=today, tenant_name=tenant.name)
    return _send(tx, reader, lambda: screen)


def _pin_locked(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    if reader.person.id != event.person_id:
        name = name_of(tx, PersonId(event.person_id))
        return _send(tx, reader, lambda: told.pin_locked_of(reader.words, name=name))
    until = reader.person.pin_locked_until
    return Reply(screen=told.pin_locked(reader.words, until=until), show=Show.SEND)


def _member_joined(tx: Transaction, reader: Reader, event: Event) -> Reply | None:
    membership = tx.people.membership(MembershipId(event.subject.id))
    unit = membership.unit_id
    screen = told.joined(
        reader.words,
        name=name_of(tx, membership.person_id),
        unit="" if unit == NO_UNIT else tx.people.unit(unit).code,
        roles=", ".join(str(role_word(reader.words, role)) for role in sorted(membership.roles)),
    )
    return _send(tx, reader, lambda: screen)


def _send(tx: Transaction, reader: Reader, draw: Callable[[], Screen]) -> Reply | None:
    """Send a screen to a member, without a sound at night; nothing to who has left."""
    if reader.actor is None:
        return None
    screen, policy = draw(), reader.tenant.policy
    zone = reader.person.timezone or reader.tenant.timezone
    wakes_at = end_of_quiet(tx.now, timezone=zone, start=policy.quiet_from, end=policy.quiet_until)
    if wakes_at > tx.now:
        screen = replace(screen, is_silent=True)
    return Reply(screen=screen, show=Show.SEND)


def _bill(tx: Transaction, event: Event) -> Bill:
    return tx.bills.get(BillId(event.subject.id))


def _payment(tx: Transaction, event: Event) -> Payment:
    return tx.payments.get(PaymentId(event.subject.id))


def _receipt(tx: Transaction, event: Event) -> Receipt | None:
    """Return the receipt of the event's journal."""
    receipts = tx.payments.receipts_of(PaymentId(event.subject.id))
    return next((each for each in receipts if each.journal_id == event.other_id), None)


def _balance(tx: Transaction, reader: Reader, bill: Bill) -> Money:
    wallet = open_wallet(
        tx, tenant_id=bill.tenant_id, owner_id=reader.person.id, currency=bill.currency
    )
    return wallet_account(tx, wallet=wallet).balance


def _given_back(tx: Transaction, reader: Reader, bill: Bill) -> Money:
    """Return what of a bill went back to the reader's wallet in all."""
    mine = [
        each.returned_minor
        for each in tx.payments.allocations_of_bill(bill.id)
        if each.payer_id == reader.person.id
    ]
    return Money(sum(mine), bill.currency)


_LIVE: Final = Notice(recipients=hearers.payer_elsewhere, render=_payment_live)
_PAID: Final = Notice(recipients=hearers.around_payer, render=_bill_paid, priority=Priority.QUIET)
_DIGEST: Final = Notice(
    recipients=hearers.payer, render=_digest, is_quiet=True, priority=Priority.QUIET
)
_FROZEN: Final = Notice(recipients=hearers.payer_elsewhere, render=safety.frozen)
_REFUND: Final = Notice(recipients=refund_cards.hearers_of, render=_drawn(refund_cards.told))
_CLAIM: Final = Notice(recipients=hearers.refunders, render=_drawn(claim_cards.told))
_METHOD: Final = Notice(recipients=hearers.payer, render=_drawn(method_cards.told))
_STANDING: Final = Notice(recipients=hearers.about_trouble, render=keys.standing)

NOTICES: Final[Mapping[EventName, Notice]] = {
    EventName.BILL_CREATED: Notice(recipients=hearers.debtors, render=_bill_created),
    EventName.BILL_ACKNOWLEDGED: Notice(
        recipients=hearers.holders(Scope.BILLS_MANAGE),
        render=_bill_acknowledged,
        priority=Priority.QUIET,
    ),
    EventName.BILL_DISPUTED: Notice(recipients=hearers.dispute_hearers, render=_bill_disputed),
    EventName.BILL_DISPUTE_RESOLVED: Notice(
        recipients=hearers.after_dispute, render=_dispute_resolved
    ),
    EventName.BILL_AMENDED: Notice(recipients=hearers.debtors, render=_bill_amended),
    EventName.BILL_CANCELLED: Notice(recipients=hearers.debtors, render=_bill_cancelled),
    EventName.TENANT_WALLET_DEBITED: Notice(
        recipients=hearers.holders(Scope.FINANCE_VIEW), render=_given_back_by_staff
    ),
    EventName.BILL_PARTIALLY_PAID: _PAID,
    EventName.BILL_PAID: _PAID,
    EventName.TENANT_WALLET_CREDITED: Notice(
        recipients=hearers.keepers, render=_money_came, priority=Priority.QUIET
    ),
    EventName.BILL_REMINDER: _DIGEST,
    EventName.BILL_OVERDUE: _DIGEST,
    EventName.PAYMENT_INITIATED: _LIVE,
    EventName.PAYMENT_CHANGED: _LIVE,
    EventName.PAYMENT_EXPIRED: _LIVE,
    EventName.PAYMENT_FAILED: _LIVE,
    EventName.RECEIPT_ISSUED: Notice(
        recipients=hearers.payer,
        render=_receipt_issued,
        priority=Priority.ANSWER,
        shows_seal_of=_receipted,
    ),
    EventName.SURPLUS_KEPT: Notice(recipients=hearers.surplus_payer, render=_kept),
    EventName.PAYMENT_FEE_TAKEN: Notice(recipients=hearers.payer, render=_kept),
    EventName.PAYMENT_LATE_CAPTURE: Notice(recipients=hearers.payer, render=_late_capture),
    EventName.MONEY_UNMATCHED: Notice(
        recipients=hearers.unmatched_hearers, render=_drawn(apart_cards.came)
    ),
    EventName.MONEY_DIFFERS: Notice(
        recipients=hearers.reporters, render=_drawn(difference_cards.told)
    ),
    EventName.MONEY_MATCHED: Notice(recipients=hearers.payer, render=_drawn(apart_cards.matched)),
    EventName.MONEY_TAKEN_BACK: Notice(
        recipients=hearers.payer, render=_drawn(apart_cards.taken_back)
    ),
    **dict.fromkeys(refund_cards.TOLD, _REFUND),
    **dict.fromkeys(claim_cards.TOLD, _CLAIM),
    **dict.fromkeys(method_cards.TOLD, _METHOD),
    EventName.WALLET_FROZEN: _FROZEN,
    EventName.WALLET_UNFROZEN: _FROZEN,
    EventName.PIN_CHANGED: Notice(recipients=hearers.payer, render=safety.pin_changed),
    EventName.PIN_LOCKED: Notice(recipients=hearers.pin_hearers, render=_pin_locked),
    EventName.ROLE_CHANGED: Notice(recipients=hearers.payer, render=safety.standing_changed),
    EventName.PROVIDER_CHECKED: Notice(
        recipients=hearers.payer, render=keys.checked, priority=Priority.ANSWER
    ),
    EventName.SETTINGS_CHANGED: Notice(recipients=hearers.about_providers, render=keys.changed),
    EventName.PROVIDER_DOWN: _STANDING,
    EventName.PROVIDER_RECOVERED: _STANDING,
    EventName.MEMBER_JOINED: Notice(
        recipients=hearers.holders(Scope.MEMBERS_MANAGE),
        render=_member_joined,
        priority=Priority.QUIET,
    ),
}
"""Everything that people hear of; events that are not here concern machines or only the actor."""

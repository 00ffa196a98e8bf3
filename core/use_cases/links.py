"""Paying by link: payments through providers, what they answer, and what is done with it.

A call is stored and committed before it is made; the answer is recorded in the next transaction;
what a provider has captured is always posted, exactly once, under the provider's own id.
"""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Final

from core.domain.acts import EventName
from core.domain.bills import Bill, BillId
from core.domain.configurations import Configuration
from core.domain.errors import (
    AboveRest,
    AmountOutOfRange,
    InvalidAmount,
    PaymentOpen,
    TooManyRequests,
)
from core.domain.money import MAX_MINOR, Money
from core.domain.payments import (
    ASK_AFTER_EXPIRY,
    NO_METHOD,
    WATCH_AFTER_EXPIRY,
    Attempt,
    AttemptId,
    AttemptStatus,
    MethodId,
    Payment,
    PaymentId,
    PaymentStatus,
)
from core.domain.people import Actor
from core.domain.providers import (
    Declined,
    LinkRequest,
    Outcome,
    Pending,
    ProviderError,
    Settled,
    Unknown,
)
from core.domain.work import Due, Kind, Priority
from core.ports import Transaction
from core.use_cases.attempts import add_attempt, add_payment, hear_waiting, link_request
from core.use_cases.bills import own_bill, wallet_rest
from core.use_cases.captures import Taken, credit_captures, keep_receipt
from core.use_cases.chargebacks import follow_capture
from core.use_cases.methods import hold_method, note_account, retire_method
from core.use_cases.payments import end_payment, own_payment, tell

MAX_TOP_UP_MINOR: Final = 1_000_000_000
CHECKS_A_MINUTE: Final = 6
HELD_FOR: Final = timedelta(days=60)
"""So long nobody is told again that a provider holds a payment."""


def open_bill_link(
    tx: Transaction,
    *,
    actor: Actor,
    bill_id: BillId,
    revision: int,
    amount: Money,
    configuration: Configuration,
    method_id: MethodId = NO_METHOD,
) -> Payment:
    """Ask for a payment page for a bill, or a part of it; or charge the payer's saved method.

    Raises:
        NotFound, StaleCard, NotAcknowledged, BillDisputed, BillSettled, BillCancelled: the bill.
        InvalidAmount, BelowMinimum, AboveRest: the amount.
        PaymentOpen: the payer's link for this bill is still open, or others' ask for the rest.
        NoProvider, NotTaken: this configuration may not be used here, or not for this.
    """
    bill = own_bill(tx, actor=actor, bill_id=bill_id)
    tenant = tx.tenants.get(bill.tenant_id)
    tenant.check_open()
    bill.check_revision(revision)
    bill.check_payable()
    already = tx.payments.open_for(bill_id, actor.person_id)
    if already is not None:
        raise PaymentOpen(payment_id=already.id, bill=bill)
    most = wallet_rest(tx, bill=bill)
    if not most.is_positive:
        raise PaymentOpen(bill=bill)
    bill.check_part(amount, least=tenant.least_part(bill.total), most=most)
    return _open(tx, actor, bill, amount=amount, configuration=configuration, method_id=method_id)


def open_top_up(
    tx: Transaction,
    *,
    actor: Actor,
    amount: Money,
    configuration: Configuration,
    method_id: MethodId = NO_METHOD,
) -> Payment:
    """Ask for a payment page that fills the actor's wallet; or charge his saved method.

    Raises:
        InvalidAmount: not positive, or not the tenant's currency.
        AmountOutOfRange: more than a wallet takes at once.
        NoProvider, NotTaken: this configuration may not be used here, or not for this.
    """
    tenant = tx.tenants.get(actor.tenant_id)
    tenant.check_open()
    if not amount.is_positive or amount.currency != tenant.currency:
        raise InvalidAmount(text=str(amount.minor), reason="positive")
    most = Money(min(MAX_TOP_UP_MINOR, MAX_MINOR), amount.currency)
    if most < amount:
        raise AmountOutOfRange(least=Money(1, amount.currency), most=most)
    return _open(tx, actor, None, amount=amount, configuration=configuration, method_id=method_id)


def begin_call(tx: Transaction, *, attempt_id: AttemptId) -> LinkRequest | None:
    """Mark an attempt as sent before the first byte leaves.

    None when it was sent before, or its payment ended meanwhile. The caller fills the addresses.
    """
    payment = tx.payments.lock(tx.payments.attempt(attempt_id).payment_id)
    attempt = tx.payments.attempt(attempt_id)
    if attempt.status is not AttemptStatus.CREATED or not payment.is_open:
        return None
    sent = replace(attempt.move(AttemptStatus.SENT), sent_at=tx.now)
    tx.payments.replace_attempt(attempt, sent)
    return link_request(tx, attempt=attempt, payment=payment)


def record_answer(
    tx: Transaction, *, attempt_id: AttemptId, outcome: Outcome, is_cancelling: bool = False
) -> Attempt:
    """Record what a provider answered, whenever it answers: late, twice, or out of order.

    Raises:
        KeyReused: a capture came back with another amount than it was credited with.
    """
    attempt = tx.payments.attempt(attempt_id)
    match outcome:
        case Settled():
            return _settled(tx, attempt, outcome)
        case Pending() if _has_lost_page(attempt, outcome):
            lost = Declined(error=ProviderError.PROVIDER_ERROR, detail="page lost", is_final=False)
            return _declined(tx, attempt, lost, is_cancelling=is_cancelling)
        case Pending():
            return _pending(tx, attempt, outcome, is_cancelling=is_cancelling)
        case Declined():
            return _declined(tx, attempt, outcome, is_cancelling=is_cancelling)
        case Unknown():
            return _unknown(tx, attempt, outcome)


def ask_again(tx: Transaction, *, attempt: Attempt, ask: str = "advance") -> None:
    """Queue a look-up of an attempt."""
    payload = json.dumps({"attempt": attempt.id, "ask": ask}).encode()
    lane = f"p:{attempt.payment_id}"
    tx.work.add(Kind.CALL, lane=lane, payload=payload, priority=Priority.MONEY)


def check_now(tx: Transaction, *, actor: Actor, payment_id: PaymentId) -> Payment:
    """Look a payment's attempts up at once, because its payer asks.

    Raises:
        NotFound: it is not the actor's.
        TooManyRequests: six times within this minute.
    """
    payment = own_payment(tx, actor=actor, payment_id=payment_id)
    minute = int(tx.now.timestamp()) // 60
    name, until = f"check:{payment_id}:{minute}", tx.now + timedelta(minutes=1)
    if tx.tallies.count(name, until=until) > CHECKS_A_MINUTE:
        raise TooManyRequests(retry_after_s=60)
    for attempt in tx.payments.attempts(payment_id):
        if attempt.status not in {AttemptStatus.CREATED, AttemptStatus.SETTLED}:
            ask_again(tx, attempt=attempt)
    return payment


def cancel_payment(tx: Transaction, *, actor: Actor, payment_id: PaymentId) -> Payment:
    """Give a waiting payment up: at once if its payer had no page, else once the provider is asked.

    Raises:
        NotFound: it is not the actor's.
        IllegalTransition: it has ended.
    """
    payment = tx.payments.lock(own_payment(tx, actor=actor, payment_id=payment_id).id)
    payment.move(PaymentStatus.CANCELLED, at=tx.now)
    attempts = tx.payments.attempts(payment_id)
    if not attempts[-1].had_page:
        _put_away(tx, attempts)
        return end_payment(tx, payment=payment, status=PaymentStatus.CANCELLED)
    ask_again(tx, attempt=attempts[-1], ask="cancel")
    return payment


def retry_payment(
    tx: Transaction, *, actor: Actor, payment_id: PaymentId, configuration: Configuration
) -> Payment:
    """Try a still open payment again after a decline: a new attempt under a new reference.

    Raises:
        NotFound: it is not the actor's.
        PaymentOpen: an attempt waits or may still take money, or the payment has ended.
        NotAcknowledged, BillDisputed, BillSettled, BillCancelled: the bill changed meanwhile.
        AboveRest: less is left open than this payment asks for.
        NoProvider, NotTaken: this configuration may not be used here, or not for this.
    """
    payment = tx.payments.lock(own_payment(tx, actor=actor, payment_id=payment_id).id)
    attempts = tx.payments.attempts(payment_id)
    if not payment.is_open or not all(attempt.is_idle for attempt in attempts):
        raise PaymentOpen(payment_id=payment_id)
    tx.tenants.get(payment.tenant_id).check_open()
    if payment.bill_id is not None:
        _check_still_owed(tx.bills.get(payment.bill_id), payment)
    _put_away(tx, attempts)
    following = len(attempts) + 1
    attempt = add_attempt(tx, payment=payment, configuration=configuration, number=following)
    ask_again(tx, attempt=attempt, ask="create")
    tell(tx, name=EventName.PAYMENT_CHANGED, payment=payment)
    return payment


def expire_payment(tx: Transaction, *, payment_id: PaymentId) -> Payment:
    """End a payment whose time is over; its links are watched for a day longer.

    One whose payer may have paid without our knowing is looked up, and over after that day only;
    one whose payer has paid, while the money is on its way, after a month.
    """
    payment = tx.payments.lock(payment_id)
    if not payment.is_open or payment.expires_at is None:
        return payment
    attempts = tx.payments.attempts(payment_id)
    doubtful = [each for each in attempts if each.is_doubtful]
    is_clearing = any(each.awaits_clearing for each in attempts)
    end = payment.expires_at + (ASK_AFTER_EXPIRY if is_clearing else WATCH_AFTER_EXPIRY)
    if (doubtful or is_clearing) and tx.now < end:
        later = min(tx.now + timedelta(hours=6 if is_clearing else 1), end)
        tx.work.plan(Due(due_at=later, kind="payment_expiry", subject=payment.id, period="1"))
        for attempt in doubtful:
            ask_again(tx, attempt=attempt)
        return payment
    for attempt in attempts:
        if attempt.status in {AttemptStatus.WAITING, AttemptStatus.UNKNOWN}:
            expired = attempt.move(AttemptStatus.EXPIRED, error=attempt.error)
            tx.payments.replace_attempt(attempt, expired)
    return end_payment(tx, payment=payment, status=PaymentStatus.EXPIRED)


def is_watched(tx: Transaction, *, attempt: Attempt, after: timedelta = WATCH_AFTER_EXPIRY) -> bool:
    """Tell whether an attempt may still bring money that nobody told us of."""
    if attempt.status in {AttemptStatus.SETTLED, AttemptStatus.CREATED}:
        return False
    payment = tx.payments.get(attempt.payment_id)
    return tx.now < (payment.expires_at or payment.created_at) + after


def _open(
    tx: Transaction,
    actor: Actor,
    bill: Bill | None,
    *,
    amount: Money,
    configuration: Configuration,
    method_id: MethodId = NO_METHOD,
) -> Payment:
    opened = add_payment(tx, actor=actor, bill=bill, amount=amount)
    attempt = add_attempt(
        tx, payment=opened, configuration=configuration, number=1, method_id=method_id
    )
    ask_again(tx, attempt=attempt, ask="create")
    tell(tx, name=EventName.PAYMENT_INITIATED, payment=opened)
    return opened


def _put_away(tx: Transaction, attempts: tuple[Attempt, ...]) -> None:
    """Call off what has no answer and no page: nobody can have paid it."""
    for attempt in attempts:
        if attempt.is_idle and not attempt.has_failed:
            over = attempt.move(AttemptStatus.EXPIRED, error=attempt.error)
            tx.payments.replace_attempt(attempt, over)


def _check_still_owed(bill: Bill, payment: Payment) -> None:
    bill.check_payable()
    if bill.rest < payment.amount:
        raise AboveRest(most=bill.rest, bill=bill)


def _settled(tx: Transaction, attempt: Attempt, settled: Settled) -> Attempt:
    if attempt.status is AttemptStatus.CREATED:
        attempt = tx.payments.replace_attempt(attempt, attempt.move(AttemptStatus.SENT))
    taken = credit_captures(tx, attempt=attempt, settled=settled)
    if taken is Taken.NOTHING:
        # Banks claim what came under another's reference as well, and was kept apart.
        follow_capture(tx, attempt=attempt, settled=settled)
        return _unknown(tx, attempt, Unknown(error=ProviderError.PROVIDER_ERROR))
    attempt = keep_receipt(tx, attempt=attempt, settled=settled)
    if attempt.status is not AttemptStatus.SETTLED:
        done = replace(attempt.move(AttemptStatus.SETTLED), verified_at=tx.now)
        tx.payments.replace_attempt(attempt, done)
        payment = tx.payments.get(attempt.payment_id)
        tell(tx, name=EventName.PAYMENT_CHANGED, payment=payment)
        if taken is Taken.CREDITED:
            note_account(tx, attempt=attempt, settled=settled)
            hold_method(tx, attempt=attempt, settled=settled)
        if taken is Taken.KEPT_APART and payment.is_open:
            end_payment(tx, payment=payment, status=PaymentStatus.FAILED)
    follow_capture(tx, attempt=attempt, settled=settled)
    return tx.payments.attempt(attempt.id)


def _has_lost_page(attempt: Attempt, outcome: Pending) -> bool:
    """Tell whether a provider has a page, and nobody its address: the answer that told it is lost.

    Nobody can pay there; waiting for it would keep the payer from paying at all.
    """
    is_unanswered = attempt.status in {AttemptStatus.SENT, AttemptStatus.UNKNOWN}
    is_known = bool(outcome.link or outcome.provider_ref or attempt.provider_ref)
    return is_unanswered and not is_known and not attempt.had_page


def _pending(
    tx: Transaction, attempt: Attempt, outcome: Pending, *, is_cancelling: bool
) -> Attempt:
    if attempt.status in {AttemptStatus.SENT, AttemptStatus.UNKNOWN}:
        waiting = replace(
            attempt.move(AttemptStatus.WAITING),
            link=outcome.link or attempt.link,
            provider_ref=outcome.provider_ref or attempt.provider_ref,
        )
        tx.payments.replace_attempt(attempt, waiting)
        payment = tx.payments.get(attempt.payment_id)
        if payment.status is PaymentStatus.PENDING:
            tx.payments.replace(payment, payment.move(PaymentStatus.PROCESSING, at=tx.now))
        tell(tx, name=EventName.PAYMENT_CHANGED, payment=payment)
    elif not attempt.link and outcome.link:
        tx.payments.replace_attempt(attempt, replace(attempt, link=outcome.link))
    attempt = hear_waiting(tx, attempt=tx.payments.attempt(attempt.id), outcome=outcome)
    if outcome.needs and tx.tallies.count(f"held:{attempt.id}", until=tx.now + HELD_FOR) == 1:
        # Each look-up finds it held; people hear of it once.
        tell(tx, name=EventName.PAYMENT_HELD, payment=tx.payments.get(attempt.payment_id))
    if is_cancelling and not attempt.is_under_way:
        # What waits for nobody's page may be taken any moment: a second payment must not begin.
        _give_up(tx, attempt.id)
    has_page = bool(attempt.link) or not attempt.is_charge
    return _look_later(tx, attempt.id, is_known=has_page and not attempt.is_clearing)


def _declined(
    tx: Transaction, attempt: Attempt, outcome: Declined, *, is_cancelling: bool
) -> Attempt:
    if attempt.may_still_settle:
        declined = attempt.move(AttemptStatus.DECLINED, error=outcome.error)
        tx.payments.replace_attempt(attempt, declined)
        retire_method(tx, attempt=attempt, error=outcome.error)
        tell(tx, name=EventName.PAYMENT_CHANGED, payment=tx.payments.get(attempt.payment_id))
    if is_cancelling:
        _give_up(tx, attempt.id)
    if outcome.is_final:
        return tx.payments.attempt(attempt.id)
    return _look_later(tx, attempt.id)


def _unknown(tx: Transaction, attempt: Attempt, outcome: Unknown) -> Attempt:
    if attempt.status in {AttemptStatus.SENT, AttemptStatus.WAITING}:
        doubtful = attempt.move(AttemptStatus.UNKNOWN, error=outcome.error)
        tx.payments.replace_attempt(attempt, doubtful)
        tell(tx, name=EventName.PAYMENT_CHANGED, payment=tx.payments.get(attempt.payment_id))
    return _look_later(tx, attempt.id, is_known=False)


def _give_up(tx: Transaction, attempt_id: AttemptId) -> None:
    attempt = tx.payments.attempt(attempt_id)
    payment = tx.payments.get(attempt.payment_id)
    if attempt.status is AttemptStatus.WAITING:
        tx.payments.replace_attempt(attempt, attempt.move(AttemptStatus.EXPIRED))
    if payment.is_open:
        end_payment(tx, payment=payment, status=PaymentStatus.CANCELLED)


def _look_later(tx: Transaction, attempt_id: AttemptId, *, is_known: bool = True) -> Attempt:
    """Plan the next look-up; what a provider did not say is asked for longer."""
    attempt = tx.payments.attempt(attempt_id)
    after = WATCH_AFTER_EXPIRY if is_known else ASK_AFTER_EXPIRY
    if is_watched(tx, attempt=attempt, after=after):
        at = attempt.next_check(at=tx.now)
        tx.payments.replace_attempt(attempt, replace(attempt, checks=attempt.checks + 1))
        tx.work.plan(Due(due_at=at, kind="payment_check", subject=attempt.id, period="1"))
    return tx.payments.attempt(attempt_id)

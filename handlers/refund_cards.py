"""Refunds as one reader sees them, and what people are told of them and of what providers hold."""

from collections.abc import Sequence

from core.domain.acts import Event, EventName
from core.domain.payments import Attempt, Payment, PaymentId
from core.domain.people import PersonId, Scope
from core.domain.refunds import Refund, RefundId, RefundStatus
from core.ports import Transaction
from handlers import hearers, request_cards
from handlers.cards import actor_of, may_see, name_of
from handlers.chat import Screen
from handlers.screens import held, refund_notices, refunds
from handlers.visit import Reader, offer_to

TOLD: tuple[EventName, ...] = (
    EventName.REFUND_APPROVED,
    EventName.REFUND_COMPLETED,
    EventName.REFUND_FAILED,
    EventName.REFUND_CANCELLED,
    EventName.REFUND_RETURNED,
    EventName.REFUND_FOUND,
    EventName.REFUND_STUCK,
    EventName.PAYMENT_HELD,
    *request_cards.TOLD,
)
"""What people hear of; that staff asked for a refund is known to who asked."""

_OF_STAFF = frozenset({EventName.REFUND_STUCK, EventName.PAYMENT_HELD})
_ON_THE_DESK = frozenset({EventName.REFUND_FAILED, EventName.REFUND_RETURNED})
"""After these unmatched money waits again."""

_OF_BOTH = frozenset({EventName.PAYMENT_HELD})


def refund_view(tx: Transaction, reader: Reader, refund: Refund) -> refunds.RefundCard:
    """Read a refund for its reader, with his buttons."""
    actor = actor_of(reader)
    is_payer = refund.payer_id == actor.person_id

    def act(verb: str) -> str:
        return offer_to(tx, tenant=reader.tenant, actor=actor, verb=verb, refund=refund.id)

    is_asked = is_payer and refund.waits_for_consent
    may_cancel = actor.has(Scope.REFUND_REQUEST) and refund.waits_for_consent and not is_payer
    provider = ""
    if refund.configuration_id is not None:
        provider = tx.configurations.get(refund.configuration_id).provider
    payment = None if refund.payment_id is None else tx.payments.get(refund.payment_id)
    bill_id = None if payment is None else payment.bill_id
    bill = None if bill_id is None else tx.bills.get(bill_id)
    asker = PersonId(refund.requested_by or 0)
    return refunds.RefundCard(
        refund=refund,
        number="" if payment is None else number_of(tx, payment),
        payer="" if refund.payer_id is None else name_of(tx, refund.payer_id),
        asker=name_of(tx, asker) if asker else "",
        provider=refunds.name_of_provider(provider),
        reason=tx.note(refund.reason_id),
        agree=act("refund.agree") if is_asked else "",
        refuse=act("refund.refuse") if is_asked else "",
        cancel=act("refund.cancel") if may_cancel else "",
        is_payer=is_payer,
        days=_days(tx, provider) if provider else None,
        bill=bill if bill is not None and may_see(reader, bill) else None,
    )


def number_of_refund(tx: Transaction, refund: Refund) -> str:
    """Return the number of what was paid, "" for money that fits no payment."""
    if refund.payment_id is None:
        return ""
    return number_of(tx, tx.payments.get(refund.payment_id))


def _days(tx: Transaction, provider: str) -> int | None:
    known = tx.configurations.capabilities(provider)
    return None if known is None else known.refund_days


def number_of(tx: Transaction, payment: Payment) -> str:
    """Return the number of the bill that a payment paid, the end of its token for a top-up."""
    if payment.bill_id is None:
        return f"TXN-…{payment.token[-6:]}"
    return tx.bills.get(payment.bill_id).number


def hearers_of(tx: Transaction, event: Event) -> Sequence[PersonId]:
    """Return who hears of a refund: its payer, who asked for it, and staff of what needs them."""
    if event.name in request_cards.TOLD:
        return request_cards.hearers_of(tx, event)
    is_payers = event.name not in _OF_STAFF or event.name in _OF_BOTH
    found = [*hearers.payer_elsewhere(tx, event)] if is_payers else []
    if event.name in _OF_STAFF or event.name is EventName.REFUND_FOUND:
        found += hearers.refunders(tx, event)
    elif event.name is not EventName.REFUND_APPROVED:
        refund = tx.refunds.get(RefundId(event.subject.id))
        asker = refund.requested_by
        found += [asker] if asker and asker != tx.cause.person_id else []
        if refund.unmatched_id is not None and event.name in _ON_THE_DESK:
            found += hearers.refunders(tx, event)
    return list(dict.fromkeys(found))


def told(tx: Transaction, reader: Reader, event: Event) -> Screen | None:
    """Return what a reader is told; None where there is nothing left to say."""
    if event.name in request_cards.TOLD:
        return request_cards.told(tx, reader, event)
    if event.name is EventName.PAYMENT_HELD:
        return _held(tx, reader, event)
    view = refund_view(tx, reader, tx.refunds.get(RefundId(event.subject.id)))
    if event.name is EventName.REFUND_FOUND and _is_lost(tx, view.refund):
        return _lost(reader, view)
    if not view.is_payer:
        return refund_notices.told_staff(reader.words, view)
    payee = reader.tenant.name
    if event.name is EventName.REFUND_APPROVED:
        if view.refund.waits_for_consent:
            return refunds.ask_consent(reader.words, view, payee=payee)
        if view.refund.status is not RefundStatus.PROCESSING:
            return None
    return refund_notices.told_payer(reader.words, view, payee=payee)


def _lost(reader: Reader, view: refunds.RefundCard) -> Screen | None:
    """Return what the payer is told; staff are told of the claim itself."""
    if not view.is_payer:
        return None
    return refund_notices.told_loss(reader.words, view, payee=reader.tenant.name)


def _is_lost(tx: Transaction, refund: Refund) -> bool:
    """Tell whether the payer's bank took it, by a claim that was lost."""
    claims = () if refund.payment_id is None else tx.chargebacks.of(refund.payment_id)
    return any(each.refund_id == refund.id for each in claims)


def _held(tx: Transaction, reader: Reader, event: Event) -> Screen | None:
    payment = tx.payments.get(PaymentId(event.subject.id))
    if payment.captured.is_positive:
        return None
    view = held_view(tx, tx.payments.attempts(payment.id)[-1], payee=reader.tenant.name)
    is_payer = actor_of(reader).person_id == payment.payer_id
    return held.told_held(reader.words, view, is_payer=is_payer)


def held_view(tx: Transaction, attempt: Attempt, *, payee: str) -> held.Held:
    """Read what a provider holds."""
    payment = tx.payments.get(attempt.payment_id)
    return held.Held(
        number=number_of(tx, payment),
        amount=payment.amount,
        provider=refunds.name_of_provider(attempt.provider),
        payer=name_of(tx, payment.payer_id),
        payee=payee,
    )

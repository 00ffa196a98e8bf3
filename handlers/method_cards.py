"""What is told of saved methods, and who may be led to one that is not his."""

from typing import Final

from core.domain.acts import Event, EventName
from core.domain.errors import NotFound, Refusal
from core.domain.methods import PaymentMethod
from core.domain.payments import Attempt, MethodId, Payment, PaymentId
from core.ports import Transaction
from core.use_cases.methods import objectionable
from handlers.chat import Screen
from handlers.screens import methods as screens
from handlers.visit import Reader

TOLD: Final = (
    EventName.PAYMENT_METHOD_CHARGED,
    EventName.PAYMENT_METHOD_SHARED,
    EventName.PAYMENT_METHOD_OBJECTED,
)


def told(tx: Transaction, reader: Reader, event: Event) -> Screen | None:
    """Return what a method's owner is told; None where it is gone meanwhile."""
    tenant = reader.tenant
    if event.name is EventName.PAYMENT_METHOD_OBJECTED:
        return screens.objected(reader.words, tenant=tenant.name)
    mine = _found(tx, event.subject.id)
    if mine is None:
        return None
    if event.name is EventName.PAYMENT_METHOD_SHARED:
        theirs = _found(tx, event.other_id)
        if theirs is None:
            return None
        may_stop = _may_stop(tx, reader, theirs)
        return screens.shared(reader.words, mine, theirs, tenant=tenant.name, may_stop=may_stop)
    amount = tx.payments.get(PaymentId(event.other_id)).amount
    return screens.charged(reader.words, mine, amount=amount, payee=tenant.name)


def charged(tx: Transaction, reader: Reader, attempt: Attempt) -> str:
    """Name the saved method that an attempt charged, "" for none: its owner reads his own name."""
    label = tx.methods.charged_label(attempt.id)
    mine = _found(tx, attempt.method_id) if label else None
    return mine.title if mine is not None and mine.person_id == reader.person.id else label


def saved_door(tx: Transaction, reader: Reader, payment: Payment) -> str:
    """Lead to the method that a payer saved after a payment, if the reader may stop it."""
    saved = tx.methods.saved_after(payment.id)
    is_shown = saved is not None and _may_stop(tx, reader, saved)
    return f"methods:stop:{saved.id}" if saved is not None and is_shown else ""


def _may_stop(tx: Transaction, reader: Reader, method: PaymentMethod) -> bool:
    if reader.actor is None:
        return False
    try:
        objectionable(tx, actor=reader.actor, method_id=method.id)
    except Refusal:
        return False
    return True


def _found(tx: Transaction, method_id: int) -> PaymentMethod | None:
    try:
        return tx.methods.get(MethodId(method_id))
    except NotFound:
        return None

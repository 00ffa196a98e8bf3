"""Money that fits no payment, as people are told of it: it came, was matched, was taken back."""

from core.domain.acts import Event
from core.domain.ledger import AccountKind, JournalId
from core.domain.money import Money
from core.domain.payments import PaymentId
from core.ports import Transaction
from handlers.cards import provider_of
from handlers.chat import Screen
from handlers.screens import apart, unmatched
from handlers.screens.payments import provider_name
from handlers.visit import Reader


def came(tx: Transaction, reader: Reader, event: Event) -> Screen:
    """Tell the payer of a payment, and staff, that what came in for it is kept apart."""
    payment = tx.payments.get(PaymentId(event.subject.id))
    journal = tx.ledger.journal(JournalId(event.other_id))
    amount = tx.ledger.transfers(journal.id)[0].leg.amount
    provider = provider_name(provider_of(tx, journal))
    draw = apart.to_payer if reader.person.id == payment.payer_id else apart.to_staff
    return draw(reader.words, payment, amount=amount, provider=provider)


def matched(tx: Transaction, reader: Reader, event: Event) -> Screen:
    """Tell a member that it was found to be his."""
    leg = tx.ledger.transfers(JournalId(event.subject.id))[0].leg
    balance = tx.ledger.get(leg.target).available
    return unmatched.received(reader.words, amount=leg.amount, balance=balance)


def taken_back(tx: Transaction, reader: Reader, event: Event) -> Screen | None:
    """Tell a member that a bank took back what had been found to be his."""
    amount = owed = balance = None
    for each in tx.ledger.transfers(JournalId(event.subject.id)):
        source = tx.ledger.get(each.leg.source)
        if source.owner_id != event.person_id:
            continue
        if source.kind is AccountKind.OWED:
            owed = each.leg.amount
        elif source.kind is AccountKind.MEMBER_WALLET:
            amount, balance = each.leg.amount, source.available
    if amount is None or balance is None:
        return None
    return unmatched.taken_back(
        reader.words,
        amount=amount,
        owed=owed or Money(0, amount.currency),
        balance=balance,
        payee=reader.tenant.name,
    )

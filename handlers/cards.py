"""Cards that several flows and notices show: reads what they need, makes their one-use buttons.

Everything here is seen by one reader; what he may not do has no button, and is refused again when
it is pressed.
"""

from dataclasses import replace
from datetime import timedelta

from core.domain.bills import Acknowledgment, Bill, Life, owes
from core.domain.calendar import local_date
from core.domain.captures import CaptureKey
from core.domain.consent import Consent
from core.domain.errors import NotJoined
from core.domain.ledger import Journal
from core.domain.methods import TRUST
from core.domain.money import Money
from core.domain.payments import Method, Payment, PaymentId, Receipt
from core.domain.people import NO_UNIT, Actor, PersonId, Scope
from core.domain.tenants import FeeBearer
from core.ports import Transaction
from core.use_cases import refund_requests
from core.use_cases.choice import asks_on_phone, other_ways
from core.use_cases.methods import keepable
from core.use_cases.pages import other_pages
from core.use_cases.payments import has_interest, own_payment
from core.use_cases.refundable import may_refund
from handlers import method_cards
from handlers.chat import Button, Reply, Rows, Screen, Show
from handlers.fees import fee_of, late_fee_of
from handlers.screens import bills, charges, doors, payments, receipts
from handlers.visit import Reader, Visit, offer_to
from handlers.words import Html


def reader_of(visit: Visit) -> Reader:
    """Return who reads the answer.

    Raises:
        NotJoined: the person belongs to no tenant yet.
    """
    tenant, actor = visit.here
    return Reader(
        person=visit.person,
        tenant=tenant,
        words=visit.words,
        bot_username=visit.bot_username,
        actor=actor,
        public_url=visit.public_url,
    )


def actor_of(reader: Reader) -> Actor:
    """Return what the reader may do.

    Raises:
        NotJoined: he is no active member any more.
    """
    if reader.actor is None:
        raise NotJoined
    return reader.actor


def name_of(tx: Transaction, person_id: PersonId) -> str:
    """Return a person's name, "Hazina" for nobody."""
    return tx.people.person(person_id).name if person_id else "Hazina"


def whose(tx: Transaction, bill: Bill) -> str:
    """Return the unit or the person a bill was sent to."""
    if bill.unit_id != NO_UNIT:
        return tx.people.unit(bill.unit_id).code
    return name_of(tx, bill.debtor_id) if bill.debtor_id else ""


def bill_screen(
    tx: Transaction, reader: Reader, bill: Bill, *, place: str = "", note: Html | None = None
) -> Screen:
    """Show a bill to its debtor or to staff."""
    return bills.bill_card(reader.words, bill_view(tx, reader, bill, place=place), note=note)


def stale_reply(tx: Transaction, visit: Visit, bill: Bill) -> Reply:
    """Show the fresh card to who pressed a button of an older one."""
    note = visit.words.t("⚠️ The bill changed meanwhile. No money moved. This is how it stands now:")
    screen = bill_screen(tx, reader_of(visit), bill, note=note)
    toast = visit.words.label("The bill changed meanwhile. No money moved.")
    return Reply(screen=screen, toast=toast, ends_dialogue=True)


def bill_view(tx: Transaction, reader: Reader, bill: Bill, *, place: str = "") -> bills.BillCard:
    """Read a bill's card for its reader, with his buttons."""
    actor = actor_of(reader)
    is_debtor = owes(bill, person_id=actor.person_id, unit_ids=actor.unit_ids)
    dispute = tx.disputes.open_of(bill.id)
    until = bill.issued_at + timedelta(days=reader.tenant.policy.dispute_days)
    may_dispute = tx.now <= until and bill.rest.is_positive
    buttons = _debtor_buttons(tx, reader, bill, place=place, may_dispute=may_dispute)
    return bills.BillCard(
        bill=bill,
        today=local_date(tx.now, reader.tenant.timezone),
        whose=whose(tx, bill),
        issuer=name_of(tx, bill.issued_by),
        is_debtor=is_debtor,
        dispute_until=until if may_dispute else None,
        dispute_number=dispute.number if dispute else "",
        dispute_reason=dispute.reason if dispute else None,
        back=f"{doors.BILLS}:{place}" if place else doors.BILLS,
        more=f"bills:more:{bill.id}.{place}",
        moves=staff_moves(tx, reader, bill),
        **(buttons if is_debtor else {}),
    )


def _debtor_buttons(
    tx: Transaction, reader: Reader, bill: Bill, *, place: str, may_dispute: bool
) -> dict[str, str]:
    """Return the data of what the debtor may do now, by the card's field."""
    if bill.life is Life.CANCELLED or not bill.rest.is_positive:
        return {}
    target = f"{bill.id}.{bill.revision}"

    def act(verb: str) -> str:
        return offer_to(
            tx,
            tenant=reader.tenant,
            actor=actor_of(reader),
            verb=verb,
            bill=bill.id,
            revision=bill.revision,
            place=place,
        )

    if bill.acknowledgment is Acknowledgment.DISPUTED:
        return {
            "withdraw": act("dispute.withdraw"),
            "withdraw_acknowledge": act("dispute.withdraw_acknowledge"),
        }
    if bill.acknowledgment is Acknowledgment.PENDING:
        return {
            "acknowledge_pay": act("bill.acknowledge_pay"),
            "acknowledge": act("bill.acknowledge"),
            "dispute": f"dispute:start:{target}" if may_dispute else "",
        }
    waiting = tx.payments.open_for(bill.id, actor_of(reader).person_id)
    if waiting is not None:
        return {"waiting": doors.payment(waiting.id)}
    wallet = f"pay:wallet:{target}" if _has_money(tx, reader) else ""
    return {"pay_wallet": wallet, "pay_link": f"pay:link:{target}"}


def _has_money(tx: Transaction, reader: Reader) -> bool:
    """Tell whether the reader's wallet can pay anything: an empty one is not offered."""
    tenant = reader.tenant
    found = tx.wallets.find(
        tenant_id=tenant.id, owner_id=reader.person.id, currency=tenant.currency
    )
    return found is not None and tx.ledger.get(found.account_id).available.is_positive


def staff_moves(tx: Transaction, reader: Reader, bill: Bill) -> Rows:
    """Return the rows of what staff may do with a bill now, which is never one of their own."""
    actor, words = actor_of(reader), reader.words
    if bill.life is Life.CANCELLED or not actor.has(Scope.BILLS_MANAGE):
        return ()
    if has_interest(tx, actor=actor, bill=bill):
        return ()
    target = f"{bill.id}.{bill.revision}"
    cancel = Button(label=words.label("Cancel bill"), data=f"billing:cancel:{target}")
    amend = Button(label=words.label("Amend"), data=f"billing:amend:{target}")
    dispute = tx.disputes.open_of(bill.id)
    if dispute is not None:
        if not actor.has(Scope.BILLS_DISPUTE_RESOLVE):
            return ()
        decide = Button(label=words.label("Decide dispute"), data=doors.dispute(dispute.id))
        return ((amend, cancel), (decide,))
    if not bill.rest.is_positive:
        return ((amend, cancel),)
    again = offer_to(tx, tenant=reader.tenant, actor=actor, verb="bill.resend", bill=bill.id)
    return ((amend, cancel, Button(label=words.label("Resend"), data=again)),)


def live_reply(
    tx: Transaction, visit: Visit, payment_id: PaymentId, *, note: Html | None = None
) -> Reply:
    """Show a payment by link to its payer in the one message that changes with it.

    Raises:
        NotFound: it is somebody else's.
    """
    payment = own_payment(tx, actor=visit.here[1], payment_id=payment_id)
    reader = reader_of(visit)
    screen = payment_screen(tx, reader, payment, note=note if payment.is_open else None)
    return Reply(
        screen=screen,
        show=Show.LIVE,
        live=f"payment:{payment.id}",
        ends_dialogue=True,
        left=payments.gone_on(reader.words),
    )


def payment_screen(
    tx: Transaction, reader: Reader, payment: Payment, *, note: Html | None = None
) -> Screen:
    """Show a payment by link as it stands, with its payer's buttons."""
    return payments.live(reader.words, payment_view(tx, reader, payment), note=note)


def payment_view(tx: Transaction, reader: Reader, payment: Payment) -> payments.PaymentView:
    """Read a payment by link for its payer."""
    attempts = tx.payments.attempts(payment.id)
    bill = None if payment.bill_id is None else tx.bills.get(payment.bill_id)
    proofs = tx.payments.receipts_of(payment.id)
    plain = payments.PaymentView(
        payment=payment,
        attempts=attempts,
        bill=bill,
        receipts=proofs,
        fee_bearer=FeeBearer.PAYER if bill is None else reader.tenant.fee_bearer,
        fee=sum(
            (fee_of(tx, proof) + late_fee_of(tx, proof) for proof in proofs),
            Money(0, payment.currency),
        ),
        refunds=tx.refunds.of(payment.id),
        charged=method_cards.charged(tx, reader, attempts[-1]) if attempts else "",
        asks_on_phone=bool(attempts) and asks_on_phone(tx, provider=attempts[-1].provider),
    )
    match payments.stage(plain):
        case payments.Stage.PREPARING | payments.Stage.WAITING:
            return replace(plain, cancel=_payment_act(tx, reader, payment, "payment.cancel"))
        case payments.Stage.DECLINED:
            return _declined(tx, reader, plain)
        case payments.Stage.EXPIRED | payments.Stage.CANCELLED | payments.Stage.FAILED:
            is_payable = bill is not None and bill.is_payable and _has_money(tx, reader)
            target = f"pay:wallet:{bill.id}.{bill.revision}" if bill and is_payable else ""
            return replace(plain, wallet=target)
        case payments.Stage.CHECKING:
            return _checking(tx, reader, plain)
        case payments.Stage.PAID:
            beside = (each.provider for each in other_pages(tx, payment=payment))
            pages = tuple(dict.fromkeys(beside))
            return _keeping(tx, reader, replace(plain, pages=pages))
        case payments.Stage.KEPT_APART:
            return plain


def _checking(tx: Transaction, reader: Reader, plain: payments.PaymentView) -> payments.PaymentView:
    """Offer other ways where no page was there to pay on; else there is only waiting."""
    if plain.attempts[-1].had_page:
        return plain
    ways = _declined(tx, reader, plain)
    others = tuple(each for each in ways.retries if each[0] != plain.attempts[-1].provider)
    return replace(ways, retries=others)


def _declined(tx: Transaction, reader: Reader, plain: payments.PaymentView) -> payments.PaymentView:
    payment = plain.payment
    retries: tuple[tuple[str, str], ...] = ()
    if all(attempt.is_idle for attempt in plain.attempts):
        retries = tuple(
            (
                each.provider,
                offer_to(
                    tx,
                    tenant=reader.tenant,
                    actor=actor_of(reader),
                    verb="payment.retry",
                    payment=payment.id,
                    configuration=each.configuration.id,
                ),
            )
            for each in other_ways(tx, payment=payment)
        )
    has_wallet = plain.bill is not None and _has_money(tx, reader)
    wallet = _payment_act(tx, reader, payment, "payment.wallet") if has_wallet else ""
    cancel = _payment_act(tx, reader, payment, "payment.cancel")
    return replace(plain, retries=retries, wallet=wallet, cancel=cancel)


def _keeping(tx: Transaction, reader: Reader, plain: payments.PaymentView) -> payments.PaymentView:
    """Offer to keep what it was paid with, while that may be kept."""
    kept = keepable(tx, payment=plain.payment)
    if kept is None:
        return plain
    keep = _payment_act(tx, reader, plain.payment, "method.keep")
    trust = TRUST[kept.consent]
    terms = charges.Terms(
        method=kept.label,
        is_agreed=kept.consent is Consent.GIVEN,
        until=tx.now + trust.wait if trust.wait else None,
        limit=plain.payment.captured if trust.is_limited else None,
    )
    return replace(plain, keepable=terms, keep=keep)


def _payment_act(tx: Transaction, reader: Reader, payment: Payment, verb: str) -> str:
    actor = actor_of(reader)
    return offer_to(tx, tenant=reader.tenant, actor=actor, verb=verb, payment=payment.id)


def receipt_screen(tx: Transaction, reader: Reader, receipt: Receipt) -> Screen:
    """Show a receipt; never in the transaction that makes it, which its seal only follows."""
    payment = tx.payments.get(receipt.payment_id)
    bill = None if payment.bill_id is None else tx.bills.get(payment.bill_id)
    is_by_link = payment.method is Method.PROVIDER
    journal = tx.ledger.journal(receipt.journal_id)
    is_own = receipt.payer_id == reader.person.id
    view = receipts.ReceiptView(
        receipt=receipt,
        payment=payment,
        token=journal.token,
        payer=reader.person.name if is_own else name_of(tx, receipt.payer_id),
        payee=reader.tenant.name,
        provider=provider_of(tx, journal),
        charged=_charged(tx, reader, journal),
        fee=fee_of(tx, receipt) if is_by_link else Money(0, receipt.amount.currency),
        late_fee=late_fee_of(tx, receipt),
        bill=bill,
        after=None if bill is None else _left_after(tx, bill, receipt),
        seal=tx.seal_of(receipt.journal_id),
        refunds=tx.refunds.of(payment.id),
        refund=_refund_door(tx, reader, payment, is_own=is_own),
        keep=_keep_door(tx, reader, payment) if is_own and is_by_link else "",
        saved=method_cards.saved_door(tx, reader, payment),
        is_own=is_own,
        may_open_bill=bill is not None and may_see(reader, bill),
    )
    return receipts.receipt(reader.words, view)


def provider_of(tx: Transaction, journal: Journal) -> str:
    """Return the provider whose capture a journal posted, "" where none was.

    A payment that was tried with several may have been taken by any of them.
    """
    key = CaptureKey.read(journal.key)
    return "" if key is None else tx.configurations.get(key.configuration_id).provider


def _charged(tx: Transaction, reader: Reader, journal: Journal) -> str:
    """Name the saved method that a journal's money was taken from, "" for none."""
    key = CaptureKey.read(journal.key)
    attempt = None if key is None else tx.payments.attempt_by_capture(key)
    return "" if attempt is None else method_cards.charged(tx, reader, attempt)


def _refund_door(tx: Transaction, reader: Reader, payment: Payment, *, is_own: bool) -> str:
    """Lead staff to a refund, and the payer to asking for one."""
    actor = reader.actor
    if actor is None or payment.bill_id is None:
        return ""
    if is_own:
        may_ask = refund_requests.may_ask(tx, actor=actor, payment_id=payment.id)
        return f"requests:start:{payment.id}" if may_ask else ""
    is_left = may_refund(tx, actor=actor, payment_id=payment.id)
    return f"refunds:start:{payment.id}" if is_left else ""


def _keep_door(tx: Transaction, reader: Reader, payment: Payment) -> str:
    if reader.actor is None or keepable(tx, payment=payment) is None:
        return ""
    return _payment_act(tx, reader, payment, "method.keep")


def may_see(reader: Reader, bill: Bill) -> bool:
    """Tell whether the reader may open a bill."""
    actor = reader.actor
    if actor is None:
        return False
    is_debtor = owes(bill, person_id=actor.person_id, unit_ids=actor.unit_ids)
    return is_debtor or actor.has(Scope.BILLS_VIEW)


def _left_after(tx: Transaction, bill: Bill, receipt: Receipt) -> Money | None:
    """Return what is left to pay, on the receipt of the newest payment only: others are history."""
    newest = next(iter(tx.payments.allocations_of_bill(bill.id)), None)
    is_newest = newest is not None and newest.journal_id == receipt.journal_id
    return bill.rest if is_newest and bill.life is Life.OPEN else None

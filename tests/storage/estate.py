"""A small world with a row of every kind, and the ways in of somebody with a shell."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from core.domain.bills import Acknowledgment, Bill
from core.domain.dialogues import Intent, IntentKey
from core.domain.differences import Difference, DifferenceId, DifferenceKind
from core.domain.disputes import Dispute, DisputeId, DisputeReason, DisputeStatus
from core.domain.ledger import AccountKind, Hold, HoldId, JournalKind, Subject
from core.domain.methods import PaymentMethod
from core.domain.payments import (
    Allocation,
    Attempt,
    AttemptId,
    Method,
    MethodId,
    Receipt,
    ReceiptId,
)
from core.domain.people import Invitation, InvitationId, Person, Role
from core.domain.providers import SavedMethod
from core.domain.reconciling import Listed, Reconciling
from core.domain.refunds import Destination, Origin, Refund, RefundId
from core.domain.tenants import Tenant
from core.domain.work import Kind
from storage.schema import METADATA
from storage.sqlite import open_connection
from storage.transaction import SqlTransaction
from tests.factories import (
    NOW,
    PHONE,
    USD,
    add_bill,
    add_configuration,
    add_hold,
    add_member,
    add_payment,
    add_person,
    add_tenant,
    add_unit,
    add_wallet,
    naira,
    post,
    top_up,
)
from tests.storage.claim_rows import claims
from tests.storage.unmatched_rows import unmatched

Ids = dict[str, Any]

FORMS: Final = ("", "IGNORE", "REPLACE", "FAIL", "ROLLBACK", "ABORT")
"""Conflict clauses; "" for none."""


def people(tx: SqlTransaction) -> Ids:
    """Two tenants that know nothing of each other; a payer with 90,000 kobo."""
    tenant, other = add_tenant(tx), add_tenant(tx, name="Other Court")
    payer = add_person(tx, telegram_id=7001, phone=PHONE)
    staff = add_person(tx, name="Bola", telegram_id=7002)
    unit = add_unit(tx, tenant)
    member = add_member(tx, tenant, payer, roles=(Role.RESIDENT, Role.ADMIN), unit_id=unit.id)
    wallet = add_wallet(tx, tenant, owner_id=payer.id)
    own = add_wallet(tx, tenant)
    dollars = add_wallet(tx, tenant, owner_id=payer.id, currency=USD)
    strange = add_wallet(tx, other, owner_id=payer.id)
    filled = top_up(tx, tenant, wallet, 90_000)
    top_up(tx, other, strange, 5_000)
    invitation = Invitation(
        id=InvitationId(tx.new_id()),
        tenant_id=tenant.id,
        key_hash="f" * 64,
        role=Role.RESIDENT,
        unit_id=unit.id,
        phone="",
        expires_at=NOW,
    )
    tx.people.add_invitation(invitation)
    return {
        "tenant": tenant.id,
        "other": other.id,
        "payer": payer.id,
        "staff": staff.id,
        "unit": unit.id,
        "membership": member.id,
        "invitation": invitation.id,
        "wallet_row": wallet.id,
        "wallet": wallet.account_id,
        "own": own.account_id,
        "dollars": dollars.account_id,
        "strange": strange.account_id,
        "top_up": filled.id,
        "top_up_act": filled.act_id,
    }


def holds(tx: SqlTransaction, ids: Ids) -> Ids:
    """An open hold, a voided one, and one that was posted with 300 of its 500."""
    tenant = tx.tenants.get(ids["tenant"])
    wallet = tx.wallets.get(ids["wallet_row"])
    opened, voided, posted = (add_hold(tx, tenant, wallet, 500) for _ in range(3))
    tx.ledger.replace_hold(voided, voided.void())
    tx.ledger.replace_hold(posted, posted.post(naira(300)))
    legs = (wallet.account_id, ids["own"], 300)
    post(tx, tenant, legs, kind=JournalKind.HOLD_POSTED, hold_id=posted.id)
    return {"open_hold": opened.id, "voided_hold": voided.id, "posted_hold": posted.id}


def bills(tx: SqlTransaction, ids: Ids) -> Ids:
    """A bill of 20,000 of which 8,000 were paid and 1,000 went back; another one, disputed once."""
    tenant, payer = tx.tenants.get(ids["tenant"]), tx.people.person(ids["payer"])
    agreed = Acknowledgment.ACKNOWLEDGED
    bill = add_bill(tx, tenant, debtor=payer, total_minor=20_000, acknowledgment=agreed)
    calm = add_bill(tx, tenant, debtor=payer, total_minor=20_000, acknowledgment=agreed)
    strange = add_bill(tx, tx.tenants.get(ids["other"]), debtor=payer, total_minor=20_000)
    paid = add_payment(tx, tenant, payer, bill=bill, minor=8_000, method=Method.WALLET)
    subject = Subject(kind="payment", id=paid.id)
    journal = post(
        tx,
        tenant,
        (ids["wallet"], ids["own"], 8_000),
        kind=JournalKind.BILL_PAYMENT,
        subject=subject,
        key="paid",
    )
    tx.payments.replace(paid, paid.complete(naira(8_000), at=tx.now))
    allocation = Allocation(
        payment_id=paid.id,
        line=1,
        bill_id=bill.id,
        tenant_id=tenant.id,
        amount=naira(8_000),
        payer_id=payer.id,
        journal_id=journal.id,
    )
    tx.payments.add_allocation(allocation)
    tx.bills.replace(bill, bill.allocate(naira(8_000)))
    receipt = Receipt(
        id=ReceiptId(tx.new_id()),
        number="RCPT-2026-000001",
        tenant_id=tenant.id,
        payment_id=paid.id,
        journal_id=journal.id,
        payer_id=payer.id,
        amount=naira(8_000),
        settled=naira(8_000),
        balance_after=naira(82_000),
        issued_at=tx.now,
    )
    tx.payments.add_receipt(receipt)
    returned = post(tx, tenant, (ids["own"], ids["wallet"], 1_000), kind=JournalKind.BILL_RETURN)
    tx.payments.add_return(allocation, naira(1_000), journal_id=returned.id)
    stored = tx.bills.get(bill.id)
    tx.bills.replace(stored, stored.give_back(naira(1_000)))
    dispute = _disputed_once(tx, tenant, calm, payer)
    return {
        "bill": bill.id,
        "calm_bill": calm.id,
        "strange_bill": strange.id,
        "paid": paid.id,
        "journal": journal.id,
        "journal_act": journal.act_id,
        "return_journal": returned.id,
        "return_act": returned.act_id,
        "receipt": receipt.id,
        "dispute": dispute.id,
        "note": dispute.text_id,
    }


def _disputed_once(tx: SqlTransaction, tenant: Tenant, bill: Bill, payer: Person) -> Dispute:
    dispute = Dispute(
        id=DisputeId(tx.new_id()),
        tenant_id=tenant.id,
        number="DSP-2026-000001",
        bill_id=bill.id,
        revision=1,
        reason=DisputeReason.AMOUNT,
        text_id=tx.add_note(tenant.id, "too much"),
        opened_by=payer.id,
        opened_at=tx.now,
    )
    tx.disputes.add(dispute)
    tx.disputes.replace(dispute, dispute.end(DisputeStatus.WITHDRAWN, by=payer.id, at=tx.now))
    return dispute


def links(tx: SqlTransaction, ids: Ids) -> Ids:
    """A pending link payment with an attempt, an open intent, a message to send."""
    tenant, payer = tx.tenants.get(ids["tenant"]), tx.people.person(ids["payer"])
    configuration = add_configuration(tx, tenant)
    pending = add_payment(tx, tenant, payer, bill=tx.bills.get(ids["bill"]), minor=5_000)
    saving = add_payment(tx, tenant, payer, minor=5_000)
    attempt = Attempt(
        id=AttemptId(tx.new_id()),
        payment_id=pending.id,
        tenant_id=tenant.id,
        number=1,
        configuration_id=configuration.id,
        provider="sandbox",
        reference="ref-1",
        created_at=tx.now,
    )
    tx.payments.add_attempt(attempt)
    intent = Intent(
        key=IntentKey("i" * 22), tenant_id=tenant.id, owner_id=payer.id, verb="x", expires_at=NOW
    )
    tx.dialogues.add_intent(intent)
    tx.work.add(Kind.MESSAGE, lane="c:1", payload=b"hello")
    tx.work.see("bot", "1")
    suspense = tx.ledger.account(
        tenant_id=tenant.id, kind=AccountKind.SUSPENSE, owner_id=0, currency=tenant.currency
    )
    provider = tx.ledger.account(
        tenant_id=tenant.id, kind=AccountKind.PROVIDER, owner_id=1, currency=tenant.currency
    )
    return {
        "configuration": configuration.id,
        "pending": pending.id,
        "saving": saving.id,
        "attempt": attempt.id,
        "intent": intent.key,
        "suspense": suspense.id,
        "provider": provider.id,
    }


def refunds(tx: SqlTransaction, ids: Ids) -> Ids:
    """A captured link payment of 3,000 that reached the tenant; a refund of 1,000 is asked for."""
    tenant, payer = tx.tenants.get(ids["tenant"]), tx.people.person(ids["payer"])
    linked = add_payment(tx, tenant, payer, bill=tx.bills.get(ids["calm_bill"]), minor=3_000)
    attempt = Attempt(
        id=AttemptId(tx.new_id()),
        payment_id=linked.id,
        tenant_id=tenant.id,
        number=1,
        configuration_id=ids["configuration"],
        provider="sandbox",
        reference="ref-3",
        created_at=tx.now,
    )
    tx.payments.add_attempt(attempt)
    subject = Subject(kind="payment", id=linked.id)
    for source, target in (("provider", "wallet"), ("wallet", "own")):
        post(tx, tenant, (ids[source], ids[target], 3_000), subject=subject)
    tx.payments.replace(linked, linked.complete(naira(3_000), at=tx.now))
    refund_id = RefundId(tx.new_id())
    hold = Hold(
        id=HoldId(tx.new_id()),
        tenant_id=tenant.id,
        account_id=ids["own"],
        amount=naira(1_000),
        subject=Subject(kind="refund", id=refund_id),
        expires_at=None,
    )
    tx.ledger.add_hold(hold)
    refund = Refund(
        id=refund_id,
        tenant_id=tenant.id,
        payment_id=linked.id,
        payer_id=payer.id,
        reference="hzr-1",
        currency=tenant.currency,
        amount_minor=1_000,
        destination=Destination.ORIGINAL,
        origin=Origin.STAFF,
        requested_at=tx.now,
        requested_by=payer.id,
        attempt_id=attempt.id,
        configuration_id=ids["configuration"],
        capture="cap-3",
        hold_id=hold.id,
    )
    tx.refunds.add(refund)
    before = tx.refunds.refundable(tx.payments.get(linked.id))
    tx.refunds.replace_refundable(before, before.reserve(naira(1_000), most=naira(3_000)))
    return {
        "linked": linked.id,
        "link_attempt": attempt.id,
        "refund": refund.id,
        "refund_hold": hold.id,
    }


def methods(tx: SqlTransaction, ids: Ids) -> Ids:
    """A card that the payer keeps."""
    card = SavedMethod(token="tok", owner="cus", label="Visa •••• 4081")
    method = PaymentMethod(
        id=MethodId(tx.new_id()),
        tenant_id=ids["tenant"],
        person_id=ids["payer"],
        configuration_id=ids["configuration"],
        provider="sandbox",
        label=card.label,
        kept_at=tx.now,
    )
    tx.methods.add(method, card)
    tx.methods.note_charge(ids["attempt"], card.label)
    return {"method": method.id}


def differences(tx: SqlTransaction, ids: Ids) -> Ids:
    """A capture of 700 under no reference of ours waits."""
    tenant = tx.tenants.get(ids["tenant"])
    difference = Difference(
        id=DifferenceId(tx.new_id()),
        tenant_id=tenant.id,
        configuration_id=ids["configuration"],
        kind=DifferenceKind.STRANGE,
        provider_id="cap-9",
        reference="",
        currency=tenant.currency,
        listed_minor=700,
        booked_currency=tenant.currency,
        booked_minor=0,
        found_at=tx.now,
    )
    tx.differences.add(difference)
    window = Reconciling(
        configuration_id=ids["configuration"], begun_at=tx.now, since=tx.now, until=tx.now
    )
    tx.reconciling.add(window)
    tx.reconciling.replace(window, window.begin(since=tx.now, at=tx.now))
    found = Listed(
        configuration_id=ids["configuration"],
        provider_id="cap-9",
        reference="",
        currency=tenant.currency,
        captured_minor=700,
    )
    tx.reconciling.keep(found)
    return {"difference": difference.id}


def build(tx: SqlTransaction) -> Ids:
    """Write the whole world; return the ids of what is in it."""
    ids = people(tx)
    ids |= holds(tx, ids)
    ids |= bills(tx, ids)
    ids |= links(tx, ids)
    ids |= refunds(tx, ids)
    ids |= claims(tx, ids) | methods(tx, ids)
    ids |= differences(tx, ids)
    ids |= unmatched(tx, ids)
    return ids


def bare_connection(path: Path) -> sqlite3.Connection:
    """Open the file as a shell does: foreign keys and recursive triggers off."""
    return sqlite3.connect(path, isolation_level=None)


WAYS: Final = {"ours": open_connection, "bare": bare_connection}


@contextmanager
def way_in(way: str, path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file one way or the other, in a transaction that is undone."""
    connection = WAYS[way](path)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.close()


def dump(connection: sqlite3.Connection) -> dict[str, list[Any]]:
    """Return every row of every table."""
    return {
        name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr)  # noqa: S608 - ours
        for name in METADATA.tables
    }


def write(
    connection: sqlite3.Connection, table: str, row: Mapping[str, Any], form: str = ""
) -> None:
    """Insert a row under a conflict clause."""
    clause = f" OR {form}" if form else ""
    names = ", ".join(row)
    binds = ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT{clause} INTO {table} ({names}) VALUES ({binds})", row)


def read(connection: sqlite3.Connection, table: str, **key: Any) -> dict[str, Any]:
    """Return the stored columns of one row."""
    names = [column.name for column in METADATA.tables[table].columns if column.computed is None]
    where = " AND ".join(f"{name} = :{name}" for name in key)
    query = f"SELECT {', '.join(names)} FROM {table} WHERE {where}"  # noqa: S608 - ours
    return dict(zip(names, connection.execute(query, key).fetchone(), strict=True))

"""Money in suspense in the small world: 700 were booked, 100 given, 300 of them are to go back."""

from dataclasses import replace
from typing import Any

from core.domain.captures import CaptureKey
from core.domain.ledger import AccountKind, Hold, HoldId, JournalKind, Subject
from core.domain.money import Money
from core.domain.refunds import Destination, Origin, Refund, RefundId
from core.domain.unmatched import Unmatched
from storage.transaction import SqlTransaction
from tests.factories import keep_money, post


def unmatched(tx: SqlTransaction, ids: dict[str, Any]) -> dict[str, Any]:
    """A capture of 700 that was kept apart; a refund of 300 of it is asked for."""
    tenant = tx.tenants.get(ids["tenant"])
    key = CaptureKey(ids["configuration"], "cap-10")
    kept = _given(tx, keep_money(tx, tenant, 700, capture=key))
    amount = Money(300, tenant.currency)
    refund_id = RefundId(tx.new_id())
    hold = Hold(
        id=HoldId(tx.new_id()),
        tenant_id=tenant.id,
        account_id=kept.account_id,
        amount=amount,
        subject=Subject(kind="refund", id=refund_id),
        expires_at=None,
    )
    tx.ledger.add_hold(hold)
    refund = Refund(
        id=refund_id,
        tenant_id=tenant.id,
        unmatched_id=kept.id,
        reference="hzr-7",
        currency=tenant.currency,
        amount_minor=amount.minor,
        destination=Destination.ORIGINAL,
        origin=Origin.STAFF,
        requested_at=tx.now,
        requested_by=ids["payer"],
        configuration_id=key.configuration_id,
        capture=key.provider_id,
        hold_id=hold.id,
    )
    tx.refunds.add(refund)
    tx.unmatched.replace(kept, kept.reserve(amount))
    return {
        "booked": kept.id,
        "sent_back": refund.id,
        "sent_back_hold": hold.id,
        "gift_account": _gifts(tx, kept),
    }


def _given(tx: SqlTransaction, kept: Unmatched) -> Unmatched:
    tenant = tx.tenants.get(kept.tenant_id)
    journal = post(tx, tenant, (kept.account_id, _gifts(tx, kept), 100), kind=JournalKind.SUSPENSE)
    after = replace(kept, given_minor=100)
    return tx.unmatched.give(kept, after, journal_id=journal.id)


def _gifts(tx: SqlTransaction, kept: Unmatched) -> Any:
    """Return an account in which no other test counts."""
    return tx.ledger.account(
        tenant_id=kept.tenant_id, kind=AccountKind.ADJUSTMENTS, owner_id=7, currency=kept.currency
    ).id

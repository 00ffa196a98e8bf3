"""A claim of a payer's bank, and what a payer asked back, in the small world."""

from typing import Any

from core.domain.chargebacks import Chargeback, ChargebackId
from core.domain.refund_requests import RefundRequest, RefundRequestId, RefundRequestStatus
from storage.transaction import SqlTransaction


def claims(tx: SqlTransaction, ids: dict[str, Any]) -> dict[str, Any]:
    """A bank's claim that is open, and a payer's request that he took back."""
    tenant = tx.tenants.get(ids["tenant"])
    claim = Chargeback(
        id=ChargebackId(tx.new_id()),
        tenant_id=tenant.id,
        payment_id=tx.payments.attempt(ids["attempt"]).payment_id,
        attempt_id=ids["attempt"],
        configuration_id=ids["configuration"],
        capture="cap-1",
        currency=tenant.currency,
        amount_minor=1_000,
        opened_at=tx.now,
        is_followed=False,
    )
    tx.chargebacks.add(claim)
    return {"chargeback": claim.id, "refund_request": withdrawn(tx, ids).id}


def withdrawn(tx: SqlTransaction, ids: dict[str, Any]) -> RefundRequest:
    """Let the payer of the linked payment ask 1,000 back, and think better of it."""
    tenant = tx.tenants.get(ids["tenant"])
    request = tx.refund_requests.add(
        RefundRequest(
            id=RefundRequestId(tx.new_id()),
            tenant_id=tenant.id,
            payment_id=ids["linked"],
            payer_id=ids["payer"],
            currency=tenant.currency,
            amount_minor=1_000,
            reason_id=tx.add_note(tenant.id, "Paid twice"),
            asked_at=tx.now,
        )
    )
    ended = request.end(RefundRequestStatus.WITHDRAWN, by=ids["payer"], at=tx.now)
    return tx.refund_requests.replace(request, ended)

"""A claim of a payer's bank in the small world."""

from typing import Any

from core.domain.chargebacks import Chargeback, ChargebackId
from storage.transaction import SqlTransaction


def claims(tx: SqlTransaction, ids: dict[str, Any]) -> dict[str, Any]:
    """A bank's claim that is open."""
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
    return {"chargeback": claim.id}

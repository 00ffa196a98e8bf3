"""Who did what, why: acts, and events that others hear of.

Every function that writes journals, holds, status events, roles, settings or persons writes one
act per tenant concerned; those rows carry its id, and the audit chain covers them.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from core.domain.ledger import Subject
from core.domain.tenants import TenantId

ActId = NewType("ActId", int)
NoteId = NewType("NoteId", int)

NO_NOTE = NoteId(0)


class CauseKind(StrEnum):
    """What set something in motion."""

    UPDATE = "update"
    EVENT = "event"
    TIMER = "timer"
    CALL = "call"
    COMMAND = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The reason of a transaction: an update, a provider event, a timer, a command.

    `person_id` and `identity_id` are 0 where no person acts.
    """

    kind: CauseKind
    reference: str
    person_id: int = 0
    identity_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act, as the audit chain sees it."""

    id: ActId
    tenant_id: TenantId
    cause: Cause
    at: datetime


class EventName(StrEnum):
    """Everything others may hear of (product section 4)."""

    BILL_CREATED = "BILL_CREATED"
    BILL_ACKNOWLEDGED = "BILL_ACKNOWLEDGED"
    BILL_DISPUTED = "BILL_DISPUTED"
    BILL_DISPUTE_RESOLVED = "BILL_DISPUTE_RESOLVED"
    BILL_AMENDED = "BILL_AMENDED"
    BILL_PARTIALLY_PAID = "BILL_PARTIALLY_PAID"
    BILL_PAID = "BILL_PAID"
    BILL_CANCELLED = "BILL_CANCELLED"
    BILL_REMINDER = "BILL_REMINDER"
    BILL_OVERDUE = "BILL_OVERDUE"
    TENANT_WALLET_CREDITED = "TENANT_WALLET_CREDITED"
    TENANT_WALLET_DEBITED = "TENANT_WALLET_DEBITED"
    WALLET_TOPPED_UP = "WALLET_TOPPED_UP"
    WALLET_FROZEN = "WALLET_FROZEN"
    WALLET_UNFROZEN = "WALLET_UNFROZEN"
    PIN_CHANGED = "PIN_CHANGED"
    PIN_LOCKED = "PIN_LOCKED"
    PAYMENT_INITIATED = "PAYMENT_INITIATED"
    PAYMENT_COMPLETED = "PAYMENT_COMPLETED"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    PAYMENT_EXPIRED = "PAYMENT_EXPIRED"
    PAYMENT_LATE_CAPTURE = "PAYMENT_LATE_CAPTURE"
    PAYMENT_CHANGED = "PAYMENT_CHANGED"
    PAYMENT_HELD = "PAYMENT_HELD"
    PAYMENT_FEE_TAKEN = "PAYMENT_FEE_TAKEN"
    SURPLUS_KEPT = "SURPLUS_KEPT"
    MONEY_UNMATCHED = "MONEY_UNMATCHED"
    MONEY_MATCHED = "MONEY_MATCHED"
    MONEY_TAKEN_BACK = "MONEY_TAKEN_BACK"
    MONEY_DIFFERS = "MONEY_DIFFERS"
    REFUND_ASKED = "REFUND_ASKED"
    REFUND_ASKED_LONG_AGO = "REFUND_ASKED_LONG_AGO"
    REFUND_REJECTED = "REFUND_REJECTED"
    REFUND_REQUESTED = "REFUND_REQUESTED"
    REFUND_APPROVED = "REFUND_APPROVED"
    REFUND_COMPLETED = "REFUND_COMPLETED"
    REFUND_FAILED = "REFUND_FAILED"
    REFUND_CANCELLED = "REFUND_CANCELLED"
    REFUND_RETURNED = "REFUND_RETURNED"
    REFUND_FOUND = "REFUND_FOUND"
    REFUND_STUCK = "REFUND_STUCK"
    CHARGEBACK_OPENED = "CHARGEBACK_OPENED"
    CHARGEBACK_CLOSED = "CHARGEBACK_CLOSED"
    CHARGEBACK_DOUBTFUL = "CHARGEBACK_DOUBTFUL"
    RECEIPT_ISSUED = "RECEIPT_ISSUED"
    MEMBER_JOINED = "MEMBER_JOINED"
    ROLE_CHANGED = "ROLE_CHANGED"
    SETTINGS_CHANGED = "SETTINGS_CHANGED"
    PROVIDER_CHECKED = "PROVIDER_CHECKED"
    PROVIDER_DOWN = "PROVIDER_DOWN"
    PROVIDER_RECOVERED = "PROVIDER_RECOVERED"
    PAYMENT_METHOD_ADDED = "PAYMENT_METHOD_ADDED"
    PAYMENT_METHOD_REMOVED = "PAYMENT_METHOD_REMOVED"
    PAYMENT_METHOD_DEFAULT_SET = "PAYMENT_METHOD_DEFAULT_SET"
    PAYMENT_METHOD_CHARGED = "PAYMENT_METHOD_CHARGED"
    PAYMENT_METHOD_SHARED = "PAYMENT_METHOD_SHARED"
    PAYMENT_METHOD_OBJECTED = "PAYMENT_METHOD_OBJECTED"
    PREFERRED_PROVIDER_SET = "PREFERRED_PROVIDER_SET"
    WEBHOOK_REJECTED = "WEBHOOK_REJECTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened: its name and ids, no words and no amounts."""

    name: EventName
    tenant_id: TenantId
    subject: Subject
    person_id: int = 0
    """Whom it concerns most (payer, owner); 0 where it is nobody in particular."""
    other_id: int = 0
    """A second id where the name needs one (receipt, dispute, amount's journal)."""

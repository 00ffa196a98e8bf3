"""The past of bills, read from status events and revisions; receipts by their printed numbers."""

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, bindparam, func, or_, select

from core.domain.acts import NoteId
from core.domain.bills import ACKNOWLEDGMENT_TRANSITIONS, LIFE_TRANSITIONS, BillId
from core.domain.ledger import JournalId
from core.domain.machines import NONE
from core.domain.money import Money
from core.domain.payments import Receipt, ReceiptId
from core.domain.people import PersonId
from core.domain.tenants import TenantId
from core.domain.timeline import BillRevision, BillStep
from storage.audit import ACT, NOTE
from storage.bills import BILL, REVISION
from storage.ledger_tables import JOURNAL
from storage.payment_tables import PAYMENT, RECEIPT
from storage.records import STATUS_EVENT
from storage.statements import Statement

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

MAX_STEPS: Final = 200
MAX_REVISIONS: Final = 100
MAX_RECEIPTS: Final = 2_000
MAX_ENDING: Final = 5
MAX_NOTES: Final = 20

_STEPS: Final = Statement(
    select(
        STATUS_EVENT.c.machine,
        STATUS_EVENT.c.from_status,
        STATUS_EVENT.c.to_status,
        ACT.c.at,
        ACT.c.person_id,
        STATUS_EVENT.c.note_id,
    )
    .join(ACT, ACT.c.id == STATUS_EVENT.c.act_id)
    .where(
        STATUS_EVENT.c.machine.in_([ACKNOWLEDGMENT_TRANSITIONS.name, LIFE_TRANSITIONS.name]),
        STATUS_EVENT.c.entity == bindparam("bill_id"),
        STATUS_EVENT.c.to_status != NONE,
    )
    .order_by(STATUS_EVENT.c.act_id, STATUS_EVENT.c.machine, STATUS_EVENT.c.seq)
    .limit(MAX_STEPS)
)

# A revision's reason is a note of the same act: the row itself keeps no free text.
_REASON: Final = (
    select(func.min(NOTE.c.id)).where(NOTE.c.act_id == REVISION.c.act_id).scalar_subquery()
)
_REVISIONS: Final = Statement(
    select(
        REVISION.c.revision,
        REVISION.c.total_minor,
        REVISION.c.due_on,
        ACT.c.at,
        ACT.c.person_id,
        func.coalesce(_REASON, 0),
    )
    .join(ACT, ACT.c.id == REVISION.c.act_id)
    .where(REVISION.c.bill_id == bindparam("bill_id"))
    .order_by(REVISION.c.revision)
    .limit(MAX_REVISIONS)
)
_CURRENCY: Final = Statement(select(BILL.c.currency).where(BILL.c.id == bindparam("bill_id")))
_RECEIPT: Final = Statement(
    select(RECEIPT.c.id)
    .join(JOURNAL, JOURNAL.c.id == RECEIPT.c.journal_id)
    .join(PAYMENT, PAYMENT.c.id == RECEIPT.c.payment_id)
    .where(
        and_(
            RECEIPT.c.tenant_id == bindparam("tenant_id"),
            or_(
                RECEIPT.c.number == bindparam("number"),
                JOURNAL.c.token == bindparam("token"),
                PAYMENT.c.token == bindparam("token"),
            ),
        )
    )
    .order_by(RECEIPT.c.id)
    .limit(1)
)
_NEWEST: Final = (
    select(RECEIPT.c.id, RECEIPT.c.journal_id, RECEIPT.c.payment_id)
    .where(RECEIPT.c.tenant_id == bindparam("tenant_id"))
    .order_by(RECEIPT.c.id.desc())
    .limit(MAX_RECEIPTS)
    .subquery("newest")
)
_ENDING: Final = Statement(
    select(_NEWEST.c.id)
    .join(JOURNAL, JOURNAL.c.id == _NEWEST.c.journal_id)
    .join(PAYMENT, PAYMENT.c.id == _NEWEST.c.payment_id)
    .where(
        or_(
            JOURNAL.c.token.like(bindparam("ending")),
            PAYMENT.c.token.like(bindparam("ending")),
        )
    )
    .order_by(_NEWEST.c.id)
    .limit(MAX_ENDING)
)

_BESIDE: Final = Statement(
    select(NOTE.c.id)
    .join(JOURNAL, JOURNAL.c.act_id == NOTE.c.act_id)
    .where(JOURNAL.c.id == bindparam("journal_id"))
    .order_by(NOTE.c.id)
    .limit(MAX_NOTES)
)


class SqlTimeline:
    """The past of bills in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def steps(self, bill_id: BillId) -> tuple[BillStep, ...]:
        """Return a bill's status changes, oldest first (at most 200)."""
        return tuple(
            BillStep(
                machine=row[0],
                from_status=row[1],
                to_status=row[2],
                at=row[3],
                person_id=PersonId(row[4]),
                note_id=NoteId(row[5]),
            )
            for row in _STEPS.rows(self._tx.cursor, {"bill_id": bill_id})
        )

    def revisions(self, bill_id: BillId) -> tuple[BillRevision, ...]:
        """Return a bill's revisions, oldest first (at most 100)."""
        currencies = _CURRENCY.rows(self._tx.cursor, {"bill_id": bill_id})
        return tuple(
            BillRevision(
                revision=row[0],
                total=Money(row[1], currencies[0][0]),
                due_on=row[2],
                at=row[3],
                person_id=PersonId(row[4]),
                note_id=NoteId(row[5]),
            )
            for row in _REVISIONS.rows(self._tx.cursor, {"bill_id": bill_id})
        )

    def receipt(self, tenant_id: TenantId, number: str) -> Receipt | None:
        """Return the receipt of this number, or of this journal's or payment's token."""
        values = {"tenant_id": tenant_id, "number": number.upper(), "token": number}
        rows = _RECEIPT.rows(self._tx.cursor, values)
        return self._tx.payments.receipt(ReceiptId(rows[0][0])) if rows else None

    def receipts_ending(self, tenant_id: TenantId, tail: str) -> tuple[Receipt, ...]:
        """Return receipts whose journal's or payment's token ends so, of the newest 2,000."""
        values = {"tenant_id": tenant_id, "ending": f"%{tail}"}
        rows = _ENDING.rows(self._tx.cursor, values)
        return tuple(self._tx.payments.receipt(ReceiptId(row[0])) for row in rows)

    def notes_beside(self, journal_id: JournalId) -> tuple[str, ...]:
        """Return the notes that were kept by the act of a journal, oldest first (at most 20)."""
        rows = _BESIDE.rows(self._tx.cursor, {"journal_id": journal_id})
        return tuple(self._tx.note(NoteId(row[0])) for row in rows)

"""What nobody may write about requests for money back: others' money, too much, a forged end."""

from typing import Final

from tests.storage.attacks import NEXT, Attack, event, insert, update

_ROW: Final = {
    "id": "900040",
    "tenant_id": ":tenant",
    "payment_id": ":linked",
    "payer_id": ":payer",
    "currency": "'NGN'",
    "amount_minor": "1000",
    "reason_id": "0",
    "asked_at": "0",
    "answer_id": "0",
    "decided_by": "NULL",
    "decided_at": "NULL",
    "refund_id": "NULL",
    "act_id": ":top_up_act",
    "row_version": "1",
    "status": "'open'",
    "status_seq": "1",
}
_ASKED: Final = tuple(
    event("refund_request", "900040", str(seq), step)
    for seq, step in enumerate((("none", "none"), ("none", "open")))
)
_IS_OPEN: Final = (*_ASKED, insert("refund_request", _ROW))


def _ended(name: str, status: str, change: str, **row: str) -> Attack:
    begun = (*_ASKED, insert("refund_request", _ROW | row))
    step = event("refund_request", "900040", "2", ("open", status))
    change = f"status = '{status}', status_seq = 2, {change}, {NEXT}"
    statement = update("refund_request", change, "id = 900040")
    return Attack(name=name, prepare=(*begun, step), statement=statement)


ATTACKS: Final = (
    *(
        Attack(name=name, prepare=_ASKED, statement=insert("refund_request", _ROW | changes))
        for name, changes in (
            ("of another's payment", {"payer_id": "1"}),
            ("more than was paid", {"amount_minor": "3001"}),
            ("nothing", {"amount_minor": "0"}),
            ("in another currency", {"currency": "'USD'"}),
            ("of another tenant", {"tenant_id": ":other"}),
            ("of a payment that took nothing", {"payment_id": ":saving"}),
        )
    ),
    Attack(
        name="a second one",
        prepare=(*_IS_OPEN, *(each.replace("900040", "900041") for each in _ASKED)),
        statement=insert("refund_request", _ROW | {"id": "900041"}),
    ),
    _ended("approved without a refund", "approved", "decided_at = 1, decided_by = :staff"),
    _ended(
        "approved by its payer",
        "approved",
        "decided_at = 1, decided_by = payer_id, refund_id = :refund",
    ),
    _ended(
        "approved by a refund of another amount",
        "approved",
        "decided_at = 1, decided_by = :staff, refund_id = :refund",
        amount_minor="999",
    ),
    _ended(
        "approved by nobody", "approved", "decided_at = 1, decided_by = 424242, refund_id = :refund"
    ),
    _ended("rejected without an answer", "rejected", "decided_at = 1, decided_by = :staff"),
    _ended("taken back by another", "withdrawn", "decided_at = 1, decided_by = :staff"),
    _ended("taken back at no time", "withdrawn", "decided_by = payer_id"),
    Attack(
        name="another end",
        prepare=(),
        statement=update("refund_request", f"decided_at = 2, {NEXT}", "id = :refund_request"),
    ),
)

LAWFUL: Final = (
    Attack(name="asked", prepare=_ASKED, statement=_IS_OPEN[-1]),
    _ended("approved", "approved", "decided_at = 1, decided_by = :staff, refund_id = :refund"),
    _ended("taken back", "withdrawn", "decided_at = 1, decided_by = payer_id"),
)

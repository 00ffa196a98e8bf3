"""What nobody may write about differences and about how far lists were compared."""

from typing import Final

from tests.storage.attacks import NEXT, Attack, event, insert, update

_ROW: Final = {
    "id": "900030",
    "tenant_id": ":tenant",
    "configuration_id": ":configuration",
    "kind": "'strange'",
    "provider_id": "'cap-11'",
    "reference": "''",
    "currency": "'NGN'",
    "listed_minor": "700",
    "booked_currency": "'NGN'",
    "booked_minor": "0",
    "found_at": "0",
    "payment_id": "NULL",
    "captured_at": "NULL",
    "told_id": "0",
    "reason_id": "0",
    "ended_by": "NULL",
    "ended_at": "NULL",
    "journal_id": "NULL",
    "act_id": ":top_up_act",
    "row_version": "1",
    "status": "'open'",
    "status_seq": "1",
}
_BORN: Final = tuple(
    event("difference", "900030", str(seq), steps)
    for seq, steps in enumerate((("none", "none"), ("none", "open")))
)
_NOTE: Final = "reason_id = :note, ended_by = :payer, ended_at = 1"


def _step(status: str, changes: str) -> Attack:
    return Attack(
        name=f"{status}: {changes}",
        prepare=(event("difference", ":difference", "2", ("open", status)),),
        statement=update(
            "difference",
            f"status = '{status}', status_seq = 2, {changes}, {NEXT}",
            "id = :difference",
        ),
    )


ATTACKS: Final = (
    *(
        Attack(name=name, prepare=_BORN, statement=insert("difference", _ROW | changes))
        for name, changes in (
            ("the same fact twice", {"provider_id": "'cap-9'"}),
            ("another tenant's configuration", {"tenant_id": ":other"}),
            ("a configuration that is not there", {"configuration_id": "900900"}),
            ("another tenant's payment", {"payment_id": "900900"}),
            ("no kind we know", {"kind": "'odd'"}),
            ("no id of the provider's", {"provider_id": "''"}),
            ("less than nothing", {"listed_minor": "-1"}),
            ("ended at birth", {"ended_at": "1"}),
        )
    ),
    Attack(name="a difference without its events", statement=insert("difference", _ROW)),
    _step("ignored", "ended_at = 1"),
    _step("ignored", "ended_at = 1, ended_by = :payer"),
    _step("ignored", "reason_id = :note, ended_by = :payer"),
    _step("matched", _NOTE),
    _step("matched", f"{_NOTE}, journal_id = :booked"),
    _step("matched", f"{_NOTE}, journal_id = :journal"),
    _step("ignored", f"{_NOTE}, journal_id = :booked"),
    *(
        Attack(
            name=f"a window: {changes}",
            statement=update("reconciling", f"{changes}, {NEXT}", "since > 0"),
        )
        for changes in (
            "done_until = until",
            "phase = 'idle', done_until = until",
            "phase = 'done'",
            "since = until + 1",
            "configuration_id = 1",
        )
    ),
)

"""What stands beside a row of `refund`: its hold, and the journal by which its money went."""

import sqlite3
from itertools import pairwise
from typing import Any

from tests.storage.estate import Ids, read, write

HOLD: int = 77_000_002
JOURNAL: int = 77_000_003


def born(
    connection: sqlite3.Connection, row: dict[str, Any], *, status: str, ids: Ids
) -> dict[str, Any]:
    """Return a new refund's row: one that staff ask for has a hold, one that was found has none."""
    row |= {"reference": "hzr-2"}
    if status == "processing":
        nobody = dict.fromkeys(("hold_id", "requested_by", "approved_by"))
        return row | {"origin": "provider", **nobody}
    hold = read(connection, "hold", id=ids["refund_hold"])
    _events(connection, "hold", HOLD, ("none", "none", "open"))
    write(connection, "hold", {**hold, "id": HOLD, "subject_id": row["id"]})
    return row | {"hold_id": HOLD, "approved_by": 1}


def ended(connection: sqlite3.Connection, row: dict[str, Any], *, status: str) -> dict[str, Any]:
    """Do what is done before a refund takes a status; return what is stored with it."""
    if status in {"cancelled", "failed", "completed"}:
        _release(connection, row)
    if status == "completed" and row["journal_id"] is None:
        _post(connection, row)
        return {"journal_id": JOURNAL}
    if status == "returned" and row["status"] == "completed":
        _post(connection, row, number=JOURNAL + 1, kind="refund_return")
        return {"returned_minor": row["amount_minor"]}
    return {}


def _release(connection: sqlite3.Connection, row: dict[str, Any]) -> None:
    held = "SELECT status FROM hold WHERE id = ?"
    found = connection.execute(held, (row["hold_id"],)).fetchone()
    if found != ("open",):
        return
    _events(connection, "hold", row["hold_id"], ("open", "voided"), first=2)
    connection.execute(
        "UPDATE hold SET status = 'voided', status_seq = 2, row_version = row_version + 1"
        " WHERE id = ?",
        (row["hold_id"],),
    )


def _post(
    connection: sqlite3.Connection,
    row: dict[str, Any],
    *,
    number: int = JOURNAL,
    kind: str = "refund",
) -> None:
    """Move its amount from the tenant's wallet to the provider, or back."""
    account = "SELECT id FROM account WHERE tenant_id = :tenant_id AND kind = {kind} LIMIT 1"
    source, target = (
        connection.execute(account.format(kind=each), row).fetchone()[0]
        for each in ("'tenant_wallet'", "'provider'")
    )
    if kind == "refund_return":
        source, target = target, source
    write(
        connection,
        "journal",
        {
            "id": number,
            "token": f"TXN-{number}",
            "tenant_id": row["tenant_id"],
            "kind": kind,
            "subject_kind": "refund",
            "subject_id": row["id"],
            "key": f"refund:{number}",
            "fingerprint": "",
            "lines": 1,
            "posted_at": 0,
            "act_id": row["act_id"],
            "reverses_id": None,
        },
    )
    write(
        connection,
        "transfer",
        {
            "id": number,
            "journal_id": number,
            "line": 1,
            "tenant_id": row["tenant_id"],
            "currency": row["currency"],
            "from_account": source,
            "to_account": target,
            "amount_minor": row["amount_minor"],
            "hold_id": None,
            "act_id": row["act_id"],
        },
    )


def _events(
    connection: sqlite3.Connection, machine: str, entity: int, way: tuple[str, ...], first: int = 0
) -> None:
    for seq, (before, after) in enumerate(pairwise(way), start=first):
        event = {"machine": machine, "entity": entity, "seq": seq, "before_seq": max(0, seq - 1)}
        event |= {"from_status": before, "to_status": after, "act_id": 1, "note_id": 0}
        write(connection, "status_event", event)

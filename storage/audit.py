"""Acts, notes, changes and the chain of blocks that covers them.

A block chains the acts of one tenant by hash. On SQLite what a block covers is collected while a
transaction writes and sealed by the group just before its COMMIT. On PostgreSQL, where a hot chain
would make every transaction wait for every other, a trigger puts each act into `unsealed`, and a
sealer reads back what they wrote, within a second (`seal_waiting`). `verify` computes it again.
Canonical form: RFC 8785 (JSON with sorted keys, no spaces), every value as text.
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import (
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    select,
    type_coerce,
)
from sqlalchemy.types import NullType

from core.domain.acts import Cause
from storage.records import FROZEN, STATUS_EVENT
from storage.schema import METADATA, ident, number, sealed, table, text, time
from storage.statements import Cursor, IsListed, Statement, inserting, written

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

ACT: Final = table(
    "act",
    ident(primary_key=True),
    ident("tenant_id"),
    text("cause_kind"),
    text("cause_reference"),
    ident("person_id"),
    ident("identity_id"),
    time("at"),
    ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
    UniqueConstraint("tenant_id", "id"),
)

NOTE: Final = table(
    "note",
    ident(primary_key=True),
    ident("tenant_id"),
    sealed("body"),
    text("salt"),
    text("commitment"),
    ident("act_id"),
    ForeignKeyConstraint(["tenant_id", "act_id"], ["act.tenant_id", "act.id"]),
    Index("ix_note_act_id", "act_id"),
)

CHANGE: Final = table(
    "change",
    ident("act_id", primary_key=True),
    number("line", primary_key=True, autoincrement=False),
    text("entity"),
    ident("entity_id"),
    text("content"),
    ForeignKeyConstraint(["act_id"], ["act.id"]),
    sqlite_with_rowid=False,
)

BLOCK: Final = table(
    "block",
    ident("tenant_id", primary_key=True),
    number("height", primary_key=True, autoincrement=False),
    ident("first_act"),
    ident("last_act"),
    number("acts"),
    text("listed", server_default=""),
    text("before_hash"),
    text("hash"),
    ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
    UniqueConstraint("tenant_id", "hash"),
    Index("ix_block_tenant_id_last_act", "tenant_id", "last_act"),
    sqlite_with_rowid=False,
)

UNSEALED: Final = table(
    "unsealed",
    ident("act_id", primary_key=True),
    ident("tenant_id"),
    ForeignKeyConstraint(["act_id"], ["act.id"]),
)
"""Acts that no block covers yet; always empty on SQLite."""

MAX_SEALED: Final = 1000
"""Acts that are sealed in one go."""

GENESIS: Final = "0" * 64
"""What the first block of a tenant points at."""

_ADD_BLOCK: Final = inserting(BLOCK)
_HEAD: Final = Statement(
    select(BLOCK.c.height, BLOCK.c.hash, BLOCK.c.last_act)
    .where(BLOCK.c.tenant_id == bindparam("tenant_id"))
    .order_by(BLOCK.c.height.desc())
    .limit(1)
)
_LAST_ACT: Final = Statement(select(func.max(ACT.c.id)))
_BLOCKS: Final = Statement(
    select(
        BLOCK.c.height,
        BLOCK.c.first_act,
        BLOCK.c.last_act,
        BLOCK.c.acts,
        BLOCK.c.before_hash,
        BLOCK.c.hash,
        BLOCK.c.listed,
    )
    .where(BLOCK.c.tenant_id == bindparam("tenant_id"), BLOCK.c.height > bindparam("height"))
    .order_by(BLOCK.c.height)
    .limit(bindparam("limit"))
)

_UNCOVERED: Final = written(
    "SELECT (SELECT count(*) FROM act WHERE tenant_id = :tenant)"
    " - (SELECT COALESCE(SUM(acts), 0) FROM block WHERE tenant_id = :tenant)"
    " - (SELECT count(*) FROM unsealed WHERE tenant_id = :tenant)"
)
_WAITING: Final = Statement(
    select(UNSEALED.c.act_id, UNSEALED.c.tenant_id)
    .order_by(UNSEALED.c.act_id)
    .limit(bindparam("limit"))
)
_SEALED: Final = Statement(delete(UNSEALED).where(IsListed(UNSEALED.c.act_id, bindparam("ids"))))

Line = tuple[str, dict[str, Any]]

NOTE_SEALED: Final = ("id", "tenant_id", "commitment", "act_id")


def plain(value: Any) -> str:
    """Return a stored value as canonical text."""
    if value is None:
        return ""
    return value.hex() if value.__class__ is bytes else str(value)


def canonical(lines: Iterable[Line]) -> bytes:
    """Return sorted lines of one act as canonical JSON."""
    texts = sorted(
        orjson.dumps([name, _texts(row)], option=orjson.OPT_SORT_KEYS) for name, row in lines
    )
    return b"[" + b",".join(texts) + b"]"


def _texts(row: Mapping[str, Any]) -> dict[str, str]:
    """Return a row's values as canonical text; text and whole numbers (most) cost no call."""
    return {
        k if k.__class__ is str else str(k): (
            v if v.__class__ is str else str(v) if v.__class__ is int else plain(v)
        )
        for k, v in row.items()
    }


def block_hash(before: str, acts: Mapping[int, list[Line]]) -> str:
    """Return the hash of a block: 64 hex digits."""
    digest = hashlib.sha256(before.encode())
    for act_id in sorted(acts):
        digest.update(hashlib.sha256(canonical(acts[act_id])).digest())
    return digest.hexdigest()


def head(cursor: Cursor, tenant_id: int) -> tuple[int, str, int]:
    """Return (height, hash, last act) of a tenant's newest block; (0, GENESIS, 0) before it."""
    rows = _HEAD.rows(cursor, {"tenant_id": tenant_id})
    return (rows[0][0], rows[0][1], rows[0][2]) if rows else (0, GENESIS, 0)


def seal_group(
    cursor: Cursor,
    sealed_lines: Mapping[int, Mapping[int, list[Line]]],
    *,
    is_listed: bool = False,
) -> None:
    """Write one block for each tenant concerned; `sealed_lines` is tenant → act → lines.

    `is_listed`: the block names its acts, since others of its range may come later.
    """
    for tenant_id, acts in sorted(sealed_lines.items()):
        height, before, _ = head(cursor, tenant_id)
        _ADD_BLOCK.run(
            cursor,
            {
                "tenant_id": tenant_id,
                "height": height + 1,
                "first_act": min(acts),
                "last_act": max(acts),
                "acts": len(acts),
                "listed": _list(acts) if is_listed else "",
                "before_hash": before,
                "hash": block_hash(before, acts),
            },
        )


def seal_waiting(cursor: Cursor) -> int:
    """Seal what waits, oldest first; return how many acts. One sealer at a time."""
    waiting = _WAITING.rows(cursor, {"limit": MAX_SEALED})
    if not waiting:
        return 0
    lines = lines_of_acts(cursor, [act_id for act_id, _ in waiting])
    by_tenant: dict[int, dict[int, list[Line]]] = {}
    for act_id, tenant_id in waiting:
        by_tenant.setdefault(tenant_id, {})[act_id] = lines[act_id]
    seal_group(cursor, by_tenant, is_listed=True)
    _SEALED.run(cursor, {"ids": f"[{_list(lines)}]"})
    return len(waiting)


def _list(acts: Iterable[int]) -> str:
    return ",".join(str(act_id) for act_id in sorted(acts))


def last_act(cursor: Cursor) -> int:
    """Return the newest act's id, 0 before the first."""
    return _LAST_ACT.rows(cursor, {})[0][0] or 0


_ADD_ACT: Final = inserting(ACT)


def add_act(tx: "SqlTransaction", act_id: int, tenant_id: int, cause: Cause) -> None:
    """Write an act and open its lines."""
    values = {
        "id": act_id,
        "tenant_id": tenant_id,
        "cause_kind": cause.kind.value,
        "cause_reference": cause.reference,
        "person_id": cause.person_id,
        "identity_id": cause.identity_id,
        "at": tx.now,
    }
    tx.seal(act_id, ACT.name, _ADD_ACT.run(tx.cursor, values))


_ADD_NOTE: Final = inserting(NOTE)
_NOTE: Final = Statement(select(NOTE.c.body).where(NOTE.c.id == bindparam("id")))


def add_note(tx: "SqlTransaction", note_id: int, tenant_id: int, body: str) -> None:
    """Store free text encrypted, with a salted commitment for the chain."""
    salt = tx.key(22)
    commitment = hashlib.sha256(f"{salt}\n{body}".encode()).hexdigest()
    act_id = tx.act(tenant_id)
    stored = _ADD_NOTE.run(
        tx.cursor,
        {
            "id": note_id,
            "tenant_id": tenant_id,
            "body": tx.ring.seal(body.encode(), context="note.body"),
            "salt": salt,
            "commitment": commitment,
            "act_id": act_id,
        },
    )
    tx.seal(act_id, NOTE.name, {k: stored[k] for k in NOTE_SEALED})


def read_note(tx: "SqlTransaction", note_id: int) -> str:
    """Return a note's text, "" for none or for an erased one."""
    rows = _NOTE.rows(tx.cursor, {"id": note_id})
    if not rows or not rows[0][0]:
        return ""
    return tx.ring.open(rows[0][0], context="note.body").decode()


_ADD_CHANGE: Final = inserting(CHANGE)


def add_change(
    tx: "SqlTransaction", tenant_id: int, entity: str, entity_id: int, content: Mapping[str, Any]
) -> None:
    """Record what a settings-like entity looks like now; secrets stay out of `content`."""
    act_id = tx.act(tenant_id)
    body = orjson.dumps(
        {str(k): plain(v) for k, v in content.items()}, option=orjson.OPT_SORT_KEYS
    ).decode()
    values = {
        "act_id": act_id,
        "line": tx.next_line(act_id),
        "entity": entity,
        "entity_id": entity_id,
        "content": body,
    }
    tx.seal(act_id, CHANGE.name, _ADD_CHANGE.run(tx.cursor, values))


def _covered() -> dict[str, tuple[str, ...]]:
    """Return the sealed columns of every table that a block covers."""
    covered = {
        ACT.name: tuple(c.name for c in ACT.columns),
        CHANGE.name: tuple(c.name for c in CHANGE.columns),
        STATUS_EVENT.name: tuple(c.name for c in STATUS_EVENT.columns),
        NOTE.name: NOTE_SEALED,
    }
    covered |= {n: columns for n, columns in FROZEN.items() if "act_id" in METADATA.tables[n].c}
    return covered


@cache
def _reading(name: str, *, is_listed: bool) -> Statement:
    """Return the SELECT of (act, sealed columns) of a table, for a list of acts or a range."""
    target = METADATA.tables[name]
    key = target.c["id" if name == ACT.name else "act_id"]
    columns = [target.c[column] for column in _covered()[name]]
    inside = select(ACT.c.id).where(
        ACT.c.tenant_id == bindparam("tenant"),
        ACT.c.id.between(bindparam("first"), bindparam("last")),
    )
    which = IsListed(key, bindparam("ids")) if is_listed else key.in_(inside)
    # As stored: what was sealed is what the database got.
    plainly = [type_coerce(column, NullType()) for column in (key, *columns)]
    return Statement(select(*plainly).where(which))


def lines_of(cursor: Cursor, tenant_id: int, first: int, last: int) -> dict[int, list[Line]]:
    """Read back what the acts of a tenant within [first, last] wrote."""
    return _lines(cursor, {"tenant": tenant_id, "first": first, "last": last}, is_listed=False)


def lines_of_acts(cursor: Cursor, act_ids: Iterable[int]) -> dict[int, list[Line]]:
    """Read back what some acts wrote."""
    return _lines(cursor, {"ids": f"[{_list(act_ids)}]"}, is_listed=True)


def _lines(cursor: Cursor, values: Mapping[str, Any], *, is_listed: bool) -> dict[int, list[Line]]:
    acts: dict[int, list[Line]] = {}
    for name, columns in _covered().items():
        for row in _reading(name, is_listed=is_listed).rows(cursor, values):
            line = (name, dict(zip(columns, row[1:], strict=True)))
            acts.setdefault(row[0], []).append(line)
    return acts


def verify(cursor: Cursor, tenant_id: int) -> list[str]:
    """Walk a tenant's chain; return one sentence for each thing that does not hold."""
    problems: list[str] = []
    height, before = 0, GENESIS
    while rows := _BLOCKS.rows(cursor, {"tenant_id": tenant_id, "height": height, "limit": 200}):
        for row in rows:
            problems += _check_block(cursor, tenant_id, row, (height, before))
            height, before = row[0], row[5]
    count = _UNCOVERED.rows(cursor, {"tenant": tenant_id})[0][0]
    return [*problems, *([f"tenant {tenant_id}: {count} acts are not sealed"] if count else [])]


def _check_block(cursor: Cursor, tenant_id: int, row: Any, follows: tuple[int, str]) -> list[str]:
    height, before = follows
    number_now, first, last, count, says_before, says_hash, listed = row
    where = f"tenant {tenant_id} block {number_now}"
    if number_now != height + 1 or says_before != before:
        return [f"{where}: does not follow block {height}"]
    if listed:
        acts = lines_of_acts(cursor, map(int, listed.split(",")))
    else:
        acts = lines_of(cursor, tenant_id, first, last)
    if len(acts) != count or not acts or (min(acts), max(acts)) != (first, last):
        return [f"{where}: covers {len(acts)} acts, says {count}"]
    if block_hash(before, acts) != says_hash:
        return [f"{where}: rows differ from what was sealed"]
    return []

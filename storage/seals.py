"""The seal of one journal: the block that covers it, which is the same whenever one looks."""

from typing import Final

from sqlalchemy import Text, and_, bindparam, cast, literal, or_, select

from storage.audit import BLOCK
from storage.ledger_tables import JOURNAL
from storage.statements import Cursor, Statement

_COMMA: Final = literal(",")
_SEAL_OF: Final = Statement(
    select(BLOCK.c.hash)
    .join_from(JOURNAL, BLOCK, BLOCK.c.tenant_id == JOURNAL.c.tenant_id)
    .where(
        JOURNAL.c.id == bindparam("journal_id"),
        BLOCK.c.last_act >= JOURNAL.c.act_id,
        or_(
            and_(BLOCK.c.listed == "", BLOCK.c.first_act <= JOURNAL.c.act_id),
            (_COMMA + BLOCK.c.listed + _COMMA).contains(
                _COMMA + cast(JOURNAL.c.act_id, Text) + _COMMA
            ),
        ),
    )
    .order_by(BLOCK.c.last_act)
    .limit(1)
)


def seal_of(cursor: Cursor, journal_id: int) -> str:
    """Return the hash of the block that covers a journal, "" before there is one."""
    rows = _SEAL_OF.rows(cursor, {"journal_id": journal_id})
    return str(rows[0][0]) if rows else ""

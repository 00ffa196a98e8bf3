"""Access tokens that providers lend for a while, kept for all processes, encrypted.

Who fetches one claims it first, for a moment; whoever comes meanwhile waits.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import CheckConstraint, Index, bindparam, delete, select, update

from storage.schema import EPOCH, sealed, table, text, time
from storage.statements import Statement, inserting_once

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

ACCESS_TOKEN: Final = table(
    "access_token",
    text("name", primary_key=True),
    sealed("body"),
    time("until"),
    text("fetcher"),
    time("claimed_until"),
    CheckConstraint("length(name) = 64", name="name"),
    Index("ix_access_token_until", "until"),
)

_FIND: Final = Statement(
    select(ACCESS_TOKEN.c.body, ACCESS_TOKEN.c.until).where(
        ACCESS_TOKEN.c.name == bindparam("name"), ACCESS_TOKEN.c.until > bindparam("now")
    )
)
_FIRST: Final = inserting_once(ACCESS_TOKEN)
_CLAIM: Final = Statement(
    update(ACCESS_TOKEN)
    .where(
        ACCESS_TOKEN.c.name == bindparam("name_is"),
        ACCESS_TOKEN.c.claimed_until <= bindparam("now"),
    )
    .values(fetcher=bindparam("fetcher"), claimed_until=bindparam("claimed_until"))
)
_IS_CLAIMED: Final = (
    ACCESS_TOKEN.c.name == bindparam("name_is"),
    ACCESS_TOKEN.c.fetcher == bindparam("fetcher_is"),
)
_KEEP: Final = Statement(
    update(ACCESS_TOKEN)
    .where(*_IS_CLAIMED)
    .values(
        body=bindparam("body"),
        until=bindparam("until"),
        fetcher=bindparam("fetcher"),
        claimed_until=bindparam("claimed_until"),
    )
)
_GIVE_UP: Final = Statement(
    update(ACCESS_TOKEN)
    .where(*_IS_CLAIMED)
    .values(fetcher=bindparam("fetcher"), claimed_until=bindparam("claimed_until"))
)
_SWEEP: Final = Statement(
    delete(ACCESS_TOKEN).where(
        ACCESS_TOKEN.c.until <= bindparam("now"), ACCESS_TOKEN.c.claimed_until <= bindparam("now")
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """A token and the moment from which nobody uses it any more, aware UTC."""

    value: str = field(repr=False)
    until: datetime


class SqlAccessTokens:
    """Access tokens in SQL; a name is 64 hex digits."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def find(self, name: str) -> Lent | None:
        """Return the token of this name, while it lives."""
        rows = _FIND.rows(self._tx.cursor, {"name": name, "now": self._tx.now})
        if not rows:
            return None
        value = self._tx.ring.open(rows[0][0], context=_context(name)).decode()
        return Lent(value=value, until=rows[0][1])

    def claim(self, name: str, *, by: str, until: datetime) -> bool:
        """Say that `by` fetches it now; False while somebody else does."""
        values = {"fetcher": by, "claimed_until": until}
        _FIRST.run(self._tx.cursor, {"name": name, "body": b"", "until": EPOCH, **values})
        if self._tx.cursor.rowcount:
            return True
        _CLAIM.run(self._tx.cursor, {"name_is": name, "now": self._tx.now, **values})
        return bool(self._tx.cursor.rowcount)

    def keep(self, name: str, lent: Lent, *, by: str) -> None:
        """Store what `by` fetched, unless somebody else fetches it by now."""
        body = self._tx.ring.seal(lent.value.encode(), context=_context(name))
        _KEEP.run(
            self._tx.cursor,
            {
                "name_is": name,
                "fetcher_is": by,
                "body": body,
                "until": lent.until,
                **_UNCLAIMED,
            },
        )

    def give_up(self, name: str, *, by: str) -> None:
        """Let somebody else fetch it: `by` could not."""
        _GIVE_UP.run(self._tx.cursor, {"name_is": name, "fetcher_is": by, **_UNCLAIMED})

    def sweep(self) -> int:
        """Forget those whose time is over; return how many."""
        _SWEEP.run(self._tx.cursor, {"now": self._tx.now})
        return self._tx.cursor.rowcount


_UNCLAIMED: Final = {"fetcher": "", "claimed_until": EPOCH}


def _context(name: str) -> str:
    return f"access_token.body.{name}"

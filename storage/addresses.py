"""One-time addresses: the hash of each one's end, and what it was drawn for."""

from typing import TYPE_CHECKING, Final

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, bindparam, delete, select

from core.domain.addresses import Address
from core.domain.configurations import ConfigurationId
from core.domain.providers import About
from storage.schema import ident, table, text, time
from storage.statements import Statement, inserting

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

ADDRESS: Final = table(
    "answer_address",
    text("digest", primary_key=True),
    ident("configuration_id"),
    text("about"),
    ident("subject"),
    time("until"),
    ForeignKeyConstraint(["configuration_id"], ["provider_configuration.id"]),
    CheckConstraint("length(digest) = 64", name="digest"),
    CheckConstraint("about IN ('payment', 'refund', 'payout')", name="about"),
    Index("ix_answer_address_until", "until"),
)

_ADD: Final = inserting(ADDRESS)
_FIND: Final = Statement(
    select(ADDRESS).where(
        ADDRESS.c.digest == bindparam("digest"), ADDRESS.c.until > bindparam("now")
    )
)
_SWEEP: Final = Statement(delete(ADDRESS).where(ADDRESS.c.until <= bindparam("now")))


class SqlAddresses:
    """One-time addresses in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def add(self, address: Address) -> None:
        """Store a new address."""
        _ADD.run(
            self._tx.cursor,
            {
                "digest": address.digest,
                "configuration_id": address.configuration_id,
                "about": address.about.value,
                "subject": address.subject,
                "until": address.until,
            },
        )

    def find(self, digest: str) -> Address | None:
        """Return the address of this digest, while it lives."""
        rows = _FIND.rows(self._tx.cursor, {"digest": digest, "now": self._tx.now})
        if not rows:
            return None
        kept, configuration_id, about, subject, until = rows[0]
        return Address(
            digest=kept,
            configuration_id=ConfigurationId(configuration_id),
            about=About(about),
            subject=subject,
            until=until,
        )

    def sweep(self) -> int:
        """Forget those whose time is over; return how many."""
        _SWEEP.run(self._tx.cursor, {"now": self._tx.now})
        return self._tx.cursor.rowcount

"""Invitations: single-use doors into a tenant; their phones are encrypted."""

from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    bindparam,
    literal_column,
)

from core.domain.errors import NotFound
from core.domain.people import INVITATION_TRANSITIONS, Invitation, InvitationId
from core.domain.tenants import TenantId
from storage.audit import add_change
from storage.records import Axis, Records, axis_columns
from storage.schema import ident, number, only_where, sealed, table, text, time
from storage.statements import Statement

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

INVITATION: Final = table(
    "invitation",
    ident(primary_key=True),
    ident("tenant_id"),
    text("key_hash"),
    text("role"),
    ident("unit_id"),
    sealed("phone"),
    time("expires_at"),
    ident("invited_by", nullable=True),
    ident("used_by", nullable=True),
    number("row_version"),
    *axis_columns("invitation", Axis("status", INVITATION_TRANSITIONS)),
    ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
    UniqueConstraint("key_hash"),
    Index("ix_invitation_open", "tenant_id", **only_where("status = 'open'")),
    CheckConstraint("(status = 'used') = (used_by IS NOT NULL)", name="used"),
)

_INVITATIONS: Final = Records(
    INVITATION,
    Invitation,
    secret=("phone",),
    frozen=("id", "tenant_id", "key_hash", "role", "unit_id", "expires_at"),
)

_KEYED: Final = _INVITATIONS.by("key_hash")
_ONE: Final = _INVITATIONS.by("id")
_OPEN: Final = Statement(
    _INVITATIONS.select()
    .where(
        INVITATION.c.tenant_id == bindparam("tenant_id"),
        literal_column("status = 'open'"),
        INVITATION.c.expires_at > bindparam("at"),
    )
    .order_by(INVITATION.c.id.desc())
    .limit(bindparam("limit"))
)


class Invitations:
    """Invitations in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def add_invitation(self, invitation: Invitation) -> None:
        """Store a new invitation."""
        _INVITATIONS.add(self._tx, invitation, act_id=self._tx.act(invitation.tenant_id))
        content = {"role": invitation.role.value, "unit_id": invitation.unit_id}
        add_change(self._tx, invitation.tenant_id, "invitation", invitation.id, content)

    def invitation_by_key(self, key_hash: str) -> Invitation | None:
        """Return the invitation behind a link, if there is one."""
        return _INVITATIONS.one(self._tx, _KEYED, key_hash=key_hash)

    def replace_invitation(self, before: Invitation, after: Invitation) -> None:
        """Store a change if the row still stands at `before`, else `StaleState`."""
        act = self._tx.act(before.tenant_id)
        _INVITATIONS.replace(self._tx, before, after, act_id=lambda: act)

    def invitation(self, invitation_id: InvitationId) -> Invitation:
        """Return one invitation, else `NotFound`."""
        found = _INVITATIONS.one(self._tx, _ONE, id=invitation_id)
        if found is None:
            raise NotFound(kind="invitation")
        return found

    def open_invitations(self, tenant_id: TenantId, *, limit: int) -> tuple[Invitation, ...]:
        """Return a tenant's invitations that still open the door, newest first."""
        return _INVITATIONS.many(self._tx, _OPEN, tenant_id=tenant_id, at=self._tx.now, limit=limit)

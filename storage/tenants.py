"""Tenants and their counters of short numbers."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, bindparam, update

from core.domain.errors import NotFound
from core.domain.tenants import PLATFORM, TRANSITIONS, Tenant, TenantId
from storage.audit import add_change
from storage.records import Axis, Records, axis_columns
from storage.schema import ident, json, number, table, text
from storage.statements import Statement, inserting

if TYPE_CHECKING:
    from storage.transaction import SqlTransaction

TENANT: Final = table(
    "tenant",
    ident(primary_key=True),
    text("kind"),
    text("name"),
    text("currency"),
    text("country"),
    text("timezone"),
    text("fee_bearer"),
    text("billing_email"),
    json("policy"),
    number("row_version"),
    *axis_columns("tenant", Axis("status", TRANSITIONS)),
    CheckConstraint("length(name) BETWEEN 1 AND 80", name="name"),
)

COUNTER: Final = table(
    "counter",
    ident("tenant_id", primary_key=True),
    text("kind", primary_key=True),
    number("year", primary_key=True, autoincrement=False),
    number("value"),
    ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
    CheckConstraint("value >= 1", name="value"),
    sqlite_with_rowid=False,
)

_TENANTS: Final = Records(TENANT, Tenant, frozen=("id", "kind", "currency"))
_ONE: Final = _TENANTS.by("id")
_NAMED: Final = _TENANTS.by("name")
_ALL: Final = Statement(
    _TENANTS.select().where(TENANT.c.id != PLATFORM).order_by(TENANT.c.id).limit(10_000)
)
_NEXT: Final = Statement(
    update(COUNTER)
    .where(
        COUNTER.c.tenant_id == bindparam("t"),
        COUNTER.c.kind == bindparam("k"),
        COUNTER.c.year == bindparam("y"),
    )
    .values(value=COUNTER.c.value + 1)
    .returning(COUNTER.c.value)
)
_FIRST: Final = inserting(COUNTER)


class SqlTenants:
    """Tenants in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def get(self, tenant_id: TenantId) -> Tenant:
        """Return one tenant, else `NotFound`."""
        return self._found(_TENANTS.one(self._tx, _ONE, id=tenant_id))

    def find(self, key: str) -> Tenant:
        """Return the tenant of this id, written as text, or of this exact name."""
        if key.isdecimal():
            return self.get(TenantId(int(key)))
        return self._found(_TENANTS.one(self._tx, _NAMED, name=key))

    def all(self) -> tuple[Tenant, ...]:
        """Return every tenant but the platform, by id (at most 10,000)."""
        return _TENANTS.many(self._tx, _ALL)

    def add(self, tenant: Tenant) -> None:
        """Store a new tenant, with its root act."""
        _TENANTS.add(self._tx, tenant, act_id=self._tx.act(PLATFORM))
        add_change(self._tx, PLATFORM, "tenant", tenant.id, _content(tenant))

    def replace(self, before: Tenant, after: Tenant) -> None:
        """Store a change if the row still stands at `before`, else `StaleState`."""
        act = self._tx.act(before.id)
        _TENANTS.replace(self._tx, before, after, act_id=lambda: act)
        add_change(self._tx, before.id, "tenant", before.id, _content(after))

    def next_number(self, tenant_id: TenantId, *, kind: str, year: int) -> int:
        """Take the next short number; gaps allowed."""
        key = {"t": tenant_id, "k": kind, "y": year}
        taken = _NEXT.rows(self._tx.cursor, key)
        if taken:
            return int(taken[0][0])
        row = {"tenant_id": tenant_id, "kind": kind, "year": year, "value": 1}
        _FIRST.run(self._tx.cursor, row)
        return 1

    def _found(self, tenant: Tenant | None) -> Tenant:
        if tenant is None:
            raise NotFound(kind="tenant")
        return tenant


def _content(tenant: Tenant) -> dict[str, Any]:
    content = asdict(tenant)
    content["policy"] = sorted(f"{k}={v}" for k, v in asdict(tenant.policy).items())
    return content

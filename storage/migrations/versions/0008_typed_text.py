"""What people typed is encrypted: bills' notes, dialogues' data, intents' arguments and outcomes.

Bills and intents are carried over, since an old button has one answer for ever. Open dialogues are
dropped: they live 15 minutes, and whoever was in the middle of one starts over.
"""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0008"
down_revision: Final[str | None] = "0007"
branch_labels: Final = None
depends_on: Final = None

WHOLE: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
PAGE: Final = 500
KEPT: Final = (
    "key",
    "tenant_id",
    "owner_id",
    "verb",
    "arguments",
    "expires_at",
    "outcome",
    "was",
    "status",
    "status_seq",
    "row_version",
)
SECRET: Final = ("arguments", "outcome")


def upgrade() -> None:
    """Rebuild both tables with encrypted columns. There is no way back but a backup."""
    _check_keys()
    op.drop_table("dialogue")
    _create_dialogue()
    names = ", ".join(KEPT)
    op.execute(sa.text(f"CREATE TABLE intent_before AS SELECT {names} FROM intent"))
    op.drop_index("ix_intent_expiry", table_name="intent")
    op.drop_table("intent")
    _create_intent()
    _carry_over()
    op.drop_table("intent_before")
    _seal_descriptions()


def _check_keys() -> None:
    """Refuse to encrypt with keys that do not open what is there."""
    for row in op.get_bind().execute(sa.text("SELECT phone FROM person LIMIT 1")):
        _ring().open(row[0], context="person.phone")


def _carry_over() -> None:
    bind, ring = op.get_bind(), _ring()
    after = ""
    page = sa.text(
        f"SELECT {', '.join(KEPT)} FROM intent_before WHERE key > :after ORDER BY key LIMIT :limit"
    )
    places = ", ".join(f":{name}" for name in KEPT)
    insert = sa.text(f"INSERT INTO intent ({', '.join(KEPT)}) VALUES ({places})")
    while rows := bind.execute(page, {"after": after, "limit": PAGE}).mappings().all():
        bind.execute(insert, [_sealed(ring, dict(row)) for row in rows])
        after = rows[-1]["key"]


def _seal_descriptions() -> None:
    bind, ring = op.get_bind(), _ring()
    if bind.dialect.name == "sqlite":
        _rebuild_bill()
    else:
        column = "ALTER COLUMN description TYPE BYTEA USING convert_to(description, 'UTF8')"
        op.execute(sa.text(f"ALTER TABLE bill {column}"))
    page = sa.text("SELECT id, description FROM bill WHERE id > :after ORDER BY id LIMIT :limit")
    change = sa.text("UPDATE bill SET description = :sealed WHERE id = :id")
    after = 0
    while rows := bind.execute(page, {"after": after, "limit": PAGE}).all():
        sealed = [(row[0], ring.seal(bytes(row[1]), context="bill.description")) for row in rows]
        bind.execute(change, [{"id": each, "sealed": body} for each, body in sealed])
        after = rows[-1][0]


def _rebuild_bill() -> None:
    """Give `bill.description` another type: SQLite can only copy the table."""
    bind = op.get_bind()
    made = "SELECT sql FROM sqlite_master WHERE tbl_name = 'bill' AND type = :kind AND sql <> ''"
    (table,) = bind.execute(sa.text(made), {"kind": "table"}).scalars().all()
    indexes = bind.execute(sa.text(made), {"kind": "index"}).scalars().all()
    names = [str(row[1]) for row in bind.exec_driver_sql("PRAGMA table_info(bill)")]
    values = ["CAST(description AS BLOB)" if name == "description" else name for name in names]
    table = table.replace("description TEXT", "description BLOB").replace(" bill ", " bill_after ")
    for statement in (
        table,
        f"INSERT INTO bill_after ({', '.join(names)}) SELECT {', '.join(values)} FROM bill",
        "DROP TABLE bill",
        "ALTER TABLE bill_after RENAME TO bill",
        *indexes,
    ):
        bind.exec_driver_sql(statement)


def _sealed(ring: Any, row: dict[str, Any]) -> dict[str, Any]:
    sealed = {name: ring.seal(str(row[name]).encode(), context=f"intent.{name}") for name in SECRET}
    return {**row, **sealed}


def _ring() -> Any:
    """Return the key ring that `storage/setup.py` was given."""
    config = op.get_context().config
    if config is None:
        message = "a migration runs through storage/setup.py"
        raise RuntimeError(message)
    return config.attributes["ring"]


def _create_dialogue() -> None:
    op.create_table(
        "dialogue",
        sa.Column("chat_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("person_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "person_id", name=op.f("pk_dialogue")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _create_intent() -> None:
    op.create_table(
        "intent",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("tenant_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("owner_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("arguments", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", WHOLE, nullable=False),
        sa.Column("outcome", sa.LargeBinary(), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_seq", WHOLE, nullable=False),
        sa.Column("row_version", WHOLE, nullable=False),
        sa.Column(
            "status_machine", sa.Text(), sa.Computed("'intent'", persisted=True), nullable=False
        ),
        sa.CheckConstraint("length(key) = 22", name=op.f("ck_intent_key")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_intent_owner_id")),
        sa.ForeignKeyConstraint(
            ["status_machine", "was", "status"],
            ["fsm.machine", "fsm.from_status", "fsm.to_status"],
            name=op.f("fk_intent_status_machine_was_status"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_intent_tenant_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_intent")),
        sqlite_strict=True,
    )
    op.create_index("ix_intent_expiry", "intent", ["expires_at"], unique=False)

"""A database on a server from before unmatched money had rows is carried over as a file is."""

from importlib import import_module
from typing import Any

import psycopg
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from tests.postgres import new_database

OLD = (
    (
        "ALTER TABLE refund DROP CONSTRAINT ck_refund_source, DROP CONSTRAINT ck_refund_unmatched,"
        " DROP CONSTRAINT ck_refund_payer, DROP CONSTRAINT ck_refund_destination,"
        " DROP COLUMN unmatched_id, ALTER COLUMN payment_id SET NOT NULL,"
        " ALTER COLUMN payer_id SET NOT NULL"
    ),
    "ALTER TABLE refund ADD CONSTRAINT ck_refund_destination CHECK (destination <> '')",
    "DROP TABLE unmatched_given",
    "DROP TABLE unmatched",
)
"""What takes a database back to the version before."""

ROWS = (
    (
        "INSERT INTO account (id, tenant_id, currency, kind, owner_id, has_floor, debits_minor,"
        " credits_minor, held_minor, entry_seq) VALUES"
        " (11, 1, 'NGN', 'suspense', 0, 1, 0, 0, 0, 0),"
        " (12, 1, 'NGN', 'provider', 9, 0, 0, 0, 0, 0)"
    ),
    (
        "INSERT INTO journal (id, token, tenant_id, kind, subject_kind, subject_id, key,"
        " fingerprint, lines, posted_at, act_id) VALUES"
        " (101, 'TXN-1', 1, 'suspense', 'test', 1, 'capture:9:cap-1', '', 1, 5, 1),"
        " (102, 'TXN-2', 1, 'suspense', 'person', 7, 'intent:a', '', 1, 6, 1)"
    ),
    (
        "INSERT INTO transfer (id, journal_id, line, tenant_id, currency, from_account, to_account,"
        " amount_minor, act_id) VALUES (101, 101, 1, 1, 'NGN', 12, 11, 700, 1),"
        " (102, 102, 1, 1, 'NGN', 11, 12, 300, 1)"
    ),
)


CONFIGURATION = (
    "INSERT INTO provider_configuration SELECT (jsonb_populate_record("
    "NULL::provider_configuration, (SELECT jsonb_object_agg(column_name,"
    " CASE data_type WHEN 'text' THEN to_jsonb('x'::text) ELSE to_jsonb(9) END)"
    " FROM information_schema.columns WHERE table_name = 'provider_configuration'"
    " AND is_generated = 'NEVER' AND data_type IN ('text', 'bigint', 'integer')))).*"
)
"""A configuration in whose columns nothing matters but its id."""


def constraints(url: str) -> list[Any]:
    """Return every constraint, index and column that may be empty, of the tables concerned."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid::regclass::text IN ('refund', 'unmatched', 'unmatched_given')"
            " UNION ALL SELECT tablename, indexname, indexdef FROM pg_indexes"
            " WHERE tablename IN ('refund', 'unmatched', 'unmatched_given')"
            " UNION ALL SELECT table_name, column_name, is_nullable"
            " FROM information_schema.columns"
            " WHERE table_name IN ('refund', 'unmatched', 'unmatched_given')"
        ).fetchall()
    return sorted(found)


def test_a_database_of_before_has_the_same_tables_and_its_money_told_apart() -> None:
    url = new_database()
    fresh = constraints(url)
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))
    with engine.begin() as connection:
        for statement in ("SET session_replication_role = replica", *OLD, *ROWS, CONFIGURATION):
            connection.exec_driver_sql(statement)
        with Operations.context(MigrationContext.configure(connection)):
            import_module("storage.migrations.versions.0026_unmatched").upgrade()
    engine.dispose()
    assert constraints(url) == fresh
    with psycopg.connect(url) as connection:
        kept = "SELECT id, configuration_id, capture, amount_minor, given_minor FROM unmatched"
        assert connection.execute(kept.encode()).fetchall() == [(101, 9, "cap-1", 700, 300)]
        given = connection.execute("SELECT * FROM unmatched_given").fetchall()
    assert given == [(102, 101, 300)]

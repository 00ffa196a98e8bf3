"""Birth and migration of a database on a PostgreSQL server.

A migration is one transaction under an advisory lock: our triggers and functions go, Alembic brings
the tables to the newest version, new steps and (at birth) seeds and the mode are written, triggers
come back. Who migrates must own the tables; the service itself needs no more than to use them.
"""

import zlib
from datetime import datetime
from typing import Any, Final

import psycopg
import psycopg.conninfo
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from storage import birth, keys, postgres_triggers
from storage.keyring import KeyRing
from storage.postgres import PostgresCursor, connect
from storage.schema import METADATA
from storage.setup import MODES, NEWEST, NeedsMigration, WrongMode, migrate_tables

LOCK: Final = 7_402_516_001
"""The advisory lock of whoever migrates."""


class NotDurable(OSError):
    """The server acknowledges commits that a crash may lose."""


def is_current(url: str) -> bool:
    """Tell whether the database has the newest schema, steps and triggers; loads no Alembic."""
    try:
        with connect(url) as connection:
            return _stands(PostgresCursor(connection)) == (NEWEST, _fingerprint())
    except psycopg.Error:
        return False


def check(url: str, *, mode: str, ring: KeyRing) -> None:
    """Let a database pass that this service may open.

    Raises:
        NeedsMigration: it is not at the newest schema.
        WrongMode: it was made for the other mode.
        WrongKeys: the ring is another database's, or lacks a key.
    """
    if not is_current(url):
        raise NeedsMigration(name_of(url))
    with connect(url) as connection:
        cursor = PostgresCursor(connection)
        _check_durable(cursor)
        _check_mode(cursor, mode)
        keys.check(cursor, ring)


def prepare(url: str, *, mode: str, now: datetime, ring: KeyRing) -> None:
    """Bring a database to the newest schema; stamp its mode at birth. Safe to run side by side.

    `mode` is `SANDBOX` or `LIVE`; `ring` encrypts what older versions kept in clear.

    Raises:
        WrongMode: it was made for the other mode.
        NewerSchema: it was migrated by newer code.
        UnreadableSecret, WrongKeys: the ring is not the one it was written with.
        ConnectionError: it does not answer, or does not let us in.
    """
    if mode not in MODES:
        raise WrongMode(mode)
    try:
        connect(url).close()
    except psycopg.OperationalError:
        message = f"the PostgreSQL database {name_of(url)} does not answer"
        raise ConnectionError(message) from None
    if _is_ready(url, mode, ring):
        return
    engine = sa.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool
    )
    with engine.connect() as wrapped, wrapped.begin():
        wrapped.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        # Whoever waited for the lock may find that everything is done.
        cursor = PostgresCursor(_driver(wrapped))
        if _stands(cursor) != (NEWEST, _fingerprint()):
            _migrate(wrapped, mode=mode, now=now, ring=ring)
        keys.stamp(cursor, ring, at=now)


def _is_ready(url: str, mode: str, ring: KeyRing) -> bool:
    """Tell whether nothing is to be done: the newest schema, every key known."""
    if not is_current(url):
        return False
    with connect(url) as connection:
        cursor = PostgresCursor(connection)
        _check_mode(cursor, mode)
        return keys.is_stamped(cursor, ring)


def _check_durable(cursor: PostgresCursor) -> None:
    """Refuse a server that says "done" before it is durable.

    Raises:
        NotDurable: commits may be lost by a crash of the server.
    """
    cursor.execute("SELECT current_setting('synchronous_commit')")
    if cursor.fetchall()[0][0] == "off":
        raise NotDurable("synchronous_commit is off on this server: a crash would lose money")


def _tables() -> sa.MetaData:
    """Return today's tables, whose partial indexes are partial here, too."""
    made = sa.MetaData(naming_convention=METADATA.naming_convention)
    for table in METADATA.tables.values():
        for index in table.to_metadata(made).indexes:
            where = index.dialect_options["sqlite"]["where"]
            if where is not None:
                index.dialect_options["postgresql"]["where"] = where
    return made


def _migrate(wrapped: sa.Connection, *, mode: str, now: datetime, ring: KeyRing) -> None:
    run = wrapped.exec_driver_sql
    cursor = PostgresCursor(_driver(wrapped))
    is_new = not _version(cursor)
    if not is_new:
        _check_mode(cursor, mode)
    for name in _functions(cursor):
        run(f'DROP FUNCTION "{name}"() CASCADE')
    migrate_tables(wrapped, ring, at_once=_tables() if is_new else None)
    if birth.mode_of(cursor) is None:
        # The platform's first act and its tenant row point at each other.
        run("ALTER TABLE act DROP CONSTRAINT fk_act_tenant_id")
        birth.seed(cursor)
        birth.seal(cursor)
        birth.stamp(cursor, mode=mode, at=now)
        run(
            "ALTER TABLE act ADD CONSTRAINT fk_act_tenant_id"
            " FOREIGN KEY (tenant_id) REFERENCES tenant (id)"
        )
    birth.add_steps(cursor)
    for statement in postgres_triggers.install():
        cursor.execute(statement)
    cursor.execute(f"COMMENT ON TABLE birth IS '{_fingerprint()}'")


def _driver(wrapped: sa.Connection) -> psycopg.Connection[Any]:
    driver: Any = wrapped.connection.driver_connection
    found: psycopg.Connection[Any] = driver
    return found


def _stands(cursor: PostgresCursor) -> tuple[str, str]:
    """Return the schema's version and the fingerprint of its triggers; "" for none."""
    version = _version(cursor)
    if not version:
        return "", ""
    cursor.execute("SELECT COALESCE(obj_description('birth'::regclass), '')")
    return version, str(cursor.fetchall()[0][0])


def _version(cursor: PostgresCursor) -> str:
    cursor.execute("SELECT to_regclass('alembic_version') IS NOT NULL")
    if not cursor.fetchall()[0][0]:
        return ""
    cursor.execute("SELECT version_num FROM alembic_version")
    rows = cursor.fetchall()
    return str(rows[0][0]) if rows else ""


def _functions(cursor: PostgresCursor) -> list[str]:
    """Return the names of our functions that are there."""
    cursor.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
        f" AND proname LIKE '{postgres_triggers.PREFIX}%'"
    )
    return [str(row[0]) for row in cursor.fetchall()]


def _check_mode(cursor: PostgresCursor, mode: str) -> None:
    found = birth.mode_of(cursor)
    if found is not None and found != mode:
        raise WrongMode(f"the database is for {found}, the service is {mode}")


def _fingerprint() -> str:
    """Return a digest of the triggers and steps of today's code."""
    steps = [" ".join(row) for row in birth.fsm_rows()]
    text = "\n".join([*steps, *postgres_triggers.install()])
    return f"{zlib.crc32(text.encode()):08x}"


def name_of(url: str) -> str:
    """Return an address without what is secret in it."""
    known = psycopg.conninfo.conninfo_to_dict(url)
    return f"{known.get('dbname', '')} at {known.get('host', 'the local server')}"

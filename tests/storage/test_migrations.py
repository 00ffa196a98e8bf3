"""Older files are carried over: each test fills one as an older version did, then prepares it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from core.domain.dialogues import IntentKey, IntentStatus
from core.domain.tenants import PLATFORM
from storage import audit, birth, setup
from storage.keyring import UnreadableSecret
from storage.schema import METADATA
from tests.factories import NOW, open_books, ring
from tests.house.tree import ROOT

TYPED = "Pipe burst under the sink"
NOTE = "Meter 4711 leaks"
OUTCOME = "Disputed: pipe burst"
KEYS = ["a" * 22, "b" * 22]


def old_file(path: Path, version: str, fill: Callable[[sqlite3.Connection], None]) -> Path:
    """Make a file of an older version and fill it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        upgrade(connection, version)
        birth.seed(connection.cursor())
        begin_chain(connection)
        birth.stamp(connection.cursor(), mode=setup.SANDBOX, at=NOW)
        birth.add_steps(connection.cursor())
        fill(connection)
    return path


def upgrade(connection: sqlite3.Connection, version: str) -> None:
    """Bring a file to a version, whatever dangles in it."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "storage" / "migrations"))
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    with engine.connect() as wrapped:
        config.attributes.update(connection=wrapped, ring=ring())
        command.upgrade(config, version)
        wrapped.commit()


def begin_chain(connection: sqlite3.Connection) -> None:
    """Seal the first act as every version did: a block that covers its range."""
    kept = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    later = METADATA.tables.keys() - kept
    for name in later:  # Whatever came later was empty then, too.
        columns = ", ".join(column.name for column in METADATA.tables[name].columns)
        connection.execute(f"CREATE TEMP TABLE {name} ({columns})")
    lines = audit.lines_of(connection.cursor(), PLATFORM, 1, 1)
    for name in later:
        connection.execute(f"DROP TABLE temp.{name}")
    block = {"tenant_id": PLATFORM, "height": 1, "first_act": 1, "last_act": 1, "acts": 1}
    hashes = {"before_hash": audit.GENESIS, "hash": audit.block_hash(audit.GENESIS, lines)}
    add(connection, "block", **block, **hashes)


def talk(connection: sqlite3.Connection) -> None:
    """Fill in a person, an open dialogue, an open and a spent button, all in clear."""
    names = {"name": "Ada", "phone": ring().seal(b"", context="person.phone"), "phone_index": ""}
    none = {"language": "", "timezone": "", "email": b"", "pin_hash": b"", "pin_failures": 0}
    add(connection, "person", id=7, **names, **none, has_reminders=1, row_version=1)
    data = f'{{"note":"{TYPED}"}}'
    add(connection, "dialogue", chat_id=7, person_id=7, step="x", data=data, expires_at=1)
    same = {"tenant_id": 1, "owner_id": 7, "verb": "x", "arguments": data, "expires_at": 9}
    fresh = {"outcome": "", "was": "none", "status": "open", "status_seq": 0, "row_version": 1}
    add(connection, "intent", key=KEYS[0], **same, **fresh)
    done = {"outcome": OUTCOME, "was": "open", "status": "done", "status_seq": 1, "row_version": 2}
    add(connection, "intent", key=KEYS[1], **same, **done)


def issue(connection: sqlite3.Connection) -> None:
    """Fill in a bill with a note, as far as this version asks."""
    same = {"tenant_id": 1, "act_id": 1, "unit_id": 1, "type": "water", "currency": "NGN"}
    life = {"acknowledgment": "pending", "acknowledgment_seq": 1, "life": "open", "life_seq": 1}
    counted = {"total_minor": 5, "allocated_minor": 2, "refunded_minor": 1, "revision": 1}
    said = {"number": "BILL-1", "title": "Water", "description": NOTE}
    times = {"due_on": "2026-03-31", "issued_at": 0, "issued_by": 7, "row_version": 3}
    for machine, first in (("bill.acknowledgment", "pending"), ("bill.life", "open")):
        step = {"machine": machine, "entity": 5, "before_seq": 0, "from_status": "none"}
        by = {"act_id": 1, "note_id": 0}
        for seq, status in enumerate(("none", first)):
            add(connection, "status_event", seq=seq, to_status=status, **step, **by)
    add(connection, "bill", id=5, **same, **life, **counted, **said, **times)


def add(connection: sqlite3.Connection, table: str, **values: Any) -> None:
    names, places = ", ".join(values), ", ".join("?" for _ in values)
    connection.execute(
        f"INSERT INTO {table} ({names}) VALUES ({places})",  # noqa: S608 - our own names
        tuple(values.values()),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a file of version 0006 in which somebody talked."""
    return old_file(tmp_path / "old.db", "0006", talk)


def test_the_old_file_shows_what_was_typed(path: Path) -> None:
    assert TYPED.encode() in raw(path)


def test_what_was_typed_leaves_the_file(path: Path) -> None:
    setup.prepare(path, mode=setup.SANDBOX, now=NOW, ring=ring())
    assert TYPED.encode() not in raw(path)
    assert OUTCOME.encode() not in raw(path)


def test_buttons_are_carried_over(path: Path, tmp_path: Path) -> None:
    setup.prepare(path, mode=setup.SANDBOX, now=NOW, ring=ring())
    books = open_books(tmp_path, path=path)
    opened = books.run(lambda tx: tx.dialogues.intent(IntentKey(KEYS[0])))
    spent = books.run(lambda tx: tx.dialogues.intent(IntentKey(KEYS[1])))
    books.close()
    assert opened is not None
    assert spent is not None
    assert (opened.arguments, opened.status) == ({"note": TYPED}, IntentStatus.OPEN)
    assert (spent.outcome, spent.status, spent.row_version) == (OUTCOME, IntentStatus.DONE, 2)


def test_the_chain_of_an_old_file_still_verifies(path: Path) -> None:
    setup.prepare(path, mode=setup.SANDBOX, now=NOW, ring=ring())
    with closing(sqlite3.connect(path)) as connection:
        assert audit.verify(connection.cursor(), PLATFORM) == []


def test_open_dialogues_are_dropped(path: Path) -> None:
    setup.prepare(path, mode=setup.SANDBOX, now=NOW, ring=ring())
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM dialogue").fetchone() == (0,)


def test_notes_of_bills_are_carried_over(tmp_path: Path) -> None:
    path = old_file(tmp_path / "bill.db", "0006", issue)
    assert NOTE.encode() in raw(path)
    before = bill_of(path)
    setup.prepare(path, mode=setup.SANDBOX, now=NOW, ring=ring())
    after = bill_of(path)
    sealed = after.pop("description")
    assert ring().open(sealed, context="bill.description") == NOTE.encode()
    assert NOTE.encode() not in raw(path)
    assert before.pop("description") == NOTE
    assert after == before


def test_other_keys_change_nothing(path: Path) -> None:
    with pytest.raises(UnreadableSecret):
        setup.prepare(path, mode=setup.SANDBOX, now=NOW, ring=ring("o" * 40))
    assert TYPED.encode() in raw(path)


def bill_of(path: Path) -> dict[str, Any]:
    """Return the one bill as it stands in the file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return dict(connection.execute("SELECT * FROM bill").fetchone())


def raw(path: Path) -> bytes:
    """Return every byte of the database and of its side files."""
    return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))

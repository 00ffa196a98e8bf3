"""The floor of payments: raw `sqlite3` writing the rows of one payment, one commit each.

The rows are those that our own path just wrote, column for column, into tables of the same columns
and primary keys, in a file with the same durability. What the floor leaves out is what makes them
books: triggers, references, checks, other indexes, every read and every decision.
"""

from pathlib import Path
from typing import Any, Final

from core.domain.bills import BillId
from storage.schema import METADATA
from storage.sqlite import Connect, open_connection
from storage.transaction import SqlTransaction

INSERTED: Final = {
    "act": ("id", "id = :act_id"),
    "payment": ("id", "act_id = :act_id"),
    "status_event": ("entity", "act_id = :act_id"),
    "journal": ("id", "act_id = :act_id"),
    "transfer": ("id", "act_id = :act_id"),
    "entry": ("seq", "transfer_id = :transfer_id"),
    "allocation": ("payment_id", "act_id = :act_id"),
    "receipt": ("id", "act_id = :act_id"),
    "block": ("height", "tenant_id = :tenant_id AND :act_id BETWEEN first_act AND last_act"),
}
"""What a payment inserts: the column that numbers the rows, and where they are found."""

CHANGED: Final = {
    "account": "id IN (:from_account, :to_account)",
    "bill": "id = :bill_id",
    "counter": "tenant_id = :tenant_id AND kind = 'receipt'",
    "last_group": "only = 1",
}
"""What a payment updates, besides its own row."""

ARRIVED: Final = {"seen": "key", "work": "id"}
"""What a press adds when it comes in as an update: the column that numbers the rows."""

PLANNED: Final = ("bill_nudge", "bill_reminder", "bill_overdue")
"""What a payment in full deletes: the reminder planned for the bill, of one of these kinds."""

UNPLAN: Final = "DELETE FROM due WHERE kind IN (?, ?, ?) AND subject = ?"

UPDATES: Final = (
    """UPDATE account SET debits_minor = debits_minor + :amount_minor,
    entry_seq = entry_seq + 1 WHERE id = :from_account""",
    """UPDATE account SET credits_minor = credits_minor + :amount_minor,
    entry_seq = entry_seq + 1 WHERE id = :to_account""",
    """UPDATE payment SET status = 'completed', status_seq = 2, captured_minor = :amount_minor,
    row_version = row_version + 1 WHERE id = :payment_id + :number""",
    """UPDATE bill SET allocated_minor = allocated_minor + :amount_minor,
    row_version = row_version + 1 WHERE id = :bill_id""",
    """UPDATE counter SET value = value + 1 WHERE tenant_id = :tenant_id AND kind = 'receipt'""",
    """UPDATE last_group SET id = id + 1 WHERE only = 1""",
)
STEP: Final = 1000
"""Numbers from one payment's rows to the next: more than one payment needs."""

CHECKPOINT_EVERY: Final = 64
"""Commits from one checkpoint to the next, as our writer does it."""

_NAMES: Final = (
    *("act_id", "tenant_id", "payment_id", "bill_id", "amount_minor"),
    *("transfer_id", "from_account", "to_account"),
)
_IDS: Final = (
    "SELECT a.act_id, a.tenant_id, a.payment_id, a.bill_id, a.amount_minor,"
    " t.id, t.from_account, t.to_account"
    " FROM allocation a JOIN transfer t ON t.journal_id = a.journal_id WHERE a.bill_id = :bill_id"
)

Found = dict[str, list[dict[str, Any]]]


def planned_for(tx: SqlTransaction, bill_id: BillId) -> list[dict[str, Any]]:
    """Return the reminders planned for a bill, as rows."""
    return _rows(tx, "due", "subject = :bill_id", {"bill_id": bill_id})


def rows_of_arrival(tx: SqlTransaction, *, after: int) -> Found:
    """Return what an update added beside its payment: every work row after an id, one key."""
    found = {"work": _rows(tx, "work", "id > :after", {"after": after})}
    return found | {"seen": _rows(tx, "seen", "source LIKE 'telegram:%' LIMIT 1", {})}


def rows_of_payment(tx: SqlTransaction, bill_id: BillId) -> tuple[dict[str, Any], Found]:
    """Return the ids of the payment of a bill, and by table every row it wrote or changed."""
    tx.cursor.execute(_IDS, {"bill_id": bill_id})
    ids = dict(zip(_NAMES, tx.cursor.fetchall()[0], strict=True))
    wheres = {name: where for name, (_, where) in INSERTED.items()} | CHANGED
    return ids, {name: _rows(tx, name, where, ids) for name, where in wheres.items()}


class PlainRows:
    """A file of plain tables that the rows of one payment are written into again and again."""

    def __init__(
        self,
        path: Path,
        ids: dict[str, Any],
        found: Found,
        planned: list[dict[str, Any]],
        *,
        connect: Connect = open_connection,
    ) -> None:
        """Make the tables and the rows that are updated; `planned` is deleted with each payment."""
        self._connection = connect(path)
        self._ids = ids
        self._planned = planned
        self._number = 0
        for name in (*found, "due"):
            self._connection.execute(_plain_table(name))
        self._connection.execute("CREATE UNIQUE INDEX planned ON due (kind, subject, period)")
        for name in CHANGED:
            for row in found[name]:
                self._connection.execute(_insert(name, row), row)
        moving = {name: column for name, (column, _) in INSERTED.items()} | ARRIVED
        self._inserts = [
            (_insert(name, row), row, column)
            for name, column in moving.items()
            for row in found.get(name, ())
        ]

    @property
    def rows_each(self) -> int:
        """How many rows one payment inserts, updates and deletes."""
        return len(self._inserts) + len(UPDATES) + len(self._planned)

    def plan(self, count: int) -> None:
        """Plan reminders for that many payments to come."""
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        for number in range(self._number + 1, self._number + 1 + count):
            for row in self._planned:
                execute(_insert("due", row), {**row, "subject": number})
        execute("COMMIT")
        execute("PRAGMA wal_checkpoint(PASSIVE)")

    def pay(self) -> None:
        """Write the rows of one payment and commit."""
        execute = self._connection.execute
        self._number += 1
        moved = self._number * STEP
        execute("BEGIN IMMEDIATE")
        for statement, row, column in self._inserts:
            execute(statement, {**row, column: _moved(row[column], moved)})
        values = {**self._ids, "number": moved}
        for statement in UPDATES:
            execute(statement, values)
        execute(UNPLAN, (*PLANNED, self._number))
        execute("COMMIT")
        if self._number % CHECKPOINT_EVERY == 0:
            execute("PRAGMA wal_checkpoint(PASSIVE)")

    def count(self) -> int:
        """Return how many payments the file holds."""
        return int(self._connection.execute("SELECT count(*) FROM receipt").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _rows(tx: SqlTransaction, name: str, where: str, ids: dict[str, Any]) -> list[dict[str, Any]]:
    columns = [c.name for c in METADATA.tables[name].columns if c.computed is None]
    query = f"SELECT {', '.join(columns)} FROM {name} WHERE {where}"  # noqa: S608 - all ours
    tx.cursor.execute(query, ids)
    return [dict(zip(columns, row, strict=True)) for row in tx.cursor.fetchall()]


def _moved(value: Any, number: int) -> Any:
    return f"{value}{number}" if isinstance(value, str) else value + number


def _plain_table(name: str) -> str:
    target = METADATA.tables[name]
    columns = [f"{c.name} {c.type}" for c in target.columns if c.computed is None]
    key = ", ".join(column.name for column in target.primary_key.columns)
    return f"CREATE TABLE {name} ({', '.join(columns)}, PRIMARY KEY ({key}))"


def _insert(name: str, row: dict[str, Any]) -> str:
    marks = ", ".join(f":{column}" for column in row)
    return f"INSERT INTO {name} ({', '.join(row)}) VALUES ({marks})"  # noqa: S608 - all ours

"""Rules: what a database refuses, said once for both.

A rule is a condition over the rows NEW and OLD that must never hold. SQLite keeps each as a trigger
with RAISE(ABORT) (`storage/triggers.py`), PostgreSQL all of a table and an act in one function
(`storage/postgres_triggers.py`).
"""

from dataclasses import dataclass
from typing import Final

REFUSED: Final = "hazina:"
"""Every message of ours begins so; what follows names the rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is refused: a condition ("": always) for an act (INSERT, UPDATE, DELETE) on a table.

    `postgres` says it in fewer words where PostgreSQL's own constraints know the rest; None leaves
    it to them: there is no REPLACE or IGNORE that goes around a constraint.
    """

    name: str
    act: str
    table: str
    where: str
    word: str
    postgres: str | None = ""

    def in_sqlite(self) -> str:
        """Return the trigger."""
        condition = f"WHEN {self.where} " if self.where else ""
        head = f'CREATE TRIGGER "{self.name}" BEFORE {self.act} ON {self.table} {condition}'
        return f"{head}BEGIN SELECT RAISE(ABORT, '{REFUSED}{self.word}'); END"


def refuse(name: str, when: str, where: str, word: str, *, postgres: str | None = "") -> Rule:
    """Return the rule that refuses a statement (`BEFORE INSERT ON x`) where a condition holds.

    `postgres` is "" where both say the same, None where PostgreSQL's constraints suffice.
    """
    _, act, _, table = when.split()
    return Rule(name=name, act=act, table=table, where=where, word=word, postgres=postgres)
